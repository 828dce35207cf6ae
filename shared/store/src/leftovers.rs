//! Uploads that nobody attached: found by their age, ended, forgotten. Their bytes lie elsewhere; the order in which all of it goes is argued in
//! `functions/housekeeping`.

use chamada_domain::timestamp::days;
use chamada_domain::{AttachmentId, Timestamp};

use crate::error::StoreError;
use crate::item::{ItemExt, s};
use crate::keys;
use crate::lists::{Index, Position};
use crate::store::Store;
use crate::uploads::{LIFE_DAYS, ending};

/// For how long an ended upload is remembered, in days: a URL that was signed before takes bytes for 15 minutes more, and what began to arrive in
/// them may take its time.
const REMEMBERED_DAYS: i64 = 1;

/// Uploads that are left over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leftovers {
    /// Announced a day ago or earlier, and attached to nothing.
    Unattached,
    /// Ended so long ago that no more bytes can come.
    Ended,
}

impl Leftovers {
    fn partition(self) -> &'static str {
        match self {
            Self::Unattached => keys::UPLOADS,
            Self::Ended => keys::ENDED_UPLOADS,
        }
    }

    /// Whoever is in the partition since then, or longer, is left over.
    fn since(self, now: Timestamp) -> String {
        let age = match self {
            Self::Unattached => LIFE_DAYS,
            Self::Ended => REMEMBERED_DAYS,
        };
        now.plus(days(-age)).to_string()
    }
}

impl Store {
    /// A page of up to `limit` uploads that are left over, the oldest first, and where the next page begins. The list follows a write after
    /// milliseconds: what stands in it may have been attached just now.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn leftovers(
        &self,
        which: Leftovers,
        now: Timestamp,
        start: Option<Position>,
        limit: u16,
    ) -> Result<(Vec<AttachmentId>, Option<Position>), StoreError> {
        let since = which.since(now);
        let page = self.index_page(Index::Updated, which.partition(), true, start, limit).await?;
        let mut ids = Vec::with_capacity(page.items.len());
        for item in &page.items {
            if item.text("updated_at")? > since.as_str() {
                return Ok((ids, None));
            }
            let id = keys::upload_id(item.text("pk")?);
            ids.push(id.ok_or(StoreError::Corrupt {
                what: "an upload's key names none",
            })?);
        }
        Ok((ids, page.next))
    }

    /// Ends an upload that hangs on no ticket; whether it did. Who attaches it in the same moment gets it or loses it whole: attaching deletes the
    /// record on the condition that its owner stands in it, this takes the owner out of it on the condition that it is there.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn end_upload(&self, id: &AttachmentId, now: Timestamp) -> Result<bool, StoreError> {
        let change = ending(now);
        let mut update = self
            .client
            .update_item()
            .table_name(&*self.table)
            .key("pk", s(keys::upload(id)))
            .key("sk", s(keys::UPLOAD))
            .update_expression(change.expression)
            .condition_expression("attribute_exists(pk) AND attribute_not_exists(ended_at)");
        for (name, value) in change.values {
            update = update.expression_attribute_values(name, value);
        }
        match update.send().await {
            Ok(_) => Ok(true),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => Ok(false),
            Err(error) => Err(StoreError::unavailable(error)),
        }
    }

    /// Forgets an ended upload, whose bytes are gone. One that is not ended stays.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn forget_upload(&self, id: &AttachmentId) -> Result<(), StoreError> {
        let delete = self
            .client
            .delete_item()
            .table_name(&*self.table)
            .key("pk", s(keys::upload(id)))
            .key("sk", s(keys::UPLOAD))
            .condition_expression("attribute_exists(ended_at)");
        match delete.send().await {
            Ok(_) => Ok(()),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => Ok(()),
            Err(error) => Err(StoreError::unavailable(error)),
        }
    }
}
