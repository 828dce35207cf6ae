//! `PUT /api/tickets/{number}/rating`.

use axum::extract::State;
use chamada_domain::permission::Action;
use chamada_domain::rating::{MAX_COMMENT, MOST_STARS, rate};
use chamada_domain::{Refusal, Ticket, TicketNumber};
use chamada_web::read::{integer, text};
use chamada_web::{App, Fields, Id, Input, Json, Problem, Visitor, Write};
use utoipa::ToSchema;

use crate::asked::Asked;
use crate::people::{customer_among, keyed};
use crate::salt;
use crate::view::TicketView;

/// How the requester found that the ticket was attended to.
#[derive(Debug, ToSchema)]
#[schema(as = NewRating)]
pub(crate) struct RatingBody {
    #[schema(minimum = 1, maximum = 5)]
    stars: u8,
    #[schema(max_length = 500, required = false)]
    comment: Option<String>,
}

impl Input for RatingBody {
    fn read(f: &mut Fields<'_>) -> Option<Self> {
        let stars = f.required("stars", integer(1..=i64::from(MOST_STARS)));
        let comment = f.optional("comment", text(0..=MAX_COMMENT));
        Some(Self {
            stars: u8::try_from(stars?).ok()?,
            comment: comment?.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()),
        })
    }
}

/// Rates how a resolved ticket was attended to; again, until it is reopened. 409 `not_resolved`.
#[utoipa::path(
    put, path = "/api/tickets/{number}/rating", tag = "tickets", request_body = RatingBody,
    params(("number" = u64, Path), chamada_web::openapi::IdempotencyHeader),
    responses((status = 200, body = TicketView), chamada_web::openapi::WriteProblems)
)]
pub(crate) async fn put(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Id(number): Id<TicketNumber>,
    request: Write<RatingBody>,
) -> Result<Json<TicketView>, Problem> {
    let asked = Asked::of(app, caller, number, &request).await?;
    let mut people = keyed(&asked.app, &asked.viewer).await?;
    people.extend(asked.caller.user.clone());
    let RatingBody { stars, comment } = &request.body;
    let give = |ticket: Ticket| {
        asked.require(&ticket, Action::Rate)?;
        let requester = customer_among(&people, &ticket).ok_or(Refusal::NotFound)?;
        let pen = asked.customer_pen(requester);
        rate(ticket, *stars, comment.as_deref(), &pen, &mut salt)
    };
    asked.change(give).await
}
