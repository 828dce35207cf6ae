//! The content of a mail, in words, before it becomes HTML or text.

use askama::Template;
use chamada_domain::Status;

use super::links::{self, Span};
use super::words::{self, Clock};
use super::{ComposeError, DayRoot, Envelope, Kind, News, Ticket};
use crate::parse::one_line;

/// The longest title and name that stand in a header, in bytes.
const LONGEST_TITLE: usize = 250;

/// A status as a coloured tag; icon, text and colour, so that none of them speaks alone.
pub(super) struct Tag {
    label: &'static str,
    icon: char,
    ink: &'static str,
    soft: &'static str,
    dark_ink: &'static str,
    dark_soft: &'static str,
}

/// Who did what.
pub(super) struct Headline {
    who: String,
    what: String,
}

/// All that the templates show. They escape whatever stands here.
#[derive(Template)]
#[template(path = "mail.html")]
pub(super) struct Page<'a> {
    lang: &'static str,
    pub(super) subject: String,
    preheader: String,
    above: Option<&'static str>,
    stays_in_ticket: &'static str,
    shown: Option<String>,
    tag: Option<Tag>,
    title: String,
    headline: Option<Headline>,
    notice: String,
    quote_of: String,
    text: &'a str,
    body: Vec<Vec<Vec<Span>>>,
    facts: Vec<(&'static str, String)>,
    label_ticket: &'static str,
    label_status: &'static str,
    action: &'static str,
    pub(super) url: String,
    hint: String,
    foot: String,
    head: Option<(&'static str, &'a str)>,
    choose_notices: Option<(&'static str, String)>,
}

/// The same content as plain text.
#[derive(Template)]
#[template(path = "mail.txt", escape = "none")]
struct Text<'p, 'a> {
    page: &'p Page<'a>,
}

impl Page<'_> {
    /// The HTML part.
    pub(super) fn html(&self) -> Result<String, ComposeError> {
        self.render().map_err(|_| ComposeError::Write)
    }

    /// The plain part.
    pub(super) fn plain(&self) -> Result<String, ComposeError> {
        let text = Text { page: self }.render().map_err(|_| ComposeError::Write)?;
        // A mail's text is lines: other control characters, and lone carriage returns, are not.
        let text: String = text
            .replace("\r\n", "\n")
            .chars()
            .map(|c| if c.is_control() && c != '\n' && c != '\t' { ' ' } else { c })
            .collect();
        Ok(format!("{}\n", text.trim_matches('\n')))
    }
}

/// A title or name for a header: one line, bounded, and nothing in it that a reader would decode as an encoded word.
pub(super) fn header_text(text: &str) -> String {
    let line = one_line(text).replace("=?", "= ?");
    line[..line.floor_char_boundary(LONGEST_TITLE)].trim_end().to_owned()
}

fn tag(locale: chamada_domain::Locale, status: Status) -> Tag {
    let (icon, ink, soft, dark_ink, dark_soft) = match status {
        Status::New => ('\u{25cb}', "#1d54b4", "#e8f0fd", "#8db8ff", "#172a47"),
        Status::InProcess => ('\u{25d0}', "#855100", "#fdf1dc", "#f0bd66", "#362812"),
        Status::OnHold => ('\u{2016}', "#6a3fae", "#f2ecfb", "#c5a9f5", "#2b2144"),
        Status::Resolved => ('\u{2713}', "#17683a", "#e3f4ea", "#7bd3a0", "#14301f"),
        Status::Cancelled => ('\u{2715}', "#565c61", "#eeefed", "#a8afb5", "#272b2f"),
    };
    Tag {
        label: words::status(locale, status),
        icon,
        ink,
        soft,
        dark_ink,
        dark_soft,
    }
}

impl<'a> Page<'a> {
    /// What a mail of `kind` says.
    pub(super) fn new(envelope: &Envelope<'a>, kind: &Kind<'a>) -> Result<Self, ComposeError> {
        match kind {
            Kind::News(ticket, news) => Self::news(envelope, ticket, news),
            Kind::SignIn { secret, minutes, .. } => Self::sign_in(envelope, secret, *minutes),
            Kind::Root(root) => Self::root(envelope, root),
            Kind::TicketLink { ticket, .. } => {
                let mut page = Self::of_ticket(envelope, ticket)?;
                words::new_link_text(envelope.recipient.locale).clone_into(&mut page.notice);
                page.foot = format!("{} {}", page.foot, words::because_asked(envelope.recipient.locale));
                page.preheader.clone_from(&page.notice);
                Ok(page)
            }
        }
    }

    /// An empty page of the site, which opens `url`.
    fn bare(envelope: &Envelope<'a>, url: String) -> Self {
        let locale = envelope.recipient.locale;
        Self {
            lang: locale.tag(),
            subject: String::new(),
            preheader: String::new(),
            above: None,
            stays_in_ticket: words::stays_in_ticket(locale),
            shown: None,
            tag: None,
            title: String::new(),
            headline: None,
            notice: String::new(),
            quote_of: String::new(),
            text: "",
            body: Vec::new(),
            facts: Vec::new(),
            label_ticket: words::label_ticket(locale),
            label_status: words::label_status(locale),
            action: "",
            url,
            hint: String::new(),
            foot: words::with_chamada(locale, &header_text(envelope.site_name)),
            head: None,
            choose_notices: None,
        }
    }

    fn sign_in(envelope: &Envelope<'a>, secret: &str, minutes: u16) -> Result<Self, ComposeError> {
        let locale = envelope.recipient.locale;
        let site = links::site(envelope.site_url)?;
        let mut page = Self::bare(envelope, links::sign_in(site, secret)?);
        words::sign_in_title(locale).clone_into(&mut page.title);
        page.subject = format!("{}: {}", header_text(envelope.site_name), page.title);
        words::sign_in_text(locale).clone_into(&mut page.notice);
        page.preheader.clone_from(&page.notice);
        page.action = words::sign_in(locale);
        page.hint = words::link_minutes(locale, minutes);
        page.foot = format!("{} {}", page.foot, words::because_asked(locale));
        Ok(page)
    }

    /// Date and roots stand as facts; the root itself in the foot, where a ticket's mail has its head.
    fn root(envelope: &Envelope<'a>, root: &DayRoot<'a>) -> Result<Self, ComposeError> {
        let locale = envelope.recipient.locale;
        let mut page = Self::bare(envelope, links::site(envelope.site_url)?.to_owned());
        page.title = words::root_title(locale, root.date);
        page.subject = format!("{}: {}", header_text(envelope.site_name), page.title);
        words::root_text(locale).clone_into(&mut page.notice);
        page.preheader.clone_from(&page.notice);
        page.facts = vec![
            (words::label_day(locale), root.date.to_owned()),
            (words::label_previous_root(locale), root.previous_root.to_owned()),
            (words::label_root(locale), root.root.to_owned()),
        ];
        page.action = words::open_site(locale);
        page.foot = format!("{} {}", page.foot, words::because_administrator(locale));
        page.head = Some((words::label_root(locale), root.root));
        Ok(page)
    }

    /// What every mail about a ticket shows.
    fn of_ticket(envelope: &Envelope<'a>, ticket: &Ticket<'a>) -> Result<Self, ComposeError> {
        let locale = envelope.recipient.locale;
        let site = links::site(envelope.site_url)?;
        let mut page = Self::bare(envelope, links::ticket(site, ticket.number, ticket.key)?);
        let shown = ticket.number.shown(&header_text(envelope.prefix));
        page.title = header_text(ticket.title);
        page.subject = format!("[{shown}] {}", page.title).trim_end().to_owned();
        page.shown = Some(shown);
        page.above = Some(words::above(locale));
        page.tag = Some(tag(locale, ticket.status));
        let facts = [
            (words::label_due(locale), ticket.due.map(|due| clock(envelope).fact(due))),
            (words::label_specialist(locale), ticket.specialist.map(one_line)),
            (words::label_site(locale), ticket.site.map(one_line)),
        ];
        page.facts = facts
            .into_iter()
            .filter_map(|(label, value)| Some((label, value.filter(|value| !value.is_empty())?)))
            .collect();
        page.action = words::open_and_answer(locale);
        if ticket.key.is_some() {
            let (way, days) = (words::no_password(locale), words::link_days(locale, ticket.key_days));
            page.hint = format!("{way} {days} {}", words::once_expired(locale));
        }
        page.head = ticket.head.map(|head| (words::head(locale), head));
        page.choose_notices = Some((words::choose_notices(locale), notices(envelope)?));
        Ok(page)
    }

    fn news(envelope: &Envelope<'a>, ticket: &Ticket<'a>, news: &News<'a>) -> Result<Self, ComposeError> {
        let locale = envelope.recipient.locale;
        let clock = clock(envelope);
        let mut page = Self::of_ticket(envelope, ticket)?;
        let mut because = words::because_of_ticket(locale);
        match news {
            News::Received { text } => {
                words::received(locale).clone_into(&mut page.notice);
                words::your_words(locale).clone_into(&mut page.quote_of);
                page.say(text);
                words::received_short(locale).clone_into(&mut page.preheader);
            }
            News::ToConfirm => {
                words::confirm(locale).clone_into(&mut page.notice);
                because = words::because_asked(locale);
            }
            News::Reply { author, at, text } => page.answer(author, words::replied(locale, &clock.said(*at)), text),
            News::Answer { author, at, text } => {
                page.answer(author, words::replied(locale, &clock.said(*at)), text);
                page.facts.retain(|(label, _)| *label != words::label_specialist(locale));
                page.action = words::open_ticket(locale);
                because = words::because_of_assignment(locale);
            }
            News::Resolved { author, at, text } => {
                page.answer(author, words::resolved(locale, &clock.said(*at)), text);
                words::reopens(locale).clone_into(&mut page.notice);
            }
            News::StatusChanged => page.notice = words::status_changed(locale, words::status(locale, ticket.status)),
            News::DueChanged => {
                page.notice = words::due_changed(locale, &ticket.due.map(|due| clock.fact(due)).unwrap_or_default());
                if ticket.due.is_none() {
                    page.facts.insert(0, (words::label_due(locale), words::no_date(locale).to_owned()));
                }
            }
            News::Assigned { by, requester, text } => {
                let requester = one_line(requester);
                page.notice = words::assigned(locale, &one_line(by));
                page.quote_of = words::wrote(locale, &requester);
                page.facts.retain(|(label, _)| *label != words::label_specialist(locale));
                page.facts.push((words::label_requester(locale), requester));
                page.action = words::open_ticket(locale);
                page.say(text);
                because = words::because_of_assignment(locale);
            }
        }
        page.foot = format!("{} {because}", page.foot);
        if page.preheader.is_empty() {
            page.preheader.clone_from(&page.notice);
        }
        Ok(page)
    }

    fn answer(&mut self, author: &str, what: String, text: &'a str) {
        let who = one_line(author);
        self.preheader = format!("{who} {what}");
        self.headline = Some(Headline { who, what });
        self.say(text);
    }

    fn say(&mut self, text: &'a str) {
        self.text = text.trim_matches('\n');
        self.body = links::paragraphs(text);
        if self.body.is_empty() {
            self.quote_of.clear();
        }
    }
}

fn clock<'a>(envelope: &Envelope<'a>) -> Clock<'a> {
    Clock {
        locale: envelope.recipient.locale,
        now: envelope.date,
        offset: envelope.utc_offset,
        zone: envelope.zone_label,
    }
}

/// Where one chooses what one is mailed about.
pub(super) fn notices(envelope: &Envelope<'_>) -> Result<String, ComposeError> {
    Ok(format!("{}/#/notices", links::site(envelope.site_url)?))
}
