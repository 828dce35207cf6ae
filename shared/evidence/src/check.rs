//! Checking a bundle: its manifest against what lies in it, both against the history, the history against itself.

use std::collections::{BTreeMap, BTreeSet};

use chamada_domain::proof::{self, Flaw, Proof};
use serde_json::Value;

use crate::bundle::{FORMAT, MANIFEST, Manifest, PAGE, README, TRANSCRIPT, attachment_prefix, is_plain, is_safe, mail_name, safe};
use crate::reading;

/// What lies in a bundle under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundFile {
    /// Its size in bytes.
    pub size: u64,
    /// Its SHA-256, lower-case hex.
    pub sha256: String,
}

/// What a bundle proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundleProof {
    /// The history.
    pub history: Proof,
    /// Its manifest.
    pub manifest: Manifest,
}

/// Why a bundle proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BundleFlaw {
    /// It is no bundle.
    #[error("this is no bundle: {0}")]
    Unreadable(String),
    /// Its history proves nothing.
    #[error("the history in it: {0}")]
    History(Flaw),
    /// Its parts contradict one another.
    #[error("{0}")]
    Contradiction(String),
}

fn contradiction(what: impl Into<String>) -> BundleFlaw {
    BundleFlaw::Contradiction(what.into())
}

/// The texts of a bundle, each as it lies there; empty where it does not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Texts {
    /// The manifest.
    pub manifest: Vec<u8>,
    /// The history that proves itself.
    pub transcript: Vec<u8>,
    /// The same, to be read.
    pub page: Vec<u8>,
    /// How to check it.
    pub readme: Vec<u8>,
}

/// Checks a bundle, whose files were `found`, each name once.
///
/// # Errors
/// The first flaw.
pub fn check(texts: &Texts, found: &BTreeMap<String, FoundFile>) -> Result<BundleProof, BundleFlaw> {
    let manifest: Manifest =
        serde_json::from_slice(&texts.manifest).map_err(|error| BundleFlaw::Unreadable(format!("{MANIFEST}: {error}")))?;
    if manifest.format != FORMAT {
        return Err(BundleFlaw::Unreadable(format!("its format is not {FORMAT}")));
    }
    listed(&manifest, found)?;
    let transcript: Value =
        serde_json::from_slice(&texts.transcript).map_err(|error| BundleFlaw::Unreadable(format!("{TRANSCRIPT}: {error}")))?;
    let history = proof::check(&transcript).map_err(|flaw| match flaw {
        Flaw::Unreadable(why) => BundleFlaw::Unreadable(why),
        flaw @ (Flaw::Entry { .. } | Flaw::Head) => BundleFlaw::History(flaw),
    })?;
    if history.ticket != manifest.ticket.0 || history.hashes.last() != Some(&manifest.head_hash) {
        return Err(contradiction("the history in it is not the one that its manifest names"));
    }
    files_of_history(&manifest, &transcript)?;
    let (page, readme) = (String::from_utf8_lossy(&texts.page), String::from_utf8_lossy(&texts.readme));
    if !reading::agree(&transcript, &page, &readme) {
        return Err(contradiction(format!("{PAGE} or {README} does not say what the history says")));
    }
    included(&manifest, &history)?;
    Ok(BundleProof { history, manifest })
}

/// Whether just what the manifest lists lies there, unaltered.
fn listed(manifest: &Manifest, found: &BTreeMap<String, FoundFile>) -> Result<(), BundleFlaw> {
    let mut names = BTreeSet::new();
    for file in &manifest.files {
        let Some(there) = found.get(&file.name) else {
            return Err(contradiction(format!("{} is missing", file.name)));
        };
        if !names.insert(file.name.as_str()) || file.name == MANIFEST {
            return Err(contradiction(format!("{} is listed twice", file.name)));
        }
        if (there.size, there.sha256.as_str()) != (file.size, file.sha256.as_str()) {
            return Err(contradiction(format!("{} was altered", file.name)));
        }
    }
    if let Some(name) = found.keys().find(|name| !is_plain(name)) {
        return Err(contradiction(format!("{name:?} leads out of its folder")));
    }
    for needed in [TRANSCRIPT, PAGE, README] {
        if !names.contains(needed) {
            return Err(contradiction(format!("{needed} is not listed")));
        }
    }
    match found.keys().find(|name| *name != MANIFEST && !names.contains(name.as_str())) {
        Some(unlisted) => Err(contradiction(format!("{unlisted} is not listed"))),
        None => Ok(()),
    }
}

/// What the history says of a file: what it is called, and what it is.
struct Said {
    id: String,
    /// How its name begins.
    prefix: String,
    /// How it goes on; nothing where that word was erased.
    rest: Option<String>,
    size: Option<u64>,
    sha256: String,
}

impl Said {
    /// Whether this is the file's name.
    fn names(&self, name: &str) -> bool {
        let rest = name.strip_prefix(&self.prefix);
        rest.is_some_and(|rest| self.rest.as_ref().map_or_else(|| is_safe(rest), |said| said == rest))
    }
}

/// Whether each file that the history names is there as it says, or said to be missing; and none besides.
fn files_of_history(manifest: &Manifest, transcript: &Value) -> Result<(), BundleFlaw> {
    let said = said_of_files(transcript);
    let missing: BTreeSet<&str> = manifest.missing.iter().map(|file| file.id.as_str()).collect();
    let mut of_history = BTreeSet::new();
    for said in &said {
        let file = manifest.files.iter().find(|file| said.names(&file.name));
        let Some(file) = file else {
            if missing.contains(said.id.as_str()) {
                continue;
            }
            return Err(contradiction(format!("{} is missing, and not said to be", said.id)));
        };
        if file.sha256 != said.sha256 || said.size.is_some_and(|size| size != file.size) {
            return Err(contradiction(format!("{} is not what the history says", file.name)));
        }
        of_history.insert(file.name.as_str());
    }
    let own = |name: &str| [TRANSCRIPT, PAGE, README].contains(&name);
    let mut names = manifest.files.iter().map(|file| file.name.as_str());
    match names.find(|name| !own(name) && !of_history.contains(name)) {
        Some(stray) => Err(contradiction(format!("{stray} is in no entry of the history"))),
        None => Ok(()),
    }
}

/// Every file that the readable entries name.
fn said_of_files(transcript: &Value) -> Vec<Said> {
    let mut said = Vec::new();
    for entry in transcript["entries"].as_array().into_iter().flatten() {
        let (seq, data) = (entry["core"]["seq"].as_u64().unwrap_or(0), &entry["core"]["data"]);
        for file in data["attachments"].as_array().into_iter().flatten() {
            let id = file["attachment_id"].as_str().unwrap_or_default();
            said.push(Said {
                id: id.to_owned(),
                prefix: attachment_prefix(seq, id),
                rest: file["name"]["c"]
                    .as_str()
                    .and_then(|commitment| entry["words"][commitment]["text"].as_str())
                    .map(safe),
                size: file["size"].as_u64(),
                sha256: file["sha256"].as_str().unwrap_or_default().to_owned(),
            });
        }
        if let Some(digest) = data["mail"]["digest"].as_str().or_else(|| data["digest"].as_str()) {
            said.push(Said {
                id: digest.to_owned(),
                prefix: mail_name(digest),
                rest: Some(String::new()),
                size: None,
                sha256: digest.to_owned(),
            });
        }
    }
    // One file may be named by several entries: the first has it.
    let mut seen = BTreeSet::new();
    said.retain(|said| seen.insert(said.id.clone()));
    said
}

/// Whether the inclusion proof is one, and of an entry of this history.
fn included(manifest: &Manifest, history: &Proof) -> Result<(), BundleFlaw> {
    let Some(inclusion) = &manifest.inclusion else { return Ok(()) };
    let place = usize::try_from(inclusion.seq).ok().and_then(|seq| seq.checked_sub(1));
    let entry = place.and_then(|place| history.hashes.get(place));
    if inclusion.ticket != manifest.ticket || entry != Some(&inclusion.hash) {
        return Err(contradiction(format!(
            "the root of {} covers another history of this ticket",
            inclusion.date
        )));
    }
    if inclusion.holds() {
        Ok(())
    } else {
        Err(contradiction(format!(
            "the proof does not lead to the root of {} that it names",
            inclusion.date
        )))
    }
}
