//! The Parameter Store: SecureStrings in one file, encrypted with AES-256-GCM under a key beside it.
//!
//! The key lies next to the file because one machine has no better place; what this keeps is that a backup or a stray copy of
//! the file alone tells nothing.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use chamada_platform::random;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;
use tokio::sync::Mutex;

use super::Refusal;
use crate::{durable, keys};

/// Bound to the ciphertext, so that no other file under the same key passes for this one.
const PURPOSE: &[u8] = b"chamada parameters 1";

/// The standard tier's limit for a value.
const MAX_VALUE: usize = 4096;

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Parameter {
    value: String,
    kind: String,
    version: i64,
    modified: i64,
}

type Parameters = BTreeMap<String, Parameter>;

/// The file, held in memory once read.
pub struct ParameterFile {
    path: PathBuf,
    cipher: Aes256Gcm,
    parameters: Mutex<Parameters>,
}

impl std::fmt::Debug for ParameterFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ParameterFile")
    }
}

impl ParameterFile {
    /// Opens or begins `parameters.bin` in `folder`, with its key in `parameters.key`.
    ///
    /// # Errors
    /// What the file system reports; `InvalidData` for a file that this key does not open.
    pub fn open(folder: &Path) -> io::Result<Self> {
        let cipher = Aes256Gcm::new(&keys::keep_key(&folder.join("parameters.key"))?.into());
        let path = folder.join("parameters.bin");
        let parameters = match std::fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Parameters::new(),
            read => decrypt(&cipher, &read?)
                .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "parameters.key does not open parameters.bin"))?,
        };
        Ok(Self {
            path,
            cipher,
            parameters: Mutex::new(parameters),
        })
    }

    /// One call by its name without `AmazonSSM.`.
    pub(super) async fn answer(&self, operation: &str, request: &Value, now: OffsetDateTime) -> Result<Value, Refusal> {
        let name = request
            .get("Name")
            .and_then(Value::as_str)
            .ok_or_else(|| Refusal::bad("ValidationException", "Name is missing"))?;
        match operation {
            "GetParameter" => self.get(name, request).await,
            "PutParameter" => self.put(name, request, now).await,
            "DeleteParameter" => self.delete(name).await,
            _ => Err(Refusal::bad("UnknownOperationException", "this call has no double here")),
        }
    }

    async fn get(&self, name: &str, request: &Value) -> Result<Value, Refusal> {
        let parameters = self.parameters.lock().await;
        let parameter = parameters.get(name).ok_or_else(|| Refusal::bad("ParameterNotFound", ""))?;
        if parameter.kind == "SecureString" && request.get("WithDecryption").and_then(Value::as_bool) != Some(true) {
            return Err(Refusal::bad("ValidationException", "secrets are only given out decrypted here"));
        }
        Ok(json!({ "Parameter": {
            "Name": name, "Type": parameter.kind, "Value": parameter.value, "Version": parameter.version,
            "LastModifiedDate": parameter.modified, "DataType": "text",
        } }))
    }

    async fn put(&self, name: &str, request: &Value, now: OffsetDateTime) -> Result<Value, Refusal> {
        let text = |field: &str| request.get(field).and_then(Value::as_str);
        let value = text("Value").filter(|value| !value.is_empty() && value.len() <= MAX_VALUE);
        let value = value.ok_or_else(|| Refusal::bad("ValidationException", "Value has 1 to 4096 bytes"))?;
        let overwrite = request.get("Overwrite").and_then(Value::as_bool) == Some(true);
        let mut parameters = self.parameters.lock().await;
        let version = match parameters.get(name) {
            Some(_) if !overwrite => return Err(Refusal::bad("ParameterAlreadyExists", "The parameter already exists.")),
            Some(present) => present.version + 1,
            None => 1,
        };
        let kind = text("Type")
            .or_else(|| Some(parameters.get(name)?.kind.as_str()))
            .unwrap_or("String")
            .to_owned();
        let parameter = Parameter {
            value: value.to_owned(),
            kind,
            version,
            modified: now.unix_timestamp(),
        };
        let mut changed = parameters.clone();
        changed.insert(name.to_owned(), parameter);
        self.keep(&changed).await?;
        *parameters = changed;
        Ok(json!({ "Version": version, "Tier": "Standard" }))
    }

    async fn delete(&self, name: &str) -> Result<Value, Refusal> {
        let mut parameters = self.parameters.lock().await;
        let mut changed = parameters.clone();
        if changed.remove(name).is_none() {
            return Err(Refusal::bad("ParameterNotFound", ""));
        }
        self.keep(&changed).await?;
        *parameters = changed;
        Ok(json!({}))
    }

    async fn keep(&self, parameters: &Parameters) -> Result<(), Refusal> {
        let sealed = encrypt(&self.cipher, parameters).ok_or_else(|| Refusal::failed("the parameters could not be encrypted"))?;
        let path = self.path.clone();
        let write = tokio::task::spawn_blocking(move || durable::replace(&path, &sealed, 0o600, "new"));
        write.await.map_err(Refusal::failed)?.map_err(Refusal::failed)
    }
}

/// A fresh 96-bit nonce, then ciphertext and tag.
fn encrypt(cipher: &Aes256Gcm, parameters: &Parameters) -> Option<Vec<u8>> {
    let nonce = random::<12>();
    let plain = serde_json::to_vec(parameters).ok()?;
    let sealed = cipher
        .encrypt(Nonce::from_slice(&nonce), Payload { msg: &plain, aad: PURPOSE })
        .ok()?;
    Some([nonce.as_slice(), &sealed].concat())
}

fn decrypt(cipher: &Aes256Gcm, file: &[u8]) -> Option<Parameters> {
    let (nonce, sealed) = file.split_at_checked(12)?;
    let plain = cipher
        .decrypt(Nonce::from_slice(nonce), Payload { msg: sealed, aad: PURPOSE })
        .ok()?;
    serde_json::from_slice(&plain).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn secrets_survive_and_the_file_tells_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let now = OffsetDateTime::UNIX_EPOCH;
        let put = json!({ "Name": "/chamada/x", "Value": "hunter2", "Type": "SecureString" });
        let file = ParameterFile::open(folder.path()).unwrap();
        file.answer("PutParameter", &put, now).await.unwrap();
        assert_eq!(
            file.answer("PutParameter", &put, now).await.unwrap_err().kind,
            "ParameterAlreadyExists"
        );
        drop(file);
        let bytes = std::fs::read(folder.path().join("parameters.bin")).unwrap();
        assert!(!bytes.windows(7).any(|window| window == b"hunter2"));

        let file = ParameterFile::open(folder.path()).unwrap();
        let get = json!({ "Name": "/chamada/x", "WithDecryption": true });
        assert_eq!(
            file.answer("GetParameter", &get, now).await.unwrap()["Parameter"]["Value"],
            "hunter2"
        );
        assert!(file.answer("GetParameter", &json!({ "Name": "/chamada/x" }), now).await.is_err());
        file.answer("DeleteParameter", &get, now).await.unwrap();
        assert_eq!(file.answer("GetParameter", &get, now).await.unwrap_err().kind, "ParameterNotFound");
    }

    #[tokio::test]
    async fn another_key_or_a_changed_byte_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = ParameterFile::open(folder.path()).unwrap();
        file.answer("PutParameter", &json!({ "Name": "x", "Value": "y" }), OffsetDateTime::UNIX_EPOCH)
            .await
            .unwrap();
        let path = folder.path().join("parameters.bin");
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[20] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(ParameterFile::open(folder.path()).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }
}
