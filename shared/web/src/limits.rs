//! How often one may try.

use chamada_domain::Timestamp;

use crate::problem::Problem;
use crate::session::App;

/// Seconds in which uses are counted together: the store counts by the hour of the clock.
const HOUR: i64 = 3_600;

/// Counts one use of `what` by `who`, and refuses what is over `most` in this hour.
///
/// # Errors
/// 429 with this code, and `Retry-After` to the end of the hour.
pub async fn limit(app: &App, what: &str, who: &str, most: u64, code: &'static str) -> Result<(), Problem> {
    let now = app.now();
    if app.store.count_use(what, who, now).await? > most {
        Err(Problem::too_many(code, rest_of_hour(now)))
    } else {
        Ok(())
    }
}

fn rest_of_hour(now: Timestamp) -> u32 {
    u32::try_from(HOUR - now.unix_seconds().rem_euclid(HOUR)).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_of_an_hour_is_never_nothing() {
        let at = |text: &str| rest_of_hour(text.parse().unwrap());
        assert_eq!(at("2026-11-22T05:00:00.000Z"), 3_600);
        assert_eq!(at("2026-11-22T05:59:59.999Z"), 1);
    }
}
