//! A proxy between the AWS SDK and the DynamoDB engine that does, by seed, what AWS does and the embedded engine never does.
//!
//! | fault | what the caller sees | was the write done |
//! |---|---|---|
//! | conflict | `TransactionCanceledException` with a reason `TransactionConflict`, or `TransactionConflictException` for a single write | no |
//! | throttle | `ProvisionedThroughputExceededException`, `ThrottlingException`, or a cancelled transaction with reason `ThrottlingError` | no |
//! | lost answer | the connection closes, at once or after a while, or 500 `InternalServerError` | **yes** |
//! | part of a batch | `UnprocessedKeys`, `UnprocessedItems` | the rest |
//! | late index | an index read that misses the newest writes | – |
//!
//! Error shapes are those of the DynamoDB API reference, 'Error handling with DynamoDB' and `TransactWriteItems`.

use crate::{
    dice,
    fault_answers::{MODEL, conflict, error, put_back, take_last, throttled},
    proxy::{Background, Call, Handler, Outcome, Proxy, Upstream},
    replica::Replica,
};
use serde_json::json;
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

/// How often which fault occurs. Rates are parts of the requests that the fault can befall, `0.0..=1.0`; their sum should stay under 1.
#[derive(Clone, Debug)]
pub struct Faults {
    /// The same seed gives the n-th request of an operation the same fate.
    pub seed: u64,
    /// Of writes and transactions: lost a race against another writer.
    pub conflict: f64,
    /// Of all reads and writes, and of reads of the stream.
    pub throttle: f64,
    /// Of writes: done, but the caller never learns it.
    pub lost_answer: f64,
    /// Of batches: the last entry is handed back undone.
    pub partial_batch: f64,
    /// How long, at most, a write takes to show in the indexes. Zero: indexes are as quick as the engine's.
    pub index_delay: Duration,
    /// How long a lost answer keeps the caller waiting in one of three cases, before the connection closes.
    pub hang: Duration,
    /// No operation meets more faults than this one after another, so that a caller who retries once more always gets through.
    pub in_a_row: u32,
}

impl Faults {
    /// No faults at all.
    #[must_use]
    pub fn none(seed: u64) -> Self {
        Self {
            seed,
            conflict: 0.0,
            throttle: 0.0,
            lost_answer: 0.0,
            partial_batch: 0.0,
            index_delay: Duration::ZERO,
            hang: Duration::from_millis(200),
            in_a_row: 2,
        }
    }

    /// A bad day on AWS: about one request in seven goes wrong, and indexes are up to 300 ms late.
    #[must_use]
    pub fn bad_day(seed: u64) -> Self {
        Self {
            conflict: 0.06,
            throttle: 0.04,
            lost_answer: 0.05,
            partial_batch: 0.1,
            index_delay: Duration::from_millis(300),
            ..Self::none(seed)
        }
    }
}

/// How many faults of each kind were injected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests seen, faulty or not.
    pub requests: u64,
    /// Conflicts.
    pub conflicts: u64,
    /// Throttled requests.
    pub throttled: u64,
    /// Writes that were done without an answer.
    pub lost_answers: u64,
    /// Batches of which a part was handed back.
    pub partial_batches: u64,
    /// Reads of an index while a write was still on its way to it.
    pub late_reads: u64,
}

/// The running proxy; it ends when dropped.
pub struct FaultProxy {
    proxy: Proxy,
    state: Arc<State>,
    _replica: Background,
}

impl FaultProxy {
    /// Starts a proxy before the engine at `upstream`.
    #[must_use]
    pub fn start(upstream: &str, faults: Faults) -> Self {
        Self::launch(Some(upstream.to_owned()), faults)
    }

    /// Starts a proxy whose engine is named later, by [`Self::attach`]; until then requests wait, for 30 s at most.
    #[must_use]
    pub fn unattached(faults: Faults) -> Self {
        Self::launch(None, faults)
    }

    fn launch(upstream: Option<String>, faults: Faults) -> Self {
        let replica = Replica::new(faults.seed, faults.index_delay);
        let threads = Background::new("replica");
        threads.spawn(Arc::clone(&replica).follow());
        let state = Arc::new(State {
            faults,
            replica,
            active: AtomicBool::new(true),
            fates: Mutex::default(),
            counts: Tally::default(),
        });
        Self {
            proxy: Proxy::start(upstream, Arc::clone(&state)),
            state,
            _replica: threads,
        }
    }

    /// Names the engine.
    pub fn attach(&self, upstream: &str) {
        self.proxy.attach(upstream);
    }

    /// Where the SDK should send its requests.
    #[must_use]
    pub fn url(&self) -> String {
        self.proxy.url()
    }

    /// What was injected so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.state.counts.read()
    }

    /// Switches faults (not the indexes' delay) off or on again, for looking at the outcome in quiet.
    pub fn set_active(&self, active: bool) {
        self.state.active.store(active, Ordering::SeqCst);
    }
}

#[derive(Default)]
struct Tally([AtomicU64; 6]);

impl Tally {
    fn add(&self, which: usize) {
        self.0[which].fetch_add(1, Ordering::SeqCst);
    }

    fn read(&self) -> Counts {
        let [requests, conflicts, throttled, lost_answers, partial_batches, late_reads] =
            [0, 1, 2, 3, 4, 5].map(|i| self.0[i].load(Ordering::SeqCst));
        Counts {
            requests,
            conflicts,
            throttled,
            lost_answers,
            partial_batches,
            late_reads,
        }
    }
}

struct State {
    faults: Faults,
    replica: Arc<Replica>,
    active: AtomicBool,
    /// Per operation: requests seen, and faults in a row.
    fates: Mutex<HashMap<String, (u64, u32)>>,
    counts: Tally,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Fine,
    Conflict,
    Throttle,
    LostAnswer,
    PartialBatch,
}

impl State {
    /// The fate of the next request of this operation, and its position among them.
    fn draw(&self, operation: &str) -> (Fate, u64) {
        let mut fates = self.fates.lock().expect("nothing panics while holding it");
        let (position, in_a_row) = fates.entry(operation.to_owned()).or_default();
        let n = *position;
        *position += 1;
        let drawn = if self.active.load(Ordering::SeqCst) {
            fate(&self.faults, operation, n)
        } else {
            Fate::Fine
        };
        let fate = if *in_a_row < self.faults.in_a_row { drawn } else { Fate::Fine };
        *in_a_row = if fate == Fate::Fine { 0 } else { *in_a_row + 1 };
        (fate, n)
    }

    async fn pass(&self, call: &Call, upstream: &mut Upstream) -> Outcome {
        let late_indexes = !self.faults.index_delay.is_zero();
        let answer = if late_indexes && is_write(&call.operation) {
            self.replica.write(call, upstream).await
        } else if let Some(table) = index_read(call).filter(|_| late_indexes) {
            self.replica.ensure(&table, call, upstream).await;
            let (answer, late) = self.replica.read(call, upstream).await;
            if late {
                self.counts.add(5);
            }
            answer
        } else {
            upstream.send(call).await
        };
        answer.map_or(Outcome::Hangup, Outcome::Answer)
    }

    async fn lose(&self, call: &Call, upstream: &mut Upstream, n: u64) -> Outcome {
        let done = self.pass(call, upstream).await;
        // A refusal is no lost write: hand it on, or the fault would hide the product's own mistakes.
        if !matches!(&done, Outcome::Answer(answer) if answer.ok()) {
            return done;
        }
        self.counts.add(3);
        match dice::below(self.faults.seed, "way of losing", n, 3) {
            0 => Outcome::Hangup,
            1 => {
                tokio::time::sleep(self.faults.hang).await;
                Outcome::Hangup
            }
            _ => Outcome::Answer(error(
                n,
                500,
                MODEL,
                "InternalServerError",
                "The request processing has failed because of an unknown error.",
            )),
        }
    }

    async fn hand_back(&self, call: &Call, upstream: &mut Upstream) -> Outcome {
        let mut request = call.json();
        let Some((table, entry)) = take_last(&mut request["RequestItems"], &call.operation) else {
            return self.pass(call, upstream).await;
        };
        let done = self.pass(&call.with_body(&request), upstream).await;
        let Outcome::Answer(mut answer) = done else { return done };
        if answer.ok() {
            let mut body = answer.json();
            let member = if call.operation == "BatchGetItem" {
                "UnprocessedKeys"
            } else {
                "UnprocessedItems"
            };
            if body[member].is_null() {
                body[member] = json!({});
            }
            put_back(&mut body[member], &table, entry, &call.operation);
            answer.set_body(&body);
            self.counts.add(4);
        }
        Outcome::Answer(answer)
    }
}

impl Handler for State {
    async fn handle(&self, call: Call, mut upstream: Upstream) -> Outcome {
        self.counts.add(0);
        let (fate, n) = self.draw(&call.operation);
        match fate {
            Fate::Fine => self.pass(&call, &mut upstream).await,
            Fate::Conflict => {
                self.counts.add(1);
                Outcome::Answer(conflict(&call, self.faults.seed, n))
            }
            Fate::Throttle => {
                self.counts.add(2);
                Outcome::Answer(throttled(&call, self.faults.seed, n))
            }
            Fate::LostAnswer => self.lose(&call, &mut upstream, n).await,
            Fate::PartialBatch => self.hand_back(&call, &mut upstream).await,
        }
    }
}

/// What the dice say about the n-th request of an operation: a pure function of seed, rates and position.
fn fate(faults: &Faults, operation: &str, n: u64) -> Fate {
    let (write, batch) = (is_write(operation), operation.starts_with("Batch"));
    let transact = operation.starts_with("Transact");
    let read = matches!(
        operation,
        "GetItem" | "Query" | "Scan" | "BatchGetItem" | "TransactGetItems" | "GetRecords"
    );
    let bands = [
        (Fate::Conflict, faults.conflict, (write || transact) && !batch),
        (Fate::Throttle, faults.throttle, write || read),
        (Fate::LostAnswer, faults.lost_answer, write),
        (Fate::PartialBatch, faults.partial_batch, batch),
    ];
    let mut thrown = dice::unit(faults.seed, operation, n);
    for (fate, rate, can) in bands {
        if can && thrown < rate {
            return fate;
        }
        thrown -= if can { rate } else { 0.0 };
    }
    Fate::Fine
}

fn is_write(operation: &str) -> bool {
    matches!(
        operation,
        "PutItem" | "UpdateItem" | "DeleteItem" | "TransactWriteItems" | "BatchWriteItem"
    )
}

/// The table of a read that names an index.
fn index_read(call: &Call) -> Option<String> {
    if !matches!(call.operation.as_str(), "Query" | "Scan") {
        return None;
    }
    let body = call.json();
    body.get("IndexName")?;
    body["TableName"].as_str().map(str::to_owned)
}
