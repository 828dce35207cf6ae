//! Sample events and schemas: each is what its function reads, and each is used.

use crate::world::sample;
use chamada_local::template::Template;
use chamada_store::written;
use chamada_tests::env;
use serde_json::{Value, json};
use std::{collections::BTreeSet, fs};

/// The schema that the bus promises of such an event.
pub(crate) fn schema_of(event: &Value) -> Value {
    let detail_type = event["detail-type"].as_str().unwrap();
    let name = if detail_type.starts_with("ticket.") {
        "ticket"
    } else {
        detail_type
    };
    sample(&format!("schemas/{name}.json"))
}

/// What of a value is not as its schema says. Knows the words of JSON Schema that our schemas use, and takes no other.
pub(crate) fn faults(schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    check(schema, value, "", &mut found);
    found
}

fn check(schema: &Value, value: &Value, place: &str, found: &mut Vec<String>) {
    for (word, rule) in schema.as_object().unwrap() {
        let right = match word.as_str() {
            "$schema" | "title" | "description" => true,
            "const" => value == rule,
            "enum" => rule.as_array().unwrap().contains(value),
            "type" => is_a(value, rule.as_str().unwrap()),
            "pattern" => value.as_str().is_none_or(|text| fits(text, rule.as_str().unwrap())),
            "minimum" => value.as_f64().is_none_or(|number| number >= rule.as_f64().unwrap()),
            "maximum" => value.as_f64().is_none_or(|number| number <= rule.as_f64().unwrap()),
            "required" => rule
                .as_array()
                .unwrap()
                .iter()
                .all(|name| value.get(name.as_str().unwrap()).is_some()),
            "properties" => {
                let known = rule
                    .as_object()
                    .unwrap()
                    .iter()
                    .filter_map(|(name, rule)| Some((name, rule, value.get(name)?)));
                known.for_each(|(name, rule, value)| check(rule, value, &format!("{place}/{name}"), found));
                true
            }
            "additionalProperties" => {
                let others = value
                    .as_object()
                    .into_iter()
                    .flatten()
                    .filter(|(name, _)| schema["properties"].get(name).is_none());
                match rule {
                    Value::Bool(allowed) => *allowed || others.count() == 0,
                    rule => {
                        others.for_each(|(name, value)| check(rule, value, &format!("{place}/{name}"), found));
                        true
                    }
                }
            }
            other => panic!("this check does not know {other}"),
        };
        if !right {
            found.push(format!("{place}: {word}"));
        }
    }
}

fn is_a(value: &Value, kind: &str) -> bool {
    match kind {
        "object" => value.is_object(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        other => panic!("this check does not know the type {other}"),
    }
}

/// Whether a text is an id as our patterns have them: `^mbx_[0-9a-zA-Z]{1,40}$`, `^[a-z]{3}_[0-9a-zA-Z]{1,40}$`.
fn fits(text: &str, pattern: &str) -> bool {
    let prefix = pattern.strip_prefix('^').and_then(|rest| rest.strip_suffix("[0-9a-zA-Z]{1,40}$"));
    let prefix = prefix.unwrap_or_else(|| panic!("this check does not know {pattern}"));
    let Some((kind, id)) = text.split_once('_') else { return false };
    let right_kind = match prefix {
        "[a-z]{3}_" => kind.len() == 3 && kind.bytes().all(|byte| byte.is_ascii_lowercase()),
        prefix => prefix.strip_suffix('_') == Some(kind),
    };
    right_kind && (1..=40).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// The files of `events/`, as `folder/file.json`.
fn files() -> BTreeSet<String> {
    let root = env::workspace().join("events");
    let names = |path: &std::path::Path| -> Vec<String> {
        let entries = fs::read_dir(path)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap());
        entries.collect()
    };
    let folders = names(&root).into_iter().filter(|name| name != "README.md");
    folders
        .flat_map(|folder| names(&root.join(&folder)).into_iter().map(move |file| format!("{folder}/{file}")))
        .collect()
}

/// A request as the functions' runtime reads it.
fn read_request(path: &str, event: &Value) {
    let request = lambda_http::request::from_str(&event.to_string()).unwrap_or_else(|error| panic!("{path}: {error}"));
    let http = &event["requestContext"]["http"];
    assert_eq!(request.method().as_str(), http["method"], "{path}");
    assert_eq!(request.uri().path(), http["path"], "{path}");
    assert_eq!(event["rawPath"], http["path"], "{path}");
    assert_eq!(event["routeKey"], event["requestContext"]["routeKey"], "{path}");
    let length = event["body"].as_str().map(|body| body.len().to_string());
    assert_eq!(event["headers"]["content-length"].as_str(), length.as_deref(), "{path}");
    let routes = Template::embedded().unwrap().routes;
    let named = |method: &str, route: &str| event["routeKey"] == format!("{method} {route}");
    let (function, _) = path.split_once('/').unwrap();
    assert!(
        routes
            .iter()
            .any(|route| route.function == function && named(&route.method, &route.path)),
        "{path}: the deployment has no such route to this function"
    );
}

/// A batch as the table's stream delivers it: only what its filters let through, only what the outbox announces.
fn read_batch(path: &str, event: &Value) {
    let filters = Template::embedded().unwrap().stream.filters;
    let records = event["Records"].as_array().unwrap();
    assert!(!records.is_empty(), "{path}");
    for record in records {
        assert!(
            filters.iter().any(|filter| filter.matches(record)),
            "{path}: no filter lets this through: {record}"
        );
        let (keys, image) = (&record["dynamodb"]["Keys"], &record["dynamodb"]["NewImage"]);
        assert_eq!((&keys["pk"], &keys["sk"]), (&image["pk"], &image["sk"]), "{path}");
        assert!(
            written(keys["pk"]["S"].as_str().unwrap(), keys["sk"]["S"].as_str().unwrap()).is_some(),
            "{path}"
        );
    }
}

fn read_event(path: &str, event: &Value) {
    assert_eq!(faults(&schema_of(event), event), Vec::<String>::new(), "{path}");
    let (function, _) = path.split_once('/').unwrap();
    let rules = Template::embedded().unwrap().rules;
    assert!(
        rules.iter().any(|rule| rule.function == function && rule.pattern.matches(event)),
        "{path}: no rule brings it there"
    );
}

#[test]
fn every_sample_is_what_its_function_reads() {
    let mut schemas: BTreeSet<String> = files().into_iter().filter(|path| path.starts_with("schemas/")).collect();
    for path in files().iter().filter(|path| !path.starts_with("schemas/")) {
        let event = sample(path);
        match path.split_once('/').unwrap() {
            ("tickets" | "attachments" | "accounts" | "mailboxes", _) => read_request(path, &event),
            ("outbox", _) => read_batch(path, &event),
            (function, "sweep-due.json" | "housekeeping-due.json" | "root-due.json") => {
                let schedules = Template::embedded().unwrap().schedules;
                let inputs: Vec<&Value> = schedules.iter().filter(|s| s.function == function).map(|s| &s.input).collect();
                assert_eq!(inputs, [&event]);
            }
            ("mail-sweep" | "notifier" | "housekeeping" | "evidence", _) => {
                read_event(path, &event);
                let detail_type = event["detail-type"].as_str().unwrap();
                let name = if detail_type.starts_with("ticket.") {
                    "ticket"
                } else {
                    detail_type
                };
                schemas.remove(&format!("schemas/{name}.json"));
            }
            _ => panic!("{path} belongs to no function"),
        }
    }
    assert_eq!(schemas, BTreeSet::new(), "no sample shows what these schemas describe");
}

#[test]
fn every_sample_is_sent_to_its_function_by_a_test() {
    let tests = env::workspace().join("tests/tests/functions");
    let sources = fs::read_dir(tests).unwrap().map(|entry| entry.unwrap().path());
    let sources = sources.filter(|path| path.file_name().is_some_and(|name| name != "samples.rs"));
    let text: String = sources.map(|path| fs::read_to_string(path).unwrap()).collect();
    let unused: Vec<String> = files()
        .into_iter()
        .filter(|path| !path.starts_with("schemas/") && !text.contains(&format!("\"{path}\"")))
        .collect();
    assert_eq!(unused, Vec::<String>::new());
}

#[test]
fn the_schemas_refuse_what_is_not_so() {
    let right = sample("notifier/ticket-opened.json");
    let wrong = |change: &dyn Fn(&mut Value)| {
        let mut event = right.clone();
        change(&mut event);
        faults(&sample("schemas/ticket.json"), &event)
    };
    assert_eq!(wrong(&|_| {}), Vec::<String>::new());
    assert_eq!(wrong(&|event| event["source"] = json!("elsewhere")), ["/source: const"]);
    assert_eq!(
        wrong(&|event| event["detail-type"] = json!("ticket.exploded")),
        ["/detail-type: enum"]
    );
    assert_eq!(
        wrong(&|event| event["detail"]["title"] = json!("words")),
        ["/detail: additionalProperties"]
    );
    assert_eq!(wrong(&|event| event["detail"]["ticket"] = json!("1042")), ["/detail/ticket: type"]);
    assert_eq!(wrong(&|event| event["detail"]["seq"] = json!(0)), ["/detail/seq: minimum"]);
    assert_eq!(
        wrong(&|event| event["detail"]["ids"]["author"] = json!("ana@example.org")),
        ["/detail/ids/author: pattern"]
    );
    assert_eq!(
        wrong(&|event| drop(event["detail"].as_object_mut().unwrap().remove("seq"))),
        ["/detail: required"]
    );
}
