//! The client against a scripted server, a hostile one, and Dovecot.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "in a test, a failed step is a failed test")]

mod dovecot;
mod hostile;
mod pipeline;
mod scripted;
mod server;
mod tls;
