//! Browsers in front of a desk's routes, and what they are answered.

use std::sync::Mutex;

use axum::Router;
use axum::body::Body;
use chamada_platform::PeerAddress;
use http::header::{COOKIE, ORIGIN, SET_COOKIE};
use http::{HeaderMap, HeaderName, Method, Request};
use http_body_util::BodyExt as _;
use serde_json::Value;
use tower::ServiceExt as _;

/// A browser: it keeps the cookie, and its pages come from the site.
pub struct Browser {
    router: Router,
    site: String,
    cookie: Mutex<Option<String>>,
    source: [u8; 4],
}

/// An answer.
#[derive(Debug)]
pub struct Reply {
    /// Its status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Its JSON; null where it is none.
    pub body: Value,
}

impl Browser {
    pub(super) fn new(router: Router, site: &str) -> Self {
        Self {
            router,
            site: site.to_owned(),
            cookie: Mutex::default(),
            source: [203, 0, 113, 7],
        }
    }

    /// The cookie that it keeps: `name=value`.
    #[must_use]
    pub fn cookie(&self) -> Option<String> {
        self.cookie.lock().unwrap().clone()
    }

    /// Puts another cookie in its place.
    pub fn set_cookie(&self, cookie: Option<String>) {
        *self.cookie.lock().unwrap() = cookie;
    }

    /// The same browser, seen from elsewhere.
    #[must_use]
    pub fn from(mut self, source: [u8; 4]) -> Self {
        self.source = source;
        self
    }

    /// Sends a request with these headers, which come before the browser's own, and a body that need not be JSON.
    pub async fn send_text(&self, method: Method, path: &str, headers: &[(&'static str, &str)], body: String) -> Reply {
        let mut request = Request::new(Body::from(body));
        *request.method_mut() = method.clone();
        *request.uri_mut() = path.parse().unwrap();
        request.extensions_mut().insert(PeerAddress(self.source.into()));
        if method != Method::GET {
            request.headers_mut().insert(ORIGIN, self.site.parse().unwrap());
        }
        if let Some(cookie) = self.cookie() {
            request.headers_mut().insert(COOKIE, cookie.parse().unwrap());
        }
        for (name, value) in headers {
            request.headers_mut().insert(HeaderName::from_static(name), value.parse().unwrap());
        }
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes().to_vec();
        if let Some(line) = parts.headers.get(SET_COOKIE) {
            let pair = line.to_str().unwrap().split(';').next().unwrap();
            self.set_cookie((!pair.ends_with('=')).then(|| pair.to_owned()));
        }
        Reply {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
            bytes,
        }
    }

    /// Sends a request with these headers, which come before the browser's own.
    pub async fn send(&self, method: Method, path: &str, headers: &[(&'static str, &str)], body: Option<&Value>) -> Reply {
        let body = body.map(ToString::to_string).unwrap_or_default();
        self.send_text(method, path, headers, body).await
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, &[], None).await
    }

    /// `GET` of what the browser has already, under this ETag.
    pub async fn get_again(&self, path: &str, etag: &str) -> Reply {
        self.send(Method::GET, path, &[("if-none-match", etag)], None).await
    }

    /// `POST`.
    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send(Method::POST, path, &[], Some(body)).await
    }

    /// `POST` under an `Idempotency-Key`.
    pub async fn post_once(&self, path: &str, key: &str, body: &Value) -> Reply {
        self.send(Method::POST, path, &[("idempotency-key", key)], Some(body)).await
    }

    /// `PATCH`.
    pub async fn patch(&self, path: &str, body: &Value) -> Reply {
        self.send(Method::PATCH, path, &[], Some(body)).await
    }

    /// `PUT` of what stands under this ETag.
    pub async fn put(&self, path: &str, etag: &str, body: &Value) -> Reply {
        self.send(Method::PUT, path, &[("if-match", etag)], Some(body)).await
    }

    /// `DELETE`.
    pub async fn delete(&self, path: &str) -> Reply {
        self.send(Method::DELETE, path, &[], None).await
    }
}

impl Reply {
    /// The body, where the answer has this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }

    /// Status and the problem's code.
    #[must_use]
    pub fn problem(&self) -> (u16, &str) {
        (self.status, self.body["code"].as_str().unwrap_or_default())
    }

    /// Asserts a problem of this status and code, in the form that RFC 9457 gives it.
    #[track_caller]
    pub fn refuses(self, status: u16, code: &str) -> Value {
        assert_eq!(self.problem(), (status, code), "{}", self.body);
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.body);
        assert_eq!(self.body["status"], status, "{}", self.body);
        self.body
    }

    /// The faulty fields, each `field code`.
    #[must_use]
    pub fn faulty(&self) -> Vec<String> {
        let faults = self.body["errors"].as_array().into_iter().flatten();
        faults
            .map(|fault| format!("{} {}", fault["field"].as_str().unwrap(), fault["code"].as_str().unwrap()))
            .collect()
    }

    /// Asserts 422 with these faulty fields, each `field code`.
    #[track_caller]
    pub fn faults(self, expected: &[&str]) {
        assert_eq!(self.problem(), (422, "invalid"), "{}", self.body);
        assert_eq!(self.faulty(), expected);
    }

    /// A header; empty where it is not there.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}
