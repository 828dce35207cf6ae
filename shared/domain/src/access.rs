//! Who may make which call of the API: every call stands here, and what is not here is answered to nobody.
//!
//! Two questions follow one another. Who somebody is decides whether a call is for them at all ([`Need`]), before any handler runs; what they are to the
//! ticket that it is about decides whether they may do that to it ([`crate::permission`]), which the handler asks with the ticket as it is.

use crate::{Refusal, Role};

/// As whom somebody asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Asker {
    /// Nobody known.
    Nobody,
    /// Somebody with a guest's session, who holds no key.
    Guest,
    /// Somebody who opened links of tickets.
    KeyHolder,
    /// Somebody who is signed in.
    Person(Role),
}

/// Whom a call is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Need {
    /// Anybody.
    Anyone,
    /// Whoever is signed in; anybody where guests may open tickets.
    Newcomer,
    /// Whoever is signed in or holds a key; anybody where guests may open tickets.
    Uploader,
    /// Whoever has a session, a guest's too.
    Visitor,
    /// Whoever is signed in.
    Person,
    /// Specialists and administrators.
    Staff,
    /// Administrators.
    Administrator,
}

/// A call of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call {
    /// Its method.
    pub method: &'static str,
    /// Its path, as the description has it.
    pub path: &'static str,
    /// Whom it is for.
    pub need: Need,
}

const fn call(method: &'static str, path: &'static str, need: Need) -> Call {
    Call { method, path, need }
}

/// Every call.
pub const CALLS: &[Call] = &[
    call("GET", "/api/health", Need::Anyone),
    call("GET", "/api/openapi.json", Need::Anyone),
    call("GET", "/api/site", Need::Anyone),
    call("POST", "/api/sign-in", Need::Anyone),
    call("GET", "/api/session", Need::Visitor),
    call("POST", "/api/session", Need::Anyone),
    call("DELETE", "/api/session", Need::Anyone),
    call("DELETE", "/api/sessions", Need::Person),
    call("POST", "/api/ticket-links", Need::Anyone),
    call("GET", "/api/me", Need::Person),
    call("PATCH", "/api/me", Need::Person),
    call("GET", "/api/tokens", Need::Person),
    call("POST", "/api/tokens", Need::Person),
    call("DELETE", "/api/tokens/{id}", Need::Person),
    call("GET", "/api/users", Need::Administrator),
    call("POST", "/api/users", Need::Administrator),
    call("GET", "/api/users/{id}", Need::Administrator),
    call("PATCH", "/api/users/{id}", Need::Administrator),
    call("DELETE", "/api/users/{id}", Need::Administrator),
    call("GET", "/api/specialists", Need::Staff),
    call("GET", "/api/settings", Need::Administrator),
    call("PATCH", "/api/settings", Need::Administrator),
    call("GET", "/api/organisation", Need::Person),
    call("PUT", "/api/organisation", Need::Administrator),
    call("GET", "/api/categories", Need::Person),
    call("PUT", "/api/categories", Need::Administrator),
    call("GET", "/api/canned-replies", Need::Staff),
    call("PUT", "/api/canned-replies", Need::Administrator),
    call("GET", "/api/audit", Need::Administrator),
    call("POST", "/api/import/{what}", Need::Administrator),
    call("POST", "/api/attachments", Need::Uploader),
    call("POST", "/api/attachments/{id}/complete", Need::Uploader),
    call("DELETE", "/api/attachments/{id}", Need::Uploader),
    call("GET", "/api/tickets", Need::Person),
    call("POST", "/api/tickets", Need::Newcomer),
    call("POST", "/api/tickets/bulk", Need::Administrator),
    call("GET", "/api/tickets/counts", Need::Person),
    call("GET", "/api/tickets/reads", Need::Person),
    call("GET", "/api/tickets/{number}", Need::Visitor),
    call("GET", "/api/tickets/{number}/entries", Need::Visitor),
    call("GET", "/api/tickets/{number}/entries/{seq}/html", Need::Visitor),
    call("GET", "/api/tickets/{number}/entries/{seq}/raw", Need::Visitor),
    call("GET", "/api/tickets/{number}/verify", Need::Visitor),
    call("GET", "/api/tickets/{number}/transcript", Need::Visitor),
    call("POST", "/api/tickets/{number}/bundle", Need::Visitor),
    call("GET", "/api/tickets/{number}/bundles/{bundle_id}", Need::Visitor),
    call("GET", "/api/tickets/{number}/attachments/{id}", Need::Visitor),
    call("PATCH", "/api/tickets/{number}", Need::Visitor),
    call("POST", "/api/tickets/{number}/messages", Need::Visitor),
    call("PUT", "/api/tickets/{number}/rating", Need::Visitor),
    call("POST", "/api/tickets/{number}/claim", Need::Person),
    call("PUT", "/api/tickets/{number}/read", Need::Person),
    call("DELETE", "/api/tickets/{number}", Need::Person),
    call("POST", "/api/tickets/{number}/restore", Need::Person),
    call("POST", "/api/tickets/{number}/erase", Need::Person),
    call("POST", "/api/tickets/{number}/merge", Need::Person),
    call("PUT", "/api/tickets/{number}/links/{other}", Need::Person),
    call("DELETE", "/api/tickets/{number}/links/{other}", Need::Person),
    call("GET", "/api/tickets/{number}/keys", Need::Person),
    call("DELETE", "/api/tickets/{number}/keys", Need::Person),
    call("DELETE", "/api/tickets/{number}/keys/{id}", Need::Person),
    call("GET", "/api/mailboxes", Need::Administrator),
    call("POST", "/api/mailboxes", Need::Administrator),
    call("GET", "/api/mailboxes/{id}", Need::Administrator),
    call("PATCH", "/api/mailboxes/{id}", Need::Administrator),
    call("DELETE", "/api/mailboxes/{id}", Need::Administrator),
    call("POST", "/api/mailboxes/{id}/test", Need::Administrator),
    call("POST", "/api/mailboxes/{id}/sweep", Need::Administrator),
    call("GET", "/api/mailboxes/{id}/sweeps", Need::Administrator),
    call("GET", "/api/mailboxes/{id}/sweeps/{sweep_id}", Need::Administrator),
    call("GET", "/api/mailboxes/{id}/messages", Need::Administrator),
    call("GET", "/api/mailboxes/{id}/messages/{message_id}/raw", Need::Administrator),
    call("DELETE", "/api/mailboxes/{id}/messages/{message_id}", Need::Administrator),
    call("POST", "/api/sweeps", Need::Administrator),
];

/// The call of this method and path; nothing where there is none.
#[must_use]
pub fn find(method: &str, path: &str) -> Option<&'static Call> {
    // What answers GET answers HEAD (RFC 9110 §9.3.2).
    let method = if method == "HEAD" { "GET" } else { method };
    CALLS.iter().find(|call| call.method == method && call.path == path)
}

/// Why a call is not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Denial {
    /// It is for those who are signed in: 401.
    SignInNeeded,
    /// It is for others: 403, 404 or 409.
    Refused(Refusal),
}

/// Lets those pass whom a call is for; `guests_welcome` where guests may open tickets.
///
/// # Errors
/// [`Denial::SignInNeeded`] where somebody signed in might pass, [`Refusal::Forbidden`] where others may.
pub fn admit(need: Need, asker: Asker, guests_welcome: bool) -> Result<(), Denial> {
    let passes = match (need, asker) {
        (Need::Anyone, _) => true,
        (Need::Newcomer, Asker::Nobody | Asker::Guest | Asker::KeyHolder) => guests_welcome,
        (Need::Uploader, Asker::Nobody | Asker::Guest) => guests_welcome,
        (Need::Newcomer | Need::Uploader | Need::Visitor | Need::Person, Asker::Person(_)) => true,
        (Need::Uploader, Asker::KeyHolder) | (Need::Visitor, Asker::Guest | Asker::KeyHolder) => true,
        (Need::Staff, Asker::Person(role)) => role.is_staff(),
        (Need::Administrator, Asker::Person(role)) => role == Role::Administrator,
        (Need::Visitor, Asker::Nobody) => false,
        (Need::Person | Need::Staff | Need::Administrator, Asker::Nobody | Asker::Guest | Asker::KeyHolder) => false,
    };
    match (passes, asker) {
        (true, _) => Ok(()),
        (false, Asker::Person(_)) => Err(Denial::Refused(Refusal::Forbidden)),
        (false, Asker::Nobody | Asker::Guest | Asker::KeyHolder) => Err(Denial::SignInNeeded),
    }
}
