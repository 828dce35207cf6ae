//! A small client of the HTTP API: cookies and `Origin` as a browser has them, and nothing hidden.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use serde_json::{Value, json};
use std::{
    sync::Mutex,
    time::{Duration, Instant},
};

/// One person's browser.
pub struct Api {
    base: String,
    origin: String,
    http: reqwest::Client,
    cookie: Mutex<Option<String>>,
}

/// An answer, read whole.
#[derive(Clone, Debug)]
pub struct Reply {
    /// `POST /api/tickets` and the like, for messages.
    pub asked: String,
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Bytes,
}

impl Reply {
    /// The body as JSON; null where it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// Where the status is another one.
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}: {}", self.asked, String::from_utf8_lossy(&self.body));
        self.json()
    }

    /// Checks that this is a problem (RFC 9457) with this status and code, and nothing but a problem.
    ///
    /// # Panics
    /// Where it is not.
    pub fn expect_problem(&self, status: u16, code: &str) -> Value {
        let problem = self.expect(status);
        assert_eq!(problem["code"], code, "{}: {problem}", self.asked);
        assert_eq!(problem["status"], status, "{}: {problem}", self.asked);
        assert_eq!(
            self.header("content-type").unwrap_or_default(),
            "application/problem+json",
            "{}",
            self.asked
        );
        for member in ["type", "title", "detail", "request_id"] {
            assert!(problem[member].is_string(), "{}: no {member} in {problem}", self.asked);
        }
        problem
    }

    /// A header's text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|v| v.to_str().ok())
    }

    /// The codes of the faulty fields of an `invalid` problem, as `field code`, sorted.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let problem = self.json();
        let errors = problem["errors"].as_array().into_iter().flatten();
        let mut faults: Vec<String> = errors
            .map(|e| format!("{} {}", e["field"].as_str().unwrap_or("?"), e["code"].as_str().unwrap_or("?")))
            .collect();
        faults.sort();
        faults
    }
}

impl Api {
    /// A browser at `base` (where to connect) whose pages come from `origin` (what links begin with).
    #[must_use]
    pub fn new(base: &str, origin: &str) -> Self {
        let http = reqwest::Client::builder()
            .no_proxy()
            // A server that is killed and started again leaves connections behind that look usable.
            .pool_max_idle_per_host(0)
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(60));
        Self {
            base: base.trim_end_matches('/').to_owned(),
            origin: origin.to_owned(),
            http: http.build().expect("a plain client"),
            cookie: Mutex::default(),
        }
    }

    /// The cookie it holds, as `name=value`.
    #[must_use]
    pub fn cookie(&self) -> Option<String> {
        self.cookie.lock().expect("nothing panics while holding it").clone()
    }

    /// Sets or drops the cookie.
    pub fn set_cookie(&self, cookie: Option<String>) {
        *self.cookie.lock().expect("nothing panics while holding it") = cookie;
    }

    /// Sends a request with these headers, the cookie, and (for what changes state) the page's `Origin` unless one is given.
    pub async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Reply {
        let asked = format!("{method} {path}");
        let mut map = HeaderMap::new();
        if method != Method::GET {
            map.insert(header::ORIGIN, HeaderValue::from_str(&self.origin).unwrap());
        }
        if let Some(cookie) = self.cookie() {
            map.insert(header::COOKIE, HeaderValue::from_str(&cookie).unwrap());
        }
        for (name, value) in headers {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            // An empty value leaves the header out: for requests without Origin.
            if value.is_empty() {
                map.remove(name)
            } else {
                map.insert(name, HeaderValue::from_str(value).unwrap())
            };
        }
        let request = self
            .http
            .request(method, format!("{}{path}", self.base))
            .headers(map)
            .body(body.into());
        let answer = request.send().await.unwrap_or_else(|e| panic!("{asked}: {e:?}"));
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let body = answer.bytes().await.unwrap_or_else(|e| panic!("{asked}: {e:?}"));
        self.keep_cookie(&headers);
        Reply {
            asked,
            status,
            headers,
            body,
        }
    }

    fn keep_cookie(&self, headers: &HeaderMap) {
        for line in headers.get_all(header::SET_COOKIE).iter().filter_map(|v| v.to_str().ok()) {
            let pair = line.split(';').next().unwrap_or_default().trim();
            let gone = pair.ends_with('=') || line.to_ascii_lowercase().replace(' ', "").contains("max-age=0");
            self.set_cookie((!gone).then(|| pair.to_owned()));
        }
    }

    async fn send_json(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &Value) -> Reply {
        let headers: Vec<(&str, &str)> = [("content-type", "application/json")]
            .into_iter()
            .chain(headers.iter().copied())
            .collect();
        self.send(method, path, &headers, body.to_string()).await
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, &[], "").await
    }

    /// POST of JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send_json(Method::POST, path, &[], body).await
    }

    /// POST of JSON under an `Idempotency-Key`.
    pub async fn post_once(&self, path: &str, key: &str, body: &Value) -> Reply {
        self.send_json(Method::POST, path, &[("idempotency-key", key)], body).await
    }

    /// PUT of JSON.
    pub async fn put(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> Reply {
        self.send_json(Method::PUT, path, headers, body).await
    }

    /// PATCH of JSON, with no `If-Match`.
    pub async fn patch(&self, path: &str, body: &Value) -> Reply {
        self.send_json(Method::PATCH, path, &[], body).await
    }

    /// PATCH of a ticket at a version.
    pub async fn patch_at(&self, path: &str, version: u64, body: &Value) -> Reply {
        self.send_json(Method::PATCH, path, &[("if-match", &format!("\"{version}\""))], body)
            .await
    }

    /// Reads the ticket and changes it as it is now.
    pub async fn change(&self, number: u64, body: &Value) -> Value {
        let path = format!("/api/tickets/{number}");
        let version = self.get(&path).await.expect(200)["ticket"]["version"]
            .as_u64()
            .expect("a ticket has a version");
        self.patch_at(&path, version, body).await.expect(200)
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> Reply {
        self.send(Method::DELETE, path, &[], "").await
    }

    /// Follows a link as the page behind it does: redeems a sign-in link, or opens a ticket with its key. Returns the session.
    ///
    /// # Panics
    /// Where the link is of neither kind, or is refused.
    pub async fn follow(&self, link: &str) -> Value {
        self.try_follow(link).await.expect(200)
    }

    /// The same, whatever the answer.
    pub async fn try_follow(&self, link: &str) -> Reply {
        let body = session_body(link).unwrap_or_else(|| panic!("{link} is no sign-in link and no ticket link"));
        self.post("/api/session", &body).await
    }

    /// Uploads a file as the page does (API.md, Attachments 1-3) and returns its id.
    pub async fn upload(&self, name: &str, content_type: &str, bytes: &[u8]) -> String {
        use sha2::Digest as _;
        let sha256 = hex::encode(sha2::Sha256::digest(bytes));
        let declared = json!({"name": name, "content_type": content_type, "size": bytes.len(), "sha256": sha256});
        let made = self.post("/api/attachments", &declared).await.expect(201);
        let put = self.put_upload(&made["upload"], bytes).await;
        assert_eq!(put, 200, "PUT of {name}");
        let id = made["attachment_id"].as_str().expect("an upload has an id").to_owned();
        let completed = self.post(&format!("/api/attachments/{id}/complete"), &json!({})).await;
        completed.expect(200);
        id
    }

    /// PUTs bytes to a presigned URL with the headers that it asks for; the status.
    pub async fn put_upload(&self, upload: &Value, bytes: &[u8]) -> u16 {
        let url = upload["url"].as_str().expect("an upload has a URL");
        let mut request = self.http.put(url).body(bytes.to_vec());
        for (name, value) in upload["headers"].as_object().into_iter().flatten() {
            request = request.header(name, value.as_str().expect("a header is a string"));
        }
        request.send().await.expect("the files' origin answers").status().as_u16()
    }

    /// Fetches a presigned URL: status, headers, bytes.
    pub async fn fetch(&self, url: &str) -> (u16, HeaderMap, Bytes) {
        let answer = self.http.get(url).send().await.expect("the files' origin answers");
        (
            answer.status().as_u16(),
            answer.headers().clone(),
            answer.bytes().await.expect("a body"),
        )
    }

    /// Asks again and again until the answer satisfies, which it returns.
    ///
    /// # Panics
    /// With the last answer, where it does not within `patience`.
    pub async fn wait(&self, path: &str, patience: Duration, satisfies: impl Fn(&Value) -> bool) -> Value {
        let began = Instant::now();
        loop {
            let reply = self.get(path).await;
            let body = reply.json();
            if reply.status == 200 && satisfies(&body) {
                return body;
            }
            assert!(
                began.elapsed() < patience,
                "{path} does not come to what was awaited within {patience:?}: {} {body}",
                reply.status
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Every row of a list, over all its pages.
    pub async fn all(&self, path: &str) -> Vec<Value> {
        let joint = if path.contains('?') { '&' } else { '?' };
        let (mut rows, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self.get(&format!("{path}{joint}limit=100{cursor}")).await.expect(200);
            rows.extend(page["items"].as_array().expect("a list has items").iter().cloned());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return rows,
            }
        }
    }
}

/// What the page behind a link posts: `#/m/TOKEN` or `#/t/NUMBER?key=KEY`.
#[must_use]
pub fn session_body(link: &str) -> Option<Value> {
    let (_, fragment) = link.split_once("#/")?;
    if let Some(token) = fragment.strip_prefix("m/") {
        return Some(json!({"token": token}));
    }
    let (number, key) = fragment.strip_prefix("t/")?.split_once("?key=")?;
    Some(json!({"ticket": number.parse::<u64>().ok()?, "ticket_key": key}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_become_what_their_pages_post() {
        assert_eq!(session_body("http://localhost:1/#/m/abc"), Some(json!({"token": "abc"})));
        assert_eq!(
            session_body("http://localhost:1/#/t/1042?key=k"),
            Some(json!({"ticket": 1042, "ticket_key": "k"}))
        );
        assert_eq!(session_body("http://localhost:1/#/t/1042"), None);
    }
}
