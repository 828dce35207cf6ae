//! Checksums of what is put.

use s3s::dto::{Checksum, PutObjectInput};
use s3s::{S3Request, S3Result, s3_error};

/// The checksums that a client promised, in headers or (once the body is read) in trailers.
pub(super) struct Check {
    pub(super) hasher: s3s::checksum::ChecksumHasher,
    promised: Checksum,
    trailers: Option<s3s::TrailingHeaders>,
}

impl Check {
    pub(super) fn of(request: &S3Request<PutObjectInput>) -> Self {
        use s3s::crypto::{Checksum as _, Crc32, Crc32c, Crc64Nvme, Sha1, Sha256};
        let input = &request.input;
        let algorithm = input
            .checksum_algorithm
            .as_ref()
            .map(|name| name.as_str().to_owned())
            .unwrap_or_default();
        let trailer = request
            .headers
            .get("x-amz-trailer")
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let announced =
            |name: &str| algorithm.eq_ignore_ascii_case(name) || trailer.to_lowercase().contains(&format!("x-amz-checksum-{name}"));
        let hasher = s3s::checksum::ChecksumHasher {
            crc32: (input.checksum_crc32.is_some() || (announced("crc32") && !announced("crc32c"))).then(Crc32::new),
            crc32c: (input.checksum_crc32c.is_some() || announced("crc32c")).then(Crc32c::new),
            sha1: (input.checksum_sha1.is_some() || announced("sha1")).then(Sha1::new),
            sha256: (input.checksum_sha256.is_some() || announced("sha256")).then(Sha256::new),
            crc64nvme: (input.checksum_crc64nvme.is_some() || announced("crc64nvme")).then(Crc64Nvme::new),
        };
        let promised = Checksum {
            checksum_crc32: input.checksum_crc32.clone(),
            checksum_crc32c: input.checksum_crc32c.clone(),
            checksum_sha1: input.checksum_sha1.clone(),
            checksum_sha256: input.checksum_sha256.clone(),
            checksum_crc64nvme: input.checksum_crc64nvme.clone(),
            ..Checksum::default()
        };
        Self {
            hasher,
            promised,
            trailers: request.trailing_headers.clone(),
        }
    }

    pub(super) fn verify(self) -> S3Result<()> {
        let found = self.hasher.finalize();
        let trailers = self.trailers.and_then(|trailers| trailers.take()).unwrap_or_default();
        let promised = |header: Option<String>, name: &str| {
            header.or_else(|| Some(trailers.get(format!("x-amz-checksum-{name}"))?.to_str().ok()?.to_owned()))
        };
        for (name, header, found) in [
            ("crc32", self.promised.checksum_crc32, found.checksum_crc32),
            ("crc32c", self.promised.checksum_crc32c, found.checksum_crc32c),
            ("sha1", self.promised.checksum_sha1, found.checksum_sha1),
            ("sha256", self.promised.checksum_sha256, found.checksum_sha256),
            ("crc64nvme", self.promised.checksum_crc64nvme, found.checksum_crc64nvme),
        ] {
            let promised = promised(header, name);
            if promised.is_some() && promised != found {
                return Err(s3_error!(BadDigest, "the {name} of the body is not what was promised"));
            }
        }
        Ok(())
    }
}
