//! Cursors: where a list goes on, sealed so that nobody can make one or use another's.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chamada_platform::Platform;
use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::Sha256;
use utoipa::ToSchema;

use crate::problem::Problem;

/// One page of a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Page<T> {
    /// The rows; fewer than asked, even none, does not mean the end.
    pub items: Vec<T>,
    /// Where the list goes on; null at its end.
    pub next_cursor: Option<String>,
}

/// The key that seals cursors: the parameter `cursor-key`, made on first use.
#[derive(Clone)]
pub struct CursorKey([u8; 32]);

/// Length of an HMAC-SHA256, bytes.
const SEAL: usize = 32;

impl CursorKey {
    /// A key of known bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The deployment's key.
    ///
    /// # Errors
    /// 503 where the Parameter Store does not answer.
    pub async fn of(platform: &Platform) -> Result<Self, Problem> {
        Ok(Self(platform.parameters().key("cursor-key").await?))
    }

    fn mac(&self, caller: &str, filters: &str, place: &[u8]) -> Hmac<Sha256> {
        // RFC 2104 §2: a shorter key is padded with zeros to the hash's block, 64 bytes.
        let mut block = [0; 64];
        block[..self.0.len()].copy_from_slice(&self.0);
        let mut mac = <Hmac<Sha256> as KeyInit>::new(&block.into());
        // Lengths first: no two triples make the same bytes.
        for part in [caller.as_bytes(), filters.as_bytes(), place] {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac
    }

    /// Seals `place` for one `caller` and the `filters` of one list ([`Query::filters`](crate::query::Query)). The place can be read by the client: no secrets in it.
    ///
    /// # Errors
    /// 500 where `place` cannot be written as JSON.
    pub fn seal(&self, caller: &str, filters: &str, place: &impl Serialize) -> Result<String, Problem> {
        let mut bytes = serde_json::to_vec(place).map_err(Problem::internal)?;
        let seal = self.mac(caller, filters, &bytes).finalize().into_bytes();
        bytes.extend_from_slice(&seal);
        Ok(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Opens what [`CursorKey::seal`] made for the same caller and filters.
    ///
    /// # Errors
    /// 400 `bad_cursor` for anything else.
    pub fn open<T: DeserializeOwned>(&self, caller: &str, filters: &str, cursor: &str) -> Result<T, Problem> {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| Problem::bad_cursor())?;
        let (place, seal) = bytes
            .len()
            .checked_sub(SEAL)
            .and_then(|at| bytes.split_at_checked(at))
            .ok_or_else(Problem::bad_cursor)?;
        self.mac(caller, filters, place)
            .verify_slice(seal)
            .map_err(|_| Problem::bad_cursor())?;
        serde_json::from_slice(place).map_err(|_| Problem::bad_cursor())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_serves_one_caller_and_one_list() {
        let key = CursorKey::new([7; 32]);
        let cursor = key.seal("usr_a", "[\"/api/tickets\",[]]", &("T#1", 5)).unwrap();
        let open = |caller, filters, text: &str| key.open::<(String, u32)>(caller, filters, text);
        assert_eq!(open("usr_a", "[\"/api/tickets\",[]]", &cursor).unwrap(), ("T#1".to_owned(), 5));
        assert_eq!(open("usr_b", "[\"/api/tickets\",[]]", &cursor).unwrap_err().code(), "bad_cursor");
        assert_eq!(open("usr_a", "[\"/api/users\",[]]", &cursor).unwrap_err().code(), "bad_cursor");
        assert!(
            CursorKey::new([8; 32])
                .open::<(String, u32)>("usr_a", "[\"/api/tickets\",[]]", &cursor)
                .is_err()
        );
        for forged in ["", "AAAA", "not base64!", &cursor[1..], &format!("A{}", &cursor[1..])] {
            assert_eq!(
                open("usr_a", "[\"/api/tickets\",[]]", forged).unwrap_err().code(),
                "bad_cursor",
                "{forged}"
            );
        }
    }
}
