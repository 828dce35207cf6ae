//! Which news of a ticket goes to whom.

use chamada_domain::chain::ChainedEntry;
use chamada_domain::entry::Event;
use chamada_domain::{Role, Status, Ticket, TicketNumber, User, UserId};
use chamada_mail::News;
use chamada_platform::{HandlerError, Outcome};
use chamada_store::{StoreError, can_attend};

use crate::send::{Letter, send};
use crate::site::Site;
use crate::{Handler, table};

/// How many entries behind a message can belong to it: a date and a status.
const FOLLOWERS: u16 = 3;

/// What an entry is to those who follow its ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Item {
    Received,
    Reply,
    Answer,
    Resolved,
    StatusChanged,
    DueChanged,
    Assigned(UserId),
}

/// Mails what an entry calls for.
pub(crate) async fn tell(handler: &Handler, number: TicketNumber, seq: u64) -> Result<(), HandlerError> {
    let (ticket, around) = match read(handler, number, seq).await {
        Ok(found) => found,
        // Erased meanwhile: nobody is told of what is no more.
        Err(StoreError::NotFound) => return Ok(()),
        Err(error) => return Err(table(error)),
    };
    let Some(entry) = around.iter().find(|entry| entry.entry.seq == seq) else {
        return Err(HandlerError::retry("an announced entry is not there"));
    };
    let Some(item) = item(entry, &around) else { return Ok(()) };
    if ticket.deleted_at.is_some() {
        // It is gone from every link: a mail of it would lead nowhere.
        return Ok(());
    }
    let site = Site::of(handler).await?;
    let mut failed: Option<HandlerError> = None;
    for user in recipients(handler, &ticket, entry, &item).await? {
        // Who cannot be mailed keeps nobody else from being. An error worth another attempt outweighs one that is not.
        if let Err(error) = deliver(handler, &site, &ticket, entry, &item, &user).await
            && failed.as_ref().is_none_or(|first| first.outcome() == Outcome::Poison)
        {
            failed = Some(error);
        }
    }
    failed.map_or(Ok(()), Err)
}

/// The ticket, and the entry with those that may belong to it: some before, some behind. Mostly they are its newest, and come with it.
async fn read(handler: &Handler, number: TicketNumber, seq: u64) -> Result<(Ticket, Vec<ChainedEntry>), StoreError> {
    let page = handler.store.ticket_page(number, 2 * FOLLOWERS + 1).await?;
    let first = seq.saturating_sub(u64::from(FOLLOWERS)).max(1);
    if page.entries.first().is_some_and(|oldest| oldest.entry.seq <= first) {
        return Ok((page.ticket, page.entries));
    }
    let around = handler.store.entries_after(number, first - 1, 2 * FOLLOWERS + 1).await?;
    Ok((page.ticket, around))
}

/// Whether two entries were written by one act: at the same moment, by the same person.
fn together(one: &ChainedEntry, other: &ChainedEntry) -> bool {
    one.entry.at == other.entry.at && author(one) == author(other)
}

fn author(entry: &ChainedEntry) -> Option<&UserId> {
    entry.entry.author.as_ref().and_then(|author| author.id.as_ref())
}

fn by_staff(entry: &ChainedEntry) -> bool {
    entry.entry.author.as_ref().is_some_and(|author| author.role.is_staff())
}

/// What an entry is worth telling as; nothing where nobody is mailed. What came with a staff reply is told by the reply.
fn item(entry: &ChainedEntry, around: &[ChainedEntry]) -> Option<Item> {
    // A message's mail tells of its status and date as well; of a ticket that goes on in another, that one tells.
    let cause = |other: &ChainedEntry| matches!(other.entry.event, Event::Message(_) | Event::Merged(_)) && together(other, entry);
    let told_already = around.iter().any(|other| other.entry.seq < entry.entry.seq && cause(other));
    match &entry.entry.event {
        Event::Opened(opened) if opened.mail.as_ref().is_some_and(|mail| mail.automatic) => None,
        Event::Opened(_) => Some(Item::Received),
        Event::Message(_) if by_staff(entry) => {
            let resolves = |other: &ChainedEntry| matches!(&other.entry.event, Event::Status(change) if change.to == Status::Resolved);
            let resolved = around
                .iter()
                .any(|other| other.entry.seq > entry.entry.seq && together(other, entry) && resolves(other));
            Some(if resolved { Item::Resolved } else { Item::Reply })
        }
        // An out-of-office answer is nothing that anybody waits for.
        Event::Message(message) if message.mail.as_ref().is_some_and(|mail| mail.automatic) => None,
        Event::Message(_) => Some(Item::Answer),
        Event::Status(_) | Event::Due(_) if told_already => None,
        Event::Status(change) if change.to == Status::Resolved => Some(Item::Resolved),
        Event::Status(_) => Some(Item::StatusChanged),
        Event::Due(change) if change.to.is_some() => Some(Item::DueChanged),
        Event::Assigned(change) => change.to.as_ref().map(|member| Item::Assigned(member.id.clone())),
        Event::Note(_)
        | Event::Due(_)
        | Event::Priority(_)
        | Event::Classified(_)
        | Event::Title(_)
        | Event::Cc(_)
        | Event::Reopened(_)
        | Event::Delivery(_)
        | Event::Rated(_)
        | Event::Linked(_)
        | Event::Merged(_)
        | Event::Deleted {}
        | Event::Restored {}
        | Event::Erased(_) => None,
    }
}

/// Who is told: nobody of what they did themselves, nobody deactivated; of customers' answers and of changes of status and date those alone who want
/// that; and what an assignee is told goes to nobody who is that no longer, or may not be.
async fn recipients(handler: &Handler, ticket: &Ticket, entry: &ChainedEntry, item: &Item) -> Result<Vec<User>, HandlerError> {
    let watchers = ticket.cc.iter().map(|watcher| watcher.id.clone());
    let (ids, optional): (Vec<UserId>, bool) = match item {
        Item::Received => (vec![ticket.requester.id.clone()], false),
        Item::Reply | Item::Resolved => ([ticket.requester.id.clone()].into_iter().chain(watchers).collect(), false),
        Item::Answer => (ticket.assignee.iter().map(|member| member.id.clone()).collect(), true),
        Item::StatusChanged | Item::DueChanged => ([ticket.requester.id.clone()].into_iter().chain(watchers).collect(), true),
        Item::Assigned(id) => (vec![id.clone()], false),
    };
    let own = |user: &User| *item != Item::Received && author(entry) == Some(&user.id);
    let to_assignee = matches!(item, Item::Answer | Item::Assigned(_));
    let attends = |user: &User| can_attend(user) && ticket.is_assigned_to(&user.id);
    let users = handler.store.users(&ids).await.map_err(table)?.into_iter().flatten();
    Ok(users
        .filter(|user| user.active && !own(user) && (user.notify || !optional) && (!to_assignee || attends(user)))
        .collect())
}

async fn deliver(
    handler: &Handler,
    site: &Site,
    ticket: &Ticket,
    entry: &ChainedEntry,
    item: &Item,
    user: &User,
) -> Result<(), HandlerError> {
    let words = entry.entry.body.as_ref().and_then(|body| body.text()).unwrap_or_default();
    let name = entry
        .entry
        .author
        .as_ref()
        .and_then(|author| author.name.text())
        .unwrap_or_default();
    let opening = match item {
        Item::Assigned(_) => opening(handler, ticket).await?,
        Item::Received | Item::Reply | Item::Answer | Item::Resolved | Item::StatusChanged | Item::DueChanged => String::new(),
    };
    let at = entry.entry.at;
    let news = match item {
        Item::Received if ticket.held => News::ToConfirm,
        Item::Received => News::Received { text: words },
        Item::Reply => News::Reply {
            author: name,
            at,
            text: words,
        },
        Item::Answer => News::Answer {
            author: name,
            at,
            text: words,
        },
        Item::Resolved => News::Resolved {
            author: name,
            at,
            text: words,
        },
        Item::StatusChanged => News::StatusChanged,
        Item::DueChanged => News::DueChanged,
        Item::Assigned(_) => News::Assigned {
            by: name,
            requester: &ticket.requester.name,
            text: &opening,
        },
    };
    // To staff in their part as staff goes a plain link; whoever follows the ticket as a customer gets a key, whatever else they are.
    let follows = user.id == ticket.requester.id || ticket.is_watched_by(&user.id);
    let with_key = follows && !matches!(item, Item::Assigned(_) | Item::Answer) && user.role != Role::Administrator;
    send(
        handler,
        site,
        &Letter {
            ticket,
            entry,
            user,
            news,
            with_key,
        },
    )
    .await
}

/// What the requester wrote first.
async fn opening(handler: &Handler, ticket: &Ticket) -> Result<String, HandlerError> {
    let first = handler.store.entry(ticket.number, 1).await.map_err(table)?;
    Ok(first
        .entry
        .body
        .as_ref()
        .and_then(|body| body.text())
        .unwrap_or_default()
        .to_owned())
}
