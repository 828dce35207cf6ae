//! Secrets that are mailed stand nowhere else: not in the table, not in a log line.

use std::io::Write;
use std::sync::{Arc, Mutex};

use chamada_domain::LinkId;
use chamada_platform::random;
use chamada_store::AskedLink;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::post_office::{Office, behind};

/// Log lines, kept.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn what_is_mailed_in_secret_is_kept_and_logged_nowhere() {
    let lines = Lines::default();
    // Everything of ours, and of others what is heard where it runs.
    let heard = Targets::new()
        .with_default(LevelFilter::WARN)
        .with_targets(["chamada", "notifier"].map(|name| (name, LevelFilter::TRACE)));
    let layer = tracing_subscriber::fmt::layer().with_writer(lines.clone()).with_filter(heard);
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));

    let office = Office::open().await;
    let number = office.answered().await;
    let link = LinkId::from_random(random());
    let asked = AskedLink::SignIn {
        user: office.sofia.id.clone(),
    };
    office
        .desk
        .app
        .store
        .ask_link(&link, &asked, office.desk.now(), None)
        .await
        .unwrap();
    // Refused once each, so that what is said of failures is heard too.
    office.handed.lock().unwrap().closed = true;
    office.tell("message", number, 2).await.unwrap_err().log();
    office.tell_link(&link).await.unwrap_err().log();
    office.handed.lock().unwrap().closed = false;
    office.tell("message", number, 2).await.unwrap();
    office.tell_link(&link).await.unwrap();

    let secret = |mail: &String| behind(mail, "?key=").or_else(|| behind(mail, "#/m/")).unwrap();
    let secrets: Vec<String> = {
        let handed = office.handed.lock().unwrap();
        handed.taken.iter().chain(&handed.refused).map(secret).collect()
    };
    assert_eq!(secrets.len(), 4);
    let table = format!("{:?}", office.desk.items("").await);
    let log = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(table.contains("TK#") && log.contains("an event will be tried again"), "{log}");
    for secret in &secrets {
        assert!(secret.len() == 43 && !table.contains(secret) && !log.contains(secret));
    }
    for private in ["ana@example.org", "sofia@example.org", "Ya voy", "printer"] {
        assert!(!log.contains(private), "{log}");
    }
}
