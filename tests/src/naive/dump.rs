//! All items of a table, as plain JSON.

use crate::engine::raw;
use base64::Engine as _;
use serde_json::{Map, Value, json};

/// One item, its attributes as plain JSON: numbers as numbers, sets as lists, binary as Base64.
pub type Item = Map<String, Value>;

/// Reads a whole table by Scan, which the product itself never does.
///
/// # Panics
/// Where the engine refuses.
pub async fn table(url: &str, name: &str) -> Vec<Item> {
    let mut request = json!({"TableName": name, "ConsistentRead": true});
    let mut items = Vec::new();
    loop {
        let page = raw(url, "Scan", &request).await.expect("the engine lets itself be scanned");
        let found = page["Items"].as_array().into_iter().flatten().filter_map(Value::as_object);
        items.extend(found.map(|item| item.iter().map(|(name, value)| (name.clone(), plain(value))).collect::<Item>()));
        match page.get("LastEvaluatedKey") {
            Some(last) => request["ExclusiveStartKey"] = last.clone(),
            None => return items,
        }
    }
}

/// Plain JSON for one attribute value of DynamoDB's JSON.
///
/// # Panics
/// For a type that DynamoDB does not have.
#[must_use]
pub fn plain(value: &Value) -> Value {
    let (kind, inner) = value
        .as_object()
        .and_then(|o| o.iter().next())
        .expect("an attribute value names its type");
    match kind.as_str() {
        "S" | "BOOL" | "SS" | "BS" | "B" => inner.clone(),
        "N" => number(inner),
        "NULL" => Value::Null,
        "L" => inner.as_array().into_iter().flatten().map(plain).collect(),
        "NS" => inner.as_array().into_iter().flatten().map(number).collect(),
        "M" => inner
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.clone(), plain(value)))
            .collect(),
        other => panic!("no type of DynamoDB: {other}"),
    }
}

fn number(text: &Value) -> Value {
    serde_json::from_str(text.as_str().unwrap_or_default()).expect("a number attribute holds a number")
}

/// The bytes of a binary attribute of a dumped item.
#[must_use]
pub fn binary(value: &Value) -> Option<Vec<u8>> {
    base64::engine::general_purpose::STANDARD.decode(value.as_str()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attribute_values_become_plain_json() {
        let value = json!({"M": {"a": {"L": [{"N": "1"}, {"S": "x"}, {"NULL": true}, {"BOOL": false}]}, "b": {"NS": ["2"]}}});
        assert_eq!(plain(&value), json!({"a": [1, "x", null, false], "b": [2]}));
        assert_eq!(binary(&plain(&json!({"B": "AAE="}))), Some(vec![0, 1]));
    }
}
