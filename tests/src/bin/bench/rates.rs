//! Requests a second: the real server on a large and on a small table, and its engine alone, in turns.

use crate::{
    Failure,
    baseline::Baseline,
    chart::{Chart, Spread, percentile, range, rounded, verdict},
    house::{CLIENTS, House, new_ticket, reply},
    load::{Call, Clients, Slice, Work},
    memory::{Memories, processor_ms},
    options::Options,
    settle::Outbox,
};
use bytes::Bytes;
use chamada_tests::client::Api;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use serde_json::Value;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// Numbers every request that writes: none is taken for another's repetition.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// Tickets in the small table.
const FEW: u64 = 100;
/// What follows a write is done so many seconds after the last one.
const FOLLOWED: f64 = 5.0;
/// The median on the large table is so many times that on the small one, at most.
const SLOWER: f64 = 1.3;

const COLUMNS: [&str; 16] = [
    "call",
    "clients",
    "per s",
    "rounds",
    "p50 ms",
    "p99 ms",
    "CPU ms",
    "engine per s",
    "engine CPU",
    "share %",
    "share target",
    "p50 few",
    "ratio",
    "ratio target",
    "followed s",
    "followed target",
];

/// A call of the API. Those that write come last, the one that adds tickets at the very end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    List,
    Mine,
    Open,
    Message,
    Create,
}

impl Kind {
    const ALL: [Self; 5] = [Self::List, Self::Mine, Self::Open, Self::Message, Self::Create];

    fn name(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Mine => "my tickets",
            Self::Open => "open",
            Self::Message => "message",
            Self::Create => "create",
        }
    }

    fn writes(self) -> bool {
        matches!(self, Self::Message | Self::Create)
    }

    /// Of the engine's own rate, at least.
    fn share(self) -> f64 {
        if self.writes() { 0.4 } else { 0.3 }
    }
}

/// A server under load.
struct Side {
    house: House,
    clients: Clients,
    outbox: Outbox,
}

impl Side {
    async fn build(tickets: u64) -> Result<Self, Failure> {
        let house = House::build(tickets).await?;
        let outbox = Outbox::of(&house.server)?;
        Ok(Self {
            house,
            clients: Clients::new(CLIENTS)?,
            outbox,
        })
    }

    fn work(&self, kind: Kind) -> Work {
        let house = &self.house;
        let admin = Seat::of(house, &house.admin);
        let seats: Vec<Seat> = house.users.iter().map(|user| Seat::of(house, user)).collect();
        match kind {
            Kind::List => Arc::new(move |_| admin.get("/api/tickets?limit=25")),
            Kind::Mine => Arc::new(move |client| seats[client].get("/api/tickets?limit=25")),
            Kind::Open => {
                let numbers = house.any_ticket();
                Arc::new(move |_| admin.get(&format!("/api/tickets/{}", numbers())))
            }
            Kind::Message => {
                let numbers: Vec<Vec<u64>> = (0..CLIENTS).map(|client| house.in_process(client)).collect();
                let body = Bytes::from(reply().to_string());
                Arc::new(move |client| {
                    let turn = NEXT.fetch_add(1, Ordering::Relaxed);
                    let own = &numbers[client];
                    let number = own[usize::try_from(turn).unwrap_or_default() % own.len()];
                    admin.post(&format!("/api/tickets/{number}/messages"), &format!("message-{turn}"), &body)
                })
            }
            Kind::Create => {
                let body = Bytes::from(new_ticket().to_string());
                Arc::new(move |client| {
                    seats[client].post("/api/tickets", &format!("create-{}", NEXT.fetch_add(1, Ordering::Relaxed)), &body)
                })
            }
        }
    }

    /// One go, and what followed it.
    async fn go(&mut self, kind: Kind, work: &Work, clients: usize, lasting: Duration) -> Result<Go, Failure> {
        let before = processor_ms(&self.house.server)?;
        let slice = self.clients.run(work, clients, lasting).await?;
        let mails = if kind.writes() { slice.times.len() } else { 0 };
        let followed = self.outbox.settle(mails).await?;
        let processor_ms = processor_ms(&self.house.server)? - before;
        Ok(Go {
            slice,
            followed,
            processor_ms,
        })
    }
}

/// What one go showed.
struct Go {
    slice: Slice,
    /// How long it took after the last answer until all that follows was done.
    followed: Duration,
    /// Processor time of the server's process, what follows included.
    processor_ms: f64,
}

/// One person's connection: what each request carries.
#[derive(Clone)]
struct Seat {
    base: String,
    headers: HeaderMap,
}

impl Seat {
    fn of(house: &House, api: &Api) -> Self {
        let value = |text: &str| HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(""));
        let headers = [
            (header::COOKIE, value(&api.cookie().unwrap_or_default())),
            (header::ORIGIN, value(&house.server.site())),
            (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        ];
        let base = house.server.listening().trim_end_matches('/').to_owned();
        Self {
            base,
            headers: headers.into_iter().collect(),
        }
    }

    fn get(&self, path: &str) -> Call {
        Call {
            name: "GET of a list or ticket",
            method: Method::GET,
            url: format!("{}{path}", self.base),
            headers: self.headers.clone(),
            body: Bytes::new(),
            expect: StatusCode::OK,
        }
    }

    fn post(&self, path: &str, key: &str, body: &Bytes) -> Call {
        let mut headers = self.headers.clone();
        headers.insert(
            HeaderName::from_static("idempotency-key"),
            HeaderValue::from_str(key).unwrap_or(HeaderValue::from_static("")),
        );
        Call {
            name: "POST of a ticket or message",
            method: Method::POST,
            url: format!("{}{path}", self.base),
            headers,
            body: body.clone(),
            expect: StatusCode::CREATED,
        }
    }
}

/// All rounds of one measurement.
#[derive(Default)]
struct Seen {
    rates: Vec<f64>,
    times: Vec<f64>,
    followed: f64,
    processor_ms: f64,
}

impl Seen {
    fn add(&mut self, go: Go) {
        self.rates.push(go.slice.rate());
        self.times.extend(go.slice.times);
        self.followed = self.followed.max(go.followed.as_secs_f64());
        self.processor_ms += go.processor_ms;
    }

    /// Of the processor, per request.
    fn cost(&self) -> f64 {
        self.processor_ms / self.times.len().max(1) as f64
    }

    fn time(&self, share: f64) -> f64 {
        let mut times = self.times.clone();
        times.sort_by(f64::total_cmp);
        percentile(&times, share)
    }
}

/// What is measured in turns.
struct Bench {
    many: Side,
    few: Side,
    engine: Baseline,
    engine_clients: Clients,
}

impl Bench {
    async fn row(&mut self, kind: Kind, clients: usize, options: &Options) -> Result<Vec<Value>, Failure> {
        let works = (self.many.work(kind), self.few.work(kind), self.engine_work(kind).await?);
        let (mut many, mut few, mut engine) = (Seen::default(), Seen::default(), Seen::default());
        for round in 0..=options.rounds() {
            // The first round warms up and counts for nothing.
            let lasting = if round == 0 { options.slice() / 4 } else { options.slice() };
            let go_few = self.few.go(kind, &works.1, clients, lasting).await?;
            let go_many = self.many.go(kind, &works.0, clients, lasting).await?;
            let go_engine = self.engine_go(&works.2, clients, lasting).await?;
            if round > 0 {
                few.add(go_few);
                many.add(go_many);
                engine.add(go_engine);
            }
        }
        Ok(cells(kind, clients, &many, &few, &engine))
    }

    async fn engine_go(&self, work: &Work, clients: usize, lasting: Duration) -> Result<Go, Failure> {
        let before = processor_ms(&self.many.house.server)?;
        let slice = self.engine_clients.run(work, clients, lasting).await?;
        let processor_ms = processor_ms(&self.many.house.server)? - before;
        Ok(Go {
            slice,
            followed: Duration::ZERO,
            processor_ms,
        })
    }

    async fn engine_work(&self, kind: Kind) -> Result<Work, Failure> {
        let house = &self.many.house;
        Ok(match kind {
            Kind::List => self.engine.list(),
            Kind::Mine => self.engine.mine(house),
            Kind::Open => self.engine.open(house),
            Kind::Create => self.engine.create(&house.create.shape),
            Kind::Message => {
                self.engine
                    .message(&house.message.shape, &house.create.shape, &self.engine_clients, CLIENTS)
                    .await?
            }
        })
    }
}

fn cells(kind: Kind, clients: usize, many: &Seen, few: &Seen, engine: &Seen) -> Vec<Value> {
    let (rates, engine_rates) = (Spread::of(many.rates.clone()), Spread::of(engine.rates.clone()));
    let share = rates.median / engine_rates.median;
    let ratio = many.time(0.5) / few.time(0.5);
    let nothing = || Value::from("-");
    // The targets are for all clients at once.
    let judged = |met: bool| if clients == CLIENTS { verdict(met) } else { nothing() };
    let (followed, followed_met) = match kind.writes() {
        true => (rounded(many.followed, 2), judged(many.followed <= FOLLOWED)),
        false => (nothing(), nothing()),
    };
    vec![
        kind.name().into(),
        clients.into(),
        rounded(rates.median, 0),
        range(rates, 0),
        rounded(many.time(0.5), 2),
        rounded(many.time(0.99), 2),
        rounded(many.cost(), 2),
        rounded(engine_rates.median, 0),
        rounded(engine.cost(), 2),
        rounded(share * 100.0, 0),
        judged(share >= kind.share()),
        rounded(few.time(0.5), 2),
        rounded(ratio, 2),
        judged(ratio <= SLOWER),
        followed,
        followed_met,
    ]
}

/// Measures every call at one client and at [`CLIENTS`].
pub(crate) async fn measure(options: &Options, memories: &mut Memories) -> Result<Vec<Chart>, Failure> {
    let many = Side::build(options.tickets()).await?;
    let few = Side::build(FEW).await?;
    let (engine, engine_clients) = (Baseline::of(&many.house.server), Clients::new(CLIENTS)?);
    memories.note(&format!("at rest, {} tickets", options.tickets()), &many.house.server);
    let mut bench = Bench {
        many,
        few,
        engine,
        engine_clients,
    };
    let about = format!(
        "{} tickets (p50 few: {FEW}), {} rounds of {} ms; targets at {CLIENTS} clients: share of the engine's rate 30 % reading, 40 % writing; p50 within {SLOWER} of few; followed within {FOLLOWED} s",
        options.tickets(),
        options.rounds(),
        options.slice().as_millis()
    );
    let mut rates = Chart::new("rates", about, &COLUMNS);
    for kind in Kind::ALL {
        for clients in [1, CLIENTS] {
            eprintln!("rates: {}, {clients} at once", kind.name());
            rates.rows.push(bench.row(kind, clients, options).await?);
        }
    }
    memories.note("after the rates", &bench.many.house.server);
    bench.many.outbox.exactly().await?;
    Ok(vec![rates, transactions(&bench.many.house)])
}

/// What the engine was asked for in the name of the server.
fn transactions(house: &House) -> Chart {
    let about = "what the engine alone was asked for; and what the server asks of it for one such call with all that follows";
    let mut chart = Chart::new("transactions", about, &["call", "items", "bytes of JSON", "requests to the engine"]);
    for (name, written) in [("create", &house.create), ("message", &house.message)] {
        let (items, bytes) = written.shape.size();
        chart
            .rows
            .push(vec![name.into(), items.into(), bytes.into(), written.operations.clone().into()]);
    }
    chart
}
