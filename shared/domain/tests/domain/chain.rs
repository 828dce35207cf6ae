//! The chain against vectors that another program computed (`golden/make_golden.py`).

use chamada_domain::chain::{ChainedEntry, GENESIS, core, hash, readable};
use chamada_domain::entry::{Author, Entry, Event, Message};
use chamada_domain::verify::Found;
use chamada_domain::word::Word;
use chamada_domain::{Role, Via};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

#[derive(Deserialize)]
struct Golden {
    stored: Value,
    core: Value,
    canonical: String,
    previous_hash: String,
    hash: String,
}

fn golden() -> Vec<Golden> {
    serde_json::from_str(include_str!("../golden/golden.json")).unwrap()
}

fn entry(stored: &Value) -> Entry {
    serde_json::from_value(stored.clone()).unwrap()
}

/// Erases the word number `which` of a stored entry; false where there are fewer.
pub(crate) fn erase(value: &mut Value, which: &mut usize) -> bool {
    if let (Some(salt), Some(text)) = (value["s"].as_str(), value["t"].as_str()) {
        if *which == 0 {
            let committed = [hex::decode(salt).unwrap(), text.as_bytes().to_vec()].concat();
            *value = json!({ "c": hex::encode(Sha256::digest(committed)) });
            return true;
        }
        *which -= 1;
        return false;
    }
    match value {
        Value::Object(members) => members.values_mut().any(|member| erase(member, which)),
        Value::Array(items) => items.iter_mut().any(|item| erase(item, which)),
        _ => false,
    }
}

fn has_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(members) => members.values().any(has_null),
        Value::Array(items) => items.iter().any(has_null),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

#[test]
fn core_hash_and_link_are_those_of_the_golden_vectors() {
    let golden = golden();
    assert_eq!(golden.len(), 9);
    let mut previous = GENESIS.to_owned();
    for (vector, seq) in golden.iter().zip(1..) {
        let entry = entry(&vector.stored);
        assert_eq!(entry.seq, seq);
        assert_eq!(core(&entry), vector.core, "{seq}");
        assert!(!has_null(&core(&entry)), "{seq}");
        assert_eq!(
            serde_json_canonicalizer::to_string(&core(&entry)).unwrap(),
            vector.canonical,
            "{seq}"
        );
        assert_eq!(vector.previous_hash, previous);
        assert_eq!(hash(&previous, &core(&entry)), vector.hash, "{seq}");
        let linked = ChainedEntry::link(entry, &previous);
        assert_eq!((&linked.hash, &linked.previous_hash), (&vector.hash, &previous));
        assert!(linked.is_sound());
        previous.clone_from(&vector.hash);
    }
}

#[test]
fn an_entry_made_here_is_the_one_made_there() {
    let stored = &golden()[1].stored;
    let salt = |word: &Value| <[u8; 16]>::try_from(hex::decode(word["s"].as_str().unwrap()).unwrap()).unwrap();
    let word = |word: &Value| Word::Kept {
        salt: salt(word),
        text: word["t"].as_str().unwrap().into(),
    };
    let made = Entry {
        seq: 2,
        at: "2026-11-22T05:07:32Z".parse().unwrap(),
        via: Via::Web,
        author: Some(Author {
            id: Some("usr_0b0b0b0b0b0b0b0b0b0b".parse().unwrap()),
            name: word(&stored["author"]["name"]),
            role: Role::Specialist,
        }),
        event: Event::Note(Message::default()),
        body: Some(word(&stored["body"])),
    };
    assert_eq!(made, entry(stored));
    assert_eq!(serde_json::to_value(&made).unwrap(), *stored);
}

#[test]
fn every_golden_entry_goes_through_the_table_and_back() {
    for (vector, seq) in golden().iter().zip(1..) {
        let entry = entry(&vector.stored);
        assert_eq!(serde_json::to_value(&entry).unwrap(), vector.stored);
        let text = serde_json::to_string(&entry).unwrap();
        let found = ChainedEntry::from_stored(seq, &text, &vector.previous_hash, &vector.hash);
        let Found::Entry(chained) = found else { panic!("{seq}") };
        assert_eq!(chained.entry, entry);
        assert!(chained.is_sound());
    }
}

#[test]
fn null_members_make_no_difference_to_the_hash_and_are_not_how_entries_are_stored() {
    let vector = &golden()[4];
    let mut padded = vector.stored.clone();
    padded["body"] = Value::Null;
    assert_eq!(hash(&vector.previous_hash, &core(&entry(&padded))), vector.hash);
    let text = serde_json::to_string(&padded).unwrap();
    assert_eq!(
        ChainedEntry::from_stored(5, &text, &vector.previous_hash, &vector.hash),
        Found::Unreadable { seq: 5 }
    );
}

#[test]
fn erasing_any_word_leaves_the_hash_and_takes_the_text() {
    let mut erased = 0;
    for vector in golden() {
        for which in 0.. {
            let mut stored = vector.stored.clone();
            if !erase(&mut stored, &mut which.clone()) {
                break;
            }
            let entry = entry(&stored);
            assert_eq!(core(&entry), vector.core);
            assert_eq!(hash(&vector.previous_hash, &core(&entry)), vector.hash);
            assert_eq!(serde_json::to_value(&entry).unwrap(), stored);
            assert!(has_null(&readable(&entry)));
            erased += 1;
        }
    }
    assert!(erased >= 25, "{erased}");
}

#[test]
fn readers_get_texts() {
    let shown = readable(&entry(&golden()[7].stored));
    assert_eq!(shown["data"], json!({ "from": "viejo", "to": "nuevo" }));
    assert_eq!(shown["author"]["name"], "Luís Ñandú");
    assert_eq!(shown["type"], "title");
}

#[test]
fn the_same_text_twice_has_two_commitments() {
    let first = golden().remove(0).core;
    assert_ne!(first["author"]["name"], first["data"]["requester"]["name"]);
}
