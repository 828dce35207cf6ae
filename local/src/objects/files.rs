//! Objects as files: one file each, so that content and description can never part.
//!
//! A file holds the object's bytes, then its description as JSON, then the description's length in 4 bytes (big-endian) and a
//! mark. It is written aside, synced, and put in its place by a rename, which for a new object fails where something is.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::durable;

const MARK: &[u8; 4] = b"CHM1";
const TAIL: u64 = 8;

/// No description is longer: S3 allows 2 KB of user metadata beside a few headers.
const MAX_DESCRIPTION: u64 = 64 * 1024;

/// What an object is besides its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Description {
    /// Media type as the client gave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// `Content-Disposition` as the client gave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_disposition: Option<String>,
    /// `Content-Encoding` as the client gave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_encoding: Option<String>,
    /// `x-amz-meta-*`.
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub metadata: std::collections::BTreeMap<String, String>,
    /// SHA-256 of the bytes in lower-case hex.
    pub sha256: String,
    /// When it was put.
    #[serde(with = "time::serde::rfc3339")]
    pub stored_at: OffsetDateTime,
}

impl Description {
    /// The entity tag. S3 promises none to be an MD5; this is half of the SHA-256.
    #[must_use]
    pub fn etag(&self) -> String {
        self.sha256.chars().take(32).collect()
    }
}

/// An object that is there: its file stands at the first byte.
#[derive(Debug)]
pub struct Stored {
    /// The file, with more behind the object's bytes.
    pub file: File,
    /// Bytes of the object.
    pub len: u64,
    /// What it is.
    pub description: Description,
}

/// How an object's name is to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placing {
    /// Only where nothing is.
    New,
    /// Over whatever is there.
    Replace,
}

/// The folder of all buckets.
#[derive(Debug, Clone)]
pub struct Files {
    root: Arc<Path>,
}

impl Files {
    /// Opens `root`, makes `buckets`, and removes what a killed process left half written.
    ///
    /// # Errors
    /// What the file system reports.
    pub fn open(root: &Path, buckets: &[&str]) -> io::Result<Self> {
        durable::create_folders(&root.join(".uploads"))?;
        durable::sweep_temporary(&root.join(".uploads"))?;
        for bucket in buckets {
            durable::create_folders(&root.join(bucket))?;
        }
        Ok(Self { root: root.into() })
    }

    /// What was opened before, as it is.
    #[must_use]
    pub fn at(root: &Path) -> Self {
        Self { root: root.into() }
    }

    /// Whether `bucket` is there.
    #[must_use]
    pub fn has_bucket(&self, bucket: &str) -> bool {
        valid_segment(bucket) && self.root.join(bucket).is_dir()
    }

    /// A new file beside the buckets; `unique` names it.
    ///
    /// # Errors
    /// What the file system reports.
    pub fn upload(&self, unique: &str) -> io::Result<Upload> {
        let path = self.root.join(".uploads").join(format!(".{unique}.tmp"));
        let file = File::options().write(true).create_new(true).open(&path)?;
        Ok(Upload { file, path })
    }

    /// Opens an object. `None` where there is none.
    ///
    /// # Errors
    /// What the file system reports; `InvalidData` for a file that is none of ours.
    pub fn open_object(&self, bucket: &str, key: &str) -> io::Result<Option<Stored>> {
        let Some(path) = self.path(bucket, key) else { return Ok(None) };
        let mut file = match File::open(path) {
            Ok(file) => file,
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => return Ok(None),
            Err(error) => return Err(error),
        };
        if file.metadata()?.is_dir() {
            return Ok(None);
        }
        let (len, description) = read_description(&mut file)?;
        file.seek(SeekFrom::Start(0))?;
        Ok(Some(Stored { file, len, description }))
    }

    /// Puts a finished upload in its place. `false` where `Placing::New` found something there.
    ///
    /// # Errors
    /// What the file system reports; `InvalidInput` for a key that cannot be a path.
    pub fn place(&self, upload: &mut Upload, bucket: &str, key: &str, description: &Description, placing: Placing) -> io::Result<bool> {
        let path = self.path(bucket, key).ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        upload.finish(description)?;
        let folder = path.parent().unwrap_or(&self.root);
        durable::create_folders(folder)?;
        match placing {
            Placing::New if !rename_new(&upload.path, &path)? => return Ok(false),
            Placing::New => {}
            Placing::Replace => std::fs::rename(&upload.path, &path)?,
        }
        durable::sync_folder(folder)?;
        Ok(true)
    }

    /// Removes an object, durably. Nothing to remove is no error.
    ///
    /// # Errors
    /// What the file system reports.
    pub fn remove(&self, bucket: &str, key: &str) -> io::Result<()> {
        let Some(path) = self.path(bucket, key) else { return Ok(()) };
        match std::fs::remove_file(&path) {
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(()),
            removed => removed.and_then(|()| durable::sync_folder(path.parent().unwrap_or(&self.root))),
        }
    }

    /// The keys that begin with `prefix` and have as many parts as it, in their order.
    ///
    /// # Errors
    /// What the file system reports; `InvalidInput` for a prefix without a folder.
    pub fn keys(&self, bucket: &str, prefix: &str) -> io::Result<Vec<String>> {
        let (folder, beginning) = prefix
            .rsplit_once('/')
            .ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        let path = self
            .path(bucket, folder)
            .ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        let entries = match std::fs::read_dir(path) {
            Ok(entries) => entries,
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut keys = Vec::new();
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name().into_string().unwrap_or_default();
            if name.starts_with(beginning) && valid_segment(&name) && entry.file_type()?.is_file() {
                keys.push(format!("{folder}/{name}"));
            }
        }
        keys.sort_unstable();
        Ok(keys)
    }

    /// Removes the objects of `bucket` below `folder/<any>/` that were put before `before`; how many.
    ///
    /// # Errors
    /// What the file system reports.
    pub fn expire(&self, bucket: &str, folder: &str, before: OffsetDateTime) -> io::Result<usize> {
        let Some(path) = self.path(bucket, folder) else { return Ok(0) };
        let entries = match std::fs::read_dir(path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
            Err(error) => return Err(error),
        };
        let mut gone = 0;
        for entry in entries {
            let name = entry?.file_name().into_string().unwrap_or_default();
            for key in self.keys(bucket, &format!("{folder}/{name}/"))? {
                if self
                    .open_object(bucket, &key)?
                    .is_some_and(|stored| stored.description.stored_at < before)
                {
                    self.remove(bucket, &key)?;
                    gone += 1;
                }
            }
        }
        Ok(gone)
    }

    /// Where an object lies. `None` for a key that could lead anywhere else.
    fn path(&self, bucket: &str, key: &str) -> Option<PathBuf> {
        if !valid_segment(bucket) || key.is_empty() || !key.split('/').all(valid_segment) {
            return None;
        }
        Some(self.root.join(bucket).join(key))
    }
}

/// Renames a file to a name that nothing has; `false` where something does.
fn rename_new(from: &Path, to: &Path) -> io::Result<bool> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    use rustix::io::Errno;
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Ok(()) => Ok(true),
        Err(Errno::EXIST) => Ok(false),
        // Not every file system can: a link fails where something is, on all that have links.
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP | Errno::PERM) => match std::fs::hard_link(from, to) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            linked => linked.map(|()| true),
        },
        Err(error) => Err(error.into()),
    }
}

/// A file being written. Dropped, it is gone.
#[derive(Debug)]
pub struct Upload {
    file: File,
    path: PathBuf,
}

impl Upload {
    /// Adds `bytes` behind what is there.
    ///
    /// # Errors
    /// What the file system reports.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)
    }

    /// Adds all that it holds behind what `other` holds, and shows it.
    ///
    /// # Errors
    /// What the file system reports.
    pub fn append_to(&self, other: &mut Self, show: &mut dyn FnMut(&[u8])) -> io::Result<()> {
        let mut file = File::open(&self.path)?;
        let mut piece = vec![0; 256 * 1024];
        loop {
            let read = file.read(&mut piece)?;
            let bytes = piece.get(..read).unwrap_or_default();
            if bytes.is_empty() {
                return Ok(());
            }
            show(bytes);
            other.write(bytes)?;
        }
    }

    fn finish(&mut self, description: &Description) -> io::Result<()> {
        let mut tail = serde_json::to_vec(description)?;
        let length = u32::try_from(tail.len()).map_err(io::Error::other)?;
        tail.extend_from_slice(&length.to_be_bytes());
        tail.extend_from_slice(MARK);
        self.file.write_all(&tail)?;
        self.file.sync_all()
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        // Gone already where it was renamed; after a link it has a second name, which stays.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Letters, digits and a few marks: what Chamada's own keys are made of. Everything else could mean something to a file system.
fn valid_segment(segment: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.=@+".contains(&byte);
    !segment.is_empty() && segment.len() <= 200 && !segment.starts_with('.') && segment.bytes().all(plain)
}

fn read_description(file: &mut File) -> io::Result<(u64, Description)> {
    let not_ours = || io::Error::new(io::ErrorKind::InvalidData, "not an object's file");
    let size = file.metadata()?.len();
    let tail_at = size.checked_sub(TAIL).ok_or_else(not_ours)?;
    file.seek(SeekFrom::Start(tail_at))?;
    let mut tail = [0; 8];
    file.read_exact(&mut tail)?;
    let [a, b, c, d, mark @ ..] = tail;
    let length = u64::from(u32::from_be_bytes([a, b, c, d]));
    if &mark != MARK || length > MAX_DESCRIPTION {
        return Err(not_ours());
    }
    let len = tail_at.checked_sub(length).ok_or_else(not_ours)?;
    file.seek(SeekFrom::Start(len))?;
    let mut json = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
    file.take(length).read_to_end(&mut json)?;
    Ok((len, serde_json::from_slice(&json).map_err(|_| not_ours())?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn description() -> Description {
        Description {
            content_type: Some("text/plain".into()),
            content_disposition: None,
            content_encoding: None,
            metadata: std::collections::BTreeMap::new(),
            sha256: "ab".repeat(32),
            stored_at: OffsetDateTime::UNIX_EPOCH,
        }
    }

    fn put(files: &Files, unique: &str, key: &str, bytes: &[u8], placing: Placing) -> io::Result<bool> {
        let mut upload = files.upload(unique)?;
        upload.write(bytes)?;
        files.place(&mut upload, "b", key, &description(), placing)
    }

    #[test]
    fn an_object_comes_back_as_it_was_put() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::open(folder.path(), &["b"]).unwrap();
        assert!(put(&files, "1", "files/x", b"hello", Placing::New).unwrap());
        assert!(!put(&files, "2", "files/x", b"other", Placing::New).unwrap());
        let mut stored = files.open_object("b", "files/x").unwrap().unwrap();
        let mut text = vec![0; 5];
        stored.file.read_exact(&mut text).unwrap();
        assert_eq!(
            (text.as_slice(), stored.len, stored.description),
            (b"hello".as_slice(), 5, description())
        );
        assert!(put(&files, "3", "files/x", b"", Placing::Replace).unwrap());
        assert_eq!(files.open_object("b", "files/x").unwrap().unwrap().len, 0);
        assert!(put(&files, "4", "files/xy", b"", Placing::New).unwrap());
        assert_eq!(files.keys("b", "files/x").unwrap(), ["files/x", "files/xy"]);
        files.remove("b", "files/x").unwrap();
        files.remove("b", "files/x").unwrap();
        assert_eq!(files.keys("b", "files/x").unwrap(), ["files/xy"]);
        assert!(files.keys("b", "none/x").unwrap().is_empty() && files.keys("b", "x").is_err());
        assert!(files.open_object("b", "files/x").unwrap().is_none());
        assert_eq!(
            std::fs::read_dir(folder.path().join(".uploads")).unwrap().count(),
            0,
            "nothing half written stays"
        );
    }

    #[test]
    fn what_is_older_below_a_folder_goes_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::open(folder.path(), &["b"]).unwrap();
        for key in ["bundles/1/old.zip", "bundles/2/old.zip", "files/old"] {
            assert!(put(&files, &key.replace('/', "-"), key, b"x", Placing::New).unwrap());
        }
        let at = OffsetDateTime::UNIX_EPOCH;
        assert_eq!(files.expire("b", "bundles", at).unwrap(), 0);
        assert_eq!(files.expire("b", "bundles", at + time::Duration::seconds(1)).unwrap(), 2);
        assert!(files.open_object("b", "files/old").unwrap().is_some());
        assert!(files.open_object("b", "bundles/1/old.zip").unwrap().is_none());
        assert_eq!(files.expire("b", "none", at).unwrap(), 0);
    }

    #[test]
    fn no_key_leads_out_of_its_bucket() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::open(folder.path(), &["b"]).unwrap();
        for key in [
            "../x",
            "a/../../x",
            "/etc/passwd",
            "a//b",
            "",
            ".uploads",
            "a/.hidden",
            "a\0b",
            "a/",
        ] {
            assert!(files.path("b", key).is_none(), "{key:?}");
            assert!(files.open_object("b", key).unwrap().is_none());
        }
        assert!(files.path("..", "x").is_none() && files.path(".uploads", "x").is_none());
    }

    #[test]
    fn a_broken_file_is_an_error_and_no_panic() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::open(folder.path(), &["b"]).unwrap();
        for bytes in [
            b"".as_slice(),
            b"short",
            b"\xff\xff\xff\xffCHM1",
            b"x\x00\x00\x00\x63CHM1",
            b"{}\x00\x00\x00\x02CHM1",
        ] {
            std::fs::write(folder.path().join("b/x"), bytes).unwrap();
            assert_eq!(files.open_object("b", "x").unwrap_err().kind(), io::ErrorKind::InvalidData);
        }
    }

    #[test]
    fn what_a_killed_process_left_is_swept_at_the_next_start() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::open(folder.path(), &["b"]).unwrap();
        std::mem::forget(files.upload("left").unwrap());
        Files::open(folder.path(), &["b"]).unwrap();
        assert_eq!(std::fs::read_dir(folder.path().join(".uploads")).unwrap().count(), 0);
    }
}
