//! Reading the table's own stream records: which item was written. Key strings are known to this crate alone.

use chamada_domain::{BundleId, LinkId, MailboxId, SweepId, TicketNumber, UserId};

use crate::keys;

/// What a stream record tells of: something that others want to hear.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Written {
    /// A new entry of a ticket's history.
    Entry {
        /// The ticket.
        ticket: TicketNumber,
        /// The entry.
        seq: u64,
    },
    /// A sweep that somebody asked for.
    Sweep {
        /// Of which mailbox.
        mailbox: MailboxId,
        /// Which.
        sweep: SweepId,
    },
    /// A link that somebody asked for.
    Link {
        /// Which.
        link: LinkId,
    },
    /// That somebody is to be erased from every ticket.
    Erasure {
        /// Who.
        person: UserId,
    },
    /// A bundle of evidence that somebody asked for.
    Bundle {
        /// Of which ticket.
        ticket: TicketNumber,
        /// Which.
        bundle: BundleId,
    },
    /// The root of a day.
    Root {
        /// The day.
        date: time::Date,
    },
}

/// What the item of these keys is, if others want to hear of it.
#[must_use]
pub fn written(pk: &str, sk: &str) -> Option<Written> {
    if let (Some(ticket), Some(seq)) = (keys::ticket_number(pk), keys::entry_seq(sk)) {
        return Some(Written::Entry { ticket, seq });
    }
    if let (Some(ticket), Some(bundle)) = (keys::ticket_number(pk), keys::bundle_id(sk)) {
        return Some(Written::Bundle { ticket, bundle });
    }
    if let Some(date) = keys::root_day(pk, sk) {
        return Some(Written::Root { date });
    }
    if let (Some(mailbox), Some(sweep)) = (pk.strip_prefix("MB#"), sk.strip_prefix("SWEEP#")) {
        return Some(Written::Sweep {
            mailbox: mailbox.parse().ok()?,
            sweep: sweep.parse().ok()?,
        });
    }
    if sk != keys::ASKED {
        return None;
    }
    if let Some(Err(person)) = keys::erasure_of(pk) {
        return Some(Written::Erasure { person });
    }
    let link = pk.strip_prefix("LINK#")?;
    Some(Written::Link { link: link.parse().ok()? })
}
