//! The outbox folder: every mail one file, whose name says which entry it tells of and to whom.

use std::io;
use std::path::{Path, PathBuf};

use mail_parser::MessageParser;
use sha2::{Digest, Sha256};
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

use super::mail::Outgoing;
use crate::durable;

/// What the notifier writes into each mail about an entry: `<entry's time, RFC 3339> <ticket> <seq>`.
const ENTRY_HEADER: &str = "X-Chamada-Entry";

/// A folder of mails.
#[derive(Debug, Clone)]
pub struct OutboxFolder {
    folder: PathBuf,
}

/// A mail of the folder, as far as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The file's name.
    pub name: String,
    /// Its size in bytes.
    pub size: u64,
}

impl OutboxFolder {
    /// Opens or makes the folder, and removes what was half written.
    ///
    /// # Errors
    /// What the file system reports.
    pub fn open(folder: &Path) -> io::Result<Self> {
        durable::create_folders(folder)?;
        durable::sweep_temporary(folder)?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// Writes a mail whole and durably. The same mail again has the same name and overwrites itself.
    pub(super) fn write(&self, mail: &Outgoing) -> io::Result<()> {
        let unique = hex::encode(chamada_platform::random::<8>());
        durable::replace(&self.folder.join(file_name(mail)), &mail.raw, 0o600, &unique)
    }

    /// The newest `limit` mails, newest first.
    ///
    /// # Errors
    /// What the file system reports.
    pub fn newest(&self, limit: usize) -> io::Result<Vec<Listed>> {
        let mut mails = Vec::new();
        for entry in std::fs::read_dir(&self.folder)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if valid_name(&name) {
                mails.push(Listed {
                    size: entry.metadata()?.len(),
                    name,
                });
            }
        }
        // Names begin with the entry's time.
        mails.sort_unstable_by(|a, b| b.name.cmp(&a.name));
        mails.truncate(limit);
        Ok(mails)
    }

    /// One mail. `None` where there is none of that name.
    ///
    /// # Errors
    /// What the file system reports.
    pub fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        if !valid_name(name) {
            return Ok(None);
        }
        match std::fs::read(self.folder.join(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            read => read.map(Some),
        }
    }
}

fn valid_name(name: &str) -> bool {
    name.ends_with(".eml") && !name.starts_with('.') && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
}

/// The first 32 hex digits of a mail's SHA-256.
pub(super) fn message_digest(raw: &[u8]) -> String {
    short_digest(raw, 32)
}

fn short_digest(bytes: &[u8], digits: usize) -> String {
    hex::encode(Sha256::digest(bytes)).chars().take(digits).collect()
}

/// `<entry's UTC time>-<ticket>-<seq>-<recipient digest>.eml`; a mail about no entry has ticket 0 and its Message-ID's digest.
fn file_name(mail: &Outgoing) -> String {
    let parsed = MessageParser::default().parse_headers(&mail.raw);
    let header = |name: &str| {
        parsed
            .as_ref()
            .and_then(|parsed| parsed.header_raw(name.to_owned()))
            .unwrap_or_default()
            .trim()
    };
    let mut recipients: Vec<String> = mail.to.iter().map(|address| address.to_lowercase()).collect();
    recipients.sort_unstable();
    let recipient = short_digest(recipients.join(",").as_bytes(), 16);
    let mut words = header(ENTRY_HEADER).split_ascii_whitespace();
    let (time, ticket, seq) = (
        words.next().and_then(instant),
        words.next().and_then(number),
        words.next().and_then(number),
    );
    if let (Some(time), Some(ticket), Some(seq)) = (time, ticket, seq) {
        return format!("{time}-{ticket}-{seq}-{recipient}.eml");
    }
    let date = parsed
        .as_ref()
        .and_then(|parsed| parsed.date())
        .and_then(|date| instant(&date.to_rfc3339()));
    let message_id = parsed.as_ref().and_then(|parsed| parsed.message_id()).map(str::as_bytes);
    let about = short_digest(message_id.unwrap_or(&mail.raw), 16);
    format!("{}-0-{about}-{recipient}.eml", date.unwrap_or_else(|| "0".into()))
}

/// `2026-11-22T05:07:31.412Z` → `20261122T050731.412Z`, always in UTC.
fn instant(time: &str) -> Option<String> {
    let utc = OffsetDateTime::parse(time, &Rfc3339)
        .ok()?
        .to_offset(UtcOffset::UTC)
        .format(&Rfc3339)
        .ok()?;
    Some(utc.chars().filter(|letter| !"-:".contains(*letter)).collect())
}

fn number(word: &str) -> Option<u64> {
    word.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(headers: &str) -> Outgoing {
        let raw = format!("{headers}From: a@example.org\r\nTo: b@example.org\r\nSubject: x\r\n\r\nhello\r\n").into_bytes();
        Outgoing {
            message_id: None,
            from: "a@example.org".into(),
            to: vec!["B@example.org".into()],
            raw,
        }
    }

    #[test]
    fn a_mail_about_an_entry_is_named_by_it() {
        let about = mail("X-Chamada-Entry: 2026-11-22T05:07:31.412Z 1042 17\r\n");
        let name = file_name(&about);
        assert!(name.starts_with("20261122T050731.412Z-1042-17-"), "{name}");
        assert!(valid_name(&name));
        let other = Outgoing {
            to: vec!["c@example.org".into()],
            ..about.clone()
        };
        assert_ne!(file_name(&other), name);
        let same = Outgoing {
            to: vec!["b@EXAMPLE.org".into()],
            ..about
        };
        assert_eq!(file_name(&same), name);
    }

    #[test]
    fn a_mail_about_none_is_named_by_its_message_id() {
        let one = mail("Message-ID: <1@x>\r\nDate: Sun, 22 Nov 2026 05:07:31 +0000\r\n");
        let name = file_name(&one);
        assert!(name.starts_with("20261122T050731Z-0-"), "{name}");
        assert_ne!(
            name,
            file_name(&mail("Message-ID: <2@x>\r\nDate: Sun, 22 Nov 2026 05:07:31 +0000\r\n"))
        );
        let offset = mail("X-Chamada-Entry: 2026-11-22T02:07:31-03:00 1 2\r\n");
        assert!(file_name(&offset).starts_with("20261122T050731Z-1-2-"));
        for odd in ["X-Chamada-Entry: ../../etc/passwd x y\r\n", "X-Chamada-Entry: /../ 1 2\r\n", ""] {
            assert!(valid_name(&file_name(&mail(odd))), "{}", file_name(&mail(odd)));
        }
    }

    #[test]
    fn a_repeat_overwrites_itself_and_the_newest_come_first() {
        let folder = tempfile::tempdir().unwrap();
        let outbox = OutboxFolder::open(folder.path()).unwrap();
        outbox.write(&mail("X-Chamada-Entry: 2026-11-22T05:07:31.412Z 1 1\r\n")).unwrap();
        outbox.write(&mail("X-Chamada-Entry: 2026-11-22T05:07:31.412Z 1 1\r\n")).unwrap();
        outbox.write(&mail("X-Chamada-Entry: 2026-11-22T05:07:32.000Z 1 2\r\n")).unwrap();
        let listed = outbox.newest(10).unwrap();
        assert_eq!(listed.len(), 2);
        assert!(listed[0].name.contains("-1-2-"));
        assert!(outbox.read(&listed[0].name).unwrap().unwrap().ends_with(b"hello\r\n"));
        assert!(outbox.read("../x.eml").unwrap().is_none());
        assert!(outbox.read("none.eml").unwrap().is_none());
    }
}
