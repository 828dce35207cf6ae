//! Who is there in most of these tests, and what they do over and over.

use chamada_domain::{Role, Settings, Ticket, TicketNumber, User};
use chamada_tests::desk::{Browser, Desk, Reply};
use http::Method;
use serde_json::{Value, json};

/// Somebody and their browser.
pub(crate) struct Person {
    pub(crate) user: User,
    pub(crate) browser: Browser,
}

/// A desk with two customers, two specialists and an administrator, and no ticket yet.
pub(crate) struct Cast {
    pub(crate) desk: Desk,
    pub(crate) ana: Person,
    pub(crate) eva: Person,
    pub(crate) sofia: Person,
    pub(crate) tomas: Person,
    pub(crate) root: Person,
}

async fn person(desk: &Desk, email: &str, role: Role) -> Person {
    let (user, browser) = desk.enter(email, role).await;
    Person { user, browser }
}

impl Cast {
    /// With the settings that a new site has.
    pub(crate) async fn gather() -> Self {
        Self::under(|_| ()).await
    }

    /// With other settings.
    pub(crate) async fn under(settings: impl Fn(&mut Settings)) -> Self {
        let desk = Desk::open(tickets::router).await;
        desk.set(settings).await;
        Self {
            ana: person(&desk, "ana@example.org", Role::User).await,
            eva: person(&desk, "eva@example.org", Role::User).await,
            sofia: person(&desk, "sofia@example.org", Role::Specialist).await,
            tomas: person(&desk, "tomas@example.org", Role::Specialist).await,
            root: person(&desk, "root@example.org", Role::Administrator).await,
            desk,
        }
    }

    /// Ana's ticket, which Sofia attends to.
    pub(crate) async fn assigned(&self) -> Ticket {
        let ticket = self.desk.ticket(&self.ana.user).await;
        self.desk.assign(ticket.number, &self.sofia.user).await
    }

    /// The ticket as the administrator reads it now.
    pub(crate) async fn now(&self, number: TicketNumber) -> Value {
        self.page(number).await["ticket"].take()
    }

    /// Ticket and entries as the administrator reads them now.
    pub(crate) async fn page(&self, number: TicketNumber) -> Value {
        self.root.browser.get(&path(number)).await.expect(200)
    }
}

/// A ticket that is good in all its parts.
pub(crate) fn good() -> Value {
    json!({"title": "Impresora", "body": "No imprime.", "kind": "incident"})
}

/// The same with another value of a field.
pub(crate) fn good_with(field: &str, value: Value) -> Value {
    let mut body = good();
    body[field] = value;
    body
}

pub(crate) fn path(number: TicketNumber) -> String {
    format!("/api/tickets/{number}")
}

/// `PATCH` of the version that the caller has read.
pub(crate) async fn change(browser: &Browser, number: TicketNumber, version: u64, body: &Value) -> Reply {
    let version = format!("\"{version}\"");
    browser
        .send(Method::PATCH, &path(number), &[("if-match", &version)], Some(body))
        .await
}

/// A public message.
pub(crate) async fn say(browser: &Browser, number: TicketNumber, words: &str) -> Value {
    let body = json!({"body": words, "visibility": "public"});
    browser.post(&format!("{}/messages", path(number)), &body).await.expect(201)
}

/// A note.
pub(crate) async fn note(browser: &Browser, number: TicketNumber, words: &str) -> Value {
    let body = json!({"body": words, "visibility": "internal"});
    browser.post(&format!("{}/messages", path(number)), &body).await.expect(201)
}

/// The numbers of a list's rows, in their order.
pub(crate) fn numbers(page: &Value) -> Vec<u64> {
    page["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["number"].as_u64().unwrap())
        .collect()
}

/// The types of entries, in their order.
pub(crate) fn types(entries: &Value) -> Vec<&str> {
    entries
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["type"].as_str().unwrap_or("hidden"))
        .collect()
}

/// The names of an object's members, sorted.
pub(crate) fn names(object: &Value) -> Vec<&str> {
    let mut names: Vec<&str> = object.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}
