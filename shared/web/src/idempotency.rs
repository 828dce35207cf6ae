//! `Idempotency-Key`: how a client says that a request is the same one again.

use chamada_domain::{FieldError, Timestamp};
use chamada_store::Idempotency;
use http::HeaderMap;

use crate::json::Write;
use crate::problem::Problem;
use crate::session::Caller;
use crate::source::SourceAddress;

/// The header's name.
pub const HEADER: &str = "idempotency-key";

/// What a client calls one request of its own: 1 to 128 visible ASCII characters. Means something together with the caller alone.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The key as the client wrote it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Reads the header.
///
/// # Errors
/// 422 with the field `Idempotency-Key`, where it is empty, too long, or holds anything but visible ASCII.
pub fn key(headers: &HeaderMap) -> Result<Option<IdempotencyKey>, Problem> {
    let Some(value) = headers.get(HEADER) else { return Ok(None) };
    let bytes = value.as_bytes();
    if (1..=128).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic) {
        return Ok(Some(IdempotencyKey(String::from_utf8_lossy(bytes).into_owned())));
    }
    Err(FieldError::new("Idempotency-Key", "invalid", "This must be 1 to 128 visible ASCII characters.").into())
}

/// A request as the store remembers it, from anybody: somebody without a session is told by where they come from.
#[must_use]
pub fn of_anyone<T>(caller: &Caller, source: SourceAddress, write: &Write<T>, now: Timestamp) -> Option<Idempotency> {
    let key = write.key.as_ref()?;
    let name = caller.name().unwrap_or_else(|_| format!("from.{}", source.limit_key()));
    Some(Idempotency {
        caller: name,
        key: key.as_str().to_owned(),
        digest: write.digest.clone(),
        now,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn keys_are_visible_ascii() {
        let read = |bytes: &[u8]| {
            let mut headers = HeaderMap::new();
            headers.insert(HEADER, HeaderValue::from_bytes(bytes).unwrap());
            key(&headers)
        };
        assert!(key(&HeaderMap::new()).unwrap().is_none());
        assert_eq!(read(&[b'~'; 128]).unwrap().unwrap().as_str().len(), 128);
        for bad in [&b""[..], b"a b", "é".as_bytes(), &[b'a'; 129]] {
            assert_eq!(read(bad).unwrap_err().errors()[0].field, "Idempotency-Key");
        }
    }
}
