//! Events into mails, each once, over the embedded engine.
#![expect(clippy::unwrap_used, reason = "helpers of a test fail the test")]

mod post_office;

mod links;
mod once;
mod secrets;
mod who;
