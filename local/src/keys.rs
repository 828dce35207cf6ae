//! Secrets of one data folder, made at its first use and kept beside the data, readable by their owner alone.

use std::io;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chamada_platform::{Secret, random};
use serde::{Deserialize, Serialize};

use crate::durable;

/// Keys with which the functions sign requests to this folder's services.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// It stands in every presigned URL: an identifier, no secret.
    pub access_key: String,
    /// Signs.
    pub secret_key: Secret,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    access_key: String,
    secret_key: String,
}

impl Credentials {
    /// Reads them from `path`, or makes them there.
    ///
    /// # Errors
    /// What the file system reports, or a file that holds something else.
    pub fn keep(path: &Path) -> io::Result<Self> {
        let bytes = match std::fs::read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let kept = Kept {
                    access_key: format!("LOCAL{}", hex::encode_upper(random::<8>())),
                    secret_key: STANDARD.encode(random::<30>()),
                };
                let bytes = serde_json::to_vec(&kept)?;
                durable::replace(path, &bytes, 0o600, "new")?;
                bytes
            }
            read => read?,
        };
        let kept: Kept = serde_json::from_slice(&bytes)?;
        Ok(Self {
            access_key: kept.access_key,
            secret_key: Secret::new(kept.secret_key),
        })
    }
}

/// Reads a 256-bit key from `path`, or makes one there.
///
/// # Errors
/// What the file system reports, or a file of another length.
pub fn keep_key(path: &Path) -> io::Result<[u8; 32]> {
    match std::fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let key = random::<32>();
            durable::replace(path, &key, 0o600, "new")?;
            Ok(key)
        }
        read => read?
            .try_into()
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "the key file does not hold 32 bytes")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn keys_stay_the_same_and_private() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (folder.path().join("a"), folder.path().join("b"));
        let first = Credentials::keep(&a).unwrap();
        let second = Credentials::keep(&a).unwrap();
        assert_eq!((first.access_key, first.secret_key), (second.access_key, second.secret_key));
        assert_eq!(keep_key(&b).unwrap(), keep_key(&b).unwrap());
        for path in [&a, &b] {
            assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        std::fs::write(&b, "short").unwrap();
        assert!(keep_key(&b).is_err());
    }
}
