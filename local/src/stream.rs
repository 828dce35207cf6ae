//! The stream's consumer: what Lambda's event source mapping does on AWS.
//!
//! Records are handled in order and at least once. The position is kept after each batch, and consumed records are deleted
//! from the engine then. What cannot be handled after its retries goes to the dead letters with its records, and the stream
//! goes on.

use std::sync::Arc;
use std::time::Duration;

use chamada_platform::{Clock, HandlerError, Outcome};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::bus::call;
use crate::engine::{EngineError, TableStream};
use crate::functions::{Function, Handlers};
use crate::journal::{Journal, JournalError};
use crate::template::StreamMapping;

/// Consumed records are deleted once there are this many, or when nothing else is to do.
const TRIM_AFTER: usize = 2_000;

/// Records read at once; filtered and cut into the mapping's batches afterwards.
const READ: usize = 500;

/// Without a write the stream is still looked at this often: a sweep of expired items by another process writes too.
const LOOK: Duration = Duration::from_secs(5);

/// Pauses between attempts begin here and double.
#[derive(Debug, Clone, Copy)]
pub struct Pauses {
    /// After the first failure.
    pub first: Duration,
    /// No longer than this.
    pub longest: Duration,
}

impl Default for Pauses {
    fn default() -> Self {
        Self {
            first: Duration::from_millis(100),
            longest: Duration::from_secs(5),
        }
    }
}

impl Pauses {
    fn after(self, attempts: u32) -> Duration {
        self.first.saturating_mul(1 << attempts.min(16)).min(self.longest)
    }
}

#[derive(Debug, thiserror::Error)]
enum StreamError {
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// Follows one table's stream for one function.
pub struct Follower {
    /// The stream.
    pub stream: TableStream,
    /// The template's mapping.
    pub mapping: Arc<StreamMapping>,
    /// The functions.
    pub handlers: Handlers,
    /// Keeps position and dead letters.
    pub journal: Journal,
    /// Tells the time.
    pub clock: Clock,
    /// A call's time limit.
    pub timeout: Duration,
    /// Between attempts.
    pub pauses: Pauses,
}

impl std::fmt::Debug for Follower {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Follower")
            .field("function", &self.mapping.function)
            .finish_non_exhaustive()
    }
}

/// Records that go to the function in one call, with the calls that failed on them.
struct Batch {
    records: Vec<Value>,
    attempts: u32,
}

impl Follower {
    /// Follows until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let mut writes = self.stream.writes();
        let mut consumed = 0;
        while !stop.is_cancelled() {
            writes.borrow_and_update();
            match self.step(&stop).await {
                Ok(0) => {
                    if consumed > 0 {
                        self.trim().await;
                        consumed = 0;
                    }
                    tokio::select! {
                        () = stop.cancelled() => return,
                        changed = writes.changed() => if changed.is_err() { return },
                        () = tokio::time::sleep(LOOK) => {}
                    }
                }
                Ok(count) => {
                    consumed += count;
                    if consumed >= TRIM_AFTER {
                        self.trim().await;
                        consumed = 0;
                    }
                }
                Err(error) => {
                    tracing::error!(error = %error, "the stream could not be followed");
                    tokio::time::sleep(self.pauses.longest).await;
                }
            }
        }
    }

    /// Handles what is there, keeping the position after each batch. Says how many records it went past.
    async fn step(&self, stop: &CancellationToken) -> Result<usize, StreamError> {
        let name = self.stream.arn();
        let position = self.journal.position(name).await?;
        let records = self.stream.read(position.as_deref(), READ).await?;
        let total = records.len();
        let mut wanted = Vec::with_capacity(self.mapping.batch_size);
        let mut last = None;
        for record in records {
            last = sequence(&record).map(str::to_owned).or(last);
            if self.wants(&record) {
                wanted.push(self.as_lambda_sees_it(record));
            }
            if wanted.len() == self.mapping.batch_size {
                if !self.handle(std::mem::take(&mut wanted), stop).await? {
                    return Ok(0);
                }
                self.keep(name, last.take()).await?;
            }
        }
        if !wanted.is_empty() && !self.handle(wanted, stop).await? {
            return Ok(0);
        }
        self.keep(name, last).await?;
        Ok(total)
    }

    async fn keep(&self, name: &str, last: Option<String>) -> Result<(), StreamError> {
        match last {
            Some(last) => Ok(self.journal.set_position(name, &last).await?),
            None => Ok(()),
        }
    }

    async fn trim(&self) {
        let trimmed = async {
            if let Some(position) = self.journal.position(self.stream.arn()).await? {
                // What the journal may forget in a power loss must still stand in the stream.
                self.journal.sync().await?;
                self.stream.trim(&position).await?;
            }
            Ok::<_, StreamError>(())
        };
        if let Err(error) = trimmed.await {
            tracing::warn!(error = %error, "consumed records could not be deleted; the next time will do");
        }
    }

    fn wants(&self, record: &Value) -> bool {
        self.mapping.filters.is_empty() || self.mapping.filters.iter().any(|filter| filter.matches(record))
    }

    fn as_lambda_sees_it(&self, mut record: Value) -> Value {
        record["eventSourceARN"] = self.stream.arn().into();
        record
    }

    /// Handles `records` in order, however many calls that takes. `false` when it was stopped before the end: what was done
    /// will be done again.
    async fn handle(&self, records: Vec<Value>, stop: &CancellationToken) -> Result<bool, StreamError> {
        let mut batches = vec![Batch { records, attempts: 0 }];
        while let Some(batch) = batches.pop() {
            if stop.is_cancelled() {
                return Ok(false);
            }
            match self.call(&batch.records).await {
                Ok(None) => {}
                Ok(Some(failed_at)) => {
                    let error = HandlerError::retry("the function reported a failed record");
                    self.part(batch, failed_at, &mut batches, &error, stop).await?;
                }
                Err(error) => {
                    error.log();
                    self.fail(batch, &mut batches, &error, stop).await?;
                }
            }
        }
        Ok(true)
    }

    /// The function's answer: `None` when all went well, else the first record that did not.
    async fn call(&self, records: &[Value]) -> Result<Option<usize>, HandlerError> {
        let function = Function::named(&self.mapping.function).ok_or_else(|| HandlerError::retry("no function takes the stream"))?;
        let deadline = self.clock.now() + self.timeout;
        let answer = call(&self.handlers, function, json!({ "Records": records }), deadline, &self.clock).await?;
        let failures = answer
            .get("batchItemFailures")
            .and_then(Value::as_array)
            .map(Vec::as_slice)
            .unwrap_or_default();
        if !self.mapping.report_failures || failures.is_empty() {
            return Ok(None);
        }
        let failed: Vec<_> = failures
            .iter()
            .map(|failure| failure.get("itemIdentifier").and_then(Value::as_str))
            .collect();
        let first = records.iter().position(|record| failed.contains(&sequence(record)));
        // As Lambda has it: a name that is none of the batch's fails all of it.
        Ok(Some(first.unwrap_or(0)))
    }

    /// Everything before `failed_at` is done. The failed record is tried alone next, so that the rest need not wait for its
    /// retries one by one again.
    async fn part(
        &self,
        mut batch: Batch,
        failed_at: usize,
        batches: &mut Vec<Batch>,
        error: &HandlerError,
        stop: &CancellationToken,
    ) -> Result<(), StreamError> {
        let mut rest = batch.records.split_off(failed_at);
        let after = rest.split_off(1);
        if !after.is_empty() {
            batches.push(Batch {
                records: after,
                attempts: 0,
            });
        }
        let alone = Batch {
            records: rest,
            attempts: batch.attempts,
        };
        self.fail(alone, batches, error, stop).await
    }

    /// A batch failed as a whole: cut it, try it again later, or give it up.
    async fn fail(
        &self,
        batch: Batch,
        batches: &mut Vec<Batch>,
        error: &HandlerError,
        stop: &CancellationToken,
    ) -> Result<(), StreamError> {
        let Batch { mut records, attempts } = batch;
        if self.mapping.bisect && records.len() > 1 {
            let second = records.split_off(records.len() / 2);
            batches.push(Batch { records: second, attempts });
            batches.push(Batch { records, attempts });
            return Ok(());
        }
        if error.outcome() == Outcome::Poison || attempts >= self.mapping.retries {
            let event = json!({ "Records": records });
            let function = &self.mapping.function;
            self.journal
                .bury_records(function, &event, &error.to_string(), attempts + 1, self.clock.now())
                .await?;
            return Ok(());
        }
        batches.push(Batch {
            records,
            attempts: attempts + 1,
        });
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(self.pauses.after(attempts)) => {}
        }
        Ok(())
    }
}

fn sequence(record: &Value) -> Option<&str> {
    record.pointer("/dynamodb/SequenceNumber").and_then(Value::as_str)
}
