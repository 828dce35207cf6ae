//! Mailboxes, sweeps and messages as the API shows them. Secrets stand in none of them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chamada_domain::mailbox::{
    AfterImport, Auth, LastSweep, Mailbox, MailboxDefaults, Security, Sweep, SweepCounts, SweepError, SweepState, Verdict,
};
use chamada_domain::{EmailAddress, MailboxId, SweepId, TicketNumber, Timestamp};
use chamada_store::NamedLedgerEntry;
use serde::Serialize;
use utoipa::ToSchema;

/// A mailbox.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Mailbox)]
pub(crate) struct MailboxView {
    id: MailboxId,
    name: String,
    address: EmailAddress,
    host: String,
    port: u16,
    security: Security,
    auth: AuthView,
    after_import: AfterImport,
    defaults: MailboxDefaults,
    /// Whether automatic mail that answers nothing is ignored.
    ignore_automatic: bool,
    /// Whose Authentication-Results counts; the topmost one's where null.
    authserv_id: Option<String>,
    enabled: bool,
    created_at: Timestamp,
    /// How the last sweep ended, why, and when it is tried again; null before the first.
    last_sweep: Option<LastSweep>,
}

/// How a mailbox signs in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MailboxAuth)]
pub(crate) struct AuthView {
    /// `password`.
    r#type: &'static str,
    username: String,
}

impl From<Mailbox> for MailboxView {
    fn from(mailbox: Mailbox) -> Self {
        let Auth::Password { username } = mailbox.auth;
        Self {
            id: mailbox.id,
            name: mailbox.name,
            address: mailbox.address,
            host: mailbox.host,
            port: mailbox.port,
            security: mailbox.security,
            auth: AuthView {
                r#type: "password",
                username,
            },
            after_import: mailbox.after_import,
            defaults: mailbox.defaults,
            ignore_automatic: mailbox.ignore_automatic,
            authserv_id: mailbox.authserv_id,
            enabled: mailbox.enabled,
            created_at: mailbox.created_at,
            last_sweep: mailbox.last_sweep,
        }
    }
}

/// A sweep, while it runs and afterwards.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Sweep)]
pub(crate) struct SweepView {
    id: SweepId,
    mailbox_id: MailboxId,
    state: SweepState,
    #[serde(flatten)]
    counts: SweepCounts,
    asked_at: Timestamp,
    started_at: Option<Timestamp>,
    ended_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<SweepError>,
}

impl From<Sweep> for SweepView {
    fn from(sweep: Sweep) -> Self {
        Self {
            id: sweep.id,
            mailbox_id: sweep.mailbox,
            state: sweep.state,
            counts: sweep.counts,
            asked_at: sweep.asked_at,
            started_at: sweep.started_at,
            ended_at: sweep.ended_at,
            error: sweep.error,
        }
    }
}

/// A message of a mailbox, and what became of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MailboxMessage)]
pub(crate) struct MessageView {
    id: MessageId,
    state: Verdict,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ticket: Option<TicketNumber>,
    subject: String,
    sender: String,
    digest: String,
    size: u64,
    at: Timestamp,
}

impl From<NamedLedgerEntry> for MessageView {
    fn from(named: NamedLedgerEntry) -> Self {
        let entry = named.entry;
        Self {
            id: MessageId(named.id),
            state: entry.state,
            reason: entry.reason,
            ticket: entry.ticket,
            subject: entry.subject,
            sender: entry.sender,
            digest: entry.digest,
            size: entry.size,
            at: entry.at,
        }
    }
}

/// A message's name in the ledger. The API writes it as `msg_` and base64url: a mail server may put slashes, percent signs and worse into a UIDL, and
/// not every gateway hands those on unchanged.
#[derive(Debug, Clone, PartialEq, Eq, ToSchema)]
#[schema(value_type = String, example = "msg_MDAwMDAwMDE")]
pub(crate) struct MessageId(pub(crate) String);

const MESSAGE_PREFIX: &str = "msg_";

/// What the table takes as a sort key, less its own prefix, in bytes.
const LONGEST_NAME: usize = 1_000;

impl Serialize for MessageId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format!("{MESSAGE_PREFIX}{}", URL_SAFE_NO_PAD.encode(&self.0)))
    }
}

impl std::str::FromStr for MessageId {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let encoded = text.strip_prefix(MESSAGE_PREFIX).ok_or(())?;
        let name = String::from_utf8(URL_SAFE_NO_PAD.decode(encoded).map_err(|_| ())?).map_err(|_| ())?;
        if (1..=LONGEST_NAME).contains(&name.len()) {
            Ok(Self(name))
        } else {
            Err(())
        }
    }
}
