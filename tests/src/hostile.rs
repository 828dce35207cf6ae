//! POP3 servers that misbehave, one scenario a port: `tests/hostile/hostile_pop3.py`, run as it is.

use crate::env;
use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader},
    net::TcpListener,
    process::{Child, Command, Stdio},
};

/// All scenarios, serving until dropped.
pub struct Hostile {
    child: Child,
    /// Port of each scenario, by its name.
    pub ports: BTreeMap<String, u16>,
}

/// How many scenarios there are.
const SCENARIOS: u16 = 24;

impl Hostile {
    /// Starts all scenarios on free ports in a row.
    ///
    /// # Panics
    /// Where Python is missing or no row of ports is free.
    #[must_use]
    pub fn start() -> Self {
        let script = env::workspace().join("tests/hostile/hostile_pop3.py");
        let base = (0..50)
            .map(|n| 22_100 + n * 40)
            .find(|base| (0..SCENARIOS).all(|n| TcpListener::bind(("127.0.0.1", base + n)).is_ok()));
        let base = base.expect("some row of ports is free").to_string();
        let mut command = Command::new("python3");
        command
            .arg(&script)
            .args([&base, "900"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        let mut child = command.spawn().expect("python3 is installed");
        let lines = BufReader::new(child.stdout.take().expect("standard output is piped"))
            .lines()
            .map_while(Result::ok);
        let ports = lines.take(usize::from(SCENARIOS)).filter_map(|line| {
            let (name, port) = line.split_once(' ')?;
            Some((name.to_owned(), port.parse().ok()?))
        });
        let ports: BTreeMap<String, u16> = ports.collect();
        let hostile = Self { child, ports };
        assert_eq!(
            hostile.ports.len(),
            usize::from(SCENARIOS),
            "{} names its scenarios",
            script.display()
        );
        hostile
    }
}

impl Drop for Hostile {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
