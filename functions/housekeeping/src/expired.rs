//! Tickets whose time is over are erased: deleted ones after 30 days, and those that a stranger opened in the name of somebody who never came.

use chamada_domain::chain::ChainedEntry;
use chamada_domain::{Ticket, TicketNumber, bin};
use chamada_platform::{HandlerError, random};
use chamada_store::Position;
use time::OffsetDateTime;

use crate::erasures::{change, system};
use crate::{Handler, table};

/// How many are read at once.
const PAGE: u16 = 25;

/// Writes the erasure of all that are due, until the time is over: how many, and whether there are more. One that fails keeps none of the others; the
/// first failure is told at the end.
pub(crate) async fn erase(handler: &Handler, until: OffsetDateTime) -> Result<(u64, bool), HandlerError> {
    let held_days = handler.store.configuration().await.map_err(table)?.settings.magic_link_days;
    let (mut done, mut failed) = (0, None);
    for which in handler.store.waiting_tickets(handler.now(), held_days) {
        let mut start: Option<Position> = None;
        loop {
            let page = handler.store.waiting(&which, start, PAGE).await.map_err(table)?;
            for ticket in page.0 {
                if !handler.has_time(until) {
                    return failed.map_or(Ok((done, true)), Err);
                }
                match expire(handler, ticket, held_days).await {
                    Ok(expired) => done += u64::from(expired),
                    Err(error) => drop(failed.get_or_insert(error)),
                }
            }
            start = page.1;
            if start.is_none() {
                break;
            }
        }
    }
    failed.map_or(Ok((done, false)), Err)
}

/// Whether it was due: it may have come back just now.
async fn expire(handler: &Handler, number: TicketNumber, held_days: u16) -> Result<bool, HandlerError> {
    let pen = system(handler);
    let decide = |ticket: Ticket, history: &[ChainedEntry]| bin::expire(ticket, history, held_days, &pen, &mut random);
    change(handler, number, decide).await.map_err(table)
}
