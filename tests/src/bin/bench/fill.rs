//! Many tickets of a few that the server made itself: the same items under other numbers, times and persons, each history hashed anew.
//!
//! They go straight into the stopped server's table, past its stream, so that nobody is mailed of them.

use crate::Failure;
use chamada_tests::naive::chain;
use dynoxide::{Database, ImportOptions, Item};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::{collections::BTreeMap, path::Path};

/// Tickets put into the table at once.
const AT_ONCE: u64 = 500;

/// Somebody who opens tickets.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) id: String,
    pub(crate) email: String,
    pub(crate) name: String,
}

/// The items of a ticket that the server made, in DynamoDB's JSON.
pub(crate) struct Pattern {
    number: u64,
    person: Person,
    items: Vec<Value>,
}

fn text<'a>(item: &'a Value, name: &str) -> &'a str {
    item[name]["S"].as_str().unwrap_or_default()
}

fn set(item: &mut Value, name: &str, value: impl Into<String>) {
    item[name] = json!({"S": value.into()});
}

/// When a made ticket's `moment`th act was: ten minutes between tickets, a second between acts, all in the past.
fn at(number: u64, moment: usize) -> String {
    let (day, part) = (number / 144, number % 144);
    let (year, month) = (2010 + day / 336, 1 + day / 28 % 12);
    format!(
        "{year}-{month:02}-{:02}T{:02}:{:02}:{:02}.000Z",
        1 + day % 28,
        part / 6,
        part % 6 * 10,
        moment.min(59)
    )
}

impl Pattern {
    /// Takes the items of ticket `number`, with its keys and sendings, out of a whole table.
    pub(crate) fn of(table: &[Value], number: u64, person: &Person) -> Self {
        let own = [format!("T#{number:010}"), format!("TK#{number}"), format!("SENT#{number}")];
        let number_text = number.to_string();
        let is_own = |item: &&Value| {
            let pk = text(item, "pk");
            own.iter().any(|own| own == pk) || pk.starts_with("MID#") && item["ticket"]["N"].as_str() == Some(&number_text)
        };
        let mut items: Vec<Value> = table.iter().filter(is_own).cloned().collect();
        // Entries in their order, the ticket after them: it takes its times and its head from them.
        items.sort_by_key(|item| (text(item, "pk").to_owned(), text(item, "sk").to_owned()));
        Self {
            number,
            person: person.clone(),
            items,
        }
    }

    /// The same ticket as somebody else's, under another number.
    fn ticket(&self, number: u64, person: &Person) -> Result<Vec<Value>, Failure> {
        let mut history = History {
            number,
            times: BTreeMap::new(),
            previous: "0".repeat(64),
        };
        let mut items = Vec::with_capacity(self.items.len());
        for (place, item) in self.items.iter().enumerate() {
            let words = item.to_string();
            let words = words
                .replace(&self.person.id, &person.id)
                .replace(&self.person.email, &person.email)
                .replace(&self.person.name, &person.name);
            let mut item: Value = serde_json::from_str(&words)?;
            let pk = text(&item, "pk").to_owned();
            match pk.split_once('#') {
                Some(("T", _)) => history.rewrite(&mut item)?,
                Some(("MID", _)) => {
                    set(
                        &mut item,
                        "pk",
                        format!("MID#{}", hex::encode(Sha256::digest(format!("{number}/{place}")))),
                    );
                    item["ticket"] = json!({"N": number.to_string()});
                }
                Some((kind, _)) => set(&mut item, "pk", format!("{kind}#{number}")),
                None => return Err(format!("ticket {} has an unknown item", self.number).into()),
            }
            items.push(item);
        }
        Ok(items)
    }
}

/// A ticket's history under way.
struct History {
    number: u64,
    /// New times by the old ones.
    times: BTreeMap<String, String>,
    previous: String,
}

impl History {
    fn time(&self, old: &Value) -> Value {
        let new = old.as_str().and_then(|old| self.times.get(old));
        new.map_or(old.clone(), |new| new.clone().into())
    }

    fn rewrite(&mut self, item: &mut Value) -> Result<(), Failure> {
        set(item, "pk", format!("T#{:010}", self.number));
        if text(item, "sk") == "META" {
            self.head(item)
        } else {
            self.entry(item)
        }
    }

    fn entry(&mut self, item: &mut Value) -> Result<(), Failure> {
        let mut entry: Value = serde_json::from_str(text(item, "e"))?;
        let old = entry["at"].as_str().unwrap_or_default().to_owned();
        let new = at(self.number, self.times.len());
        entry["at"] = self.times.entry(old).or_insert(new).clone().into();
        let hash = chain::hash(&self.previous, &chain::core(&entry));
        set(item, "e", entry.to_string());
        set(item, "p", std::mem::replace(&mut self.previous, hash.clone()));
        set(item, "h", hash);
        Ok(())
    }

    fn head(&self, item: &mut Value) -> Result<(), Failure> {
        let mut row: Value = serde_json::from_str(text(item, "row"))?;
        row["n"] = self.number.into();
        row["h"] = self.previous.clone().into();
        for name in ["o", "u", "ra", "aa"] {
            if row[name].is_string() {
                row[name] = self.time(&row[name]);
            }
        }
        let updated = row["u"].as_str().unwrap_or_default().to_owned();
        if let Some(rank) = text(item, "priority_sk").get(..2).map(str::to_owned) {
            set(item, "priority_sk", format!("{rank}{updated}"));
            set(item, "due_sk", format!("9999#{:010}", self.number));
        }
        set(item, "updated_at", updated);
        set(item, "row", row.to_string());
        Ok(())
    }
}

/// Whose ticket a made one is, and after which pattern: one in ten new, three in process, six resolved.
pub(crate) fn pattern_of(number: u64) -> usize {
    match number % 10 {
        0 => 0,
        1..=3 => 1,
        _ => 2,
    }
}

/// Fills a stopped server's table with tickets `first` to `last`, and has its counter know.
pub(crate) fn fill(data: &Path, table: &str, patterns: &[Pattern; 3], people: &[Person], (first, last): (u64, u64)) -> Result<(), Failure> {
    let path = data.join("table.db");
    let database = Database::new(path.to_str().ok_or("the data folder's name is not UTF-8")?)?;
    let put = |items: Vec<Value>| -> Result<(), Failure> {
        let items: Vec<Item> = items.into_iter().map(serde_json::from_value).collect::<Result<_, _>>()?;
        database.import_items(table, items, ImportOptions::default())?;
        Ok(())
    };
    let mut from = first;
    while from <= last {
        let to = last.min(from + AT_ONCE - 1);
        let mut items = Vec::new();
        for number in from..=to {
            let person = usize::try_from(number / 10)? % people.len();
            items.extend(patterns[pattern_of(number)].ticket(number, &people[person])?);
        }
        put(items)?;
        from = to + 1;
    }
    put(vec![
        json!({"pk": {"S": "COUNTER"}, "sk": {"S": "TICKET"}, "last_number": {"N": last.to_string()}}),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_rise_with_numbers_and_within_a_ticket() {
        let times: Vec<String> = (1..30_000).flat_map(|number| [at(number, 0), at(number, 1)]).collect();
        assert!(times.is_sorted() && times.iter().all(|time| time.len() == 24));
    }

    #[test]
    fn a_copy_is_whole_and_its_history_hashes_right() {
        let person = |id: &str, name: &str| Person {
            id: id.into(),
            email: format!("{name}@example.com"),
            name: name.into(),
        };
        let (ana, eva) = (person("usr_a", "Ana"), person("usr_e", "Eva"));
        let entry = json!({"seq": 1, "at": "2026-01-01T00:00:00.000Z", "type": "opened", "author": {"id": "usr_a", "name": {"s": "00", "t": "Ana"}}});
        let row = json!({"n": 7, "r": {"i": "usr_a"}, "o": "2026-01-01T00:00:00.000Z", "u": "2026-01-01T00:00:00.000Z", "h": "x"});
        let table = [
            json!({"pk": {"S": "T#0000000007"}, "sk": {"S": "META"}, "row": {"S": row.to_string()}, "requester_pk": {"S": "usr_a"}}),
            json!({"pk": {"S": "T#0000000007"}, "sk": {"S": "H#00000001"}, "e": {"S": entry.to_string()}}),
            json!({"pk": {"S": "TK#7"}, "sk": {"S": "k"}}),
            json!({"pk": {"S": "TK#70"}, "sk": {"S": "k"}}),
        ];
        let made = Pattern::of(&table, 7, &ana).ticket(12, &eva).unwrap();
        let keys: Vec<_> = made.iter().map(|item| (text(item, "pk"), text(item, "sk"))).collect();
        assert_eq!(keys, [("T#0000000012", "H#00000001"), ("T#0000000012", "META"), ("TK#12", "k")]);
        let stored: Value = serde_json::from_str(text(&made[0], "e")).unwrap();
        let row: Value = serde_json::from_str(text(&made[1], "row")).unwrap();
        let history = [chain::Stored {
            seq: 1,
            entry: stored.clone(),
            previous_hash: text(&made[0], "p").into(),
            hash: text(&made[0], "h").into(),
        }];
        assert_eq!(chain::verify(history.to_vec(), row["h"].as_str().unwrap()).first_bad, None);
        assert_eq!(
            (&row["n"], &row["r"]["i"], text(&made[1], "requester_pk")),
            (&json!(12), &json!("usr_e"), "usr_e")
        );
        assert_eq!(
            (&stored["at"], text(&made[1], "updated_at")),
            (&row["u"], row["u"].as_str().unwrap())
        );
    }
}
