//! The function binaries as Lambda runs them: each driven through the runtime API with its sample events, over the embedded services; and
//! what must not drift apart: samples, schemas, the deployment template and the code.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "helpers of a test fail the test")]

mod accounts;
mod attachments;
mod erased_evidence;
mod evidence;
mod fence;
mod housekeeping;
mod mail_sweep;
mod mailboxes;
mod notifier;
mod outbox;
mod routes;
mod samples;
mod strangers;
mod tickets;
mod triggers;
mod world;
