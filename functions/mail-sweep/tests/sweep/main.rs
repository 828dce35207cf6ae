//! Sweeps against POP3 servers, over the embedded engine: every mail once, whatever the server, the network or another sweep does.

#![expect(clippy::unwrap_used, reason = "helpers of a test fail the test")]

mod desk;
mod pop3;

mod answers;
mod broken;
mod once;
