//! `GET /api/tickets/{number}/verify`.

use axum::extract::State;
use chamada_domain::{Role, TicketNumber};
use chamada_store::StoreError;
use chamada_web::{App, Id, Json, Problem, Visitor};
use serde::Serialize;
use utoipa::ToSchema;

/// What a check of a ticket's history found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Verification {
    valid: bool,
    entries: u64,
    head_hash: String,
    /// The lowest entry that is missing, altered or not linked.
    #[serde(skip_serializing_if = "Option::is_none")]
    first_bad_seq: Option<u64>,
    /// What is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

/// Recomputes every hash of a ticket's history, and the ticket's fields from its entries.
#[utoipa::path(
    get, path = "/api/tickets/{number}/verify", tag = "tickets", params(("number" = TicketNumber, Path)),
    responses((status = 200, body = Verification), chamada_web::openapi::ReadProblems)
)]
pub(crate) async fn verify(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Id(number): Id<TicketNumber>,
) -> Result<Json<Verification>, Problem> {
    let viewer = caller.viewer_of(&app, number).await?;
    let ticket = match app.store.ticket(number).await {
        // A ticket that cannot be read proves nothing. Administrators are told; others cannot be shown to have a right to it.
        Err(StoreError::Corrupt { what }) if viewer.user.as_ref().is_some_and(|(_, role)| *role == Role::Administrator) => {
            return Ok(Json(unreadable(what)));
        }
        ticket => ticket?,
    };
    let configuration = app.store.configuration().await?;
    let standing = crate::read::see(&viewer, &ticket, &configuration.settings)?;
    let (ticket, verdict) = app.store.verified(ticket).await?;
    let sees_hidden = standing.sees_hidden(&configuration.settings);
    let (entries, head_hash) = if sees_hidden || !verdict.is_valid() {
        (verdict.entries, verdict.head_hash.clone())
    } else {
        (ticket.public_seq, ticket.public_head().to_owned())
    };
    Ok(Json(Verification {
        valid: verdict.is_valid(),
        entries,
        head_hash,
        first_bad_seq: verdict.first_bad_seq,
        problem: verdict.problem,
    }))
}

fn unreadable(what: &str) -> Verification {
    Verification {
        valid: false,
        entries: 0,
        head_hash: String::new(),
        first_bad_seq: None,
        problem: Some(format!("the ticket is unreadable: {what}")),
    }
}
