//! The routes over the embedded table, buckets and parameter store, asked as a client asks.

mod connections;
mod kit;
mod messages;
mod settings;
mod sweeps;
