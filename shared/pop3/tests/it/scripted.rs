//! Exact sequences of commands, and silence where silence is due.

use std::time::{Duration, Instant};

use chamada_pop3::{Connection, Credentials, Error, Listed, Phase, Security, Session, Stat, UniqueId};

use crate::server::{Scripted, Tls, config};

pub(crate) const CAPA: &str = "+OK\r\nUSER\r\nUIDL\r\nSASL LOGIN PLAIN XOAUTH2\r\nPIPELINING\r\n.\r\n";
/// `\0ana\0hunter2`.
const PLAIN: &str = "AGFuYQBodW50ZXIy";

fn password() -> Credentials {
    Credentials::Password {
        user: "ana".into(),
        password: "hunter2".into(),
    }
}

async fn sign_in(script: &[&str], credentials: Credentials) -> (Result<Session, Error>, Scripted) {
    let server = Scripted::start(Tls::None, script).await;
    let connection = Connection::open(config("127.0.0.1", server.port, Security::Plain, None))
        .await
        .unwrap();
    (connection.login(credentials).await, server)
}

/// A session signed in by SASL PLAIN, its server answering with `script`.
pub(crate) async fn session(script: &[&str]) -> (Session, Scripted) {
    let all = [&["+OK hi\r\n", CAPA, "+ \r\n", "+OK\r\n"], script].concat();
    let (session, server) = sign_in(&all, password()).await;
    (session.unwrap(), server)
}

/// What it sends before the script's turn.
pub(crate) fn signed_in(then: &[&str]) -> Vec<String> {
    ["CAPA", "AUTH PLAIN", PLAIN]
        .iter()
        .chain(then)
        .map(|&line| line.to_owned())
        .collect()
}

#[tokio::test]
async fn every_command_as_it_is_written() {
    let (mut session, server) = session(&[
        "+OK 2 300 octets\r\n",
        "+OK\r\n1 100\r\n2 200 more\r\n.\r\n",
        "+OK 2 200\r\n",
        "+OK\r\n1 a b\r\n2 \u{e9}\r\n.\r\n",
        "+OK 1 a b\r\n",
        "+OK\r\nSubject: x\r\n\r\n..\r\n.\r\n",
        "+OK\r\n\r\n.\r\n",
        "+OK\r\n",
        "+OK\r\n",
        "+OK\r\n",
        "-ERR\r\n",
        "+OK\r\nTOP\r\n.\r\n",
        "+OK bye\r\n",
    ])
    .await;
    assert_eq!(session.stat().await.unwrap(), Stat { messages: 2, size: 300 });
    assert_eq!(
        session.list().await.unwrap(),
        [Listed { number: 1, size: 100 }, Listed { number: 2, size: 200 }]
    );
    assert_eq!(session.list_one(2).await.unwrap(), Listed { number: 2, size: 200 });
    let first = UniqueId {
        number: 1,
        id: b"a b".to_vec(),
    };
    assert_eq!(
        session.uidl().await.unwrap(),
        [
            first.clone(),
            UniqueId {
                number: 2,
                id: "\u{e9}".into()
            }
        ]
    );
    assert_eq!(session.uidl_one(1).await.unwrap(), first);
    let mut mail = Vec::new();
    assert_eq!(session.top(1, 20, &mut mail, 100).await.unwrap(), 17);
    assert_eq!(mail, b"Subject: x\r\n\r\n.\r\n");
    mail.clear();
    assert_eq!(session.retr(2, &mut mail, 2).await.unwrap(), 2, "exactly the limit fits");
    session.dele(1).await.unwrap();
    session.rset().await.unwrap();
    session.noop().await.unwrap();
    assert!(
        matches!(session.dele(2).await, Err(Error::Rejected { command: "DELE", .. })),
        "an -ERR does not end the session"
    );
    assert!(session.capa().await.unwrap().has("TOP"));
    session.quit().await.unwrap();
    let then = [
        "STAT", "LIST", "LIST 2", "UIDL", "UIDL 1", "TOP 1 20", "RETR 2", "DELE 1", "RSET", "NOOP", "DELE 2", "CAPA", "QUIT",
    ];
    assert_eq!(server.said().await, signed_in(&then));
}

#[tokio::test]
async fn user_and_pass_where_capa_fails_or_has_no_plain() {
    for capa in ["-ERR what\r\n", "+OK\r\nUSER\r\nSASL XOAUTH2\r\n.\r\n"] {
        let (session, server) = sign_in(&["+OK\r\n", capa, "+OK\r\n", "+OK\r\n", "+OK\r\n"], password()).await;
        session.unwrap().quit().await.unwrap();
        assert_eq!(server.said().await, ["CAPA", "USER ana", "PASS hunter2", "QUIT"]);
    }
}

#[tokio::test]
async fn xoauth2_in_two_steps_and_its_error_challenge() {
    let credentials = || Credentials::XOAuth2 {
        user: "ana@example.com".into(),
        token: "ya29.token".into(),
    };
    let message = "dXNlcj1hbmFAZXhhbXBsZS5jb20BYXV0aD1CZWFyZXIgeWEyOS50b2tlbgEB";
    let (session, server) = sign_in(&["+OK\r\n", CAPA, "+\r\n", "+OK\r\n"], credentials()).await;
    drop(session.unwrap());
    assert_eq!(server.said().await, ["CAPA", "AUTH XOAUTH2", message]);

    let refusal = [
        "+OK\r\n",
        CAPA,
        "+ \r\n",
        "+ eyJzdGF0dXMiOiI0MDEifQ==\r\n",
        "-ERR AUTH failed ya29.TOKEN\r\n",
    ];
    let (session, server) = sign_in(&refusal, credentials()).await;
    let error = session.unwrap_err();
    assert!(matches!(error, Error::AuthFailed { .. }), "{error:?}");
    assert_eq!(error.server_line(), Some("AUTH failed ***"));
    assert_eq!(server.said().await, ["CAPA", "AUTH XOAUTH2", message, ""]);

    for refusal in ["-ERR unknown\r\n", "-ERR [AUTH] unsupported\r\n"] {
        let (session, server) = sign_in(&["+OK\r\n", CAPA, refusal], credentials()).await;
        assert!(
            matches!(session, Err(Error::Unsupported { what: "AUTH XOAUTH2", .. })),
            "{session:?}"
        );
        assert_eq!(server.said().await, ["CAPA", "AUTH XOAUTH2"], "the token stays here");
    }
}

#[tokio::test]
async fn refusals_of_a_sign_in_are_told_apart_and_hold_no_secret() {
    let table = [
        ("-ERR [AUTH] wrong: hunter2\r\n", "auth_failed", "[AUTH] wrong: ***"),
        ("-ERR no hunter2 AGFuYQBodW50ZXIy\r\n", "auth_failed", "no *** ***"),
        ("-ERR [IN-USE] locked\r\n", "in_use", "[IN-USE] locked"),
        ("-ERR [LOGIN-DELAY] wait\r\n", "login_delay", "[LOGIN-DELAY] wait"),
        ("-ERR [SYS/TEMP] disk\r\n", "temporary", "[SYS/TEMP] disk"),
        ("-ERR [SYS/PERM] gone\r\n", "permanent", "[SYS/PERM] gone"),
        ("535 hunter2\r\n", "protocol", "535 ***"),
    ];
    for (answer, code, line) in table {
        let (session, server) = sign_in(&["+OK\r\n", CAPA, "+ \r\n", answer], password()).await;
        let error = session.unwrap_err();
        assert_eq!((error.code(), error.server_line()), (code, Some(line)), "{answer}");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
        assert_eq!(server.said().await, signed_in(&[]), "no second try, no QUIT");
    }
}

#[tokio::test]
async fn a_wrong_name_keeps_the_password_here() {
    let (session, server) = sign_in(&["+OK\r\n", "-ERR\r\n", "-ERR no such user\r\n"], password()).await;
    assert_eq!(session.unwrap_err().code(), "auth_failed");
    assert_eq!(server.said().await, ["CAPA", "USER ana"]);
}

#[tokio::test]
async fn what_could_end_a_line_is_refused_before_anything_is_sent() {
    let server = Scripted::start(Tls::None, &["+OK\r\n"]).await;
    let connection = Connection::open(config("127.0.0.1", server.port, Security::Plain, None))
        .await
        .unwrap();
    let credentials = Credentials::Password {
        user: "ana".into(),
        password: "x\r\nDELE 1".into(),
    };
    assert!(matches!(connection.login(credentials).await, Err(Error::InvalidArgument { .. })));
    assert!(server.said().await.is_empty());

    let (mut session, server) = session(&["+OK\r\n"]).await;
    assert!(matches!(session.dele(0).await, Err(Error::InvalidArgument { .. })));
    session.noop().await.unwrap();
    drop(session);
    assert_eq!(server.said().await, signed_in(&["NOOP"]));
}

#[tokio::test]
async fn dropped_it_says_nothing() {
    let (mut session, server) = session(&["+OK\r\n"]).await;
    session.dele(1).await.unwrap();
    drop(session);
    assert_eq!(server.said().await, signed_in(&["DELE 1"]));
}

#[tokio::test]
async fn a_broken_session_never_speaks_again() {
    // What breaks it: an answer that is none, a message over its limit, a listing that is none, an answer that does not come.
    let table = [
        ("what?\r\n", "protocol"),
        ("+OK\r\n12345\r\n.\r\n", "too_large"),
        ("+OK\r\nhalf", "timed_out"),
    ];
    for (answer, code) in table {
        let (mut session, server) = session(&[answer, "+OK\r\n", "+OK\r\n"]).await;
        assert_eq!(session.retr(1, &mut Vec::new(), 6).await.unwrap_err().code(), code);
        assert!(session.is_broken());
        assert!(matches!(session.noop().await, Err(Error::Broken)));
        assert!(matches!(session.send_dele(1).await, Err(Error::Broken)));
        assert!(matches!(session.quit().await, Err(Error::Broken)));
        assert_eq!(server.said().await, signed_in(&["RETR 1"]), "{answer}");
    }
    let (mut session, server) = session(&["+OK\r\n1 one\r\n.\r\n", "+OK\r\n"]).await;
    assert!(matches!(session.list().await, Err(Error::Protocol { .. })));
    assert!(matches!(session.quit().await, Err(Error::Broken)));
    assert_eq!(server.said().await, signed_in(&["LIST"]));
}

#[tokio::test]
async fn a_call_dropped_half_way_breaks_the_session() {
    let (mut session, server) = session(&["+OK\r\nhalf", "+OK\r\n"]).await;
    let cut = tokio::time::timeout(Duration::from_millis(100), session.retr(1, &mut Vec::new(), 1000)).await;
    assert!(cut.is_err());
    assert!(matches!(session.quit().await, Err(Error::Broken)));
    assert_eq!(server.said().await, signed_in(&["RETR 1"]));
}

#[tokio::test]
async fn a_sink_that_fails_breaks_the_session() {
    let (mut session, server) = session(&["+OK\r\n12345\r\n.\r\n", "+OK\r\n"]).await;
    let mut full = std::io::Cursor::new(vec![0u8; 3].into_boxed_slice());
    assert_eq!(session.retr(1, &mut full, 1000).await.unwrap_err().code(), "sink");
    assert!(matches!(session.quit().await, Err(Error::Broken)));
    assert_eq!(server.said().await, signed_in(&["RETR 1"]));
}

#[tokio::test]
async fn a_mail_cannot_speak_in_the_servers_name() {
    let (mut session, _server) = session(&["+OK\r\na\n.\n+OK forged\r\n.\r\n", "+OK 7 7\r\n"]).await;
    let mut mail = Vec::new();
    session.retr(1, &mut mail, 1000).await.unwrap();
    assert_eq!(mail, b"a\n.\n+OK forged\r\n");
    assert_eq!(session.stat().await.unwrap().messages, 7);
}

#[tokio::test]
async fn lines_and_listings_have_their_limits() {
    let long = format!("+OK {}\r\n", "x".repeat(9000));
    let (mut first, _server) = session(&[&long]).await;
    assert!(matches!(first.noop().await, Err(Error::Protocol { what: "line too long", .. })));

    let many = format!("+OK\r\n{}.\r\n", "1 1\r\n".repeat(1000));
    let server = Scripted::start(Tls::None, &["+OK\r\n", "-ERR\r\n", "+OK\r\n", "+OK\r\n", &many, &many]).await;
    let mut small = config("127.0.0.1", server.port, Security::Plain, None);
    small.limits.listing = 1000 * (64 + 3);
    let mut second = Connection::open(small).await.unwrap().login(password()).await.unwrap();
    assert_eq!(second.list().await.unwrap().len(), 1000);
    assert!(matches!(second.uidl().await, Ok(ids) if ids.len() == 1000));
    let server = Scripted::start(Tls::None, &["+OK\r\n", "-ERR\r\n", "+OK\r\n", "+OK\r\n", &many]).await;
    let mut small = config("127.0.0.1", server.port, Security::Plain, None);
    small.limits.listing = 1000 * (64 + 3) - 1;
    let mut third = Connection::open(small).await.unwrap().login(password()).await.unwrap();
    assert!(matches!(third.list().await, Err(Error::TooLarge { .. })));
}

#[tokio::test]
async fn deadlines() {
    // A server that drips one byte now and then keeps no line waiting for ever, and no session either.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (mut tcp, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                while tokio::io::AsyncWriteExt::write_all(&mut tcp, b"+").await.is_ok() {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            });
        }
    });
    let (brief, long) = (Duration::from_millis(300), Duration::from_secs(60));
    for phase in [Phase::SignIn, Phase::Line, Phase::Session] {
        let mut config = config("127.0.0.1", port, Security::Plain, None);
        let time = |of| if of == phase { brief } else { long };
        (config.timeouts.sign_in, config.timeouts.line, config.timeouts.session) =
            (time(Phase::SignIn), time(Phase::Line), time(Phase::Session));
        let begun = Instant::now();
        let error = Connection::open(config).await.unwrap_err();
        assert!(matches!(error, Error::TimedOut { phase: which } if which == phase), "{error:?}");
        assert!(begun.elapsed() >= brief && begun.elapsed() < brief * 10);
    }
}

#[tokio::test]
async fn nobody_there() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let open = |host| Connection::open(config(host, closed, Security::Plain, None));
    assert_eq!(open("127.0.0.1").await.unwrap_err().code(), "refused");
    assert_eq!(open("nowhere.invalid").await.unwrap_err().code(), "host_not_found");
    assert_eq!(open("no host").await.unwrap_err().code(), "invalid_argument");
    let server = Scripted::start(Tls::None, &["-ERR [SYS/TEMP] full\r\n"]).await;
    let error = Connection::open(config("127.0.0.1", server.port, Security::Plain, None))
        .await
        .unwrap_err();
    assert_eq!((error.code(), error.is_transient()), ("temporary", true));
    assert!(server.said().await.is_empty());
}
