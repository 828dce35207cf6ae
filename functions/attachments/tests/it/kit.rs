//! One machine's AWS side, people with sessions, and a client for the routes.

use axum::Router;
use axum::body::Body;
use chamada_domain::draft::{Pen, Writer};
use chamada_domain::entry::{AttachedFile, Place};
use chamada_domain::message::{self, NewMessage, Voice};
use chamada_domain::open::{NewTicket, open};
use chamada_domain::word::Word;
use chamada_domain::{
    AttachmentId, Channel, Kind, Locale, Priority, Role, TicketNumber, Timestamp, User, UserId, Via, Visibility, timestamp,
};
use chamada_local::engine::Durability;
use chamada_local::folder::Folder;
use chamada_local::services::{Services, Settings};
use chamada_platform::{Clock, Secret, random, secret_hash};
use chamada_store::{HeldKey, Session, TicketKey, Upload, Uploads, With};
use chamada_web::App;
use chamada_web::session::{guest_cookie, person_cookie};
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tower::ServiceExt;

/// A machine under test.
pub(crate) struct Machine {
    pub(crate) app: App,
    pub(crate) clock: Clock,
    pub(crate) http: reqwest::Client,
    router: Router,
    _services: Services,
    _folder: TempDir,
}

/// What a route answered.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
}

impl Answer {
    /// Status and the problem's code.
    pub(crate) fn problem(&self) -> (u16, &str) {
        (self.status.as_u16(), self.body["code"].as_str().unwrap_or_default())
    }

    /// Each faulty field with its code, `field:code`.
    pub(crate) fn faults(&self) -> Vec<String> {
        let errors = self.body["errors"].as_array().cloned().unwrap_or_default();
        let fault = |error: &Value| format!("{}:{}", error["field"].as_str().unwrap(), error["code"].as_str().unwrap());
        errors.iter().map(fault).collect()
    }
}

pub(crate) fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// Announces these bytes under this name and type.
pub(crate) fn announcement(name: &str, content_type: &str, bytes: &[u8]) -> Value {
    json!({"name": name, "content_type": content_type, "size": bytes.len(), "sha256": digest(bytes)})
}

impl Machine {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let held = Folder::take(&folder.path().join("data")).unwrap();
        let files = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let settings = Settings {
            site_url: "http://localhost:8080".into(),
            files_url: format!("http://localhost:{}", files.local_addr().unwrap().port()),
            sender: "help@localhost".into(),
            smtp_url: None,
            extra_ca: None,
            trust_proxy: false,
            allow_plain_pop3: false,
            log_format: "text".into(),
            durability: Durability::default(),
        };
        let clock = Clock::system();
        let services = Services::start(&held, &settings, files, clock.clone()).await.unwrap();
        let platform = services.platform();
        Self {
            router: chamada_web::service(attachments::router(platform.clone()), &platform),
            app: App::new(platform),
            clock,
            http: reqwest::Client::new(),
            _services: services,
            _folder: folder,
        }
    }

    fn now(&self) -> Timestamp {
        self.app.now()
    }

    /// Somebody who is signed in: who, and their cookie.
    pub(crate) async fn person(&self, name: &str, role: Role) -> (User, String) {
        let user = User {
            id: UserId::from_random(random()),
            email: format!("{name}@example.org").parse().unwrap(),
            name: name.to_owned(),
            role,
            locale: Locale::Es,
            company_id: None,
            active: true,
            notify: true,
            created_at: self.now(),
            password_hash: None,
        };
        self.app.store.create_user(&user, None).await.unwrap();
        let secret = Secret::generate();
        self.app
            .store
            .begin_session(&user.id, &secret_hash(&secret), &Session::begin(self.now()))
            .await
            .unwrap();
        (user.clone(), person_cookie(&user.id, &secret).expose().to_owned())
    }

    /// A browser without an account that was given these keys.
    pub(crate) async fn guest(&self, keys: Vec<HeldKey>) -> String {
        let secret = Secret::generate();
        let mut session = Session::begin(self.now());
        session.keys = keys;
        self.app.store.save_guest_session(&secret_hash(&secret), &session).await.unwrap();
        guest_cookie(&secret).expose().to_owned()
    }

    /// Asks the routes; an empty cookie is none.
    pub(crate) async fn ask(&self, cookie: &str, method: Method, path: &str, body: Option<&Value>, key: Option<&str>) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header("x-requested-with", "chamada");
        if !cookie.is_empty() {
            request = request.header("cookie", format!("session={cookie}"));
        }
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let response = self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let status = response.status();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        let body = if bytes.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&bytes).unwrap()
        };
        Answer { status, body }
    }

    pub(crate) async fn announce(&self, cookie: &str, body: &Value) -> Answer {
        self.ask(cookie, Method::POST, "/api/attachments", Some(body), None).await
    }

    pub(crate) async fn complete(&self, cookie: &str, id: &str) -> Answer {
        self.ask(cookie, Method::POST, &format!("/api/attachments/{id}/complete"), None, None)
            .await
    }

    pub(crate) async fn remove(&self, cookie: &str, id: &str, key: Option<&str>) -> Answer {
        self.ask(cookie, Method::DELETE, &format!("/api/attachments/{id}"), None, key).await
    }

    /// Puts bytes where an announcement says, with the headers that it names.
    pub(crate) async fn put(&self, announced: &Value, bytes: &[u8]) -> u16 {
        let upload = &announced["upload"];
        assert_eq!(upload["method"], "PUT");
        let mut request = self.http.put(upload["url"].as_str().unwrap()).body(bytes.to_vec());
        for (name, value) in upload["headers"].as_object().unwrap() {
            request = request.header(name, value.as_str().unwrap());
        }
        request.send().await.unwrap().status().as_u16()
    }

    /// Announces, puts and completes a file; its id.
    pub(crate) async fn upload(&self, cookie: &str, name: &str, content_type: &str, bytes: &[u8]) -> String {
        let announced = self.announce(cookie, &announcement(name, content_type, bytes)).await;
        assert_eq!(announced.status, 201, "{}", announced.body);
        assert_eq!(self.put(&announced.body, bytes).await, 200);
        let id = announced.body["attachment_id"].as_str().unwrap().to_owned();
        let completed = self.complete(cookie, &id).await;
        assert_eq!(completed.status, 200, "{}", completed.body);
        id
    }

    /// Whether an upload's object lies in the bucket.
    pub(crate) async fn lies_there(&self, id: &str) -> bool {
        let bucket = &self.app.platform.config().files_bucket;
        self.app
            .platform
            .objects()
            .head(bucket, &format!("files/{id}"))
            .await
            .unwrap()
            .is_some()
    }

    /// A ticket of `requester` with a file that they uploaded.
    pub(crate) async fn ticket_with(&self, requester: &User, upload: &str) -> TicketNumber {
        let number = TicketNumber(1_000);
        let file = self.file(upload).await;
        let new = NewTicket {
            channel: Channel::Web,
            title: "No enciende".into(),
            body: "El equipo no enciende".into(),
            requester: requester.as_person(),
            place: Place::unclassified(Kind::Incident),
            priority: Priority::Normal,
            cc: vec![],
            attachments: vec![file],
            mail: None,
            quoted: None,
            continues: None,
        };
        let draft = open(number, new, &self.pen(requester), &mut random).unwrap();
        let uploads = uploads_of(requester, upload);
        let with = With {
            uploads: Some(&uploads),
            ..With::default()
        };
        self.app.store.open_ticket(&draft, &with).await.unwrap();
        number
    }

    /// A note of staff with a file that they uploaded.
    pub(crate) async fn note_with(&self, number: TicketNumber, author: &User, upload: &str) {
        let file = self.file(upload).await;
        let uploads = uploads_of(author, upload);
        let with = With {
            uploads: Some(&uploads),
            ..With::default()
        };
        let note = NewMessage {
            body: "Para el taller".into(),
            visibility: Visibility::Internal,
            attachments: vec![file],
            mail: None,
            quoted: None,
            voice: Voice::Staff,
            resolve: false,
            due_at: None,
            through: None,
        };
        let pen = self.pen(author);
        let write = |ticket| Ok(message::post(ticket, note.clone(), &pen, &mut random));
        self.app.store.change_ticket(number, &with, write).await.unwrap();
    }

    async fn file(&self, id: &str) -> AttachedFile {
        let id: AttachmentId = id.parse().unwrap();
        let Upload {
            name,
            content_type,
            size,
            sha256,
            ..
        } = self.app.store.upload(&id, self.now()).await.unwrap().upload;
        AttachedFile {
            attachment_id: id,
            name: Word::new(name, &mut random),
            content_type,
            size,
            sha256,
            inline: false,
        }
    }

    fn pen(&self, author: &User) -> Pen {
        Pen {
            at: self.now(),
            via: Via::Web,
            author: Some(Writer::of(author)),
        }
    }

    /// A key of a ticket, as a mail to `person` would carry it.
    pub(crate) async fn key_of(&self, number: TicketNumber, person: &User) -> HeldKey {
        let hash = secret_hash(&Secret::generate());
        let key = TicketKey {
            person: person.id.clone(),
            created_at: self.now(),
            valid_until: self.now().plus(timestamp::days(30)),
        };
        self.app.store.save_ticket_key(number, &hash, &key).await.unwrap();
        HeldKey {
            ticket: number,
            hash,
            person: person.id.clone(),
        }
    }
}

fn uploads_of(owner: &User, upload: &str) -> Uploads {
    Uploads {
        owner: owner.id.to_string(),
        ids: vec![upload.parse().unwrap()],
    }
}
