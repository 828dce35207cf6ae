//! What mails said of themselves, and what became of ours.

use serde::{Deserialize, Serialize};

use crate::Authentication;
use crate::word::Word;

/// What a mail said of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailFacts {
    /// From.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Word>,
    /// To.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<Word>,
    /// Cc.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cc: Vec<Word>,
    /// Subject.
    pub subject: Word,
    /// Whether it has an HTML part to show.
    pub has_html: bool,
    /// What our provider says of the sender.
    pub authentication: Authentication,
    /// SHA-256 of the original file, lower-case hex: where the `.eml` lies.
    pub digest: String,
    /// Attachments that stay in the original file, because of their type or number.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left_in_original: u64,
    /// Whether a machine sent it: nothing is mailed back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub automatic: bool,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// What a mail server reported (RFC 3464).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// `failed`, `delayed`, `delivered`, `relayed` or `expanded`.
    pub action: DeliveryAction,
    /// The recipient it speaks of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipient: Option<Word>,
    /// The enhanced status code, `5.1.1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Word>,
    /// SHA-256 of the original file, lower-case hex.
    pub digest: String,
}

/// What became of a mail (RFC 3464 §2.3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeliveryAction {
    /// It will not arrive.
    Failed,
    /// It has not arrived yet.
    Delayed,
    /// It arrived.
    Delivered,
    /// It went on to a server that reports nothing.
    Relayed,
    /// It went on to several recipients.
    Expanded,
}
