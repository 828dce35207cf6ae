//! The one clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use time::{Duration, OffsetDateTime};

/// What tells the time: the system's clock, or one that tests set. Clones share their state.
#[derive(Debug, Clone)]
pub struct Clock {
    fixed: Option<OffsetDateTime>,
    ahead_ms: Arc<AtomicI64>,
}

impl Clock {
    /// The system's clock.
    #[must_use]
    pub fn system() -> Self {
        Self {
            fixed: None,
            ahead_ms: Arc::default(),
        }
    }

    /// A clock that stands at `at` until it is advanced.
    #[must_use]
    pub fn fixed(at: OffsetDateTime) -> Self {
        Self {
            fixed: Some(at),
            ahead_ms: Arc::default(),
        }
    }

    /// Moves this clock and its clones ahead by `by`, to the millisecond; back where `by` is negative.
    pub fn advance(&self, by: Duration) {
        let ms = i64::try_from(by.whole_milliseconds()).unwrap_or(0);
        self.ahead_ms.fetch_add(ms, Ordering::Relaxed);
    }

    /// Now, in UTC, cut to whole milliseconds, since that is what is stored and shown.
    #[must_use]
    pub fn now(&self) -> OffsetDateTime {
        #[expect(clippy::disallowed_methods, reason = "the one place where the clock is read")]
        let base = self.fixed.unwrap_or_else(OffsetDateTime::now_utc).to_offset(time::UtcOffset::UTC);
        let ahead = Duration::milliseconds(self.ahead_ms.load(Ordering::Relaxed));
        let now = base.checked_add(ahead).unwrap_or(base);
        now.replace_millisecond(now.millisecond()).unwrap_or(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn clones_of_a_set_clock_move_together() {
        let clock = Clock::fixed(datetime!(2026-11-22 05:07:31.4129 -3));
        let other = clock.clone();
        assert_eq!(clock.now(), datetime!(2026-11-22 08:07:31.412 UTC));
        other.advance(Duration::minutes(15));
        assert_eq!(clock.now(), datetime!(2026-11-22 08:22:31.412 UTC));
    }

    #[test]
    fn the_system_clock_goes_on_and_can_be_shifted() {
        let clock = Clock::system();
        let before = clock.now();
        clock.advance(Duration::DAY);
        assert!(clock.now() - before >= Duration::DAY);
        assert_eq!(before.nanosecond() % 1_000_000, 0);
    }
}
