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
    proxy::{Answer, Background, Call, Handler, Outcome, Proxy, Upstream},
    replica::Replica,
};
use serde_json::{Value, json};
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
        Self { conflict: 0.06, throttle: 0.04, lost_answer: 0.05, partial_batch: 0.1, index_delay: Duration::from_millis(300), ..Self::none(seed) }
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
        let state = Arc::new(State { faults, replica, active: AtomicBool::new(true), fates: Mutex::default(), counts: Tally::default() });
        Self { proxy: Proxy::start(upstream, Arc::clone(&state)), state, _replica: threads }
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
        let [requests, conflicts, throttled, lost_answers, partial_batches, late_reads] = [0, 1, 2, 3, 4, 5].map(|i| self.0[i].load(Ordering::SeqCst));
        Counts { requests, conflicts, throttled, lost_answers, partial_batches, late_reads }
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
        let drawn = if self.active.load(Ordering::SeqCst) { fate(&self.faults, operation, n) } else { Fate::Fine };
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
            _ => Outcome::Answer(error(n, 500, MODEL, "InternalServerError", "The request processing has failed because of an unknown error.")),
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
            let member = if call.operation == "BatchGetItem" { "UnprocessedKeys" } else { "UnprocessedItems" };
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
    let read = matches!(operation, "GetItem" | "Query" | "Scan" | "BatchGetItem" | "TransactGetItems" | "GetRecords");
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
    matches!(operation, "PutItem" | "UpdateItem" | "DeleteItem" | "TransactWriteItems" | "BatchWriteItem")
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

const MODEL: &str = "com.amazonaws.dynamodb.v20120810";
const AVAILABILITY: &str = "com.amazon.coral.availability";

fn request_id(n: u64) -> String {
    format!("FAULT{n:047}")
}

fn error(n: u64, status: u16, namespace: &str, code: &str, message: &str) -> Answer {
    // The member is `message` in most of DynamoDB's errors, `Message` in a cancelled transaction.
    Answer::from_json(status, &request_id(n), &json!({"__type": format!("{namespace}#{code}"), "message": message}))
}

fn conflict(call: &Call, seed: u64, n: u64) -> Answer {
    if call.operation.starts_with("Transact") {
        return cancelled(call, seed, n, "TransactionConflict", "Transaction is ongoing for the item");
    }
    error(n, 400, MODEL, "TransactionConflictException", "Transaction is ongoing for the item")
}

fn throttled(call: &Call, seed: u64, n: u64) -> Answer {
    let exceeded = "The level of configured provisioned throughput for the table was exceeded. Consider increasing your provisioning level with the UpdateTable API.";
    match dice::below(seed, "way of throttling", n, 3) {
        0 if call.operation.starts_with("Transact") => cancelled(call, seed, n, "ThrottlingError", "Throughput exceeds the current capacity for one or more global secondary indexes."),
        1 => error(n, 400, AVAILABILITY, "ThrottlingException", "Rate of requests exceeds the allowed throughput."),
        _ => error(n, 400, MODEL, "ProvisionedThroughputExceededException", exceeded),
    }
}

/// A cancelled transaction with one faulty member: reasons stand in the order of the request, `None` for those without fault.
fn cancelled(call: &Call, seed: u64, n: u64, code: &str, message: &str) -> Answer {
    let members = call.json()["TransactItems"].as_array().map_or(1, |items| items.len().max(1));
    let faulty = usize::try_from(dice::below(seed, "faulty member", n, members as u64)).unwrap_or(0);
    let codes: Vec<&str> = (0..members).map(|i| if i == faulty { code } else { "None" }).collect();
    let reasons: Vec<Value> = codes.iter().map(|c| if *c == "None" { json!({"Code": "None"}) } else { json!({"Code": c, "Message": message}) }).collect();
    let words = format!("Transaction cancelled, please refer cancellation reasons for specific reasons [{}]", codes.join(", "));
    let body = json!({"__type": format!("{MODEL}#TransactionCanceledException"), "CancellationReasons": reasons, "Message": words});
    Answer::from_json(400, &request_id(n), &body)
}

/// Takes the last entry out of a batch; `None` where it has but one, for AWS always does some of a batch.
fn take_last(tables: &mut Value, operation: &str) -> Option<(String, Value)> {
    let tables = tables.as_object_mut()?;
    let list = |entry: &Value| if operation == "BatchGetItem" { entry["Keys"].as_array().map(Vec::len) } else { entry.as_array().map(Vec::len) };
    if tables.values().filter_map(list).sum::<usize>() < 2 {
        return None;
    }
    let (name, entry) = tables.iter_mut().rfind(|(_, entry)| list(entry).unwrap_or(0) > 0)?;
    let name = name.clone();
    let whole = entry.clone();
    let entries = if operation == "BatchGetItem" { entry["Keys"].as_array_mut()? } else { entry.as_array_mut()? };
    let taken = entries.pop()?;
    if entries.is_empty() {
        tables.remove(&name);
    }
    if operation != "BatchGetItem" {
        return Some((name, json!([taken])));
    }
    let mut back = whole;
    back["Keys"] = json!([taken]);
    Some((name, back))
}

/// Adds a handed-back entry to those which the engine itself left undone.
fn put_back(unprocessed: &mut Value, table: &str, entry: Value, operation: &str) {
    let present = &mut unprocessed[table];
    if present.is_null() {
        *present = entry;
        return;
    }
    let (into, from) = if operation == "BatchGetItem" { (&mut present["Keys"], &entry["Keys"]) } else { (present, &entry) };
    if let (Some(into), Some(from)) = (into.as_array_mut(), from.as_array()) {
        into.extend(from.iter().cloned());
    }
}
