//! URLs with which a browser puts and gets one object without us in between.

use std::fmt::Write;
use std::time::Duration;

use aws_sdk_s3::presigning::PresigningConfig;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::error::ServiceError;
use crate::objects::Objects;

/// What alone may be uploaded. All of it is signed: S3 refuses anything else.
#[derive(Debug, Clone, Copy)]
pub struct UploadRules<'a> {
    /// The media type.
    pub content_type: &'a str,
    /// The length in bytes.
    pub size: u64,
    /// The SHA-256 of the content.
    pub sha256: &'a [u8; 32],
    /// How long the URL lives: at most a week, and never longer than the credentials that signed it.
    pub expires_in: Duration,
}

/// Where and with which headers an object is put. The headers are signed: each must be sent as it stands here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresignedPut {
    /// The URL for a `PUT`.
    pub url: String,
    /// Names (lower-case) and values, without `host` and `content-length`, which browsers set themselves and let no script set.
    pub headers: Vec<(String, String)>,
}

/// How a browser shall treat what it downloads, and under which name (RFC 6266).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition<'a> {
    /// Save it.
    Attachment(&'a str),
    /// Show it.
    Inline(&'a str),
}

impl Disposition<'_> {
    /// The `Content-Disposition` header's value: the name in ASCII for old clients and in UTF-8 (RFC 8187) for all others.
    #[must_use]
    pub fn header_value(&self) -> String {
        let (kind, name) = match self {
            Self::Attachment(name) => ("attachment", name),
            Self::Inline(name) => ("inline", name),
        };
        let plain = |c: char| {
            if c.is_ascii_graphic() && !"\"\\%/".contains(c) || c == ' ' {
                c
            } else {
                '_'
            }
        };
        let ascii: String = name.chars().map(plain).collect();
        let mut value = format!("{kind}; filename=\"{ascii}\"; filename*=UTF-8''");
        for byte in name.bytes() {
            if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
                value.push(char::from(byte));
            } else {
                // Writing to a String cannot fail.
                let _ = write!(value, "%{byte:02X}");
            }
        }
        value
    }
}

impl Objects {
    /// A URL that takes one upload by the rules, once: key, type, length, SHA-256 and `If-None-Match: *` are signed.
    ///
    /// # Errors
    /// There are no credentials to sign with, or the time is over a week.
    pub async fn presign_put(&self, bucket: &str, key: &str, rules: UploadRules<'_>) -> Result<PresignedPut, ServiceError> {
        let request = self
            .presigner
            .put_object()
            .bucket(bucket)
            .key(key)
            .content_type(rules.content_type)
            .content_length(i64::try_from(rules.size).map_err(|error| ServiceError::new("s3", error))?)
            .checksum_sha256(STANDARD.encode(rules.sha256))
            .if_none_match("*");
        let signed = request
            .presigned(lifetime(rules.expires_in)?)
            .await
            .map_err(|error| ServiceError::new("s3", error))?;
        let headers = signed.headers().filter(|(name, _)| !matches!(*name, "host" | "content-length"));
        Ok(PresignedPut {
            url: signed.uri().to_owned(),
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        })
    }

    /// A URL that gives one object as `content_type` with `disposition`, both signed.
    ///
    /// # Errors
    /// There are no credentials to sign with, or the time is over a week.
    pub async fn presign_get(
        &self,
        bucket: &str,
        key: &str,
        expires_in: Duration,
        disposition: Disposition<'_>,
        content_type: &str,
    ) -> Result<String, ServiceError> {
        let request = self
            .presigner
            .get_object()
            .bucket(bucket)
            .key(key)
            .response_content_disposition(disposition.header_value())
            .response_content_type(content_type);
        let signed = request
            .presigned(lifetime(expires_in)?)
            .await
            .map_err(|error| ServiceError::new("s3", error))?;
        Ok(signed.uri().to_owned())
    }
}

fn lifetime(expires_in: Duration) -> Result<PresigningConfig, ServiceError> {
    PresigningConfig::expires_in(expires_in).map_err(|error| ServiceError::new("s3", error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_survive_in_both_spellings() {
        let value = Disposition::Attachment("a \"b\"\r\nSet-Cookie: ção.pdf").header_value();
        assert_eq!(
            value,
            "attachment; filename=\"a _b___Set-Cookie: __o.pdf\"; filename*=UTF-8''a%20%22b%22%0D%0ASet-Cookie%3A%20%C3%A7%C3%A3o.pdf"
        );
        assert!(
            Disposition::Inline("x.png")
                .header_value()
                .starts_with("inline; filename=\"x.png\"")
        );
    }
}
