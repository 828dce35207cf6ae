//! Objects in S3.

use std::collections::BTreeSet;

use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::RequestChecksumCalculation;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::operation::list_object_versions::ListObjectVersionsOutput;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumMode, CompletedMultipartUpload, CompletedPart};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};
use sha2::{Digest, Sha256};

use crate::error::ServiceError;

/// Why an object could not be read or copied.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    /// There is no such object.
    #[error("there is no such object")]
    NotFound,
    /// The object is longer than the caller wants to hold.
    #[error("the object is larger than {limit} bytes")]
    TooLarge {
        /// What the caller allowed, in bytes.
        limit: usize,
    },
    /// S3 did not do what was asked.
    #[error(transparent)]
    Service(#[from] ServiceError),
}

/// What is known of an object without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectHead {
    /// Length in bytes.
    pub size: u64,
    /// The media type it was stored with.
    pub content_type: Option<String>,
    /// SHA-256 in lower-case hex, where S3 checked one when the object was stored.
    pub sha256: Option<String>,
}

/// S3, with just the calls that are used. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Objects {
    client: Client,
    pub(crate) presigner: Client,
}

/// How often a write is tried that S3 answered with 409 `ConditionalRequestConflict`: another one was under way.
const CONFLICT_ATTEMPTS: usize = 3;

impl Objects {
    /// Objects at `endpoint`, at AWS where there is none; presigned URLs are for `files_url` where it differs.
    #[must_use]
    pub fn new(sdk: &SdkConfig, endpoint: Option<&str>, files_url: Option<&str>) -> Self {
        let endpoint = endpoint.or(sdk.endpoint_url());
        let client = |endpoint: Option<&str>| {
            // `WhenRequired`: a presigned URL must not promise a checksum of a body that is not there yet, and `put` sends a SHA-256 of its own.
            let mut config = aws_sdk_s3::config::Builder::from(sdk).request_checksum_calculation(RequestChecksumCalculation::WhenRequired);
            config.set_endpoint_url(endpoint.map(str::to_owned));
            // An endpoint of one's own has no name of its own for each bucket.
            config.set_force_path_style(Some(endpoint.is_some()));
            Client::from_conf(config.build())
        };
        Self {
            client: client(endpoint),
            presigner: client(files_url.or(endpoint)),
        }
    }

    /// The SDK's client, for calls that only tools need (listing, moving).
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Stores an object, or replaces it. S3 checks its SHA-256.
    ///
    /// # Errors
    /// S3 did not do it.
    pub async fn put(&self, bucket: &str, key: &str, bytes: impl Into<Bytes>, content_type: &str) -> Result<(), ServiceError> {
        self.put_object(bucket, key, &bytes.into(), content_type, false).await.map(|_| ())
    }

    /// Stores an object unless one is there; says whether it did.
    ///
    /// # Errors
    /// S3 did not do it.
    pub async fn put_if_absent(&self, bucket: &str, key: &str, bytes: impl Into<Bytes>, content_type: &str) -> Result<bool, ServiceError> {
        self.put_object(bucket, key, &bytes.into(), content_type, true).await
    }

    async fn put_object(&self, bucket: &str, key: &str, bytes: &Bytes, content_type: &str, only_new: bool) -> Result<bool, ServiceError> {
        let checksum = STANDARD.encode(Sha256::digest(bytes));
        let mut attempt = 1;
        loop {
            let request = self
                .client
                .put_object()
                .bucket(bucket)
                .key(key)
                .content_type(content_type)
                .checksum_sha256(&checksum);
            let request = request.set_if_none_match(only_new.then(|| "*".to_owned()));
            let Err(error) = request.body(ByteStream::from(bytes.clone())).send().await else {
                return Ok(true);
            };
            match status(&error) {
                Some(412) if only_new => return Ok(false),
                Some(409) if only_new && attempt < CONFLICT_ATTEMPTS => attempt += 1,
                _ => return Err(failed(error)),
            }
        }
    }

    /// Reads an object of at most `limit` bytes.
    ///
    /// # Errors
    /// It is not there, is longer, or S3 did not answer.
    pub async fn get(&self, bucket: &str, key: &str, limit: usize) -> Result<Bytes, ObjectError> {
        let object = self
            .client
            .get_object()
            .bucket(bucket)
            .key(key)
            .send()
            .await
            .map_err(missing_or_failed)?;
        read_at_most(object, limit).await
    }

    /// Opens an object, to be read piece after piece.
    ///
    /// # Errors
    /// It is not there, or S3 did not answer.
    pub async fn open(&self, bucket: &str, key: &str) -> Result<ObjectBody, ObjectError> {
        let request = self.client.get_object().bucket(bucket).key(key);
        let object = request.send().await.map_err(missing_or_failed)?;
        Ok(ObjectBody(object.body))
    }

    /// Begins an object that is put in parts. Nobody sees it before [`MultipartUpload::complete`].
    ///
    /// # Errors
    /// S3 did not do it.
    pub async fn begin_parts(&self, bucket: &str, key: &str, content_type: &str) -> Result<MultipartUpload, ServiceError> {
        let request = self
            .client
            .create_multipart_upload()
            .bucket(bucket)
            .key(key)
            .content_type(content_type);
        let begun = request.send().await.map_err(failed)?;
        Ok(MultipartUpload {
            client: self.client.clone(),
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            upload: begun.upload_id.unwrap_or_default(),
            parts: Vec::new(),
        })
    }

    /// Reads the first `count` bytes of an object, or all of a shorter one.
    ///
    /// # Errors
    /// It is not there, or S3 did not answer.
    pub async fn first_bytes(&self, bucket: &str, key: &str, count: usize) -> Result<Bytes, ObjectError> {
        let range = format!("bytes=0-{}", count.max(1) - 1);
        match self.client.get_object().bucket(bucket).key(key).range(range).send().await {
            Ok(object) => read_at_most(object, count.max(1)).await,
            // RFC 9110 §15.5.17: an empty object has no first byte.
            Err(error) if status(&error) == Some(416) => Ok(Bytes::new()),
            Err(error) => Err(missing_or_failed(error)),
        }
    }

    /// What is known of an object; nothing where it is not there.
    ///
    /// # Errors
    /// S3 did not answer.
    pub async fn head(&self, bucket: &str, key: &str) -> Result<Option<ObjectHead>, ServiceError> {
        let request = self
            .client
            .head_object()
            .bucket(bucket)
            .key(key)
            .checksum_mode(ChecksumMode::Enabled);
        match request.send().await {
            Ok(head) => Ok(Some(ObjectHead {
                size: head.content_length().and_then(|length| u64::try_from(length).ok()).unwrap_or(0),
                content_type: head.content_type().map(str::to_owned),
                sha256: head.checksum_sha256().and_then(|text| STANDARD.decode(text).ok()).map(hex::encode),
            })),
            Err(error) if status(&error) == Some(404) => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    /// Deletes an object; one that is not there is no error.
    ///
    /// # Errors
    /// S3 did not do it.
    pub async fn delete(&self, bucket: &str, key: &str) -> Result<(), ServiceError> {
        match self.client.delete_object().bucket(bucket).key(key).send().await {
            Err(error) if status(&error) != Some(404) => Err(failed(error)),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// Deletes every version of an object and every mark of a deletion, so that nothing of it is left. Where there is none, that is no error.
    ///
    /// # Errors
    /// S3 did not do it; some versions may be gone.
    pub async fn purge(&self, bucket: &str, key: &str) -> Result<(), ServiceError> {
        loop {
            let request = self.client.list_object_versions().bucket(bucket).prefix(key);
            let page = request.send().await.map_err(failed)?;
            let mut found = false;
            for version in versions_of(&page, key) {
                found = true;
                let delete = self.client.delete_object().bucket(bucket).key(key).version_id(version);
                match delete.send().await {
                    Err(error) if status(&error) != Some(404) => return Err(failed(error)),
                    Ok(_) | Err(_) => {}
                }
            }
            // From the beginning again, not from a marker, which would name a version that is no more. Longer keys come behind this one.
            if !found || page.is_truncated() != Some(true) {
                return Ok(());
            }
        }
    }

    /// Deletes every version of every object whose key begins with `prefix`, and every mark of a deletion. Where there is none, that is no error.
    ///
    /// # Errors
    /// S3 did not do it; some versions may be gone.
    pub async fn purge_below(&self, bucket: &str, prefix: &str) -> Result<(), ServiceError> {
        loop {
            let request = self.client.list_object_versions().bucket(bucket).prefix(prefix);
            let page = request.send().await.map_err(failed)?;
            let keys = page.versions().iter().map(|version| version.key());
            let keys: BTreeSet<&str> = keys.chain(page.delete_markers().iter().map(|mark| mark.key())).flatten().collect();
            for key in &keys {
                self.purge(bucket, key).await?;
            }
            if keys.is_empty() || page.is_truncated() != Some(true) {
                return Ok(());
            }
        }
    }
}

/// An object that is being read.
#[derive(Debug)]
pub struct ObjectBody(ByteStream);

impl ObjectBody {
    /// The next piece; nothing at the end.
    ///
    /// # Errors
    /// The connection broke.
    pub async fn next(&mut self) -> Result<Option<Bytes>, ServiceError> {
        self.0.try_next().await.map_err(|error| ServiceError::new("s3", error))
    }
}

/// The least bytes of a part that is not the last (S3 User Guide, 'Amazon S3 multipart upload limits').
pub const LEAST_PART: usize = 5 * 1024 * 1024;

/// An object that is being put in parts, of [`LEAST_PART`] bytes at least but for the last; 10,000 at most.
#[derive(Debug)]
pub struct MultipartUpload {
    client: Client,
    bucket: String,
    key: String,
    upload: String,
    parts: Vec<CompletedPart>,
}

impl MultipartUpload {
    /// Puts the next part.
    ///
    /// # Errors
    /// S3 did not do it.
    pub async fn put(&mut self, bytes: Bytes) -> Result<(), ServiceError> {
        let number = i32::try_from(self.parts.len() + 1).unwrap_or(i32::MAX);
        let request = self
            .client
            .upload_part()
            .bucket(&self.bucket)
            .key(&self.key)
            .upload_id(&self.upload);
        let put = request
            .part_number(number)
            .body(ByteStream::from(bytes))
            .send()
            .await
            .map_err(failed)?;
        let part = CompletedPart::builder().part_number(number).set_e_tag(put.e_tag);
        self.parts.push(part.build());
        Ok(())
    }

    /// Makes one object of the parts.
    ///
    /// # Errors
    /// S3 did not do it.
    pub async fn complete(self) -> Result<(), ServiceError> {
        let parts = CompletedMultipartUpload::builder().set_parts(Some(self.parts)).build();
        let request = self.client.complete_multipart_upload().bucket(self.bucket).key(self.key);
        request
            .upload_id(self.upload)
            .multipart_upload(parts)
            .send()
            .await
            .map_err(failed)?;
        Ok(())
    }

    /// Gives it up: the parts go.
    ///
    /// # Errors
    /// S3 did not do it; a lifecycle rule does a day later.
    pub async fn abort(self) -> Result<(), ServiceError> {
        let request = self.client.abort_multipart_upload().bucket(self.bucket).key(self.key);
        match request.upload_id(self.upload).send().await {
            Err(error) if status(&error) != Some(404) => Err(failed(error)),
            Ok(_) | Err(_) => Ok(()),
        }
    }
}

/// The versions of just this key, among all that begin with it. A bucket without versions calls its objects' one version `null`.
fn versions_of<'a>(page: &'a ListObjectVersionsOutput, key: &'a str) -> impl Iterator<Item = &'a str> {
    let versions = page.versions().iter().map(|version| (version.key(), version.version_id()));
    let marks = page.delete_markers().iter().map(|mark| (mark.key(), mark.version_id()));
    versions
        .chain(marks)
        .filter(move |(found, _)| *found == Some(key))
        .map(|(_, version)| version.unwrap_or("null"))
}

async fn read_at_most(object: GetObjectOutput, limit: usize) -> Result<Bytes, ObjectError> {
    let promised = object.content_length().and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
    if promised > limit {
        return Err(ObjectError::TooLarge { limit });
    }
    let mut body = object.body;
    let mut read = BytesMut::with_capacity(promised);
    while let Some(chunk) = body.try_next().await.map_err(|error| ServiceError::new("s3", error))? {
        if read.len() + chunk.len() > limit {
            return Err(ObjectError::TooLarge { limit });
        }
        read.extend_from_slice(&chunk);
    }
    Ok(read.freeze())
}

fn status<E>(error: &SdkError<E>) -> Option<u16> {
    error.raw_response().map(|response| response.status().as_u16())
}

fn failed<E>(error: SdkError<E>) -> ServiceError
where
    E: std::error::Error + Send + Sync + 'static,
{
    ServiceError::new("s3", error)
}

fn missing_or_failed<E>(error: SdkError<E>) -> ObjectError
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    let no_bucket = error.code() == Some("NoSuchBucket");
    if status(&error) == Some(404) && !no_bucket {
        ObjectError::NotFound
    } else {
        failed(error).into()
    }
}
