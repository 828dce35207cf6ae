//! Uploads that become attachments.

use chamada_domain::entry::AttachedFile;
use chamada_domain::word::Word;
use chamada_domain::{AttachmentId, FieldError};
use chamada_store::{StoredUpload, Uploads};
use chamada_web::{App, Problem};

use crate::salt;

/// The most files that one message carries.
pub(crate) const MAX_FILES: usize = 20;

/// The files of these ids, all of them completed uploads of `owner`'s own.
pub(crate) async fn attach(app: &App, owner: &str, ids: &[AttachmentId]) -> Result<(Vec<AttachedFile>, Option<Uploads>), Problem> {
    if ids.is_empty() {
        return Ok((Vec::new(), None));
    }
    let found = app.store.uploads(ids, app.now()).await?;
    let mut files = Vec::with_capacity(ids.len());
    for (place, upload) in found.into_iter().enumerate() {
        let usable = upload.filter(|upload| upload.owner == owner && upload.complete);
        files.push(file(usable.ok_or_else(|| unusable(place))?));
    }
    Ok((
        files,
        Some(Uploads {
            owner: owner.to_owned(),
            ids: ids.to_vec(),
        }),
    ))
}

fn unusable(place: usize) -> FieldError {
    FieldError::new(
        format!("attachment_ids.{place}"),
        "unknown",
        "This file is not there, not complete, or attached already.",
    )
}

fn file(stored: StoredUpload) -> AttachedFile {
    let upload = stored.upload;
    AttachedFile {
        attachment_id: upload.id,
        name: Word::new(upload.name, &mut salt),
        content_type: upload.content_type,
        size: upload.size,
        sha256: upload.sha256,
        inline: false,
    }
}

/// The ids, each once.
pub(crate) fn distinct(mut ids: Vec<AttachmentId>) -> Vec<AttachmentId> {
    let mut seen = std::collections::BTreeSet::new();
    ids.retain(|id| seen.insert(id.clone()));
    ids
}
