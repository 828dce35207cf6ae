//! Asking for sweeps, and looking at them. The table's stream brings what is asked to the function that fetches mail.

use axum::extract::State;
use axum::response::Response;
use chamada_domain::mailbox::Sweep;
use chamada_domain::{MailboxId, SweepId};
use chamada_platform::random;
use chamada_store::{Idempotency, Made, StoreError};
use chamada_web::openapi::{IdempotencyHeader, PagingParams, ReadProblems, WriteProblems};
use chamada_web::{Administrator, App, Conditional, Id, Id2, Json, Nothing, Page, Pager, Paging, Problem, Query, Write};
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::view::SweepView;

/// A sweep that will bring the mail, or is about to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Asked {
    /// Which sweep.
    sweep_id: SweepId,
}

/// One mailbox's sweep.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MailboxSweep {
    /// Of which mailbox.
    mailbox_id: MailboxId,
    /// Which sweep.
    sweep_id: SweepId,
}

/// The sweeps of all mailboxes that are enabled.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AllAsked {
    /// The first of them; null where no mailbox is enabled.
    sweep_id: Option<SweepId>,
    /// Each mailbox's.
    sweeps: Vec<MailboxSweep>,
}

/// Fetches a mailbox's mail now. A sweep that is under way is joined, not doubled.
#[utoipa::path(post, path = "/api/mailboxes/{id}/sweep", tag = "mailboxes", params(("id" = MailboxId, Path), IdempotencyHeader),
    responses((status = 202, body = Asked), WriteProblems))]
pub(crate) async fn ask(
    State(app): State<App>,
    Administrator(caller): Administrator,
    Id(id): Id<MailboxId>,
    write: Write<Nothing>,
) -> Result<(StatusCode, Json<Asked>), Problem> {
    let request = caller.idempotency(&write, app.now())?;
    let mailbox = app.store.mailbox(&id).await?;
    if !mailbox.enabled {
        return Err(Problem::conflict("mailbox_disabled").with_detail("This mailbox is switched off. Switch it on first."));
    }
    let sweep_id = app
        .store
        .ask_sweep(&Sweep::asked(id, app.now(), random()), request.as_ref())
        .await?;
    Ok((StatusCode::ACCEPTED, Json(Asked { sweep_id })))
}

/// Fetches the mail of all enabled mailboxes now.
#[utoipa::path(post, path = "/api/sweeps", tag = "mailboxes", params(IdempotencyHeader), responses((status = 202, body = AllAsked), WriteProblems))]
pub(crate) async fn ask_all(
    State(app): State<App>,
    Administrator(caller): Administrator,
    write: Write<Nothing>,
) -> Result<(StatusCode, Json<AllAsked>), Problem> {
    let request = caller.idempotency(&write, app.now())?;
    match app.store.replay(request.as_ref()).await {
        // Each mailbox's part is remembered by itself, below.
        Ok(()) | Err(StoreError::Replayed(_)) => {}
        Err(error) => return Err(error.into()),
    }
    let mut sweeps = Vec::new();
    for mailbox in app.store.mailboxes().await?.into_iter().filter(|mailbox| mailbox.enabled) {
        let sweep = Sweep::asked(mailbox.id.clone(), app.now(), random());
        // No client's key holds a space: this one is nobody else's.
        let part = request.as_ref().map(|request| Idempotency {
            key: format!("{} {}", request.key, mailbox.id),
            ..request.clone()
        });
        let sweep_id = app.store.ask_sweep(&sweep, part.as_ref()).await?;
        sweeps.push(MailboxSweep {
            mailbox_id: mailbox.id,
            sweep_id,
        });
    }
    app.store.remember_alone(request.as_ref(), &Made::default()).await?;
    let sweep_id = sweeps.first().map(|first| first.sweep_id.clone());
    Ok((StatusCode::ACCEPTED, Json(AllAsked { sweep_id, sweeps })))
}

/// A mailbox's sweeps of the last 30 days, newest first.
#[utoipa::path(get, path = "/api/mailboxes/{id}/sweeps", tag = "mailboxes", params(("id" = MailboxId, Path), PagingParams),
    responses((status = 200, body = Page<SweepView>), (status = 304), ReadProblems))]
pub(crate) async fn list(
    State(app): State<App>,
    Administrator(caller): Administrator,
    conditional: Conditional,
    Id(id): Id<MailboxId>,
    query: Query<Paging>,
) -> Result<Response, Problem> {
    let pager = Pager::of(&app, &caller, query.value, query.filters).await?;
    let before: Option<SweepId> = pager.start()?;
    app.store.mailbox(&id).await?;
    let (sweeps, more) = app.store.sweeps(&id, before.as_ref(), pager.limit()).await?;
    let next_cursor = pager.cursor(sweeps.last().filter(|_| more).map(|last| &last.id))?;
    let items: Vec<SweepView> = sweeps.into_iter().map(SweepView::from).collect();
    conditional.answer(None, &Page { items, next_cursor })
}

/// A sweep, while it runs and afterwards.
#[utoipa::path(get, path = "/api/mailboxes/{id}/sweeps/{sweep_id}", tag = "mailboxes",
    params(("id" = MailboxId, Path), ("sweep_id" = SweepId, Path)), responses((status = 200, body = SweepView), (status = 304), ReadProblems))]
pub(crate) async fn read(
    State(app): State<App>,
    _: Administrator,
    conditional: Conditional,
    Id2(id, sweep): Id2<MailboxId, SweepId>,
) -> Result<Response, Problem> {
    conditional.answer(None, &SweepView::from(app.store.sweep(&id, &sweep).await?))
}
