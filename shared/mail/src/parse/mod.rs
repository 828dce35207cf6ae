//! MIME (RFC 5322, 2045-2047, 2231): from bytes to fields and parts.
//!
//! The tree of parts is walked here and not by mail-parser: its messages hold messages, and dropping a mail of some hundred thousand nested
//! `message/rfc822` overflows the stack, which no caller can catch. mail-parser reads addresses, dates and the charsets that `encoding_rs`
//! lacks; nothing outside this module knows of it.

pub(crate) mod charset;
pub(crate) mod fields;
pub(crate) mod headers;
pub(crate) mod params;
pub(crate) mod structure;
pub(crate) mod transfer;
mod words;

/// Text as one line: runs of white space and control characters become one space, the ends are trimmed.
pub(crate) fn one_line(text: &str) -> String {
    let words = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}
