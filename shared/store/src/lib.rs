//! chamada-store.
