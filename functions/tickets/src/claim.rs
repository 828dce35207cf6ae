//! `POST /api/tickets/{number}/claim`.

use axum::extract::State;
use chamada_domain::amend::{Amendment, amend};
use chamada_domain::permission::{Standing, require_claim};
use chamada_domain::{Ticket, TicketNumber};
use chamada_web::{App, Id, Json, Nothing, Problem, SignedIn, Write};

use crate::asked::Asked;
use crate::salt;
use crate::view::TicketView;

/// Takes a ticket over.
#[utoipa::path(
    post, path = "/api/tickets/{number}/claim", tag = "tickets",
    params(("number" = TicketNumber, Path), chamada_web::openapi::IdempotencyHeader),
    responses((status = 200, body = TicketView), chamada_web::openapi::WriteProblems)
)]
pub(crate) async fn claim(
    State(app): State<App>,
    SignedIn { caller, user }: SignedIn,
    Id(number): Id<TicketNumber>,
    request: Write<Nothing>,
) -> Result<Json<TicketView>, Problem> {
    let asked = Asked::of(app, caller, number, &request).await?;
    let pen = asked.pen();
    let take = |ticket: Ticket| {
        let standing = Standing::of(&asked.viewer, &ticket);
        require_claim(standing, &ticket, asked.settings(), pen.at)?;
        let change = Amendment {
            assignee: Some(Some(user.as_staff_member())),
            ..Amendment::default()
        };
        Ok(amend(ticket, change, &pen, &mut salt))
    };
    asked.change(take).await
}
