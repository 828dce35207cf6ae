//! `ETag`, `If-None-Match` and `If-Match` (RFC 9110 §13).

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH};
use http::request::Parts;
use http::{HeaderValue, StatusCode};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::problem::Problem;

/// Extractor: what the client already has. Answers with [`Conditional::answer`].
#[derive(Debug, Clone)]
pub struct Conditional(Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for Conditional {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let tags = parts.headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
        let tags = tags.collect::<Vec<_>>().join(",");
        Ok(Self((!tags.is_empty()).then_some(tags)))
    }
}

impl Conditional {
    /// `value` as JSON with its `ETag`, or 304 where the client has just that. With a `version` the tag begins with it (`"7-…"`), so that it can be sent back as `If-Match`.
    ///
    /// The tag is a digest of the answer itself: what changes nothing for this caller changes no tag, and whatever does, does.
    ///
    /// # Errors
    /// 500 where `value` cannot be written as JSON.
    pub fn answer(&self, version: Option<u64>, value: &impl Serialize) -> Result<Response, Problem> {
        self.answer_json(version, serde_json::to_vec(value).map_err(Problem::internal)?)
    }

    /// The same with JSON that is written already.
    ///
    /// # Errors
    /// None that a caller could cause.
    pub fn answer_json(&self, version: Option<u64>, body: impl Into<Bytes>) -> Result<Response, Problem> {
        let body = body.into();
        let digest = hex::encode(&Sha256::digest(&body)[..12]);
        let tag = version.map_or_else(|| format!("\"{digest}\""), |version| format!("\"{version}-{digest}\""));
        let known = self.knows(&tag);
        let header = HeaderValue::from_str(&tag).map_err(Problem::internal)?;
        // A browser may keep it, and asks each time whether it still holds.
        let headers = [(ETAG, header), (CACHE_CONTROL, HeaderValue::from_static("private, no-cache"))];
        if known {
            return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
        }
        Ok((headers, [(CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response())
    }

    /// Weak comparison (RFC 9110 §13.1.2): proxies that compress make tags weak.
    fn knows(&self, tag: &str) -> bool {
        let known = |candidate: &str| candidate == "*" || candidate.strip_prefix("W/").unwrap_or(candidate) == tag;
        self.0.as_deref().is_some_and(|tags| tags.split(',').map(str::trim).any(known))
    }
}

/// Extractor: the version that a change is based on. Ask with [`IfMatch::needed`], after what a repeated request answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IfMatch(Option<u64>);

impl IfMatch {
    /// The version that the client names. A tag of another kind is version 0, which never is: that is stale, as any old version.
    ///
    /// # Errors
    /// 428 `version_needed` where the header is missing or no quoted tag.
    pub fn needed(self) -> Result<u64, Problem> {
        self.0.ok_or_else(Problem::version_needed)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let value = parts.headers.get(IF_MATCH).and_then(|value| value.to_str().ok());
        Ok(Self(value.and_then(version_of)))
    }
}

/// Reads `"7"` or `"7-abc"`. `*` names no version, and a list none in particular.
fn version_of(value: &str) -> Option<u64> {
    let value = value.trim();
    let tag = value.strip_prefix("W/").unwrap_or(value).strip_prefix('"')?.strip_suffix('"')?;
    if tag.contains('"') {
        return None;
    }
    let number = tag.split_once('-').map_or(tag, |(number, _)| number);
    let plain = number.bytes().all(|byte| byte.is_ascii_digit());
    Some(number.parse().ok().filter(|_| plain).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn versions_are_quoted() {
        assert_eq!(version_of("\"7\""), Some(7));
        assert_eq!(version_of(" W/\"7-3fa9\" "), Some(7));
        assert_eq!(
            (version_of("\"abc\""), version_of("\"+7\""), version_of("\"\"")),
            (Some(0), Some(0), Some(0))
        );
        for none in ["7", "*", "\"7", "\"1\", \"2\"", ""] {
            assert_eq!(version_of(none), None, "{none}");
        }
        assert_eq!(IfMatch(None).needed().unwrap_err().status().as_u16(), 428);
    }

    #[test]
    fn what_the_client_has_is_not_sent_again() {
        let first = Conditional(None).answer(Some(7), &json!({"a": 1})).unwrap();
        let tag = first.headers()[ETAG].to_str().unwrap().to_owned();
        assert!(first.status() == StatusCode::OK && tag.starts_with("\"7-"));
        let again = |tags: String, value| Conditional(Some(tags)).answer(Some(7), &value).unwrap();
        let same = again(format!("\"x\", W/{tag}"), json!({"a": 1}));
        assert_eq!(
            (same.status(), same.headers()[ETAG].to_str().unwrap()),
            (StatusCode::NOT_MODIFIED, tag.as_str())
        );
        assert_eq!(again(tag, json!({"a": 2})).status(), StatusCode::OK);
        assert_eq!(Conditional(None).answer(None, &json!([])).unwrap().headers()[ETAG].len(), 26);
    }
}
