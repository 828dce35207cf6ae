//! The header block: where it ends, which fields it has, their raw values.

use super::{charset, words};

/// A field longer than this is cut: no honest field is, and what parses fields should not be given megabytes.
const LONGEST_FIELD: usize = 64 * 1024;
/// The fields read of one header block.
const MOST_FIELDS: usize = 500;

/// The fields of one header block, in order, names in lower case, values raw.
#[derive(Debug, Default, Clone)]
pub(crate) struct Headers<'a> {
    fields: Vec<(String, &'a [u8])>,
    /// The charset of the body, which tells how to read a field of raw 8-bit bytes (RFC 5322 forbids them; people send them).
    pub(crate) charset: Option<String>,
}

impl<'a> Headers<'a> {
    /// The first field of that name.
    pub(crate) fn raw(&self, name: &str) -> Option<&'a [u8]> {
        self.all_raw(name).next()
    }

    pub(crate) fn all_raw(&self, name: &str) -> impl Iterator<Item = &'a [u8]> + use<'a, '_> {
        let name = name.to_owned();
        self.fields.iter().filter(move |(n, _)| *n == name).map(|(_, value)| *value)
    }

    /// The first field of that name, unfolded, encoded words decoded, white space and control characters made single spaces.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.raw(name).map(|value| self.decoded(value))
    }

    /// Every field of that name, likewise.
    pub(crate) fn texts(&self, name: &str) -> Vec<String> {
        self.all_raw(name).map(|value| self.decoded(value)).collect()
    }

    fn decoded(&self, value: &[u8]) -> String {
        super::one_line(&words::decode(&unfold(value, self.charset.as_deref())))
    }
}

/// A raw value as one line of text, encoded words left as they stand.
pub(crate) fn unfold(value: &[u8], hint: Option<&str>) -> String {
    // ASCII that a charset such as UTF-7 would change is ASCII in a header.
    let text = charset::decode(value, hint.filter(|_| std::str::from_utf8(value).is_err()));
    text.replace("\r\n", "\n").replace(['\n', '\r'], "")
}

/// One line from `at`: its bytes without the line end, and where the next begins.
pub(crate) fn line(raw: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let rest = raw.get(at..).filter(|rest| !rest.is_empty())?;
    let (line, next) = match rest.iter().position(|b| *b == b'\n') {
        Some(end) => (&rest[..end], at + end + 1),
        None => (rest, raw.len()),
    };
    Some((line.strip_suffix(b"\r").unwrap_or(line), next))
}

/// The colon's place where the line begins a field (RFC 5322 §2.2; spaces before the colon are obsolete and allowed).
fn colon(line: &[u8]) -> Option<usize> {
    let colon = line.iter().position(|b| *b == b':')?;
    let name = line[..colon].trim_ascii_end();
    (!name.is_empty() && name.iter().all(u8::is_ascii_graphic)).then_some(colon)
}

/// Splits `raw` into its header block and the place where the body begins.
///
/// Text that does not begin like a header block has no headers: it is body from its first byte. An mbox `From ` line before the fields is
/// passed over, and so is a line among them that is no field.
pub(crate) fn split(raw: &[u8]) -> (Headers<'_>, usize) {
    let mut headers = Headers::default();
    let mut at = 0;
    if let Some((first, next)) = line(raw, 0) {
        if first.starts_with(b"From ") || first.starts_with(b">From ") {
            at = next;
        } else if !first.is_empty() && colon(first).is_none() {
            return (headers, 0);
        }
    }
    let mut open: Option<(String, usize, usize)> = None;
    while let Some((text, next)) = line(raw, at) {
        if text.is_empty() {
            at = next;
            break;
        }
        let end = at + text.len();
        if text.starts_with(b" ") || text.starts_with(b"\t") {
            if let Some(field) = &mut open {
                field.2 = end;
            }
        } else if let Some(colon) = colon(text) {
            keep(&mut headers, open.take(), raw);
            let name = String::from_utf8_lossy(text[..colon].trim_ascii_end()).to_ascii_lowercase();
            open = Some((name, at + colon + 1, end));
        }
        at = next;
    }
    keep(&mut headers, open, raw);
    (headers, at)
}

fn keep<'a>(headers: &mut Headers<'a>, field: Option<(String, usize, usize)>, raw: &'a [u8]) {
    if let Some((name, start, end)) = field
        && headers.fields.len() < MOST_FIELDS
    {
        let end = end.min(start + LONGEST_FIELD);
        headers.fields.push((name, raw.get(start..end).unwrap_or_default().trim_ascii()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folded_fields_junk_lines_and_no_headers() {
        let (headers, at) = split(b"From x\nSubject: a\r\n b\nnonsense\nX-A : 1\n\nbody");
        assert_eq!(headers.text("subject").unwrap(), "a b");
        assert_eq!(headers.text("x-a").unwrap(), "1");
        assert_eq!(at, 40);
        assert_eq!(split(b"hello there").1, 0);
        assert_eq!(split(b"\r\nbody").1, 2);
        assert_eq!(split(b"").1, 0);
    }
}
