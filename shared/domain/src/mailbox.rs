//! Mailboxes that are emptied over POP3, and what became of their messages.

mod failure;

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::vocabulary::Kind;
use crate::{CategoryId, EmailAddress, Locale, MailboxId, SweepId, TicketNumber, Timestamp, UnitId};

/// How the connection to a mail server is kept private.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// TLS from the first byte, port 995 (RFC 8314).
    Tls,
    /// TLS after STLS, never without (RFC 2595).
    Starttls,
    /// None: to this machine, or where the deployment allows it.
    Plain,
}

/// How a mailbox signs in. The secret is kept in the parameter store, never here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Auth {
    /// A user name and a password.
    Password {
        /// The user name.
        username: String,
    },
}

/// What happens to a message on the server once it is imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum AfterImport {
    /// It is deleted.
    Delete,
    /// It stays.
    Leave,
}

/// What tickets of this mailbox get where the mail does not say.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct MailboxDefaults {
    /// Incident where not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// The category.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category_id: Option<CategoryId>,
    /// The subcategory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subcategory_id: Option<CategoryId>,
    /// The corporation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub corporation_id: Option<UnitId>,
    /// The company.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company_id: Option<UnitId>,
    /// The site.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site_id: Option<UnitId>,
    /// The cost centre.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_centre_id: Option<UnitId>,
    /// The language of senders whose text does not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<Locale>,
}

/// A mailbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mailbox {
    /// Which.
    pub id: MailboxId,
    /// What staff call it, 1 to 80 characters.
    pub name: String,
    /// The address whose mail arrives here.
    pub address: EmailAddress,
    /// The mail server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is kept private.
    pub security: Security,
    /// How it signs in.
    pub auth: Auth,
    /// What happens to imported messages.
    pub after_import: AfterImport,
    /// What its tickets get.
    pub defaults: MailboxDefaults,
    /// Whether automatic mail that answers nothing is ignored rather than made a ticket.
    #[serde(default)]
    pub ignore_automatic: bool,
    /// Whose Authentication-Results counts; the topmost one's where not set (RFC 8601 §2.5).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authserv_id: Option<String>,
    /// Whether it is swept.
    pub enabled: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// How the last sweep ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_sweep: Option<LastSweep>,
}

/// How the last sweep of a mailbox ended, for its card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LastSweep {
    /// When.
    pub at: Timestamp,
    /// What went wrong, if anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<SweepError>,
    /// Not before this moment is it tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_attempt_at: Option<Timestamp>,
    /// How many sweeps failed one after another.
    #[serde(default)]
    pub failures: u32,
}

/// Why a mailbox could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SweepError {
    /// `host_not_found, refused, timed_out, certificate, auth_failed, in_use, protocol`.
    pub code: String,
    /// In plain words.
    pub detail: String,
}

impl Mailbox {
    /// The name of its secret in the parameter store, below the deployment's prefix.
    #[must_use]
    pub fn secret_name(id: &MailboxId) -> String {
        format!("mailbox/{id}")
    }

    /// Whether a connection without TLS may be made to its server: to this machine, or where the deployment allows it.
    #[must_use]
    pub fn is_private(&self, plain_allowed: bool) -> bool {
        self.security != Security::Plain || plain_allowed || is_loopback(&self.host)
    }
}

/// Whether a host is this machine by its name alone (RFC 6761 §6.3, RFC 1122 §3.2.1.3, RFC 4291 §2.5.3). Other names are not looked up: who answers
/// for them may change.
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

/// How far a sweep is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SweepState {
    /// Somebody wants it.
    Asked,
    /// It is under way.
    Running,
    /// It ended well.
    Done,
    /// It ended early.
    Failed,
}

/// One sweep of one mailbox, while it runs and afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Sweep {
    /// Which.
    pub id: SweepId,
    /// Of which mailbox.
    pub mailbox: MailboxId,
    /// How far it is.
    pub state: SweepState,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// When it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// What it counted.
    #[serde(flatten)]
    pub counts: SweepCounts,
    /// Why it ended early.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<SweepError>,
}

impl Sweep {
    /// A sweep that is asked for now. Its id begins with the time, so that ids sort as sweeps came; the four bytes are random, which the caller draws.
    #[must_use]
    pub fn asked(mailbox: MailboxId, now: Timestamp, random: [u8; 4]) -> Self {
        let ms = u64::try_from(now.as_offset().unix_timestamp_nanos() / 1_000_000).unwrap_or(0);
        let [_, _, time @ ..] = ms.to_be_bytes();
        let mut bytes = [0; 10];
        bytes[..6].copy_from_slice(&time);
        bytes[6..].copy_from_slice(&random);
        Self {
            id: SweepId::from_random(bytes),
            mailbox,
            state: SweepState::Asked,
            asked_at: now,
            started_at: None,
            ended_at: None,
            counts: SweepCounts::default(),
            error: None,
        }
    }
}

/// What a sweep counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct SweepCounts {
    /// Messages that the ledger did not have.
    pub found: u64,
    /// Of these, those dealt with.
    pub done: u64,
    /// New tickets.
    pub imported: u64,
    /// Messages in tickets there were.
    pub replies: u64,
    /// Automatic mail and our own coming back.
    pub ignored: u64,
    /// Kept for an administrator to look at.
    pub quarantined: u64,
    /// Brought before.
    pub duplicates: u64,
    /// Too large to fetch.
    pub oversize: u64,
    /// Bytes fetched.
    pub bytes: u64,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// A new ticket.
    Imported,
    /// An entry in a ticket there was.
    Reply,
    /// Nothing, with a reason.
    Ignored,
    /// Nothing: it was there already.
    Duplicate,
    /// A ticket with the text's beginning; the message stays on the server.
    Oversize,
    /// Nothing yet: an administrator must look at it.
    Quarantined,
}

impl Verdict {
    /// The word in the API and in keys.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Imported => "imported",
            Self::Reply => "reply",
            Self::Ignored => "ignored",
            Self::Duplicate => "duplicate",
            Self::Oversize => "oversize",
            Self::Quarantined => "quarantined",
        }
    }
}

/// The ledger's record of a message: what it was, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerEntry {
    /// What became of it.
    pub state: Verdict,
    /// Why, where it became nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The ticket that it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<TicketNumber>,
    /// Its subject, cut to 200 characters.
    pub subject: String,
    /// Its sender's address as it stands there, cut to 254 characters.
    pub sender: String,
    /// SHA-256 of the whole message, lower-case hex.
    pub digest: String,
    /// Its size in bytes.
    pub size: u64,
    /// When it was dealt with.
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timestamp::seconds;

    #[test]
    fn this_machine_is_known_by_its_name() {
        for host in ["localhost", "LOCALHOST", "127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "localhost.example.org",
            "10.0.0.1",
            "0.0.0.0",
            "::",
            "[::1]",
            "127.0.0.1.example.org",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }

    #[test]
    fn sweeps_sort_as_they_came() {
        let mailbox = MailboxId::from_random([1; 10]);
        let at: Timestamp = "2026-11-22T05:07:31.412Z".parse().unwrap();
        let (first, later) = (
            Sweep::asked(mailbox.clone(), at, [0xff; 4]),
            Sweep::asked(mailbox, at.plus(seconds(1)), [0; 4]),
        );
        assert!(first.id < later.id);
        assert_eq!(first.id.as_str(), "swp_01a201a6ffd4ffffffff");
    }
}
