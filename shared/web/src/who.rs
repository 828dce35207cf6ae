//! Extractors that let the right people pass. They stand before the body in a handler, so that who may not do a thing learns nothing of its fields.

use axum::extract::{FromRef, FromRequestParts};
use chamada_domain::User;
use http::request::Parts;

use crate::Problem;
use crate::session::{App, Caller, SessionRecord};

/// Makes an extractor of a type: what becomes of whoever asks.
macro_rules! lets_pass {
    ($who:ty, |$caller:ident| $passed:expr) => {
        impl<S> FromRequestParts<S> for $who
        where
            App: FromRef<S>,
            S: Send + Sync,
        {
            type Rejection = Problem;

            async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
                let $caller = Caller::from_request_parts(parts, state).await?;
                Ok($passed)
            }
        }
    };
}

/// Somebody who is signed in: 401 `sign_in_needed` for others, a guest's session among them.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// Who asks, with their session.
    pub caller: Caller,
    /// Their account.
    pub user: User,
}

impl SignedIn {
    /// The session in which they are signed in.
    #[must_use]
    pub fn session(&self) -> Option<&SessionRecord> {
        self.caller.session.as_ref()
    }
}

lets_pass!(SignedIn, |caller| {
    let user = caller.signed_in()?.clone();
    Self { caller, user }
});

/// Whoever asks with a browser, signed in or not: 403 `forbidden` for a program with a token, which is no party to its owner's sessions.
#[derive(Debug, Clone)]
pub struct ByBrowser(pub Caller);

lets_pass!(ByBrowser, |caller| {
    caller.without_token()?;
    Self(caller)
});

/// Somebody who is signed in with a browser: 401 `sign_in_needed`, or 403 `forbidden` for a program with a token.
#[derive(Debug, Clone)]
pub struct InPerson {
    /// Who asks, with their session.
    pub caller: Caller,
    /// Their account.
    pub user: User,
}

lets_pass!(InPerson, |caller| {
    let user = caller.signed_in()?.clone();
    caller.without_token()?;
    Self { caller, user }
});

/// Somebody who is signed in, or who opened a ticket's link: 401 `sign_in_needed` for others.
#[derive(Debug, Clone)]
pub struct Visitor(pub Caller);

lets_pass!(Visitor, |caller| {
    caller.name()?;
    Self(caller)
});

/// A signed-in administrator: 401 `sign_in_needed` or 403 `forbidden` for others.
#[derive(Debug, Clone)]
pub struct Administrator(pub Caller);

lets_pass!(Administrator, |caller| {
    caller.administrator()?;
    Self(caller)
});

/// A signed-in specialist or administrator: 401 `sign_in_needed` or 403 `forbidden` for others.
#[derive(Debug, Clone)]
pub struct Staff;

lets_pass!(Staff, |caller| {
    caller.staff()?;
    Self
});
