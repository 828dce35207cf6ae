//! A desk with uploads that lie in table and bucket.

use std::collections::BTreeMap;

use chamada_domain::{AttachmentId, Role, User};
use chamada_platform::{HandlerError, Platform};
use chamada_store::upload_object;
use chamada_tests::desk::{Desk, Setup};
use housekeeping::Handler;
use serde_json::{Value, json};
use time::Duration;

pub(crate) const DAY: Duration = Duration::days(1);

pub(crate) struct House {
    pub(crate) desk: Desk,
    pub(crate) ana: User,
}

impl House {
    pub(crate) async fn open() -> Self {
        let desk = Desk::without_routes(Setup::default()).await;
        let ana = desk.person("ana@example.org", Role::User).await;
        Self { desk, ana }
    }

    /// A completed upload of Ana's, with its bytes.
    pub(crate) async fn upload(&self) -> AttachmentId {
        let id = self.desk.uploaded(&self.ana, "informe.txt").await;
        self.put(&id).await;
        id
    }

    pub(crate) async fn put(&self, id: &AttachmentId) {
        let platform = &self.desk.app.platform;
        let bucket = &platform.config().files_bucket;
        platform
            .objects()
            .put(bucket, &upload_object(id), "hola", "text/plain")
            .await
            .unwrap();
    }

    /// Whether an upload's bytes lie in the bucket.
    pub(crate) async fn has_bytes(&self, id: &AttachmentId) -> bool {
        let platform = &self.desk.app.platform;
        let head = platform.objects().head(&platform.config().files_bucket, &upload_object(id)).await;
        head.unwrap().is_some()
    }

    /// How many records of uploads there are.
    pub(crate) async fn records(&self) -> usize {
        self.desk.items("UP#").await.len()
    }

    /// Everything that lies in the table and in the buckets, as text.
    pub(crate) async fn everything(&self) -> String {
        let items = self.desk.items("").await;
        let sorted: Vec<BTreeMap<_, _>> = items.into_iter().map(BTreeMap::from_iter).collect();
        let mut all = format!("{sorted:?}");
        let mut folders = vec![self.desk.folder().join("objects")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    all.push_str(&String::from_utf8_lossy(&std::fs::read(path).unwrap()));
                }
            }
        }
        all
    }

    /// Hands over an event of the bus.
    pub(crate) async fn hear(&self, detail_type: &str, detail: &Value) -> Result<Value, HandlerError> {
        let platform = self.desk.app.platform.clone();
        let deadline = platform.clock().now() + Duration::minutes(5);
        Handler::new(platform).handle(Desk::event(detail_type, detail), deadline).await
    }

    pub(crate) async fn run(&self) -> Value {
        self.run_on(self.desk.app.platform.clone()).await.unwrap()
    }

    /// Runs with five minutes' time.
    pub(crate) async fn run_on(&self, platform: Platform) -> Result<Value, HandlerError> {
        let deadline = platform.clock().now() + Duration::minutes(5);
        Handler::new(platform).handle(due(), deadline).await
    }
}

pub(crate) fn due() -> Value {
    json!({"source": "chamada.schedule", "detail-type": "housekeeping.due", "detail": {}})
}

pub(crate) fn said(ended: u64, forgotten: u64, more: bool) -> Value {
    json!({"ended": ended, "forgotten": forgotten, "expired": 0, "erased": 0, "more": more})
}

/// What a run says that erased tickets for good because their time was over.
pub(crate) fn said_expired(tickets: u64) -> Value {
    json!({"ended": 0, "forgotten": 0, "expired": tickets, "erased": tickets, "more": false})
}
