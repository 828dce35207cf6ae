//! `GET /api/tickets/{number}/entries/{seq}/html` and `…/raw`: the mail that an entry was made of.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use chamada_domain::TicketNumber;
use chamada_domain::entry::Entry;
use chamada_mail::{Limits, as_sent};
use chamada_web::openapi::ReadProblems;
use chamada_web::read::boolean;
use chamada_web::{App, Caller, Fields, Id2, Input, Problem, Query, Visitor, mail_file, mail_key};
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue};

use crate::read::see;

/// The original of an entry, as far as it may be shown.
struct Original {
    /// Where it lies: SHA-256 of the file, lower-case hex.
    digest: String,
    /// Whether it has HTML.
    has_html: bool,
}

/// What an entry says of the mail it was made of; nothing where it was made of none, or its words were erased: the file has them all.
fn original_of(entry: &Entry) -> Option<Original> {
    let digest = entry.event.original().filter(|_| !entry.has_erased_words())?;
    Some(Original {
        digest: digest.to_owned(),
        has_html: entry.event.mail().is_some_and(|mail| mail.has_html),
    })
}

/// The original of the entry, and whether the caller sees what staff alone see.
async fn find(app: &App, caller: &Caller, number: TicketNumber, seq: u64) -> Result<(Original, bool), Problem> {
    let (viewer, ticket, entry) = futures::join!(
        caller.viewer_of(app, number),
        app.store.ticket(number),
        app.store.entry(number, seq)
    );
    let (viewer, ticket) = (viewer?, ticket?);
    let settings = &app.store.configuration().await?.settings;
    let sees_hidden = see(&viewer, &ticket, settings)?.sees_hidden(settings);
    let entry = entry?.entry;
    let shown = !ticket.erased && (sees_hidden || !entry.event.is_hidden());
    let original = Some(entry).filter(|_| shown).as_ref().and_then(original_of);
    let original = original.ok_or_else(Problem::not_found)?;
    Ok((original, sees_hidden))
}

/// How a mail's HTML is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shown {
    images: bool,
}

impl Input for Shown {
    fn read(f: &mut Fields<'_>) -> Option<Self> {
        let images = f.or_default("images", boolean());
        Some(Self { images: images? })
    }
}

/// Nothing but text and pictures, in a frame of the site's own pages: no script, no form, no style, no site of its own. A link opens a page by itself.
const WITHOUT_IMAGES: &str = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src data:; frame-ancestors 'self'; \
                              base-uri 'none'; form-action 'none'";
const WITH_IMAGES: &str = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src data: https:; frame-ancestors 'self'; \
                           base-uri 'none'; form-action 'none'";

/// The HTML of the mail that an entry was made of, made harmless, under a policy of its own with `sandbox`. Images that the mail encloses stand in it;
/// those that lie elsewhere are loaded with `images=true` alone, since their owner learns of it.
#[utoipa::path(
    get, path = "/api/tickets/{number}/entries/{seq}/html", tag = "tickets",
    params(("number" = TicketNumber, Path), ("seq" = u64, Path), ("images" = Option<bool>, Query, description = "Whether images that lie elsewhere are shown.")),
    responses((status = 200, content_type = "text/html", body = String), ReadProblems)
)]
pub(crate) async fn html(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Id2(number, seq): Id2<TicketNumber, u64>,
    query: Query<Shown>,
) -> Result<Response, Problem> {
    let (original, _) = find(&app, &caller, number, seq).await?;
    if !original.has_html {
        return Err(Problem::not_found());
    }
    let (limits, images) = (Limits::default(), query.value.images);
    let bucket = &app.platform.config().mail_bucket;
    let mail = app
        .platform
        .objects()
        .get(bucket, &mail_key(&original.digest), limits.bytes)
        .await?;
    let read = move || as_sent(&mail, &limits, images);
    // It takes a while, and other requests of this process should not wait for it.
    let found = tokio::task::spawn_blocking(read).await.map_err(Problem::internal)?;
    let shown = found.map_err(Problem::internal)?.ok_or_else(Problem::not_found)?;
    let policy = if images { WITH_IMAGES } else { WITHOUT_IMAGES };
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy)),
    ];
    Ok((headers, format!("<!doctype html><meta charset=\"utf-8\">\n{}", shown.html)).into_response())
}

/// The mail that an entry was made of, as it came; for staff. A long one is answered by 302 with a presigned URL of five minutes.
#[utoipa::path(
    get, path = "/api/tickets/{number}/entries/{seq}/raw", tag = "tickets",
    params(("number" = TicketNumber, Path), ("seq" = u64, Path)),
    responses((status = 200, content_type = "message/rfc822", body = String), (status = 302, description = "Where a long one lies."), ReadProblems)
)]
pub(crate) async fn raw(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Id2(number, seq): Id2<TicketNumber, u64>,
) -> Result<Response, Problem> {
    match find(&app, &caller, number, seq).await? {
        (original, true) => mail_file(&app, &original.digest).await,
        (_, false) => Err(Problem::forbidden()),
    }
}
