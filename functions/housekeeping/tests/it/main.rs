//! Housekeeping over the embedded table and buckets.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a fixture that breaks must stop the test that asked for it"
)]

mod erasures;
mod expired;
mod kit;
mod mailed;
mod race;
mod uploads;
mod versions;
