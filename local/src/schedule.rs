//! Schedules: the template's timed events, called every so many seconds.

use std::sync::Arc;
use std::time::Duration;

use chamada_platform::Clock;
use tokio_util::sync::CancellationToken;

use crate::bus::call;
use crate::engine::Engine;
use crate::functions::{Function, Handlers};
use crate::template::Schedule;

/// How often expired items are deleted: nothing relies on it, DynamoDB itself takes days.
const SWEEP_EXPIRED: Duration = Duration::from_secs(600);

/// The time between two calls as the template writes it: `rate(2 minutes)`. `None` for what is no rate.
#[must_use]
pub fn rate(expression: &str) -> Option<Duration> {
    let (count, unit) = expression.strip_prefix("rate(")?.strip_suffix(')')?.split_once(' ')?;
    let seconds = match unit {
        "minute" | "minutes" => 60,
        "hour" | "hours" => 3_600,
        "day" | "days" => 86_400,
        _ => return None,
    };
    count.parse().ok().map(|count: u32| Duration::from_secs(seconds) * count)
}

/// How often one machine calls a schedule's function: mailboxes are swept each `sweep_every`, all else comes as often as the template says.
#[must_use]
pub fn period(schedule: &Schedule, sweep_every: Duration) -> Duration {
    if schedule.function == Function::MailSweep.name() {
        sweep_every
    } else {
        schedule.every
    }
}

/// Calls a scheduled function each `every`, the first time at once, until `stop`. A call that fails is not repeated: the next one comes.
pub async fn run(schedule: Schedule, timeout: Duration, handlers: Handlers, clock: Clock, every: Duration, stop: CancellationToken) {
    let Some(function) = Function::named(&schedule.function) else {
        return;
    };
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        let deadline = clock.now() + timeout;
        if let Err(error) = call(&handlers, function, schedule.input.clone(), deadline, &clock).await {
            error.log();
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
    use crate::template::Template;
    use serde_json::Value;

    #[test]
    fn mailboxes_are_swept_as_asked_and_the_rest_comes_as_the_template_says() {
        let schedules = Template::embedded().unwrap().schedules;
        let periods: Vec<(&str, u64)> = schedules
            .iter()
            .map(|schedule| (schedule.function.as_str(), period(schedule, Duration::from_secs(5)).as_secs()))
            .collect();
        assert_eq!(periods, [("mail-sweep", 5), ("housekeeping", 3_600), ("evidence", 3_600)]);
        assert_eq!(rate("rate(2 minutes)"), Some(Duration::from_secs(120)));
        for none in ["cron(0 1 * * ? *)", "rate(2)", "rate(two days)", "rate(1 week)"] {
            assert_eq!(rate(none), None, "{none}");
        }
    }

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
            housekeeping: handler(|_, _| async { Ok(Value::Null) }),
            evidence: handler(|_, _| async { Ok(Value::Null) }),
        };
        let stop = CancellationToken::new();
        let template = Template::embedded().unwrap();
        let schedule = template
            .schedules
            .iter()
            .find(|schedule| schedule.function == "mail-sweep")
            .unwrap()
            .clone();
        let (clock, timeout) = (Clock::system(), template.timeout("mail-sweep"));
        let run = tokio::spawn(run(
            schedule,
            timeout,
            handlers,
            clock.clone(),
            Duration::from_millis(20),
            stop.clone(),
        ));
        for _ in 0..3 {
            let (event, deadline) = told.recv().await.unwrap();
            assert_eq!(event["detail-type"], "sweep.due");
            assert!(deadline > clock.now() + time::Duration::minutes(10));
        }
        stop.cancel();
        run.await.unwrap();
    }
}
