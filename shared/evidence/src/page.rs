//! A ticket's history as a page to be read and printed: one file, no script, nothing loaded from anywhere.

use std::fmt::Write;

use chamada_domain::chain::ChainedEntry;
use chamada_domain::entry::{AttachedFile, Delivery, Entry, Event, MailFacts, Merged, Opened, Place, Rated, StaffWord, WatcherWord};
use chamada_domain::transcript::Heading;
use chamada_domain::word::Word;
use chamada_domain::{Locale, Timestamp};
use sha2::{Digest, Sha256};

use crate::phrases as say;

/// The page's style: the only thing that its policy lets in.
const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;color:#191c1e;background:#fff;max-width:46rem;margin:2rem auto;padding:0 1rem}\
h1{font-size:1.4rem}h2{font-size:1rem;margin:0}article{border-top:1px solid #ccc;padding:1rem 0;break-inside:avoid}\
dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem .8rem;margin:.5rem 0}dt{color:#565c61}dd{margin:0;overflow-wrap:anywhere}\
.t{white-space:pre-wrap;overflow-wrap:anywhere;margin:.5rem 0}.h{font:12px/1.4 ui-monospace,monospace;color:#565c61;overflow-wrap:anywhere}\
.n{color:#565c61;font-weight:400}@media print{body{margin:0;max-width:none}}";

/// The Content-Security-Policy to send the page with: nothing but its own style, named by its hash.
#[must_use]
pub fn content_security_policy() -> String {
    format!(
        "default-src 'none'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox",
        base64(&Sha256::digest(STYLE))
    )
}

/// RFC 4648 §4, for the one hash above.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let letter = |value: u32| char::from(LETTERS[value as usize % 64]);
    bytes
        .chunks(3)
        .flat_map(|three| {
            let byte = |place: usize| u32::from(three.get(place).copied().unwrap_or(0));
            let all = byte(0) << 16 | byte(1) << 8 | byte(2);
            let fill = |place: usize, shift: u32| if three.len() > place { letter(all >> shift) } else { '=' };
            [letter(all >> 18), letter(all >> 12), fill(1, 6), fill(2, 0)]
        })
        .collect()
}

/// Writes the page: the heading's facts, then every entry, oldest first. `shown` is the ticket's number as people know it, `CH-1042`; what `hides`
/// says is not the reader's to see is its hashes alone, and said to be.
#[must_use]
pub fn render(
    locale: Locale,
    shown: &str,
    heading: &Heading<'_>,
    history: &[ChainedEntry],
    hides: impl Fn(&ChainedEntry) -> bool,
) -> String {
    let mut page = Writer {
        locale,
        html: String::new(),
    };
    let title = format!("{} {shown}", say::history_of(locale));
    page.raw(&format!(
        "<!doctype html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\">",
        locale.tag()
    ));
    page.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>");
    page.text(&title);
    page.raw("</title><style>");
    page.raw(STYLE);
    page.raw("</style></head>\n<body><h1>");
    page.text(&title);
    page.raw("</h1><dl>");
    page.fact(say::site(locale), heading.site);
    page.fact(say::written_on(locale), &moment(heading.exported_at));
    page.fact(say::head(locale), heading.head_hash);
    page.raw("</dl>\n");
    for chained in history {
        page.entry(chained, hides(chained));
    }
    page.raw("</body></html>\n");
    page.html
}

/// `2026-11-22 13:53:07 UTC`.
fn moment(at: Timestamp) -> String {
    let text = at.to_string();
    match (text.get(..10), text.get(11..19)) {
        (Some(day), Some(time)) => format!("{day} {time} UTC"),
        _ => text,
    }
}

struct Writer {
    locale: Locale,
    html: String,
}

impl Writer {
    /// Something that is HTML.
    fn raw(&mut self, html: &str) {
        self.html.push_str(html);
    }

    /// Something that somebody said, or may have.
    fn text(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '&' => self.raw("&amp;"),
                '<' => self.raw("&lt;"),
                '>' => self.raw("&gt;"),
                '"' => self.raw("&quot;"),
                '\'' => self.raw("&#39;"),
                // Directions of text that make a line read as another one are shown, not followed.
                '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => drop(write!(self.html, "[U+{:04X}]", u32::from(c))),
                '\n' | '\t' => self.html.push(c),
                c if c.is_control() => self.html.push(' '),
                c => self.html.push(c),
            }
        }
    }

    fn fact(&mut self, label: &str, value: &str) {
        self.raw("<dt>");
        self.text(label);
        self.raw("</dt><dd>");
        self.text(value);
        self.raw("</dd>");
    }

    fn word<'w>(&self, word: &'w Word) -> &'w str {
        word.text().unwrap_or(say::erased(self.locale))
    }

    fn said(&mut self, label: &str, word: &Word) {
        let text = self.word(word).to_owned();
        self.fact(label, &text);
    }

    fn change(&mut self, label: &str, from: &str, to: &str) {
        self.fact(label, &format!("{from} → {to}"));
    }

    fn entry(&mut self, chained: &ChainedEntry, hidden: bool) {
        let entry = &chained.entry;
        self.raw(&format!("<article><h2>{}. ", entry.seq));
        if hidden {
            self.raw("<span class=\"n\">");
            self.text(say::hidden(self.locale));
            self.raw("</span></h2>");
        } else {
            self.headline(entry);
            self.raw("<dl>");
            self.event(&entry.event);
            self.raw("</dl>");
            if let Some(body) = &entry.body {
                self.raw("<div class=\"t\">");
                let text = self.word(body).to_owned();
                self.text(&text);
                self.raw("</div>");
            }
        }
        self.raw("<div class=\"h\">");
        self.text(&format!("{}: {}", say::previous(self.locale), chained.previous_hash));
        self.raw("<br>");
        self.text(&format!("{}: {}", say::hash(self.locale), chained.hash));
        self.raw("</div></article>\n");
    }

    fn headline(&mut self, entry: &Entry) {
        let who = match &entry.author {
            Some(author) => format!("{} ({})", self.word(&author.name), say::role(self.locale, author.role)),
            None => say::system(self.locale).to_owned(),
        };
        self.text(&who);
        self.raw(" <span class=\"n\">");
        let (what, at) = (say::event(self.locale, &entry.event), moment(entry.at));
        self.text(&format!("{what}, {at}, {}", entry.via));
        self.raw("</span></h2>");
    }

    fn event(&mut self, event: &Event) {
        let locale = self.locale;
        let (status, priority) = (|s| say::status_word(locale, s), |p| say::priority_word(locale, p));
        match event {
            Event::Opened(opened) => self.opened(opened),
            Event::Message(message) | Event::Note(message) => {
                if message.unverified {
                    self.fact(say::unverified(locale), say::yes(locale));
                }
                self.message(message.mail.as_ref(), message.quoted.as_ref(), &message.attachments);
            }
            Event::Status(change) | Event::Reopened(change) => self.change(say::status(locale), status(change.from), status(change.to)),
            Event::Priority(change) => self.change(say::priority(locale), priority(change.from), priority(change.to)),
            Event::Assigned(change) => {
                let (from, to) = (self.member(change.from.as_ref()), self.member(change.to.as_ref()));
                self.change(say::specialist(locale), &from, &to);
            }
            Event::Due(change) => {
                let date = |at: Option<Timestamp>| at.map_or_else(|| say::no_date(locale).to_owned(), moment);
                self.change(say::due(locale), &date(change.from), &date(change.to));
            }
            Event::Classified(change) => {
                let (from, to) = (self.classes(&change.from), self.classes(&change.to));
                self.change(say::classes(locale), &from, &to);
            }
            Event::Title(change) => {
                let (from, to) = (self.word(&change.from).to_owned(), self.word(&change.to).to_owned());
                self.change(say::title(locale), &from, &to);
            }
            Event::Cc(change) => {
                let (from, to) = (self.watchers(&change.from), self.watchers(&change.to));
                self.change(say::copies(locale), &from, &to);
            }
            Event::Delivery(delivery) => self.delivery(delivery),
            Event::Rated(rated) => self.rated(rated),
            Event::Linked(linked) => self.fact(say::other_ticket(locale), &linked.ticket.to_string()),
            Event::Merged(Merged::Into(other) | Merged::From(other)) => self.fact(say::other_ticket(locale), &other.to_string()),
            Event::Deleted {} | Event::Restored {} | Event::Erased(_) => {}
        }
    }

    fn opened(&mut self, opened: &Opened) {
        let locale = self.locale;
        self.said(say::title(locale), &opened.title);
        let requester = format!("{} <{}>", self.word(&opened.requester.name), self.word(&opened.requester.email));
        self.fact(say::requester(locale), &requester);
        self.fact(say::priority(locale), say::priority_word(locale, opened.priority));
        let classes = self.classes(&opened.place);
        self.fact(say::kind(locale), &classes);
        if !opened.cc.is_empty() {
            let copies = self.watchers(&opened.cc);
            self.fact(say::copies(locale), &copies);
        }
        if let Some(ticket) = opened.continues {
            self.fact(say::continues(locale), &ticket.to_string());
        }
        self.message(opened.mail.as_ref(), opened.quoted.as_ref(), &opened.attachments);
    }

    fn delivery(&mut self, delivery: &Delivery) {
        let locale = self.locale;
        self.fact(say::delivery(locale), say::delivery_word(locale, delivery.action));
        if let Some(recipient) = &delivery.recipient {
            self.said(say::recipient(locale), recipient);
        }
        if let Some(status) = &delivery.status {
            self.said(say::server_code(locale), status);
        }
        self.fact(say::mail_original(locale), &delivery.digest);
    }

    fn rated(&mut self, rated: &Rated) {
        let locale = self.locale;
        self.fact(say::stars(locale), &rated.stars.to_string());
        if let Some(comment) = &rated.comment {
            self.said(say::comment(locale), comment);
        }
    }

    fn member(&self, member: Option<&StaffWord>) -> String {
        member.map_or(say::nobody(self.locale), |member| self.word(&member.name)).to_owned()
    }

    fn message(&mut self, mail: Option<&MailFacts>, quoted: Option<&Word>, files: &[AttachedFile]) {
        let locale = self.locale;
        if let Some(mail) = mail {
            if let Some(from) = &mail.from {
                self.said(say::mail_from(locale), from);
            }
            for to in mail.to.iter().chain(&mail.cc) {
                self.said(say::mail_to(locale), to);
            }
            self.said(say::mail_subject(locale), &mail.subject);
            self.fact(say::mail_original(locale), &mail.digest);
        }
        for file in files {
            let text = format!(
                "{} ({}, {} {}, SHA-256 {})",
                self.word(&file.name),
                file.content_type,
                file.size,
                say::bytes(locale),
                file.sha256
            );
            self.fact(say::file(locale), &text);
        }
        if let Some(quoted) = quoted {
            self.said(say::quoted(locale), quoted);
        }
    }

    /// Kind and ids: the names of categories and units are no part of the history.
    fn classes(&self, place: &Place) -> String {
        let kind = say::kind_word(self.locale, place.kind).to_owned();
        std::iter::once(kind).chain(place.ids()).collect::<Vec<_>>().join(", ")
    }

    fn watchers(&self, watchers: &[WatcherWord]) -> String {
        if watchers.is_empty() {
            return say::nobody(self.locale).to_owned();
        }
        let addresses: Vec<&str> = watchers.iter().map(|watcher| self.word(&watcher.email)).collect();
        addresses.join(", ")
    }
}
