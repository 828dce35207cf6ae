//! Bundles and roots, on the embedded AWS side with real files.
#![expect(clippy::unwrap_used, reason = "a fixture that breaks must stop the test that asked for it")]

mod archive;
mod bundle;
mod kit;
mod root;
