//! chamada-pop3.
