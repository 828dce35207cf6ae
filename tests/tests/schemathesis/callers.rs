//! Who calls, and what there is for each of them to call for.

use chamada_tests::{
    client::Api,
    outbox,
    story::{Desk, MAILBOX, mailbox},
};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use crate::CUSTOMER;

/// Things that each caller may use up: files to be removed or completed, tickets to be taken.
const SPARE: usize = 4;

/// Somebody who calls the API, and what Schemathesis needs to know of them (`tests/schemathesis/chamada_hooks.py`).
pub(crate) struct Caller {
    pub(crate) name: &'static str,
    pub(crate) api: Api,
    /// What shows that the session still holds: nothing it did may have ended it.
    pub(crate) alive: Option<String>,
    pub(crate) settings: Value,
}

/// What all callers' requests can name.
pub(crate) struct Common {
    pub(crate) place: Value,
    pub(crate) fields: Value,
    /// A link that opens a ticket.
    pub(crate) key: Value,
}
async fn put_tree(desk: &Desk, path: &str, tree: &Value) -> Value {
    let tag = desk.admin.get(path).await.header("etag").unwrap().to_owned();
    desk.admin.put(path, &[("if-match", &tag)], tree).await.expect(200)
}

/// Trees to file tickets under.
pub(crate) async fn plant(desk: &Desk) -> Value {
    let names = |word: &str| json!({"es": word, "pt": word, "en": word});
    let category = |word: &str| json!({"names": names(word), "subcategories": [{"names": names("Otra")}]});
    let categories = json!({"incident": [category("Impresora")], "requirement": [category("Silla")]});
    let categories = put_tree(desk, "/api/categories", &categories).await;
    let company = json!({"name": "Farmacia", "domains": ["farmacia.example"], "sites": [{"name": "Centro"}], "cost_centres": [{"code": "1", "name": "Uno"}]});
    let organisation = json!({"corporations": [{"name": "Grupo", "companies": [company]}]});
    let organisation = put_tree(desk, "/api/organisation", &organisation).await;
    let (category, corporation) = (&categories["incident"][0], &organisation["corporations"][0]);
    let company = &corporation["companies"][0];
    json!({
        "category_id": category["id"], "subcategory_id": category["subcategories"][0]["id"], "corporation_id": corporation["id"],
        "company_id": company["id"], "site_id": company["sites"][0]["id"], "cost_centre_id": company["cost_centres"][0]["id"],
    })
}

fn ticket(place: &Value, more: Value) -> Value {
    let mut body = json!({"title": "Impresora", "body": "No imprime.", "kind": "incident"});
    for part in [place, &more] {
        body.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
    }
    body
}

/// Opens a ticket of somebody's.
pub(crate) async fn open_for(desk: &Desk, common: &Value, email: &str) -> u64 {
    let body = ticket(common, json!({"requester": {"email": email}}));
    desk.admin.post("/api/tickets", &body).await.expect(201)["number"].as_u64().unwrap()
}

/// The link to a ticket that was mailed to somebody.
pub(crate) async fn link(desk: &Desk, email: &str, number: u64) -> String {
    let of = |mail: &outbox::Sent| mail.ticket_link().filter(|link| link.contains(&format!("#/t/{number}?")));
    let mail = desk.mail(|mail| mail.to == [email] && of(mail).is_some()).await;
    of(&mail).unwrap()
}

/// A file that was announced, and put where `put`.
async fn announce(api: &Api, put: bool) -> Value {
    let bytes = b"uno";
    let declared =
        json!({"name": "uno.txt", "content_type": "text/plain", "size": bytes.len(), "sha256": hex::encode(Sha256::digest(bytes))});
    let made = api.post("/api/attachments", &declared).await.expect(201);
    if put {
        assert_eq!(api.put_upload(&made["upload"], bytes).await, 200);
    }
    json!({"id": made["attachment_id"]})
}

async fn files(api: &Api) -> (Vec<Value>, Vec<Value>, Vec<Value>) {
    let (mut loose, mut arrived, mut attachable) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..SPARE {
        loose.push(announce(api, true).await);
        arrived.push(announce(api, true).await);
        attachable.push(json!(api.upload("dos.txt", "text/plain", b"dos").await));
    }
    arrived.push(announce(api, false).await);
    (loose, arrived, attachable)
}

/// Everything that a caller with a session may break, made for them: their tickets, keys and files.
async fn belongings(desk: &Desk, common: &Common, api: &Api, email: &str, assignee: Option<&Value>) -> (u64, Map<String, Value>, Value) {
    // Mails to staff carry no keys: staff attend to somebody else's tickets.
    let requester = if assignee.is_some() { CUSTOMER } else { email };
    let mut own = Vec::new();
    for _ in 0..SPARE {
        own.push(open_for(desk, &common.place, requester).await);
    }
    let [first, second, keyed, gone] = own[..] else {
        unreachable!("as many as are spare")
    };
    if let Some(assignee) = assignee {
        for number in [first, second] {
            desk.admin.change(number, &json!({"assignee_id": assignee["id"]})).await;
        }
    }
    for number in [first, keyed, gone] {
        let link = link(desk, requester, number).await;
        // A guest's session must hold a key of each ticket, and a user's may.
        if assignee.is_none() {
            api.follow(&link).await;
        }
    }
    let (loose, arrived, mut attachable) = files(api).await;
    let attached = attachable.pop().unwrap();
    let message = json!({"body": "Con archivo.", "attachment_ids": [attached]});
    api.post(&format!("/api/tickets/{first}/messages"), &message).await.expect(201);
    let bundle = api.post(&format!("/api/tickets/{first}/bundle"), &json!({})).await.expect(202);
    let keys = desk.admin.get(&format!("/api/tickets/{keyed}/keys")).await.expect(200);
    let keys: Vec<Value> = keys["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| json!({"number": keyed, "id": key["id"]}))
        .collect();
    let paths = json!({
        "/api/tickets/{number}": [{"number": first}, {"number": second}],
        "/api/tickets/{number}/claim": [{"number": second}, {"number": keyed}, {"number": gone}],
        "/api/tickets/{number}/keys": [{"number": gone}],
        "/api/tickets/{number}/keys/{id}": keys,
        "/api/tickets/{number}/bundle": [{"number": first}, {"number": second}],
        "/api/tickets/{number}/bundles/{bundle_id}": [{"number": first, "bundle_id": bundle["bundle_id"]}],
        "/api/tickets/{number}/attachments/{id}": [{"number": first, "id": attached}],
        "/api/attachments/{id}": loose,
        "/api/attachments/{id}/complete": arrived,
    });
    (first, paths.as_object().unwrap().clone(), json!(attachable))
}

/// What administrators alone can name.
async fn mailboxes_and_people(desk: &Desk) -> Map<String, Value> {
    let mail = "From: Ana <ana@farmacia.example>\r\nTo: soporte@example.com\r\nSubject: Una\r\nMessage-ID: <una@farmacia.example>\r\n\
                Content-Type: text/html; charset=utf-8\r\n\r\n<p>Hola.</p>\r\n";
    desk.pop3.deliver(MAILBOX.0, mail.as_bytes());
    desk.fetch().await;
    let id = &desk.mailbox;
    let first = async |rest: &str| desk.admin.get(&format!("/api/mailboxes/{id}/{rest}")).await.expect(200)["items"][0]["id"].clone();
    let (sweep, message) = (first("sweeps").await, first("messages").await);
    let mailed = desk.admin.get("/api/tickets?limit=1").await.expect(200)["items"][0]["number"].clone();
    let (mut boxes, mut people) = (Vec::new(), Vec::new());
    for n in 0..SPARE {
        let spare = desk
            .admin
            .post("/api/mailboxes", &mailbox(MAILBOX, desk.pop3.tls_port, "tls"))
            .await
            .expect(201);
        boxes.push(json!({"id": spare["id"]}));
        let spare = desk.person(&format!("spare{n}@example.com"), "Spare", "user", "es").await;
        people.push(json!({"id": spare["id"]}));
    }
    // Still there when the spare ones are gone.
    boxes.push(json!({"id": id}));
    let paths = json!({
        "/api/mailboxes/{id}": boxes,
        "/api/mailboxes/{id}/messages": [{"id": id}],
        "/api/mailboxes/{id}/messages/{message_id}": [{"id": id, "message_id": message}],
        "/api/mailboxes/{id}/sweep": [{"id": id}],
        "/api/mailboxes/{id}/sweeps": [{"id": id}],
        "/api/mailboxes/{id}/sweeps/{sweep_id}": [{"id": id, "sweep_id": sweep}],
        "/api/mailboxes/{id}/test": [{"id": id}],
        "/api/tickets/{number}/entries/{seq}": [{"number": mailed, "seq": 1}],
        "/api/users/{id}": people,
    });
    paths.as_object().unwrap().clone()
}

/// Whole bodies that are right, for operations that hardly any made-up body would satisfy.
pub(crate) async fn bodies(desk: &Desk, common: &Common) -> Value {
    let tree = async |path: &str| json!([desk.admin.get(path).await.expect(200)]);
    let due = json!({"due_at": "2030-11-22T13:00:00.000Z", "priority": "high"});
    let host = json!({"host": "localhost", "auth": {"type": "password", "username": MAILBOX.0, "password": MAILBOX.1}});
    json!({
        "POST /api/session": [common.key],
        "POST /api/ticket-links": [common.key],
        "POST /api/sign-in": [{"email": CUSTOMER}, {"email": "nobody@example.com"}],
        "POST /api/tickets": [ticket(&common.place, json!({})), ticket(&common.place, json!({"priority": "high", "cc": ["cc@example.com"]}))],
        "PATCH /api/tickets/{number}": [{"status": "on_hold"}, due, {"title": "Otra"}, {"cc": ["cc@example.com"]}, common.place],
        "POST /api/tickets/{number}/messages": [{"body": "Hola."}, {"body": "Listo.", "resolve": true}, {"body": "Nota.", "visibility": "internal"}],
        "POST /api/attachments": [{"name": "uno.txt", "content_type": "text/plain", "size": 3, "sha256": hex::encode(Sha256::digest("uno"))}],
        "POST /api/mailboxes": [mailbox(MAILBOX, desk.pop3.tls_port, "tls")],
        "PATCH /api/mailboxes/{id}": [{"name": "Otro", "enabled": false}, host, {"defaults": common.place}],
        "PUT /api/organisation": tree("/api/organisation").await,
        "PUT /api/categories": tree("/api/categories").await,
        "PATCH /api/settings": [{"site_name": "Otra", "time_zone": "America/Sao_Paulo"}, {"sender": null}],
    })
}

/// Ids of what no caller may break: all people but the spare ones, among them the callers themselves, and the mailbox.
pub(crate) async fn kept(desk: &Desk) -> Vec<Value> {
    let people = desk
        .admin
        .all("/api/users")
        .await
        .into_iter()
        .filter(|user| user["name"] != "Spare");
    people.map(|user| user["id"].clone()).chain([json!(desk.mailbox)]).collect()
}

/// Brings one caller and what they need into the form that the hooks read.
fn described(desk: &Desk, common: &Common, api: &Api, apart: &[Option<String>; 2], paths: Map<String, Value>, attachable: &Value) -> Value {
    let mut fields = common.fields.clone();
    fields["attachment_ids"] = attachable.clone();
    json!({
        "cookie": api.cookie(),
        "apart": {"DELETE /api/session": apart[0], "DELETE /api/sessions": apart[1]},
        "paths": paths,
        "fields": fields,
        // No test connects to a machine whose name was made up.
        "always": {"host": "127.0.0.1", "port": desk.pop3.tls_port},
    })
}

/// A person of that role with everything, and a second one of the same role, whose sessions may be ended.
pub(crate) async fn person(desk: &Desk, common: &Common, role: &'static str) -> Caller {
    let (email, other) = (format!("{role}@example.com"), format!("{role}.2@example.com"));
    let made = desk.person(&email, role, role, "es").await;
    desk.person(&other, role, role, "es").await;
    let api = desk.sign_in(&email).await;
    let apart = [desk.sign_in(&other).await.cookie(), desk.sign_in(&other).await.cookie()];
    let (_, mut paths, attachable) = belongings(desk, common, &api, &email, Some(&made).filter(|_| role != "user")).await;
    if role == "administrator" {
        paths.extend(mailboxes_and_people(desk).await);
    }
    Caller {
        name: role,
        settings: described(desk, common, &api, &apart, paths, &attachable),
        api,
        alive: Some("/api/me".to_owned()),
    }
}

/// Somebody without an account's session, who holds keys of tickets.
pub(crate) async fn guest(desk: &Desk, common: &Common) -> Caller {
    let (api, other) = (desk.server.anonymous(), desk.server.anonymous());
    let (number, paths, attachable) = belongings(desk, common, &api, CUSTOMER, None).await;
    other.follow(&link(desk, CUSTOMER, number).await).await;
    let apart = [other.cookie(), other.cookie()];
    Caller {
        name: "guest",
        settings: described(desk, common, &api, &apart, paths, &attachable),
        api,
        alive: Some(format!("/api/tickets/{number}")),
    }
}

/// Somebody without any session, who knows the addresses of things.
pub(crate) fn anonymous(desk: &Desk, common: &Common, paths: Map<String, Value>) -> Caller {
    let api = desk.server.anonymous();
    Caller {
        name: "anonymous",
        settings: described(desk, common, &api, &[None, None], paths, &json!([])),
        api,
        alive: None,
    }
}
