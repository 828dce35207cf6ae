//! `/outbox`: the mails that would have been sent, for a signed-in administrator. Rendered here, without scripts.

use askama::Template;
use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use mail_parser::{Address, Message, MessageParser};

use super::headers;
use crate::doubles::OutboxFolder;
use crate::functions::AdministratorCheck;

/// Mails in the list.
const SHOWN: usize = 200;

/// The pages' policy: nothing but their style and a frame of their own.
const POLICY: &str = "default-src 'none'; style-src 'self'; frame-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// A mail's HTML as sent: no scripts, nothing loaded from anywhere; links open outside the frame.
const MAIL_POLICY: &str = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'";

const STYLE: &str = ":root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}body{max-width:70rem;margin:2rem auto;padding:0 1rem}\
table{border-collapse:collapse;width:100%}td,th{text-align:start;padding:.4rem .8rem .4rem 0;border-bottom:1px solid #8886;vertical-align:top}\
td{white-space:nowrap}td:last-child{white-space:normal;overflow-wrap:anywhere}\
@media(max-width:45rem){thead{display:none}table,tbody,tr,td{display:block}td,td:last-child{border:0;padding:0;white-space:normal;overflow-wrap:anywhere}tr{padding:.6rem 0;border-bottom:1px solid #8886}}\
pre{white-space:pre-wrap;overflow-wrap:anywhere;border:1px solid #8886;padding:1rem}iframe{width:100%;height:40rem;border:1px solid #8886;background:#fff}\
a{color:light-dark(#0b5f6b,#8fd3df)}";

#[derive(Debug)]
struct Row {
    name: String,
    date: String,
    to: String,
    subject: String,
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Outbox</title><link rel="stylesheet" href="/outbox/style.css"><main><h1>Outbox</h1>
{% if rows.is_empty() %}<p>No mail yet.{% else %}<table><thead><tr><th scope="col">Date<th scope="col">To<th scope="col">Subject<tbody>
{% for row in rows %}<tr><td>{{ row.date }}<td>{{ row.to }}<td><a href="/outbox/{{ row.name }}">{{ row.subject }}</a>
{% endfor %}</table>{% endif %}</main></html>"#
)]
struct List {
    rows: Vec<Row>,
}

/// A stretch of text; `link` where it is an address to click on.
#[derive(Debug, PartialEq, Eq)]
struct Piece<'a> {
    text: &'a str,
    link: bool,
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{{ row.subject }}</title><link rel="stylesheet" href="/outbox/style.css"><main><p><a href="/outbox">Outbox</a> · <a href="/outbox/{{ row.name }}/raw">Source</a>
<h1>{{ row.subject }}</h1><p>{{ row.date }} · {{ row.to }}<h2>Text</h2>
<pre>{% for piece in pieces %}{% if piece.link %}<a href="{{ piece.text }}">{{ piece.text }}</a>{% else %}{{ piece.text }}{% endif %}{% endfor %}</pre>
{% if has_html %}<h2>HTML</h2><iframe title="HTML" src="/outbox/{{ row.name }}/html"></iframe>{% endif %}</main></html>"#
)]
struct View<'a> {
    row: Row,
    pieces: Vec<Piece<'a>>,
    has_html: bool,
}

/// The pages over `outbox`, for whom `is_administrator` lets in.
pub(super) fn router(outbox: OutboxFolder, is_administrator: AdministratorCheck, site: &str) -> Router {
    let pages = Router::new()
        .route("/outbox", get(list))
        .route("/outbox/style.css", get(async || ([(header::CONTENT_TYPE, "text/css")], STYLE)))
        .route("/outbox/{name}", get(view))
        .route("/outbox/{name}/html", get(html))
        .route("/outbox/{name}/raw", get(raw))
        .with_state(outbox)
        .layer(from_fn_with_state(is_administrator, guard));
    headers::add(pages, POLICY, site)
}

async fn guard(State(is_administrator): State<AdministratorCheck>, request: Request, next: Next) -> Response {
    if !is_administrator(request.headers().clone()).await {
        let page = Html("<!doctype html><title>Outbox</title><p>The outbox is for administrators. <a href=\"/\">Sign in</a> first.");
        return (StatusCode::FORBIDDEN, page).into_response();
    }
    let mut response = next.run(request).await;
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    response
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> std::io::Result<T> + Send + 'static) -> Result<T, StatusCode> {
    let failed = |error: &dyn std::fmt::Display| {
        tracing::error!(error = %error, "the outbox could not be read");
        StatusCode::INTERNAL_SERVER_ERROR
    };
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| failed(&error))?
        .map_err(|error| failed(&error))
}

fn page(template: &impl Template) -> Result<Html<String>, StatusCode> {
    template.render().map(Html).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

async fn list(State(outbox): State<OutboxFolder>) -> Result<Html<String>, StatusCode> {
    let rows = blocking(move || {
        let mut rows = Vec::new();
        for listed in outbox.newest(SHOWN)? {
            // Gone between the two looks is no error.
            if let Some(raw) = outbox.read(&listed.name)? {
                rows.push(row(listed.name, MessageParser::default().parse_headers(&raw).as_ref()));
            }
        }
        Ok(rows)
    });
    page(&List { rows: rows.await? })
}

async fn read(outbox: OutboxFolder, name: String) -> Result<Vec<u8>, StatusCode> {
    blocking(move || outbox.read(&name)).await?.ok_or(StatusCode::NOT_FOUND)
}

async fn view(State(outbox): State<OutboxFolder>, Path(name): Path<String>) -> Result<Html<String>, StatusCode> {
    let raw = read(outbox, name.clone()).await?;
    let message = MessageParser::default().parse(&raw);
    let text = message.as_ref().and_then(|message| message.body_text(0)).unwrap_or_default();
    let has_html = message
        .as_ref()
        .is_some_and(|message| message.html_bodies().any(|part| part.is_text_html()));
    page(&View {
        row: row(name, message.as_ref()),
        pieces: pieces(&text),
        has_html,
    })
}

async fn html(State(outbox): State<OutboxFolder>, Path(name): Path<String>) -> Result<Response, StatusCode> {
    let raw = read(outbox, name).await?;
    let message = MessageParser::default().parse(&raw).ok_or(StatusCode::NOT_FOUND)?;
    let body = message.body_html(0).unwrap_or_default().into_owned();
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, MAIL_POLICY),
    ];
    Ok((headers, format!("<base target=\"_blank\">{body}")).into_response())
}

async fn raw(State(outbox): State<OutboxFolder>, Path(name): Path<String>) -> Result<Response, StatusCode> {
    let raw = read(outbox, name).await?;
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
    ];
    Ok((headers, raw).into_response())
}

fn row(name: String, message: Option<&Message<'_>>) -> Row {
    let to = message
        .and_then(Message::to)
        .map(Address::iter)
        .into_iter()
        .flatten()
        .filter_map(|address| address.address());
    let subject = message.and_then(Message::subject).unwrap_or_default();
    Row {
        name,
        date: message
            .and_then(Message::date)
            .map(|date| date.to_rfc3339().replace('T', " "))
            .unwrap_or_default(),
        to: to.collect::<Vec<_>>().join(", "),
        subject: if subject.is_empty() { "(no subject)" } else { subject }.to_owned(),
    }
}

/// Text with its web addresses apart.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("http://").into_iter().chain(rest.find("https://")).min() {
        let (before, from) = rest.split_at(at);
        let end = from
            .find(|letter: char| letter.is_whitespace() || "<>\"".contains(letter))
            .unwrap_or(from.len());
        let (link, after) = from.split_at(end);
        pieces.push(Piece { text: before, link: false });
        pieces.push(Piece { text: link, link: true });
        rest = after;
    }
    pieces.push(Piece { text: rest, link: false });
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::{Body, to_bytes};
    use std::sync::Arc;
    use tower::ServiceExt;

    const MAIL: &str = "From: a@x\r\nTo: b@x\r\nSubject: <script>alert(1)</script>\r\nDate: Sun, 22 Nov 2026 05:07:31 +0000\r\nMIME-Version: 1.0\r\n\
        Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nsee http://localhost/#/m/abc <b>\r\n\
        --b\r\nContent-Type: text/html\r\n\r\n<p>see<script>alert(2)</script>\r\n--b--\r\n";

    async fn get(path: &str, administrator: bool) -> (StatusCode, String, String) {
        let folder = tempfile::tempdir().unwrap();
        let outbox = OutboxFolder::open(folder.path()).unwrap();
        std::fs::write(folder.path().join("1-1-1-a.eml"), MAIL).unwrap();
        let app = router(
            outbox,
            Arc::new(move |_| Box::pin(async move { administrator })),
            "http://localhost",
        );
        let answer = app.oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
        let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
        let status = answer.status();
        let body = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        (status, policy, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn mails_are_shown_without_running_anything() {
        let (status, policy, body) = get("/outbox", true).await;
        assert_eq!((status, policy.as_str()), (StatusCode::OK, POLICY));
        assert!(
            body.contains("b@x") && body.contains("&#60;script&#62;") && !body.contains("<script>"),
            "{body}"
        );
        let (_, _, body) = get("/outbox/1-1-1-a.eml", true).await;
        assert!(
            body.contains("<a href=\"http://localhost/#/m/abc\">") && body.contains("<iframe") && !body.contains("<script>"),
            "{body}"
        );
        let (_, policy, body) = get("/outbox/1-1-1-a.eml/html", true).await;
        assert!(
            policy.starts_with("sandbox") && !policy.contains("allow-scripts") && body.contains("alert(2)"),
            "{policy}"
        );
        let (_, policy, body) = get("/outbox/1-1-1-a.eml/raw", true).await;
        assert!(policy.contains("sandbox") && body == MAIL);
    }

    #[tokio::test]
    async fn nobody_else_gets_in_and_nothing_else_out() {
        for path in [
            "/outbox",
            "/outbox/1-1-1-a.eml",
            "/outbox/1-1-1-a.eml/html",
            "/outbox/1-1-1-a.eml/raw",
        ] {
            assert_eq!(get(path, false).await.0, StatusCode::FORBIDDEN, "{path}");
        }
        for path in ["/outbox/..%2fkeys.json", "/outbox/none.eml", "/outbox/..%2f..%2fx.eml/raw"] {
            assert_eq!(get(path, true).await.0, StatusCode::NOT_FOUND, "{path}");
        }
    }

    #[test]
    fn addresses_in_text_become_links() {
        let found = pieces("a https://x/1?b=2 http://y");
        let links: Vec<_> = found.iter().filter(|piece| piece.link).map(|piece| piece.text).collect();
        assert_eq!(links, ["https://x/1?b=2", "http://y"]);
        assert_eq!(
            found.iter().map(|piece| piece.text).collect::<String>(),
            "a https://x/1?b=2 http://y"
        );
    }
}
