//! The arrows of the architecture, and the lints that every crate takes from the workspace.
#![expect(clippy::unwrap_used, reason = "helpers of a test fail the test")]

use chamada_tests::{arrows, env};
use serde_json::{Value, json};
use std::{fs, process::Command};

fn metadata() -> Value {
    let cargo = option_env!("CARGO").unwrap_or("cargo");
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(env::workspace())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn no_crate_uses_what_it_must_not() {
    let uses = arrows::uses(&metadata());
    for expected in ["chamada-domain", "chamada-store", "chamada-web", "chamada-local"]
        .into_iter()
        .chain(arrows::FUNCTIONS)
    {
        assert!(uses.contains_key(expected), "{expected} is not in the workspace: {:?}", uses.keys());
    }
    assert_eq!(arrows::forbidden(&uses), Vec::<String>::new());
}

#[test]
fn the_check_sees_a_forbidden_arrow() {
    let workspace = metadata();
    let forbidden = |name: &str, dependency: &str, kind: Value| {
        let mut metadata = workspace.clone();
        let packages = metadata["packages"].as_array_mut().unwrap();
        let package = packages.iter_mut().find(|p| p["name"] == name).unwrap();
        package["dependencies"]
            .as_array_mut()
            .unwrap()
            .push(json!({"name": dependency, "kind": kind}));
        arrows::forbidden(&arrows::uses(&metadata))
    };
    let bad = [
        ("tickets", "accounts"),
        ("tickets", "dynoxide-rs"),
        ("chamada-domain", "tokio"),
        ("chamada-domain", "chamada-store"),
        ("chamada-pop3", "chamada-domain"),
        ("chamada-mail", "chamada-store"),
        ("chamada-mail", "tokio"),
        ("chamada-store", "chamada-web"),
        ("chamada-store", "aws-sdk-s3"),
        ("chamada-platform", "chamada-domain"),
        ("chamada-web", "tickets"),
        ("outbox", "chamada-local"),
    ];
    for (name, dependency) in bad {
        assert_eq!(
            forbidden(name, dependency, Value::Null),
            [format!("{name} may not use {dependency}")]
        );
        assert_eq!(
            forbidden(name, dependency, "build".into()),
            [format!("{name} may not use {dependency}")]
        );
        assert_eq!(
            forbidden(name, dependency, "dev".into()),
            Vec::<String>::new(),
            "tests may look at anything"
        );
    }
    let newcomer = arrows::uses(&json!({"packages": [{"name": "stray", "dependencies": []}]}));
    assert_eq!(arrows::forbidden(&newcomer), ["stray has no place in the table of arrows"]);
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace() {
    let metadata = metadata();
    let manifests: Vec<(String, String)> = metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| {
            (
                p["name"].as_str().unwrap().to_owned(),
                fs::read_to_string(p["manifest_path"].as_str().unwrap()).unwrap(),
            )
        })
        .collect();
    assert!(manifests.len() >= 15, "the workspace has its crates");
    assert_eq!(arrows::without_lints(&manifests), Vec::<String>::new());
    let bare = [(
        "bare".to_owned(),
        "[package]\nname = \"bare\"\n\n[lints]\n\n[dependencies]\nworkspace = true\n".to_owned(),
    )];
    assert_eq!(arrows::without_lints(&bare), ["bare"]);
}
