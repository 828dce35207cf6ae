//! Bundles and roots, and every way in which somebody could have altered them.

use std::collections::BTreeMap;
use std::future::Future;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use chamada_domain::draft::Pen;
use chamada_domain::entry::{AttachedFile, MailFacts, Place};
use chamada_domain::open::{NewTicket, open};
use chamada_domain::verify::Found;
use chamada_domain::word::Word;
use chamada_domain::{Authentication, Channel, Kind, Locale, Person, Priority, TicketNumber, Timestamp, UserId, Via};
use chamada_evidence::bundle::{FORMAT, ListedFile, MANIFEST, Manifest, PAGE, README, TRANSCRIPT, attachment_name, mail_name};
use chamada_evidence::day::{DayRoot, Head, NO_ROOT};
use chamada_evidence::readme;
use chamada_evidence::story::Story;
use chamada_platform::ServiceError;
use evidence::{Archive, Parts};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Objection, judge};

/// The files of a bundle, by name.
type Files = BTreeMap<String, Vec<u8>>;

const SITE: &str = "https://help.example.org";
const FILE: &[u8] = b"what somebody attached";
const MAIL: &[u8] = b"From: ana@example.org\r\nSubject: Impresora\r\n\r\nNo imprime.\r\n";
const DAY: &str = "2026-11-22";

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

struct Kept(Vec<u8>);

impl Parts for Kept {
    fn put(&mut self, bytes: Bytes) -> impl Future<Output = Result<(), ServiceError>> + Send {
        self.0.extend_from_slice(&bytes);
        std::future::ready(Ok(()))
    }
}

/// Packs files, texts compressed, in the order of their names.
fn pack(folder: &Path, name: &str, files: &Files) -> PathBuf {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let bytes = runtime.block_on(async {
        let mut archive = Archive::new(Kept(Vec::new()));
        for (name, content) in files {
            let text = [MANIFEST, TRANSCRIPT, PAGE, README].contains(&name.as_str());
            archive.begin(name, content.len() as u64, text).unwrap();
            archive.write(content).await.unwrap();
            archive.end().unwrap();
        }
        let (Kept(bytes), _) = archive.finish().await.map_err(|(_, error)| error).unwrap();
        bytes
    });
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

/// A ticket that came by mail with a file, told with this body: its bundle's files, and the root of the day that covers it.
fn told(body: &str) -> (BTreeMap<String, Vec<u8>>, DayRoot) {
    let mut salts = || [7; 16];
    let id = "att_0123456789abcdef0123".parse().unwrap();
    let new = NewTicket {
        channel: Channel::Mail,
        title: "Impresora".into(),
        body: body.into(),
        requester: Person {
            id: UserId::from_random([1; 10]),
            name: "Ana".into(),
            email: "ana@example.org".parse().unwrap(),
        },
        place: Place::unclassified(Kind::Incident),
        priority: Priority::Normal,
        cc: Vec::new(),
        attachments: vec![AttachedFile {
            attachment_id: id,
            name: Word::new("informe.txt", &mut salts),
            content_type: "text/plain".into(),
            size: FILE.len() as u64,
            sha256: sha256(FILE),
            inline: false,
        }],
        mail: Some(MailFacts {
            from: None,
            to: Vec::new(),
            cc: Vec::new(),
            subject: Word::new("Impresora", &mut salts),
            has_html: false,
            authentication: Authentication::ALL[0],
            digest: sha256(MAIL),
            left_in_original: 0,
            automatic: false,
        }),
        quoted: None,
        continues: None,
    };
    let at = Timestamp::from_unix_seconds(1_795_324_051);
    let pen = Pen {
        at,
        via: Via::Mail,
        author: None,
    };
    let draft = open(TicketNumber(1042), new, &pen, &mut salts).unwrap();
    let hash = draft.ticket.head_hash.clone();
    let history = draft.entries.into_iter().map(|entry| Found::Entry(Box::new(entry))).collect();
    let story = Story::of(&draft.ticket, history, true);
    let other = |ticket| Head {
        ticket: TicketNumber(ticket),
        seq: 1,
        hash: sha256(&[0]),
    };
    let own = Head {
        ticket: TicketNumber(1042),
        seq: 1,
        hash,
    };
    let root = DayRoot::make(SITE, DAY, NO_ROOT, vec![other(7), own, other(2_000)]);
    let mut files = BTreeMap::from([
        (TRANSCRIPT.to_owned(), story.json(SITE, at).to_string().into_bytes()),
        (PAGE.to_owned(), story.page(Locale::Es, "CH-1042", SITE, at).into_bytes()),
        (README.to_owned(), readme::text(Locale::Es, TicketNumber(1042), SITE).into_bytes()),
        (attachment(), FILE.to_vec()),
        (mail_name(&sha256(MAIL)), MAIL.to_vec()),
    ]);
    relist(&mut files, story.head_hash(), &root);
    (files, root)
}

fn attachment() -> String {
    attachment_name(1, &"att_0123456789abcdef0123".parse().unwrap(), "informe.txt")
}

/// Writes the manifest of what lies there: what somebody does who alters a bundle with care.
fn relist(files: &mut BTreeMap<String, Vec<u8>>, head_hash: &str, root: &DayRoot) {
    files.remove(MANIFEST);
    let listed = |(name, content): (&String, &Vec<u8>)| ListedFile {
        name: name.clone(),
        size: content.len() as u64,
        sha256: sha256(content),
    };
    let manifest = Manifest {
        format: FORMAT.into(),
        ticket: TicketNumber(1042),
        head_hash: head_hash.into(),
        files: files.iter().map(listed).collect(),
        missing: Vec::new(),
        inclusion: root.inclusion(TicketNumber(1042)),
    };
    files.insert(MANIFEST.into(), serde_json::to_vec(&manifest).unwrap());
}

fn head_of(files: &Files) -> String {
    let manifest: Value = serde_json::from_slice(&files[MANIFEST]).unwrap();
    manifest["head_hash"].as_str().unwrap().to_owned()
}

/// A mail of ours: about the ticket, or the root of a day.
fn mail(folder: &Path, name: &str, own_name: &str, subject: &str, hash: &str) -> PathBuf {
    let file = folder.join(name);
    let text = format!("Subject: {subject}\r\nX-Chamada-Loop: {own_name}.code code\r\n\r\nHola\r\nHuella: {hash}\r\n");
    std::fs::write(&file, text).unwrap();
    file
}

#[track_caller]
fn refused(outcome: Result<String, Objection>, why: &str) {
    match outcome {
        Err(Objection::Invalid(said)) => assert!(said.contains(why), "{said}"),
        other => panic!("not refused as {why:?}: {other:?}"),
    }
}

#[test]
fn a_bundle_as_it_was_made_is_valid_with_its_mails_and_its_root() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (files, root) = told("No imprime");
    let bundle = pack(folder, "b.zip", &files);
    let root_file = folder.join("root.json");
    std::fs::write(&root_file, root.bytes()).unwrap();
    let head = head_of(&files);
    let ticket_mail = mail(folder, "t.eml", "t.1042.1.ana", "[CH-1042] Impresora", &head);
    let root_mail = mail(folder, "r.eml", &format!("r.{DAY}.root"), "Mesa: Raíz", &root.root);
    let said = judge(&bundle, Some(&ticket_mail), Some(&root_file)).unwrap();
    assert!(said.contains("5 files") && said.contains(&root.root), "{said}");
    judge(&bundle, Some(&root_mail), None).unwrap();
    judge(&root_file, Some(&root_mail), Some(&root_file)).unwrap();
    let transcript = folder.join("t.json");
    std::fs::write(&transcript, &files[TRANSCRIPT]).unwrap();
    judge(&transcript, Some(&ticket_mail), Some(&root_file)).unwrap();
}

#[test]
fn what_is_altered_removed_or_added_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let (files, root) = told("No imprime");
    let head = head_of(&files);
    let judged = |change: &dyn Fn(&mut Files)| {
        let mut files = files.clone();
        change(&mut files);
        judge(&pack(folder.path(), "b.zip", &files), None, None)
    };
    let (file, original) = (attachment(), mail_name(&sha256(MAIL)));
    judged(&|_| ()).unwrap();
    for name in [&file, &original, PAGE, README, TRANSCRIPT] {
        refused(
            judged(&|files| files.get_mut(name).unwrap()[5] ^= 1),
            &format!("{name} was altered"),
        );
        refused(judged(&|files| drop(files.remove(name))), &format!("{name} is missing"));
    }
    refused(
        judged(&|files| drop(files.insert("extra.txt".into(), b"x".to_vec()))),
        "extra.txt is not listed",
    );
    // With a manifest that fits, the history tells.
    let with = |change: &dyn Fn(&mut Files)| {
        judged(&|files| {
            change(files);
            relist(files, &head, &root);
        })
    };
    with(&|_| ()).unwrap();
    refused(with(&|files| files.get_mut(&file).unwrap()[5] ^= 1), "is not what the history says");
    refused(with(&|files| drop(files.remove(&original))), "is missing, and not said to be");
    refused(with(&|files| drop(files.remove(&file))), "is missing, and not said to be");
    refused(
        with(&|files| drop(files.insert("attachments/9-att_x-y".into(), Vec::new()))),
        "is in no entry",
    );
    refused(with(&|files| drop(files.insert("extra.txt".into(), Vec::new()))), "is in no entry");
    // What people read is what the history says, to the byte.
    let page = |files: &mut Files| {
        let text = String::from_utf8(files[PAGE].clone()).unwrap();
        files.insert(PAGE.into(), text.replace("No imprime", "Si imprime").into_bytes());
    };
    refused(with(&page), "does not say what the history says");
    refused(
        with(&|files| files.get_mut(README).unwrap().extend(b"x")),
        "does not say what the history says",
    );
    // A file under another name opens as something else.
    for (old, ending) in [(&original, ".html"), (&file, ".exe")] {
        refused(
            with(&|files| {
                let content = files.remove(old).unwrap();
                files.insert(format!("{old}{ending}"), content);
            }),
            "is missing, and not said to be",
        );
    }
    let climbing = format!("{}/../../../evil", attachment());
    refused(
        with(&|files| {
            let content = files.remove(&file).unwrap();
            files.insert(climbing.clone(), content);
        }),
        "leads out of its folder",
    );
    let word = |files: &mut Files| {
        let text = String::from_utf8(files[TRANSCRIPT].clone()).unwrap();
        files.insert(TRANSCRIPT.into(), text.replace("No imprime", "Si imprime").into_bytes());
    };
    refused(with(&word), "a word of it was altered");
}

#[test]
fn a_history_rewritten_with_all_its_hashes_contradicts_what_left_the_house() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (files, root) = told("No imprime");
    let (rewritten, false_root) = told("Si imprime");
    let bundle = pack(folder, "b.zip", &rewritten);
    judge(&bundle, None, None).unwrap();
    let ticket_mail = mail(folder, "t.eml", "t.1042.1.ana", "[CH-1042] Impresora", &head_of(&files));
    refused(judge(&bundle, Some(&ticket_mail), None), "is no entry of this history");
    let root_mail = mail(folder, "r.eml", &format!("r.{DAY}.root"), "Mesa: Raíz", &root.root);
    refused(judge(&bundle, Some(&root_mail), None), "names another root");
    let (root_file, false_file) = (folder.join("root.json"), folder.join("false.json"));
    std::fs::write(&root_file, root.bytes()).unwrap();
    std::fs::write(&false_file, false_root.bytes()).unwrap();
    refused(judge(&bundle, None, Some(&root_file)), "covers another entry");
    refused(judge(&false_file, Some(&root_mail), None), "names another root");
    // With the true root's proof beside it.
    let mut mixed = rewritten.clone();
    relist(&mut mixed, &head_of(&rewritten), &root);
    refused(judge(&pack(folder, "m.zip", &mixed), None, None), "covers another history");
    let mut broken: Manifest = serde_json::from_slice(&files[MANIFEST]).unwrap();
    broken.inclusion.as_mut().unwrap().root = false_root.root;
    let mut altered = files.clone();
    altered.insert(MANIFEST.into(), serde_json::to_vec(&broken).unwrap());
    refused(judge(&pack(folder, "x.zip", &altered), None, None), "does not lead to the root");
}

#[test]
fn a_root_that_was_altered_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let (_, root) = told("No imprime");
    let judged = |change: &dyn Fn(&mut DayRoot)| {
        let mut root = root.clone();
        change(&mut root);
        let path = folder.path().join("root.json");
        std::fs::write(&path, root.bytes()).unwrap();
        judge(&path, None, None)
    };
    judged(&|_| ()).unwrap();
    refused(judged(&|root| root.heads[0].seq = 9), "it was altered");
    refused(judged(&|root| drop(root.heads.remove(1))), "it was altered");
    refused(judged(&|root| root.heads.swap(0, 1)), "not in the order");
}

#[test]
fn a_hidden_entry_says_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (files, _) = told("No imprime");
    let document: Value = serde_json::from_slice(&files[TRANSCRIPT]).unwrap();
    let opening = document["entries"][0].clone();
    let second = "a".repeat(64);
    let judged = |entry: Value| {
        let mut document = document.clone();
        document["head_hash"] = Value::String(second.clone());
        document["entries"] = Value::Array(vec![opening.clone(), entry]);
        let path = folder.path().join("t.json");
        std::fs::write(&path, document.to_string()).unwrap();
        judge(&path, None, None)
    };
    let hidden = serde_json::json!({"seq": 2, "previous_hash": opening["hash"], "hash": second, "hidden": true});
    judged(hidden.clone()).unwrap();
    let mut speaking = hidden.clone();
    speaking["core"] = serde_json::json!({"seq": 2, "data": {"attachments": [{"attachment_id": "att_x", "size": 1, "sha256": second}]}});
    refused(judged(speaking), "it is hidden, and says something");
    let mut nameless = hidden;
    nameless["hash"] = Value::String("z".repeat(64));
    refused(judged(nameless), "its hash is none");
}

#[test]
fn what_lies_in_it_twice_or_behind_its_end_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let (files, _) = told("No imprime");
    let path = pack(folder.path(), "b.zip", &files);
    let bytes = std::fs::read(&path).unwrap();
    let mut end = bytes[bytes.len() - 22..].to_vec();
    end[..4].copy_from_slice(b"none");
    std::fs::write(&path, [bytes, end].concat()).unwrap();
    let outcome = judge(&path, None, None);
    assert!(
        matches!(outcome, Err(Objection::Unreadable(_) | Objection::Invalid(_))),
        "{outcome:?}"
    );
}

fn place_of(bytes: &[u8], sought: &[u8]) -> usize {
    bytes.windows(sought.len()).position(|found| found == sought).unwrap()
}

/// Who unpacks from front to back goes by what stands before each file, and never reads the directory.
#[test]
fn what_only_some_programs_would_unpack_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let (files, _) = told("No imprime");
    let path = pack(folder.path(), "b.zip", &files);
    let bytes = std::fs::read(&path).unwrap();
    let hidden = {
        let (begin, directory) = (place_of(&bytes, b"PK\x03\x04"), place_of(&bytes, b"PK\x01\x02"));
        let mut hidden = bytes.clone();
        hidden.splice(directory..directory, bytes[begin..begin + 200].iter().copied());
        // The directory is looked for where the end says that it begins.
        let offset = hidden.len() - 6;
        let moved = u32::try_from(directory + 200).unwrap();
        hidden[offset..offset + 4].copy_from_slice(&moved.to_le_bytes());
        hidden
    };
    let renamed = {
        let mut renamed = bytes.clone();
        renamed[place_of(&bytes, README.as_bytes())] ^= 1;
        renamed
    };
    for altered in [hidden, renamed] {
        std::fs::write(&path, altered).unwrap();
        refused(judge(&path, None, None), "lies between its files");
    }
}

#[test]
fn what_is_cut_off_or_no_archive_is_unreadable() {
    let folder = tempfile::tempdir().unwrap();
    let (files, _) = told("No imprime");
    let path = pack(folder.path(), "b.zip", &files);
    let bytes = std::fs::read(&path).unwrap();
    for length in [2, 30, bytes.len() / 2, bytes.len() - 1] {
        std::fs::write(&path, &bytes[..length]).unwrap();
        let outcome = judge(&path, None, None);
        assert!(
            matches!(outcome, Err(Objection::Unreadable(_) | Objection::Invalid(_))),
            "{length}: {outcome:?}"
        );
    }
    std::fs::write(&path, b"PK").unwrap();
    assert!(matches!(judge(&path, None, None), Err(Objection::Unreadable(_))));
}

#[test]
fn what_unpacks_to_more_than_its_bounds_is_not_unpacked() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = zip::ZipWriter::new(std::fs::File::create(folder.path().join("bomb.zip")).unwrap());
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    writer.start_file("attachments/1-att_0123456789abcdef0123-x", options).unwrap();
    std::io::Write::write_all(&mut writer, &vec![0; 1 << 20]).unwrap();
    writer.finish().unwrap();
    refused(judge(&folder.path().join("bomb.zip"), None, None), "is compressed");
}
