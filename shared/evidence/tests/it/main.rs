//! Trees, roots and pages, against what others computed or the input says.
#![expect(clippy::unwrap_used, reason = "a fixture that breaks must stop the test that asked for it")]

mod page;
mod tree;
