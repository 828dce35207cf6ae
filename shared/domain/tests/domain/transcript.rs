//! A transcript proves itself, and whatever is changed in it shows.

use chamada_domain::chain::ChainedEntry;
use chamada_domain::erase::without_erased_words;
use chamada_domain::proof::{Flaw, Proof, check};
use chamada_domain::transcript::{Heading, transcript};
use chamada_domain::{Role, Ticket, bin};
use serde_json::{Value, json};

use crate::fixtures::{NUMBER, at, eventful, pen, salts};

fn document(ticket: &Ticket, history: &[ChainedEntry], for_staff: bool) -> Value {
    let last = if for_staff { ticket.last_seq } else { ticket.public_seq };
    let heading = Heading {
        site: "https://help.example.org",
        ticket: NUMBER,
        exported_at: at(0),
        head_hash: if for_staff { &ticket.head_hash } else { ticket.public_head() },
    };
    let shown: Vec<ChainedEntry> = history.iter().filter(|entry| entry.entry.seq <= last).cloned().collect();
    transcript(&heading, &shown, |entry| !for_staff && entry.entry.event.is_hidden())
}

fn whole() -> Value {
    let (ticket, history) = eventful();
    document(&ticket, &history, true)
}

/// How many objects `{s, t}` there are.
fn words(value: &Value) -> u64 {
    match value {
        Value::Object(object) if object.len() == 2 && object.contains_key("s") && object.contains_key("t") => 1,
        Value::Object(object) => object.values().map(words).sum(),
        Value::Array(items) => items.iter().map(words).sum(),
        _ => 0,
    }
}

#[test]
fn a_whole_history_is_valid_with_every_word() {
    let (ticket, history) = eventful();
    let proof = check(&document(&ticket, &history, true)).unwrap();
    let hashes: Vec<String> = history.iter().map(|entry| entry.hash.clone()).collect();
    let entries = history.len() as u64;
    assert_eq!(
        proof,
        Proof {
            ticket: NUMBER.0,
            entries,
            hidden: 0,
            erased: 0,
            hashes
        }
    );
}

#[test]
fn a_customer_can_check_the_whole_chain_without_what_is_hidden() {
    let (ticket, history) = eventful();
    let document = document(&ticket, &history, false);
    let proof = check(&document).unwrap();
    let shown = history.iter().filter(|entry| entry.entry.seq <= ticket.public_seq);
    let hidden: Vec<&ChainedEntry> = shown.filter(|entry| entry.entry.event.is_hidden()).collect();
    assert!(!hidden.is_empty());
    assert_eq!((proof.entries, proof.hidden), (ticket.public_seq, hidden.len() as u64));
    for entry in hidden {
        let row = &document["entries"][usize::try_from(entry.entry.seq).unwrap() - 1];
        let told = json!({"seq": entry.entry.seq, "previous_hash": entry.previous_hash, "hash": entry.hash, "hidden": true});
        assert_eq!(*row, told);
    }
}

#[test]
fn erased_words_are_missing_and_counted() {
    let (ticket, mut history) = eventful();
    let said: u64 = history
        .iter()
        .map(|entry| words(&serde_json::to_value(&entry.entry).unwrap()))
        .sum();
    let draft = bin::erase(ticket, &history, &pen(99, 9, Role::Administrator), &mut salts()).unwrap();
    history.extend(draft.entries);
    let proof = check(&document(&draft.ticket, &without_erased_words(&history), true)).unwrap();
    // The name of whoever deleted it went with the deletion's own entry; that of the erasure stays.
    assert_eq!(proof.erased, said + 1);
}

/// Every place in a document at which something simple stands.
fn leaves(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            for (name, member) in object {
                leaves(member, &format!("{path}/{}", name.replace('~', "~0").replace('/', "~1")), found);
            }
        }
        Value::Array(items) => {
            for (place, item) in items.iter().enumerate() {
                leaves(item, &format!("{path}/{place}"), found);
            }
        }
        _ => found.push(path.to_owned()),
    }
}

#[test]
fn no_value_of_it_can_be_another() {
    let good = whole();
    let mut places = Vec::new();
    leaves(&good, "", &mut places);
    let mut noticed = 0;
    for place in &places {
        let mut forged = good.clone();
        let value = forged.pointer_mut(place).unwrap();
        *value = match value {
            Value::String(text) if text.is_empty() => json!("x"),
            Value::String(text) => json!(format!(
                "{}{}",
                if text.starts_with('0') { '1' } else { '0' },
                &text[text.chars().next().unwrap().len_utf8()..]
            )),
            Value::Number(number) => json!(number.as_u64().unwrap() + 1),
            Value::Bool(yes) => json!(!*yes),
            other => panic!("{other}"),
        };
        // Where and when it was written down is not part of the history.
        let free = ["/site", "/exported_at"].contains(&place.as_str());
        assert_eq!(check(&forged).is_ok(), free, "{place}");
        noticed += usize::from(!free);
    }
    assert!(noticed > 300, "{noticed}");
}

#[test]
fn entries_cannot_be_left_out_cut_off_swapped_or_said_twice() {
    let good = whole();
    let entries = good["entries"].as_array().unwrap().clone();
    let with = |entries: Vec<Value>| {
        let mut other = good.clone();
        other["entries"] = entries.into();
        check(&other)
    };
    for place in 0..entries.len() {
        let mut fewer = entries.clone();
        fewer.remove(place);
        let wanted = if place + 1 == entries.len() {
            Flaw::Head
        } else {
            Flaw::Entry {
                seq: place as u64 + 1,
                problem: "it is not linked to the one before",
            }
        };
        assert_eq!(with(fewer), Err(wanted));
        let mut twice = entries.clone();
        twice.insert(place, entries[place].clone());
        assert!(with(twice).is_err());
        if place > 0 {
            let mut swapped = entries.clone();
            swapped.swap(place, place - 1);
            assert!(with(swapped).is_err());
        }
    }
    assert_eq!(with(Vec::new()), Err(Flaw::Head));
}

#[test]
fn a_history_passes_for_no_other_tickets() {
    let mut other = whole();
    other["ticket"] = json!(NUMBER.0 + 1);
    assert_eq!(
        check(&other),
        Err(Flaw::Entry {
            seq: 1,
            problem: "it opens another ticket"
        })
    );
}

#[test]
fn what_is_no_transcript_is_told_apart() {
    for other in [
        json!(null),
        json!([]),
        json!({}),
        json!({"format": "chamada-transcript-2"}),
        json!({"format": "chamada-transcript-1", "ticket": 1, "head_hash": ""}),
    ] {
        assert!(matches!(check(&other), Err(Flaw::Unreadable(_))), "{other}");
    }
}

/// The commitment is of salt and text in a row: what is moved from the one to the other changes no hash.
#[test]
fn no_word_can_be_shortened_by_what_its_salt_swallows() {
    let good = whole();
    let mut shortened = 0;
    for (place, entry) in good["entries"].as_array().unwrap().iter().enumerate() {
        for (commitment, word) in entry["words"].as_object().unwrap() {
            let (salt, text) = (word["salt"].as_str().unwrap(), word["text"].as_str().unwrap());
            let Some(first) = text.chars().next() else { continue };
            let mut forged = good.clone();
            let (head, tail) = text.split_at(first.len_utf8());
            let swallowed = format!("{salt}{}", hex::encode(head));
            forged["entries"][place]["words"][commitment] = json!({ "salt": swallowed, "text": tail });
            let flaw = Flaw::Entry {
                seq: place as u64 + 1,
                problem: "a word of it was altered",
            };
            assert_eq!(check(&forged), Err(flaw));
            forged["entries"][place]["words"][commitment] = json!({ "salt": salt.to_uppercase(), "text": text });
            assert_eq!(check(&forged).is_ok(), salt.to_uppercase() == salt, "one spelling alone");
            shortened += 1;
        }
    }
    assert!(shortened > 20, "{shortened}");
}

#[test]
fn the_opening_cannot_be_hidden() {
    let mut forged = whole();
    let (previous, hash) = (forged["entries"][0]["previous_hash"].clone(), forged["entries"][0]["hash"].clone());
    forged["entries"][0] = json!({"seq": 1, "previous_hash": previous, "hash": hash, "hidden": true});
    assert!(matches!(check(&forged), Err(Flaw::Entry { seq: 1, .. })));
}
