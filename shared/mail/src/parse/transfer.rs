//! Content-Transfer-Encodings (RFC 2045 §6), uuencode, and format=flowed (RFC 3676), read the way senders break them.

use super::headers::line;

fn sextet(byte: u8) -> Option<u32> {
    let value = match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    };
    Some(u32::from(value))
}

/// Whether a line may belong to base64 data.
fn plausible(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    !line.starts_with(b"--") && line.iter().all(|b| sextet(*b).is_some() || *b == b'=')
}

/// Decodes base64, passing over what is no letter of it; where plain text follows after an empty line (a list's footer), that text comes second.
pub(crate) fn base64(data: &[u8]) -> (Vec<u8>, &[u8]) {
    let mut decoded = Vec::with_capacity(data.len() / 4 * 3);
    let (mut bits, mut held, mut at, mut gap) = (0_u32, 0_u32, 0, false);
    while let Some((text, next)) = line(data, at) {
        if text.trim_ascii().is_empty() {
            gap = true;
        } else if gap && !decoded.is_empty() && !plausible(text) {
            finish(&mut decoded, bits, held);
            return (decoded, &data[at..]);
        }
        for byte in text {
            if *byte == b'=' {
                finish(&mut decoded, bits, held);
                (bits, held) = (0, 0);
            } else if let Some(value) = sextet(*byte) {
                bits = bits << 6 | value;
                held += 1;
                if held == 4 {
                    decoded.extend_from_slice(&bits.to_be_bytes()[1..]);
                    (bits, held) = (0, 0);
                }
            }
        }
        at = next;
    }
    finish(&mut decoded, bits, held);
    (decoded, &[])
}

/// The one or two bytes of a last, incomplete group of `held` letters.
fn finish(decoded: &mut Vec<u8>, bits: u32, held: u32) {
    match held {
        2 => decoded.push((bits >> 4).to_be_bytes()[3]),
        3 => decoded.extend_from_slice(&(bits >> 2).to_be_bytes()[2..]),
        _ => {}
    }
}

/// Decodes quoted-printable; what is no escape stays as it stands, white space before a line's end goes (RFC 2045 §6.7 rule 3).
pub(crate) fn quoted_printable(data: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(data.len());
    let mut at = 0;
    while let Some((text, next)) = line(data, at) {
        let ended = data.get(next - 1) == Some(&b'\n');
        let text = if ended { text.trim_ascii_end() } else { text };
        let (text, soft) = match text.strip_suffix(b"=") {
            Some(text) => (text, true),
            None => (text, !ended),
        };
        unescape(text, &mut decoded);
        if !soft {
            decoded.extend_from_slice(b"\r\n");
        }
        at = next;
    }
    decoded
}

fn hex(byte: Option<&u8>) -> Option<u8> {
    byte.and_then(|b| char::from(*b).to_digit(16))
        .and_then(|digit| u8::try_from(digit).ok())
}

fn unescape(text: &[u8], decoded: &mut Vec<u8>) {
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        match (byte, hex(text.get(at + 1)), hex(text.get(at + 2))) {
            (b'=', Some(high), Some(low)) => {
                decoded.push(high << 4 | low);
                at += 3;
            }
            _ => {
                decoded.push(*byte);
                at += 1;
            }
        }
    }
}

/// Decodes the lines of one uuencoded file up to `end`.
pub(crate) fn uudecode<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut decoded = Vec::new();
    for text in lines {
        let Some((count, data)) = text.split_first() else { continue };
        let count = usize::from(count.wrapping_sub(32) & 63);
        let start = decoded.len();
        for group in data.chunks(4) {
            let bits = (0..4).fold(0_u32, |bits, i| {
                bits << 6 | u32::from(group.get(i).map_or(0, |b| b.wrapping_sub(32) & 63))
            });
            decoded.extend_from_slice(&bits.to_be_bytes()[1..]);
        }
        decoded.truncate(start + count);
    }
    decoded
}

/// The name on a `begin 644 name` line.
fn uu_name(line: &str) -> Option<&str> {
    let (mode, name) = line.strip_prefix("begin ")?.split_once(' ')?;
    let octal = (3..=4).contains(&mode.len()) && mode.bytes().all(|b| (b'0'..=b'7').contains(&b));
    (octal && !name.trim().is_empty()).then_some(name.trim())
}

/// Whether the line is as long as its first character says.
fn uu_line(line: &str) -> bool {
    let bytes = line.as_bytes();
    let Some(first) = bytes.first().filter(|b| (32..=96).contains(*b)) else {
        return false;
    };
    let groups = usize::from(first.wrapping_sub(32) & 63).div_ceil(3);
    // Some encoders drop trailing spaces, some add a checksum character.
    bytes.len() <= 2 + groups * 4 && bytes.len() + 4 > groups * 4
}

/// Takes the uuencoded files out of a text: the text without them, then each name with its bytes.
pub(crate) fn take_uuencoded(text: &str) -> (String, Vec<(String, Vec<u8>)>) {
    let mut files = Vec::new();
    if !text.contains("begin ") {
        return (text.to_owned(), files);
    }
    let lines: Vec<&str> = text.lines().collect();
    let mut kept: Vec<&str> = Vec::with_capacity(lines.len());
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        if let Some(name) = uu_name(line) {
            let data = lines[at + 1..]
                .iter()
                .take_while(|line| line.trim_end() != "end" && uu_line(line))
                .count();
            let ended = lines.get(at + 1 + data).is_some_and(|line| line.trim_end() == "end");
            if ended && data > 0 {
                files.push((
                    name.to_owned(),
                    uudecode(lines[at + 1..=at + data].iter().map(|line| line.as_bytes())),
                ));
                at += data + 2;
                continue;
            }
        }
        kept.push(line);
        at += 1;
    }
    (kept.join("\n"), files)
}

/// Joins the lines of format=flowed text (RFC 3676 §4); `delsp` says that the space before a soft break goes.
pub(crate) fn unflow(text: &str, delsp: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut open: Option<usize> = None;
    for line in text.lines() {
        let rest = line.trim_start_matches('>');
        let depth = line.len() - rest.len();
        let rest = rest.strip_prefix(' ').unwrap_or(rest);
        let flows = rest.ends_with(' ') && rest != "-- ";
        if open != Some(depth) || rest == "-- " {
            if open.is_some() {
                out.push('\n');
            }
            out.push_str(&">".repeat(depth));
            if depth > 0 {
                out.push(' ');
            }
        }
        out.push_str(if flows && delsp { &rest[..rest.len() - 1] } else { rest });
        open = flows.then_some(depth);
        if !flows {
            out.push('\n');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_with_dirt_and_footers() {
        let (decoded, rest) = base64(b"aGVsbG8gd29y!!bGQ\r\n\r\n-- footer added by list\r\n");
        assert_eq!(decoded, b"hello world");
        assert_eq!(rest, b"-- footer added by list\r\n");
        assert_eq!(base64(b"YQ==YmM=").0, b"abc");
        assert_eq!(base64(b"").0, b"");
    }

    #[test]
    fn quoted_printable_as_people_break_it() {
        assert_eq!(quoted_printable(b"a=\r\nb =3D=zz =\n=c3=A9"), "ab ==zz é".as_bytes());
        assert_eq!(quoted_printable(b"a  \r\nb"), b"a\r\nb");
    }

    #[test]
    fn flowed_paragraphs_keep_quotes_apart() {
        assert_eq!(unflow("a \nb\n> c \n> d\n>> e\n", false), "a b\n> c d\n>> e\n");
        assert_eq!(unflow("a\n-- \nme", false), "a\n-- \nme\n");
        assert_eq!(unflow("a \n-- \nme", false), "a \n-- \nme\n");
    }

    #[test]
    fn uuencoded_files_leave_the_text() {
        let (text, files) = take_uuencoded("before\nbegin 644 test.txt\n#0V%T\n`\nend\nafter");
        assert_eq!(text, "before\nafter");
        assert_eq!(files, [("test.txt".to_owned(), b"Cat".to_vec())]);
        let prose = "begin 100 years\nof solitude\nend";
        assert_eq!(take_uuencoded(prose).0, prose);
    }
}
