//! The calls of `accounts` as a client makes them, over the embedded engine.
#![expect(
    clippy::unwrap_used,
    reason = "a fixture that breaks must stop the test that asked for it, there and then"
)]

mod audit;
mod canned;
mod categories;
mod first;
mod import;
mod links;
mod me;
mod organisation;
mod sessions;
mod settings;
mod sign_in;
mod tokens;
mod users;
