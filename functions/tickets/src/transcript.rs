//! `GET /api/tickets/{number}/transcript`.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use chamada_domain::TicketNumber;
use chamada_domain::chain::ChainedEntry;
use chamada_domain::transcript::{Heading, transcript};
use chamada_domain::verify::Found;
use chamada_platform::Disposition;
use chamada_web::{App, Fields, Id, Input, Problem, Query, Visitor};
use http::HeaderValue;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use serde::Deserialize;

use crate::read::see;

/// In which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    /// A document that proves itself (`chamada proof check`).
    #[default]
    Json,
}

impl Input for Format {
    fn read(f: &mut Fields<'_>) -> Option<Self> {
        f.or_default("format", chamada_web::read::word())
    }
}

/// The whole history with its hashes, as `chamada proof check` verifies it with no server. What the caller may not see is its hashes alone.
#[utoipa::path(
    get, path = "/api/tickets/{number}/transcript", tag = "tickets",
    params(("number" = u64, Path), ("format" = inline(Option<Format>), Query)),
    responses((status = 200, body = Object, description = "`{format, site, ticket, exported_at, head_hash, entries}`"), chamada_web::openapi::ReadProblems)
)]
pub(crate) async fn get(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Id(number): Id<TicketNumber>,
    query: Query<Format>,
) -> Result<Response, Problem> {
    let Format::Json = query.value;
    let (viewer, ticket) = futures::join!(caller.viewer_of(&app, number), app.store.ticket(number));
    let (viewer, ticket) = (viewer?, ticket?);
    let settings = &app.store.configuration().await?.settings;
    let sees_hidden = see(&viewer, &ticket, settings)?.sees_hidden(settings);
    let last = if sees_hidden { ticket.last_seq } else { ticket.public_seq };
    // What lies there and is no entry is left out: whoever checks the document finds its place empty.
    let history: Vec<ChainedEntry> = app.store.history(number).await?.into_iter().filter_map(readable).collect();
    let shown: Vec<ChainedEntry> = history.into_iter().filter(|entry| entry.entry.seq <= last).collect();
    let heading = Heading {
        site: app.platform.config().site_url.origin(),
        ticket: number,
        exported_at: app.now(),
        head_hash: if sees_hidden { &ticket.head_hash } else { ticket.public_head() },
    };
    let document = transcript(&heading, &shown, |entry| !sees_hidden && entry.entry.event.is_hidden());
    let body = serde_json::to_vec_pretty(&document).map_err(Problem::internal)?;
    let name = format!("{}.json", number.shown(&settings.ticket_prefix));
    let disposition = Disposition::Attachment(&name).header_value();
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (CONTENT_DISPOSITION, HeaderValue::from_str(&disposition).map_err(Problem::internal)?),
    ];
    Ok((headers, body).into_response())
}

fn readable(found: Found) -> Option<ChainedEntry> {
    match found {
        Found::Entry(entry) => Some(*entry),
        Found::Unreadable { .. } => None,
    }
}
