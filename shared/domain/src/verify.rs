//! Checking a history against itself and against the ticket that it is said to add up to.

use crate::Ticket;
use crate::chain::{ChainedEntry, GENESIS};
use crate::entry::Entry;

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

impl ChainedEntry {
    /// Reads what the table holds in the place of entry `seq`: `entry_json` as `serde_json::to_string` of the [`Entry`] wrote it, and its two hashes.
    ///
    /// Many texts read as one entry: capital hex digits in a salt, `\u0061` for `a`, a space, a member that nobody knows. The hash does not see
    /// them, so an entry counts as read only if it is written again to the very same text.
    #[must_use]
    pub fn from_stored(seq: u64, entry_json: &str, previous_hash: &str, hash: &str) -> Found {
        let as_written = |entry: &Entry| serde_json::to_string(entry).is_ok_and(|text| text == entry_json);
        match serde_json::from_str::<Entry>(entry_json) {
            Ok(entry) if entry.seq == seq && as_written(&entry) => Found::Entry(Box::new(Self {
                entry,
                previous_hash: previous_hash.to_owned(),
                hash: hash.to_owned(),
            })),
            Ok(_) | Err(_) => Found::Unreadable { seq },
        }
    }
}

/// Checks a ticket's whole history, oldest first as the table has it: every place filled, every hash right, every link right, and the ticket's
/// fields what the history adds up to. Histories that were begun before their opening named the
/// ticket's number are told apart by whoever reads the row: it compares the number with the key that it lies under.
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
    let beyond_head = sound.iter().rev().skip(1).find(|entry| entry.hash == ticket.head_hash);
    // Whether a ticket is held is in no history.
    let recounted = Ticket::recount(ticket.number, &sound).map(|recounted| Ticket {
        held: ticket.held,
        ..recounted
    });
    match recounted {
        Some(recounted) if recounted == *ticket => verdict(None, None),
        Some(_) if beyond_head.is_some() => verdict(
            beyond_head.map(|head| head.entry.seq + 1),
            Some("the history goes on beyond the head that the ticket names".into()),
        ),
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
