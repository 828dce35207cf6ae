//! `POST /api/tickets/{number}/merge`, and tickets that have to do with each other.

use axum::extract::State;
use chamada_domain::draft::Pen;
use chamada_domain::permission::{Action, Standing, require};
use chamada_domain::{FieldError, Refusal, Ticket, TicketNumber, merge as domain};
use chamada_store::StoreError;
use chamada_web::read::id;
use chamada_web::{App, Caller, Fields, Id, Id2, Input, Json, Nothing, Problem, SignedIn, Write};
use http::StatusCode;
use utoipa::ToSchema;

use crate::asked::Asked;
use crate::salt;
use crate::view::TicketView;

/// In which ticket this one goes on.
#[derive(Debug, ToSchema)]
pub(crate) struct Merge {
    #[schema(value_type = u64)]
    into: TicketNumber,
}

impl Input for Merge {
    fn read(f: &mut Fields<'_>) -> Option<Self> {
        let into = f.required("into", id());
        Some(Self { into: into? })
    }
}

/// Lets a ticket go on in another one: it is closed, its people follow the other, its links open the other, answers to its mails land there.
///
/// 409 `merged` where either went on in another before, `too_many_merges` where this would be the ninth in a row; 422 `into` `same_ticket`, `unknown`,
/// `too_many_watchers`.
#[utoipa::path(
    post, path = "/api/tickets/{number}/merge", tag = "tickets", request_body = Merge,
    params(("number" = u64, Path), chamada_web::openapi::IdempotencyHeader),
    responses((status = 200, body = TicketView), chamada_web::openapi::WriteProblems)
)]
pub(crate) async fn merge(
    State(app): State<App>,
    SignedIn { caller, .. }: SignedIn,
    Id(number): Id<TicketNumber>,
    request: Write<Merge>,
) -> Result<Json<TicketView>, Problem> {
    let asked = Asked::of(app, caller, number, &request).await?;
    let pen = asked.pen();
    let mut outcome = join(&asked, request.body.into, &pen).await;
    for _ in 1..ATTEMPTS {
        if !matches!(outcome, Err(StoreError::Refused(Refusal::Stale))) {
            break;
        }
        outcome = join(&asked, request.body.into, &pen).await;
    }
    asked.answer(outcome).await
}

/// Lets the ticket go on in `into`; [`Refusal::Stale`] where it was written into meanwhile.
async fn join(asked: &Asked, into: TicketNumber, pen: &Pen) -> Result<Ticket, StoreError> {
    let store = &asked.app.store;
    // First the ticket, then what leads to it: that grows by this ticket's own history alone, since one that goes on in another takes none in.
    let seen = store.ticket(asked.number).await?;
    let merges = match asked.require(&seen, Action::Merge) {
        Ok(()) => store.leading_to(asked.number).await?.merges,
        // Refused below, unless it is a repetition.
        Err(_) => 0,
    };
    let decide = |source: Ticket, target: Option<Ticket>| {
        asked.require(&source, Action::Merge)?;
        let target = known(asked, target)?;
        if source.last_seq != seen.last_seq {
            return Err(Refusal::Stale);
        }
        domain::merge(source, target, merges, pen, &mut salt)
    };
    let outcome = store.change_tickets((asked.number, into), &asked.with(), decide).await;
    outcome.map(|(source, _)| source.ticket)
}

/// How often a merge is decided anew where the ticket was written into meanwhile.
const ATTEMPTS: usize = 8;

/// The other ticket, if the caller may merge into it. One that they may not know of and one that is not there are the same to them.
fn known(asked: &Asked, target: Option<Ticket>) -> Result<Ticket, Refusal> {
    let unknown = || Refusal::from(FieldError::new("into", "unknown", "There is no such ticket."));
    let target = target.ok_or_else(unknown)?;
    match asked.require(&target, Action::Merge) {
        Err(Refusal::NotFound) => Err(unknown()),
        outcome => outcome.map(|()| target),
    }
}

/// Ties two tickets that have to do with each other. Staff alone see it.
#[utoipa::path(
    put, path = "/api/tickets/{number}/links/{other}", tag = "tickets",
    params(("number" = u64, Path), ("other" = u64, Path), chamada_web::openapi::IdempotencyHeader),
    responses((status = 200, body = TicketView), chamada_web::openapi::WriteProblems)
)]
pub(crate) async fn link(
    State(app): State<App>,
    SignedIn { caller, .. }: SignedIn,
    Id2(number, other): Id2<TicketNumber, TicketNumber>,
    request: Write<Nothing>,
) -> Result<Json<TicketView>, Problem> {
    tie(app, caller, (number, other), &request, false).await
}

/// Unties two tickets.
#[utoipa::path(
    delete, path = "/api/tickets/{number}/links/{other}", tag = "tickets",
    params(("number" = u64, Path), ("other" = u64, Path), chamada_web::openapi::IdempotencyHeader),
    responses((status = 204), chamada_web::openapi::WriteProblems)
)]
pub(crate) async fn unlink(
    State(app): State<App>,
    SignedIn { caller, .. }: SignedIn,
    Id2(number, other): Id2<TicketNumber, TicketNumber>,
    request: Write<Nothing>,
) -> Result<StatusCode, Problem> {
    tie(app, caller, (number, other), &request, true)
        .await
        .map(|_| StatusCode::NO_CONTENT)
}

async fn tie(
    app: App,
    caller: Caller,
    (number, other): (TicketNumber, TicketNumber),
    request: &Write<Nothing>,
    removed: bool,
) -> Result<Json<TicketView>, Problem> {
    let asked = Asked::of(app, caller, number, request).await?;
    let pen = asked.pen();
    // Keys of tickets give nobody this right: what somebody is to both is told by who they are.
    let may =
        |ticket: &Ticket| -> Result<(), Refusal> { require(Standing::of(&asked.caller.viewer(), ticket), Action::Link, asked.settings()) };
    let decide = |one: Ticket, two: Option<Ticket>| {
        may(&one)?;
        let two = two.ok_or(Refusal::NotFound)?;
        may(&two)?;
        if removed {
            Ok(domain::unlink(one, two, &pen, &mut salt))
        } else {
            domain::link(one, two, &pen, &mut salt)
        }
    };
    let outcome = asked.app.store.change_tickets((number, other), &asked.with(), decide).await;
    asked.answer(outcome.map(|(one, _)| one.ticket)).await
}
