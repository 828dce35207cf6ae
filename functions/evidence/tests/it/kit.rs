//! A desk with a ticket that has files and mails.

use chamada_domain::entry::{MailFacts, Place};
use chamada_domain::word::Word;
use chamada_domain::{Authentication, BundleId, Kind, Locale, Role, TicketNumber, User, Visibility};
use chamada_platform::{HandlerError, Platform, random};
use chamada_store::{Bundle, BundleState, Upload, With, bundle_object, upload_object};
use chamada_tests::desk::{Desk, Setup};
use evidence::Handler;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use time::Duration;

pub(crate) const FILE: &[u8] = b"what somebody attached";
pub(crate) const NOTE_FILE: &[u8] = b"for staff alone";
pub(crate) const MAIL: &[u8] = b"From: ana@example.org\r\nSubject: Impresora\r\n\r\nNo imprime.\r\n";

pub(crate) struct House {
    pub(crate) desk: Desk,
    pub(crate) ana: User,
    pub(crate) sofia: User,
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

impl House {
    pub(crate) async fn open() -> Self {
        Self::with(Setup::default()).await
    }

    pub(crate) async fn with(setup: Setup) -> Self {
        let desk = Desk::without_routes(setup).await;
        let ana = desk.person("ana@example.org", Role::User).await;
        let sofia = desk.person("sofia@example.org", Role::Specialist).await;
        Self { desk, ana, sofia }
    }

    pub(crate) fn platform(&self) -> &Platform {
        &self.desk.app.platform
    }

    /// An upload of these bytes, with them in the bucket.
    async fn upload(&self, owner: &User, name: &str, bytes: &[u8]) -> chamada_domain::AttachmentId {
        let upload = Upload {
            id: chamada_domain::AttachmentId::from_random(random()),
            name: name.into(),
            content_type: "text/plain".into(),
            size: bytes.len() as u64,
            sha256: sha256(bytes),
            created_at: self.desk.now(),
        };
        let (store, who) = (&self.desk.app.store, owner.id.to_string());
        store.create_upload(&upload, &who, None).await.unwrap();
        store.complete_upload(&upload.id, &who).await.unwrap();
        let bucket = &self.platform().config().files_bucket;
        let objects = self.platform().objects();
        objects
            .put(bucket, &upload_object(&upload.id), bytes.to_vec(), "text/plain")
            .await
            .unwrap();
        upload.id
    }

    /// A ticket that came by mail with a file; in it a note with another, and an answer.
    pub(crate) async fn ticket(&self) -> TicketNumber {
        let (objects, config) = (self.platform().objects(), self.platform().config());
        let key = format!("mail/{}.eml", sha256(MAIL));
        objects.put(&config.mail_bucket, &key, MAIL, "message/rfc822").await.unwrap();
        let id = self.upload(&self.ana, "../informe final.txt", FILE).await;
        let (file, uploads) = self.desk.attachable(&self.ana, &id).await;
        let with = With {
            uploads: Some(&uploads),
            ..With::default()
        };
        let mail = MailFacts {
            from: None,
            to: Vec::new(),
            cc: Vec::new(),
            subject: Word::new("Impresora", &mut random),
            has_html: false,
            authentication: Authentication::ALL[0],
            digest: sha256(MAIL),
            left_in_original: 0,
            automatic: false,
        };
        let ticket = self.desk.ticket_of(&self.ana, &with, |new| {
            new.place = Place::unclassified(Kind::Incident);
            new.attachments = vec![file];
            new.mail = Some(mail);
        });
        let number = ticket.await.number;
        self.desk.assign(number, &self.sofia).await;
        let id = self.upload(&self.sofia, "nota.txt", NOTE_FILE).await;
        let (file, uploads) = self.desk.attachable(&self.sofia, &id).await;
        let with = With {
            uploads: Some(&uploads),
            ..With::default()
        };
        let note = |message: &mut chamada_domain::message::NewMessage| {
            message.visibility = Visibility::Internal;
            message.attachments = vec![file];
        };
        self.desk.answer(number, &self.sofia, "Nota", note, &with).await;
        self.desk.answer(number, &self.sofia, "Listo", |_| (), &With::default()).await;
        number
    }

    /// Asks for a bundle and has it made; its id.
    pub(crate) async fn ask(&self, number: TicketNumber, for_staff: bool) -> BundleId {
        let id = BundleId::from_random(random());
        let bundle = Bundle {
            state: BundleState::Making,
            for_staff,
            locale: Locale::Es,
            at: self.desk.now(),
            attempts: 0,
            last_seq: None,
        };
        self.desk.app.store.ask_bundle(number, &id, &bundle, None).await.unwrap();
        id
    }

    pub(crate) async fn make(&self, number: TicketNumber, id: &BundleId) -> Result<Value, HandlerError> {
        self.run(self.platform().clone(), "bundle.asked", json!({"ticket": number, "bundle": id}))
            .await
    }

    pub(crate) async fn run(&self, platform: Platform, detail_type: &str, detail: Value) -> Result<Value, HandlerError> {
        let deadline = platform.clock().now() + Duration::minutes(15);
        let event = json!({"source": "chamada", "detail-type": detail_type, "detail": detail});
        Handler::new(platform).handle(event, deadline).await
    }

    pub(crate) async fn state(&self, number: TicketNumber, id: &BundleId) -> BundleState {
        self.desk.app.store.bundle(number, id, self.desk.now()).await.unwrap().state
    }

    /// The bundle's bytes; nothing where none can be fetched.
    pub(crate) async fn fetch(&self, number: TicketNumber, id: &BundleId) -> Option<Vec<u8>> {
        let bucket = &self.platform().config().files_bucket;
        let got = self.platform().objects().get(bucket, &bundle_object(number, id), 1 << 30).await;
        got.ok().map(|bytes| bytes.to_vec())
    }

    /// How many files lie half written.
    pub(crate) fn half_written(&self) -> usize {
        std::fs::read_dir(self.desk.folder().join("objects/.uploads")).unwrap().count()
    }
}
