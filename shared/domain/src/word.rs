//! Words that belong to a person: committed to in the history by a salted digest, so that they can be erased while the history stays provable.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// Where salts come from. The domain draws no randomness of its own; the caller hands in a source of 128 random bits at a time.
pub type Salts<'a> = &'a mut dyn FnMut() -> [u8; 16];

/// A text that somebody said or is called, in an entry of the history.
///
/// Stored as `{"s": salt, "t": text}`, and once erased as `{"c": commitment}`; the hashed form is `{"c": commitment}` in both cases
/// (API.md, 'The chain, to the byte').
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Word {
    /// The text is there.
    Kept {
        /// 128 random bits of this word's own: without them a short text could be guessed from its digest.
        salt: [u8; 16],
        /// The text.
        text: String,
    },
    /// The text has been erased; its commitment remains.
    Erased {
        /// `hex(SHA-256(salt ‖ UTF-8 text))`.
        commitment: String,
    },
}

impl Word {
    /// A word with a fresh salt.
    #[must_use]
    pub fn new(text: impl Into<String>, salts: Salts<'_>) -> Self {
        Self::Kept {
            salt: salts(),
            text: text.into(),
        }
    }

    /// The text; nothing once it was erased.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Kept { text, .. } => Some(text),
            Self::Erased { .. } => None,
        }
    }

    /// The text, or the empty one where it was erased.
    #[must_use]
    pub fn text_or_empty(&self) -> String {
        self.text().unwrap_or_default().to_owned()
    }

    /// Forgets the text; its commitment remains.
    pub fn erase(&mut self) {
        *self = Self::Erased {
            commitment: self.commitment(),
        };
    }

    /// `hex(SHA-256(salt ‖ UTF-8 text))`.
    #[must_use]
    pub fn commitment(&self) -> String {
        match self {
            Self::Kept { salt, text } => commitment(salt, text),
            Self::Erased { commitment } => commitment.clone(),
        }
    }
}

fn commitment(salt: &[u8; 16], text: &str) -> String {
    hex::encode(Sha256::new().chain_update(salt).chain_update(text.as_bytes()).finalize())
}

impl Serialize for Word {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = Map::new();
        match self {
            Self::Kept { salt, text } => {
                object.insert("s".into(), hex::encode(salt).into());
                object.insert("t".into(), text.clone().into());
            }
            Self::Erased { commitment } => {
                object.insert("c".into(), commitment.clone().into());
            }
        }
        object.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let object = Map::deserialize(deserializer)?;
        Self::read(&object).ok_or_else(|| serde::de::Error::custom("not a word of the history"))
    }
}

impl Word {
    /// Reads the stored form; nothing where the object is something else.
    fn read(object: &Map<String, Value>) -> Option<Self> {
        let text = |key: &str| object.get(key).and_then(Value::as_str);
        match (object.len(), text("s"), text("t"), text("c")) {
            (2, Some(salt), Some(text), None) => {
                let mut bytes = [0; 16];
                hex::decode_to_slice(salt, &mut bytes).ok()?;
                Some(Self::Kept {
                    salt: bytes,
                    text: text.to_owned(),
                })
            }
            (1, None, None, Some(commitment)) => Some(Self::Erased {
                commitment: commitment.to_owned(),
            }),
            _ => None,
        }
    }
}

/// Replaces every word in a stored value by what `replacement` makes of it.
pub(crate) fn map_words(value: &mut Value, replacement: &mut dyn FnMut(Word) -> Value) {
    match value {
        Value::Object(object) => match Word::read(object) {
            Some(word) => *value = replacement(word),
            None => object.values_mut().for_each(|member| map_words(member, replacement)),
        },
        Value::Array(items) => items.iter_mut().for_each(|item| map_words(item, replacement)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Shows every word of an entry to `visit`.
pub fn each_word(entry: &impl Serialize, visit: &mut dyn FnMut(&Word)) {
    // Entries are plain data with string keys, which always have a JSON form.
    let mut value = serde_json::to_value(entry).unwrap_or(Value::Null);
    map_words(&mut value, &mut |word| {
        visit(&word);
        Value::Null
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commitment_is_a_salted_sha_256() {
        let word = Word::Kept {
            salt: [0; 16],
            text: "hola".into(),
        };
        // printf '\0%.0s' {1..16} then 'hola', through sha256sum
        let by_hand = hex::encode(Sha256::digest([&[0_u8; 16][..], b"hola"].concat()));
        assert_eq!(word.commitment(), by_hand);
        let erased = Word::Erased {
            commitment: by_hand.clone(),
        };
        assert_eq!((erased.commitment(), erased.text()), (by_hand, None));
    }

    #[test]
    fn both_forms_come_back_from_the_table() {
        for word in [
            Word::Kept {
                salt: [7; 16],
                text: "ñ\"".into(),
            },
            Word::Erased {
                commitment: "ab".repeat(32),
            },
        ] {
            let stored = serde_json::to_string(&word).unwrap();
            assert_eq!(serde_json::from_str::<Word>(&stored).unwrap(), word);
        }
        assert!(serde_json::from_str::<Word>(r#"{"s":"zz","t":"x"}"#).is_err());
        assert!(serde_json::from_str::<Word>(r#"{"t":"x"}"#).is_err());
    }
}
