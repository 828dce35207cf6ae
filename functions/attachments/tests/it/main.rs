//! The routes over the embedded table and the embedded buckets, asked as a client asks.

mod downloads;
mod kit;
mod uploads;
