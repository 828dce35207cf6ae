//! Folders that end with what lies in them.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::TempDir;

/// Folders that nobody uses any more and that must stay for now; nothing where none must.
static KEPT: Mutex<Option<Vec<TempDir>>> = Mutex::new(None);

fn kept() -> MutexGuard<'static, Option<Vec<TempDir>>> {
    KEPT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A folder of its own for a server or a test. Dropped, it is removed.
#[derive(Debug)]
pub struct Scratch(Option<TempDir>);

impl Scratch {
    /// An empty folder whose name begins so.
    ///
    /// # Panics
    /// Where none can be made.
    #[must_use]
    pub fn new(prefix: &str) -> Self {
        let folder = tempfile::Builder::new().prefix(prefix).tempdir();
        Self(Some(folder.expect("a temporary folder can be made")))
    }

    /// Where it is.
    ///
    /// # Panics
    /// Never: it is there until it is dropped.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.as_ref().expect("it is there until it is dropped").path()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let (Some(folder), Some(kept)) = (self.0.take(), kept().as_mut()) {
            kept.push(folder);
        }
    }
}

/// Until this is dropped, no folder is removed. A file system that has just removed thousands of files makes new ones more slowly for some
/// minutes (ext4 without a journal spares their inodes), which is no part of what is measured.
#[derive(Debug)]
pub struct Keep(());

impl Keep {
    /// From now on.
    #[must_use]
    pub fn all() -> Self {
        kept().get_or_insert_default();
        Self(())
    }
}

impl Drop for Keep {
    fn drop(&mut self) {
        let folders = kept().take();
        drop(folders);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_stay_while_all_are_kept() {
        let keep = Keep::all();
        let path = {
            let folder = Scratch::new("chamada-scratch-");
            folder.path().to_owned()
        };
        assert!(path.is_dir());
        drop(keep);
        assert!(!path.exists());
        let path = Scratch::new("chamada-scratch-").path().to_owned();
        assert!(!path.exists());
    }
}
