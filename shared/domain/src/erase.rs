//! Taking words out of a history. Their commitments stay, so that every hash stays what it was.

use std::collections::{BTreeMap, BTreeSet};

use crate::chain::ChainedEntry;
use crate::entry::{Entry, Erasure, Event, MailFacts, StaffWord, WatcherWord};
use crate::word::Word;
use crate::{EmailAddress, UserId};

/// The addresses of people whose words are being taken out, as far as they are still known.
pub type Addresses = BTreeMap<UserId, EmailAddress>;

/// The history without the words that its own `erased` entries name. Words said after an erasure stay.
#[must_use]
pub fn without_erased_words(history: &[ChainedEntry]) -> Vec<ChainedEntry> {
    without(history, &Addresses::new(), |_| true)
}

/// The same for one `erased` entry, at `seq`, and without what names an erased person by address alone: in mails of theirs that nobody vouched for, in others' mails to them, in reports
/// of delivery. No field of a ticket is made of that, so a history is valid with it and without it.
#[must_use]
pub fn without_words_erased_at(history: &[ChainedEntry], seq: u64, addresses: &Addresses) -> Vec<ChainedEntry> {
    without(history, addresses, |erased| erased == seq)
}

fn without(history: &[ChainedEntry], addresses: &Addresses, counts: impl Fn(u64) -> bool) -> Vec<ChainedEntry> {
    let mut entries = history.to_vec();
    for place in 0..entries.len() {
        let erased = entries.get(place).map(|erased| &erased.entry);
        let Some((seq, Event::Erased(erasure))) = erased.map(|erased| (erased.seq, &erased.event)) else {
            continue;
        };
        if !counts(seq) {
            continue;
        }
        let gone = Gone::of(erasure, addresses);
        // Whose title stands: it is theirs in the entry that says from what to what it was changed.
        let mut titled_by = None;
        for chained in entries.iter_mut().take(place) {
            erase_from(&mut chained.entry, &gone, titled_by.as_ref());
            if matches!(chained.entry.event, Event::Opened(_) | Event::Title(_)) {
                titled_by = author(&chained.entry).cloned();
            }
        }
    }
    entries
}

/// Whether there are words of this person in a history that no `erased` entry names yet.
#[must_use]
pub fn has_words_of(history: &[ChainedEntry], person: &UserId, address: Option<&EmailAddress>) -> bool {
    let known = address.map(|address| (person.clone(), address.clone())).into_iter().collect();
    let history = without(history, &known, |_| true);
    let gone = Gone::Person(person.clone(), address.cloned());
    let mut titled_by = None;
    history.iter().any(|chained| {
        let mut entry = chained.entry.clone();
        erase_from(&mut entry, &gone, titled_by.as_ref());
        if matches!(entry.event, Event::Opened(_) | Event::Title(_)) {
            titled_by = author(&entry).cloned();
        }
        entry != chained.entry
    })
}

/// The entries whose files, and the mails that they were made of, go with the words that the `erased` entry at `seq` names. Asked before the words are
/// taken out: of some it takes the words to tell.
#[must_use]
pub fn entries_to_clear(history: &[ChainedEntry], seq: u64, addresses: &Addresses) -> BTreeSet<u64> {
    let at = history.iter().find(|chained| chained.entry.seq == seq);
    let Some(Event::Erased(erasure)) = at.map(|chained| &chained.entry.event) else {
        return BTreeSet::new();
    };
    let gone = Gone::of(erasure, addresses);
    let before = history.iter().filter(|chained| chained.entry.seq < seq);
    before
        .filter(|chained| gone.said(&chained.entry) || gone.was_told_of(&chained.entry))
        .map(|chained| chained.entry.seq)
        .collect()
}

/// Everybody of whom there are words in an entry.
#[must_use]
pub fn people(entry: &Entry) -> BTreeSet<UserId> {
    let mut people = BTreeSet::new();
    each_word(&mut entry.clone(), &mut |word, whose| {
        let person = match whose {
            Whose::Person(id) => Some(id),
            Whose::Author | Whose::Addressee => author(entry),
            Whose::TitleBefore => None,
        };
        people.extend(person.filter(|_| word.text().is_some()).cloned());
    });
    people
}

fn author(entry: &Entry) -> Option<&UserId> {
    entry.author.as_ref().and_then(|author| author.id.as_ref())
}

/// Whose words go.
enum Gone {
    Everybody,
    Person(UserId, Option<EmailAddress>),
}

impl Gone {
    fn of(erasure: &Erasure, addresses: &Addresses) -> Self {
        match &erasure.person {
            None => Self::Everybody,
            Some(person) => Self::Person(person.clone(), addresses.get(person).cloned()),
        }
    }

    /// Whether an entry as a whole was said by them: by their account, or by a mail in their name that nobody vouched for.
    fn said(&self, entry: &Entry) -> bool {
        match self {
            Self::Everybody => true,
            Self::Person(person, address) => match author(entry) {
                Some(author) => author == person,
                None => {
                    let from = entry.event.mail().and_then(|mail| mail.from.as_ref());
                    from.is_some_and(|from| names(from, address.as_ref()))
                }
            },
        }
    }

    /// Whether an entry is a report of a mail to them: the original holds the address, and the mail.
    fn was_told_of(&self, entry: &Entry) -> bool {
        let (Self::Person(_, address), Event::Delivery(delivery)) = (self, &entry.event) else {
            return false;
        };
        delivery
            .recipient
            .as_ref()
            .is_some_and(|recipient| names(recipient, address.as_ref()))
    }
}

/// Whether a word is this address, alone or behind a name (RFC 5322 §3.4).
fn names(word: &Word, address: Option<&EmailAddress>) -> bool {
    let (Some(text), Some(address)) = (word.text(), address) else {
        return false;
    };
    let text = text.to_lowercase();
    text == address.as_str() || text.ends_with(&format!("<{address}>"))
}

/// Takes out of an entry what an erasure names.
fn erase_from(entry: &mut Entry, gone: &Gone, titled_by: Option<&UserId>) {
    let own = gone.said(entry);
    let Gone::Person(person, address) = gone else {
        each_word(entry, &mut |word, _| word.erase());
        return;
    };
    let title_before = titled_by == Some(person);
    each_word(entry, &mut |word, whose| {
        let goes = match whose {
            Whose::Author => own,
            Whose::Person(id) => id == person,
            Whose::TitleBefore => title_before,
            Whose::Addressee => own || names(word, address.as_ref()),
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
    /// Whoever a mail was from or to; said by the entry's author.
    Addressee,
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
            delivery.recipient.iter_mut().for_each(|word| visit(word, Whose::Addressee));
            delivery.status.iter_mut().for_each(|word| visit(word, Whose::Author));
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
        let addressees = mail.from.iter_mut().chain(&mut mail.to).chain(&mut mail.cc);
        addressees.for_each(|word| visit(word, Whose::Addressee));
        visit(&mut mail.subject, Whose::Author);
    }
    quoted.into_iter().for_each(|word| visit(word, Whose::Author));
}

fn of_staff(member: &mut StaffWord, visit: Visit<'_>) {
    visit(&mut member.name, Whose::Person(&member.id));
}

fn of_watcher(watcher: &mut WatcherWord, visit: Visit<'_>) {
    visit(&mut watcher.email, Whose::Person(&watcher.id));
}
