//! Chamada on one machine: every function in one process, over embedded doubles of the AWS services that it uses.

pub mod background;
pub mod bus;
pub mod check;
pub mod cli;
pub mod control;
pub mod doubles;
pub mod durable;
pub mod engine;
pub mod folder;
pub mod functions;
pub mod inside;
pub mod journal;
pub mod keys;
pub mod objects;
pub mod pattern;
pub mod schedule;
pub mod server;
pub mod services;
pub mod stream;
pub mod template;
pub mod wiring;
