//! Which of a mail's files hang on the ticket. No I/O.

use bytes::Bytes;
use chamada_domain::AttachmentId;
use chamada_domain::entry::AttachedFile;
use chamada_domain::media;
use chamada_domain::word::{Salts, Word};
use chamada_mail::Attachment;
use sha2::{Digest, Sha256};

/// The most files of one entry.
const MOST_FILES: usize = 20;

/// A file that hangs on a ticket; its content lies in S3, in its mail's parcel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct File {
    pub(crate) id: AttachmentId,
    pub(crate) name: String,
    pub(crate) content_type: String,
    pub(crate) size: u64,
    pub(crate) sha256: String,
    pub(crate) inline: bool,
}

impl File {
    /// The entry's form.
    pub(crate) fn attached(&self, salts: Salts<'_>) -> AttachedFile {
        AttachedFile {
            attachment_id: self.id.clone(),
            name: Word::new(self.name.as_str(), salts),
            content_type: self.content_type.clone(),
            size: self.size,
            sha256: self.sha256.clone(),
            inline: self.inline,
        }
    }
}

/// The media type under which a file may hang on a ticket, without parameters; nothing where it may not.
fn allowed_type(file: &Attachment) -> Option<String> {
    let first = &file.bytes[..file.bytes.len().min(media::SNIFFED_BYTES)];
    let declared = file.content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    // Mail programs often declare no more than 'bytes': then the name and the first bytes tell.
    let by_name = media::type_of_name(&file.name).map(str::to_owned);
    [Some(declared), by_name]
        .into_iter()
        .flatten()
        .find(|kind| media::matches_type(&file.name, kind, first))
}

fn file(id: AttachmentId, name: String, content_type: String, inline: bool, bytes: Vec<u8>) -> (File, Bytes) {
    let file = File {
        id,
        name,
        content_type,
        size: bytes.len() as u64,
        sha256: hex::encode(Sha256::digest(&bytes)),
        inline,
    };
    (file, bytes.into())
}

/// The files with their contents, and how many others stay in the original mail: of refused types, too large, or too many. `overflow` is the
/// text that an entry could not hold.
pub(crate) fn choose(
    attachments: Vec<Attachment>,
    overflow: Option<String>,
    largest: usize,
    mut new_id: impl FnMut() -> AttachmentId,
) -> (Vec<(File, Bytes)>, u64) {
    let mut chosen = Vec::new();
    let mut left = 0;
    if let Some(text) = overflow {
        chosen.push(file(new_id(), "body.txt".into(), "text/plain".into(), false, text.into_bytes()));
    }
    for attachment in attachments {
        let fits = chosen.len() < MOST_FILES && attachment.bytes.len() <= largest && attachment.name.chars().count() <= media::MAX_NAME;
        match allowed_type(&attachment).filter(|_| fits) {
            Some(kind) => chosen.push(file(new_id(), attachment.name, kind, attachment.inline, attachment.bytes)),
            None => left += 1,
        }
    }
    (chosen, left)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attachment(name: &str, content_type: &str, bytes: &[u8]) -> Attachment {
        Attachment {
            name: name.into(),
            content_type: content_type.into(),
            content_id: None,
            inline: false,
            bytes: bytes.to_vec(),
        }
    }

    fn chosen(attachments: Vec<Attachment>, overflow: Option<&str>) -> (Vec<(String, String)>, u64) {
        let mut n = 0;
        let new_id = || {
            n += 1;
            AttachmentId::from_random([n; 10])
        };
        let (files, left) = choose(attachments, overflow.map(str::to_owned), 1_000, new_id);
        (files.into_iter().map(|(file, _)| (file.name, file.content_type)).collect(), left)
    }

    #[test]
    fn types_are_the_same_as_for_uploads() {
        let (files, left) = chosen(
            vec![
                attachment("a.pdf", "application/octet-stream", b"%PDF-1.4"),
                attachment("b.txt", "text/plain; charset=utf-8", b"hola"),
                attachment("c.exe", "application/octet-stream", b"MZ"),
                attachment("d.png", "image/png", b"MZ"),
                attachment("e.txt", "text/plain", &[b'x'; 1_001]),
            ],
            None,
        );
        let right = [("a.pdf", "application/pdf"), ("b.txt", "text/plain")].map(|(name, kind)| (name.to_owned(), kind.to_owned()));
        assert_eq!((files.as_slice(), left), (&right[..], 3));
    }

    #[test]
    fn twenty_hang_on_the_ticket_and_the_rest_stay_in_the_mail() {
        let many = || (0..30).map(|_| attachment("a.txt", "text/plain", b"x")).collect();
        assert_eq!((chosen(many(), None).0.len(), chosen(many(), None).1), (20, 10));
        let (files, left) = chosen(many(), Some("text"));
        assert_eq!((files[0].0.as_str(), files.len(), left), ("body.txt", 20, 11));
    }
}
