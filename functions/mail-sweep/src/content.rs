//! What a ticket or message made of a mail says. No I/O.

use chamada_domain::entry::{MailFacts, Place};
use chamada_domain::mailbox::Mailbox;
use chamada_domain::tree::Organisation;
use chamada_domain::word::{Salts, Word};
use chamada_domain::{Authentication, Kind, Locale, Settings, Timestamp, UnitId, User, UserId};
use chamada_mail::{Address, IncomingMail};

use crate::words;

/// The longest text of an entry, in characters; what is more goes on in a file.
const LONGEST_TEXT: usize = 65_536;
/// The longest title, in characters.
const LONGEST_TITLE: usize = 200;
/// How much of the text makes a title where there is no subject, in characters.
const TITLE_OF_TEXT: usize = 80;
/// How many addresses of each of To and Cc an entry names.
const MOST_ADDRESSES: usize = 50;

/// The words of a mail, cut to what an entry holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Content {
    /// The title of a new ticket.
    pub(crate) title: String,
    /// What the author wrote.
    pub(crate) body: String,
    /// Signature and quote.
    pub(crate) quoted: Option<String>,
    /// The whole text, where that is longer than an entry holds.
    pub(crate) overflow: Option<String>,
}

/// Text without the control characters that no screen shows; their escapes would make an entry six times as long.
fn clean(text: &str) -> String {
    text.replace("\r\n", "\n")
        .chars()
        .filter(|c| !c.is_control() || matches!(c, '\n' | '\t'))
        .collect()
}

fn cut(text: &str, characters: usize) -> &str {
    text.char_indices().nth(characters).map_or(text, |(at, _)| &text[..at])
}

/// The words of `mail`; `beginning` says that it is the beginning of a message that is too large.
pub(crate) fn content(mail: &IncomingMail, beginning: bool, locale: Locale) -> Content {
    let text = clean(&mail.text);
    let rest: Vec<String> = [&mail.signature, &mail.quoted]
        .iter()
        .map(|text| clean(text))
        .filter(|text| !text.trim().is_empty())
        .collect();
    let rest = rest.join("\n\n");
    let title = title(&clean(&mail.subject), &text, locale);
    let body = if beginning {
        format!("{}\n\n{text}", words::too_large(locale))
    } else {
        text
    };
    let kept = cut(&body, LONGEST_TEXT);
    let room = LONGEST_TEXT - kept.chars().count();
    let quoted = cut(&rest, room);
    let overflow = (kept.len() < body.len() || quoted.len() < rest.len()).then(|| format!("{body}\n\n{rest}"));
    Content {
        title,
        quoted: Some(quoted.to_owned()).filter(|text| !text.is_empty()),
        body: kept.to_owned(),
        overflow,
    }
}

fn title(subject: &str, text: &str, locale: Locale) -> String {
    let one_line = |text: &str, characters: usize| {
        let words: Vec<&str> = cut(text, characters * 4).split_whitespace().collect();
        cut(&words.join(" "), characters).trim_end().to_owned()
    };
    [one_line(subject, LONGEST_TITLE), one_line(text.trim_start(), TITLE_OF_TEXT)]
        .into_iter()
        .find(|title| !title.is_empty())
        .unwrap_or_else(|| words::no_subject(locale).to_owned())
}

/// An address as people read it, bounded.
fn shown(address: &Address) -> String {
    let whole = match &address.name {
        Some(name) => format!("{name} <{}>", address.address),
        None => address.address.clone(),
    };
    cut(&clean(&whole), 400).to_owned()
}

/// What an entry keeps of the mail itself.
pub(crate) fn facts(
    mail: &IncomingMail,
    authentication: Authentication,
    digest: &str,
    left_in_original: u64,
    salts: Salts<'_>,
) -> MailFacts {
    let mut words = |addresses: &[Address]| -> Vec<Word> {
        let kept = addresses.iter().take(MOST_ADDRESSES);
        kept.map(|address| Word::new(shown(address), salts)).collect()
    };
    let (to, cc) = (words(&mail.to), words(&mail.cc));
    MailFacts {
        from: mail.from.as_ref().map(|from| Word::new(shown(from), salts)),
        to,
        cc,
        subject: Word::new(cut(&clean(&mail.subject), 1_000), salts),
        has_html: mail.has_html,
        authentication,
        digest: digest.to_owned(),
        left_in_original,
        automatic: mail.automatic.is_some(),
    }
}

/// What somebody is called who writes from this address.
pub(crate) fn name_of(from: &Address) -> String {
    let given = from.name.as_deref().map(clean).unwrap_or_default();
    let given = cut(given.trim(), User::MAX_NAME).trim().to_owned();
    if !given.is_empty() {
        return given;
    }
    let local = from.address.split('@').next().unwrap_or_default();
    let local = cut(&clean(local), User::MAX_NAME).trim().to_owned();
    if local.is_empty() { "?".to_owned() } else { local }
}

/// The company whose domain an address is of, else the mailbox's, where that is still in the tree.
fn company(user: &User, mailbox: &Mailbox, organisation: &Organisation) -> Option<UnitId> {
    let own = user.company_id.clone().filter(|id| organisation.corporation_of(id).is_some());
    own.or_else(|| {
        organisation
            .company_of_domain(user.email.domain())
            .map(|(_, company)| company.id.clone())
    })
    .or_else(|| mailbox.defaults.company_id.clone())
}

/// Where a ticket of this sender belongs: the sender's company, with the mailbox's site and cost centre where those are of that company.
pub(crate) fn place(user: &User, mailbox: &Mailbox, organisation: &Organisation) -> Place {
    let defaults = &mailbox.defaults;
    let company_id = company(user, mailbox, organisation);
    let corporation = company_id.as_ref().and_then(|id| organisation.corporation_of(id)).cloned();
    let at_default = company_id == defaults.company_id;
    let of_default = |id: &Option<UnitId>| id.clone().filter(|_| at_default);
    Place {
        kind: defaults.kind.unwrap_or(Kind::Incident),
        category_id: defaults.category_id.clone(),
        subcategory_id: defaults.subcategory_id.clone(),
        corporation_id: corporation.or_else(|| of_default(&defaults.corporation_id)),
        company_id,
        site_id: of_default(&defaults.site_id),
        cost_centre_id: of_default(&defaults.cost_centre_id),
    }
}

/// The language of a mail: the text's, else the mailbox's, else the site's.
pub(crate) fn locale(mail: &IncomingMail, mailbox: &Mailbox, settings: &Settings) -> Locale {
    mail.language.or(mailbox.defaults.locale).unwrap_or(settings.default_locale)
}

/// The account that somebody gets who writes for the first time.
pub(crate) fn new_user(id: UserId, from: &Address, locale: Locale, organisation: &Organisation, now: Timestamp) -> Option<User> {
    let email = from.email()?;
    let company_id = organisation
        .company_of_domain(email.domain())
        .map(|(_, company)| company.id.clone());
    Some(User {
        id,
        name: name_of(from),
        role: chamada_domain::Role::User,
        locale,
        company_id,
        email,
        active: true,
        notify: true,
        created_at: now,
        password_hash: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(raw: &str) -> IncomingMail {
        chamada_mail::read(raw.as_bytes(), &chamada_mail::Limits::default()).unwrap()
    }

    #[test]
    fn titles_are_never_empty_nor_too_long() {
        assert_eq!(title("  Hola  mundo ", "x", Locale::Es), "Hola mundo");
        assert_eq!(title("", "\n  uno\ndos ", Locale::Es), "uno dos");
        assert_eq!(title(" ", "\n", Locale::Pt), "Mensagem sem assunto");
        assert_eq!(title(&"ñ".repeat(300), "", Locale::Es).chars().count(), 200);
        assert_eq!(title("", &"palabra ".repeat(50), Locale::Es).chars().count(), 79);
    }

    #[test]
    fn long_texts_go_on_in_a_file() {
        let short = content(&read("From: a@b.c\r\nSubject: s\r\n\r\nhola\x00\x07\r\n"), false, Locale::Es);
        assert_eq!((short.body.as_str(), short.overflow), ("hola", None));
        let long = "añb\u{1f600} ".repeat(20_000);
        let cut = content(
            &read(&format!(
                "From: a@b.c\r\nSubject: s\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{long}\r\n"
            )),
            false,
            Locale::Es,
        );
        assert_eq!(cut.body.chars().count(), LONGEST_TEXT);
        assert!(cut.overflow.unwrap().trim_end().ends_with("añb\u{1f600}"));
    }

    #[test]
    fn the_beginning_of_a_large_message_says_so() {
        let mail = read("From: a@b.c\r\nSubject: s\r\n\r\nhola\r\n");
        let said = content(&mail, true, Locale::En).body;
        assert!(
            said.starts_with("[Message too large, left in the mailbox.") && said.ends_with("hola"),
            "{said}"
        );
    }

    #[test]
    fn names_of_strangers() {
        let named = |name: Option<&str>, address: &str| {
            name_of(&Address {
                name: name.map(str::to_owned),
                address: address.to_owned(),
            })
        };
        assert_eq!(named(Some(" Ana \u{7}Ribeiro "), "a@b.c"), "Ana Ribeiro");
        assert_eq!(named(Some("  "), "ana@b.c"), "ana");
        assert_eq!(named(None, "@"), "?");
        assert_eq!(named(Some(&"x".repeat(500)), "a@b.c").len(), 100);
    }
}
