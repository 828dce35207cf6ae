//! A second opinion on what the table holds: simple programs that read everything and share no code with the product.

pub mod chain;
pub mod count;
pub mod dump;
pub mod jcs;
