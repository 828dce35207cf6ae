//! The real `chamada serve`, started as its users start it, and killed as an outage kills it.

use crate::{
    between::{Between, attach, published_engine},
    client::Api,
    env,
    scratch::Scratch,
};
use std::{
    fs::{self, OpenOptions},
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread::sleep,
    time::{Duration, Instant},
};

/// Longest that a start may take before a test gives up; the contract is far below it, but test machines are shared.
const START: Duration = Duration::from_secs(60);

/// How to start the server; everything that is not named here is the product's own default.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Seconds between sweeps; 0: only when asked.
    pub sweep_every: u32,
    /// A certificate authority to trust for POP3, PEM.
    pub extra_ca: Option<PathBuf>,
    /// Further arguments.
    pub arguments: Vec<String>,
    /// Variables for the process, which gets none of the test's own but `PATH`.
    pub environment: Vec<(String, String)>,
}

impl Options {
    /// Adds a variable.
    #[must_use]
    pub fn with_env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// The administrator's address on an empty data folder.
pub const ADMIN: &str = "admin@chamada.example";

/// A server process and its data folder. Dropping kills the process; the folder goes too where the kit made it.
pub struct Server {
    child: Child,
    data: PathBuf,
    options: Options,
    listening: String,
    port: u16,
    sign_in: Option<String>,
    _folder: Option<Scratch>,
}

/// What a process holds of memory, in KiB, as `/proc/PID/status` tells.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    /// `VmRSS`: now.
    pub resident: u64,
    /// `VmHWM`: at most so far.
    pub peak: u64,
}

impl Server {
    /// Starts a server on an empty data folder of its own.
    ///
    /// # Panics
    /// With the server's log, where it does not come up.
    #[must_use]
    pub fn start(options: Options) -> Self {
        let folder = Scratch::new("chamada-");
        let data = folder.path().join("data");
        let mut server = Self::start_in(&data, options);
        server._folder = Some(folder);
        server
    }

    /// Starts a server whose functions talk to the engine through something else, which is told of the engine as soon as it is published.
    #[must_use]
    pub fn start_through(options: Options, between: &impl Between) -> Self {
        let folder = Scratch::new("chamada-");
        let data = folder.path().join("data");
        let mut server = std::thread::scope(|scope| {
            scope.spawn(|| attach(&data, between, START));
            Self::start_in(&data, options)
        });
        server._folder = Some(folder);
        server
    }

    /// Starts a server on a folder that outlives it.
    #[must_use]
    pub fn start_in(data: &Path, options: Options) -> Self {
        Self::try_start(data, options, 0).unwrap_or_else(|why| panic!("the server does not come up: {why}"))
    }

    /// Starts a server, or says what it printed instead of coming up.
    ///
    /// # Errors
    /// Its exit status and log.
    pub fn try_start(data: &Path, options: Options, port: u16) -> Result<Self, String> {
        let log = log_path(data);
        let log_file = OpenOptions::new().create(true).append(true).open(&log).map_err(|e| e.to_string())?;
        let mut child = command(data, &options, port).stderr(log_file).spawn().map_err(|e| e.to_string())?;
        let lines = read_lines(child.stdout.take().expect("standard output is piped"));
        match wait_until_ready(&mut child, &lines) {
            Ok((listening, sign_in)) => {
                let port = listening
                    .rsplit(':')
                    .next()
                    .and_then(|p| p.trim_end_matches('/').parse().ok())
                    .unwrap_or_default();
                Ok(Self {
                    child,
                    data: data.to_path_buf(),
                    options,
                    listening,
                    port,
                    sign_in,
                    _folder: None,
                })
            }
            Err(why) => {
                child.kill().ok();
                let status = child.wait().map_err(|e| e.to_string())?;
                Err(format!(
                    "{why}; {status}; it logged:\n{}",
                    fs::read_to_string(log).unwrap_or_default()
                ))
            }
        }
    }

    /// The address that it printed.
    #[must_use]
    pub fn listening(&self) -> &str {
        &self.listening
    }

    /// What links begin with, and the `Origin` of its pages.
    #[must_use]
    pub fn site(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    /// The sign-in link that it printed when it started, on an empty folder.
    #[must_use]
    pub fn sign_in_link(&self) -> Option<&str> {
        self.sign_in.as_deref()
    }

    /// Its data folder.
    #[must_use]
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Its process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// A client that nobody has signed in with.
    #[must_use]
    pub fn anonymous(&self) -> Api {
        Api::new(&self.listening, &self.site())
    }

    /// A client signed in as the first administrator; uses up the printed link, or asks for another one.
    pub async fn admin(&mut self) -> Api {
        let link = self.sign_in.take().unwrap_or_else(|| self.admin_link(ADMIN));
        let api = self.anonymous();
        api.follow(&link).await;
        api
    }

    /// `chamada admin-link`, beside the running server.
    #[must_use]
    pub fn admin_link(&self, email: &str) -> String {
        let output = self.command_line(&["admin-link", email]);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let link = text.lines().find_map(|line| line.strip_prefix("sign in: "));
        link.unwrap_or_else(|| panic!("admin-link printed {text:?}, {}", String::from_utf8_lossy(&output.stderr)))
            .to_owned()
    }

    /// Runs another command of the same binary on this data folder.
    #[must_use]
    pub fn command_line(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env::chamada_bin());
        command
            .env_clear()
            .env("PATH", env::path())
            .args(arguments)
            .arg("--data")
            .arg(&self.data);
        command.output().unwrap()
    }

    /// `kill -9`, and waits until the process is gone.
    pub fn kill(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }

    /// Waits for the process to end by itself; `None` where it does not within `patience`.
    pub fn wait_for_end(&mut self, patience: Duration) -> Option<ExitStatus> {
        let began = Instant::now();
        while began.elapsed() < patience {
            if let Some(status) = self.child.try_wait().unwrap() {
                return Some(status);
            }
            sleep(Duration::from_millis(5));
        }
        None
    }

    /// SIGTERM, and its exit status.
    ///
    /// # Panics
    /// Where it has not ended within 30 s.
    pub fn stop(&mut self) -> ExitStatus {
        let sent = Command::new("kill").arg("-TERM").arg(self.child.id().to_string()).status().unwrap();
        assert!(sent.success(), "the server was gone before it was asked to stop");
        self.wait_for_end(Duration::from_secs(30))
            .expect("a server that is asked to stop ends within 30 s")
    }

    /// Starts again on the same folder and port, so that links sent before still lead here. The process must have ended.
    pub fn restart(&mut self) {
        self.restart_with(self.options.clone());
    }

    /// The same with other options.
    pub fn restart_with(&mut self, options: Options) {
        assert!(self.child.try_wait().unwrap().is_some(), "restart only what has ended");
        let fresh =
            Self::try_start(&self.data, options, self.port).unwrap_or_else(|why| panic!("the server does not come up again: {why}"));
        let folder = self._folder.take();
        *self = fresh;
        self._folder = folder;
    }

    /// The same behind something that stands between functions and engine.
    pub fn restart_through(&mut self, options: Options, between: &impl Between) {
        // What the last process published is out of date.
        fs::remove_file(self.data.join("server.json")).ok();
        let data = self.data.clone();
        std::thread::scope(|scope| {
            scope.spawn(|| attach(&data, between, START));
            self.restart_with(options);
        });
    }

    /// What it holds of memory.
    ///
    /// # Panics
    /// Where the process has ended.
    #[must_use]
    pub fn memory(&self) -> Memory {
        memory(self.child.id())
    }

    /// Makes the peak begin anew from now.
    pub fn forget_peak(&self) {
        fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5").unwrap();
    }

    /// Everything that it logged, over all its starts.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(log_path(&self.data)).unwrap_or_default()
    }

    /// Where the embedded engine answers, which the running server publishes in `server.json` of its folder; and the table's name.
    ///
    /// # Panics
    /// Where the file is not there or does not say.
    #[must_use]
    pub fn engine(&self) -> (String, String) {
        published_engine(&self.data).expect("a running server publishes its engine in server.json")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// What a process holds of memory.
///
/// # Panics
/// Where there is no such process.
#[must_use]
pub fn memory(pid: u32) -> Memory {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("the process runs");
    let field = |name: &str| {
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix(name))
            .expect("a live process has its memory listed");
        line.trim_start_matches(':').trim().trim_end_matches(" kB").parse().unwrap()
    };
    Memory {
        resident: field("VmRSS"),
        peak: field("VmHWM"),
    }
}

fn log_path(data: &Path) -> PathBuf {
    // Beside the folder: it must be there before the server has made its own.
    data.with_extension("log")
}

fn command(data: &Path, options: &Options, port: u16) -> Command {
    let mut command = Command::new(env::chamada_bin());
    command
        .env_clear()
        .env("PATH", env::path())
        .env("ADMIN_EMAIL", ADMIN)
        .env("LOG_FORMAT", "text")
        .env("CHAMADA_WEB_DIR", env::workspace().join("web/dist"));
    command.envs(options.environment.iter().map(|(k, v)| (k, v)));
    command.arg("serve").arg("--data").arg(data);
    command.args([
        "--port",
        &port.to_string(),
        "--files-port",
        "0",
        "--sweep-every",
        &options.sweep_every.to_string(),
    ]);
    if let Some(ca) = &options.extra_ca {
        command.arg("--extra-ca").arg(ca);
    }
    command.args(&options.arguments).stdin(Stdio::null()).stdout(Stdio::piped());
    command
}

fn read_lines(output: std::process::ChildStdout) -> Receiver<String> {
    let (sender, receiver) = channel();
    // Goes on reading for as long as the process lives: a full pipe would stop it.
    std::thread::spawn(move || {
        BufReader::new(output)
            .lines()
            .map_while(Result::ok)
            .for_each(|line| drop(sender.send(line)))
    });
    receiver
}

fn wait_until_ready(child: &mut Child, lines: &Receiver<String>) -> Result<(String, Option<String>), String> {
    let began = Instant::now();
    let mut listening: Option<String> = None;
    let mut quiet_since = Instant::now();
    while began.elapsed() < START {
        match lines.recv_timeout(Duration::from_millis(20)) {
            Ok(line) => {
                quiet_since = Instant::now();
                if let Some(url) = line.strip_prefix("listening on ") {
                    listening = Some(url.trim().to_owned());
                } else if let (Some(link), Some(url)) = (line.strip_prefix("sign in: "), &listening) {
                    return Ok((url.clone(), Some(link.trim().to_owned())));
                }
            }
            Err(RecvTimeoutError::Disconnected) => return Err("it ended".into()),
            Err(RecvTimeoutError::Timeout) => {}
        }
        // On a folder in use before, no link follows.
        if let Some(url) = listening.take_if(|_| quiet_since.elapsed() > Duration::from_millis(300)) {
            return Ok((url, None));
        }
        if child.try_wait().is_ok_and(|ended| ended.is_some()) && listening.is_none() {
            return Err("it ended".into());
        }
    }
    Err(format!("nothing within {START:?}"))
}
