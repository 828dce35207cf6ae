//! Reading what a client sent: every fault is found, not only the first.
//!
//! ```
//! use chamada_domain::Timestamp;
//! use chamada_web::read::{Fields, Input, email, line, list, text, timestamp};
//!
//! struct NewTicket { title: String, body: String, due_at: Option<Timestamp>, cc: Vec<chamada_domain::EmailAddress> }
//!
//! impl Input for NewTicket {
//!     fn read(f: &mut Fields<'_>) -> Option<Self> {
//!         // First every field is read, so that every fault is noted; then the value is made of what was good.
//!         let title = f.required("title", line(1..=200));
//!         let body = f.required("body", text(1..=65_536));
//!         let due_at = f.optional("due_at", timestamp());
//!         let cc = f.or_default("cc", list(0..=20, email()));
//!         Some(Self { title: title?, body: body?, due_at: due_at?, cc: cc? })
//!     }
//! }
//!
//! let value = serde_json::json!({"title": " ", "body": 7, "due_at": "tomorrow", "cc": ["a@b.c", 5], "x": 1});
//! let faults = chamada_web::read::object_of::<NewTicket>(&value).unwrap_err();
//! let places: Vec<_> = faults.iter().map(|fault| (fault.field.as_ref(), fault.code)).collect();
//! assert_eq!(places, [("title", "required"), ("body", "invalid"), ("due_at", "invalid"), ("cc.1", "invalid"), ("x", "unknown")]);
//! # impl std::fmt::Debug for NewTicket { fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str("NewTicket") } }
//! ```

mod readers;

use std::borrow::Cow;

use chamada_domain::FieldError;
use serde_json::{Map, Value};

pub use readers::{any, boolean, date, email, id, integer, line, list, object, secret, text, timestamp, word};

/// More faults than this are not told: one is enough to refuse, and an answer should not outgrow its request.
const MOST_FAULTS: usize = 100;

/// What can be read from a JSON object (or a query string), field by field.
pub trait Input: Sized {
    /// Whether no body at all counts as `{}`, for requests whose every field may be missing.
    const MAY_BE_EMPTY: bool = false;

    /// Reads every field first, each into a binding of its own, then makes the value with `?` on each. Returning nothing means a fault was noted.
    fn read(fields: &mut Fields<'_>) -> Option<Self>;
}

/// The body of a request that needs none: absent, or `{}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nothing;

impl Input for Nothing {
    const MAY_BE_EMPTY: bool = true;

    fn read(_: &mut Fields<'_>) -> Option<Self> {
        Some(Self)
    }
}

/// Where one value stands, and where faults are noted.
#[derive(Debug)]
pub struct Spot<'a> {
    value: &'a Value,
    path: &'a str,
    faults: &'a mut Vec<FieldError>,
    /// Whether the value came as text (a query string), so that `5` and `true` stand in strings.
    as_text: bool,
}

impl Spot<'_> {
    /// The value as it came.
    #[must_use]
    pub fn value(&self) -> &Value {
        self.value
    }

    /// Notes a fault of this value.
    pub fn fault<T>(&mut self, code: &'static str, detail: impl Into<Cow<'static, str>>) -> Option<T> {
        note(self.faults, FieldError::new(self.path.to_owned(), code, detail));
        None
    }
}

fn note(faults: &mut Vec<FieldError>, fault: FieldError) {
    if faults.len() < MOST_FAULTS {
        faults.push(fault);
    }
}

/// The fields of one object. Readers note faults here; a field nobody asked for is a fault too.
///
/// Every method returns nothing where it noted a fault. `optional` therefore returns an option of an option: outside the fault, inside the absence.
#[derive(Debug)]
pub struct Fields<'a> {
    map: &'a Map<String, Value>,
    prefix: &'a str,
    asked: Vec<&'static str>,
    faults: &'a mut Vec<FieldError>,
    as_text: bool,
}

impl<'a> Fields<'a> {
    fn path(&self, name: &str) -> String {
        if self.prefix.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.prefix)
        }
    }

    fn look<T>(&mut self, name: &'static str, value: &Value, reader: impl Fn(&mut Spot<'_>) -> Option<T>) -> Option<T> {
        let path = self.path(name);
        reader(&mut Spot {
            value,
            path: &path,
            faults: self.faults,
            as_text: self.as_text,
        })
    }

    fn find(&mut self, name: &'static str) -> Option<&'a Value> {
        self.asked.push(name);
        self.map.get(name)
    }

    /// A field that must be there and not be null.
    pub fn required<T>(&mut self, name: &'static str, reader: impl Fn(&mut Spot<'_>) -> Option<T>) -> Option<T> {
        match self.find(name) {
            Some(value) if !value.is_null() => self.look(name, value, reader),
            _ => {
                let path = self.path(name);
                self.fault(FieldError::required(path))
            }
        }
    }

    /// A field that may be missing; null means the same.
    pub fn optional<T>(&mut self, name: &'static str, reader: impl Fn(&mut Spot<'_>) -> Option<T>) -> Option<Option<T>> {
        match self.find(name) {
            Some(value) if !value.is_null() => self.look(name, value, reader).map(Some),
            _ => Some(None),
        }
    }

    /// As `optional`, with the type's default where the field is missing or null.
    pub fn or_default<T: Default>(&mut self, name: &'static str, reader: impl Fn(&mut Spot<'_>) -> Option<T>) -> Option<T> {
        self.optional(name, reader).map(Option::unwrap_or_default)
    }

    /// For `PATCH`: a field that stays as it is where missing, and cannot be null.
    pub fn changed<T>(&mut self, name: &'static str, reader: impl Fn(&mut Spot<'_>) -> Option<T>) -> Option<Option<T>> {
        match self.find(name) {
            Some(value) => self.look(name, value, reader).map(Some),
            None => Some(None),
        }
    }

    /// For `PATCH`: a field that stays as it is where missing (`None`), and is emptied by null (`Some(None)`).
    pub fn changed_or_cleared<T>(&mut self, name: &'static str, reader: impl Fn(&mut Spot<'_>) -> Option<T>) -> Option<Option<Option<T>>> {
        match self.find(name) {
            Some(Value::Null) => Some(Some(None)),
            Some(value) => self.look(name, value, reader).map(|read| Some(Some(read))),
            None => Some(None),
        }
    }

    /// Whether the client sent this field, whatever its value.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.map.contains_key(name)
    }

    /// Notes a fault that several fields have together. Its field's path is taken as it is.
    pub fn fault<T>(&mut self, fault: FieldError) -> Option<T> {
        note(self.faults, fault);
        None
    }

    /// Notes every field nobody asked for.
    fn refuse_unknown(&mut self) {
        for name in self.map.keys().filter(|name| !self.asked.contains(&name.as_str())) {
            let shown: String = name.chars().take(64).collect();
            let fault = FieldError::new(self.path(&shown), "unknown", "There is no such field.");
            note(self.faults, fault);
        }
    }
}

/// Reads the object at a spot with `read`.
fn nested<T>(
    value: &Value,
    path: &str,
    faults: &mut Vec<FieldError>,
    as_text: bool,
    read: impl Fn(&mut Fields<'_>) -> Option<T>,
) -> Option<T> {
    let Value::Object(map) = value else {
        note(faults, FieldError::new(path.to_owned(), "invalid", "This must be an object."));
        return None;
    };
    let before = faults.len();
    let mut fields = Fields {
        map,
        prefix: path,
        asked: Vec::new(),
        faults,
        as_text,
    };
    let made = read(&mut fields);
    fields.refuse_unknown();
    made.filter(|_| faults.len() == before)
}

fn whole<T: Input>(value: &Value, as_text: bool) -> Result<T, Vec<FieldError>> {
    let mut faults = Vec::new();
    match nested(value, "", &mut faults, as_text, T::read) {
        Some(made) => Ok(made),
        None if faults.is_empty() => Err(vec![FieldError::invalid("")]),
        None => Err(faults),
    }
}

/// Reads a whole JSON value.
///
/// # Errors
/// Every fault, up to a hundred.
pub fn object_of<T: Input>(value: &Value) -> Result<T, Vec<FieldError>> {
    whole(value, false)
}

/// Reads an object whose scalars are text.
pub(crate) fn query_of<T: Input>(value: &Value) -> Result<T, Vec<FieldError>> {
    whole(value, true)
}

#[cfg(test)]
mod tests;
