//! Five equal requests at once, under one `Idempotency-Key`: one effect, five equal answers. For every kind of write that takes a key, at the running
//! routes.
//!
//! What one effect is, a second desk tells, where the same request is sent once: afterwards both tables hold as many items of each kind.
#![expect(clippy::unwrap_used, reason = "helpers of a test fail the test")]

use std::collections::BTreeMap;

use chamada_domain::{Role, TicketNumber, User};
use chamada_platform::Platform;
use chamada_tests::desk::{Browser, Desk, Reply};
use futures::future::join_all;
use http::Method;
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;

fn routes(platform: Platform) -> OpenApiRouter {
    [tickets::router, attachments::router, accounts::router, mailboxes::router]
        .into_iter()
        .fold(OpenApiRouter::new(), |all, router| all.merge(router(platform.clone())))
}

/// A desk with all that a request may be about.
struct House {
    desk: Desk,
    root: Browser,
    ana: Browser,
    eva: User,
    /// Ana's ticket, which the administrator attends to, its newest version 2.
    ticket: TicketNumber,
    /// A second one.
    other: TicketNumber,
    /// One that the administrator has resolved.
    resolved: TicketNumber,
    /// A file of Ana's that hangs on no ticket.
    upload: String,
    mailbox: String,
}

impl House {
    async fn build() -> Self {
        let desk = Desk::open(routes).await;
        let (ana, eva) = (
            desk.person("ana@example.org", Role::User).await,
            desk.person("eva@example.org", Role::User).await,
        );
        let admin = desk.person("root@example.org", Role::Administrator).await;
        desk.person("second@example.org", Role::Administrator).await;
        let root = desk.signed_in(&admin).await;
        let ticket = desk.ticket(&ana).await.number;
        desk.assign(ticket, &admin).await;
        let other = desk.ticket(&ana).await.number;
        let resolved = desk.ticket(&ana).await.number;
        desk.answer(resolved, &admin, "Hecho.", |message| message.resolve = true, &Default::default())
            .await;
        desk.held_key(ticket, &ana).await;
        let made = root.post("/api/mailboxes", &mailbox("Soporte")).await.expect(201);
        Self {
            mailbox: made["id"].as_str().unwrap().to_owned(),
            upload: desk.uploaded(&ana, "a.txt").await.to_string(),
            ana: desk.signed_in(&ana).await,
            desk,
            root,
            eva,
            ticket,
            other,
            resolved,
        }
    }

    /// How many items of each kind lie in the table, by the beginnings of their keys.
    async fn items(&self) -> BTreeMap<String, usize> {
        let mut kinds = BTreeMap::new();
        let kind = |key: &str| {
            key.split('#')
                .next()
                .unwrap()
                .chars()
                .filter(char::is_ascii_uppercase)
                .collect::<String>()
        };
        for item in self.desk.items("").await {
            *kinds.entry(format!("{} {}", kind(&item["pk"]), kind(&item["sk"]))).or_default() += 1;
        }
        kinds
    }

    fn path(&self, path: &str) -> String {
        path.replace("{ticket}", &self.ticket.to_string())
            .replace("{other}", &self.other.to_string())
            .replace("{resolved}", &self.resolved.to_string())
            .replace("{eva}", self.eva.id.as_str())
            .replace("{upload}", &self.upload)
            .replace("{mailbox}", &self.mailbox)
    }

    async fn send(&self, case: &Case) -> Reply {
        let browser = if case.by_ana { &self.ana } else { &self.root };
        let version = match case.path {
            "/api/organisation" | "/api/categories" => "\"1\"",
            _ => "\"2\"",
        };
        let headers = [("idempotency-key", "the-one"), ("if-match", version)];
        let path = self.path(case.path);
        let body = (!case.body.is_null()).then(|| self.filled(&case.body));
        browser.send(case.method.clone(), &path, &headers, body.as_ref()).await
    }

    /// The body with the numbers of this house.
    fn filled(&self, body: &Value) -> Value {
        let text = body.to_string();
        let text = text
            .replace("\"{other}\"", &self.other.to_string())
            .replace("\"{ticket}\"", &self.ticket.to_string());
        serde_json::from_str(&text).unwrap()
    }
}

fn mailbox(name: &str) -> Value {
    json!({
        "name": name, "address": "help@example.org", "host": "127.0.0.1", "port": 1, "security": "plain",
        "auth": {"type": "password", "username": "u", "password": "p"}, "after_import": "leave",
    })
}

/// A request.
struct Case {
    method: Method,
    path: &'static str,
    body: Value,
    /// Whether Ana sends it, and not the administrator.
    by_ana: bool,
    status: u16,
}

fn case(method: Method, path: &'static str, body: Value, status: u16) -> Case {
    Case {
        method,
        path,
        body,
        by_ana: false,
        status,
    }
}

fn by_ana(method: Method, path: &'static str, body: Value, status: u16) -> Case {
    Case {
        by_ana: true,
        ..case(method, path, body, status)
    }
}

fn cases() -> Vec<Case> {
    let file = json!({"name": "a.txt", "content_type": "text/plain", "size": 4, "sha256": "ab".repeat(32)});
    let names = json!({"es": "Red", "pt": "Rede", "en": "Network"});
    vec![
        by_ana(
            Method::POST,
            "/api/tickets",
            json!({"title": "T", "body": "B", "kind": "incident"}),
            201,
        ),
        by_ana(Method::POST, "/api/tickets/{ticket}/messages", json!({"body": "B"}), 201),
        case(
            Method::POST,
            "/api/tickets/{ticket}/messages",
            json!({"body": "N", "visibility": "internal"}),
            201,
        ),
        case(
            Method::POST,
            "/api/tickets/{ticket}/messages",
            json!({"body": "R", "resolve": true}),
            201,
        ),
        case(
            Method::PATCH,
            "/api/tickets/{ticket}",
            json!({"priority": "high", "title": "U"}),
            200,
        ),
        case(Method::POST, "/api/tickets/{other}/claim", Value::Null, 200),
        by_ana(
            Method::PUT,
            "/api/tickets/{resolved}/rating",
            json!({"stars": 5, "comment": "Bien"}),
            200,
        ),
        by_ana(Method::PUT, "/api/tickets/{ticket}/read", json!({"seq": 1}), 204),
        case(Method::POST, "/api/tickets/{ticket}/merge", json!({"into": "{other}"}), 200),
        case(Method::PUT, "/api/tickets/{ticket}/links/{other}", Value::Null, 200),
        case(Method::DELETE, "/api/tickets/{ticket}/links/{other}", Value::Null, 204),
        case(Method::DELETE, "/api/tickets/{ticket}", Value::Null, 204),
        case(Method::POST, "/api/tickets/{ticket}/restore", Value::Null, 200),
        case(Method::POST, "/api/tickets/{ticket}/erase", Value::Null, 200),
        case(
            Method::POST,
            "/api/tickets/bulk",
            json!({"numbers": ["{ticket}", "{other}", 999], "set": {"priority": "urgent"}}),
            200,
        ),
        case(Method::DELETE, "/api/tickets/{ticket}/keys", Value::Null, 204),
        case(Method::POST, "/api/users", json!({"email": "new@example.org", "name": "New"}), 201),
        case(
            Method::PATCH,
            "/api/users/{eva}",
            json!({"name": "Otra", "email": "otra@example.org"}),
            200,
        ),
        case(Method::DELETE, "/api/users/{eva}", Value::Null, 204),
        by_ana(Method::PATCH, "/api/me", json!({"name": "Ana María"}), 200),
        case(Method::PATCH, "/api/settings", json!({"site_name": "Otra"}), 200),
        case(
            Method::PUT,
            "/api/organisation",
            json!({"corporations": [{"name": "C", "companies": []}]}),
            200,
        ),
        case(
            Method::PUT,
            "/api/categories",
            json!({"incident": [{"names": names, "subcategories": []}], "requirement": []}),
            200,
        ),
        case(
            Method::PUT,
            "/api/canned-replies",
            json!({"replies": [{"name": "Hola", "bodies": {"es": "Hola"}}]}),
            200,
        ),
        by_ana(Method::POST, "/api/attachments", file, 201),
        by_ana(Method::DELETE, "/api/attachments/{upload}", Value::Null, 204),
        case(Method::POST, "/api/mailboxes", mailbox("Otro"), 201),
        case(Method::PATCH, "/api/mailboxes/{mailbox}", json!({"name": "Nuevo"}), 200),
        case(Method::DELETE, "/api/mailboxes/{mailbox}", Value::Null, 204),
        case(Method::POST, "/api/mailboxes/{mailbox}/test", Value::Null, 200),
        case(Method::POST, "/api/mailboxes/{mailbox}/sweep", Value::Null, 202),
        case(Method::POST, "/api/sweeps", Value::Null, 202),
    ]
}

/// What five equal answers have in common. A presigned address is signed anew each time, for the same file.
fn essence(reply: &Reply) -> (u16, Value) {
    let mut body = reply.body.clone();
    if let Some(upload) = body.get_mut("upload") {
        upload["url"] = Value::Null;
    }
    (reply.status, body)
}

/// What is wrong with how a case is answered, if anything.
async fn fault(case: &Case) -> Option<String> {
    let (once, five) = (House::build().await, House::build().await);
    let single = once.send(case).await;
    if single.status != case.status {
        return Some(format!("is answered {} {}", single.status, single.body));
    }
    let replies = join_all((0..5).map(|_| five.send(case))).await;
    let answers: Vec<_> = replies.iter().map(essence).collect();
    if answers.iter().any(|answer| *answer != answers[0] || answer.0 != case.status) {
        return Some(format!("is answered {answers:#?}"));
    }
    let (wanted, found) = (once.items().await, five.items().await);
    if wanted != found {
        return Some(format!("writes {found:?}, not {wanted:?}"));
    }
    // And a sixth time, later.
    let again = essence(&five.send(case).await);
    (again != answers[0] || five.items().await != wanted).then(|| format!("is answered {again:?} a sixth time"))
}

#[tokio::test(flavor = "multi_thread")]
async fn five_equal_requests_have_one_effect_and_one_answer() {
    let mut faults = Vec::new();
    for case in cases() {
        for _ in 0..2 {
            if let Some(fault) = fault(&case).await {
                faults.push(format!("{} {} {}: {fault}", case.method, case.path, case.body));
                break;
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Every write of the description that takes a key is asked above, but for those that need bytes in a bucket, mails or secrets of their own, those that
/// count towards a limit each time, and imports of files, which tell what each of them found.
#[test]
fn every_write_that_takes_a_key_is_asked() {
    let elsewhere = [
        "POST /api/attachments/{id}/complete",
        "DELETE /api/mailboxes/{id}/messages/{message_id}",
        "DELETE /api/tickets/{number}/keys/{id}",
        "DELETE /api/tokens/{id}",
        "POST /api/sign-in",
        "POST /api/ticket-links",
        "POST /api/tickets/{number}/bundle",
        "POST /api/import/{what}",
    ];
    let description: Value = serde_json::from_str(&chamada_local::wiring::openapi().unwrap()).unwrap();
    let asked: Vec<Vec<String>> = cases()
        .iter()
        .map(|case| words(&format!("{} {}", case.method, case.path)))
        .collect();
    let mut missing = Vec::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let named = operation["parameters"].as_array().into_iter().flatten();
            let takes_key = named.clone().any(|parameter| parameter["name"] == "Idempotency-Key");
            let call = format!("{} {path}", method.to_uppercase());
            if takes_key && !elsewhere.contains(&call.as_str()) && !asked.contains(&words(&call)) {
                missing.push(call);
            }
        }
    }
    assert_eq!(missing, Vec::<String>::new());
}

/// A call's words, with every parameter as `{}`.
fn words(call: &str) -> Vec<String> {
    let plain = |word: &str| if word.starts_with('{') { "{}".to_owned() } else { word.to_owned() };
    call.split(['/', ' ']).map(plain).collect()
}
