//! `PATCH /api/tickets/{n}`.

use chamada_domain::{Settings, SpecialistsSee, TicketNumber};
use http::Method;
use serde_json::{Value, json};

use crate::kit::{Cast, change, path, say, types};

/// What changed last.
async fn newest(cast: &Cast, number: TicketNumber) -> Value {
    cast.page(number).await["entries"].as_array().unwrap().last().unwrap().clone()
}

#[tokio::test]
async fn every_field_can_be_changed_and_each_change_is_an_entry() {
    let cast = Cast::gather().await;
    let ticket = cast.desk.ticket(&cast.ana.user).await;
    let number = ticket.number;
    let sofia = json!({"id": cast.sofia.user.id.as_str(), "name": cast.sofia.user.name});
    let changes = [
        ("title", json!("Otro título"), json!("Otro título"), "title"),
        ("status", json!("on_hold"), json!("on_hold"), "status"),
        ("priority", json!("urgent"), json!("urgent"), "priority"),
        ("kind", json!("requirement"), json!("requirement"), "classified"),
        ("assignee_id", json!(cast.sofia.user.id.as_str()), sofia, "assigned"),
        (
            "due_at",
            json!("2026-12-01T12:00:00.000Z"),
            json!("2026-12-01T12:00:00.000Z"),
            "due",
        ),
        ("cc", json!(["eva@example.org"]), json!(["eva@example.org"]), "cc"),
    ];
    let mut version = ticket.version;
    for (field, value, shown, kind) in changes {
        let changed = change(&cast.root.browser, number, version, &json!({field: value}))
            .await
            .expect(200);
        let field = if field == "assignee_id" { "assignee" } else { field };
        assert_eq!(changed[field], shown, "{field}");
        assert_eq!(changed["version"], version + 1, "{field}");
        version += 1;
        let entry = newest(&cast, number).await;
        assert_eq!(
            (entry["type"].as_str(), &entry["author"]["role"]),
            (Some(kind), &json!("administrator"))
        );
        assert_eq!(entry["seq"], changed["last_seq"]);
    }
    for field in ["assignee_id", "due_at"] {
        let cleared = change(&cast.root.browser, number, version, &json!({field: null})).await.expect(200);
        let shown = if field == "assignee_id" { "assignee" } else { field };
        assert_eq!(cleared[shown], Value::Null);
        version += 1;
    }
    let same = change(&cast.root.browser, number, version, &json!({"priority": "urgent"}))
        .await
        .expect(200);
    assert_eq!(
        (&same["version"], &same["last_seq"]),
        (&json!(version), &json!(10)),
        "no change, no entry"
    );
}

#[tokio::test]
async fn several_fields_at_once_are_several_entries() {
    let cast = Cast::gather().await;
    let ticket = cast.desk.ticket(&cast.ana.user).await;
    let body = json!({"title": "Otro", "priority": "high", "status": "cancelled"});
    let changed = change(&cast.root.browser, ticket.number, ticket.version, &body).await.expect(200);
    assert_eq!(
        (&changed["title"], &changed["priority"], &changed["status"]),
        (&json!("Otro"), &json!("high"), &json!("cancelled"))
    );
    let page = cast.page(ticket.number).await;
    let mut kinds = types(&page["entries"])[1..].to_vec();
    kinds.sort_unstable();
    assert_eq!(kinds, ["priority", "status", "title"]);
}

#[tokio::test]
async fn a_change_names_the_version_that_it_changes() {
    let cast = Cast::gather().await;
    let ticket = cast.desk.ticket(&cast.ana.user).await;
    let (number, root) = (ticket.number, &cast.root.browser);
    let high = json!({"priority": "high"});
    root.patch(&path(number), &high).await.refuses(428, "version_needed");
    for bad in ["1", "*"] {
        let reply = root.send(Method::PATCH, &path(number), &[("if-match", bad)], Some(&high)).await;
        reply.refuses(428, "version_needed");
    }
    let tag = root.get(&path(number)).await.header("etag").to_owned();
    say(&cast.ana.browser, number, "Una cosa más").await;
    let by_tag = root.send(Method::PATCH, &path(number), &[("if-match", &tag)], Some(&high)).await;
    let changed = by_tag.expect(200);
    assert_eq!(changed["version"], ticket.version + 1, "messages raise no version, fields do");
    let stale = change(root, number, ticket.version, &json!({"priority": "low"}))
        .await
        .refuses(412, "stale_version");
    assert_eq!(stale["current"], changed, "the ticket as it is now");
    assert_eq!(cast.now(number).await["priority"], "high");
    change(root, number, ticket.version + 9, &high).await.refuses(412, "stale_version");
}

#[tokio::test]
async fn of_two_at_once_one_is_stale() {
    let cast = Cast::gather().await;
    let ticket = cast.desk.ticket(&cast.ana.user).await;
    let (high, low) = (json!({"priority": "high"}), json!({"priority": "low"}));
    let (one, other) = tokio::join!(
        change(&cast.root.browser, ticket.number, ticket.version, &high),
        change(&cast.root.browser, ticket.number, ticket.version, &low),
    );
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412]);
}

#[tokio::test]
async fn every_field_has_its_rule() {
    let cast = Cast::gather().await;
    let ticket = cast.desk.ticket(&cast.ana.user).await;
    let cases = [
        (json!({"title": ""}), "title required"),
        (json!({"title": null}), "title invalid"),
        (json!({"title": "x".repeat(201)}), "title too_long"),
        (json!({"status": "closed"}), "status invalid"),
        (json!({"status": null}), "status invalid"),
        (json!({"priority": 1}), "priority invalid"),
        (json!({"kind": "wish"}), "kind invalid"),
        (json!({"category_id": "cat_none"}), "category_id unknown"),
        (json!({"company_id": "org_none"}), "company_id unknown"),
        (json!({"title": "a\nb"}), "title invalid"),
        (json!({"priority": "now"}), "priority invalid"),
        (json!({"priority": null}), "priority invalid"),
        (json!({"kind": null}), "kind invalid"),
        (json!({"subcategory_id": "cat_none"}), "subcategory_id unknown"),
        (json!({"corporation_id": "org_none"}), "corporation_id unknown"),
        (json!({"site_id": "org_none"}), "site_id unknown"),
        (json!({"cost_centre_id": "org_none"}), "cost_centre_id unknown"),
        (json!({"category_id": "usr_1"}), "category_id invalid"),
        (json!({"company_id": 7}), "company_id invalid"),
        (json!({"due_at": "tomorrow"}), "due_at invalid"),
        (json!({"due_at": 1_764_550_000}), "due_at invalid"),
        (json!({"cc": null}), "cc invalid"),
        (json!({"cc": "eva@example.org"}), "cc invalid"),
        (json!({"cc": ["x"]}), "cc.0 invalid"),
        (json!({"cc": vec!["a@example.org"; 21]}), "cc too_many"),
        (json!({"assignee_id": "usr_nobody"}), "assignee_id unknown"),
        (json!({"assignee_id": cast.eva.user.id.as_str()}), "assignee_id unknown"),
        (json!({"assignee_id": "sofia"}), "assignee_id invalid"),
        (json!({"number": 7}), "number unknown"),
        (json!({"body": "x"}), "body unknown"),
    ];
    for (body, fault) in cases {
        let reply = change(&cast.root.browser, ticket.number, ticket.version, &body).await;
        assert_eq!(
            (reply.problem(), reply.faulty()),
            ((422, "invalid"), vec![fault.to_owned()]),
            "{body}"
        );
    }
    let address = path(ticket.number);
    let text = cast
        .root
        .browser
        .send_text(Method::PATCH, &address, &[("if-match", "\"1\"")], "{".into());
    text.await.refuses(400, "bad_json");
    assert_eq!(cast.now(ticket.number).await["last_seq"], 1, "nothing was written");
}

#[tokio::test]
async fn who_may_change_what() {
    let cast = Cast::gather().await;
    let number = cast.assigned().await.number;
    let eva = json!({"cc": ["eva@example.org"]});
    let version = async || cast.now(number).await["version"].as_u64().unwrap();
    change(&cast.ana.browser, number, version().await, &eva).await.expect(200);
    let bodies = [
        json!({"title": "x"}),
        json!({"priority": "low"}),
        json!({"kind": "requirement"}),
        json!({"due_at": null}),
        json!({"status": "resolved"}),
        json!({"assignee_id": null}),
    ];
    let guest = cast.desk.guest(vec![cast.desk.held_key(number, &cast.ana.user).await]).await;
    for body in &bodies {
        for (who, browser) in [("requester", &cast.ana.browser), ("watcher", &cast.eva.browser), ("guest", &guest)] {
            let reply = change(browser, number, version().await, body).await;
            assert_eq!(reply.problem(), (403, "forbidden"), "{who} {body}");
        }
        let reply = change(&cast.tomas.browser, number, version().await, body).await;
        assert_eq!(reply.problem(), (404, "not_found"), "{body}");
    }
    change(&cast.eva.browser, number, version().await, &json!({"cc": []}))
        .await
        .refuses(403, "forbidden");
    guest_may_not(&cast, number).await;
    // Nobody learns by a faulty field who works here.
    let probe = json!({"assignee_id": "usr_nobody"});
    change(&cast.ana.browser, number, version().await, &probe)
        .await
        .refuses(403, "forbidden");
    change(&cast.tomas.browser, number, version().await, &probe)
        .await
        .refuses(404, "not_found");
    for body in &bodies[..4] {
        change(&cast.sofia.browser, number, version().await, body).await.expect(200);
    }
    for body in &bodies[4..] {
        change(&cast.sofia.browser, number, version().await, body)
            .await
            .refuses(403, "forbidden");
    }
    cast.desk
        .browser()
        .patch(&path(number), &bodies[0])
        .await
        .refuses(401, "sign_in_needed");
}

/// 'change `cc`': not a key holder.
async fn guest_may_not(cast: &Cast, number: TicketNumber) {
    let guest = cast.desk.guest(vec![cast.desk.held_key(number, &cast.ana.user).await]).await;
    let version = cast.now(number).await["version"].as_u64().unwrap();
    change(&guest, number, version, &json!({"cc": []})).await.refuses(403, "forbidden");
}

#[tokio::test]
async fn where_specialists_see_all_they_change_all_but_what_is_the_administrators() {
    let cast = Cast::under(|settings: &mut Settings| settings.specialists_see = SpecialistsSee::All).await;
    let ticket = cast.desk.ticket(&cast.ana.user).await;
    let changed = change(&cast.tomas.browser, ticket.number, ticket.version, &json!({"priority": "high"}))
        .await
        .expect(200);
    let version = changed["version"].as_u64().unwrap();
    change(&cast.tomas.browser, ticket.number, version, &json!({"status": "on_hold"}))
        .await
        .refuses(403, "forbidden");
}

#[tokio::test]
async fn watchers_are_five_by_customers_and_twenty_by_staff() {
    let cast = Cast::gather().await;
    let ticket = cast.assigned().await;
    let (number, version) = (ticket.number, ticket.version);
    let addresses: Vec<String> = (0..20).map(|n| format!("c{n}@example.org")).collect();
    change(&cast.ana.browser, number, version, &json!({"cc": addresses[..6]}))
        .await
        .faults(&["cc too_many"]);
    assert!(cast.desk.items("EMAIL#c0").await.is_empty(), "nobody got an account by it");
    change(&cast.ana.browser, number, version, &json!({"cc": addresses[..5]}))
        .await
        .expect(200);
    let changed = change(&cast.sofia.browser, number, version + 1, &json!({"cc": addresses}))
        .await
        .expect(200);
    assert_eq!(changed["cc"], json!(addresses));
}

#[tokio::test]
async fn a_refused_change_of_copies_makes_nobody_known() {
    let cast = Cast::gather().await;
    let ticket = cast.assigned().await;
    let (number, version) = (ticket.number, ticket.version);
    let cc = json!({"cc": ["new@example.com"]});
    cast.ana.browser.patch(&path(number), &cc).await.refuses(428, "version_needed");
    change(&cast.ana.browser, number, version - 1, &cc)
        .await
        .refuses(412, "stale_version");
    let unknown = json!({"cc": ["new@example.com"], "category_id": "cat_0123456789abcdef0123"});
    assert_eq!(change(&cast.sofia.browser, number, version, &unknown).await.status, 422);
    let nobody = json!({"cc": ["new@example.com"], "assignee_id": "usr_0123456789abcdef0123"});
    change(&cast.root.browser, number, version, &nobody)
        .await
        .faults(&["assignee_id unknown"]);
    assert!(cast.desk.items("EMAIL#new").await.is_empty());
    change(&cast.ana.browser, number, version, &cc).await.expect(200);
    assert_eq!(cast.desk.items("EMAIL#new").await.len(), 1);
}

#[tokio::test]
async fn a_repeated_change_of_copies_is_answered_whatever_became_of_the_ticket() {
    let cast = Cast::gather().await;
    let ticket = cast.assigned().await;
    let (number, other) = (ticket.number, cast.assigned().await.number);
    let tag = format!("\"{}\"", ticket.version);
    let headers = [("if-match", tag.as_str()), ("idempotency-key", "k1")];
    let cc = json!({"cc": ["new@example.com"]});
    let ask = async || cast.root.browser.send(Method::PATCH, &path(number), &headers, Some(&cc)).await;
    ask().await.expect(200);
    let into = json!({"into": other.0});
    cast.root.browser.post(&format!("{}/merge", path(number)), &into).await.expect(200);
    assert_eq!(ask().await.expect(200)["merged_into"], other.0);
}
