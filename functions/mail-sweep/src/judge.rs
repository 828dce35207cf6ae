//! What a message becomes: the table of MAIL.md, as one function without I/O.

use chamada_domain::message::Voice;
use chamada_domain::permission::{Action, Standing, Viewer};
use chamada_domain::timestamp::days;
use chamada_domain::{Authentication, Settings, Ticket, TicketNumber, Timestamp, User, UserId};

/// New tickets that one sender may open in an hour; the rest wait in quarantine.
pub(crate) const MOST_TICKETS_AN_HOUR: u64 = 20;

/// The ticket that a message belongs to, by token or by a Message-ID.
#[derive(Debug, Clone)]
pub(crate) struct Thread {
    /// Its number.
    pub(crate) number: TicketNumber,
    /// The ticket; nothing where it was deleted.
    pub(crate) ticket: Option<Ticket>,
    /// Whom the answered mail was sent to; nothing where a Message-ID alone tells.
    pub(crate) person: Option<UserId>,
}

/// All that the decision rests on.
#[derive(Debug)]
pub(crate) struct Facts<'a> {
    /// The ticket of the same message, where another mailbox or an earlier sweep brought it.
    pub(crate) duplicate_of: Option<TicketNumber>,
    /// Whether it is one of our own mails coming back.
    pub(crate) own: bool,
    /// Whether it is a delivery report, and the ticket of the mail that it reports on, if that was ours and the ticket is there.
    pub(crate) report: Option<Option<TicketNumber>>,
    /// Whether a machine sent it.
    pub(crate) automatic: bool,
    /// The ticket that it answers.
    pub(crate) thread: Option<Thread>,
    /// Whether From is an address that can have an account.
    pub(crate) has_sender: bool,
    /// Whose address From is.
    pub(crate) sender: Option<&'a User>,
    /// What our provider says of the sender.
    pub(crate) authentication: Authentication,
    /// Tickets that the sender opened by mail in this hour.
    pub(crate) opened_this_hour: u64,
    /// Whether this mailbox makes no tickets of automatic mail.
    pub(crate) ignore_automatic: bool,
    /// The site's settings.
    pub(crate) settings: &'a Settings,
    /// Now.
    pub(crate) now: Timestamp,
}

/// What a message becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Nothing: this ticket has it.
    Duplicate(TicketNumber),
    /// Nothing, for this reason.
    Ignored(&'static str),
    /// Word of what became of a mail of this ticket.
    Delivery(TicketNumber),
    /// An entry of a ticket.
    Reply {
        /// The ticket.
        ticket: TicketNumber,
        /// In what part it is written.
        voice: Voice,
        /// Whether From's person is the author; else nobody known is.
        known_author: bool,
        /// Through whose thread a stranger wrote.
        through: Option<UserId>,
    },
    /// A new ticket, going on from an older one where that is named.
    Open(Option<TicketNumber>),
    /// Kept for an administrator to look at, for this reason.
    Quarantined(&'static str),
}

/// Decides. The first rule that fits counts.
pub(crate) fn judge(facts: &Facts<'_>) -> Decision {
    if let Some(ticket) = facts.duplicate_of {
        return Decision::Duplicate(ticket);
    }
    if facts.own {
        return Decision::Ignored("own_mail");
    }
    match facts.report {
        Some(Some(ticket)) => return Decision::Delivery(ticket),
        Some(None) => return Decision::Ignored("delivery_report"),
        None => {}
    }
    match &facts.thread {
        Some(thread) if facts.automatic => automatic_answer(facts, thread),
        Some(thread) => answer(facts, thread),
        None if facts.automatic && facts.ignore_automatic => Decision::Ignored("automatic"),
        None => open(facts, None),
    }
}

fn automatic_answer(facts: &Facts<'_>, thread: &Thread) -> Decision {
    let Some(ticket) = &thread.ticket else {
        return Decision::Ignored("automatic_to_deleted");
    };
    let known_author = facts.authentication != Authentication::Fail
        && facts
            .sender
            .is_some_and(|user| user.id == ticket.requester.id || ticket.is_watched_by(&user.id) || ticket.is_assigned_to(&user.id));
    Decision::Reply {
        ticket: ticket.number,
        voice: Voice::Automatic,
        known_author,
        through: None,
    }
}

fn answer(facts: &Facts<'_>, thread: &Thread) -> Decision {
    if !facts.has_sender {
        return Decision::Quarantined("no_sender");
    }
    let Some(ticket) = &thread.ticket else {
        return open(facts, Some(thread.number));
    };
    let voice = voice(facts, ticket);
    if voice != Voice::Staff && is_closed_for_good(facts, ticket) {
        return open(facts, Some(ticket.number));
    }
    let stranger = voice == Voice::Unverified;
    Decision::Reply {
        ticket: ticket.number,
        voice,
        known_author: !stranger,
        through: stranger.then(|| thread.person.clone().unwrap_or_else(|| ticket.requester.id.clone())),
    }
}

fn open(facts: &Facts<'_>, continues: Option<TicketNumber>) -> Decision {
    if !facts.has_sender {
        Decision::Quarantined("no_sender")
    } else if facts.opened_this_hour >= MOST_TICKETS_AN_HOUR {
        Decision::Quarantined("too_many")
    } else {
        Decision::Open(continues)
    }
}

/// Whether the ticket was closed so long ago that an answer opens a new one. A cancelled one has no moment of its own: its last change counts.
fn is_closed_for_good(facts: &Facts<'_>, ticket: &Ticket) -> bool {
    let closed_at = ticket.resolved_at.unwrap_or(ticket.updated_at);
    !ticket.status.is_pending() && closed_at.plus(days(i64::from(facts.settings.reopen_days))) < facts.now
}

/// Whose words these are. The thread chose the ticket; the author is who From says only where that is one of the ticket's people and our
/// provider does not say that it is a lie. For staff it must say that it is true.
fn voice(facts: &Facts<'_>, ticket: &Ticket) -> Voice {
    let Some(user) = facts.sender.filter(|user| user.active) else {
        return Voice::Unverified;
    };
    if facts.authentication == Authentication::Fail {
        return Voice::Unverified;
    }
    let (requester, assignee) = (user.id == ticket.requester.id, ticket.is_assigned_to(&user.id));
    // A member of staff with a ticket of their own writes as its requester, unless they attend to it themselves.
    let as_staff = (assignee || !requester) && attends(facts, user, ticket);
    if as_staff && facts.authentication == Authentication::Pass {
        Voice::Staff
    } else if requester || ticket.is_watched_by(&user.id) {
        Voice::Customer
    } else {
        Voice::Unverified
    }
}

/// Whether somebody has a staff member's rights to this ticket.
fn attends(facts: &Facts<'_>, user: &User, ticket: &Ticket) -> bool {
    let viewer = Viewer {
        user: Some((user.id.clone(), user.role)),
        keys: Vec::new(),
    };
    user.role.is_staff() && Standing::of(&viewer, ticket).permits(Action::Note, facts.settings)
}

#[cfg(test)]
mod tests;
