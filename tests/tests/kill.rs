//! `kill -9` of a sweep, at every named point and at random moments: each mail becomes one ticket all the same, and each event one mail.
#![expect(clippy::unwrap_used, reason = "helpers of a test fail the test")]

use chamada_tests::{
    between::PROXY_VARIABLE,
    env,
    mails::Draft,
    naive::count,
    outbox,
    server::Options,
    story::{Desk, PATIENCE, seed, sweep_end},
    unguarded::{Guard, Unguarded},
};
use serde_json::json;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

const MAILS: u64 = 200;
/// `CHAMADA_FAIL_AT=<point>:<n>` makes the server abort when it comes to a point for the n-th time.
const FAIL_AT: &str = "CHAMADA_FAIL_AT";

fn word(n: u64) -> String {
    format!("kit-word-{n:04}")
}

fn deliver(desk: &Desk, mails: u64, with_ids: bool) -> Vec<String> {
    (0..mails)
        .map(|n| {
            // Two mails a sender: no limit for newcomers is met.
            let id = if with_ids { format!("{n}@kill.example") } else { String::new() };
            let mail = Draft::new(
                &format!("c{:03}@kill.example", n / 2),
                &format!("Pedido {n}"),
                &id,
                &format!("Buenos dias {} gracias\n", word(n)),
            );
            desk.pop3.deliver("soporte", &mail.bytes());
            word(n)
        })
        .collect()
}

/// Asks for a sweep; the server may die before it answers.
async fn ask(desk: &Desk) {
    let client = desk.server.anonymous();
    client.set_cookie(desk.admin.cookie());
    let path = format!("/api/mailboxes/{}/sweep", desk.mailbox);
    // In a task of its own: a server that dies while answering is what this test is about.
    tokio::spawn(async move { client.post(&path, &json!({})).await }).await.ok();
}

/// Sweeps until the mailbox is empty, then checks everything.
async fn finish_and_check(desk: &Desk, words: &[String], how: &str) -> Vec<String> {
    let began = Instant::now();
    while desk.pop3.count("soporte") > 0 && began.elapsed() < PATIENCE * 3 {
        let asked = desk
            .admin
            .post(&format!("/api/mailboxes/{}/sweep", desk.mailbox), &json!({}))
            .await
            .expect(202);
        sweep_end(&desk.admin, &desk.mailbox, asked["sweep_id"].as_str().unwrap(), PATIENCE * 2).await;
    }
    let mut faults = Vec::new();
    if desk.pop3.count("soporte") > 0 {
        faults.push(format!("{how}: {} mails are left in the mailbox", desk.pop3.count("soporte")));
    }
    let tickets = desk.tickets().await;
    faults.extend(count::faults(&tickets));
    faults.extend(count::not_once(&count::said(&tickets, words)));
    if faults.is_empty() {
        faults.extend(mails_not_once(desk, &tickets).await);
    }
    faults
}

/// Every ticket's requester gets one mail about its opening, and no second one. A mail whose sending was begun when the server died counts as being sent
/// for a minute, and then is sent.
async fn mails_not_once(desk: &Desk, tickets: &BTreeMap<u64, count::Ticket>) -> Vec<String> {
    let expected: BTreeSet<(String, u64)> = tickets
        .iter()
        .map(|(number, ticket)| (ticket.row["r"]["e"].as_str().unwrap().to_owned(), *number))
        .collect();
    let began = Instant::now();
    loop {
        let mut sent: BTreeMap<(String, u64), usize> = BTreeMap::new();
        for mail in outbox::all(desk.server.data()) {
            let number = mail
                .subject
                .split("CH-")
                .nth(1)
                .and_then(|rest| rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok());
            if let Some(number) = number {
                *sent.entry((mail.to.join(","), number)).or_default() += 1;
            }
        }
        let missing = expected.iter().filter(|who| !sent.contains_key(who)).count();
        let doubled: Vec<String> = sent
            .iter()
            .filter(|(who, times)| expected.contains(who) && **times != 1)
            .map(|(who, n)| format!("{who:?} was mailed {n} times"))
            .collect();
        if missing == 0 || !doubled.is_empty() || began.elapsed() > PATIENCE * 3 {
            return doubled
                .into_iter()
                .chain((missing > 0).then(|| format!("{missing} tickets without their mail")))
                .collect();
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

async fn die_at_point(point: &str, n: u64) {
    let mut desk = Desk::open(Options::default()).await;
    let words = deliver(&desk, MAILS, true);
    let calm = Options {
        extra_ca: Some(desk.pop3.ca_file()),
        ..Options::default()
    };
    assert!(desk.server.stop().success());
    desk.server.restart_with(calm.clone().with_env(FAIL_AT, &format!("{point}:{n}")));
    ask(&desk).await;
    let ended = desk.server.wait_for_end(PATIENCE * 2);
    assert!(
        ended.is_some_and(|status| !status.success()),
        "{point}: the server never came to this point for the {n}th time"
    );
    desk.server.restart_with(calm);
    assert_eq!(
        finish_and_check(&desk, &words, point).await,
        Vec::<String>::new(),
        "killed at {point}:{n}"
    );
}

#[tokio::test]
async fn after_the_raw_file() {
    die_at_point("after-raw", 57).await;
}

#[tokio::test]
async fn after_the_commit() {
    die_at_point("after-commit", 57).await;
}

#[tokio::test]
async fn before_deletion() {
    die_at_point("before-dele", 57).await;
}

#[tokio::test]
async fn before_quit() {
    die_at_point("before-quit", 1).await;
}

#[tokio::test]
async fn before_sending() {
    die_at_point("before-send", 57).await;
}

#[tokio::test]
async fn after_sending() {
    die_at_point("after-send", 57).await;
}

#[tokio::test]
async fn at_random_moments() {
    let moments = if env::long() { 40 } else { 10 };
    let mut longest = Duration::from_secs(4);
    for n in 0..moments {
        let mut desk = Desk::open(Options::default()).await;
        let words = deliver(&desk, MAILS, true);
        // Spread over the sweep and what follows it: the n-th of `moments` parts, and within it by the seed.
        let part = longest.as_millis() as u64 / moments;
        let after = Duration::from_millis(part * n + (seed() * 7919 + n * 104_729) % part.max(1));
        let began = Instant::now();
        ask(&desk).await;
        tokio::time::sleep(after.saturating_sub(began.elapsed())).await;
        let left = desk.pop3.count("soporte");
        desk.server.kill();
        desk.server.restart();
        let faults = finish_and_check(&desk, &words, "random").await;
        assert_eq!(
            faults,
            Vec::<String>::new(),
            "killed {after:?} after the sweep was asked, {left} mails in the mailbox"
        );
        // A slower machine sweeps longer: stretch what is to come so that the last moments fall behind its end.
        longest = longest.max(began.elapsed().min(Duration::from_secs(20)) / 2);
    }
}

/// The harness proves itself: where the ledger forgets, a kill after the commit imports mails a second time, and the count shows it.
#[tokio::test]
async fn a_ledger_that_forgets_is_noticed() {
    let between = Unguarded::unattached(Guard::Ledger);
    let mut desk = Desk::open(Options::default()).await;
    // No Message-ID: nothing but the ledger tells a second time from the first.
    let words = deliver(&desk, 40, false);
    let calm = Options {
        extra_ca: Some(desk.pop3.ca_file()),
        ..Options::default()
    };
    assert!(desk.server.stop().success());
    let broken = calm
        .clone()
        .with_env(FAIL_AT, "after-commit:20")
        .with_env(PROXY_VARIABLE, &between.url());
    desk.server.restart_through(broken, &between);
    ask(&desk).await;
    assert!(desk.server.wait_for_end(PATIENCE).is_some());
    assert!(between.taken() >= 20, "{} rows of the ledger were kept back", between.taken());
    desk.server.restart_with(calm);
    let faults = finish_and_check(&desk, &words, "forgetting").await;
    assert!(
        faults.iter().any(|fault| fault.ends_with("2 times")),
        "mails came twice and nobody noticed: {faults:?}"
    );
}
