//! Bytes to text, whatever the label says.

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use mail_parser::decoders::charsets::map::charset_decoder;

/// UTF-8 where the bytes are that, else Windows-1252, in which every byte means something.
fn guess(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned(),
    }
}

/// Decodes `bytes` by their declared charset. An unknown label, or one that the bytes belie, gives UTF-8 or else Windows-1252.
///
/// Valid multibyte UTF-8 under the label of a Latin charset is taken for UTF-8: such sequences make no sense as Latin letters.
pub(crate) fn decode(bytes: &[u8], label: Option<&str>) -> String {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let Some(label) = label.map(str::trim).filter(|label| !label.is_empty()) else {
        return without_nul(guess(bytes));
    };
    let text = match Encoding::for_label_no_replacement(label.as_bytes()) {
        Some(encoding) if encoding == UTF_8 || encoding == WINDOWS_1252 => guess(bytes),
        Some(encoding) => encoding.decode_without_bom_handling(bytes).0.into_owned(),
        None => match charset_decoder(label.as_bytes()) {
            // mail-parser's UTF-7 drops a shifted sequence that stands at the very end; one more byte closes it.
            Some(decoder) => decoder(&[bytes, b"\n"].concat()).trim_end_matches('\n').to_owned(),
            None => guess(bytes),
        },
    };
    without_nul(text)
}

fn without_nul(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "") } else { text }
}

/// The charset that an HTML document names for itself in its first 1,024 bytes.
pub(crate) fn named_by_html(bytes: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(bytes.get(..1024).unwrap_or(bytes)).to_ascii_lowercase();
    let at = head
        .find("<meta")
        .and_then(|meta| head[meta..].find("charset=").map(|at| meta + at + "charset=".len()))?;
    let label: String = head[at..]
        .trim_start_matches(['"', '\'', ' '])
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || "-_:.".contains(*c))
        .collect();
    (!label.is_empty()).then_some(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_that_lie_or_are_unknown() {
        assert_eq!(decode(b"caf\xe9", Some("utf-8")), "café");
        assert_eq!(decode(b"caf\xe9", Some("x-foo")), "café");
        assert_eq!(decode("café".as_bytes(), Some("us-ascii")), "café");
        assert_eq!(decode(b"\x93hi\x94", Some("iso-8859-1")), "\u{201c}hi\u{201d}");
        assert_eq!(decode(b"+AOk-t+AOk-", Some("utf-7")), "été");
        assert_eq!(decode(b"\xcf\xf0", Some("windows-1251")), "Пр");
    }
}
