//! What became of each message of a mailbox.

use axum::extract::State;
use axum::response::Response;
use chamada_domain::MailboxId;
use chamada_domain::mailbox::Verdict;
use chamada_store::StoreError;
use chamada_web::openapi::{IdempotencyHeader, PagingParams, ReadProblems, WriteProblems};
use chamada_web::read::word;
use chamada_web::{
    Administrator, App, Conditional, Fields, Id, Id2, Input, Nothing, Page, Pager, Paging, Problem, Query, Write, mail_file,
};
use http::StatusCode;

use crate::view::{MessageId, MessageView};

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
    let Messages { state, paging } = query.value;
    let pager = Pager::of(&app, &caller, paging, query.filters).await?;
    let start = pager.start()?;
    app.store.mailbox(&id).await?;
    let (messages, next) = app.store.messages(&id, state, start, pager.limit()).await?;
    let next_cursor = pager.cursor(next.as_ref())?;
    let items: Vec<MessageView> = messages.into_iter().map(MessageView::from).collect();
    conditional.answer(None, &Page { items, next_cursor })
}

/// A message as it came, as a file. A long one is answered by 302 with a presigned URL of five minutes.
#[utoipa::path(get, path = "/api/mailboxes/{id}/messages/{message_id}/raw", tag = "mailboxes",
    params(("id" = MailboxId, Path), ("message_id" = MessageId, Path)),
    responses((status = 200, content_type = "message/rfc822", body = String),
        (status = 302, description = "Where a long one lies."), ReadProblems))]
pub(crate) async fn raw(
    State(app): State<App>,
    _: Administrator,
    Id2(id, message): Id2<MailboxId, MessageId>,
) -> Result<Response, Problem> {
    app.store.mailbox(&id).await?;
    let entry = app.store.ledger_entry(&id, &message.0).await?;
    mail_file(&app, &entry.digest).await
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
