//! Objects that are put in parts: each part a file aside, all of them one object at the end. What is not ended goes with the process, as what is half
//! written does.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use super::files::{Description, Files, Placing, Upload};

/// The least bytes of a part that is not the last, as at AWS.
const LEAST: u64 = 5 * 1024 * 1024;

/// An object under way.
#[derive(Debug)]
struct Begun {
    bucket: String,
    key: String,
    description: Description,
    parts: BTreeMap<i32, Part>,
}

#[derive(Debug)]
struct Part {
    upload: Upload,
    size: u64,
    etag: String,
}

/// Why parts do not become an object.
#[derive(Debug)]
pub(super) enum NoObject {
    /// There is no such upload.
    NoSuchUpload,
    /// A part that is named was not put, or was another.
    InvalidPart,
    /// A part that is not the last is too small.
    EntityTooSmall,
    /// The disk.
    Io(io::Error),
}

/// All that are under way.
#[derive(Debug, Clone, Default)]
pub(super) struct Multiparts(Arc<Mutex<HashMap<String, Begun>>>);

impl Multiparts {
    fn with<T>(&self, work: impl FnOnce(&mut HashMap<String, Begun>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Begins one, under this name.
    pub(super) fn begin(&self, id: &str, bucket: String, key: String, description: Description) {
        let begun = Begun {
            bucket,
            key,
            description,
            parts: BTreeMap::new(),
        };
        self.with(|all| all.insert(id.to_owned(), begun));
    }

    /// Adds a part, or replaces it; whether there is such an upload.
    pub(super) fn add(&self, id: &str, (bucket, key): (&str, &str), number: i32, upload: Upload, size: u64, etag: &str) -> bool {
        self.with(|all| {
            let Some(begun) = all.get_mut(id).filter(|begun| begun.bucket == bucket && begun.key == key) else {
                return false;
            };
            let etag = etag.to_owned();
            begun.parts.insert(number, Part { upload, size, etag });
            true
        })
    }

    /// Ends one without an object; whether there was one.
    pub(super) fn abort(&self, id: &str) -> bool {
        self.with(|all| all.remove(id)).is_some()
    }

    /// Makes one object of the parts that are named with their entity tags; the object's.
    pub(super) fn complete(
        &self,
        files: &Files,
        id: &str,
        unique: &str,
        named: &[(i32, String)],
        now: OffsetDateTime,
    ) -> Result<String, NoObject> {
        let begun = self.with(|all| all.remove(id)).ok_or(NoObject::NoSuchUpload)?;
        let in_order = named.is_sorted_by(|one, next| one.0 < next.0) && !named.is_empty();
        let is_there = |(number, etag): &(i32, String)| begun.parts.get(number).is_some_and(|part| part.etag == *etag);
        if !in_order || !named.iter().all(is_there) {
            return Err(NoObject::InvalidPart);
        }
        let parts: Vec<&Part> = named.iter().filter_map(|(number, _)| begun.parts.get(number)).collect();
        if parts.iter().rev().skip(1).any(|part| part.size < LEAST) {
            return Err(NoObject::EntityTooSmall);
        }
        let place = || -> io::Result<String> {
            let (mut whole, mut digest) = (files.upload(unique)?, Sha256::new());
            for part in parts {
                part.upload.append_to(&mut whole, &mut |bytes| digest.update(bytes))?;
            }
            let description = Description {
                sha256: hex::encode(digest.finalize()),
                stored_at: now,
                ..begun.description
            };
            files.place(&mut whole, &begun.bucket, &begun.key, &description, Placing::Replace)?;
            Ok(description.etag())
        };
        place().map_err(NoObject::Io)
    }
}
