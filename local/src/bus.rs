//! The bus: events matched against the template's rules, kept in the journal, delivered with growing pauses.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chamada_platform::{Clock, HandlerError, Outcome};
use serde_json::Value;
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::functions::{Function, Handlers};
use crate::journal::{Delivery, Journal, JournalError};
use crate::template::{Retry, Template};

/// The pause after the first failure; each further one doubles it.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// No pause is longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// How long the journal is left alone after it failed.
const JOURNAL_PAUSE: Duration = Duration::from_secs(1);

/// The pause after `attempts` failures.
#[must_use]
pub fn pause(attempts: u32) -> Duration {
    FIRST_PAUSE.saturating_mul(1 << attempts.min(12)).min(LONGEST_PAUSE)
}

/// The bus. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Bus {
    journal: Journal,
    template: Arc<Template>,
    clock: Clock,
    /// One for each function, in the order of [`Function::ALL`].
    due: Arc<[Notify; Function::ALL.len()]>,
}

impl Bus {
    /// A bus with the template's rules over `journal`.
    #[must_use]
    pub fn new(journal: Journal, template: Arc<Template>, clock: Clock) -> Self {
        Self {
            journal,
            template,
            clock,
            due: Arc::default(),
        }
    }

    /// Accepts events in EventBridge's shape. When it returns, the journal has them, once for each rule that matches.
    ///
    /// # Errors
    /// Where it has not.
    pub async fn put(&self, events: &[Value]) -> Result<(), JournalError> {
        let matching = events.iter().flat_map(|event| {
            let rules = self.template.rules.iter().filter(move |rule| rule.pattern.matches(event));
            rules.map(|rule| (rule.name.clone(), rule.function.clone(), event.clone()))
        });
        let deliveries: Vec<_> = matching.collect();
        if !deliveries.is_empty() {
            let mut functions: Vec<_> = deliveries.iter().filter_map(|(_, function, _)| Function::named(function)).collect();
            functions.dedup();
            self.journal.accept(deliveries, self.clock.now()).await?;
            functions.into_iter().for_each(|function| self.due_for(function).notify_waiters());
        }
        Ok(())
    }

    /// Looks for deliveries at once, as after a replay.
    pub fn wake(&self) {
        self.due.iter().for_each(Notify::notify_waiters);
    }

    fn due_for(&self, function: Function) -> &Notify {
        &self.due[function as usize]
    }

    /// Delivers until `stop`, then lets what has begun end; `relay` says whether mails go to one. Start it once.
    pub fn deliver(&self, handlers: &Handlers, relay: bool, stop: &CancellationToken, tasks: &TaskTracker) {
        for function in Function::ALL {
            let at_once = function.concurrency(relay);
            let worker = Worker {
                bus: self.clone(),
                function,
                handlers: handlers.clone(),
                at_once,
                slots: Arc::new(Semaphore::new(at_once)),
                under_way: Arc::default(),
                tasks: tasks.clone(),
            };
            tasks.spawn(worker.run(stop.clone()));
        }
    }

    fn retry(&self, rule: &str) -> Retry {
        let named = self.template.rules.iter().find(|candidate| candidate.name == rule);
        // What was replayed from the stream, or a rule that a newer template no longer has.
        named.map_or(
            Retry {
                attempts: 10,
                max_age: Duration::from_secs(86_400),
            },
            |rule| rule.retry,
        )
    }
}

struct Worker {
    bus: Bus,
    function: Function,
    handlers: Handlers,
    at_once: usize,
    slots: Arc<Semaphore>,
    under_way: Arc<Mutex<HashSet<i64>>>,
    tasks: TaskTracker,
}

impl Worker {
    async fn run(self, stop: CancellationToken) {
        loop {
            // Registered before looking, so that no event falls between.
            let accepted = self.bus.due_for(self.function).notified();
            tokio::pin!(accepted);
            accepted.as_mut().enable();
            let wait = match self.start_due(&stop).await {
                Ok(wait) => wait,
                Err(error) => {
                    tracing::error!(error = %error, "deliveries could not be read");
                    JOURNAL_PAUSE
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = accepted => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Starts what is due, as many as there are free places, until nothing is left. Says how long to wait for more.
    async fn start_due(&self, stop: &CancellationToken) -> Result<Duration, JournalError> {
        loop {
            // What was under way when the journal was asked may have ended since, and would look new.
            let before = self.busy().clone();
            let now = self.bus.clock.now();
            let (due, next) = self
                .bus
                .journal
                .due(self.function.name(), now, before.len() + self.at_once * 4)
                .await?;
            let fresh: Vec<_> = due.into_iter().filter(|delivery| !before.contains(&delivery.id)).collect();
            if fresh.is_empty() {
                let next = next.map(|ms| u64::try_from(i128::from(ms) - now.unix_timestamp_nanos() / 1_000_000).unwrap_or(1));
                return Ok(Duration::from_millis(next.unwrap_or(60_000).clamp(1, 60_000)));
            }
            for delivery in fresh {
                let slot = tokio::select! {
                    () = stop.cancelled() => return Ok(Duration::ZERO),
                    slot = Arc::clone(&self.slots).acquire_owned() => slot,
                };
                let Ok(slot) = slot else { return Ok(Duration::ZERO) };
                self.busy().insert(delivery.id);
                let work = deliver(
                    self.bus.clone(),
                    self.handlers.clone(),
                    self.function,
                    delivery,
                    Arc::clone(&self.under_way),
                );
                self.tasks.spawn(async move {
                    work.await;
                    drop(slot);
                });
            }
        }
    }

    fn busy(&self) -> std::sync::MutexGuard<'_, HashSet<i64>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn deliver(bus: Bus, handlers: Handlers, function: Function, delivery: Delivery, under_way: Arc<Mutex<HashSet<i64>>>) {
    let deadline = bus.clock.now() + bus.template.timeout(function.name());
    let outcome = call(&handlers, function, delivery.event.clone(), deadline, &bus.clock).await;
    let outcome = outcome.and_then(whole);
    let failed_once = outcome.is_err();
    let kept = match outcome {
        Ok(()) => bus.journal.done(delivery.id).await,
        Err(error) => {
            error.log();
            failed(&bus, &delivery, &error).await
        }
    };
    let again = kept.is_err() || failed_once;
    if let Err(error) = kept {
        // It stays in the journal and comes again, which every handler must bear.
        tracing::error!(error = %error, "the end of a delivery could not be kept");
        tokio::time::sleep(JOURNAL_PAUSE).await;
    }
    under_way.lock().unwrap_or_else(PoisonError::into_inner).remove(&delivery.id);
    if again {
        // Its new time may lie before the one that the worker waits for.
        bus.due_for(function).notify_waiters();
    }
}

/// Records that were replayed come as an event; those that the function names have failed again.
fn whole(answer: Value) -> Result<(), HandlerError> {
    match answer.get("batchItemFailures").and_then(Value::as_array) {
        Some(failures) if !failures.is_empty() => Err(HandlerError::retry("the function reported failed records")),
        _ => Ok(()),
    }
}

async fn failed(bus: &Bus, delivery: &Delivery, error: &HandlerError) -> Result<(), JournalError> {
    let now = bus.clock.now();
    let retry = bus.retry(&delivery.rule);
    let age_ms = now.unix_timestamp_nanos() / 1_000_000 - i128::from(delivery.first_ms);
    let too_old = age_ms > i128::try_from(retry.max_age.as_millis()).unwrap_or(i128::MAX);
    if error.outcome() == Outcome::Poison || delivery.attempts >= retry.attempts || too_old {
        bus.journal.bury(delivery, &error.to_string(), now).await
    } else {
        bus.journal.again(delivery.id, now + pause(delivery.attempts)).await
    }
}

/// Calls a function as Lambda does: cut off at its time limit, a panic is an error.
pub(crate) async fn call(
    handlers: &Handlers,
    function: Function,
    event: Value,
    deadline: time::OffsetDateTime,
    clock: &Clock,
) -> Result<Value, HandlerError> {
    let limit = Duration::try_from(deadline - clock.now()).unwrap_or_default();
    let work = tokio::spawn((handlers.of(function))(event, deadline));
    let abort = work.abort_handle();
    match tokio::time::timeout(limit, work).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_)) => Err(HandlerError::retry(format!("{} panicked", function.name()))),
        Err(_) => {
            abort.abort();
            Err(HandlerError::retry(format!("{} did not end in time", function.name())))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::handler;
    use serde_json::json;
    use std::sync::atomic::{AtomicU32, Ordering};

    fn handlers(notifier: crate::functions::Handler) -> Handlers {
        let nothing = handler(|_, _| async { Ok(Value::Null) });
        Handlers {
            outbox: nothing.clone(),
            notifier,
            mail_sweep: nothing.clone(),
            housekeeping: nothing.clone(),
            evidence: nothing,
        }
    }

    fn event(kind: &str) -> Value {
        json!({ "source": "chamada", "detail-type": kind, "detail": { "ticket": 1 } })
    }

    async fn until(mut done: impl AsyncFnMut() -> bool) {
        for _ in 0..500 {
            if done().await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("it did not happen within 5 s");
    }

    async fn start(path: &std::path::Path, notifier: crate::functions::Handler) -> (Bus, Journal, CancellationToken, TaskTracker) {
        let journal = Journal::open(path).unwrap();
        let bus = Bus::new(journal.clone(), Arc::new(Template::embedded().unwrap()), Clock::system());
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        bus.deliver(&handlers(notifier), false, &stop, &tasks);
        (bus, journal, stop, tasks)
    }

    #[tokio::test]
    async fn an_event_is_tried_again_until_it_is_handled() {
        let folder = tempfile::tempdir().unwrap();
        let calls = Arc::new(AtomicU32::new(0));
        let counter = Arc::clone(&calls);
        let notifier = handler(move |_, _| {
            let attempt = counter.fetch_add(1, Ordering::SeqCst);
            async move {
                if attempt == 0 {
                    Err(HandlerError::retry("not yet"))
                } else {
                    Ok(Value::Null)
                }
            }
        });
        let (bus, journal, stop, tasks) = start(&folder.path().join("j"), notifier).await;
        bus.put(&[event("ticket.opened"), event("nobody.hears")]).await.unwrap();
        until(async || journal.waiting().await.unwrap() == 0).await;
        assert_eq!(calls.load(Ordering::SeqCst), 2);
        assert!(journal.dead_letters().await.unwrap().is_empty());
        stop.cancel();
        tasks.close();
        tasks.wait().await;
    }

    #[tokio::test]
    async fn poison_and_panics_do_not_hold_up_the_rest() {
        let folder = tempfile::tempdir().unwrap();
        let handled = Arc::new(AtomicU32::new(0));
        let counter = Arc::clone(&handled);
        let notifier = handler(move |event, _| {
            let counter = Arc::clone(&counter);
            async move {
                match event["detail-type"].as_str() {
                    Some("ticket.bad") => return Err(HandlerError::poison("cannot be read")),
                    Some("ticket.panics") => panic!("on purpose"),
                    _ => counter.fetch_add(1, Ordering::SeqCst),
                };
                Ok(Value::Null)
            }
        });
        let (bus, journal, _stop, _tasks) = start(&folder.path().join("j"), notifier).await;
        let mut events = vec![event("ticket.bad"), event("ticket.panics")];
        events.extend((0..100).map(|_| event("ticket.message")));
        bus.put(&events).await.unwrap();
        until(async || handled.load(Ordering::SeqCst) == 100 && journal.dead_letters().await.unwrap().len() == 1).await;
        let dead = journal.dead_letters().await.unwrap();
        assert_eq!((dead[0].reason.as_str(), &dead[0].event), ("cannot be read", &event("ticket.bad")));
        until(async || journal.waiting().await.unwrap() == 1).await;
    }

    #[tokio::test]
    async fn what_was_not_handled_is_delivered_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("j");
        let stuck = handler(|_, _| std::future::pending());
        let (bus, journal, stop, _) = start(&path, stuck).await;
        bus.put(&[event("ticket.opened")]).await.unwrap();
        stop.cancel();
        drop((bus, journal));
        let handled = Arc::new(AtomicU32::new(0));
        let counter = Arc::clone(&handled);
        let notifier = handler(move |_, _| {
            counter.fetch_add(1, Ordering::SeqCst);
            async { Ok(Value::Null) }
        });
        let (_bus, journal, _stop, _tasks) = start(&path, notifier).await;
        until(async || journal.waiting().await.unwrap() == 0).await;
        assert_eq!(handled.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn pauses_grow_and_end() {
        assert_eq!(pause(0), Duration::from_millis(500));
        assert_eq!(pause(3), Duration::from_secs(4));
        assert_eq!(pause(99), LONGEST_PAUSE);
    }
}
