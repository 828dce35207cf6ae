//! A server that follows a script and tells what it was sent; a CA; and what tests connect with.

use std::{sync::Arc, time::Duration};

use chamada_pop3::{Config, Security, Timeouts, tls_config};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader},
    net::TcpListener,
    task::JoinHandle,
};
use tokio_rustls::TlsAcceptor;

/// Deadlines in which a test can wait.
pub(crate) fn short() -> Timeouts {
    let second = Duration::from_secs(1);
    Timeouts {
        connect: 5 * second,
        sign_in: 2 * second,
        line: 2 * second,
        session: 60 * second,
    }
}

pub(crate) fn config(host: &str, port: u16, security: Security, ca: Option<&str>) -> Config {
    let mut config = Config::new(host, port, security, tls_config(ca.map(str::as_bytes)).unwrap());
    config.timeouts = short();
    config
}

/// A CA and a certificate of its for `name`.
pub(crate) struct Ca {
    pub(crate) ca: String,
    pub(crate) certificate: String,
    pub(crate) key: String,
    pub(crate) acceptor: TlsAcceptor,
}

impl Ca {
    pub(crate) fn for_name(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let leaf = CertificateParams::new(vec![name.to_owned()])
            .unwrap()
            .signed_by(&key, &issuer)
            .unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![leaf.der().clone()],
                PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der())),
            )
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        Self {
            ca: issuer.pem(),
            certificate: leaf.pem(),
            key: key.serialize_pem(),
            acceptor,
        }
    }
}

/// Where TLS begins.
pub(crate) enum Tls {
    None,
    First(TlsAcceptor),
    /// After the answer to this many commands.
    After(usize, TlsAcceptor),
}

pub(crate) struct Scripted {
    pub(crate) port: u16,
    talk: JoinHandle<Vec<String>>,
}

impl Scripted {
    /// Serves one connection: the first line of `script` is said at once, each of the others after one line of the client's.
    /// Then it listens until the client closes.
    pub(crate) async fn start(tls: Tls, script: &[&str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let script: Vec<String> = script.iter().map(|&line| line.to_owned()).collect();
        let talk = tokio::spawn(async move {
            let (tcp, _) = listener.accept().await.unwrap();
            let mut said = Vec::new();
            match tls {
                Tls::None => {
                    converse(tcp, &script, &mut said).await;
                }
                Tls::First(acceptor) => match acceptor.accept(tcp).await {
                    Ok(stream) => converse(stream, &script, &mut said).await,
                    Err(error) => said.push(format!("handshake: {error}")),
                },
                Tls::After(lines, acceptor) => {
                    let (before, after) = script.split_at(lines + 1);
                    let mut tcp = tcp;
                    say_and_hear(&mut tcp, before, &mut said).await;
                    match acceptor.accept(tcp).await {
                        Ok(stream) => hear(stream, after, &mut said).await,
                        Err(error) => said.push(format!("handshake: {error}")),
                    }
                }
            }
            said
        });
        Self { port, talk }
    }

    /// What the client sent, line by line, once it has closed.
    pub(crate) async fn said(self) -> Vec<String> {
        tokio::time::timeout(Duration::from_secs(10), self.talk)
            .await
            .expect("the client does not close")
            .unwrap()
    }
}

async fn converse(mut stream: impl AsyncRead + AsyncWrite + Unpin, script: &[String], said: &mut Vec<String>) {
    let (greeting, script) = script.split_first().unwrap();
    stream.write_all(greeting.as_bytes()).await.unwrap();
    stream.flush().await.unwrap();
    hear(stream, script, said).await;
}

/// Greets and answers, reading byte by byte so that nothing of a handshake is taken.
async fn say_and_hear(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), script: &[String], said: &mut Vec<String>) {
    use tokio::io::AsyncReadExt;
    let (greeting, script) = script.split_first().unwrap();
    stream.write_all(greeting.as_bytes()).await.unwrap();
    for answer in script {
        let mut line = Vec::new();
        while !line.ends_with(b"\n") {
            line.push(stream.read_u8().await.unwrap());
        }
        said.push(String::from_utf8_lossy(&line).trim_end_matches("\r\n").to_owned());
        stream.write_all(answer.as_bytes()).await.unwrap();
    }
}

/// Answers, and then only listens. A line that ends otherwise than in CRLF shows as such in what was said.
async fn hear(stream: impl AsyncRead + AsyncWrite + Unpin, script: &[String], said: &mut Vec<String>) {
    let mut stream = BufReader::new(stream);
    let mut answers = script.iter();
    loop {
        let mut line = Vec::new();
        match stream.read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => return,
            Ok(_) => said.push(String::from_utf8_lossy(&line).trim_end_matches("\r\n").to_owned()),
        }
        if let Some(answer) = answers.next() {
            stream.write_all(answer.as_bytes()).await.unwrap();
            stream.flush().await.unwrap();
        }
    }
}
