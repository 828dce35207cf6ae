//! One machine's AWS side, people with sessions, and a client for the routes.

use std::path::PathBuf;

use axum::Router;
use axum::body::Body;
use chamada_domain::{Locale, MailboxId, Role, User, UserId};
use chamada_local::engine::Durability;
use chamada_local::folder::Folder;
use chamada_local::services::{Services, Settings};
use chamada_platform::{Clock, Secret, random, secret_hash};
use chamada_store::Session;
use chamada_web::App;
use chamada_web::session::person_cookie;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tower::ServiceExt;

/// A machine under test, with an administrator.
pub(crate) struct Machine {
    pub(crate) app: App,
    pub(crate) clock: Clock,
    admin: String,
    router: Router,
    _services: Services,
    _folder: TempDir,
}

/// What a route answered.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
    pub(crate) body: Value,
}

impl Answer {
    /// Status and the problem's code.
    pub(crate) fn problem(&self) -> (u16, &str) {
        (self.status.as_u16(), self.body["code"].as_str().unwrap_or_default())
    }

    /// Each faulty field with its code, `field:code`.
    pub(crate) fn faults(&self) -> Vec<String> {
        let errors = self.body["errors"].as_array().cloned().unwrap_or_default();
        let fault = |error: &Value| format!("{}:{}", error["field"].as_str().unwrap(), error["code"].as_str().unwrap());
        errors.iter().map(fault).collect()
    }
}

/// A mailbox on this machine, as a client sends it.
pub(crate) fn mailbox(port: u16) -> Value {
    json!({
        "name": "Soporte", "address": "soporte@example.org", "host": "127.0.0.1", "port": port, "security": "plain",
        "auth": {"type": "password", "username": "ana", "password": "hunter2"}, "after_import": "delete",
    })
}

impl Machine {
    pub(crate) async fn start() -> Self {
        Self::trusting(None).await
    }

    /// One that trusts the certificates of a file besides the usual ones.
    pub(crate) async fn trusting(extra_ca: Option<PathBuf>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let held = Folder::take(&folder.path().join("data")).unwrap();
        let files = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let settings = Settings {
            site_url: "http://localhost:8080".into(),
            files_url: format!("http://localhost:{}", files.local_addr().unwrap().port()),
            sender: "help@localhost".into(),
            smtp_url: None,
            extra_ca,
            trust_proxy: false,
            allow_plain_pop3: false,
            log_format: "text".into(),
            durability: Durability::default(),
        };
        let clock = Clock::system();
        let services = Services::start(&held, &settings, files, clock.clone()).await.unwrap();
        let platform = services.platform();
        let mut machine = Self {
            router: chamada_web::service(mailboxes::router(platform.clone()), &platform),
            app: App::new(platform),
            clock,
            admin: String::new(),
            _services: services,
            _folder: folder,
        };
        machine.admin = machine.person("admin", Role::Administrator).await;
        machine
    }

    /// The cookie of somebody who is signed in.
    pub(crate) async fn person(&self, name: &str, role: Role) -> String {
        let user = User {
            id: UserId::from_random(random()),
            email: format!("{name}@example.org").parse().unwrap(),
            name: name.to_owned(),
            role,
            locale: Locale::Es,
            company_id: None,
            active: true,
            notify: true,
            created_at: self.app.now(),
            password_hash: None,
        };
        self.app.store.create_user(&user, None).await.unwrap();
        let secret = Secret::generate();
        self.app
            .store
            .begin_session(&user.id, &secret_hash(&secret), &Session::begin(self.app.now()))
            .await
            .unwrap();
        person_cookie(&user.id, &secret).expose().to_owned()
    }

    /// Asks the routes with a cookie (empty: none) and an idempotency key.
    pub(crate) async fn ask_as(&self, cookie: &str, method: Method, path: &str, body: Option<&Value>, key: Option<&str>) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header("x-requested-with", "chamada");
        if !cookie.is_empty() {
            request = request.header("cookie", format!("session={cookie}"));
        }
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let response = self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response.into_body().collect().await.unwrap().to_bytes().to_vec();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Answer {
            status,
            headers,
            bytes,
            body,
        }
    }

    /// Asks as the administrator.
    pub(crate) async fn ask(&self, method: Method, path: &str, body: Option<&Value>, key: Option<&str>) -> Answer {
        self.ask_as(&self.admin, method, path, body, key).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, None, None).await
    }

    pub(crate) async fn post(&self, path: &str) -> Answer {
        self.ask(Method::POST, path, None, None).await
    }

    pub(crate) async fn create(&self, body: &Value) -> Answer {
        self.ask(Method::POST, "/api/mailboxes", Some(body), None).await
    }

    pub(crate) async fn change(&self, id: &str, body: &Value) -> Answer {
        self.ask(Method::PATCH, &format!("/api/mailboxes/{id}"), Some(body), None).await
    }

    /// Makes a mailbox; its id.
    pub(crate) async fn made(&self, body: &Value) -> String {
        let answer = self.create(body).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.body["id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn test(&self, id: &str) -> Answer {
        self.post(&format!("/api/mailboxes/{id}/test")).await
    }

    /// What the parameter store has for a mailbox.
    pub(crate) async fn secret(&self, id: &str) -> Option<String> {
        let found = self.app.platform.parameters().get(&format!("mailbox/{id}")).await.unwrap();
        found.map(|secret| secret.expose().to_owned())
    }
}

pub(crate) fn id_of(text: &str) -> MailboxId {
    text.parse().unwrap()
}
