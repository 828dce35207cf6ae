//! The table's stream onto a bus that may refuse.
#![expect(clippy::unwrap_used, reason = "helpers of a test fail the test")]

mod announced;
mod bus;
mod failures;
