//! mail-sweep.
