//! The S3 calls that Chamada makes, over [`Files`].
//!
//! `s3s` parses requests and verifies signatures. `s3s-fs`, its sample backend, is not used: it keeps an object in three files
//! written one after another without syncing, leaves an object there whose checksum turned out wrong, and looks before it
//! renames.

use std::io;

use bytes::Bytes;
use chamada_platform::{Clock, random};
use futures::{Stream, StreamExt};
use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, CompleteMultipartUploadInput, CompleteMultipartUploadOutput,
    CreateMultipartUploadInput, CreateMultipartUploadOutput, DeleteObjectInput, DeleteObjectOutput, ETag, GetObjectInput, GetObjectOutput,
    HeadBucketInput, HeadBucketOutput, HeadObjectInput, HeadObjectOutput, ListObjectVersionsInput, ListObjectVersionsOutput, ObjectVersion,
    PutObjectInput, PutObjectOutput, Range, StreamingBlob, Timestamp, UploadPartInput, UploadPartOutput,
};
use s3s::{S3, S3Error, S3Request, S3Response, S3Result, s3_error};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio_util::io::ReaderStream;

use super::check::Check;
use super::files::{Description, Files, Placing, Stored, Upload};
use super::multipart::{Multiparts, NoObject};

/// What is gathered before the disk is asked: a thread hop a piece, and the only memory an upload takes.
const PIECE: usize = 256 * 1024;

/// What S3 calls an object's one version where none are kept.
const ONLY_VERSION: &str = "null";

/// The most keys of one listing, as at AWS.
const MAX_KEYS: usize = 1_000;

/// The backend: files and the clock that stamps them.
#[derive(Debug, Clone)]
pub(super) struct Backend {
    pub(super) files: Files,
    pub(super) clock: Clock,
    pub(super) multiparts: Multiparts,
}

/// An error that is ours: told as 500 without its text, which goes to the log.
fn internal(error: impl std::fmt::Display) -> S3Error {
    tracing::error!(error = %error, "an object could not be read or written");
    s3_error!(InternalError)
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> S3Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result.map_err(|error| match error.kind() {
            io::ErrorKind::InvalidInput => s3_error!(InvalidArgument, "this key cannot be stored here"),
            _ => internal(error),
        }),
        Err(error) => Err(internal(error)),
    }
}

impl Backend {
    async fn stored(&self, bucket: &str, key: &str) -> S3Result<Stored> {
        let (files, bucket, key) = (self.files.clone(), bucket.to_owned(), key.to_owned());
        let (found, known) = blocking(move || Ok((files.open_object(&bucket, &key)?, files.has_bucket(&bucket)))).await?;
        match found {
            Some(stored) => Ok(stored),
            None if known => Err(s3_error!(NoSuchKey)),
            None => Err(s3_error!(NoSuchBucket)),
        }
    }

    /// Streams `body` into a file aside, `show`ing every piece: the file, if what came did not fit into one piece; its SHA-256; the last piece.
    async fn receive(
        &self,
        body: impl Stream<Item = Result<Bytes, s3s::StdError>> + Send,
        show: &mut (dyn FnMut(&[u8]) + Send),
    ) -> S3Result<(Option<Upload>, String, Vec<u8>)> {
        let (mut upload, mut digest, mut pending) = (None, Sha256::new(), Vec::new());
        let mut body = std::pin::pin!(body);
        while let Some(piece) = body.next().await {
            // The client's end: cut off, or a chunk's signature is wrong.
            let piece = piece.map_err(|error| s3_error!(IncompleteBody, "the body ended early: {error}"))?;
            digest.update(&piece);
            show(&piece);
            pending.extend_from_slice(&piece);
            if pending.len() >= PIECE {
                let files = self.files.clone();
                let (begun, emptied) = blocking(move || write(&files, upload, pending)).await?;
                (upload, pending) = (Some(begun), emptied);
            }
        }
        Ok((upload, hex::encode(digest.finalize()), pending))
    }

    /// Streams `body` into a file aside and describes it, `check` having seen every piece; then puts it in its place.
    async fn store(&self, target: Target, body: impl Stream<Item = Result<Bytes, s3s::StdError>> + Send, check: Check) -> S3Result<String> {
        if !self.files.has_bucket(&target.bucket) {
            return Err(s3_error!(NoSuchBucket));
        }
        let mut check = check;
        let (received, digest, pending) = self.receive(body, &mut |piece| check.hasher.update(piece)).await?;
        check.verify()?;
        let mut description = target.description;
        description.sha256 = digest;
        description.stored_at = self.clock.now();
        let etag = description.etag();
        let (files, placing) = (self.files.clone(), target.placing);
        // What fits into one piece takes one hop to a thread that may wait for the disk.
        let placed = blocking(move || {
            let (mut upload, _) = write(&files, received, pending)?;
            files.place(&mut upload, &target.bucket, &target.key, &description, placing)
        });
        let placed = placed.await?;
        if placed {
            Ok(etag)
        } else {
            Err(s3_error!(PreconditionFailed, "the object is there already"))
        }
    }
}

/// Adds `bytes` to `upload`, which begins with the first of them; it, and room for the next.
fn write(files: &Files, upload: Option<Upload>, mut bytes: Vec<u8>) -> io::Result<(Upload, Vec<u8>)> {
    let mut upload = match upload {
        Some(upload) => upload,
        None => files.upload(&hex::encode(random::<16>()))?,
    };
    upload.write(&bytes)?;
    bytes.clear();
    Ok((upload, bytes))
}

/// Where an object goes and as what.
struct Target {
    bucket: String,
    key: String,
    placing: Placing,
    description: Description,
}

fn blank() -> Description {
    Description {
        content_type: None,
        content_disposition: None,
        content_encoding: None,
        metadata: std::collections::BTreeMap::new(),
        sha256: String::new(),
        stored_at: time::OffsetDateTime::UNIX_EPOCH,
    }
}

fn sha256_base64(description: &Description) -> Option<String> {
    use base64::Engine;
    Some(base64::engine::general_purpose::STANDARD.encode(hex::decode(&description.sha256).ok()?))
}

fn length(bytes: u64) -> Option<i64> {
    i64::try_from(bytes).ok()
}

/// First byte and number of bytes, and the header that says so, where a part was asked for.
fn part(range: Option<Range>, len: u64) -> S3Result<(u64, u64, Option<String>)> {
    let Some(range) = range else { return Ok((0, len, None)) };
    let part = range.check(len).map_err(|_| s3_error!(InvalidRange))?;
    let header = format!("bytes {}-{}/{len}", part.start, part.end.saturating_sub(1));
    Ok((part.start, part.end - part.start, Some(header)))
}

#[async_trait::async_trait]
impl S3 for Backend {
    async fn put_object(&self, mut request: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        let check = Check::of(&request);
        let body = request.input.body.take().ok_or_else(|| s3_error!(IncompleteBody))?;
        let input = request.input;
        if input.if_match.is_some() || input.if_none_match.as_ref().is_some_and(|condition| !condition.is_any()) {
            return Err(s3_error!(NotImplemented, "of the conditions, only If-None-Match: * is known here"));
        }
        let target = Target {
            bucket: input.bucket,
            key: input.key,
            placing: if input.if_none_match.is_some() {
                Placing::New
            } else {
                Placing::Replace
            },
            description: Description {
                content_type: input.content_type,
                content_disposition: input.content_disposition,
                content_encoding: input.content_encoding.filter(|encoding| encoding != "aws-chunked"),
                metadata: input.metadata.unwrap_or_default().into_iter().collect(),
                ..blank()
            },
        };
        let etag = self.store(target, body, check).await?;
        Ok(S3Response::new(PutObjectOutput {
            e_tag: Some(ETag::Strong(etag)),
            ..PutObjectOutput::default()
        }))
    }

    async fn get_object(&self, request: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        let input = request.input;
        let Stored { file, len, description } = self.stored(&input.bucket, &input.key).await?;
        let (first, count, content_range) = part(input.range, len)?;
        let mut file = tokio::fs::File::from_std(file);
        file.seek(io::SeekFrom::Start(first)).await.map_err(internal)?;
        let body = ReaderStream::with_capacity(file.take(count), PIECE);
        let whole = content_range.is_none();
        Ok(S3Response::new(GetObjectOutput {
            body: Some(StreamingBlob::wrap(body)),
            content_length: length(count),
            content_range,
            accept_ranges: Some("bytes".into()),
            checksum_sha256: if whole && input.checksum_mode.is_some() {
                sha256_base64(&description)
            } else {
                None
            },
            e_tag: Some(ETag::Strong(description.etag())),
            last_modified: Some(Timestamp::from(description.stored_at)),
            content_type: input.response_content_type.or(description.content_type),
            content_disposition: input.response_content_disposition.or(description.content_disposition),
            cache_control: input.response_cache_control,
            content_encoding: description.content_encoding,
            metadata: Some(description.metadata.into_iter().collect()),
            ..GetObjectOutput::default()
        }))
    }

    async fn head_object(&self, request: S3Request<HeadObjectInput>) -> S3Result<S3Response<HeadObjectOutput>> {
        let input = request.input;
        let Stored { len, description, .. } = self.stored(&input.bucket, &input.key).await?;
        Ok(S3Response::new(HeadObjectOutput {
            content_length: length(len),
            accept_ranges: Some("bytes".into()),
            checksum_sha256: if input.checksum_mode.is_some() {
                sha256_base64(&description)
            } else {
                None
            },
            e_tag: Some(ETag::Strong(description.etag())),
            last_modified: Some(Timestamp::from(description.stored_at)),
            content_type: description.content_type,
            content_disposition: description.content_disposition,
            content_encoding: description.content_encoding,
            metadata: Some(description.metadata.into_iter().collect()),
            ..HeadObjectOutput::default()
        }))
    }

    /// No versions are kept here: what is deleted is gone, and so is its one version, `null`. Deleting any other does nothing, as at AWS.
    async fn delete_object(&self, request: S3Request<DeleteObjectInput>) -> S3Result<S3Response<DeleteObjectOutput>> {
        let (files, input) = (self.files.clone(), request.input);
        if input.version_id.as_deref().is_none_or(|version| version == ONLY_VERSION) {
            blocking(move || files.remove(&input.bucket, &input.key)).await?;
        }
        Ok(S3Response::new(DeleteObjectOutput::default()))
    }

    async fn list_object_versions(&self, request: S3Request<ListObjectVersionsInput>) -> S3Result<S3Response<ListObjectVersionsOutput>> {
        let (files, input) = (self.files.clone(), request.input);
        if !files.has_bucket(&input.bucket) {
            return Err(s3_error!(NoSuchBucket));
        }
        if input.key_marker.is_some() {
            return Err(s3_error!(NotImplemented, "listings have one page here"));
        }
        let (bucket, prefix) = (input.bucket.clone(), input.prefix.clone().unwrap_or_default());
        let mut keys = blocking(move || files.keys(&bucket, &prefix)).await?;
        let truncated = keys.len() > MAX_KEYS;
        keys.truncate(MAX_KEYS);
        let version = |key| ObjectVersion {
            key: Some(key),
            version_id: Some(ONLY_VERSION.into()),
            is_latest: Some(true),
            ..ObjectVersion::default()
        };
        Ok(S3Response::new(ListObjectVersionsOutput {
            name: Some(input.bucket),
            prefix: input.prefix,
            is_truncated: Some(truncated),
            versions: Some(keys.into_iter().map(version).collect()),
            ..ListObjectVersionsOutput::default()
        }))
    }

    async fn create_multipart_upload(
        &self,
        request: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        let input = request.input;
        if !self.files.has_bucket(&input.bucket) {
            return Err(s3_error!(NoSuchBucket));
        }
        let id = hex::encode(random::<16>());
        let description = Description {
            content_type: input.content_type,
            content_disposition: input.content_disposition,
            content_encoding: input.content_encoding,
            metadata: input.metadata.unwrap_or_default().into_iter().collect(),
            ..blank()
        };
        self.multiparts.begin(&id, input.bucket.clone(), input.key.clone(), description);
        Ok(S3Response::new(CreateMultipartUploadOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(id),
            ..CreateMultipartUploadOutput::default()
        }))
    }

    async fn upload_part(&self, mut request: S3Request<UploadPartInput>) -> S3Result<S3Response<UploadPartOutput>> {
        let body = request.input.body.take().ok_or_else(|| s3_error!(IncompleteBody))?;
        let input = request.input;
        let mut size = 0;
        let (upload, digest, pending) = self.receive(body, &mut |piece| size += piece.len() as u64).await?;
        let files = self.files.clone();
        let (upload, _) = blocking(move || write(&files, upload, pending)).await?;
        let etag: String = digest.chars().take(32).collect();
        let target = (input.bucket.as_str(), input.key.as_str());
        if !self
            .multiparts
            .add(&input.upload_id, target, input.part_number, upload, size, &etag)
        {
            return Err(s3_error!(NoSuchUpload));
        }
        Ok(S3Response::new(UploadPartOutput {
            e_tag: Some(ETag::Strong(etag)),
            ..UploadPartOutput::default()
        }))
    }

    async fn complete_multipart_upload(
        &self,
        request: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        let input = request.input;
        let parts = input.multipart_upload.and_then(|upload| upload.parts).unwrap_or_default();
        let named: Option<Vec<(i32, String)>> = parts
            .into_iter()
            .map(|part| Some((part.part_number?, part.e_tag?.value().to_owned())))
            .collect();
        let named = named.ok_or_else(|| s3_error!(InvalidPart))?;
        let (files, multiparts, id) = (self.files.clone(), self.multiparts.clone(), input.upload_id);
        let (unique, now) = (hex::encode(random::<16>()), self.clock.now());
        let completed = tokio::task::spawn_blocking(move || multiparts.complete(&files, &id, &unique, &named, now));
        let etag = completed.await.map_err(internal)?.map_err(|why| match why {
            NoObject::NoSuchUpload => s3_error!(NoSuchUpload),
            NoObject::InvalidPart => s3_error!(InvalidPart),
            NoObject::EntityTooSmall => s3_error!(EntityTooSmall),
            NoObject::Io(error) => internal(error),
        })?;
        Ok(S3Response::new(CompleteMultipartUploadOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            e_tag: Some(ETag::Strong(etag)),
            ..CompleteMultipartUploadOutput::default()
        }))
    }

    async fn abort_multipart_upload(
        &self,
        request: S3Request<AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
        let (multiparts, id) = (self.multiparts.clone(), request.input.upload_id);
        let there = blocking(move || Ok(multiparts.abort(&id))).await?;
        if there {
            Ok(S3Response::new(AbortMultipartUploadOutput::default()))
        } else {
            Err(s3_error!(NoSuchUpload))
        }
    }

    async fn head_bucket(&self, request: S3Request<HeadBucketInput>) -> S3Result<S3Response<HeadBucketOutput>> {
        if self.files.has_bucket(&request.input.bucket) {
            Ok(S3Response::new(HeadBucketOutput::default()))
        } else {
            Err(s3_error!(NoSuchBucket))
        }
    }
}
