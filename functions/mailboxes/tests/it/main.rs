//! The routes over the embedded table, buckets and parameter store, asked as a client asks.
#![expect(clippy::unwrap_used, reason = "a fixture that breaks must stop the test that asked for it")]

mod audit;
mod connections;
mod kit;
mod messages;
mod settings;
mod sweeps;
