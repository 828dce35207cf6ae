//! Schemathesis against the real server, as each kind of caller: every operation of the description, made-up requests, and no answer but those described.
#![expect(clippy::unwrap_used, reason = "helpers of a test fail the test")]

mod callers;

use chamada_tests::{
    client::session_body,
    env,
    scratch::Scratch,
    server::Options,
    story::{Desk, PATIENCE, seed},
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::Command,
};

use crate::callers::{Caller, Common, anonymous, bodies, guest, kept, link, open_for, person, plant};

pub(crate) const CUSTOMER: &str = "guest@example.com";
const CHECKS: &str =
    "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance";
/// Made-up requests of each operation and caller, besides those at the bounds of what is described.
const EXAMPLES: (u64, u64) = (6, 200);

/// The description's file name.
const DESCRIPTION: &str = "openapi.json";

/// How often each operation was answered, by status.
type Answers = BTreeMap<String, BTreeMap<String, u64>>;

/// Runs Schemathesis as one caller: what was answered, and what it printed where it found something.
fn try_all(folder: &Path, desk: &Desk, caller: &Caller, bodies: &Value, kept: &[Value]) -> (Answers, Option<String>) {
    let (told, answers) = (
        folder.join(format!("{}.json", caller.name)),
        folder.join(format!("{}.answers.json", caller.name)),
    );
    let mut settings = caller.settings.clone();
    settings["bodies"] = bodies.clone();
    settings["kept"] = json!(kept);
    settings["answers"] = json!(answers);
    fs::write(&told, settings.to_string()).unwrap();
    let base = desk.server.listening().trim_end_matches('/');
    // From a file: Schemathesis leaves out the operation that it reads the description from.
    let description = folder.join(DESCRIPTION);
    let examples = if env::long() { EXAMPLES.1 } else { EXAMPLES.0 };
    // Others are refused before a request's bounds are looked at, or are told the same: in the quick run, the bounds are tried as one caller.
    let bounds = env::long() || caller.name == "administrator";
    let phases = if bounds { "examples,coverage,fuzzing" } else { "examples,fuzzing" };
    let output = Command::new(env::python_tool("st"))
        .args(["run", &description.to_string_lossy(), "--url", base, "--checks", CHECKS])
        .args(["--phases", phases, "--max-examples", &examples.to_string()])
        .args([
            "--seed",
            &seed().to_string(),
            "--generation-database",
            "none",
            "--generation-with-security-parameters",
            "false",
        ])
        .args([
            "--continue-on-failure",
            "--request-timeout",
            "60",
            "--warnings",
            "off",
            "--no-color",
        ])
        .current_dir(folder)
        .env_clear()
        .env("PATH", env::path())
        .env("PYTHONPATH", env::workspace().join("tests/schemathesis"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("SCHEMATHESIS_HOOKS", "chamada_hooks")
        .env("CHAMADA_CALLER", &told)
        .output()
        .unwrap();
    let printed = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    let answered = fs::read(&answers).unwrap_or_else(|_| panic!("Schemathesis did not come to its end as {}:\n{printed}", caller.name));
    let found = (!output.status.success()).then(|| format!("as {}:\n{printed}", caller.name));
    (serde_json::from_slice(&answered).unwrap(), found)
}

/// `GET /api/me` and all others.
fn operations(description: &Value) -> BTreeSet<String> {
    let paths = description["paths"].as_object().unwrap();
    let each = paths.iter().flat_map(|(path, item)| {
        item.as_object()
            .unwrap()
            .keys()
            .map(move |method| format!("{} {path}", method.to_uppercase()))
    });
    each.collect()
}

/// Operations that were never asked as they are described: what is answered to other methods (405) does not count.
fn missed<'a>(operations: &'a BTreeSet<String>, answers: &Answers) -> Vec<&'a String> {
    let asked = |operation: &&String| {
        answers
            .get(*operation)
            .is_some_and(|statuses| statuses.keys().any(|status| status != "405"))
    };
    operations.iter().filter(|operation| !asked(operation)).collect()
}

fn print_counts(name: &str, answers: &Answers) {
    let mut statuses: BTreeMap<&str, u64> = BTreeMap::new();
    for (status, times) in answers.values().flatten() {
        *statuses.entry(status).or_default() += times;
    }
    let each: Vec<String> = statuses.iter().map(|(status, times)| format!("{status}: {times}")).collect();
    let all: u64 = statuses.values().sum();
    println!("{name}: {} operations, {all} requests ({})", answers.len(), each.join(", "));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_to_every_kind_of_caller_is_described() {
    let desk = Desk::open(Options::default()).await;
    desk.admin
        .patch("/api/settings", &json!({"specialists_claim": true}))
        .await
        .expect(200);
    let place = plant(&desk).await;
    let first = open_for(&desk, &place, CUSTOMER).await;
    let mut fields =
        json!({"ticket": [first], "assignee_id": [desk.admin.get("/api/me").await.expect(200)["id"]], "assignee": ["me", "none"]});
    for (name, id) in place.as_object().unwrap() {
        fields[name] = json!([id]);
    }
    let common = Common {
        key: session_body(&link(&desk, CUSTOMER, first).await).unwrap(),
        place,
        fields,
    };
    let guest = guest(&desk, &common).await;
    let mut callers = vec![
        anonymous(&desk, &common, guest.settings["paths"].as_object().unwrap().clone()),
        guest,
    ];
    // The administrator last: they change settings, trees, people and everybody's tickets.
    for role in ["user", "specialist", "administrator"] {
        callers.push(person(&desk, &common, role).await);
    }
    let bodies = bodies(&desk, &common).await;
    let kept = kept(&desk).await;
    let folder = Scratch::new("schemathesis-");
    let description = desk.admin.get("/api/openapi.json").await;
    fs::write(folder.path().join(DESCRIPTION), &description.body).unwrap();
    let described = operations(&description.expect(200));
    let (mut found, mut well_answered, mut tried) = (Vec::new(), BTreeSet::new(), 0);
    for caller in &callers {
        let (answers, why) = tokio::task::block_in_place(|| try_all(folder.path(), &desk, caller, &bodies, &kept));
        print_counts(caller.name, &answers);
        found.extend(why);
        let missed = missed(&described, &answers);
        if !missed.is_empty() {
            found.push(format!("not asked as {}: {missed:?}", caller.name));
        }
        tried += answers.len();
        let well = |statuses: &BTreeMap<String, u64>| statuses.keys().any(|status| status.starts_with('2'));
        well_answered.extend(
            answers
                .into_iter()
                .filter(|(_, statuses)| well(statuses))
                .map(|(operation, _)| operation),
        );
        if let Some(path) = &caller.alive {
            caller.api.wait(path, PATIENCE, |_| true).await;
        }
    }
    println!("{} operations x {} callers: {tried}", described.len(), callers.len());
    let refused: Vec<_> = described.difference(&well_answered).collect();
    println!("refused whoever asked: {refused:?}");
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn an_operation_that_was_asked_by_other_methods_alone_is_missed() {
    let described = operations(&json!({"paths": {"/api/me": {"get": {}, "patch": {}}}}));
    let answers = Answers::from([
        ("GET /api/me".to_owned(), BTreeMap::from([("405".to_owned(), 7)])),
        (
            "PATCH /api/me".to_owned(),
            BTreeMap::from([("405".to_owned(), 7), ("422".to_owned(), 1)]),
        ),
    ]);
    assert_eq!(missed(&described, &answers), ["GET /api/me"]);
}
