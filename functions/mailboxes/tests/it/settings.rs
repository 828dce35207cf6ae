use chamada_domain::Role;
use chamada_domain::mailbox::{LastSweep, SweepError};
use chamada_domain::timestamp::seconds;
use chamada_domain::tree::{Company, Corporation, Organisation};
use chamada_store::Versioned;
use http::Method;
use serde_json::{Value, json};

use crate::kit::{Machine, id_of, mailbox};

#[tokio::test]
async fn a_mailbox_is_made_read_changed_and_removed() {
    let machine = Machine::start().await;
    let made = machine.create(&mailbox(110)).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let id = made.body["id"].as_str().unwrap().to_owned();
    assert_eq!(made.body["auth"], json!({"type": "password", "username": "ana"}));
    assert_eq!(
        (made.body["enabled"].as_bool(), made.body["last_sweep"].is_null()),
        (Some(true), true)
    );
    assert_eq!(machine.secret(&id).await.as_deref(), Some("hunter2"));

    let read = machine.get(&format!("/api/mailboxes/{id}")).await;
    assert_eq!(read.body, made.body);
    let changed = machine
        .change(
            &id,
            &json!({"name": "Mesa", "after_import": "leave", "authserv_id": "mx.example.org", "enabled": false}),
        )
        .await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    assert_eq!(
        (
            &changed.body["name"],
            &changed.body["after_import"],
            &changed.body["authserv_id"],
            &changed.body["enabled"]
        ),
        (&json!("Mesa"), &json!("leave"), &json!("mx.example.org"), &json!(false))
    );
    let cleared = machine.change(&id, &json!({"authserv_id": null})).await;
    assert!(cleared.body["authserv_id"].is_null());
    let list = machine.get("/api/mailboxes").await;
    assert_eq!(
        (list.body["items"][0]["name"].as_str(), list.body["next_cursor"].is_null()),
        (Some("Mesa"), true)
    );
    for answer in [&made, &read, &changed, &list] {
        assert!(!String::from_utf8_lossy(&answer.bytes).contains("hunter2"));
    }

    let path = format!("/api/mailboxes/{id}");
    assert_eq!(machine.ask(Method::DELETE, &path, None, Some("k")).await.status, 204);
    assert_eq!(
        machine.ask(Method::DELETE, &path, None, Some("k")).await.status,
        204,
        "the same request again"
    );
    assert_eq!(machine.secret(&id).await, None);
    for answer in [
        machine.get(&path).await,
        machine.ask(Method::DELETE, &path, None, None).await,
        machine.test(&id).await,
    ] {
        assert_eq!(answer.problem(), (404, "not_found"));
    }
}

#[tokio::test]
async fn a_secret_goes_nowhere_it_was_not_meant_for() {
    let machine = Machine::start().await;
    let id = machine.made(&mailbox(110)).await;
    let user = |name: &str| json!({"auth": {"type": "password", "username": name}});
    for change in [
        json!({"host": "localhost"}),
        json!({"port": 111}),
        json!({"security": "starttls"}),
        user("beto"),
        json!({"port": 111, "auth": {"type": "password", "username": "ana"}}),
    ] {
        let answer = machine.change(&id, &change).await;
        assert_eq!(
            (answer.problem(), answer.faulty()),
            ((422, "secret_needed"), vec!["auth.password secret_needed".to_owned()]),
            "{change}"
        );
    }
    assert_eq!(
        machine.get(&format!("/api/mailboxes/{id}")).await.body["port"],
        110,
        "nothing was written"
    );
    assert_eq!(
        machine
            .change(&id, &json!({"host": "127.0.0.1", "port": 110, "name": "x"}))
            .await
            .status,
        200,
        "the same place is no other"
    );
    assert_eq!(machine.change(&id, &user("ana")).await.status, 200);
    let moved = json!({"host": "localhost", "port": 111, "auth": {"type": "password", "username": "beto", "password": "tr3s"}});
    let answer = machine.change(&id, &moved).await;
    assert_eq!(
        (answer.status, answer.body["auth"]["username"].as_str()),
        (200, Some("beto")),
        "{}",
        answer.body
    );
    assert_eq!(machine.secret(&id).await.as_deref(), Some("tr3s"));
}

#[tokio::test]
async fn every_faulty_field_is_told_and_nothing_is_made() {
    let machine = Machine::start().await;
    let with = |pointer: &str, value: Value| {
        let mut body = mailbox(110);
        match pointer.split_once('.') {
            Some((outer, inner)) => body[outer][inner] = value,
            None => body[pointer] = value,
        }
        body
    };
    let cases = [
        (with("name", json!("x".repeat(81))), "name too_long"),
        (with("address", json!("nobody")), "address invalid"),
        (with("host", json!("https://mail.example.org")), "host invalid"),
        (with("host", json!("mail.example.org:995")), "host invalid"),
        (with("host", json!("10.0.0")), "host invalid"),
        (with("host", json!("-a.example.org")), "host invalid"),
        (with("host", json!("correo\r\nx")), "host invalid"),
        (with("port", json!(0)), "port out_of_range"),
        (with("port", json!(65_536)), "port out_of_range"),
        (with("security", json!("ssl")), "security invalid"),
        (with("host", json!("mail.example.org")), "security not_allowed"),
        (with("host", json!("10.0.0.7")), "security not_allowed"),
        (with("auth", json!("x")), "auth invalid"),
        (with("auth.type", json!("kerberos")), "auth.type invalid"),
        (with("auth.password", Value::Null), "auth.password required"),
        (with("auth.password", json!("a\r\nDELE 1")), "auth.password invalid"),
        (with("auth.username", json!("a\nb")), "auth.username invalid"),
        (with("auth.token", json!("x")), "auth.token unknown"),
        (with("after_import", json!("move")), "after_import invalid"),
        (with("authserv_id", json!("mx example")), "authserv_id invalid"),
        (with("defaults", json!({"company_id": "usr_1"})), "defaults.company_id invalid"),
        (with("defaults", json!({"kind": "wish"})), "defaults.kind invalid"),
        (with("colour", json!("red")), "colour unknown"),
    ];
    for (body, fault) in cases {
        let answer = machine.create(&body).await;
        assert_eq!(
            (answer.problem(), answer.faulty()),
            ((422, "invalid"), vec![fault.to_owned()]),
            "{body}"
        );
    }
    let oauth = with("auth", json!({"type": "oauth2", "provider": "google", "client_id": "x"}));
    let answer = machine.create(&oauth).await;
    assert_eq!(
        (answer.problem(), answer.faulty()),
        ((422, "unsupported"), vec!["auth.type unsupported".to_owned()])
    );
    assert_eq!(machine.get("/api/mailboxes").await.body["items"], json!([]));
    for host in ["[::1]", "::1", "LOCALHOST"] {
        assert_eq!(machine.create(&with("host", json!(host))).await.status, 201, "{host}");
    }
    let tls = json!({"host": "pop.example.org", "security": "tls"});
    let mut remote = mailbox(995);
    remote.as_object_mut().unwrap().extend(tls.as_object().unwrap().clone());
    let id = machine.made(&remote).await;
    assert_eq!(
        machine.change(&id, &json!({"security": "plain"})).await.faulty(),
        ["security not_allowed"]
    );
}

#[tokio::test]
async fn defaults_name_what_the_trees_have() {
    let machine = Machine::start().await;
    let company = Company {
        id: "org_c1".parse().unwrap(),
        name: "Acme".into(),
        domains: vec![],
        retired: false,
        sites: vec![],
        cost_centres: vec![],
    };
    let corporation = Corporation {
        id: "org_g1".parse().unwrap(),
        name: "Grupo".into(),
        retired: false,
        companies: vec![company],
    };
    let tree = Organisation {
        corporations: vec![corporation],
    };
    machine
        .app
        .store
        .write_organisation(&tree, &Versioned::default(), None)
        .await
        .unwrap();
    let mut body = mailbox(110);
    body["defaults"] = json!({"corporation_id": "org_g1", "company_id": "org_c1", "locale": "pt"});
    let made = machine.create(&body).await;
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(made.body["defaults"], body["defaults"]);
    let used = machine.app.store.used(&["org_c1".to_owned(), "org_x".to_owned()]).await.unwrap();
    assert_eq!(
        used.into_iter().collect::<Vec<_>>(),
        ["org_c1"],
        "so that it can be retired and not removed"
    );
    let id = made.body["id"].as_str().unwrap();
    let answer = machine
        .change(id, &json!({"defaults": {"corporation_id": "org_g1", "company_id": "org_other"}}))
        .await;
    assert_eq!(answer.faulty(), ["defaults.company_id unknown"]);
    let answer = machine.change(id, &json!({"defaults": null})).await;
    assert_eq!(answer.body["defaults"], json!({}));
}

#[tokio::test]
async fn a_repeated_request_makes_one_mailbox() {
    let machine = Machine::start().await;
    let create = || machine.ask(Method::POST, "/api/mailboxes", Some(BODY.get_or_init(|| mailbox(110))), Some("k1"));
    static BODY: std::sync::OnceLock<Value> = std::sync::OnceLock::new();
    let (first, second) = (create().await, create().await);
    assert_eq!((first.status, second.status), (201, 201));
    assert_eq!(first.body["id"], second.body["id"]);
    assert_eq!(machine.get("/api/mailboxes").await.body["items"].as_array().unwrap().len(), 1);
    let other = machine.ask(Method::POST, "/api/mailboxes", Some(&mailbox(111)), Some("k1")).await;
    assert_eq!(other.problem(), (422, "idempotency_key_reused"));
    let path = format!("/api/mailboxes/{}", first.body["id"].as_str().unwrap());
    let change = json!({"name": "Mesa"});
    for _ in 0..2 {
        let changed = machine.ask(Method::PATCH, &path, Some(&change), Some("k2")).await;
        assert_eq!((changed.status, changed.body["name"].as_str()), (200, Some("Mesa")));
    }
}

#[tokio::test]
async fn lists_go_on_where_they_stopped() {
    let machine = Machine::start().await;
    for name in ["Ventas", "compras", "Soporte"] {
        let mut body = mailbox(110);
        body["name"] = json!(name);
        machine.made(&body).await;
    }
    let mut names = Vec::new();
    let mut path = "/api/mailboxes?limit=2".to_owned();
    loop {
        let page = machine.get(&path).await;
        assert_eq!(page.status, 200, "{}", page.body);
        names.extend(
            page.body["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|item| item["name"].as_str().unwrap().to_owned()),
        );
        let Some(cursor) = page.body["next_cursor"].as_str() else { break };
        path = format!("/api/mailboxes?limit=2&cursor={cursor}");
    }
    assert_eq!(names, ["compras", "Soporte", "Ventas"]);
    assert_eq!(machine.get("/api/mailboxes?cursor=AAAA").await.problem(), (400, "bad_cursor"));
    assert_eq!(machine.get("/api/mailboxes?limit=101").await.faulty(), ["limit out_of_range"]);
}

#[tokio::test]
async fn the_card_says_how_the_last_sweep_ended_and_when_it_is_tried_again() {
    let machine = Machine::start().await;
    let id = machine.made(&mailbox(110)).await;
    let now = machine.app.now();
    let last = LastSweep {
        at: now,
        error: Some(SweepError::of_mail_server("auth_failed", None)),
        next_attempt_at: Some(now.plus(seconds(300))),
        failures: 2,
    };
    machine.app.store.note_sweep(&id_of(&id), &last).await.unwrap();
    let shown = machine.get(&format!("/api/mailboxes/{id}")).await.body["last_sweep"].clone();
    assert_eq!(shown["error"]["code"], "auth_failed");
    assert_eq!(shown["next_attempt_at"].as_str(), Some(now.plus(seconds(300)).to_string().as_str()));
    machine.change(&id, &json!({"name": "Mesa"})).await;
    assert_eq!(
        machine.get(&format!("/api/mailboxes/{id}")).await.body["last_sweep"],
        shown,
        "a change of something else keeps it"
    );
    // A new password may be the right one: the next sweep need not wait.
    let auth = json!({"type": "password", "username": "soporte", "password": "otra"});
    machine.change(&id, &json!({"auth": auth})).await;
    let shown = machine.get(&format!("/api/mailboxes/{id}")).await.body["last_sweep"].clone();
    assert_eq!(
        (&shown["error"]["code"], &shown["next_attempt_at"]),
        (&json!("auth_failed"), &Value::Null)
    );
}

#[tokio::test]
async fn administrators_alone_see_mailboxes() {
    let machine = Machine::start().await;
    let browsers = [
        (machine.browser(), (401, "sign_in_needed")),
        (machine.signed_in_as(Role::User).await, (403, "forbidden")),
        (machine.signed_in_as(Role::Specialist).await, (403, "forbidden")),
    ];
    let id = machine.made(&mailbox(110)).await;
    let routes = [
        (Method::GET, "/api/mailboxes".to_owned()),
        (Method::POST, "/api/mailboxes".to_owned()),
        (Method::GET, format!("/api/mailboxes/{id}")),
        (Method::PATCH, format!("/api/mailboxes/{id}")),
        (Method::DELETE, format!("/api/mailboxes/{id}")),
        (Method::POST, format!("/api/mailboxes/{id}/test")),
        (Method::POST, format!("/api/mailboxes/{id}/sweep")),
        (Method::POST, "/api/sweeps".to_owned()),
        (Method::GET, format!("/api/mailboxes/{id}/sweeps")),
        (Method::GET, format!("/api/mailboxes/{id}/sweeps/swp_1")),
        (Method::GET, format!("/api/mailboxes/{id}/messages")),
        (Method::GET, format!("/api/mailboxes/{id}/messages/msg_YQ/raw")),
        (Method::DELETE, format!("/api/mailboxes/{id}/messages/msg_YQ")),
    ];
    for (method, path) in routes {
        for (browser, expected) in &browsers {
            let answer = browser.send(method.clone(), &path, &[], Some(&json!({"bad": 1}))).await;
            assert_eq!(answer.problem(), *expected, "{method} {path}");
        }
    }
    assert_eq!(machine.get(&format!("/api/mailboxes/{id}")).await.status, 200);
}
