//! A help desk without its web: the embedded AWS side, mailboxes, and sweeps called as the bus calls them.

use chamada_domain::entry::{Entry, Event};
use chamada_domain::mailbox::{AfterImport, Auth, LedgerEntry, Mailbox, MailboxDefaults, Security, Sweep, SweepCounts, SweepState};
use chamada_domain::{MailboxId, SweepId, Ticket, TicketNumber, Timestamp};
use chamada_platform::{Platform, Secret, random};
use chamada_store::Store;
use chamada_tests::desk::Setup;
use mail_sweep::Handler;
use serde_json::{Value, json};
use time::Duration;

pub(crate) struct Desk {
    pub(crate) platform: Platform,
    pub(crate) store: Store,
    pub(crate) handler: Handler,
    desk: chamada_tests::desk::Desk,
}

impl Desk {
    pub(crate) async fn open() -> Self {
        let desk = chamada_tests::desk::Desk::without_routes(Setup::in_real_time()).await;
        let platform = desk.app.platform.clone();
        Self {
            handler: Handler::new(platform.clone()).unwrap(),
            store: desk.app.store.clone(),
            platform,
            desk,
        }
    }

    /// A handler that reaches the table through something else.
    pub(crate) fn handler_through(&self, endpoint: impl FnOnce(&str) -> String) -> Handler {
        let platform = self.desk.platform_by(|endpoints| {
            endpoints.dynamodb = endpoints.dynamodb.as_deref().map(endpoint);
        });
        Handler::new(platform).unwrap()
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::new(self.platform.clock().now())
    }

    /// A mailbox at a port of loopback.
    pub(crate) async fn mailbox(&self, port: u16, after_import: AfterImport, password: &str) -> MailboxId {
        let mailbox = Mailbox {
            id: MailboxId::from_random(random()),
            name: "Soporte".into(),
            address: "soporte@example.org".parse().unwrap(),
            host: "127.0.0.1".into(),
            port,
            security: Security::Plain,
            auth: Auth::Password {
                username: "soporte".into(),
            },
            after_import,
            defaults: MailboxDefaults::default(),
            ignore_automatic: false,
            authserv_id: None,
            enabled: true,
            created_at: self.now(),
            last_sweep: None,
        };
        self.store.create_mailbox(&mailbox, None).await.unwrap();
        let name = format!("mailbox/{}", mailbox.id);
        self.platform.parameters().put(&name, &Secret::new(password)).await.unwrap();
        mailbox.id
    }

    pub(crate) async fn ask(&self, mailbox: &MailboxId) -> SweepId {
        let sweep = Sweep {
            id: SweepId::from_random(random()),
            mailbox: mailbox.clone(),
            state: SweepState::Asked,
            asked_at: self.now(),
            started_at: None,
            ended_at: None,
            counts: SweepCounts::default(),
            error: None,
        };
        self.store.ask_sweep(&sweep, None).await.unwrap()
    }

    pub(crate) fn event(mailbox: &MailboxId, sweep: &SweepId) -> Value {
        chamada_tests::desk::Desk::event("sweep.asked", &json!({ "mailbox": mailbox, "sweep": sweep }))
    }

    /// Asks for a sweep and carries it out by `handler`, with so much time.
    pub(crate) async fn sweep_by(&self, handler: &Handler, mailbox: &MailboxId, time: Duration) -> Sweep {
        let id = self.ask(mailbox).await;
        let deadline = self.platform.clock().now() + time;
        handler.handle(Self::event(mailbox, &id), deadline).await.unwrap();
        self.store.sweep(mailbox, &id).await.unwrap()
    }

    pub(crate) async fn sweep(&self, mailbox: &MailboxId) -> Sweep {
        self.sweep_by(&self.handler, mailbox, Duration::minutes(15)).await
    }

    /// Every ticket with its entries, by number.
    pub(crate) async fn tickets(&self) -> Vec<(Ticket, Vec<Entry>)> {
        let mut tickets = Vec::new();
        for number in 1..=self.store.last_number().await.unwrap() {
            if let Ok(page) = self.store.ticket_page(TicketNumber(number), 50).await {
                let entries = page.entries.into_iter().map(|chained| chained.entry).collect();
                tickets.push((page.ticket, entries));
            }
        }
        tickets
    }

    /// The words of every public message and opening, in the order of tickets and entries.
    pub(crate) async fn words(&self) -> Vec<String> {
        let said = |entry: &Entry| matches!(entry.event, Event::Opened(_) | Event::Message(_));
        let tickets = self.tickets().await;
        let entries = tickets.iter().flat_map(|(_, entries)| entries).filter(|entry| said(entry));
        entries
            .map(|entry| {
                entry
                    .body
                    .as_ref()
                    .map(|body| body.text_or_empty())
                    .unwrap_or_default()
                    .trim()
                    .to_owned()
            })
            .collect()
    }

    /// The ledger's rows, newest first.
    pub(crate) async fn rows(&self, mailbox: &MailboxId) -> Vec<LedgerEntry> {
        let (rows, _) = self.store.messages(mailbox, None, None, 100).await.unwrap();
        rows.into_iter().map(|row| row.entry).collect()
    }
}

/// A plain mail.
pub(crate) fn mail(from: &str, id: &str, text: &str, headers: &[&str]) -> Vec<u8> {
    let id = if id.is_empty() {
        String::new()
    } else {
        format!("Message-ID: <{id}>\r\n")
    };
    let headers: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
    format!(
        "From: {from}\r\nTo: soporte@example.org\r\nSubject: {text}\r\nDate: Mon, 02 Mar 2026 10:00:00 +0000\r\n{id}{headers}\r\n{text}\r\n"
    )
    .into_bytes()
}
