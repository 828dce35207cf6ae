//! Listing, making, reading and removing mailboxes.

use axum::extract::State;
use axum::response::Response;
use chamada_domain::entry::Place;
use chamada_domain::mailbox::{Auth, Mailbox, MailboxDefaults};
use chamada_domain::tree::{Strictness, check_place};
use chamada_domain::{FieldError, Kind, MailboxId, Refusal};
use chamada_platform::random;
use chamada_store::{Made, StoreError};
use chamada_web::openapi::{IdempotencyHeader, PagingParams, ReadProblems, WriteProblems};
use chamada_web::{Administrator, App, Conditional, Id, Json, Nothing, Page, Pager, Paging, Problem, Query, Write};
use http::StatusCode;

use crate::input::{AuthInput, AuthType, NewMailbox};
use crate::refused;
use crate::view::MailboxView;

/// Every mailbox, by name.
#[utoipa::path(get, path = "/api/mailboxes", tag = "mailboxes", params(PagingParams), responses((status = 200, body = Page<MailboxView>), (status = 304), ReadProblems))]
pub(crate) async fn list(
    State(app): State<App>,
    Administrator(caller): Administrator,
    conditional: Conditional,
    query: Query<Paging>,
) -> Result<Response, Problem> {
    let pager = Pager::of(&app, &caller, query.value, query.filters).await?;
    // Where the list goes on: behind this name, whether its mailbox is still there or not.
    let after: Option<(String, String)> = pager.start()?;
    let place = |mailbox: &Mailbox| (mailbox.name.to_lowercase(), mailbox.id.to_string());
    let mut all = app.store.mailboxes().await?;
    all.retain(|mailbox| after.as_ref().is_none_or(|after| place(mailbox) > *after));
    let limit = usize::from(pager.limit());
    let more = all.len() > limit;
    all.truncate(limit);
    let next_cursor = pager.cursor(all.last().filter(|_| more).map(place).as_ref())?;
    let items: Vec<MailboxView> = all.into_iter().map(MailboxView::from).collect();
    conditional.answer(None, &Page { items, next_cursor })
}

/// A mailbox, with how its last sweep ended and when it is tried again.
#[utoipa::path(get, path = "/api/mailboxes/{id}", tag = "mailboxes", params(("id" = MailboxId, Path)), responses((status = 200, body = MailboxView), (status = 304), ReadProblems))]
pub(crate) async fn read(
    State(app): State<App>,
    _: Administrator,
    conditional: Conditional,
    Id(id): Id<MailboxId>,
) -> Result<Response, Problem> {
    conditional.answer(None, &MailboxView::from(app.store.mailbox(&id).await?))
}

/// Makes a mailbox. Its password goes to the parameter store and is never read back.
#[utoipa::path(post, path = "/api/mailboxes", tag = "mailboxes", request_body = NewMailbox, params(IdempotencyHeader),
    responses((status = 201, body = MailboxView), WriteProblems))]
pub(crate) async fn create(
    State(app): State<App>,
    Administrator(caller): Administrator,
    write: Write<NewMailbox>,
) -> Result<(StatusCode, Json<MailboxView>), Problem> {
    let deed = caller.deed(&write, app.now())?;
    match app.store.replay(deed.request.as_ref()).await {
        Err(StoreError::Replayed(made)) => return remembered(&app, made).await,
        outcome => outcome?,
    }
    let new = write.body;
    let username = user_name(&new.auth)?;
    let password = new.auth.password.ok_or_else(|| FieldError::required("auth.password"))?;
    let mailbox = Mailbox {
        id: MailboxId::from_random(random()),
        name: new.name,
        address: new.address,
        host: new.host,
        port: new.port,
        security: new.security,
        auth: Auth::Password { username },
        after_import: new.after_import,
        defaults: new.defaults,
        ignore_automatic: new.ignore_automatic,
        authserv_id: new.authserv_id,
        enabled: new.enabled,
        created_at: app.now(),
        last_sweep: None,
    };
    check_privacy(&app, &mailbox)?;
    check_defaults(&app, &mailbox.defaults).await?;
    // The secret first: a mailbox that is there can be read at once. Its name is new, so what a failure leaves behind can be taken away again.
    let name = Mailbox::secret_name(&mailbox.id);
    app.platform.parameters().put(&name, &password).await?;
    let Err(error) = app.store.create_mailbox(&mailbox, Some(&deed)).await else {
        return Ok((StatusCode::CREATED, Json(mailbox.into())));
    };
    if let Err(leftover) = app.platform.parameters().delete(&name).await {
        tracing::warn!(mailbox.id = %mailbox.id, error = %leftover, "a secret without a mailbox was left behind");
    }
    match error {
        StoreError::Replayed(made) => remembered(&app, made).await,
        error => Err(error.into()),
    }
}

async fn remembered(app: &App, made: Made) -> Result<(StatusCode, Json<MailboxView>), Problem> {
    let id = made.id.and_then(|id| id.parse::<MailboxId>().ok());
    let id = id.ok_or_else(|| Problem::internal("a remembered mailbox has no id"))?;
    Ok((StatusCode::CREATED, Json(app.store.mailbox(&id).await?.into())))
}

/// Removes a mailbox and its secret. The tickets that it brought stay.
#[utoipa::path(delete, path = "/api/mailboxes/{id}", tag = "mailboxes", params(("id" = MailboxId, Path), IdempotencyHeader),
    responses((status = 204), WriteProblems))]
pub(crate) async fn remove(
    State(app): State<App>,
    Administrator(caller): Administrator,
    Id(id): Id<MailboxId>,
    write: Write<Nothing>,
) -> Result<StatusCode, Problem> {
    let deed = caller.deed(&write, app.now())?;
    match app.store.replay(deed.request.as_ref()).await {
        Err(StoreError::Replayed(_)) => return Ok(StatusCode::NO_CONTENT),
        outcome => outcome?,
    }
    match app.store.unless_replayed(deed.request.as_ref(), app.store.mailbox(&id).await).await {
        Err(StoreError::Replayed(_)) => return Ok(StatusCode::NO_CONTENT),
        outcome => outcome?,
    };
    // The settings last: where anything fails, the mailbox is still there to be removed again.
    app.platform.parameters().delete(&Mailbox::secret_name(&id)).await?;
    let bucket = &app.platform.config().mail_bucket;
    app.platform.objects().delete(bucket, &format!("listing/{id}")).await?;
    match app.store.remove_mailbox(&id, Some(&deed)).await {
        Ok(()) | Err(StoreError::Replayed(_)) => Ok(StatusCode::NO_CONTENT),
        Err(error) => Err(error.into()),
    }
}

/// The user's name of a sign-in that is supported.
pub(crate) fn user_name(auth: &AuthInput) -> Result<String, Problem> {
    match (auth.r#type, &auth.username) {
        (AuthType::Password, Some(username)) => Ok(username.clone()),
        (AuthType::Password, None) => Err(FieldError::required("auth.username").into()),
        (AuthType::Oauth2, _) => Err(refused(
            "auth.type",
            "unsupported",
            "Signing in by OAuth 2.0 is not supported yet: use a password, or an app password.",
        )),
    }
}

/// Refuses to send a password in the clear to another machine, unless the deployment allows it.
pub(crate) fn check_privacy(app: &App, mailbox: &Mailbox) -> Result<(), Problem> {
    if mailbox.is_private(app.platform.config().allow_plain_pop3) {
        return Ok(());
    }
    let detail = "Without TLS, only a server on this machine may be read.";
    Err(FieldError::new("security", "not_allowed", detail).into())
}

/// Checks that the defaults name what is in the trees and in use, and marks it as used.
pub(crate) async fn check_defaults(app: &App, defaults: &MailboxDefaults) -> Result<(), Problem> {
    let place = Place {
        kind: defaults.kind.unwrap_or(Kind::Incident),
        category_id: defaults.category_id.clone(),
        subcategory_id: defaults.subcategory_id.clone(),
        corporation_id: defaults.corporation_id.clone(),
        company_id: defaults.company_id.clone(),
        site_id: defaults.site_id.clone(),
        cost_centre_id: defaults.cost_centre_id.clone(),
    };
    let used = place.ids();
    if used.is_empty() {
        return Ok(());
    }
    // As they are now: an administrator fills the trees and makes the mailbox within the half-minute that a process may keep what it read.
    let configuration = app.store.read_configuration().await?;
    let checked = check_place(
        &place,
        &configuration.organisation.value,
        &configuration.categories.value,
        Strictness::Optional,
    );
    checked.map_err(|refusal| match refusal {
        Refusal::Invalid(errors) => {
            let below = |error: FieldError| FieldError::new(format!("defaults.{}", error.field), error.code, error.detail);
            Problem::invalid(errors.into_iter().map(below).collect())
        }
        other => other.into(),
    })?;
    Ok(app.store.mark_used(used).await?)
}
