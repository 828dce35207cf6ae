//! Reading tickets and their histories.

use chamada_domain::chain::ChainedEntry;
use chamada_domain::verify::{Found, Verdict, verify};
use chamada_domain::{Ticket, TicketNumber};

use crate::error::StoreError;
use crate::item::{Item, ItemExt};
use crate::keys;
use crate::store::{Page, Range, Store};

/// A ticket with its newest entries.
#[derive(Debug, Clone)]
pub struct TicketPage {
    /// The ticket.
    pub ticket: Ticket,
    /// The newest entries, oldest first.
    pub entries: Vec<ChainedEntry>,
}

impl TicketPage {
    /// The lowest `seq` of the page, where older entries remain.
    #[must_use]
    pub fn older(&self) -> Option<u64> {
        self.entries.first().map(|first| first.entry.seq).filter(|seq| *seq > 1)
    }
}

/// How many items one `BatchGetItem` is asked for: entries may be long, and one answer holds 16 MB.
const AT_ONCE: usize = 25;

impl Store {
    /// A ticket as it is now.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn ticket(&self, number: TicketNumber) -> Result<Ticket, StoreError> {
        let item = self
            .read(&keys::ticket(number), keys::META, true)
            .await?
            .ok_or(StoreError::NotFound)?;
        read_ticket(&item, number)
    }

    /// A ticket with its newest `limit` entries, in one round trip.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn ticket_page(&self, number: TicketNumber, limit: u16) -> Result<TicketPage, StoreError> {
        let pk = keys::ticket(number);
        let range = Range {
            pk: &pk,
            between: Some(("H#", keys::META)),
            forward: false,
            consistent: true,
            limit: Some(i32::from(limit) + 1),
            start: None,
        };
        let mut items = self.page(range).await?.items.into_iter();
        let meta = items
            .next()
            .filter(|item| item.text("sk").is_ok_and(|sk| sk == keys::META))
            .ok_or(StoreError::NotFound)?;
        let mut entries = items.map(|item| read_entry(&item)).collect::<Result<Vec<_>, _>>()?;
        entries.reverse();
        Ok(TicketPage {
            ticket: read_ticket(&meta, number)?,
            entries,
        })
    }

    /// Up to `limit` entries before `seq`, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Corrupt`].
    pub async fn entries_before(&self, number: TicketNumber, seq: u64, limit: u16) -> Result<Vec<ChainedEntry>, StoreError> {
        let (pk, last) = (keys::ticket(number), keys::entry(seq.saturating_sub(1)));
        let range = Range {
            pk: &pk,
            between: Some(("H#", &last)),
            forward: false,
            consistent: true,
            limit: Some(i32::from(limit)),
            start: None,
        };
        let mut entries = read_entries(&self.page(range).await?)?;
        entries.reverse();
        Ok(entries)
    }

    /// Up to `limit` entries after `seq`, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Corrupt`].
    pub async fn entries_after(&self, number: TicketNumber, seq: u64, limit: u16) -> Result<Vec<ChainedEntry>, StoreError> {
        let (pk, first) = (keys::ticket(number), keys::entry(seq.saturating_add(1)));
        let range = Range {
            pk: &pk,
            between: Some((&first, "H#~")),
            forward: true,
            consistent: true,
            limit: Some(i32::from(limit)),
            start: None,
        };
        read_entries(&self.page(range).await?)
    }

    /// One entry.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn entry(&self, number: TicketNumber, seq: u64) -> Result<ChainedEntry, StoreError> {
        let item = self
            .read(&keys::ticket(number), &keys::entry(seq), true)
            .await?
            .ok_or(StoreError::NotFound)?;
        read_entry(&item)
    }

    /// Some entries, each of its ticket, in one round trip for every 25; what is wrong with one is said of that one. No place
    /// may be named twice.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn entries_at(&self, places: &[(TicketNumber, u64)]) -> Result<Vec<Result<ChainedEntry, StoreError>>, StoreError> {
        let mut entries = Vec::with_capacity(places.len());
        for chunk in places.chunks(AT_ONCE) {
            let wanted: Vec<_> = chunk
                .iter()
                .map(|(number, seq)| (keys::ticket(*number), keys::entry(*seq)))
                .collect();
            let items = self.read_all(&wanted).await?;
            entries.extend(items.iter().map(|item| read_entry(item.as_ref().ok_or(StoreError::NotFound)?)));
        }
        Ok(entries)
    }

    /// The whole history as it lies in the table, for checking: what cannot be read is named by its place.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn history(&self, number: TicketNumber) -> Result<Vec<Found>, StoreError> {
        let items = self.all(&keys::ticket(number), Some(keys::ENTRIES)).await?;
        Ok(items.iter().map(find_entry).collect())
    }

    /// Checks the whole history of a ticket that was read just now; the ticket as it was checked. What is written between the two reads makes no
    /// history wrong.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; as [`Store::ticket`].
    pub async fn verified(&self, mut ticket: Ticket) -> Result<(Ticket, Verdict), StoreError> {
        let mut history = self.history(ticket.number).await?;
        let read = history.len() as u64;
        if read > ticket.last_seq {
            // Written meanwhile, or put behind the head by somebody: the ticket tells, as it is now, and with it what it has beyond what was read.
            ticket = self.ticket(ticket.number).await?;
            if read < ticket.last_seq {
                let (first, last) = (keys::entry(read + 1), keys::entry(ticket.last_seq));
                let items = self.all(&keys::ticket(ticket.number), Some((&first, &last))).await?;
                history.extend(items.iter().map(find_entry));
            }
        }
        let verdict = verify(&ticket, &history);
        Ok((ticket, verdict))
    }
}

/// A ticket's state, if it is this ticket's: the hashes of older histories don't hold the number.
pub(crate) fn read_ticket(item: &Item, number: TicketNumber) -> Result<Ticket, StoreError> {
    let mut ticket: Ticket = item.json("row")?;
    ticket.held = item.contains_key("held");
    let same = ticket.number == number && item.number("last_seq")? == ticket.last_seq && item.number("version")? == ticket.version;
    if same {
        Ok(ticket)
    } else {
        Err(StoreError::Corrupt {
            what: "a ticket is not what its item says",
        })
    }
}

pub(crate) fn read_entry(item: &Item) -> Result<ChainedEntry, StoreError> {
    Ok(ChainedEntry {
        entry: item.json("e")?,
        previous_hash: item.text("p")?.to_owned(),
        hash: item.text("h")?.to_owned(),
    })
}

fn read_entries(page: &Page) -> Result<Vec<ChainedEntry>, StoreError> {
    page.items.iter().map(read_entry).collect()
}

fn find_entry(item: &Item) -> Found {
    let seq = item.text("sk").ok().and_then(keys::entry_seq).unwrap_or(0);
    let parts = (item.text("e"), item.text("p"), item.text("h"));
    match parts {
        (Ok(entry), Ok(previous), Ok(hash)) => ChainedEntry::from_stored(seq, entry, previous, hash),
        _ => Found::Unreadable { seq },
    }
}
