//! Group commit: one `fdatasync` makes every write that waits for it durable.
//!
//! SQLite in WAL mode with `synchronous=FULL` syncs the write-ahead log inside each commit, while it holds the only write
//! lock. With `synchronous=NORMAL` it writes the very same frames and leaves the sync out; this module does that sync
//! instead, after the commit and outside the lock, for everybody at once. Why nothing acknowledged can be lost:
//!
//! - A commit has written all its frames to the log with `write(2)` before it returns, so a sync that *begins* after the
//!   return covers them, and with them every earlier frame: the log is one file and is only appended to.
//! - Recovery reads the log's frames in order up to the first whose checksum fails; frames that were synced pass.
//! - Frames leave the log only when it is restarted, which SQLite does after a checkpoint that copied all of them. In NORMAL
//!   as in FULL a checkpoint syncs the log, copies the pages, and syncs the database file before it marks them as copied;
//!   and a restarted log's header is synced before the first frame overwrites an old one.
//! - A failed sync may have thrown the dirty pages away (the kernel reports it once): from then on every answer is an error
//!   and the process must be started again, which recovers what did reach the disk.
//!
//! Readers see a commit before it is durable. So that nothing which a power loss could undo is ever shown, answers to reads
//! wait too, but only while a write is in flight or not yet synced.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::watch;

/// After a sync that served several, the next begins no sooner than this behind it, so that it serves several too: a sync costs the processor
/// about as much as a write does. Who writes alone never waits for company.
const PACE: Duration = Duration::from_millis(3);

/// The sync of the log failed: what was written since the last good one may be gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the write-ahead log could not be synced to disk; restart to recover what is on disk")]
pub struct SyncFailed;

/// Numbers of syncs: the n-th sync is the one that was begun as the n-th.
#[derive(Debug, Default)]
struct State {
    /// How many syncs have begun.
    started: u64,
    /// The highest sync anybody waits for.
    wanted: u64,
    /// How many wait for that one.
    waiting: u32,
    /// Writes begun and not ended: each may be visible to readers already.
    in_flight: usize,
    /// The first sync that covers every write that has ended.
    covers: u64,
    stop: bool,
}

#[derive(Debug, Clone, Copy, Default)]
struct Progress {
    completed: u64,
    failed: bool,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    wake: Condvar,
    progress: watch::Sender<Progress>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Syncs one database's write-ahead log for all who wait. Cheap to clone.
#[derive(Debug, Clone)]
pub struct GroupCommit {
    shared: Arc<Shared>,
}

/// The thread that syncs; ends with [`Syncer::stop`].
#[derive(Debug)]
pub struct Syncer {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl GroupCommit {
    /// Starts syncing the log of `database` (`<database>-wal`, which must exist and stay while this runs).
    ///
    /// # Errors
    /// When the folder cannot be synced (the log's own directory entry must be on disk first) or no thread can start.
    pub fn start(database: &Path) -> std::io::Result<(Self, Syncer)> {
        let mut name = database.as_os_str().to_owned();
        name.push("-wal");
        let log = PathBuf::from(name);
        File::open(&log)?.sync_data()?;
        if let Some(folder) = database.parent() {
            File::open(folder)?.sync_all()?;
        }
        let (progress, _) = watch::channel(Progress::default());
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            wake: Condvar::new(),
            progress,
        });
        let worker = Arc::clone(&shared);
        // Opened anew each time: whatever file is the log now is the one that must be synced. Closing it frees no lock of
        // SQLite's, whose POSIX locks are on the database file and the shared-memory file alone.
        let thread = std::thread::Builder::new()
            .name("log-sync".into())
            .spawn(move || sync_loop(&worker, || File::open(&log)?.sync_data()))?;
        Ok((
            Self {
                shared: Arc::clone(&shared),
            },
            Syncer {
                shared,
                thread: Some(thread),
            },
        ))
    }

    /// To be called before a write begins; the guard's [`WriteGuard::durable`] after it has ended, whether it succeeded or
    /// not (a failed condition tells of other people's writes too).
    pub fn begin_write(&self) -> WriteGuard {
        self.shared.state().in_flight += 1;
        WriteGuard {
            commit: self.clone(),
            ended: false,
        }
    }

    /// Waits until everything that a reader can have seen by now is on disk. Returns at once when nothing was written
    /// since the last sync.
    ///
    /// # Errors
    /// [`SyncFailed`] once any sync has failed.
    pub async fn barrier(&self) -> Result<(), SyncFailed> {
        let target = {
            let mut state = self.shared.state();
            if state.in_flight == 0 {
                state.covers
            } else {
                self.want_next(&mut state)
            }
        };
        self.wait(target).await
    }

    /// The number of the next sync to begin, which somebody now waits for.
    fn want_next(&self, state: &mut State) -> u64 {
        let target = state.started + 1;
        if state.wanted < target {
            state.wanted = target;
            state.waiting = 0;
            self.shared.wake.notify_one();
        }
        state.waiting += 1;
        target
    }

    fn end_write(&self) -> u64 {
        let mut state = self.shared.state();
        state.in_flight -= 1;
        let target = self.want_next(&mut state);
        state.covers = target;
        target
    }

    async fn wait(&self, target: u64) -> Result<(), SyncFailed> {
        let mut progress = self.shared.progress.subscribe();
        let seen = progress
            .wait_for(|now| now.failed || now.completed >= target)
            .await
            .map_err(|_| SyncFailed)?;
        if seen.failed { Err(SyncFailed) } else { Ok(()) }
    }
}

/// A write under way: see [`GroupCommit::begin_write`].
#[derive(Debug)]
#[must_use = "a write's answer must wait until it is durable"]
pub struct WriteGuard {
    commit: GroupCommit,
    ended: bool,
}

impl WriteGuard {
    /// Says that the write has ended, and waits until it is on disk.
    ///
    /// # Errors
    /// [`SyncFailed`] when it may not be.
    pub async fn durable(mut self) -> Result<(), SyncFailed> {
        self.ended = true;
        let target = self.commit.end_write();
        self.commit.wait(target).await
    }
}

impl Drop for WriteGuard {
    fn drop(&mut self) {
        if !self.ended {
            self.commit.end_write();
        }
    }
}

impl Syncer {
    /// Syncs what is still waited for and ends the thread.
    pub fn stop(mut self) {
        self.finish();
    }

    fn finish(&mut self) {
        self.shared.state().stop = true;
        self.shared.wake.notify_one();
        if let Some(thread) = self.thread.take() {
            // A panic there has been reported already, and its waiters see a closed or failed channel.
            let _ = thread.join();
        }
    }
}

impl Drop for Syncer {
    fn drop(&mut self) {
        self.finish();
    }
}

/// The last sync: when it began, and whether it served several.
#[derive(Debug, Clone, Copy)]
struct Last {
    began: Instant,
    shared: bool,
}

/// Waits until somebody wants a sync; its number. Nothing when it is to stop.
fn next_sync(shared: &Shared, last: &mut Option<Last>) -> Option<u64> {
    let mut state = shared.state();
    while state.wanted <= state.started {
        if state.stop {
            return None;
        }
        state = shared.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
    }
    if let Some(last) = last.filter(|last| last.shared) {
        drop(state);
        // Whoever comes meanwhile is served by the same sync: it has not begun yet.
        std::thread::sleep(PACE.saturating_sub(last.began.elapsed()));
        state = shared.state();
    }
    state.started += 1;
    *last = Some(Last {
        began: Instant::now(),
        shared: state.waiting > 1,
    });
    Some(state.started)
}

fn sync_loop(shared: &Shared, sync: impl Fn() -> std::io::Result<()>) {
    let mut last = None;
    while let Some(number) = next_sync(shared, &mut last) {
        let result = sync();
        shared.progress.send_modify(|progress| match &result {
            Ok(()) => progress.completed = number,
            Err(_) => progress.failed = true,
        });
        if let Err(error) = result {
            tracing::error!(error = %error, "the write-ahead log could not be synced; every answer fails from here on");
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    fn with_sync(sync: impl Fn() -> std::io::Result<()> + Send + 'static) -> (GroupCommit, Syncer) {
        let (progress, _) = watch::channel(Progress::default());
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            wake: Condvar::new(),
            progress,
        });
        let worker = Arc::clone(&shared);
        let thread = std::thread::spawn(move || sync_loop(&worker, sync));
        (
            GroupCommit {
                shared: Arc::clone(&shared),
            },
            Syncer {
                shared,
                thread: Some(thread),
            },
        )
    }

    #[tokio::test]
    async fn one_sync_serves_all_who_wait_and_each_began_after_its_write() {
        let syncs = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&syncs);
        let (commit, syncer) = with_sync(move || {
            std::thread::sleep(Duration::from_millis(5));
            counter.fetch_add(1, Ordering::SeqCst);
            Ok(())
        });
        let writes = (0..50).map(|_| {
            let commit = commit.clone();
            let syncs = Arc::clone(&syncs);
            tokio::spawn(async move {
                let guard = commit.begin_write();
                let before = syncs.load(Ordering::SeqCst);
                guard.durable().await.unwrap();
                assert!(syncs.load(Ordering::SeqCst) > before, "a whole sync lies after the write");
            })
        });
        futures::future::try_join_all(writes).await.unwrap();
        let total = syncs.load(Ordering::SeqCst);
        assert!(total <= 5, "{total} syncs for 50 writes at once");
        syncer.stop();
    }

    #[tokio::test]
    async fn a_read_waits_for_what_it_may_have_seen_and_not_otherwise() {
        let (release, held) = std::sync::mpsc::channel::<()>();
        let held = Mutex::new(held);
        let (commit, _syncer) = with_sync(move || held.lock().unwrap().recv().map_err(std::io::Error::other));
        commit.barrier().await.unwrap();

        let guard = commit.begin_write();
        let early = tokio::spawn({
            let commit = commit.clone();
            async move { commit.barrier().await }
        });
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(!early.is_finished(), "a write in flight may be visible already");
        release.send(()).unwrap();
        early.await.unwrap().unwrap();

        let write = tokio::spawn(guard.durable());
        tokio::time::sleep(Duration::from_millis(20)).await;
        let late = tokio::spawn({
            let commit = commit.clone();
            async move { commit.barrier().await }
        });
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(!late.is_finished(), "the write is visible and not durable");
        release.send(()).unwrap();
        write.await.unwrap().unwrap();
        late.await.unwrap().unwrap();
        commit.barrier().await.unwrap();
        drop(release);
    }

    #[tokio::test]
    async fn a_failed_sync_fails_every_answer_from_then_on() {
        let (commit, _syncer) = with_sync(|| Err(std::io::Error::other("disk gone")));
        assert_eq!(commit.begin_write().durable().await, Err(SyncFailed));
        assert_eq!(commit.begin_write().durable().await, Err(SyncFailed));
        assert_eq!(commit.barrier().await, Err(SyncFailed));
    }
}
