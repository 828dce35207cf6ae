//! What lies in a desk's table, read as it is.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use chamada_domain::TicketNumber;
use serde_json::Value;

use super::Desk;

/// A row as the engine has it.
type Row = HashMap<String, AttributeValue>;

impl Desk {
    async fn rows(&self) -> Vec<Row> {
        let platform = &self.app.platform;
        let mut pages = platform
            .dynamodb()
            .scan()
            .table_name(&platform.config().table_name)
            .into_paginator()
            .items()
            .send();
        let mut rows = Vec::new();
        while let Some(row) = pages.next().await {
            rows.push(row.unwrap());
        }
        rows
    }

    /// Everything in the table whose partition key begins so; of each item its text attributes.
    pub async fn items(&self, prefix: &str) -> Vec<HashMap<String, String>> {
        let text = |row: Row| {
            row.into_iter()
                .map(|(name, value)| (name, value.as_s().cloned().unwrap_or_default()))
                .collect::<HashMap<_, _>>()
        };
        let mut items: Vec<_> = self.rows().await.into_iter().map(text).collect();
        items.retain(|item| item["pk"].starts_with(prefix));
        items
    }

    /// All text that the table holds of a ticket.
    pub async fn stored(&self, ticket: TicketNumber) -> String {
        let items = self.items(&format!("T#{:010}", ticket.0)).await;
        items.iter().flat_map(|item| item.values().cloned()).collect::<Vec<_>>().join("\n")
    }

    /// The links that are to be mailed, as the table has them.
    pub async fn asked(&self) -> Vec<Value> {
        let items = self.items("LINK#").await.into_iter().filter(|item| item["sk"] == "ASKED");
        items.map(|item| serde_json::from_str(&item["link"]).unwrap()).collect()
    }

    /// Changes words of a ticket's entry behind the product's back.
    pub async fn alter(&self, ticket: TicketNumber, seq: u64, from: &str, to: &str) {
        self.replace(ticket, &entry_key(seq), from, to).await;
    }

    /// Changes a ticket's own row behind the product's back.
    pub async fn alter_ticket(&self, ticket: TicketNumber, from: &str, to: &str) {
        self.replace(ticket, "META", from, to).await;
    }

    /// Removes an entry of a ticket behind the product's back.
    pub async fn tear_out(&self, ticket: TicketNumber, seq: u64) {
        let row = self.row(ticket, &entry_key(seq)).await;
        let (client, table) = self.table();
        let delete = client
            .delete_item()
            .table_name(table)
            .key("pk", row["pk"].clone())
            .key("sk", row["sk"].clone());
        delete.send().await.unwrap();
    }

    fn table(&self) -> (&aws_sdk_dynamodb::Client, &str) {
        let platform = &self.app.platform;
        (platform.dynamodb(), &platform.config().table_name)
    }

    async fn row(&self, ticket: TicketNumber, sk: &str) -> Row {
        let pk = format!("T#{:010}", ticket.0);
        let text = |row: &Row, name: &str| row[name].as_s().cloned().unwrap_or_default();
        let mut rows = self.rows().await.into_iter();
        rows.find(|row| text(row, "pk") == pk && text(row, "sk") == sk)
            .expect("the row is there")
    }

    async fn replace(&self, ticket: TicketNumber, sk: &str, from: &str, to: &str) {
        let mut row = self.row(ticket, sk).await;
        let mut replaced = 0;
        for value in row.values_mut() {
            if let AttributeValue::S(text) = value
                && text.contains(from)
            {
                *text = text.replace(from, to);
                replaced += 1;
            }
        }
        assert!(replaced > 0, "{from} stands in the row");
        let (client, table) = self.table();
        client.put_item().table_name(table).set_item(Some(row)).send().await.unwrap();
    }
}

/// The sort key of an entry.
fn entry_key(seq: u64) -> String {
    format!("H#{seq:08}")
}
