//! `tickets`.

use crate::world::{OTHER_TICKET, TICKET, TITLE, WORDS, World, ask, end, request, sample};
use chamada_domain::Role;
use serde_json::{Value, json};

#[tokio::test]
async fn a_ticket_is_opened_and_stands_in_the_table() {
    let world = World::open().await;
    let ana = world.sign_in("ana", Role::User).await;
    let function = world.function("tickets");
    let answer = ask(&function, &sample("tickets/create.json")).await;
    let location = answer.headers["location"].clone();
    let ticket = answer.expect(201);
    assert_eq!(location, format!("/api/tickets/{}", ticket["number"]));
    let is = |name: &str| ticket[name].clone();
    assert_eq!(
        [is("title"), is("kind"), is("status"), is("priority"), is("channel"), is("last_seq")],
        [
            json!("La impresora no imprime"),
            json!("incident"),
            json!("new"),
            json!("normal"),
            json!("web"),
            json!(1)
        ]
    );
    assert_eq!(ticket["requester"]["id"], ana.id.as_str());
    let tickets = world.tickets().await;
    assert_eq!(tickets.len(), 1);
    let stored = &tickets[&ticket["number"].as_u64().unwrap()];
    assert_eq!(stored.entries.len(), 1);
    assert_eq!(stored.entries[0].hash, ticket["head_hash"].as_str().unwrap());
    assert_eq!(stored.entries[0].entry["body"]["t"], "Desde esta mañana la del segundo piso.");
    end(function, 1);
}

#[tokio::test]
async fn tickets_are_listed_and_read() {
    let world = World::open().await;
    let ana = world.sign_in("ana", Role::User).await;
    world.ticket(TICKET, &ana, Vec::new()).await;
    let dora = world.enrol("dora", Role::User).await;
    world.ticket(OTHER_TICKET, &dora, Vec::new()).await;
    let function = world.function("tickets");
    let list = ask(&function, &sample("tickets/list.json")).await.expect(200);
    let numbers: Vec<&Value> = list["items"].as_array().unwrap().iter().map(|row| &row["number"]).collect();
    assert_eq!(numbers, [&json!(1042)], "one's own alone");
    assert_eq!(list["next_cursor"], Value::Null);
    let page = ask(&function, &sample("tickets/open.json")).await.expect(200);
    assert_eq!((&page["ticket"]["number"], &page["ticket"]["title"]), (&json!(1042), &json!(TITLE)));
    assert_eq!(
        (&page["entries"][0]["type"], &page["entries"][0]["body"]),
        (&json!("opened"), &json!(WORDS))
    );
    end(function, 2);
}

#[tokio::test]
async fn broken_requests_are_refused_by_name_and_write_nothing() {
    let world = World::open().await;
    world.sign_in("ana", Role::User).await;
    let function = world.function("tickets");
    let (create, before) = (sample("tickets/create.json"), world.partition("T#").await);
    let with = |body: &str| request(create.clone(), "POST", "/api/tickets", Some(body));
    ask(&function, &with(r#"{"title": "La impresora"#)).await.refuses(400, "bad_json");
    let long = json!({"title": "x".repeat(201), "body": "La impresora", "kind": "fire", "colour": "red"}).to_string();
    let mut fields = ask(&function, &with(&long)).await.refuses(422, "invalid");
    fields.sort_unstable();
    assert_eq!(fields, ["colour", "kind", "title"]);
    let mut stranger = create.clone();
    stranger.as_object_mut().unwrap().remove("cookies");
    ask(&function, &stranger).await.refuses(401, "sign_in_needed");
    let mut elsewhere = create.clone();
    elsewhere["headers"]["origin"] = "https://evil.example".into();
    ask(&function, &elsewhere).await.refuses(403, "cross_site");
    assert_eq!(world.partition("T#").await, before);
    ask(&function, &create).await.expect(201);
    end(function, 5);
}

#[tokio::test]
async fn what_is_no_request_is_an_error_of_the_function_and_it_lives_on() {
    let world = World::open().await;
    world.sign_in("ana", Role::User).await;
    let function = world.function("tickets");
    let said = function.invoke(&json!({"Records": []}), crate::world::PATIENCE).await;
    assert!(said.is_err(), "{said:?}");
    ask(&function, &sample("tickets/list.json")).await.expect(200);
    end(function, 1);
}
