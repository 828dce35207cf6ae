//! The calls of `tickets` as a client makes them, over the embedded engine. What is expected comes from the contract.
#![expect(clippy::unwrap_used, reason = "helpers of a test fail the test")]

mod kit;

mod change;
mod claim;
mod create;
mod keys;
mod lists;
mod messages;
mod programs;
mod proof;
mod read;
mod write_once;
