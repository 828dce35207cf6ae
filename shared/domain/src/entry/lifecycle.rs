//! What happens to a ticket as a whole: it is rated, tied to another, goes on in another, or loses its words.

use serde::{Deserialize, Serialize};

use crate::word::Word;
use crate::{TicketNumber, UserId};

/// How its requester found that it was attended to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rated {
    /// 1 to 5.
    pub stars: u8,
    /// What they said of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<Word>,
    /// Whose work it was: who resolved the ticket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub specialist: Option<UserId>,
}

/// Another ticket that has to do with this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Linked {
    /// The other.
    pub ticket: TicketNumber,
    /// Whether it has nothing to do with this one any longer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub removed: bool,
}

/// Two tickets became one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Merged {
    /// This one goes on in that one.
    Into(TicketNumber),
    /// That one goes on here.
    From(TicketNumber),
}

/// Whose words left the history. Commitments stay, so that it can still be proven.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erasure {
    /// The person whose words went; everybody's where nobody is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<UserId>,
}
