//! Tickets and messages counted by reading every item of the table.

use super::{
    chain::{self, Stored},
    dump::Item,
};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};

/// A ticket with its whole history, as stored.
#[derive(Clone, Debug, Default)]
pub struct Ticket {
    /// The ticket's own row; null where entries are without one.
    pub row: Value,
    /// Its entries by `seq`.
    pub entries: Vec<Stored>,
}

/// All tickets of a table, by number.
#[must_use]
pub fn tickets(items: &[Item]) -> BTreeMap<u64, Ticket> {
    let mut tickets: BTreeMap<u64, Ticket> = BTreeMap::new();
    for item in items {
        let text = |name: &str| item.get(name).and_then(Value::as_str).unwrap_or_default();
        let Some(number) = text("pk").strip_prefix("T#").and_then(|n| n.parse().ok()) else {
            continue;
        };
        let ticket = tickets.entry(number).or_default();
        let json = |name: &str| serde_json::from_str(text(name)).unwrap_or(Value::Null);
        if text("sk") == "META" {
            ticket.row = json("row");
        } else if let Some(seq) = text("sk").strip_prefix("H#").and_then(|n| n.parse().ok()) {
            ticket.entries.push(Stored {
                seq,
                entry: json("e"),
                previous_hash: text("p").into(),
                hash: text("h").into(),
            });
        }
    }
    tickets
        .values_mut()
        .for_each(|ticket| ticket.entries.sort_by_key(|entry| entry.seq));
    tickets
}

/// Everything wrong with the histories and with what the tickets' rows say of them, in words; none is the only right answer.
#[must_use]
pub fn faults(tickets: &BTreeMap<u64, Ticket>) -> Vec<String> {
    let mut faults = Vec::new();
    for (number, ticket) in tickets {
        let row = |name: &str| ticket.row[name].as_u64();
        let head = ticket.row["h"].as_str().unwrap_or_default();
        if ticket.row.is_null() {
            faults.push(format!("{number} has entries and no row"));
            continue;
        }
        if let Some(seq) = chain::verify(ticket.entries.clone(), head).first_bad {
            faults.push(format!("{number}: entry {seq} is bad"));
        }
        if row("ls") != Some(ticket.entries.len() as u64) {
            faults.push(format!("{number}: {} entries, last_seq {:?}", ticket.entries.len(), row("ls")));
        }
        let status = status(&ticket.entries);
        if ticket.row["s"].as_str() != Some(&status) {
            faults.push(format!("{number}: its history ends {status}, its row says {}", ticket.row["s"]));
        }
    }
    faults
}

/// The status that a history leads to.
fn status(entries: &[Stored]) -> String {
    let mut changes = entries
        .iter()
        .filter(|stored| matches!(stored.entry["type"].as_str(), Some("status" | "reopened")));
    changes
        .next_back()
        .and_then(|stored| stored.entry["data"]["to"].as_str())
        .unwrap_or("new")
        .to_owned()
}

/// How many entries say each of these words in their body or title: a mail that carries a word of its own must be found exactly once.
#[must_use]
pub fn said(tickets: &BTreeMap<u64, Ticket>, words: &[String]) -> HashMap<String, usize> {
    let mut times: HashMap<String, usize> = words.iter().map(|word| (word.clone(), 0)).collect();
    for stored in tickets.values().flat_map(|ticket| &ticket.entries) {
        let body = stored.entry["body"]["t"].as_str().unwrap_or_default();
        // The words are the kit's own, made to be found between spaces.
        for word in body.split_whitespace() {
            if let Some(count) = times.get_mut(word) {
                *count += 1;
            }
        }
    }
    times
}

/// The words that were not said exactly once, with how often they were.
#[must_use]
pub fn not_once(times: &HashMap<String, usize>) -> Vec<String> {
    let mut wrong: Vec<String> = times
        .iter()
        .filter(|(_, count)| **count != 1)
        .map(|(word, count)| format!("{word}: {count} times"))
        .collect();
    wrong.sort();
    wrong
}

/// Entries of these types, over all tickets.
#[must_use]
pub fn entries_of(tickets: &BTreeMap<u64, Ticket>, types: &[&str]) -> usize {
    let entries = tickets.values().flat_map(|ticket| &ticket.entries);
    entries
        .filter(|stored| stored.entry["type"].as_str().is_some_and(|t| types.contains(&t)))
        .count()
}

/// Items whose partition key begins so, by whole key.
#[must_use]
pub fn partition<'a>(items: &'a [Item], prefix: &str) -> Vec<&'a Item> {
    items
        .iter()
        .filter(|item| item.get("pk").and_then(Value::as_str).is_some_and(|pk| pk.starts_with(prefix)))
        .collect()
}

/// Rows of the mailboxes' ledgers: one for every message that a sweep has judged and the server still lists.
#[must_use]
pub fn ledger(items: &[Item]) -> usize {
    partition(items, "MB#")
        .iter()
        .filter(|item| item.get("sk").and_then(Value::as_str).is_some_and(|sk| sk.starts_with("UID#")))
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn item(value: Value) -> Item {
        value.as_object().unwrap().clone()
    }

    /// A table with one ticket of `entries` messages, rightly chained.
    fn table(entries: u64) -> Vec<Item> {
        let mut previous = "0".repeat(64);
        let mut items = Vec::new();
        for seq in 1..=entries {
            let entry = json!({"seq": seq, "type": if seq == 1 { "opened" } else { "message" }, "data": {}, "body": {"s": "00".repeat(16), "t": format!("hola word-{seq} adios")}});
            let hash = chain::hash(&previous, &chain::core(&entry));
            items.push(item(
                json!({"pk": "T#0000000007", "sk": format!("H#{seq:08}"), "e": entry.to_string(), "p": previous, "h": hash}),
            ));
            previous = hash;
        }
        let row = json!({"ls": entries, "h": previous, "s": "new"});
        items.push(item(json!({"pk": "T#0000000007", "sk": "META", "row": row.to_string()})));
        items
    }

    #[test]
    fn a_right_table_has_no_faults_and_every_word_once() {
        let tickets = tickets(&table(3));
        assert_eq!(faults(&tickets), Vec::<String>::new());
        let words = ["word-1".to_owned(), "word-3".to_owned()];
        assert_eq!(not_once(&said(&tickets, &words)), Vec::<String>::new());
        assert_eq!(entries_of(&tickets, &["message"]), 2);
    }

    #[test]
    fn sees_what_is_missing_double_or_altered() {
        let mut items = table(3);
        items.remove(1);
        assert_eq!(faults(&tickets(&items)), ["7: entry 2 is bad", "7: 2 entries, last_seq Some(3)"]);
        let words = ["word-2".to_owned(), "word-1".to_owned()];
        assert_eq!(not_once(&said(&tickets(&items), &words)), ["word-2: 0 times"]);
        let mut items = table(2);
        let altered = items[1]["e"].as_str().unwrap().replace("adios", "ADIOS");
        items[1].insert("e".into(), altered.into());
        assert_eq!(faults(&tickets(&items)), ["7: entry 2 is bad"]);
        let mut items = table(2);
        items.pop();
        assert_eq!(faults(&tickets(&items)), ["7 has entries and no row"]);
    }
}
