//! How far the caller has read tickets, for 'unread'.

use axum::extract::State;
use axum::response::Response;
use chamada_domain::TicketNumber;
use chamada_store::{Made, StoreError};
use chamada_web::read::{id, integer};
use chamada_web::{App, Conditional, Fields, Id, Input, Problem, Query, SignedIn, Write};
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::read::see;

/// The most tickets that are asked for at once.
const MOST: usize = 100;

/// How far somebody has read.
#[derive(Debug, ToSchema)]
#[schema(as = NewReadMark)]
pub(crate) struct MarkBody {
    /// The newest entry that was read.
    #[schema(minimum = 0)]
    seq: u64,
}

impl Input for MarkBody {
    fn read(f: &mut Fields<'_>) -> Option<Self> {
        let seq = f.required("seq", integer(0..=i64::MAX));
        Some(Self {
            seq: u64::try_from(seq?).ok()?,
        })
    }
}

/// Remembers how far the caller has read a ticket. What was read stays read.
#[utoipa::path(
    put, path = "/api/tickets/{number}/read", tag = "tickets", request_body = MarkBody,
    params(("number" = u64, Path), chamada_web::openapi::IdempotencyHeader),
    responses((status = 204), chamada_web::openapi::WriteProblems)
)]
pub(crate) async fn put(
    State(app): State<App>,
    SignedIn { caller, user }: SignedIn,
    Id(number): Id<TicketNumber>,
    request: Write<MarkBody>,
) -> Result<StatusCode, Problem> {
    let idempotency = caller.idempotency(&request, app.now())?;
    let (viewer, ticket, replayed) = futures::join!(
        caller.viewer_of(&app, number),
        app.store.ticket(number),
        app.store.replay(idempotency.as_ref())
    );
    let ticket = ticket?;
    let settings = &app.store.configuration().await?.settings;
    let sees_hidden = see(&viewer?, &ticket, settings)?.sees_hidden(settings);
    match replayed {
        Err(StoreError::Replayed(_)) => return Ok(StatusCode::NO_CONTENT),
        outcome => outcome?,
    }
    // Nobody has read what is not there yet: it would come in as read. Nor may the mark tell a customer of what staff write unseen.
    let last = if sees_hidden { ticket.last_seq } else { ticket.public_seq };
    if ticket.held {
        // Nobody but its requester sees it: they have come. No GET says so, since any page can make a browser send one.
        app.store.release_ticket(number).await?;
    }
    app.store.mark_read(&user.id, number, request.body.seq.min(last)).await?;
    app.store.remember_alone(idempotency.as_ref(), &Made::default()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Which tickets are asked about.
#[derive(Debug)]
pub(crate) struct Which(Vec<TicketNumber>);

impl Input for Which {
    fn read(f: &mut Fields<'_>) -> Option<Self> {
        let mut numbers: Vec<TicketNumber> = f.repeated("number", id())?;
        numbers.sort_unstable();
        numbers.dedup();
        if numbers.len() > MOST {
            return f.fault(chamada_domain::FieldError::new(
                "number",
                "too_many",
                "This may be given 100 times at most.",
            ));
        }
        Some(Self(numbers))
    }
}

/// How far the caller has read tickets.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReadMarks {
    items: Vec<ReadMark>,
}

/// How far the caller has read a ticket.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReadMark {
    #[schema(value_type = u64)]
    number: TicketNumber,
    /// The newest entry that they have read; 0 for none.
    seq: u64,
}

/// How far the caller has read each of these tickets. A ticket whose `last_seq` is higher has news for them.
#[utoipa::path(
    get, path = "/api/tickets/reads", tag = "tickets",
    params(("number" = Option<Vec<u64>>, Query, description = "Repeatable, up to 100 times.")),
    responses((status = 200, body = ReadMarks), (status = 304), chamada_web::openapi::ReadProblems)
)]
pub(crate) async fn list(
    State(app): State<App>,
    SignedIn { user, .. }: SignedIn,
    query: Query<Which>,
    known: Conditional,
) -> Result<Response, Problem> {
    let Which(numbers) = query.value;
    let marks = app.store.read_marks(&user.id, &numbers).await?;
    let items = numbers.into_iter().zip(marks).map(|(number, seq)| ReadMark { number, seq });
    known.answer(None, &ReadMarks { items: items.collect() })
}
