//! Where a caller's credentials stand in a request, and the session's cookie. What they are worth is judged elsewhere.

use chamada_platform::{Secret, SiteUrl};
use http::header::{AUTHORIZATION, COOKIE};
use http::{HeaderMap, HeaderValue};
use time::Duration;

use crate::problem::Problem;

/// The session cookie's name. The prefix makes browsers refuse one that another host set, or that came without TLS (RFC 6265bis §4.1.3.2); plain HTTP can't have it.
#[must_use]
pub fn session_cookie_name(site: &SiteUrl) -> &'static str {
    if site.is_https() { "__Host-session" } else { "session" }
}

/// The session cookie's value, if the request has one.
#[must_use]
pub fn read_session_cookie(headers: &HeaderMap, site: &SiteUrl) -> Option<Secret> {
    let name = session_cookie_name(site);
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    pairs
        .find(|(found, _)| *found == name)
        .map(|(_, value)| Secret::new(value))
        .filter(|value| !value.expose().is_empty())
}

/// A `Set-Cookie` value that starts or renews a session.
///
/// # Errors
/// 500 where the value cannot stand in a cookie; ours can.
pub fn session_cookie(site: &SiteUrl, value: &Secret, max_age: Duration) -> Result<HeaderValue, Problem> {
    let secure = if site.is_https() { "; Secure" } else { "" };
    let name = session_cookie_name(site);
    let text = format!(
        "{name}={}; HttpOnly; SameSite=Lax; Path=/; Max-Age={}{secure}",
        value.expose(),
        max_age.whole_seconds()
    );
    let mut header = HeaderValue::from_str(&text).map_err(|_| Problem::internal("a session's value is no cookie"))?;
    header.set_sensitive(true);
    Ok(header)
}

/// A `Set-Cookie` value that makes the browser forget the session.
///
/// # Errors
/// As [`session_cookie`].
pub fn ended_session_cookie(site: &SiteUrl) -> Result<HeaderValue, Problem> {
    session_cookie(site, &Secret::new(""), Duration::ZERO)
}

/// The API token of `Authorization: Bearer …` (RFC 6750 §2.1); empty where the scheme is there and no token that can be read. Another scheme is none of
/// ours: a proxy before the site may have its own.
#[must_use]
pub fn bearer_token(headers: &HeaderMap) -> Option<Secret> {
    let mut lines = headers.get_all(AUTHORIZATION).iter().map(|line| line.as_bytes());
    let bearer = lines.find(|line| line.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"bearer")))?;
    let token = match bearer.get(6..) {
        Some([b' ', token @ ..]) => std::str::from_utf8(token).unwrap_or_default(),
        _ => "",
    };
    Some(Secret::new(token.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: http::HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn the_cookie_is_as_strict_as_the_site_allows() {
        let (https, http): (SiteUrl, SiteUrl) = ("https://a.b".parse().unwrap(), "http://localhost:8080".parse().unwrap());
        let set = |site| session_cookie(site, &Secret::new("usr_1.x"), Duration::hours(1)).unwrap();
        assert_eq!(
            set(&https),
            "__Host-session=usr_1.x; HttpOnly; SameSite=Lax; Path=/; Max-Age=3600; Secure"
        );
        assert_eq!(set(&http), "session=usr_1.x; HttpOnly; SameSite=Lax; Path=/; Max-Age=3600");
        assert_eq!(
            ended_session_cookie(&http).unwrap(),
            "session=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0"
        );
        let headers = with(COOKIE, "a=1;__Host-session=usr_1.x; session=other");
        assert_eq!(read_session_cookie(&headers, &https), Some(Secret::new("usr_1.x")));
        assert_eq!(read_session_cookie(&headers, &http), Some(Secret::new("other")));
        assert_eq!(read_session_cookie(&with(COOKIE, "session="), &http), None);
    }

    #[test]
    fn tokens_stand_behind_bearer() {
        assert_eq!(bearer_token(&with(AUTHORIZATION, "bearer  abc ")), Some(Secret::new("abc")));
        for empty in ["Bearer", "Bearer ", "BEARER", "Bearer,abc"] {
            assert_eq!(bearer_token(&with(AUTHORIZATION, empty)), Some(Secret::new("")), "{empty}");
        }
        for none in ["Basic abc", "abc", ""] {
            assert_eq!(bearer_token(&with(AUTHORIZATION, none)), None);
        }
        let mut two = with(AUTHORIZATION, "Basic abc");
        two.append(AUTHORIZATION, HeaderValue::from_static("Bearer x"));
        assert_eq!(bearer_token(&two), Some(Secret::new("x")));
    }
}
