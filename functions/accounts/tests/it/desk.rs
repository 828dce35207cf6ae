//! A help desk for one test: the function's router over an engine of its own, and browsers in front of it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use chamada_domain::amend::{Amendment, amend};
use chamada_domain::draft::Pen;
use chamada_domain::entry::Place;
use chamada_domain::open::{NewTicket, open};
use chamada_domain::{Channel, Kind, Locale, Priority, Role, Ticket, TicketNumber, User, UserId, Via};
use chamada_platform::{Clock, Config, PeerAddress, Platform, Secret, random, secret_hash};
use chamada_store::{TicketKey, With};
use chamada_web::App;
use dynoxide::Database;
use http::header::{CONTENT_TYPE, COOKIE, ORIGIN, SET_COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use time::Duration;
use time::macros::datetime;
use tokio::net::TcpListener;
use tower::ServiceExt;

pub(crate) const SITE: &str = "https://help.example.org";
const TABLE: &str = "help";

/// A help desk that nobody has used yet. Its clock stands until it is advanced.
pub(crate) struct Desk {
    pub(crate) app: App,
    pub(crate) clock: Clock,
    pub(crate) client: aws_sdk_dynamodb::Client,
    router: Router,
}

/// The table as the deployment template declares it.
fn table() -> Value {
    let template: serde_yaml_ng::Value = serde_yaml_ng::from_str(include_str!("../../../../infra/template.yaml")).unwrap();
    let properties = &template["Resources"]["Table"]["Properties"];
    let part = |name: &str| serde_json::to_value(&properties[name]).unwrap();
    json!({
        "TableName": TABLE,
        "KeySchema": part("KeySchema"),
        "AttributeDefinitions": part("AttributeDefinitions"),
        "GlobalSecondaryIndexes": part("GlobalSecondaryIndexes"),
        "BillingMode": "PAY_PER_REQUEST",
    })
}

async fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

type Parameters = Arc<Mutex<HashMap<String, String>>>;

/// The two calls of the Parameter Store that make a key.
async fn parameter(State(stored): State<Parameters>, headers: HeaderMap, body: String) -> Response {
    let asked: Value = serde_json::from_str(&body).unwrap();
    let name = asked["Name"].as_str().unwrap().to_owned();
    let mut stored = stored.lock().unwrap();
    let answer = match headers["x-amz-target"].to_str().unwrap() {
        "AmazonSSM.GetParameter" => match stored.get(&name) {
            Some(value) => json!({"Parameter": {"Name": name, "Type": "SecureString", "Value": value}}),
            None => return (StatusCode::BAD_REQUEST, json!({"__type": "ParameterNotFound"}).to_string()).into_response(),
        },
        "AmazonSSM.PutParameter" => {
            stored.insert(name, asked["Value"].as_str().unwrap().to_owned());
            json!({"Version": 1})
        }
        other => panic!("{other}"),
    };
    ([(CONTENT_TYPE, "application/x-amz-json-1.1")], answer.to_string()).into_response()
}

async fn services() -> (String, String) {
    let database = Database::memory().unwrap();
    database.create_table(serde_json::from_value(table()).unwrap()).unwrap();
    let (engine, engine_url) = listener().await;
    tokio::spawn(dynoxide::server::serve_on(engine, database));
    let (parameters, parameters_url) = listener().await;
    let store = Router::new().fallback(parameter).with_state(Parameters::default());
    tokio::spawn(async move { axum::serve(parameters, store).await });
    (engine_url, parameters_url)
}

fn sdk() -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::from_keys("test", "test", None)))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build()
}

impl Desk {
    pub(crate) async fn open() -> Self {
        Self::open_at(SITE).await
    }

    pub(crate) async fn open_at(site: &str) -> Self {
        let (engine, parameters) = services().await;
        let config = Config::read(&|name| match name {
            "SITE_URL" => Some(site.to_owned()),
            "TABLE_NAME" => Some(TABLE.to_owned()),
            "AWS_ENDPOINT_URL_DYNAMODB" => Some(engine.clone()),
            "AWS_ENDPOINT_URL_SSM" => Some(parameters.clone()),
            "FILES_BUCKET" | "MAIL_BUCKET" | "EVENT_BUS_NAME" | "SENDER" => Some("x".to_owned()),
            _ => None,
        });
        let clock = Clock::fixed(datetime!(2026-11-22 05:07:31.412 UTC));
        let platform = Platform::with(config.unwrap(), sdk(), clock.clone());
        let router = chamada_web::service(accounts::router(platform.clone()), &platform);
        let client = platform.dynamodb().clone();
        Self {
            app: App::new(platform),
            clock,
            client,
            router,
        }
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// Somebody with an account, not signed in.
    pub(crate) async fn person(&self, email: &str, role: Role) -> User {
        let user = User {
            id: UserId::from_random(random()),
            email: email.parse().unwrap(),
            name: format!("Person {email}"),
            role,
            locale: Locale::En,
            company_id: None,
            active: true,
            notify: true,
            created_at: self.app.now(),
            password_hash: None,
        };
        self.app.store.create_user(&user, None).await.unwrap();
        user
    }

    /// A browser that nobody is signed in with.
    pub(crate) fn browser(&self) -> Browser {
        Browser {
            router: self.router.clone(),
            cookie: Mutex::default(),
            source: [203, 0, 113, 7],
        }
    }

    /// What a sign-in link of this person ends with.
    pub(crate) async fn token(&self, user: &User) -> String {
        let token = Secret::generate();
        let store = &self.app.store;
        store.save_sign_in(&secret_hash(&token), &user.id, self.app.now()).await.unwrap();
        token.expose().to_owned()
    }

    /// A browser that this person has signed in with, by link.
    pub(crate) async fn signed_in(&self, user: &User) -> Browser {
        let browser = self.browser();
        let body = json!({"token": self.token(user).await});
        browser.post("/api/session", &body).await.expect(200);
        browser
    }

    /// A new account and its signed-in browser.
    pub(crate) async fn enter(&self, email: &str, role: Role) -> (User, Browser) {
        let user = self.person(email, role).await;
        let browser = self.signed_in(&user).await;
        (user, browser)
    }

    pub(crate) async fn administrator(&self) -> Browser {
        self.enter("root@example.org", Role::Administrator).await.1
    }

    /// An open ticket of this person.
    pub(crate) async fn ticket(&self, requester: &User) -> Ticket {
        let number = self.app.store.next_number().await.unwrap();
        let new = NewTicket {
            channel: Channel::Web,
            title: "The printer is on fire".into(),
            body: "Smoke".into(),
            requester: requester.as_person(),
            place: Place {
                kind: Kind::Incident,
                category_id: None,
                subcategory_id: None,
                corporation_id: None,
                company_id: None,
                site_id: None,
                cost_centre_id: None,
            },
            priority: Priority::Normal,
            cc: Vec::new(),
            attachments: Vec::new(),
            mail: None,
            quoted: None,
            continues: None,
        };
        let draft = open(number, new, &self.pen(), &mut random).unwrap();
        self.app.store.open_ticket(&draft, &With::default()).await.unwrap();
        draft.ticket
    }

    pub(crate) async fn assign(&self, number: TicketNumber, to: &User) {
        let change = || Amendment {
            assignee: Some(Some(to.as_staff_member())),
            ..Amendment::default()
        };
        let decide = |ticket: Ticket| Ok(amend(ticket, change(), &self.pen(), &mut random));
        self.app.store.change_ticket(number, &With::default(), decide).await.unwrap();
    }

    fn pen(&self) -> Pen {
        Pen {
            at: self.app.now(),
            via: Via::Web,
            author: None,
        }
    }

    /// A key of a ticket, as it would be mailed to this person, for so long.
    pub(crate) async fn key(&self, ticket: TicketNumber, person: &User, lives: Duration) -> String {
        let secret = Secret::generate();
        let now = self.app.now();
        let key = TicketKey {
            person: person.id.clone(),
            created_at: now,
            valid_until: now.plus(lives),
        };
        self.app.store.save_ticket_key(ticket, &secret_hash(&secret), &key).await.unwrap();
        secret.expose().to_owned()
    }

    /// Everything in the table whose partition key begins so.
    pub(crate) async fn items(&self, prefix: &str) -> Vec<HashMap<String, String>> {
        let answer = self.client.scan().table_name(TABLE).send().await.unwrap();
        let texts = answer.items.unwrap_or_default().into_iter().map(|item| {
            let text = item
                .into_iter()
                .map(|(name, value)| (name, value.as_s().cloned().unwrap_or_default()));
            text.collect::<HashMap<_, _>>()
        });
        texts.filter(|item| item["pk"].starts_with(prefix)).collect()
    }

    /// The links that are to be mailed, as the table has them.
    pub(crate) async fn asked(&self) -> Vec<Value> {
        let items = self.items("LINK#").await.into_iter().filter(|item| item["sk"] == "ASKED");
        items.map(|item| serde_json::from_str(&item["link"]).unwrap()).collect()
    }
}

/// A browser: it keeps the cookie, and its pages come from the site.
pub(crate) struct Browser {
    router: Router,
    cookie: Mutex<Option<String>>,
    pub(crate) source: [u8; 4],
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Browser {
    pub(crate) fn cookie(&self) -> Option<String> {
        self.cookie.lock().unwrap().clone()
    }

    pub(crate) fn set_cookie(&self, cookie: Option<String>) {
        *self.cookie.lock().unwrap() = cookie;
    }

    /// The same browser, seen from elsewhere.
    pub(crate) fn from(mut self, source: [u8; 4]) -> Self {
        self.source = source;
        self
    }

    pub(crate) async fn send(&self, method: Method, path: &str, headers: &[(&'static str, &str)], body: Option<&Value>) -> Reply {
        let mut request = Request::new(body.map_or_else(Body::empty, |body| Body::from(body.to_string())));
        *request.method_mut() = method.clone();
        *request.uri_mut() = path.parse().unwrap();
        request.extensions_mut().insert(PeerAddress(self.source.into()));
        if method != Method::GET {
            request.headers_mut().insert(ORIGIN, HeaderValue::from_static(SITE));
        }
        if let Some(cookie) = self.cookie() {
            request.headers_mut().insert(COOKIE, cookie.parse().unwrap());
        }
        for (name, value) in headers {
            request.headers_mut().insert(HeaderName::from_static(name), value.parse().unwrap());
        }
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        if let Some(line) = parts.headers.get(SET_COOKIE) {
            let pair = line.to_str().unwrap().split(';').next().unwrap();
            self.set_cookie((!pair.ends_with('=')).then(|| pair.to_owned()));
        }
        Reply {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, &[], None).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send(Method::POST, path, &[], Some(body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Reply {
        self.send(Method::PATCH, path, &[], Some(body)).await
    }

    pub(crate) async fn put(&self, path: &str, etag: &str, body: &Value) -> Reply {
        self.send(Method::PUT, path, &[("if-match", etag)], Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        self.send(Method::DELETE, path, &[], None).await
    }
}

impl Reply {
    /// The body, where the answer has this status.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }

    /// Asserts a problem of this status and code.
    #[track_caller]
    pub(crate) fn refuses(self, status: u16, code: &str) -> Value {
        assert_eq!((self.status, self.body["code"].as_str()), (status, Some(code)), "{}", self.body);
        self.body
    }

    /// Asserts 422 with these faulty fields, each `field code`.
    #[track_caller]
    pub(crate) fn faults(self, expected: &[&str]) {
        let body = self.refuses(422, "invalid");
        let faults = body["errors"].as_array().unwrap().iter();
        let found: Vec<String> = faults
            .map(|fault| format!("{} {}", fault["field"].as_str().unwrap(), fault["code"].as_str().unwrap()))
            .collect();
        assert_eq!(found, expected);
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}
