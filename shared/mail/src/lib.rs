//! chamada-mail.
