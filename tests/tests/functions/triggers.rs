//! What calls the event functions, and the table, against the deployment template.

use crate::world::{World, sample};
use chamada_domain::entry::Event;
use chamada_local::template::Template;
use chamada_store::written;
use chamada_tests::{engine::raw, env};
use serde_json::{Value, json};
use std::fs;

/// The types of history entries, from the code itself: asked for one that there is not, serde names those that there are.
fn entry_types() -> Vec<String> {
    let error = serde_json::from_value::<Event>(json!({"type": "none", "data": {}}))
        .unwrap_err()
        .to_string();
    let (_, expected) = error.split_once("expected one of ").unwrap();
    expected.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// What the outbox puts on the bus, and who is to hear it.
fn emitted() -> Vec<(String, &'static [&'static str])> {
    let heard = |name: &str| -> &'static [&'static str] {
        match name {
            "erased" => &["notifier", "housekeeping"],
            _ => &["notifier"],
        }
    };
    let entries = entry_types().into_iter().map(|name| (format!("ticket.{name}"), heard(&name)));
    let others: [(&str, &[&str]); 5] = [
        ("link.asked", &["notifier"]),
        ("sweep.asked", &["mail-sweep"]),
        ("erasure.asked", &["housekeeping"]),
        ("bundle.asked", &["evidence"]),
        ("root.made", &["notifier"]),
    ];
    entries.chain(others.map(|(name, heard)| (name.to_owned(), heard))).collect()
}

/// Items of the table, and whether the outbox is to hear of one that is new, with what its state would be where it has one.
const ITEMS: [(&str, &str, &str, bool); 23] = [
    ("T#0000001042", "H#00000001", "", true),
    ("T#0000001042", "META", "", false),
    ("T#0000001042", "A#att_0123456789abcdef0123", "", false),
    ("T#0000001042", "B#bun_0123456789abcdef0123", "", true),
    ("ROOT", "2026-11-21", "", true),
    ("ROOT", "AT", "", false),
    ("DAY#2026-11-21", "T#0000001042", "", false),
    ("TK#1042", "00ff", "", false),
    ("UP#att_0123456789abcdef0123", "UP", "", false),
    ("MB#mbx_0123456789abcdef0123", "SWEEP#swp_0123456789abcdef0123", "asked", true),
    ("MB#mbx_0123456789abcdef0123", "SWEEP#swp_0123456789abcdef0123", "running", false),
    ("MB#mbx_0123456789abcdef0123", "UID#1", "", false),
    ("MB#mbx_0123456789abcdef0123", "LEASE", "", false),
    ("LINK#lnk_0123456789abcdef0123", "ASKED", "", true),
    ("LINK#lnk_0123456789abcdef0123", "NOBODY", "", false),
    ("U#usr_0123456789abcdef0123", "PROFILE", "", false),
    ("SENT#1042", "00000001#ana", "", false),
    ("COUNTER", "TICKET", "", false),
    ("ERASE#U#usr_0123456789abcdef0123", "ASKED", "", true),
    ("ERASE#T#1042", "H#00000005", "", false),
    ("U#usr_0123456789abcdef0123", "IN#0000001042", "", false),
    ("T#0000001042", "D#mbx_0123456789abcdef0123#1", "", false),
    ("I#usr_0123456789abcdef0123#key", "I", "", false),
];

fn record(event: &str, pk: &str, sk: &str, state: &str) -> Value {
    let mut image = json!({"pk": {"S": pk}, "sk": {"S": sk}});
    if !state.is_empty() {
        image["state"] = json!({"S": state});
    }
    json!({"eventName": event, "dynamodb": {"Keys": {"pk": {"S": pk}, "sk": {"S": sk}}, "NewImage": image}})
}

/// The detail-types that rules of the template wait for: (event in the template, words that an event's must equal or begin with).
fn awaited(text: &str) -> Vec<(String, String)> {
    let document: serde_yaml_ng::Value = serde_yaml_ng::from_str(text).unwrap();
    let mut words = Vec::new();
    for resource in document["Resources"].as_mapping().unwrap().values() {
        for (name, event) in resource["Properties"]["Events"].as_mapping().into_iter().flatten() {
            for word in event["Properties"]["Pattern"]["detail-type"].as_sequence().into_iter().flatten() {
                let word = word.as_str().or_else(|| word["prefix"].as_str()).unwrap();
                words.push((name.as_str().unwrap().to_owned(), word.to_owned()));
            }
        }
    }
    words
}

/// Every difference between the events that there are and those that the template waits for, in words; none is the only right answer.
fn drift(text: &str) -> Vec<String> {
    let template = match Template::parse(text) {
        Ok(template) => template,
        Err(error) => return vec![error.to_string()],
    };
    let mut found = Vec::new();
    for (detail_type, wanted) in emitted() {
        let event = json!({"source": "chamada", "detail-type": detail_type, "detail": {}});
        let heard: Vec<&str> = template
            .rules
            .iter()
            .filter(|rule| rule.pattern.matches(&event))
            .map(|rule| rule.function.as_str())
            .collect();
        if heard != wanted {
            found.push(format!("{detail_type} is heard by {heard:?}"));
        }
    }
    let idle = awaited(text)
        .into_iter()
        .filter(|(_, word)| !emitted().iter().any(|(detail_type, _)| detail_type.starts_with(word)));
    found.extend(idle.map(|(rule, word)| format!("{rule} waits for {word}, which nobody says")));
    let stream = &template.stream;
    if (stream.function.as_str(), stream.report_failures) != ("outbox", true) {
        found.push(format!("the stream goes to {}", stream.function));
    }
    for (pk, sk, state, wanted) in ITEMS {
        for event in ["INSERT", "MODIFY", "REMOVE"] {
            let record = record(event, pk, sk, state);
            let passed = stream.filters.iter().any(|filter| filter.matches(&record));
            if passed != (wanted && event == "INSERT") {
                found.push(format!("{event} of {pk} {sk} {state}: passed is {passed}"));
            }
        }
    }
    let schedules: Vec<(&str, &Value)> = template
        .schedules
        .iter()
        .map(|schedule| (schedule.function.as_str(), &schedule.input))
        .collect();
    let right = [
        ("mail-sweep", &sample("mail-sweep/sweep-due.json")),
        ("housekeeping", &sample("housekeeping/housekeeping-due.json")),
        ("evidence", &sample("evidence/root-due.json")),
    ];
    if schedules != right {
        found.push(format!("the schedules are {schedules:?}"));
    }
    found
}

fn template() -> String {
    fs::read_to_string(env::workspace().join("infra/template.yaml")).unwrap()
}

#[test]
fn the_template_waits_for_what_is_said_and_for_nothing_else() {
    assert!(entry_types().len() >= 12, "{:?}", entry_types());
    assert_eq!(drift(&template()), Vec::<String>::new());
}

#[test]
fn the_schema_of_ticket_events_names_every_type_of_entry() {
    let schema = sample("schemas/ticket.json");
    let listed = |pointer: &str| -> Vec<String> {
        let names = schema.pointer(pointer).unwrap().as_array().unwrap().iter();
        names
            .map(|name| name.as_str().unwrap().trim_start_matches("ticket.").to_owned())
            .collect()
    };
    assert_eq!(listed("/properties/detail-type/enum"), entry_types());
    assert_eq!(listed("/properties/detail/properties/type/enum"), entry_types());
}

#[test]
fn what_passes_the_stream_s_filters_is_what_the_outbox_knows() {
    for (pk, sk, state, wanted) in ITEMS {
        let known = written(pk, sk).is_some() && state != "running";
        assert_eq!(known, wanted, "{pk} {sk} {state}");
    }
}

#[test]
fn a_trigger_too_few_or_too_many_is_seen() {
    let template = template();
    let changed = |from: &str, to: &str| {
        assert!(template.contains(from), "{from}");
        drift(&template.replace(from, to))
    };
    assert_eq!(
        changed("[{ prefix: ticket. }, link.asked, root.made]", "[{ prefix: ticket. }, root.made]"),
        ["link.asked is heard by []"]
    );
    assert_eq!(changed("detail-type: [sweep.asked]", "detail-type: [sweep.due]").len(), 2);
    assert_eq!(
        changed("detail-type: [sweep.asked]", "detail-type: [sweep.asked, sweep.ended]"),
        ["SweepAsked waits for sweep.ended, which nobody says"]
    );
    let all = changed(
        "[{ prefix: ticket. }, link.asked, root.made]",
        "[ticket.opened, ticket.message, link.asked, root.made]",
    );
    assert_eq!(all.len(), entry_types().len() - 2, "{all:?}");
    assert_eq!(
        changed(r#"{"prefix":"H#"}"#, r#"{"prefix":"META"}"#),
        [
            "INSERT of T#0000001042 H#00000001 : passed is false",
            "INSERT of T#0000001042 META : passed is true"
        ]
    );
    assert_eq!(
        changed(r#""state":{"S":["asked"]}"#, r#""state":{"S":["asked","running"]}"#).len(),
        1
    );
    assert_eq!(changed(r#""detail-type":"sweep.due""#, r#""detail-type":"sweep.all""#).len(), 1);
    assert_eq!(
        changed(r#""detail-type":"housekeeping.due""#, r#""detail-type":"sweep.due""#).len(),
        1
    );
    assert_eq!(
        changed("ScheduleExpression: rate(1 hour)", "ScheduleExpression: cron(0 * * * ? *)"),
        ["the deployment template lacks the rate of housekeeping/HousekeepingDue"]
    );
    assert_eq!(
        changed("FunctionResponseTypes: [ReportBatchItemFailures]", ""),
        ["the stream goes to outbox"]
    );
}

/// DATA.md, 'Indexes': name, partition key, sort key.
const INDEXES: [(&str, &str, &str); 6] = [
    ("by_updated", "list_pk", "updated_at"),
    ("by_status", "status_pk", "updated_at"),
    ("by_requester", "requester_pk", "updated_at"),
    ("by_assignee", "assignee_pk", "updated_at"),
    ("by_priority", "priority_pk", "priority_sk"),
    ("by_due", "due_pk", "due_sk"),
];

fn keys(schema: &Value) -> Vec<(&str, &str)> {
    let parts = schema.as_array().unwrap().iter();
    parts
        .map(|part| (part["AttributeName"].as_str().unwrap(), part["KeyType"].as_str().unwrap()))
        .collect()
}

/// Name, keys and projection of each index, by name.
fn indexes(described: &Value) -> Vec<Value> {
    let mut indexes: Vec<Value> = described
        .as_array()
        .unwrap()
        .iter()
        .map(|index| json!({"name": index["IndexName"], "keys": keys(&index["KeySchema"]), "projection": index["Projection"]}))
        .collect();
    indexes.sort_by_key(|index| index["name"].to_string());
    indexes
}

#[tokio::test]
async fn the_embedded_table_is_the_template_s_and_both_are_as_designed() {
    let world = World::open().await;
    let declared = Template::parse(&template()).unwrap().table;
    let name = &world.platform.config().table_name;
    let described = raw(&world.services.server_file().dynamodb, "DescribeTable", &json!({"TableName": name}))
        .await
        .unwrap();
    let table = &described["Table"];
    assert_eq!(keys(&table["KeySchema"]), [("pk", "HASH"), ("sk", "RANGE")]);
    assert_eq!(keys(&declared.key_schema), keys(&table["KeySchema"]));
    assert_eq!(table["StreamSpecification"]["StreamViewType"], "NEW_AND_OLD_IMAGES");
    assert_eq!(indexes(&declared.indexes), indexes(&table["GlobalSecondaryIndexes"]));
    let mut designed: Vec<Value> = INDEXES
        .iter()
        .map(|(name, partition, sort)| {
            let projection = json!({"ProjectionType": "INCLUDE", "NonKeyAttributes": ["row"]});
            json!({"name": name, "keys": [[partition, "HASH"], [sort, "RANGE"]], "projection": projection})
        })
        .collect();
    designed.sort_by_key(|index| index["name"].to_string());
    assert_eq!(indexes(&declared.indexes), designed);
}
