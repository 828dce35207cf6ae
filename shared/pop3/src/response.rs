//! Reading what servers answer: no sockets here.

/// The code at the beginning of an answer, in brackets (RFC 2449, section 8; RFC 3206).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResponseCode {
    /// `AUTH`: the credentials are wrong (RFC 3206).
    Auth,
    /// `IN-USE`: another session holds the mailbox (RFC 2449).
    InUse,
    /// `LOGIN-DELAY`: signed in again too soon (RFC 2449).
    LoginDelay,
    /// `SYS/TEMP`: a failure that will pass (RFC 3206).
    SysTemp,
    /// `SYS/PERM`: a failure that needs somebody to act (RFC 3206).
    SysPerm,
}

impl ResponseCode {
    /// Codes are levels parted by `/`, of either case; one that goes deeper means at least what its beginning does.
    fn parse(text: &[u8]) -> Option<Self> {
        let end = text
            .strip_prefix(b"[")
            .and_then(|rest| rest.iter().position(|&byte| byte == b']'))?;
        let code = text.get(1..=end)?.to_ascii_uppercase();
        let mut levels = code.split(|&byte| byte == b'/').map(<[u8]>::trim_ascii);
        match (levels.next()?, levels.next()) {
            (b"AUTH", _) => Some(Self::Auth),
            (b"IN-USE", _) => Some(Self::InUse),
            (b"LOGIN-DELAY", _) => Some(Self::LoginDelay),
            (b"SYS", Some(b"TEMP")) => Some(Self::SysTemp),
            (b"SYS", Some(b"PERM")) => Some(Self::SysPerm),
            _ => None,
        }
    }
}

/// A status line taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Status<'a> {
    pub(crate) ok: bool,
    pub(crate) code: Option<ResponseCode>,
    pub(crate) text: &'a [u8],
}

/// Reads `+OK` or `-ERR` (RFC 1939, section 3; of either case), and what follows after a blank.
pub(crate) fn status(line: &[u8]) -> Option<Status<'_>> {
    let (word, text) = first_word(line);
    let ok = if word.eq_ignore_ascii_case(b"+OK") {
        true
    } else if word.eq_ignore_ascii_case(b"-ERR") {
        false
    } else {
        return None;
    };
    Some(Status {
        ok,
        code: ResponseCode::parse(text),
        text,
    })
}

/// Whether the line asks for the next step of a sign-in (RFC 5034, section 4: `+`, a blank, Base64). Some servers leave out
/// the blank where nothing follows.
pub(crate) fn is_challenge(line: &[u8]) -> bool {
    first_word(line).0 == b"+"
}

/// Messages in the mailbox and their size in all, as STAT gives them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stat {
    /// How many messages there are.
    pub messages: u64,
    /// Bytes in all.
    pub size: u64,
}

/// Reads the text after `+OK` (RFC 1939, section 5). More words may follow, which some servers use.
pub(crate) fn stat(text: &[u8]) -> Option<Stat> {
    let (messages, rest) = first_word(text);
    Some(Stat {
        messages: number(messages)?,
        size: number(first_word(rest).0)?,
    })
}

/// One message in a LIST.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listed {
    /// Its number in this session, from 1.
    pub number: u32,
    /// Its size in bytes, as the server says: an estimate at best.
    pub size: u64,
}

/// Reads a line of LIST, whatever words follow (RFC 1939 lets none, and asks clients to bear them).
pub(crate) fn listed(line: &[u8]) -> Option<Listed> {
    let (message, rest) = first_word(line);
    Some(Listed {
        number: message_number(message)?,
        size: number(first_word(rest).0)?,
    })
}

/// One message in a UIDL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UniqueId {
    /// The message's number in this session, from 1.
    pub number: u32,
    /// What follows it on the line. RFC 1939, section 7, has 1 to 70 characters from `!` to `~`; there are servers with blanks
    /// in it, with other bytes, or with nothing.
    pub id: Vec<u8>,
}

impl UniqueId {
    /// The id as text that is fit for a key: bytes that are not printable ASCII, blanks, and `%` itself are written `%XX`.
    /// Different ids stay different.
    pub fn key(&self) -> String {
        self.id.iter().fold(String::with_capacity(self.id.len()), |mut key, &byte| {
            if byte.is_ascii_graphic() && byte != b'%' {
                key.push(char::from(byte));
            } else {
                key.push_str(&format!("%{byte:02X}"));
            }
            key
        })
    }
}

/// Reads a line of UIDL.
pub(crate) fn unique_id(line: &[u8]) -> Option<UniqueId> {
    let (message, rest) = first_word(line);
    Some(UniqueId {
        number: message_number(message)?,
        id: rest.trim_ascii_end().to_vec(),
    })
}

/// What a server announces with CAPA (RFC 2449): one line each, a name and arguments.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Capabilities(Vec<Vec<String>>);

impl Capabilities {
    /// Adds a line, in capitals; bytes that are no UTF-8 are replaced.
    pub(crate) fn push(&mut self, line: &[u8]) {
        let line = String::from_utf8_lossy(line).to_ascii_uppercase();
        self.0.push(line.split_ascii_whitespace().map(str::to_owned).collect());
    }

    /// Whether `name` is announced, such as `PIPELINING`, `UIDL` or `TOP`; either case.
    pub fn has(&self, name: &str) -> bool {
        self.arguments(name).is_some()
    }

    /// The arguments after `name`, in capitals, if it is announced.
    pub fn arguments(&self, name: &str) -> Option<&[String]> {
        let (_, arguments) = self
            .0
            .iter()
            .filter_map(|line| line.split_first())
            .find(|(first, _)| first.eq_ignore_ascii_case(name))?;
        Some(arguments)
    }

    /// Whether the SASL mechanism is announced (RFC 5034, section 3).
    pub fn has_sasl(&self, mechanism: &str) -> bool {
        self.arguments("SASL")
            .is_some_and(|all| all.iter().any(|one| one.eq_ignore_ascii_case(mechanism)))
    }
}

/// The first word, and the rest without the blanks between.
fn first_word(line: &[u8]) -> (&[u8], &[u8]) {
    let line = line.trim_ascii_start();
    let end = line.iter().position(u8::is_ascii_whitespace).unwrap_or(line.len());
    let (word, rest) = line.split_at(end);
    (word, rest.trim_ascii_start())
}

/// Digits alone. What is over 64 bits is as large as can be said.
fn number(word: &[u8]) -> Option<u64> {
    if word.is_empty() || !word.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(
        word.iter()
            .fold(0u64, |sum, &digit| sum.saturating_mul(10).saturating_add(u64::from(digit - b'0'))),
    )
}

fn message_number(word: &[u8]) -> Option<u32> {
    u32::try_from(number(word)?).ok().filter(|&number| number > 0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn status_lines() {
        let code = |line: &'static [u8]| status(line).map(|s| (s.ok, s.code));
        assert_eq!(code(b"+OK"), Some((true, None)));
        assert_eq!(code(b"+ok hi"), Some((true, None)));
        assert_eq!(code(b"-ERR [AUTH] no"), Some((false, Some(ResponseCode::Auth))));
        assert_eq!(code(b"-ERR [in-use] no"), Some((false, Some(ResponseCode::InUse))));
        assert_eq!(code(b"-ERR [LOGIN-DELAY] no"), Some((false, Some(ResponseCode::LoginDelay))));
        assert_eq!(code(b"-ERR [SYS/TEMP] no"), Some((false, Some(ResponseCode::SysTemp))));
        assert_eq!(code(b"-ERR [SYS/PERM/DISK]no"), Some((false, Some(ResponseCode::SysPerm))));
        assert_eq!(code(b"-ERR [SYS] no"), Some((false, None)));
        assert_eq!(code(b"-ERR [NEW-CODE no"), Some((false, None)));
        assert_eq!(code(b"-ERR no [AUTH]"), Some((false, None)));
        for strange in [
            &b""[..],
            b"+",
            b"+OKAY",
            b"-ER",
            b"220 smtp.example.org ESMTP",
            b"* OK IMAP",
            b"HTTP/1.1 400 Bad",
        ] {
            assert_eq!(status(strange), None, "{strange:?}");
        }
        assert!(is_challenge(b"+ ") && is_challenge(b"+") && is_challenge(b"+ eyJ9") && !is_challenge(b"+OK"));
    }

    #[test]
    fn numbers_and_sizes() {
        assert_eq!(
            stat(b"1 3000000000"),
            Some(Stat {
                messages: 1,
                size: 3_000_000_000
            })
        );
        assert_eq!(stat(b"1 120 extra words"), Some(Stat { messages: 1, size: 120 }));
        assert_eq!(stat(b"1"), None);
        assert_eq!(stat(b"-1 5"), None);
        assert_eq!(
            listed(b"1 9000000000 x"),
            Some(Listed {
                number: 1,
                size: 9_000_000_000
            })
        );
        assert_eq!(listed(b"1 99999999999999999999999"), Some(Listed { number: 1, size: u64::MAX }));
        for strange in [&b"0 1"[..], b"4294967296 1", b"1", b"a b", b"1 -1"] {
            assert_eq!(listed(strange), None, "{strange:?}");
        }
    }

    #[test]
    fn unique_ids_keep_all_their_words_and_bytes() {
        let id = |line: &[u8]| unique_id(line).map(|unique| (unique.number, unique.id.clone(), unique.key()));
        assert_eq!(id(b"1 abc def "), Some((1, b"abc def".to_vec(), "abc%20def".to_owned())));
        assert_eq!(id(b"2 a%\xff"), Some((2, b"a%\xff".to_vec(), "a%25%FF".to_owned())));
        assert_eq!(id(b"3"), Some((3, Vec::new(), String::new())));
        assert_eq!(id(b"x abc"), None);
    }

    #[test]
    fn capabilities() {
        let mut capabilities = Capabilities::default();
        for line in [&b"Top"[..], b"SASL XOAUTH2 plain", b"", b"IMPLEMENTATION \xff", b"LOGIN-DELAY 900"] {
            capabilities.push(line);
        }
        assert!(capabilities.has("top") && !capabilities.has("UIDL") && !capabilities.has(""));
        assert!(capabilities.has_sasl("PLAIN") && capabilities.has_sasl("xoauth2") && !capabilities.has_sasl("XOAUTH"));
        assert_eq!(capabilities.arguments("LOGIN-DELAY"), Some(&["900".to_owned()][..]));
    }

    proptest! {
        #[test]
        fn no_line_makes_a_reader_panic(line in prop::collection::vec(prop_oneof![Just(b' '), Just(b'['), Just(b']'), Just(b'/'), any::<u8>()], 0..80)) {
            let signed = [&b"-ERR "[..], &line].concat();
            prop_assert!(status(&signed).is_some());
            let _ = (status(&line), stat(&line), listed(&line), unique_id(&line), is_challenge(&line));
            Capabilities::default().push(&line);
        }

        #[test]
        fn different_ids_have_different_keys(a in prop::collection::vec(any::<u8>(), 0..6), b in prop::collection::vec(any::<u8>(), 0..6)) {
            let key = |id: &[u8]| UniqueId { number: 1, id: id.to_vec() }.key();
            prop_assert_eq!(a == b, key(&a) == key(&b));
        }
    }
}
