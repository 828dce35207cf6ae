//! Whatever the bytes are.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use chamada_mail::{Limits, ReadError, read};
use proptest::prelude::*;

use crate::outgoing::{World, is_well_formed, parsed};

/// Pieces that mails are made of, so that random mails get past the first line.
fn mailish() -> impl Strategy<Value = Vec<u8>> {
    let pieces = [
        "From: ",
        "Subject: ",
        "Content-Type: ",
        "Content-Transfer-Encoding: ",
        "Content-Disposition: ",
        "References: ",
        "Date: ",
        "\r\n",
        "\n",
        "\r\n\r\n",
        "\n\n",
        "\r",
        " ",
        "\t",
        "multipart/mixed; boundary=b",
        "multipart/alternative; boundary=\"b b\"",
        "multipart/report; report-type=delivery-status; boundary=b",
        "multipart/related",
        "message/rfc822",
        "message/delivery-status",
        "text/html",
        "text/plain; charset=utf-7; format=flowed; delsp=yes",
        "charset=iso-2022-jp",
        "base64",
        "quoted-printable",
        "x-uuencode",
        "--b",
        "--b--",
        "--b b",
        "=?utf-8?B?",
        "=?x?Q?",
        "?=",
        "=",
        "=E",
        "=?",
        "name*0*=utf-8''%C3",
        "name*1*=%B6",
        "filename=\"",
        "\"",
        ";",
        "<",
        ">",
        "<a@b>",
        "(",
        ")",
        "begin 644 a\n",
        "#0V%T\n",
        "`\nend\n",
        "On 1 Jan 2024, a@b wrote:",
        "> ",
        "-- \n",
        "From: a\nSent: b\nTo: c\nSubject: d\n",
        "________\n",
        "<div>",
        "</div>",
        "<!--",
        "-->",
        "<style>",
        "<svg>",
        "é",
        "\u{fffd}",
        "\0",
        "a@b.c",
        "begin",
        "1",
    ];
    let piece = prop_oneof![
        8 => prop::sample::select(pieces.to_vec()).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..8),
    ];
    prop::collection::vec(piece, 0..80).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn arbitrary_bytes_are_read(raw in prop::collection::vec(any::<u8>(), 0..2_000)) {
        let mail = read(&raw, &Limits::default()).unwrap();
        prop_assert!(mail.subject.chars().all(|c| !c.is_control()));
    }

    #[test]
    fn mails_of_odd_pieces_are_read(raw in mailish()) {
        let mail = read(&raw, &Limits::default()).unwrap();
        prop_assert_eq!(&mail, &read(&raw, &Limits::default()).unwrap());
        for file in &mail.attachments {
            prop_assert!(!file.name.is_empty() && file.name.len() <= 210);
            prop_assert!(file.name.chars().all(|c| !c.is_control() && c != '/' && c != '\\'));
        }
        let html = mail.html.unwrap_or_default().to_ascii_lowercase();
        prop_assert!(!html.contains("<script") && !html.contains("<style") && !html.contains("<!--"));
    }

    #[test]
    fn a_reply_without_quote_marks_is_kept_whole(text in "[a-záñ0-9 .,\n]{1,400}") {
        let raw = format!("From: a@b.c\nContent-Type: text/plain; charset=utf-8\n\n{text}");
        let mail = read(raw.as_bytes(), &Limits::default()).unwrap();
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        prop_assert_eq!(words(&mail.text), words(&text));
    }

    #[test]
    fn what_is_composed_is_read_again(title in "\\PC{1,150}", name in "\\PC{0,60}", text in "[\\PC\n]{0,600}", references in prop::collection::vec("[a-z0-9.]{1,40}@[a-z]{1,20}", 0..40)) {
        let mut world = World::new();
        world.title.clone_from(&title);
        world.name.clone_from(&name);
        world.references = references;
        let mail = world.reply(&text);
        is_well_formed(&mail.raw);
        let message = parsed(&mail);
        prop_assert_eq!(message.to().unwrap().first().unwrap().address(), Some("camila@farmaciasluz.cl"));
        prop_assert_eq!(message.to().unwrap().iter().count(), 1);
        let own = read(&mail.raw, &Limits::default()).unwrap();
        prop_assert_eq!(&own.subject, &mail.subject);
        prop_assert!(own.subject.starts_with("[CH-2841]"));
        prop_assert!(own.references.len() <= 20 && own.references.iter().all(|id| world.references.contains(id)));
        let body = message.body_text(0).unwrap().replace("\r\n", "\n");
        let wanted = text.trim_matches('\n');
        let squeezed = |text: &str| text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ");
        prop_assert!(squeezed(&body).contains(&squeezed(wanted)), "{:?} in {:?}", wanted, body);
    }
}

/// Reads `raw` within the ten seconds that a sweep gives a message, on a machine that does other things as well.
fn quick(what: &str, raw: &[u8]) -> chamada_mail::IncomingMail {
    let start = Instant::now();
    let mail = read(raw, &Limits::default()).unwrap();
    let took = start.elapsed();
    println!("{what}: {} bytes in {took:?}", raw.len());
    assert!(took < Duration::from_secs(10), "{what}: {took:?}");
    mail
}

#[test]
fn bombs_end_quickly() {
    let many = format!(
        "Content-Type: multipart/mixed; boundary=b\n\n{}--b--\n",
        "--b\nContent-Type: application/pdf\nContent-Transfer-Encoding: base64\n\nJVBERi0=\n".repeat(10_000)
    );
    let mail = quick("10,000 parts", many.as_bytes());
    assert!(mail.truncated && mail.attachments.len() == 200);

    let mut nested = String::new();
    for level in 0..50_000 {
        let _ = write!(nested, "Content-Type: multipart/mixed; boundary=b{level}\n\n--b{level}\n");
    }
    assert!(quick("50,000 nested multiparts", nested.as_bytes()).truncated);
    quick(
        "800,000 nested messages",
        "Content-Type: message/rfc822\n\n".repeat(800_000).as_bytes(),
    );

    let html = |inner: String| format!("Content-Type: text/html\n\n{inner}");
    assert!(quick("nested HTML", html("<div>".repeat(150_000)).as_bytes()).html.is_none());
    assert!(
        quick("nested tables", html("<table><tr><td>".repeat(60_000)).as_bytes())
            .html
            .is_none()
    );
    quick("shallow HTML", html("<p>x<b>y</b></p>".repeat(30_000)).as_bytes());
    quick(
        "formatting",
        html(format!("{}{}", "<b>".repeat(250), "<p>x</p>".repeat(60_000))).as_bytes(),
    );
    quick("attributes", html(format!("<p {}>", "a=1 ".repeat(100_000))).as_bytes());
    quick("unclosed tags", html("<".repeat(500_000)).as_bytes());

    quick("encoded words", format!("Subject: {}\n\nx", "=?a?q?".repeat(100_000)).as_bytes());
    quick("addresses", format!("To: {}\n\nx", "a@b.c, ".repeat(500_000)).as_bytes());
    quick("headers", "A: b\n".repeat(2_000_000).as_bytes());
    quick("folds", format!("Subject: {}", "\n a".repeat(2_000_000)).as_bytes());
    quick("comments", format!("From: {}a@b.c\n\nx", "(".repeat(1_000_000)).as_bytes());
    quick(
        "parameters",
        format!("Content-Type: text/plain{}\n\nx", "; a*0*=b".repeat(500_000)).as_bytes(),
    );
    quick("quotes", format!("\n{}", "> x\n\ny\n".repeat(500_000)).as_bytes());
    quick("attributions", format!("\n{}", "On 12 a@b:\n".repeat(300_000)).as_bytes());
    quick("rules", format!("\n{}", "________\n".repeat(500_000)).as_bytes());
    quick("uuencoded", format!("\n{}", "begin 644 a\n".repeat(200_000)).as_bytes());
    quick(
        "begin without end",
        format!("\nbegin 644 a\n{}", "#0V%T\nbegin 644 a\n".repeat(100_000)).as_bytes(),
    );
}

#[test]
fn what_is_too_large_is_refused() {
    let limits = Limits {
        bytes: 10,
        ..Limits::default()
    };
    assert_eq!(read(&[b'x'; 11], &limits), Err(ReadError::TooLarge { size: 11, limit: 10 }));
    assert!(read(&[b'x'; 10], &limits).is_ok());
}
