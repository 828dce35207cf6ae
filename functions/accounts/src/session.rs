//! Sessions: begun by a link, a password or a ticket's key; ended at once.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use chamada_domain::{EmailAddress, TicketNumber, Timestamp, User};
use chamada_platform::{Secret, random, secret_hash};
use chamada_store::{HeldKey, Redeemed, Session, StoreError};
use chamada_web::credentials::{ended_session_cookie, session_cookie};
use chamada_web::openapi::{ReadProblems, WriteProblems};
use chamada_web::read::{Fields, Input, email, secret};
use chamada_web::session::{GUEST_DAYS, begin_guest, open_keys, person_cookie};
use chamada_web::{App, ByBrowser, Caller, InPerson, Json, Problem, SameOrigin, SourceAddress, Visitor, limit};
use http::StatusCode;
use http::header::SET_COOKIE;
use serde::Serialize;
use time::Duration;
use utoipa::ToSchema;

use crate::keys::{Presented, bad_credentials, look_up};
use crate::password;
use crate::sign_in::read_nobody;
use crate::view::UserView;

/// Wrong passwords an hour for one address from one source.
pub(crate) const WRONG_PASSWORDS: u64 = 10;

/// What lets somebody in: a sign-in link's token, a password, or a ticket's key.
#[derive(Debug, ToSchema)]
#[schema(as = Credentials)]
#[serde(untagged)]
pub(crate) enum Proof {
    /// A sign-in link, once.
    Link {
        /// What the link ends with.
        #[schema(value_type = String, min_length = 1, max_length = 200)]
        token: Secret,
    },
    /// A password.
    Password {
        /// The account's address.
        email: EmailAddress,
        /// Its password.
        #[schema(value_type = String, format = "password", min_length = 1, max_length = 1_024)]
        password: Secret,
    },
    /// A ticket's key.
    Key(Presented),
}

impl Input for Proof {
    fn read(f: &mut Fields<'_>) -> Option<Self> {
        if f.has("token") {
            return f.required("token", secret(1..=200)).map(|token| Self::Link { token });
        }
        if f.has("ticket") || f.has("ticket_key") {
            return Presented::read(f).map(Self::Key);
        }
        let email = f.required("email", email());
        let password = f.required("password", secret(1..=1_024));
        Some(Self::Password {
            email: email?,
            password: password?,
        })
    }
}

/// What a session reaches.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Scope {
    /// All that the person may see.
    User,
    /// These tickets alone.
    Guest {
        /// Their numbers, lowest first.
        tickets: Vec<TicketNumber>,
    },
}

/// A session that was begun or widened.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Session)]
pub(crate) struct SessionView {
    /// Who is signed in; with scope `guest`, whom the ticket's key was mailed to.
    user: UserView,
    /// What it reaches.
    scope: Scope,
}

/// Signs in, or opens one ticket.
///
/// 401 `bad_credentials`, `link_used`, `link_expired` or `key_expired`; 429 `too_many_attempts` where a password is locked for an hour. Not for programs
/// with an API token: 403.
#[utoipa::path(post, path = "/api/session", tag = "accounts", security(()), request_body = Proof,
    responses((status = 200, body = SessionView, headers(("Set-Cookie" = String, description = "The session."))), WriteProblems))]
pub(crate) async fn begin(
    _: SameOrigin,
    State(app): State<App>,
    ByBrowser(caller): ByBrowser,
    source: SourceAddress,
    Json(proof): Json<Proof>,
) -> Result<Response, Problem> {
    match proof {
        Proof::Link { token } => by_link(&app, &caller, &token).await,
        Proof::Password { email, password } => by_password(&app, &caller, source, email, password).await,
        Proof::Key(presented) => by_key(&app, &caller, &presented).await,
    }
}

/// What a session holds.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = PresentSession)]
pub(crate) struct PresentSession {
    /// Who is signed in; null in the session of somebody who holds keys of tickets alone.
    user: Option<UserView>,
    /// What it reaches.
    scope: Scope,
}

/// What the caller's session holds: for a page that was loaded anew and cannot read its cookie. Tickets whose keys open nothing any more are left out.
#[utoipa::path(get, path = "/api/session", tag = "accounts", responses((status = 200, body = PresentSession), ReadProblems))]
pub(crate) async fn present(State(app): State<App>, Visitor(caller): Visitor) -> Result<Json<PresentSession>, Problem> {
    let scope = if caller.user.is_some() {
        Scope::User
    } else {
        reach(&open_keys(&app, caller.held_keys()).await?)
    };
    Ok(Json(PresentSession {
        user: caller.user.as_ref().map(UserView::from),
        scope,
    }))
}

async fn by_link(app: &App, caller: &Caller, token: &Secret) -> Result<Response, Problem> {
    let now = app.now();
    let (person, address) = match app
        .store
        .redeem_sign_in(&secret_hash(token), &hex::encode(random::<8>()), now)
        .await?
    {
        Redeemed::By { user, address } => (user, address),
        Redeemed::Used => return Err(Problem::unauthorised("link_used", "This link was used before. Ask for a new one.")),
        Redeemed::Expired => return Err(Problem::unauthorised("link_expired", "This link is too old. Ask for a new one.")),
        Redeemed::Unknown => return Err(bad_credentials()),
    };
    match app.store.user(&person).await {
        // Whoever reads mail at an address that was the account's before is not its person.
        Ok(user) if user.active && user.email == address => start(app, caller, &user, Some(now)).await,
        Ok(_) | Err(StoreError::NotFound) => Err(bad_credentials()),
        Err(error) => Err(error.into()),
    }
}

/// What wrong passwords are counted by.
pub(crate) fn attempts_of(email: &EmailAddress, source: SourceAddress) -> String {
    format!("{email} {}", source.limit_key())
}

async fn by_password(
    app: &App,
    caller: &Caller,
    source: SourceAddress,
    email: EmailAddress,
    password: Secret,
) -> Result<Response, Problem> {
    let who = attempts_of(&email, source);
    // Counted before it is looked at, so that many at once are no way around; a right one is taken back.
    let counted_at = app.now();
    limit(app, "password", &who, WRONG_PASSWORDS, "too_many_attempts").await?;
    let user = app.store.user_by_email(&email).await?;
    if user.is_none() {
        read_nobody(app).await?;
    }
    let hash = user.as_ref().and_then(|user| user.password_hash.clone());
    let right = password::verify(password, hash).await?;
    let user = user.filter(|user| right && user.active).ok_or_else(bad_credentials)?;
    app.store.take_back_use("password", &who, counted_at).await?;
    start(app, caller, &user, None).await
}

/// Begins a person's session with a new secret; the one that the browser had before ends. Ticket keys of a guest's session go along.
async fn start(app: &App, caller: &Caller, user: &User, by_link_at: Option<Timestamp>) -> Result<Response, Problem> {
    let mut session = Session::begin(app.now());
    session.by_link_at = by_link_at;
    if caller.user.is_none() {
        session.keys = caller.held_keys().to_vec();
    }
    let secret = Secret::generate();
    app.store.begin_session(&user.id, &secret_hash(&secret), &session).await?;
    end_session_of(app, caller).await?;
    let days = if user.role.is_staff() { 30 } else { 90 };
    let cookie = (person_cookie(&user.id, &secret), Duration::days(days));
    answer(app, user, Scope::User, Some(cookie))
}

async fn by_key(app: &App, caller: &Caller, presented: &Presented) -> Result<Response, Problem> {
    let now = app.now();
    let known = look_up(app, presented).await?;
    if known.key.valid_until <= now {
        return Err(Problem::unauthorised(
            "key_expired",
            "This link is too old. Ask for a new one with POST /api/ticket-links.",
        ));
    }
    if known.held {
        app.store.release_ticket(presented.ticket).await?;
    }
    let key = HeldKey {
        ticket: presented.ticket,
        hash: known.hash,
        person: known.person.id.clone(),
    };
    if let Some(record) = &caller.session {
        let own = caller.user.as_ref().map(|user| &user.id);
        match app.store.hold_key(own, &record.hash, &key, now).await {
            Ok(session) => return widened(app, caller, &known.person, &session).await,
            // It ended a moment ago: as if there were none.
            Err(StoreError::NotFound) => {}
            Err(error) => return Err(error.into()),
        }
    }
    start_as_guest(app, &known.person, key, now).await
}

async fn widened(app: &App, caller: &Caller, person: &User, session: &Session) -> Result<Response, Problem> {
    match &caller.user {
        Some(user) => answer(app, user, Scope::User, None),
        None => answer(app, person, reach(&open_keys(app, &session.keys).await?), None),
    }
}

async fn start_as_guest(app: &App, person: &User, key: HeldKey, now: Timestamp) -> Result<Response, Problem> {
    let mut session = Session::begin(now);
    session.hold(key);
    let (record, cookie) = begin_guest(app, session).await?;
    let cookie = (cookie, Duration::days(GUEST_DAYS));
    answer(app, person, reach(&record.session.keys), Some(cookie))
}

fn reach(keys: &[HeldKey]) -> Scope {
    let mut tickets: Vec<TicketNumber> = keys.iter().map(|key| key.ticket).collect();
    tickets.sort_unstable();
    Scope::Guest { tickets }
}

fn answer(app: &App, user: &User, scope: Scope, cookie: Option<(Secret, Duration)>) -> Result<Response, Problem> {
    let view = SessionView { user: user.into(), scope };
    let mut response = Json(view).into_response();
    if let Some((value, age)) = cookie {
        let header = session_cookie(&app.platform.config().site_url, &value, age)?;
        response.headers_mut().insert(SET_COOKIE, header);
    }
    Ok(response)
}

async fn end_session_of(app: &App, caller: &Caller) -> Result<(), StoreError> {
    match (&caller.user, &caller.session) {
        (Some(user), Some(record)) => app.store.end_session(&user.id, &record.hash).await,
        (None, Some(record)) => app.store.end_guest_session(&record.hash).await,
        (_, None) => Ok(()),
    }
}

fn gone(app: &App) -> Result<Response, Problem> {
    let cookie = ended_session_cookie(&app.platform.config().site_url)?;
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, cookie)]).into_response())
}

/// Ends this session, if there is one. A program with an API token has none: 403.
#[utoipa::path(delete, path = "/api/session", tag = "accounts", responses((status = 204, description = "Signed out."), WriteProblems))]
pub(crate) async fn end(State(app): State<App>, ByBrowser(caller): ByBrowser) -> Result<Response, Problem> {
    end_session_of(&app, &caller).await?;
    gone(&app)
}

/// Ends all of one's own sessions, this one too. API tokens go on, and cannot do this: 403.
#[utoipa::path(delete, path = "/api/sessions", tag = "accounts",
    responses((status = 204, description = "Signed out everywhere."), WriteProblems))]
pub(crate) async fn end_all(State(app): State<App>, person: InPerson) -> Result<Response, Problem> {
    app.store.end_sessions(&person.user.id).await?;
    gone(&app)
}
