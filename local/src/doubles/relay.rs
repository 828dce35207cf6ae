//! Mail over SMTP, for installations that have a server of their own.

use std::path::Path;
use std::time::Duration;

use lettre::address::Envelope;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Tokio1Executor};

use super::mail::Outgoing;

/// How long a server may take to answer a command.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A mail was not relayed, or the relay is not configured rightly. Names no address and no password.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// The URL is none that can be used.
    #[error("the SMTP URL is wrong: it is smtp://HOST:PORT, smtp://USER:PASSWORD@HOST:587?tls=required or smtps://USER:PASSWORD@HOST")]
    Url,
    /// The extra certificates cannot be used.
    #[error("the extra certificates cannot be read: {0}")]
    Certificates(String),
    /// The server will never take this mail.
    #[error("the mail server refused the mail")]
    Refused,
    /// The server may take it later.
    #[error("the mail server did not take the mail")]
    Later,
}

/// An SMTP server.
#[derive(Debug)]
pub struct Relay {
    transport: AsyncSmtpTransport<Tokio1Executor>,
}

impl Relay {
    /// The server at `url`, trusting the certificates in the PEM file `extra_ca` besides the usual roots.
    ///
    /// # Errors
    /// What is wrong with either.
    pub fn new(url: &str, extra_ca: Option<&Path>) -> Result<Self, RelayError> {
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)
            .map_err(|_| RelayError::Url)?
            .timeout(Some(TIMEOUT));
        let parsed: http::Uri = url.parse().map_err(|_| RelayError::Url)?;
        let host = parsed.host().ok_or(RelayError::Url)?.to_owned();
        let wanted = parsed.query().unwrap_or_default();
        if let Some(file) = extra_ca {
            let parameters = with_certificates(host, file)?;
            if parsed.scheme_str() == Some("smtps") {
                builder = builder.tls(Tls::Wrapper(parameters));
            } else if wanted.contains("tls=required") {
                builder = builder.tls(Tls::Required(parameters));
            } else if wanted.contains("tls=opportunistic") {
                builder = builder.tls(Tls::Opportunistic(parameters));
            }
        }
        Ok(Self {
            transport: builder.build(),
        })
    }

    pub(super) async fn send(&self, mail: Outgoing) -> Result<(), RelayError> {
        let address = |text: &str| text.parse::<Address>().map_err(|_| RelayError::Refused);
        let to = mail.to.iter().map(|to| address(to)).collect::<Result<_, _>>()?;
        let envelope = Envelope::new(Some(address(&mail.from)?), to).map_err(|_| RelayError::Refused)?;
        match self.transport.send_raw(&envelope, &mail.raw).await {
            Ok(_) => Ok(()),
            Err(error) => {
                // The server's text may quote an address; its kind does not.
                tracing::warn!(
                    permanent = error.is_permanent(),
                    timeout = error.is_timeout(),
                    tls = error.is_tls(),
                    "a mail was not relayed"
                );
                Err(if error.is_permanent() {
                    RelayError::Refused
                } else {
                    RelayError::Later
                })
            }
        }
    }
}

fn with_certificates(host: String, file: &Path) -> Result<TlsParameters, RelayError> {
    let failed = |error: &dyn std::fmt::Display| RelayError::Certificates(error.to_string());
    let pem = std::fs::read_to_string(file).map_err(|error| failed(&error))?;
    let mut parameters = TlsParameters::builder(host);
    for block in pem
        .split_inclusive("-----END CERTIFICATE-----")
        .filter(|block| block.contains("BEGIN CERTIFICATE"))
    {
        parameters = parameters.add_root_certificate(Certificate::from_pem(block.as_bytes()).map_err(|error| failed(&error))?);
    }
    parameters.build_rustls().map_err(|error| failed(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn urls_are_checked_without_telling_their_password() {
        assert!(Relay::new("smtp://localhost:2525", None).is_ok());
        assert!(Relay::new("smtps://u:p@mail.example.org", None).is_ok());
        let error = Relay::new("http://u:hunter2@x", None).unwrap_err().to_string();
        assert!(!error.contains("hunter2"), "{error}");
    }

    #[tokio::test]
    async fn a_server_that_is_not_there_may_come_back() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let relay = Relay::new(&format!("smtp://127.0.0.1:{port}"), None).unwrap();
        let mail = Outgoing {
            message_id: None,
            from: "a@example.org".into(),
            to: vec!["b@example.org".into()],
            raw: b"Subject: x\r\n\r\n".to_vec(),
        };
        assert!(matches!(relay.send(mail).await, Err(RelayError::Later)));
    }
}
