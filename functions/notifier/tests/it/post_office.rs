//! A mail service that writes down what it is handed and refuses where it is told to; and a desk that mails through it.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chamada_domain::{LinkId, Role, TicketNumber, User};
use chamada_platform::HandlerError;
use chamada_store::With;
use chamada_tests::desk::{Desk, Setup};
use mail_parser::MessageParser;
use notifier::Handler;
use serde_json::{Value, json};
use time::OffsetDateTime;
use tokio::net::TcpListener;

/// What the mail service was handed.
#[derive(Default)]
pub(crate) struct Handed {
    /// Mails that were taken.
    pub(crate) taken: Vec<String>,
    /// Mails that were refused.
    pub(crate) refused: Vec<String>,
    /// Whether it refuses.
    pub(crate) closed: bool,
    /// Whom it refuses for good.
    pub(crate) unwanted: Option<&'static str>,
}

/// A desk, its people, and its mail service.
pub(crate) struct Office {
    pub(crate) desk: Desk,
    pub(crate) handler: Arc<Handler>,
    pub(crate) handed: Arc<Mutex<Handed>>,
    pub(crate) ana: User,
    pub(crate) sofia: User,
}

impl Office {
    pub(crate) async fn open() -> Self {
        let handed = Arc::new(Mutex::new(Handed::default()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(send).with_state(Arc::clone(&handed));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let desk = Desk::without_routes(Setup::default()).await;
        let platform = desk.platform_by(|endpoints| endpoints.ses = Some(endpoint));
        Self {
            handler: Arc::new(Handler::new(platform)),
            ana: desk.person("ana@example.org", Role::User).await,
            sofia: desk.person("sofia@example.org", Role::Specialist).await,
            desk,
            handed,
        }
    }

    /// Tells the notifier of an entry.
    pub(crate) async fn tell(&self, kind: &str, ticket: TicketNumber, seq: u64) -> Result<Value, HandlerError> {
        let detail = json!({"ticket": ticket, "seq": seq, "type": kind, "ids": {}});
        self.hand(Desk::event(&format!("ticket.{kind}"), &detail)).await
    }

    /// Tells the notifier of a link that somebody asked for.
    pub(crate) async fn tell_link(&self, link: &LinkId) -> Result<Value, HandlerError> {
        self.hand(Desk::event("link.asked", &json!({"link": link}))).await
    }

    pub(crate) async fn hand(&self, event: Value) -> Result<Value, HandlerError> {
        self.handler.handle(event, OffsetDateTime::UNIX_EPOCH).await
    }

    /// Ana's ticket with Sofia's answer, which is its second entry.
    pub(crate) async fn answered(&self) -> TicketNumber {
        let number = self.desk.ticket(&self.ana).await.number;
        self.desk.answer(number, &self.sofia, "Ya voy", |_| (), &With::default()).await;
        number
    }

    /// The mails that were taken.
    pub(crate) fn taken(&self) -> Vec<String> {
        self.handed.lock().unwrap().taken.clone()
    }

    /// Whom they went to, by header.
    pub(crate) fn recipients(&self) -> Vec<String> {
        self.taken().iter().map(|mail| header(mail, "To")).collect()
    }
}

async fn send(State(handed): State<Arc<Mutex<Handed>>>, body: String) -> Response {
    let asked: Value = serde_json::from_str(&body).unwrap();
    let raw = STANDARD.decode(asked["Content"]["Raw"]["Data"].as_str().unwrap()).unwrap();
    let mail = String::from_utf8(raw).unwrap();
    let mut handed = handed.lock().unwrap();
    let unwanted = handed.unwanted.is_some_and(|address| header(&mail, "To").contains(address));
    if handed.closed || unwanted {
        handed.refused.push(mail);
        // The SDK does not try a refusal of this kind again.
        let kind = [("x-amzn-errortype", "MessageRejected")];
        return (axum::http::StatusCode::BAD_REQUEST, kind, json!({"message": "no"}).to_string()).into_response();
    }
    handed.taken.push(mail);
    json!({"MessageId": format!("ses-{}", handed.taken.len())})
        .to_string()
        .into_response()
}

/// A header of a mail, unfolded; the subject decoded.
pub(crate) fn header(mail: &str, name: &str) -> String {
    let mail = MessageParser::default().parse(mail.as_bytes()).unwrap();
    if name == "Subject" {
        return mail.subject().unwrap_or_default().to_owned();
    }
    let raw = mail.header_raw(name.to_owned()).unwrap_or_default();
    raw.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The word that stands behind `mark` in a mail's text.
pub(crate) fn behind(mail: &str, mark: &str) -> Option<String> {
    let mail = MessageParser::default().parse(mail.as_bytes()).unwrap();
    let text = mail.body_text(0)?.into_owned();
    let (_, rest) = text.split_once(mark)?;
    let word = rest.split(|c: char| !(c.is_ascii_alphanumeric() || "-_".contains(c))).next()?;
    Some(word.to_owned())
}
