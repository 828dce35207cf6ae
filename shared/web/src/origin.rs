//! The rule against other sites' requests (CSRF).

use axum::extract::{FromRequestParts, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use chamada_platform::{Platform, SiteUrl};
use http::header::ORIGIN;
use http::request::Parts;
use http::{HeaderMap, Method};

use crate::credentials::{bearer_token, read_session_cookie};
use crate::problem::Problem;
use crate::service::platform_of;

/// Where a request says it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum From {
    Site,
    Elsewhere,
    Unsaid,
}

fn origin(headers: &HeaderMap, site: &SiteUrl) -> From {
    let mut values = headers.get_all(ORIGIN).iter().peekable();
    if values.peek().is_none() {
        return From::Unsaid;
    }
    // `null`, several, or anything unreadable is elsewhere.
    if values.all(|value| value.as_bytes() == site.origin().as_bytes()) {
        From::Site
    } else {
        From::Elsewhere
    }
}

/// Whether a request with the session cookie is one that another site made a browser send. Reading does nothing, so it may come from anywhere.
fn is_cross_site(method: &Method, headers: &HeaderMap, site: &SiteUrl) -> bool {
    if method.is_safe() || read_session_cookie(headers, site).is_none() {
        return false;
    }
    match origin(headers, site) {
        From::Site => false,
        From::Elsewhere => true,
        // No form and no simple fetch of another site can set this header.
        From::Unsaid => {
            let marked = headers.get("x-requested-with").is_some_and(|value| value == "chamada");
            // With a token the cookie counts for nothing, and no other site knows one.
            !marked && bearer_token(headers).is_none()
        }
    }
}

/// Layer: 403 `cross_site` for state-changing requests that carry the cookie and not the site's own mark.
pub(crate) async fn refuse_cross_site(State(platform): State<Platform>, request: Request, next: Next) -> Response {
    if is_cross_site(request.method(), request.headers(), &platform.config().site_url) {
        return Problem::cross_site().into_response();
    }
    next.run(request).await
}

/// Extractor for requests that begin a session: a foreign `Origin` is 403 even without a cookie, or another site could sign a visitor in as somebody else.
#[derive(Debug, Clone, Copy)]
pub struct SameOrigin;

impl<S: Send + Sync> FromRequestParts<S> for SameOrigin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let platform = platform_of(&parts.extensions)?;
        match origin(&parts.headers, &platform.config().site_url) {
            From::Site | From::Unsaid => Ok(Self),
            From::Elsewhere => Err(Problem::cross_site()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderName, HeaderValue};

    fn crosses(method: &Method, pairs: &[(&'static str, &'static str)]) -> bool {
        let headers = pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        is_cross_site(method, &headers.collect(), &"https://help.example.org".parse().unwrap())
    }

    #[test]
    fn a_write_with_the_cookie_must_come_from_the_site() {
        const COOKIE: (&str, &str) = ("cookie", "__Host-session=x");
        const OWN: (&str, &str) = ("origin", "https://help.example.org");
        const FOREIGN: (&str, &str) = ("origin", "https://evil.example");
        const MARK: (&str, &str) = ("x-requested-with", "chamada");
        const TOKEN: (&str, &str) = ("authorization", "Bearer x");
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            assert!(!crosses(&method, &[COOKIE, OWN]));
            assert!(!crosses(&method, &[COOKIE, MARK]));
            assert!(crosses(&method, &[COOKIE]));
            assert!(crosses(&method, &[COOKIE, ("origin", "null")]));
            assert!(crosses(&method, &[COOKIE, ("origin", "https://help.example.org:8443")]));
            assert!(crosses(&method, &[COOKIE, ("origin", "http://help.example.org"), MARK]));
            assert!(
                crosses(&method, &[COOKIE, FOREIGN, MARK, TOKEN]),
                "a foreign origin with the cookie, whatever else is there"
            );
            assert!(crosses(&method, &[COOKIE, OWN, FOREIGN]));
            assert!(!crosses(&method, &[COOKIE, TOKEN]), "the token alone counts");
            assert!(!crosses(&method, &[TOKEN]));
            assert!(!crosses(&method, &[FOREIGN, TOKEN]), "without the cookie nothing is borrowed");
        }
        assert!(!crosses(&Method::GET, &[COOKIE, FOREIGN]));
        assert!(!crosses(&Method::HEAD, &[COOKIE, FOREIGN]));
    }
}
