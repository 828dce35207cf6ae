//! `POST /api/tickets/{number}/messages`.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use chamada_domain::draft::{Pen, Writer};
use chamada_domain::message::{NewMessage, Voice};
use chamada_domain::permission::{Action, Standing, Viewer, require};
use chamada_domain::{AttachmentId, FieldError, Refusal, Settings, Ticket, TicketNumber, Timestamp, User, Visibility};
use chamada_store::{Made, StoreError, With};
use chamada_web::read::{boolean, id, list, text, timestamp, word};
use chamada_web::{App, Caller, Fields, Id, Input, Json, Problem, Visitor, Write};
use futures::future::try_join;
use http::StatusCode;

use crate::files::{MAX_FILES, attach, distinct};
use crate::open::MAX_BODY;
use crate::people::{as_customer, customer_among, keyed};
use crate::salt;
use crate::view::EntryView;

/// A message, and what its author does with it.
#[derive(Debug, Clone, utoipa::ToSchema)]
#[schema(as = NewMessage)]
pub(crate) struct MessageBody {
    /// May be empty where there are attachments.
    #[schema(max_length = 65_536)]
    body: String,
    /// Public unless said.
    #[schema(required = false)]
    visibility: Option<Visibility>,
    /// Marks the ticket resolved; staff alone.
    #[schema(required = false)]
    resolve: bool,
    /// Sets the estimated date, null takes it away; staff alone.
    #[schema(value_type = Option<Timestamp>)]
    due_at: Option<Option<Timestamp>>,
    #[schema(max_items = 20, required = false)]
    attachment_ids: Vec<AttachmentId>,
}

impl Input for MessageBody {
    fn read(f: &mut Fields<'_>) -> Option<Self> {
        let body = f.or_default("body", text(0..=MAX_BODY));
        let visibility = f.optional("visibility", word());
        let resolve = f.or_default("resolve", boolean());
        let due_at = f.changed_or_cleared("due_at", timestamp());
        let attachment_ids = f.or_default("attachment_ids", list(0..=MAX_FILES, id()));
        let read = Self {
            body: body?,
            visibility: visibility?,
            resolve: resolve?,
            due_at: due_at?,
            attachment_ids: distinct(attachment_ids?),
        };
        if read.body.trim().is_empty() && read.attachment_ids.is_empty() {
            return f.fault(FieldError::required("body"));
        }
        if read.visibility == Some(Visibility::Internal) {
            let only_public = |field: &'static str| FieldError::new(field, "public_only", "This goes with a public message alone.");
            if read.resolve {
                return f.fault(only_public("resolve"));
            }
            if read.due_at.is_some() {
                return f.fault(only_public("due_at"));
            }
        }
        Some(read)
    }
}

impl MessageBody {
    fn visibility(&self) -> Visibility {
        self.visibility.unwrap_or(Visibility::Public)
    }

    /// What a caller must be permitted to do for this.
    fn actions(&self) -> Vec<Action> {
        let write = if self.visibility() == Visibility::Internal {
            Action::Note
        } else {
            Action::Message
        };
        let wanted = [
            (true, write),
            (!self.attachment_ids.is_empty(), Action::Attach),
            (self.resolve, Action::Resolve),
            (self.due_at.is_some(), Action::Due),
        ];
        wanted.into_iter().filter_map(|(wanted, action)| wanted.then_some(action)).collect()
    }
}

/// Writes into a ticket. Staff move a New one to In process; a customer reopens a Resolved one.
#[utoipa::path(
    post, path = "/api/tickets/{number}/messages", tag = "tickets", request_body = MessageBody,
    params(("number" = TicketNumber, Path), chamada_web::openapi::IdempotencyHeader),
    responses((status = 201, body = EntryView), chamada_web::openapi::WriteProblems)
)]
pub(crate) async fn post(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Id(number): Id<TicketNumber>,
    request: Write<MessageBody>,
) -> Result<Response, Problem> {
    let owner = caller.name()?;
    let viewer = caller.viewer_of(&app, number).await?;
    let idempotency = caller.idempotency(&request, app.now())?;
    match app.store.replay(idempotency.as_ref()).await {
        Err(StoreError::Replayed(made)) => return written(&app, &viewer, number, &made).await,
        outcome => outcome?,
    }
    let files = attach(&app, &owner, &request.body.attachment_ids);
    let ((attachments, uploads), people) = try_join(files, async { Ok(keyed(&app, &viewer).await?) }).await?;
    let configuration = app.store.configuration().await?;
    let settings = &configuration.settings;
    let with = With {
        idempotency: idempotency.as_ref(),
        uploads: uploads.as_ref(),
        import: None,
    };
    let decide = |ticket: Ticket| {
        let standing = Standing::of(&viewer, &ticket);
        require(standing, Action::See, settings)?;
        for action in request.body.actions() {
            require(standing, action, settings)?;
        }
        let (voice, author) = voice(&caller, customer_among(&people, &ticket), standing, settings)?;
        let message = NewMessage {
            body: request.body.body.clone(),
            visibility: request.body.visibility(),
            attachments: attachments.clone(),
            mail: None,
            quoted: None,
            voice,
            resolve: request.body.resolve,
            due_at: request.body.due_at,
            through: None,
        };
        let pen = Pen {
            at: app.now(),
            via: caller.channel().into(),
            author: Some(author),
        };
        Ok(chamada_domain::message::post(ticket, message, &pen, &mut salt))
    };
    match app.store.change_ticket(number, &with, decide).await {
        Ok(draft) => {
            let sees_hidden = Standing::of(&viewer, &draft.ticket).sees_hidden(settings);
            let entry = draft.entries.first().ok_or_else(|| Problem::internal("a message made no entry"))?;
            Ok((StatusCode::CREATED, Json(EntryView::open(entry, sees_hidden.then_some(&[])))).into_response())
        }
        Err(StoreError::Replayed(made)) => written(&app, &viewer, number, &made).await,
        Err(error) => Err(error.into()),
    }
}

/// In what part, and in whose name, somebody writes. Their own ticket's requester writes as a customer, whatever else they are, unless they
/// attend to it themselves.
fn voice(caller: &Caller, keyed: Option<&User>, standing: Standing, settings: &Settings) -> Result<(Voice, Writer), Refusal> {
    let attends = standing.sees_hidden(settings) && (!standing.requester || standing.assignee);
    match (&caller.user, keyed) {
        (Some(user), _) if attends => Ok((Voice::Staff, Writer::of(user))),
        (Some(user), _) if standing.requester || standing.watcher => Ok((Voice::Customer, as_customer(user))),
        (_, Some(person)) => Ok((Voice::Customer, as_customer(person))),
        (Some(_) | None, None) => Err(Refusal::NotFound),
    }
}

/// The entry that an earlier request of the same key wrote.
async fn written(app: &App, viewer: &Viewer, number: TicketNumber, made: &Made) -> Result<Response, Problem> {
    let seq = made.seq.ok_or_else(|| Problem::internal("a remembered message has no place"))?;
    let (ticket, entry) = try_join(app.store.ticket(number), app.store.entry(number, seq)).await?;
    let configuration = app.store.configuration().await?;
    let standing = crate::read::see(viewer, &ticket, &configuration.settings)?;
    let sees_hidden = standing.sees_hidden(&configuration.settings);
    let view = if entry.entry.event.is_hidden() && !sees_hidden {
        EntryView::hidden(&entry)
    } else {
        EntryView::open(&entry, sees_hidden.then_some(&[]))
    };
    Ok((StatusCode::CREATED, Json(view)).into_response())
}
