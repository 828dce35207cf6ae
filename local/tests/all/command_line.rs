//! What keeps `chamada` from starting is said in one line.

use std::process::{Command, Output};

fn chamada(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_chamada")).args(args).output().unwrap()
}

/// Exit 1, nothing on standard output, one line on standard error.
fn refused(args: &[&str]) -> String {
    let output = chamada(args);
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        (output.status.code(), output.stdout.len(), error.lines().count()),
        (Some(1), 0, 1),
        "{error}"
    );
    error
}

#[test]
fn a_second_server_on_the_folder_is_refused() {
    let parent = tempfile::tempdir().unwrap();
    let held = crate::support::take(parent.path());
    let folder = held.path().to_str().unwrap();
    assert!(refused(&["serve", "--data", folder, "--port", "0"]).contains("in use by another chamada"));
}

#[test]
fn a_port_in_use_is_named() {
    let parent = tempfile::tempdir().unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let folder = parent.path().join("data");
    let folder = folder.to_str().unwrap();
    let error = refused(&["serve", "--data", folder, "--port", &port, "--files-port", "0"]);
    assert!(error.contains(&format!("port {port} on 127.0.0.1 is in use")), "{error}");
    let error = refused(&["serve", "--data", folder, "--port", "0", "--files-port", &port]);
    assert!(
        error.contains(&format!("files port {port}")) && error.contains("--files-port"),
        "{error}"
    );
}

#[test]
fn a_sender_that_is_no_address_is_named() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("data");
    let serve = ["serve", "--data", folder.to_str().unwrap(), "--port", "0", "--files-port", "0"];
    let error = refused(&[&serve[..], &["--sender", "Help <help@example.org>"]].concat());
    assert!(error.contains("--sender must be an e-mail address alone"), "{error}");
}

#[test]
fn a_folder_that_cannot_be_used_is_named() {
    let parent = tempfile::tempdir().unwrap();
    let file = parent.path().join("file");
    std::fs::write(&file, "").unwrap();
    assert!(refused(&["serve", "--data", file.to_str().unwrap(), "--port", "0"]).contains("cannot be used as data folder"));
    let nothing = parent.path().join("nothing");
    for command in [
        vec!["verify"],
        vec!["dead-letters"],
        vec!["replay"],
        vec!["admin-link", "a@example.org"],
    ] {
        let args: Vec<_> = command.into_iter().chain(["--data", nothing.to_str().unwrap()]).collect();
        assert!(refused(&args).contains("is no data folder"), "{args:?}");
    }
    assert!(!nothing.exists(), "a command makes no folder");
}

#[test]
fn wrong_origins_are_refused() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("data");
    let folder = folder.to_str().unwrap();
    assert!(refused(&["serve", "--data", folder, "--port", "0", "--site-url", "ftp://x"]).contains("--site-url is wrong"));
    let same = [
        "serve",
        "--data",
        folder,
        "--port",
        "0",
        "--site-url",
        "http://x",
        "--files-url",
        "http://x/",
    ];
    assert!(refused(&same).contains("another origin"));
}
