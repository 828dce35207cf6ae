//! chamada-platform.
