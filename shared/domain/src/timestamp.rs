//! Moments, always UTC with milliseconds, always written the same way.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime, UtcOffset};

use crate::error::FieldError;

/// A moment in UTC, to the millisecond. Written `2026-11-22T05:07:31.412Z` (RFC 3339), so that text order is time order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, utoipa::ToSchema)]
#[schema(value_type = String, format = DateTime)]
pub struct Timestamp(OffsetDateTime);

impl Timestamp {
    /// The moment of `at`, in UTC, cut to whole milliseconds.
    #[must_use]
    pub fn new(at: OffsetDateTime) -> Self {
        let at = at.to_offset(UtcOffset::UTC);
        let millisecond = at.millisecond();
        Self(at.replace_millisecond(millisecond).unwrap_or(at))
    }

    /// The moment as the `time` crate has it.
    #[must_use]
    pub fn as_offset(self) -> OffsetDateTime {
        self.0
    }

    /// Seconds since 1970, as DynamoDB's TTL wants them.
    #[must_use]
    pub fn unix_seconds(self) -> i64 {
        self.0.unix_timestamp()
    }

    /// The moment of so many seconds since 1970; 1970 itself where that is out of range.
    #[must_use]
    pub fn from_unix_seconds(seconds: i64) -> Self {
        Self(OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH))
    }

    /// This moment moved by `by`; itself where that leaves the calendar.
    #[must_use]
    pub fn plus(self, by: Duration) -> Self {
        Self(self.0.checked_add(by).unwrap_or(self.0))
    }

    /// How long after `earlier` this is; negative where it is before.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        self.0 - earlier.0
    }
}

/// A span of whole hours.
#[must_use]
pub fn hours(hours: i64) -> Duration {
    Duration::hours(hours)
}

/// A span of whole days.
#[must_use]
pub fn days(days: i64) -> Duration {
    Duration::days(days)
}

/// A span of whole seconds.
#[must_use]
pub fn seconds(seconds: i64) -> Duration {
    Duration::seconds(seconds)
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.0;
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
            at.year(),
            u8::from(at.month()),
            at.day(),
            at.hour(),
            at.minute(),
            at.second(),
            at.millisecond()
        )
    }
}

impl FromStr for Timestamp {
    type Err = FieldError;

    /// Reads any RFC 3339 moment of the years 1 to 9999.
    ///
    /// # Errors
    /// `invalid` where it is none.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let at = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| FieldError::invalid("time"))?;
        match at.checked_to_offset(UtcOffset::UTC) {
            Some(utc) if (1..=9999).contains(&utc.year()) => Ok(Self::new(utc)),
            _ => Err(FieldError::invalid("time")),
        }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse()
            .map_err(|_| serde::de::Error::custom("not a moment as RFC 3339 writes it"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_in_utc_with_milliseconds() {
        let at: Timestamp = "2026-11-22T02:07:31.4129-03:00".parse().unwrap();
        assert_eq!(at.to_string(), "2026-11-22T05:07:31.412Z");
        assert_eq!(at.to_string().parse::<Timestamp>().unwrap(), at);
        assert_eq!(
            "2026-11-22T05:07:31Z".parse::<Timestamp>().unwrap().to_string(),
            "2026-11-22T05:07:31.000Z"
        );
    }

    #[test]
    fn nonsense_is_refused() {
        for bad in ["", "2026-11-22", "tomorrow", "2026-02-30T00:00:00Z", "9999-12-31T23:59:59-14:00"] {
            assert!(bad.parse::<Timestamp>().is_err(), "{bad}");
        }
    }
}
