//! `chamada proof check`: what a file proves, with no server and no network.

mod bundle;
#[cfg(test)]
mod bundle_tests;
mod layout;
mod mail;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::process::ExitCode;

use chamada_domain::TicketNumber;
use chamada_domain::proof::{Flaw, Proof, check as check_transcript};
use chamada_evidence::check::{BundleFlaw, BundleProof};
use chamada_evidence::day::{self, DayRoot};
use serde_json::Value;

use self::mail::Told;
use super::Failure;

/// What the exit code says of a file that cannot be read.
const UNREADABLE: u8 = 2;

/// The most bytes that a document may have: a transcript's longest history has some tens of MB.
const LONGEST: u64 = 1 << 30;

pub(super) fn check(file: &Path, mail: Option<&Path>, root: Option<&Path>) -> Result<ExitCode, Failure> {
    let mut out = std::io::stdout().lock();
    let (verdict, code) = match judge(file, mail, root) {
        Ok(proven) => (format!("valid: {proven}"), ExitCode::SUCCESS),
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

impl From<BundleFlaw> for Objection {
    fn from(flaw: BundleFlaw) -> Self {
        match flaw {
            BundleFlaw::Unreadable(_) => Self::Unreadable(flaw.to_string()),
            BundleFlaw::History(_) | BundleFlaw::Contradiction(_) => Self::Invalid(flaw.to_string()),
        }
    }
}

/// What was checked against itself.
#[derive(Debug)]
enum Evidence {
    /// A ticket's history.
    Transcript(Proof),
    /// A ticket's bundle.
    Bundle(Box<BundleProof>),
    /// The root of a day.
    Root(DayRoot),
}

/// Checks a file against itself, and against what was kept besides; what that proves, in words.
fn judge(file: &Path, mail: Option<&Path>, root: Option<&Path>) -> Result<String, Objection> {
    let evidence = open(file)?;
    let mut proven = evidence.said();
    if let Some(mail) = mail {
        proven.push_str(evidence.agrees_with(&Told::read(&read(mail)?)?)?);
    }
    if let Some(root) = root {
        let root = read_root(&parse(&read(root)?, root)?)?;
        proven.push_str(&evidence.is_covered_by(&root)?);
    }
    Ok(proven)
}

/// Reads a file as what it is, and checks it against itself.
fn open(path: &Path) -> Result<Evidence, Objection> {
    let mut beginning = Vec::new();
    let file = File::open(path).map_err(|error| unreadable(path, &error))?;
    file.take(2).read_to_end(&mut beginning).map_err(|error| unreadable(path, &error))?;
    if beginning == b"PK" {
        return Ok(Evidence::Bundle(Box::new(bundle::check(path)?)));
    }
    let document = parse(&read(path)?, path)?;
    if document.get("format").and_then(Value::as_str) == Some(day::FORMAT) {
        read_root(&document).map(Evidence::Root)
    } else {
        Ok(Evidence::Transcript(check_transcript(&document)?))
    }
}

fn unreadable(path: &Path, error: &dyn std::fmt::Display) -> Objection {
    Objection::Unreadable(format!("{}: {error}", path.display()))
}

fn read(path: &Path) -> Result<Vec<u8>, Objection> {
    if std::fs::metadata(path).map_err(|error| unreadable(path, &error))?.len() > LONGEST {
        return Err(unreadable(path, &"too long"));
    }
    std::fs::read(path).map_err(|error| unreadable(path, &error))
}

fn parse(bytes: &[u8], path: &Path) -> Result<Value, Objection> {
    serde_json::from_slice(bytes).map_err(|error| unreadable(path, &error))
}

fn read_root(document: &Value) -> Result<DayRoot, Objection> {
    let root: DayRoot =
        serde_json::from_value(document.clone()).map_err(|error| Objection::Unreadable(format!("this is no root of a day: {error}")))?;
    match root.check() {
        Ok(()) => Ok(root),
        Err(flaw @ (day::RootFlaw::Format | day::RootFlaw::Malformed)) => Err(Objection::Unreadable(flaw.to_string())),
        Err(flaw @ (day::RootFlaw::Order | day::RootFlaw::Root)) => Err(Objection::Invalid(flaw.to_string())),
    }
}

impl Evidence {
    fn said(&self) -> String {
        match self {
            Self::Transcript(history) => said_of_history(history),
            Self::Bundle(bundle) => {
                let (files, missing) = (bundle.manifest.files.len(), bundle.manifest.missing.len());
                let root = bundle.manifest.inclusion.as_ref();
                let root = root.map_or_else(String::new, |proof| format!(", in the root of {} ({})", proof.date, proof.root));
                format!(
                    "{}, {files} files, {missing} said to be missing{root}",
                    said_of_history(&bundle.history)
                )
            }
            Self::Root(root) => format!("root of {}, {} heads, root {}", root.date, root.heads.len(), root.root),
        }
    }

    /// Whether what a mail carries, which left the house and cannot be taken back, is in it; in words.
    fn agrees_with(&self, told: &Told) -> Result<&'static str, Objection> {
        match (self, told) {
            (Self::Transcript(history), Told::Head { ticket, head }) => agrees(history, *ticket, head),
            (Self::Bundle(bundle), Told::Head { ticket, head }) => agrees(&bundle.history, *ticket, head),
            (Self::Bundle(bundle), Told::Root { date, root }) => match &bundle.manifest.inclusion {
                Some(proof) if proof.date == *date && proof.root == *root => Ok(", and the mail names that root"),
                Some(proof) if proof.date == *date => Err(Objection::Invalid(format!("the mail names another root of {date}: {root}"))),
                Some(proof) => Err(Objection::Invalid(format!("its proof is of {}, the mail of {date}", proof.date))),
                None => Err(Objection::Invalid("it has no proof for the root of a day".into())),
            },
            (Self::Root(ours), Told::Root { date, root }) if (&ours.date, &ours.root) == (date, root) => Ok(", and the mail names it"),
            (Self::Root(_), Told::Root { date, root }) => Err(Objection::Invalid(format!("the mail names another root of {date}: {root}"))),
            (Self::Transcript(_), Told::Root { .. }) => Err(Objection::Unreadable(
                "the mail tells of a day's root: check a bundle against it, or use --root".into(),
            )),
            (Self::Root(_), Told::Head { .. }) => Err(Objection::Unreadable("the mail is about a ticket, the file about a day".into())),
        }
    }

    /// Whether the root of a day covers it; in words.
    fn is_covered_by(&self, root: &DayRoot) -> Result<String, Objection> {
        let covered = format!(", and the root of {} covers it", root.date);
        match self {
            Self::Transcript(history) => holds(history, root).map(|()| covered),
            Self::Bundle(bundle) => {
                holds(&bundle.history, root)?;
                let theirs = root.inclusion(bundle.manifest.ticket);
                let ours = bundle.manifest.inclusion.as_ref().filter(|proof| proof.date == root.date);
                if ours.is_some_and(|ours| theirs.as_ref() != Some(ours)) {
                    return Err(Objection::Invalid(format!("its proof is not of this root of {}", root.date)));
                }
                Ok(covered)
            }
            Self::Root(ours) if ours == root => Ok(", the same as the other".into()),
            Self::Root(ours) if ours.previous_root == root.root && ours.date > root.date => {
                Ok(format!(", and it goes on from the root of {}", root.date))
            }
            Self::Root(_) => Err(Objection::Invalid(format!("it does not go on from the root of {}", root.date))),
        }
    }
}

fn said_of_history(proof: &Proof) -> String {
    let Proof {
        ticket,
        entries,
        hidden,
        erased,
        ..
    } = proof;
    let head = proof.hashes.last().map(String::as_str).unwrap_or_default();
    format!("ticket {ticket}, {entries} entries ({hidden} by their hashes alone), {erased} words erased, head {head}")
}

/// Whether the head that a mail carries in its foot is the hash of an entry.
fn agrees(history: &Proof, ticket: Option<u64>, head: &str) -> Result<&'static str, Objection> {
    if ticket.is_some_and(|number| number != history.ticket) {
        return Err(Objection::Invalid("the mail is of another ticket".into()));
    }
    if history.hashes.iter().any(|hash| hash == head) {
        Ok(", and the mail's head is in it")
    } else {
        Err(Objection::Invalid(format!(
            "the mail names the head {head}, which is no entry of this history"
        )))
    }
}

/// Whether the head that a root has of a ticket is that entry of its history.
fn holds(history: &Proof, root: &DayRoot) -> Result<(), Objection> {
    let Some(head) = root.heads.iter().find(|head| head.ticket == TicketNumber(history.ticket)) else {
        return Err(Objection::Invalid(format!("the root of {} has no head of this ticket", root.date)));
    };
    let place = usize::try_from(head.seq).ok().and_then(|seq| seq.checked_sub(1));
    match place.and_then(|place| history.hashes.get(place)) {
        Some(hash) if *hash == head.hash => Ok(()),
        Some(_) => Err(Objection::Invalid(format!(
            "the root of {} covers another entry {}",
            root.date, head.seq
        ))),
        None => Err(Objection::Invalid(format!(
            "the root of {} covers entry {}, which this history does not have",
            root.date, head.seq
        ))),
    }
}
