//! `GET` and `DELETE /api/tickets/{number}/keys`: who holds links of a ticket.

use axum::extract::State;
use chamada_domain::permission::{Action, Standing, require};
use chamada_domain::{Role, TicketNumber, Timestamp, UserId};
use chamada_store::{Made, StoreError, TicketKey};
use chamada_web::{App, Id, Id2, Json, Nothing, Problem, SignedIn, Write};
use futures::future::try_join_all;
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

/// A key of a ticket. Its secret is known to its holder alone.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TicketKey)]
pub(crate) struct KeyView {
    id: String,
    person: KeyPerson,
    created_at: Timestamp,
    expires_at: Timestamp,
    expired: bool,
}

/// Whom a key was mailed to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KeyPerson {
    id: UserId,
    name: Option<String>,
}

/// The keys of a ticket.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TicketKeys {
    items: Vec<KeyView>,
}

/// How much of a key's digest names it: 16 hex digits tell a ticket's few keys apart and are of no use to a thief.
const ID_LENGTH: usize = 16;

/// A key that opens a ticket: of that ticket, or of one that goes on in it.
struct Link {
    ticket: TicketNumber,
    hash: String,
    key: TicketKey,
}

/// Those keys which open a ticket that the caller may see and revoke: all for an administrator, their own for a person.
async fn visible(app: &App, SignedIn { caller, user }: &SignedIn, number: TicketNumber) -> Result<Vec<Link>, Problem> {
    let ticket = app.store.ticket(number).await?;
    let configuration = app.store.configuration().await?;
    require(Standing::of(&caller.viewer(), &ticket), Action::Keys, &configuration.settings)?;
    let leading = app.store.leading_to(number).await?.tickets;
    let of = async |ticket: TicketNumber| app.store.ticket_keys(ticket).await.map(|keys| (ticket, keys));
    let found = try_join_all([number].into_iter().chain(leading).map(of)).await?;
    let links = found
        .into_iter()
        .flat_map(|(ticket, keys)| keys.into_iter().map(move |(hash, key)| Link { ticket, hash, key }));
    Ok(links
        .filter(|link| user.role == Role::Administrator || link.key.person == user.id)
        .collect())
}

/// Who holds links that open a ticket, those of tickets that go on in it among them.
#[utoipa::path(
    get, path = "/api/tickets/{number}/keys", tag = "tickets", params(("number" = TicketNumber, Path)),
    responses((status = 200, body = TicketKeys), chamada_web::openapi::ReadProblems)
)]
pub(crate) async fn list(State(app): State<App>, who: SignedIn, Id(number): Id<TicketNumber>) -> Result<Json<TicketKeys>, Problem> {
    let keys = match visible(&app, &who, number).await {
        // Of a deleted ticket no key opens anything.
        Err(problem) if problem.code() == "deleted" => Vec::new(),
        keys => keys?,
    };
    let mut persons: Vec<UserId> = keys.iter().map(|link| link.key.person.clone()).collect();
    persons.sort();
    persons.dedup();
    let users = app.store.users(&persons).await?;
    let name = |person: &UserId| users.iter().flatten().find(|user| user.id == *person).map(|user| user.name.clone());
    let now = app.now();
    let view = |Link { hash, key, .. }: Link| KeyView {
        id: hash.chars().take(ID_LENGTH).collect(),
        person: KeyPerson {
            name: name(&key.person),
            id: key.person,
        },
        created_at: key.created_at,
        expires_at: key.valid_until,
        expired: key.valid_until <= now,
    };
    Ok(Json(TicketKeys {
        items: keys.into_iter().map(view).collect(),
    }))
}

/// Revokes every link that opens a ticket, as far as the caller may revoke it: those of tickets that go on in it too.
#[utoipa::path(
    delete, path = "/api/tickets/{number}/keys", tag = "tickets",
    params(("number" = TicketNumber, Path), chamada_web::openapi::IdempotencyHeader),
    responses((status = 204), chamada_web::openapi::WriteProblems)
)]
pub(crate) async fn revoke_all(
    State(app): State<App>,
    who: SignedIn,
    Id(number): Id<TicketNumber>,
    request: Write<Nothing>,
) -> Result<StatusCode, Problem> {
    revoke_those(&app, &who, number, None, &request).await
}

/// Revokes the key of a ticket that `id` names, or all that the caller may revoke; once where the request is repeated.
async fn revoke_those(
    app: &App,
    who: &SignedIn,
    number: TicketNumber,
    id: Option<&str>,
    request: &Write<Nothing>,
) -> Result<StatusCode, Problem> {
    let request = who.caller.idempotency(request, app.now())?;
    match app.store.replay(request.as_ref()).await {
        Err(StoreError::Replayed(_)) => return Ok(StatusCode::NO_CONTENT),
        outcome => outcome?,
    }
    let mut keys = visible(app, who, number).await?;
    if let Some(id) = id {
        keys.retain(|link| id.len() == ID_LENGTH && link.hash.starts_with(id));
        if keys.is_empty() {
            return match app.store.replay(request.as_ref()).await {
                Err(StoreError::Replayed(_)) => Ok(StatusCode::NO_CONTENT),
                outcome => outcome.map_err(Problem::from).and(Err(Problem::not_found())),
            };
        }
    }
    for link in &keys {
        app.store.revoke_ticket_key(link.ticket, &link.hash).await?;
    }
    app.store.remember_alone(request.as_ref(), &Made::default()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Revokes one link.
#[utoipa::path(
    delete, path = "/api/tickets/{number}/keys/{id}", tag = "tickets",
    params(("number" = TicketNumber, Path), ("id" = String, Path), chamada_web::openapi::IdempotencyHeader),
    responses((status = 204), chamada_web::openapi::WriteProblems)
)]
pub(crate) async fn revoke(
    State(app): State<App>,
    who: SignedIn,
    Id2(number, id): Id2<TicketNumber, String>,
    request: Write<Nothing>,
) -> Result<StatusCode, Problem> {
    revoke_those(&app, &who, number, Some(&id), &request).await
}
