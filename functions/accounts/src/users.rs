//! Accounts, as administrators keep them.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use chamada_domain::{EmailAddress, FieldError, Locale, Role, UnitId, User, UserId};
use chamada_platform::random;
use chamada_store::{Deed, StoreError, can_attend};
use chamada_web::openapi::{IdempotencyHeader, PagingParams, ReadProblems, WriteProblems};
use chamada_web::read::{Fields, Input, boolean, email, id, line, word};
use chamada_web::{Administrator, App, Conditional, Id, Json, Nothing, Page, Pager, Paging, Problem, Query, Staff, Write};
use futures::future::try_join_all;
use http::StatusCode;
use http::header::LOCATION;
use serde::Serialize;
use utoipa::ToSchema;

use crate::requests::{or_as_it_is, or_done};
use crate::view::{Items, UserView};

/// A new account.
#[derive(Debug, Clone, ToSchema)]
pub(crate) struct NewUser {
    /// Where they read mail; unique.
    email: EmailAddress,
    /// 1 to 100 characters.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// `user` unless said.
    #[schema(required = false)]
    role: Option<Role>,
    /// The site's default unless said.
    #[schema(required = false)]
    locale: Option<Locale>,
    /// The company they belong to.
    #[schema(required = false)]
    company_id: Option<UnitId>,
    /// Whether they may sign in; true unless said.
    #[schema(required = false)]
    active: Option<bool>,
    /// Whether they want the mails that they may refuse; true unless said.
    #[schema(required = false)]
    notify: Option<bool>,
}

impl Input for NewUser {
    fn read(f: &mut Fields<'_>) -> Option<Self> {
        let email = f.required("email", email());
        let name = f.required("name", line(1..=User::MAX_NAME));
        let role = f.optional("role", word());
        let locale = f.optional("locale", word());
        let company_id = f.optional("company_id", id());
        let active = f.optional("active", boolean());
        let notify = f.optional("notify", boolean());
        Some(Self {
            email: email?,
            name: name?,
            role: role?,
            locale: locale?,
            company_id: company_id?,
            active: active?,
            notify: notify?,
        })
    }
}

/// What is to change of an account; what is missing stays.
#[derive(Debug, Clone, ToSchema)]
#[schema(as = UserChange)]
pub(crate) struct Change {
    /// Where they read mail; unique.
    #[schema(required = false, nullable = false)]
    email: Option<EmailAddress>,
    /// 1 to 100 characters.
    #[schema(min_length = 1, max_length = 100, required = false, nullable = false)]
    name: Option<String>,
    /// What they may do.
    #[schema(required = false, nullable = false)]
    role: Option<Role>,
    /// What they read.
    #[schema(required = false, nullable = false)]
    locale: Option<Locale>,
    /// The company they belong to; null for none.
    #[schema(value_type = Option<UnitId>, required = false)]
    company_id: Option<Option<UnitId>>,
    /// Whether they may sign in. False ends their sessions at once.
    #[schema(required = false, nullable = false)]
    active: Option<bool>,
    /// Whether they want the mails that they may refuse.
    #[schema(required = false, nullable = false)]
    notify: Option<bool>,
}

impl Input for Change {
    const MAY_BE_EMPTY: bool = true;

    fn read(f: &mut Fields<'_>) -> Option<Self> {
        let email = f.changed("email", email());
        let name = f.changed("name", line(1..=User::MAX_NAME));
        let role = f.changed("role", word());
        let locale = f.changed("locale", word());
        let company_id = f.changed_or_cleared("company_id", id());
        let active = f.changed("active", boolean());
        let notify = f.changed("notify", boolean());
        Some(Self {
            email: email?,
            name: name?,
            role: role?,
            locale: locale?,
            company_id: company_id?,
            active: active?,
            notify: notify?,
        })
    }
}

impl Change {
    fn apply(&self, user: &mut User) {
        user.email = self.email.clone().unwrap_or_else(|| user.email.clone());
        user.name = self.name.clone().unwrap_or_else(|| user.name.clone());
        user.role = self.role.unwrap_or(user.role);
        user.locale = self.locale.unwrap_or(user.locale);
        user.company_id = self.company_id.clone().unwrap_or_else(|| user.company_id.clone());
        user.active = self.active.unwrap_or(user.active);
        user.notify = self.notify.unwrap_or(user.notify);
    }
}

/// Everyone with an account, by name.
#[utoipa::path(get, path = "/api/users", tag = "accounts", params(PagingParams),
    responses((status = 200, body = Page<UserView>), (status = 304), ReadProblems))]
pub(crate) async fn list(
    State(app): State<App>,
    Administrator(caller): Administrator,
    query: Query<Paging>,
    conditional: Conditional,
) -> Result<Response, Problem> {
    let pager = Pager::of(&app, &caller, query.value, query.filters).await?;
    let (users, next) = app.store.list_users(pager.start()?, pager.limit()).await?;
    let next_cursor = pager.cursor(next.as_ref())?;
    let items: Vec<UserView> = users.iter().map(UserView::from).collect();
    conditional.answer(None, &Page { items, next_cursor })
}

/// An account.
#[utoipa::path(get, path = "/api/users/{id}", tag = "accounts", params(("id" = UserId, Path)),
    responses((status = 200, body = UserView), (status = 304), ReadProblems))]
pub(crate) async fn read(
    State(app): State<App>,
    _: Administrator,
    Id(id): Id<UserId>,
    conditional: Conditional,
) -> Result<Response, Problem> {
    let user = app.store.user(&id).await?;
    if user.is_erased() {
        // It is there for tickets to name, and for nobody else.
        return Err(Problem::not_found());
    }
    conditional.answer(None, &UserView::from(user))
}

/// A company must be in the tree; that it is used is written down first, so that it cannot be removed meanwhile.
async fn name_company(app: &App, company: Option<&UnitId>) -> Result<(), Problem> {
    let Some(company) = company else { return Ok(()) };
    let organisation = app.store.read_configuration().await?.organisation.value;
    if organisation.corporation_of(company).is_none() {
        return Err(FieldError::new("company_id", "unknown", "There is no such company.").into());
    }
    Ok(app.store.mark_used([company.to_string()]).await?)
}

/// Makes an account. Nobody is mailed. 409 `email_taken`.
#[utoipa::path(post, path = "/api/users", tag = "accounts", request_body = NewUser, params(IdempotencyHeader),
    responses((status = 201, body = UserView, headers(("Location" = String))), WriteProblems))]
pub(crate) async fn create(
    State(app): State<App>,
    Administrator(caller): Administrator,
    write: Write<NewUser>,
) -> Result<Response, Problem> {
    let deed = caller.deed(&write, app.now())?;
    let outcome = match app.store.replay(deed.request.as_ref()).await {
        Ok(()) => {
            let user = draft(&app, write.body).await?;
            app.store.create_user(&user, Some(&deed)).await.map(|()| user)
        }
        Err(error) => Err(error),
    };
    let user = match outcome {
        Err(StoreError::Replayed(made)) => app.store.user(&made_id(made.id.as_deref())?).await?,
        other => other?,
    };
    let location = format!("/api/users/{}", user.id);
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(UserView::from(user))).into_response())
}

fn made_id(id: Option<&str>) -> Result<UserId, Problem> {
    let id = id.and_then(|id| id.parse().ok());
    id.ok_or_else(|| Problem::internal("a remembered request names no account"))
}

async fn draft(app: &App, new: NewUser) -> Result<User, Problem> {
    name_company(app, new.company_id.as_ref()).await?;
    Ok(User {
        id: UserId::from_random(random()),
        email: new.email,
        name: new.name,
        role: new.role.unwrap_or(Role::User),
        locale: match new.locale {
            Some(locale) => locale,
            None => app.store.configuration().await?.settings.default_locale,
        },
        company_id: new.company_id,
        active: new.active.unwrap_or(true),
        notify: new.notify.unwrap_or(true),
        created_at: app.now(),
        password_hash: None,
    })
}

/// Changes an account.
///
/// 409 `email_taken`; 409 `last_administrator` where no active administrator would be left.
#[utoipa::path(patch, path = "/api/users/{id}", tag = "accounts", request_body = Change, params(("id" = UserId, Path), IdempotencyHeader),
    responses((status = 200, body = UserView), WriteProblems))]
pub(crate) async fn change(
    State(app): State<App>,
    Administrator(caller): Administrator,
    Id(id): Id<UserId>,
    write: Write<Change>,
) -> Result<Json<UserView>, Problem> {
    let deed = caller.deed(&write, app.now())?;
    let outcome = match app.store.replay(deed.request.as_ref()).await {
        Ok(()) => apply(&app, &id, &write.body, &deed).await?,
        Err(error) => Err(error),
    };
    let user = or_as_it_is(outcome, app.store.user(&id)).await?;
    close_door(&app, &user).await?;
    Ok(Json(user.into()))
}

/// The outer refusal is the request's, the inner one the store's.
async fn apply(app: &App, id: &UserId, change: &Change, deed: &Deed) -> Result<Result<User, StoreError>, Problem> {
    name_company(app, change.company_id.as_ref().and_then(Option::as_ref)).await?;
    forget_before_return(app, id, change.active).await?;
    let alter = |user: &mut User| {
        change.apply(user);
        Ok(())
    };
    Ok(app.store.change_user(id, Some(deed), alter).await)
}

/// Somebody who comes back signs in anew: a session that was begun at the very moment of deactivating must not come to life again.
async fn forget_before_return(app: &App, id: &UserId, active: Option<bool>) -> Result<(), StoreError> {
    if active == Some(true) && !app.store.user(id).await?.active {
        shut_out(app, id).await?;
    }
    Ok(())
}

async fn shut_out(app: &App, id: &UserId) -> Result<(), StoreError> {
    app.store.end_sessions(id).await?;
    app.store.end_tokens(id).await
}

/// Sessions and tokens of a deactivated person count for nothing from that moment on; here they also go from the table.
async fn close_door(app: &App, user: &User) -> Result<(), StoreError> {
    if user.active {
        return Ok(());
    }
    shut_out(app, &user.id).await
}

/// What becomes of a deactivated account.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Going {
    erase: bool,
}

impl Input for Going {
    fn read(f: &mut Fields<'_>) -> Option<Self> {
        Some(Self {
            erase: f.or_default("erase", boolean())?,
        })
    }
}

/// Deactivates an account; its sessions and API tokens end at once. 409 `last_administrator`.
///
/// With `?erase=true` the account is erased: name and address at once, and within minutes the person's words from every ticket, with their files, the mails
/// that brought them and the links that they held. Every history stays provable. It cannot be undone; the address is free for a new account.
#[utoipa::path(delete, path = "/api/users/{id}", tag = "accounts",
    params(("id" = UserId, Path), ("erase" = inline(Option<bool>), Query), IdempotencyHeader),
    responses((status = 204, description = "It is no longer active."), WriteProblems))]
pub(crate) async fn deactivate(
    State(app): State<App>,
    Administrator(caller): Administrator,
    Id(id): Id<UserId>,
    query: Query<Going>,
    write: Write<Nothing>,
) -> Result<StatusCode, Problem> {
    let deed = caller.deed(&write, app.now())?;
    let go = |user: &mut User| {
        if query.value.erase {
            user.erase();
        }
        user.active = false;
        Ok(())
    };
    or_done(app.store.change_user(&id, Some(&deed), go).await.map(drop))?;
    // As it is now: by a repeated request, somebody who is back is not shut out.
    close_door(&app, &app.store.user(&id).await?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Somebody who can be given tickets.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Specialist {
    /// Who.
    id: UserId,
    /// What they are called.
    name: String,
    /// How many tickets they have that are neither Resolved nor Cancelled.
    pending: u64,
}

/// Who can be assigned: active specialists and administrators, by name.
#[utoipa::path(get, path = "/api/specialists", tag = "accounts", responses((status = 200, body = Items<Specialist>), (status = 304), ReadProblems))]
pub(crate) async fn specialists(State(app): State<App>, _: Staff, conditional: Conditional) -> Result<Response, Problem> {
    let staff = app.store.list_staff().await?;
    let with_count = staff.into_iter().filter(can_attend).map(async |user| {
        let pending = app.store.count_attended(Some(&user.id)).await?;
        Ok::<_, StoreError>(Specialist {
            id: user.id,
            name: user.name,
            pending,
        })
    });
    let items = try_join_all(with_count).await?;
    conditional.answer(None, &Items { items })
}
