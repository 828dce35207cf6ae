//! SES v2's `SendEmail` with raw content: to a folder, or over SMTP.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mail_parser::{Address, MessageParser};
use serde_json::{Value, json};

use super::{OutboxFolder, Refusal, Relay, RelayError};

/// Where mail goes.
#[derive(Debug)]
pub enum Mailer {
    /// Files in the data folder.
    Folder(OutboxFolder),
    /// An SMTP server.
    Relay(Box<Relay>),
}

/// A mail ready to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// The envelope's sender.
    pub from: String,
    /// The envelope's recipients.
    pub to: Vec<String>,
    /// Its Message-ID without angle brackets.
    pub message_id: Option<String>,
    /// The mail as it stands, RFC 5322.
    pub raw: Vec<u8>,
}

impl Mailer {
    /// One `SendEmail` request.
    pub(super) async fn send(&self, request: &Value) -> Result<Value, Refusal> {
        let mail = Outgoing::read(request)?;
        // Unlike SES, this leaves the mail the Message-ID that it has.
        let id = mail.message_id.clone().unwrap_or_else(|| super::outbox::message_digest(&mail.raw));
        match self {
            Self::Folder(folder) => {
                let folder = folder.clone();
                let written = tokio::task::spawn_blocking(move || folder.write(&mail)).await;
                written.map_err(Refusal::failed)?.map_err(Refusal::failed)?;
            }
            Self::Relay(relay) => relay.send(mail).await.map_err(|error| match error {
                RelayError::Refused => Refusal::bad("MessageRejected", "the mail server refused the mail for good"),
                RelayError::Later => Refusal::later("the mail server did not take the mail"),
                other => Refusal::failed(other),
            })?,
        }
        Ok(json!({ "MessageId": id }))
    }
}

impl Outgoing {
    fn read(request: &Value) -> Result<Self, Refusal> {
        let raw = request.pointer("/Content/Raw/Data").and_then(Value::as_str);
        let raw = raw.ok_or_else(|| Refusal::bad("BadRequestException", "only raw content is known here"))?;
        let raw = STANDARD
            .decode(raw)
            .map_err(|_| Refusal::bad("BadRequestException", "the content is no base64"))?;
        let parsed = MessageParser::default().parse_headers(&raw);
        let parsed = parsed.ok_or_else(|| Refusal::bad("MessageRejected", "the content is no mail"))?;
        let listed = ["/Destination/ToAddresses", "/Destination/CcAddresses", "/Destination/BccAddresses"];
        let listed = listed
            .iter()
            .filter_map(|path| request.pointer(path)?.as_array())
            .flatten()
            .filter_map(Value::as_str);
        let mut to: Vec<String> = listed.map(bare).collect();
        if to.is_empty() {
            to = [parsed.to(), parsed.cc(), parsed.bcc()]
                .into_iter()
                .flatten()
                .flat_map(addresses)
                .collect();
        }
        let named = request.get("FromEmailAddress").and_then(Value::as_str).map(bare);
        let from = named.or_else(|| parsed.from().and_then(|from| addresses(from).into_iter().next()));
        match from {
            Some(from) if !to.is_empty() => {
                let message_id = parsed.message_id().map(str::to_owned);
                Ok(Self { from, to, message_id, raw })
            }
            _ => Err(Refusal::bad("BadRequestException", "a mail needs a sender and a recipient")),
        }
    }
}

fn addresses(header: &Address<'_>) -> Vec<String> {
    header.iter().filter_map(|address| Some(address.address()?.to_owned())).collect()
}

/// `Name <a@b>` → `a@b`.
fn bare(address: &str) -> String {
    let inner = address.rsplit_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inner.map_or(address, |(inner, _)| inner).trim().to_owned()
}
