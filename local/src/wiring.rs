//! Where the functions are put together: the one place of this crate that names them.

use std::sync::Arc;

use aws_config::{BehaviorVersion, SdkConfig};
use axum::Router;
use axum::routing::any;
use chamada_domain::{EmailAddress, Role};
use chamada_platform::{Clock, Config, Platform, Secret};
use chamada_store::StoreError;
use chamada_web::credentials::read_session_cookie;
use chamada_web::session::identify;
use chamada_web::{App, no_such_method, no_such_route};
use utoipa_axum::router::OpenApiRouter;

use crate::functions::{AdministratorCheck, Functions, Handlers, handler};

/// What stopped the functions from being put together, or a command from being done. One line for a person.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct WiringError(pub String);

impl From<StoreError> for WiringError {
    fn from(error: StoreError) -> Self {
        Self(format!("the table cannot be used: {error}"))
    }
}

/// The HTTP functions' routes, all together.
fn routes(platform: &Platform) -> OpenApiRouter {
    [tickets::router, attachments::router, accounts::router, mailboxes::router]
        .into_iter()
        .fold(OpenApiRouter::new(), |all, router| all.merge(router(platform.clone())))
}

/// The description of the whole API (OpenAPI 3.1), as JSON. No service is reached for it.
///
/// # Errors
/// Where it cannot be written as JSON, which is a fault of the program.
pub fn openapi() -> Result<String, WiringError> {
    let here = |name: &'static str| match name {
        "SITE_URL" => Some("https://localhost".to_owned()),
        "TABLE_NAME" | "FILES_BUCKET" | "MAIL_BUCKET" | "PROOF_BUCKET" | "EVENT_BUS_NAME" | "SENDER" => Some("none".to_owned()),
        _ => None,
    };
    let config = Config::read(&here).map_err(|error| WiringError(error.to_string()))?;
    let sdk = SdkConfig::builder().behavior_version(BehaviorVersion::latest()).build();
    let (_, api) = routes(&Platform::with(config, sdk, Clock::system())).split_for_parts();
    let api = chamada_web::openapi::describe(api, env!("CARGO_PKG_VERSION"), "__Host-session");
    api.to_pretty_json().map_err(|error| WiringError(error.to_string()))
}

/// All functions on one platform.
///
/// # Errors
/// What one of them needs and did not get.
pub async fn functions(platform: &Platform) -> Result<Functions, WiringError> {
    let router = Router::from(routes(platform))
        // Before the client's files, which answer everything else.
        .route("/api", any(no_such_route))
        .route("/api/", any(no_such_route))
        .route("/api/{*rest}", any(no_such_route))
        .method_not_allowed_fallback(no_such_method);
    let outbox = Arc::new(outbox::Handler::new(platform.clone()));
    let notifier = Arc::new(notifier::Handler::new(platform.clone()));
    let mail_sweep = mail_sweep::Handler::new(platform.clone()).map_err(|error| WiringError(error.to_string()))?;
    let evidence = Arc::new(evidence::Handler::new(platform.clone()));
    let housekeeping = Arc::new(housekeeping::Handler::new(platform.clone()));
    // Alone on this folder: whatever lease is held, its holder is no more.
    mail_sweep.free_leases().await?;
    Ok(Functions {
        router: chamada_web::dress(router, platform),
        handlers: Handlers {
            outbox: handler(move |event, deadline| {
                let outbox = outbox.clone();
                async move { outbox.handle(event, deadline).await }
            }),
            notifier: handler(move |event, deadline| {
                let notifier = notifier.clone();
                async move { notifier.handle(event, deadline).await }
            }),
            mail_sweep: handler(move |event, deadline| {
                let mail_sweep = mail_sweep.clone();
                async move { mail_sweep.handle(event, deadline).await }
            }),
            evidence: handler(move |event, deadline| {
                let evidence = evidence.clone();
                async move { evidence.handle(event, deadline).await }
            }),
            housekeeping: handler(move |event, deadline| {
                let housekeeping = housekeeping.clone();
                async move { housekeeping.handle(event, deadline).await }
            }),
        },
        is_administrator: administrator_check(platform),
    })
}

fn administrator_check(platform: &Platform) -> AdministratorCheck {
    let app = App::new(platform.clone());
    Arc::new(move |headers| {
        let app = app.clone();
        Box::pin(async move {
            let Some(cookie) = read_session_cookie(&headers, &app.platform.config().site_url) else {
                return false;
            };
            let caller = identify(&app, &cookie).await.unwrap_or_default();
            caller.user.is_some_and(|user| user.role == Role::Administrator)
        })
    })
}

/// Makes the first administrator, unless there already, and a sign-in token for them. A start that is killed right after comes
/// here again.
///
/// # Errors
/// Where the address is none, or the table cannot be written.
pub async fn first_administrator(platform: &Platform, email: &str) -> Result<String, WiringError> {
    let app = App::new(platform.clone());
    let email = address(email)?;
    let token = match accounts::ensure_first_administrator(&app, &email).await? {
        Some(token) => Some(token),
        None => accounts::administrator_link(&app, &email).await?,
    };
    let token = token.ok_or_else(|| WiringError("another administrator is there already; see 'chamada admin-link --help'".into()))?;
    Ok(token.expose().to_owned())
}

/// A new sign-in token for an administrator; `None` where there is none with that address.
///
/// # Errors
/// Where the address is none, or the table cannot be read or written.
pub async fn administrator_token(platform: &Platform, email: &str) -> Result<Option<String>, WiringError> {
    let app = App::new(platform.clone());
    let token = accounts::administrator_link(&app, &address(email)?).await?;
    Ok(token.as_ref().map(Secret::expose).map(str::to_owned))
}

fn address(text: &str) -> Result<EmailAddress, WiringError> {
    text.parse().map_err(|_| WiringError(format!("{text} is no e-mail address")))
}
