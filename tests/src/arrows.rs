//! Which crate may use which: the table of the architecture, held against what Cargo says.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The functions: each may use the shared crates, and never another function.
pub const FUNCTIONS: [&str; 9] = [
    "tickets",
    "attachments",
    "accounts",
    "mailboxes",
    "mail-sweep",
    "outbox",
    "notifier",
    "housekeeping",
    "evidence",
];

/// Shared crates.
const SHARED: [&str; 7] = [
    "chamada-domain",
    "chamada-store",
    "chamada-pop3",
    "chamada-mail",
    "chamada-web",
    "chamada-platform",
    "chamada-evidence",
];

/// The crates of the workspace and what each uses of the others and of the world (development dependencies left out).
pub type Uses = BTreeMap<String, BTreeSet<String>>;

/// Reads `cargo metadata --format-version 1 --no-deps`.
#[must_use]
pub fn uses(metadata: &Value) -> Uses {
    let packages = metadata["packages"].as_array().into_iter().flatten();
    packages
        .map(|package| {
            let dependencies = package["dependencies"].as_array().into_iter().flatten();
            // Tests may look at anything.
            let dependencies = dependencies.filter(|d| d["kind"] != "dev").filter_map(|d| d["name"].as_str());
            (
                package["name"].as_str().unwrap_or_default().to_owned(),
                dependencies.map(str::to_owned).collect(),
            )
        })
        .collect()
}

/// Every arrow that must not be, in words; none is the only right answer.
#[must_use]
pub fn forbidden(uses: &Uses) -> Vec<String> {
    let ours: BTreeSet<&str> = uses.keys().map(String::as_str).collect();
    let mut found = Vec::new();
    for (name, dependencies) in uses {
        let Some(rule) = rule(name) else {
            found.push(format!("{name} has no place in the table of arrows"));
            continue;
        };
        for dependency in dependencies {
            let allowed = if ours.contains(dependency.as_str()) {
                rule.own.contains(&dependency.as_str())
            } else {
                (rule.world)(dependency)
            };
            if !allowed {
                found.push(format!("{name} may not use {dependency}"));
            }
        }
    }
    found
}

struct Rule {
    own: Vec<&'static str>,
    world: fn(&str) -> bool,
}

fn rule(name: &str) -> Option<Rule> {
    let rule = |own: &[&'static str], world| Some(Rule { own: own.to_vec(), world });
    match name {
        "chamada-domain" => rule(&[], is_plain),
        "chamada-evidence" => rule(&["chamada-domain"], is_plain),
        "chamada-pop3" => rule(&[], |d| !is_aws(d) && !is_http(d)),
        "chamada-mail" => rule(&["chamada-domain"], |d| !does_io(d)),
        "chamada-store" => rule(&["chamada-domain"], |d| {
            !is_http(d) && (!is_aws(d) || d.starts_with("aws-sdk-dynamodb") || d.starts_with("aws-smithy"))
        }),
        "chamada-platform" => rule(&[], |_| true),
        "chamada-web" => rule(&["chamada-domain", "chamada-store", "chamada-platform"], |d| !is_engine(d)),
        // Everything; the tests too, which stand outside the house.
        "chamada-local" | "chamada-tests" => rule(&[&SHARED[..], &FUNCTIONS[..], &["chamada-local"]].concat(), |_| true),
        function if FUNCTIONS.contains(&function) => rule(&SHARED, |d| !is_engine(d)),
        _ => None,
    }
}

/// What the domain may take from the world: nothing that does I/O, reads the clock or draws randomness. `utoipa` describes types to
/// the contract's generator at compile time, as serde describes them to JSON.
fn is_plain(name: &str) -> bool {
    const PLAIN: [&str; 12] = [
        "serde",
        "serde_json",
        "serde_json_canonicalizer",
        "thiserror",
        "time",
        "time-tz",
        "sha2",
        "hmac",
        "hex",
        "base64",
        "subtle",
        "utoipa",
    ];
    PLAIN.contains(&name)
}

fn is_aws(name: &str) -> bool {
    name.starts_with("aws") || name.starts_with("lambda")
}

fn is_http(name: &str) -> bool {
    matches!(
        name,
        "axum" | "hyper" | "hyper-util" | "reqwest" | "tower" | "tower-http" | "utoipa-axum"
    )
}

fn is_engine(name: &str) -> bool {
    matches!(name, "dynoxide-rs" | "rusqlite" | "s3s" | "s3s-fs" | "lettre")
}

fn does_io(name: &str) -> bool {
    is_aws(name) || is_http(name) || is_engine(name) || matches!(name, "tokio" | "tokio-util" | "tokio-rustls" | "rustls" | "getrandom")
}

/// Members of the workspace whose manifest does not take the workspace's lints.
#[must_use]
pub fn without_lints(manifests: &[(String, String)]) -> Vec<String> {
    let takes = |text: &str| {
        let mut lines = text.lines().map(str::trim).skip_while(|line| *line != "[lints]").skip(1);
        lines
            .by_ref()
            .take_while(|line| !line.starts_with('['))
            .any(|line| line.replace(' ', "") == "workspace=true")
    };
    manifests
        .iter()
        .filter(|(_, text)| !takes(text))
        .map(|(name, _)| name.clone())
        .collect()
}
