//! What proves a ticket outside the house, with no server: the history as a page that people read, the layout of a bundle of evidence and its check,
//! and the Merkle tree of a day. Nothing here does I/O, reads the clock or draws randomness.

pub mod bundle;
pub mod check;
pub mod day;
pub mod merkle;
pub mod page;
mod phrases;
mod reading;
pub mod readme;
pub mod story;
