//! What can go wrong, told apart so far as a caller acts on it.

use std::{fmt, io};

use crate::credentials::Secret;

/// What was being waited for when the time was over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Phase {
    /// Name resolution, TCP connection or TLS handshake.
    Connect,
    /// Greeting or sign-in.
    SignIn,
    /// One line.
    Line,
    /// The session as a whole.
    Session,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "connecting",
            Self::SignIn => "greeting or sign-in",
            Self::Line => "waiting for a line",
            Self::Session => "the session as a whole",
        })
    }
}

/// A line of the server's, made fit to be shown: control characters replaced, at most 200 characters, and `***` where it
/// repeats the secret that was sent to it. It still is a stranger's text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ServerLine(String);

impl ServerLine {
    /// Characters kept of a line.
    const LENGTH: usize = 200;

    /// Secrets go first: shortened or cleaned, one might no longer be found.
    pub(crate) fn new(raw: &[u8], secrets: &[Secret]) -> Self {
        let mut line = raw.to_vec();
        for secret in secrets
            .iter()
            .map(|secret| secret.expose().as_bytes())
            .filter(|secret| !secret.is_empty())
        {
            let mut at = 0;
            while let Some(found) = line.get(at..).and_then(|rest| position(rest, secret)) {
                line.splice(at + found..at + found + secret.len(), *b"***");
                at += found + 3;
            }
        }
        let shown = |c: char| if c.is_control() || is_direction(c) { '\u{fffd}' } else { c };
        Self(
            String::from_utf8_lossy(&line)
                .trim()
                .chars()
                .map(shown)
                .take(Self::LENGTH)
                .collect(),
        )
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Where `needle` begins, ASCII letters of either case: a server may repeat a command in capitals.
fn position(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window.eq_ignore_ascii_case(needle))
}

/// Characters that turn the direction of the text around them (Unicode's bidirectional controls).
fn is_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

impl fmt::Display for ServerLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why something did not work.
///
/// After `Rejected`, `InUse`, `LoginDelay`, `Temporary`, `Permanent` (the server said no), `InvalidArgument` and `OutOfTurn`
/// (nothing was sent), a [`Session`](crate::Session) goes on. After any other error it is broken: it sends nothing any more.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The name has no address.
    #[error("no address was found for {host}")]
    HostNotFound {
        /// The name.
        host: String,
        /// What the resolver said.
        #[source]
        source: Option<io::Error>,
    },
    /// No TCP connection could be made: refused, or no way there.
    #[error("the connection was refused")]
    Refused(#[source] io::Error),
    /// A deadline passed.
    #[error("timed out: {phase}")]
    TimedOut {
        /// What it was that took too long.
        phase: Phase,
    },
    /// The server's certificate is not to be trusted: unknown issuer, other name, expired.
    #[error("the server's certificate is not valid")]
    Certificate(#[source] rustls::Error),
    /// TLS failed for another reason: no TLS spoken there, no version or cipher in common, records damaged.
    #[error("TLS failed")]
    Tls(#[source] rustls::Error),
    /// STLS was asked for and refused (RFC 2595).
    #[error("the server offers no TLS: {reply}")]
    TlsUnavailable {
        /// Its answer.
        reply: ServerLine,
    },
    /// Credentials refused: code `[AUTH]` (RFC 3206), or a refused sign-in without code. Trying again will not help.
    #[error("the server refused the credentials: {reply}")]
    AuthFailed {
        /// Its answer.
        reply: ServerLine,
    },
    /// The mailbox is locked by another session: `[IN-USE]` (RFC 2449). Try again later.
    #[error("the mailbox is in use: {reply}")]
    InUse {
        /// Its answer.
        reply: ServerLine,
    },
    /// Signed in again too soon: `[LOGIN-DELAY]` (RFC 2449). Try again later.
    #[error("the server wants a pause between sessions: {reply}")]
    LoginDelay {
        /// Its answer.
        reply: ServerLine,
    },
    /// A passing failure of the server's: `[SYS/TEMP]` (RFC 3206). Try again later.
    #[error("the server has a passing failure: {reply}")]
    Temporary {
        /// Its answer.
        reply: ServerLine,
    },
    /// A failure that needs somebody at the server: `[SYS/PERM]` (RFC 3206).
    #[error("the server has a lasting failure: {reply}")]
    Permanent {
        /// Its answer.
        reply: ServerLine,
    },
    /// The server does not do this: the sign-in's mechanism, as a rule.
    #[error("the server does not support {what}: {reply}")]
    Unsupported {
        /// What it does not do.
        what: &'static str,
        /// Its answer.
        reply: ServerLine,
    },
    /// `-ERR` without a code.
    #[error("the server refused {command}: {reply}")]
    Rejected {
        /// The command, without its arguments.
        command: &'static str,
        /// The answer.
        reply: ServerLine,
    },
    /// A message or listing is larger than the limit. Of a message, the sink holds the first `limit` bytes.
    #[error("larger than the limit of {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: u64,
    },
    /// What came is not POP3.
    #[error("the server does not keep to the protocol ({what}): {line}")]
    Protocol {
        /// In what.
        what: &'static str,
        /// What came; empty for a line longer than [`Limits::line`](crate::Limits::line).
        line: ServerLine,
    },
    /// The connection was closed or lost, without it being asked for.
    #[error("the connection was closed")]
    Closed(#[source] Option<io::Error>),
    /// This session failed before, or a call was dropped half-way: nothing was sent.
    #[error("the session is broken")]
    Broken,
    /// The sink did not take the message's bytes.
    #[error("the message could not be written to its sink")]
    Sink(#[source] io::Error),
    /// An argument is refused before anything is sent: empty, with CR, LF or NUL, message number 0.
    #[error("argument refused: {what}")]
    InvalidArgument {
        /// Which, and why.
        what: &'static str,
    },
    /// Called out of turn, nothing was sent: a command while answers are outstanding, an answer read that is not the next,
    /// or more commands under way than [`Session::pipeline_depth`](crate::Session::pipeline_depth).
    #[error("called out of turn: {what}")]
    OutOfTurn {
        /// What is wrong.
        what: &'static str,
    },
}

impl Error {
    /// A short name of its kind, which stays the same, for records and translations.
    pub fn code(&self) -> &'static str {
        match self {
            Self::HostNotFound { .. } => "host_not_found",
            Self::Refused(_) => "refused",
            Self::TimedOut { .. } => "timed_out",
            Self::Certificate(_) => "certificate",
            Self::Tls(_) => "tls",
            Self::TlsUnavailable { .. } => "tls_unavailable",
            Self::AuthFailed { .. } => "auth_failed",
            Self::InUse { .. } => "in_use",
            Self::LoginDelay { .. } => "login_delay",
            Self::Temporary { .. } => "temporary",
            Self::Permanent { .. } => "permanent",
            Self::Unsupported { .. } => "unsupported",
            Self::Rejected { .. } => "rejected",
            Self::TooLarge { .. } => "too_large",
            Self::Protocol { .. } => "protocol",
            Self::Closed(_) => "closed",
            Self::Broken => "broken",
            Self::Sink(_) => "sink",
            Self::InvalidArgument { .. } => "invalid_argument",
            Self::OutOfTurn { .. } => "out_of_turn",
        }
    }

    /// The server's own words, where it said any.
    pub fn server_line(&self) -> Option<&str> {
        match self {
            Self::TlsUnavailable { reply }
            | Self::AuthFailed { reply }
            | Self::InUse { reply }
            | Self::LoginDelay { reply }
            | Self::Temporary { reply }
            | Self::Permanent { reply }
            | Self::Unsupported { reply, .. }
            | Self::Rejected { reply, .. }
            | Self::Protocol { line: reply, .. } => Some(reply.as_str()),
            _ => None,
        }
        .filter(|line| !line.is_empty())
    }

    /// Whether the same may well succeed later with nobody doing anything: the server is away, slow, busy, or locked.
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::HostNotFound { .. }
                | Self::Refused(_)
                | Self::TimedOut { .. }
                | Self::InUse { .. }
                | Self::LoginDelay { .. }
                | Self::Temporary { .. }
                | Self::Closed(_)
        )
    }

    /// A failure of reading or writing an open connection.
    pub(crate) fn from_io(error: io::Error) -> Self {
        match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            Some(tls @ rustls::Error::InvalidCertificate(_)) => Self::Certificate(tls.clone()),
            Some(tls) => Self::Tls(tls.clone()),
            None => Self::Closed(Some(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_line_holds_no_secret_no_controls_and_is_short() {
        let secrets = ["hunter2".into(), "".into()];
        let line = ServerLine::new(b"-ERR PASS hunter2HUNTER2 \x1b[31m\xff red\r\n", &secrets);
        assert_eq!(line.as_str(), "-ERR PASS ****** \u{fffd}[31m\u{fffd} red");
        assert_eq!(ServerLine::new("é".repeat(300).as_bytes(), &secrets).as_str().chars().count(), 200);
        // A secret across the cut is found before the cut is made.
        let across = format!("{}hunter2", "x".repeat(196));
        assert_eq!(
            ServerLine::new(across.as_bytes(), &secrets).as_str(),
            format!("{}***", "x".repeat(196))
        );
        assert_eq!(ServerLine::new("a\u{202e}b".as_bytes(), &secrets).as_str(), "a\u{fffd}b");
    }

    #[test]
    fn errors_of_tls_inside_errors_of_io_are_found() {
        let wrapped = |tls| Error::from_io(io::Error::new(io::ErrorKind::InvalidData, tls));
        assert_eq!(
            wrapped(rustls::Error::InvalidCertificate(rustls::CertificateError::Expired)).code(),
            "certificate"
        );
        assert_eq!(wrapped(rustls::Error::DecryptError).code(), "tls");
        assert_eq!(Error::from_io(io::Error::from(io::ErrorKind::ConnectionReset)).code(), "closed");
    }
}
