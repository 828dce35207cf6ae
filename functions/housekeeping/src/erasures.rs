//! Erasures that were asked for are carried out: at once where the bus tells of one, and whatever was left over, every hour.

use chamada_domain::chain::ChainedEntry;
use chamada_domain::draft::{Draft, Pen};
use chamada_domain::entry::Event;
use chamada_domain::erase::has_words_of;
use chamada_domain::timestamp::days;
use chamada_domain::{Refusal, Ticket, TicketNumber, UserId, Via, bin};
use chamada_platform::{HandlerError, random};
use chamada_store::{Erasing, Erasure, StoreError, With};
use time::OffsetDateTime;

use crate::clear::clear;
use crate::{Handler, table};

/// How many are read at once.
const PAGE: u16 = 25;
/// For how many days an erased person is looked for: what was written at the moment of the erasure is noted a little later.
const LOOKED_FOR_DAYS: i64 = 1;

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Erased {
    /// Erasures of which nothing is left to be done.
    pub(crate) done: u64,
    /// Whether time was over before all was done.
    pub(crate) more: bool,
}

/// Carries out whatever is on record, until the time is over. One that fails keeps none of the others; the first failure is told at the end.
pub(crate) async fn finish(handler: &Handler, until: OffsetDateTime) -> Result<Erased, HandlerError> {
    let (mut erased, mut failed, mut start) = (Erased::default(), None, None);
    loop {
        let (erasures, next) = handler.store.erasures(start, PAGE).await.map_err(table)?;
        for erasure in erasures {
            if !handler.has_time(until) {
                erased.more = true;
                return failed.map_or(Ok(erased), Err);
            }
            match carry_out(handler, &erasure, until).await {
                Ok(done) => erased.done += u64::from(done),
                Err(error) => drop(failed.get_or_insert(error)),
            }
        }
        start = next;
        if start.is_none() {
            return failed.map_or(Ok(erased), Err);
        }
    }
}

/// Carries one out; whether nothing of it is left to be done.
pub(crate) async fn carry_out(handler: &Handler, erasure: &Erasure, until: OffsetDateTime) -> Result<bool, HandlerError> {
    match erasure {
        Erasure::Ticket { ticket, seq } => clear(handler, *ticket, *seq).await.map(|()| true),
        Erasure::Person(person) => erase_person(handler, person, until).await,
    }
}

async fn erase_person(handler: &Handler, person: &UserId, until: OffsetDateTime) -> Result<bool, HandlerError> {
    let Some(erasing) = handler.store.erasing(person).await.map_err(table)? else {
        return Ok(false);
    };
    // Whoever erased the account may have been killed before its doors were shut.
    handler.store.end_sessions(person).await.map_err(table)?;
    handler.store.end_tokens(person).await.map_err(table)?;
    let mut failed = None;
    for ticket in handler.store.tickets_with(person).await.map_err(table)? {
        if !handler.has_time(until) {
            return failed.map_or(Ok(false), Err);
        }
        if let Err(error) = erase_from(handler, person, &erasing, ticket).await {
            failed.get_or_insert(error);
        }
    }
    if let Some(error) = failed {
        return Err(error);
    }
    let over = erasing.since.plus(days(LOOKED_FOR_DAYS)) <= handler.now();
    if over && handler.store.tickets_with(person).await.map_err(table)?.is_empty() {
        handler.store.end_erasure(&Erasure::Person(person.clone())).await.map_err(table)?;
    }
    Ok(over)
}

/// Erases a person from one ticket, of which nothing is noted of them then.
async fn erase_from(handler: &Handler, person: &UserId, erasing: &Erasing, number: TicketNumber) -> Result<(), HandlerError> {
    let pen = system(handler);
    let decide = |ticket: Ticket, history: &[ChainedEntry]| {
        if ticket.erased || !has_words_of(history, person, erasing.address.as_ref()) {
            return Ok(Draft::of(ticket));
        }
        bin::erase_person(ticket, history, person, &pen, &mut random)
    };
    match change(handler, number, decide).await {
        Ok(_) | Err(StoreError::NotFound) => {}
        Err(error) => return Err(table(error)),
    }
    for seq in erased_at(handler, number, person).await? {
        clear(handler, number, seq).await?;
    }
    handler.store.forget_part(person, number).await.map_err(table)?;
    // Written while this was done, by a request that was under way: that found itself noted already.
    let history = handler.store.whole_history(number).await.map_err(table)?;
    if has_words_of(&history, person, erasing.address.as_ref()) {
        let part = [(person.clone(), number)];
        handler.store.note_parts(&part, handler.now()).await.map_err(table)?;
    }
    Ok(())
}

/// The entries that erased this person: more than one where words came after the first.
async fn erased_at(handler: &Handler, number: TicketNumber, person: &UserId) -> Result<Vec<u64>, HandlerError> {
    let history = handler.store.whole_history(number).await.map_err(table)?;
    let theirs = history.iter().filter(|chained| match &chained.entry.event {
        Event::Erased(erasure) => erasure.person.as_ref() == Some(person),
        _ => false,
    });
    Ok(theirs.map(|chained| chained.entry.seq).collect())
}

/// Changes a ticket, knowing its whole history, in nobody's name; whether there was something to change.
pub(crate) async fn change<D>(handler: &Handler, number: TicketNumber, decide: D) -> Result<bool, StoreError>
where
    D: FnMut(Ticket, &[ChainedEntry]) -> Result<Draft, Refusal>,
{
    handler
        .store
        .change_whole_ticket(number, &With::default(), decide)
        .await
        .map(|draft| !draft.is_empty())
}

/// As whom this function writes.
pub(crate) fn system(handler: &Handler) -> Pen {
    Pen {
        at: handler.now(),
        via: Via::System,
        author: None,
    }
}
