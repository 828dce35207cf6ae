//! `POST /api/tickets`.

use chamada_domain::Role;
use chamada_domain::tree::{Categories, Category, Company, Corporation, Names, Organisation, Site, Subcategory};
use chamada_store::Versioned;
use chamada_tests::desk::{Browser, Desk};
use http::Method;
use serde_json::{Value, json};

use crate::kit::{Cast, good, good_with, names, numbers};

const PATH: &str = "/api/tickets";

/// What API.md lists as a ticket in answers; `deleted_at` and `merged_into` stand in deleted and merged ones alone.
const FIELDS: &str = "assignee attachment_count can category_id cc channel company_id corporation_id cost_centre_id created_at due_at head_hash kind \
     last_seq message_count number priority rating requester resolved_at site_id status subcategory_id title updated_at version";

/// What API.md lists under `can`.
const CAN: &str = "assign attach cc claim classify delete due message note priority rate resolve status title";

async fn nothing_was_written(root: &Browser) {
    assert_eq!(numbers(&root.get(PATH).await.expect(200)), [0_u64; 0]);
}

#[tokio::test]
async fn a_ticket_is_opened_and_answered_whole() {
    let cast = Cast::gather().await;
    let mut body = good();
    (body["title"], body["body"]) = (json!("  Impresora\u{301} "), json!("  # Hola\n\n    código\n"));
    let reply = cast.ana.browser.post(PATH, &body).await;
    let location = reply.header("location").to_owned();
    let ticket = reply.expect(201);
    let number = ticket["number"].as_u64().unwrap();
    assert_eq!(location, format!("/api/tickets/{number}"));
    assert_eq!(names(&ticket), FIELDS.split_whitespace().collect::<Vec<_>>());
    assert_eq!(names(&ticket["can"]), CAN.split_whitespace().collect::<Vec<_>>());
    let expected = json!({
        "title": "Impresora\u{301}", "kind": "incident", "status": "new", "priority": "normal", "category_id": null, "company_id": null,
        "requester": {"id": cast.ana.user.id.as_str(), "name": cast.ana.user.name, "email": "ana@example.org"}, "assignee": null, "cc": [],
        "due_at": null, "created_at": "2026-11-22T05:07:31.412Z", "updated_at": "2026-11-22T05:07:31.412Z", "resolved_at": null,
        "rating": null, "channel": "web", "attachment_count": 0, "last_seq": 1,
    });
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(ticket[field], *value, "{field}");
    }
    let page = cast.ana.browser.get(&location).await.expect(200);
    assert_eq!(page["ticket"], ticket);
    let opening = &page["entries"][0];
    assert_eq!(
        (&opening["seq"], &opening["type"], &opening["via"]),
        (&json!(1), &json!("opened"), &json!("web"))
    );
    assert_eq!(opening["body"], body["body"], "stored as written");
    assert_eq!(
        opening["author"],
        json!({"id": cast.ana.user.id.as_str(), "name": cast.ana.user.name, "role": "user"})
    );
    assert_eq!(
        (&opening["hash"], opening["previous_hash"].as_str()),
        (&ticket["head_hash"], Some(&*"0".repeat(64)))
    );
}

#[tokio::test]
async fn every_field_has_its_rule_and_every_fault_is_named() {
    let cast = Cast::gather().await;
    let staff = &cast.root.browser;
    let cases = [
        (good_with("title", json!("")), "title required"),
        (good_with("title", json!(" \t ")), "title required"),
        (good_with("title", json!("x".repeat(201))), "title too_long"),
        (good_with("title", json!(7)), "title invalid"),
        (good_with("title", json!("a\nb")), "title invalid"),
        (good_with("title", Value::Null), "title required"),
        (good_with("body", json!("")), "body required"),
        (good_with("body", json!("x".repeat(65_537))), "body too_long"),
        (good_with("body", json!(["x"])), "body invalid"),
        (good_with("kind", json!("wish")), "kind invalid"),
        (good_with("kind", json!("Incident")), "kind invalid"),
        (good_with("priority", json!("now")), "priority invalid"),
        (good_with("category_id", json!("cat_none")), "category_id unknown"),
        (good_with("category_id", json!("usr_1")), "category_id invalid"),
        (good_with("subcategory_id", json!("cat_none")), "subcategory_id unknown"),
        (good_with("corporation_id", json!("org_none")), "corporation_id unknown"),
        (good_with("company_id", json!("org_none")), "company_id unknown"),
        (good_with("site_id", json!("org_none")), "site_id unknown"),
        (good_with("cost_centre_id", json!("org_none")), "cost_centre_id unknown"),
        (good_with("requester", json!("eva@example.org")), "requester invalid"),
        (good_with("requester", json!({"name": "Eva"})), "requester.email required"),
        (good_with("requester", json!({"email": "eva"})), "requester.email invalid"),
        (
            good_with("requester", json!({"email": "eva@example.org", "name": "x".repeat(101)})),
            "requester.name too_long",
        ),
        (good_with("kind", Value::Null), "kind required"),
        (good_with("body", Value::Null), "body required"),
        (good_with("priority", json!(2)), "priority invalid"),
        (
            good_with("requester", json!({"email": "eva@example.org", "age": 9})),
            "requester.age unknown",
        ),
        (good_with("cc", json!(["a@example.org", "nobody"])), "cc.1 invalid"),
        (good_with("cc", json!(vec!["a@example.org"; 21])), "cc too_many"),
        (good_with("cc", json!("a@example.org")), "cc invalid"),
        (good_with("attachment_ids", json!(["att_none"])), "attachment_ids.0 unknown"),
        (good_with("attachment_ids", json!(["usr_1"])), "attachment_ids.0 invalid"),
        (good_with("attachment_ids", json!(vec!["att_none"; 21])), "attachment_ids too_many"),
        (good_with("colour", json!("red")), "colour unknown"),
        (good_with("status", json!("resolved")), "status unknown"),
    ];
    for (body, fault) in cases {
        let reply = staff.post(PATH, &body).await;
        assert_eq!((reply.problem(), reply.faulty()), ((422, "invalid"), vec![fault.to_owned()]));
    }
    staff
        .post(PATH, &json!({"title": " ", "kind": "wish", "cc": ["x"], "colour": 1}))
        .await
        .faults(&["title required", "body required", "kind invalid", "cc.0 invalid", "colour unknown"]);
    nothing_was_written(staff).await;
}

#[tokio::test]
async fn the_limits_are_where_they_are_said_to_be() {
    let cast = Cast::gather().await;
    let ana = &cast.ana.browser;
    ana.post(PATH, &good_with("title", json!("é".repeat(200)))).await.expect(201);
    ana.post(PATH, &good_with("title", json!(format!(" {} ", "x".repeat(200)))))
        .await
        .expect(201);
    ana.post(PATH, &good_with("body", json!("ñ".repeat(65_536)))).await.expect(201);
}

#[tokio::test]
async fn what_is_no_json_is_refused_before_anything_else() {
    let cast = Cast::gather().await;
    let ana = &cast.ana.browser;
    let deep = "[".repeat(200_000);
    for broken in [
        "",
        "{",
        "[]x",
        "\u{0}",
        "{\"title\": \"a\", }",
        "{\"title\": \"a\", \"title\": \"b\"}",
        &deep,
    ] {
        ana.send_text(Method::POST, PATH, &[], broken.to_owned())
            .await
            .refuses(400, "bad_json");
    }
    ana.send_text(Method::POST, PATH, &[], "x".repeat((1 << 20) + 1))
        .await
        .refuses(413, "too_large");
    assert_eq!(ana.post(PATH, &json!([good()])).await.status, 422);
    nothing_was_written(&cast.root.browser).await;
}

#[tokio::test]
async fn strangers_and_guests_are_asked_to_sign_in() {
    let cast = Cast::gather().await;
    cast.desk.browser().post(PATH, &good()).await.refuses(401, "sign_in_needed");
    cast.desk
        .browser()
        .post(PATH, &json!({"title": 7}))
        .await
        .refuses(401, "sign_in_needed");
    let ticket = cast.desk.ticket(&cast.ana.user).await;
    let guest = cast.desk.guest(vec![cast.desk.held_key(ticket.number, &cast.ana.user).await]).await;
    guest.post(PATH, &good()).await.refuses(401, "sign_in_needed");
}

#[tokio::test]
async fn fields_of_staff_are_theirs() {
    let cast = Cast::gather().await;
    let mut body = good_with("priority", json!("high"));
    body["requester"] = json!({"email": "eva@example.org"});
    cast.ana
        .browser
        .post(PATH, &body)
        .await
        .faults(&["priority staff_only", "requester staff_only"]);
    let six: Vec<String> = (0..6).map(|n| format!("c{n}@example.org")).collect();
    cast.ana
        .browser
        .post(PATH, &good_with("cc", json!(six)))
        .await
        .faults(&["cc too_many"]);
    nothing_was_written(&cast.root.browser).await;
    assert!(cast.desk.items("EMAIL#c0").await.is_empty(), "nobody got an account by it");

    let five = cast.ana.browser.post(PATH, &good_with("cc", json!(six[..5]))).await.expect(201);
    assert_eq!(five["cc"], json!(six[..5]));
    for staff in [&cast.sofia, &cast.root] {
        let ticket = staff.browser.post(PATH, &body).await.expect(201);
        assert_eq!(
            (&ticket["priority"], &ticket["requester"]["id"]),
            (&json!("high"), &json!(cast.eva.user.id.as_str()))
        );
    }
    let twenty: Vec<String> = (0..20).map(|n| format!("c{n}@example.org")).collect();
    let ticket = cast.root.browser.post(PATH, &good_with("cc", json!(twenty))).await.expect(201);
    assert_eq!(ticket["cc"].as_array().unwrap().len(), 20);
}

#[tokio::test]
async fn on_behalf_of_somebody_new_an_account_is_made() {
    let cast = Cast::gather().await;
    let body = good_with("requester", json!({"email": "Nuevo@Example.org", "name": "Nuevo Pérez"}));
    let ticket = cast.root.browser.post(PATH, &body).await.expect(201);
    assert_eq!(
        (
            &ticket["requester"]["name"],
            ticket["requester"]["email"].as_str().unwrap().to_lowercase()
        ),
        (&json!("Nuevo Pérez"), "nuevo@example.org".to_owned())
    );
    let again = cast.root.browser.post(PATH, &body).await.expect(201);
    assert_eq!(again["requester"], ticket["requester"], "one account");
    let store = &cast.desk.app.store;
    let user = store.user_by_email(&"nuevo@example.org".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(user.role, Role::User);
}

fn names_of(name: &str) -> Names {
    Names {
        es: name.into(),
        pt: name.into(),
        en: name.into(),
    }
}

fn category(id: &str, sub: &str) -> Category {
    Category {
        id: id.parse().unwrap(),
        names: names_of(id),
        retired: false,
        subcategories: vec![Subcategory {
            id: sub.parse().unwrap(),
            names: names_of(sub),
            retired: false,
        }],
    }
}

async fn plant(desk: &Desk) {
    let company = |id: &str, site: &str, retired| Company {
        id: id.parse().unwrap(),
        name: id.into(),
        domains: vec![],
        retired,
        sites: vec![Site {
            id: site.parse().unwrap(),
            name: site.into(),
            retired: false,
        }],
        cost_centres: vec![],
    };
    let corporation = Corporation {
        id: "org_g".parse().unwrap(),
        name: "Grupo".into(),
        retired: false,
        companies: vec![
            company("org_c1", "org_s1", false),
            company("org_c2", "org_s2", false),
            company("org_old", "org_s3", true),
        ],
    };
    let organisation = Organisation {
        corporations: vec![corporation],
    };
    let categories = Categories {
        incident: vec![category("cat_i1", "cat_i1a"), category("cat_i2", "cat_i2a")],
        requirement: vec![],
    };
    desk.app
        .store
        .write_organisation(&organisation, &Versioned::default(), None)
        .await
        .unwrap();
    desk.app
        .store
        .write_categories(&categories, &Versioned::default(), None)
        .await
        .unwrap();
}

#[tokio::test]
async fn what_the_trees_offer_is_needed_and_must_fit_together() {
    let cast = Cast::gather().await;
    plant(&cast.desk).await;
    let ana = &cast.ana.browser;
    ana.post(PATH, &good())
        .await
        .faults(&["category_id required", "corporation_id required"]);
    let mut body = good_with("category_id", json!("cat_i1"));
    body["corporation_id"] = json!("org_g");
    ana.post(PATH, &body)
        .await
        .faults(&["subcategory_id required", "company_id required"]);
    (body["subcategory_id"], body["company_id"]) = (json!("cat_i2a"), json!("org_c1"));
    body["site_id"] = json!("org_s2");
    ana.post(PATH, &body).await.faults(&["subcategory_id unknown", "site_id unknown"]);
    body["company_id"] = json!("org_old");
    body["site_id"] = json!("org_s3");
    body["subcategory_id"] = json!("cat_i1a");
    ana.post(PATH, &body).await.faults(&["company_id retired"]);
    (body["company_id"], body["site_id"]) = (json!("org_c1"), json!("org_s1"));
    let ticket = ana.post(PATH, &body).await.expect(201);
    assert_eq!((&ticket["category_id"], &ticket["site_id"]), (&json!("cat_i1"), &json!("org_s1")));
    // No tree for requirements: nothing to choose there.
    body["kind"] = json!("requirement");
    ana.post(PATH, &body)
        .await
        .faults(&["category_id unknown", "subcategory_id unknown"]);
    (body["category_id"], body["subcategory_id"]) = (Value::Null, Value::Null);
    ana.post(PATH, &body).await.expect(201);
}

#[tokio::test]
async fn files_are_attached_once_by_who_uploaded_them() {
    let cast = Cast::gather().await;
    let id = cast.desk.uploaded(&cast.ana.user, "notas.txt").await;
    let body = good_with("attachment_ids", json!([id, id]));
    cast.eva.browser.post(PATH, &body).await.faults(&["attachment_ids.0 unknown"]);
    let ticket = cast.ana.browser.post(PATH, &body).await.expect(201);
    assert_eq!(ticket["attachment_count"], 1);
    let page = cast
        .ana
        .browser
        .get(&format!("/api/tickets/{}", ticket["number"]))
        .await
        .expect(200);
    let file = json!({
        "attachment_id": id, "name": "notas.txt", "content_type": "text/plain", "size": 4, "sha256": "ab".repeat(32), "seq": 1, "inline": false,
    });
    assert_eq!(page["attachments"], json!([file]));
    assert!(
        page["entries"][0].to_string().contains(&"ab".repeat(32)),
        "the history holds the digest"
    );
    let again = cast.ana.browser.post(PATH, &body).await;
    assert_eq!((again.problem(), again.faulty().len()), ((422, "invalid"), 1));
    assert_eq!(numbers(&cast.root.browser.get(PATH).await.expect(200)).len(), 1);
}
