//! A real POP3 server: Dovecot, in a folder of its own, on free ports of loopback, plain (with STLS) and TLS, with a certificate authority of its own.
//!
//! Dovecot itself runs as an ordinary user always: as the caller, or as `nobody` where the caller is root. The Debian package is `dovecot-pop3d`.

use crate::scratch::Scratch;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    net::{TcpListener, TcpStream},
    os::unix::{
        fs::{PermissionsExt as _, chown},
        process::CommandExt as _,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU64, Ordering},
    thread::sleep,
    time::{Duration, Instant},
};

/// The running server; it ends, and its folder goes, when dropped.
pub struct Dovecot {
    master: Child,
    dir: Scratch,
    owner: Owner,
    /// Port without TLS from the start; offers STLS.
    pub port: u16,
    /// Port with TLS from the start.
    pub tls_port: u16,
    delivered: AtomicU64,
}

/// How a server should be.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// One session at a time holds a mailbox; a second one is refused with `[IN-USE]` (after Dovecot's own patience of about 10 s).
    pub lock_session: bool,
}

struct Owner {
    root: bool,
    user: String,
    group: String,
    uid: u32,
    gid: u32,
}

impl Dovecot {
    /// Starts a server whose users are these, as (name, password).
    ///
    /// # Panics
    /// Where Dovecot is not installed or does not come up.
    #[must_use]
    pub fn start(users: &[(&str, &str)]) -> Self {
        Self::start_with(users, &Options::default())
    }

    /// The same, with options.
    #[must_use]
    pub fn start_with(users: &[(&str, &str)], options: &Options) -> Self {
        // A port that was free a moment ago may be taken: try again with others.
        let attempts = (0..5).map(|_| Self::try_start(users, options));
        let mut last = String::new();
        for attempt in attempts {
            match attempt {
                Ok(server) => return server,
                Err(why) => last = why,
            }
        }
        panic!("Dovecot (package dovecot-pop3d) does not come up: {last}");
    }

    fn try_start(users: &[(&str, &str)], options: &Options) -> Result<Self, String> {
        let owner = Owner::find();
        let dir = Scratch::new("dovecot-");
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).map_err(|e| e.to_string())?;
        let (port, tls_port) = (free_port(), free_port());
        write_certificates(dir.path());
        fs::write(
            dir.path().join("dovecot.conf"),
            configuration(dir.path(), &owner, port, tls_port, options),
        )
        .map_err(|e| e.to_string())?;
        fs::write(dir.path().join("users"), "").map_err(|e| e.to_string())?;
        give_all(dir.path(), &owner);
        let mut command = Command::new("/usr/sbin/dovecot");
        command.arg("-F").arg("-c").arg(dir.path().join("dovecot.conf"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if owner.root {
            command.uid(owner.uid).gid(owner.gid);
        }
        let master = command.spawn().map_err(|e| e.to_string())?;
        let mut server = Self {
            master,
            dir,
            owner,
            port,
            tls_port,
            delivered: AtomicU64::new(0),
        };
        for (user, password) in users {
            server.write_user(user, password);
        }
        server.wait_until_up()?;
        Ok(server)
    }

    fn wait_until_up(&mut self) -> Result<(), String> {
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(10) {
            if self.master.try_wait().is_ok_and(|ended| ended.is_some()) {
                break;
            }
            if TcpStream::connect(("127.0.0.1", self.port)).is_ok_and(|s| greeting(&s).starts_with("+OK")) {
                return Ok(());
            }
            sleep(Duration::from_millis(20));
        }
        Err(fs::read_to_string(self.dir.path().join("dovecot.log")).unwrap_or_else(|e| e.to_string()))
    }

    /// Adds a user, or changes a password, while the server runs; it knows when this returns.
    pub fn add_user(&self, user: &str, password: &str) {
        self.write_user(user, password);
        // Dovecot looks at the file once in a second at most.
        sleep(Duration::from_millis(1_100));
    }

    fn write_user(&self, user: &str, password: &str) {
        let path = self.dir.path().join("users");
        let mut lines: Vec<String> = fs::read_to_string(&path).unwrap().lines().map(str::to_owned).collect();
        lines.retain(|line| !line.starts_with(&format!("{user}:")));
        lines.push(format!("{user}:{password}"));
        let new = self.dir.path().join("users.new");
        fs::write(&new, lines.join("\n") + "\n").unwrap();
        self.give(&new);
        fs::rename(new, path).unwrap();
        for part in ["", "tmp", "new", "cur"] {
            let folder = self.maildir(user).join(part);
            fs::create_dir_all(&folder).unwrap();
            self.give(&folder);
        }
    }

    /// Puts a mail into a user's mailbox: written whole beside it, then renamed into `new/`, as Maildir wants it.
    /// Line ends are stored as they are given. Deliveries show in their order.
    pub fn deliver(&self, user: &str, mail: &[u8]) {
        let n = self.delivered.fetch_add(1, Ordering::SeqCst);
        // Dovecot orders new mails by name: digits of one length keep the order of delivery.
        let name = format!("{:010}.M{n:06}P1.kit,S={}", 1_700_000_000 + n, mail.len());
        let tmp = self.maildir(user).join("tmp").join(&name);
        fs::write(&tmp, mail).unwrap();
        self.give(&tmp);
        fs::rename(tmp, self.maildir(user).join("new").join(name)).unwrap();
    }

    /// How many mails a user's mailbox holds, read or not.
    #[must_use]
    pub fn count(&self, user: &str) -> usize {
        self.mails(user).len()
    }

    /// The mails that a user's mailbox holds, in the order of delivery.
    #[must_use]
    pub fn mails(&self, user: &str) -> Vec<Vec<u8>> {
        let mut files: Vec<PathBuf> = ["new", "cur"]
            .iter()
            .flat_map(|part| fs::read_dir(self.maildir(user).join(part)).unwrap())
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort_by_key(|path| path.file_name().map(ToOwned::to_owned));
        files.iter().map(|path| fs::read(path).unwrap()).collect()
    }

    /// Signs in and keeps the session, as another program would that reads the same mailbox; ends when dropped.
    #[must_use]
    pub fn hold(&self, user: &str, password: &str) -> Hold {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let mut hold = Hold {
            reader: BufReader::new(stream),
        };
        hold.line();
        hold.ask(&format!("USER {user}"));
        let answer = hold.ask(&format!("PASS {password}"));
        assert!(answer.starts_with("+OK"), "signing in as {user}: {answer}");
        hold
    }

    /// The certificate authority (PEM) that signed this server's certificate, for `--extra-ca`.
    #[must_use]
    pub fn ca_file(&self) -> PathBuf {
        self.dir.path().join("ca.pem")
    }

    /// What the server logged.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.dir.path().join("dovecot.log")).unwrap_or_default()
    }

    fn maildir(&self, user: &str) -> PathBuf {
        self.dir.path().join("mail").join(user)
    }

    fn give(&self, path: &Path) {
        give(path, &self.owner);
    }
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        // The master ends its children on SIGTERM; on SIGKILL they would outlive it.
        Command::new("kill").arg("-TERM").arg(self.master.id().to_string()).status().ok();
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(5) && self.master.try_wait().is_ok_and(|ended| ended.is_none()) {
            sleep(Duration::from_millis(10));
        }
        self.master.kill().ok();
        self.master.wait().ok();
    }
}

/// A session that somebody else holds.
pub struct Hold {
    reader: BufReader<TcpStream>,
}

impl Hold {
    /// Sends one command and returns the first line of the answer.
    pub fn ask(&mut self, command: &str) -> String {
        self.reader.get_mut().write_all(format!("{command}\r\n").as_bytes()).unwrap();
        self.line()
    }

    /// The next line.
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        self.reader.get_ref().set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        self.reader.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }
}

impl Owner {
    fn find() -> Self {
        let id = |arguments: &[&str]| {
            let output = Command::new("id").args(arguments).output().expect("every Debian has `id`");
            String::from_utf8_lossy(&output.stdout).trim().to_owned()
        };
        let root = id(&["-u"]) == "0";
        let who: &[&str] = if root { &["nobody"] } else { &[] };
        let ask = |flag: &str| id(&[&[flag], who].concat());
        Self {
            root,
            user: ask("-un"),
            group: ask("-gn"),
            uid: ask("-u").parse().unwrap(),
            gid: ask("-g").parse().unwrap(),
        }
    }
}

fn give(path: &Path, owner: &Owner) {
    if owner.root {
        chown(path, Some(owner.uid), Some(owner.gid)).unwrap();
    }
}

fn give_all(dir: &Path, owner: &Owner) {
    give(dir, owner);
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            give_all(&path, owner)
        } else {
            give(&path, owner)
        }
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn greeting(stream: &TcpStream) -> String {
    let mut line = String::new();
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok();
    BufReader::new(stream).read_line(&mut line).ok();
    line
}

fn write_certificates(dir: &Path) {
    let mut ca = CertificateParams::new(Vec::new()).unwrap();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    ca.distinguished_name.push(rcgen::DnType::CommonName, "Chamada test authority");
    let ca = CertifiedIssuer::self_signed(ca, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let server = CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned()])
        .unwrap()
        .signed_by(&key, &ca)
        .unwrap();
    fs::write(dir.join("ca.pem"), ca.pem()).unwrap();
    fs::write(dir.join("cert.pem"), server.pem()).unwrap();
    fs::write(dir.join("key.pem"), key.serialize_pem()).unwrap();
}

fn configuration(dir: &Path, owner: &Owner, port: u16, tls_port: u16, options: &Options) -> String {
    let (dir, Owner { user, group, uid, gid, .. }) = (dir.display(), owner);
    let lock = if options.lock_session { "yes" } else { "no" };
    // No chroot and one user for all services: only root could change either. No penalty for wrong passwords: tests give many.
    format!(
        "base_dir = {dir}/run
state_dir = {dir}/state
log_path = {dir}/dovecot.log
protocols = pop3
listen = 127.0.0.1
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
auth_mechanisms = plain
auth_failure_delay = 0
disable_plaintext_auth = no
mail_location = maildir:{dir}/mail/%u
mail_fsync = never
mail_max_userip_connections = 0
first_valid_uid = 1
first_valid_gid = 1
pop3_lock_session = {lock}
ssl = yes
ssl_cert = <{dir}/cert.pem
ssl_key = <{dir}/key.pem
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {dir}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={dir}/mail/%u
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
service auth-worker {{
  user = {user}
}}
service pop3-login {{
  chroot =
  service_count = 0
  inet_listener pop3 {{
    port = {port}
  }}
  inet_listener pop3s {{
    port = {tls_port}
    ssl = yes
  }}
}}
"
    )
}
