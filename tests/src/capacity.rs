//! What a call costs: a proxy that adds up the capacity which the engine reports, and counts round trips.
//!
//! It asks for `ReturnConsumedCapacity: INDEXES` where the caller did not, and takes the figures out of the answer again, so that the caller sees
//! just what it asked for.

use crate::proxy::{Answer, Call, Handler, Outcome, Proxy, Upstream};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

/// Read and write units.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Units {
    /// Read capacity units.
    pub read: f64,
    /// Write capacity units.
    pub write: f64,
}

impl Units {
    fn add(&mut self, other: Self) {
        self.read += other.read;
        self.write += other.write;
    }
}

/// One request, as it passed.
#[derive(Clone, Debug)]
pub struct Request {
    /// `Query`, `TransactWriteItems` and the like.
    pub operation: String,
    /// Whether the engine did it; a refused one reports no capacity.
    pub ok: bool,
    began: Instant,
    ended: Instant,
}

/// What was used since the last [`Recorder::take`].
#[derive(Clone, Debug, Default)]
pub struct Usage {
    /// Units of the tables themselves, by table.
    pub tables: BTreeMap<String, Units>,
    /// Units of the indexes, by `table/index`.
    pub indexes: BTreeMap<String, Units>,
    /// Every request, in the order of their ends.
    pub requests: Vec<Request>,
    /// How often a function read settings and trees. They are kept for 30 s (DATA.md), so that which call meets this read depends on the time, not
    /// on the call: it stands in none of the figures above.
    pub configurations: usize,
}

impl Usage {
    /// Units of all tables together.
    #[must_use]
    pub fn table(&self) -> Units {
        sum(self.tables.values())
    }

    /// Units of all indexes together.
    #[must_use]
    pub fn index(&self) -> Units {
        sum(self.indexes.values())
    }

    /// Read units of tables and indexes together.
    #[must_use]
    pub fn read(&self) -> f64 {
        self.table().read + self.index().read
    }

    /// The longest run of requests each of which began after the one before had ended: what a caller waited for one after another.
    /// Requests that overlap in time count once.
    #[must_use]
    pub fn round_trips(&self) -> usize {
        // Greedy by end: the classic longest chain of disjoint intervals.
        let mut by_end: Vec<&Request> = self.requests.iter().collect();
        by_end.sort_by_key(|r| r.ended);
        let mut free_from: Option<Instant> = None;
        by_end
            .iter()
            .filter(|r| {
                let follows = free_from.is_none_or(|free| r.began >= free);
                if follows {
                    free_from = Some(r.ended);
                }
                follows
            })
            .count()
    }

    /// One line a request, for the message of a failed budget.
    #[must_use]
    pub fn describe(&self) -> String {
        let calls: Vec<&str> = self.requests.iter().map(|r| r.operation.as_str()).collect();
        format!(
            "{} round trips ({}), table {:?}, indexes {:?} in {:?}",
            self.round_trips(),
            calls.join(", "),
            self.table(),
            self.index(),
            self.indexes
        )
    }
}

fn sum<'a>(all: impl Iterator<Item = &'a Units>) -> Units {
    all.fold(Units::default(), |mut total, units| {
        total.add(*units);
        total
    })
}

/// How long the recorder keeps each answer: far longer than a caller needs to send the requests that wait for no answer, so that those overlap on any
/// machine and a run of requests is told from a bundle.
const KEPT: Duration = Duration::from_millis(100);

/// The running recorder; it ends when dropped.
pub struct Recorder {
    proxy: Proxy,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    usage: Mutex<Usage>,
    slow: AtomicBool,
}

impl Recorder {
    /// Starts a recorder before the engine (or another proxy) at `upstream`.
    #[must_use]
    pub fn start(upstream: &str) -> Self {
        Self::launch(Some(upstream.to_owned()))
    }

    /// Starts a recorder whose engine is named later, by [`Self::attach`].
    #[must_use]
    pub fn unattached() -> Self {
        Self::launch(None)
    }

    fn launch(upstream: Option<String>) -> Self {
        let state = Arc::new(State::default());
        Self {
            proxy: Proxy::start(upstream, Arc::clone(&state)),
            state,
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

    /// Whether answers are kept for a moment, so that [`Usage::round_trips`] is exact.
    pub fn slow(&self, slow: bool) {
        self.state.slow.store(slow, Ordering::Relaxed);
    }

    /// Takes what was used since the last time, and begins anew. Reads of the stream are no part of it.
    #[must_use]
    pub fn take(&self) -> Usage {
        std::mem::take(&mut *self.state.usage.lock().expect("nothing panics while holding it"))
    }
}

impl Handler for State {
    async fn handle(&self, call: Call, mut upstream: Upstream) -> Outcome {
        if call.service != "DynamoDB_20120810" || !reports_capacity(&call.operation) {
            return upstream.send(&call).await.map_or(Outcome::Hangup, Outcome::Answer);
        }
        let mut request = call.json();
        let asked = request["ReturnConsumedCapacity"].as_str().unwrap_or("NONE").to_owned();
        request["ReturnConsumedCapacity"] = "INDEXES".into();
        let began = Instant::now();
        let answer = upstream.send(&call.with_body(&request)).await;
        if self.slow.load(Ordering::Relaxed) {
            tokio::time::sleep(KEPT).await;
        }
        let ended = Instant::now();
        let ok = answer.as_ref().is_some_and(Answer::ok);
        let seen = Request {
            operation: call.operation.clone(),
            ok,
            began,
            ended,
        };
        let mut body = answer.as_ref().map_or(Value::Null, Answer::json);
        {
            let mut usage = self.usage.lock().expect("nothing panics while holding it");
            if of_configuration(&call.operation, &request) {
                usage.configurations += 1;
            } else {
                usage.requests.push(seen);
                record(&mut usage, &call.operation, &body["ConsumedCapacity"]);
            }
        }
        let Some(mut answer) = answer else { return Outcome::Hangup };
        if answer.ok() && asked != "INDEXES" {
            hide(&mut body, &asked);
            answer.set_body(&body);
        }
        Outcome::Answer(answer)
    }
}

fn reports_capacity(operation: &str) -> bool {
    matches!(
        operation,
        "GetItem"
            | "PutItem"
            | "UpdateItem"
            | "DeleteItem"
            | "Query"
            | "Scan"
            | "BatchGetItem"
            | "BatchWriteItem"
            | "TransactGetItems"
            | "TransactWriteItems"
    )
}

/// Whether a batch asks for the items of settings and trees, and for nothing else.
fn of_configuration(operation: &str, request: &Value) -> bool {
    let tables = request["RequestItems"].as_object().into_iter().flatten();
    let mut keys = tables
        .flat_map(|(_, table)| table["Keys"].as_array().into_iter().flatten())
        .peekable();
    operation == "BatchGetItem" && keys.peek().is_some() && keys.all(|key| key["pk"]["S"] == "CONF")
}

fn record(usage: &mut Usage, operation: &str, reported: &Value) {
    let write = matches!(
        operation,
        "PutItem" | "UpdateItem" | "DeleteItem" | "BatchWriteItem" | "TransactWriteItems"
    );
    // Single calls report an object, batches and transactions a list with one per table.
    for one in reported
        .as_array()
        .map_or(std::slice::from_ref(reported), Vec::as_slice)
        .iter()
        .filter(|one| one.is_object())
    {
        let table = one["TableName"].as_str().unwrap_or_default().to_owned();
        usage.tables.entry(table.clone()).or_default().add(units(&one["Table"], write));
        for kind in ["GlobalSecondaryIndexes", "LocalSecondaryIndexes"] {
            for (index, figures) in one[kind].as_object().into_iter().flatten() {
                usage
                    .indexes
                    .entry(format!("{table}/{index}"))
                    .or_default()
                    .add(units(figures, write));
            }
        }
    }
}

fn units(figures: &Value, write: bool) -> Units {
    let total = figures["CapacityUnits"].as_f64().unwrap_or(0.0);
    if write {
        Units { read: 0.0, write: total }
    } else {
        Units { read: total, write: 0.0 }
    }
}

fn hide(body: &mut Value, asked: &str) {
    let Some(members) = body.as_object_mut() else { return };
    if asked != "TOTAL" {
        members.remove("ConsumedCapacity");
        return;
    }
    let capacity = members.get_mut("ConsumedCapacity");
    let each = capacity.map(|c| {
        if c.is_array() {
            c.as_array_mut().into_iter().flatten().collect()
        } else {
            vec![c]
        }
    });
    for one in each.into_iter().flatten().filter_map(Value::as_object_mut) {
        one.retain(|name, _| !matches!(name.as_str(), "Table" | "GlobalSecondaryIndexes" | "LocalSecondaryIndexes"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_of_the_configuration_stand_apart() {
        let batch = |keys: &[&str]| {
            let keys: Vec<_> = keys
                .iter()
                .map(|pk| serde_json::json!({"pk": {"S": pk}, "sk": {"S": "X"}}))
                .collect();
            serde_json::json!({"RequestItems": {"table": {"Keys": keys}}})
        };
        assert!(of_configuration("BatchGetItem", &batch(&["CONF", "CONF"])));
        assert!(!of_configuration("BatchGetItem", &batch(&["CONF", "T#1"])));
        assert!(!of_configuration("BatchGetItem", &batch(&[])));
        assert!(!of_configuration("Query", &serde_json::json!({})));
    }

    fn usage(spans: &[(u64, u64)]) -> Usage {
        let zero = Instant::now();
        let at = |ms| zero + Duration::from_millis(ms);
        let requests = spans.iter().map(|(a, b)| Request {
            operation: "Query".into(),
            ok: true,
            began: at(*a),
            ended: at(*b),
        });
        Usage {
            requests: requests.collect(),
            ..Usage::default()
        }
    }

    #[test]
    fn requests_side_by_side_are_one_round_trip() {
        assert_eq!(usage(&[]).round_trips(), 0);
        assert_eq!(usage(&[(0, 10), (1, 9), (2, 11)]).round_trips(), 1);
        assert_eq!(usage(&[(0, 10), (10, 20), (21, 30)]).round_trips(), 3);
        // One long request beside two that follow one another: the two count.
        assert_eq!(usage(&[(0, 100), (0, 40), (50, 90)]).round_trips(), 2);
    }
}
