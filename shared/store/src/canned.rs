//! Canned replies: one item, read where staff ask for it.

use chamada_domain::audit::{AuditTarget, parts_changed};
use chamada_domain::canned::CannedReplies;
use chamada_domain::{AuditAction, AuditKind};

use crate::audit::{Deed, Note};
use crate::conf::{Versioned, versioned};
use crate::error::StoreError;
use crate::keys;
use crate::store::Store;

const CANNED: &str = "CANNED";

impl Store {
    /// The canned replies as they are now.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn canned_replies(&self) -> Result<Versioned<CannedReplies>, StoreError> {
        versioned(self.read(keys::CONF, CANNED, true).await?.as_ref())
    }

    /// Writes the canned replies, if they are still as they were `before`.
    ///
    /// # Errors
    /// [`StoreError::Raced`] where they are not; [`StoreError::Replayed`] or [`StoreError::KeyReused`].
    pub async fn write_canned_replies(
        &self,
        replies: &CannedReplies,
        before: &Versioned<CannedReplies>,
        deed: Option<&Deed>,
    ) -> Result<(), StoreError> {
        let note = Note {
            action: AuditAction::CannedRepliesChanged,
            target: AuditTarget::the(AuditKind::CannedReplies),
            changes: parts_changed(&before.value, replies),
        };
        self.write_conf(CANNED, replies, before.version, deed, note).await
    }
}
