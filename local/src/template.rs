//! What one machine takes from the deployment template: the table, the bus rules, the stream mapping, the schedules and the
//! HTTP routes. They stand in `infra/template.yaml` once; nothing here repeats them.

use std::time::Duration;

use serde_json::{Map, Value};
use serde_yaml_ng::Value as Yaml;

use crate::pattern::{Pattern, PatternError};
use crate::schedule::rate;

/// The template that this program was built with.
const EMBEDDED: &str = include_str!("../../infra/template.yaml");

/// The template does not say what one machine needs to know.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// It is not YAML.
    #[error("the deployment template cannot be read: {0}")]
    Yaml(#[from] serde_yaml_ng::Error),
    /// Something that one machine needs is missing or has another shape.
    #[error("the deployment template lacks {0}")]
    Missing(String),
    /// A pattern uses what is not understood here.
    #[error("a pattern in the deployment template cannot be used: {0}")]
    Pattern(#[from] PatternError),
}

/// The table as declared.
#[derive(Debug, Clone, Default)]
pub struct Table {
    /// `KeySchema`, as DynamoDB takes it.
    pub key_schema: Value,
    /// `AttributeDefinitions`, as DynamoDB takes them.
    pub attributes: Value,
    /// `GlobalSecondaryIndexes`, as DynamoDB takes them.
    pub indexes: Value,
    /// `StreamViewType`, where the table has a stream.
    pub stream_view: Option<String>,
    /// The attribute that holds an item's expiry, where there is one.
    pub ttl_attribute: Option<String>,
}

/// How often, and for how long, an event is offered to its function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// Attempts after the first.
    pub attempts: u32,
    /// Age from which it is not tried again.
    pub max_age: Duration,
}

/// A rule of the bus: events that match go to a function.
#[derive(Debug, Clone)]
pub struct Rule {
    /// `<function>/<event name in the template>`.
    pub name: String,
    /// The function's folder name, as `mail-sweep`.
    pub function: String,
    /// What it hears.
    pub pattern: Pattern,
    /// When delivery is given up.
    pub retry: Retry,
}

/// How the table's stream reaches a function.
#[derive(Debug, Clone)]
pub struct StreamMapping {
    /// The function's folder name.
    pub function: String,
    /// A record that matches any of them is delivered; none means all.
    pub filters: Vec<Pattern>,
    /// Records in one call at most.
    pub batch_size: usize,
    /// Whether a failing batch is cut in two.
    pub bisect: bool,
    /// Whether the answer names the records that failed.
    pub report_failures: bool,
    /// Attempts after the first.
    pub retries: u32,
}

/// An event that comes with time.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// `<function>/<event name in the template>`.
    pub name: String,
    /// The function's folder name.
    pub function: String,
    /// The event's text, JSON.
    pub input: Value,
    /// How often it comes.
    pub every: Duration,
}

/// A route of the HTTP API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The function's folder name.
    pub function: String,
    /// `ANY`, `GET` …
    pub method: String,
    /// As API Gateway writes it: `/api/tickets/{proxy+}`.
    pub path: String,
}

/// All that one machine takes from the template.
#[derive(Debug, Clone)]
pub struct Template {
    /// The one table.
    pub table: Table,
    /// The bus rules.
    pub rules: Vec<Rule>,
    /// The stream's mapping.
    pub stream: StreamMapping,
    /// The schedules.
    pub schedules: Vec<Schedule>,
    /// The HTTP routes.
    pub routes: Vec<Route>,
    /// Functions with their time limits.
    pub functions: Vec<(String, Duration)>,
}

impl Template {
    /// The template of this build.
    ///
    /// # Errors
    /// Where it changed in a way that one machine does not understand; a test excludes that.
    pub fn embedded() -> Result<Self, TemplateError> {
        Self::parse(EMBEDDED)
    }

    /// Reads a SAM template.
    ///
    /// # Errors
    /// Names what is missing or not understood.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let document = plain(serde_yaml_ng::from_str(text)?);
        let resources = document
            .get("Resources")
            .and_then(Value::as_object)
            .ok_or_else(|| missing("Resources"))?;
        let default_timeout = document.pointer("/Globals/Function/Timeout").and_then(Value::as_u64).unwrap_or(3);
        let mut found = Found::default();
        for (id, resource) in resources {
            let properties = resource.get("Properties").unwrap_or(&Value::Null);
            match resource.get("Type").and_then(Value::as_str) {
                Some("AWS::DynamoDB::Table") if found.table.is_some() => return Err(missing("a single table")),
                Some("AWS::DynamoDB::Table") => found.table = Some(table(properties)?),
                Some("AWS::Serverless::Function") => found.function(id, properties, default_timeout)?,
                _ => {}
            }
        }
        Ok(Self {
            table: found.table.ok_or_else(|| missing("an AWS::DynamoDB::Table"))?,
            rules: found.rules,
            stream: found.stream.ok_or_else(|| missing("a function with the table's stream"))?,
            schedules: found.schedules,
            routes: found.routes,
            functions: found.functions,
        })
    }

    /// A function's time limit.
    #[must_use]
    pub fn timeout(&self, function: &str) -> Duration {
        self.functions
            .iter()
            .find(|(name, _)| name == function)
            .map_or(Duration::from_secs(3), |(_, timeout)| *timeout)
    }
}

#[derive(Default)]
struct Found {
    table: Option<Table>,
    stream: Option<StreamMapping>,
    rules: Vec<Rule>,
    schedules: Vec<Schedule>,
    routes: Vec<Route>,
    functions: Vec<(String, Duration)>,
}

impl Found {
    fn function(&mut self, id: &str, properties: &Value, default_timeout: u64) -> Result<(), TemplateError> {
        let function = folder_name(id);
        let timeout = properties.get("Timeout").and_then(Value::as_u64).unwrap_or(default_timeout);
        self.functions.push((function.clone(), Duration::from_secs(timeout)));
        for (event, declared) in properties.get("Events").and_then(Value::as_object).into_iter().flatten() {
            let name = format!("{function}/{event}");
            let details = declared.get("Properties").unwrap_or(&Value::Null);
            match declared.get("Type").and_then(Value::as_str).unwrap_or_default() {
                "DynamoDB" => self.stream = Some(stream_mapping(&function, details)?),
                "EventBridgeRule" => self.rules.push(rule(name, &function, details)?),
                "ScheduleV2" | "Schedule" => self.schedules.push(schedule(name, &function, details)?),
                "HttpApi" => self.routes.push(Route {
                    function: function.clone(),
                    method: text(details, "Method").unwrap_or("ANY").to_uppercase(),
                    path: text(details, "Path")
                        .ok_or_else(|| missing(&format!("the path of {name}")))?
                        .to_owned(),
                }),
                other => return Err(missing(&format!("an event type known here: {name} has {other:?}"))),
            }
        }
        Ok(())
    }
}

fn table(properties: &Value) -> Result<Table, TemplateError> {
    let part = |name: &str| properties.get(name).cloned().ok_or_else(|| missing(&format!("the table's {name}")));
    Ok(Table {
        key_schema: part("KeySchema")?,
        attributes: part("AttributeDefinitions")?,
        indexes: properties.get("GlobalSecondaryIndexes").cloned().unwrap_or_default(),
        stream_view: properties
            .pointer("/StreamSpecification/StreamViewType")
            .and_then(Value::as_str)
            .map(str::to_owned),
        ttl_attribute: properties
            .pointer("/TimeToLiveSpecification/AttributeName")
            .and_then(Value::as_str)
            .map(str::to_owned),
    })
}

fn stream_mapping(function: &str, details: &Value) -> Result<StreamMapping, TemplateError> {
    let filters = details
        .pointer("/FilterCriteria/Filters")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let filters = filters.iter().map(|filter| {
        let written = text(filter, "Pattern").ok_or_else(|| missing("a stream filter's pattern"))?;
        let pattern: Value = serde_json::from_str(written).map_err(|error| missing(&format!("a stream filter in JSON: {error}")))?;
        Ok(Pattern::parse(&pattern)?)
    });
    let number = |name: &str, default: u64| details.get(name).and_then(Value::as_u64).unwrap_or(default);
    let reports = details.get("FunctionResponseTypes").and_then(Value::as_array);
    Ok(StreamMapping {
        function: function.to_owned(),
        filters: filters.collect::<Result<_, TemplateError>>()?,
        batch_size: usize::try_from(number("BatchSize", 100)).unwrap_or(100),
        bisect: details.get("BisectBatchOnFunctionError").and_then(Value::as_bool).unwrap_or(false),
        report_failures: reports.is_some_and(|types| types.iter().any(|kind| kind == "ReportBatchItemFailures")),
        retries: u32::try_from(number("MaximumRetryAttempts", 10)).unwrap_or(10),
    })
}

fn rule(name: String, function: &str, details: &Value) -> Result<Rule, TemplateError> {
    let pattern = details.get("Pattern").ok_or_else(|| missing(&format!("the pattern of {name}")))?;
    Ok(Rule {
        pattern: Pattern::parse(pattern)?,
        retry: retry(details),
        name,
        function: function.to_owned(),
    })
}

/// EventBridge's own defaults are 185 attempts within 24 hours.
fn retry(details: &Value) -> Retry {
    let number = |path: &str, default: u64| details.pointer(path).and_then(Value::as_u64).unwrap_or(default);
    Retry {
        attempts: u32::try_from(number("/RetryPolicy/MaximumRetryAttempts", 185)).unwrap_or(185),
        max_age: Duration::from_secs(number("/RetryPolicy/MaximumEventAgeInSeconds", 86_400)),
    }
}

fn schedule(name: String, function: &str, details: &Value) -> Result<Schedule, TemplateError> {
    let input = text(details, "Input").ok_or_else(|| missing(&format!("the input of {name}")))?;
    let input = serde_json::from_str(input).map_err(|error| missing(&format!("an input of {name} in JSON: {error}")))?;
    let every = text(details, "ScheduleExpression").and_then(rate);
    Ok(Schedule {
        every: every.ok_or_else(|| missing(&format!("the rate of {name}")))?,
        name,
        function: function.to_owned(),
        input,
    })
}

/// `MailSweepFunction` → `mail-sweep`.
fn folder_name(id: &str) -> String {
    let stem = id.strip_suffix("Function").unwrap_or(id);
    let mut name = String::with_capacity(stem.len() + 4);
    for (at, letter) in stem.char_indices() {
        if letter.is_ascii_uppercase() && at > 0 {
            name.push('-');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name).and_then(Value::as_str)
}

fn missing(what: &str) -> TemplateError {
    TemplateError::Missing(what.to_owned())
}

/// YAML with CloudFormation's short tags as JSON with its long forms: `!Ref A` is `{"Ref": "A"}`, `!Sub x` is `{"Fn::Sub": "x"}`.
fn plain(yaml: Yaml) -> Value {
    match yaml {
        Yaml::Null => Value::Null,
        Yaml::Bool(value) => value.into(),
        Yaml::Number(number) => serde_json::to_value(number).unwrap_or_default(),
        Yaml::String(text) => text.into(),
        Yaml::Sequence(list) => list.into_iter().map(plain).collect(),
        Yaml::Mapping(map) => {
            let pairs = map.into_iter().filter_map(|(key, value)| match plain(key) {
                Value::String(key) => Some((key, plain(value))),
                Value::Number(key) => Some((key.to_string(), plain(value))),
                _ => None,
            });
            Value::Object(pairs.collect())
        }
        Yaml::Tagged(tagged) => {
            let tag = tagged.tag.to_string();
            let name = tag.trim_start_matches('!');
            let long = if name == "Ref" || name == "Condition" {
                name.to_owned()
            } else {
                format!("Fn::{name}")
            };
            Value::Object(Map::from_iter([(long, plain(tagged.value))]))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_embedded_template_has_all_that_one_machine_needs() {
        let template = Template::embedded().unwrap();
        let indexes = template.table.indexes.as_array().unwrap();
        let names: Vec<_> = indexes.iter().map(|index| index["IndexName"].as_str().unwrap()).collect();
        assert_eq!(
            names,
            ["by_updated", "by_status", "by_requester", "by_assignee", "by_priority", "by_due"]
        );
        assert_eq!(template.table.stream_view.as_deref(), Some("NEW_AND_OLD_IMAGES"));
        assert_eq!(template.table.ttl_attribute.as_deref(), Some("expires_at"));
        assert_eq!(template.stream.function, "outbox");
        assert!(template.stream.bisect && template.stream.report_failures);
        assert!(template.schedules.iter().any(|schedule| schedule.function == "mail-sweep"));
        assert!(template.timeout("mail-sweep") > template.timeout("notifier"));
        assert!(
            template
                .routes
                .iter()
                .any(|route| route.path == "/api/tickets/{proxy+}" && route.function == "tickets")
        );
    }

    #[test]
    fn its_rules_bring_events_to_their_functions() {
        let template = Template::embedded().unwrap();
        let heard = |detail_type: &str| -> Vec<String> {
            let event = json!({ "source": "chamada", "detail-type": detail_type, "detail": {} });
            template
                .rules
                .iter()
                .filter(|rule| rule.pattern.matches(&event))
                .map(|rule| rule.function.clone())
                .collect()
        };
        assert_eq!(heard("sweep.asked"), ["mail-sweep"]);
        assert_eq!(heard("ticket.opened"), ["notifier"]);
        assert_eq!(heard("link.asked"), ["notifier"]);
        assert!(heard("something.else").is_empty());
    }

    #[test]
    fn its_stream_filters_take_new_entries_and_asked_sweeps_alone() {
        let mapping = Template::embedded().unwrap().stream;
        let wanted = |record: Value| mapping.filters.iter().any(|filter| filter.matches(&record));
        let record = |event: &str, pk: &str, sk: &str, state: &str| {
            json!({ "eventName": event, "dynamodb": {
                "Keys": { "pk": { "S": pk }, "sk": { "S": sk } }, "NewImage": { "state": { "S": state } } } })
        };
        assert!(wanted(record("INSERT", "T#0000000001", "H#00000001", "")));
        assert!(
            !wanted(record("MODIFY", "T#0000000001", "H#00000001", "")),
            "erasing announces nothing"
        );
        assert!(!wanted(record("INSERT", "T#0000000001", "META", "")));
        assert!(wanted(record("INSERT", "MB#1", "SWEEP#2026", "asked")));
        assert!(!wanted(record("INSERT", "MB#1", "SWEEP#2026", "done")));
    }

    #[test]
    fn what_is_missing_is_named() {
        let error = Template::parse("Resources: {}").unwrap_err();
        assert_eq!(error.to_string(), "the deployment template lacks an AWS::DynamoDB::Table");
        assert!(matches!(Template::parse("a: [").unwrap_err(), TemplateError::Yaml(_)));
    }

    #[test]
    fn short_tags_become_long_forms() {
        let yaml = serde_yaml_ng::from_str("{a: !Ref B, c: !Sub '${D}/x', e: !GetAtt F.Arn, g: !If [H, 1, !Ref I]}").unwrap();
        let long =
            json!({ "a": {"Ref": "B"}, "c": {"Fn::Sub": "${D}/x"}, "e": {"Fn::GetAtt": "F.Arn"}, "g": {"Fn::If": ["H", 1, {"Ref": "I"}]} });
        assert_eq!(plain(yaml), long);
        assert_eq!(
            (folder_name("MailSweepFunction").as_str(), folder_name("Outbox").as_str()),
            ("mail-sweep", "outbox")
        );
    }
}
