//! `…/test` against servers that behave, that don't, and that are not there.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chamada_tests::hostile::Hostile;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::ServerConfig;
use rustls_pki_types::PrivateKeyDer;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::kit::{Machine, mailbox};

/// Answers each line that begins with one of these words.
async fn talk(stream: impl AsyncRead + AsyncWrite, script: &'static [(&'static str, &'static str)]) -> Vec<String> {
    let (read, mut write) = tokio::io::split(stream);
    let mut lines = BufReader::new(read).lines();
    let mut heard = Vec::new();
    if write.write_all(b"+OK hi\r\n").await.is_err() {
        return heard;
    }
    while let Ok(Some(line)) = lines.next_line().await {
        let answer = script
            .iter()
            .find(|(word, _)| line.starts_with(word))
            .map_or("-ERR unknown", |(_, answer)| answer);
        heard.push(line);
        if write.write_all(format!("{answer}\r\n").as_bytes()).await.is_err() {
            break;
        }
    }
    heard
}

const GOOD: &[(&str, &str)] = &[
    ("USER", "+OK"),
    ("PASS hunter2", "+OK"),
    ("PASS", "-ERR [AUTH] no"),
    ("STAT", "+OK 7 4200"),
    ("QUIT", "+OK bye"),
];

fn verdict(answer: &Value) -> (bool, &str) {
    (answer["ok"].as_bool().unwrap(), answer["code"].as_str().unwrap_or_default())
}

#[tokio::test]
async fn a_working_mailbox_is_counted_and_left_as_it_was() {
    let machine = Machine::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        talk(stream, GOOD).await
    });
    let id = machine.made(&mailbox(port)).await;
    let answer = machine.test(&id).await;
    assert_eq!((answer.status, &answer.body), (200, &json!({"ok": true, "messages": 7})));
    let heard = server.await.unwrap();
    assert_eq!(
        heard,
        ["CAPA", "USER ana", "PASS hunter2", "STAT", "QUIT"],
        "nothing was retrieved or deleted"
    );
}

#[tokio::test]
async fn what_is_wrong_is_said_in_plain_words() {
    let machine = Machine::start().await;
    let hostile = Hostile::start();
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let cases = [
        (hostile.ports["normal"], (true, "")),
        (hostile.ports["nocapa"], (true, "")),
        (hostile.ports["stattext"], (true, "")),
        (hostile.ports["bigstat"], (true, "")),
        (hostile.ports["badpass"], (false, "auth_failed")),
        (hostile.ports["in_use"], (false, "in_use")),
        (hostile.ports["drop_greet"], (false, "protocol")),
        (free, (false, "refused")),
    ];
    for (port, expected) in cases {
        let id = machine.made(&mailbox(port)).await;
        let answer = machine.test(&id).await;
        assert_eq!(verdict(&answer.body), expected, "{port}: {}", answer.body);
        assert!(expected.0 || answer.body["detail"].as_str().unwrap().contains(' '));
        assert!(!answer.body.to_string().contains("hunter2"));
    }
    let mut nowhere = mailbox(995);
    (nowhere["host"], nowhere["security"]) = (json!("pop.nowhere.invalid"), json!("tls"));
    let id = machine.made(&nowhere).await;
    assert_eq!(verdict(&machine.test(&id).await.body), (false, "host_not_found"));
}

#[tokio::test]
async fn a_silent_server_is_given_up_within_25_seconds() {
    let machine = Machine::start().await;
    let hostile = Hostile::start();
    let id = machine.made(&mailbox(hostile.ports["silent"])).await;
    let begun = Instant::now();
    let answer = machine.test(&id).await;
    assert_eq!(verdict(&answer.body), (false, "timed_out"), "{}", answer.body);
    assert!(begun.elapsed() < Duration::from_secs(25), "{:?}", begun.elapsed());
}

/// A POP3 server with a certificate for 127.0.0.1 of its own making: its port and the certificate as PEM.
async fn tls_server() -> (u16, String) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(signing_key.serialize_der().into());
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                if let Ok(stream) = acceptor.accept(stream).await {
                    talk(stream, GOOD).await;
                }
            });
        }
    });
    (port, cert.pem())
}

#[tokio::test]
async fn a_certificate_is_trusted_by_the_usual_roots_or_the_named_file_and_nothing_else() {
    let (port, pem) = tls_server().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, pem).unwrap();
    let mut body = mailbox(port);
    body["security"] = json!("tls");

    let strict = Machine::start().await;
    let id = strict.made(&body).await;
    assert_eq!(verdict(&strict.test(&id).await.body), (false, "certificate"));

    let trusting = Machine::trusting(Some(file)).await;
    let id = trusting.made(&body).await;
    assert_eq!(trusting.test(&id).await.body, json!({"ok": true, "messages": 7}));
    body["host"] = json!("localhost");
    let id = trusting.made(&body).await;
    assert_eq!(
        verdict(&trusting.test(&id).await.body),
        (false, "certificate"),
        "made out to another name"
    );
    body["security"] = json!("starttls");
    body["host"] = json!("127.0.0.1");
    let id = trusting.made(&body).await;
    let starttls = trusting.test(&id).await;
    assert!(!starttls.body["ok"].as_bool().unwrap(), "STARTTLS on a TLS port: {}", starttls.body);
}
