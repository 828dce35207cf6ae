//! Taking words out of a history. Their commitments stay, so that every hash stays what it was.

use crate::UserId;
use crate::chain::ChainedEntry;
use crate::entry::{Entry, Erasure, Event, MailFacts, StaffWord, WatcherWord};
use crate::word::Word;

/// The address of whoever's was erased; the domain can never have a mailbox (RFC 6761 §6.4).
pub const ERASED_ADDRESS: &str = "erased@invalid";

/// The history without the words that its own `erased` entries name. Words said after an erasure stay.
#[must_use]
pub fn without_erased_words(history: &[ChainedEntry]) -> Vec<ChainedEntry> {
    let mut entries = history.to_vec();
    for place in 0..entries.len() {
        let Some(Event::Erased(erasure)) = entries.get(place).map(|erased| &erased.entry.event) else {
            continue;
        };
        let erasure = erasure.clone();
        // Whose title stands: it is theirs in the entry that says from what to what it was changed.
        let mut titled_by = None;
        for chained in entries.iter_mut().take(place) {
            erase_from(&mut chained.entry, &erasure, titled_by.as_ref());
            if matches!(chained.entry.event, Event::Opened(_) | Event::Title(_)) {
                titled_by = author(&chained.entry).cloned();
            }
        }
    }
    entries
}

fn author(entry: &Entry) -> Option<&UserId> {
    entry.author.as_ref().and_then(|author| author.id.as_ref())
}

/// Takes out of an entry what an erasure names.
fn erase_from(entry: &mut Entry, erasure: &Erasure, titled_by: Option<&UserId>) {
    let Some(person) = &erasure.person else {
        each_word(entry, &mut |word, _| word.erase());
        return;
    };
    let own = author(entry) == Some(person);
    let title_before = titled_by == Some(person);
    each_word(entry, &mut |word, whose| {
        let goes = match whose {
            Whose::Author => own,
            Whose::Person(id) => id == person,
            Whose::TitleBefore => title_before,
        };
        if goes {
            word.erase();
        }
    });
}

/// Whose a word in an entry is.
enum Whose<'a> {
    /// Said by the entry's author, or the author's name.
    Author,
    /// The name or address of this person.
    Person(&'a UserId),
    /// The title before, said by whoever gave it.
    TitleBefore,
}

type Visit<'a> = &'a mut dyn FnMut(&mut Word, Whose<'_>);

/// Shows every word of an entry to `visit`.
fn each_word(entry: &mut Entry, visit: Visit<'_>) {
    if let Some(author) = &mut entry.author {
        visit(&mut author.name, Whose::Author);
    }
    if let Some(body) = &mut entry.body {
        visit(body, Whose::Author);
    }
    match &mut entry.event {
        Event::Opened(opened) => {
            visit(&mut opened.title, Whose::Author);
            visit(&mut opened.requester.name, Whose::Person(&opened.requester.id));
            visit(&mut opened.requester.email, Whose::Person(&opened.requester.id));
            opened.cc.iter_mut().for_each(|watcher| of_watcher(watcher, visit));
            said(&mut opened.attachments, opened.mail.as_mut(), opened.quoted.as_mut(), visit);
        }
        Event::Message(message) | Event::Note(message) => {
            said(&mut message.attachments, message.mail.as_mut(), message.quoted.as_mut(), visit);
        }
        Event::Assigned(change) => {
            let people = [&mut change.from, &mut change.to];
            people.into_iter().flatten().for_each(|member| of_staff(member, visit));
        }
        Event::Title(change) => {
            visit(&mut change.from, Whose::TitleBefore);
            visit(&mut change.to, Whose::Author);
        }
        Event::Cc(change) => {
            let watchers = change.from.iter_mut().chain(&mut change.to);
            watchers.for_each(|watcher| of_watcher(watcher, visit));
        }
        Event::Delivery(delivery) => {
            let words = [&mut delivery.recipient, &mut delivery.status];
            words.into_iter().flatten().for_each(|word| visit(word, Whose::Author));
        }
        Event::Rated(rated) => {
            rated.comment.iter_mut().for_each(|comment| visit(comment, Whose::Author));
        }
        Event::Status(_)
        | Event::Reopened(_)
        | Event::Due(_)
        | Event::Priority(_)
        | Event::Classified(_)
        | Event::Linked(_)
        | Event::Merged(_)
        | Event::Deleted {}
        | Event::Restored {}
        | Event::Erased(_) => {}
    }
}

/// What came with a message: names of files, what its mail said of itself, what it quoted.
fn said(files: &mut [crate::entry::AttachedFile], mail: Option<&mut MailFacts>, quoted: Option<&mut Word>, visit: Visit<'_>) {
    files.iter_mut().for_each(|file| visit(&mut file.name, Whose::Author));
    if let Some(mail) = mail {
        let words = mail
            .from
            .iter_mut()
            .chain(&mut mail.to)
            .chain(&mut mail.cc)
            .chain([&mut mail.subject]);
        words.for_each(|word| visit(word, Whose::Author));
    }
    quoted.into_iter().for_each(|word| visit(word, Whose::Author));
}

fn of_staff(member: &mut StaffWord, visit: Visit<'_>) {
    visit(&mut member.name, Whose::Person(&member.id));
}

fn of_watcher(watcher: &mut WatcherWord, visit: Visit<'_>) {
    visit(&mut watcher.email, Whose::Person(&watcher.id));
}
