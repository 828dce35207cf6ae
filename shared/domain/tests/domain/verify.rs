//! Whatever is changed in a stored history, the check notices, and says where.

use std::collections::{BTreeMap, BTreeSet};

use chamada_domain::chain::{ChainedEntry, GENESIS};
use chamada_domain::entry::Entry;
use chamada_domain::verify::{Found, Verdict, verify};
use chamada_domain::{Channel, Priority, Status, Ticket};
use serde_json::Value;

use crate::chain::erase;
use crate::fixtures::{at, eventful, full_place, staff, user, watcher};

/// A row of the table: the place, the entry's JSON and its hashes.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    seq: u64,
    json: String,
    previous_hash: String,
    hash: String,
}

fn row(entry: &ChainedEntry) -> Row {
    Row {
        seq: entry.entry.seq,
        json: serde_json::to_string(&entry.entry).unwrap(),
        previous_hash: entry.previous_hash.clone(),
        hash: entry.hash.clone(),
    }
}

fn stored() -> (Ticket, Vec<Row>) {
    let (ticket, history) = eventful();
    (ticket, history.iter().map(row).collect())
}

fn check(ticket: &Ticket, rows: &[Row]) -> Verdict {
    let read = |row: &Row| ChainedEntry::from_stored(row.seq, &row.json, &row.previous_hash, &row.hash);
    verify(ticket, &rows.iter().map(read).collect::<Vec<_>>())
}

/// The same, but for an entry that differs from what was stored: the others are read once, and what an unreadable one leads to is asked once for
/// each place, since the check is a pure function of what was found.
struct Bench {
    ticket: Ticket,
    rows: Vec<Row>,
    found: Vec<Found>,
    unreadable: BTreeMap<usize, Verdict>,
}

impl Bench {
    fn new() -> Self {
        let (ticket, rows) = stored();
        let read = |row: &Row| ChainedEntry::from_stored(row.seq, &row.json, &row.previous_hash, &row.hash);
        let found = rows.iter().map(read).collect();
        let unreadable = BTreeMap::new();
        Self {
            ticket,
            rows,
            found,
            unreadable,
        }
    }

    fn with(&mut self, index: usize, altered: Found) -> Verdict {
        let kept = std::mem::replace(&mut self.found[index], altered);
        let verdict = verify(&self.ticket, &self.found);
        self.found[index] = kept;
        verdict
    }

    fn with_json(&mut self, index: usize, json: &str) -> Verdict {
        let row = &self.rows[index];
        let found = ChainedEntry::from_stored(row.seq, json, &row.previous_hash, &row.hash);
        match (&found, self.unreadable.get(&index)) {
            (Found::Entry(_), _) => self.with(index, found),
            (Found::Unreadable { .. }, Some(known)) => known.clone(),
            (Found::Unreadable { .. }, None) => {
                let verdict = self.with(index, found);
                self.unreadable.insert(index, verdict.clone());
                verdict
            }
        }
    }
}

#[test]
fn every_type_of_entry_is_in_a_valid_history() {
    let (ticket, history) = eventful();
    let types: BTreeSet<_> = history.iter().map(|entry| entry.entry.event.type_name()).collect();
    assert_eq!(types.len(), 18, "{types:?}");
    let (_, rows) = stored();
    let verdict = check(&ticket, &rows);
    assert!(verdict.is_valid(), "{verdict:?}");
    assert_eq!(
        (verdict.entries, verdict.head_hash, verdict.first_bad_seq),
        (rows.len() as u64, ticket.head_hash, None)
    );
}

#[test]
fn every_byte_counts() {
    let mut bench = Bench::new();
    let (mut tried, mut unreadable, mut unseen_by_hash) = (0, 0, 0);
    for index in 0..bench.rows.len() {
        let row = bench.rows[index].clone();
        for position in 0..row.json.len() {
            for mask in [0x01, 0x04, 0x20] {
                let mut bytes = row.json.clone().into_bytes();
                bytes[position] ^= mask;
                tried += 1;
                // The table holds UTF-8 alone.
                let Ok(json) = String::from_utf8(bytes) else {
                    unreadable += 1;
                    continue;
                };
                let verdict = bench.with_json(index, &json);
                assert!(!verdict.is_valid(), "byte {position} of {row:?} ^ {mask:#x}");
                assert_eq!(verdict.first_bad_seq, Some(row.seq), "byte {position} of {row:?} ^ {mask:#x}");
                let naive = serde_json::from_str::<Entry>(&json).map(|entry| ChainedEntry {
                    entry,
                    previous_hash: row.previous_hash.clone(),
                    hash: row.hash.clone(),
                });
                unseen_by_hash += usize::from(naive.is_ok_and(|entry| entry.is_sound()));
            }
        }
    }
    println!("{tried} changed bytes noticed, {unreadable} of them no UTF-8; {unseen_by_hash} only since the text is compared");
    assert!(tried > 10_000 && unseen_by_hash > 50, "{tried} {unseen_by_hash}");
}

#[test]
fn every_byte_left_out_or_put_in_counts() {
    let mut bench = Bench::new();
    for index in 0..bench.rows.len() {
        let row = bench.rows[index].clone();
        for position in (0..row.json.len()).filter(|position| row.json.is_char_boundary(*position)) {
            let mut shorter = row.json.clone();
            shorter.remove(position);
            let mut longer = row.json.clone();
            longer.insert(position, ' ');
            for json in [shorter, longer] {
                assert_eq!(
                    bench.with_json(index, &json).first_bad_seq,
                    Some(row.seq),
                    "{position} of {}",
                    row.json
                );
            }
        }
    }
}

#[test]
fn another_spelling_of_the_same_entry_counts() {
    let mut bench = Bench::new();
    let json = bench.rows[0].json.clone();
    let spellings = [
        json.replacen("nada", "\\u006eada", 1),
        json.replacen("Desde", "De\\u0073de", 1),
        json.replacen("\"seq\":1,", "\"seq\":1,\"body\":null,", 1),
        json.replacen("\"seq\":1,", "\"extra\":true,\"seq\":1,", 1),
        json.replacen("\"has_html\":true", "\"has_html\":true,\"x\":0", 1),
        json.replacen("\"kind\":", "\"k\":", 1),
        json.replacen("\"seq\":1,", "", 1).replacen('{', "{\"seq\":1, ", 1),
        json.replacen("\"via\":\"web\",", "", 1).replacen('{', "{\"via\":\"web\",", 1),
        json.replacen("05:07", "02:07", 1).replacen('Z', "-03:00", 1),
        json.replacen('Z', "z", 1),
        json.replacen('T', "t", 1),
        json.replacen(".000Z", ".0000Z", 1),
        format!("{json}\n"),
    ];
    for spelling in spellings {
        assert_ne!(spelling, json);
        assert_eq!(bench.with_json(0, &spelling).first_bad_seq, Some(1), "{spelling}");
    }
}

#[test]
fn every_digit_of_the_hashes_counts() {
    let mut bench = Bench::new();
    for index in 0..bench.rows.len() {
        let row = bench.rows[index].clone();
        for position in 0..64 {
            // Another digit, and the same in capitals.
            for mask in [0x01, 0x20] {
                if mask == 0x20
                    && !(row.hash.as_bytes()[position].is_ascii_alphabetic()
                        && row.previous_hash.as_bytes()[position].is_ascii_alphabetic())
                {
                    continue;
                }
                let alter = |hash: &str| {
                    let mut bytes = hash.as_bytes().to_vec();
                    bytes[position] ^= mask;
                    String::from_utf8(bytes).unwrap()
                };
                for (previous, hash) in [
                    (alter(&row.previous_hash), row.hash.clone()),
                    (row.previous_hash.clone(), alter(&row.hash)),
                ] {
                    let found = ChainedEntry::from_stored(row.seq, &row.json, &previous, &hash);
                    assert_eq!(bench.with(index, found).first_bad_seq, Some(row.seq));
                }
            }
        }
    }
}

#[test]
fn a_missing_entry_is_named() {
    let (ticket, rows) = stored();
    for index in 0..rows.len() {
        let mut rest = rows.clone();
        rest.remove(index);
        assert_eq!(check(&ticket, &rest).first_bad_seq, Some(index as u64 + 1));
        // Closing the gap by numbering the rest anew does not hide it.
        for row in &mut rest[index..] {
            row.json = row
                .json
                .replacen(&format!("\"seq\":{},", row.seq), &format!("\"seq\":{},", row.seq - 1), 1);
            row.seq -= 1;
        }
        assert_eq!(check(&ticket, &rest).first_bad_seq, Some(index as u64 + 1));
    }
}

#[test]
fn a_cut_end_is_named() {
    let (ticket, rows) = stored();
    for length in 0..rows.len() {
        let verdict = check(&ticket, &rows[..length]);
        assert_eq!((verdict.entries, verdict.first_bad_seq), (length as u64, Some(length as u64 + 1)));
    }
}

#[test]
fn swapped_entries_are_named() {
    let (ticket, rows) = stored();
    for first in 0..rows.len() {
        for second in first + 1..rows.len() {
            let mut places = rows.clone();
            places.swap(first, second);
            assert_eq!(check(&ticket, &places).first_bad_seq, Some(first as u64 + 1));
            // Their contents changed places, under the keys that were there.
            (places[first].seq, places[second].seq) = (places[second].seq, places[first].seq);
            assert_eq!(check(&ticket, &places).first_bad_seq, Some(first as u64 + 1));
        }
    }
}

#[test]
fn entries_that_the_ticket_does_not_know_are_named() {
    let (_, history) = eventful();
    let rows: Vec<Row> = history.iter().map(row).collect();
    for length in 1..history.len() {
        let ticket = Ticket::recount(crate::fixtures::NUMBER, &history[..length]).unwrap();
        assert_eq!(check(&ticket, &rows).first_bad_seq, Some(length as u64 + 1));
        assert!(check(&ticket, &rows[..length]).is_valid());
    }
    let mut twice = rows.clone();
    twice.push(rows[rows.len() - 1].clone());
    assert_eq!(check(&eventful().0, &twice).first_bad_seq, Some(rows.len() as u64 + 1));
}

/// Somebody who can write to the table links everything anew behind a changed entry: the head gives it away.
#[test]
fn a_history_linked_anew_has_another_head() {
    let (ticket, history) = eventful();
    for index in 0..history.len() {
        let mut forged: Vec<ChainedEntry> = history[..index].to_vec();
        for entry in &history[index..] {
            let mut entry = entry.entry.clone();
            if entry.seq == index as u64 + 1 {
                entry.at = entry.at.plus(time::Duration::milliseconds(1));
            }
            let previous = forged.last().map_or(GENESIS, |entry| entry.hash.as_str()).to_owned();
            forged.push(ChainedEntry::link(entry, &previous));
        }
        let rows: Vec<Row> = forged.iter().map(row).collect();
        let verdict = check(&ticket, &rows);
        assert_eq!(verdict.first_bad_seq, Some(history.len() as u64), "{verdict:?}");
    }
}

#[test]
fn a_history_that_does_not_begin_with_the_opening_is_none() {
    let (ticket, history) = eventful();
    let mut second = history[1].entry.clone();
    second.seq = 1;
    let first = ChainedEntry::link(second, GENESIS);
    let short = Ticket {
        last_seq: 1,
        head_hash: first.hash.clone(),
        ..ticket
    };
    assert_eq!(check(&short, &[row(&first)]).first_bad_seq, Some(1));
}

/// Every field of the row, each changed by itself.
fn forgeries() -> Vec<fn(&mut Ticket)> {
    vec![
        |t| t.number.0 += 1,
        |t| t.version += 1,
        |t| t.title.push('.'),
        |t| t.place.kind = chamada_domain::Kind::Incident,
        |t| t.place.category_id = full_place(9).category_id,
        |t| t.place.subcategory_id = None,
        |t| t.place.corporation_id = None,
        |t| t.place.company_id = None,
        |t| t.place.site_id = None,
        |t| t.place.cost_centre_id = None,
        |t| t.status = Status::Cancelled,
        |t| t.priority = Priority::Low,
        |t| t.requester.id = user(2),
        |t| t.requester.name.clear(),
        |t| t.requester.email = "x@example.com".parse().unwrap(),
        |t| t.assignee = None,
        |t| t.assignee = Some(staff(7)),
        |t| t.assigned_at = None,
        |t| t.cc.clear(),
        |t| t.cc.push(watcher(9)),
        |t| t.cc.reverse(),
        |t| t.due_at = Some(at(1)),
        |t| t.created_at = at(1),
        |t| t.updated_at = at(1),
        |t| t.resolved_at = Some(at(1)),
        |t| t.resolved_by = Some(user(3)),
        |t| t.rating = None,
        |t| t.rating.as_mut().unwrap().stars = 5,
        |t| t.rating.as_mut().unwrap().comment = None,
        |t| t.rating.as_mut().unwrap().at = at(1),
        |t| t.links.clear(),
        |t| t.merged_into = None,
        |t| t.deleted_at = Some(at(1)),
        |t| t.erased = true,
        |t| t.channel = Channel::Api,
        |t| t.message_count -= 1,
        |t| t.attachment_count += 1,
        |t| t.hidden_attachment_count = 0,
        |t| t.last_seq -= 1,
        |t| t.last_seq += 1,
        |t| t.head_hash = "0".repeat(64),
        |t| t.public_seq += 1,
        |t| t.public_hash = None,
    ]
}

#[test]
fn every_field_of_the_ticket_counts() {
    let (ticket, rows) = stored();
    let members = |ticket: &Ticket| match serde_json::to_value(ticket).unwrap() {
        Value::Object(members) => members,
        other => panic!("{other}"),
    };
    let original = members(&ticket);
    let mut touched = BTreeSet::new();
    for forge in forgeries() {
        let mut forged = ticket.clone();
        forge(&mut forged);
        assert_ne!(forged, ticket);
        let changed = members(&forged);
        touched.extend(original.keys().filter(|key| changed.get(*key) != original.get(*key)).cloned());
        let verdict = check(&forged, &rows);
        assert!(!verdict.is_valid(), "{forged:?}");
    }
    // The fixture fills every field but those of a ticket that is gone, and every one was forged.
    let untouched: Vec<_> = original.keys().filter(|key| !touched.contains(*key)).collect();
    assert!(untouched.is_empty(), "{untouched:?}");
    assert_eq!(original.len(), 32, "{:?}", original.keys());
}

#[test]
fn an_erased_word_leaves_the_history_valid() {
    let (ticket, history) = eventful();
    let mut erased = 0;
    for index in 0..history.len() {
        for which in 0.. {
            let mut stored = serde_json::to_value(&history[index].entry).unwrap();
            if !erase(&mut stored, &mut which.clone()) {
                break;
            }
            let mut after = history.clone();
            after[index].entry = serde_json::from_value(stored).unwrap();
            // The row follows the history: a title that was erased there does not stay here.
            let recounted = Ticket::recount(ticket.number, &after).unwrap();
            let rows: Vec<Row> = after.iter().map(row).collect();
            let verdict = check(&recounted, &rows);
            assert!(verdict.is_valid(), "{verdict:?}");
            assert_eq!((&recounted.head_hash, recounted.version), (&ticket.head_hash, ticket.version));
            erased += 1;
        }
    }
    assert!(erased > 40, "{erased}");
    // All at once.
    let mut after = history;
    for entry in &mut after {
        let mut stored = serde_json::to_value(&entry.entry).unwrap();
        while erase(&mut stored, &mut 0) {}
        assert!(!stored.to_string().contains("\"t\":"));
        entry.entry = serde_json::from_value(stored).unwrap();
    }
    let recounted = Ticket::recount(ticket.number, &after).unwrap();
    assert_eq!((recounted.title.as_str(), recounted.cc.len()), ("", 0));
    assert!(check(&recounted, &after.iter().map(row).collect::<Vec<_>>()).is_valid());
    assert!(!check(&ticket, &after.iter().map(row).collect::<Vec<_>>()).is_valid());
}
