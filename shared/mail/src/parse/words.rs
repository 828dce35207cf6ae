//! Repair of encoded words (RFC 2047): mail-parser 0.11 decodes each on its own, so that a character split between two of them is lost.
//!
//! Drop this module, and read Subject and names by mail-parser again, once the toolchain takes mail-parser 1.0, which is right here.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{charset, transfer};

/// The longest encoded word that is read; RFC 2047 §2 allows 75 characters, senders do as they like.
const LONGEST_WORD: usize = 8_192;

enum Piece<'a> {
    Plain(&'a str),
    Word { charset: &'a str, bytes: Vec<u8> },
}

/// The encoded word at the beginning of `text`: charset, decoded bytes, length in bytes.
fn word(text: &str) -> Option<(&str, Vec<u8>, usize)> {
    let window = text.as_bytes().get(..LONGEST_WORD).unwrap_or(text.as_bytes());
    let mark = |from: usize| window.get(from..)?.iter().position(|b| *b == b'?').map(|at| from + at);
    let charset_end = mark(2)?;
    let encoding_end = mark(charset_end + 1)?;
    let charset = text.get(2..charset_end)?;
    if charset.is_empty() || charset.len() > 60 || !charset.bytes().all(|b| b.is_ascii_graphic()) {
        return None;
    }
    let data = window.get(encoding_end + 1..)?;
    let end = data.windows(2).position(|pair| pair == b"?=")?;
    let bytes = match text.get(charset_end + 1..encoding_end)? {
        "b" | "B" => transfer::base64(&data[..end]).0,
        "q" | "Q" => {
            let spaced: Vec<u8> = data[..end].iter().map(|b| if *b == b'_' { b' ' } else { *b }).collect();
            transfer::quoted_printable(&spaced)
        }
        _ => return None,
    };
    // RFC 2231 §5: a language may follow the charset.
    Some((charset.split('*').next().unwrap_or(charset), bytes, encoding_end + 1 + end + 2))
}

/// Splits `text`; neighbours of one charset become one word, the white space between encoded words goes (RFC 2047 §6.2).
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces: Vec<Piece<'_>> = Vec::new();
    let (mut plain_from, mut at) = (0, 0);
    while let Some(found) = text[at..].find("=?").map(|found| at + found) {
        let Some((charset, bytes, length)) = word(&text[found..]) else {
            at = found + 2;
            continue;
        };
        let between = &text[plain_from..found];
        at = found + length;
        plain_from = at;
        match pieces.last_mut() {
            Some(Piece::Word {
                charset: open,
                bytes: held,
            }) if between.trim().is_empty() => {
                if open.eq_ignore_ascii_case(charset) {
                    held.extend(bytes);
                    continue;
                }
            }
            _ if between.is_empty() => {}
            _ => pieces.push(Piece::Plain(between)),
        }
        pieces.push(Piece::Word { charset, bytes });
    }
    if plain_from < text.len() {
        pieces.push(Piece::Plain(&text[plain_from..]));
    }
    pieces
}

/// Decodes the encoded words of an unfolded value.
pub(crate) fn decode(text: &str) -> String {
    let each = |piece: Piece<'_>| match piece {
        Piece::Plain(plain) => plain.to_owned(),
        Piece::Word { charset, bytes } => charset::decode(&bytes, Some(charset)),
    };
    pieces(text).into_iter().map(each).collect()
}

/// Writes every run of encoded words as one word of UTF-8, which mail-parser's reader of addresses then decodes rightly.
pub(crate) fn recode(text: &str) -> String {
    let each = |piece: Piece<'_>| match piece {
        Piece::Plain(plain) => plain.to_owned(),
        Piece::Word { charset, bytes } => {
            let name = super::one_line(&charset::decode(&bytes, Some(charset)));
            format!("=?UTF-8?B?{}?=", STANDARD.encode(name))
        }
    };
    pieces(text).into_iter().map(each).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_split_between_words() {
        assert_eq!(decode("=?UTF-8?B?5pel5pw=?= =?UTF-8?B?rOiqng==?="), "日本語");
        assert_eq!(decode("a =?utf-8?Q?=C3?= =?utf-8?q?=B6_b?= c"), "a ö b c");
        assert_eq!(decode("=?iso-8859-1?Q?=E9?= =?utf-8?Q?=C3=A9?="), "éé");
        assert_eq!(decode("=?x-unknown?Q?caf=E9?="), "café");
    }

    #[test]
    fn what_is_no_encoded_word_stays() {
        for text in ["=?", "=?a", "=?a?q", "=?a?x?b?=", "1 =? 2 ?= 3", "=?=?=?=?", "é=?é"] {
            assert_eq!(decode(text), text);
        }
        assert_eq!(
            recode("=?utf-8?q?=3Cceo=40corp=2Ecom=3E?= <e@e.com>"),
            "=?UTF-8?B?PGNlb0Bjb3JwLmNvbT4=?= <e@e.com>"
        );
    }
}
