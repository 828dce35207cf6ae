//! Event patterns as EventBridge and Lambda's event filters have them.
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html>

use serde_json::Value;

/// A pattern that is not understood here: better refused than matched wrongly.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// A level is neither an object nor a list.
    #[error("{0:?} is neither an object nor a list of what may match")]
    Shape(String),
    /// A comparison that is not made here.
    #[error("the comparison {0:?} is not known")]
    Comparison(String),
}

/// A parsed pattern: all fields must match, each by one of its alternatives.
#[derive(Debug, Clone, PartialEq)]
pub struct Pattern {
    fields: Vec<(String, Node)>,
}

#[derive(Debug, Clone, PartialEq)]
enum Node {
    Inner(Pattern),
    AnyOf(Vec<Test>),
}

#[derive(Debug, Clone, PartialEq)]
enum Test {
    Equals(Value),
    EqualsIgnoreCase(String),
    Prefix(String),
    Suffix(String),
    AnythingBut(Vec<Value>),
    Exists(bool),
}

impl Pattern {
    /// Reads a pattern from its JSON.
    ///
    /// # Errors
    /// What is not understood.
    pub fn parse(pattern: &Value) -> Result<Self, PatternError> {
        let fields = pattern.as_object().ok_or_else(|| PatternError::Shape(pattern.to_string()))?;
        let fields = fields.iter().map(|(name, value)| {
            let node = match value {
                Value::Object(_) => Node::Inner(Self::parse(value)?),
                Value::Array(tests) => Node::AnyOf(tests.iter().map(Test::parse).collect::<Result<_, _>>()?),
                other => return Err(PatternError::Shape(other.to_string())),
            };
            Ok((name.clone(), node))
        });
        Ok(Self {
            fields: fields.collect::<Result<_, PatternError>>()?,
        })
    }

    /// Whether `event` matches.
    #[must_use]
    pub fn matches(&self, event: &Value) -> bool {
        self.fields.iter().all(|(name, node)| {
            let value = event.get(name);
            match node {
                Node::Inner(inner) => inner.matches(value.unwrap_or(&Value::Null)),
                Node::AnyOf(tests) => tests.iter().any(|test| test.holds(value)),
            }
        })
    }
}

impl Test {
    fn parse(test: &Value) -> Result<Self, PatternError> {
        let unknown = || PatternError::Comparison(test.to_string());
        let Value::Object(comparison) = test else {
            return Ok(Self::Equals(test.clone()));
        };
        let mut pairs = comparison.iter();
        match (pairs.next(), pairs.next()) {
            (Some((name, Value::String(text))), None) => match name.as_str() {
                "prefix" => Ok(Self::Prefix(text.clone())),
                "suffix" => Ok(Self::Suffix(text.clone())),
                "equals-ignore-case" => Ok(Self::EqualsIgnoreCase(text.to_lowercase())),
                "anything-but" => Ok(Self::AnythingBut(vec![Value::String(text.clone())])),
                _ => Err(unknown()),
            },
            (Some((name, Value::Bool(wanted))), None) if name == "exists" => Ok(Self::Exists(*wanted)),
            (Some((name, Value::Array(list))), None) if name == "anything-but" => Ok(Self::AnythingBut(list.clone())),
            _ => Err(unknown()),
        }
    }

    fn holds(&self, value: Option<&Value>) -> bool {
        match (self, value) {
            (Self::Exists(wanted), value) => value.is_some() == *wanted,
            (_, None) => false,
            // A list in an event matches by any of its elements.
            (_, Some(Value::Array(list))) => list.iter().any(|element| self.holds_one(element)),
            (_, Some(value)) => self.holds_one(value),
        }
    }

    fn holds_one(&self, value: &Value) -> bool {
        let text = value.as_str();
        match self {
            Self::Equals(wanted) => value == wanted,
            Self::EqualsIgnoreCase(wanted) => text.is_some_and(|text| text.to_lowercase() == *wanted),
            Self::Prefix(prefix) => text.is_some_and(|text| text.starts_with(prefix.as_str())),
            Self::Suffix(suffix) => text.is_some_and(|text| text.ends_with(suffix.as_str())),
            Self::AnythingBut(refused) => !refused.contains(value),
            Self::Exists(wanted) => *wanted,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn matches(pattern: Value, event: Value) -> bool {
        Pattern::parse(&pattern).unwrap().matches(&event)
    }

    #[test]
    fn all_fields_must_match_each_by_any_alternative() {
        let pattern = json!({ "source": ["a", "b"], "detail": { "kind": [{ "prefix": "x." }, "y"] } });
        assert!(matches(
            pattern.clone(),
            json!({ "source": "b", "detail": { "kind": "x.1" }, "more": 1 })
        ));
        assert!(matches(pattern.clone(), json!({ "source": "a", "detail": { "kind": ["z", "y"] } })));
        assert!(!matches(pattern.clone(), json!({ "source": "c", "detail": { "kind": "y" } })));
        assert!(!matches(pattern, json!({ "source": "a" })));
    }

    #[test]
    fn comparisons() {
        assert!(matches(json!({ "a": [{ "suffix": ".pdf" }] }), json!({ "a": "x.pdf" })));
        assert!(matches(json!({ "a": [{ "equals-ignore-case": "Ab" }] }), json!({ "a": "aB" })));
        assert!(matches(json!({ "a": [{ "anything-but": ["x", 1] }] }), json!({ "a": "y" })));
        assert!(!matches(json!({ "a": [{ "anything-but": "x" }] }), json!({ "a": "x" })));
        assert!(matches(json!({ "a": [{ "exists": false }] }), json!({})));
        assert!(matches(json!({ "a": [null, 7] }), json!({ "a": 7 })));
        assert!(!matches(json!({ "a": [7] }), json!({ "a": "7" })));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        assert!(matches!(
            Pattern::parse(&json!({ "a": [{ "numeric": [">", 1] }] })),
            Err(PatternError::Comparison(_))
        ));
        assert!(matches!(
            Pattern::parse(&json!({ "a": [{ "prefix": "x", "suffix": "y" }] })),
            Err(PatternError::Comparison(_))
        ));
        assert!(matches!(Pattern::parse(&json!({ "a": "x" })), Err(PatternError::Shape(_))));
        assert!(matches!(Pattern::parse(&json!([])), Err(PatternError::Shape(_))));
    }
}
