//! The help desk that most end-to-end tests begin with: server, POP3 server, administrator, one mailbox.

use crate::{
    between::Between,
    client::Api,
    dovecot::{self, Dovecot},
    env,
    naive::{count, dump},
    outbox,
    server::{Options, Server},
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};

/// How long a test waits for what should follow within seconds; machines that run tests are shared.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The mailbox's user and password at the POP3 server.
pub const MAILBOX: (&str, &str) = ("soporte", "correo secreto");

/// A running help desk.
pub struct Desk {
    /// The server.
    pub server: Server,
    /// The POP3 server.
    pub pop3: Dovecot,
    /// The first administrator's browser.
    pub admin: Api,
    /// The id of the one mailbox.
    pub mailbox: String,
}

impl Desk {
    /// A help desk whose server starts with these options.
    pub async fn open(options: Options) -> Self {
        let pop3 = Dovecot::start_with(&[MAILBOX], &dovecot::Options::default());
        let server = Server::start(Options {
            extra_ca: Some(pop3.ca_file()),
            ..options
        });
        Self::furnish(server, pop3).await
    }

    /// A help desk whose server reaches its engine through something else.
    pub async fn open_through(options: Options, between: &impl Between) -> Self {
        let pop3 = Dovecot::start_with(&[MAILBOX], &dovecot::Options::default());
        let server = Server::start_through(
            Options {
                extra_ca: Some(pop3.ca_file()),
                ..options
            },
            between,
        );
        Self::furnish(server, pop3).await
    }

    /// The same around a server and a POP3 server that run already.
    pub async fn furnish(mut server: Server, pop3: Dovecot) -> Self {
        let admin = server.admin().await;
        let made = admin
            .post("/api/mailboxes", &mailbox(MAILBOX, pop3.tls_port, "tls"))
            .await
            .expect(201);
        let mailbox = made["id"].as_str().expect("a mailbox has an id").to_owned();
        Self {
            server,
            pop3,
            admin,
            mailbox,
        }
    }

    /// Fetches mail now and waits until that is done.
    pub async fn fetch(&self) -> Value {
        sweep(&self.admin, &self.mailbox).await
    }

    /// Makes a user.
    pub async fn person(&self, email: &str, name: &str, role: &str, locale: &str) -> Value {
        let body = json!({"email": email, "name": name, "role": role, "locale": locale});
        self.admin.post("/api/users", &body).await.expect(201)
    }

    /// Signs somebody in by the link that is mailed to them.
    pub async fn sign_in(&self, email: &str) -> Api {
        let before: Vec<String> = outbox::all(self.server.data()).into_iter().map(|mail| mail.file).collect();
        let api = self.server.anonymous();
        api.post("/api/sign-in", &json!({"email": email})).await.expect(202);
        let mail = self
            .mail(|mail| !before.contains(&mail.file) && mail.to == [email] && mail.sign_in_link().is_some())
            .await;
        api.follow(&mail.sign_in_link().expect("it was looked for by that")).await;
        api
    }

    /// Waits for a mail in the outbox.
    pub async fn mail(&self, satisfies: impl Fn(&outbox::Sent) -> bool) -> outbox::Sent {
        outbox::wait_for(self.server.data(), PATIENCE, satisfies).await
    }

    /// All tickets as the table holds them, read by the naive program.
    pub async fn tickets(&self) -> BTreeMap<u64, count::Ticket> {
        count::tickets(&self.dump().await)
    }

    /// All items of the table.
    pub async fn dump(&self) -> Vec<dump::Item> {
        let (engine, table) = self.server.engine();
        dump::table(&engine, &table).await
    }
}

/// The body that makes a mailbox at a port of loopback.
#[must_use]
pub fn mailbox((user, password): (&str, &str), port: u16, security: &str) -> Value {
    json!({
        "name": format!("Mailbox {user}"),
        "address": format!("{user}@example.org"),
        "host": "127.0.0.1",
        "port": port,
        "security": security,
        "auth": {"type": "password", "username": user, "password": password},
        "after_import": "delete",
        "enabled": true,
    })
}

/// Asks for a sweep of a mailbox and waits until it has ended, well or not; the sweep.
pub async fn sweep(admin: &Api, mailbox: &str) -> Value {
    let asked = admin.post(&format!("/api/mailboxes/{mailbox}/sweep"), &json!({})).await.expect(202);
    let id = asked["sweep_id"].as_str().expect("a sweep has an id").to_owned();
    sweep_end(admin, mailbox, &id, PATIENCE * 5).await
}

/// Waits until a sweep has ended.
pub async fn sweep_end(admin: &Api, mailbox: &str, sweep: &str, patience: Duration) -> Value {
    let path = format!("/api/mailboxes/{mailbox}/sweeps/{sweep}");
    admin
        .wait(&path, patience, |sweep| matches!(sweep["state"].as_str(), Some("done" | "failed")))
        .await
}

/// The seed of this run's dice: `CHAMADA_SEED`, else 1.
#[must_use]
pub fn seed() -> u64 {
    env::number("CHAMADA_SEED", 1)
}
