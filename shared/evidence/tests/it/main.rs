//! Trees, roots and pages, against what others computed or the input says.

mod page;
mod tree;
