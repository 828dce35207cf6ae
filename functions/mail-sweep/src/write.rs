//! What was decided, as one transaction: ledger, Message-ID, lease check, and ticket or entry.

use chamada_domain::draft::{Draft, Pen, Writer};
use chamada_domain::entry::{AttachedFile, Delivery, DeliveryAction, Event, MailFacts};
use chamada_domain::mailbox::{LedgerEntry, Verdict};
use chamada_domain::message::{NewMessage, Voice, post};
use chamada_domain::open::{NewTicket, open};
use chamada_domain::word::{Salts, Word};
use chamada_domain::{Channel, Priority, Refusal, Role, Ticket, TicketNumber, Timestamp, User, UserId, Via, Visibility};
use chamada_mail::DeliveryReport;
use chamada_platform::random;
use chamada_store::{Import, StoreError, With};

use crate::content;
use crate::judge::Decision;
use crate::lookup;
use crate::prepare::{Prepared, Reading};
use crate::run::Run;

/// The longest subject and sender that the ledger keeps, in characters.
const LEDGER_SUBJECT: usize = 200;
const LEDGER_SENDER: usize = 254;

/// What is to be written of a message.
pub(crate) struct Plan {
    /// Its name in the ledger.
    pub(crate) name: String,
    /// What it becomes.
    pub(crate) decision: Decision,
    /// The number of the ticket that it opens.
    pub(crate) number: Option<TicketNumber>,
    /// Whose address From is.
    pub(crate) sender: Option<User>,
    /// When it was decided.
    pub(crate) at: Timestamp,
}

fn first(text: &str, characters: usize) -> String {
    text.chars().take(characters).collect()
}

/// The ledger's record, with this verdict; a message that was too large has that verdict whatever it became.
fn entry(run: &Run, prepared: &Prepared, state: Verdict, reason: Option<&str>, ticket: Option<TicketNumber>) -> LedgerEntry {
    let mail = prepared.reading.as_ref().ok().map(|reading| &reading.mail);
    LedgerEntry {
        state: if prepared.beginning { Verdict::Oversize } else { state },
        reason: reason.map(str::to_owned),
        ticket,
        subject: mail.map(|mail| first(&mail.subject, LEDGER_SUBJECT)).unwrap_or_default(),
        sender: mail
            .and_then(|mail| mail.from.as_ref())
            .map(|from| first(&from.address, LEDGER_SENDER))
            .unwrap_or_default(),
        digest: prepared.digest.clone(),
        size: prepared.size,
        at: run.now(),
    }
}

/// Carries out what was planned; the verdict that stands in the ledger then.
pub(crate) async fn commit(run: &Run, prepared: &Prepared, plan: &Plan) -> Result<Verdict, StoreError> {
    let nothing = |state, reason, ticket| entry(run, prepared, state, reason, ticket);
    let record = match (&plan.decision, &prepared.reading) {
        (Decision::Duplicate(ticket), _) => nothing(Verdict::Duplicate, None, Some(*ticket)),
        (Decision::Ignored(reason), _) => nothing(Verdict::Ignored, Some(*reason), None),
        (Decision::Quarantined(reason), _) => nothing(Verdict::Quarantined, Some(*reason), None),
        (Decision::Open(continues), Ok(reading)) => return open_ticket(run, prepared, reading, plan, *continues).await,
        (Decision::Reply { .. }, Ok(reading)) => return reply(run, prepared, reading, plan).await,
        (Decision::Delivery(ticket), Ok(reading)) => return deliver(run, prepared, reading, plan, *ticket).await,
        // What could not be read is decided to be quarantined, always.
        (_, Err(reason)) => nothing(Verdict::Quarantined, Some(*reason), None),
    };
    let import = Import {
        parcel: None,
        ..import(run, plan, record, prepared.reading.as_deref().ok())
    };
    run.store().record_message(&import).await?;
    Ok(import.entry.state)
}

fn import(run: &Run, plan: &Plan, entry: LedgerEntry, reading: Option<&Reading>) -> Import {
    Import {
        lease: run.lease.clone(),
        uidl: plan.name.clone(),
        entry,
        message_id: reading.and_then(|reading| lookup::identity(&reading.mail)),
        parcel: reading.and_then(|reading| reading.parcel.clone()),
    }
}

/// Fresh salts for the words of one entry.
fn salts() -> impl FnMut() -> [u8; 16] {
    random::<16>
}

fn facts(run: &Run, prepared: &Prepared, reading: &Reading, salts: Salts<'_>) -> (MailFacts, Vec<AttachedFile>) {
    let authentication = reading.mail.authentication(run.mailbox.authserv_id.as_deref());
    let facts = content::facts(&reading.mail, authentication, &prepared.digest, reading.left, salts);
    let files = reading.files.iter().map(|file| file.attached(salts)).collect();
    (facts, files)
}

async fn open_ticket(
    run: &Run,
    prepared: &Prepared,
    reading: &Reading,
    plan: &Plan,
    continues: Option<TicketNumber>,
) -> Result<Verdict, StoreError> {
    let number = plan.number.ok_or(StoreError::Corrupt {
        what: "a ticket without a number",
    })?;
    let user = requester(run, reading, plan).await?;
    let organisation = &run.configuration.organisation.value;
    let place = content::place(&user, &run.mailbox, organisation);
    run.store().mark_used(place.ids()).await?;
    let draft = {
        let mut salts = salts();
        let (mail, attachments) = facts(run, prepared, reading, &mut salts);
        let new = NewTicket {
            channel: Channel::Mail,
            title: reading.content.title.clone(),
            body: reading.content.body.clone(),
            requester: user.as_person(),
            place,
            priority: Priority::Normal,
            cc: Vec::new(),
            attachments,
            mail: Some(mail),
            quoted: reading.content.quoted.clone(),
            continues,
        };
        let pen = pen(plan, Some(customer(&user)));
        open(number, new, &pen, &mut salts).ok_or(StoreError::Corrupt {
            what: "a ticket that cannot be opened",
        })?
    };
    let record = entry(run, prepared, Verdict::Imported, None, Some(number));
    let import = import(run, plan, record, Some(reading));
    let with = With {
        import: Some(&import),
        ..With::default()
    };
    let (written, counted) = futures::join!(run.store().open_ticket(&draft, &with), run.count_ticket(&user));
    written?;
    if let Err(error) = counted {
        tracing::warn!(error = %error, "a sender's ticket was not counted");
    }
    Ok(import.entry.state)
}

/// The sender's account, made where there is none.
async fn requester(run: &Run, reading: &Reading, plan: &Plan) -> Result<User, StoreError> {
    if let Some(user) = &plan.sender {
        return Ok(user.clone());
    }
    let configuration = &run.configuration;
    let locale = content::locale(&reading.mail, &run.mailbox, &configuration.settings);
    let from = reading.mail.from.as_ref();
    let id = UserId::from_random(random());
    let user = from.and_then(|from| content::new_user(id, from, locale, &configuration.organisation.value, plan.at));
    let user = user.ok_or(StoreError::Corrupt {
        what: "a mail without a sender",
    })?;
    let email = user.email.clone();
    run.store().user_or_create(&email, None, || user).await
}

fn pen(plan: &Plan, author: Option<Writer>) -> Pen {
    Pen {
        at: plan.at,
        via: Via::Mail,
        author,
    }
}

/// A person writing with a customer's rights, whatever their role is elsewhere.
fn customer(user: &User) -> Writer {
    Writer {
        role: Role::User,
        ..Writer::of(user)
    }
}

/// Who wrote an answer: the account that From names, where that is vouched for, else a name without an account.
fn author(reading: &Reading, plan: &Plan, voice: Voice, known: bool) -> Option<Writer> {
    match plan.sender.as_ref().filter(|_| known) {
        Some(user) if voice == Voice::Staff => Some(Writer::of(user)),
        Some(user) => Some(customer(user)),
        None => reading.mail.from.as_ref().map(|from| Writer {
            id: None,
            name: content::name_of(from),
            role: Role::User,
        }),
    }
}

/// Why an answer is not written: its ticket is no longer where answers go.
pub(crate) const MOVED: &str = "moved";

async fn reply(run: &Run, prepared: &Prepared, reading: &Reading, plan: &Plan) -> Result<Verdict, StoreError> {
    let Decision::Reply {
        ticket,
        voice,
        known_author,
        through,
    } = &plan.decision
    else {
        return Err(StoreError::Corrupt { what: "no answer" });
    };
    let record = entry(run, prepared, Verdict::Reply, None, Some(*ticket));
    let import = import(run, plan, record, Some(reading));
    let with = With {
        import: Some(&import),
        ..With::default()
    };
    let pen = pen(plan, author(reading, plan, *voice, *known_author));
    let decide = |ticket: Ticket| {
        // Deleted, or merged into another, since it was chosen.
        if ticket.deleted_at.is_some() || ticket.merged_into.is_some() {
            return Err(Refusal::Conflict(MOVED));
        }
        let mut salts = salts();
        let (mail, attachments) = facts(run, prepared, reading, &mut salts);
        let message = NewMessage {
            body: reading.content.body.clone(),
            visibility: Visibility::Public,
            attachments,
            mail: Some(mail),
            quoted: reading.content.quoted.clone(),
            voice: *voice,
            resolve: false,
            due_at: None,
            through: through.clone(),
        };
        Ok(post(ticket, message, &pen, &mut salts))
    };
    run.store().change_ticket(*ticket, &with, decide).await?;
    Ok(import.entry.state)
}

/// What a mail server reported, as an entry for staff.
fn delivery(report: &DeliveryReport, digest: &str, salts: Salts<'_>) -> Delivery {
    let action = match report.action.as_deref() {
        Some("delayed") => DeliveryAction::Delayed,
        Some("delivered") => DeliveryAction::Delivered,
        Some("relayed") => DeliveryAction::Relayed,
        Some("expanded") => DeliveryAction::Expanded,
        // Reports that do not say it in the standard's words are of failures.
        Some(_) | None => DeliveryAction::Failed,
    };
    let mut word = |text: &Option<String>| text.as_deref().map(|text| Word::new(first(text, LEDGER_SENDER), salts));
    Delivery {
        action,
        recipient: word(&report.recipient),
        status: word(&report.status),
        digest: digest.to_owned(),
    }
}

/// An address in a report, if it is somebody's here. Who was erased, or never was, is named by no entry that comes afterwards.
async fn known_recipient(run: &Run, recipient: Option<String>) -> Result<Option<String>, StoreError> {
    let Some(Ok(address)) = recipient.as_deref().map(str::parse) else {
        return Ok(None);
    };
    let user = run.store().user_by_email(&address).await?;
    Ok(recipient.filter(|_| user.is_some()))
}

async fn deliver(run: &Run, prepared: &Prepared, reading: &Reading, plan: &Plan, ticket: TicketNumber) -> Result<Verdict, StoreError> {
    let mut report = reading.mail.delivery.clone().unwrap_or_default();
    report.recipient = known_recipient(run, report.recipient).await?;
    let record = entry(run, prepared, Verdict::Reply, None, Some(ticket));
    let import = Import {
        // A report's files hang on nothing.
        parcel: None,
        ..import(run, plan, record, Some(reading))
    };
    let with = With {
        import: Some(&import),
        ..With::default()
    };
    let pen = pen(plan, None);
    let decide = |ticket: Ticket| {
        if ticket.deleted_at.is_some() {
            return Err(Refusal::Conflict(MOVED));
        }
        let mut salts = salts();
        let mut draft = Draft::of(ticket);
        let event = Event::Delivery(delivery(&report, &prepared.digest, &mut salts));
        draft.append(&pen, event, None, &mut salts);
        Ok(draft)
    };
    run.store().change_ticket(ticket, &with, decide).await?;
    Ok(import.entry.state)
}
