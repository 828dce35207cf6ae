//! Words leave a history, and nothing else of it changes.

use std::collections::BTreeSet;

use chamada_domain::bin;
use chamada_domain::chain::ChainedEntry;
use chamada_domain::erase::without_erased_words;
use chamada_domain::verify::{Found, verify};
use chamada_domain::{Role, Ticket, UserId};
use serde_json::Value;

use crate::fixtures::{eventful, pen, salts, user};

/// Every text in a stored value, with the object that it stands in last on the way there.
fn texts(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            if let (Some(Value::String(text)), true) = (object.get("t"), object.contains_key("s")) {
                found.insert(text.clone());
            }
            object.values().for_each(|member| texts(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        _ => {}
    }
}

fn words(history: &[ChainedEntry]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    history
        .iter()
        .for_each(|entry| texts(&serde_json::to_value(&entry.entry).unwrap(), &mut found));
    found
}

fn is_valid(ticket: &Ticket, history: &[ChainedEntry]) -> bool {
    let found: Vec<Found> = history.iter().map(|entry| Found::Entry(Box::new(entry.clone()))).collect();
    let verdict = verify(ticket, &found);
    assert_eq!(verdict.entries, history.len() as u64, "{verdict:?}");
    verdict.is_valid()
}

fn hashes(history: &[ChainedEntry]) -> Vec<&str> {
    history.iter().map(|entry| entry.hash.as_str()).collect()
}

/// A history with an erasure at its end: the ticket then, the entries as they are until somebody takes the words out.
fn erased(person: Option<&UserId>) -> (Ticket, Vec<ChainedEntry>) {
    let (ticket, mut history) = eventful();
    let pen = pen(100, 9, Role::Administrator);
    let draft = match person {
        Some(person) => bin::erase_person(ticket, &history, person, &pen, &mut salts()).unwrap(),
        None => bin::erase(ticket, &history, &pen, &mut salts()).unwrap(),
    };
    history.extend(draft.entries);
    (draft.ticket, history)
}

#[test]
fn of_an_erased_ticket_no_word_is_left_and_it_is_valid_all_the_time() {
    let (ticket, before) = erased(None);
    assert!(is_valid(&ticket, &before), "while its words are still there");
    let after = without_erased_words(&before);
    assert!(is_valid(&ticket, &after), "when they are gone");
    assert_eq!(hashes(&before), hashes(&after));
    let (all, left) = (words(&before), words(&after));
    // Who erased it, and when, is told.
    assert_eq!(left, ["P9".to_owned()].into());
    assert!(all.len() > 20, "{all:?}");
    let row = serde_json::to_string(&ticket).unwrap();
    for word in all.iter().filter(|word| word.len() > 2) {
        assert!(!row.contains(word.as_str()), "{word} in {row}");
    }
    assert!(ticket.erased && ticket.deleted_at.is_some());
    assert_eq!(without_erased_words(&after), after, "once is enough");
    for half in 0..before.len() {
        let mixed: Vec<ChainedEntry> = after[..half].iter().chain(&before[half..]).cloned().collect();
        assert!(is_valid(&ticket, &mixed), "interrupted after {half}");
    }
}

#[test]
fn of_a_person_all_they_said_and_are_called_goes_and_the_others_stay() {
    let (ticket, before) = erased(Some(&user(1)));
    assert!(is_valid(&ticket, &before));
    let after = without_erased_words(&before);
    assert!(is_valid(&ticket, &after));
    let (all, left) = (words(&before), words(&after));
    let gone: BTreeSet<&str> = all.difference(&left).map(String::as_str).collect();
    // Said, titled, attached, rated by user 1, or their name and address.
    for theirs in [
        "La impresora no imprime",
        "Desde ayer \"nada\".\r\n\u{1}",
        "> antes",
        "Ñandú \"1\"",
        "p1@example.com",
        "P1",
        "Rápido, gracias",
        "captura \u{2603} 1.png",
        "captura \u{2603} 2.png",
    ] {
        let kept_by_another = theirs == "p1@example.com";
        assert!(gone.contains(theirs) || kept_by_another, "{theirs:?} in {left:?}");
    }
    for others in [
        "Otra cosa: ¿qué?",
        "P8",
        "P9",
        "p2@example.com",
        "p3@example.com",
        "captura \u{2603} 3.png",
        "Luís 8",
    ] {
        assert!(left.contains(others), "{others:?} not in {left:?}");
    }
    assert_eq!(
        (ticket.requester.name.as_str(), ticket.requester.email.as_str()),
        ("", "erased@invalid")
    );
    assert_eq!(ticket.title, "Otra cosa: ¿qué?", "another's word");
    assert!(!ticket.erased);
    assert_eq!(
        ticket.rating.as_ref().map(|rating| (rating.stars, rating.comment.clone())),
        Some((4, None))
    );
}

#[test]
fn a_specialists_name_goes_from_where_they_attend() {
    let (ticket, before) = erased(Some(&user(8)));
    let after = without_erased_words(&before);
    assert!(is_valid(&ticket, &after));
    assert_eq!(ticket.assignee.as_ref().map(|member| member.name.as_str()), Some(""));
    assert!(!words(&after).iter().any(|word| word.contains("Luís 8") || word == "P8"));
}

#[test]
fn a_watcher_who_is_erased_gets_no_copies() {
    let (ticket, before) = erased(Some(&user(2)));
    assert!(is_valid(&ticket, &without_erased_words(&before)));
    let watchers: Vec<_> = ticket.cc.iter().map(|watcher| watcher.id.clone()).collect();
    assert_eq!(watchers, [user(3)]);
}

#[test]
fn an_erasure_of_a_history_that_is_not_whole_is_refused() {
    let (ticket, history) = eventful();
    let pen = pen(100, 9, Role::Administrator);
    let short = &history[..history.len() - 1];
    assert!(bin::erase(ticket, short, &pen, &mut salts()).is_err());
}
