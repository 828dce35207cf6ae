//! Every mail of `tests/corpus/crafted`, each with what a reader of the file expects, written by reading the file.

use std::path::PathBuf;

use chamada_mail::{Automatic, DeliveryReport, IncomingMail, Limits, read};

/// From the package's folder, where tests run. Not found when compiled: one target folder may serve several checkouts.
fn folder() -> PathBuf {
    PathBuf::from("../../tests/corpus/crafted")
}

/// What is expected of one file. What is not named is expected to be empty.
#[derive(Default)]
struct Expected {
    from: &'static str,
    name: &'static str,
    reply_to: &'static str,
    cc: &'static [&'static str],
    subject: &'static str,
    message_id: &'static str,
    in_reply_to: &'static [&'static str],
    references: &'static [&'static str],
    dated: bool,
    text: &'static str,
    html: &'static [&'static str],
    /// Name, type, content id, whether inline, content.
    files: &'static [(&'static str, &'static str, &'static str, bool, &'static [u8])],
    automatic: Option<Automatic>,
    delivery: Option<[&'static str; 4]>,
}

/// The headers that many of the files share.
const COMMON: Expected = Expected {
    from: "a@b.com",
    name: "",
    reply_to: "",
    cc: &[],
    subject: "s",
    message_id: "m@b",
    in_reply_to: &[],
    references: &[],
    dated: true,
    text: "",
    html: &[],
    files: &[],
    automatic: None,
    delivery: None,
};

/// The headers of those that have From and Subject alone.
const BRIEF: Expected = Expected {
    message_id: "",
    dated: false,
    subject: "x",
    text: "hi",
    ..COMMON
};

const NOTHING: Expected = Expected {
    from: "",
    subject: "",
    text: "",
    ..BRIEF
};

const TABLE: &[(&str, Expected)] = &[
    (
        "01_split_multibyte_ew",
        Expected {
            subject: "日本語",
            text: "x",
            ..COMMON
        },
    ),
    (
        "02_rfc2231_cont_charset",
        Expected {
            files: &[("Größe.pdf", "application/pdf", "", false, b"%PDF-")],
            ..COMMON
        },
    ),
    (
        "03_ew_filename",
        Expected {
            files: &[
                ("Größe.pdf", "application/pdf", "", false, b"%PDF-"),
                ("passwd", "application/octet-stream", "", false, b"x"),
                ("a b.txt", "text/plain", "", false, b"x"),
            ],
            ..COMMON
        },
    ),
    (
        "04_calendar",
        Expected {
            subject: "invite",
            text: "plain",
            html: &["<p>html</p>"],
            files: &[
                (
                    "attachment-1.ics",
                    "text/calendar",
                    "",
                    false,
                    b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR",
                ),
                ("invite.ics", "application/ics", "", false, b"BEGIN:VCALENDAR\r\nEND:VCALENDAR"),
            ],
            ..COMMON
        },
    ),
    (
        "05_related_cid",
        Expected {
            subject: "cid",
            text: "plain",
            html: &["cid:i1@x"],
            files: &[("i.png", "image/png", "i1@x", true, b"\x89PNG\r\n\x1a\n")],
            ..COMMON
        },
    ),
    (
        "06_winmail",
        Expected {
            subject: "tnef",
            text: "body",
            files: &[("winmail.dat", "application/ms-tnef", "", false, b"\x78\x9f\x3e\x22\x01\x00")],
            ..COMMON
        },
    ),
    (
        "07_html_only_xoutlook",
        Expected {
            subject: "h",
            text: "Привет",
            html: &["<p>Привет</p>"],
            ..COMMON
        },
    ),
    (
        "08_meta_charset_only",
        Expected {
            subject: "h",
            text: "Привет",
            html: &["Привет"],
            ..COMMON
        },
    ),
    (
        "09_noheaders",
        Expected {
            text: "body only",
            ..NOTHING
        },
    ),
    ("10_empty", NOTHING),
    (
        "11_onlybody",
        Expected {
            text: "hello there no headers\nsecond",
            ..NOTHING
        },
    ),
    (
        "12_no_from_date_mid",
        Expected {
            subject: "none",
            text: "hi",
            ..NOTHING
        },
    ),
    (
        "13_dup_headers",
        Expected {
            from: "real@a.com",
            subject: "one",
            message_id: "1@a",
            ..BRIEF
        },
    ),
    (
        "14_multi_from_sender",
        Expected {
            from: "a@a.com",
            reply_to: "r@r.com",
            ..BRIEF
        },
    ),
    (
        "15_from_spoof_display",
        Expected {
            from: "evil@evil.com",
            name: "ceo@corp.com",
            ..BRIEF
        },
    ),
    (
        "16_from_garbage",
        Expected {
            from: "evil@evil.com",
            name: "<ceo@corp.com>",
            cc: &["a@a.com", "b@b.com"],
            ..BRIEF
        },
    ),
    ("17_mbox_fromline", Expected { subject: "mbox", ..BRIEF }),
    (
        "18_8bit_hdr_1251",
        Expected {
            subject: "Привет",
            text: "тело",
            ..BRIEF
        },
    ),
    (
        "19_unknown_charset",
        Expected {
            subject: "café",
            text: "café",
            ..BRIEF
        },
    ),
    ("20_wrong_charset_utf8_is_latin1", Expected { text: "café ü", ..BRIEF }),
    (
        "21_utf7",
        Expected {
            subject: "é",
            text: "été",
            ..BRIEF
        },
    ),
    (
        "22_bad_b64",
        Expected {
            subject: "b",
            text: "hello world\n-- footer added by list",
            ..COMMON
        },
    ),
    (
        "23_missing_boundary_end",
        Expected {
            subject: "b",
            text: "one",
            files: &[("x.pdf", "application/octet-stream", "", false, b"PDF")],
            ..COMMON
        },
    ),
    (
        "24_boundary_missing_param",
        Expected {
            subject: "b",
            text: "one",
            ..COMMON
        },
    ),
    (
        "25_two_text_parts",
        Expected {
            subject: "b",
            text: "one\n\ntwo",
            html: &["<p>one</p>", "<p>two</p>"],
            files: &[("p.jpg", "image/jpeg", "", false, b"\xff\xd8\xff")],
            ..COMMON
        },
    ),
    // RFC 3676 §4.1: with DelSp=yes the space before the soft break is not part of the text.
    (
        "26_flowed",
        Expected {
            subject: "f",
            text: "This is a longline flowedacross.",
            ..COMMON
        },
    ),
    (
        "27_autosub",
        Expected {
            subject: "Out of office",
            automatic: Some(Automatic::OutOfOffice),
            ..BRIEF
        },
    ),
    (
        "28_dsn",
        Expected {
            from: "MAILER-DAEMON@x",
            name: "Mail Delivery System",
            subject: "Undelivered",
            text: "notice",
            files: &[
                (
                    "attachment-1.txt",
                    "message/delivery-status",
                    "",
                    false,
                    b"Reporting-MTA: dns; x\r\n\r\nFinal-Recipient: rfc822; u@y\r\nAction: failed\r\nStatus: 5.1.1",
                ),
                (
                    "attachment-2.txt",
                    "text/rfc822-headers",
                    "",
                    false,
                    b"Message-ID: <t42.abc@example.com>\r\nSubject: orig",
                ),
            ],
            delivery: Some(["t42.abc@example.com", "failed", "5.1.1", "u@y"]),
            ..BRIEF
        },
    ),
    (
        "29_irt_odd",
        Expected {
            in_reply_to: &["p@q"],
            references: &["a@b", "c@d", "e@f", "g@h"],
            ..BRIEF
        },
    ),
    (
        "30_uuencode_inline",
        Expected {
            subject: "uu",
            text: "before\nafter",
            files: &[("test.txt", "application/octet-stream", "", false, b"Cat")],
            ..BRIEF
        },
    ),
    (
        "32_future_date",
        Expected {
            subject: "d",
            text: "x",
            ..BRIEF
        },
    ),
    (
        "33_smime_p7m",
        Expected {
            subject: "sm",
            files: &[("smime.p7m", "application/pkcs7-mime", "", false, b"\x30\x82\x01")],
            ..COMMON
        },
    ),
];

fn check(file: &str, mail: &IncomingMail, expected: &Expected) {
    let said = |text: &Option<String>| text.clone().unwrap_or_default();
    assert_eq!(mail.from.as_ref().map_or("", |from| &from.address), expected.from, "{file}: from");
    assert_eq!(
        mail.from.as_ref().map(|from| said(&from.name)).unwrap_or_default(),
        expected.name,
        "{file}: name"
    );
    assert_eq!(
        mail.reply_to.as_ref().map_or("", |to| &to.address),
        expected.reply_to,
        "{file}: reply_to"
    );
    assert_eq!(
        mail.cc.iter().map(|to| to.address.as_str()).collect::<Vec<_>>(),
        expected.cc,
        "{file}: cc"
    );
    assert_eq!(mail.subject, expected.subject, "{file}: subject");
    assert_eq!(said(&mail.message_id), expected.message_id, "{file}: message_id");
    assert_eq!(mail.in_reply_to, expected.in_reply_to, "{file}: in_reply_to");
    assert_eq!(mail.references, expected.references, "{file}: references");
    assert_eq!(
        mail.date.map(|date| date.unix_timestamp()),
        expected.dated.then_some(1_704_067_200),
        "{file}: date"
    );
    assert_eq!(mail.text, expected.text, "{file}: text");
    assert_eq!(
        (mail.signature.as_str(), mail.quoted.as_str()),
        ("", ""),
        "{file}: signature, quote"
    );
    assert_eq!(mail.has_html, !expected.html.is_empty(), "{file}: has_html");
    for piece in expected.html {
        assert!(said(&mail.html).contains(piece), "{file}: {piece} in {:?}", mail.html);
    }
    let files: Vec<_> = mail
        .attachments
        .iter()
        .map(|file| {
            (
                file.name.as_str(),
                file.content_type.as_str(),
                file.content_id.as_deref().unwrap_or_default(),
                file.inline,
                file.bytes.as_slice(),
            )
        })
        .collect();
    assert_eq!(files, expected.files, "{file}: files");
    assert_eq!(mail.automatic, expected.automatic, "{file}: automatic");
    let report = expected.delivery.map(|[id, action, status, recipient]| DeliveryReport {
        original_message_id: Some(id.to_owned()),
        action: Some(action.to_owned()),
        status: Some(status.to_owned()),
        recipient: Some(recipient.to_owned()),
    });
    assert_eq!(mail.delivery, report, "{file}: delivery");
    assert!(!mail.truncated, "{file}: truncated");
}

#[test]
fn every_crafted_mail_is_read_as_its_reader_expects() {
    let mut faults = Vec::new();
    for (file, expected) in TABLE {
        let raw = std::fs::read(folder().join(format!("{file}.eml"))).unwrap();
        let mail = read(&raw, &Limits::default()).unwrap();
        let outcome = std::panic::catch_unwind(|| check(file, &mail, expected));
        faults.extend(outcome.err().map(|_| *file));
    }
    assert!(faults.is_empty(), "{faults:?}");
}

#[test]
fn no_crafted_mail_is_without_expectation() {
    let files = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<String> = files.map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect();
    found.sort();
    assert_eq!(found, TABLE.iter().map(|(file, _)| *file).collect::<Vec<_>>());
}

#[test]
fn the_digest_knows_a_mail_again_and_tells_others_apart() {
    let of = |raw: &str| read(raw.as_bytes(), &Limits::default()).unwrap().body_digest;
    let plain = of("From: a@b.com\n\nolá mundo\nb\n");
    let encoded = of(
        "From: a@b.com\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nol=E1 =\r\nmundo\r\nb\r\n\r\n",
    );
    assert_eq!(plain, encoded);
    assert_ne!(plain, of("From: a@b.com\n\nolá mundo\nc\n"));
    let with_file = |bytes: &str| {
        of(&format!(
            "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b\nContent-Type: text/csv; name=a.csv\n\n{bytes}\n--b--\n"
        ))
    };
    assert_ne!(with_file("1"), with_file("2"));
}
