//! What must survive a kill between the table and its consumers: events on their way, dead letters, the stream's position.
//!
//! A SQLite file of its own with one writer thread. A kill loses nothing of it. A power loss may take its newest commits, all of them from some
//! moment on: then the stream's position is that moment's too, and what was lost comes again from the stream, which is trimmed only
//! behind a position that is on disk ([`Journal::sync`]). So no commit waits for the disk. What is done twice then, its handlers bear.

mod dead_letters;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;
use time::OffsetDateTime;
use tokio::sync::oneshot;

pub use dead_letters::DeadLetter;

/// Asked together at most: bounds how long the first of them waits.
const BATCH: usize = 512;

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    rule TEXT NOT NULL,
    function TEXT NOT NULL,
    event TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    first_ms INTEGER NOT NULL,
    due_ms INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries(function, due_ms, id);
CREATE TABLE IF NOT EXISTS dead_letters (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    source TEXT NOT NULL,
    rule TEXT NOT NULL,
    function TEXT NOT NULL,
    event TEXT NOT NULL,
    reason TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    first_ms INTEGER NOT NULL,
    died_ms INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS positions (stream TEXT PRIMARY KEY, sequence TEXT NOT NULL);";

/// The journal could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// What SQLite reports.
    #[error("the journal failed: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// No thread, or it has ended.
    #[error("the journal is closed")]
    Closed,
    /// What was written may not be on disk.
    #[error("the journal could not be synced: {0}")]
    Sync(#[from] std::io::Error),
    /// A stored event is no JSON any more.
    #[error("an event in the journal cannot be read: {0}")]
    Event(#[from] serde_json::Error),
}

/// An event on its way to one function.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// Its number in the journal.
    pub id: i64,
    /// The rule that matched.
    pub rule: String,
    /// The function's folder name.
    pub function: String,
    /// The event.
    pub event: Value,
    /// Attempts that failed.
    pub attempts: u32,
    /// When it was accepted, in ms since 1970.
    pub first_ms: i64,
}

type Work = Box<dyn FnOnce(&Connection) -> Done + Send>;
/// Tells the asker how it went, once the commit has succeeded or failed.
type Done = Box<dyn FnOnce(Result<(), JournalError>) + Send>;

/// A handle on the journal; cheap to clone. The file closes when the last one is gone.
#[derive(Debug, Clone)]
pub struct Journal {
    thread: Arc<Writer>,
    log: Arc<Path>,
}

#[derive(Debug)]
struct Writer {
    work: Option<Sender<Work>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Writer {
    /// Ends the thread, so that the file is closed when the last handle is gone.
    fn drop(&mut self) {
        self.work = None;
        if let Some(thread) = self.thread.take() {
            // A panic there was reported when it happened.
            let _ = thread.join();
        }
    }
}

impl Journal {
    /// Opens or makes the file.
    ///
    /// # Errors
    /// What SQLite reports, or no thread.
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        let connection = Connection::open(path)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.execute_batch(SCHEMA)?;
        let (work, asked) = channel();
        let thread = std::thread::Builder::new()
            .name("journal".into())
            .spawn(move || serve(&connection, &asked));
        let thread = thread.map_err(|_| JournalError::Closed)?;
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        Ok(Self {
            thread: Arc::new(Writer {
                work: Some(work),
                thread: Some(thread),
            }),
            log: PathBuf::from(log).into(),
        })
    }

    /// Waits until everything that was answered by now is on disk: a commit has written all of it to the log, and what SQLite moves from
    /// there to the file it syncs itself.
    ///
    /// # Errors
    /// Where it may not be.
    pub async fn sync(&self) -> Result<(), JournalError> {
        let log = Arc::clone(&self.log);
        let synced = tokio::task::spawn_blocking(move || File::open(log)?.sync_data());
        Ok(synced.await.map_err(|_| JournalError::Closed)??)
    }

    /// Runs `work` in the next commit and waits for that.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, JournalError> {
        let (answer, answered) = oneshot::channel();
        let boxed: Work = Box::new(move |connection| {
            let result = in_savepoint(connection, work);
            Box::new(move |committed| {
                // Nobody to hear it is no error: the asker was cancelled.
                let _ = answer.send(committed.and_then(|()| Ok(result?)));
            })
        });
        let work = self.thread.work.as_ref().ok_or(JournalError::Closed)?;
        work.send(boxed).map_err(|_| JournalError::Closed)?;
        answered.await.map_err(|_| JournalError::Closed)?
    }

    /// Accepts events: `(rule, function, event)` each, all or none.
    ///
    /// # Errors
    /// What SQLite reports.
    pub async fn accept(&self, deliveries: Vec<(String, String, Value)>, now: OffsetDateTime) -> Result<(), JournalError> {
        self.run(move |connection| {
            let mut insert = connection
                .prepare_cached("INSERT INTO deliveries (rule, function, event, first_ms, due_ms) VALUES (?1, ?2, ?3, ?4, ?4)")?;
            for (rule, function, event) in &deliveries {
                insert.execute(params![rule, function, event.to_string(), ms(now)])?;
            }
            Ok(())
        })
        .await
    }

    /// Up to `limit` deliveries for `function` that are due, oldest first, and when the next one after now falls due (ms).
    ///
    /// # Errors
    /// What SQLite reports.
    pub async fn due(&self, function: &str, now: OffsetDateTime, limit: usize) -> Result<(Vec<Delivery>, Option<i64>), JournalError> {
        let function = function.to_owned();
        let (rows, next) = self
            .run(move |connection| {
                let mut select = connection.prepare_cached(
                    "SELECT id, rule, function, event, attempts, first_ms FROM deliveries
                     WHERE function = ?1 AND due_ms <= ?2 ORDER BY due_ms, id LIMIT ?3",
                )?;
                let rows = select.query_map(params![function, ms(now), limit], |row| {
                    let event: String = row.get(3)?;
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?, event, row.get(4)?, row.get(5)?))
                })?;
                let rows: Vec<(i64, String, String, String, u32, i64)> = rows.collect::<Result<_, _>>()?;
                let later = "SELECT MIN(due_ms) FROM deliveries WHERE function = ?1 AND due_ms > ?2";
                let next: Option<i64> = connection
                    .prepare_cached(later)?
                    .query_row(params![function, ms(now)], |row| row.get(0))?;
                Ok((rows, next))
            })
            .await?;
        let deliveries = rows.into_iter().map(|(id, rule, function, event, attempts, first_ms)| {
            Ok(Delivery {
                id,
                rule,
                function,
                event: serde_json::from_str(&event)?,
                attempts,
                first_ms,
            })
        });
        Ok((deliveries.collect::<Result<_, JournalError>>()?, next))
    }

    /// A delivery was handled.
    ///
    /// # Errors
    /// What SQLite reports: it will come again.
    pub async fn done(&self, id: i64) -> Result<(), JournalError> {
        self.run(move |connection| {
            connection
                .prepare_cached("DELETE FROM deliveries WHERE id = ?1")?
                .execute([id])
                .map(|_| ())
        })
        .await
    }

    /// A delivery failed and comes again at `due`.
    ///
    /// # Errors
    /// What SQLite reports.
    pub async fn again(&self, id: i64, due: OffsetDateTime) -> Result<(), JournalError> {
        self.run(move |connection| {
            let update = "UPDATE deliveries SET attempts = attempts + 1, due_ms = ?2 WHERE id = ?1";
            connection.prepare_cached(update)?.execute(params![id, ms(due)]).map(|_| ())
        })
        .await
    }

    /// How far `stream` has been handled.
    ///
    /// # Errors
    /// What SQLite reports.
    pub async fn position(&self, stream: &str) -> Result<Option<String>, JournalError> {
        let stream = stream.to_owned();
        self.run(move |connection| {
            let select = "SELECT sequence FROM positions WHERE stream = ?1";
            connection.prepare_cached(select)?.query_row([stream], |row| row.get(0)).optional()
        })
        .await
    }

    /// `stream` has been handled up to and with `sequence`.
    ///
    /// # Errors
    /// What SQLite reports: what follows the old position will come again.
    pub async fn set_position(&self, stream: &str, sequence: &str) -> Result<(), JournalError> {
        let (stream, sequence) = (stream.to_owned(), sequence.to_owned());
        self.run(move |connection| {
            let upsert = "INSERT INTO positions VALUES (?1, ?2) ON CONFLICT (stream) DO UPDATE SET sequence = excluded.sequence";
            connection.prepare_cached(upsert)?.execute([stream, sequence]).map(|_| ())
        })
        .await
    }

    /// How many deliveries wait or are under way.
    ///
    /// # Errors
    /// What SQLite reports.
    pub async fn waiting(&self) -> Result<u64, JournalError> {
        self.run(|connection| connection.query_row("SELECT COUNT(*) FROM deliveries", [], |row| row.get(0)))
            .await
    }
}

/// One asker's failure must not take the others' work with it.
fn in_savepoint<T>(connection: &Connection, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> rusqlite::Result<T> {
    connection.execute_batch("SAVEPOINT one")?;
    let result = work(connection);
    connection.execute_batch(if result.is_ok() {
        "RELEASE one"
    } else {
        "ROLLBACK TO one; RELEASE one"
    })?;
    result
}

fn serve(connection: &Connection, asked: &Receiver<Work>) {
    while let Ok(first) = asked.recv() {
        let begun = connection.execute_batch("BEGIN IMMEDIATE");
        let more = asked.try_iter().take(BATCH);
        let done: Vec<Done> = std::iter::once(first).chain(more).map(|work| work(connection)).collect();
        let committed = begun.and_then(|()| connection.execute_batch("COMMIT"));
        if let Err(error) = &committed {
            tracing::error!(error = %error, "the journal could not be written");
            // Where there is nothing to roll back, that is what was wanted.
            let _ = connection.execute_batch("ROLLBACK");
        }
        for tell in done {
            tell(if committed.is_ok() { Ok(()) } else { Err(JournalError::Closed) });
        }
    }
}

fn ms(at: OffsetDateTime) -> i64 {
    i64::try_from(at.unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use time::macros::datetime;

    const NOW: OffsetDateTime = datetime!(2026-11-22 05:00:00 UTC);

    fn event(number: u32) -> (String, String, Value) {
        ("r".into(), "notifier".into(), json!({ "n": number }))
    }

    #[tokio::test]
    async fn events_stay_until_they_are_done() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.db");
        let journal = Journal::open(&path).unwrap();
        journal.accept(vec![event(1), event(2)], NOW).await.unwrap();
        let (due, _) = journal.due("notifier", NOW, 10).await.unwrap();
        journal.done(due[0].id).await.unwrap();
        journal.set_position("s", "17").await.unwrap();
        drop(journal);

        let journal = Journal::open(&path).unwrap();
        let (due, next) = journal.due("notifier", NOW, 10).await.unwrap();
        assert_eq!((due.len(), &due[0].event, next), (1, &json!({ "n": 2 }), None));
        assert_eq!(journal.position("s").await.unwrap().as_deref(), Some("17"));
        assert!(journal.due("mail-sweep", NOW, 10).await.unwrap().0.is_empty());
    }

    #[tokio::test]
    async fn many_at_once_are_all_kept_and_a_failing_one_harms_none() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(&folder.path().join("journal.db")).unwrap();
        let good = (0..200).map(|number| journal.accept(vec![event(number)], NOW));
        let bad = journal.run(|connection| connection.execute("INSERT INTO nowhere VALUES (1)", []));
        let (good, bad) = futures::join!(futures::future::join_all(good), bad);
        assert!(good.iter().all(Result::is_ok));
        assert!(matches!(bad, Err(JournalError::Sqlite(_))));
        assert_eq!(journal.waiting().await.unwrap(), 200);
    }
}
