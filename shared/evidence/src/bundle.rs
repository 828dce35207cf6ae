//! What lies in a bundle of evidence, and under which names.

use std::collections::BTreeSet;

use chamada_domain::chain::ChainedEntry;
use chamada_domain::entry::AttachedFile;
use chamada_domain::{AttachmentId, TicketNumber};
use serde::{Deserialize, Serialize};

use crate::day::Inclusion;

/// What a bundle's manifest calls itself.
pub const FORMAT: &str = "chamada-bundle-1";
/// The manifest's name.
pub const MANIFEST: &str = "proof.json";
/// The history that proves itself.
pub const TRANSCRIPT: &str = "transcript.json";
/// The same, to be read.
pub const PAGE: &str = "transcript.html";
/// How to check it.
pub const README: &str = "README.txt";
/// Where attachments lie.
pub const ATTACHMENTS: &str = "attachments/";
/// Where original mails lie.
pub const MAILS: &str = "mail/";

/// The longest part of a name that its uploader chose, in bytes: with what stands before it, every file system takes it.
const LONGEST_NAME: usize = 120;

/// The manifest: all that a bundle holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: String,
    /// The ticket.
    pub ticket: TicketNumber,
    /// The hash of its newest entry, as the transcript names it.
    pub head_hash: String,
    /// Every other file.
    pub files: Vec<ListedFile>,
    /// What the history names and the bundle does not hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<MissingFile>,
    /// That a head of the ticket is in the root of a day, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inclusion: Option<Inclusion>,
}

/// A file of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListedFile {
    /// Its name in the bundle.
    pub name: String,
    /// Its size in bytes.
    pub size: u64,
    /// Its SHA-256, lower-case hex.
    pub sha256: String,
}

/// A file that a bundle lacks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MissingFile {
    /// What the history calls it: an attachment's id, or a mail's SHA-256.
    pub id: String,
    /// Why.
    pub reason: Reason,
}

/// Why a bundle lacks a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It is there no longer.
    Gone,
    /// It is not for whoever asked.
    Withheld,
}

/// Where an attachment lies: by its entry and its id, which no other has, and behind them what it is called.
#[must_use]
pub fn attachment_name(seq: u64, id: &AttachmentId, name: &str) -> String {
    format!("{}{}", attachment_prefix(seq, id.as_str()), safe(name))
}

/// How the name of an attachment begins.
pub(crate) fn attachment_prefix(seq: u64, id: &str) -> String {
    format!("{ATTACHMENTS}{seq}-{id}-")
}

/// Where an original mail lies.
#[must_use]
pub fn mail_name(digest: &str) -> String {
    format!("{MAILS}{digest}.eml")
}

/// A name that every file system and unpacker takes as one: letters, digits and a few signs; what else stands in it becomes `_`.
pub(crate) fn safe(name: &str) -> String {
    let plain = |c: char| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '_' };
    let text: String = name.chars().map(plain).collect();
    // No dots at its ends (hidden files, `..`, Windows) and none behind one another.
    let mut text = text.trim_matches('.').to_owned();
    while text.contains("..") {
        text = text.replace("..", "._");
    }
    let (stem, ending) = text.rsplit_once('.').unwrap_or((&text, ""));
    let (ending, stem) = if ending.is_empty() || ending.len() > 16 {
        ("", text.as_str())
    } else {
        (ending, stem)
    };
    let stem = &stem[..stem.floor_char_boundary(LONGEST_NAME)];
    match (stem.is_empty(), ending.is_empty()) {
        (true, _) => "file".to_owned(),
        (false, true) => stem.to_owned(),
        (false, false) => format!("{stem}.{ending}"),
    }
}

/// Whether this is a name as [`safe`] makes them.
pub(crate) fn is_safe(name: &str) -> bool {
    safe(name) == name
}

/// Whether a name in an archive leads nowhere but into its folder.
pub(crate) fn is_plain(name: &str) -> bool {
    let folder = [ATTACHMENTS, MAILS].iter().find_map(|folder| name.strip_prefix(folder));
    let last = folder.unwrap_or(name);
    !last.is_empty() && !last.contains("..") && !last.contains(['/', '\\', ':']) && !last.chars().any(char::is_control)
}

/// A file that the history names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named<'a> {
    /// An attachment.
    Attachment {
        /// The entry that it came with.
        seq: u64,
        /// What the entry says of it.
        file: &'a AttachedFile,
    },
    /// An original mail.
    Mail {
        /// Its SHA-256, lower-case hex.
        digest: &'a str,
        /// Whether words of its entry were erased, which the mail still holds.
        erased: bool,
    },
}

/// Every file that entries name, in their order, each once. `hides` says which entries are not the reader's to see: what they name is not named.
#[must_use]
pub fn named<'a>(history: &'a [ChainedEntry], hides: impl Fn(&ChainedEntry) -> bool) -> Vec<Named<'a>> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for chained in history.iter().filter(|entry| !hides(entry)) {
        let entry = &chained.entry;
        for file in entry.event.attachments() {
            if seen.insert(file.attachment_id.as_str()) {
                found.push(Named::Attachment { seq: entry.seq, file });
            }
        }
        if let Some(digest) = entry.event.original()
            && seen.insert(digest)
        {
            found.push(Named::Mail {
                digest,
                erased: entry.has_erased_words(),
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leads_out_of_its_folder() {
        let id: AttachmentId = "att_01".parse().unwrap();
        let name = |text: &str| attachment_name(3, &id, text);
        assert_eq!(name("informe final.pdf"), "attachments/3-att_01-informe_final.pdf");
        assert_eq!(name("año.PDF"), "attachments/3-att_01-año.PDF");
        assert_eq!(name("../../etc/passwd"), "attachments/3-att_01-_.__etc_passwd");
        assert_eq!(name("..\\..\\a\0b\n.txt"), "attachments/3-att_01-_.__a_b_.txt");
        assert_eq!(name(""), "attachments/3-att_01-file");
        assert_eq!(name("...."), "attachments/3-att_01-file");
        let long = name(&format!("{}.tar", "ñ".repeat(300)));
        assert!(long.len() < 180 && long.ends_with(".tar"), "{long}");
        for bad in ["a/b", "a\\b", "\u{202e}fdp.exe", "C:evil", "a\u{7f}b", "..", "/"] {
            let made = name(bad);
            let rest = made.strip_prefix("attachments/").unwrap();
            assert!(
                !rest.contains(['/', '\\', ':', '\u{202e}']) && !rest.contains("..") && !rest.chars().any(char::is_control),
                "{made}"
            );
        }
    }
}
