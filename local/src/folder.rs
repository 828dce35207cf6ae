//! The data folder: one process at a time, and how another finds it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::durable;

const LOCK: &str = "lock";
const SERVER: &str = "server.json";

/// There once the first administrator was told the way in: a start that was killed before that begins again.
const BEGUN: &str = "begun";

/// The folder cannot be used. Each is one line for a person.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// Another process has it.
    #[error("{} is in use by another chamada; stop it first, or give another folder with --data", .0.display())]
    InUse(PathBuf),
    /// It cannot be made or written.
    #[error("{} cannot be used as data folder: {source}", folder.display())]
    Unusable {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// A data folder that this process holds. Its lock ends with the process, however that ends.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    fresh: bool,
    _lock: File,
}

/// Where a running server's parts are: read by the command line beside it. It holds secrets, so its file is its owner's alone.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ServerFile {
    /// The site's origin, as links have it.
    pub site_url: String,
    /// The origin of presigned URLs.
    pub files_url: String,
    /// `AWS_ENDPOINT_URL_DYNAMODB`.
    pub dynamodb: String,
    /// `AWS_ENDPOINT_URL_S3`.
    pub s3: String,
    /// `AWS_ENDPOINT_URL_SESV2`, `_EVENTBRIDGE` and `_SSM`.
    pub services: String,
    /// Dead letters and replays.
    pub control: String,
}

impl Folder {
    /// Makes the folder where it is not there, and takes it.
    ///
    /// # Errors
    /// Why it cannot be had.
    pub fn take(path: &Path) -> Result<Self, FolderError> {
        let unusable = |source| FolderError::Unusable {
            folder: path.to_owned(),
            source,
        };
        durable::create_folders(path).map_err(unusable)?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(path.join(LOCK))
            .map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(FolderError::InUse(path.to_owned())),
            Err(TryLockError::Error(source)) => return Err(unusable(source)),
        }
        // Taken means that nobody runs: what a killed server said of itself is no longer true.
        match std::fs::remove_file(path.join(SERVER)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(unusable(error)),
            Ok(()) | Err(_) => {}
        }
        let path = path.canonicalize().map_err(unusable)?;
        let fresh = !path.join(BEGUN).exists();
        Ok(Self { path, fresh, _lock: lock })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether nobody has been told a way in yet.
    #[must_use]
    pub fn is_fresh(&self) -> bool {
        self.fresh
    }

    /// The first administrator knows the way in.
    ///
    /// # Errors
    /// What the file system reports.
    pub fn begun(&self) -> io::Result<()> {
        if self.fresh {
            durable::replace(&self.path.join(BEGUN), b"", 0o600, "new")
        } else {
            Ok(())
        }
    }

    /// Says where the running server's parts are.
    ///
    /// # Errors
    /// What the file system reports.
    pub fn announce(&self, server: &ServerFile) -> io::Result<()> {
        durable::replace(&self.path.join(SERVER), &serde_json::to_vec_pretty(server)?, 0o600, "new")
    }

    /// Takes that back.
    pub fn retract(&self) {
        // Left behind it does no harm: the next holder removes it, and readers check the lock.
        let _ = std::fs::remove_file(self.path.join(SERVER));
    }
}

/// The server that runs on `folder`, if one does.
///
/// # Errors
/// Where somebody holds the folder who is no server (yet).
pub fn running(folder: &Path) -> Result<Option<ServerFile>, FolderError> {
    let unusable = |source| FolderError::Unusable {
        folder: folder.to_owned(),
        source,
    };
    let lock = match File::open(folder.join(LOCK)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(unusable)?,
    };
    match lock.try_lock_shared() {
        Ok(()) => Ok(None),
        Err(TryLockError::Error(source)) => Err(unusable(source)),
        Err(TryLockError::WouldBlock) => match std::fs::read(folder.join(SERVER)) {
            Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|error| unusable(error.into())),
            Err(_) => Err(FolderError::InUse(folder.to_owned())),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn server() -> ServerFile {
        let text = String::new;
        ServerFile {
            site_url: "http://x".into(),
            files_url: text(),
            dynamodb: text(),
            s3: text(),
            services: text(),
            control: text(),
        }
    }

    #[test]
    fn a_folder_has_one_holder_and_says_who() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("a/data");
        assert!(running(&path).unwrap().is_none());
        let folder = Folder::take(&path).unwrap();
        assert!(folder.is_fresh());
        assert!(matches!(Folder::take(&path), Err(FolderError::InUse(_))));
        assert!(matches!(running(&path), Err(FolderError::InUse(_))));
        folder.announce(&server()).unwrap();
        assert_eq!(running(&path).unwrap().unwrap().site_url, "http://x");
        assert_eq!(std::fs::metadata(path.join(SERVER)).unwrap().permissions().mode() & 0o777, 0o600);
        drop(folder);
        assert!(running(&path).unwrap().is_none(), "what a killed server left is not believed");
        let folder = Folder::take(&path).unwrap();
        assert!(!path.join(SERVER).exists());
        assert!(folder.is_fresh());
        folder.begun().unwrap();
        drop(folder);
        assert!(!Folder::take(&path).unwrap().is_fresh());
    }

    #[test]
    fn a_file_is_no_folder() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("file");
        std::fs::write(&path, "").unwrap();
        let error = Folder::take(&path).unwrap_err().to_string();
        assert!(error.contains("cannot be used as data folder") && !error.contains('\n'), "{error}");
    }
}
