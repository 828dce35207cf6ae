//! The test kit of Chamada, and nothing that the product itself uses.
//!
//! - [`engine`]: an embedded DynamoDB engine on loopback, and the official SDK's client for it.
//! - [`fault_proxy`]: what AWS does to a caller and the embedded engine never does: conflicts, throttling, lost answers, late indexes.
//! - [`unguarded`]: one guard of the product taken away from outside, to show that a harness notices.
//! - [`gate`]: writes held back, as by a process that stands still while its time runs out.
//! - [`capacity`]: what a call costs, in capacity units and in round trips that follow one another.
//! - [`dovecot`]: a real POP3 server with its mailboxes, in a folder of its own.
//! - [`hostile`]: POP3 servers that misbehave.
//! - [`runtime_api`]: the Lambda runtime API, so that the very binaries that are deployed can be driven on one machine.
//! - [`server`], [`client`], [`outbox`]: the real `chamada serve`, its HTTP API, and the mails it sent.
//! - [`naive`]: a second, simple opinion on what the table holds, sharing no code with the product.
//! - [`desk`]: a help desk for one test of a function: its routes over an AWS side of their own, people and their browsers.
//! - [`arrows`]: which crate may use which.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a fixture that breaks must stop the test that asked for it, there and then"
)]

pub mod arrows;
pub mod between;
pub mod capacity;
pub mod client;
pub mod desk;
mod dice;
pub mod dovecot;
pub mod engine;
pub mod env;
mod fault_answers;
pub mod fault_proxy;
pub mod gate;
pub mod hostile;
pub mod mails;
pub mod naive;
pub mod outbox;
mod proxy;
mod replica;
pub mod runtime_api;
pub mod scratch;
pub mod server;
pub mod story;
pub mod unguarded;
