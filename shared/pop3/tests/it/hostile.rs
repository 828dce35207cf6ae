//! All scenarios of `tests/hostile/hostile_pop3.py`.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader},
    net::TcpListener,
    process::{Child, Command, Stdio},
};

use chamada_pop3::{Connection, Credentials, Error, Listed, Security, Stat};

use crate::server::config;

const SCENARIOS: usize = 24;
/// Bytes of a message that are taken.
const LIMIT: u64 = 4_000_000;
/// Memory by which this process may grow, in KiB.
const GROWTH: u64 = 150 * 1024;

struct Hostile {
    child: Child,
    ports: HashMap<String, u16>,
}

impl Hostile {
    /// Takes the first row of free ports that it finds. Between looking and listening another may take one: then it looks again.
    fn start() -> Self {
        let script = "../../tests/hostile/hostile_pop3.py";
        for _ in 0..20 {
            let base = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let row = base.checked_add(u16::try_from(SCENARIOS).unwrap());
            if !row.is_some_and(|end| (base..end).all(|port| TcpListener::bind(("127.0.0.1", port)).is_ok())) {
                continue;
            }
            let mut command = Command::new("python3");
            command
                .arg(script)
                .args([base.to_string(), "120".to_owned()])
                .stdout(Stdio::piped())
                .stderr(Stdio::null());
            let mut child = command.spawn().expect("python3 is needed");
            let lines = BufReader::new(child.stdout.take().unwrap())
                .lines()
                .take(SCENARIOS)
                .map(Result::unwrap);
            let ports: HashMap<_, _> = lines
                .map(|line| {
                    line.split_once(' ')
                        .map(|(name, port)| (name.to_owned(), port.parse().unwrap()))
                        .unwrap()
                })
                .collect();
            let hostile = Self { child, ports };
            if hostile.ports.len() == SCENARIOS {
                return hostile;
            }
        }
        panic!("no row of free ports");
    }

    async fn visit(&self, scenario: &str, credentials: Credentials) -> Visit {
        let mut visit = Visit::default();
        let port = self.ports[scenario];
        visit.error = visit.all(port, credentials).await.err();
        visit
    }

    async fn with_password(&self, scenario: &str) -> Visit {
        self.visit(
            scenario,
            Credentials::Password {
                user: "ana".into(),
                password: "hunter2".into(),
            },
        )
        .await
    }
}

impl Drop for Hostile {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How far a visit came.
#[derive(Debug, Default)]
struct Visit {
    stat: Option<Stat>,
    list: Vec<Listed>,
    ids: Option<Vec<String>>,
    mails: Vec<Vec<u8>>,
    deleted: usize,
    error: Option<Error>,
}

impl Visit {
    async fn all(&mut self, port: u16, credentials: Credentials) -> Result<(), Error> {
        let connection = Connection::open(config("127.0.0.1", port, Security::Plain, None)).await?;
        let mut session = connection.login(credentials).await?;
        self.stat = Some(session.stat().await?);
        self.list = session.list().await?;
        self.ids = match session.uidl().await {
            Ok(ids) => Some(ids.iter().map(|id| String::from_utf8(id.id.clone()).unwrap()).collect()),
            Err(Error::Rejected { .. }) => None,
            Err(error) => return Err(error),
        };
        for message in self.list.clone() {
            let mut mail = Vec::new();
            let result = session.retr(message.number, &mut mail, LIMIT).await;
            self.mails.push(mail);
            if let Err(error) = result {
                assert!(session.is_broken() && matches!(session.quit().await, Err(Error::Broken)));
                return Err(error);
            }
            session.dele(message.number).await?;
            self.deleted += 1;
        }
        session.quit().await
    }

    fn code(&self) -> &str {
        self.error.as_ref().map_or("ok", Error::code)
    }
}

/// The script's `message`.
fn message(scenario: &str, number: usize) -> Vec<u8> {
    let tag = format!("{scenario}-{number}");
    let head = "From: Ana <ana@example.com>\r\nTo: soporte@example.org\r\n";
    format!("{head}Subject: prueba {tag}\r\nMessage-ID: <{tag}@example.com>\r\n\r\ncuerpo {tag}\r\n").into_bytes()
}

/// The most memory this process ever had, in KiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_ascii_whitespace().nth(1).unwrap().parse().unwrap()
}

/// What the only message of a scenario has to be, where it is fetched whole.
fn expected(scenario: &str) -> Vec<u8> {
    let mail = message(scenario, 1);
    let and = |more: &[u8]| [mail.as_slice(), more].concat();
    match scenario {
        "empty_message" => Vec::new(),
        "lf_only" => String::from_utf8(mail).unwrap().replace("\r\n", "\n").into_bytes(),
        "dots" => and(b".\r\n..three\r\n.one\r\n"),
        "nul_bytes" => and(b"a\0b\r\n"),
        "latin1" => and(b"coraz\xf3n\r\n"),
        "lies_about_size" => and(&[&b"x".repeat(76_000)[..], b"\r\n"].concat()),
        _ => mail,
    }
}

#[tokio::test]
async fn every_scenario_ends_well_or_in_its_own_error() {
    let before = peak();
    let hostile = Hostile::start();
    let mut seen = 0;
    let whole = "normal nocapa oddsasl bigstat stattext odduidl no_uidl empty_message lf_only dots nul_bytes latin1 lies_about_size";
    for scenario in whole.split(' ') {
        let visit = hostile.with_password(scenario).await;
        assert_eq!((visit.code(), visit.deleted), ("ok", 1), "{scenario}: {visit:?}");
        assert_eq!(visit.mails, [expected(scenario)], "{scenario}");
        let sizes = match scenario {
            "bigstat" => (3_000_000_000, 9_000_000_000),
            "lies_about_size" => (120, 10),
            _ => (120, 120),
        };
        assert_eq!((visit.stat.unwrap().size, visit.list[0].size), sizes, "{scenario}");
        let ids = match scenario {
            "no_uidl" => None,
            "odduidl" => Some(vec!["abc def".to_owned()]),
            _ => Some(vec!["abc".to_owned()]),
        };
        assert_eq!(visit.ids, ids, "{scenario}");
        seen += 1;
    }
    let failing = "silent:timed_out drop_greet:closed badpass:auth_failed in_use:in_use midclose:closed stall:timed_out \
        endless:too_large endless_line:too_large";
    for (scenario, code) in failing.split(' ').map(|pair| pair.split_once(':').unwrap()) {
        let visit = hostile.with_password(scenario).await;
        assert_eq!((visit.code(), visit.deleted), (code, 0), "{scenario}: {:?}", visit.error);
        if code == "too_large" {
            assert_eq!(visit.mails[0].len() as u64, LIMIT, "{scenario}: the sink holds what fitted");
        }
        seen += 1;
    }
    seen += own_ways(&hostile).await;
    assert_eq!(seen, SCENARIOS);
    let growth = peak() - before;
    println!("memory grew by {growth} KiB");
    assert!(growth < GROWTH, "{growth} KiB");
}

/// The three that fit in no table.
async fn own_ways(hostile: &Hostile) -> usize {
    let twice = hostile.with_password("dup_uidl").await;
    assert_eq!(
        (twice.code(), twice.ids.clone()),
        ("ok", Some(vec!["abc".to_owned(), "abc".to_owned()]))
    );
    assert_eq!(twice.mails, [message("dup_uidl", 1), message("dup_uidl", 2)]);

    let token = Credentials::XOAuth2 {
        user: "ana@example.com".into(),
        token: "hunter2".into(),
    };
    let refused = hostile.visit("xoauth_challenge", token).await.error.unwrap();
    assert_eq!((refused.code(), refused.server_line()), ("auth_failed", Some("AUTH failed")));

    // Everything was fetched and marked; only whether it was removed stays unknown.
    let unanswered = hostile.with_password("quit_dropped").await;
    assert_eq!((unanswered.code(), unanswered.deleted), ("closed", 1));

    let plain = Credentials::Plain {
        user: "ana".into(),
        password: "hunter2".into(),
    };
    assert_eq!(hostile.visit("oddsasl", plain).await.code(), "unsupported");
    3
}
