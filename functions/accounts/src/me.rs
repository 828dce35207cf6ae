//! One's own account.

use axum::extract::State;
use axum::response::Response;
use chamada_domain::timestamp::seconds;
use chamada_domain::{FieldError, Locale, Timestamp, User};
use chamada_platform::Secret;
use chamada_store::{Deed, StoreError};
use chamada_web::openapi::{IdempotencyHeader, ReadProblems, WriteProblems};
use chamada_web::read::{Fields, Input, boolean, line, secret, word};
use chamada_web::{App, Conditional, Json, Problem, SignedIn, SourceAddress, Write, limit};
use serde::Serialize;
use utoipa::ToSchema;

use crate::password;
use crate::requests::{or_as_it_is, sealed};
use crate::session::{WRONG_PASSWORDS, attempts_of};
use crate::view::UserView;

/// For how long a sign-in by link stands for the old password, in seconds.
const LINK_COUNTS: i64 = 15 * 60;

/// Oneself.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Me {
    #[serde(flatten)]
    user: UserView,
    /// Whether one has chosen a password.
    has_password: bool,
}

impl From<&User> for Me {
    fn from(user: &User) -> Self {
        Self {
            user: user.into(),
            has_password: user.password_hash.is_some(),
        }
    }
}

/// What one may change of oneself; what is missing stays.
#[derive(Debug, Clone, ToSchema)]
#[schema(as = MeChange)]
pub(crate) struct Change {
    /// 1 to 100 characters.
    #[schema(min_length = 1, max_length = 100, required = false, nullable = false)]
    name: Option<String>,
    /// The language.
    #[schema(required = false, nullable = false)]
    locale: Option<Locale>,
    /// Whether one wants the mails that one may refuse.
    #[schema(required = false, nullable = false)]
    notify: Option<bool>,
    /// A new password, 12 to 256 characters that zxcvbn gives 3 points or more.
    #[schema(value_type = Option<String>, format = "password", min_length = 12, max_length = 256, required = false, nullable = false)]
    password: Option<Secret>,
    /// The old one; not needed within 15 minutes after a sign-in by link.
    #[schema(value_type = Option<String>, format = "password", min_length = 1, max_length = 1_024, required = false)]
    current_password: Option<Secret>,
}

impl Input for Change {
    fn read(f: &mut Fields<'_>) -> Option<Self> {
        let name = f.changed("name", line(1..=User::MAX_NAME));
        let locale = f.changed("locale", word());
        let notify = f.changed("notify", boolean());
        let password = f.changed("password", secret(password::LENGTH));
        let current_password = f.optional("current_password", secret(1..=1_024));
        Some(Self {
            name: name?,
            locale: locale?,
            notify: notify?,
            password: password?,
            current_password: current_password?,
        })
    }
}

/// Who is signed in.
#[utoipa::path(get, path = "/api/me", tag = "accounts", responses((status = 200, body = Me), (status = 304), ReadProblems))]
pub(crate) async fn me(person: SignedIn, conditional: Conditional) -> Result<Response, Problem> {
    conditional.answer(None, &Me::from(&person.user))
}

/// Changes one's own account.
///
/// A new password needs `current_password`, or a sign-in by link less than 15 minutes old, and no API token: 403. 422 `password` `too_weak`, `current_password` `wrong`.
#[utoipa::path(patch, path = "/api/me", tag = "accounts", request_body = Change, params(IdempotencyHeader),
    responses((status = 200, body = Me), WriteProblems))]
pub(crate) async fn change_me(
    State(app): State<App>,
    person: SignedIn,
    source: SourceAddress,
    write: Write<Change>,
) -> Result<Json<Me>, Problem> {
    let mut deed = person.caller.deed(&write, app.now())?;
    if write.body.password.is_some() || write.body.current_password.is_some() {
        // A password begins sessions.
        person.caller.without_token()?;
        deed.request = sealed(&app.platform, deed.request).await?;
    }
    let outcome = match app.store.replay(deed.request.as_ref()).await {
        Ok(()) => apply(&app, &person, source, write.body, &deed).await?,
        Err(error) => Err(error),
    };
    let user = or_as_it_is(outcome, app.store.user(&person.user.id)).await?;
    Ok(Json(Me::from(&user)))
}

/// The outer refusal is the request's, the inner one the store's.
async fn apply(
    app: &App,
    person: &SignedIn,
    source: SourceAddress,
    change: Change,
    deed: &Deed,
) -> Result<Result<User, StoreError>, Problem> {
    let mut new_hash = None;
    if let Some(password) = &change.password {
        let site_name = &app.store.configuration().await?.settings.site_name;
        password::judge(password, &person.user, site_name)?;
        allow_password_change(app, person, source, change.current_password).await?;
        new_hash = Some(password::hash(password.clone()).await?);
    }
    let alter = |user: &mut User| {
        user.name = change.name.clone().unwrap_or_else(|| user.name.clone());
        user.locale = change.locale.unwrap_or(user.locale);
        user.notify = change.notify.unwrap_or(user.notify);
        user.password_hash = new_hash.clone().or_else(|| user.password_hash.clone());
        Ok(())
    };
    Ok(app.store.change_user(&person.user.id, Some(deed), alter).await)
}

/// Whoever sits at an open session must not be able to lock its owner out.
async fn allow_password_change(app: &App, person: &SignedIn, source: SourceAddress, current: Option<Secret>) -> Result<(), Problem> {
    let by_link_at = person.session().and_then(|record| record.session.by_link_at);
    if by_link_at.is_some_and(|at| is_fresh(at, app.now())) {
        return Ok(());
    }
    let Some(current) = current else {
        let sentence = "Give the present password, or sign in by link and try again within 15 minutes.";
        return Err(FieldError::new("current_password", "required", sentence).into());
    };
    let (who, counted_at) = (attempts_of(&person.user.email, source), app.now());
    limit(app, "password", &who, WRONG_PASSWORDS, "too_many_attempts").await?;
    if !password::verify(current, person.user.password_hash.clone()).await? {
        return Err(FieldError::new("current_password", "wrong", "This is not the present password.").into());
    }
    Ok(app.store.take_back_use("password", &who, counted_at).await?)
}

fn is_fresh(by_link_at: Timestamp, now: Timestamp) -> bool {
    now.since(by_link_at) < seconds(LINK_COUNTS)
}
