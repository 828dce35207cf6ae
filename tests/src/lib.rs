//! chamada-tests.
