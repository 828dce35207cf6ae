//! `GET /api/tickets/counts`: numbers for the saved views.

use axum::extract::State;
use axum::response::Response;
use chamada_domain::permission::{Action, Standing};
use chamada_domain::{Role, Settings, SpecialistsSee, Ticket, User};
use chamada_store::{COUNTED_TO, List};
use chamada_web::{App, Caller, Conditional, Problem, SignedIn};
use futures::future::{try_join, try_join4};
use serde::Serialize;
use utoipa::ToSchema;

/// How many tickets each saved view holds for the caller; 1,000 stands for 1,000 or more.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = TicketCounts)]
pub(crate) struct Counts {
    /// Neither Resolved nor Cancelled.
    #[schema(maximum = 1000)]
    pending: u64,
    /// Pending ones that the caller attends to; a customer's own.
    #[schema(maximum = 1000)]
    mine: u64,
    /// Pending ones that nobody attends to, as far as the caller may see or take them.
    #[schema(maximum = 1000)]
    unassigned: u64,
    /// Pending ones whose estimated date is over.
    #[schema(maximum = 1000)]
    overdue: u64,
}

/// Numbers for the saved views.
#[utoipa::path(
    get, path = "/api/tickets/counts", tag = "tickets",
    responses((status = 200, body = Counts), (status = 304), chamada_web::openapi::ReadProblems)
)]
pub(crate) async fn counts(State(app): State<App>, SignedIn { caller, user }: SignedIn, known: Conditional) -> Result<Response, Problem> {
    let settings = app.store.configuration().await?.settings.clone();
    let sees_all = user.role == Role::Administrator || user.role == Role::Specialist && settings.specialists_see == SpecialistsSee::All;
    let counts = match user.role {
        _ if sees_all => of_all(&app, &user).await?,
        Role::Specialist | Role::Administrator => of_own(&app, &user, &settings).await?,
        Role::User => of_customer(&app, &caller, &user, &settings).await?,
    };
    known.answer(None, &counts)
}

async fn of_all(app: &App, user: &User) -> Result<Counts, Problem> {
    let store = &app.store;
    let (pending, mine, unassigned, overdue) = try_join4(
        store.count_pending(),
        store.count_attended(Some(&user.id)),
        store.count_attended(None),
        store.count_overdue(app.now()),
    )
    .await?;
    Ok(Counts {
        pending,
        mine,
        unassigned,
        overdue,
    })
}

/// A specialist who sees what they attend to alone: their list is short, so its rows tell what is overdue.
async fn of_own(app: &App, user: &User, settings: &Settings) -> Result<Counts, Problem> {
    let list = List::Assignee {
        assignee: Some(user.id.clone()),
        pending: true,
        closed: false,
    };
    let unassigned = async {
        if settings.specialists_claim {
            app.store.count_attended(None).await
        } else {
            Ok(0)
        }
    };
    let (page, unassigned) = try_join(app.store.list(&list, None, u16::MAX, true, |_| true), unassigned).await?;
    let mine = capped(page.tickets.len());
    Ok(Counts {
        pending: mine,
        mine,
        unassigned,
        overdue: overdue(app, &page.tickets),
    })
}

/// A customer's own and watched tickets: the newest few hundred are looked at.
async fn of_customer(app: &App, caller: &Caller, user: &User, settings: &Settings) -> Result<Counts, Problem> {
    let viewer = caller.viewer();
    let shown = |ticket: &Ticket| ticket.status.is_pending() && Standing::of(&viewer, ticket).permits(Action::See, settings);
    let page = app.store.list(&List::Own(user.id.clone()), None, u16::MAX, true, shown).await?;
    let own = page.tickets.iter().filter(|ticket| ticket.requester.id == user.id).count();
    Ok(Counts {
        pending: capped(page.tickets.len()),
        mine: capped(own),
        unassigned: 0,
        overdue: overdue(app, &page.tickets),
    })
}

fn overdue(app: &App, tickets: &[Ticket]) -> u64 {
    let now = app.now();
    capped(tickets.iter().filter(|ticket| ticket.due_at.is_some_and(|at| at < now)).count())
}

fn capped(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(COUNTED_TO).min(COUNTED_TO)
}
