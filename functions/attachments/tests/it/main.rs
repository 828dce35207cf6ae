//! The routes over the embedded table and the embedded buckets, asked as a client asks.
#![expect(clippy::unwrap_used, reason = "a fixture that breaks must stop the test that asked for it")]

mod downloads;
mod guests;
mod kit;
mod memory;
mod uploads;
