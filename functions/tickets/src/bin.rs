//! `DELETE /api/tickets/{number}`, `POST …/restore` and `POST …/erase`.

use axum::extract::State;
use chamada_domain::erase::Addresses;
use chamada_domain::permission::Action;
use chamada_domain::{Ticket, TicketNumber, bin};
use chamada_web::{App, Id, Json, Nothing, Problem, SignedIn, Write};
use http::StatusCode;

use crate::asked::Asked;
use crate::salt;
use crate::view::TicketView;

/// Deletes a ticket: it is gone from every list and link at once, and can be restored for 30 days.
#[utoipa::path(
    delete, path = "/api/tickets/{number}", tag = "tickets",
    params(("number" = u64, Path), chamada_web::openapi::IdempotencyHeader),
    responses((status = 204), chamada_web::openapi::WriteProblems)
)]
pub(crate) async fn delete(
    State(app): State<App>,
    SignedIn { caller, .. }: SignedIn,
    Id(number): Id<TicketNumber>,
    request: Write<Nothing>,
) -> Result<StatusCode, Problem> {
    let asked = Asked::of(app, caller, number, &request).await?;
    let pen = asked.pen();
    let go = |ticket: Ticket| {
        asked.require(&ticket, Action::Delete)?;
        Ok(bin::delete(ticket, &pen, &mut salt))
    };
    asked.change(go).await.map(|_| StatusCode::NO_CONTENT)
}

/// Brings a deleted ticket back. 409 `erased` where its words are gone, or its 30 days over.
#[utoipa::path(
    post, path = "/api/tickets/{number}/restore", tag = "tickets",
    params(("number" = u64, Path), chamada_web::openapi::IdempotencyHeader),
    responses((status = 200, body = TicketView), chamada_web::openapi::WriteProblems)
)]
pub(crate) async fn restore(
    State(app): State<App>,
    SignedIn { caller, .. }: SignedIn,
    Id(number): Id<TicketNumber>,
    request: Write<Nothing>,
) -> Result<Json<TicketView>, Problem> {
    let asked = Asked::of(app, caller, number, &request).await?;
    let pen = asked.pen();
    let back = |ticket: Ticket| {
        asked.require(&ticket, Action::Delete)?;
        bin::restore(ticket, &pen, &mut salt)
    };
    asked.change(back).await
}

/// Erases all words of a ticket for good: its entries keep their hashes alone. A ticket that is not deleted is deleted by this.
#[utoipa::path(
    post, path = "/api/tickets/{number}/erase", tag = "tickets",
    params(("number" = u64, Path), chamada_web::openapi::IdempotencyHeader),
    responses((status = 200, body = TicketView), chamada_web::openapi::WriteProblems)
)]
pub(crate) async fn erase(
    State(app): State<App>,
    SignedIn { caller, .. }: SignedIn,
    Id(number): Id<TicketNumber>,
    request: Write<Nothing>,
) -> Result<Json<TicketView>, Problem> {
    let asked = Asked::of(app, caller, number, &request).await?;
    let pen = asked.pen();
    let outcome = asked
        .app
        .store
        .change_whole_ticket(number, &asked.with(), |ticket, history| {
            asked.require(&ticket, Action::Delete)?;
            bin::erase(ticket, history, &pen, &mut salt)
        })
        .await;
    let erased = outcome.as_ref().ok().map(|draft| draft.ticket.last_seq);
    let answer = asked.answer(outcome.map(|draft| draft.ticket)).await?;
    if let Some(seq) = erased {
        // Who reads the ticket from now on finds no words; whatever else there is of it goes in a moment, and these too should this be cut short.
        asked.app.store.take_erased_words_out(number, seq, &Addresses::new()).await?;
    }
    Ok(answer)
}
