//! Checking a transcript with nothing but itself.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::chain::{GENESIS, hash};
use crate::transcript::FORMAT;

/// What a transcript proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The ticket's number.
    pub ticket: u64,
    /// How many entries there are, hidden ones included.
    pub entries: u64,
    /// How many of them are known by their hashes alone.
    pub hidden: u64,
    /// How many words are gone of those whose commitments are there.
    pub erased: u64,
    /// Every entry's hash, oldest first.
    pub hashes: Vec<String>,
}

/// Why a transcript proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// It is no transcript: a member is missing, or of another kind.
    #[error("this is no transcript: {0}")]
    Unreadable(String),
    /// An entry is missing, altered or not linked.
    #[error("entry {seq}: {problem}")]
    Entry {
        /// The lowest such place.
        seq: u64,
        /// What is wrong.
        problem: &'static str,
    },
    /// The last entry is not the head that the transcript names.
    #[error("the end is missing: the last entry is not the head that is named")]
    Head,
}

/// Checks a transcript: every place filled, every hash recomputed from what stands there, every link right, every word what its commitment says.
///
/// # Errors
/// The first flaw.
pub fn check(transcript: &Value) -> Result<Proof, Flaw> {
    let text = |name: &str| transcript.get(name).and_then(Value::as_str);
    if text("format") != Some(FORMAT) {
        return Err(Flaw::Unreadable(format!("its format is not {FORMAT}")));
    }
    let missing = |name: &str| Flaw::Unreadable(format!("{name} is missing"));
    let ticket = transcript.get("ticket").and_then(Value::as_u64).ok_or_else(|| missing("ticket"))?;
    let head = text("head_hash").ok_or_else(|| missing("head_hash"))?;
    let entries = transcript
        .get("entries")
        .and_then(Value::as_array)
        .ok_or_else(|| missing("entries"))?;
    let mut proof = Proof {
        ticket,
        entries: 0,
        hidden: 0,
        erased: 0,
        hashes: Vec::with_capacity(entries.len()),
    };
    for (entry, seq) in entries.iter().zip(1..) {
        let before = proof.hashes.last().map_or(GENESIS, String::as_str);
        let found = look_at(entry, seq, before, ticket).map_err(|problem| Flaw::Entry { seq, problem })?;
        proof.entries += 1;
        proof.hidden += u64::from(found.hidden);
        proof.erased += found.erased;
        proof.hashes.push(found.hash);
    }
    if proof.hashes.last().map(String::as_str) == Some(head) {
        Ok(proof)
    } else {
        Err(Flaw::Head)
    }
}

/// What one entry holds.
struct Looked {
    hash: String,
    hidden: bool,
    erased: u64,
}

fn look_at(entry: &Value, seq: u64, before: &str, ticket: u64) -> Result<Looked, &'static str> {
    let text = |name: &str| entry.get(name).and_then(Value::as_str);
    let (Some(previous), Some(stated)) = (text("previous_hash"), text("hash")) else {
        return Err("its hashes are missing");
    };
    if previous != before {
        return Err("it is not linked to the one before");
    }
    if entry.get("hidden") == Some(&Value::Bool(true)) {
        if seq == 1 {
            return Err("the opening is never hidden");
        }
        return hidden(entry, seq, stated);
    }
    let core = entry.get("core").ok_or("it has no content")?;
    if core.get("seq").and_then(Value::as_u64) != Some(seq) {
        return Err("another entry stands in its place");
    }
    if hash(previous, core) != stated {
        return Err("it was altered");
    }
    let of = core.get("data").and_then(|data| data.get("ticket")).and_then(Value::as_u64);
    if seq == 1 && of.is_some_and(|of| of != ticket) {
        return Err("it opens another ticket");
    }
    let mut commitments = BTreeSet::new();
    commitments_in(core, &mut commitments);
    let none = Map::new();
    let words = entry.get("words").and_then(Value::as_object).unwrap_or(&none);
    for (commitment, word) in words {
        if !commitments.remove(commitment.as_str()) {
            return Err("it has a word that it does not commit to");
        }
        if committed(word).as_deref() != Some(commitment) {
            return Err("a word of it was altered");
        }
    }
    Ok(Looked {
        hash: stated.to_owned(),
        hidden: false,
        erased: commitments.len() as u64,
    })
}

/// An entry that is known by its hashes alone: whatever else stood there would look proven, and be said by nobody.
fn hidden(entry: &Value, seq: u64, stated: &str) -> Result<Looked, &'static str> {
    if entry.get("seq").and_then(Value::as_u64) != Some(seq) {
        return Err("another entry stands in its place");
    }
    // `seq`, both hashes, and that it is hidden.
    if entry.as_object().is_none_or(|members| members.len() != 4) {
        return Err("it is hidden, and says something");
    }
    let is_hash = stated.len() == 64 && stated.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    if !is_hash {
        return Err("its hash is none");
    }
    Ok(Looked {
        hash: stated.to_owned(),
        hidden: true,
        erased: 0,
    })
}

/// Every commitment, `{"c": …}`, in a core.
fn commitments_in<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
    match value {
        Value::Object(object) => match (object.len(), object.get("c").and_then(Value::as_str)) {
            (1, Some(commitment)) => drop(found.insert(commitment)),
            _ => object.values().for_each(|member| commitments_in(member, found)),
        },
        Value::Array(items) => items.iter().for_each(|item| commitments_in(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// What a word with its salt commits to; nothing where it cannot be read.
fn committed(word: &Value) -> Option<String> {
    let (hex_salt, text) = (word.get("salt")?.as_str()?, word.get("text")?.as_str()?);
    // A salt of another length would move the border between salt and text: fewer words with the same commitment.
    let mut salt = [0; 16];
    hex::decode_to_slice(hex_salt, &mut salt).ok()?;
    if hex::encode(salt) != hex_salt {
        return None;
    }
    Some(hex::encode(
        Sha256::new().chain_update(salt).chain_update(text.as_bytes()).finalize(),
    ))
}
