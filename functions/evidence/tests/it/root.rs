//! The root of each day, and what a bundle proves by it.

use chamada_domain::{AuditAction, TicketNumber};
use chamada_evidence::day::{DayRoot, Head, Inclusion, NO_ROOT};
use chamada_platform::Outcome;
use chamada_store::DayHead;
use chamada_tests::capacity::Recorder;
use serde_json::{Value, json};
use time::{Date, Duration};

use crate::kit::House;

impl House {
    fn today(&self) -> Date {
        self.desk.now().as_offset().date()
    }

    /// What the outbox writes of an entry, today.
    async fn announced(&self, ticket: u64, seq: u64, hash: &str) {
        self.note(self.today(), ticket, seq, hash).await;
    }

    async fn note(&self, day: Date, ticket: u64, seq: u64, hash: &str) {
        let head = DayHead {
            ticket: TicketNumber(ticket),
            seq,
            hash: hash.to_owned(),
        };
        self.desk.app.store.note_head(day, &head).await.unwrap();
    }

    async fn announce_all(&self, number: TicketNumber) {
        for entry in self.desk.app.store.ticket_page(number, 50).await.unwrap().entries {
            self.announced(number.0, entry.entry.seq, &entry.hash).await;
        }
    }

    /// How many roots the schedule's event made.
    async fn due(&self) -> u64 {
        let said = self.run(self.platform().clone(), "root.due", json!({})).await.unwrap();
        said["made"].as_u64().unwrap()
    }

    async fn read(&self, day: Date) -> Option<DayRoot> {
        let (objects, config) = (self.platform().objects(), self.platform().config());
        let got = objects
            .get(&config.proof_bucket, &format!("roots/{day}.json"), 1 << 20)
            .await
            .ok()?;
        Some(serde_json::from_slice(&got).unwrap())
    }

    /// To an hour after the next midnight.
    fn next_day(&self) {
        let now = self.desk.now().as_offset();
        let midnight = now.replace_time(time::Time::MIDNIGHT) + Duration::days(1);
        self.desk.advance(midnight + Duration::hours(1) - now);
    }
}

fn hash(n: u64) -> String {
    format!("{n:064x}")
}

#[tokio::test]
async fn a_day_s_root_is_made_an_hour_after_its_end_once_and_covers_the_newest_of_each_ticket() {
    let house = House::open().await;
    let day = house.today();
    for (ticket, seq) in [(7, 1), (7, 3), (7, 2), (1042, 1), (9, 5), (9, 5)] {
        house.announced(ticket, seq, &hash(seq)).await;
    }
    assert_eq!(house.due().await, 0, "the day is not over");
    house.next_day();
    house.desk.advance(-Duration::seconds(1));
    assert_eq!(house.due().await, 0, "nor is the hour");
    house.desk.advance(Duration::seconds(1));
    assert_eq!(house.due().await, 1);
    let root = house.read(day).await.unwrap();
    let heads: Vec<(u64, u64)> = root.heads.iter().map(|head| (head.ticket.0, head.seq)).collect();
    assert_eq!(heads, [(7, 3), (9, 5), (1042, 1)]);
    assert_eq!((root.check(), root.previous_root.as_str()), (Ok(()), NO_ROOT));
    assert_eq!(house.due().await, 0, "made once");
    let record = house.desk.app.store.root_record(day).await.unwrap();
    assert_eq!((&record.root, record.heads), (&root.root, 3));
    let audit = house.desk.app.store.audit(None, 5).await.unwrap();
    let (_, newest) = &audit[0];
    assert_eq!((newest.action, newest.by.is_none()), (AuditAction::RootMade, true));
    assert_eq!(newest.target.id.as_deref(), Some(day.to_string().as_str()));
}

#[tokio::test]
async fn days_that_were_missed_are_made_up_one_after_another_and_empty_ones_have_none() {
    let house = House::open().await;
    let mut days = Vec::new();
    for ticket in 1..=3 {
        days.push(house.today());
        house.announced(ticket, 1, &hash(ticket)).await;
        house.next_day();
        house.next_day();
    }
    assert_eq!(house.due().await, 3);
    let mut previous = NO_ROOT.to_owned();
    for (day, ticket) in days.iter().zip(1..) {
        let root = house.read(*day).await.unwrap();
        let heads = vec![Head {
            ticket: TicketNumber(ticket),
            seq: 1,
            hash: hash(ticket),
        }];
        assert_eq!(root, DayRoot::make(&root.site, &day.to_string(), &previous, heads), "{day}");
        assert!(house.read(*day + Duration::days(1)).await.is_none());
        previous = root.root;
    }
}

#[tokio::test]
async fn what_was_written_before_a_crash_is_gone_by_and_late_heads_come_to_the_next_day() {
    let house = House::open().await;
    let day = house.today();
    house.announced(1, 1, &hash(1)).await;
    house.next_day();
    // As a run leaves it that was killed between the object and its record.
    let taken = vec![Head {
        ticket: TicketNumber(1),
        seq: 1,
        hash: hash(1),
    }];
    let written = DayRoot::make("https://help.example.org", &day.to_string(), NO_ROOT, taken);
    let (objects, config) = (house.platform().objects(), house.platform().config());
    let key = format!("roots/{day}.json");
    objects
        .put(&config.proof_bucket, &key, written.bytes(), "application/json")
        .await
        .unwrap();
    house.note(day, 1, 2, &hash(2)).await;
    house.note(day, 5, 1, &hash(5)).await;
    assert_eq!(house.due().await, 1);
    assert_eq!(house.read(day).await.unwrap(), written, "not a byte of it changes");
    assert_eq!(house.desk.app.store.root_record(day).await.unwrap().root, written.root);
    house.next_day();
    assert_eq!(house.due().await, 1);
    let next = house.read(day + Duration::days(1)).await.unwrap();
    let heads: Vec<(u64, u64)> = next.heads.iter().map(|head| (head.ticket.0, head.seq)).collect();
    assert_eq!((heads, next.previous_root), (vec![(1, 2), (5, 1)], written.root));
}

#[tokio::test]
async fn a_root_that_somebody_put_there_or_altered_stops_the_making() {
    let house = House::open().await;
    let day = house.today();
    house.announced(1, 1, &hash(1)).await;
    house.next_day();
    let (objects, config) = (house.platform().objects(), house.platform().config());
    let key = format!("roots/{day}.json");
    let mut altered = DayRoot::make("https://a.b", &day.to_string(), NO_ROOT, Vec::new());
    let foreign = DayRoot::make("https://a.b", &day.to_string(), &hash(9), Vec::new());
    altered.root = hash(9);
    for bad in [altered, foreign] {
        objects
            .put(&config.proof_bucket, &key, bad.bytes(), "application/json")
            .await
            .unwrap();
        let error = house.run(house.platform().clone(), "root.due", json!({})).await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::Poison, "{error}");
        assert!(house.desk.app.store.root_record(day).await.is_err());
    }
}

#[tokio::test]
async fn two_at_once_make_one_root() {
    let house = House::open().await;
    house.announced(1, 1, &hash(1)).await;
    house.next_day();
    let run = || house.run(house.platform().clone(), "root.due", json!({}));
    let (one, other) = tokio::join!(run(), run());
    let made: u64 = [one, other].into_iter().flatten().filter_map(|said| said["made"].as_u64()).sum();
    assert_eq!(made, 1);
    assert_eq!(house.due().await, 0);
}

#[tokio::test]
async fn where_nothing_is_due_one_item_is_read() {
    let house = House::open().await;
    house.announced(1, 1, &hash(1)).await;
    house.next_day();
    house.due().await;
    let recorder = Recorder::start(&house.desk.services.server_file().dynamodb);
    let through = house.desk.platform_by(|endpoints| endpoints.dynamodb = Some(recorder.url()));
    house.run(through.clone(), "root.due", json!({})).await.unwrap();
    let usage = recorder.take();
    println!("nothing due: {}", usage.describe());
    assert_eq!((usage.requests.len(), usage.table().write), (1, 0.0));
    assert!(usage.read() <= 0.5, "{}", usage.describe());
    house.next_day();
    house.run(through, "root.due", json!({})).await.unwrap();
    let usage = recorder.take();
    println!("a day without changes: {}", usage.describe());
    assert!(usage.read() <= 2.0 && usage.table().write <= 4.0, "{}", usage.describe());
}

async fn proof_of(house: &House, number: TicketNumber, for_staff: bool) -> Option<Inclusion> {
    let id = house.ask(number, for_staff).await;
    house.make(number, &id).await.unwrap();
    let bytes = house.fetch(number, &id).await.unwrap();
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let manifest: Value = serde_json::from_reader(archive.by_name("proof.json").unwrap()).unwrap();
    serde_json::from_value(manifest["inclusion"].clone()).ok()
}

#[tokio::test]
async fn a_bundle_carries_the_proof_of_the_latest_day_that_covers_it() {
    let house = House::open().await;
    let number = house.ticket().await;
    house.announce_all(number).await;
    house.announced(number.0 + 1, 1, &hash(1)).await;
    assert_eq!(proof_of(&house, number, true).await, None, "no root yet");
    let day = house.today();
    house.next_day();
    house.due().await;
    let root = house.read(day).await.unwrap();
    for for_staff in [true, false] {
        let proof = proof_of(&house, number, for_staff).await.unwrap();
        assert!(proof.holds());
        assert_eq!((&proof.root, proof.seq, proof.leaves), (&root.root, 5, 3));
    }
    // A day later staff note something: its hash is no customer's to see, the day before proves their history.
    let later = house.today();
    let note = |message: &mut chamada_domain::message::NewMessage| message.visibility = chamada_domain::Visibility::Internal;
    house
        .desk
        .answer(number, &house.sofia, "Otra nota", note, &Default::default())
        .await;
    house.announce_all(number).await;
    house.next_day();
    house.due().await;
    assert_eq!(proof_of(&house, number, true).await.unwrap().date, later.to_string());
    assert_eq!(proof_of(&house, number, false).await.unwrap().date, day.to_string());
}
