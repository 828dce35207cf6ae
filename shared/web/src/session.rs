//! Who is asking: sessions by cookie, programs by API token, and the ticket keys that a browser holds.

use axum::extract::{FromRef, FromRequestParts};
use chamada_domain::access::Asker;
use chamada_domain::permission::{Action, Standing, Viewer};
use chamada_domain::{Channel, Role, TicketNumber, Timestamp, TokenScope, User, UserId};
use chamada_platform::{Platform, Secret, random, secret_hash};
use chamada_store::{ApiToken, Deed, HeldKey, Idempotency, Session, Store, StoreError};
use futures::future::try_join_all;
use http::Method;
use http::request::Parts;

use crate::credentials::{bearer_token, read_session_cookie};
use crate::json::Write;
use crate::problem::Problem;

/// What begins the cookie of somebody who has no account's session, and holds ticket keys alone.
const GUEST: &str = "guest";

/// What every HTTP function works with: the platform and the table.
#[derive(Clone)]
pub struct App {
    /// Configuration, clock and AWS clients.
    pub platform: Platform,
    /// The table.
    pub store: Store,
}

impl App {
    /// The table that the platform's configuration names.
    #[must_use]
    pub fn new(platform: Platform) -> Self {
        let config = platform.config();
        let store = Store::new(platform.dynamodb().clone(), config.table_name.as_str(), u32::from(config.shards));
        Self { platform, store }
    }

    /// A read that warms the connection up, so that the first request need not. A table that does not answer now may answer then.
    pub async fn warm_up(&self) {
        if self.store.warm_up().await.is_err() {
            tracing::warn!("the table did not answer the first read");
        }
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        Timestamp::new(self.platform.clock().now())
    }
}

/// A session with what finds it in the table.
#[derive(Debug, Clone)]
pub struct SessionRecord {
    /// SHA-256 of the cookie's secret.
    pub hash: String,
    /// The session.
    pub session: Session,
}

/// Extractor: who is asking. A cookie or token that means nothing counts as none: what needs somebody says so itself. Where a token is sent, the
/// cookie does not count, whatever the token is worth.
///
/// 403 `forbidden` where a token that may only read is used for anything but `GET` and `HEAD`.
#[derive(Debug, Clone, Default)]
pub struct Caller {
    /// The person, where one is signed in and active, or a program has their token.
    pub user: Option<User>,
    /// The session: of the person, or of somebody who holds ticket keys alone. Programs have none.
    pub session: Option<SessionRecord>,
    /// The token, where a program is asking for the person.
    pub token: Option<ApiToken>,
}

impl Caller {
    /// The person who is signed in.
    ///
    /// # Errors
    /// 401 `sign_in_needed`.
    pub fn signed_in(&self) -> Result<&User, Problem> {
        self.user.as_ref().ok_or_else(Problem::sign_in_needed)
    }

    /// The specialist or administrator who is signed in.
    ///
    /// # Errors
    /// 401 `sign_in_needed`, 403 `forbidden`.
    pub fn staff(&self) -> Result<&User, Problem> {
        self.signed_in()?;
        self.user
            .as_ref()
            .filter(|user| user.role.is_staff())
            .ok_or_else(Problem::forbidden)
    }

    /// The administrator who is signed in.
    ///
    /// # Errors
    /// 401 `sign_in_needed`, 403 `forbidden`.
    pub fn administrator(&self) -> Result<&User, Problem> {
        self.signed_in()?;
        self.user
            .as_ref()
            .filter(|user| user.role == Role::Administrator)
            .ok_or_else(Problem::forbidden)
    }

    /// As whom they ask.
    #[must_use]
    pub fn asker(&self) -> Asker {
        match (&self.user, &self.session) {
            (Some(user), _) => Asker::Person(user.role),
            (None, Some(_)) if self.held_keys().is_empty() => Asker::Guest,
            (None, Some(_)) => Asker::KeyHolder,
            (None, None) => Asker::Nobody,
        }
    }

    /// What cursors, idempotency keys and uploads are bound to: the person, or the guest's session.
    ///
    /// # Errors
    /// 401 `sign_in_needed` where there is neither.
    pub fn name(&self) -> Result<String, Problem> {
        match (&self.user, &self.session) {
            (Some(user), _) => Ok(user.id.to_string()),
            (None, Some(record)) => Ok(format!("{GUEST}.{}", record.hash)),
            (None, None) => Err(Problem::sign_in_needed()),
        }
    }

    /// How what this caller writes came in.
    #[must_use]
    pub fn channel(&self) -> Channel {
        match self.token {
            Some(_) => Channel::Api,
            None => Channel::Web,
        }
    }

    /// Refuses programs: what is a person's own affair, a token must not do in their name.
    ///
    /// # Errors
    /// 403 `forbidden`.
    pub fn without_token(&self) -> Result<(), Problem> {
        match self.token {
            Some(_) => Err(Problem::forbidden().with_detail("An API token may not do this: sign in with a browser.")),
            None => Ok(()),
        }
    }

    fn within_scope(&self, method: &Method) -> Result<(), Problem> {
        let reads = *method == Method::GET || *method == Method::HEAD;
        match &self.token {
            Some(token) if token.scope == TokenScope::Read && !reads => {
                Err(Problem::forbidden().with_detail("This API token may only read: its scope is `read`."))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Every ticket key that this browser holds.
    #[must_use]
    pub fn held_keys(&self) -> &[HeldKey] {
        self.session.as_ref().map_or(&[], |record| &record.session.keys)
    }

    /// What this caller is to tickets in general: keys are not looked at.
    #[must_use]
    pub fn viewer(&self) -> Viewer {
        Viewer {
            user: self.user.as_ref().map(|user| (user.id.clone(), user.role)),
            keys: Vec::new(),
        }
    }

    /// What this caller is to one ticket. A key counts if it opens the ticket now: it is looked up at each use, so that a revoked one stops at once.
    ///
    /// # Errors
    /// 401 `sign_in_needed` where nobody is signed in and no key is held at all; 503.
    pub async fn viewer_of(&self, app: &App, ticket: TicketNumber) -> Result<Viewer, Problem> {
        self.name()?;
        let held: Vec<HeldKey> = self.held_keys().iter().filter(|key| key.ticket == ticket).cloned().collect();
        let mut valid = app.store.valid_keys(&held, app.now()).await?;
        if valid.is_empty() && !self.held_keys().is_empty() && !self.needs_no_key(app, ticket).await? {
            // The keys of a ticket that goes on in another one open that one.
            let leading = app.store.keys_leading_to(self.held_keys(), ticket).await?;
            valid = app.store.valid_keys(&leading, app.now()).await?;
        }
        let keys = valid.into_iter().map(|key| (ticket, key.person)).collect();
        Ok(Viewer { keys, ..self.viewer() })
    }

    /// Whether following keys to this ticket would be of no use: it is seen without any, or is not there.
    async fn needs_no_key(&self, app: &App, ticket: TicketNumber) -> Result<bool, Problem> {
        if self.user.is_none() {
            return Ok(false);
        }
        let ticket = match app.store.ticket(ticket).await {
            Err(StoreError::NotFound) => return Ok(true),
            ticket => ticket?,
        };
        let settings = &app.store.configuration().await?.settings;
        Ok(Standing::of(&self.viewer(), &ticket).permits(Action::See, settings))
    }

    /// A change by this caller, as the audit tells of it.
    #[must_use]
    pub fn hand(&self, now: Timestamp) -> Deed {
        Deed::new(self.user.as_ref().map(|user| user.id.clone()), now, random())
    }

    /// A change by this caller, with the request where the client named it.
    ///
    /// # Errors
    /// 401 `sign_in_needed`.
    pub fn deed<T>(&self, request: &Write<T>, now: Timestamp) -> Result<Deed, Problem> {
        Ok(self.hand(now).once(self.idempotency(request, now)?))
    }

    /// The request as the store remembers it, where the client named it.
    ///
    /// # Errors
    /// 401 `sign_in_needed`.
    pub fn idempotency<T>(&self, request: &Write<T>, now: Timestamp) -> Result<Option<Idempotency>, Problem> {
        let Some(key) = &request.key else { return Ok(None) };
        Ok(Some(Idempotency {
            caller: self.name()?,
            key: key.as_str().to_owned(),
            digest: request.digest.clone(),
            now,
        }))
    }
}

impl<S> FromRequestParts<S> for Caller
where
    App: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        if let Some(known) = parts.extensions.get::<Self>() {
            return Ok(known.clone());
        }
        let app = App::from_ref(state);
        if let Some(token) = bearer_token(&parts.headers) {
            let caller = program(&app, &token).await?;
            caller.within_scope(&parts.method)?;
            return Ok(caller);
        }
        match read_session_cookie(&parts.headers, &app.platform.config().site_url) {
            Some(cookie) => identify(&app, &cookie).await,
            None => Ok(Self::default()),
        }
    }
}

/// The cookie of a person's session.
#[must_use]
pub fn person_cookie(user: &UserId, secret: &Secret) -> Secret {
    Secret::new(format!("{user}.{}", secret.expose()))
}

/// The cookie of a guest's session.
#[must_use]
pub fn guest_cookie(secret: &Secret) -> Secret {
    Secret::new(format!("{GUEST}.{}", secret.expose()))
}

/// For how long a browser keeps a guest's cookie, in days: as long as such a session can live.
pub const GUEST_DAYS: i64 = 90;

/// Which of these held keys open their tickets now: they are valid, and their persons may still see the tickets, which are there.
///
/// # Errors
/// 503.
pub async fn open_keys(app: &App, held: &[HeldKey]) -> Result<Vec<HeldKey>, Problem> {
    let valid = app.store.valid_keys(held, app.now()).await?;
    if valid.is_empty() {
        return Ok(valid);
    }
    let configuration = app.store.configuration().await?;
    let opens = async |key: &HeldKey| {
        let ticket = match app.store.ticket(key.ticket).await {
            Err(StoreError::NotFound) => return Ok(false),
            ticket => ticket?,
        };
        let viewer = Viewer {
            user: None,
            keys: vec![(key.ticket, key.person.clone())],
        };
        Ok::<_, StoreError>(Standing::of(&viewer, &ticket).permits(Action::See, &configuration.settings))
    };
    let open = try_join_all(valid.iter().map(opens)).await?;
    Ok(valid.into_iter().zip(open).filter_map(|(key, open)| open.then_some(key)).collect())
}

/// Begins the session of somebody without an account; what finds it in the table, and its cookie.
///
/// # Errors
/// 503.
pub async fn begin_guest(app: &App, session: Session) -> Result<(SessionRecord, Secret), Problem> {
    let secret = Secret::generate();
    let hash = secret_hash(&secret);
    app.store.save_guest_session(&hash, &session).await?;
    Ok((SessionRecord { hash, session }, guest_cookie(&secret)))
}

/// Whom a cookie stands for.
///
/// # Errors
/// 503.
pub async fn identify(app: &App, cookie: &Secret) -> Result<Caller, Problem> {
    let Some((name, secret)) = cookie.expose().split_once('.') else {
        return Ok(Caller::default());
    };
    let hash = secret_hash(&Secret::new(secret));
    if name == GUEST {
        return guest(app, hash).await;
    }
    let Ok(user) = name.parse::<UserId>() else {
        return Ok(Caller::default());
    };
    let Some((user, mut session)) = app.store.authenticate(&user, &hash).await? else {
        return Ok(Caller::default());
    };
    if !user.active || session.is_over(user.role.is_staff(), app.now()) {
        return Ok(Caller::default());
    }
    if session.is_stale(app.now()) {
        session = app.store.touch_session(Some(&user.id), &hash, &session, app.now()).await?;
    }
    Ok(Caller {
        user: Some(user),
        session: Some(SessionRecord { hash, session }),
        token: None,
    })
}

/// The API token of a person, as it is shown to them once.
#[must_use]
pub fn person_token(user: &UserId, secret: &Secret) -> Secret {
    person_cookie(user, secret)
}

/// Whose program has this token: nobody's, where it was deleted, has expired, or its owner is no longer active.
async fn program(app: &App, token: &Secret) -> Result<Caller, Problem> {
    let Some((owner, secret)) = token.expose().split_once('.') else {
        return Ok(Caller::default());
    };
    let Ok(owner) = owner.parse::<UserId>() else {
        return Ok(Caller::default());
    };
    let found = app.store.authenticate_token(&owner, &secret_hash(&Secret::new(secret))).await?;
    let Some((user, token)) = found.filter(|(user, token)| user.active && !token.has_expired(app.now())) else {
        return Ok(Caller::default());
    };
    Ok(Caller {
        user: Some(user),
        session: None,
        token: Some(token),
    })
}

/// Somebody who holds ticket keys alone.
async fn guest(app: &App, hash: String) -> Result<Caller, Problem> {
    let session = app.store.guest_session(&hash).await?;
    let Some(mut session) = session.filter(|session| !session.is_over(false, app.now())) else {
        return Ok(Caller::default());
    };
    if session.is_stale(app.now()) {
        session = app.store.touch_session(None, &hash, &session, app.now()).await?;
    }
    Ok(Caller {
        user: None,
        session: Some(SessionRecord { hash, session }),
        token: None,
    })
}
