//! The mails that a server without SMTP has sent: one file each in `DIR/outbox`.

use mail_parser::{Address, HeaderValue, Message, MessageParser};
use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// A mail that was sent.
#[derive(Clone, Debug)]
pub struct Sent {
    /// Its file's name, which is its identity.
    pub file: String,
    /// From, lower case.
    pub from: String,
    /// To, lower case.
    pub to: Vec<String>,
    /// Reply-To, or From.
    pub reply_to: String,
    /// Subject, decoded.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The HTML.
    pub html: String,
    /// Message-ID, without angle brackets.
    pub message_id: String,
    /// References and In-Reply-To, without angle brackets.
    pub references: Vec<String>,
    /// The file's bytes.
    pub raw: Vec<u8>,
}

impl Sent {
    /// The first link in the text that a page of Chamada answers to (`#/m/…` or `#/t/…?key=…`).
    #[must_use]
    pub fn personal_link(&self) -> Option<String> {
        links(&self.text)
            .into_iter()
            .find(|link| crate::client::session_body(link).is_some())
    }

    /// A sign-in link, if it has one.
    #[must_use]
    pub fn sign_in_link(&self) -> Option<String> {
        links(&self.text).into_iter().find(|link| link.contains("#/m/"))
    }

    /// A link to a ticket with a key, if it has one.
    #[must_use]
    pub fn ticket_link(&self) -> Option<String> {
        links(&self.text)
            .into_iter()
            .find(|link| link.contains("#/t/") && link.contains("?key="))
    }

    /// A raw header, unfolded.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        let message = MessageParser::default().parse(&self.raw)?;
        message.header_raw(name).map(|v| v.split_whitespace().collect::<Vec<_>>().join(" "))
    }
}

/// Everything that looks like a link in a text.
#[must_use]
pub fn links(text: &str) -> Vec<String> {
    text.split(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '(' | ')'))
        .filter(|word| word.starts_with("http://") || word.starts_with("https://"))
        .map(|word| word.trim_end_matches(['.', ',']).to_owned())
        .collect()
}

/// All mails in a data folder's outbox, in the order of their names, which begin with their entry's time.
///
/// # Panics
/// Where a file is no mail: files appear there whole, or not at all.
#[must_use]
pub fn all(data: &Path) -> Vec<Sent> {
    let folder = data.join("outbox");
    let Ok(entries) = fs::read_dir(&folder) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|x| x == "eml"))
        .collect();
    files.sort();
    files.iter().map(|path| read(path)).collect()
}

/// Waits for a mail that satisfies.
///
/// # Panics
/// With the subjects that are there, where none comes within `patience`.
pub async fn wait_for(data: &Path, patience: Duration, satisfies: impl Fn(&Sent) -> bool) -> Sent {
    let began = Instant::now();
    loop {
        let mails = all(data);
        if let Some(mail) = mails.iter().rfind(|mail| satisfies(mail)) {
            return mail.clone();
        }
        let there: Vec<String> = mails.iter().map(|m| format!("{:?}: {}", m.to, m.subject)).collect();
        assert!(began.elapsed() < patience, "no such mail within {patience:?}; there are {there:#?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn read(path: &Path) -> Sent {
    let raw = fs::read(path).unwrap();
    let message = MessageParser::default()
        .parse(&raw)
        .unwrap_or_else(|| panic!("{} is no mail", path.display()));
    let from = addresses(message.from());
    Sent {
        file: path.file_name().unwrap().to_string_lossy().into_owned(),
        from: from.first().cloned().unwrap_or_default(),
        to: addresses(message.to()),
        reply_to: addresses(message.reply_to()).into_iter().chain(from).next().unwrap_or_default(),
        subject: message.subject().unwrap_or_default().to_owned(),
        text: message.body_text(0).unwrap_or_default().into_owned(),
        html: message.body_html(0).unwrap_or_default().into_owned(),
        message_id: message.message_id().unwrap_or_default().to_owned(),
        references: references(&message),
        raw: raw.clone(),
    }
}

fn addresses(address: Option<&Address<'_>>) -> Vec<String> {
    address
        .into_iter()
        .flat_map(|a| a.iter())
        .filter_map(|a| a.address())
        .map(str::to_lowercase)
        .collect()
}

fn references(message: &Message<'_>) -> Vec<String> {
    let texts = |value: &HeaderValue<'_>| match value {
        HeaderValue::Text(text) => vec![text.to_string()],
        HeaderValue::TextList(list) => list.iter().map(ToString::to_string).collect(),
        _ => Vec::new(),
    };
    [texts(message.references()), texts(message.in_reply_to())].concat()
}
