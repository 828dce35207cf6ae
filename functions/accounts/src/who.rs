//! Extractors that let the right people pass, before a body is looked at: who may not do a thing learns nothing of its fields.

use axum::extract::FromRequestParts;
use chamada_domain::User;
use chamada_web::session::SessionRecord;
use chamada_web::{App, Caller, Problem};
use http::request::Parts;

/// Somebody who is signed in; a guest's session does not count (401 `sign_in_needed`).
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) caller: Caller,
    pub(crate) user: User,
}

impl Person {
    /// The session in which they are signed in.
    pub(crate) fn session(&self) -> Option<&SessionRecord> {
        self.caller.session.as_ref()
    }
}

impl FromRequestParts<App> for Person {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, app).await?;
        let user = caller.signed_in()?.clone();
        Ok(Self { caller, user })
    }
}

/// A signed-in administrator: 401 `sign_in_needed` or 403 `forbidden` for others.
#[derive(Debug, Clone)]
pub(crate) struct Administrator(pub(crate) Caller);

impl FromRequestParts<App> for Administrator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, app).await?;
        caller.administrator()?;
        Ok(Self(caller))
    }
}

/// A signed-in specialist or administrator: 401 `sign_in_needed` or 403 `forbidden` for others.
#[derive(Debug, Clone)]
pub(crate) struct Staff;

impl FromRequestParts<App> for Staff {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        Caller::from_request_parts(parts, app).await?.staff()?;
        Ok(Self)
    }
}
