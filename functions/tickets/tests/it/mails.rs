//! `GET /api/tickets/{n}/entries/{seq}/html` and `…/raw`.

use chamada_domain::entry::MailFacts;
use chamada_domain::word::Word;
use chamada_domain::{Authentication, Channel, Role, TicketNumber, Visibility};
use chamada_platform::random;
use chamada_tests::desk::{Desk, Reply, Setup};

use crate::kit::{Cast, path, say};

const BOUNDARY: &str = "Content-Type: multipart/related; boundary=x\r\n\r\n";
/// The smallest GIF there is.
const GIF: &str = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";

/// A mail with this HTML and an enclosed image.
fn mail(html: &str) -> Vec<u8> {
    format!(
        "From: Ana <ana@example.org>\r\nSubject: Impresora\r\n{BOUNDARY}--x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{html}\r\n--x\r\n\
         Content-Type: image/gif\r\nContent-ID: <i@x>\r\nContent-Transfer-Encoding: base64\r\n\r\n{GIF}\r\n--x--\r\n"
    )
    .into_bytes()
}

/// What an entry says of a mail whose file has this digest.
fn facts(digest: &str) -> MailFacts {
    MailFacts {
        from: None,
        to: Vec::new(),
        cc: Vec::new(),
        subject: Word::new("Impresora", &mut random),
        has_html: true,
        authentication: Authentication::Pass,
        digest: digest.to_owned(),
        left_in_original: 0,
        automatic: false,
    }
}

async fn store(desk: &Desk, digest: &str, file: Vec<u8>) {
    let bucket = &desk.app.platform.config().mail_bucket;
    let key = format!("mail/{digest}.eml");
    desk.app.platform.objects().put(bucket, &key, file, "message/rfc822").await.unwrap();
}

/// Ana's ticket, opened by a mail with this HTML; Sofia attends to it.
async fn opened_by(cast: &Cast, html: &str) -> TicketNumber {
    let digest = hex(random());
    store(&cast.desk, &digest, mail(html)).await;
    let ticket = cast
        .desk
        .ticket_of(&cast.ana.user, &chamada_store::With::default(), |new| {
            new.channel = Channel::Mail;
            new.mail = Some(facts(&digest));
        })
        .await;
    cast.desk.assign(ticket.number, &cast.sofia.user).await;
    ticket.number
}

fn hex(bytes: [u8; 32]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn html_of(number: TicketNumber, seq: u64) -> String {
    format!("{}/entries/{seq}/html", path(number))
}

fn raw_of(number: TicketNumber, seq: u64) -> String {
    format!("{}/entries/{seq}/raw", path(number))
}

fn text(reply: &Reply) -> String {
    assert_eq!(reply.status, 200, "{}", reply.body);
    String::from_utf8(reply.bytes.clone()).unwrap()
}

#[tokio::test]
async fn a_mail_is_shown_as_sent_to_those_who_see_its_entry() {
    let cast = Cast::gather().await;
    let number = opened_by(&cast, "<p>Hola <b>a todos</b><img src=cid:i@x></p>").await;
    let guest = cast.desk.guest(vec![cast.desk.held_key(number, &cast.ana.user).await]).await;
    for browser in [&cast.ana.browser, &guest, &cast.sofia.browser, &cast.root.browser] {
        let shown = browser.get(&html_of(number, 1)).await;
        let html = text(&shown);
        assert!(
            html.contains("<b>a todos</b>") && html.contains(&format!("data:image/gif;base64,{GIF}")),
            "{html}"
        );
        assert_eq!(shown.header("content-type"), "text/html; charset=utf-8");
        let policy = shown.header("content-security-policy");
        assert!(
            policy.starts_with("sandbox ") && policy.contains("default-src 'none'") && !policy.contains("allow-scripts"),
            "{policy}"
        );
        assert!(policy.contains("img-src data:;") && !policy.contains("http"), "{policy}");
        assert_eq!(
            (shown.header("x-content-type-options"), shown.header("referrer-policy")),
            ("nosniff", "no-referrer")
        );
    }
    for browser in [&cast.eva.browser, &cast.tomas.browser] {
        browser.get(&html_of(number, 1)).await.refuses(404, "not_found");
        browser.get(&raw_of(number, 1)).await.refuses(404, "not_found");
    }
    cast.desk.browser().get(&html_of(number, 1)).await.refuses(401, "sign_in_needed");
    cast.ana
        .browser
        .get(&format!("{}?images=perhaps", html_of(number, 1)))
        .await
        .faults(&["images invalid"]);
}

#[tokio::test]
async fn nothing_hostile_is_left_of_it() {
    let cast = Cast::gather().await;
    let hostile = "<meta http-equiv=refresh content='0;url=https://evil.example/m'><base href=https://evil.example/b>\
        <script>evil()</script><p onclick=evil() style='background:url(https://evil.example/s)'>visible<img src=x onerror=evil()>\
        <img src=https://evil.example/p.gif><img src=http://evil.example/q.gif srcset='https://evil.example/r.gif 2x'>\
        <a href='javascript:evil()'>a</a><a href=' JaVa&#x09;script:evil()'>b</a><a href='data:text/html,evil'>c</a>\
        <style>@import url(https://evil.example/i); p{background:url(https://evil.example/u)}</style><link rel=stylesheet href=https://evil.example/l>\
        <iframe src=https://evil.example/f srcdoc='<script>evil()</script>'></iframe><object data=https://evil.example/o></object>\
        <embed src=https://evil.example/e><form action=https://evil.example/a><input name=x><button formaction=https://evil.example/k>x</button></form>\
        <video poster=https://evil.example/w><table background=https://evil.example/t><tr><td>cell</table></p>\
        <svg onload=evil()><image href=https://evil.example/v /><a xlink:href='javascript:evil()'>d</a></svg><math href='javascript:evil()'>e</math>";
    let number = opened_by(&cast, hostile).await;
    for (query, images) in [("", 0), ("?images=false", 0), ("?images=true", 1)] {
        let shown = cast.ana.browser.get(&(html_of(number, 1) + query)).await;
        let html = text(&shown);
        assert!(html.contains("visible") && html.contains("cell"), "{html}");
        for bad in [
            "script",
            "onerror",
            "onclick",
            "onload",
            "javascript",
            "data:",
            "refresh",
            "<base",
            "<link",
            "style",
            "svg",
            "math",
            "iframe",
            "object",
            "embed",
            "form",
            "input",
            "button",
            "poster",
            "background",
            "srcset",
            "srcdoc",
            "evil()",
        ] {
            assert!(!html.to_lowercase().contains(bad), "{bad} in {html}");
        }
        assert_eq!(html.matches("evil.example").count(), images, "{html}");
        assert_eq!(
            shown.header("content-security-policy").contains("img-src data: https:;"),
            images == 1
        );
    }
    let file = cast.sofia.browser.get(&raw_of(number, 1)).await;
    assert_eq!(text(&file).as_bytes(), mail(hostile), "the original is as it came");
    // Where no parser could be trusted to see what a browser would, nothing is shown.
    let doubtful = opened_by(
        &cast,
        "<p>visible</p><svg><style><a title='</style><img src=x onerror=evil()>'></style></svg>",
    )
    .await;
    cast.ana.browser.get(&html_of(doubtful, 1)).await.refuses(404, "not_found");
    assert_eq!(cast.sofia.browser.get(&raw_of(doubtful, 1)).await.status, 200);
}

#[tokio::test]
async fn staff_alone_get_the_file_and_what_staff_alone_read_is_shown_to_no_customer() {
    let cast = Cast::gather().await;
    let number = opened_by(&cast, "<p>Hola</p>").await;
    let guest = cast.desk.guest(vec![cast.desk.held_key(number, &cast.ana.user).await]).await;
    cast.ana.browser.get(&raw_of(number, 1)).await.refuses(403, "forbidden");
    guest.get(&raw_of(number, 1)).await.refuses(403, "forbidden");
    let file = cast.sofia.browser.get(&raw_of(number, 1)).await;
    assert_eq!(file.bytes, mail("<p>Hola</p>"));
    assert_eq!(file.header("content-type"), "message/rfc822");
    assert!(file.header("content-disposition").starts_with("attachment; "));
    assert!(file.header("content-security-policy").starts_with("sandbox;"));
    // An automatic answer by mail is a note: staff's alone.
    let digest = hex(random());
    store(&cast.desk, &digest, mail("<p>De vacaciones</p>")).await;
    let as_note = |message: &mut chamada_domain::message::NewMessage| {
        message.visibility = Visibility::Internal;
        message.mail = Some(facts(&digest));
    };
    cast.desk
        .answer(number, &cast.root.user, "De vacaciones", as_note, &chamada_store::With::default())
        .await;
    assert!(text(&cast.sofia.browser.get(&html_of(number, 3)).await).contains("De vacaciones"));
    for browser in [&cast.ana.browser, &guest] {
        browser.get(&html_of(number, 3)).await.refuses(404, "not_found");
        browser.get(&raw_of(number, 3)).await.refuses(404, "not_found");
    }
}

#[tokio::test]
async fn where_there_is_no_mail_or_no_file_there_is_nothing() {
    let cast = Cast::gather().await;
    let number = opened_by(&cast, "<p>Hola</p>").await;
    say(&cast.ana.browser, number, "desde la web").await;
    for seq in ["0", "2", "3", "99", "-1", "x", "18446744073709551615"] {
        for what in ["html", "raw"] {
            let address = format!("{}/entries/{seq}/{what}", path(number));
            cast.root.browser.get(&address).await.refuses(404, "not_found");
        }
    }
    let bucket = &cast.desk.app.platform.config().mail_bucket;
    let plain = "ab".repeat(32);
    store(&cast.desk, &plain, b"From: a@b.c\r\n\r\nsin formato\r\n".to_vec()).await;
    let without_html = |new: &mut chamada_domain::open::NewTicket| {
        new.mail = Some(MailFacts {
            has_html: false,
            ..facts(&plain)
        });
    };
    let other = cast
        .desk
        .ticket_of(&cast.ana.user, &chamada_store::With::default(), without_html)
        .await
        .number;
    cast.root.browser.get(&html_of(other, 1)).await.refuses(404, "not_found");
    assert_eq!(cast.root.browser.get(&raw_of(other, 1)).await.status, 200);
    cast.desk
        .app
        .platform
        .objects()
        .delete(bucket, &format!("mail/{plain}.eml"))
        .await
        .unwrap();
    cast.root.browser.get(&raw_of(other, 1)).await.refuses(404, "not_found");
}

#[tokio::test]
async fn what_was_erased_is_not_shown_though_its_file_lies_there() {
    let cast = Cast::gather().await;
    let number = opened_by(&cast, "<p>Hola</p>").await;
    assert_eq!(cast.root.browser.get(&raw_of(number, 1)).await.status, 200);
    let erase = format!("{}/erase", path(number));
    cast.root.browser.send(http::Method::POST, &erase, &[], None).await.expect(200);
    cast.root.browser.get(&html_of(number, 1)).await.refuses(404, "not_found");
    cast.root.browser.get(&raw_of(number, 1)).await.refuses(404, "not_found");
    let deleted = opened_by(&cast, "<p>Hola</p>").await;
    cast.root.browser.delete(&path(deleted)).await.expect(204);
    cast.ana.browser.get(&html_of(deleted, 1)).await.refuses(404, "not_found");
}

#[tokio::test]
async fn a_long_file_is_given_by_the_bucket_itself() {
    let desk = Desk::with(Setup::in_real_time(), tickets::router).await;
    let root = desk.enter("root@example.org", Role::Administrator).await.1;
    let ana = desk.person("ana@example.org", Role::User).await;
    let digest = "cd".repeat(32);
    let long = [mail("<p>Hola</p>"), vec![b'x'; 5 << 20]].concat();
    store(&desk, &digest, long.clone()).await;
    let number = desk
        .ticket_of(&ana, &chamada_store::With::default(), |new| new.mail = Some(facts(&digest)))
        .await
        .number;
    let there = root.get(&raw_of(number, 1)).await;
    assert_eq!((there.status, there.bytes.len()), (302, 0));
    let file = reqwest::get(there.header("location")).await.unwrap();
    assert_eq!(file.headers()["content-type"], "message/rfc822");
    assert!(file.headers()["content-disposition"].to_str().unwrap().starts_with("attachment; "));
    assert_eq!(file.bytes().await.unwrap(), long);
    assert!(text(&root.get(&html_of(number, 1)).await).contains("Hola"));
}
