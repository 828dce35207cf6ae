//! One session with the mail server: list, fetch, import, delete, quit.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chamada_domain::mailbox::AfterImport;
use chamada_platform::{ObjectError, failpoint};
use chamada_pop3::{Error, Session};
use futures::{StreamExt, TryStreamExt, stream};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinSet;
use tokio::time::{Duration, Instant};

use crate::connect::connect;
use crate::fetch::{Broke, Ended, Fetched, Fetcher, Job, LARGEST};
use crate::listing::{Line, Listing, Mark, Seen, Wanted, is_usable, renew, settle, sort, times};
use crate::message::{Finished, import};
use crate::run::Run;
use crate::sweep::Progress;
use crate::trouble::Trouble;
use crate::window::Window;

/// The largest listing that is read back; where it is longer, the table is asked.
const LARGEST_LISTING: usize = 48 * 1024 * 1024;
/// How many sessions one sweep may take, each after one that broke.
const MOST_ROUNDS: usize = 10;
/// How old the last renewal of the lease may be while messages are being deleted.
const RENEWED_WITHIN: Duration = Duration::from_secs(20);

/// What the sessions of one sweep have learnt.
#[derive(Default)]
struct Learnt {
    too_large: HashSet<String>,
    left_out: HashSet<String>,
    sizes_lie: bool,
    /// Why the first message was left out.
    trouble: Option<Trouble>,
}

/// What tells a message from others from session to session.
fn label(seen: &Seen) -> String {
    seen.uidl.clone().unwrap_or_else(|| format!("#{}", seen.number))
}

impl Learnt {
    fn note(&mut self, broke: Broke) {
        match broke {
            Broke::TooLarge(seen) => drop(self.too_large.insert(label(&seen))),
            Broke::SizesLie => self.sizes_lie = true,
            Broke::Beginning => {}
            Broke::Failed(seen, error) => {
                self.left_out.insert(label(&seen));
                self.trouble.get_or_insert(Trouble::LeftOut(error));
            }
        }
    }

    /// What to do with each message, in their order.
    fn jobs(&self, wanted: Vec<Wanted>) -> Vec<Job> {
        let job = |wanted: Wanted| Job {
            beginning: wanted.seen.size > LARGEST || self.too_large.contains(&label(&wanted.seen)),
            wanted,
        };
        let kept = wanted.into_iter().filter(|wanted| !self.left_out.contains(&label(&wanted.seen)));
        kept.map(job).collect()
    }
}

/// Sweeps the mailbox: a session, and another where one broke over a message, so that no message stops the others.
pub(crate) async fn rounds(run: &Arc<Run>, progress: &Progress, stop: Instant, end: Instant) -> Result<(), Trouble> {
    let mut learnt = Learnt::default();
    for _ in 0..MOST_ROUNDS {
        let time = end.saturating_duration_since(Instant::now()).max(Duration::from_secs(1));
        let session = connect(&run.handler, &run.mailbox, time).await?;
        let round = Round { run, progress, session };
        match round.go(&learnt, stop).await? {
            Some(broke) => learnt.note(broke),
            None => return learnt.trouble.map_or(Ok(()), Err),
        }
    }
    Err(learnt.trouble.unwrap_or(Trouble::Withheld(1)))
}

struct Round<'a> {
    run: &'a Arc<Run>,
    progress: &'a Progress,
    session: Session,
}

/// What is to be done with the mailbox once the new messages are in.
struct Remaining {
    kept: Listing,
    known: Vec<(u32, Line)>,
    /// How often each UIDL is listed.
    listed: HashMap<String, usize>,
}

impl Round<'_> {
    /// One session from listing to QUIT; why it broke, if it did. Nothing but its end deletes anything.
    async fn go(mut self, learnt: &Learnt, stop: Instant) -> Result<Option<Broke>, Trouble> {
        let seen = list(&mut self.session).await?;
        let (remaining, wanted) = self.compare(seen).await?;
        let jobs = learnt.jobs(wanted);
        self.progress.found(jobs.len());
        let (send, receive) = unbounded_channel();
        let fetcher = Fetcher {
            session: &mut self.session,
            jobs: jobs.into(),
            stop,
            trusting: !learnt.sizes_lie,
            send,
        };
        let fetching = async { Ok(fetcher.run().await) };
        let (Ended { refused, broke }, finished) = tokio::try_join!(fetching, take_in(self.run, self.progress, receive))?;
        if broke.is_some() {
            return Ok(broke);
        }
        self.finish(remaining, finished).await?;
        if refused > 0 { Err(Trouble::Withheld(refused)) } else { Ok(None) }
    }

    /// Tells new messages from known ones.
    async fn compare(&self, seen: Vec<Seen>) -> Result<(Remaining, Vec<Wanted>), Trouble> {
        let kept = load(self.run).await?;
        let listed = times(&seen);
        let sorted = sort(seen, &kept);
        let names: Vec<String> = sorted.ask.iter().filter_map(|seen| seen.uidl.clone()).collect();
        let ledger = self.run.store().ledger(&self.run.mailbox.id, &names).await?;
        let (known, wanted) = settle(sorted, &ledger);
        Ok((Remaining { kept, known, listed }, wanted))
    }

    /// Everything fetched is in the ledger: deletes what is to be deleted, keeps the listing, and ends the session.
    async fn finish(mut self, remaining: Remaining, finished: Vec<Finished>) -> Result<(), Trouble> {
        let known = remaining.known.into_iter().map(|(number, line)| (number, line.mark, Some(line)));
        let new = finished.into_iter().map(|finished| (finished.number, finished.mark, finished.line));
        let mut all: Vec<(u32, Mark, Option<Line>)> = known.chain(new).collect();
        let deletes = self.run.mailbox.after_import == AfterImport::Delete;
        if deletes {
            self.delete(&mut all).await?;
        }
        let lines = all.into_iter().filter_map(|(_, _, line)| line).collect();
        let before = remaining.kept.text();
        let (listing, gone) = renew(remaining.kept, &remaining.listed, lines);
        if deletes {
            self.forget(&gone).await?;
        }
        // Before QUIT: a name that is deleted and not in the kept listing would never end, and its next bearer never be fetched.
        let text = listing.text();
        if text != before {
            save(self.run, text).await?;
        }
        self.renew().await?;
        failpoint::pass("before-quit");
        if let Err(error) = self.session.quit().await {
            // Whatever the server did not delete, the ledger knows next time.
            tracing::warn!(code = error.code(), "the server did not confirm the end of a session");
        }
        Ok(())
    }

    async fn renew(&self) -> Result<(), Trouble> {
        Ok(self.run.store().renew_lease(&self.run.lease, self.run.now()).await?)
    }

    /// Has the server delete every message that is dealt with and need not stay.
    async fn delete(&mut self, all: &mut [(u32, Mark, Option<Line>)]) -> Result<(), Trouble> {
        let depth = self.session.pipeline_depth();
        let mut due: Vec<_> = all.iter_mut().filter(|(_, mark, _)| *mark != Mark::Kept).collect();
        let mut renewed = None;
        for batch in due.chunks_mut(depth) {
            if renewed.is_none_or(|at: Instant| at.elapsed() > RENEWED_WITHIN) {
                self.renew().await?;
                renewed = Some(Instant::now());
            }
            for (number, ..) in batch.iter() {
                failpoint::pass("before-dele");
                self.session.send_dele(*number).await?;
            }
            for (_, _, line) in batch.iter_mut() {
                match self.session.read_dele().await {
                    Ok(()) => line.iter_mut().for_each(|line| line.mark = Mark::Deleted),
                    // It stays, and is known the next time.
                    Err(Error::Rejected { .. }) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(())
    }

    /// Ends the ledger's entries of messages that the server no longer has.
    async fn forget(&self, gone: &[String]) -> Result<(), Trouble> {
        let now = self.run.now();
        let portions: Vec<Vec<String>> = gone.chunks(16).map(<[String]>::to_vec).collect();
        let ended = stream::iter(portions).map(|names| {
            let run = Arc::clone(self.run);
            async move { run.store().end_ledger(&run.mailbox.id, &names, now).await }
        });
        Ok(ended.buffer_unordered(8).try_collect().await?)
    }
}

/// What the server lists. A message without a usable UIDL is told apart by its digest.
async fn list(session: &mut Session) -> Result<Vec<Seen>, Trouble> {
    let sizes = session.list().await?;
    let ids = match session.uidl().await {
        Ok(ids) => ids,
        // The server has no UIDL.
        Err(Error::Rejected { .. } | Error::Unsupported { .. }) => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    let mut uidls: HashMap<u32, String> = ids
        .iter()
        .map(|id| (id.number, id.key()))
        .filter(|(_, key)| is_usable(key))
        .collect();
    let mut numbers = HashSet::new();
    let each = sizes.into_iter().filter(|listed| numbers.insert(listed.number));
    let seen = each.map(|listed| Seen {
        number: listed.number,
        size: listed.size,
        uidl: uidls.remove(&listed.number),
    });
    Ok(seen.collect())
}

/// Imports what comes; all that were imported, once the fetching has ended and all are in the ledger.
async fn take_in(run: &Arc<Run>, progress: &Progress, mut receive: UnboundedReceiver<Fetched>) -> Result<Vec<Finished>, Trouble> {
    let mut window = Window::default();
    let mut tasks = JoinSet::new();
    let mut finished = Vec::new();
    let mut coming = true;
    while coming || !tasks.is_empty() {
        tokio::select! {
            fetched = receive.recv(), if coming => match fetched {
                Some(fetched) => {
                    progress.fetched(fetched.raw.len());
                    tasks.spawn(import(Arc::clone(run), fetched, window.place()));
                }
                None => coming = false,
            },
            Some(ended) = tasks.join_next() => {
                let ended = ended.map_err(|_| Trouble::Task)??;
                progress.finished(ended.verdict);
                finished.push(ended);
            }
        }
    }
    Ok(finished)
}

fn listing_key(run: &Run) -> String {
    format!("listing/{}", run.mailbox.id)
}

async fn load(run: &Run) -> Result<Listing, Trouble> {
    let platform = &run.handler.platform;
    let bucket = &platform.config().mail_bucket;
    match platform.objects().get(bucket, &listing_key(run), LARGEST_LISTING).await {
        Ok(bytes) => Ok(Listing::read(&String::from_utf8_lossy(&bytes))),
        Err(ObjectError::NotFound | ObjectError::TooLarge { .. }) => Ok(Listing::default()),
        Err(ObjectError::Service(error)) => Err(error.into()),
    }
}

async fn save(run: &Run, listing: String) -> Result<(), Trouble> {
    let platform = &run.handler.platform;
    let bucket = &platform.config().mail_bucket;
    Ok(platform.objects().put(bucket, &listing_key(run), listing, "text/plain").await?)
}
