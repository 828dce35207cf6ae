//! The description of the API: what the web client's types were made from is what the program says, and it is whole.
#![expect(clippy::unwrap_used, reason = "helpers of a test fail the test")]

use chamada_tests::env;
use serde_json::{Value, json};
use std::{collections::BTreeMap, fs, process::Command};

fn printed() -> String {
    let output = Command::new(env::chamada_bin()).arg("openapi").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn description() -> Value {
    serde_json::from_str(&printed()).unwrap()
}

/// The references that lead nowhere.
fn dangling(root: &Value) -> Vec<String> {
    fn walk(root: &Value, here: &Value, found: &mut Vec<String>) {
        match here {
            Value::Object(members) => {
                if let Some(Value::String(reference)) = members.get("$ref") {
                    let there = reference.strip_prefix('#').and_then(|pointer| root.pointer(pointer));
                    if there.is_none() {
                        found.push(reference.clone());
                    }
                }
                members.values().for_each(|member| walk(root, member, found));
            }
            Value::Array(items) => items.iter().for_each(|item| walk(root, item, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(root, root, &mut found);
    found
}

/// How often each operation id stands there.
fn operation_ids(description: &Value) -> BTreeMap<String, usize> {
    let paths = description["paths"].as_object().unwrap().values();
    let operations = paths.flat_map(|path| path.as_object().unwrap().values());
    let mut count = BTreeMap::new();
    for operation in operations {
        *count.entry(operation["operationId"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    count
}

#[test]
fn the_client_was_made_for_this_api() {
    let kept = fs::read_to_string(env::workspace().join("web/openapi.json")).unwrap();
    assert!(
        kept == printed(),
        "web/openapi.json is not what `chamada openapi` prints: run `npm --prefix web run api`, and see what the client says to it"
    );
}

#[test]
fn each_reference_leads_somewhere() {
    assert_eq!(dangling(&description()), Vec::<String>::new());
    let broken = json!({"a": [{"$ref": "#/b/c"}, {"$ref": "#/b/d"}], "b": {"c": 1}});
    assert_eq!(dangling(&broken), ["#/b/d"]);
}

#[test]
fn each_operation_has_an_id_of_its_own() {
    let ids = operation_ids(&description());
    assert!(ids.len() > 30, "{ids:?}");
    let shared: Vec<_> = ids.iter().filter(|(_, count)| **count > 1).collect();
    assert!(shared.is_empty(), "{shared:?}");
}

/// Words are described as they are written, not as the program calls them.
#[test]
fn words_are_those_of_the_api() {
    let description = description();
    let words = |name: &str| description["components"]["schemas"][name]["enum"].clone();
    assert_eq!(words("Status"), json!(["new", "in_process", "on_hold", "resolved", "cancelled"]));
    assert_eq!(words("Visibility"), json!(["public", "internal"]));
    assert_eq!(words("Role"), json!(["user", "specialist", "administrator"]));
}
