//! Routes in full dress, asked as a client asks.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use aws_config::{BehaviorVersion, SdkConfig};
use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use chamada_domain::{Refusal, TicketNumber};
use chamada_platform::{Clock, Config, PeerAddress, Platform, RequestId};
use chamada_web::read::{integer, line};
use chamada_web::{Fields, Id, Input, Json, Nothing, Problem, Raw, SameOrigin, SourceAddress, Write, service};
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

const SITE: &str = "https://help.example.org";

fn platform(more: &'static [(&'static str, &'static str)]) -> Platform {
    let config = Config::read(&|name| {
        let set = more.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        set.or_else(|| match name {
            "SITE_URL" => Some(SITE.to_owned()),
            "TABLE_NAME" | "FILES_BUCKET" | "MAIL_BUCKET" | "PROOF_BUCKET" | "EVENT_BUS_NAME" | "SENDER" => Some("x".to_owned()),
            _ => None,
        })
    });
    let sdk = SdkConfig::builder().behavior_version(BehaviorVersion::latest()).build();
    Platform::with(config.unwrap(), sdk, Clock::system())
}

#[derive(Debug)]
struct Rating {
    stars: i64,
    comment: Option<String>,
}

impl Input for Rating {
    fn read(f: &mut Fields<'_>) -> Option<Self> {
        let stars = f.required("stars", integer(1..=5));
        let comment = f.optional("comment", line(1..=10));
        Some(Self {
            stars: stars?,
            comment: comment?,
        })
    }
}

async fn rate(Id(number): Id<TicketNumber>, write: Write<Rating>) -> Result<Json<Value>, Problem> {
    if number.0 == 404 {
        return Err(Refusal::NotFound.into());
    }
    let key = write.key.map(|key| key.as_str().to_owned());
    Ok(Json(
        json!({"stars": write.body.stars, "comment": write.body.comment, "key": key, "digest": write.digest}),
    ))
}

async fn boom() -> Response {
    panic!("ana@example.com wrote this")
}

async fn source(SourceAddress(address): SourceAddress) -> String {
    address.to_string()
}

async fn framed() -> Response {
    ([("content-security-policy", "sandbox")], "x").into_response()
}

fn app(more: &'static [(&'static str, &'static str)]) -> Router {
    let routes = Router::new()
        .route("/api/tickets/{n}/rating", get(|| async { "read" }).put(rate))
        .route("/api/boom", get(boom))
        .route("/api/source", get(source))
        .route("/api/framed", get(framed))
        .route("/api/raw", post(|Raw(bytes): Raw| async move { bytes.len().to_string() }))
        .route("/api/session", post(|_: SameOrigin| async { "in" }))
        .route("/api/nothing", post(|_: Write<Nothing>| async { "done" }));
    service(routes.into(), &platform(more))
}

async fn ask(request: Request<Body>) -> (StatusCode, http::HeaderMap, Value) {
    ask_of(app(&[]), request).await
}

async fn ask_of(app: Router, request: Request<Body>) -> (StatusCode, http::HeaderMap, Value) {
    let response = app.oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    let value = serde_json::from_slice(&bytes).unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()));
    (parts.status, parts.headers, value)
}

fn put(path: &str, body: impl Into<Body>) -> Request<Body> {
    Request::put(path).body(body.into()).unwrap()
}

#[tokio::test]
async fn a_good_request_is_answered_with_all_headers() {
    let (status, headers, body) = ask(put("/api/tickets/7/rating", r#"{"stars": 5, "comment": " ok "}"#)).await;
    assert_eq!(
        (status, &body["stars"], &body["comment"]),
        (StatusCode::OK, &json!(5), &json!("ok"))
    );
    assert_eq!(headers["x-content-type-options"], "nosniff");
    assert_eq!(headers["cache-control"], "no-store");
    assert_eq!(headers["x-frame-options"], "DENY");
    assert_eq!(headers["strict-transport-security"], "max-age=31536000");
    assert!(
        headers["content-security-policy"]
            .to_str()
            .unwrap()
            .starts_with("default-src 'none'")
    );
    assert_eq!(headers["x-request-id"].len(), 24);
}

#[tokio::test]
async fn a_handler_s_own_policy_wins() {
    let (_, headers, _) = ask(Request::get("/api/framed").body(Body::empty()).unwrap()).await;
    assert_eq!(headers["content-security-policy"], "sandbox");
    assert!(!headers.contains_key("x-frame-options"));
}

#[tokio::test]
async fn faults_are_problems_that_name_their_request() {
    let mut request = put("/api/tickets/7/rating", r#"{"stars": 9, "coment": "x"}"#);
    request.extensions_mut().insert(RequestId("req-1".into()));
    let (status, headers, body) = ask(request).await;
    assert_eq!(
        (status.as_u16(), headers["content-type"].to_str().unwrap()),
        (422, "application/problem+json")
    );
    assert_eq!(
        (body["code"].as_str(), body["request_id"].as_str()),
        (Some("invalid"), Some("req-1"))
    );
    assert_eq!(
        (&body["errors"][0]["field"], &body["errors"][1]["field"]),
        (&json!("stars"), &json!("coment"))
    );
    assert_eq!(headers["x-request-id"], "req-1");

    let refused = [
        (put("/api/tickets/7/rating", "{"), 400, "bad_json"),
        (put("/api/tickets/7/rating", ""), 400, "bad_json"),
        (put("/api/tickets/7/rating", "[]"), 422, "invalid"),
        (put("/api/tickets/404/rating", r#"{"stars": 1}"#), 404, "not_found"),
        (put("/api/tickets/x7/rating", r#"{"stars": 1}"#), 404, "not_found"),
        (put("/api/tickets/%ff/rating", r#"{"stars": 1}"#), 404, "not_found"),
        (put("/api/none", ""), 404, "not_found"),
    ];
    for (request, status, code) in refused {
        let (found, headers, body) = ask(request).await;
        assert_eq!((found.as_u16(), body["code"].as_str()), (status, Some(code)));
        assert_eq!(body["request_id"].as_str(), headers["x-request-id"].to_str().ok());
    }
}

#[tokio::test]
async fn another_method_is_told_which_there_are() {
    let (status, headers, body) = ask(Request::delete("/api/tickets/7/rating").body(Body::empty()).unwrap()).await;
    assert_eq!((status.as_u16(), body["code"].as_str()), (405, Some("method_not_allowed")));
    let allow = headers["allow"].to_str().unwrap();
    assert!(allow.contains("GET") && allow.contains("PUT"), "{allow}");
}

#[tokio::test]
async fn a_panic_is_a_problem_without_its_message() {
    let (status, headers, body) = ask(Request::get("/api/boom").body(Body::empty()).unwrap()).await;
    assert_eq!((status.as_u16(), body["code"].as_str()), (500, Some("internal")));
    assert!(!body.to_string().contains("ana@example.com"));
    assert!(headers.contains_key("x-request-id") && headers.contains_key("content-security-policy"));
}

#[tokio::test]
async fn bodies_over_a_megabyte_are_refused_announced_or_not() {
    let big = vec![b'a'; (1 << 20) + 1];
    let announced = Request::post("/api/raw")
        .header("content-length", big.len())
        .body(Body::from(big.clone()))
        .unwrap();
    let unannounced = Request::post("/api/raw").body(Body::from(big.clone())).unwrap();
    for request in [announced, unannounced, put("/api/tickets/7/rating", big)] {
        let (status, _, body) = ask(request).await;
        assert_eq!((status.as_u16(), body["code"].as_str()), (413, Some("too_large")));
    }
}

#[tokio::test]
async fn one_key_one_digest_for_one_request() {
    async fn digest(path: &str, body: &'static str) -> Value {
        let mut request = put(path, body);
        request.headers_mut().insert("idempotency-key", "k1".parse().unwrap());
        let (_, _, answer) = ask(request).await;
        assert_eq!(answer["key"], "k1");
        answer["digest"].clone()
    }
    let first = digest("/api/tickets/7/rating", r#"{"stars": 5, "comment": "a"}"#).await;
    assert_eq!(first, digest("/api/tickets/7/rating", r#"{"comment":"a","stars":5}"#).await);
    assert_ne!(first, digest("/api/tickets/7/rating", r#"{"stars": 4, "comment": "a"}"#).await);
    assert_ne!(first, digest("/api/tickets/8/rating", r#"{"stars": 5, "comment": "a"}"#).await);
}

#[tokio::test]
async fn a_body_that_needs_nothing_may_be_missing() {
    for (body, status) in [("", 200), ("{}", 200), (r#"{"x":1}"#, 422), ("x", 400)] {
        let (found, _, _) = ask(Request::post("/api/nothing").body(Body::from(body)).unwrap()).await;
        assert_eq!(found.as_u16(), status, "{body}");
    }
}

#[tokio::test]
async fn other_sites_cannot_use_a_visitor_s_cookie() {
    let request = |method: Method, path: &str, cookie: bool, origin: &str| {
        let request = Request::builder().method(method).uri(path).header("origin", origin);
        let request = if cookie {
            request.header("cookie", "__Host-session=x")
        } else {
            request
        };
        request.body(Body::empty()).unwrap()
    };
    let cases = [
        (request(Method::POST, "/api/nothing", true, "https://evil.example"), 403),
        (request(Method::POST, "/api/nothing", true, SITE), 200),
        (request(Method::POST, "/api/nothing", false, "https://evil.example"), 200),
        (request(Method::GET, "/api/tickets/7/rating", true, "https://evil.example"), 200),
        (request(Method::POST, "/api/session", false, "https://evil.example"), 403),
        (request(Method::POST, "/api/session", false, SITE), 200),
    ];
    for (request, status) in cases {
        let (found, _, body) = ask(request).await;
        assert_eq!(found.as_u16(), status);
        assert!(status == 200 || body["code"] == "cross_site");
    }
}

#[tokio::test]
async fn forwarding_headers_count_where_they_are_trusted() {
    let request = || {
        let request = Request::get("/api/source")
            .header("x-forwarded-for", "1.1.1.1, 203.0.113.7")
            .header("cloudfront-viewer-address", "198.51.100.9:1");
        let mut request = request.body(Body::empty()).unwrap();
        request.extensions_mut().insert(PeerAddress([192, 0, 2, 1].into()));
        request
    };
    assert_eq!(ask_of(app(&[]), request()).await.2, "192.0.2.1");
    assert_eq!(ask_of(app(&[("TRUST_PROXY", "true")]), request()).await.2, "203.0.113.7");
    assert_eq!(ask_of(app(&[("TRUST_PROXY", "cloudfront")]), request()).await.2, "198.51.100.9");
}
