//! What a single value can be. Each function makes a reader for `Fields`.

use std::borrow::Cow;
use std::ops::RangeInclusive;
use std::str::FromStr;

use chamada_domain::{EmailAddress, FieldError, Timestamp};
use chamada_platform::Secret;
use serde::de::value::{Error as WordError, StrDeserializer};
use serde::de::{DeserializeOwned, IntoDeserializer};
use serde_json::Value;
use time::Date;
use time::macros::format_description;

use super::{Fields, Spot, nested};

fn string<'a>(spot: &mut Spot<'a>) -> Option<&'a str> {
    match spot.value {
        Value::String(text) => Some(text),
        _ => spot.fault("invalid", "This must be a text."),
    }
}

/// Judges a text's length in characters; of the lower bound only what is not white space counts.
fn bounded<'a>(spot: &mut Spot<'_>, text: &'a str, bounds: &RangeInclusive<usize>) -> Option<&'a str> {
    if text.chars().count() > *bounds.end() {
        return spot.fault("too_long", format!("This may have {} characters at most.", bounds.end()));
    }
    match text.trim().chars().count() {
        count if count >= *bounds.start() => Some(text),
        0 => spot.fault("required", "This must not be empty."),
        _ => spot.fault("too_short", format!("This must have {} characters at least.", bounds.start())),
    }
}

/// One line: trimmed, then `bounds` characters, none of them a control character.
pub fn line(bounds: RangeInclusive<usize>) -> impl Fn(&mut Spot<'_>) -> Option<String> {
    move |spot| {
        let text = string(spot)?;
        if text.trim().chars().any(char::is_control) {
            return spot.fault("invalid", "This must be one line without control characters.");
        }
        bounded(spot, text.trim(), &bounds).map(str::to_owned)
    }
}

/// Any text of `bounds` characters, kept as written; only NUL is refused. White space alone counts as empty.
pub fn text(bounds: RangeInclusive<usize>) -> impl Fn(&mut Spot<'_>) -> Option<String> {
    move |spot| {
        let text = string(spot)?;
        if text.contains('\0') {
            return spot.fault("invalid", "This must not contain the character U+0000.");
        }
        bounded(spot, text, &bounds).map(str::to_owned)
    }
}

/// A secret of `bounds` characters, kept as written and never shown.
pub fn secret(bounds: RangeInclusive<usize>) -> impl Fn(&mut Spot<'_>) -> Option<Secret> {
    move |spot| {
        let text = string(spot)?;
        match text.chars().count() {
            count if bounds.contains(&count) => Some(Secret::new(text)),
            0 => spot.fault("required", "This must not be empty."),
            count if count < *bounds.start() => spot.fault("too_short", format!("This must have {} characters at least.", bounds.start())),
            _ => spot.fault("too_long", format!("This may have {} characters at most.", bounds.end())),
        }
    }
}

/// An identifier, or anything else that the domain reads from text.
pub fn id<T: FromStr<Err = FieldError>>() -> impl Fn(&mut Spot<'_>) -> Option<T> {
    |spot| {
        // A ticket's number is a number in JSON, while other ids are text.
        let text = match spot.value {
            Value::Number(number) => Cow::Owned(number.to_string()),
            _ => Cow::Borrowed(string(spot)?),
        };
        match text.parse() {
            Ok(id) => Some(id),
            Err(error) => spot.fault(error.code, error.detail),
        }
    }
}

/// An e-mail address.
pub fn email() -> impl Fn(&mut Spot<'_>) -> Option<EmailAddress> {
    |spot| {
        let text = string(spot)?;
        text.parse()
            .ok()
            .or_else(|| spot.fault("invalid", "This is not an e-mail address."))
    }
}

/// A moment, RFC 3339.
pub fn timestamp() -> impl Fn(&mut Spot<'_>) -> Option<Timestamp> {
    |spot| {
        let text = string(spot)?;
        text.parse()
            .ok()
            .or_else(|| spot.fault("invalid", "This must be a moment as RFC 3339 writes it: 2026-11-22T05:07:31.412Z."))
    }
}

/// A date, `YYYY-MM-DD`.
pub fn date() -> impl Fn(&mut Spot<'_>) -> Option<Date> {
    |spot| {
        let text = string(spot)?;
        let read = Date::parse(text, format_description!("[year]-[month]-[day]")).ok();
        read.or_else(|| spot.fault("invalid", "This must be a date: YYYY-MM-DD."))
    }
}

/// One of an enum's words, as serde names them.
pub fn word<T: DeserializeOwned>() -> impl Fn(&mut Spot<'_>) -> Option<T> {
    |spot| {
        let text = string(spot)?;
        let words: StrDeserializer<'_, WordError> = text.into_deserializer();
        match T::deserialize(words) {
            Ok(word) => Some(word),
            // serde's own sentence would quote the value.
            Err(_) => spot.fault("invalid", "This is none of the words that are allowed here."),
        }
    }
}

/// A whole number within `bounds`.
pub fn integer(bounds: RangeInclusive<i64>) -> impl Fn(&mut Spot<'_>) -> Option<i64> {
    move |spot| {
        let number = match spot.value {
            Value::String(text) if spot.as_text => text.parse().ok(),
            value => value.as_i64(),
        };
        match number {
            Some(number) if bounds.contains(&number) => Some(number),
            Some(_) => spot.fault("out_of_range", format!("This must be from {} to {}.", bounds.start(), bounds.end())),
            None if spot.value.is_u64() => spot.fault("out_of_range", format!("This must be from {} to {}.", bounds.start(), bounds.end())),
            None => spot.fault("invalid", "This must be a whole number."),
        }
    }
}

/// True or false.
pub fn boolean() -> impl Fn(&mut Spot<'_>) -> Option<bool> {
    |spot| match spot.value {
        Value::Bool(value) => Some(*value),
        Value::String(text) if spot.as_text && text == "true" => Some(true),
        Value::String(text) if spot.as_text && text == "false" => Some(false),
        _ => spot.fault("invalid", "This must be true or false."),
    }
}

/// Anything, as it came.
pub fn any() -> impl Fn(&mut Spot<'_>) -> Option<Value> {
    |spot| Some(spot.value.clone())
}

/// A list of `bounds` values, each read by `reader`; every faulty one is told by its place, counted from 0.
pub fn list<T>(bounds: RangeInclusive<usize>, reader: impl Fn(&mut Spot<'_>) -> Option<T>) -> impl Fn(&mut Spot<'_>) -> Option<Vec<T>> {
    move |spot| {
        let Value::Array(values) = spot.value else {
            return spot.fault("invalid", "This must be a list.");
        };
        if !bounds.contains(&values.len()) {
            let code = if values.len() > *bounds.end() { "too_many" } else { "too_few" };
            return spot.fault(code, format!("This must have from {} to {} entries.", bounds.start(), bounds.end()));
        }
        let mut read = Vec::with_capacity(values.len());
        for (place, value) in values.iter().enumerate() {
            let path = format!("{}.{place}", spot.path);
            read.push(reader(&mut Spot {
                value,
                path: &path,
                faults: spot.faults,
                as_text: spot.as_text,
            }));
        }
        read.into_iter().collect()
    }
}

/// An object within the object: `object(Guest::read)`.
pub fn object<T>(read: impl Fn(&mut Fields<'_>) -> Option<T>) -> impl Fn(&mut Spot<'_>) -> Option<T> {
    move |spot| nested(spot.value, spot.path, spot.faults, spot.as_text, &read)
}
