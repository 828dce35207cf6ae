//! Transcripts and mails.

use chamada_domain::draft::{Draft, Pen};
use chamada_domain::entry::Place;
use chamada_domain::message::{NewMessage, Voice, post};
use chamada_domain::open::{NewTicket, open};
use chamada_domain::transcript::{Heading, transcript};
use chamada_domain::{Channel, Kind, Person, Priority, TicketNumber, Timestamp, UserId, Via, Visibility};

use super::*;

fn pen() -> Pen {
    Pen {
        at: Timestamp::from_unix_seconds(1_795_324_051),
        via: Via::Web,
        author: None,
    }
}

/// A history of a ticket in which this was said: the file, and the hashes of its entries.
fn told(folder: &Path, number: u64, words: &[&str]) -> (std::path::PathBuf, Vec<String>) {
    let mut salts = || [7; 16];
    let ana = Person {
        id: UserId::from_random([1; 10]),
        name: "Ana".into(),
        email: "ana@example.org".parse().unwrap(),
    };
    let new = NewTicket {
        channel: Channel::Web,
        title: "Impresora".into(),
        body: "No imprime".into(),
        requester: ana,
        place: Place::unclassified(Kind::Incident),
        priority: Priority::Normal,
        cc: Vec::new(),
        attachments: Vec::new(),
        mail: None,
        quoted: None,
        continues: None,
    };
    let Draft {
        mut ticket,
        entries: mut history,
        ..
    } = open(TicketNumber(number), new, &pen(), &mut salts).unwrap();
    for body in words {
        let message = NewMessage {
            body: (*body).into(),
            visibility: Visibility::Public,
            attachments: Vec::new(),
            mail: None,
            quoted: None,
            voice: Voice::Customer,
            resolve: false,
            due_at: None,
            through: None,
        };
        let draft = post(ticket, message, &pen(), &mut salts);
        history.extend(draft.entries);
        ticket = draft.ticket;
    }
    let heading = Heading {
        site: "https://help.example.org",
        ticket: ticket.number,
        exported_at: pen().at,
        head_hash: &ticket.head_hash,
    };
    let file = folder.join(format!("{number}-{}.json", words.len()));
    std::fs::write(&file, transcript(&heading, &history, |_| false).to_string()).unwrap();
    (file, history.into_iter().map(|entry| entry.hash).collect())
}

fn mail(folder: &Path, subject: &str, head: &str) -> std::path::PathBuf {
    let file = folder.join("mail.eml");
    let quoted = "f".repeat(64);
    std::fs::write(
        &file,
        format!("Subject: {subject}\r\n\r\n> {quoted}\r\nHola\r\n-- \r\nComprobante: {head}\r\n"),
    )
    .unwrap();
    file
}

fn is_invalid(outcome: Result<String, Objection>, why: &str) -> bool {
    matches!(outcome, Err(Objection::Invalid(said)) if said.contains(why))
}

#[test]
fn a_mail_of_any_moment_agrees_with_the_history() {
    let folder = tempfile::tempdir().unwrap();
    let (file, hashes) = told(folder.path(), 1042, &["uno", "dos"]);
    assert!(judge(&file, None, None).unwrap().ends_with(hashes.last().unwrap()));
    for head in &hashes {
        let mail = mail(folder.path(), "[CH-1042] Impresora", head);
        assert!(judge(&file, Some(&mail), None).unwrap().contains(" 3 entries"));
    }
}

#[test]
fn a_history_that_was_rewritten_or_cut_off_contradicts_what_left_the_house() {
    let folder = tempfile::tempdir().unwrap();
    let (_, hashes) = told(folder.path(), 1042, &["uno", "dos"]);
    let mail = mail(folder.path(), "[CH-1042] Impresora", &hashes[2]);
    for words in [&["uno"][..], &["uno", "DOS"], &["otro", "dos", "tres"]] {
        let (rewritten, _) = told(folder.path(), 1042, words);
        assert!(judge(&rewritten, None, None).is_ok(), "valid by itself");
        assert!(is_invalid(judge(&rewritten, Some(&mail), None), &hashes[2]), "{words:?}");
    }
}

#[test]
fn mails_that_say_nothing_about_it() {
    let folder = tempfile::tempdir().unwrap();
    let (file, hashes) = told(folder.path(), 1042, &["uno"]);
    let other = mail(folder.path(), "[CH-1043] Otra", &hashes[1]);
    assert!(is_invalid(judge(&file, Some(&other), None), "another ticket"));
    let without = folder.path().join("without.eml");
    std::fs::write(&without, "Subject: Hola\r\n\r\nHola\r\n").unwrap();
    assert!(matches!(judge(&file, Some(&without), None), Err(Objection::Unreadable(_))));
    let missing = folder.path().join("missing");
    assert!(matches!(judge(&missing, None, None), Err(Objection::Unreadable(_))));
    assert!(matches!(judge(&without, None, None), Err(Objection::Unreadable(_))), "no JSON");
}

#[test]
fn the_exit_code_tells() {
    let folder = tempfile::tempdir().unwrap();
    let (file, _) = told(folder.path(), 1042, &["uno"]);
    let text = std::fs::read_to_string(&file).unwrap();
    let altered = folder.path().join("altered.json");
    std::fs::write(&altered, text.replace("No imprime", "Si imprime")).unwrap();
    let code = |file: &Path| format!("{:?}", check(file, None, None).unwrap());
    assert_eq!(code(&file), format!("{:?}", ExitCode::SUCCESS));
    assert_eq!(code(&altered), format!("{:?}", ExitCode::FAILURE));
    assert_eq!(code(&folder.path().join("missing")), format!("{:?}", ExitCode::from(2)));
}
