//! `chamada proof check`: what a file proves, with no server and no network.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use chamada_domain::proof::{Flaw, Proof, check as check_transcript};
use mail_parser::MessageParser;

use super::Failure;

/// What the exit code says of a file that cannot be read.
const UNREADABLE: u8 = 2;

/// The most bytes that a file may have: a transcript's longest history has some tens of MB.
const LONGEST: u64 = 1 << 30;

pub(super) fn check(file: &Path, mail: Option<&Path>) -> Result<ExitCode, Failure> {
    let mut out = std::io::stdout().lock();
    let (verdict, code) = match judge(file, mail) {
        Ok(proof) => (valid(&proof, mail.is_some()), ExitCode::SUCCESS),
        Err(Objection::Invalid(why)) => (format!("not valid: {why}"), ExitCode::FAILURE),
        Err(Objection::Unreadable(why)) => (format!("unreadable: {why}"), ExitCode::from(UNREADABLE)),
    };
    writeln!(out, "{verdict}")?;
    Ok(code)
}

/// Why a file is no proof.
#[derive(Debug, PartialEq, Eq)]
enum Objection {
    /// Something in it contradicts something else.
    Invalid(String),
    /// It is not what it should be.
    Unreadable(String),
}

impl From<Flaw> for Objection {
    fn from(flaw: Flaw) -> Self {
        match flaw {
            Flaw::Unreadable(_) => Self::Unreadable(flaw.to_string()),
            Flaw::Entry { .. } | Flaw::Head => Self::Invalid(flaw.to_string()),
        }
    }
}

fn judge(file: &Path, mail: Option<&Path>) -> Result<Proof, Objection> {
    let transcript = serde_json::from_slice(&read(file)?).map_err(|error| Objection::Unreadable(format!("{}: {error}", file.display())))?;
    let proof = check_transcript(&transcript)?;
    if let Some(mail) = mail {
        compare(&proof, &read(mail)?)?;
    }
    Ok(proof)
}

fn read(file: &Path) -> Result<Vec<u8>, Objection> {
    let unreadable = |error: std::io::Error| Objection::Unreadable(format!("{}: {error}", file.display()));
    if std::fs::metadata(file).map_err(unreadable)?.len() > LONGEST {
        return Err(Objection::Unreadable(format!("{}: too long", file.display())));
    }
    std::fs::read(file).map_err(unreadable)
}

fn valid(proof: &Proof, with_mail: bool) -> String {
    let Proof {
        ticket,
        entries,
        hidden,
        erased,
        ..
    } = proof;
    let head = proof.hashes.last().map(String::as_str).unwrap_or_default();
    let mail = if with_mail { ", and the mail's head is in it" } else { "" };
    format!("valid: ticket {ticket}, {entries} entries ({hidden} by their hashes alone), {erased} words erased, head {head}{mail}")
}

/// Whether the head that a mail carries in its foot is the hash of an entry: what left the house cannot be taken back.
fn compare(proof: &Proof, mail: &[u8]) -> Result<(), Objection> {
    let unreadable = |why: &str| Objection::Unreadable(format!("the mail {why}"));
    let mail = MessageParser::default().parse(mail).ok_or_else(|| unreadable("cannot be read"))?;
    let text = mail.body_text(0).ok_or_else(|| unreadable("has no text"))?;
    // The foot is the last part of the text; what the mail quotes of others stands before it.
    let head = text
        .split(|c: char| !c.is_ascii_hexdigit())
        .rfind(|word| word.len() == 64)
        .ok_or_else(|| unreadable("names no head"))?;
    if ticket_of(mail.subject().unwrap_or_default()).is_some_and(|number| number != proof.ticket) {
        return Err(Objection::Invalid("the mail is of another ticket".into()));
    }
    if proof.hashes.iter().any(|hash| hash == head) {
        Ok(())
    } else {
        Err(Objection::Invalid(format!(
            "the mail names the head {head}, which is no entry of this history"
        )))
    }
}

/// The number in `[CH-1042]`.
fn ticket_of(subject: &str) -> Option<u64> {
    let (_, rest) = subject.split_once('[')?;
    let (inside, _) = rest.split_once(']')?;
    inside.rsplit_once('-')?.1.parse().ok()
}

#[cfg(test)]
mod tests {
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

    fn is_invalid(outcome: Result<Proof, Objection>, why: &str) -> bool {
        matches!(outcome, Err(Objection::Invalid(said)) if said.contains(why))
    }

    #[test]
    fn a_mail_of_any_moment_agrees_with_the_history() {
        let folder = tempfile::tempdir().unwrap();
        let (file, hashes) = told(folder.path(), 1042, &["uno", "dos"]);
        assert_eq!(judge(&file, None).unwrap().hashes, hashes);
        for head in &hashes {
            let mail = mail(folder.path(), "[CH-1042] Impresora", head);
            assert_eq!(judge(&file, Some(&mail)).unwrap().entries, 3);
        }
    }

    #[test]
    fn a_history_that_was_rewritten_or_cut_off_contradicts_what_left_the_house() {
        let folder = tempfile::tempdir().unwrap();
        let (_, hashes) = told(folder.path(), 1042, &["uno", "dos"]);
        let mail = mail(folder.path(), "[CH-1042] Impresora", &hashes[2]);
        for words in [&["uno"][..], &["uno", "DOS"], &["otro", "dos", "tres"]] {
            let (rewritten, _) = told(folder.path(), 1042, words);
            assert!(judge(&rewritten, None).is_ok(), "valid by itself");
            assert!(is_invalid(judge(&rewritten, Some(&mail)), &hashes[2]), "{words:?}");
        }
    }

    #[test]
    fn mails_that_say_nothing_about_it() {
        let folder = tempfile::tempdir().unwrap();
        let (file, hashes) = told(folder.path(), 1042, &["uno"]);
        let other = mail(folder.path(), "[CH-1043] Otra", &hashes[1]);
        assert!(is_invalid(judge(&file, Some(&other)), "another ticket"));
        let without = folder.path().join("without.eml");
        std::fs::write(&without, "Subject: Hola\r\n\r\nHola\r\n").unwrap();
        assert!(matches!(judge(&file, Some(&without)), Err(Objection::Unreadable(_))));
        let missing = folder.path().join("missing");
        assert!(matches!(judge(&missing, None), Err(Objection::Unreadable(_))));
        assert!(matches!(judge(&without, None), Err(Objection::Unreadable(_))), "no JSON");
    }

    #[test]
    fn the_exit_code_tells() {
        let folder = tempfile::tempdir().unwrap();
        let (file, _) = told(folder.path(), 1042, &["uno"]);
        let text = std::fs::read_to_string(&file).unwrap();
        let altered = folder.path().join("altered.json");
        std::fs::write(&altered, text.replace("No imprime", "Si imprime")).unwrap();
        let code = |file: &Path| format!("{:?}", check(file, None).unwrap());
        assert_eq!(code(&file), format!("{:?}", ExitCode::SUCCESS));
        assert_eq!(code(&altered), format!("{:?}", ExitCode::FAILURE));
        assert_eq!(code(&folder.path().join("missing")), format!("{:?}", ExitCode::from(2)));
    }
}
