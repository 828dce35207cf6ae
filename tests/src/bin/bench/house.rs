//! A help desk to measure: the real server on a folder with many tickets, people signed in, and the shapes of its transactions.

use crate::{
    Failure,
    capture::Capture,
    fill::{Pattern, Person, fill, pattern_of},
    settle::Outbox,
    shape::Shape,
};
use chamada_tests::{
    between::PROXY_VARIABLE,
    client::Api,
    engine::raw,
    outbox,
    server::{Options, Server},
};
use serde_json::{Value, json};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// The most people whose tickets they are; the first [`CLIENTS`] of them are signed in.
const PEOPLE: u64 = 20;
/// Each has at least so many, a whole page, so that lists of few tickets and of many are equally long.
const EACH: u64 = 25;
/// The most clients that ask at once.
pub(crate) const CLIENTS: usize = 8;
const PATIENCE: Duration = Duration::from_secs(30);

/// The running help desk.
pub(crate) struct House {
    pub(crate) server: Server,
    /// The administrator.
    pub(crate) admin: Api,
    /// People, one a client.
    pub(crate) users: Vec<Api>,
    /// The ids of all people.
    pub(crate) people: Vec<String>,
    /// Tickets at first.
    pub(crate) tickets: u64,
    /// What opens a ticket.
    pub(crate) create: Written,
    /// What adds a message of staff.
    pub(crate) message: Written,
}

/// 500 characters, as DATA.md's budgets have them.
pub(crate) fn words() -> String {
    "palabras ".repeat(56).chars().take(500).collect()
}

/// A new ticket as its requester sends it.
pub(crate) fn new_ticket() -> Value {
    json!({"title": "La impresora del almacén no imprime desde ayer", "body": words(), "kind": "incident"})
}

/// A message that the requester is mailed.
pub(crate) fn reply() -> Value {
    json!({"body": words(), "visibility": "public"})
}

impl House {
    /// Builds a help desk with so many tickets.
    pub(crate) async fn build(tickets: u64) -> Result<Self, Failure> {
        let capture = Capture::start().await?;
        let options = Options::default().with_env(PROXY_VARIABLE, capture.url());
        let mut server = Server::start_through(options, &capture);
        let admin = server.admin().await;
        let people = enrol(&admin, (tickets / EACH).clamp(1, PEOPLE)).await?;
        let mut users = Vec::new();
        for person in people.iter().take(CLIENTS) {
            users.push(sign_in(&server, &person.email).await?);
        }
        // Where there are fewer people than clients, some have two.
        for client in users.len()..CLIENTS {
            let api = server.anonymous();
            api.set_cookie(users[client - people.len()].cookie());
            users.push(api);
        }
        let made = Made::make(&server, &admin, &users[0], &capture).await?;
        let (engine, table) = server.engine();
        let items = raw(&engine, "Scan", &json!({"TableName": table, "ConsistentRead": true})).await?;
        let items = items["Items"].as_array().ok_or("the table cannot be read")?;
        let patterns = made.numbers.map(|number| Pattern::of(items, number, &people[0]));
        server.stop();
        let first = made.numbers.iter().max().copied().unwrap_or_default() + 1;
        fill(server.data(), &table, &patterns, &people, (first, tickets))?;
        server.restart_with(Options::default());
        let people = people.into_iter().map(|person| person.id).collect();
        let house = Self {
            server,
            admin,
            users,
            people,
            tickets,
            create: made.create,
            message: made.message,
        };
        house.check().await?;
        Ok(house)
    }

    /// What was filled in is what the server would have made: it lists it, and its histories hold.
    async fn check(&self) -> Result<(), Failure> {
        for number in [4, self.tickets / 2, self.tickets] {
            let verdict = self.admin.get(&format!("/api/tickets/{number}/verify")).await.expect(200);
            if verdict["valid"] != true {
                return Err(format!("ticket {number} was filled in wrongly: {verdict}").into());
            }
        }
        for (who, path) in [(&self.admin, "/api/tickets?limit=25"), (&self.users[0], "/api/tickets?limit=5")] {
            let page = who.get(path).await.expect(200);
            if page["next_cursor"].is_null() {
                return Err(format!("{path} lists too little").into());
            }
        }
        Ok(())
    }

    /// Numbers of tickets, all over the table in no order.
    pub(crate) fn any_ticket(&self) -> Arc<dyn Fn() -> u64 + Send + Sync> {
        let (tickets, next) = (self.tickets, AtomicU64::new(0));
        // A prime step visits all of them before it comes to one again.
        Arc::new(move || 1 + next.fetch_add(7_919, Ordering::Relaxed) % tickets)
    }

    /// Numbers of tickets in process for one client alone, so that no two write to the same.
    pub(crate) fn in_process(&self, client: usize) -> Vec<u64> {
        let all = (4..=self.tickets).filter(|number| pattern_of(*number) == 1);
        all.skip(client).step_by(CLIENTS).collect()
    }
}

async fn enrol(admin: &Api, count: u64) -> Result<Vec<Person>, Failure> {
    let mut people = Vec::new();
    for n in 1..=count {
        // Names and addresses of one length: copies of a ticket are as large as the ticket.
        let (email, name) = (format!("persona{n:02}@example.com"), format!("Persona Ejemplo {n:02}"));
        let user = json!({"email": email, "name": name, "role": "user", "locale": "es"});
        let made = admin.post("/api/users", &user).await.expect(201);
        let id = made["id"].as_str().ok_or("a user without id")?.to_owned();
        people.push(Person { id, email, name });
    }
    Ok(people)
}

async fn sign_in(server: &Server, email: &str) -> Result<Api, Failure> {
    let api = server.anonymous();
    api.post("/api/sign-in", &json!({"email": email})).await.expect(202);
    let mail = outbox::wait_for(server.data(), PATIENCE, |mail| mail.to == [email]).await;
    api.follow(&mail.sign_in_link().ok_or("a sign-in mail without its link")?).await;
    Ok(api)
}

/// A call that writes, as the engine saw it.
pub(crate) struct Written {
    /// Its transaction.
    pub(crate) shape: Shape,
    /// All that was asked of the engine for it and for what follows it.
    pub(crate) operations: String,
}

impl Written {
    fn of(capture: &Capture) -> Result<Self, Failure> {
        Ok(Self {
            shape: Shape::of(capture.first_of_a_ticket()?)?,
            operations: capture.operations(),
        })
    }
}

/// The tickets that all others are made after, by the server itself.
struct Made {
    /// New, in process, resolved.
    numbers: [u64; 3],
    create: Written,
    message: Written,
}

impl Made {
    async fn make(server: &Server, admin: &Api, user: &Api, capture: &Capture) -> Result<Self, Failure> {
        let mut mails = Outbox::of(server)?;
        capture.forget();
        let new = open(user, 1).await?;
        settled(&mut mails, 1).await?;
        let create = Written::of(capture)?;
        let numbers = [new, open(user, 2).await?, open(user, 3).await?];
        settled(&mut mails, 2).await?;
        let mut message = Err("no message was captured".into());
        for number in numbers.into_iter().skip(1) {
            // The first answer also moves the ticket on: the second is the plain one.
            say(admin, number, 1, &reply()).await;
            say(user, number, 2, &reply()).await;
            settled(&mut mails, 1).await?;
            capture.forget();
            say(admin, number, 3, &reply()).await;
            settled(&mut mails, 1).await?;
            message = Written::of(capture);
            say(user, number, 4, &reply()).await;
        }
        let [_, _, resolved] = numbers;
        let last = json!({"body": words(), "visibility": "public", "resolve": true});
        say(admin, resolved, 5, &last).await;
        settled(&mut mails, 1).await?;
        Ok(Self {
            numbers,
            create,
            message: message?,
        })
    }
}

async fn open(who: &Api, turn: u32) -> Result<u64, Failure> {
    let made = who
        .post_once("/api/tickets", &format!("made-{turn}"), &new_ticket())
        .await
        .expect(201);
    made["number"].as_u64().ok_or_else(|| "a ticket without number".into())
}

async fn say(who: &Api, number: u64, turn: u32, body: &Value) {
    let path = format!("/api/tickets/{number}/messages");
    who.post_once(&path, &format!("made-{number}-{turn}"), body).await.expect(201);
}

/// Waits for these mails and a moment more: a sending is marked as done after its mail lies there.
async fn settled(mails: &mut Outbox, more: usize) -> Result<(), Failure> {
    mails.settle(more).await?;
    mails.exactly().await
}
