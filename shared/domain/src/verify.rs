//! Checking a history against itself and against the ticket that it is said to add up to.

use crate::Ticket;
use crate::chain::{ChainedEntry, GENESIS};

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// How many entries are there.
    pub entries: u64,
    /// The hash that the ticket names as its head.
    pub head_hash: String,
    /// The lowest entry that is missing, altered or not linked.
    pub first_bad_seq: Option<u64>,
    /// What is wrong, in a sentence.
    pub problem: Option<String>,
}

impl Verdict {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.problem.is_none()
    }
}

/// An entry as it was found: readable, or known by its place alone because its stored form is no entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// It reads well.
    Entry(Box<ChainedEntry>),
    /// Something else lies in the place of entry `seq`.
    Unreadable {
        /// The place.
        seq: u64,
    },
}

impl Found {
    fn seq(&self) -> u64 {
        match self {
            Self::Entry(entry) => entry.entry.seq,
            Self::Unreadable { seq } => *seq,
        }
    }
}

/// Checks a ticket's whole history, oldest first as the table has it: every place filled, every hash right, every link right, and the ticket's
/// fields what the history adds up to.
#[must_use]
pub fn verify(ticket: &Ticket, history: &[Found]) -> Verdict {
    let verdict = |first_bad_seq, problem: Option<String>| Verdict {
        entries: history.len() as u64,
        head_hash: ticket.head_hash.clone(),
        first_bad_seq,
        problem,
    };
    let mut sound: Vec<ChainedEntry> = Vec::with_capacity(history.len());
    for (found, seq) in history.iter().zip(1..) {
        match check(found, seq, sound.last()) {
            Ok(entry) => sound.push(entry),
            Err(problem) => return verdict(Some(seq), Some(problem.to_owned())),
        }
    }
    let reached = sound.len() as u64;
    if reached < ticket.last_seq {
        return verdict(Some(reached + 1), Some("the end of the history is missing".into()));
    }
    match Ticket::recount(ticket.number, &sound) {
        Some(recounted) if recounted == *ticket => verdict(None, None),
        Some(recounted) if recounted.head_hash != ticket.head_hash => verdict(
            Some(ticket.last_seq.max(1)),
            Some("the ticket names another head than its history has".into()),
        ),
        Some(_) => verdict(None, Some("the ticket's fields are not what its history adds up to".into())),
        None => verdict(Some(1), Some("the history does not begin with the opening".into())),
    }
}

fn check(found: &Found, seq: u64, before: Option<&ChainedEntry>) -> Result<ChainedEntry, &'static str> {
    if found.seq() != seq {
        return Err("this entry is missing");
    }
    let Found::Entry(entry) = found else {
        return Err("this entry is unreadable");
    };
    if entry.previous_hash != before.map_or(GENESIS, |before| before.hash.as_str()) {
        return Err("this entry is not linked to the one before");
    }
    if !entry.is_sound() {
        return Err("this entry was altered");
    }
    Ok((**entry).clone())
}
