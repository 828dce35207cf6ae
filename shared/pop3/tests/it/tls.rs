//! Certificates, and STLS without a way back.

use chamada_pop3::{Connection, Credentials, Error, Security};

use crate::{
    scripted::CAPA,
    server::{Ca, Scripted, Tls, config},
};

fn password() -> Credentials {
    Credentials::Password {
        user: "ana".into(),
        password: "hunter2".into(),
    }
}

#[tokio::test]
async fn tls_from_the_first_byte() {
    let ca = Ca::for_name("localhost");
    let script = ["+OK hi\r\n", CAPA, "+ \r\n", "+OK\r\n", "+OK\r\nmail\r\n.\r\n", "+OK\r\n"];
    let server = Scripted::start(Tls::First(ca.acceptor.clone()), &script).await;
    let connection = Connection::open(config("localhost", server.port, Security::Tls, Some(&ca.ca)))
        .await
        .unwrap();
    let mut session = connection.login(password()).await.unwrap();
    let mut mail = Vec::new();
    session.retr(1, &mut mail, 100).await.unwrap();
    assert_eq!(mail, b"mail\r\n");
    session.quit().await.unwrap();
    assert_eq!(server.said().await, ["CAPA", "AUTH PLAIN", "AGFuYQBodW50ZXIy", "RETR 1", "QUIT"]);
}

#[tokio::test]
async fn certificates_of_others_are_refused() {
    let (ca, other) = (Ca::for_name("localhost"), Ca::for_name("localhost"));
    let table = [
        ("127.0.0.1", Some(&ca.ca), "other name"),
        ("localhost", None, "no CA"),
        ("localhost", Some(&other.ca), "other CA"),
    ];
    for (host, trusted, why) in table {
        for tls in [Tls::First(ca.acceptor.clone()), Tls::After(1, ca.acceptor.clone())] {
            let security = if matches!(tls, Tls::First(_)) {
                Security::Tls
            } else {
                Security::StartTls
            };
            let server = Scripted::start(tls, &["+OK hi\r\n", "+OK\r\n"]).await;
            let error = Connection::open(config(host, server.port, security, trusted.map(String::as_str)))
                .await
                .unwrap_err();
            assert!(matches!(error, Error::Certificate(_)), "{why}: {error:?}");
            assert_eq!(error.code(), "certificate");
            let said = server.said().await;
            assert!(
                said.last().unwrap().starts_with("handshake: ") && !said.concat().contains("CAPA"),
                "{said:?}"
            );
        }
    }
}

#[tokio::test]
async fn stls_and_then_everything_anew() {
    let ca = Ca::for_name("localhost");
    let script = ["+OK hi\r\n", "+OK go on\r\n", CAPA, "+ \r\n", "+OK\r\n", "+OK\r\n"];
    let server = Scripted::start(Tls::After(1, ca.acceptor.clone()), &script).await;
    let connection = Connection::open(config("localhost", server.port, Security::StartTls, Some(&ca.ca)))
        .await
        .unwrap();
    connection.login(password()).await.unwrap().quit().await.unwrap();
    assert_eq!(server.said().await, ["STLS", "CAPA", "AUTH PLAIN", "AGFuYQBodW50ZXIy", "QUIT"]);
}

#[tokio::test]
async fn stls_never_falls_back_and_takes_nothing_injected() {
    for (answer, code) in [
        ("-ERR no\r\n", "tls_unavailable"),
        ("+OK\r\n+OK injected\r\n", "protocol"),
        ("", "timed_out"),
    ] {
        let server = Scripted::start(Tls::None, &["+OK hi\r\n", answer, "+OK\r\n", "+OK\r\n"]).await;
        let error = Connection::open(config("localhost", server.port, Security::StartTls, None))
            .await
            .unwrap_err();
        assert_eq!(error.code(), code, "{error:?}");
        assert_eq!(server.said().await, ["STLS"]);
    }
}

#[tokio::test]
async fn a_server_without_tls_is_no_certificate_error() {
    let server = Scripted::start(Tls::None, &["+OK hi\r\n"]).await;
    let error = Connection::open(config("localhost", server.port, Security::Tls, None))
        .await
        .unwrap_err();
    assert_eq!(error.code(), "tls", "{error:?}");
}
