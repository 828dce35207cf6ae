//! One asked sweep, from taking the lease to the report.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chamada_domain::mailbox::{LastSweep, Mailbox, Sweep, SweepState, Verdict};
use chamada_domain::{MailboxId, SweepId, Timestamp};
use chamada_mail::MailKey;
use chamada_platform::{HandlerError, random};
use chamada_store::{Lease, StoreError};
use futures::FutureExt;
use serde_json::{Value, json};
use time::OffsetDateTime;
use tokio::time::{Duration, Instant, sleep};

use crate::round::rounds;
use crate::run::Run;
use crate::trouble::{Trouble, pause};
use crate::{Handler, unavailable};

/// How long before the deadline nothing more is fetched: what is under way is imported then, and the session ended.
const RESERVE: Duration = Duration::from_secs(60);
/// How long before the deadline the session is given up.
const LAST_MOMENT: Duration = Duration::from_secs(10);
/// How often the lease is renewed.
const RENEWAL: Duration = Duration::from_secs(20);
/// How long a lease may be used that could not be renewed; it holds for 90 s.
const GIVE_UP: Duration = Duration::from_secs(70);
/// How often a sweep without news says that it is alive.
const ALIVE: Duration = Duration::from_secs(30);

/// How far a sweep is. Shared by those who do the work and the one who writes it down.
pub(crate) struct Progress(Mutex<(Sweep, bool)>);

impl Progress {
    fn new(sweep: Sweep) -> Self {
        Self(Mutex::new((sweep, false)))
    }

    fn locked(&self) -> MutexGuard<'_, (Sweep, bool)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Sweep)) {
        let mut state = self.locked();
        change(&mut state.0);
        state.1 = true;
    }

    fn now(&self) -> Sweep {
        self.locked().0.clone()
    }

    /// What has changed since this was last asked.
    fn news(&self) -> Option<Sweep> {
        let mut state = self.locked();
        std::mem::take(&mut state.1).then(|| state.0.clone())
    }

    /// So many messages are still to be dealt with.
    pub(crate) fn found(&self, left: usize) {
        self.change(|sweep| sweep.counts.found = sweep.counts.done + left as u64);
    }

    /// So many bytes were fetched.
    pub(crate) fn fetched(&self, bytes: usize) {
        self.change(|sweep| sweep.counts.bytes += bytes as u64);
    }

    /// A message has its verdict; one that the ledger had all along has none, and was no find.
    pub(crate) fn finished(&self, verdict: Option<Verdict>) {
        self.change(|sweep| {
            let counts = &mut sweep.counts;
            let Some(verdict) = verdict else {
                counts.found = counts.found.saturating_sub(1);
                return;
            };
            counts.done += 1;
            *match verdict {
                Verdict::Imported => &mut counts.imported,
                Verdict::Reply => &mut counts.replies,
                Verdict::Ignored => &mut counts.ignored,
                Verdict::Duplicate => &mut counts.duplicates,
                Verdict::Oversize => &mut counts.oversize,
                Verdict::Quarantined => &mut counts.quarantined,
            } += 1;
        });
    }
}

impl Handler {
    /// Carries out an asked sweep. One that has ended is left alone, so that an event delivered twice does no harm.
    pub(crate) async fn sweep(&self, mailbox: &MailboxId, id: &SweepId, deadline: OffsetDateTime) -> Result<Value, HandlerError> {
        let mut sweep = match self.store.sweep(mailbox, id).await {
            Ok(sweep) => sweep,
            Err(StoreError::NotFound) => return Ok(json!({ "sweep": id, "state": "unknown" })),
            Err(error) => return Err(unavailable(error)),
        };
        if matches!(sweep.state, SweepState::Done | SweepState::Failed) {
            return Ok(json!({ "sweep": id, "state": sweep.state }));
        }
        let now = self.now();
        let owner = hex::encode(random::<8>());
        let lease = self.store.take_lease(mailbox, &owner, now).await.map_err(unavailable)?;
        let lease = lease.ok_or_else(|| HandlerError::retry("another sweep has this mailbox"))?;
        sweep.state = SweepState::Running;
        sweep.started_at = Some(now);
        sweep.counts = Default::default();
        self.store.save_sweep(&sweep, now).await.map_err(unavailable)?;
        let progress = Progress::new(sweep);
        let outcome = self.work(&lease, &progress, deadline).boxed().await;
        self.report(&lease, progress.now(), outcome).await
    }

    async fn work(&self, lease: &Lease, progress: &Progress, deadline: OffsetDateTime) -> Result<(), Trouble> {
        let left = Duration::try_from(deadline - self.platform.clock().now()).unwrap_or_default();
        let begin = Instant::now();
        let (stop, end) = (begin + left.saturating_sub(RESERVE), begin + left.saturating_sub(LAST_MOMENT));
        let mailbox = match self.store.mailbox(&lease.mailbox).await {
            Err(StoreError::NotFound) => return Err(Trouble::Removed),
            mailbox => mailbox?,
        };
        let key = MailKey::new(self.platform.parameters().key("mail-key").await?);
        let configuration = self.store.configuration().await?;
        let run = Arc::new(Run::new(self.clone(), mailbox, lease.clone(), key, configuration));
        // Whichever ends first drops the other: with the lease goes the connection, in the middle of whatever it does.
        tokio::select! {
            done = rounds(&run, progress, stop, end).boxed() => done,
            lost = self.beat(lease, progress) => Err(lost),
        }
    }

    /// Renews the lease and writes the progress down; ends only when the lease is lost.
    async fn beat(&self, lease: &Lease, progress: &Progress) -> Trouble {
        let (mut renewed, mut saved) = (Instant::now(), Instant::now());
        loop {
            sleep(Duration::from_secs(1)).await;
            let now = self.now();
            if renewed.elapsed() >= RENEWAL {
                match self.store.renew_lease(lease, now).await {
                    Ok(()) => renewed = Instant::now(),
                    Err(StoreError::LeaseLost) => return Trouble::LeaseLost,
                    Err(error) if renewed.elapsed() >= GIVE_UP => return error.into(),
                    Err(_) => {}
                }
            }
            let news = progress.news().or_else(|| (saved.elapsed() >= ALIVE).then(|| progress.now()));
            if let Some(sweep) = news {
                saved = Instant::now();
                if let Err(error) = self.store.save_sweep(&sweep, now).await {
                    tracing::warn!(error = %error, "a sweep's progress was not written down");
                }
            }
        }
    }

    async fn report(&self, lease: &Lease, mut sweep: Sweep, outcome: Result<(), Trouble>) -> Result<Value, HandlerError> {
        let now = self.now();
        if let Err(trouble) = &outcome {
            let cause = std::error::Error::source(trouble).map(ToString::to_string);
            let code = trouble.report().code;
            tracing::warn!(mailbox = %lease.mailbox, code, cause, "a mailbox could not be swept");
        }
        sweep.error = outcome.as_ref().err().map(Trouble::report);
        sweep.state = if outcome.is_ok() { SweepState::Done } else { SweepState::Failed };
        sweep.ended_at = Some(now);
        if matches!(outcome, Err(Trouble::LeaseLost)) {
            return self.report_lost(&sweep, now).await;
        }
        let whole = outcome.as_ref().err().is_some_and(Trouble::stops_all);
        self.note(&lease.mailbox, &sweep, whole, now).await.map_err(unavailable)?;
        // Before the end is told: whoever waits for it may ask for the next sweep at once, which needs the lease.
        match self.store.release_lease(lease).await {
            Ok(()) | Err(StoreError::LeaseLost) => {}
            Err(error) => return Err(unavailable(error)),
        }
        self.store.save_sweep(&sweep, now).await.map_err(unavailable)?;
        Ok(json!({ "sweep": sweep.id, "state": sweep.state, "done": sweep.counts.done }))
    }

    /// The mailbox's card: how it went, and when it is tried again; after a pause where the mailbox failed as a `whole`.
    async fn note(&self, mailbox: &MailboxId, sweep: &Sweep, whole: bool, now: Timestamp) -> Result<(), StoreError> {
        let error = sweep.error.clone();
        let set = |mailbox: &mut Mailbox| {
            let before = mailbox.last_sweep.as_ref().map_or(0, |last| last.failures);
            let failures = if whole { before.saturating_add(1) } else { 0 };
            mailbox.last_sweep = Some(LastSweep {
                at: now,
                next_attempt_at: error.as_ref().filter(|_| whole).map(|error| now.plus(pause(&error.code, failures))),
                error: error.clone(),
                failures,
            });
            Ok(())
        };
        match self.store.change_mailbox(mailbox, None, set).await {
            Ok(_) | Err(StoreError::NotFound) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Another sweep has the mailbox. If it is another run of this same sweep, the report is its own to write.
    async fn report_lost(&self, sweep: &Sweep, now: Timestamp) -> Result<Value, HandlerError> {
        let there = self.store.sweep(&sweep.mailbox, &sweep.id).await.map_err(unavailable)?;
        if there.started_at == sweep.started_at {
            self.store.save_sweep(sweep, now).await.map_err(unavailable)?;
        }
        Ok(json!({ "sweep": sweep.id, "state": "interrupted" }))
    }
}
