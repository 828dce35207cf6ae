//! What the audit remembers: who changed what, when, and how; never a person's words.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::vocabulary::{AuditAction, AuditKind};
use crate::{Timestamp, UserId};

/// How many ids one change names; how many there were is told besides.
const MOST_IDS: usize = 200;

/// One change that somebody made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRecord {
    /// When.
    pub at: Timestamp,
    /// Who; nobody where an operator did it at the machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<UserId>,
    /// What was done.
    pub action: AuditAction,
    /// To what.
    pub target: AuditTarget,
    /// What became different.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<AuditChange>,
}

/// What was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditTarget {
    /// What kind of thing.
    pub kind: AuditKind,
    /// Which, where there are several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

impl AuditTarget {
    /// The one thing of its kind.
    #[must_use]
    pub fn the(kind: AuditKind) -> Self {
        Self { kind, id: None }
    }

    /// One of several.
    #[must_use]
    pub fn one(kind: AuditKind, id: impl ToString) -> Self {
        Self {
            kind,
            id: Some(id.to_string()),
        }
    }
}

/// One field that became different, or one thing that happened to parts of a tree.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AuditChange {
    /// The field; of trees and lists `added`, `removed`, `retired`, `restored`, `renamed` or `changed`.
    pub field: String,
    /// What it was; missing where there was nothing, or where it is not to be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    pub from: Option<Value>,
    /// What it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    pub to: Option<Value>,
    /// The parts that it happened to, up to 200.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub ids: Vec<String>,
    /// How many parts there were, where more than `ids` names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    pub count: Option<u64>,
}

impl AuditChange {
    /// That a field became different, and no more.
    #[must_use]
    pub fn quiet(field: &str) -> Self {
        Self {
            field: field.to_owned(),
            ..Self::default()
        }
    }

    /// What a field became.
    #[must_use]
    pub fn to(field: &str, value: impl Into<Value>) -> Self {
        Self {
            field: field.to_owned(),
            to: Some(value.into()),
            ..Self::default()
        }
    }

    fn parts(field: &str, ids: &[&String]) -> Option<Self> {
        (!ids.is_empty()).then(|| Self {
            field: field.to_owned(),
            ids: ids.iter().take(MOST_IDS).map(|id| (*id).clone()).collect(),
            count: (ids.len() > MOST_IDS).then_some(ids.len() as u64),
            ..Self::default()
        })
    }
}

impl AuditAction {
    /// Whether this tells of a change, which there is none of where nothing is different.
    #[must_use]
    pub fn is_change(self) -> bool {
        match self {
            Self::UserChanged
            | Self::SettingsChanged
            | Self::OrganisationChanged
            | Self::CategoriesChanged
            | Self::MailboxChanged
            | Self::CannedRepliesChanged => true,
            Self::UserMade
            | Self::UserDeactivated
            | Self::UserErased
            | Self::MailboxMade
            | Self::MailboxDeleted
            | Self::TokenMade
            | Self::TokenRevoked
            | Self::Imported
            | Self::RootMade => false,
        }
    }
}

/// What of a thing is told.
#[derive(Debug, Clone, Copy)]
pub struct Telling {
    /// Fields of which only that they changed is told, each with what it is called there: what belongs to a person, or nobody may read.
    pub quiet: &'static [(&'static str, &'static str)],
    /// Fields that are nobody's doing.
    pub skipped: &'static [&'static str],
}

impl Telling {
    /// Of an account.
    pub const USER: Self = Self {
        quiet: &[("name", "name"), ("email", "email"), ("password_hash", "password")],
        skipped: &["id", "created_at"],
    };
    /// Of the settings.
    pub const SETTINGS: Self = Self { quiet: &[], skipped: &[] };
    /// Of a mailbox.
    pub const MAILBOX: Self = Self {
        quiet: &[("address", "address"), ("auth", "auth")],
        skipped: &["id", "created_at", "last_sweep"],
    };

    /// Every field that differs between two forms of a thing; `before` is nothing where it is new, and then what is quiet is left out.
    #[must_use]
    pub fn changes<T: Serialize>(&self, before: Option<&T>, after: &T) -> Vec<AuditChange> {
        let (old, new) = (fields(before), fields(Some(after)));
        let mut names: Vec<&String> = new.keys().chain(old.keys().filter(|name| !new.contains_key(*name))).collect();
        names.retain(|name| !self.skipped.contains(&name.as_str()) && old.get(*name) != new.get(*name));
        let tell = |name: &String| match self.quiet.iter().find(|(field, _)| field == name) {
            Some((_, called)) => before.map(|_| AuditChange::quiet(called)),
            None => Some(AuditChange {
                field: name.clone(),
                from: old.get(name).cloned(),
                to: new.get(name).cloned(),
                ..AuditChange::default()
            }),
        };
        names.into_iter().filter_map(tell).collect()
    }
}

/// The fields of a thing that are there.
fn fields<T: Serialize>(thing: Option<&T>) -> serde_json::Map<String, Value> {
    match thing.map(serde_json::to_value) {
        Some(Ok(Value::Object(mut map))) => {
            map.retain(|_, value| !value.is_null());
            map
        }
        _ => serde_json::Map::new(),
    }
}

/// A part of a tree: whatever has an id.
#[derive(PartialEq)]
struct Part {
    name: Value,
    retired: bool,
    /// Whatever else it has of its own; what stands below it has ids itself.
    rest: BTreeMap<String, Value>,
}

fn gather(value: &Value, parts: &mut BTreeMap<String, Part>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| gather(value, parts)),
        Value::Object(map) => {
            map.values().for_each(|value| gather(value, parts));
            if let Some(Value::String(id)) = map.get("id") {
                let name = map.get("names").or(map.get("name")).cloned().unwrap_or_default();
                let known = ["id", "name", "names", "retired"];
                let below = |value: &Value| value.as_array().is_some_and(|values| values.iter().any(Value::is_object));
                let rest = map.iter().filter(|(name, value)| !known.contains(&name.as_str()) && !below(value));
                let rest = rest.filter(|(_, value)| value.as_array().is_none_or(|values| !values.is_empty()));
                let part = Part {
                    name,
                    retired: map.get("retired") == Some(&Value::Bool(true)),
                    rest: rest.map(|(name, value)| (name.clone(), value.clone())).collect(),
                };
                parts.insert(id.clone(), part);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// What became of the parts of a tree or list, by id.
#[must_use]
pub fn parts_changed<T: Serialize>(before: &T, after: &T) -> Vec<AuditChange> {
    let (mut old, mut new) = (BTreeMap::new(), BTreeMap::new());
    gather(&serde_json::to_value(before).unwrap_or_default(), &mut old);
    gather(&serde_json::to_value(after).unwrap_or_default(), &mut new);
    let both = || new.iter().filter_map(|(id, part)| Some((id, old.get(id)?, part)));
    let which = |test: &dyn Fn(&Part, &Part) -> bool| -> Vec<&String> {
        both().filter(|(_, old, new)| test(old, new)).map(|(id, _, _)| id).collect()
    };
    let added: Vec<&String> = new.keys().filter(|id| !old.contains_key(*id)).collect();
    let removed: Vec<&String> = old.keys().filter(|id| !new.contains_key(*id)).collect();
    let each = [
        AuditChange::parts("added", &added),
        AuditChange::parts("removed", &removed),
        AuditChange::parts("retired", &which(&|old, new| !old.retired && new.retired)),
        AuditChange::parts("restored", &which(&|old, new| old.retired && !new.retired)),
        AuditChange::parts("renamed", &which(&|old, new| old.name != new.name)),
        AuditChange::parts("changed", &which(&|old, new| old.rest != new.rest)),
    ];
    each.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_are_told_and_what_is_a_persons_is_not() {
        let before = json!({"id": "usr_1", "name": "Ana", "email": "a@b.c", "role": "user", "company_id": "org_1", "active": true});
        let after = json!({"id": "usr_1", "name": "Eva", "email": "e@b.c", "role": "specialist", "active": true, "password_hash": "x"});
        let told = serde_json::to_value(Telling::USER.changes(Some(&before), &after)).unwrap();
        let expected = json!([
            {"field": "name"}, {"field": "email"}, {"field": "role", "from": "user", "to": "specialist"}, {"field": "password"},
            {"field": "company_id", "from": "org_1"},
        ]);
        assert_eq!(told, expected);
        let made = serde_json::to_value(Telling::USER.changes(None, &before)).unwrap();
        let expected = json!([{"field": "role", "to": "user"}, {"field": "company_id", "to": "org_1"}, {"field": "active", "to": true}]);
        assert_eq!(made, expected);
        assert!(Telling::USER.changes(Some(&before), &before).is_empty());
    }

    #[test]
    fn parts_of_trees_are_told_by_their_ids_alone() {
        let before = json!({"corporations": [{"id": "org_1", "name": "A", "companies": [
            {"id": "org_2", "name": "B", "domains": ["b.example"], "sites": [{"id": "org_3", "name": "C"}], "cost_centres": []},
            {"id": "org_4", "name": "D", "retired": true, "companies": []},
        ]}]});
        let after = json!({"corporations": [{"id": "org_1", "name": "Z", "companies": [
            {"id": "org_2", "name": "B", "retired": true, "sites": [], "cost_centres": [{"id": "org_5", "code": "1", "name": "E"}]},
            {"id": "org_4", "name": "D", "companies": []},
        ]}]});
        let told = serde_json::to_value(parts_changed(&before, &after)).unwrap();
        let expected = json!([
            {"field": "added", "ids": ["org_5"]}, {"field": "removed", "ids": ["org_3"]}, {"field": "retired", "ids": ["org_2"]},
            {"field": "restored", "ids": ["org_4"]}, {"field": "renamed", "ids": ["org_1"]}, {"field": "changed", "ids": ["org_2"]},
        ]);
        assert_eq!(told, expected);
        assert!(parts_changed(&after, &after).is_empty());
    }

    #[test]
    fn of_many_parts_some_are_named_and_all_are_counted() {
        let many: Vec<Value> = (0..250).map(|n| json!({"id": format!("org_{n:03}"), "name": "x"})).collect();
        let told = parts_changed(&json!([]), &json!(many));
        assert_eq!((told[0].ids.len(), told[0].count), (200, Some(250)));
    }
}
