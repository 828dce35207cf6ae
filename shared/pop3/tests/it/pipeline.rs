//! Several commands under way.

use chamada_pop3::{Connection, Credentials, Error, Security};

use crate::{
    scripted::{session, signed_in},
    server::{Scripted, Tls, config},
};

#[tokio::test]
async fn answers_come_in_order_and_a_refusal_concerns_one() {
    // The server answers nothing until it has all four: only a client that does not wait gets on.
    let all = "+OK\r\none\r\n.\r\n+OK\r\n-ERR no such message\r\n+OK\r\nthree\r\n.\r\n";
    let (mut session, server) = session(&["", "", "", all, "+OK\r\n"]).await;
    session.send_retr(1).await.unwrap();
    session.send_dele(1).await.unwrap();
    session.send_retr(2).await.unwrap();
    session.send_retr(3).await.unwrap();
    assert_eq!(session.outstanding(), 4);

    assert!(matches!(session.read_dele().await, Err(Error::OutOfTurn { .. })));
    assert!(matches!(session.noop().await, Err(Error::OutOfTurn { .. })));
    let mut mail = Vec::new();
    session.read_retr(&mut mail, 100).await.unwrap();
    session.read_dele().await.unwrap();
    assert!(matches!(session.read_retr(&mut mail, 100).await, Err(Error::Rejected { .. })));
    session.read_retr(&mut mail, 100).await.unwrap();
    assert_eq!(mail, b"one\r\nthree\r\n");
    assert_eq!(session.outstanding(), 0);
    session.quit().await.unwrap();
    assert_eq!(server.said().await, signed_in(&["RETR 1", "DELE 1", "RETR 2", "RETR 3", "QUIT"]));
}

#[tokio::test]
async fn no_quit_while_answers_are_outstanding() {
    let (mut session, server) = session(&["+OK\r\n"]).await;
    session.send_dele(1).await.unwrap();
    assert!(matches!(session.quit().await, Err(Error::OutOfTurn { .. })));
    assert_eq!(server.said().await, signed_in(&["DELE 1"]));
}

#[tokio::test]
async fn as_many_as_allowed_and_no_more() {
    let (mut announced, server) = session(&[]).await;
    assert_eq!(announced.pipeline_depth(), 16);
    for number in 1..=16 {
        announced.send_dele(number).await.unwrap();
    }
    assert!(matches!(announced.send_dele(17).await, Err(Error::OutOfTurn { .. })));
    assert!(!announced.is_broken());
    drop(announced);
    assert_eq!(server.said().await.len(), 3 + 16);

    let server = Scripted::start(Tls::None, &["+OK\r\n", "-ERR\r\n", "+OK\r\n", "+OK\r\n", "+OK\r\none\r\n.\r\n"]).await;
    let connection = Connection::open(config("127.0.0.1", server.port, Security::Plain, None))
        .await
        .unwrap();
    let credentials = Credentials::Password {
        user: "ana".into(),
        password: "x".into(),
    };
    let mut alone = connection.login(credentials).await.unwrap();
    assert_eq!(alone.pipeline_depth(), 1);
    alone.send_retr(1).await.unwrap();
    assert!(matches!(alone.send_retr(2).await, Err(Error::OutOfTurn { .. })));
    assert_eq!(alone.read_retr(&mut Vec::new(), 100).await.unwrap(), 5);
    drop(alone);
    assert_eq!(server.said().await, ["CAPA", "USER ana", "PASS x", "RETR 1"]);
}
