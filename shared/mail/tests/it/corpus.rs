//! The corpus of real and malformed mails, where `CHAMADA_CORPUS` names its folder.

use std::path::{Path, PathBuf};

use chamada_mail::{IncomingMail, Limits, read};

#[expect(
    clippy::disallowed_methods,
    reason = "the folder of test mails is named by the environment, for tests alone"
)]
fn corpus(test: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("CHAMADA_CORPUS")
        .map(PathBuf::from)
        .filter(|folder| folder.is_dir());
    if folder.is_none() {
        eprintln!("SKIPPED {test}: CHAMADA_CORPUS names no folder of test mails");
    }
    folder
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path))
        } else {
            found.push(path)
        }
    }
    found.sort();
    found
}

fn mail_of(raw: &[u8]) -> IncomingMail {
    read(raw, &Limits::default()).unwrap()
}

#[test]
fn every_mail_of_the_corpus_is_read() {
    let Some(folder) = corpus("every_mail_of_the_corpus_is_read") else {
        return;
    };
    let mut without_content = Vec::new();
    for path in files(&folder)
        .iter()
        .filter(|path| path.extension().is_some_and(|ending| ending == "eml"))
    {
        let raw = std::fs::read(path).unwrap();
        let mail = mail_of(&raw);
        let silent = mail.text.is_empty() && mail.quoted.is_empty() && mail.attachments.is_empty() && !mail.has_html;
        if silent && raw.len() > 200 {
            without_content.push(path.file_name().unwrap().to_owned());
        }
        assert!(!mail.text.contains('\u{fffd}'), "{}: undecoded text", path.display());
    }
    assert!(without_content.is_empty(), "nothing was found in {without_content:?}");
}

fn plain_words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Files that are split wrongly, among all of them.
struct Score {
    wrong: Vec<String>,
    all: usize,
}

impl Score {
    fn new() -> Self {
        Self { wrong: Vec::new(), all: 0 }
    }

    fn count(&mut self, path: &Path, right: bool) {
        self.all += 1;
        if !right {
            self.wrong.push(path.file_name().unwrap().to_string_lossy().into_owned());
        }
    }

    fn at_most_wrong(&self, most: usize, what: &str) {
        println!(
            "{what}: {} of {} split rightly; wrong: {:?}",
            self.all - self.wrong.len(),
            self.all,
            self.wrong
        );
        assert!(self.wrong.len() <= most, "{what}: {:?}", self.wrong);
    }
}

#[test]
fn talons_replies_are_told_from_their_quotes() {
    let Some(folder) = corpus("talons_replies_are_told_from_their_quotes") else {
        return;
    };
    let mut standard = Score::new();
    for path in files(&folder.join("replies/talon/standard_replies"))
        .iter()
        .filter(|path| path.extension().is_some_and(|e| e == "eml"))
    {
        let mail = mail_of(&std::fs::read(path).unwrap());
        let named = path.with_file_name(format!("{}_reply_text", path.file_stem().unwrap().to_string_lossy()));
        let wanted = std::fs::read_to_string(named).unwrap_or_else(|_| "Hello".to_owned());
        let told = plain_words(&format!("{} {}", mail.text, mail.signature));
        standard.count(
            path,
            told == plain_words(&wanted) && mail.text == "Hello" && mail.quoted.contains("Hi"),
        );
    }
    assert_eq!(standard.all, 12);
    standard.at_most_wrong(0, "talon, standard replies");

    let mut html = Score::new();
    for path in files(&folder.join("replies/talon/html_replies")) {
        let mut raw = b"From: a@b.c\r\nSubject: Re: x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n".to_vec();
        raw.extend(std::fs::read(&path).unwrap());
        let mail = mail_of(&raw);
        let wanted = "Hi. I am fine. Thanks, Alex";
        html.count(
            &path,
            plain_words(&mail.text) == wanted && mail.quoted.contains("Hello! How are you?"),
        );
    }
    assert_eq!(html.all, 9);
    html.at_most_wrong(0, "talon, HTML replies");
}

/// File, how the new text begins, how it ends, what the quote begins with, what the signature holds. Written by reading the files.
const GITHUB: [(&str, &str, &str, &str, &str); 22] = [
    ("correct_sig", "this is an email", "-- signature.", "", "rick"),
    ("email_1_1", "Hi folks", "-Abhishek Kona", "", "riak-users mailing list"),
    (
        "email_1_2",
        "Hi,",
        "them all individually.\"",
        "> \n> -Abhishek Kona",
        "riak-users mailing list",
    ),
    (
        "email_1_3",
        "Oh thanks.",
        "-Abhishek Kona",
        "On 01/03/11",
        "riak-users mailing list",
    ),
    ("email_1_4", "Awesome!", "with it.", "On Aug 22", ""),
    ("email_1_5", "One: Here's", "", "", ""),
    ("email_1_6", "I get proper rendering as well.", "", "On Dec 16", ""),
    ("email_1_7", ":+1:", ":+1:", "On Tue, Sep 25", ""),
    (
        "email_1_8",
        "On Tue, Apr 29",
        "and under this.",
        ">\n> -- Tim",
        "this is my signature",
    ),
    ("email_2_1", "Outlook with a reply", "Outlook with a reply", "------", ""),
    ("email_2_2", "Outlook with a reply", "directly above line", "______", ""),
    ("email_2_3", "Outlook with a reply", "directly above line", "From: CRM", ""),
    (
        "email_BlackBerry",
        "Here is another email",
        "Here is another email",
        "",
        "Sent from my BlackBerry",
    ),
    (
        "email_bullets",
        "test 2 this should list second",
        "- and another",
        "On Fri, Feb 24",
        "Joe Smith",
    ),
    (
        "email_iPhone",
        "Here is another email",
        "Here is another email",
        "",
        "Sent from my iPhone",
    ),
    ("email_long_quote", "Hi folks", "-Abhishek Kona", "", "riak-users mailing list"),
    (
        "email_multi_word_sent_from_my_mobile_device",
        "Here is another email",
        "Here is another email",
        "",
        "Verizon",
    ),
    ("email_one_is_not_on", "Thank, this is", "when I run...", "On Oct 1", ""),
    (
        "email_sent_from_my_not_signature",
        "Here is another email",
        "my mobile phone.",
        "",
        "",
    ),
    ("email_sig_delimiter_in_middle_of_line", "Hi there!", "kthxbai", "", ""),
    ("greedy_on", "On your remote host", "tunnel is not working.", "On 9 Jan 2014", ""),
    ("pathological", "I think you're onto", "back to a computer.", "On Dec 8, 2013", ""),
];

#[test]
fn githubs_replies_are_told_from_their_quotes() {
    let Some(folder) = corpus("githubs_replies_are_told_from_their_quotes") else {
        return;
    };
    let folder = folder.join("replies/github/emails");
    assert_eq!(files(&folder).len(), GITHUB.len());
    let mut score = Score::new();
    for (file, begins, ends, quote, signature) in GITHUB {
        let path = folder.join(format!("{file}.txt"));
        let mut raw = b"From: a@b.c\nSubject: Re: x\nContent-Type: text/plain; charset=utf-8\n\n".to_vec();
        raw.extend(std::fs::read(&path).unwrap());
        let mail = mail_of(&raw);
        let right = mail.text.starts_with(begins)
            && mail.text.ends_with(ends)
            && mail.quoted.trim_start().starts_with(quote)
            && mail.quoted.is_empty() == quote.is_empty()
            && mail.signature.contains(signature)
            && (mail.signature.is_empty() || !signature.is_empty() || file == "email_1_6");
        score.count(&path, right);
    }
    score.at_most_wrong(0, "github");
}
