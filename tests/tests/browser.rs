//! Chamada in Chromium, on a desktop and on a phone, against the real server and a real POP3 server.
//!
//! The programs of `tests/e2e` drive the browser; this test gives them a help desk, and does what a browser cannot: deliver mails, and read those
//! that were sent.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "helpers of a test fail the test")]

use chamada_tests::{
    dovecot::{Dovecot, Options as Pop3Options},
    env,
    mails::Draft,
    outbox::{self, Sent},
    server::{Options, Server},
    story::{MAILBOX, PATIENCE},
};
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, Command, Stdio},
};

struct Desk {
    server: Server,
    pop3: Dovecot,
    /// Files of sign-in mails that were handed out already.
    used: BTreeSet<String>,
}

impl Desk {
    async fn answer(&mut self, request: &Value) -> Value {
        if let Some(mail) = request.get("deliver") {
            let text = |name: &str| mail[name].as_str().unwrap().to_owned();
            let draft = Draft::new(&text("from"), &text("subject"), &text("id"), &text("body"));
            self.pop3.deliver(MAILBOX.0, &draft.bytes());
            return json!({});
        }
        if let Some(wanted) = request.get("sent") {
            let (to, words) = (wanted["to"].as_str().unwrap(), wanted["words"].as_str().unwrap());
            let says = |mail: &Sent| mail.to == [to] && (mail.text.contains(words) || mail.subject.contains(words));
            let mail = outbox::wait_for(self.server.data(), PATIENCE, says).await;
            return json!({"subject": mail.subject, "text": mail.text, "html": mail.html, "ticketLink": mail.ticket_link()});
        }
        if let Some(mail) = request.get("deliverFile") {
            let text = mail.as_str().unwrap().replace('\n', "\r\n");
            self.pop3.deliver(MAILBOX.0, text.as_bytes());
            return json!({});
        }
        let to = request["signInLink"].as_str().expect("a request of the browser's program");
        let fresh = |mail: &Sent| mail.to == [to] && mail.sign_in_link().is_some() && !self.used.contains(&mail.file);
        let mail = outbox::wait_for(self.server.data(), PATIENCE, fresh).await;
        let link = mail.sign_in_link();
        self.used.insert(mail.file);
        json!({"link": link})
    }
}

fn node(program: &str, viewport: &str, server: &Server, pop3: &Dovecot) -> Child {
    let about = json!({
        "site": server.site(),
        "signIn": server.sign_in_link().expect("a fresh folder prints a link"),
        "pop3": {"host": "127.0.0.1", "port": pop3.tls_port, "user": MAILBOX.0, "password": MAILBOX.1},
        "output": env::workspace().join("tests/output").join(program.trim_end_matches(".mjs")).join(viewport),
    });
    let mut command = Command::new("node");
    command.arg(env::workspace().join("tests/e2e").join(program)).arg(viewport);
    command.env("DESK", about.to_string()).stdin(Stdio::piped()).stdout(Stdio::piped());
    command.spawn().expect("node is installed")
}

async fn run(program: &str, viewport: &str) {
    let pop3 = Dovecot::start_with(&[MAILBOX], &Pop3Options::default());
    let server = Server::start(Options {
        extra_ca: Some(pop3.ca_file()),
        ..Options::default()
    });
    let mut child = node(program, viewport, &server, &pop3);
    let mut desk = Desk {
        server,
        pop3,
        used: BTreeSet::new(),
    };
    let mut input = child.stdin.take().unwrap();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let request: Value = serde_json::from_str(&line.unwrap()).unwrap();
        let answer = desk.answer(&request).await;
        writeln!(input, "{answer}").unwrap();
    }
    let status = child.wait().unwrap();
    assert!(
        status.success(),
        "{program} failed; pictures are in tests/output; the server logged:\n{}",
        desk.server.log()
    );
}

#[tokio::test]
async fn the_story_of_a_ticket_on_a_desktop() {
    run("story.mjs", "desktop").await;
}

#[tokio::test]
async fn the_story_of_a_ticket_on_a_phone() {
    run("story.mjs", "phone").await;
}

#[tokio::test]
async fn files_and_mails_as_sent_on_a_desktop() {
    run("files.mjs", "desktop").await;
}

#[tokio::test]
async fn files_and_mails_as_sent_on_a_phone() {
    run("files.mjs", "phone").await;
}

#[tokio::test]
async fn without_a_connection_or_a_session() {
    run("offline.mjs", "phone").await;
}
