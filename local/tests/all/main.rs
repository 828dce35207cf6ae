//! The parts of one machine, each through the official SDK or as a browser uses it. One program, so that it links once.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod command_line;
mod durability;
mod objects;
mod services;
mod support;
