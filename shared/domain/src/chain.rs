//! The chain of hashes that proves a history (API.md, 'The chain, to the byte').

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::entry::Entry;
use crate::word::map_words;

/// What the first entry of a history is linked to: 64 zeros.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// An entry in its place in the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainedEntry {
    /// What happened.
    pub entry: Entry,
    /// The hash of the entry before, [`GENESIS`] for the first.
    pub previous_hash: String,
    /// This entry's hash, lower-case hex.
    pub hash: String,
}

impl ChainedEntry {
    /// Puts an entry behind the one whose hash is given.
    #[must_use]
    pub fn link(entry: Entry, previous_hash: &str) -> Self {
        let hash = hash(previous_hash, &core(&entry));
        Self {
            entry,
            previous_hash: previous_hash.to_owned(),
            hash,
        }
    }

    /// Whether hash and entry belong together.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        hash(&self.previous_hash, &core(&self.entry)) == self.hash
    }
}

/// What is hashed of an entry: every word replaced by its commitment, `{"c": …}`; null members left out.
#[must_use]
pub fn core(entry: &Entry) -> Value {
    let mut value = stored(entry);
    map_words(&mut value, &mut |word| serde_json::json!({ "c": word.commitment() }));
    value
}

/// An entry as people read it: every word its text, null where it was erased.
#[must_use]
pub fn readable(entry: &Entry) -> Value {
    let mut value = stored(entry);
    map_words(&mut value, &mut |word| {
        word.text().map_or(Value::Null, |text| Value::String(text.to_owned()))
    });
    value
}

/// The entry as the table holds it. Entries are plain data with string keys, which always have a JSON form.
fn stored(entry: &Entry) -> Value {
    serde_json::to_value(entry).unwrap_or(Value::Null)
}

/// `hex(SHA-256(ASCII(previous_hash) ‖ 0x0A ‖ JCS(core)))`, with JCS of RFC 8785.
#[must_use]
pub fn hash(previous_hash: &str, core: &Value) -> String {
    // The canonical form fails on numbers that are no finite doubles alone; a core holds small integers.
    let canonical = serde_json_canonicalizer::to_vec(core).unwrap_or_default();
    hex::encode(
        Sha256::new()
            .chain_update(previous_hash.as_bytes())
            .chain_update([b'\n'])
            .chain_update(canonical)
            .finalize(),
    )
}
