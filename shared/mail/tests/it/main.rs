//! The crate from outside: the crafted mails, the corpus, mails out, and whatever bytes there are.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod corpus;
mod crafted;
mod outgoing;
mod properties;
