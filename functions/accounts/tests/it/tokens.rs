//! API tokens, and what a program may do with one.

use chamada_domain::{Role, TokenScope};
use futures::future::join_all;
use http::Method;
use serde_json::{Value, json};
use time::Duration;

use chamada_tests::desk::{Browser, Desk, Reply};

const PATH: &str = "/api/tokens";

fn new(name: &str, scope: &str) -> Value {
    json!({"name": name, "scope": scope})
}

/// A request of a program: without a cookie.
async fn ask(desk: &Desk, bearer: &str, method: Method, path: &str, body: Option<&Value>) -> Reply {
    desk.browser().send(method, path, &[("authorization", bearer)], body).await
}

async fn make(browser: &Browser, body: &Value) -> (Value, String) {
    let made = browser.post(PATH, body).await.expect(201);
    let bearer = format!("Bearer {}", made["token"].as_str().unwrap());
    (made, bearer)
}

#[tokio::test]
async fn a_token_is_shown_once_and_kept_as_a_digest() {
    let desk = Desk::open(accounts::router).await;
    let (ana, browser) = desk.enter("ana@example.org", Role::User).await;
    let body = json!({"name": " Export ", "scope": "read", "expires_at": "2026-12-01T00:00:00Z"});
    let (made, bearer) = make(&browser, &body).await;
    let id = made["id"].as_str().unwrap();
    assert!(id.starts_with("tok_"), "{id}");
    let token = made["token"].as_str().unwrap();
    let (owner, secret) = token.split_once('.').unwrap();
    assert_eq!((owner, secret.len()), (ana.id.as_str(), 43), "256 bits in base64 without padding");
    let expected = json!({"id": id, "name": "Export", "scope": "read", "expires_at": "2026-12-01T00:00:00.000Z", "token": token});
    assert_eq!(made, expected);
    let (other, _) = make(&browser, &new("Import", "write")).await;
    assert_eq!((&other["expires_at"], &other["scope"]), (&Value::Null, &json!("write")));
    let listed = browser.get(PATH).await.expect(200);
    let rows = listed["items"].as_array().unwrap();
    assert_eq!(rows.len(), 2);
    let row = rows.iter().find(|row| row["id"] == id).unwrap();
    let expected = json!({"id": id, "name": "Export", "scope": "read", "created_at": "2026-11-22T05:07:31.412Z",
        "expires_at": "2026-12-01T00:00:00.000Z"});
    assert_eq!(*row, expected);
    let table = format!("{:?}", desk.items("").await);
    assert!(!table.contains(secret), "the table has no secret");
    assert_eq!(
        ask(&desk, &bearer, Method::GET, "/api/me", None).await.expect(200)["id"],
        ana.id.as_str()
    );
    let (_, stranger) = desk.enter("eva@example.org", Role::User).await;
    assert_eq!(stranger.get(PATH).await.expect(200), json!({"items": []}));
    stranger.delete(&format!("{PATH}/{id}")).await.refuses(404, "not_found");
    desk.browser().get(PATH).await.refuses(401, "sign_in_needed");
    desk.browser().post(PATH, &json!({})).await.refuses(401, "sign_in_needed");
}

#[tokio::test]
async fn every_field_has_its_rule() {
    let desk = Desk::open(accounts::router).await;
    let (_, browser) = desk.enter("ana@example.org", Role::User).await;
    browser.post(PATH, &json!({})).await.faults(&["name required", "scope required"]);
    let wrong = json!({"name": "x".repeat(81), "scope": "all", "expires_at": "tomorrow", "id": "tok_1"});
    browser
        .post(PATH, &wrong)
        .await
        .faults(&["name too_long", "scope invalid", "expires_at invalid", "id unknown"]);
    for past in ["2026-11-22T05:07:31.412Z", "2020-01-01T00:00:00Z"] {
        let body = json!({"name": "x", "scope": "read", "expires_at": past});
        browser.post(PATH, &body).await.faults(&["expires_at out_of_range"]);
    }
    assert_eq!(browser.get(PATH).await.expect(200), json!({"items": []}));
    browser.delete("/api/tokens/tok_0").await.refuses(404, "not_found");
    browser.delete("/api/tokens/x").await.refuses(404, "not_found");
}

#[tokio::test]
async fn a_token_that_works_no_more_is_nobodys_and_no_cookie_helps_it() {
    let desk = Desk::open(accounts::router).await;
    let (ana, browser) = desk.enter("ana@example.org", Role::User).await;
    let soon = json!({"name": "x", "scope": "write", "expires_at": "2026-11-22T06:07:31.412Z"});
    let (_, expiring) = make(&browser, &soon).await;
    let (deleted, revoked) = make(&browser, &new("y", "write")).await;
    let me = async |bearer: &str| browser.send(Method::GET, "/api/me", &[("authorization", bearer)], None).await;
    for bearer in [&expiring, &revoked] {
        me(bearer).await.expect(200);
    }
    browser
        .delete(&format!("{PATH}/{}", deleted["id"].as_str().unwrap()))
        .await
        .expect(204);
    me(&revoked).await.refuses(401, "sign_in_needed");
    desk.advance(Duration::hours(1) - Duration::milliseconds(1));
    me(&expiring).await.expect(200);
    desk.advance(Duration::milliseconds(1));
    me(&expiring).await.refuses(401, "sign_in_needed");
    let other = expiring.replacen(ana.id.as_str(), "usr_0", 1);
    let forged = format!("Bearer {}.{}", ana.id, "A".repeat(43));
    for unusable in ["Bearer", "Bearer x", "bearer usr_.x", "Bearer guest.x", &other, &forged] {
        me(unusable).await.refuses(401, "sign_in_needed");
    }
    let cookie = browser.cookie().unwrap();
    let as_token = format!("Bearer {}", cookie.split_once('=').unwrap().1);
    me(&as_token).await.refuses(401, "sign_in_needed");
    me("Basic YTpi").await.expect(200);
    let token = revoked.trim_start_matches("Bearer ");
    let name = cookie.split_once('=').unwrap().0;
    let (_, live) = make(&browser, &new("z", "write")).await;
    for secret in [token, live.trim_start_matches("Bearer ")] {
        let thief = desk.browser();
        thief.set_cookie(Some(format!("{name}={secret}")));
        thief.get("/api/me").await.refuses(401, "sign_in_needed");
    }
}

#[tokio::test]
async fn a_token_that_reads_changes_nothing() {
    let desk = Desk::open(accounts::router).await;
    let root = desk.person("root@example.org", Role::Administrator).await;
    let bearer = desk.program(&root, TokenScope::Read).await;
    for path in ["/api/me", "/api/users", "/api/settings", "/api/organisation", PATH] {
        ask(&desk, &bearer, Method::GET, path, None).await.expect(200);
        assert_eq!(ask(&desk, &bearer, Method::HEAD, path, None).await.status, 200, "{path}");
    }
    let writes = [
        (Method::POST, "/api/users"),
        (Method::PATCH, "/api/me"),
        (Method::PATCH, "/api/settings"),
        (Method::PUT, "/api/organisation"),
        (Method::PUT, "/api/categories"),
        (Method::POST, "/api/sign-in"),
        (Method::POST, "/api/session"),
        (Method::DELETE, "/api/sessions"),
        (Method::POST, PATH),
    ];
    for (method, path) in writes {
        // What is no JSON would be 400, had anybody read it.
        let headers = [("authorization", bearer.as_str())];
        let reply = desk.browser().send_text(method.clone(), path, &headers, "{".into()).await;
        let problem = reply.refuses(403, "forbidden");
        assert!(
            problem["detail"].as_str().unwrap().contains("may only read"),
            "{method} {path}: {problem}"
        );
    }
}

#[tokio::test]
async fn a_token_that_writes_does_what_its_owner_may_and_nothing_of_their_own() {
    let desk = Desk::open(accounts::router).await;
    let root = desk.person("root@example.org", Role::Administrator).await;
    let bearer = desk.program(&root, TokenScope::Write).await;
    let session = desk.signed_in(&root).await;
    let made = json!({"email": "ana@example.org", "name": "Ana"});
    let made = ask(&desk, &bearer, Method::POST, "/api/users", Some(&made)).await.expect(201);
    let name = json!({"name": "Root"});
    ask(&desk, &bearer, Method::PATCH, "/api/me", Some(&name)).await.expect(200);
    let elsewhere = [("authorization", bearer.as_str()), ("origin", "https://elsewhere.example")];
    let anywhere = desk.browser().send(Method::PATCH, "/api/me", &elsewhere, Some(&name)).await;
    anywhere.expect(200);
    let ana = desk.app.store.user(&made["id"].as_str().unwrap().parse().unwrap()).await.unwrap();
    let hers = desk.program(&ana, TokenScope::Write).await;
    ask(&desk, &hers, Method::GET, "/api/users", None).await.refuses(403, "forbidden");
    let tokens = session.get(PATH).await.expect(200);
    let own = format!("{PATH}/{}", tokens["items"][0]["id"].as_str().unwrap());
    let (other, _) = make(&session, &new("other", "read")).await;
    let other = format!("{PATH}/{}", other["id"].as_str().unwrap());
    let password = json!({"password": "three odd words of mine", "current_password": "x"});
    let link = json!({"token": desk.token(&root).await});
    let refused = [
        (Method::POST, PATH, Some(new("more", "read"))),
        (Method::DELETE, other.as_str(), None),
        (Method::POST, "/api/session", Some(link)),
        (Method::DELETE, "/api/session", None),
        (Method::DELETE, "/api/sessions", None),
        (Method::PATCH, "/api/me", Some(password)),
    ];
    for (method, path, body) in refused {
        let problem = ask(&desk, &bearer, method, path, body.as_ref()).await.refuses(403, "forbidden");
        assert!(problem["detail"].as_str().unwrap().contains("browser"), "{path}: {problem}");
    }
    session.get("/api/me").await.expect(200);
    ask(&desk, &bearer, Method::DELETE, &own, None).await.expect(204);
    ask(&desk, &bearer, Method::GET, "/api/me", None)
        .await
        .refuses(401, "sign_in_needed");
}

#[tokio::test]
async fn a_token_stops_with_its_owner() {
    let desk = Desk::open(accounts::router).await;
    let root = desk.administrator().await;
    let ana = desk.person("ana@example.org", Role::Administrator).await;
    let bearer = desk.program(&ana, TokenScope::Write).await;
    let path = format!("/api/users/{}", ana.id);
    ask(&desk, &bearer, Method::GET, "/api/users", None).await.expect(200);
    root.patch(&path, &json!({"role": "specialist"})).await.expect(200);
    ask(&desk, &bearer, Method::GET, "/api/users", None).await.refuses(403, "forbidden");
    root.delete(&path).await.expect(204);
    ask(&desk, &bearer, Method::GET, "/api/me", None)
        .await
        .refuses(401, "sign_in_needed");
}

#[tokio::test]
async fn one_has_twenty_at_most_however_fast_one_asks() {
    let desk = Desk::open(accounts::router).await;
    let (_, browser) = desk.enter("ana@example.org", Role::User).await;
    let body = new("x", "read");
    let replies = join_all((0..24).map(|_| browser.post(PATH, &body))).await;
    let made = replies.iter().filter(|reply| reply.status == 201).count();
    let refused = replies.iter().filter(|reply| reply.problem() == (409, "too_many_tokens")).count();
    assert_eq!((made, refused), (20, 4));
    let items = browser.get(PATH).await.expect(200)["items"].as_array().unwrap().clone();
    assert_eq!(items.len(), 20);
    let path = format!("{PATH}/{}", items[0]["id"].as_str().unwrap());
    let key = [("idempotency-key", "d")];
    for reply in join_all((0..5).map(|_| browser.send(Method::DELETE, &path, &key, None))).await {
        reply.expect(204);
    }
    browser.send(Method::DELETE, &path, &key, None).await.expect(204);
    browser.delete(&path).await.refuses(404, "not_found");
    browser.post(PATH, &body).await.expect(201);
    browser.post(PATH, &body).await.refuses(409, "too_many_tokens");
}

#[tokio::test]
async fn tokens_are_counted_rightly_while_all_of_them_end() {
    let desk = Desk::open(accounts::router).await;
    for round in 0..12 {
        let (ana, browser) = desk.enter(&format!("ana{round}@example.org"), Role::User).await;
        let body = new("x", "read");
        for _ in 0..3 {
            browser.post(PATH, &body).await.expect(201);
        }
        let items = browser.get(PATH).await.expect(200)["items"].clone();
        let one = format!("{PATH}/{}", items[0]["id"].as_str().unwrap());
        let (ended, _, _) = tokio::join!(
            desk.app.store.end_tokens(&ana.id),
            join_all((0..4).map(|_| browser.post(PATH, &body))),
            browser.delete(&one)
        );
        ended.unwrap();
        let left = browser.get(PATH).await.expect(200)["items"].as_array().unwrap().len();
        let more = join_all((0..22).map(|_| browser.post(PATH, &body))).await;
        let made = more.iter().filter(|reply| reply.status == 201).count();
        assert_eq!(left + made, 20, "{left} were left, and {made} more were made");
    }
}

#[tokio::test]
async fn another_site_makes_no_token() {
    let desk = Desk::open(accounts::router).await;
    let (_, browser) = desk.enter("ana@example.org", Role::User).await;
    let headers = [("origin", "https://evil.example")];
    let reply = browser.send(Method::POST, PATH, &headers, Some(&new("x", "read"))).await;
    reply.refuses(403, "cross_site");
}
