//! Against Dovecot (2.3, package `dovecot-pop3d`), run for the test alone, on loopback, in a folder of its own.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use chamada_pop3::{Connection, Credentials, Error, Security, Session};
use tempfile::TempDir;

use crate::server::{Ca, config};

struct Dovecot {
    child: Child,
    folder: TempDir,
    ca: Ca,
    plain: u16,
    tls: u16,
}

/// Answers of the system's own tools about who runs this, for Dovecot's configuration.
fn ask(program: &str, argument: &str) -> String {
    String::from_utf8(Command::new(program).arg(argument).output().unwrap().stdout)
        .unwrap()
        .trim()
        .to_owned()
}

impl Dovecot {
    fn start(mails: &[&[u8]]) -> Self {
        let program = ["/usr/sbin/dovecot", "/usr/local/sbin/dovecot"]
            .iter()
            .find(|path| Path::new(path).exists());
        let program = program.expect("dovecot-pop3d is needed for this test");
        let folder = tempfile::Builder::new().prefix("pop3-").tempdir().unwrap();
        let ca = Ca::for_name("localhost");
        let [plain, tls] = [0, 1]
            .map(|_| TcpListener::bind("127.0.0.1:0").unwrap())
            .map(|l| l.local_addr().unwrap().port());
        fs::write(folder.path().join("certificate.pem"), &ca.certificate).unwrap();
        fs::write(folder.path().join("key.pem"), &ca.key).unwrap();
        fs::write(folder.path().join("users"), "ana:{PLAIN}hunter2 with a blank\n").unwrap();
        let owner = deliver(folder.path(), mails);
        let path = folder.path().join("dovecot.conf");
        fs::write(&path, configuration(folder.path(), &owner, plain, tls)).unwrap();
        let mut command = Command::new(program);
        command.arg("-F").arg("-c").arg(&path).stdout(Stdio::null()).stderr(Stdio::null());
        let dovecot = Self {
            child: command.spawn().unwrap(),
            folder,
            ca,
            plain,
            tls,
        };
        for _ in 0..200 {
            if [plain, tls].iter().all(|&port| TcpStream::connect(("127.0.0.1", port)).is_ok()) {
                return dovecot;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!(
            "Dovecot does not start: {}",
            fs::read_to_string(dovecot.folder.path().join("log")).unwrap_or_default()
        );
    }

    async fn open(&self, security: Security) -> Result<Connection, Error> {
        let port = if security == Security::Tls { self.tls } else { self.plain };
        let mut config = config("localhost", port, security, Some(&self.ca.ca));
        (config.timeouts.sign_in, config.timeouts.line) = (Duration::from_secs(40), Duration::from_secs(40));
        config.timeouts.session = Duration::from_secs(120);
        Connection::open(config).await
    }

    async fn session(&self, security: Security) -> Session {
        let mut last = None;
        // A session that was dropped keeps the mailbox locked until Dovecot has seen its end.
        for _ in 0..100 {
            match self.open(security).await.unwrap().login(right()).await {
                Ok(session) => return session,
                Err(error @ Error::InUse { .. }) => last = Some(error),
                Err(error) => panic!("{error:?}"),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{last:?}");
    }
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        // SIGTERM, so that it ends its own children; a kill would leave them.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

fn right() -> Credentials {
    Credentials::Password {
        user: "ana".into(),
        password: "hunter2 with a blank".into(),
    }
}

/// Puts mails into the Maildir, in their order, and returns who owns it: Dovecot opens no mailbox as root.
fn deliver(folder: &Path, mails: &[&[u8]]) -> String {
    let home = folder.join("mail");
    for part in ["cur", "new", "tmp"] {
        fs::create_dir_all(home.join("Maildir").join(part)).unwrap();
    }
    for (at, mail) in mails.iter().enumerate() {
        fs::write(home.join(format!("Maildir/new/{}.M1P1.localhost", 1_700_000_000 + at)), mail).unwrap();
    }
    if ask("id", "-u") != "0" {
        return format!("uid={} gid={}", ask("id", "-u"), ask("id", "-g"));
    }
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
    assert!(
        Command::new("chown")
            .args(["-R", "65534:65534"])
            .arg(&home)
            .status()
            .unwrap()
            .success()
    );
    "uid=65534 gid=65534".to_owned()
}

fn configuration(folder: &Path, owner: &str, plain: u16, tls: u16) -> String {
    let folder = folder.display();
    let mut text = format!(
        "protocols = pop3\nlisten = 127.0.0.1\nbase_dir = {folder}/run\nstate_dir = {folder}/state\nlog_path = {folder}/log\n\
        ssl = yes\nssl_cert = <{folder}/certificate.pem\nssl_key = <{folder}/key.pem\ndisable_plaintext_auth = no\n\
        first_valid_uid = 1\nmail_location = maildir:{folder}/mail/Maildir\npop3_lock_session = yes\nauth_failure_delay = 0\n\
        passdb {{\n driver = passwd-file\n args = {folder}/users\n}}\n\
        service anvil {{\n unix_listener anvil-auth-penalty {{\n mode = 0\n }}\n}}\n\
        userdb {{\n driver = static\n args = {owner} home={folder}/mail\n}}\n\
        service pop3-login {{\n chroot =\n inet_listener pop3 {{\n port = {plain}\n }}\n inet_listener pop3s {{\n port = {tls}\n ssl = yes\n }}\n}}\n"
    );
    if ask("id", "-u") != "0" {
        let (user, group) = (ask("id", "-un"), ask("id", "-gn"));
        text += &format!("default_internal_user = {user}\ndefault_login_user = {user}\ndefault_internal_group = {group}\n");
        text += "service anvil {\n chroot =\n}\nservice stats {\n chroot =\n}\n";
    }
    text
}

/// Mails as they lie in a Maildir, with LF.
fn mails() -> Vec<Vec<u8>> {
    let long = "x".repeat(1_000_000);
    [
        "Subject: dots\n\n.\n..\n...three\n.one\nend\n".as_bytes().to_vec(),
        b"Subject: latin1\n\ncoraz\xf3n\n".to_vec(),
        format!("Subject: long\n\n{long}\n").into_bytes(),
        b"Subject: none\n\n".to_vec(),
    ]
    .to_vec()
}

/// The same on the wire.
fn sent(mail: &[u8]) -> Vec<u8> {
    mail.iter()
        .flat_map(|&byte| if byte == b'\n' { vec![b'\r', b'\n'] } else { vec![byte] })
        .collect()
}

#[tokio::test]
async fn a_mailbox_from_first_to_last() {
    let mails = mails();
    let dovecot = Dovecot::start(&mails.iter().map(Vec::as_slice).collect::<Vec<_>>());
    let wire: Vec<_> = mails.iter().map(|mail| sent(mail)).collect();

    let mut session = dovecot.session(Security::Tls).await;
    let sizes: Vec<_> = session.list().await.unwrap().iter().map(|one| one.size).collect();
    assert_eq!(sizes, wire.iter().map(|mail| mail.len() as u64).collect::<Vec<_>>());
    assert_eq!(session.stat().await.unwrap().messages, 4);
    let ids = session.uidl().await.unwrap();
    assert_eq!(session.uidl_one(3).await.unwrap(), ids[2]);
    assert!(ids.iter().all(|one| !one.id.is_empty()) && ids[0].id != ids[1].id);
    let mut top = Vec::new();
    session.top(1, 2, &mut top, 1000).await.unwrap();
    assert_eq!(top, b"Subject: dots\r\n\r\n.\r\n..\r\n");

    // Pipelined, and each deleted; dropped without QUIT, all stay.
    assert!(session.pipeline_depth() > 1);
    for number in 1..=4 {
        session.send_retr(number).await.unwrap();
        session.send_dele(number).await.unwrap();
    }
    for mail in &wire {
        let mut got = Vec::new();
        session.read_retr(&mut got, 2_000_000).await.unwrap();
        session.read_dele().await.unwrap();
        assert!(got == *mail, "{} of {} bytes", got.len(), mail.len());
    }
    drop(session);

    let mut session = dovecot.session(Security::StartTls).await;
    assert_eq!(session.uidl().await.unwrap(), ids);
    session.dele(1).await.unwrap();
    session.rset().await.unwrap();
    session.noop().await.unwrap();
    session.dele(2).await.unwrap();
    assert!(matches!(session.retr(2, &mut Vec::new(), 1000).await, Err(Error::Rejected { .. })));
    session.quit().await.unwrap();

    let mut session = dovecot.session(Security::Plain).await;
    let left: Vec<_> = session.uidl().await.unwrap().into_iter().map(|one| one.id).collect();
    assert_eq!(left, [0, 2, 3].map(|at: usize| ids[at].id.clone()));
    session.quit().await.unwrap();
}

#[tokio::test]
async fn refusals() {
    let dovecot = Dovecot::start(&[b"Subject: one\n\nbody\n"]);
    for wrong in [
        Credentials::Password {
            user: "ana".into(),
            password: "rong-Secret".into(),
        },
        Credentials::Plain {
            user: "nobody".into(),
            password: "rong-Secret".into(),
        },
    ] {
        let error = dovecot.open(Security::StartTls).await.unwrap().login(wrong).await.unwrap_err();
        assert_eq!(error.code(), "auth_failed", "{error:?}");
        assert!(error.server_line().unwrap().starts_with("[AUTH]") && !format!("{error:?}").contains("rong-Secret"));
    }
    let token = Credentials::XOAuth2 {
        user: "ana".into(),
        token: "token".into(),
    };
    let error = dovecot.open(Security::Tls).await.unwrap().login(token).await.unwrap_err();
    assert_eq!(error.code(), "unsupported", "{error:?}");

    let first = dovecot.session(Security::Tls).await;
    // Dovecot waits some ten seconds for the lock before it gives up.
    let second = dovecot.open(Security::Tls).await.unwrap().login(right()).await;
    assert!(matches!(second, Err(Error::InUse { .. })), "{second:?}");
    first.quit().await.unwrap();
}

#[tokio::test]
async fn an_empty_mailbox() {
    let dovecot = Dovecot::start(&[]);
    let mut session = dovecot.session(Security::Tls).await;
    assert_eq!(
        (
            session.stat().await.unwrap().messages,
            session.list().await.unwrap(),
            session.uidl().await.unwrap()
        ),
        (0, vec![], vec![])
    );
    assert!(matches!(session.retr(1, &mut Vec::new(), 10).await, Err(Error::Rejected { .. })));
    session.quit().await.unwrap();
}
