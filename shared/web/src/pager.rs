//! Lists page by page: where one begins, and how the client learns where it goes on.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::cursor::CursorKey;
use crate::problem::Problem;
use crate::query::Paging;
use crate::session::{App, Caller};

/// The pages of one list for one caller.
pub struct Pager {
    key: CursorKey,
    caller: String,
    filters: String,
    paging: Paging,
}

impl Pager {
    /// Of the list that `filters` ([`Query::filters`](crate::query::Query)) tell from others.
    ///
    /// # Errors
    /// 401 `sign_in_needed`; 503 where the Parameter Store does not answer.
    pub async fn of(app: &App, caller: &Caller, paging: Paging, filters: String) -> Result<Self, Problem> {
        Ok(Self {
            key: CursorKey::of(&app.platform).await?,
            caller: caller.name()?,
            filters,
            paging,
        })
    }

    /// How many rows are wanted, 1 to 100.
    #[must_use]
    pub fn limit(&self) -> u16 {
        u16::try_from(self.paging.limit).unwrap_or(100)
    }

    /// The place that the client's cursor names; nothing where the list begins.
    ///
    /// # Errors
    /// 400 `bad_cursor`.
    pub fn start<T: DeserializeOwned>(&self) -> Result<Option<T>, Problem> {
        let cursor = self.paging.cursor.as_deref();
        cursor.map(|cursor| self.key.open(&self.caller, &self.filters, cursor)).transpose()
    }

    /// The cursor of the place where the list goes on, if it does.
    ///
    /// # Errors
    /// 500 where `place` cannot be written as JSON.
    pub fn cursor<T: Serialize>(&self, place: Option<&T>) -> Result<Option<String>, Problem> {
        place.map(|place| self.key.seal(&self.caller, &self.filters, place)).transpose()
    }
}
