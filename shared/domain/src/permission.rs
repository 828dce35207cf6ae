//! Who may do what to a ticket: API.md's table as one function.

use crate::settings::{Settings, SpecialistsSee};
use crate::{Refusal, Role, Status, Ticket, TicketNumber, Timestamp, UserId};

/// Who is asking: a signed-in person, somebody who holds keys of tickets, or both.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Viewer {
    /// The person who is signed in.
    pub user: Option<(UserId, Role)>,
    /// The tickets whose keys this browser holds, each with the person whom the key was mailed to.
    pub keys: Vec<(TicketNumber, UserId)>,
}

/// Something that can be done to a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Read it.
    See,
    /// Write what everyone reads.
    Message,
    /// Attach files.
    Attach,
    /// Write what staff alone read.
    Note,
    /// Mark it resolved with a reply.
    Resolve,
    /// Set the estimated date.
    Due,
    /// Change the watchers.
    Cc,
    /// Change the title.
    Title,
    /// Change the priority.
    Priority,
    /// Change kind, category or place.
    Classify,
    /// Set any status.
    Status,
    /// Choose who attends to it.
    Assign,
    /// Take it over.
    Claim,
    /// Rate how it was attended to.
    Rate,
    /// Tie it to another.
    Link,
    /// Let it go on in another.
    Merge,
    /// Delete, restore or erase it.
    Delete,
    /// See and revoke who holds its keys.
    Keys,
}

/// What a viewer is to a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Standing {
    /// Signed in as this.
    pub role: Option<Role>,
    /// Signed in as the requester.
    pub requester: bool,
    /// Signed in as a watcher.
    pub watcher: bool,
    /// Signed in as the assignee.
    pub assignee: bool,
    /// Holds a key that was mailed to the requester.
    pub requester_key: bool,
    /// Holds a key that was mailed to a watcher.
    pub watcher_key: bool,
    /// Somebody else attends to it.
    pub assigned_elsewhere: bool,
    /// It is Resolved now.
    pub resolved: bool,
    /// It goes on in another.
    pub merged: bool,
    /// It is deleted now.
    pub deleted: bool,
    /// A stranger opened it in its requester's name, who has not come yet: staff's rights don't reach it.
    pub held: bool,
}

impl Standing {
    /// What `viewer` is to `ticket`. A key gives at most what its person may do, so that one whose person is neither requester nor watcher any
    /// longer gives nothing.
    #[must_use]
    pub fn of(viewer: &Viewer, ticket: &Ticket) -> Self {
        let user = viewer.user.as_ref();
        let is = |test: &dyn Fn(&UserId) -> bool| user.is_some_and(|(id, _)| test(id));
        let holds = |test: &dyn Fn(&UserId) -> bool| viewer.keys.iter().any(|(number, person)| *number == ticket.number && test(person));
        let assignee = is(&|id| ticket.is_assigned_to(id));
        Self {
            role: user.map(|(_, role)| *role),
            requester: is(&|id| *id == ticket.requester.id),
            watcher: is(&|id| ticket.is_watched_by(id)),
            assignee,
            requester_key: holds(&|id| *id == ticket.requester.id),
            watcher_key: holds(&|id| ticket.is_watched_by(id)),
            assigned_elsewhere: ticket.assignee.is_some() && !assignee,
            resolved: ticket.status == Status::Resolved,
            merged: ticket.merged_into.is_some(),
            deleted: ticket.deleted_at.is_some(),
            held: ticket.held,
        }
    }

    /// The role that counts at this ticket.
    fn role_here(self) -> Option<Role> {
        self.role.filter(|_| !self.held)
    }

    /// Whether a specialist's rights reach this ticket.
    fn attends(self, settings: &Settings) -> bool {
        match self.role_here() {
            Some(Role::Administrator) => true,
            Some(Role::Specialist) => self.assignee || settings.specialists_see == SpecialistsSee::All,
            Some(Role::User) | None => false,
        }
    }

    /// Whether a customer's rights reach this ticket.
    fn follows(self) -> bool {
        self.requester || self.watcher || self.requester_key || self.watcher_key
    }

    fn may_claim(self, settings: &Settings) -> bool {
        let sees_all = settings.specialists_see == SpecialistsSee::All;
        match self.role_here() {
            Some(Role::Administrator) => true,
            Some(Role::Specialist) if self.assigned_elsewhere => sees_all,
            Some(Role::Specialist) => sees_all || settings.specialists_claim || self.assignee,
            Some(Role::User) | None => false,
        }
    }

    /// Whether the table of API.md says yes, and the ticket is neither deleted nor merged into another.
    #[must_use]
    pub fn permits(self, action: Action, settings: &Settings) -> bool {
        let open = match action {
            // What is deleted is there for those alone who may bring it back.
            Action::See => !self.deleted || self.role == Some(Role::Administrator),
            Action::Delete => true,
            Action::Keys => !self.deleted,
            Action::Message
            | Action::Attach
            | Action::Note
            | Action::Resolve
            | Action::Due
            | Action::Cc
            | Action::Title
            | Action::Priority
            | Action::Classify
            | Action::Status
            | Action::Assign
            | Action::Claim
            | Action::Rate
            | Action::Link
            | Action::Merge => !self.deleted && !self.merged,
        };
        open && self.may(action, settings)
    }

    /// Whether the table of API.md says yes, whatever became of the ticket.
    fn may(self, action: Action, settings: &Settings) -> bool {
        let attends = self.attends(settings);
        match action {
            Action::See | Action::Message | Action::Attach => attends || self.follows(),
            Action::Note | Action::Resolve | Action::Due | Action::Title | Action::Priority | Action::Classify | Action::Link => attends,
            Action::Cc => attends || self.requester,
            Action::Claim => self.may_claim(settings),
            Action::Rate => self.requester || self.requester_key,
            Action::Status | Action::Assign | Action::Merge | Action::Delete => self.role_here() == Some(Role::Administrator),
            Action::Keys => self.role_here() == Some(Role::Administrator) || self.requester || self.watcher,
        }
    }

    /// Whether staff's words are shown: notes, deliveries, unmailed links.
    #[must_use]
    pub fn sees_hidden(self, settings: &Settings) -> bool {
        self.attends(settings)
    }
}

/// Lets a viewer pass who may do `action`.
///
/// # Errors
/// [`Refusal::NotFound`] where they may not know of the ticket, [`Refusal::Forbidden`] where they see it and may not do that, `deleted` or `merged`
/// where they might if the ticket were not.
pub fn require(standing: Standing, action: Action, settings: &Settings) -> Result<(), Refusal> {
    if standing.permits(action, settings) {
        return Ok(());
    }
    Err(match (standing.permits(Action::See, settings), standing.may(action, settings)) {
        (false, _) => Refusal::NotFound,
        (true, false) => Refusal::Forbidden,
        (true, true) => Refusal::Conflict(if standing.deleted { "deleted" } else { "merged" }),
    })
}

/// What a viewer may do to a ticket, as the client wants it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "the API names each right by itself")]
pub struct Can {
    /// Write what everyone reads.
    pub message: bool,
    /// Attach files.
    pub attach: bool,
    /// Write what staff alone read.
    pub note: bool,
    /// Mark it resolved with a reply.
    pub resolve: bool,
    /// Change the title.
    pub title: bool,
    /// Change the priority.
    pub priority: bool,
    /// Change kind, category or place.
    pub classify: bool,
    /// Set the estimated date.
    pub due: bool,
    /// Change the watchers.
    pub cc: bool,
    /// Set any status.
    pub status: bool,
    /// Choose who attends to it.
    pub assign: bool,
    /// Take it over.
    pub claim: bool,
    /// Rate how it was attended to.
    pub rate: bool,
    /// Delete it.
    pub delete: bool,
}

impl Can {
    /// What somebody of this standing may do.
    #[must_use]
    pub fn of(standing: Standing, settings: &Settings) -> Self {
        let can = |action| standing.permits(action, settings);
        Self {
            message: can(Action::Message),
            attach: can(Action::Attach),
            note: can(Action::Note),
            resolve: can(Action::Resolve),
            title: can(Action::Title),
            priority: can(Action::Priority),
            classify: can(Action::Classify),
            due: can(Action::Due),
            cc: can(Action::Cc),
            status: can(Action::Status),
            assign: can(Action::Assign),
            claim: can(Action::Claim) && !standing.assignee,
            rate: can(Action::Rate) && standing.resolved,
            delete: can(Action::Delete),
        }
    }
}

/// For how long after somebody took a ticket another's claim counts as the loser of a race, in seconds: the page that the claim was made from
/// cannot have shown the new owner yet.
const RACE_SECONDS: i64 = 5;

/// Lets a viewer take a ticket over.
///
/// # Errors
/// As [`require`]; `already_claimed` where somebody else took it a moment ago, also where the loser may not see it any longer.
pub fn require_claim(standing: Standing, ticket: &Ticket, settings: &Settings, now: Timestamp) -> Result<(), Refusal> {
    let just_taken = ticket.assigned_at.is_some_and(|at| now.since(at).whole_seconds() < RACE_SECONDS);
    let unassigned = Standing {
        assigned_elsewhere: false,
        ..standing
    };
    if standing.assigned_elsewhere && just_taken && unassigned.permits(Action::Claim, settings) {
        return Err(Refusal::Conflict("already_claimed"));
    }
    require(standing, Action::Claim, settings)
}
