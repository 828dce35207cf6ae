//! Fetching: the next messages are on their way while earlier ones are being stored, within a bound of memory.

use std::collections::VecDeque;
use std::sync::Arc;

use chamada_pop3::{Error, Session};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use crate::listing::{Seen, Wanted};

/// The largest message that is fetched, in bytes; of larger ones only the beginning is.
pub(crate) const LARGEST: u64 = 25 * 1024 * 1024;

/// What of a message that is too large is fetched.
const BEGINNING_LINES: u32 = 200;
const BEGINNING: u64 = 64 * 1024;

/// Memory for messages under way, in KiB. A message larger than that is under way alone.
const ROOM: u32 = 8 * 1024;
/// How many messages are under way at once.
const MOST_AT_ONCE: u32 = 32;

/// A message on its way.
pub(crate) struct Fetched {
    /// How the server lists it.
    pub(crate) wanted: Wanted,
    /// Its bytes.
    pub(crate) raw: Vec<u8>,
    /// Whether these are its beginning alone.
    pub(crate) beginning: bool,
    /// Its share of the memory, until it is in the ledger.
    pub(crate) room: OwnedSemaphorePermit,
}

/// A message to be fetched, or only its beginning.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    pub(crate) wanted: Wanted,
    pub(crate) beginning: bool,
}

/// Why a session cannot go on, and what another one should do.
#[derive(Debug)]
pub(crate) enum Broke {
    /// This message is too large, whatever size was listed: fetch its beginning.
    TooLarge(Seen),
    /// The listed sizes are not to be believed: fetch one message at a time.
    SizesLie,
    /// The server did not end this message's beginning; nothing is missing.
    Beginning,
    /// The connection failed in the middle of this message: leave it out.
    Failed(Seen, Error),
}

/// How the fetching ended.
#[derive(Debug, Default)]
pub(crate) struct Ended {
    /// Messages that the server refused to hand over.
    pub(crate) refused: usize,
    /// Why the session is of no more use, if it is not.
    pub(crate) broke: Option<Broke>,
}

/// Fetches messages one after the other, asking for the next ones ahead where the server allows it.
pub(crate) struct Fetcher<'a> {
    pub(crate) session: &'a mut Session,
    pub(crate) jobs: VecDeque<Job>,
    /// After this moment nothing more is asked for.
    pub(crate) stop: Instant,
    /// Whether listed sizes are to be believed.
    pub(crate) trusting: bool,
    pub(crate) send: UnboundedSender<Fetched>,
}

type Asked = VecDeque<(Wanted, OwnedSemaphorePermit)>;

impl Fetcher<'_> {
    /// Fetches until nothing is left, the time is over or the session broke.
    pub(crate) async fn run(mut self) -> Ended {
        let room = Arc::new(Semaphore::new(ROOM as usize));
        let mut ended = Ended::default();
        let mut asked = Asked::new();
        while ended.broke.is_none() {
            if let Err(broke) = self.ask_ahead(&room, &mut asked).await {
                ended.broke = Some(broke);
                break;
            }
            ended.broke = match asked.pop_front() {
                Some((wanted, permit)) => self.read(wanted, permit, &mut ended.refused).await.err(),
                None if self.is_over() => break,
                None => self.read_beginning(&room).await.err(),
            };
        }
        ended
    }

    fn is_over(&self) -> bool {
        self.jobs.is_empty() || Instant::now() >= self.stop
    }

    /// The memory that a message is granted, in KiB. Small ones count as more, so that not too many are under way.
    fn share(&self, size: u64) -> u32 {
        if !self.trusting {
            return ROOM;
        }
        // Servers count line ends in different ways.
        let generous = size.saturating_add(size / 4) / 1024 + 16;
        u32::try_from(generous).unwrap_or(ROOM).clamp(ROOM / MOST_AT_ONCE, ROOM)
    }

    async fn ask_ahead(&mut self, room: &Arc<Semaphore>, asked: &mut Asked) -> Result<(), Broke> {
        while self.session.outstanding() < self.session.pipeline_depth() && !self.is_over() {
            let Some(job) = self.jobs.front().filter(|job| !job.beginning) else {
                return Ok(());
            };
            let share = self.share(job.wanted.seen.size);
            // With answers outstanding, waiting for room could wait for ever: what would free it may be one of them.
            let permit = if asked.is_empty() {
                Arc::clone(room).acquire_many_owned(share).await.ok()
            } else {
                Arc::clone(room).try_acquire_many_owned(share).ok()
            };
            let Some(permit) = permit else { return Ok(()) };
            let Some(Job { wanted, .. }) = self.jobs.pop_front() else {
                return Ok(());
            };
            if let Err(error) = self.session.send_retr(wanted.seen.number).await {
                return Err(Broke::Failed(wanted.seen, error));
            }
            asked.push_back((wanted, permit));
        }
        Ok(())
    }

    async fn read(&mut self, wanted: Wanted, room: OwnedSemaphorePermit, refused: &mut usize) -> Result<(), Broke> {
        let granted = room.num_permits() as u64;
        let limit = if granted == u64::from(ROOM) { LARGEST } else { granted * 1024 };
        let expected = usize::try_from(wanted.seen.size.min(limit)).unwrap_or_default();
        let mut raw = Vec::with_capacity(expected);
        match self.session.read_retr(&mut raw, limit).await {
            Ok(_) => {
                self.hand_over(wanted, raw, false, room);
                Ok(())
            }
            Err(error) if !self.session.is_broken() => {
                tracing::warn!(code = error.code(), "the server refused to hand over a message");
                *refused += 1;
                Ok(())
            }
            Err(Error::TooLarge { .. }) if limit == LARGEST => Err(Broke::TooLarge(wanted.seen)),
            Err(Error::TooLarge { .. }) => Err(Broke::SizesLie),
            Err(error) => Err(Broke::Failed(wanted.seen, error)),
        }
    }

    /// Fetches the beginning of the next message, which is too large.
    async fn read_beginning(&mut self, room: &Arc<Semaphore>) -> Result<(), Broke> {
        let Some(Job { wanted, .. }) = self.jobs.pop_front() else {
            return Ok(());
        };
        let Ok(permit) = Arc::clone(room).acquire_many_owned(ROOM / MOST_AT_ONCE).await else {
            return Ok(());
        };
        let mut raw = Vec::new();
        match self.session.top(wanted.seen.number, BEGINNING_LINES, &mut raw, BEGINNING).await {
            Ok(_) => {
                self.hand_over(wanted, raw, true, permit);
                Ok(())
            }
            Err(Error::TooLarge { .. }) => {
                self.hand_over(wanted, raw, true, permit);
                Err(Broke::Beginning)
            }
            // A server without TOP: the ledger notes the message all the same.
            Err(_) if !self.session.is_broken() => {
                self.hand_over(wanted, Vec::new(), true, permit);
                Ok(())
            }
            Err(error) => Err(Broke::Failed(wanted.seen, error)),
        }
    }

    fn hand_over(&self, wanted: Wanted, raw: Vec<u8>, beginning: bool, room: OwnedSemaphorePermit) {
        let fetched = Fetched {
            wanted,
            raw,
            beginning,
            room,
        };
        // Nobody there to take it: the sweep has ended, and this task is about to.
        let _ = self.send.send(fetched);
    }
}
