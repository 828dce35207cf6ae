//! `POST /api/tickets/bulk`: the same change of many tickets.

use std::collections::BTreeSet;

use axum::extract::State;
use chamada_domain::amend::{Amendment, amend};
use chamada_domain::draft::{Pen, Writer};
use chamada_domain::permission::{Standing, require};
use chamada_domain::{FieldError, Priority, Settings, Status, Ticket, TicketNumber, User, UserId};
use chamada_store::{Idempotency, Made, StoreError, With};
use chamada_web::read::{id, list, object, word};
use chamada_web::{Administrator, App, Caller, Fields, Input, Json, Problem, ProblemBody, Write};
use futures::{StreamExt, stream};
use serde::Serialize;
use utoipa::ToSchema;

use crate::people::{assignee, no_assignee};
use crate::salt;

/// The most tickets of one request.
const MOST: usize = 100;

/// How many are written at once.
const AT_ONCE: usize = 8;

/// Which tickets, and what becomes of them.
#[derive(Debug, ToSchema)]
#[schema(as = BulkChange)]
pub(crate) struct BulkBody {
    #[schema(value_type = Vec<u64>, min_items = 1, max_items = 100)]
    numbers: Vec<TicketNumber>,
    set: BulkSet,
}

/// New values of some fields, one at least; what is left out stays.
#[derive(Debug, Clone, ToSchema)]
pub(crate) struct BulkSet {
    /// Null for nobody.
    #[schema(value_type = Option<UserId>)]
    assignee_id: Option<Option<UserId>>,
    status: Option<Status>,
    priority: Option<Priority>,
}

impl Input for BulkBody {
    fn read(f: &mut Fields<'_>) -> Option<Self> {
        let numbers = f.required("numbers", list(1..=MOST, id()));
        let set = f.required("set", object(set));
        let mut seen = BTreeSet::new();
        let mut numbers: Vec<TicketNumber> = numbers?;
        numbers.retain(|number| seen.insert(*number));
        Some(Self { numbers, set: set? })
    }
}

fn set(f: &mut Fields<'_>) -> Option<BulkSet> {
    let assignee_id = f.changed_or_cleared("assignee_id", id());
    let status = f.changed("status", word());
    let priority = f.changed("priority", word());
    let set = BulkSet {
        assignee_id: assignee_id?,
        status: status?,
        priority: priority?,
    };
    if set.assignee_id.is_none() && set.status.is_none() && set.priority.is_none() {
        return f.fault(FieldError::required("set"));
    }
    Some(set)
}

/// What became of each ticket, in the order of the request.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BulkResults {
    results: Vec<BulkResult>,
}

/// What became of one ticket.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BulkResult {
    #[schema(value_type = u64)]
    number: TicketNumber,
    ok: bool,
    /// Why it was not changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    problem: Option<ProblemBody>,
}

/// Changes up to 100 tickets; one that cannot be changed stops no other.
#[utoipa::path(
    post, path = "/api/tickets/bulk", tag = "tickets", request_body = BulkBody,
    params(chamada_web::openapi::IdempotencyHeader),
    responses((status = 200, body = BulkResults), chamada_web::openapi::WriteProblems)
)]
pub(crate) async fn bulk(
    State(app): State<App>,
    Administrator(caller): Administrator,
    request: Write<BulkBody>,
) -> Result<Json<BulkResults>, Problem> {
    let user = caller.signed_in()?.clone();
    let idempotency = caller.idempotency(&request, app.now())?;
    match app.store.replay(idempotency.as_ref()).await {
        // It goes on where it was interrupted.
        Ok(()) | Err(StoreError::Replayed(_)) => {}
        Err(error) => return Err(error.into()),
    }
    let BulkBody { numbers, set } = request.body;
    let chosen = assignee(&app, set.assignee_id.as_ref().and_then(Option::as_ref)).await?;
    if matches!(set.assignee_id, Some(Some(_))) && chosen.is_none() {
        let FieldError { code, detail, .. } = no_assignee();
        return Err(FieldError::new("set.assignee_id", code, detail).into());
    }
    // Before anything is written: the same key with another body changes nothing. A refused request is not remembered.
    app.store.remember_alone(idempotency.as_ref(), &Made::default()).await?;
    let change = Change {
        settings: app.store.configuration().await?.settings.clone(),
        amendment: amendment(&set, chosen.as_ref()),
        pen: Pen {
            at: app.now(),
            via: caller.channel().into(),
            author: Some(Writer::of(&user)),
        },
        app,
        caller,
        idempotency,
    };
    let results = stream::iter(numbers)
        .map(|number| change.carry_out(number))
        .buffered(AT_ONCE)
        .collect()
        .await;
    Ok(Json(BulkResults { results }))
}

fn amendment(set: &BulkSet, chosen: Option<&User>) -> Amendment {
    Amendment {
        status: set.status,
        priority: set.priority,
        assignee: set.assignee_id.as_ref().map(|_| chosen.map(User::as_staff_member)),
        ..Amendment::default()
    }
}

/// What is done to each ticket.
struct Change {
    app: App,
    caller: Caller,
    settings: Settings,
    amendment: Amendment,
    pen: Pen,
    idempotency: Option<Idempotency>,
}

impl Change {
    async fn carry_out(&self, number: TicketNumber) -> BulkResult {
        let problem = self.apply(number).await.err().map(|problem| problem.body(None));
        BulkResult {
            number,
            ok: problem.is_none(),
            problem,
        }
    }

    async fn apply(&self, number: TicketNumber) -> Result<(), Problem> {
        // Each ticket's share of the request is remembered by itself, so that a repetition goes on where the first was interrupted.
        let idempotency = self.idempotency.as_ref().map(|request| Idempotency {
            key: format!("{}#{number}", request.key),
            ..request.clone()
        });
        let with = With {
            idempotency: idempotency.as_ref(),
            ..With::default()
        };
        let decide = |ticket: Ticket| {
            let standing = Standing::of(&self.caller.viewer(), &ticket);
            for action in self.amendment.actions() {
                require(standing, action, &self.settings)?;
            }
            Ok(amend(ticket, self.amendment.clone(), &self.pen, &mut salt))
        };
        match self.app.store.change_ticket(number, &with, decide).await {
            Ok(_) | Err(StoreError::Replayed(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
