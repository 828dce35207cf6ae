//! Bundles and roots, on the embedded AWS side with real files.

mod archive;
mod bundle;
mod kit;
mod root;
