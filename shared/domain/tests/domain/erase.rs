//! Words leave a history, and nothing else of it changes.

use std::collections::BTreeSet;

use chamada_domain::bin;
use chamada_domain::chain::ChainedEntry;
use chamada_domain::erase::{Addresses, entries_to_clear, has_words_of, people, without_erased_words, without_words_erased_at};
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

/// The history without the words that its last entry erases.
fn taken(history: &[ChainedEntry], known: &Addresses) -> Vec<ChainedEntry> {
    without_words_erased_at(history, history.len() as u64, known)
}

#[test]
fn what_names_a_person_by_address_alone_goes_too_where_the_address_is_known() {
    let (ticket, before) = erased(Some(&user(1)));
    let known = Addresses::from([(user(1), "p1@example.com".parse().unwrap())]);
    let after = taken(&before, &known);
    assert!(is_valid(&ticket, &after), "no field is made of it");
    assert_eq!(hashes(&before), hashes(&after));
    assert!(words(&before).contains("p1@example.com"));
    assert!(
        !words(&after).iter().any(|word| word.contains("p1@example.com")),
        "{:?}",
        words(&after)
    );
    // What names others by address stays.
    assert!(words(&after).contains("p2@example.com"));
    let half: Vec<ChainedEntry> = after[..3].iter().chain(&before[3..]).cloned().collect();
    assert_eq!(taken(&half, &known), after, "whoever was interrupted begins again");
}

#[test]
fn once_erased_there_are_no_words_of_a_person() {
    let (_, before) = erased(Some(&user(1)));
    let address = "p1@example.com".parse().unwrap();
    let known = Addresses::from([(user(1), address)]);
    let address = known.get(&user(1));
    let said = &before[..before.len() - 1];
    assert!(has_words_of(said, &user(1), address) && has_words_of(said, &user(8), None));
    assert!(
        !has_words_of(&before, &user(1), address),
        "an entry that erases them is enough, be the words there or not"
    );
    let after = taken(&before, &known);
    assert!(!has_words_of(&after, &user(1), address));
    assert!(has_words_of(&after, &user(8), None), "the others'");
    assert!(!has_words_of(&after, &user(50), None), "who never took part");
}

#[test]
fn files_and_mails_go_with_the_entries_of_whoever_is_erased() {
    let (_, history) = erased(Some(&user(1)));
    let last = history.last().unwrap().entry.seq;
    let said_by = |id: &UserId| -> BTreeSet<u64> {
        let theirs = history.iter().filter(|chained| {
            let author = serde_json::to_value(&chained.entry).unwrap();
            author.pointer("/author/i").or(author.pointer("/author/id")) == Some(&Value::String(id.to_string()))
        });
        theirs.map(|chained| chained.entry.seq).collect()
    };
    assert!(!said_by(&user(1)).is_empty());
    assert_eq!(entries_to_clear(&history, last, &Addresses::new()), said_by(&user(1)));
    let (_, all) = erased(None);
    let last = all.last().unwrap().entry.seq;
    assert_eq!(entries_to_clear(&all, last, &Addresses::new()), (1..last).collect());
    assert!(entries_to_clear(&all, 1, &Addresses::new()).is_empty(), "no entry that erases");
}

#[test]
fn an_entry_names_its_people_until_they_are_erased() {
    let (_, before) = eventful();
    let opening = people(&before[0].entry);
    assert_eq!(opening, [user(1), user(2)].into(), "author, requester and watcher");
    let (_, before) = erased(Some(&user(1)));
    let after = without_erased_words(&before);
    assert_eq!(people(&after[0].entry), [user(2)].into());
}
