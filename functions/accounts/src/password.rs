//! Passwords: argon2id (RFC 9106) on threads of its own, and what is good enough for one.

use std::ops::RangeInclusive;
use std::sync::LazyLock;

use argon2::password_hash::PasswordHasher;
use argon2::password_hash::PasswordVerifier;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, Version};
use chamada_domain::{FieldError, User};
use chamada_platform::{Secret, random};
use chamada_web::Problem;
use tokio::sync::Semaphore;
use zxcvbn::{Score, zxcvbn};

/// How long a new password may be, in characters.
pub(crate) const LENGTH: RangeInclusive<usize> = 12..=256;

/// How many passwords are worked on at once: each takes 19 MiB, and many people at the door must not take all memory.
static AT_ONCE: Semaphore = Semaphore::const_new(4);

/// What is verified where there is no hash, so that an unknown address takes as long as a known one. Its password is random and forgotten.
static NOBODYS: LazyLock<Option<String>> = LazyLock::new(|| hash_now(&Secret::generate()).ok());

/// 19 MiB, two passes, one lane: OWASP's first choice for argon2id.
fn hasher() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::default())
}

fn hash_now(password: &Secret) -> Result<String, argon2::password_hash::Error> {
    let hash: PasswordHash = hasher().hash_password_with_salt(password.expose().as_bytes(), &random::<16>())?;
    Ok(hash.to_string())
}

fn verify_now(password: &Secret, hash: Option<&str>) -> bool {
    let text = hash.or(NOBODYS.as_deref());
    let Some(Ok(parsed)) = text.map(PasswordHash::new) else {
        return false;
    };
    let right = hasher().verify_password(password.expose().as_bytes(), &parsed).is_ok();
    right && hash.is_some()
}

async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    let _permit = AT_ONCE.acquire().await.map_err(Problem::internal)?;
    tokio::task::spawn_blocking(work).await.map_err(Problem::internal)
}

/// The form in which a password is stored: PHC, with its own random salt.
///
/// # Errors
/// 500.
pub(crate) async fn hash(password: Secret) -> Result<String, Problem> {
    // The library's error tells of parameters, never of the password.
    apart(move || hash_now(&password))
        .await?
        .map_err(|error| Problem::internal(error.to_string()))
}

/// Whether this is the password of that hash. Takes the same time where there is none.
///
/// # Errors
/// 500.
pub(crate) async fn verify(password: Secret, hash: Option<String>) -> Result<bool, Problem> {
    apart(move || verify_now(&password, hash.as_deref())).await
}

/// Judges a new password by zxcvbn, which also knows what everybody can guess of this person and site.
///
/// # Errors
/// 422 `password` `too_weak` below a score of 3 of 4.
pub(crate) fn judge(password: &Secret, user: &User, site_name: &str) -> Result<(), FieldError> {
    let known = [
        &user.name,
        user.email.as_str(),
        user.email.local_part(),
        user.email.domain(),
        site_name,
        "chamada",
    ];
    if zxcvbn(password.expose(), &known).score() >= Score::Three {
        return Ok(());
    }
    let sentence = "This password is too easy to guess. Take a few words that do not belong together.";
    Err(FieldError::new("password", "too_weak", sentence))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_argon2id_salted_and_opens_to_its_password_alone() {
        let password = Secret::new("three odd words of mine");
        let (one, other) = (hash_now(&password).unwrap(), hash_now(&password).unwrap());
        assert!(one.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "OWASP's parameters");
        assert_ne!(one, other);
        assert!(verify_now(&password, Some(&one)));
        assert!(!verify_now(&Secret::new("three odd words of mind"), Some(&one)));
        assert!(!verify_now(&password, None));
        assert!(NOBODYS.is_some(), "an unknown address costs a real verification");
        assert!(!verify_now(&password, Some("not a hash")));
    }
}
