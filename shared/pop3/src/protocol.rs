//! What goes over the wire and how a message is told from its wrapping: no sockets here.

use crate::Error;

/// Checks one argument: an end of line in it would begin a command of its own, and many servers stop reading at a NUL.
pub(crate) fn argument(name: &'static str, value: &str) -> Result<(), Error> {
    if value.bytes().any(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
        return Err(Error::InvalidArgument {
            what: if name == "user" {
                "CR, LF or NUL in the user's name"
            } else {
                "CR, LF or NUL in a secret"
            },
        });
    }
    if value.is_empty() {
        return Err(Error::InvalidArgument {
            what: if name == "user" { "empty user's name" } else { "empty secret" },
        });
    }
    Ok(())
}

/// A command with a message number, and after it what TOP wants more (RFC 1939, section 5: numbers begin at 1).
pub(crate) fn numbered(verb: &str, number: u32, lines: Option<u32>) -> Result<String, Error> {
    match (number, lines) {
        (0, _) => Err(Error::InvalidArgument { what: "message number 0" }),
        (number, None) => Ok(format!("{verb} {number}")),
        (number, Some(lines)) => Ok(format!("{verb} {number} {lines}")),
    }
}

/// How the lines of one response end.
///
/// RFC 1939 has CRLF; some servers send LF alone. Which it is shows in the response's status line, and holds for all of it:
/// were both taken within one response, a mail with a bare LF, a dot and another line could end itself on a server that stuffs
/// dots only after CRLF, and speak on in the server's name (what is known from SMTP as smuggling).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LineEnds {
    /// CR LF alone.
    Crlf,
    /// LF, with or without CR.
    Lf,
}

/// Where in a line the next byte stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// At its beginning.
    Start,
    /// After a dot at its beginning, which is not passed on.
    Dot,
    /// After that dot and a CR.
    DotCr,
    /// Further on; whether the byte before was a CR.
    Middle { cr: bool },
    /// After the line with nothing but a dot.
    End,
}

/// Takes the dots off a multi-line response (RFC 1939, section 3), in whatever pieces it comes. It holds back two bytes at most.
#[derive(Debug)]
pub(crate) struct Unstuffer {
    ends: LineEnds,
    at: At,
    lines: u64,
}

impl Unstuffer {
    pub(crate) fn new(ends: LineEnds) -> Self {
        Self {
            ends,
            at: At::Start,
            lines: 0,
        }
    }

    /// Whether the last line has come.
    pub(crate) fn is_done(&self) -> bool {
        self.at == At::End
    }

    /// Lines that have ended so far.
    pub(crate) fn lines(&self) -> u64 {
        self.lines
    }

    /// Appends what `input` holds of the message to `out`, and returns how many bytes were used: all of them, unless the
    /// response ends before.
    pub(crate) fn decode(&mut self, input: &[u8], out: &mut Vec<u8>) -> usize {
        let mut used = 0;
        while let Some(&byte) = input.get(used) {
            match (self.at, byte) {
                (At::End, _) => return used,
                (At::Start, b'.') => (self.at, used) = (At::Dot, used + 1),
                (At::Dot, b'\r') => (self.at, used) = (At::DotCr, used + 1),
                (At::Dot, b'\n') if self.ends == LineEnds::Lf => (self.at, used) = (At::End, used + 1),
                (At::DotCr, b'\n') => (self.at, used) = (At::End, used + 1),
                (At::Start | At::Dot, _) => self.at = At::Middle { cr: false },
                (At::DotCr, _) => {
                    out.push(b'\r');
                    self.at = At::Middle { cr: true };
                }
                (At::Middle { cr }, _) => used += self.middle(cr, input.get(used..).unwrap_or_default(), out),
            }
        }
        used
    }

    /// Passes on up to and with the next LF.
    fn middle(&mut self, cr: bool, input: &[u8], out: &mut Vec<u8>) -> usize {
        let found = input.iter().position(|&byte| byte == b'\n');
        let piece = input.get(..found.map_or(input.len(), |at| at + 1)).unwrap_or_default();
        out.extend_from_slice(piece);
        let before = if piece.len() > 1 {
            piece.get(piece.len() - 2) == Some(&b'\r')
        } else {
            cr
        };
        self.at = match found {
            Some(_) if before || self.ends == LineEnds::Lf => {
                self.lines += 1;
                At::Start
            }
            Some(_) => At::Middle { cr: false },
            None => At::Middle {
                cr: piece.last() == Some(&b'\r'),
            },
        };
        piece.len()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decode(ends: LineEnds, pieces: &[&[u8]]) -> (Vec<u8>, Vec<u8>, bool) {
        let (mut unstuffer, mut out, mut left) = (Unstuffer::new(ends), Vec::new(), Vec::new());
        for piece in pieces {
            let used = unstuffer.decode(piece, &mut out);
            left.extend_from_slice(&piece[used..]);
        }
        (out, left, unstuffer.is_done())
    }

    #[test]
    fn dots() {
        let table: [(LineEnds, &[u8], &[u8]); 8] = [
            (LineEnds::Crlf, b".\r\n", b""),
            (
                LineEnds::Crlf,
                b"..\r\n...three\r\n..one\r\na.b\r\n.\r\n",
                b".\r\n..three\r\n.one\r\na.b\r\n",
            ),
            (LineEnds::Crlf, b"a\r\n..\r\r\n.\r\n", b"a\r\n.\r\r\n"),
            (LineEnds::Crlf, b"a\r\n.\rb\r\n.\r\n", b"a\r\n\rb\r\n"),
            (LineEnds::Crlf, b"a\0\xff\r\n.\r\n", b"a\0\xff\r\n"),
            (LineEnds::Lf, b"a\n..b\n.\n", b"a\n.b\n"),
            (LineEnds::Lf, b"a\n.\r\n", b"a\n"),
            (LineEnds::Lf, b".\n", b""),
        ];
        for (ends, wire, message) in table {
            assert_eq!(decode(ends, &[wire]), (message.to_vec(), Vec::new(), true), "{wire:?}");
        }
    }

    #[test]
    fn a_mail_cannot_end_itself_with_bare_line_feeds() {
        for smuggled in [&b"a\n.\n+OK\r\n"[..], b"a\n.\r\n+OK\r\n", b"a\r\n.\n+OK\r\n"] {
            let (out, _, done) = decode(LineEnds::Crlf, &[smuggled]);
            assert!(!done && out.ends_with(b"+OK\r\n"), "{smuggled:?} -> {out:?}");
        }
    }

    #[test]
    fn what_follows_the_end_is_left_alone() {
        assert_eq!(
            decode(LineEnds::Crlf, &[b"a\r\n.\r", b"\n+OK", b" 2\r\n"]),
            (b"a\r\n".to_vec(), b"+OK 2\r\n".to_vec(), true)
        );
    }

    #[test]
    fn numbers_begin_at_one() {
        assert!(matches!(numbered("RETR", 0, None), Err(Error::InvalidArgument { .. })));
        assert_eq!(numbered("TOP", 7, Some(0)).unwrap(), "TOP 7 0");
    }

    /// RFC 1939, section 3, to the letter and as slowly: split in lines, double the first dot of each.
    fn stuff(message: &[u8], end: &[u8]) -> Vec<u8> {
        let mut wire = Vec::new();
        let mut start = 0;
        while start < message.len() {
            let length = message[start..].windows(end.len()).position(|w| w == end).unwrap() + end.len();
            if message[start] == b'.' {
                wire.push(b'.');
            }
            wire.extend_from_slice(&message[start..start + length]);
            start += length;
        }
        [wire.as_slice(), b".", end].concat()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn whatever_was_stuffed_comes_out_however_it_is_cut(
            text in prop::collection::vec(prop_oneof![Just(b'.'), Just(b'\r'), Just(b'\n'), any::<u8>()], 0..200),
            cuts in prop::collection::vec(0usize..400, 0..12),
            crlf in any::<bool>(),
            after in prop::collection::vec(any::<u8>(), 0..10),
        ) {
            let (ends, end) = if crlf { (LineEnds::Crlf, &b"\r\n"[..]) } else { (LineEnds::Lf, &b"\n"[..]) };
            let message = if text.is_empty() { text } else { [text.as_slice(), end].concat() };
            // With LF for line ends, a line of one CR cannot be told from an empty one with CRLF, when a dot stands before it.
            let message = if crlf { message } else { message.into_iter().filter(|&b| b != b'\r').collect() };
            let wire = [stuff(&message, end).as_slice(), &after].concat();
            let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(wire.len())).chain([0, wire.len()]).collect();
            cuts.sort_unstable();
            let pieces: Vec<_> = cuts.windows(2).map(|cut| &wire[cut[0]..cut[1]]).collect();
            prop_assert_eq!(decode(ends, &pieces), (message, after, true));
        }

        #[test]
        fn nothing_makes_it_panic_or_grow(pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..50), 0..10), crlf in any::<bool>()) {
            let pieces: Vec<_> = pieces.iter().map(Vec::as_slice).collect();
            let (out, left, _) = decode(if crlf { LineEnds::Crlf } else { LineEnds::Lf }, &pieces);
            prop_assert!(out.len() + left.len() <= pieces.iter().map(|p| p.len()).sum());
        }
    }
}
