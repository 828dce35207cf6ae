//! Content-Type and Content-Disposition with their parameters.
//!
//! Repair of RFC 2231: mail-parser 0.11 forgets the charset after the first section of a continued parameter. Drop this module, and read
//! these two fields by mail-parser again, once the toolchain takes mail-parser 1.0.

use super::{charset, headers, words};

/// The longest parameter value that is kept, in bytes.
const LONGEST_VALUE: usize = 4_096;

/// A value such as `text/plain` in lower case, and its parameters decoded.
#[derive(Debug, Default, Clone)]
pub(crate) struct Params {
    pub(crate) value: String,
    params: Vec<(String, String)>,
}

impl Params {
    /// The parameter of that name.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// Reads a raw field value; `hint` is the charset of raw 8-bit bytes.
    pub(crate) fn read(raw: &[u8], hint: Option<&str>) -> Self {
        let text = headers::unfold(raw, hint);
        let mut pieces = split(&text).into_iter();
        let value = pieces.next().unwrap_or_default();
        let value = value.split('(').next().unwrap_or_default();
        let value: String = value.chars().filter(|c| !c.is_whitespace() && !c.is_control()).take(200).collect();
        let raw: Vec<Section> = pieces.take(100).filter_map(|piece| Section::read(&piece)).collect();
        let mut params: Vec<(String, String)> = Vec::new();
        for section in &raw {
            if !params.iter().any(|(name, _)| *name == section.name) {
                params.push((section.name.clone(), join(&section.name, &raw)));
            }
        }
        Self {
            value: value.to_ascii_lowercase(),
            params,
        }
    }
}

/// Splits at semicolons that stand outside quotes; quotes and their escapes are resolved.
fn split(text: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut quoted = false;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let Some(piece) = pieces.last_mut() else { break };
        match c {
            '"' => quoted = !quoted,
            // Windows paths in quotes are more usual than escaped letters: only quote and backslash are unescaped.
            '\\' if quoted => match chars.next() {
                Some(next @ ('"' | '\\')) => piece.push(next),
                Some(next) => piece.extend(['\\', next]),
                None => {}
            },
            ';' if !quoted => pieces.push(String::new()),
            c => piece.push(c),
        }
    }
    pieces
}

/// One parameter, or one section of a continued one (RFC 2231 §3).
struct Section {
    name: String,
    number: Option<u32>,
    extended: bool,
    value: String,
}

impl Section {
    fn read(piece: &str) -> Option<Self> {
        let (name, value) = piece.split_once('=')?;
        let mut name = name.trim().to_ascii_lowercase();
        let extended = name.ends_with('*');
        if extended {
            name.pop();
        }
        let mut number = None;
        if let Some((base, digits)) = name.rsplit_once('*') {
            number = Some(digits.parse().ok()?);
            name = base.to_owned();
        }
        let mut value = value.trim().to_owned();
        value.truncate(value.floor_char_boundary(LONGEST_VALUE));
        (!name.is_empty()).then_some(Self {
            name,
            number,
            extended,
            value,
        })
    }
}

fn percent_decode(text: &str, bytes: &mut Vec<u8>) {
    let raw = text.as_bytes();
    let digit = |at: usize| raw.get(at).and_then(|b| char::from(*b).to_digit(16));
    let mut at = 0;
    while let Some(byte) = raw.get(at) {
        match (byte, digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push(u8::try_from(high * 16 + low).unwrap_or_default());
                at += 3;
            }
            _ => {
                bytes.push(*byte);
                at += 1;
            }
        }
    }
}

/// The value of `name`: its sections in order if it has any, else the extended form, else the plain one with encoded words decoded (which
/// RFC 2047 §5 forbids there, and every client writes).
fn join(name: &str, all: &[Section]) -> String {
    let mut sections: Vec<&Section> = all
        .iter()
        .filter(|s| s.name == name && (s.number.is_some() || s.extended))
        .collect();
    if sections.iter().any(|s| s.number.is_some()) {
        sections.retain(|s| s.number.is_some());
    } else {
        sections.truncate(1);
    }
    sections.sort_by_key(|s| s.number);
    let Some(first) = sections.first() else {
        let plain = all.iter().find(|s| s.name == name).map_or("", |s| &s.value);
        return words::decode(plain);
    };
    let (mut label, mut head) = (None, first.value.as_str());
    if first.extended {
        let mut marks = first.value.splitn(3, '\'');
        if let (Some(charset), Some(_language), Some(rest)) = (marks.next(), marks.next(), marks.next()) {
            (label, head) = (Some(charset), rest);
        }
    }
    let mut bytes = Vec::new();
    for (at, section) in sections.iter().enumerate() {
        let value = if at == 0 { head } else { &section.value };
        if section.extended {
            percent_decode(value, &mut bytes);
        } else {
            bytes.extend_from_slice(value.as_bytes());
        }
    }
    charset::decode(&bytes, label)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Params {
        Params::read(text.as_bytes(), None)
    }

    #[test]
    fn continuations_keep_their_charset() {
        let params = read("attachment;\r\n filename*0*=iso-8859-1''Gr%F6;\r\n filename*1*=%DFe;\r\n filename*2=\".pdf\"");
        assert_eq!(params.value, "attachment");
        assert_eq!(params.get("filename"), Some("Größe.pdf"));
        // A character split between sections, which come in the wrong order.
        let params = read("a; name*1*=%B6.txt; name*0*=utf-8''%C3");
        assert_eq!(params.get("name"), Some("ö.txt"));
    }

    #[test]
    fn quotes_comments_and_encoded_words() {
        let params = read("Text/Plain (a comment); charset=\"utf-8\"; name=\"a;b \\\"c\\\" =?utf-8?Q?=C3=B6?=\"; name*=utf-8''x");
        assert_eq!(params.value, "text/plain");
        assert_eq!(params.get("charset"), Some("utf-8"));
        assert_eq!(params.get("name"), Some("x"));
        assert_eq!(
            read("a; name=\"a;b \\\"c\\\" =?utf-8?Q?=C3=B6?=\"").get("name"),
            Some("a;b \"c\" ö")
        );
        assert_eq!(read("").value, "");
        assert_eq!(read(";;=;*=;*0=;a").get("a"), None);
    }
}
