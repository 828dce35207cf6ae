//! The calls of `tickets` as a client makes them, over the embedded engine. What is expected comes from the contract.
#![expect(clippy::unwrap_used, reason = "helpers of a test fail the test")]

mod kit;

mod bin;
mod bulk;
mod bundle;
mod change;
mod claim;
mod create;
mod guests;
mod held;
mod keys;
mod lists;
mod mails;
mod marks;
mod merge;
mod messages;
mod programs;
mod proof;
mod rating;
mod read;
mod write_once;
