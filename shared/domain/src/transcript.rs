//! A ticket's history as one document that proves itself, with no server (API.md, 'The chain, to the byte').

use serde_json::{Map, Value, json};

use crate::chain::{ChainedEntry, core};
use crate::word::{Word, each_word};
use crate::{TicketNumber, Timestamp};

/// What such a document calls itself.
pub const FORMAT: &str = "chamada-transcript-1";

/// What a transcript says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading<'a> {
    /// The site's origin.
    pub site: &'a str,
    /// The ticket.
    pub ticket: TicketNumber,
    /// When it was written.
    pub exported_at: Timestamp,
    /// The hash of its last entry.
    pub head_hash: &'a str,
}

/// Writes a history down, oldest entry first: every entry as it was hashed, and beside it the words that its commitments stand for. What `hides` says is
/// not the reader's to see is its place and its hashes alone; an erased word is missing from `words`.
#[must_use]
pub fn transcript(heading: &Heading<'_>, history: &[ChainedEntry], hides: impl Fn(&ChainedEntry) -> bool) -> Value {
    let entry = |chained: &ChainedEntry| if hides(chained) { hidden(chained) } else { open(chained) };
    json!({
        "format": FORMAT,
        "site": heading.site,
        "ticket": heading.ticket,
        "exported_at": heading.exported_at,
        "head_hash": heading.head_hash,
        "entries": history.iter().map(entry).collect::<Vec<_>>(),
    })
}

fn hidden(chained: &ChainedEntry) -> Value {
    json!({ "seq": chained.entry.seq, "previous_hash": chained.previous_hash, "hash": chained.hash, "hidden": true })
}

fn open(chained: &ChainedEntry) -> Value {
    let mut words = Map::new();
    each_word(&chained.entry, &mut |word| {
        if let Word::Kept { salt, text } = word {
            words.insert(word.commitment(), json!({ "salt": hex::encode(salt), "text": text }));
        }
    });
    json!({ "previous_hash": chained.previous_hash, "hash": chained.hash, "core": core(&chained.entry), "words": words })
}
