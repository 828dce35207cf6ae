//! The domain as a whole, looked at with second eyes: what API.md says is written down here once more, as plainly as possible, and compared.
#![expect(clippy::unwrap_used, reason = "the helpers of tests fail where they stand")]

mod chain;
mod claims;
mod erase;
mod fates;
mod fixtures;
mod held;
mod lifecycle;
mod message;
mod permission;
mod row;
mod sequences;
mod status;
mod transcript;
mod tree;
mod verify;
