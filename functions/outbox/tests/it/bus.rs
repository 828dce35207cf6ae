//! A bus that writes down what is put on it, and refuses what it is told to; and stream records as DynamoDB makes them.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use chamada_domain::TicketNumber;
use chamada_platform::{HandlerError, Platform};
use chamada_tests::desk::{Desk, Setup};
use outbox::Handler;
use serde_json::{Value, json};
use time::OffsetDateTime;
use tokio::net::TcpListener;

/// What the bus has heard, and how it behaves.
#[derive(Default)]
pub(crate) struct Heard {
    /// Entries that were taken, each with its detail read.
    pub(crate) events: Vec<(String, Value)>,
    /// How many entries each call brought.
    pub(crate) calls: Vec<usize>,
    /// The place among all entries, from 0 on, of one that is refused, once.
    pub(crate) refuses: Option<usize>,
    /// Whether calls are refused whole.
    pub(crate) closed: bool,
    seen: usize,
}

/// A desk whose outbox announces to such a bus.
pub(crate) struct Stream {
    pub(crate) desk: Desk,
    pub(crate) heard: Arc<Mutex<Heard>>,
    endpoint: String,
}

impl Stream {
    pub(crate) async fn open() -> Self {
        let heard = Arc::new(Mutex::new(Heard::default()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(put_events).with_state(Arc::clone(&heard));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self {
            desk: Desk::without_routes(Setup::default()).await,
            heard,
            endpoint,
        }
    }

    pub(crate) fn platform(&self) -> Platform {
        self.desk.platform_by(|endpoints| endpoints.events = Some(self.endpoint.clone()))
    }

    /// Hands records over as the event source mapping does.
    pub(crate) async fn hand(&self, records: &[Value]) -> Result<Value, HandlerError> {
        let event = json!({ "Records": records });
        Handler::new(self.platform()).handle(event, OffsetDateTime::UNIX_EPOCH).await
    }

    /// What was announced since this was last asked.
    pub(crate) fn events(&self) -> Vec<(String, Value)> {
        std::mem::take(&mut self.heard.lock().unwrap().events)
    }
}

async fn put_events(State(heard): State<Arc<Mutex<Heard>>>, body: String) -> Response {
    let asked: Value = serde_json::from_str(&body).unwrap();
    let mut heard = heard.lock().unwrap();
    if heard.closed {
        // The SDK does not try a refusal of this kind again.
        return (http::StatusCode::BAD_REQUEST, json!({"__type": "ValidationException"}).to_string()).into_response();
    }
    let entries = asked["Entries"].as_array().unwrap();
    heard.calls.push(entries.len());
    let mut answers = Vec::new();
    for entry in entries {
        assert_eq!((&entry["Source"], &entry["EventBusName"]), (&json!("chamada"), &json!("chamada")));
        let place = heard.seen;
        heard.seen += 1;
        if heard.refuses == Some(place) {
            heard.refuses = None;
            answers.push(json!({"ErrorCode": "InternalFailure", "ErrorMessage": "not now"}));
            continue;
        }
        let detail = serde_json::from_str(entry["Detail"].as_str().unwrap()).unwrap();
        heard.events.push((entry["DetailType"].as_str().unwrap().to_owned(), detail));
        answers.push(json!({"EventId": place.to_string()}));
    }
    let failed = answers.iter().filter(|answer| answer["ErrorCode"].is_string()).count();
    json!({"FailedEntryCount": failed, "Entries": answers}).to_string().into_response()
}

/// A record of this item.
pub(crate) fn record(name: &str, pk: &str, sk: &str, sequence: u64, image: &Value) -> Value {
    json!({
        "eventID": sequence.to_string(), "eventName": name, "eventVersion": "1.1", "eventSource": "aws:dynamodb", "awsRegion": "local",
        "dynamodb": {
            "Keys": {"pk": {"S": pk}, "sk": {"S": sk}}, "NewImage": image, "SequenceNumber": sequence.to_string(),
            "SizeBytes": 100, "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
    })
}

/// A record of a new entry; its sequence number is a thousand more than its place in the ticket.
pub(crate) fn entry(ticket: TicketNumber, seq: u64) -> Value {
    record("INSERT", &partition(ticket), &format!("H#{seq:08}"), 1_000 + seq, &json!({}))
}

pub(crate) fn partition(ticket: TicketNumber) -> String {
    format!("T#{:010}", ticket.0)
}
