//! chamada-web.
