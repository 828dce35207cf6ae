//! `GET /api/tickets/{n}` and its entries.

use chamada_domain::TicketNumber;
use chamada_store::With;
use serde_json::{Value, json};

use crate::kit::{Cast, note, path, say, types};

fn seqs(entries: &Value) -> Vec<u64> {
    entries
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["seq"].as_u64().unwrap())
        .collect()
}

fn range(first: u64, last: u64) -> Vec<u64> {
    (first..=last).collect()
}

/// Ana's ticket with so many entries.
async fn long(cast: &Cast, entries: u64) -> TicketNumber {
    let number = cast.desk.ticket(&cast.ana.user).await.number;
    for n in 2..=entries {
        say(&cast.ana.browser, number, &format!("mensaje {n}")).await;
    }
    number
}

#[tokio::test]
async fn the_newest_fifty_come_with_the_ticket_and_older_ones_by_cursor() {
    let cast = Cast::gather().await;
    let number = long(&cast, 113).await;
    let ana = &cast.ana.browser;
    let page = ana.get(&path(number)).await.expect(200);
    assert_eq!(seqs(&page["entries"]), range(64, 113), "oldest first");
    let mut cursor = page["older_cursor"].clone();
    let mut older = Vec::new();
    while let Some(text) = cursor.as_str() {
        let part = ana.get(&format!("{}/entries?cursor={text}", path(number))).await.expect(200);
        older.insert(0, seqs(&part["items"]));
        cursor = part["next_cursor"].clone();
    }
    assert_eq!(older.concat(), range(1, 63));

    let entries = format!("{}/entries", path(number));
    let newer = ana.get(&format!("{entries}?after=110")).await.expect(200);
    assert_eq!((seqs(&newer["items"]), &newer["next_cursor"]), (range(111, 113), &Value::Null));
    let none = ana.get(&format!("{entries}?after=113")).await.expect(200);
    assert_eq!((seqs(&none["items"]), &none["next_cursor"]), (vec![], &Value::Null));
    let first = ana.get(&format!("{entries}?after=0&limit=100")).await.expect(200);
    assert_eq!(seqs(&first["items"]), range(1, 100));
    let rest = format!("{entries}?limit=100&cursor={}", first["next_cursor"].as_str().unwrap());
    assert_eq!(seqs(&ana.get(&rest).await.expect(200)["items"]), range(101, 113));
}

#[tokio::test]
async fn a_history_of_long_entries_comes_whole_too() {
    let cast = Cast::gather().await;
    let number = cast.desk.ticket(&cast.ana.user).await.number;
    // A part ends after 1 MB, long before it holds fifty of these.
    let long = "x".repeat(60_000);
    for _ in 2..=45 {
        cast.desk.answer(number, &cast.sofia.user, &long, |_| (), &With::default()).await;
    }
    let last = cast.now(number).await["last_seq"].as_u64().unwrap();
    let page = cast.ana.browser.get(&path(number)).await.expect(200);
    let (mut found, mut cursor) = (vec![seqs(&page["entries"])], page["older_cursor"].clone());
    while let Some(text) = cursor.as_str() {
        let part = cast
            .ana
            .browser
            .get(&format!("{}/entries?cursor={text}", path(number)))
            .await
            .expect(200);
        found.insert(0, seqs(&part["items"]));
        cursor = part["next_cursor"].clone();
    }
    assert_eq!(found.concat(), range(1, last));
    let (mut found, mut query) = (Vec::new(), "after=0".to_owned());
    loop {
        let part = cast.ana.browser.get(&format!("{}/entries?{query}", path(number))).await.expect(200);
        found.extend(seqs(&part["items"]));
        let Some(text) = part["next_cursor"].as_str() else { break };
        query = format!("cursor={text}");
    }
    assert_eq!(found, range(1, last));
}

#[tokio::test]
async fn a_short_history_comes_whole() {
    let cast = Cast::gather().await;
    let number = long(&cast, 50).await;
    let page = cast.ana.browser.get(&path(number)).await.expect(200);
    assert_eq!((seqs(&page["entries"]), &page["older_cursor"]), (range(1, 50), &Value::Null));
}

#[tokio::test]
async fn cursors_and_parameters_of_entries_are_checked() {
    let cast = Cast::gather().await;
    let (number, other) = (long(&cast, 53).await, long(&cast, 53).await);
    let ana = &cast.ana.browser;
    let cursor = ana.get(&path(number)).await.expect(200)["older_cursor"]
        .as_str()
        .unwrap()
        .to_owned();
    let ask = async |number, query: String| ana.get(&format!("{}/entries?{query}", path(number))).await;
    ask(number, format!("cursor={cursor}")).await.expect(200);
    ask(other, format!("cursor={cursor}")).await.refuses(400, "bad_cursor");
    ask(number, "cursor=AAAA".into()).await.refuses(400, "bad_cursor");
    ask(number, format!("cursor={}", &cursor[1..])).await.refuses(400, "bad_cursor");
    let root = &cast.root.browser;
    root.get(&format!("{}/entries?cursor={cursor}", path(number)))
        .await
        .refuses(400, "bad_cursor");
    ask(number, "after=-1".into()).await.faults(&["after out_of_range"]);
    ask(number, "after=x&limit=0&page=2".into())
        .await
        .faults(&["after invalid", "limit out_of_range", "page unknown"]);
    ask(number, "limit=101".into()).await.faults(&["limit out_of_range"]);
}

#[tokio::test]
async fn who_may_not_see_a_ticket_is_told_that_there_is_none() {
    let cast = Cast::gather().await;
    let number = cast.assigned().await.number;
    let key = cast.desk.held_key(number, &cast.ana.user).await;
    let mut revoked = key.clone();
    revoked.hash = "0".repeat(64);
    let guest = cast.desk.guest(vec![key]).await;
    let former = cast.desk.guest(vec![revoked]).await;
    for tail in ["", "/entries", "/verify"] {
        let path = format!("{}{tail}", path(number));
        for (who, browser) in [
            ("requester", &cast.ana.browser),
            ("assignee", &cast.sofia.browser),
            ("administrator", &cast.root.browser),
            ("guest", &guest),
        ] {
            assert_eq!(browser.get(&path).await.status, 200, "{who} {path}");
        }
        for (who, browser) in [
            ("stranger", &cast.eva.browser),
            ("other specialist", &cast.tomas.browser),
            ("revoked", &former),
        ] {
            assert_eq!(browser.get(&path).await.problem(), (404, "not_found"), "{who} {path}");
        }
        cast.desk.browser().get(&path).await.refuses(401, "sign_in_needed");
    }
    let other = cast.desk.ticket(&cast.ana.user).await.number;
    guest.get(&path(other)).await.refuses(404, "not_found");
    for none in ["999", "0", "x", "-1", "1e3", "99999999999999999999"] {
        cast.root
            .browser
            .get(&format!("/api/tickets/{none}"))
            .await
            .refuses(404, "not_found");
    }
}

#[tokio::test]
async fn the_same_answer_has_the_same_tag_and_notes_change_nothing_for_customers() {
    let cast = Cast::gather().await;
    let number = cast.assigned().await.number;
    let (ana, sofia) = (&cast.ana.browser, &cast.sofia.browser);
    let list = "/api/tickets";
    let mut tags = Vec::new();
    for address in [path(number), format!("{}/entries", path(number)), list.to_owned()] {
        let reply = ana.get(&address).await;
        let tag = reply.header("etag").to_owned();
        assert!(tag.starts_with('"') && tag.ends_with('"'), "{tag}");
        let again = ana.get_again(&address, &tag).await;
        assert_eq!((again.status, again.bytes.len(), again.header("etag")), (304, 0, &*tag));
        tags.push((address, tag, reply.expect(200)));
    }
    let staff_tag = sofia.get(&path(number)).await.header("etag").to_owned();
    cast.desk.advance(time::Duration::minutes(5));
    note(sofia, number, "ojo con este cliente").await;
    for (address, tag, before) in &tags {
        assert_eq!(ana.get_again(address, tag).await.status, 304, "{address}");
        assert_eq!(ana.get(address).await.expect(200), *before);
    }
    assert_eq!(sofia.get_again(&path(number), &staff_tag).await.status, 200);
    assert_eq!(
        types(&sofia.get(&path(number)).await.expect(200)["entries"]),
        ["opened", "assigned", "note"]
    );

    say(sofia, number, "Vamos en camino").await;
    for (address, tag, _) in &tags {
        assert_eq!(ana.get_again(address, tag).await.status, 200, "{address}");
    }
    let page = ana.get(&path(number)).await.expect(200);
    let hidden = &page["entries"][2];
    assert_eq!(types(&page["entries"])[..4], ["opened", "assigned", "hidden", "message"]);
    assert_eq!(crate::kit::names(hidden), ["hash", "hidden", "previous_hash", "seq"]);
    assert_eq!((&hidden["hidden"], &hidden["seq"]), (&json!(true), &json!(3)));
    assert!(!page.to_string().contains("ojo"));
}

#[tokio::test]
async fn can_says_what_the_table_of_rights_says() {
    let cast = Cast::gather().await;
    let number = cast.desk.ticket(&cast.ana.user).await.number;
    cast.desk.assign(number, &cast.sofia.user).await;
    let version = cast.now(number).await["version"].as_u64().unwrap();
    let cc = json!({"cc": ["eva@example.org"]});
    crate::kit::change(&cast.ana.browser, number, version, &cc).await.expect(200);
    let guest = cast.desk.guest(vec![cast.desk.held_key(number, &cast.ana.user).await]).await;
    let everything = "assign attach cc claim classify delete due message note priority resolve status title";
    let attends = "attach cc classify due message note priority resolve title";
    let rights = [
        ("requester", &cast.ana.browser, "attach cc message"),
        ("watcher", &cast.eva.browser, "attach message"),
        ("guest", &guest, "attach message"),
        ("specialist", &cast.sofia.browser, attends),
        ("administrator", &cast.root.browser, everything),
    ];
    for (who, browser, expected) in rights {
        let ticket = browser.get(&path(number)).await.expect(200)["ticket"].clone();
        let can = ticket["can"].as_object().unwrap();
        let mut may: Vec<&str> = can
            .iter()
            .filter(|(_, may)| **may == json!(true))
            .map(|(name, _)| name.as_str())
            .collect();
        may.retain(|name| *name != "claim" || who == "administrator");
        may.sort_unstable();
        assert_eq!(may, expected.split(' ').collect::<Vec<_>>(), "{who}");
    }
    let version = cast.now(number).await["version"].as_u64().unwrap();
    crate::kit::change(&cast.root.browser, number, version, &json!({"status": "resolved"}))
        .await
        .expect(200);
    for (browser, may) in [
        (&cast.ana.browser, true),
        (&guest, true),
        (&cast.eva.browser, false),
        (&cast.sofia.browser, false),
    ] {
        assert_eq!(browser.get(&path(number)).await.expect(200)["ticket"]["can"]["rate"], may);
    }
}

/// What a customer's browser is given, with the ETag by which it asks again.
async fn page_and_tag(cast: &Cast, path: &str) -> (Value, String) {
    let reply = cast.ana.browser.get(path).await;
    let tag = reply.header("etag").to_owned();
    (reply.expect(200), tag)
}

#[tokio::test]
async fn notes_move_nothing_that_a_customer_reads_and_cannot_be_counted() {
    let cast = Cast::gather().await;
    for entries in [3, 50, 60] {
        let number = long(&cast, entries).await;
        cast.desk.assign(number, &cast.sofia.user).await;
        say(&cast.ana.browser, number, "El último").await;
        let newest = format!("{}/entries?limit=1", path(number));
        let before = (page_and_tag(&cast, &path(number)).await, page_and_tag(&cast, &newest).await.0);
        let shown = before.0.0["entries"].as_array().unwrap().len();
        assert_eq!(shown as u64, (entries + 2).min(50));
        for n in 0..60 {
            note(&cast.sofia.browser, number, &format!("nota {n}")).await;
            if [0, 30, 59].contains(&n) {
                let after = (page_and_tag(&cast, &path(number)).await, page_and_tag(&cast, &newest).await.0);
                // Cursors are sealed anew each time; whether there is one, and what it leads to, is the same.
                let plain = |(page, tag): &(Value, String)| (page["entries"].clone(), page["older_cursor"].is_null(), tag.len());
                assert_eq!(plain(&after.0), plain(&before.0), "{entries} entries, {n} notes");
                assert_eq!(after.1["items"], before.1["items"], "{entries} entries, {n} notes");
            }
        }
    }
}
