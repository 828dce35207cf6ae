//! Secrets in SSM's Parameter Store, as SecureStrings below the deployment's prefix.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use aws_sdk_ssm::Client;
use aws_sdk_ssm::types::ParameterType;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use time::{Duration, OffsetDateTime};

use crate::clock::Clock;
use crate::error::ServiceError;
use crate::secret::{Secret, random};

/// How long a value read once is taken for true.
const KEPT_FOR: Duration = Duration::minutes(5);

/// The Parameter Store below one prefix. What was found is kept for 5 minutes; what was not there is asked for again each time.
pub struct Parameters {
    client: Client,
    prefix: String,
    clock: Clock,
    kept: Mutex<HashMap<String, (Secret, OffsetDateTime)>>,
}

impl Parameters {
    /// Parameters below `prefix`, which has no slash at its end.
    #[must_use]
    pub fn new(client: Client, prefix: String, clock: Clock) -> Self {
        Self {
            client,
            prefix,
            clock,
            kept: Mutex::default(),
        }
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<String, (Secret, OffsetDateTime)>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, name: &str, value: &Secret) {
        self.kept().insert(name.to_owned(), (value.clone(), self.clock.now() + KEPT_FOR));
    }

    fn full(&self, name: &str) -> String {
        format!("{}/{name}", self.prefix)
    }

    /// The value of `name` (`mailbox/mbx_…`), if there is one.
    ///
    /// # Errors
    /// SSM did not answer.
    pub async fn get(&self, name: &str) -> Result<Option<Secret>, ServiceError> {
        let now = self.clock.now();
        if let Some((value, until)) = self.kept().get(name).filter(|(_, until)| *until > now) {
            tracing::trace!(%until, "a parameter is still known");
            return Ok(Some(value.clone()));
        }
        let answer = self.client.get_parameter().name(self.full(name)).with_decryption(true).send().await;
        let found = match answer {
            Ok(found) => found.parameter.and_then(|parameter| parameter.value).map(Secret::new),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_parameter_not_found()) => None,
            Err(error) => return Err(ServiceError::new("ssm", error)),
        };
        match &found {
            Some(value) => self.keep(name, value),
            None => drop(self.kept().remove(name)),
        }
        Ok(found)
    }

    /// The value of `name` as it is now, whatever was known of it.
    ///
    /// # Errors
    /// SSM did not answer.
    pub async fn fresh(&self, name: &str) -> Result<Option<Secret>, ServiceError> {
        self.kept().remove(name);
        self.get(name).await
    }

    /// Sets `name` to `value`, whatever it was. Other running functions see it within 5 minutes.
    ///
    /// # Errors
    /// SSM did not do it.
    pub async fn put(&self, name: &str, value: &Secret) -> Result<(), ServiceError> {
        self.write(name, value, true).await.map(|_| ())
    }

    /// Sets `name` unless it is set; says whether it did.
    ///
    /// # Errors
    /// SSM did not do it.
    pub async fn put_if_absent(&self, name: &str, value: &Secret) -> Result<bool, ServiceError> {
        self.write(name, value, false).await
    }

    async fn write(&self, name: &str, value: &Secret, overwrite: bool) -> Result<bool, ServiceError> {
        let request = self.client.put_parameter().name(self.full(name)).value(value.expose());
        match request.r#type(ParameterType::SecureString).overwrite(overwrite).send().await {
            Ok(_) => {
                self.keep(name, value);
                Ok(true)
            }
            Err(error) if error.as_service_error().is_some_and(|e| e.is_parameter_already_exists()) => Ok(false),
            Err(error) => Err(ServiceError::new("ssm", error)),
        }
    }

    /// Removes `name`; one that is not there is no error.
    ///
    /// # Errors
    /// SSM did not do it.
    pub async fn delete(&self, name: &str) -> Result<(), ServiceError> {
        self.kept().remove(name);
        match self.client.delete_parameter().name(self.full(name)).send().await {
            Err(error) if !error.as_service_error().is_some_and(|e| e.is_parameter_not_found()) => Err(ServiceError::new("ssm", error)),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// The 32-byte key `name`, made of randomness on its first use. Of several who make it at once, one wins and all get the same.
    ///
    /// # Errors
    /// SSM did not answer, or what stands there is no such key.
    pub async fn key(&self, name: &str) -> Result<[u8; 32], ServiceError> {
        if let Some(found) = self.get(name).await? {
            return read_key(&found);
        }
        let made = Secret::new(URL_SAFE_NO_PAD.encode(random::<32>()));
        if self.put_if_absent(name, &made).await? {
            return read_key(&made);
        }
        match self.get(name).await? {
            Some(found) => read_key(&found),
            None => Err(ServiceError::new("ssm", "a key vanished right after it was made")),
        }
    }
}

fn read_key(text: &Secret) -> Result<[u8; 32], ServiceError> {
    let bytes = URL_SAFE_NO_PAD.decode(text.expose()).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or_else(|| ServiceError::new("ssm", "a key is not 32 bytes of base64url"))
}
