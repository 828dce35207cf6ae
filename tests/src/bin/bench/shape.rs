//! A transaction as the server wrote it, made again under other keys: as many items, as large, in as many indexes, under the same conditions.

use crate::Failure;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering};

/// Attributes whose values are partitions of indexes.
const PARTITIONS: [&str; 6] = ["list_pk", "status_pk", "requester_pk", "assignee_pk", "priority_pk", "due_pk"];

/// Numbers every transaction of this run: none is taken for another's repetition.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// A captured transaction.
#[derive(Clone)]
pub(crate) struct Shape {
    body: Value,
    /// The `last_seq` that it leaves behind.
    last: u64,
    /// The `last_seq` that it finds; none where it makes the ticket.
    found: Option<u64>,
}

impl Shape {
    pub(crate) fn of(body: Value) -> Result<Self, Failure> {
        let items = body["TransactItems"].as_array().ok_or("a transaction without items")?;
        let known = |item: &Value| {
            let (pk, sk) = (text(&item["Put"]["Item"], "pk"), text(&item["Put"]["Item"], "sk"));
            pk.starts_with("I#") || pk.starts_with("T#") && (sk == "META" || sk.starts_with("H#"))
        };
        if !items.iter().all(known) {
            return Err("a transaction with other items than ticket, entry and idempotency record".into());
        }
        let meta = items
            .iter()
            .find(|item| item["Put"]["Item"]["sk"]["S"] == "META")
            .ok_or("a transaction without its ticket")?;
        let number = |value: &Value| value["N"].as_str().and_then(|n| n.parse().ok());
        let last = number(&meta["Put"]["Item"]["last_seq"]).ok_or("a ticket without last_seq")?;
        let found = number(&meta["Put"]["ExpressionAttributeValues"][":seq"]);
        Ok(Self { last, found, body })
    }

    /// How many items it writes, and their size as JSON in bytes.
    pub(crate) fn size(&self) -> (usize, usize) {
        let items = self.body["TransactItems"].as_array().map_or(0, Vec::len);
        (items, self.body["TransactItems"].to_string().len())
    }

    /// The same for a ticket of its own, at its `round`th repetition (0 first).
    pub(crate) fn under(&self, ticket: u64, round: u64) -> String {
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        let mut body = self.body.clone();
        if body["ClientRequestToken"].is_string() {
            body["ClientRequestToken"] = format!("00000000-0000-4000-8000-{id:012}").into();
        }
        for item in body["TransactItems"].as_array_mut().into_iter().flatten() {
            let put = &mut item["Put"];
            if let Some(found) = self.found.filter(|_| put["ExpressionAttributeValues"][":seq"].is_object()) {
                put["ExpressionAttributeValues"][":seq"] = json!({"N": (found + round).to_string()});
            }
            self.move_item(&mut put["Item"], ticket, round, id);
        }
        body.to_string()
    }

    fn move_item(&self, item: &mut Value, ticket: u64, round: u64, id: u64) {
        let (pk, sk) = (text(item, "pk"), text(item, "sk"));
        // Other letters than the product's, so that nothing follows these writes: `T` is a ticket's, `I` a request's.
        if pk.starts_with("I#") {
            return set(item, "pk", format!("J#{id:0>0$}", pk.len() - 2));
        }
        set(item, "pk", format!("B#{ticket:010}"));
        if let Some(seq) = sk.strip_prefix("H#").and_then(|seq| seq.parse::<u64>().ok()) {
            return set(item, "sk", format!("H#{:08}", seq + round));
        }
        item["last_seq"] = json!({"N": (self.last + round).to_string()});
        for name in PARTITIONS {
            let partition = text(item, name);
            if !partition.is_empty() {
                set(item, name, format!("0{}", partition.get(1..).unwrap_or_default()));
            }
        }
        // The end of each index, where the newest go.
        let now = format!("2026-01-01T{id:012}Z");
        if !text(item, "priority_sk").is_empty() {
            let rank = text(item, "priority_sk").get(..2).unwrap_or_default().to_owned();
            set(item, "priority_sk", format!("{rank}{now}"));
            set(item, "due_sk", format!("9999#{ticket:010}"));
        }
        set(item, "updated_at", now);
    }

    /// What makes the ticket that [`Self::under`] finds at round 0, from the transaction that makes one.
    pub(crate) fn ground(&self, create: &Self, ticket: u64) -> String {
        let mut made = create.clone();
        made.last = self.found.unwrap_or_default();
        made.under(ticket, 0)
    }
}

fn text(item: &Value, name: &str) -> String {
    item[name]["S"].as_str().unwrap_or_default().to_owned()
}

fn set(item: &mut Value, name: &str, value: String) {
    item[name] = json!({"S": value});
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message() -> Value {
        let meta = json!({"pk": {"S": "T#0000000007"}, "sk": {"S": "META"}, "last_seq": {"N": "4"}, "list_pk": {"S": "open"},
            "updated_at": {"S": "2026-11-22T10:42:36.035Z"}, "priority_sk": {"S": "2#2026-11-22T10:42:36.035Z"}, "due_sk": {"S": "9999#0000000007"}});
        let condition = json!({":seq": {"N": "3"}});
        json!({"ClientRequestToken": "aaaaaaaa-0000-4000-8000-000000000000", "TransactItems": [
            {"Put": {"Item": meta, "ConditionExpression": "last_seq = :seq", "ExpressionAttributeValues": condition}},
            {"Put": {"Item": {"pk": {"S": "T#0000000007"}, "sk": {"S": "H#00000004"}, "e": {"S": "words"}}}},
            {"Put": {"Item": {"pk": {"S": "I#usr_0123456789#some-key"}, "sk": {"S": "I"}}}},
        ]})
    }

    #[test]
    fn a_repetition_is_as_large_as_the_original_and_follows_the_one_before() {
        let shape = Shape::of(message()).unwrap();
        let [first, second] = [0, 1].map(|round| serde_json::from_str::<Value>(&shape.under(9, round)).unwrap());
        for body in [&first, &second] {
            assert_eq!(body.to_string().len(), message().to_string().len());
            assert!(!body.to_string().contains("T#"), "{body}");
        }
        assert_ne!(first["ClientRequestToken"], second["ClientRequestToken"]);
        let part = |body: &Value, place: &str| body.pointer(place).cloned().unwrap();
        let meta = "/TransactItems/0/Put/Item/last_seq/N";
        let condition = "/TransactItems/0/Put/ExpressionAttributeValues/:seq/N";
        assert_eq!((part(&first, condition), part(&first, meta)), (json!("3"), json!("4")));
        assert_eq!((part(&second, condition), part(&second, meta)), (json!("4"), json!("5")));
        assert_eq!(part(&second, "/TransactItems/1/Put/Item/sk/S"), "H#00000005");
        assert_eq!(part(&second, "/TransactItems/0/Put/Item/list_pk/S"), "0pen");
    }

    #[test]
    fn what_it_does_not_know_it_refuses() {
        let mut body = message();
        body["TransactItems"][2] = json!({"Delete": {"Key": {}}});
        assert!(Shape::of(body).is_err());
    }
}
