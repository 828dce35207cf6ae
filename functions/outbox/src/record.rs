//! Stream records, as far as they are read: which item, and whether it is new.

use chamada_store::{Written, written};
use serde::Deserialize;

/// A batch of them (the event of a DynamoDB event source mapping).
#[derive(Debug, Deserialize)]
pub(crate) struct Batch {
    #[serde(rename = "Records")]
    pub(crate) records: Vec<Record>,
}

/// One of them.
#[derive(Debug, Deserialize)]
pub(crate) struct Record {
    #[serde(rename = "eventName")]
    event_name: String,
    pub(crate) dynamodb: Change,
}

/// What it says of the item.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Change {
    pub(crate) keys: Keys,
    pub(crate) sequence_number: String,
    #[serde(default)]
    new_image: Option<Image>,
}

/// The item's key.
#[derive(Debug, Deserialize)]
pub(crate) struct Keys {
    pub(crate) pk: Text,
    pub(crate) sk: Text,
}

/// A string attribute.
#[derive(Debug, Deserialize)]
pub(crate) struct Text {
    #[serde(rename = "S")]
    pub(crate) s: String,
}

#[derive(Debug, Deserialize)]
struct Image {
    #[serde(default)]
    state: Option<Text>,
}

impl Record {
    /// What was written just now that others want to hear of. A sweep is news while it is asked for alone; all else that is announced never
    /// changes.
    pub(crate) fn news(&self) -> Option<Written> {
        let state = self.dynamodb.new_image.as_ref().and_then(|image| image.state.as_ref());
        if self.event_name != "INSERT" || state.is_some_and(|state| state.s != "asked") {
            return None;
        }
        let keys = &self.dynamodb.keys;
        written(&keys.pk.s, &keys.sk.s)
    }
}
