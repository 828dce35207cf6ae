//! Rates of the embedded engine through the AWS SDK: `cargo run --release -p chamada-local --example engine_rates [FOLDER]`.
//!
//! For each way of syncing: puts, transactions of three items, and queries of 25, at 1, 8 and 16 clients, beside the disk's
//! own rate of small synced writes.

use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use chamada_local::engine::{Durability, Engine};
use chamada_local::template::Template;

type Failure = Box<dyn Error + Send + Sync>;

const TABLE: &str = "rates";
const FOR: Duration = Duration::from_secs(1);
const ROUNDS: usize = 4;

#[derive(Clone, Copy, Debug)]
enum Work {
    Put,
    Transact,
    Query,
    /// Seven transactions to each query.
    Mixed,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Failure> {
    let root = std::env::args()
        .nth(1)
        .map_or_else(std::env::temp_dir, Into::into)
        .join(format!("chamada-rates-{}", std::process::id()));
    std::fs::create_dir_all(&root)?;
    println!("fdatasync of 4 KiB appended: {:.0}/s", raw_syncs(&root)?);
    let ways = [Durability::EachCommit, Durability::Group];
    let engines = ways.map(|way| Ok(Engine::open(&root.join(format!("{way:?}.db")), TABLE, &table()?, way, "secret")?));
    let engines = engines.into_iter().collect::<Result<Vec<_>, Failure>>()?;
    let clients: Vec<_> = engines.iter().map(|engine| client(engine.endpoint())).collect();
    for work in [Work::Put, Work::Transact, Work::Query, Work::Mixed] {
        for tasks in [1, 8, 16] {
            // In turns, so that whatever else the machine does weighs on both alike.
            let mut totals = [Total::default(), Total::default()];
            for _ in 0..ROUNDS {
                for (client, total) in clients.iter().zip(&mut totals) {
                    measure(client, work, tasks, total).await?;
                }
            }
            for (way, total) in ways.iter().zip(totals) {
                println!("{work:?}, {tasks} clients, {way:?}: {}", total.line());
            }
        }
    }
    drop(engines);
    std::fs::remove_dir_all(&root)?;
    Ok(())
}

fn table() -> Result<chamada_local::template::Table, Failure> {
    Ok(Template::embedded()?.table)
}

fn raw_syncs(root: &Path) -> Result<f64, Failure> {
    let mut file = std::fs::File::create(root.join("raw"))?;
    let (start, mut count) = (Instant::now(), 0_u32);
    while start.elapsed() < Duration::from_secs(2) {
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        count += 1;
    }
    Ok(f64::from(count) / start.elapsed().as_secs_f64())
}

fn client(endpoint: &str) -> Client {
    let http = aws_smithy_http_client::Builder::new().build_http();
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(aws_sdk_dynamodb::config::BehaviorVersion::latest())
        .endpoint_url(endpoint)
        .region(aws_sdk_dynamodb::config::Region::new("local"))
        .credentials_provider(aws_sdk_dynamodb::config::Credentials::for_tests())
        .http_client(http)
        .build();
    Client::from_conf(config)
}

/// What was done in all rounds of one kind.
#[derive(Default)]
struct Total {
    seconds: f64,
    cpu_ms: f64,
    times_ms: Vec<f64>,
}

impl Total {
    fn line(mut self) -> String {
        self.times_ms.sort_by(f64::total_cmp);
        let count = self.times_ms.len();
        let at = |share: f64| self.times_ms.get((count as f64 * share) as usize).copied().unwrap_or_default();
        let (rate, cpu) = (count as f64 / self.seconds, self.cpu_ms / count as f64);
        format!(
            "{rate:.0}/s, p50 {:.2} ms, p99 {:.2} ms, {cpu:.2} ms of CPU each, client's included",
            at(0.5),
            at(0.99)
        )
    }
}

/// CPU time of this process so far, in ms (Linux counts it in hundredths of a second).
fn cpu_ms() -> Result<f64, Failure> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields = stat.rsplit(')').next().unwrap_or_default().split_ascii_whitespace();
    let ticks: Vec<f64> = fields.skip(11).take(2).map(str::parse).collect::<Result<_, _>>()?;
    Ok(ticks.iter().sum::<f64>() * 10.0)
}

async fn measure(client: &Client, work: Work, clients: u64, total: &mut Total) -> Result<(), Failure> {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let (start, cpu) = (Instant::now(), cpu_ms()?);
    let tasks = (0..clients).map(|_| {
        let client = client.clone();
        tokio::spawn(async move {
            let mut times = Vec::new();
            while start.elapsed() < FOR {
                let number = NEXT.fetch_add(1, Ordering::Relaxed);
                let begun = Instant::now();
                one(&client, work, number).await?;
                times.push(begun.elapsed().as_secs_f64() * 1e3);
            }
            Ok::<_, Failure>(times)
        })
    });
    let tasks: Vec<_> = tasks.collect();
    for task in tasks {
        total.times_ms.extend(task.await??);
    }
    total.seconds += start.elapsed().as_secs_f64();
    total.cpu_ms += cpu_ms()? - cpu;
    Ok(())
}

async fn one(client: &Client, work: Work, number: u64) -> Result<(), Failure> {
    match work {
        Work::Mixed if number.is_multiple_of(8) => Box::pin(one(client, Work::Query, number)).await,
        Work::Mixed => Box::pin(one(client, Work::Transact, number)).await,
        Work::Put => {
            let put = client.put_item().table_name(TABLE).set_item(Some(ticket(number)));
            put.send().await?;
            Ok(())
        }
        Work::Transact => {
            let write = |item| -> Result<TransactWriteItem, Failure> {
                let put = Put::builder()
                    .table_name(TABLE)
                    .set_item(Some(item))
                    .condition_expression("attribute_not_exists(pk)")
                    .build()?;
                Ok(TransactWriteItem::builder().put(put).build())
            };
            let entry = plain(&format!("T#{number:010}"), "H#00000001", 700);
            let once = plain(&format!("I#u#{number}"), "I", 100);
            let items = vec![write(ticket(number))?, write(entry)?, write(once)?];
            client.transact_write_items().set_transact_items(Some(items)).send().await?;
            Ok(())
        }
        Work::Query => {
            let query = client
                .query()
                .table_name(TABLE)
                .index_name("by_updated")
                .key_condition_expression("list_pk = :p");
            let answer = query
                .expression_attribute_values(":p", text("open"))
                .scan_index_forward(false)
                .limit(25)
                .send()
                .await?;
            if answer.count() == 25 {
                Ok(())
            } else {
                Err(format!("{} rows", answer.count()).into())
            }
        }
    }
}

type Item = std::collections::HashMap<String, AttributeValue>;

fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

fn plain(pk: &str, sk: &str, size: usize) -> Item {
    Item::from([
        ("pk".into(), text(pk)),
        ("sk".into(), text(sk)),
        ("words".into(), text("x".repeat(size))),
    ])
}

/// An item that stands in the five indexes that an open ticket stands in.
fn ticket(number: u64) -> Item {
    let mut item = plain(&format!("T#{number:010}"), "META", 300);
    let updated = format!("2026-11-22T00:00:00.000Z#{number:010}");
    for (name, value) in [
        ("list_pk", "open".to_owned()),
        ("status_pk", "new".to_owned()),
        ("requester_pk", format!("u{}", number % 100)),
        ("assignee_pk", "none#open".to_owned()),
        ("priority_pk", "open".to_owned()),
        ("due_pk", "open".to_owned()),
        ("updated_at", updated.clone()),
        ("priority_sk", format!("3#{updated}")),
        ("due_sk", format!("9#{updated}")),
        ("row", "y".repeat(200)),
    ] {
        item.insert(name.into(), text(value));
    }
    item
}
