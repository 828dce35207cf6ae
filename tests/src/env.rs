//! The few environment variables that steer the tests.
#![expect(
    clippy::disallowed_methods,
    reason = "tests have no configuration but their environment, and this is the one place that reads it"
)]

use std::path::PathBuf;

/// The `chamada` binary under test: `CHAMADA_BIN`, else `release/chamada` where this run's artifacts lie.
///
/// # Panics
/// Where there is none: a test of the server must not pass because there was no server.
#[must_use]
pub fn chamada_bin() -> PathBuf {
    let path = std::env::var_os("CHAMADA_BIN").map_or_else(|| artifact("chamada"), PathBuf::from);
    assert!(
        path.is_file(),
        "no server to test: {} is not there; build it with `make build`, or name it in CHAMADA_BIN",
        path.display()
    );
    path
}

/// A release binary of the workspace, by its name.
#[must_use]
pub fn artifact(name: &str) -> PathBuf {
    target_dir().join("release").join(name)
}

/// A program of the Python packages that `scripts/install test` installs.
///
/// # Panics
/// Where it is not there: a test must not pass because its tool was missing.
#[must_use]
pub fn python_tool(name: &str) -> PathBuf {
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let path = home.join(".cache/chamada/venv/bin").join(name);
    assert!(
        path.is_file(),
        "{name} is missing: {} is not there; run `scripts/install test`, as `make test` does",
        path.display()
    );
    path
}

fn target_dir() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace().join("target"), PathBuf::from)
}

/// The root of the workspace. Looked for when a test runs, not when it is compiled: one target folder may serve several checkouts.
#[must_use]
pub fn workspace() -> PathBuf {
    let here = std::env::current_dir().expect("a process is somewhere");
    let root = here.ancestors().find(|folder| folder.join("Cargo.lock").is_file());
    root.expect("tests and benchmarks run below the root of the workspace")
        .to_path_buf()
}

/// The folder of test mails named by `CHAMADA_CORPUS`, where it is set.
#[must_use]
pub fn corpus() -> Option<PathBuf> {
    std::env::var_os("CHAMADA_CORPUS").map(PathBuf::from)
}

/// Whether the long versions were asked for (`CHAMADA_LONG=1`): more seeds, more tickets, more moments to die at.
#[must_use]
pub fn long() -> bool {
    std::env::var("CHAMADA_LONG").is_ok_and(|v| v == "1")
}

/// A number from the environment, or its default. Used for seeds, so that a failing run can be repeated.
#[must_use]
pub fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(default)
}

/// The environment's `PATH`, for children that get no other variable.
#[must_use]
pub fn path() -> String {
    std::env::var("PATH").unwrap_or_else(|_| "/usr/bin:/bin".into())
}
