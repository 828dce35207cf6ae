//! From a host's name to a session that is signed in.

use std::{io, net::SocketAddr};

use rustls::pki_types::ServerName;
use tokio::net::{TcpStream, lookup_host};
use tokio_rustls::TlsConnector;

use crate::{
    Capabilities, Config, Credentials, Error, Phase, Secret, Security, Session, credentials,
    wire::{Deadline, Transport, Wire},
};

/// A connection on which the server has said its greeting: RFC 1939's AUTHORIZATION state.
///
/// Dropped, it closes without a word.
pub struct Connection {
    wire: Wire,
    capabilities: Option<Capabilities>,
    asked: bool,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection")
            .field("capabilities", &self.capabilities)
            .finish_non_exhaustive()
    }
}

impl Connection {
    /// Connects, encrypts as `config` says, and reads the greeting (RFC 1939, section 4; STLS: RFC 2595, section 4).
    ///
    /// # Errors
    /// [`Error::HostNotFound`], [`Error::Refused`], [`Error::TimedOut`], [`Error::Certificate`], [`Error::Tls`],
    /// [`Error::TlsUnavailable`], [`Error::Closed`], [`Error::Protocol`]; a greeting of `-ERR` counts as any other answer;
    /// [`Error::InvalidArgument`] for a host that is neither a name nor an address.
    pub async fn open(config: Config) -> Result<Self, Error> {
        let name = ServerName::try_from(config.host.clone()).map_err(|_| Error::InvalidArgument {
            what: "host is neither a DNS name nor an IP address",
        })?;
        let session = Deadline::after(config.timeouts.session, Phase::Session);
        let deadline = session.sooner(Deadline::after(config.timeouts.connect, Phase::Connect));
        let tcp = connect(&config, deadline).await?;
        let wire = |stream| Wire::new(stream, config.timeouts, config.limits, session);
        let wire = match config.security {
            Security::Plain => greeted(wire(Box::new(tcp))).await?,
            Security::Tls => greeted(wire(encrypt(&config, name, Box::new(tcp), deadline).await?)).await?,
            Security::StartTls => {
                let mut plain = greeted(wire(Box::new(tcp))).await?;
                start_tls(&mut plain).await?;
                let deadline = session.sooner(Deadline::after(config.timeouts.connect, Phase::Connect));
                wire(encrypt(&config, name, plain.into_stream()?, deadline).await?)
            }
        };
        Ok(Self {
            wire,
            capabilities: None,
            asked: false,
        })
    }

    /// Asks what the server can do (CAPA, RFC 2449, section 5): `None` if it refuses. Asked once; with STLS, always after it.
    ///
    /// # Errors
    /// Those of the connection; not the server's `-ERR`.
    pub async fn capabilities(&mut self) -> Result<Option<&Capabilities>, Error> {
        if !self.asked {
            self.wire.begin_sign_in();
            self.ask().await?;
        }
        Ok(self.capabilities.as_ref())
    }

    async fn ask(&mut self) -> Result<(), Error> {
        self.wire.begin()?;
        self.wire.send("CAPA").await?;
        match self.wire.read_status("CAPA").await {
            Ok(_) => self.capabilities = Some(read_capabilities(&mut self.wire).await?),
            // It answered, so it is there; what it cannot do is told by what it refuses.
            Err(_) if self.wire.is_usable() => {}
            Err(error) => return Err(error),
        }
        self.asked = true;
        self.wire.finish();
        Ok(())
    }

    /// Signs in. CAPA is asked before, if it was not. One way of signing in is tried, once.
    ///
    /// # Errors
    /// [`Error::AuthFailed`], [`Error::InUse`], [`Error::LoginDelay`], [`Error::Temporary`], [`Error::Permanent`] as the server
    /// says; [`Error::Unsupported`] if it does not know the mechanism; [`Error::InvalidArgument`] for CR, LF or NUL in name or
    /// secret (nothing is sent then); those of the connection. The connection is closed with any of them.
    pub async fn login(mut self, credentials: Credentials) -> Result<Session, Error> {
        credentials.check()?;
        self.wire.begin_sign_in();
        if !self.asked {
            self.ask().await?;
        }
        self.wire.begin()?;
        let sasl_plain = self
            .capabilities
            .as_ref()
            .is_some_and(|capabilities| capabilities.has_sasl("PLAIN"));
        match credentials {
            Credentials::Password { user, password } if !sasl_plain => self.user_pass(&user, password).await?,
            Credentials::Password { user, password } | Credentials::Plain { user, password } => {
                let message = credentials::plain(&user, &password);
                self.wire.hide(password);
                self.sasl("AUTH PLAIN", message).await?;
            }
            Credentials::XOAuth2 { user, token } => {
                let message = credentials::xoauth2(&user, &token);
                self.wire.hide(token);
                self.sasl("AUTH XOAUTH2", message).await?;
            }
        }
        self.wire.finish();
        self.wire.signed_in();
        Ok(Session::new(self.wire, self.capabilities))
    }

    /// USER and PASS (RFC 1939, section 7). The name goes first and alone: pipelined, a refused name would make of the password
    /// an unknown command, which many servers write to their logs.
    async fn user_pass(&mut self, user: &str, password: Secret) -> Result<(), Error> {
        self.wire.hide(password.clone());
        self.wire.send(&format!("USER {user}")).await?;
        self.wire.read_status("USER").await.map_err(refused)?;
        self.wire.send(&format!("PASS {}", password.expose())).await?;
        self.wire.read_status("PASS").await.map_err(refused)?;
        Ok(())
    }

    /// A SASL mechanism of one message, in two steps (RFC 5034, section 4): never as an initial response, which may make the
    /// line longer than the 255 bytes that a command may have, and which Exchange Online refuses for XOAUTH2.
    async fn sasl(&mut self, command: &'static str, message: Secret) -> Result<(), Error> {
        self.wire.hide(message.clone());
        self.wire.send(command).await?;
        match self.wire.read_challenge(command).await {
            Ok(true) => {}
            Ok(false) => return Err(self.wire.protocol("signed in without credentials", b"")),
            // Nothing was said yet that could be wrong, so a refusal here is the mechanism's, also where Dovecot calls it [AUTH].
            Err(Error::Rejected { reply, .. } | Error::AuthFailed { reply }) => return Err(Error::Unsupported { what: command, reply }),
            Err(error) => return Err(error),
        }
        self.wire.send(message.expose()).await?;
        if self.wire.read_challenge(command).await.map_err(refused)? {
            // XOAUTH2 tells its errors in a challenge, and wants it answered by an empty line before it says -ERR.
            self.wire.send("").await?;
            if self.wire.read_challenge(command).await.map_err(refused)? {
                return Err(self.wire.protocol("a third challenge", b""));
            }
        }
        Ok(())
    }
}

/// A refusal without code, in the place where credentials are judged, is taken for theirs: going on trying may lock an account.
fn refused(error: Error) -> Error {
    match error {
        Error::Rejected { reply, .. } => Error::AuthFailed { reply },
        other => other,
    }
}

/// Tries the host's addresses in turn, each with its share of the time that is left, so that one without answer (IPv6 without a
/// way there, as a rule) leaves time for the next.
async fn connect(config: &Config, deadline: Deadline) -> Result<TcpStream, Error> {
    let not_found = |source| Error::HostNotFound {
        host: config.host.clone(),
        source,
    };
    let found = deadline.wait(lookup_host((config.host.as_str(), config.port))).await?;
    let addresses: Vec<SocketAddr> = found.map_err(|error| not_found(Some(error)))?.collect();
    let mut last = not_found(None);
    for (tried, address) in addresses.iter().enumerate() {
        let share = deadline.left() / u32::try_from(addresses.len() - tried).unwrap_or(u32::MAX);
        last = match Deadline::after(share, Phase::Connect).wait(TcpStream::connect(address)).await {
            Ok(Ok(tcp)) => {
                // Commands are short and each is waited for; without this, Nagle's algorithm delays them.
                tcp.set_nodelay(true).map_err(Error::from_io)?;
                return Ok(tcp);
            }
            Ok(Err(error)) if error.kind() == io::ErrorKind::TimedOut => Error::TimedOut { phase: Phase::Connect },
            Ok(Err(error)) => Error::Refused(error),
            Err(error) => error,
        };
    }
    Err(last)
}

async fn encrypt(
    config: &Config,
    name: ServerName<'static>,
    stream: Box<dyn Transport>,
    deadline: Deadline,
) -> Result<Box<dyn Transport>, Error> {
    let work = TlsConnector::from(config.tls.clone()).connect(name, stream);
    Ok(Box::new(deadline.wait(work).await?.map_err(Error::from_io)?))
}

async fn greeted(mut wire: Wire) -> Result<Wire, Error> {
    wire.begin_sign_in();
    wire.begin()?;
    wire.read_status("connection").await?;
    wire.finish();
    Ok(wire)
}

async fn start_tls(wire: &mut Wire) -> Result<(), Error> {
    wire.begin()?;
    wire.send("STLS").await?;
    match wire.read_status("STLS").await {
        Ok(_) => Ok(()),
        Err(Error::Rejected { reply, .. }) => Err(Error::TlsUnavailable { reply }),
        Err(error) => Err(error),
    }
}

pub(crate) async fn read_capabilities(wire: &mut Wire) -> Result<Capabilities, Error> {
    let mut capabilities = Capabilities::default();
    wire.read_listing(|line| {
        capabilities.push(line);
        Some(())
    })
    .await?;
    Ok(capabilities)
}
