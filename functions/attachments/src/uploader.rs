//! Who may upload: people who are signed in, holders of tickets' keys, and, where `guest_tickets` is on, anybody.

use axum::extract::FromRequestParts;
use chamada_platform::Secret;
use chamada_store::Session;
use chamada_web::session::{begin_guest, open_keys};
use chamada_web::{App, Caller, Problem, SameOrigin, SourceAddress, limit};
use http::request::Parts;

/// Files an hour that one guest's session may announce, and all guests of one source.
const PER_SESSION: u64 = 5;
const PER_SOURCE: u64 = 30;

/// Whether a caller uploads as a guest: in a session that holds no key which opens its ticket now, or without any.
async fn is_guest(app: &App, caller: &Caller) -> Result<bool, Problem> {
    Ok(caller.user.is_none() && open_keys(app, caller.held_keys()).await?.is_empty())
}

/// Who is asking, and whether as a guest. A guest where guests may open tickets; 401 for them elsewhere.
async fn admitted(parts: &mut Parts, app: &App) -> Result<(Caller, bool), Problem> {
    let caller = Caller::from_request_parts(parts, app).await?;
    let guest = is_guest(app, &caller).await?;
    if guest && !app.store.configuration().await?.settings.guest_tickets {
        return Err(Problem::sign_in_needed());
    }
    Ok((caller, guest))
}

/// Extractor: who goes on with an upload of their own. Asked before a body is looked at.
pub(crate) struct Uploader {
    pub(crate) caller: Caller,
    /// What uploads are bound to: the person, or the guest's session.
    pub(crate) owner: String,
}

impl FromRequestParts<App> for Uploader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let (caller, _) = admitted(parts, app).await?;
        let owner = caller.name()?;
        Ok(Self { caller, owner })
    }
}

/// Extractor: who announces an upload, perhaps before they have a session. Asked before a body is looked at.
pub(crate) struct Announcer {
    caller: Caller,
    guest: bool,
    source: SourceAddress,
}

impl FromRequestParts<App> for Announcer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let (caller, guest) = admitted(parts, app).await?;
        if caller.session.is_none() {
            SameOrigin::from_request_parts(parts, app).await?;
        }
        let source = SourceAddress::from_request_parts(parts, app).await?;
        Ok(Self { caller, guest, source })
    }
}

impl Announcer {
    /// Counts what a guest's source announces.
    ///
    /// # Errors
    /// 429 `too_many_requests`.
    pub(crate) async fn count(&self, app: &App) -> Result<(), Problem> {
        if self.guest {
            limit(app, "guest-upload-from", &self.source.limit_key(), PER_SOURCE, "too_many_requests").await?;
        }
        Ok(())
    }

    /// With a session, which is begun for a guest who has none, and its cookie where it was.
    ///
    /// # Errors
    /// 429 `too_many_requests` where a guest's session has announced all that it may.
    pub(crate) async fn with_session(self, app: &App) -> Result<(Uploader, Option<Secret>), Problem> {
        let Self { mut caller, guest, .. } = self;
        let mut cookie = None;
        if caller.session.is_none() {
            let (record, secret) = begin_guest(app, Session::begin(app.now())).await?;
            (caller.session, cookie) = (Some(record), Some(secret));
        }
        let owner = caller.name()?;
        if guest {
            limit(app, "guest-upload", &owner, PER_SESSION, "too_many_requests").await?;
        }
        Ok((Uploader { caller, owner }, cookie))
    }
}
