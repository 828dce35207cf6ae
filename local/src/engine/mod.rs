//! The embedded DynamoDB: dynoxide on a file, for the ordinary SDK: in this process without a socket, for others on loopback.

mod dispatch;
mod group_commit;
mod stream_index;
mod table;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use dynoxide::Database;
use serde_json::{Value, json};
use tokio::sync::{oneshot, watch};

pub use group_commit::{GroupCommit, SyncFailed, Syncer, WriteGuard};
pub use stream_index::StreamIndex;

use crate::inside::Inside;
use crate::template::Table;

/// DynamoDB accepts requests of up to 16 MB.
const MAX_BODY: usize = 16 * 1024 * 1024;

/// Threads of the engine's own runtime: one to work while the other reads and writes.
const THREADS: usize = 2;

/// `PRAGMA synchronous` FULL.
const FULL: i64 = 2;

/// How an acknowledged write gets to the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// SQLite syncs the log inside each commit (`synchronous=FULL`).
    EachCommit,
    /// Commits do not sync; answers wait for a sync that serves all who wait (see [`GroupCommit`]).
    #[default]
    Group,
}

/// The engine could not be opened or asked.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The file could not be opened.
    #[error("the table's file could not be opened: {0}")]
    Open(String),
    /// SQLite's second connection failed.
    #[error("the table's stream could not be kept: {0}")]
    Stream(#[from] rusqlite::Error),
    /// An operation on the table failed.
    #[error("the table could not be set up: {0}")]
    Table(String),
    /// A socket, thread or sync failed.
    #[error("the embedded engine could not start: {0}")]
    Start(#[from] std::io::Error),
    /// What was written may not be on disk.
    #[error(transparent)]
    Sync(#[from] SyncFailed),
}

/// What the HTTP layer, the stream reader and the timer share.
#[derive(Clone)]
pub(crate) struct Shared {
    database: Database,
    commit: Option<GroupCommit>,
    /// Counts writes: whoever reads the stream wakes on it.
    written: watch::Sender<u64>,
    /// The one path that is answered: it holds a secret, because whoever may connect to loopback is not always us.
    path: Arc<str>,
}

/// A running engine. [`Engine::stop`] ends it in order; dropping it does the same.
pub struct Engine {
    shared: Shared,
    index: Arc<Mutex<StreamIndex>>,
    table: String,
    stream: (String, String),
    endpoint: String,
    shutdown: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    syncer: Option<Syncer>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("table", &self.table).finish_non_exhaustive()
    }
}

impl Engine {
    /// Opens or makes the table `name` in `file` as `declared`, and serves it on a free port of 127.0.0.1 below `secret`
    /// (URL-safe characters).
    ///
    /// # Errors
    /// Whatever keeps it from serving durably.
    pub fn open(file: &Path, name: &str, declared: &Table, durability: Durability, secret: &str) -> Result<Self, EngineError> {
        let path = file.to_str().ok_or_else(|| EngineError::Open("its path is not UTF-8".into()))?;
        let database = Database::new(path).map_err(|error| EngineError::Open(error.to_string()))?;
        table::ensure(&database, name, declared)?;
        let stream = table::stream_of(&database, name)?;
        let index = StreamIndex::open(file)?;
        let (commit, syncer) = match durability {
            Durability::EachCommit => {
                let level = StreamIndex::default_synchronous(file)?;
                if level != FULL {
                    return Err(EngineError::Open(format!(
                        "this SQLite opens files with synchronous={level}, not FULL"
                    )));
                }
                (None, None)
            }
            Durability::Group => {
                // The engine's one way to set NORMAL on its own connection; its other settings there are SQLite's defaults.
                database
                    .disable_bulk_loading()
                    .map_err(|error| EngineError::Open(error.to_string()))?;
                let (commit, syncer) = GroupCommit::start(file)?;
                (Some(commit), Some(syncer))
            }
        };
        let shared = Shared {
            database,
            commit,
            written: watch::Sender::new(0),
            path: format!("/{secret}").into(),
        };
        let (address, shutdown, thread) = serve(shared.clone())?;
        Ok(Self {
            shared,
            index: Arc::new(Mutex::new(index)),
            table: name.to_owned(),
            stream,
            endpoint: format!("http://{address}/{secret}"),
            shutdown: Some(shutdown),
            thread: Some(thread),
            syncer,
        })
    }

    /// What `AWS_ENDPOINT_URL_DYNAMODB` would be. It holds the secret: not for logs.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The engine for SDKs of this process.
    #[must_use]
    pub fn inside(&self) -> Inside {
        Inside {
            endpoint: self.endpoint.clone(),
            app: app(self.shared.clone()),
        }
    }

    /// Follows the table's stream.
    #[must_use]
    pub fn stream(&self) -> TableStream {
        TableStream {
            shared: self.shared.clone(),
            index: Arc::clone(&self.index),
            table: self.table.clone(),
            arn: self.stream.0.clone(),
            shard: self.stream.1.clone(),
        }
    }

    /// Deletes what expired (DynamoDB does so by itself within days; nothing relies on it). Says how many items.
    ///
    /// # Errors
    /// What the engine reports.
    pub async fn sweep_expired(&self) -> Result<usize, EngineError> {
        let shared = self.shared.clone();
        let guard = shared.commit.as_ref().map(GroupCommit::begin_write);
        let sweep = tokio::task::spawn_blocking(move || shared.database.sweep_ttl());
        let deleted = sweep.await.map_err(|error| EngineError::Table(error.to_string()))?;
        if let Some(guard) = guard {
            guard.durable().await?;
        }
        if matches!(deleted, Ok(count) if count > 0) {
            self.shared.written.send_modify(|count| *count += 1);
        }
        deleted.map_err(|error| EngineError::Table(error.to_string()))
    }

    /// Stops listening and finishes what has begun. The file is closed when the last client made with [`Engine::inside`] is dropped too.
    pub fn stop(mut self) {
        self.finish();
    }

    fn finish(&mut self) {
        if let Some(shutdown) = self.shutdown.take() {
            let _ = shutdown.send(());
        }
        if let Some(thread) = self.thread.take() {
            // A panic there was reported when it happened.
            let _ = thread.join();
        }
        if let Some(syncer) = self.syncer.take() {
            syncer.stop();
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.finish();
    }
}

fn app(shared: Shared) -> Router {
    Router::new()
        .fallback(dispatch::handle)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(shared)
}

/// Serves other processes, on a runtime of its own: the engine blocks its threads, and none of ours should wait for what others ask.
fn serve(shared: Shared) -> Result<(SocketAddr, oneshot::Sender<()>, JoinHandle<()>), EngineError> {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(THREADS)
        .thread_name("engine")
        .enable_all()
        .build()?;
    let (shutdown, asked) = oneshot::channel::<()>();
    let app = app(shared);
    let thread = std::thread::Builder::new().name("engine".into()).spawn(move || {
        let served = runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener)?;
            let mut server = tokio::spawn(axum::serve(crate::services::at_once(listener), app).into_future());
            tokio::select! {
                _ = asked => server.abort(),
                ended = &mut server => tracing::error!(ended = ?ended.is_ok(), "the engine's listener ended"),
            }
            Ok::<_, std::io::Error>(())
        });
        if let Err(error) = served {
            tracing::error!(error = %error, "the engine's listener failed");
        }
        // Answers under way were asked for by handlers that have ended by now; a kept-alive connection has nothing to say.
        runtime.shutdown_timeout(std::time::Duration::from_secs(2));
    })?;
    Ok((address, shutdown, thread))
}

/// The table's stream, read in process in the shape of DynamoDB Streams' `GetRecords`.
#[derive(Clone)]
pub struct TableStream {
    shared: Shared,
    index: Arc<Mutex<StreamIndex>>,
    table: String,
    arn: String,
    shard: String,
}

impl std::fmt::Debug for TableStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TableStream").field("arn", &self.arn).finish_non_exhaustive()
    }
}

impl TableStream {
    /// The stream's ARN, as events name it.
    #[must_use]
    pub fn arn(&self) -> &str {
        &self.arn
    }

    /// Wakes once for any number of writes.
    #[must_use]
    pub fn writes(&self) -> watch::Receiver<u64> {
        self.shared.written.subscribe()
    }

    /// Up to `limit` records after the sequence number `after` (none: from the oldest kept), oldest first, each one durable.
    ///
    /// # Errors
    /// What the engine reports.
    pub async fn read(&self, after: Option<&str>, limit: usize) -> Result<Vec<Value>, EngineError> {
        let mut place = json!({ "StreamArn": self.arn, "ShardId": self.shard, "ShardIteratorType": "TRIM_HORIZON" });
        if let Some(after) = after {
            place["ShardIteratorType"] = "AFTER_SEQUENCE_NUMBER".into();
            place["SequenceNumber"] = after.into();
        }
        let database = self.shared.database.clone();
        let read = tokio::task::spawn_blocking(move || {
            let iterator = table::call(&database, "GetShardIterator", &place)?;
            let request = json!({ "ShardIterator": iterator["ShardIterator"], "Limit": limit });
            table::call(&database, "GetRecords", &request)
        });
        let mut answer = read.await.map_err(|error| EngineError::Table(error.to_string()))??;
        if let Some(commit) = &self.shared.commit {
            commit.barrier().await?;
        }
        match answer["Records"].take() {
            Value::Array(records) => Ok(records),
            _ => Ok(Vec::new()),
        }
    }

    /// Deletes records before `position` in small bites, so that writers get their turns. Says how many.
    ///
    /// # Errors
    /// What SQLite reports.
    pub async fn trim(&self, position: &str) -> Result<usize, EngineError> {
        let mut total = 0;
        loop {
            let (index, table, position) = (Arc::clone(&self.index), self.table.clone(), position.to_owned());
            let trim = tokio::task::spawn_blocking(move || index.lock().unwrap_or_else(PoisonError::into_inner).trim(&table, &position));
            let deleted = trim.await.map_err(|error| EngineError::Table(error.to_string()))??;
            total += deleted;
            if deleted == 0 {
                return Ok(total);
            }
        }
    }

    /// How many records are kept.
    ///
    /// # Errors
    /// What SQLite reports.
    pub fn kept(&self) -> Result<u64, EngineError> {
        Ok(self.index.lock().unwrap_or_else(PoisonError::into_inner).len(&self.table)?)
    }
}
