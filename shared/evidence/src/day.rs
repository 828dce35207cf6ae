//! The root of a day: one hash that covers the head of every ticket that changed in it and, by the root before, all that there ever was.

use chamada_domain::TicketNumber;
use chamada_domain::chain::GENESIS;
use serde::{Deserialize, Serialize};

use crate::merkle::{self, Hash};

/// What such a document calls itself.
pub const FORMAT: &str = "chamada-root-1";

/// The root before the first: 64 zeros, as before a history's first entry.
pub const NO_ROOT: &str = GENESIS;

/// Under which key a day's root lies in the bucket of proofs.
#[must_use]
pub fn object_key(date: &str) -> String {
    format!("roots/{date}.json")
}

/// The newest entry of a ticket at the end of a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The ticket.
    pub ticket: TicketNumber,
    /// The entry's place.
    pub seq: u64,
    /// Its hash, lower-case hex.
    pub hash: String,
}

impl Head {
    fn leaf(&self, date: &str) -> Hash {
        merkle::leaf(format!("{date}\n{}\n{}\n{}", self.ticket, self.seq, self.hash).as_bytes())
    }
}

/// A day's root with all that it is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DayRoot {
    /// [`FORMAT`].
    pub format: String,
    /// The site's origin.
    pub site: String,
    /// The day, UTC: `2026-11-22`.
    pub date: String,
    /// The root of the last day before that has one; [`NO_ROOT`] for the first.
    pub previous_root: String,
    /// The root, lower-case hex.
    pub root: String,
    /// What changed in the day, by ticket number.
    pub heads: Vec<Head>,
}

/// Why a day's root proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RootFlaw {
    /// It calls itself something else.
    #[error("its format is not {FORMAT}")]
    Format,
    /// A hash is no SHA-256 in lower-case hex, or the date none.
    #[error("a hash or the date in it is malformed")]
    Malformed,
    /// Its heads do not follow one another by ticket number.
    #[error("its heads are not in the order of their tickets")]
    Order,
    /// The root is not that of its heads.
    #[error("it was altered: its heads have another root")]
    Root,
}

impl DayRoot {
    /// The root of a day; `heads` may come in any order, one a ticket.
    #[must_use]
    pub fn make(site: &str, date: &str, previous_root: &str, mut heads: Vec<Head>) -> Self {
        heads.sort_by_key(|head| head.ticket);
        let mut made = Self {
            format: FORMAT.to_owned(),
            site: site.to_owned(),
            date: date.to_owned(),
            previous_root: previous_root.to_owned(),
            root: String::new(),
            heads,
        };
        made.root = hex::encode(merkle::root(&made.leaves()));
        made
    }

    /// What it is written as: the same bytes for the same root.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        // Plain data with string keys always has a JSON form.
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    fn leaves(&self) -> Vec<Hash> {
        let before = merkle::leaf(format!("{}\n{}\n{}", self.site, self.date, self.previous_root).as_bytes());
        std::iter::once(before)
            .chain(self.heads.iter().map(|head| head.leaf(&self.date)))
            .collect()
    }

    /// Recomputes it.
    ///
    /// # Errors
    /// The first flaw.
    pub fn check(&self) -> Result<(), RootFlaw> {
        if self.format != FORMAT {
            return Err(RootFlaw::Format);
        }
        let hashes = self.heads.iter().map(|head| &head.hash).chain([&self.previous_root, &self.root]);
        if !hashes.into_iter().all(|hash| is_hash(hash)) || !is_date(&self.date) {
            return Err(RootFlaw::Malformed);
        }
        if !self.heads.is_sorted_by(|one, next| one.ticket < next.ticket) {
            return Err(RootFlaw::Order);
        }
        let right = hex::encode(merkle::root(&self.leaves())) == self.root;
        right.then_some(()).ok_or(RootFlaw::Root)
    }

    /// The proof that a ticket's head is in it; nothing where the ticket did not change that day.
    #[must_use]
    pub fn inclusion(&self, ticket: TicketNumber) -> Option<Inclusion> {
        let place = self.heads.binary_search_by_key(&ticket, |head| head.ticket).ok()?;
        let head = &self.heads[place];
        let leaves = self.leaves();
        let path = merkle::path(&leaves, place + 1)?;
        Some(Inclusion {
            date: self.date.clone(),
            root: self.root.clone(),
            ticket,
            seq: head.seq,
            hash: head.hash.clone(),
            index: place as u64 + 1,
            leaves: leaves.len() as u64,
            path: path.iter().map(hex::encode).collect(),
        })
    }
}

/// Whether this is a SHA-256 in lower-case hex.
#[must_use]
pub fn is_hash(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// Whether this is a day as `2026-11-22`.
#[must_use]
pub fn is_date(text: &str) -> bool {
    time::Date::parse(text, time::macros::format_description!("[year]-[month]-[day]")).is_ok_and(|date| date.to_string() == text)
}

/// That a ticket's head is in a day's root (RFC 9162 §2.1.3), without the other heads of that day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inclusion {
    /// The day.
    pub date: String,
    /// Its root.
    pub root: String,
    /// The ticket.
    pub ticket: TicketNumber,
    /// The entry that was the ticket's newest.
    pub seq: u64,
    /// Its hash.
    pub hash: String,
    /// The leaf's place, from 0.
    pub index: u64,
    /// How many leaves the tree has.
    pub leaves: u64,
    /// The hashes beside the way from the leaf to the root.
    pub path: Vec<String>,
}

impl Inclusion {
    /// Whether it leads from the head to the root that it names.
    #[must_use]
    pub fn holds(&self) -> bool {
        let decode = |text: &String| -> Option<Hash> {
            let mut hash = [0; 32];
            (is_hash(text) && hex::decode_to_slice(text, &mut hash).is_ok()).then_some(hash)
        };
        let Some(path) = self.path.iter().map(decode).collect::<Option<Vec<Hash>>>() else {
            return false;
        };
        let head = Head {
            ticket: self.ticket,
            seq: self.seq,
            hash: self.hash.clone(),
        };
        let reached = merkle::root_of_path(head.leaf(&self.date), self.index, self.leaves, &path);
        // Place 0 is the root before.
        self.index > 0 && reached.is_some_and(|root| hex::encode(root) == self.root)
    }
}
