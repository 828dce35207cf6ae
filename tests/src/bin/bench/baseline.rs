//! The engine alone: the queries and transactions that the server asks of it, without the server.

use crate::{
    Failure,
    house::House,
    load::{Call, Clients, Work},
    shape::Shape,
};
use bytes::Bytes;
use chamada_tests::server::Server;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header::CONTENT_TYPE};
use serde_json::{Value, json};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// Tickets that each client of the message transaction writes to in turn.
const TICKETS: u64 = 50;
/// Numbers every ticket of this run.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// The engine of a running server, reached as its functions reach it.
#[derive(Clone)]
pub(crate) struct Baseline {
    url: String,
    table: String,
}

impl Baseline {
    pub(crate) fn of(server: &Server) -> Self {
        let (url, table) = server.engine();
        Self { url, table }
    }

    fn call(&self, operation: &'static str, body: String) -> Call {
        let target = format!("DynamoDB_20120810.{operation}");
        let headers = [
            (CONTENT_TYPE, HeaderValue::from_static("application/x-amz-json-1.0")),
            (
                HeaderName::from_static("x-amz-target"),
                HeaderValue::try_from(target).unwrap_or(HeaderValue::from_static("")),
            ),
        ];
        Call {
            name: operation,
            method: Method::POST,
            url: self.url.clone(),
            headers: HeaderMap::from_iter(headers),
            body: Bytes::from(body),
            expect: StatusCode::OK,
        }
    }

    fn query(&self, index: &str, attribute: &str, partition: &str) -> String {
        json!({
            "TableName": self.table, "IndexName": index, "KeyConditionExpression": "#partition = :partition",
            "ExpressionAttributeNames": {"#partition": attribute}, "ExpressionAttributeValues": {":partition": {"S": partition}},
            "ScanIndexForward": false, "Limit": 25,
        })
        .to_string()
    }

    /// A page of the general list: 25 rows of one partition.
    pub(crate) fn list(&self) -> Work {
        let (baseline, body) = (self.clone(), self.query("by_updated", "list_pk", "open"));
        Arc::new(move |_| baseline.call("Query", body.clone()))
    }

    /// A page of somebody's own tickets.
    pub(crate) fn mine(&self, house: &House) -> Work {
        let bodies: Vec<String> = house
            .people
            .iter()
            .map(|person| self.query("by_requester", "requester_pk", person))
            .collect();
        let baseline = self.clone();
        Arc::new(move |client| baseline.call("Query", bodies[client % bodies.len()].clone()))
    }

    /// A ticket with its newest 50 entries, read consistently.
    pub(crate) fn open(&self, house: &House) -> Work {
        let (baseline, numbers) = (self.clone(), house.any_ticket());
        Arc::new(move |_| {
            let body = json!({
                "TableName": baseline.table, "KeyConditionExpression": "pk = :pk AND sk BETWEEN :first AND :last",
                "ExpressionAttributeValues": {":pk": {"S": format!("T#{:010}", numbers())}, ":first": {"S": "H#"}, ":last": {"S": "META"}},
                "ScanIndexForward": false, "ConsistentRead": true, "Limit": 51,
            });
            baseline.call("Query", body.to_string())
        })
    }

    /// The transaction that opens a ticket.
    pub(crate) fn create(&self, shape: &Shape) -> Work {
        let (baseline, shape) = (self.clone(), shape.clone());
        Arc::new(move |_| baseline.call("TransactWriteItems", shape.under(NEXT.fetch_add(1, Ordering::Relaxed), 0)))
    }

    /// The transaction that adds a message, each client on tickets of its own, which this makes.
    pub(crate) async fn message(&self, shape: &Shape, create: &Shape, clients: &Clients, count: usize) -> Result<Work, Failure> {
        let first = NEXT.fetch_add(count as u64 * TICKETS, Ordering::Relaxed);
        let ticket = move |client: u64, n: u64| first + client * TICKETS + n % TICKETS;
        for client in 0..count as u64 {
            for n in 0..TICKETS {
                let body = shape.ground(create, ticket(client, n));
                let answer = clients.once(self.call("TransactWriteItems", body)).await?;
                serde_json::from_slice::<Value>(&answer)?;
            }
        }
        let turns: Vec<AtomicU64> = (0..count).map(|_| AtomicU64::new(0)).collect();
        let (baseline, shape) = (self.clone(), shape.clone());
        Ok(Arc::new(move |client| {
            let n = turns[client].fetch_add(1, Ordering::Relaxed);
            baseline.call("TransactWriteItems", shape.under(ticket(client as u64, n), n / TICKETS))
        }))
    }
}
