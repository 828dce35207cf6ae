//! The launcher of a real POP3 server.

use chamada_tests::dovecot::{Dovecot, Options};
use rustls_pki_types::{CertificateDer, ServerName, pem::PemObject as _};
use std::{fs, sync::Arc};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, rustls};

const MAIL: &[u8] = b"From: ana@example.com\r\nSubject: uno\r\n\r\nhola\r\n.punto\r\n";

#[test]
fn mails_are_delivered_fetched_and_deleted() {
    let server = Dovecot::start(&[("ana", "una clave"), ("eva", "otra")]);
    server.deliver("ana", MAIL);
    server.deliver("ana", b"Subject: dos\r\n\r\n2\r\n");
    assert_eq!((server.count("ana"), server.count("eva")), (2, 0));
    assert_eq!(server.mails("ana")[0], MAIL);
    let mut session = server.hold("ana", "una clave");
    assert_eq!(session.ask("STAT").split(' ').nth(1), Some("2"));
    assert!(session.ask("TOP 1 0").starts_with("+OK"));
    assert_eq!(
        session.line(),
        "From: ana@example.com",
        "mails are listed in the order of their delivery"
    );
    while session.line() != "." {}
    assert!(session.ask("DELE 1").starts_with("+OK"));
    assert_eq!(server.count("ana"), 2, "deleted only by QUIT");
    assert!(session.ask("QUIT").starts_with("+OK"));
    assert_eq!(server.count("ana"), 1);
}

#[test]
fn passwords_are_checked_and_can_change() {
    let server = Dovecot::start(&[("ana", "una clave")]);
    assert!(server.hold("ana", "una clave").ask("NOOP").starts_with("+OK"));
    server.add_user("ana", "nueva");
    server.add_user("eva", "otra");
    let mut session = server.hold("eva", "otra");
    assert!(session.ask("CAPA").starts_with("+OK"));
    let refused = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(server.hold("eva", "falsa"))));
    assert!(refused.is_err(), "a wrong password is refused");
}

#[test]
fn a_held_mailbox_is_refused_to_a_second_session() {
    let server = Dovecot::start_with(&[("ana", "clave")], &Options { lock_session: true });
    server.deliver("ana", MAIL);
    let mut first = server.hold("ana", "clave");
    let second = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(server.hold("ana", "clave"))));
    let said = second.unwrap_err();
    let said = said.downcast_ref::<String>().unwrap();
    assert!(said.contains("[IN-USE]"), "{said}");
    assert!(first.ask("NOOP").starts_with("+OK"));
}

#[tokio::test]
async fn tls_is_trusted_by_its_authority_alone() {
    let server = Dovecot::start(&[("ana", "clave")]);
    let authority = CertificateDer::from_pem_slice(&fs::read(server.ca_file()).unwrap()).unwrap();
    let connect = |roots: rustls::RootCertStore| async {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap();
        let connector = TlsConnector::from(Arc::new(config.with_root_certificates(roots).with_no_client_auth()));
        let stream = TcpStream::connect(("127.0.0.1", server.tls_port)).await.unwrap();
        let stream = connector.connect(ServerName::try_from("127.0.0.1").unwrap(), stream).await?;
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).await?;
        std::io::Result::Ok(line)
    };
    let mut roots = rustls::RootCertStore::empty();
    roots.add(authority).unwrap();
    assert!(connect(roots).await.unwrap().starts_with("+OK"));
    assert!(connect(rustls::RootCertStore::empty()).await.is_err());
}

#[test]
fn it_ends_when_dropped() {
    let server = Dovecot::start(&[("ana", "clave")]);
    let (port, folder) = (server.port, server.ca_file());
    drop(server);
    assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err());
    assert!(!folder.exists());
}
