//! Mails that broke others: each becomes a ticket, a message, an ignored or a quarantined one with its reason. None is lost, nothing panics.
#![expect(clippy::unwrap_used, reason = "helpers of a test fail the test")]

use chamada_tests::{
    env,
    naive::count,
    server::Options,
    story::{Desk, PATIENCE},
};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

/// Every `.eml` below the folder of this repository, and below `CHAMADA_CORPUS` where that is set.
fn mails() -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    let folders = [Some(env::workspace().join("tests/corpus")), env::corpus()];
    folders.into_iter().flatten().for_each(|folder| gather(&folder, &mut files));
    files.sort();
    // The same mail may lie in both: once is enough, a second one would rightly be a duplicate.
    let mut seen = BTreeMap::new();
    for file in files {
        let bytes = fs::read(&file).unwrap();
        seen.entry(as_fetched(&bytes)).or_insert(file);
    }
    seen.into_iter().map(|(bytes, file)| (file, bytes)).collect()
}

fn gather(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
        let path = entry.unwrap().path();
        if path.is_dir() {
            gather(&path, files);
        } else if path.extension().is_some_and(|x| x == "eml") {
            files.push(path);
        }
    }
}

/// The mail as POP3 hands it out: every line ends in CRLF, the last one too.
fn as_fetched(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 40);
    for (i, byte) in bytes.iter().enumerate() {
        if *byte == b'\n' && (i == 0 || bytes[i - 1] != b'\r') {
            out.push(b'\r');
        }
        out.push(*byte);
    }
    if !out.ends_with(b"\r\n") {
        out.extend_from_slice(b"\r\n");
    }
    out
}

#[tokio::test]
async fn every_mail_has_its_verdict() {
    let mails = mails();
    assert!(mails.len() >= 30, "only {} mails to read", mails.len());
    let desk = Desk::open(Options::default()).await;
    mails.iter().for_each(|(_, bytes)| desk.pop3.deliver("soporte", bytes));
    let began = Instant::now();
    // A session may end before the mailbox does.
    while desk.pop3.count("soporte") > 0 && began.elapsed() < PATIENCE * 4 {
        let sweep = desk.fetch().await;
        assert_eq!(sweep["state"], "done", "{sweep}");
    }
    assert_eq!(desk.pop3.count("soporte"), 0, "all of them were taken");
    let rows = desk.admin.all(&format!("/api/mailboxes/{}/messages", desk.mailbox)).await;
    let wrong: Vec<String> = rows.iter().filter_map(fault).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    let digests: Vec<&str> = rows.iter().filter_map(|row| row["digest"].as_str()).collect();
    let lost: Vec<&PathBuf> = mails
        .iter()
        .filter(|(_, bytes)| !digests.contains(&hex::encode(Sha256::digest(bytes)).as_str()))
        .map(|(f, _)| f)
        .collect();
    assert!(lost.is_empty(), "no verdict on {lost:#?}");
    assert_eq!(rows.len(), mails.len());
    files_are_kept(&desk, &rows).await;
    assert_eq!(count::faults(&desk.tickets().await), Vec::<String>::new());
    assert!(!desk.server.log().contains("panicked"), "nothing panicked");
    let mut by_state: BTreeMap<&str, usize> = BTreeMap::new();
    rows.iter()
        .for_each(|row| *by_state.entry(row["state"].as_str().unwrap()).or_default() += 1);
    println!("{} mails: {by_state:?}", rows.len());
}

/// What is wrong with a verdict, if anything.
fn fault(row: &Value) -> Option<String> {
    let has_reason = row["reason"].as_str().is_some_and(|reason| !reason.is_empty());
    let has_ticket = row["ticket"].as_u64().is_some();
    let good = match row["state"].as_str().unwrap_or_default() {
        "imported" | "reply" | "oversize" | "duplicate" => has_ticket,
        "ignored" | "quarantined" => has_reason,
        _ => false,
    };
    (!good).then(|| row.to_string())
}

/// The raw file of every mail can be opened, and is the mail.
async fn files_are_kept(desk: &Desk, rows: &[Value]) {
    for row in rows {
        let path = format!("/api/mailboxes/{}/messages/{}/raw", desk.mailbox, row["id"].as_str().unwrap());
        let raw = desk.admin.get(&path).await;
        assert_eq!(raw.status, 200, "{path}");
        assert_eq!(
            hex::encode(Sha256::digest(&raw.body)),
            row["digest"].as_str().unwrap(),
            "{path} is the mail that came"
        );
    }
}
