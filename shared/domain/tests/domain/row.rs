//! What the table holds, written and read again.

use chamada_domain::mailbox::{LastSweep, LedgerEntry, Mailbox, MailboxDefaults, Sweep, SweepCounts};
use chamada_domain::{Kind, Settings, SpecialistsSee, Ticket, Timestamp, User};
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::fixtures::{at, full_place, opened, plain, salts, staff, user, watcher};

fn through_the_table<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: &T) {
    let text = serde_json::to_string(value).unwrap();
    assert_eq!(serde_json::from_str::<T>(&text).unwrap(), *value, "{text}");
    // A newer release may have written members that this one does not know.
    let mut newer: Value = serde_json::from_str(&text).unwrap();
    newer["zz_new"] = json!({ "x": [1, null] });
    assert_eq!(serde_json::from_value::<T>(newer).unwrap(), *value, "{text}");
    // Members in another order: a map in the table has none.
    let mut members: Vec<(String, Value)> = serde_json::from_str::<serde_json::Map<String, Value>>(&text)
        .unwrap()
        .into_iter()
        .collect();
    members.reverse();
    assert_eq!(
        serde_json::from_value::<T>(members.into_iter().collect()).unwrap(),
        *value,
        "{text}"
    );
}

/// Takes a value away where the bit is not set.
fn keep<T>(bits: u32, bit: u32, value: Option<T>) -> Option<T> {
    value.filter(|_| bits >> bit & 1 == 1)
}

#[test]
fn a_ticket_with_any_of_its_optional_fields() {
    let plain = opened(plain(), &mut salts()).ticket;
    for bits in 0..1 << 14 {
        let place = full_place(1);
        let mut ticket = plain.clone();
        ticket.place.category_id = keep(bits, 0, place.category_id);
        ticket.place.subcategory_id = keep(bits, 1, place.subcategory_id);
        ticket.place.corporation_id = keep(bits, 2, place.corporation_id);
        ticket.place.company_id = keep(bits, 3, place.company_id);
        ticket.place.site_id = keep(bits, 4, place.site_id);
        ticket.place.cost_centre_id = keep(bits, 5, place.cost_centre_id);
        ticket.assignee = keep(bits, 6, Some(staff(8)));
        ticket.assigned_at = keep(bits, 7, Some(at(1)));
        ticket.cc = keep(bits, 8, Some(vec![watcher(2), watcher(3)])).unwrap_or_default();
        ticket.due_at = keep(bits, 9, Some(at(2)));
        ticket.resolved_at = keep(bits, 10, Some(at(3)));
        ticket.resolved_by = keep(bits, 11, Some(user(8)));
        ticket.hidden_attachment_count = u64::from(bits >> 12 & 1);
        ticket.public_hash = keep(bits, 13, Some("ab".repeat(32)));
        through_the_table(&ticket);
    }
}

/// An index repeats the row, and every KB that is begun costs a unit in each.
#[test]
fn a_typical_row_is_under_a_thousand_bytes() {
    let mut ticket = opened(plain(), &mut salts()).ticket;
    ticket.title = "La impresora del segundo piso no imprime, acción 7".into();
    assert_eq!(ticket.title.chars().count(), 50);
    ticket.requester.name = "María Fernanda Rodríguez".into();
    ticket.requester.email = "maria.fernanda.rodriguez@empresa.example".parse().unwrap();
    ticket.cc.clear();
    ticket.place = full_place(1);
    (ticket.assignee, ticket.assigned_at) = (Some(staff(8)), Some(at(1)));
    ticket.assignee.as_mut().unwrap().name = "João Pedro Albuquerque".into();
    let size = |ticket: &Ticket| serde_json::to_string(ticket).unwrap().len();
    let typical = size(&ticket);
    ticket.due_at = Some(at(2));
    (ticket.resolved_at, ticket.resolved_by) = (Some(at(3)), Some(user(8)));
    let resolved = size(&ticket);
    ticket.public_hash = Some("ab".repeat(32));
    ticket.cc = vec![watcher(2)];
    let fullest = size(&ticket);
    println!("a typical row: {typical} bytes; resolved and dated: {resolved}; with a note and a watcher: {fullest}");
    assert!(typical < 1000 && resolved < 1000, "{typical} {resolved}");
}

#[test]
fn a_ticket_without_what_it_must_have_is_unreadable() {
    let ticket = opened(plain(), &mut salts()).ticket;
    let Value::Object(row) = serde_json::to_value(&ticket).unwrap() else {
        panic!("no object")
    };
    for needed in ["n", "v", "t", "k", "s", "p", "r", "o", "u", "ch", "mc", "ls", "h", "ps"] {
        let mut poorer = row.clone();
        assert!(poorer.remove(needed).is_some(), "{needed}");
        assert!(serde_json::from_value::<Ticket>(Value::Object(poorer)).is_err(), "{needed}");
    }
}

fn mailbox() -> Value {
    json!({
        "id": "mbx_1", "name": "Soporte", "address": "Soporte@Example.org", "host": "pop.example.org", "port": 995, "security": "tls",
        "auth": { "type": "password", "username": "soporte" }, "after_import": "delete", "defaults": {}, "enabled": true,
        "created_at": "2026-11-22T05:07:31.412Z",
    })
}

#[test]
fn mailboxes() {
    let plain: Mailbox = serde_json::from_value(mailbox()).unwrap();
    assert_eq!((plain.address.as_str(), plain.ignore_automatic), ("soporte@example.org", false));
    assert_eq!(
        (&plain.defaults, &plain.authserv_id, &plain.last_sweep),
        (&MailboxDefaults::default(), &None, &None)
    );
    through_the_table(&plain);
    let mut full = mailbox();
    full["security"] = "starttls".into();
    full["after_import"] = "leave".into();
    full["ignore_automatic"] = true.into();
    full["authserv_id"] = "mx.example.org".into();
    full["defaults"] = json!({ "kind": "requirement", "category_id": "cat_1", "subcategory_id": "cat_2", "corporation_id": "org_1",
        "company_id": "org_2", "site_id": "org_3", "cost_centre_id": "org_4", "locale": "pt", "new": 1 });
    full["last_sweep"] = json!({ "at": "2026-11-22T05:07:31.412Z", "error": { "code": "refused", "detail": "x" },
        "next_attempt_at": "2026-11-22T05:08:31.412Z", "failures": 3 });
    let full: Mailbox = serde_json::from_value(full).unwrap();
    assert_eq!(full.defaults.kind, Some(Kind::Requirement));
    through_the_table(&full);
    let last: LastSweep = serde_json::from_value(json!({ "at": "2026-11-22T05:07:31.412Z" })).unwrap();
    assert_eq!((last.failures, last.error.is_none()), (0, true));
    for (field, bad) in [
        ("security", json!("ssl")),
        ("port", json!(70_000)),
        ("id", json!("usr_1")),
        ("address", json!("x")),
    ] {
        let mut wrong = mailbox();
        wrong[field] = bad;
        assert!(serde_json::from_value::<Mailbox>(wrong).is_err(), "{field}");
    }
    // No secret has a place here, not even by mistake.
    let mut leaky = mailbox();
    leaky["auth"]["password"] = "secreto".into();
    let read: Mailbox = serde_json::from_value(leaky).unwrap();
    assert!(!serde_json::to_string(&read).unwrap().contains("secreto"));
}

#[test]
fn sweeps_and_what_they_brought() {
    let asked: Sweep = serde_json::from_value(json!({
        "id": "swp_1", "mailbox": "mbx_1", "state": "asked", "asked_at": "2026-11-22T05:07:31.412Z",
    }))
    .unwrap();
    assert_eq!(asked.counts, SweepCounts::default());
    through_the_table(&asked);
    let running = Sweep {
        counts: SweepCounts {
            found: 9,
            bytes: 1 << 40,
            ..SweepCounts::default()
        },
        started_at: Some(at(1)),
        ..asked
    };
    through_the_table(&running);
    assert_eq!(serde_json::to_value(&running).unwrap()["found"], 9);
    let entry: LedgerEntry = serde_json::from_value(json!({
        "state": "reply", "subject": "", "sender": "", "digest": "ab", "size": 1, "at": "2026-11-22T05:07:31.412Z",
    }))
    .unwrap();
    assert_eq!((entry.state.as_str(), entry.ticket, &entry.reason), ("reply", None, &None));
    through_the_table(&entry);
}

#[test]
fn settings_that_were_never_set_are_the_documented_ones() {
    let fresh: Settings = serde_json::from_str("{}").unwrap();
    assert_eq!(fresh, Settings::default());
    let documented = json!({
        "site_name": "Chamada", "ticket_prefix": "CH", "specialists_see": "assigned", "specialists_claim": false, "guest_tickets": false,
        "open_sign_up": false, "time_zone": "UTC", "default_locale": "es", "magic_link_days": 30, "reopen_days": 30, "max_attachment_mb": 50,
    });
    assert_eq!(serde_json::to_value(&fresh).unwrap(), documented);
    through_the_table(&fresh);
    let some: Settings = serde_json::from_value(json!({ "specialists_see": "all", "sender": "a@b.c", "unknown": 1 })).unwrap();
    assert_eq!(
        (some.specialists_see, some.sender.as_deref(), some.reopen_days),
        (SpecialistsSee::All, Some("a@b.c"), 30)
    );
    through_the_table(&some);
    assert!(serde_json::from_value::<Settings>(json!({ "specialists_see": "none" })).is_err());
}

#[test]
fn people() {
    let written = json!({
        "id": "usr_1", "email": "ana@example.com", "name": "Ana", "role": "specialist", "locale": "pt", "active": true, "notify": false,
        "created_at": "2026-11-22T05:07:31.412Z",
    });
    let ana: User = serde_json::from_value(written.clone()).unwrap();
    assert_eq!((&ana.company_id, &ana.password_hash), (&None, &None));
    assert_eq!(serde_json::to_value(&ana).unwrap(), written);
    through_the_table(&ana);
    let full = User {
        company_id: Some("org_1".parse().unwrap()),
        password_hash: Some("$argon2id$".into()),
        ..ana
    };
    through_the_table(&full);
    let (person, member, watcher) = (full.as_person(), full.as_staff_member(), full.as_watcher());
    assert_eq!((&person.id, &member.id, &watcher.id), (&full.id, &full.id, &full.id));
    through_the_table(&person);
    through_the_table(&member);
    through_the_table(&watcher);
    assert_eq!(
        serde_json::to_value(&person).unwrap(),
        json!({ "i": "usr_1", "n": "Ana", "e": "ana@example.com" })
    );
}

proptest! {
    #[test]
    fn moments_sort_as_their_texts_do(a in -62_135_596_800_000_i64..253_402_300_800_000, b in -62_135_596_800_000_i64..253_402_300_800_000) {
        let moment = |ms: i64| Timestamp::from_unix_seconds(ms.div_euclid(1000)).plus(time::Duration::milliseconds(ms.rem_euclid(1000)));
        let (a, b) = (moment(a), moment(b));
        prop_assert_eq!(a.cmp(&b), a.to_string().cmp(&b.to_string()));
        prop_assert_eq!(a.to_string().parse::<Timestamp>().unwrap(), a);
    }

    #[test]
    fn whatever_comes_in_nothing_panics(text in "\\PC{0,40}") {
        let _ = text.parse::<Timestamp>();
        let _ = text.parse::<chamada_domain::TicketNumber>();
        if let Ok(address) = text.parse::<chamada_domain::EmailAddress>() {
            prop_assert_eq!(address.as_str().parse::<chamada_domain::EmailAddress>().unwrap(), address);
        }
    }
}
