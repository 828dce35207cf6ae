//! A process that is killed with SIGKILL loses no acknowledged write.
//!
//! The kernel keeps what a killed process wrote, so this shows that no answer runs ahead of its write and that the file
//! recovers whole; that the writes also survive a loss of power rests on the argument in `engine::group_commit`.

use std::collections::{BTreeSet, HashMap};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use chamada_local::engine::{Durability, Engine};
use chamada_local::template::Template;

const TABLE: &str = "tickets";
const FOLDER: &str = "CHAMADA_KILLED_WRITER";

fn open(folder: &Path) -> (Engine, Client) {
    let table = Template::embedded().unwrap().table;
    let engine = Engine::open(&folder.join("table.db"), TABLE, &table, Durability::Group, "secret").unwrap();
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(aws_sdk_dynamodb::config::BehaviorVersion::latest())
        .region(aws_sdk_dynamodb::config::Region::new("local"))
        .credentials_provider(aws_credential_types::Credentials::new("a", "b", None, None, "test"))
        .endpoint_url(engine.endpoint())
        .http_client(aws_smithy_http_client::Builder::new().build_http());
    (engine, Client::from_conf(config.build()))
}

async fn write(client: &Client, number: u64) {
    let item = |sk: &str| {
        let text = |value: String| AttributeValue::S(value);
        let item = [("pk", format!("T#{number:010}")), ("sk", sk.to_owned()), ("words", "x".repeat(500))];
        let item: HashMap<_, _> = item.into_iter().map(|(name, value)| (name.to_owned(), text(value))).collect();
        TransactWriteItem::builder()
            .put(Put::builder().table_name(TABLE).set_item(Some(item)).build().unwrap())
            .build()
    };
    client
        .transact_write_items()
        .transact_items(item("META"))
        .transact_items(item("H#1"))
        .transact_items(item("I"))
        .send()
        .await
        .unwrap();
}

/// Not a test: the process that the test below kills. It prints each number that was acknowledged.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "started by the test beside it"]
async fn killed_writer() {
    #[expect(clippy::disallowed_methods, reason = "the one word from parent to child")]
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let (_engine, client) = open(&PathBuf::from(folder));
    let writers = (0..8_u64).map(|writer| {
        let client = client.clone();
        tokio::spawn(async move {
            for turn in 0..u64::MAX {
                let number = turn * 8 + writer;
                write(&client, number).await;
                writeln!(std::io::stdout(), "acknowledged {number}").unwrap();
            }
        })
    });
    futures::future::try_join_all(writers).await.unwrap();
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_and_nothing_is_torn_by_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged = BTreeSet::new();
    for round in 0..3_u64 {
        let rest = Duration::from_millis(700 + 400 * round);
        acknowledged.extend(
            killed_after(&folder.path().join(round.to_string()), rest)
                .into_iter()
                .map(|number| (round, number)),
        );
    }
    assert!(acknowledged.len() > 100, "{} writes are too few to tell", acknowledged.len());
    for round in 0..3_u64 {
        let (engine, client) = open(&folder.path().join(round.to_string()));
        let highest = acknowledged
            .iter()
            .filter(|(of, _)| *of == round)
            .map(|(_, number)| *number)
            .max()
            .unwrap();
        for number in 0..=highest + 16 {
            let key = AttributeValue::S(format!("T#{number:010}"));
            let query = client
                .query()
                .table_name(TABLE)
                .key_condition_expression("pk = :k")
                .expression_attribute_values(":k", key);
            let count = query.send().await.unwrap().count();
            assert!(count == 0 || count == 3, "{number} is torn: {count} of 3 items");
            assert!(
                count == 3 || !acknowledged.contains(&(round, number)),
                "{number} was acknowledged and is gone"
            );
        }
        engine.stop();
    }
}

fn killed_after(folder: &Path, rest: Duration) -> Vec<u64> {
    std::fs::create_dir_all(folder).unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "durability::killed_writer", "--ignored", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let number = |line: String| line.strip_prefix("acknowledged ").and_then(|number| number.parse().ok());
    let mut numbers: Vec<u64> = lines.by_ref().map_while(Result::ok).find_map(number).into_iter().collect();
    std::thread::sleep(rest);
    child.kill().unwrap();
    numbers.extend(lines.map_while(Result::ok).filter_map(number));
    child.wait().unwrap();
    numbers
}
