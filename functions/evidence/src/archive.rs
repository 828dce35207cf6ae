//! A ZIP that is written to where nothing can be held: what is put in goes on in parts, and no more than one part and a piece waits here.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use chamada_evidence::bundle::ListedFile;
use chamada_platform::{LEAST_PART, MultipartUpload, ServiceError};
use sha2::{Digest, Sha256};
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, ZipWriter};

/// The bytes of a part: 10,000 of them carry 80 GB.
const PART: usize = 8 * 1024 * 1024;
const _: () = assert!(PART >= LEAST_PART, "S3 takes no smaller ones");

/// The most that is put in at once.
const PIECE: usize = 1024 * 1024;

/// Where the parts of an archive go.
pub trait Parts {
    /// Takes the next part.
    fn put(&mut self, bytes: Bytes) -> impl Future<Output = Result<(), ServiceError>> + Send;
}

impl Parts for MultipartUpload {
    async fn put(&mut self, bytes: Bytes) -> Result<(), ServiceError> {
        Self::put(self, bytes).await
    }
}

/// Why an archive could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// Its writer refused.
    #[error("the archive could not be written")]
    Zip(#[from] zip::result::ZipError),
    /// Its parts did not go on.
    #[error(transparent)]
    Parts(#[from] ServiceError),
}

impl From<std::io::Error> for ArchiveError {
    fn from(error: std::io::Error) -> Self {
        Self::Zip(error.into())
    }
}

/// What was written and has not gone on.
#[derive(Debug, Clone, Default)]
struct Waiting(Arc<Mutex<Vec<u8>>>);

impl Waiting {
    fn with<T>(&self, work: impl FnOnce(&mut Vec<u8>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Waiting {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.with(|waiting| waiting.extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A ZIP under way.
pub struct Archive<P> {
    zip: ZipWriter<StreamWriter<Waiting>>,
    waiting: Waiting,
    most_waiting: usize,
    parts: P,
    current: Option<(String, u64, Sha256)>,
    listed: Vec<ListedFile>,
}

impl<P: Parts> Archive<P> {
    /// An empty one, whose parts go to `parts`.
    pub fn new(parts: P) -> Self {
        let waiting = Waiting::default();
        Self {
            zip: ZipWriter::new_stream(waiting.clone()),
            waiting,
            most_waiting: 0,
            parts,
            current: None,
            listed: Vec::new(),
        }
    }

    /// Begins a file of at most `size` bytes; `text` is worth compressing.
    ///
    /// # Errors
    /// As [`Archive::write`].
    pub fn begin(&mut self, name: &str, size: u64, text: bool) -> Result<(), ArchiveError> {
        let method = if text {
            CompressionMethod::Deflated
        } else {
            CompressionMethod::Stored
        };
        let options = SimpleFileOptions::default()
            .compression_method(method)
            .large_file(size >= u64::from(u32::MAX))
            .unix_permissions(0o644);
        self.zip.start_file(name, options)?;
        self.current = Some((name.to_owned(), 0, Sha256::new()));
        Ok(())
    }

    /// Adds bytes to the file that was begun last.
    ///
    /// # Errors
    /// [`ArchiveError`]; the archive is worth nothing then.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), ArchiveError> {
        for piece in bytes.chunks(PIECE) {
            if let Some((_, size, digest)) = &mut self.current {
                *size += piece.len() as u64;
                digest.update(piece);
            }
            self.zip.write_all(piece)?;
            self.send_on(PART).await?;
        }
        Ok(())
    }

    /// Ends the file that was begun last: what it was.
    ///
    /// # Errors
    /// [`ArchiveError::Zip`] where none was begun.
    pub fn end(&mut self) -> Result<&ListedFile, ArchiveError> {
        let (name, size, digest) = self.current.take().ok_or(zip::result::ZipError::FileNotFound)?;
        self.listed.push(ListedFile {
            name,
            size,
            sha256: hex::encode(digest.finalize()),
        });
        self.listed.last().ok_or_else(|| zip::result::ZipError::FileNotFound.into())
    }

    /// A whole text.
    ///
    /// # Errors
    /// As [`Archive::write`].
    pub async fn text(&mut self, name: &str, text: &[u8]) -> Result<(), ArchiveError> {
        self.begin(name, text.len() as u64, true)?;
        self.write(text).await?;
        self.end().map(|_| ())
    }

    /// Every file so far.
    #[must_use]
    pub fn listed(&self) -> &[ListedFile] {
        &self.listed
    }

    /// Ends the archive: where its parts went, and the most bytes that ever waited here.
    ///
    /// # Errors
    /// As [`Archive::write`]; with where the parts went.
    pub async fn finish(mut self) -> Result<(P, usize), (P, ArchiveError)> {
        let last = std::mem::replace(&mut self.zip, ZipWriter::new_stream(Waiting::default())).finish();
        let outcome = match last {
            Ok(_) => self.send_on(1).await,
            Err(error) => Err(error.into()),
        };
        match outcome {
            Ok(()) => Ok((self.parts, self.most_waiting)),
            Err(error) => Err((self.parts, error)),
        }
    }

    /// Where the parts went, of an archive that will not be ended.
    pub fn give_up(self) -> P {
        self.parts
    }

    /// Sends on what waits, where that is `enough`.
    async fn send_on(&mut self, enough: usize) -> Result<(), ArchiveError> {
        let length = self.waiting.with(|waiting| waiting.len());
        self.most_waiting = self.most_waiting.max(length);
        if length < enough {
            return Ok(());
        }
        let part = self.waiting.with(std::mem::take);
        Ok(self.parts.put(Bytes::from(part)).await?)
    }
}
