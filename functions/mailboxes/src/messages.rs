//! What became of each message of a mailbox.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use chamada_domain::MailboxId;
use chamada_domain::mailbox::Verdict;
use chamada_platform::Disposition;
use chamada_store::{Position, StoreError};
use chamada_web::openapi::{IdempotencyHeader, PagingParams, ReadProblems, WriteProblems};
use chamada_web::read::word;
use chamada_web::{Administrator, App, Conditional, CursorKey, Fields, Id, Id2, Input, Nothing, Page, Paging, Problem, Query, Write};
use http::StatusCode;
use http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, X_CONTENT_TYPE_OPTIONS};

use crate::view::{MessageId, MessageView};

/// The longest mail that is handed out, in bytes: above what sweeps fetch (25 MB), so that it only guards against a foreign object.
const LONGEST_MAIL: usize = 64 << 20;

/// Why a message is ignored that an administrator discarded.
const DISCARDED: &str = "discarded";

/// What messages are wanted.
pub(crate) struct Messages {
    state: Option<Verdict>,
    paging: Paging,
}

impl Input for Messages {
    fn read(f: &mut Fields<'_>) -> Option<Self> {
        let state = f.optional("state", word());
        let paging = f.paging();
        Some(Self {
            state: state?,
            paging: paging?,
        })
    }
}

/// The messages that a mailbox brought, newest first: all, or those of one state.
#[utoipa::path(get, path = "/api/mailboxes/{id}/messages", tag = "mailboxes",
    params(("id" = MailboxId, Path), ("state" = Option<Verdict>, Query, description = "Only those that became this."), PagingParams),
    responses((status = 200, body = Page<MessageView>), (status = 304), ReadProblems))]
pub(crate) async fn list(
    State(app): State<App>,
    Administrator(caller): Administrator,
    conditional: Conditional,
    Id(id): Id<MailboxId>,
    query: Query<Messages>,
) -> Result<Response, Problem> {
    let (key, name) = (CursorKey::of(&app.platform).await?, caller.name()?);
    let Messages { state, paging } = query.value;
    let start = paging
        .cursor
        .map(|cursor| key.open::<Position>(&name, &query.filters, &cursor))
        .transpose()?;
    app.store.mailbox(&id).await?;
    let limit = u16::try_from(paging.limit).unwrap_or(u16::MAX);
    let (messages, next) = app.store.messages(&id, state, start, limit).await?;
    let next_cursor = next.map(|next| key.seal(&name, &query.filters, &next)).transpose()?;
    let items: Vec<MessageView> = messages.into_iter().map(MessageView::from).collect();
    conditional.answer(None, &Page { items, next_cursor })
}

/// A message as it came, as a file.
#[utoipa::path(get, path = "/api/mailboxes/{id}/messages/{message_id}/raw", tag = "mailboxes",
    params(("id" = MailboxId, Path), ("message_id" = MessageId, Path)),
    responses((status = 200, content_type = "message/rfc822", body = String), ReadProblems))]
pub(crate) async fn raw(
    State(app): State<App>,
    _: Administrator,
    Id2(id, message): Id2<MailboxId, MessageId>,
) -> Result<Response, Problem> {
    app.store.mailbox(&id).await?;
    let entry = app.store.ledger_entry(&id, &message.0).await?;
    let (bucket, key) = (&app.platform.config().mail_bucket, format!("mail/{}.eml", entry.digest));
    let mail = app.platform.objects().get(bucket, &key, LONGEST_MAIL).await?;
    let short = entry.digest.get(..16).unwrap_or(&entry.digest);
    let disposition = Disposition::Attachment(&format!("{short}.eml")).header_value();
    // Should anything ever show it after all, nothing in it may run or load.
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("message/rfc822")),
        (CONTENT_DISPOSITION, HeaderValue::from_str(&disposition).map_err(Problem::internal)?),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (
            CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("sandbox; default-src 'none'; frame-ancestors 'none'"),
        ),
    ];
    Ok((headers, mail).into_response())
}

/// Discards a quarantined message: it counts as ignored, with that reason, and is not fetched again. Its file stays.
#[utoipa::path(delete, path = "/api/mailboxes/{id}/messages/{message_id}", tag = "mailboxes",
    params(("id" = MailboxId, Path), ("message_id" = MessageId, Path), IdempotencyHeader), responses((status = 204), WriteProblems))]
pub(crate) async fn discard(
    State(app): State<App>,
    Administrator(caller): Administrator,
    Id2(id, message): Id2<MailboxId, MessageId>,
    write: Write<Nothing>,
) -> Result<StatusCode, Problem> {
    let request = caller.idempotency(&write, app.now())?;
    app.store.mailbox(&id).await?;
    match app.store.discard_message(&id, &message.0, DISCARDED, request.as_ref()).await {
        Ok(()) | Err(StoreError::Replayed(_)) => Ok(StatusCode::NO_CONTENT),
        Err(error) => Err(error.into()),
    }
}
