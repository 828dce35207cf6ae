//! Tickets of guests, where `guest_tickets` is on: opened by anybody in somebody's name, held until that somebody comes by what was mailed to them.

use axum::extract::FromRequestParts;
use chamada_domain::{EmailAddress, FieldError, User};
use chamada_web::read::{email, line};
use chamada_web::{App, Caller, Fields, Problem, SameOrigin, SourceAddress, limit};
use http::request::Parts;

/// Tickets an hour in the name of one address, and from one source.
const PER_ADDRESS: u64 = 5;
const PER_SOURCE: u64 = 30;
/// The most files that a guest's ticket carries.
pub(crate) const MAX_FILES: usize = 5;

/// Extractor: who opens a ticket. Somebody who is signed in or, where guests may, anybody; 401 for others, before a body is looked at.
pub(crate) struct Opener(pub(crate) Caller);

impl FromRequestParts<App> for Opener {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, app).await?;
        if caller.user.is_none() {
            if !app.store.configuration().await?.settings.guest_tickets {
                return Err(Problem::sign_in_needed());
            }
            SameOrigin::from_request_parts(parts, app).await?;
        }
        Ok(Self(caller))
    }
}

/// Who a guest says to be.
#[derive(Debug, Clone, utoipa::ToSchema)]
pub(crate) struct Guest {
    /// What an account is called that is made by this; one that is there keeps its name.
    #[schema(min_length = 1, max_length = 100)]
    pub(crate) name: String,
    pub(crate) email: EmailAddress,
}

impl Guest {
    pub(crate) fn read(f: &mut Fields<'_>) -> Option<Self> {
        let name = f.required("name", line(1..=User::MAX_NAME));
        let email = f.required("email", email());
        Some(Self {
            name: name?,
            email: email?,
        })
    }

    /// Counts what is opened in this name.
    ///
    /// # Errors
    /// 429 `too_many_requests`.
    pub(crate) async fn count(&self, app: &App, source: SourceAddress) -> Result<(), Problem> {
        limit(app, "guest-ticket-from", &source.limit_key(), PER_SOURCE, "too_many_requests").await?;
        limit(app, "guest-ticket", self.email.as_str(), PER_ADDRESS, "too_many_requests").await
    }
}

/// What guests may not say that others may.
pub(crate) fn faults(watchers: usize, files: usize) -> Vec<FieldError> {
    let watchers = (watchers > 0).then(|| FieldError::new("cc", "too_many", "Without an account nobody can be copied in."));
    let files = (files > MAX_FILES).then(|| FieldError::new("attachment_ids", "too_many", "This may have 5 files at most."));
    watchers.into_iter().chain(files).collect()
}
