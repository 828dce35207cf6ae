//! `accounts`.

use crate::world::{World, ask, end, request, sample};
use chamada_domain::Role;
use serde_json::json;

#[tokio::test]
async fn it_says_that_it_runs() {
    let world = World::open().await;
    let function = world.function("accounts");
    let health = ask(&function, &sample("accounts/health.json")).await.expect(200);
    assert_eq!(health, json!({"status": "ok", "version": env!("CARGO_PKG_VERSION")}));
    end(function, 1);
}

#[tokio::test]
async fn a_sign_in_link_is_asked_for_and_no_secret_made() {
    let world = World::open().await;
    let ana = world.enrol("ana", Role::User).await;
    let function = world.function("accounts");
    let sign_in = sample("accounts/sign-in.json");
    let body = ask(&function, &sign_in).await.expect(202);
    assert_eq!(body, "", "the answer does not tell whether the address is known");
    let asked = world.partition("LINK#").await;
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0]["sk"], "ASKED");
    let link: serde_json::Value = serde_json::from_str(asked[0]["link"].as_str().unwrap()).unwrap();
    assert_eq!(link, json!({"kind": "sign_in", "user": ana.id}));
    let unknown = request(sign_in, "POST", "/api/sign-in", Some(r#"{"email":"nobody@example.org"}"#));
    assert_eq!(ask(&function, &unknown).await.expect(202), "", "as for a known one");
    let waiting = world.partition("LINK#").await;
    assert_eq!(
        waiting.iter().filter(|item| item["sk"] == "ASKED").count(),
        1,
        "nobody is mailed who is not known"
    );
    end(function, 2);
}

#[tokio::test]
async fn broken_requests_are_refused_by_name() {
    let world = World::open().await;
    world.enrol("ana", Role::User).await;
    let function = world.function("accounts");
    let sign_in = sample("accounts/sign-in.json");
    let with = |body: &str| request(sign_in.clone(), "POST", "/api/sign-in", Some(body));
    ask(&function, &with(r#"{"email": "ana@example.org""#))
        .await
        .refuses(400, "bad_json");
    let mut fields = ask(&function, &with(r#"{"email": "ana@", "locale": "xx", "secret": 1}"#))
        .await
        .refuses(422, "invalid");
    fields.sort_unstable();
    assert_eq!(fields, ["email", "locale", "secret"]);
    assert!(world.partition("LINK#").await.is_empty());
    ask(&function, &sign_in).await.expect(202);
    end(function, 3);
}
