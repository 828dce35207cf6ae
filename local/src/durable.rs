//! Files that are whole and on disk, or not there.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Makes entries of `folder` (new, renamed or removed files) durable.
///
/// # Errors
/// What the file system reports.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Makes `folder` and what is missing above it, each one's entry durable, and each one its owner's alone.
///
/// # Errors
/// What the file system reports.
pub fn create_folders(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let above = folder.parent().filter(|above| !above.as_os_str().is_empty());
    if let Some(above) = above {
        create_folders(above)?;
    }
    match std::fs::DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        Ok(()) | Err(_) => {}
    }
    sync_folder(above.unwrap_or(Path::new(".")))
}

/// Writes `bytes` to `path` in one step: whoever looks sees the old file or the new one, and after the return the new one is
/// on disk. `mode` is the file's permissions. Two writers of one path at the same time need different `unique` names.
///
/// # Errors
/// What the file system reports; `path` is then as it was.
pub fn replace(path: &Path, bytes: &[u8], mode: u32, unique: &str) -> io::Result<()> {
    let folder = folder_of(path);
    let temporary = temporary_name(path, unique);
    let written = write_new(&temporary, bytes, mode).and_then(|()| std::fs::rename(&temporary, path));
    if written.is_err() {
        // The first error is the one worth reporting.
        let _ = std::fs::remove_file(&temporary);
    }
    written.and_then(|()| sync_folder(folder))
}

fn write_new(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn folder_of(path: &Path) -> &Path {
    path.parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

fn temporary_name(path: &Path, unique: &str) -> PathBuf {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    folder_of(path).join(format!(".{name}.{unique}.tmp"))
}

/// Removes what a killed writer left behind in `folder` (not in folders below it).
///
/// # Errors
/// What the file system reports.
pub fn sweep_temporary(folder: &Path) -> io::Result<usize> {
    let mut swept = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with('.') && name.ends_with(".tmp") && entry.file_type()?.is_file() {
            std::fs::remove_file(entry.path())?;
            swept += 1;
        }
    }
    Ok(swept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_file_is_replaced_whole_with_its_permissions() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/key");
        create_folders(path.parent().unwrap()).unwrap();
        replace(&path, b"one", 0o600, "1").unwrap();
        replace(&path, b"two", 0o600, "1").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn leftovers_are_swept_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        for name in [".x.1.tmp", "x.tmp", ".keep"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        assert_eq!(sweep_temporary(folder.path()).unwrap(), 1);
        assert!(folder.path().join("x.tmp").exists() && folder.path().join(".keep").exists());
    }
}
