//! Schedules: the template's timed events, called every so many seconds.

use std::sync::Arc;
use std::time::Duration;

use chamada_platform::Clock;
use tokio_util::sync::CancellationToken;

use crate::bus::call;
use crate::engine::Engine;
use crate::functions::{Function, Handlers};
use crate::template::Template;

/// How often expired items are deleted: nothing relies on it, DynamoDB itself takes days.
const SWEEP_EXPIRED: Duration = Duration::from_secs(600);

/// Calls every scheduled function each `every`, the first time at once, until `stop`. A call that fails is not repeated: the
/// next one comes.
pub async fn run(template: Arc<Template>, handlers: Handlers, clock: Clock, every: Duration, stop: CancellationToken) {
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        for schedule in &template.schedules {
            let Some(function) = Function::named(&schedule.function) else {
                continue;
            };
            let deadline = clock.now() + template.timeout(&schedule.function);
            if let Err(error) = call(&handlers, function, schedule.input.clone(), deadline, &clock).await {
                error.log();
            }
        }
    }
}

/// Deletes expired items now and then, until `stop`.
pub async fn sweep_expired(engine: Arc<Engine>, stop: CancellationToken) {
    let mut ticks = tokio::time::interval(SWEEP_EXPIRED);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        if let Err(error) = engine.sweep_expired().await {
            tracing::warn!(error = %error, "expired items could not be deleted");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::handler;
    use serde_json::Value;

    #[tokio::test]
    async fn the_scheduled_event_comes_again_and_again_and_stops() {
        let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
        let nothing = handler(|_, _| async { Ok(Value::Null) });
        let sweep = handler(move |event, deadline| {
            let _ = tell.send((event, deadline));
            async { Err(chamada_platform::HandlerError::retry("a failure stops nothing")) }
        });
        let handlers = Handlers {
            outbox: nothing.clone(),
            notifier: nothing,
            mail_sweep: sweep,
        };
        let stop = CancellationToken::new();
        let template = Arc::new(Template::embedded().unwrap());
        let clock = Clock::system();
        let run = tokio::spawn(run(template, handlers, clock.clone(), Duration::from_millis(20), stop.clone()));
        for _ in 0..3 {
            let (event, deadline) = told.recv().await.unwrap();
            assert_eq!(event["detail-type"], "sweep.due");
            assert!(deadline > clock.now() + time::Duration::minutes(10));
        }
        stop.cancel();
        run.await.unwrap();
    }
}
