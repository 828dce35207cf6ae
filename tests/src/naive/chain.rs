//! Checks a history from its stored entries alone, after 'The chain, to the byte' of the API's description.

use super::jcs;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

/// One entry as stored: the entry with its words, and the two hashes.
#[derive(Clone, Debug)]
pub struct Stored {
    /// Which entry the item's key says it is.
    pub seq: u64,
    /// The entry: `seq, at, type, via, author, data, body`, words as `{"s": salt, "t": text}` or, once erased, `{"c": commitment}`.
    pub entry: Value,
    /// Hash of the entry before it.
    pub previous_hash: String,
    /// Its own hash.
    pub hash: String,
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Number of entries.
    pub entries: usize,
    /// Hash of the last one, where all are good.
    pub head: Option<String>,
    /// The lowest `seq` that is missing, altered or not linked.
    pub first_bad: Option<u64>,
}

/// Checks entries in any order against each other, and against the ticket's head.
#[must_use]
pub fn verify(mut entries: Vec<Stored>, head: &str) -> Verdict {
    entries.sort_by_key(|entry| entry.seq);
    let count = entries.len();
    let mut previous = "0".repeat(64);
    for (expected, stored) in (1..).zip(&entries) {
        let sound = stored.seq == expected
            && stored.entry["seq"].as_u64() == Some(expected)
            && stored.previous_hash == previous
            && hash(&previous, &core(&stored.entry)) == stored.hash;
        if !sound {
            return Verdict {
                entries: count,
                head: None,
                first_bad: Some(expected),
            };
        }
        previous.clone_from(&stored.hash);
    }
    // The ticket knows its head: an end that was cut off shows as the first entry missing.
    let first_bad = (previous != head).then_some(count as u64 + 1);
    Verdict {
        entries: count,
        head: Some(previous),
        first_bad,
    }
}

/// `hex(SHA-256(ASCII(previous_hash) ‖ 0x0A ‖ JCS(core)))`.
#[must_use]
pub fn hash(previous: &str, core: &Value) -> String {
    let text = format!("{previous}\n{}", jcs::canonical(core));
    hex::encode(Sha256::digest(text.as_bytes()))
}

/// The hashed form of an entry: words as commitments, members that are null left out.
#[must_use]
pub fn core(entry: &Value) -> Value {
    match entry {
        Value::Object(members) => word(members).unwrap_or_else(|| {
            members
                .iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(name, value)| (name.clone(), core(value)))
                .collect()
        }),
        Value::Array(items) => items.iter().map(core).collect(),
        other => other.clone(),
    }
}

/// `{"c": hex(SHA-256(salt ‖ text))}` where these members are a word with its salt.
fn word(members: &Map<String, Value>) -> Option<Value> {
    let (salt, text) = (members.get("s")?.as_str()?, members.get("t")?.as_str()?);
    if members.len() != 2 {
        return None;
    }
    let mut committed = hex::decode(salt).ok()?;
    committed.extend_from_slice(text.as_bytes());
    Some(json!({"c": hex::encode(Sha256::digest(committed))}))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(length: u64) -> (Vec<Stored>, String) {
        let mut previous = "0".repeat(64);
        let entries = (1..=length).map(|seq| {
            let entry = json!({"seq": seq, "at": "2026-01-01T00:00:00.000Z", "type": "message", "via": "web", "author": null,
                "data": {}, "body": {"s": "000102030405060708090a0b0c0d0e0f", "t": format!("text {seq}")}});
            let own = hash(&previous, &core(&entry));
            let stored = Stored {
                seq,
                entry,
                previous_hash: previous.clone(),
                hash: own.clone(),
            };
            previous = own;
            stored
        });
        let entries = entries.collect();
        (entries, previous)
    }

    #[test]
    fn a_whole_chain_is_valid_and_an_erased_word_changes_nothing() {
        let (mut entries, head) = chain(5);
        assert_eq!(verify(entries.clone(), &head).first_bad, None);
        entries[2].entry["body"] = core(&entries[2].entry)["body"].clone();
        assert_eq!(
            verify(entries, &head),
            Verdict {
                entries: 5,
                head: Some(head),
                first_bad: None
            }
        );
    }

    #[test]
    fn names_the_first_bad_entry() {
        let (good, head) = chain(5);
        let mut altered = good.clone();
        altered[2].entry["body"]["t"] = "text 3 ".into();
        assert_eq!(verify(altered, &head).first_bad, Some(3));
        let mut missing = good.clone();
        missing.remove(1);
        assert_eq!(verify(missing, &head).first_bad, Some(2));
        let mut relinked = good.clone();
        relinked[3].previous_hash = "1".repeat(64);
        assert_eq!(verify(relinked, &head).first_bad, Some(4));
        let mut cut = good;
        cut.truncate(4);
        assert_eq!(verify(cut, &head).first_bad, Some(5));
    }
}
