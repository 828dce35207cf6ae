//! The organisation's tree.

use chamada_domain::Role;
use futures::future::join_all;
use http::Method;
use serde_json::{Value, json};

use chamada_tests::desk::{Browser, Desk, Reply};

const PATH: &str = "/api/organisation";

fn tree() -> Value {
    json!({"corporations": [{
        "name": "Botica",
        "companies": [{
            "name": "Norte",
            "domains": ["Norte.Example"],
            "sites": [{"name": "Salta"}],
            "cost_centres": [{"code": "100", "name": "IT"}],
        }],
    }]})
}

async fn tag(browser: &Browser) -> String {
    browser.get(PATH).await.header("etag").to_owned()
}

/// Writes the tree that was read just now.
async fn put(browser: &Browser, body: &Value) -> Reply {
    browser.put(PATH, &tag(browser).await, body).await
}

#[tokio::test]
async fn a_tree_is_written_with_new_ids_and_read_by_everyone_signed_in() {
    let desk = Desk::open(accounts::router).await;
    let root = desk.administrator().await;
    let reply = root.get(PATH).await;
    let empty = reply.header("etag").to_owned();
    assert_eq!(reply.expect(200), json!({"corporations": []}));
    let reply = root.put(PATH, &empty, &tree()).await;
    let written_tag = reply.header("etag").to_owned();
    let written = reply.expect(200);
    let company = &written["corporations"][0]["companies"][0];
    assert!(company["sites"][0]["id"].as_str().unwrap().starts_with("org_"));
    assert_eq!(company["domains"], json!(["norte.example"]));
    let (_, user) = desk.enter("ana@example.org", Role::User).await;
    let reply = user.get(PATH).await;
    assert_eq!(reply.header("etag"), written_tag);
    assert_eq!(reply.expect(200), written);
    assert_eq!(
        user.send(Method::GET, PATH, &[("if-none-match", &written_tag)], None).await.status,
        304
    );
    let mut renamed = written.clone();
    renamed["corporations"][0]["companies"][0]["name"] = json!("Nordeste");
    assert_eq!(put(&root, &renamed).await.expect(200), renamed, "ids stay");
    user.put(PATH, "\"1\"", &json!({})).await.refuses(403, "forbidden");
    desk.browser().get(PATH).await.refuses(401, "sign_in_needed");
    desk.browser().put(PATH, "\"1\"", &json!({})).await.refuses(401, "sign_in_needed");
}

#[tokio::test]
async fn a_tree_is_changed_by_version() {
    let desk = Desk::open(accounts::router).await;
    let root = desk.administrator().await;
    root.send(Method::PUT, PATH, &[], Some(&tree()))
        .await
        .refuses(428, "version_needed");
    for stale in ["\"x\"", "\"0\"", "\"7\""] {
        let problem = root.put(PATH, stale, &tree()).await.refuses(412, "stale_version");
        assert_eq!(problem["current"], json!({"corporations": []}));
    }
    let first = tag(&root).await;
    let both = join_all((0..4).map(async |_| root.put(PATH, &first, &tree()).await.status)).await;
    assert_eq!(both.iter().filter(|status| **status == 200).count(), 1, "{both:?}");
    assert_eq!(both.iter().filter(|status| **status == 412).count(), 3, "{both:?}");
    let headers = [("if-match", &*tag(&root).await.clone()), ("idempotency-key", "t")].map(|(name, value)| (name, value.to_owned()));
    let headers: Vec<(&'static str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let written = root
        .send(Method::PUT, PATH, &headers, Some(&json!({"corporations": []})))
        .await
        .expect(200);
    let again = root
        .send(Method::PUT, PATH, &headers, Some(&json!({"corporations": []})))
        .await
        .expect(200);
    assert_eq!(again, written, "a repetition answers before If-Match is looked at");
}

#[tokio::test]
async fn every_part_has_its_rule() {
    let desk = Desk::open(accounts::router).await;
    let root = desk.administrator().await;
    put(&root, &json!({})).await.faults(&["corporations required"]);
    let wrong = json!({"corporations": [
        {"name": "", "companies": [{
            "name": "x".repeat(101), "domains": ["a b", "x@y.z"],
            "sites": [{"name": 5, "y": 1}],
            "cost_centres": [{"name": "IT"}, {"code": "1".repeat(41), "name": "X"}],
        }]},
        {"id": "cat_1", "name": "A", "retired": "no"},
    ]});
    put(&root, &wrong).await.faults(&[
        "corporations.0.name required",
        "corporations.0.companies.0.name too_long",
        "corporations.0.companies.0.domains.0 invalid",
        "corporations.0.companies.0.domains.1 invalid",
        "corporations.0.companies.0.sites.0.name invalid",
        "corporations.0.companies.0.sites.0.y unknown",
        "corporations.0.companies.0.cost_centres.0.code required",
        "corporations.0.companies.0.cost_centres.1.code too_long",
        "corporations.1.id invalid",
        "corporations.1.retired invalid",
    ]);
    let doubled = json!({"corporations": [
        {"name": "Botica", "companies": [
            {"name": "Norte", "domains": ["n.example"], "sites": [{"name": "Salta"}, {"name": "SALTA"}]},
            {"name": "norte", "domains": ["N.example"], "cost_centres": [{"code": "1", "name": "A"}, {"code": "1", "name": "B"}]},
        ]},
        {"name": "BOTICA"},
        {"name": "Botica", "retired": true},
        {"id": "org_0", "name": "New"},
    ]});
    put(&root, &doubled).await.faults(&[
        "corporations.0.companies.0.sites.1.name duplicate",
        "corporations.0.companies.1.name duplicate",
        "corporations.0.companies.1.domains.0 duplicate",
        "corporations.0.companies.1.cost_centres.1.code duplicate",
        "corporations.1.name duplicate",
        "corporations.3.id unknown",
    ]);
    assert_eq!(root.get(PATH).await.expect(200), json!({"corporations": []}));
}

#[tokio::test]
async fn a_tree_has_an_end() {
    let desk = Desk::open(accounts::router).await;
    let root = desk.administrator().await;
    let corporation = |n: usize| {
        let sites: Vec<Value> = (0..100).map(|m| json!({"name": format!("{}{m}", "x".repeat(90))})).collect();
        json!({"name": n.to_string(), "companies": [{"name": "C", "sites": sites}]})
    };
    let large: Vec<Value> = (0..40).map(corporation).collect();
    put(&root, &json!({"corporations": large})).await.faults(&[" too_long"]);
}

#[tokio::test]
async fn ids_keep_their_place_and_used_ones_stay() {
    let desk = Desk::open(accounts::router).await;
    let root = desk.administrator().await;
    let body = json!({"corporations": [{"name": "A", "companies": [{"name": "C"}, {"name": "D"}]}, {"name": "B"}]});
    let written = put(&root, &body).await.expect(200);
    let company = written["corporations"][0]["companies"][0].clone();
    let mut moved = written.clone();
    moved["corporations"][0]["companies"] = json!([]);
    moved["corporations"][1]["companies"] = json!([company]);
    put(&root, &moved).await.faults(&["corporations.1.companies.0.id unknown"]);
    let mut twice = written.clone();
    twice["corporations"][0]["companies"] = json!([company, {"id": company["id"], "name": "E"}]);
    put(&root, &twice).await.faults(&["corporations.0.companies.1.id duplicate"]);
    desk.app
        .store
        .mark_used([company["id"].as_str().unwrap().to_owned()])
        .await
        .unwrap();
    let mut without = written.clone();
    without["corporations"][0]["companies"].as_array_mut().unwrap().remove(0);
    put(&root, &without).await.refuses(409, "in_use");
    let mut retired = written.clone();
    retired["corporations"][0]["companies"][0]["retired"] = json!(true);
    retired["corporations"][0]["companies"].as_array_mut().unwrap().remove(1);
    assert_eq!(put(&root, &retired).await.expect(200), retired);
}
