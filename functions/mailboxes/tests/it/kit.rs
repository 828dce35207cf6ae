//! A desk with an administrator who looks after its mailboxes.

use std::ops::Deref;
use std::path::PathBuf;

use chamada_domain::{MailboxId, Role};
use chamada_tests::desk::{Browser, Desk, Reply, Setup};
use http::Method;
use serde_json::{Value, json};

/// A desk and its administrator's browser.
pub(crate) struct Machine {
    desk: Desk,
    admin: Browser,
}

impl Deref for Machine {
    type Target = Desk;

    fn deref(&self) -> &Desk {
        &self.desk
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
        let setup = Setup {
            extra_ca,
            ..Setup::in_real_time()
        };
        let desk = Desk::with(setup, mailboxes::router).await;
        let admin = desk.administrator().await;
        Self { desk, admin }
    }

    /// The browser of somebody who is signed in.
    pub(crate) async fn signed_in_as(&self, role: Role) -> Browser {
        let email = format!(
            "{}@example.org",
            chamada_platform::random::<4>().map(|byte| byte.to_string()).join(".")
        );
        self.desk.enter(&email, role).await.1
    }

    /// Asks as the administrator, with an idempotency key.
    pub(crate) async fn ask(&self, method: Method, path: &str, body: Option<&Value>, key: Option<&str>) -> Reply {
        let key: Vec<_> = key.map(|key| ("idempotency-key", key)).into_iter().collect();
        self.admin.send(method, path, &key, body).await
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.admin.get(path).await
    }

    pub(crate) async fn post(&self, path: &str) -> Reply {
        self.ask(Method::POST, path, None, None).await
    }

    pub(crate) async fn create(&self, body: &Value) -> Reply {
        self.admin.post("/api/mailboxes", body).await
    }

    pub(crate) async fn change(&self, id: &str, body: &Value) -> Reply {
        self.admin.patch(&format!("/api/mailboxes/{id}"), body).await
    }

    /// Makes a mailbox; its id.
    pub(crate) async fn made(&self, body: &Value) -> String {
        self.create(body).await.expect(201)["id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn test(&self, id: &str) -> Reply {
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
