//! Who may call what: API.md's table 'Who may do what', written down once more for every call, and asked of the running routes.
//!
//! Every call of the API's description stands here, or the test fails. Each is made by everyone, each time to a ticket of its own: what counts is
//! whether it is let pass (`.`), or refused as 401, 403 or 404 (`1`, `3`, `4`). A row that names a field or a part in its third word is the call with that in its body.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "helpers of a test fail the test")]

use std::collections::{BTreeMap, BTreeSet};

use chamada_domain::access::{self, Asker, Denial};
use chamada_domain::permission::Standing;
use chamada_domain::{BundleId, Locale, Refusal, Role, Settings, SpecialistsSee, TicketNumber, User};
use chamada_platform::Platform;
use chamada_store::{Bundle, BundleState};
use chamada_tests::desk::{Browser, Desk};
use http::Method;
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;

/// Columns: nobody; a guest's session with keys of nothing, of the requester, of a watcher, of another ticket; a user's own ticket, a watched one, another's;
/// a specialist's who attends, where nobody does, where somebody else does; an administrator. `x/y`: while specialists see what is assigned to them, and while they see all.
const TABLE: &str = "
call                                              anon g_none g_req g_cc g_else u_own u_cc u_else s_mine s_none s_else admin
GET    /api/health -                              .    .      .     .    .      .     .    .      .      .      .      .
GET    /api/site -                                .    .      .     .    .      .     .    .      .      .      .      .
POST   /api/sign-in -                             .    .      .     .    .      .     .    .      .      .      .      .
POST   /api/session wrong                         1    1      1     1    1      1     1    1      1      1      1      1
DELETE /api/session -                             .    .      .     .    .      .     .    .      .      .      .      .
DELETE /api/sessions -                            1    1      1     1    1      .     .    .      .      .      .      .
POST   /api/ticket-links wrong                    1    1      1     1    1      1     1    1      1      1      1      1
GET    /api/me -                                  1    1      1     1    1      .     .    .      .      .      .      .
PATCH  /api/me -                                  1    1      1     1    1      .     .    .      .      .      .      .
GET    /api/openapi.json -                        .    .      .     .    .      .     .    .      .      .      .      .
GET    /api/tokens -                              1    1      1     1    1      .     .    .      .      .      .      .
POST   /api/tokens -                              1    1      1     1    1      .     .    .      .      .      .      .
DELETE /api/tokens/{id} foreign                   1    1      1     1    1      4     4    4      4      4      4      4
GET    /api/canned-replies -                      1    1      1     1    1      3     3    3      .      .      .      .
PUT    /api/canned-replies -                      1    1      1     1    1      3     3    3      3      3      3      .
GET    /api/audit -                               1    1      1     1    1      3     3    3      3      3      3      .
POST   /api/import/{what} -                       1    1      1     1    1      3     3    3      3      3      3      .
GET    /api/users -                               1    1      1     1    1      3     3    3      3      3      3      .
POST   /api/users -                               1    1      1     1    1      3     3    3      3      3      3      .
GET    /api/users/{id} -                          1    1      1     1    1      3     3    3      3      3      3      .
PATCH  /api/users/{id} -                          1    1      1     1    1      3     3    3      3      3      3      .
DELETE /api/users/{id} -                          1    1      1     1    1      3     3    3      3      3      3      .
GET    /api/specialists -                         1    1      1     1    1      3     3    3      .      .      .      .
GET    /api/settings -                            1    1      1     1    1      3     3    3      3      3      3      .
PATCH  /api/settings -                            1    1      1     1    1      3     3    3      3      3      3      .
GET    /api/organisation -                        1    1      1     1    1      .     .    .      .      .      .      .
PUT    /api/organisation -                        1    1      1     1    1      3     3    3      3      3      3      .
GET    /api/categories -                          1    1      1     1    1      .     .    .      .      .      .      .
PUT    /api/categories -                          1    1      1     1    1      3     3    3      3      3      3      .
POST   /api/attachments -                         1    1    .    .    .    .    .    .    .    .    .    .
DELETE /api/attachments/{id} foreign              1    1    4    4    4    4    4    4    4    4    4    4
POST   /api/attachments/{id}/complete foreign     1    1    4    4    4    4    4    4    4    4    4    4
GET    /api/tickets -                             1    1      1     1    1      .     .    .      .      .      .      .
GET    /api/tickets deleted                       1    1      1     1    1      3     3    3      3      3      3      .
POST   /api/tickets -                             1    1      1     1    1      .     .    .      .      .      .      .
POST   /api/tickets/bulk -                        1    1      1     1    1      3     3    3      3      3      3      .
GET    /api/tickets/counts -                      1    1      1     1    1      .     .    .      .      .      .      .
GET    /api/tickets/reads -                       1    1      1     1    1      .     .    .      .      .      .      .
GET    /api/tickets/{number} -                    1    4      .     .    4      .     .    4      .      4/.    4/.    .
GET    /api/tickets/{number}/entries -            1    4      .     .    4      .     .    4      .      4/.    4/.    .
GET    /api/tickets/{number}/verify -             1    4      .     .    4      .     .    4      .      4/.    4/.    .
GET    /api/tickets/{number}/transcript -         1    4      .     .    4      .     .    4      .      4/.    4/.    .
POST   /api/tickets/{number}/bundle -             1    4      .     .    4      .     .    4      .      4/.    4/.    .
GET    /api/tickets/{number}/bundles/{bundle_id} - 1   4      .     .    4      .     .    4      .      4/.    4/.    .
GET    /api/tickets/{number}/attachments/{id} -   1    4      .     .    4      .     .    4      .      4/.    4/.    .
POST   /api/tickets/{number}/messages public      1    4      .     .    4      .     .    4      .      4/.    4/.    .
POST   /api/tickets/{number}/messages internal    1    4      3     3    4      3     3    4      .      4/.    4/.    .
POST   /api/tickets/{number}/messages resolve     1    4      3     3    4      3     3    4      .      4/.    4/.    .
POST   /api/tickets/{number}/messages due_at      1    4      3     3    4      3     3    4      .      4/.    4/.    .
PATCH  /api/tickets/{number} title                1    4      3     3    4      3     3    4      .      4/.    4/.    .
PATCH  /api/tickets/{number} priority             1    4      3     3    4      3     3    4      .      4/.    4/.    .
PATCH  /api/tickets/{number} kind                 1    4      3     3    4      3     3    4      .      4/.    4/.    .
PATCH  /api/tickets/{number} due_at               1    4      3     3    4      3     3    4      .      4/.    4/.    .
PATCH  /api/tickets/{number} cc                   1    4      3     3    4      .     3    4      .      4/.    4/.    .
PATCH  /api/tickets/{number} status               1    4      3     3    4      3     3    4      3      4/3    4/3    .
PATCH  /api/tickets/{number} assignee_id          1    4      3     3    4      3     3    4      3      4/3    4/3    .
DELETE /api/tickets/{number} -                    1    1      1     1    1      3     3    4      3      4/3    4/3    .
POST   /api/tickets/{number}/restore -            1    1      1     1    1      3     3    4      3      4/3    4/3    .
POST   /api/tickets/{number}/erase -              1    1      1     1    1      3     3    4      3      4/3    4/3    .
POST   /api/tickets/{number}/merge -              1    1      1     1    1      3     3    4      3      4/3    4/3    .
POST   /api/tickets/{number}/claim -              1    1      1     1    1      3     3    4      .      4/.    4/.    .
PUT    /api/tickets/{number}/rating -             1    4      .     3    4      .     3    4      3      4/3    4/3    3
PUT    /api/tickets/{number}/read -               1    1      1     1    1      .     .    4      .      4/.    4/.    .
PUT    /api/tickets/{number}/links/{other} -      1    1      1     1    1      3     3    4      .      4/.    4/.    .
DELETE /api/tickets/{number}/links/{other} -      1    1      1     1    1      3     3    4      .      4/.    4/.    .
GET    /api/tickets/{number}/keys -               1    1      1     1    1      .     .    4      3      4/3    4/3    .
DELETE /api/tickets/{number}/keys -               1    1      1     1    1      .     .    4      3      4/3    4/3    .
DELETE /api/tickets/{number}/keys/{id} own        1    1      1     1    1      .     .    4      3      4/3    4/3    .
GET    /api/mailboxes -                           1    1      1     1    1      3     3    3      3      3      3      .
POST   /api/mailboxes -                           1    1      1     1    1      3     3    3      3      3      3      .
GET    /api/mailboxes/{id} -                      1    1      1     1    1      3     3    3      3      3      3      .
PATCH  /api/mailboxes/{id} -                      1    1      1     1    1      3     3    3      3      3      3      .
DELETE /api/mailboxes/{id} -                      1    1      1     1    1      3     3    3      3      3      3      .
POST   /api/mailboxes/{id}/test -                 1    1      1     1    1      3     3    3      3      3      3      .
POST   /api/mailboxes/{id}/sweep -                1    1      1     1    1      3     3    3      3      3      3      .
POST   /api/sweeps -                              1    1      1     1    1      3     3    3      3      3      3      .
GET    /api/mailboxes/{id}/sweeps -               1    1      1     1    1      3     3    3      3      3      3      .
GET    /api/mailboxes/{id}/sweeps/{sweep_id} none 1    1      1     1    1      3     3    3      3      3      3      4
GET    /api/mailboxes/{id}/messages -             1    1      1     1    1      3     3    3      3      3      3      .
GET    /api/mailboxes/{id}/messages/{message_id}/raw none 1 1  1     1    1      3     3    3      3      3      3      4
DELETE /api/mailboxes/{id}/messages/{message_id} none 1 1     1     1    1      3     3    3      3      3      3      4
";

/// The words of a row: method, path, which form of it, then a cell for each column.
struct Row {
    method: Method,
    path: &'static str,
    form: &'static str,
    cells: Vec<&'static str>,
}

fn table() -> (Vec<&'static str>, Vec<Row>) {
    let mut lines = TABLE.trim().lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let columns = lines.next().unwrap()[1..].to_vec();
    let rows = lines.map(|words| Row {
        method: words[0].parse().unwrap(),
        path: words[1],
        form: words[2],
        cells: words[3..].to_vec(),
    });
    let rows: Vec<Row> = rows.collect();
    for row in &rows {
        assert_eq!(row.cells.len(), columns.len(), "{} {} {}", row.method, row.path, row.form);
    }
    (columns, rows)
}

fn routes(platform: Platform) -> OpenApiRouter {
    [tickets::router, attachments::router, accounts::router, mailboxes::router]
        .into_iter()
        .fold(OpenApiRouter::new(), |all, router| all.merge(router(platform.clone())))
}

/// A desk, everyone who is there before a call is made, and a mailbox.
struct House {
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
    async fn build(sees: SpecialistsSee) -> Self {
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
        let mailbox = json!({
            "name": "Soporte", "address": "help@example.org", "host": "127.0.0.1", "port": 1, "security": "plain",
            "auth": {"type": "password", "username": "u", "password": "p"}, "after_import": "leave", "enabled": false,
        });
        let made = desk.signed_in(&root).await.post("/api/mailboxes", &mailbox).await.expect(201);
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
        let ticket = self.desk.ticket_of(&self.requester, &with, |new| {
            new.cc = vec![watcher];
            new.attachments = vec![file];
        });
        let number = ticket.await.number;
        match column {
            "s_none" => {}
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
            "g_req" => self.desk.guest(vec![key(number, &self.requester).await]).await,
            "g_cc" => self.desk.guest(vec![key(number, &self.watcher).await]).await,
            "g_else" => {
                let another = self.desk.ticket(&self.requester).await.number;
                self.desk.guest(vec![key(another, &self.requester).await]).await
            }
            "u_own" => self.desk.signed_in(&self.requester).await,
            "u_cc" => self.desk.signed_in(&self.watcher).await,
            "u_else" => self.desk.signed_in(&self.stranger).await,
            "s_mine" | "s_none" | "s_else" => self.desk.signed_in(&self.attends).await,
            "admin" => self.desk.signed_in(&self.root).await,
            other => panic!("no such column: {other}"),
        }
    }

    /// The call's path, with ids of what is there; what is `foreign` is another's, what is `none` is nobody's.
    async fn path(&self, row: &Row, column: &str, number: TicketNumber) -> String {
        let id = match row.path {
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
        let bundle = BundleId::from_random([7; 10]);
        let asked = Bundle {
            state: BundleState::Making,
            for_staff: false,
            locale: Locale::Es,
            at: self.desk.now(),
            attempts: 0,
            last_seq: None,
        };
        self.desk.app.store.ask_bundle(number, &bundle, &asked, None).await.unwrap();
        let other = self.second(column).await;
        let query = if row.form == "deleted" { "?deleted=true" } else { "" };
        let path = row
            .path
            .replace("{number}", &number.to_string())
            .replace("{id}", &id)
            .replace("{bundle_id}", bundle.as_str())
            .replace("{other}", &other.to_string());
        path.replace("{what}", "users")
            .replace("{sweep_id}", "swp_00000000000000000000")
            .replace("{message_id}", "none")
            + query
    }

    /// Somebody of whom nothing hangs.
    async fn disposable(&self) -> String {
        let email = format!("x{}@example.org", hex::encode(chamada_platform::random::<6>()));
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
            ("POST", "/api/mailboxes", _) => json!({
                "name": "Otro", "address": "other@example.org", "host": "127.0.0.1", "port": 1, "security": "plain",
                "auth": {"type": "password", "username": "u", "password": "p"}, "after_import": "leave", "enabled": false,
            }),
            ("PATCH", "/api/mailboxes/{id}", _) => json!({"name": "Nuevo"}),
            _ => return None,
        })
    }

    /// What becomes of a call: `.`, `1`, `3` or `4`.
    async fn outcome(&self, row: &Row, column: &str) -> &'static str {
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

/// The cell's word under one of the two settings.
fn wanted(cell: &str, sees: SpecialistsSee) -> &str {
    match cell.split_once('/') {
        Some((assigned, all)) => {
            if sees == SpecialistsSee::All {
                all
            } else {
                assigned
            }
        }
        None => cell,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_call_lets_those_pass_who_may_and_nobody_else() {
    let (columns, rows) = table();
    let (mut asked, mut wrong) = (0, Vec::new());
    for sees in [SpecialistsSee::Assigned, SpecialistsSee::All] {
        for row in &rows {
            // A house for each call: what one did changes nothing for another.
            let house = House::build(sees).await;
            // A mailbox that is deleted in the first place is not there for the next.
            for (column, cell) in columns.iter().zip(&row.cells) {
                let found = house.outcome(row, column).await;
                asked += 1;
                if found != wanted(cell, sees) {
                    wrong.push(format!(
                        "{} {} {} by {column}, {sees:?}: {found}, not {}",
                        row.method,
                        row.path,
                        row.form,
                        wanted(cell, sees)
                    ));
                }
            }
        }
    }
    println!(
        "asked {asked} times: {} calls and forms, {} kinds of callers, 2 settings",
        rows.len(),
        columns.len()
    );
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Every operation of the API's description, `METHOD path`.
fn described() -> BTreeSet<String> {
    let description: Value = serde_json::from_str(&chamada_local::wiring::openapi().unwrap()).unwrap();
    let paths: BTreeMap<String, BTreeMap<String, Value>> = serde_json::from_value(description["paths"].clone()).unwrap();
    let operations = paths
        .iter()
        .flat_map(|(path, item)| item.keys().map(move |method| format!("{} {path}", method.to_uppercase())));
    operations.collect()
}

#[test]
fn every_call_of_the_description_stands_in_the_table() {
    let (_, rows) = table();
    let listed: BTreeSet<String> = rows.iter().map(|row| format!("{} {}", row.method, row.path)).collect();
    let missing: Vec<_> = described().difference(&listed).cloned().collect();
    let unknown: Vec<_> = listed.difference(&described()).cloned().collect();
    assert!(
        missing.is_empty() && unknown.is_empty(),
        "missing: {missing:#?}, unknown: {unknown:#?}"
    );
}

/// What the domain says of a call by whoever stands in a column: the same words as the table's.
fn decided(row: &Row, column: &str, sees: SpecialistsSee) -> &'static str {
    let role = match column {
        "u_own" | "u_cc" | "u_else" => Some(Role::User),
        "s_mine" | "s_none" | "s_else" => Some(Role::Specialist),
        "admin" => Some(Role::Administrator),
        _ => None,
    };
    let asker = match (role, column) {
        (Some(role), _) => Asker::Person(role),
        (None, "anon") => Asker::Nobody,
        (None, "g_none") => Asker::Guest,
        (None, _) => Asker::KeyHolder,
    };
    let standing = Standing {
        role,
        requester: column == "u_own",
        watcher: column == "u_cc",
        assignee: column == "s_mine",
        requester_key: column == "g_req",
        watcher_key: column == "g_cc",
        assigned_elsewhere: role.is_some() && !matches!(column, "s_mine" | "s_none"),
        resolved: row.path.ends_with("/rating"),
        ..Standing::default()
    };
    let settings = Settings {
        specialists_see: sees,
        ..Settings::default()
    };
    let call = access::find(row.method.as_str(), row.path).expect("the call stands in the domain's table");
    match access::decide(call, asker, standing, &settings) {
        Ok(()) | Err(Denial::Refused(Refusal::Conflict(_))) => ".",
        Err(Denial::SignInNeeded) => "1",
        Err(Denial::Refused(Refusal::Forbidden)) => "3",
        Err(Denial::Refused(Refusal::NotFound)) => "4",
        Err(other) => panic!("{other:?}"),
    }
}

/// The cells that tell of a call as such, and not of what its body or its path names besides.
fn plain_cells() -> Vec<(Row, &'static str, SpecialistsSee, &'static str)> {
    let mut cells = Vec::new();
    let (columns, rows) = table();
    for row in rows.into_iter().filter(|row| row.form == "-") {
        for (column, cell) in columns.iter().zip(row.cells.clone()) {
            for sees in [SpecialistsSee::Assigned, SpecialistsSee::All] {
                let row = Row {
                    method: row.method.clone(),
                    cells: Vec::new(),
                    ..row
                };
                cells.push((row, *column, sees, wanted(cell, sees)));
            }
        }
    }
    cells
}

#[test]
fn the_domain_decides_as_the_table_says_and_any_other_cell_would_be_noticed() {
    let cells = plain_cells();
    let differs = |cell: &(Row, &str, SpecialistsSee, &str)| decided(&cell.0, cell.1, cell.2) != cell.3;
    for cell in &cells {
        let (row, column, sees, word) = cell;
        assert!(
            !differs(cell),
            "{} {} by {column}, {sees:?}: {}, not {word}",
            row.method,
            row.path,
            decided(row, column, *sees)
        );
    }
    let mut flipped = 0;
    for mut cell in cells {
        for other in [".", "1", "3", "4"]
            .into_iter()
            .filter(|other| *other != cell.3)
            .collect::<Vec<_>>()
        {
            cell.3 = other;
            assert!(differs(&cell));
            flipped += 1;
            cell.3 = decided(&cell.0, cell.1, cell.2);
        }
    }
    println!("flipped {flipped} cells");
    assert!(flipped > 3_000, "{flipped}");
}

#[test]
fn the_domain_has_no_call_that_the_api_has_not() {
    let known: BTreeSet<String> = access::CALLS.iter().map(|call| format!("{} {}", call.method, call.path)).collect();
    assert_eq!(known.len(), access::CALLS.len(), "each once");
    assert_eq!(known, described());
}
