//! One message, from its bytes to the ledger.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use chamada_domain::mailbox::{LedgerEntry, Verdict};
use chamada_domain::{Refusal, TicketNumber};
use chamada_platform::failpoint;
use chamada_store::StoreError;
use futures::FutureExt;

use crate::fetch::Fetched;
use crate::judge::{Decision, Facts, judge};
use crate::listing::{Line, Mark};
use crate::lookup::{self, Known};
use crate::prepare::{Prepared, Reading, prepare};
use crate::run::Run;
use crate::trouble::Trouble;
use crate::window::Place;
use crate::write::{MOVED, Plan, commit};

/// A message that the ledger has now.
#[derive(Debug)]
pub(crate) struct Finished {
    /// Its number in this session.
    pub(crate) number: u32,
    /// Its line in the listing; nothing where the server gave it no name to list it by.
    pub(crate) line: Option<Line>,
    /// What became of it; nothing where the ledger had it before.
    pub(crate) verdict: Option<Verdict>,
    /// Whether it must stay on the server.
    pub(crate) mark: Mark,
}

/// The name in the ledger of a message that its UIDL does not name. It cannot be taken for a UIDL of another: no two messages have one digest.
fn digest_name(digest: &str) -> String {
    format!("sha256-{digest}")
}

impl Prepared {
    fn finished(&self, name: String, verdict: Option<Verdict>, mark: Mark) -> Finished {
        let seen = &self.wanted.seen;
        let line = seen.uidl.clone().map(|uidl| Line {
            uidl,
            size: seen.size,
            name,
            mark,
        });
        Finished {
            number: seen.number,
            line,
            verdict,
            mark,
        }
    }
}

/// Takes a message in: stores, reads, judges and writes it. Whatever is wrong with the message itself ends in the ledger, as quarantined; an
/// error is the table's, the lease's or S3's.
pub(crate) async fn import(run: Arc<Run>, fetched: Fetched, mut place: Place) -> Result<Finished, Trouble> {
    let prepared = prepare(&run, fetched).await?;
    place.name(lookup::keys(&prepared)).await;
    if let Some(finished) = known_before(&run, &prepared).await? {
        return Ok(finished);
    }
    let uidl = prepared.wanted.seen.uidl.clone().filter(|_| !prepared.wanted.by_digest);
    let mut plan = Plan {
        name: uidl.unwrap_or_else(|| digest_name(&prepared.digest)),
        decision: Decision::Quarantined("unreadable"),
        number: None,
        sender: None,
        at: run.now(),
    };
    decide(&run, &prepared, &mut place, &mut plan).await?;
    let verdict = settle(&run, &prepared, &mut plan).await?;
    failpoint::pass("after-commit");
    Ok(prepared.finished(plan.name, Some(verdict), Mark::of(verdict)))
}

/// A message that its name did not tell apart, and that the ledger has all the same.
async fn known_before(run: &Run, prepared: &Prepared) -> Result<Option<Finished>, Trouble> {
    if !prepared.wanted.by_digest {
        return Ok(None);
    }
    let mut names = vec![digest_name(&prepared.digest)];
    names.extend(prepared.wanted.seen.uidl.clone());
    let known = run.store().ledger(&run.mailbox.id, &names).await?;
    let same = known.into_iter().find(|(_, entry)| entry.digest == prepared.digest);
    Ok(same.map(|(name, entry)| prepared.finished(name, None, Mark::of(entry.state))))
}

/// Fills in what the message becomes; in its turn, when, and under which number.
async fn decide(run: &Run, prepared: &Prepared, place: &mut Place, plan: &mut Plan) -> Result<(), Trouble> {
    let known = match &prepared.reading {
        Ok(reading) => match AssertUnwindSafe(lookup::look_up(run, reading)).catch_unwind().await {
            Ok(known) => known.map(|known| Some((reading, known))),
            Err(_) => Ok(None),
        },
        Err(_) => Ok(None),
    };
    plan.decision = match (known?, &prepared.reading) {
        (Some((reading, known)), _) => {
            let decision = judged(run, reading, &known, plan);
            plan.sender = known.sender.user;
            decision
        }
        (None, Err(reason)) => Decision::Quarantined(reason),
        (None, Ok(_)) => Decision::Quarantined("panic"),
    };
    // Queued for before its turn: one request brings the numbers of all who wait, which else would each ask for their own in turn.
    let number = matches!(plan.decision, Decision::Open(_)).then(|| run.store().queue_for_number());
    place.turn().await;
    plan.at = run.now();
    if let Some(number) = number {
        plan.number = Some(number.take().await?);
    }
    place.decided();
    Ok(())
}

fn judged(run: &Run, reading: &Reading, known: &Known, plan: &Plan) -> Decision {
    judge(&Facts {
        duplicate_of: known.duplicate_of,
        own: reading.own,
        report: known.report,
        automatic: reading.mail.automatic.is_some(),
        thread: known.thread.clone(),
        has_sender: lookup::sender(&reading.mail).is_some(),
        sender: known.sender.user.as_ref(),
        authentication: reading.mail.authentication(run.mailbox.authserv_id.as_deref()),
        opened_this_hour: known.sender.opened,
        ignore_automatic: run.mailbox.ignore_automatic,
        settings: &run.configuration.settings,
        now: plan.at,
    })
}

/// How often a write is tried that the table did not answer.
const ATTEMPTS: u32 = 4;

/// Writes what was decided, and again where others or the table came between; what became of the message in the end.
async fn settle(run: &Run, prepared: &Prepared, plan: &mut Plan) -> Result<Verdict, Trouble> {
    let mut attempt = 0;
    loop {
        let written = AssertUnwindSafe(commit(run, prepared, plan)).catch_unwind().await;
        let error = match written {
            Ok(Ok(verdict)) => return Ok(verdict),
            Ok(Err(error)) => error,
            Err(_) => StoreError::Corrupt { what: "a panic" },
        };
        attempt += 1;
        match error {
            StoreError::LeaseLost => return Err(Trouble::LeaseLost),
            StoreError::Conflict("in_ledger") => {
                let there = run.store().ledger_entry(&run.mailbox.id, &plan.name).await?;
                if let Some(verdict) = same(&there, prepared) {
                    return Ok(verdict);
                }
                plan.name = digest_name(&prepared.digest);
            }
            StoreError::Refused(Refusal::Conflict(MOVED)) => decide_anew(run, prepared, plan).await?,
            // Its files waited longer than an upload may, and go: the next sweep brings it anew.
            StoreError::Conflict("upload_gone") => return Err(Trouble::Table(error)),
            StoreError::Conflict("duplicate") => plan.decision = duplicated(run, prepared).await?,
            error @ (StoreError::Unavailable { .. } | StoreError::Raced) => give_way(error, plan, attempt).await?,
            error => {
                tracing::warn!(error = %error, "a message could not be imported");
                plan.decision = Decision::Quarantined("import_failed");
            }
        }
        if attempt > ATTEMPTS * 2 {
            return Err(Trouble::Table(StoreError::Raced));
        }
    }
}

/// Judges a message again whose ticket was deleted, or merged into another, while it was being written.
async fn decide_anew(run: &Run, prepared: &Prepared, plan: &mut Plan) -> Result<(), Trouble> {
    let Ok(reading) = &prepared.reading else { return Ok(()) };
    let known = lookup::look_up(run, reading).await?;
    plan.decision = judged(run, reading, &known, plan);
    if matches!(plan.decision, Decision::Open(_)) && plan.number.is_none() {
        plan.number = Some(run.store().next_number().await?);
    }
    Ok(())
}

/// The verdict on this very message, if that is what stands there: another sweep's, or our own whose answer was lost.
fn same(there: &LedgerEntry, prepared: &Prepared) -> Option<Verdict> {
    (there.digest == prepared.digest).then_some(there.state)
}

/// Another mailbox brought the message while this one was being written.
async fn duplicated(run: &Run, prepared: &Prepared) -> Result<Decision, Trouble> {
    let identity = prepared.reading.as_ref().ok().and_then(|reading| lookup::identity(&reading.mail));
    let ticket: Option<TicketNumber> = match identity {
        Some(identity) => lookup::duplicate(run, &identity).await?,
        None => None,
    };
    Ok(ticket.map_or(Decision::Quarantined("import_failed"), Decision::Duplicate))
}

/// Waits before the next attempt. After some, the fault may lie in the message, not in the table: if the table takes it as quarantined, that
/// was so, and the others go on.
async fn give_way(error: StoreError, plan: &mut Plan, attempt: u32) -> Result<(), Trouble> {
    let quarantined = matches!(plan.decision, Decision::Quarantined(_));
    if attempt > ATTEMPTS || (attempt == ATTEMPTS && quarantined) {
        return Err(Trouble::Table(error));
    }
    if attempt == ATTEMPTS {
        plan.decision = Decision::Quarantined("import_failed");
    }
    tokio::time::sleep(std::time::Duration::from_millis(100 << attempt)).await;
    Ok(())
}
