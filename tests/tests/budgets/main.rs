//! What each call may cost (DATA.md, 'Budgets'): the same at 100 and at 20,000 tickets, and in the long tests at 100,000.
//!
//! The functions run here as they run in `chamada serve`, on the embedded engine, with a recorder between. Stream, bus and schedules stand still, so that
//! nothing but the call itself is counted.
#![expect(clippy::unwrap_used, reason = "helpers of a test fail the test")]

mod calls;

use chamada_local::{
    engine::Durability,
    folder::Folder,
    services::{Services, Settings},
    wiring,
};
use chamada_platform::{Clock, Platform};
use chamada_tests::{
    capacity::{Recorder, Units, Usage},
    client::Api,
    dovecot::Dovecot,
    env,
    mails::Draft,
    server::ADMIN,
    story,
};
use chamada_web::App;
use serde_json::{Value, json};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tempfile::TempDir;
use tokio::net::TcpListener;

/// An account of the mail server.
const MAILBOX: (&str, &str) = ("soporte", "una clave");

/// The functions behind a listener, each of their requests to the table recorded.
pub(crate) struct House {
    api: Arc<Api>,
    /// Where the functions listen.
    site: String,
    recorder: Recorder,
    platform: Platform,
    _services: Services,
    _folder: Folder,
    _dir: TempDir,
}

/// At most so much; capacity units of table and indexes.
pub(crate) struct Budget {
    round_trips: usize,
    read: f64,
    write: f64,
    index_write: f64,
}

impl Budget {
    const fn reading(round_trips: usize, read: f64) -> Self {
        Self {
            round_trips,
            read,
            write: 0.0,
            index_write: 0.0,
        }
    }

    /// What is over it, in words.
    fn over(&self, call: &str, usage: &Usage) -> Option<String> {
        let within = usage.round_trips() <= self.round_trips
            && usage.read() <= self.read
            && usage.table().write <= self.write
            && usage.index().write <= self.index_write
            && usage.configurations <= 1
            && !usage.requests.is_empty();
        println!("{call}: {}", usage.describe());
        (!within).then(|| format!("{call}: {}", usage.describe()))
    }
}

impl House {
    async fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::take(&dir.path().join("data")).unwrap();
        let (site, files) = (
            TcpListener::bind("127.0.0.1:0").await.unwrap(),
            TcpListener::bind("127.0.0.1:0").await.unwrap(),
        );
        let origin = |listener: &TcpListener| format!("http://{}", listener.local_addr().unwrap());
        let (site_url, files_url) = (origin(&site), origin(&files));
        let settings = Settings {
            site_url: site_url.clone(),
            files_url,
            sender: "chamada@chamada.example".into(),
            smtp_url: None,
            extra_ca: None,
            trust_proxy: false,
            allow_plain_pop3: false,
            log_format: "text".into(),
            durability: Durability::default(),
        };
        let services = Services::start(&folder, &settings, files, Clock::system()).await.unwrap();
        let recorder = Recorder::start(&services.server_file().dynamodb);
        let platform = services.platform_through(Some(recorder.url()));
        let functions = wiring::functions(&platform).await.unwrap();
        let token = wiring::first_administrator(&platform, ADMIN).await.unwrap();
        let app = functions.router.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(axum::serve(site, app).into_future());
        let api = Arc::new(Api::new(&site_url, &site_url));
        api.post("/api/session", &json!({"token": token})).await.expect(200);
        Self {
            api,
            site: site_url,
            recorder,
            platform,
            _services: services,
            _folder: folder,
            _dir: dir,
        }
    }

    /// Opens tickets until there are so many.
    async fn fill(&self, tickets: u64) {
        const AT_ONCE: u64 = 8;
        let open = |from: u64| {
            let api = Arc::clone(&self.api);
            tokio::spawn(async move {
                for n in (from..tickets).step_by(usize::try_from(AT_ONCE).unwrap()) {
                    api.post("/api/tickets", &ticket(n)).await.expect(201);
                }
            })
        };
        let openers: Vec<_> = (0..AT_ONCE).map(open).collect();
        for opener in openers {
            opener.await.unwrap();
        }
    }

    /// What one call used.
    async fn cost<T>(&self, call: impl Future<Output = T>) -> (T, Usage) {
        drop(self.recorder.take());
        self.recorder.slow(true);
        let said = call.await;
        self.recorder.slow(false);
        (said, self.recorder.take())
    }
}

fn text() -> String {
    "palabras ".repeat(56).chars().take(500).collect()
}

fn ticket(n: u64) -> Value {
    json!({"title": format!("Pedido {n}"), "body": text(), "kind": "incident"})
}

async fn over_budget(tickets: u64) -> Vec<String> {
    let house = House::open().await;
    let api = &house.api;
    // Before any function has read the settings: what it has read, it keeps for a while.
    api.patch("/api/settings", &json!({"guest_tickets": true})).await.expect(200);
    let person = json!({"email": "bruno@chamada.example", "name": "Bruno", "role": "specialist", "locale": "es"});
    let bruno = api.post("/api/users", &person).await.expect(201)["id"].clone();
    house.fill(tickets).await;
    let number = api.post("/api/tickets", &ticket(tickets)).await.expect(201)["number"]
        .as_u64()
        .unwrap();
    let path = format!("/api/tickets/{number}");
    let message = json!({"body": text(), "visibility": "public"});
    for _ in 0..20 {
        api.post(&format!("{path}/messages"), &message).await.expect(201);
    }
    let mut over = Vec::new();
    over.extend(read_budgets(&house, &path).await);
    let (_, usage) = house.cost(async { api.post("/api/tickets", &ticket(0)).await.expect(201) }).await;
    over.extend(
        Budget {
            round_trips: 3,
            read: 4.0,
            write: 13.0,
            index_write: 12.0,
        }
        .over("open a new ticket", &usage),
    );
    let (_, usage) = house
        .cost(async { api.post(&format!("{path}/messages"), &message).await.expect(201) })
        .await;
    over.extend(
        Budget {
            round_trips: 3,
            read: 4.0,
            write: 12.0,
            index_write: 16.0,
        }
        .over("post a message", &usage),
    );
    for change in [json!({"assignee_id": bruno}), json!({"status": "on_hold"})] {
        let version = api.get(&path).await.expect(200)["ticket"]["version"].as_u64().unwrap();
        let (_, usage) = house.cost(async { api.patch_at(&path, version, &change).await.expect(200) }).await;
        over.extend(
            Budget {
                round_trips: 3,
                read: 4.0,
                write: 12.0,
                index_write: 20.0,
            }
            .over(&format!("change {change}"), &usage),
        );
    }
    over.extend(calls::of_readers(&house, &path).await);
    over.extend(calls::of_a_life(&house, &path).await);
    over.extend(calls::of_a_guest(&house).await);
    over
}

async fn read_budgets(house: &House, path: &str) -> Vec<String> {
    let calls = [
        ("/api/me", Budget::reading(1, 2.0)),
        (path, Budget::reading(2, 8.0)),
        // Open and closed are a partition each: twice 6.
        ("/api/tickets?limit=25", Budget::reading(2, 12.0)),
        ("/api/tickets?limit=25&status=pending", Budget::reading(2, 12.0)),
        ("/api/tickets?limit=25&status=new", Budget::reading(2, 6.0)),
        ("/api/tickets?limit=25&sort=-priority", Budget::reading(2, 6.0)),
        ("/api/tickets?limit=25&sort=due_at", Budget::reading(2, 6.0)),
        ("/api/tickets?limit=25&assignee=none&status=pending", Budget::reading(2, 6.0)),
        ("/api/tickets?limit=25&kind=requirement", Budget::reading(2, 30.0)),
    ];
    let mut over = Vec::new();
    for (call, budget) in calls {
        let (_, usage) = house.cost(async { house.api.get(call).await.expect(200) }).await;
        over.extend(budget.over(call, &usage));
    }
    over
}

#[tokio::test(flavor = "multi_thread")]
async fn at_a_hundred_tickets() {
    assert_eq!(over_budget(100).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn at_twenty_thousand_tickets() {
    assert_eq!(over_budget(20_000).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn at_a_hundred_thousand_tickets() {
    if env::long() {
        assert_eq!(over_budget(100_000).await, Vec::<String>::new());
    } else {
        println!("skipped: it takes minutes, and runs in `make test-long`");
    }
}

/// Units of a sweep of the mailbox that brings so many tickets, table and indexes together.
async fn sweep_cost(house: &House, mailbox: &str, tickets: u8) -> Units {
    let asked = house
        .api
        .post(&format!("/api/mailboxes/{mailbox}/sweep"), &json!({}))
        .await
        .expect(202);
    let event = json!({"detail-type": "sweep.asked", "detail": {"mailbox": mailbox, "sweep": asked["sweep_id"]}});
    let sweep = mail_sweep::Handler::new(house.platform.clone()).unwrap();
    let deadline = Clock::system().now() + Duration::from_secs(300);
    let (done, usage) = house.cost(sweep.handle(event, deadline)).await;
    assert_eq!(done.unwrap()["state"], "done");
    let sweep = house
        .api
        .get(&format!("/api/mailboxes/{mailbox}/sweeps/{}", asked["sweep_id"].as_str().unwrap()))
        .await
        .expect(200);
    assert_eq!(sweep["imported"], tickets, "{sweep}");
    println!("sweep: {}", usage.describe());
    Units {
        read: usage.read(),
        write: usage.table().write + usage.index().write,
    }
}

/// 'By mail + 8': what a mail adds to a sweep, its sender known, against what a new ticket may cost.
#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_by_mail() {
    const MAILS: u8 = 10;
    let house = House::open().await;
    let pop3 = Dovecot::start(&[MAILBOX]);
    let mailbox = house
        .api
        .post("/api/mailboxes", &story::mailbox(MAILBOX, pop3.port, "plain"))
        .await
        .expect(201);
    let mailbox = mailbox["id"].as_str().unwrap();
    let deliver = |round: &str| {
        for n in 0..MAILS {
            let (from, id) = (format!("ana{n}@example.org"), format!("{round}-{n}@example.org"));
            pop3.deliver(MAILBOX.0, &Draft::new(&from, "Pedido", &id, &text()).bytes());
        }
    };
    // Makes the senders known.
    deliver("first");
    sweep_cost(&house, mailbox, MAILS).await;
    let nothing = sweep_cost(&house, mailbox, 0).await;
    deliver("second");
    let mails = sweep_cost(&house, mailbox, MAILS).await;
    let each = |with: f64, without: f64| (with - without) / f64::from(MAILS);
    let (read, write) = (each(mails.read, nothing.read), each(mails.write, nothing.write));
    println!("a ticket by mail: {read} read, {write} written");
    assert!(read <= 4.0 + 8.0 && write <= 13.0 + 12.0 + 8.0, "{read} read, {write} written");
}

/// What a sweep relies on, which decides its messages in turn.
#[tokio::test(flavor = "multi_thread")]
async fn all_who_queue_for_a_number_are_served_by_one_request() {
    let house = House::open().await;
    let store = App::new(house.platform.clone()).store;
    let first = store.next_number().await.unwrap().0;
    let queue: Vec<_> = (0..20).map(|_| store.queue_for_number()).collect();
    drop(store.queue_for_number());
    let taking = async {
        let mut numbers = Vec::new();
        for place in queue {
            numbers.push(place.take().await.unwrap().0);
        }
        numbers
    };
    let (numbers, usage) = house.cost(taking).await;
    assert_eq!(numbers, (first + 1..=first + 20).collect::<Vec<_>>());
    assert_eq!(usage.requests.len(), 1);
    let (alone, usage) = house.cost(store.next_number()).await;
    assert_eq!(
        (alone.unwrap().0, usage.requests.len()),
        (first + 21, 1),
        "neither a gap nor a number kept back"
    );
}
