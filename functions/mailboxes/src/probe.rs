//! `POST /api/mailboxes/{id}/test`: connects, signs in, counts, and leaves everything as it was.

use std::time::Duration;

use axum::extract::State;
use chamada_domain::MailboxId;
use chamada_domain::mailbox::{Auth, Mailbox, Security, SweepError};
use chamada_pop3::{Config, Connection, Credentials, Error, Timeouts, tls_config};
use chamada_web::openapi::{IdempotencyHeader, WriteProblems};
use chamada_web::{Administrator, App, Id, Json, Nothing, Problem, Write};
use serde::Serialize;
use utoipa::ToSchema;

/// The whole of it takes less than 25 s, so that the answer is there before a gateway gives up: each part has its share, and none waits for another's rest.
const TIMEOUTS: Timeouts = Timeouts {
    connect: Duration::from_secs(10),
    // Some servers wait for the other session's end before they say that the mailbox is in use.
    sign_in: Duration::from_secs(18),
    line: Duration::from_secs(18),
    session: Duration::from_secs(24),
};

/// For how long the server's answer to QUIT is waited for: the result is known by then.
const GOODBYE: Duration = Duration::from_secs(1);

/// What came of trying a mailbox's connection.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MailboxTest {
    /// Whether it works.
    ok: bool,
    /// How many messages the mailbox holds, where it works.
    #[serde(skip_serializing_if = "Option::is_none")]
    messages: Option<u64>,
    /// `host_not_found, refused, timed_out, certificate, auth_failed, in_use, protocol`, where it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    /// Why, in plain words.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

/// Connects to a mailbox's server, signs in and counts the messages, within 25 seconds. Changes nothing.
#[utoipa::path(post, path = "/api/mailboxes/{id}/test", tag = "mailboxes", params(("id" = MailboxId, Path), IdempotencyHeader),
    responses((status = 200, body = MailboxTest), WriteProblems))]
pub(crate) async fn test(
    State(app): State<App>,
    _: Administrator,
    Id(id): Id<MailboxId>,
    _: Write<Nothing>,
) -> Result<Json<MailboxTest>, Problem> {
    let mailbox = app.store.mailbox(&id).await?;
    Ok(Json(match probe(&app, &mailbox).await? {
        Ok(messages) => MailboxTest {
            ok: true,
            messages: Some(messages),
            code: None,
            detail: None,
        },
        Err(error) => MailboxTest {
            ok: false,
            messages: None,
            code: Some(error.code),
            detail: Some(error.detail),
        },
    }))
}

/// How many messages there are, or why the mailbox cannot be read; outside, why this could not be found out.
async fn probe(app: &App, mailbox: &Mailbox) -> Result<Result<u64, SweepError>, Problem> {
    let config = app.platform.config();
    if !mailbox.is_private(config.allow_plain_pop3) {
        return Ok(Err(SweepError::plain_refused()));
    }
    let Some(secret) = app.platform.parameters().get(&Mailbox::secret_name(&mailbox.id)).await? else {
        return Ok(Err(SweepError::no_secret()));
    };
    let extra_ca = match &config.extra_ca_file {
        Some(path) => Some(tokio::fs::read(path).await.map_err(Problem::internal)?),
        None => None,
    };
    let tls = tls_config(extra_ca.as_deref()).map_err(Problem::internal)?;
    let security = match mailbox.security {
        Security::Tls => chamada_pop3::Security::Tls,
        Security::Starttls => chamada_pop3::Security::StartTls,
        Security::Plain => chamada_pop3::Security::Plain,
    };
    let mut server = Config::new(mailbox.host.as_str(), mailbox.port, security, tls);
    server.timeouts = TIMEOUTS;
    let Auth::Password { username } = &mailbox.auth;
    let credentials = Credentials::Password {
        user: username.clone(),
        password: secret.expose().into(),
    };
    Ok(count(server, credentials)
        .await
        .map_err(|error| SweepError::of_mail_server(error.code(), error.server_line())))
}

async fn count(server: Config, credentials: Credentials) -> Result<u64, Error> {
    let mut session = Connection::open(server).await?.login(credentials).await?;
    let messages = session.stat().await?.messages;
    // A clean end frees the mailbox at once; nothing is marked as deleted, so nothing is lost if the answer does not come.
    let _ = tokio::time::timeout(GOODBYE, session.quit()).await;
    Ok(messages)
}
