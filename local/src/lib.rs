//! chamada-local.
