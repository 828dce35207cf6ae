//! What a mail that left the house says of what it is checked against.

use chamada_evidence::day::is_date;
use mail_parser::{Message, MessageParser};

use super::Objection;

/// The header in which our mails carry their own name, whatever Message-ID the mail service gave them.
const OWN_NAME: &str = chamada_mail::LOOP_HEADER;

/// What a mail tells.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// The head of a ticket, and which, where the subject says it.
    Head {
        /// The ticket's number.
        ticket: Option<u64>,
        /// The hash.
        head: String,
    },
    /// The root of a day.
    Root {
        /// The day.
        date: String,
        /// The root.
        root: String,
    },
}

impl Told {
    pub(super) fn read(mail: &[u8]) -> Result<Self, Objection> {
        let unreadable = |why: &str| Objection::Unreadable(format!("the mail {why}"));
        let mail = MessageParser::default().parse(mail).ok_or_else(|| unreadable("cannot be read"))?;
        let text = mail.body_text(0).ok_or_else(|| unreadable("has no text"))?;
        // The foot is the last part of the text; what the mail quotes of others stands before it.
        let hash = text
            .split(|c: char| !c.is_ascii_hexdigit())
            .rfind(|word| word.len() == 64)
            .ok_or_else(|| unreadable("names no head"))?
            .to_owned();
        Ok(match root_day(&mail) {
            Some(date) => Self::Root { date, root: hash },
            None => Self::Head {
                ticket: ticket_of(mail.subject().unwrap_or_default()),
                head: hash,
            },
        })
    }
}

/// The day whose root a mail tells of, by the mail's name: `r.2026-11-22.…`.
fn root_day(mail: &Message<'_>) -> Option<String> {
    let own = mail.header_raw(OWN_NAME).map(str::trim);
    let date = own.or_else(|| mail.message_id())?.strip_prefix("r.")?.split('.').next()?;
    is_date(date).then(|| date.to_owned())
}

/// The number in `[CH-1042]`: the last such in the subject, since gateways put marks of their own before it.
fn ticket_of(subject: &str) -> Option<u64> {
    let inside = |rest: &str| rest.split_once(']')?.0.rsplit_once('-')?.1.parse().ok();
    subject.split('[').skip(1).filter_map(inside).last()
}
