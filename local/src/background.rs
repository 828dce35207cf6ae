//! Work that gives way: functions that nobody waits for run in threads of their own, to which the kernel gives what the others leave.
//!
//! On AWS each function has its processor; here all share one machine's, and a mailbox that brings a thousand mails, or a morning on which
//! everybody signs in, would else be slowed down by the mails that follow.

use std::io;
use std::sync::Arc;

use chamada_platform::HandlerError;
use tokio::runtime::{Builder, Runtime};
use tokio_util::task::AbortOnDropHandle;

use crate::functions::Handler;

/// How much less than others, from 0 (as all) to 19 (least): see `setpriority(2)`.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

/// Threads that give way to all others of this process.
#[derive(Debug)]
pub struct Background {
    /// Always there until the drop.
    runtime: Option<Runtime>,
}

impl Background {
    /// Starts them: one that works, and as many as wait for the disk.
    ///
    /// # Errors
    /// What the system reports.
    pub fn start() -> io::Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("background")
            .on_thread_start(give_way)
            .enable_all()
            .build()?;
        Ok(Self { runtime: Some(runtime) })
    }

    /// The same function, carried out here. Whoever drops the call ends it.
    #[must_use]
    pub fn handler(&self, handler: Handler) -> Handler {
        let Some(runtime) = self.runtime.as_ref().map(Runtime::handle).cloned() else {
            return handler;
        };
        Arc::new(move |event, deadline| {
            let work = AbortOnDropHandle::new(runtime.spawn(handler(event, deadline)));
            Box::pin(async move {
                match work.await {
                    Ok(outcome) => outcome,
                    Err(error) => match error.try_into_panic() {
                        Ok(panic) => std::panic::resume_unwind(panic),
                        Err(_) => Err(HandlerError::retry("it was stopped")),
                    },
                }
            })
        })
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // What has not ended is delivered again after the next start.
            runtime.shutdown_background();
        }
    }
}

/// Lowers this thread's priority. Where that is not allowed, or not known, it is one like the others.
fn give_way() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::setpriority_process(Some(rustix::thread::gettid()), NICENESS);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::handler;
    use serde_json::Value;
    use std::time::Duration;
    use time::OffsetDateTime;

    #[cfg(target_os = "linux")]
    fn niceness() -> Value {
        let own = rustix::process::getpriority_process(Some(rustix::thread::gettid()));
        own.map_or(Value::Null, Value::from)
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn what_runs_there_gives_way_and_its_waiting_threads_too() {
        let background = Background::start().unwrap();
        let nice = background.handler(handler(|_, _| async {
            let waiting = tokio::task::spawn_blocking(niceness).await;
            Ok(serde_json::json!([niceness(), waiting.unwrap_or_default()]))
        }));
        let answer = nice(Value::Null, OffsetDateTime::UNIX_EPOCH).await.unwrap();
        assert_eq!(answer, serde_json::json!([NICENESS, NICENESS]));
        assert_eq!(niceness(), serde_json::json!(0));
    }

    #[tokio::test]
    async fn a_panic_is_the_callers_to_see_and_a_dropped_call_ends() {
        let background = Background::start().unwrap();
        let panics = background.handler(handler(|_, _| async { panic!("on purpose") }));
        assert!(
            tokio::spawn(panics(Value::Null, OffsetDateTime::UNIX_EPOCH))
                .await
                .unwrap_err()
                .is_panic()
        );

        let (alive, mut ended) = tokio::sync::mpsc::channel::<()>(1);
        let stuck = background.handler(handler(move |_, _| {
            let alive = alive.clone();
            async move {
                std::future::pending::<()>().await;
                drop(alive);
                Ok(Value::Null)
            }
        }));
        let call = stuck(Value::Null, OffsetDateTime::UNIX_EPOCH);
        assert!(tokio::time::timeout(Duration::from_millis(50), call).await.is_err());
        drop(stuck);
        assert!(tokio::time::timeout(Duration::from_secs(5), ended.recv()).await.unwrap().is_none());
    }
}
