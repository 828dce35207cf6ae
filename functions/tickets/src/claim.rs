//! `POST /api/tickets/{number}/claim`.

use axum::extract::State;
use chamada_domain::amend::{Amendment, amend};
use chamada_domain::draft::{Draft, Pen, Writer};
use chamada_domain::permission::{Action, Standing, require, require_claim};
use chamada_domain::{Refusal, Ticket, TicketNumber};
use chamada_store::{StoreError, With};
use chamada_web::{App, Id, Json, Nothing, Problem, SignedIn, Write};

use crate::read::{answer, see};
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
    let viewer = caller.viewer();
    let idempotency = caller.idempotency(&request, app.now())?;
    let configuration = app.store.configuration().await?;
    let settings = &configuration.settings;
    let with = With {
        idempotency: idempotency.as_ref(),
        ..With::default()
    };
    let decide = |ticket: Ticket| {
        let standing = Standing::of(&viewer, &ticket);
        if standing.assignee {
            return Ok(Draft::of(ticket));
        }
        if !standing.role.is_some_and(chamada_domain::Role::is_staff) {
            // Never theirs to claim: told apart by whether they may see it.
            return Err(require(standing, Action::Claim, settings).err().unwrap_or(Refusal::Forbidden));
        }
        require_claim(standing, &ticket, settings, app.now())?;
        let pen = Pen {
            at: app.now(),
            via: caller.channel().into(),
            author: Some(Writer::of(&user)),
        };
        let change = Amendment {
            assignee: Some(Some(user.as_staff_member())),
            ..Amendment::default()
        };
        Ok(amend(ticket, change, &pen, &mut salt))
    };
    match app.store.change_ticket(number, &with, decide).await {
        Ok(draft) => Ok(answer(&draft.ticket, &viewer, settings)),
        Err(StoreError::Replayed(_)) => {
            let ticket = app.store.ticket(number).await?;
            see(&viewer, &ticket, settings)?;
            Ok(answer(&ticket, &viewer, settings))
        }
        Err(error) => Err(error.into()),
    }
}
