//! API tokens: one's own, for one's programs.

use axum::extract::State;
use axum::response::Response;
use chamada_domain::{FieldError, Timestamp, TokenId, TokenScope};
use chamada_platform::{Secret, random, secret_hash};
use chamada_store::{ApiToken, StoreError};
use chamada_web::openapi::{IdempotencyHeader, ReadProblems, WriteProblems};
use chamada_web::read::{Fields, Input, line, timestamp, word};
use chamada_web::session::person_token;
use chamada_web::{App, Conditional, Id, InPerson, Json, Nothing, Problem, SameOrigin, SignedIn, Write};
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::requests::or_done;
use crate::view::Items;

/// A new token.
#[derive(Debug, Clone, ToSchema)]
pub(crate) struct NewToken {
    /// 1 to 80 characters, for its owner to know it by.
    name: String,
    /// `read` for `GET` alone, `write` for all that its owner may do.
    scope: TokenScope,
    /// From when on it works no more, in the future; never unless said.
    #[schema(value_type = Option<String>, format = "date-time", required = false)]
    expires_at: Option<Timestamp>,
}

impl Input for NewToken {
    fn read(f: &mut Fields<'_>) -> Option<Self> {
        let name = f.required("name", line(1..=80));
        let scope = f.required("scope", word());
        let expires_at = f.optional("expires_at", timestamp());
        Some(Self {
            name: name?,
            scope: scope?,
            expires_at: expires_at?,
        })
    }
}

/// A token as its owner sees it: without the secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Token)]
pub(crate) struct TokenView {
    /// What it is deleted by.
    #[schema(value_type = String, example = "tok_0123456789abcdef0123")]
    id: TokenId,
    /// What its owner calls it.
    name: String,
    /// What it may do.
    scope: TokenScope,
    /// When it was made.
    #[schema(value_type = String, format = "date-time")]
    created_at: Timestamp,
    /// From when on it works no more; null for never.
    #[schema(value_type = Option<String>, format = "date-time")]
    expires_at: Option<Timestamp>,
}

impl From<ApiToken> for TokenView {
    fn from(token: ApiToken) -> Self {
        Self {
            id: token.id,
            name: token.name,
            scope: token.scope,
            created_at: token.created_at,
            expires_at: token.expires_at,
        }
    }
}

/// A token that was just made, with its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MadeToken {
    /// What it is deleted by.
    #[schema(value_type = String, example = "tok_0123456789abcdef0123")]
    id: TokenId,
    /// What its owner calls it.
    name: String,
    /// What it may do.
    scope: TokenScope,
    /// From when on it works no more; null for never.
    #[schema(value_type = Option<String>, format = "date-time")]
    expires_at: Option<Timestamp>,
    /// What goes behind `Authorization: Bearer`. Shown here and never again.
    token: String,
}

/// One's own API tokens, oldest first.
///
/// Expired ones too, until they are deleted. A program sees them by its token as well: there is no secret in them.
#[utoipa::path(get, path = "/api/tokens", tag = "accounts", responses((status = 200, body = Items<TokenView>), ReadProblems))]
pub(crate) async fn list(State(app): State<App>, person: SignedIn, conditional: Conditional) -> Result<Response, Problem> {
    let tokens = app.store.tokens(&person.user.id).await?;
    let items: Vec<TokenView> = tokens.into_iter().map(TokenView::from).collect();
    conditional.answer(None, &Items { items })
}

/// Makes an API token, which is shown this once.
///
/// It can do no more than its owner, and stops with them: `Authorization: Bearer TOKEN`. What is a person's own affair it cannot do at all, 403: make
/// tokens, delete others than itself, begin or end sessions, change the password. `Idempotency-Key` means nothing here. 409 `too_many_tokens` where
/// one has 20, expired ones among them.
#[utoipa::path(post, path = "/api/tokens", tag = "accounts", request_body = NewToken,
    responses((status = 201, body = MadeToken), WriteProblems))]
pub(crate) async fn create(
    _: SameOrigin,
    State(app): State<App>,
    person: InPerson,
    Json(new): Json<NewToken>,
) -> Result<(StatusCode, Json<MadeToken>), Problem> {
    let now = app.now();
    if new.expires_at.is_some_and(|at| at <= now) {
        return Err(FieldError::new("expires_at", "out_of_range", "This must be in the future.").into());
    }
    let token = ApiToken {
        id: TokenId::from_random(random()),
        name: new.name,
        scope: new.scope,
        created_at: now,
        expires_at: new.expires_at,
    };
    let secret = keep(&app, &person, &token).await?;
    let made = MadeToken {
        id: token.id,
        name: token.name,
        scope: token.scope,
        expires_at: token.expires_at,
        token: person_token(&person.user.id, &secret).expose().to_owned(),
    };
    Ok((StatusCode::CREATED, Json(made)))
}

async fn keep(app: &App, person: &InPerson, token: &ApiToken) -> Result<Secret, StoreError> {
    let (secret, deed) = (Secret::generate(), person.caller.hand(token.created_at));
    app.store
        .create_token(&person.user.id, &secret_hash(&secret), token, Some(&deed))
        .await?;
    Ok(secret)
}

/// Deletes one of one's own API tokens: it stops at once.
///
/// A program may delete the token that it uses, and no other: 403.
#[utoipa::path(delete, path = "/api/tokens/{id}", tag = "accounts", params(("id" = String, Path), IdempotencyHeader),
    responses((status = 204, description = "It works no more."), WriteProblems))]
pub(crate) async fn remove(
    State(app): State<App>,
    person: SignedIn,
    Id(id): Id<TokenId>,
    write: Write<Nothing>,
) -> Result<StatusCode, Problem> {
    if person.caller.token.as_ref().is_none_or(|token| token.id != id) {
        person.caller.without_token()?;
    }
    let deed = person.caller.deed(&write, app.now())?;
    or_done(app.store.delete_token(&person.user.id, &id, Some(&deed)).await)?;
    Ok(StatusCode::NO_CONTENT)
}
