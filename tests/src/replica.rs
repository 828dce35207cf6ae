//! The indexes as they were a moment ago: a second engine, to which every write that passed the proxy is applied late.
//!
//! That is what DynamoDB does itself: a global secondary index follows its table on its own, each item in the order of its writes, different
//! items in any. So an index read through here sees, item by item, a state that the table really had up to the longest delay ago: never
//! one that it never had. Writes that do not pass the proxy (the engine's own expiry) are not followed.

use crate::{
    dice,
    engine::{self, Engine},
    proxy::{Answer, Call, Upstream},
};
use serde_json::{Map, Value, json};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{sync::Mutex, time::Instant};

pub(crate) struct Replica {
    engine: Engine,
    seed: u64,
    longest: Duration,
    /// Key attributes of the tables followed.
    tables: Mutex<HashMap<String, Vec<String>>>,
    queue: Mutex<Queue>,
    waiting: AtomicUsize,
    written: AtomicU64,
}

#[derive(Default)]
struct Queue {
    /// By the time when it shows, then by arrival.
    due: BTreeMap<(Instant, u64), Change>,
    /// When the newest change of an item shows: a later one of the same item never overtakes it.
    newest: HashMap<String, Instant>,
    arrivals: u64,
}

struct Change {
    table: String,
    key: Value,
    /// The item as it was right after its write; `None` where it was deleted.
    item: Option<Value>,
}

impl Replica {
    pub(crate) fn new(seed: u64, longest: Duration) -> Arc<Self> {
        Arc::new(Self {
            engine: Engine::memory(),
            seed,
            longest,
            tables: Mutex::default(),
            queue: Mutex::default(),
            waiting: AtomicUsize::new(0),
            written: AtomicU64::new(0),
        })
    }

    /// Applies what is due, for as long as the replica is in use.
    pub(crate) async fn follow(self: Arc<Self>) {
        while Arc::strong_count(&self) > 1 {
            while let Some(change) = self.next_due().await {
                self.apply(&change).await;
                self.waiting.fetch_sub(1, Ordering::SeqCst);
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    async fn next_due(&self) -> Option<Change> {
        let mut queue = self.queue.lock().await;
        let first = queue.due.first_entry()?;
        (first.key().0 <= Instant::now()).then(|| first.remove())
    }

    async fn apply(&self, change: &Change) {
        let (operation, body) = match &change.item {
            Some(item) => ("PutItem", json!({"TableName": change.table, "Item": item})),
            None => ("DeleteItem", json!({"TableName": change.table, "Key": change.key})),
        };
        engine::raw(self.engine.url(), operation, &body)
            .await
            .expect("the replica takes what the engine took");
    }

    /// Answers a read of an index, and says whether anything was still on its way to the indexes.
    pub(crate) async fn read(&self, call: &Call, upstream: &Upstream) -> (Option<Answer>, bool) {
        let late = self.waiting.load(Ordering::SeqCst) > 0;
        (upstream.send_to(self.engine.url(), call).await, late)
    }

    /// Sends a write on and, where it was done, notes what it left behind. Tables are copied whole when first seen.
    pub(crate) async fn write(&self, call: &Call, upstream: &mut Upstream) -> Option<Answer> {
        let body = call.json();
        for table in tables_of(&body) {
            self.ensure(&table, call, upstream).await;
        }
        let answer = upstream.send(call).await?;
        if answer.ok() {
            for (table, key) in self.keys_of(&call.operation, &body).await {
                self.note(table, key, call, upstream).await;
            }
        }
        Some(answer)
    }

    pub(crate) async fn ensure(&self, table: &str, call: &Call, upstream: &mut Upstream) {
        let mut tables = self.tables.lock().await;
        if tables.contains_key(table) {
            return;
        }
        let Some(described) = ask(upstream, call, "DescribeTable", json!({"TableName": table})).await else {
            return;
        };
        let described = &described["Table"];
        let keys = described["KeySchema"].as_array().into_iter().flatten();
        let keys: Vec<String> = keys.filter_map(|k| k["AttributeName"].as_str().map(str::to_owned)).collect();
        if engine::raw(self.engine.url(), "CreateTable", &create_table(table, described))
            .await
            .is_err()
        {
            return;
        }
        self.copy(table, call, upstream).await;
        tables.insert(table.to_owned(), keys);
    }

    async fn copy(&self, table: &str, call: &Call, upstream: &mut Upstream) {
        let mut request = json!({"TableName": table, "ConsistentRead": true});
        loop {
            let Some(page) = ask(upstream, call, "Scan", request.clone()).await else {
                return;
            };
            for item in page["Items"].as_array().into_iter().flatten() {
                let change = Change {
                    table: table.to_owned(),
                    key: Value::Null,
                    item: Some(item.clone()),
                };
                self.apply(&change).await;
            }
            let Some(last) = page.get("LastEvaluatedKey") else { return };
            request["ExclusiveStartKey"] = last.clone();
        }
    }

    async fn note(&self, table: String, key: Value, call: &Call, upstream: &mut Upstream) {
        // Held over read and entry: of two writers of an item, the one that reads first is entered first.
        let mut queue = self.queue.lock().await;
        let request = json!({"TableName": table, "Key": key, "ConsistentRead": true});
        let Some(read) = ask(upstream, call, "GetItem", request).await else {
            return;
        };
        let n = self.written.fetch_add(1, Ordering::SeqCst);
        let longest = u64::try_from(self.longest.as_millis()).unwrap_or(u64::MAX);
        let name = format!("{table} {key}");
        let drawn = Instant::now() + Duration::from_millis(dice::below(self.seed, "index delay", n, longest + 1));
        let shows = queue.newest.get(&name).map_or(drawn, |newest| drawn.max(*newest));
        let arrival = queue.arrivals;
        queue.arrivals += 1;
        queue.newest.insert(name, shows);
        queue.due.insert(
            (shows, arrival),
            Change {
                table,
                key,
                item: read.get("Item").cloned(),
            },
        );
        self.waiting.fetch_add(1, Ordering::SeqCst);
    }

    async fn keys_of(&self, operation: &str, body: &Value) -> Vec<(String, Value)> {
        let tables = self.tables.lock().await;
        let key = |table: &Value, holder: &Value, member: &str| {
            let table = table.as_str()?;
            let names = tables.get(table)?;
            let from = &holder[member];
            let key: Map<_, _> = names.iter().map(|name| (name.clone(), from[name].clone())).collect();
            Some((table.to_owned(), Value::Object(key)))
        };
        let mut found = Vec::new();
        match operation {
            "PutItem" => found.extend(key(&body["TableName"], body, "Item")),
            "UpdateItem" | "DeleteItem" => found.extend(key(&body["TableName"], body, "Key")),
            "TransactWriteItems" => {
                for action in body["TransactItems"].as_array().into_iter().flatten().filter_map(Value::as_object) {
                    for (kind, action) in action {
                        let member = if kind == "Put" { "Item" } else { "Key" };
                        // A condition check writes nothing.
                        found.extend(
                            (kind != "ConditionCheck")
                                .then(|| key(&action["TableName"], action, member))
                                .flatten(),
                        );
                    }
                }
            }
            "BatchWriteItem" => {
                for (table, writes) in body["RequestItems"].as_object().into_iter().flatten() {
                    for write in writes.as_array().into_iter().flatten() {
                        let table = Value::String(table.clone());
                        found.extend(key(&table, &write["PutRequest"], "Item").filter(|_| write.get("PutRequest").is_some()));
                        found.extend(key(&table, &write["DeleteRequest"], "Key").filter(|_| write.get("DeleteRequest").is_some()));
                    }
                }
            }
            _ => {}
        }
        found
    }
}

fn tables_of(body: &Value) -> Vec<String> {
    let mut names: Vec<String> = body["TableName"].as_str().map(str::to_owned).into_iter().collect();
    for action in body["TransactItems"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
        .flat_map(Map::values)
    {
        names.extend(action["TableName"].as_str().map(str::to_owned));
    }
    names.extend(body["RequestItems"].as_object().into_iter().flat_map(Map::keys).cloned());
    names.sort();
    names.dedup();
    names
}

/// A `CreateTable` for what `DescribeTable` told: keys and indexes, nothing of streams or billing.
fn create_table(table: &str, described: &Value) -> Value {
    let mut request = json!({
        "TableName": table,
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": described["KeySchema"],
        "AttributeDefinitions": described["AttributeDefinitions"],
    });
    for kind in ["GlobalSecondaryIndexes", "LocalSecondaryIndexes"] {
        let indexes = described[kind].as_array().into_iter().flatten();
        let indexes: Vec<Value> = indexes
            .map(|i| json!({"IndexName": i["IndexName"], "KeySchema": i["KeySchema"], "Projection": i["Projection"]}))
            .collect();
        if !indexes.is_empty() {
            request[kind] = Value::Array(indexes);
        }
    }
    request
}

/// Asks the engine something of the proxy's own, with the headers of the call that gave rise to it.
async fn ask(upstream: &mut Upstream, call: &Call, operation: &str, body: Value) -> Option<Value> {
    let mut own = call.with_body(&body);
    own.headers
        .insert("x-amz-target", format!("DynamoDB_20120810.{operation}").parse().ok()?);
    let answer = upstream.send(&own).await?;
    answer.ok().then(|| answer.json())
}
