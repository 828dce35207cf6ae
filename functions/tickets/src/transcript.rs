//! `GET /api/tickets/{number}/transcript`.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use chamada_domain::{Locale, Settings, TicketNumber};
use chamada_evidence::page::content_security_policy;
use chamada_evidence::story::Story;
use chamada_platform::Disposition;
use chamada_web::{App, Caller, Fields, Id, Input, Problem, Query, Visitor};
use http::header::{ACCEPT_LANGUAGE, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, VARY};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;

use crate::read::see;

/// The most bytes of a transcript as it travels: a Lambda function answers 6 MB at most, in JSON, where quotes and line ends take two bytes.
const LONGEST: usize = 5_000_000;

/// In which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    /// A document that proves itself (`chamada proof check`).
    #[default]
    Json,
    /// A page to be read and printed, in the caller's language.
    Html,
}

impl Input for Format {
    fn read(f: &mut Fields<'_>) -> Option<Self> {
        f.or_default("format", chamada_web::read::word())
    }
}

/// The whole history with its hashes, as `chamada proof check` verifies it with no server, or as a page. What the caller may not see is its hashes alone.
#[utoipa::path(
    get, path = "/api/tickets/{number}/transcript", tag = "tickets",
    params(("number" = u64, Path), ("format" = inline(Option<Format>), Query)),
    responses(
        (status = 200, content((Object = "application/json"), (String = "text/html")),
            description = "`{format, site, ticket, exported_at, head_hash, entries}`, or a page without scripts"),
        (status = 409, body = chamada_web::ProblemBody, content_type = "application/problem+json",
            description = "`transcript_too_large`: over some 5 MB; ask for a bundle instead"),
        chamada_web::openapi::ReadProblems
    )
)]
pub(crate) async fn get(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Id(number): Id<TicketNumber>,
    headers: HeaderMap,
    query: Query<Format>,
) -> Result<Response, Problem> {
    let (viewer, ticket) = futures::join!(caller.viewer_of(&app, number), app.store.ticket(number));
    let (viewer, ticket) = (viewer?, ticket?);
    let settings = &app.store.configuration().await?.settings;
    let sees_hidden = see(&viewer, &ticket, settings)?.sees_hidden(settings);
    let story = Story::of(&ticket, app.store.history(number).await?, sees_hidden);
    let (site, shown) = (app.platform.config().site_url.origin(), number.shown(&settings.ticket_prefix));
    match query.value {
        Format::Json => {
            let body = serde_json::to_string_pretty(&story.json(site, app.now())).map_err(Problem::internal)?;
            let disposition = Disposition::Attachment(&format!("{shown}.json")).header_value();
            answer(body, "application/json", (CONTENT_DISPOSITION, &disposition))
        }
        Format::Html => {
            let body = story.page(locale_of(&caller, &headers, settings), &shown, site, app.now());
            answer(
                body,
                "text/html; charset=utf-8",
                (CONTENT_SECURITY_POLICY, &content_security_policy()),
            )
        }
    }
}

fn answer(body: String, content_type: &'static str, (name, value): (HeaderName, &str)) -> Result<Response, Problem> {
    let escaped = body.bytes().filter(|byte| matches!(byte, b'"' | b'\\' | b'\n' | b'\t')).count();
    if body.len() + escaped > LONGEST {
        return Err(Problem::conflict("transcript_too_large")
            .with_detail("This history is too long for one answer: ask for a bundle (POST /api/tickets/{number}/bundle)."));
    }
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(content_type)),
        (VARY, HeaderValue::from_name(ACCEPT_LANGUAGE)),
        (name, HeaderValue::from_str(value).map_err(Problem::internal)?),
    ];
    Ok((headers, body).into_response())
}

/// The language of a caller: that of their account, else what their browser asks for first of ours, else the site's.
pub(crate) fn locale_of(caller: &Caller, headers: &HeaderMap, settings: &Settings) -> Locale {
    let wanted = || {
        let tags = headers.get(ACCEPT_LANGUAGE)?.to_str().ok()?.split(',');
        tags.map(|tag| tag.split(';').next().unwrap_or_default().trim())
            .find_map(Locale::from_tag)
    };
    let own = caller.user.as_ref().map(|user| user.locale);
    own.or_else(wanted).unwrap_or(settings.default_locale)
}
