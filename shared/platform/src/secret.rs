//! Randomness, and values that must not be seen.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// `N` bytes of the operating system's randomness.
///
/// # Panics
/// Where the system has none to give: going on would make guessable secrets.
#[must_use]
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    #[expect(clippy::disallowed_methods, reason = "the one place where randomness is drawn")]
    let drawn = getrandom::fill(&mut bytes);
    assert!(drawn.is_ok(), "the operating system gave no randomness");
    bytes
}

/// A value that must not be seen: a token, a key, a password. Its `Debug` shows nothing of it, and it cannot be serialised.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Wraps a value that came from outside.
    #[must_use]
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// A new secret of 256 random bits, as 43 characters of URL-safe base64 (RFC 4648 §5) without padding.
    #[must_use]
    pub fn generate() -> Self {
        Self(URL_SAFE_NO_PAD.encode(random::<32>()))
    }

    /// The value itself. Every call is a place to look at in a review.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl PartialEq for Secret {
    /// Compares in a time that does not tell how much of it is right.
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl Eq for Secret {}

/// The form in which a random secret is stored: lower-case hex of its SHA-256. Enough for 256 random bits; passwords need argon2id.
#[must_use]
pub fn secret_hash(secret: &Secret) -> String {
    hex::encode(Sha256::digest(secret.expose().as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_long_new_and_unseen() {
        let (a, b) = (Secret::generate(), Secret::generate());
        assert_eq!(a.expose().len(), 43);
        assert!(a != b && a == a.clone());
        assert!(!format!("{a:?}").contains(a.expose()));
    }

    #[test]
    fn the_stored_form_is_sha256_in_hex() {
        // FIPS 180-2, appendix B.1.
        assert_eq!(
            secret_hash(&Secret::new("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
