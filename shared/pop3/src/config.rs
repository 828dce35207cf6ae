//! What a connection is opened with.

use std::{sync::Arc, time::Duration};

use rustls::ClientConfig;

/// How the connection is kept from being read and changed on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte, on port 995 as a rule (RFC 8314, section 3.3). The mode to prefer.
    Tls,
    /// STLS before anything else is said (RFC 2595, section 4), on port 110 as a rule. A server that refuses it ends the
    /// connection with [`Error::TlsUnavailable`](crate::Error::TlsUnavailable): there is no going on without.
    StartTls,
    /// No encryption: credentials and mail can be read on the way. For loopback and for tests.
    Plain,
}

/// How long each wait may take. What takes longer ends in [`Error::TimedOut`](crate::Error::TimedOut).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// Name resolution, TCP connection and TLS handshake together (with STLS, the handshake has this time again). 20 s.
    pub connect: Duration,
    /// The greeting (with STLS, the answer to it as well), and then sign-in, CAPA included. 45 s each.
    pub sign_in: Duration,
    /// From a command, or from the line before, to the end of the next line. 60 s.
    ///
    /// RFC 1939, section 3, has servers wait ten minutes for a client; none needs that long for an answer.
    pub line: Duration,
    /// The whole of it, from `open` to the answer to QUIT, and whatever the caller does in between. 14 minutes.
    pub session: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(20),
            sign_in: Duration::from_secs(45),
            line: Duration::from_secs(60),
            session: Duration::from_secs(14 * 60),
        }
    }
}

/// How much a server may make this side hold. What is more ends in [`Error::TooLarge`](crate::Error::TooLarge) or, for a
/// line, [`Error::Protocol`](crate::Error::Protocol).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes in one line of a response or listing. RFC 2449, section 4, allows 512; the default is 8,192. Lines *within a
    /// message* may be of any length: they are passed on in pieces.
    pub line: usize,
    /// Bytes of memory that one listing (LIST, UIDL, CAPA) may take, each line counted with 64 bytes for its entry. The
    /// default of 48 MiB is good for some 480,000 messages.
    pub listing: usize,
    /// Commands that may be under way at once where the server announces PIPELINING (RFC 2449, section 6.6). 16.
    pub pipeline: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            line: 8 * 1024,
            listing: 48 * 1024 * 1024,
            pipeline: 16,
        }
    }
}

/// Where to connect, and how.
#[derive(Debug, Clone)]
pub struct Config {
    /// Name or IP address of the server. With TLS, its certificate has to be made out to exactly this.
    pub host: String,
    /// TCP port: 995 for [`Security::Tls`], else 110, as a rule.
    pub port: u16,
    /// Encryption.
    pub security: Security,
    /// Deadlines.
    pub timeouts: Timeouts,
    /// Bounds to memory.
    pub limits: Limits,
    /// Which certificates are trusted; [`tls_config`](crate::tls_config) makes one.
    pub tls: Arc<ClientConfig>,
}

impl Config {
    /// A configuration with the default deadlines and limits.
    pub fn new(host: impl Into<String>, port: u16, security: Security, tls: Arc<ClientConfig>) -> Self {
        Self {
            host: host.into(),
            port,
            security,
            timeouts: Timeouts::default(),
            limits: Limits::default(),
            tls,
        }
    }
}
