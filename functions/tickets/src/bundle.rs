//! `POST /api/tickets/{number}/bundle` and `GET /api/tickets/{number}/bundles/{bundle_id}`: a ticket's evidence in one file.

use std::time::Duration;

use axum::extract::State;
use chamada_domain::entry::Event;
use chamada_domain::permission::Viewer;
use chamada_domain::{BundleId, TicketNumber};
use chamada_platform::{Disposition, random};
use chamada_store::{Bundle, BundleState, Idempotency, StoreError, bundle_object};
use chamada_web::{App, Caller, Id, Id2, Json, Nothing, Problem, Visitor, Write, limit};
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use crate::read::see;
use crate::transcript::locale_of;

/// How many bundles one caller may ask for in an hour: each may hold a gigabyte.
const PER_CALLER: u64 = 10;

/// For how long a presigned URL gives the bundle.
const GET_FOR: Duration = Duration::from_secs(5 * 60);

/// How many entries are looked through for an erasure since.
const NEWER: u16 = 1_000;

/// A bundle that is being made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AskedBundle {
    bundle_id: BundleId,
}

/// How far a bundle is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = BundleState)]
pub(crate) enum StateView {
    /// It is being made.
    Making,
    /// It can be fetched.
    Ready,
    /// It could not be made, or words of the ticket were erased since: ask for another.
    Failed,
}

/// A bundle.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Bundle)]
pub(crate) struct BundleView {
    state: StateView,
    /// A presigned URL of the ZIP, good for five minutes; only when it is ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    url: Option<String>,
}

/// Has a ticket's evidence put together in one ZIP: history, files, for staff the original mails, and what proves them. It can be fetched for 7 days.
#[utoipa::path(
    post, path = "/api/tickets/{number}/bundle", tag = "tickets",
    params(("number" = TicketNumber, Path), chamada_web::openapi::IdempotencyHeader),
    responses((status = 202, body = AskedBundle), chamada_web::openapi::WriteProblems)
)]
pub(crate) async fn ask(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Id(number): Id<TicketNumber>,
    headers: HeaderMap,
    write: Write<Nothing>,
) -> Result<(StatusCode, Json<AskedBundle>), Problem> {
    let (viewer, ticket) = (caller.viewer_of(&app, number).await?, app.store.ticket(number).await?);
    let settings = &app.store.configuration().await?.settings;
    let for_staff = see(&viewer, &ticket, settings)?.sees_hidden(settings);
    let request = caller.idempotency(&write, app.now())?;
    let bundle = Bundle {
        state: BundleState::Making,
        for_staff,
        locale: locale_of(&caller, &headers, settings),
        at: app.now(),
        attempts: 0,
        last_seq: None,
    };
    let made = match ask_once(&app, (&caller, &viewer), number, &bundle, request.as_ref()).await {
        Err(Refused::Store(StoreError::Replayed(made))) => made.id.and_then(|id| id.parse().ok()),
        Err(Refused::Store(error)) => return Err(error.into()),
        Err(Refused::Limit(problem)) => return Err(problem),
        Ok(id) => Some(id),
    };
    let bundle_id = made.ok_or_else(Problem::not_found)?;
    Ok((StatusCode::ACCEPTED, Json(AskedBundle { bundle_id })))
}

/// Why a bundle is not asked for now.
enum Refused {
    Store(StoreError),
    Limit(Problem),
}

/// Asks for a bundle; a repetition of the request counts for no limit.
async fn ask_once(
    app: &App,
    (caller, viewer): (&Caller, &Viewer),
    number: TicketNumber,
    bundle: &Bundle,
    request: Option<&Idempotency>,
) -> Result<BundleId, Refused> {
    app.store.replay(request).await.map_err(Refused::Store)?;
    let who = match viewer.keys.iter().find(|(ticket, _)| *ticket == number) {
        // Each opening of a link is a session of its own: the person counts whose link it is.
        Some((_, person)) if caller.user.is_none() => person.to_string(),
        _ => caller.name().map_err(Refused::Limit)?,
    };
    limit(app, "bundle", &who, PER_CALLER, "too_many_requests")
        .await
        .map_err(Refused::Limit)?;
    let id = BundleId::from_random(random());
    app.store.ask_bundle(number, &id, bundle, request).await.map_err(Refused::Store)?;
    Ok(id)
}

/// How far a bundle is, and where it can be fetched once it is ready. One that holds what staff alone read is there for staff alone.
#[utoipa::path(
    get, path = "/api/tickets/{number}/bundles/{bundle_id}", tag = "tickets",
    params(("number" = TicketNumber, Path), ("bundle_id" = BundleId, Path)),
    responses((status = 200, body = BundleView), chamada_web::openapi::ReadProblems)
)]
pub(crate) async fn get(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Id2(number, id): Id2<TicketNumber, BundleId>,
) -> Result<Json<BundleView>, Problem> {
    let (viewer, ticket) = (caller.viewer_of(&app, number).await?, app.store.ticket(number).await?);
    let settings = &app.store.configuration().await?.settings;
    let sees_hidden = see(&viewer, &ticket, settings)?.sees_hidden(settings);
    let bundle = app.store.bundle(number, &id, app.now()).await?;
    if bundle.for_staff && !sees_hidden {
        return Err(Problem::not_found());
    }
    let (state, url) = match bundle.state {
        BundleState::Making => (StateView::Making, None),
        BundleState::Failed => (StateView::Failed, None),
        BundleState::Ready if erased_since(&app, number, &bundle).await? => (StateView::Failed, None),
        BundleState::Ready => {
            let name = format!("{}.zip", number.shown(&settings.ticket_prefix));
            (StateView::Ready, Some(url_of(&app, &bundle_object(number, &id), &name).await?))
        }
    };
    Ok(Json(BundleView { state, url }))
}

/// A presigned URL of a bundle.
async fn url_of(app: &App, key: &str, name: &str) -> Result<String, Problem> {
    let (objects, bucket) = (app.platform.objects(), &app.platform.config().files_bucket);
    let url = objects.presign_get(bucket, key, GET_FOR, Disposition::Attachment(name), "application/zip");
    Ok(url.await?)
}

/// Whether words were erased that the bundle may still hold.
async fn erased_since(app: &App, number: TicketNumber, bundle: &Bundle) -> Result<bool, Problem> {
    let newer = app.store.entries_after(number, bundle.last_seq.unwrap_or(0), NEWER).await?;
    Ok(newer.iter().any(|entry| matches!(entry.entry.event, Event::Erased(_))))
}
