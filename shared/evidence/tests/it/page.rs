//! The page: whatever people wrote, it is text.

use chamada_domain::draft::Pen;
use chamada_domain::entry::Place;
use chamada_domain::message::{NewMessage, Voice, post};
use chamada_domain::open::{NewTicket, open};
use chamada_domain::verify::Found;
use chamada_domain::{Channel, Kind, Locale, Person, Priority, Ticket, TicketNumber, Timestamp, UserId, Via, Visibility};
use chamada_evidence::page::content_security_policy;
use chamada_evidence::story::Story;
use sha2::{Digest, Sha256};

const SITE: &str = "https://help.example.org";

fn at() -> Timestamp {
    Timestamp::from_unix_seconds(1_795_324_051)
}

/// A ticket of this title, in which these things were said, each to everyone or to staff alone.
fn story(title: &str, said: &[(&str, Visibility)]) -> (Ticket, Vec<Found>) {
    let (mut salts, pen) = (
        || [7; 16],
        Pen {
            at: at(),
            via: Via::Web,
            author: None,
        },
    );
    let requester = Person {
        id: UserId::from_random([1; 10]),
        name: "Ana \"la\" <b>Pérez</b>".into(),
        email: "ana@example.org".parse().unwrap(),
    };
    let new = NewTicket {
        channel: Channel::Web,
        title: title.into(),
        body: "No imprime".into(),
        requester,
        place: Place::unclassified(Kind::Incident),
        priority: Priority::Normal,
        cc: Vec::new(),
        attachments: Vec::new(),
        mail: None,
        quoted: None,
        continues: None,
    };
    let opened = open(TicketNumber(1042), new, &pen, &mut salts).unwrap();
    let (mut ticket, mut history) = (opened.ticket, opened.entries);
    for (body, visibility) in said {
        let message = NewMessage {
            body: (*body).into(),
            visibility: *visibility,
            attachments: Vec::new(),
            mail: None,
            quoted: None,
            voice: Voice::Staff,
            resolve: false,
            due_at: None,
            through: None,
        };
        let draft = post(ticket, message, &pen, &mut salts);
        history.extend(draft.entries);
        ticket = draft.ticket;
    }
    (ticket, history.into_iter().map(|entry| Found::Entry(Box::new(entry))).collect())
}

const HOSTILE: &str = "<script>alert(1)</script><img src=x onerror=alert(1)> </style> & \"' \u{202e}txt.exe \u{0}";

#[test]
fn every_word_is_escaped() {
    let (ticket, history) = story(HOSTILE, &[(HOSTILE, Visibility::Public)]);
    let page = Story::of(&ticket, history, true).page(Locale::Es, "CH-<i>1042", SITE, at());
    for bad in ["<script", "<img", "<b>", "<i>", "\u{202e}", "\u{0}"] {
        assert!(!page.contains(bad), "{bad:?}");
    }
    assert_eq!(page.matches("</style>").count(), 1, "its own");
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;") && page.contains("[U+202E]txt.exe"));
    assert!(!page.contains(" on") || !page.contains("onerror=alert(1)>"));
}

#[test]
fn the_policy_lets_just_its_own_style_in() {
    let (ticket, history) = story("Impresora", &[]);
    let page = Story::of(&ticket, history, true).page(Locale::En, "CH-1042", SITE, at());
    let style = page.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
    let hash = base64(&Sha256::digest(style));
    let policy = content_security_policy();
    assert!(policy.contains(&format!("style-src 'sha256-{hash}'")), "{policy}");
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    assert!(!page.contains("style=") && !page.contains("http-equiv") && !page.contains("src="));
}

/// Python's base64 of a SHA-256: 32 bytes, so one sign of padding.
fn base64(bytes: &[u8]) -> String {
    let bits: String = bytes.iter().map(|byte| format!("{byte:08b}")).collect();
    let letters: Vec<char> = ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(['+', '/']).collect();
    let padded = format!("{bits}00");
    let text: String = padded
        .as_bytes()
        .chunks(6)
        .map(|six| letters[usize::from_str_radix(std::str::from_utf8(six).unwrap(), 2).unwrap()])
        .collect();
    text + "="
}

#[test]
fn what_is_hidden_or_erased_is_said_in_words_and_shown_by_its_hashes() {
    let said = [
        ("uno", Visibility::Public),
        ("secreto", Visibility::Internal),
        ("dos", Visibility::Public),
    ];
    for (locale, hidden, erased) in [
        (Locale::Es, "no es para usted", "(borrado)"),
        (Locale::Pt, "não é para você", "(apagado)"),
        (Locale::En, "is not for you", "(erased)"),
    ] {
        let (ticket, mut history) = story("Impresora", &said);
        if let Found::Entry(entry) = &mut history[1] {
            entry.entry.body.as_mut().unwrap().erase();
        }
        let customers = Story::of(&ticket, history.clone(), false).page(locale, "CH-1042", SITE, at());
        assert!(
            customers.contains(hidden) && customers.contains(erased) && !customers.contains("secreto"),
            "{customers}"
        );
        let staffs = Story::of(&ticket, history.clone(), true).page(locale, "CH-1042", SITE, at());
        assert!(staffs.contains("secreto") && !staffs.contains(hidden) && !staffs.contains("uno<"));
        for found in &history {
            let Found::Entry(entry) = found else { unreachable!() };
            for page in [&customers, &staffs] {
                assert!(page.contains(&entry.hash) && page.contains(&format!("<h2>{}. ", entry.entry.seq)));
            }
        }
        assert!(customers.contains(&format!("<html lang=\"{}\">", locale.tag())));
    }
}
