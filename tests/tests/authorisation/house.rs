//! A desk, everyone who is there before a call is made, and what becomes of the call.

use chamada_domain::entry::MailFacts;
use chamada_domain::open::NewTicket;
use chamada_domain::word::Word;
use chamada_domain::{Authentication, BundleId, Locale, Role, Settings, SpecialistsSee, TicketNumber, User};
use chamada_platform::{Platform, random};
use chamada_store::{Bundle, BundleState};
use chamada_tests::desk::{Browser, Desk};
use http::Method;
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;

use crate::table::Row;

fn routes(platform: Platform) -> OpenApiRouter {
    [tickets::router, attachments::router, accounts::router, mailboxes::router]
        .into_iter()
        .fold(OpenApiRouter::new(), |all, router| all.merge(router(platform.clone())))
}

/// A mailbox that is not swept, as a client sends it.
fn mailbox(name: &str) -> Value {
    json!({
        "name": name, "address": "help@example.org", "host": "127.0.0.1", "port": 1, "security": "plain",
        "auth": {"type": "password", "username": "u", "password": "p"}, "after_import": "leave", "enabled": false,
    })
}

/// The mail that every ticket was opened by.
const MAIL: &[u8] = b"From: Ana <ana@example.org>\r\nContent-Type: text/html\r\n\r\n<p>Hola</p>\r\n";

/// What the ticket's first entry says of it.
fn mail() -> MailFacts {
    MailFacts {
        from: None,
        to: Vec::new(),
        cc: Vec::new(),
        subject: Word::new("Hola", &mut random),
        has_html: true,
        authentication: Authentication::Pass,
        digest: "ab".repeat(32),
        left_in_original: 0,
        automatic: false,
    }
}

/// A desk, everyone who is there before a call is made, and a mailbox.
pub(crate) struct House {
    desk: Desk,
    requester: User,
    watcher: User,
    stranger: User,
    attends: User,
    other: User,
    root: User,
    mailbox: String,
}

impl House {
    pub(crate) async fn build(sees: SpecialistsSee) -> Self {
        let desk = Desk::open(routes).await;
        desk.set(|settings: &mut Settings| settings.specialists_see = sees).await;
        let person = async |email: &str, role| desk.person(email, role).await;
        let (requester, watcher) = (
            person("ana@example.org", Role::User).await,
            person("wanda@example.org", Role::User).await,
        );
        let (stranger, attends) = (
            person("eva@example.org", Role::User).await,
            person("sofia@example.org", Role::Specialist).await,
        );
        let (other, root) = (
            person("tomas@example.org", Role::Specialist).await,
            person("root@example.org", Role::Administrator).await,
        );
        let (bucket, key) = (&desk.app.platform.config().mail_bucket, format!("mail/{}.eml", mail().digest));
        desk.app.platform.objects().put(bucket, &key, MAIL, "message/rfc822").await.unwrap();
        let made = desk
            .signed_in(&root)
            .await
            .post("/api/mailboxes", &mailbox("Soporte"))
            .await
            .expect(201);
        Self {
            mailbox: made["id"].as_str().unwrap().to_owned(),
            desk,
            requester,
            watcher,
            stranger,
            attends,
            other,
            root,
        }
    }

    /// A ticket as a column needs it, resolved where it is to be rated, with a file on it.
    async fn ticket(&self, column: &str, resolved: bool) -> TicketNumber {
        let upload = self.desk.uploaded(&self.requester, "a.txt").await;
        let (file, uploads) = self.desk.attachable(&self.requester, &upload).await;
        let with = chamada_store::With {
            uploads: Some(&uploads),
            ..Default::default()
        };
        let watcher = self.watcher.as_watcher();
        let otherwise = |new: &mut NewTicket| {
            new.cc = vec![watcher];
            new.attachments = vec![file];
            new.mail = Some(mail());
        };
        let mut draft = self.desk.draft_of(&self.requester, otherwise).await;
        draft.ticket.held = column.starts_with("h_");
        self.desk.app.store.open_ticket(&draft, &with).await.unwrap();
        let number = draft.ticket.number;
        match column {
            "s_none" | "h_own" | "h_key" | "h_staff" | "h_admin" => {}
            "s_else" => drop(self.desk.assign(number, &self.other).await),
            _ => drop(self.desk.assign(number, &self.attends).await),
        }
        if resolved {
            self.desk
                .answer(number, &self.root, "Hecho.", |message| message.resolve = true, &Default::default())
                .await;
        }
        // A claim right after somebody else's would be a race lost.
        self.desk.advance(time::Duration::seconds(6));
        number
    }

    /// The browser of whoever stands in a column.
    async fn browser(&self, column: &str, number: TicketNumber) -> Browser {
        let key = async |ticket, person: &User| self.desk.held_key(ticket, person).await;
        match column {
            "anon" => self.desk.browser(),
            "g_none" => self.desk.guest(Vec::new()).await,
            "g_req" | "h_key" => self.desk.guest(vec![key(number, &self.requester).await]).await,
            "g_cc" => self.desk.guest(vec![key(number, &self.watcher).await]).await,
            "g_else" => {
                let another = self.desk.ticket(&self.requester).await.number;
                self.desk.guest(vec![key(another, &self.requester).await]).await
            }
            "u_own" | "h_own" => self.desk.signed_in(&self.requester).await,
            "u_cc" => self.desk.signed_in(&self.watcher).await,
            "u_else" => self.desk.signed_in(&self.stranger).await,
            "s_mine" | "s_none" | "s_else" | "h_staff" => self.desk.signed_in(&self.attends).await,
            "admin" | "h_admin" => self.desk.signed_in(&self.root).await,
            other => panic!("no such column: {other}"),
        }
    }

    /// The call's path, with ids of what is there; what is `foreign` is another's, what is `none` is nobody's.
    async fn path(&self, row: &Row, column: &str, number: TicketNumber) -> String {
        let id = match row.path {
            "/api/mailboxes/{id}" if row.method == Method::DELETE => self.spare_mailbox().await,
            path if path.starts_with("/api/mailboxes") => self.mailbox.clone(),
            path if path.starts_with("/api/users") => self.disposable().await,
            path if path.starts_with("/api/tokens") => "tok_00000000000000000000".to_owned(),
            path if path.ends_with("/attachments/{id}") && path.starts_with("/api/tickets") => {
                self.desk.app.store.attachments(number).await.unwrap()[0].id.to_string()
            }
            path if path.starts_with("/api/attachments") => self.desk.uploaded(&self.other, "b.txt").await.to_string(),
            path if path.ends_with("/keys/{id}") => {
                let holder = if column == "u_cc" { &self.watcher } else { &self.requester };
                self.desk.held_key(number, holder).await.hash[..16].to_owned()
            }
            _ => String::new(),
        };
        let bundle = self.bundle(number).await;
        let other = self.second(column).await;
        let query = if row.form == "deleted" { "?deleted=true" } else { "" };
        let path = row
            .path
            .replace("{number}", &number.to_string())
            .replace("{id}", &id)
            .replace("{bundle_id}", bundle.as_str())
            .replace("{other}", &other.to_string());
        path.replace("{what}", "users")
            .replace("{seq}", "1")
            .replace("{sweep_id}", "swp_00000000000000000000")
            .replace("{message_id}", "none")
            + query
    }

    /// A bundle of a ticket that somebody asked for.
    async fn bundle(&self, number: TicketNumber) -> BundleId {
        let id = BundleId::from_random(random());
        let asked = Bundle {
            state: BundleState::Making,
            for_staff: false,
            locale: Locale::Es,
            at: self.desk.now(),
            attempts: 0,
            last_seq: None,
        };
        self.desk.app.store.ask_bundle(number, &id, &asked, None).await.unwrap();
        id
    }

    /// A mailbox that may be removed.
    async fn spare_mailbox(&self) -> String {
        let root = self.desk.signed_in(&self.root).await;
        let made = root.post("/api/mailboxes", &mailbox("Aparte")).await.expect(201);
        made["id"].as_str().unwrap().to_owned()
    }

    /// Somebody of whom nothing hangs.
    async fn disposable(&self) -> String {
        let email = format!("x{}@example.org", hex::encode(random::<6>()));
        self.desk.person(&email, Role::User).await.id.to_string()
    }

    /// A second ticket that whoever stands in the column is the same to.
    async fn second(&self, column: &str) -> TicketNumber {
        let watcher = self.watcher.as_watcher();
        let number = self
            .desk
            .ticket_of(&self.requester, &Default::default(), |new| new.cc = vec![watcher])
            .await
            .number;
        if column == "s_mine" {
            self.desk.assign(number, &self.attends).await;
        }
        number
    }

    /// A body that is good, so that nothing but the right is missing.
    async fn body(&self, row: &Row, column: &str) -> Option<Value> {
        Some(match (row.method.as_str(), row.path, row.form) {
            ("POST", "/api/sign-in", _) => json!({"email": "nobody@example.org"}),
            ("POST", "/api/session", _) => json!({"token": "wrong"}),
            ("POST", "/api/ticket-links", _) => json!({"ticket": 1, "ticket_key": "wrong"}),
            ("PATCH", "/api/me", _) => json!({"notify": true}),
            ("POST", "/api/users", _) => json!({"email": format!("{column}-{}@example.org", row.form.len()), "name": "N"}),
            ("POST", "/api/tokens", _) => json!({"name": "T", "scope": "read"}),
            ("PUT", "/api/canned-replies", _) => json!({"replies": []}),
            ("PATCH", "/api/users/{id}", _) => json!({"name": "M"}),
            ("PATCH", "/api/settings", _) => json!({"magic_link_days": 30}),
            ("PUT", "/api/organisation", _) => json!({"corporations": []}),
            ("PUT", "/api/categories", _) => json!({"incident": [], "requirement": []}),
            ("POST", "/api/attachments", _) => json!({"name": "a.txt", "content_type": "text/plain", "size": 4, "sha256": "ab".repeat(32)}),
            ("POST", "/api/tickets", _) => json!({"title": "T", "body": "B", "kind": "incident"}),
            ("POST", "/api/tickets/bulk", _) => json!({"numbers": [1], "set": {"priority": "high"}}),
            ("POST", "/api/tickets/{number}/messages", "public") => json!({"body": "B"}),
            ("POST", "/api/tickets/{number}/messages", "internal") => json!({"body": "B", "visibility": "internal"}),
            ("POST", "/api/tickets/{number}/messages", "resolve") => json!({"body": "B", "resolve": true}),
            ("POST", "/api/tickets/{number}/messages", "due_at") => json!({"body": "B", "due_at": "2027-01-01T00:00:00.000Z"}),
            ("PATCH", "/api/tickets/{number}", "title") => json!({"title": "T"}),
            ("PATCH", "/api/tickets/{number}", "priority") => json!({"priority": "high"}),
            ("PATCH", "/api/tickets/{number}", "kind") => json!({"kind": "requirement"}),
            ("PATCH", "/api/tickets/{number}", "due_at") => json!({"due_at": null}),
            ("PATCH", "/api/tickets/{number}", "cc") => json!({"cc": []}),
            ("PATCH", "/api/tickets/{number}", "status") => json!({"status": "on_hold"}),
            ("PATCH", "/api/tickets/{number}", "assignee_id") => json!({"assignee_id": null}),
            ("POST", "/api/tickets/{number}/merge", _) => json!({"into": self.second(column).await}),
            ("PUT", "/api/tickets/{number}/rating", _) => json!({"stars": 5}),
            ("PUT", "/api/tickets/{number}/read", _) => json!({"seq": 1}),
            ("POST", "/api/mailboxes", _) => mailbox("Otro"),
            ("PATCH", "/api/mailboxes/{id}", _) => json!({"name": "Nuevo"}),
            _ => return None,
        })
    }

    /// What becomes of a call: `.`, `1`, `3` or `4`.
    pub(crate) async fn outcome(&self, row: &Row, column: &str) -> &'static str {
        let number = self.ticket(column, row.path.ends_with("/rating")).await;
        let browser = self.browser(column, number).await;
        let path = self.path(row, column, number).await;
        let body = self.body(row, column).await;
        let headers: &[(&'static str, &str)] = if row.method == Method::PATCH && row.path.starts_with("/api/tickets") {
            &[("if-match", "\"2\"")]
        } else {
            &[]
        };
        let reply = if row.path.starts_with("/api/import") {
            let csv = [("content-type", "text/csv")];
            let people = "email,name,role,locale,company\n".to_owned();
            browser.send_text(row.method.clone(), &path, &csv, people).await
        } else {
            browser.send(row.method.clone(), &path, headers, body.as_ref()).await
        };
        match reply.status {
            401 => "1",
            403 => "3",
            404 => "4",
            // Good in itself, and about what else is there.
            200..300 | 409 | 412 | 428 | 429 => ".",
            status => panic!("{} {path} of {column}: {status} {}", row.method, reply.body),
        }
    }
}
