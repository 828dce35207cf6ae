//! Settings, and what anybody may know of the site.

use chamada_domain::Role;
use http::Method;
use serde_json::{Value, json};

use chamada_tests::desk::Desk;

fn defaults() -> Value {
    json!({
        "site_name": "Chamada", "ticket_prefix": "CH", "specialists_see": "assigned", "specialists_claim": false, "guest_tickets": false,
        "open_sign_up": false, "time_zone": "UTC", "default_locale": "es", "magic_link_days": 30, "reopen_days": 30, "max_attachment_mb": 50,
        "sender": null,
    })
}

#[tokio::test]
async fn settings_begin_with_defaults_and_change_one_by_one() {
    let desk = Desk::open(accounts::router).await;
    let root = desk.administrator().await;
    assert_eq!(root.get("/api/settings").await.expect(200), defaults());
    let all = json!({
        "site_name": "Botica", "ticket_prefix": "B7", "specialists_see": "all", "specialists_claim": true, "guest_tickets": true,
        "open_sign_up": true, "time_zone": "America/Argentina/Buenos_Aires", "default_locale": "pt", "magic_link_days": 365,
        "reopen_days": 1, "max_attachment_mb": 1, "sender": "Help@botica.example",
    });
    let mut expected = all.clone();
    expected["sender"] = json!("help@botica.example");
    assert_eq!(root.patch("/api/settings", &all).await.expect(200), expected);
    for zone in ["America/Sao_Paulo", "America/Buenos_Aires", "Etc/UTC", "Europe/Madrid", "UTC"] {
        expected["time_zone"] = json!(zone);
        assert_eq!(root.patch("/api/settings", &json!({"time_zone": zone})).await.expect(200), expected);
    }
    expected["sender"] = Value::Null;
    let key = [("idempotency-key", "s")];
    for _ in 0..2 {
        let reply = root
            .send(Method::PATCH, "/api/settings", &key, Some(&json!({"sender": null})))
            .await;
        assert_eq!(reply.expect(200), expected);
    }
    assert_eq!(root.get("/api/settings").await.expect(200), expected);
}

#[tokio::test]
async fn every_setting_has_its_rule() {
    let desk = Desk::open(accounts::router).await;
    let root = desk.administrator().await;
    let change = async |body| root.patch("/api/settings", &body).await;
    let wrong = json!({
        "site_name": "", "ticket_prefix": "C-H", "specialists_see": "none", "specialists_claim": 1, "guest_tickets": "x", "open_sign_up": null,
        "time_zone": "Mars/Base", "default_locale": "fr", "magic_link_days": 0, "reopen_days": 366, "max_attachment_mb": 51, "sender": "x", "y": 1,
    });
    change(wrong).await.faults(&[
        "site_name required",
        "ticket_prefix invalid",
        "specialists_see invalid",
        "specialists_claim invalid",
        "guest_tickets invalid",
        "open_sign_up invalid",
        "time_zone invalid",
        "default_locale invalid",
        "magic_link_days out_of_range",
        "reopen_days out_of_range",
        "max_attachment_mb out_of_range",
        "sender invalid",
        "y unknown",
    ]);
    change(json!({"site_name": "x".repeat(81), "ticket_prefix": "ABCDEFGHIJK"}))
        .await
        .faults(&["site_name too_long", "ticket_prefix too_long"]);
    for zone in ["UTC-11", "E. South America Standard Time", "utc", ""] {
        assert_eq!(change(json!({"time_zone": zone})).await.status, 422, "{zone}");
    }
    assert_eq!(root.get("/api/settings").await.expect(200), defaults());
}

#[tokio::test]
async fn the_description_names_every_path_and_no_schema_is_missing() {
    let desk = Desk::open(accounts::router).await;
    let api = serde_json::to_value(accounts::router(desk.app.platform.clone()).get_openapi()).unwrap();
    let paths: Vec<&String> = api["paths"].as_object().unwrap().keys().collect();
    assert_eq!(paths.len(), 19, "{paths:?}");
    let text = api.to_string();
    for reference in text.split("#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        // The one that all functions share is added when their descriptions are put together.
        assert!(name == "Problem" || api["components"]["schemas"][name].is_object(), "{name}");
    }
}

#[tokio::test]
async fn settings_are_for_administrators_alone() {
    let desk = Desk::open(accounts::router).await;
    let (_, specialist) = desk.enter("sp@example.org", Role::Specialist).await;
    for (browser, status, code) in [(desk.browser(), 401, "sign_in_needed"), (specialist, 403, "forbidden")] {
        browser.get("/api/settings").await.refuses(status, code);
        browser.patch("/api/settings", &json!({"x": 1})).await.refuses(status, code);
    }
}

#[tokio::test]
async fn anybody_may_know_the_site_and_where_guests_write_its_trees() {
    let desk = Desk::open(accounts::router).await;
    let root = desk.administrator().await;
    let visitor = desk.browser();
    assert_eq!(
        visitor.get("/api/health").await.expect(200),
        json!({"status": "ok", "version": env!("CARGO_PKG_VERSION")})
    );
    let site = json!({
        "site_name": "Chamada", "default_locale": "es", "guest_tickets": false, "open_sign_up": false, "max_attachment_mb": 50,
        "time_zone": "UTC", "ticket_prefix": "CH",
    });
    assert_eq!(visitor.get("/api/site").await.expect(200), site);
    let tag = root.get("/api/organisation").await.header("etag").to_owned();
    let tree = json!({"corporations": [
        {"name": "Botica", "companies": [
            {"name": "Norte", "domains": ["norte.example"], "sites": [{"name": "Salta"}, {"name": "Jujuy", "retired": true}]},
            {"name": "Sur", "retired": true},
        ]},
    ]});
    root.put("/api/organisation", &tag, &tree).await.expect(200);
    root.patch("/api/settings", &json!({"guest_tickets": true})).await.expect(200);
    let open = visitor.get("/api/site").await.expect(200);
    let companies = &open["organisation"]["corporations"][0]["companies"];
    assert_eq!((companies.as_array().unwrap().len(), &companies[0]["name"]), (1, &json!("Norte")));
    assert_eq!(companies[0]["sites"].as_array().unwrap().len(), 1);
    assert!(!open.to_string().contains("norte.example"));
    assert_eq!(open["categories"], json!({"incident": [], "requirement": []}));
}
