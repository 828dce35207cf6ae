//! Nobody gets at a ticket who is nobody to it: every route that names a ticket is asked by strangers. And the proof that this test would
//! notice: with everybody made an administrator on the way from the table, each of these routes lets the strangers in.
//!
//! The permission check decides in the functions' own memory, where no proxy reaches; what it decides on comes from the table. So its verdict is
//! changed by what it reads, and no switch that turns it off stands in the product, where somebody could leave it on.

use crate::attachments::attached;
use crate::routes::answered;
use crate::world::{ANSWER, OTHER_TICKET, SECRET, TICKET, TITLE, WORDS, World, ask, request, sample};
use chamada_domain::entry::MailFacts;
use chamada_domain::message::{NewMessage, Voice, post};
use chamada_domain::timestamp::days;
use chamada_domain::word::Word;
use chamada_domain::{Authentication, Locale, Role, TicketNumber, User, Visibility};
use chamada_platform::{Secret, random, secret_hash};
use chamada_store::{Bundle, BundleState, HeldKey, Session, TicketKey};
use chamada_tests::{
    naive::dump::Item,
    runtime_api::Function,
    unguarded::{Guard, Unguarded},
};
use std::collections::{BTreeMap, BTreeSet};

/// The digest of a key of the ticket, whose first 16 characters name it in the API.
const KEY: &str = "0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f";

/// A bundle of the ticket's evidence.
const BUNDLE: &str = "bun_00000000000000000000";

/// A route, with all that it needs to do its work if it were permitted.
struct Question {
    function: &'static str,
    method: String,
    /// As described, for reports.
    route: String,
    path: String,
    body: Option<&'static str>,
}

/// Every route that names a ticket, and the list.
fn questions(world: &World) -> Vec<Question> {
    let routes = answered(&world.platform).into_iter();
    let about_tickets = routes.filter(|route| route.path.contains("{number}") || (route.path == "/api/tickets" && route.method == "GET"));
    let questions = about_tickets.map(|route| {
        let body = match (route.method.as_str(), route.path.as_str()) {
            ("PATCH", "/api/tickets/{number}") => Some(r#"{"priority":"high"}"#),
            ("POST", "/api/tickets/{number}/messages") => Some(r#"{"body":"Let me in"}"#),
            ("PUT", "/api/tickets/{number}/rating") => Some(r#"{"stars":1}"#),
            ("PUT", "/api/tickets/{number}/read") => Some(r#"{"seq":1}"#),
            ("POST", "/api/tickets/{number}/merge") => Some(r#"{"into":1043}"#),
            ("POST", path) if ["claim", "restore", "erase", "bundle"].iter().any(|word| path.ends_with(word)) => None,
            ("PUT", "/api/tickets/{number}/links/{other}") | ("GET" | "DELETE", _) => None,
            (method, path) => panic!("say here how {method} {path} is asked rightly"),
        };
        let id = if route.path.contains("/keys/") {
            KEY[..16].to_owned()
        } else {
            attached().attachment_id.to_string()
        };
        Question {
            function: route.function,
            path: route
                .path
                .replace("{number}", &TICKET.0.to_string())
                .replace("{seq}", "2")
                .replace("{other}", &OTHER_TICKET.0.to_string())
                .replace("{bundle_id}", BUNDLE)
                .replace("{id}", &id),
            route: route.path,
            method: route.method,
            body,
        }
    });
    let mut questions: Vec<Question> = questions.collect();
    // Last: what is erased has nothing left to be shown.
    questions.sort_by_key(|question| question.route.ends_with("/erase"));
    questions
}

/// Those who ask: cookies by what to call them.
async fn strangers(world: &World, other: &User) -> BTreeMap<&'static str, Option<String>> {
    let mut cookies = BTreeMap::from([("nobody", None)]);
    for (who, name, role) in [("user", "dora", Role::User), ("specialist", "bruno", Role::Specialist)] {
        let user = world.sign_in(name, role).await;
        cookies.insert(who, Some(format!("{}.{SECRET}", user.id)));
    }
    // Somebody with a key of another ticket, which opens that one alone.
    let (key, hash) = (
        TicketKey {
            person: other.id.clone(),
            created_at: world.now(),
            valid_until: world.now().plus(days(30)),
        },
        "ab".repeat(32),
    );
    world.store.save_ticket_key(OTHER_TICKET, &hash, &key).await.unwrap();
    let mut session = Session::begin(world.now());
    session.hold(HeldKey {
        ticket: OTHER_TICKET,
        hash,
        person: other.id.clone(),
    });
    world
        .store
        .save_guest_session(&secret_hash(&Secret::new(SECRET)), &session)
        .await
        .unwrap();
    cookies.insert("guest", Some(format!("guest.{SECRET}")));
    cookies
}

/// Adds what this person wrote by mail to their ticket, with the file of it.
async fn mailed(world: &World, number: TicketNumber, author: &User) {
    let digest = "cd".repeat(32);
    let file = format!("From: {}\r\nContent-Type: text/html\r\n\r\n<p>{WORDS}</p>\r\n", author.email);
    let (bucket, key) = (&world.platform.config().mail_bucket, format!("mail/{digest}.eml"));
    world.platform.objects().put(bucket, &key, file, "message/rfc822").await.unwrap();
    let facts = || MailFacts {
        from: None,
        to: Vec::new(),
        cc: Vec::new(),
        subject: Word::new(TITLE, &mut random),
        has_html: true,
        authentication: Authentication::Pass,
        digest: digest.clone(),
        left_in_original: 0,
        automatic: false,
    };
    let message = || NewMessage {
        body: WORDS.into(),
        visibility: Visibility::Public,
        attachments: Vec::new(),
        mail: Some(facts()),
        quoted: None,
        voice: Voice::Customer,
        resolve: false,
        due_at: None,
        through: None,
    };
    world
        .change(number, author, |ticket, pen| post(ticket, message(), pen, &mut random))
        .await;
}

/// What the table has of the ticket.
async fn state(world: &World) -> Vec<Item> {
    [
        world.partition(&format!("T#{:010}", TICKET.0)).await,
        world.partition(&format!("TK#{}", TICKET.0)).await,
    ]
    .concat()
}

/// What is wrong with how a stranger's question was answered, if anything.
async fn ask_as(world: &World, function: &Function, question: &Question, cookie: Option<&String>) -> Option<String> {
    let mut event = request(sample("tickets/open.json"), &question.method, &question.path, question.body);
    match cookie {
        Some(cookie) => event["cookies"] = serde_json::json!([format!("__Host-session={cookie}")]),
        None => drop(event.as_object_mut().unwrap().remove("cookies")),
    }
    event["headers"]["if-match"] = format!("\"{}\"", world.store.ticket(TICKET).await.unwrap().version).into();
    let before = state(world).await;
    let answer = ask(function, &event).await;
    let said = answer.body.to_string();
    if let Some(words) = [TITLE, WORDS, ANSWER, "ana@example.org", KEY]
        .iter()
        .find(|words| said.contains(**words))
    {
        return Some(format!("shows {words}"));
    }
    if state(world).await != before {
        return Some(format!("changes the ticket, and answers {}", answer.status));
    }
    let list = question.route == "/api/tickets" && answer.status == 200;
    // Anything else, 422 for one, would mean that the question was wrong and proves nothing.
    (!list && ![401, 403, 404].contains(&answer.status)).then(|| format!("answers {} {said}", answer.status))
}

/// Asks every question as everybody; each wrong answer, by who asked and which route.
async fn wrong_answers(world: &World, dynamodb: &str) -> BTreeMap<(&'static str, String), String> {
    let ana = world.enrol("ana", Role::User).await;
    let carla = world.enrol("carla", Role::User).await;
    world.ticket(TICKET, &ana, vec![attached()]).await;
    mailed(world, TICKET, &ana).await;
    world.ticket(OTHER_TICKET, &carla, Vec::new()).await;
    let bundle = Bundle {
        state: BundleState::Making,
        for_staff: false,
        locale: Locale::Es,
        at: world.now(),
        attempts: 0,
        last_seq: None,
    };
    world
        .store
        .ask_bundle(TICKET, &BUNDLE.parse().unwrap(), &bundle, None)
        .await
        .unwrap();
    let functions: BTreeMap<_, _> = ["tickets", "attachments"]
        .map(|name| (name, world.function_through(name, dynamodb)))
        .into();
    let strangers = strangers(world, &carla).await;
    let mut wrong = BTreeMap::new();
    for question in questions(world) {
        for (who, cookie) in &strangers {
            let key = TicketKey {
                person: ana.id.clone(),
                created_at: world.now(),
                valid_until: world.now().plus(days(30)),
            };
            world.store.save_ticket_key(TICKET, KEY, &key).await.unwrap();
            if let Some(why) = ask_as(world, &functions[question.function], &question, cookie.as_ref()).await {
                wrong.insert((*who, format!("{} {}", question.method, question.route)), why);
            }
        }
    }
    wrong
}

#[tokio::test]
async fn no_route_of_a_ticket_answers_strangers() {
    let world = World::open().await;
    let engine = world.services.server_file().dynamodb.clone();
    assert_eq!(wrong_answers(&world, &engine).await, BTreeMap::new());
}

#[tokio::test]
async fn without_the_permission_check_this_would_be_seen_at_every_route() {
    let world = World::open().await;
    let unguarded = Unguarded::start(&world.services.server_file().dynamodb, Guard::Permission);
    let wrong = wrong_answers(&world, &unguarded.url()).await;
    assert!(unguarded.taken() > 0, "the guard was there to be taken away");
    let routes: BTreeSet<String> = questions(&world)
        .iter()
        .map(|question| format!("{} {}", question.method, question.route))
        .collect();
    assert!(routes.len() >= 10, "{routes:?}");
    // A rating is its requester's, whatever else somebody is.
    let routes: BTreeSet<String> = routes.into_iter().filter(|route| !route.ends_with("/rating")).collect();
    for who in ["user", "specialist"] {
        let let_in: BTreeSet<String> = wrong
            .keys()
            .filter(|(name, _)| *name == who)
            .map(|(_, route)| route.clone())
            .collect();
        assert_eq!(let_in, routes, "{who}");
    }
    assert!(
        !wrong.keys().any(|(who, _)| matches!(*who, "nobody" | "guest")),
        "who has no account has no role: {wrong:?}"
    );
}
