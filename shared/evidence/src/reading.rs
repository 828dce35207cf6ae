//! The page and the README of a bundle, written once more from its history: nobody's word is needed for what they say.

use std::collections::BTreeSet;

use chamada_domain::chain::ChainedEntry;
use chamada_domain::entry::{Entry, Event};
use chamada_domain::transcript::Heading;
use chamada_domain::{Locale, TicketNumber, Timestamp, Via};
use serde_json::{Map, Value, json};

use crate::{page, phrases, readme};

/// What a bundle's page and README say of themselves.
struct Said {
    locale: Locale,
    shown: String,
}

/// Whether page and README say just what the transcript says. It has been checked.
pub(crate) fn agree(transcript: &Value, page: &str, readme: &str) -> bool {
    let said = Said::read(page);
    said.is_some_and(|said| said.page(transcript).as_deref() == Some(page) && said.readme(transcript).as_deref() == Some(readme))
}

impl Said {
    fn read(page: &str) -> Option<Self> {
        let (_, rest) = page.split_once("<html lang=\"")?;
        let locale = Locale::from_tag(rest.split_once('"')?.0)?;
        let (_, rest) = page.split_once("<h1>")?;
        let title = rest.split_once("</h1>")?.0;
        let shown = title.strip_prefix(phrases::history_of(locale))?.strip_prefix(' ')?;
        Some(Self {
            locale,
            shown: shown.to_owned(),
        })
    }

    fn page(&self, transcript: &Value) -> Option<String> {
        let (site, ticket) = of(transcript)?;
        // The number as people know it is a prefix and the number.
        if self.shown.rsplit_once('-')?.1 != ticket.to_string() {
            return None;
        }
        let exported_at: Timestamp = transcript["exported_at"].as_str()?.parse().ok()?;
        let heading = Heading {
            site,
            ticket,
            exported_at,
            head_hash: transcript["head_hash"].as_str()?,
        };
        let entries = transcript["entries"].as_array()?;
        let history = entries.iter().map(chained).collect::<Option<Vec<_>>>()?;
        let hidden: BTreeSet<u64> = entries
            .iter()
            .filter(|entry| is_hidden(entry))
            .filter_map(|entry| entry["seq"].as_u64())
            .collect();
        let hides = |chained: &ChainedEntry| hidden.contains(&chained.entry.seq);
        Some(page::render(self.locale, &self.shown, &heading, &history, hides))
    }

    fn readme(&self, transcript: &Value) -> Option<String> {
        let (site, ticket) = of(transcript)?;
        Some(readme::text(self.locale, ticket, site))
    }
}

fn of(transcript: &Value) -> Option<(&str, TicketNumber)> {
    Some((transcript["site"].as_str()?, TicketNumber(transcript["ticket"].as_u64()?)))
}

fn is_hidden(entry: &Value) -> bool {
    entry.get("hidden") == Some(&Value::Bool(true))
}

/// An entry of a transcript as the table held it; of a hidden one its place and its hashes.
fn chained(entry: &Value) -> Option<ChainedEntry> {
    let text = |name: &str| entry.get(name).and_then(Value::as_str).map(str::to_owned);
    let inner = if is_hidden(entry) {
        Entry {
            seq: entry.get("seq")?.as_u64()?,
            at: Timestamp::new(time::OffsetDateTime::UNIX_EPOCH),
            via: Via::System,
            author: None,
            event: Event::Restored {},
            body: None,
        }
    } else {
        let none = Map::new();
        let words = entry.get("words").and_then(Value::as_object).unwrap_or(&none);
        let mut core = entry.get("core")?.clone();
        put_back(&mut core, words);
        serde_json::from_value(core).ok()?
    };
    Some(ChainedEntry {
        entry: inner,
        previous_hash: text("previous_hash")?,
        hash: text("hash")?,
    })
}

/// Puts words in the place of their commitments, as the table holds them.
fn put_back(value: &mut Value, words: &Map<String, Value>) {
    match value {
        Value::Object(object) => {
            let commitment = object.get("c").and_then(Value::as_str).filter(|_| object.len() == 1);
            match commitment.and_then(|commitment| words.get(commitment)) {
                Some(word) => *value = json!({ "s": word["salt"], "t": word["text"] }),
                None => object.values_mut().for_each(|member| put_back(member, words)),
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| put_back(item, words)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
