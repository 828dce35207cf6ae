//! Asking for links: to sign in, and for a ticket whose link has expired. The notifier mails them.

use axum::extract::State;
use chamada_domain::{EmailAddress, LinkId, Locale, Role, User, UserId};
use chamada_platform::random;
use chamada_store::{AskedLink, Idempotency, StoreError};
use chamada_web::idempotency::of_anyone;
use chamada_web::openapi::{IdempotencyHeader, WriteProblems};
use chamada_web::read::{Fields, Input, email, word};
use chamada_web::{App, Caller, Problem, SourceAddress, Write, limit};
use http::StatusCode;
use utoipa::ToSchema;

use crate::keys::{Presented, look_up};
use crate::requests::or_done;

/// Links an hour for one address, and for one source.
const PER_ADDRESS: u64 = 5;
const PER_SOURCE: u64 = 30;

/// Who wants to sign in.
#[derive(Debug, Clone, ToSchema)]
#[schema(as = SignIn)]
pub(crate) struct Asked {
    /// The address of an account.
    email: EmailAddress,
    /// The language of an account that is made by this.
    #[schema(required = false)]
    locale: Option<Locale>,
}

impl Input for Asked {
    fn read(f: &mut Fields<'_>) -> Option<Self> {
        let email = f.required("email", email());
        let locale = f.optional("locale", word());
        Some(Self {
            email: email?,
            locale: locale?,
        })
    }
}

/// Mails a sign-in link, where the address is known.
///
/// Where `open_sign_up` is on, an unknown address gets an account. The link works once, for 15 minutes. The answer never tells whether the address
/// is known. 5 an hour per address, 30 per source.
#[utoipa::path(post, path = "/api/sign-in", tag = "accounts", security(()), request_body = Asked, params(IdempotencyHeader),
    responses((status = 202, description = "A link is on its way, where the address is known."), WriteProblems))]
pub(crate) async fn sign_in(
    State(app): State<App>,
    caller: Caller,
    source: SourceAddress,
    write: Write<Asked>,
) -> Result<StatusCode, Problem> {
    limit(&app, "sign-in-from", &source.limit_key(), PER_SOURCE, "too_many_requests").await?;
    limit(&app, "sign-in", write.body.email.as_str(), PER_ADDRESS, "too_many_requests").await?;
    let request = of_anyone(&caller, source, &write, app.now());
    or_done(ask(&app, write.body, request.as_ref()).await)?;
    Ok(StatusCode::ACCEPTED)
}

/// Known or not, the same reads and writes follow one another, so that time tells nothing.
async fn ask(app: &App, asked: Asked, request: Option<&Idempotency>) -> Result<(), StoreError> {
    // What was done before, or is refused, makes no account.
    app.store.replay(request).await?;
    let (now, id) = (app.now(), LinkId::from_random(random()));
    let settings = &app.store.configuration().await?.settings;
    let found = app.store.user_by_email(&asked.email).await?;
    let user = match found {
        None if settings.open_sign_up => Some(sign_up(app, asked, settings.default_locale).await?),
        found => found,
    };
    if let Some(user) = user {
        let link = AskedLink::SignIn { user: user.id };
        return if user.active {
            app.store.ask_link(&id, &link, now, request).await
        } else {
            app.store.ask_no_link(&id, &link, now, request).await
        };
    }
    read_nobody(app).await?;
    let user = UserId::from_random(random());
    app.store.ask_no_link(&id, &AskedLink::SignIn { user }, now, request).await
}

/// The read of an account that there would be if an address were known: time is not to tell.
pub(crate) async fn read_nobody(app: &App) -> Result<(), StoreError> {
    match app.store.user(&UserId::from_random(random())).await {
        Ok(_) | Err(StoreError::NotFound) => Ok(()),
        Err(error) => Err(error),
    }
}

async fn sign_up(app: &App, asked: Asked, default: Locale) -> Result<User, StoreError> {
    let new = User {
        id: UserId::from_random(random()),
        name: asked.email.local_part().to_owned(),
        email: asked.email.clone(),
        role: Role::User,
        locale: asked.locale.unwrap_or(default),
        company_id: None,
        active: true,
        notify: true,
        created_at: app.now(),
        password_hash: None,
    };
    app.store.user_or_create(&asked.email, None, || new).await
}

/// Mails a new link of a ticket to whom the old one was mailed.
///
/// An expired key will do; one that is unknown or revoked is 401 `bad_credentials`. 5 an hour per person, 30 per source.
#[utoipa::path(post, path = "/api/ticket-links", tag = "accounts", security(()), request_body = Presented, params(IdempotencyHeader),
    responses((status = 202, description = "A new link is on its way to the address that the old one was mailed to."), WriteProblems))]
pub(crate) async fn ticket_link(
    State(app): State<App>,
    caller: Caller,
    source: SourceAddress,
    write: Write<Presented>,
) -> Result<StatusCode, Problem> {
    limit(&app, "ticket-link-from", &source.limit_key(), PER_SOURCE, "too_many_requests").await?;
    let known = look_up(&app, &write.body).await?;
    limit(&app, "ticket-link", known.person.id.as_str(), PER_ADDRESS, "too_many_requests").await?;
    let link = AskedLink::Ticket {
        ticket: write.body.ticket,
        person: known.person.id,
    };
    let (now, id) = (app.now(), LinkId::from_random(random()));
    let request = of_anyone(&caller, source, &write, now);
    or_done(app.store.ask_link(&id, &link, now, request.as_ref()).await)?;
    Ok(StatusCode::ACCEPTED)
}
