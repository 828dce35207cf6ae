//! What ends a sweep early, in plain words, and when it is tried again.

use chamada_domain::mailbox::SweepError;
use chamada_platform::ServiceError;
use chamada_store::StoreError;
use time::Duration;

/// Why a sweep did not come to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    /// The mail server, or the way to it.
    #[error(transparent)]
    Server(#[from] chamada_pop3::Error),
    /// The connection failed in the middle of a message; the others came.
    #[error(transparent)]
    LeftOut(chamada_pop3::Error),
    /// The server refuses to hand some messages over; the others came.
    #[error("the server refused {0} message(s)")]
    Withheld(usize),
    /// The mailbox cannot be read as it is set up.
    #[error("{0}")]
    Setup(&'static str),
    /// The mailbox is gone.
    #[error("the mailbox was removed")]
    Removed,
    /// Another sweep has the mailbox now.
    #[error("the lease was lost")]
    LeaseLost,
    /// The table did not answer.
    #[error("the table failed")]
    Table(#[source] StoreError),
    /// S3 or the parameter store did not answer.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// A task was lost.
    #[error("a task ended without an answer")]
    Task,
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::LeaseLost => Self::LeaseLost,
            other => Self::Table(other),
        }
    }
}

impl Trouble {
    /// Whether the mailbox as a whole could not be swept, so that a pause is due. A single message must not hold up the others' mail.
    pub(crate) fn stops_all(&self) -> bool {
        !matches!(self, Self::LeftOut(_) | Self::Withheld(_))
    }

    /// For the mailbox's card and the sweep's report.
    pub(crate) fn report(&self) -> SweepError {
        let (code, detail) = match self {
            Self::Server(error) | Self::LeftOut(error) => return SweepError::of_mail_server(error.code(), error.server_line()),
            Self::Withheld(1) => ("protocol", "The mail server refuses to hand over one message.".to_owned()),
            Self::Withheld(count) => ("protocol", format!("The mail server refuses to hand over {count} messages.")),
            Self::Setup(words) => ("setup", (*words).to_owned()),
            Self::Removed => ("removed", "The mailbox was removed.".to_owned()),
            Self::LeaseLost => (
                "interrupted",
                "The sweep was interrupted. The next one goes on where it stopped.".to_owned(),
            ),
            Self::Table(_) | Self::Service(_) | Self::Task => (
                "unavailable",
                "Chamada's own storage did not answer. The next sweep goes on where this one stopped.".to_owned(),
            ),
        };
        SweepError {
            code: code.to_owned(),
            detail,
        }
    }
}

/// How long to wait before the next attempt, after so many failures in a row.
pub(crate) fn pause(code: &str, failures: u32) -> Duration {
    if code == "auth_failed" {
        // Going on trying may lock the account.
        return Duration::HOUR;
    }
    let doublings = failures.saturating_sub(1).min(5);
    Duration::minutes(i64::from(2_u32.pow(doublings)).min(30))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end_growing() {
        let minutes: Vec<i64> = (1..=8).map(|failures| pause("timed_out", failures).whole_minutes()).collect();
        assert_eq!(minutes, [1, 2, 4, 8, 16, 30, 30, 30]);
        assert_eq!(pause("auth_failed", 1), Duration::HOUR);
    }

    #[test]
    fn a_lost_lease_is_no_failure_of_the_mailbox() {
        let lost = Trouble::from(StoreError::LeaseLost).report();
        assert_eq!(lost.code, "interrupted");
    }
}
