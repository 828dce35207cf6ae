//! Files that are imported.

use std::time::Duration as Wait;

use chamada_domain::Role;
use http::Method;
use serde_json::{Value, json};

use chamada_tests::capacity::Recorder;
use chamada_tests::desk::{Browser, Desk, Reply};

const USERS: &str = "email,name,role,locale,company\n";
const UNITS: &str = "corporation,company,site,cost_centre_code,cost_centre_name\n";
const CATEGORIES: &str = "kind,category_es,category_pt,category_en,subcategory_es,subcategory_pt,subcategory_en\n";

async fn post(browser: &Browser, path: &str, headers: &[(&'static str, &str)], text: &str) -> Reply {
    let mut all = vec![("content-type", "text/csv")];
    all.extend(headers);
    browser
        .send_text(Method::POST, &format!("/api/import/{path}"), &all, text.to_owned())
        .await
}

async fn import(browser: &Browser, path: &str, text: &str) -> Reply {
    post(browser, path, &[], text).await
}

fn counts(rows: u64, created: u64, changed: u64) -> Value {
    json!({"rows": rows, "created": created, "changed": changed, "unchanged": rows - created - changed})
}

/// Everyone but the administrator that the test began with: address, name, role, locale, company, each as one line.
async fn people(root: &Browser) -> Vec<String> {
    let (mut lines, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = root.get(&format!("/api/users?limit=100{cursor}")).await.expect(200);
        let rows = page["items"].as_array().unwrap().iter();
        let word = |row: &Value, name: &str| row[name].as_str().unwrap_or("-").to_owned();
        let line = |row: &Value| {
            ["email", "name", "role", "locale", "company_id"]
                .map(|name| word(row, name))
                .join(",")
        };
        lines.extend(rows.filter(|row| row["email"] != "root@example.org").map(line));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    lines.sort_unstable();
    lines
}

async fn actions(root: &Browser) -> Vec<String> {
    let page = root.get("/api/audit?limit=100").await.expect(200);
    let name = |record: &Value| record["action"].as_str().unwrap().to_owned();
    page["items"].as_array().unwrap().iter().map(name).collect()
}

#[tokio::test]
async fn people_are_made_and_changed_by_address() {
    let desk = Desk::open(accounts::router).await;
    let root = desk.administrator().await;
    import(&root, "organisation", &format!("{UNITS}Botica,Norte,,,\n"))
        .await
        .expect(200);
    let tree = root.get("/api/organisation").await.expect(200);
    let company = tree["corporations"][0]["companies"][0]["id"].as_str().unwrap();
    desk.person("eva@example.org", Role::Specialist).await;
    let before = actions(&root).await.len();
    // As a spreadsheet of those languages saves it.
    let file = "\u{feff}Email;Name;Role;Locale;Company\r\nANA@example.org;\"Lima; Ana\";specialist;pt;norte\r\n;;;;\r\n\
        eva@example.org;Eva;;;\r\nrui@example.org;Rui;;;\r\n";
    assert_eq!(import(&root, "users?dry_run=true", file).await.expect(200), counts(3, 2, 1));
    assert_eq!(people(&root).await, ["eva@example.org,Person eva@example.org,specialist,en,-"]);
    assert_eq!(actions(&root).await.len(), before, "a dry run writes nothing");
    assert_eq!(import(&root, "users?dry_run=false", file).await.expect(200), counts(3, 2, 1));
    let expected = [
        format!("ana@example.org,Lima; Ana,specialist,pt,{company}"),
        "eva@example.org,Eva,specialist,en,-".to_owned(),
        "rui@example.org,Rui,user,es,-".to_owned(),
    ];
    assert_eq!(people(&root).await, expected);
    let mut told = actions(&root).await;
    told.truncate(4);
    told.sort_unstable();
    assert_eq!(told, ["imported", "user_changed", "user_made", "user_made"]);
    assert_eq!(
        import(&root, "users", file).await.expect(200),
        counts(3, 0, 0),
        "again, it changes nothing"
    );
    assert_eq!(actions(&root).await.len(), before + 4);
    let mut without = tree.clone();
    without["corporations"] = json!([]);
    let tag = root.get("/api/organisation").await.header("etag").to_owned();
    root.put("/api/organisation", &tag, &without).await.refuses(409, "in_use");
}

#[tokio::test]
async fn one_fault_and_nothing_is_written() {
    let desk = Desk::open(accounts::router).await;
    let root = desk.administrator().await;
    import(&root, "organisation", &format!("{UNITS}A,Norte,,,\nB,Norte,,,\n"))
        .await
        .expect(200);
    let file = format!(
        "{USERS}good@example.org,Good,user,es,\nnot an address,,boss,fr,Nowhere\ngood@example.org,{},user,es,Norte\nshort@example.org,Short\n\"two\nlines@example.org\",\"a\nb\",,,\n",
        "x".repeat(101)
    );
    import(&root, "users", &file).await.faults(&["line.5.role invalid"]);
    let file = file.replace("short@example.org,Short\n", "");
    let expected = [
        "line.3.email invalid",
        "line.3.role invalid",
        "line.3.locale invalid",
        "line.3.company unknown",
        "line.4.name too_long",
        "line.4.company ambiguous",
        "line.5.email invalid",
        "line.5.name invalid",
    ];
    for path in ["users", "users?dry_run=true"] {
        import(&root, path, &file).await.faults(&expected);
    }
    let twice = format!("{USERS}a@example.org,A,,,\nA@example.org,B,,,\n");
    import(&root, "users", &twice).await.faults(&["line.3.email duplicate"]);
    assert_eq!(people(&root).await, Vec::<String>::new());
    import(&root, "users", "email,name,role,colour,locale,role\n").await.faults(&[
        "line.1.colour unknown",
        "line.1.role duplicate",
        "line.1.company required",
    ]);
    import(&root, "users", "").await.expect(422);
    import(&root, "users?dry_run=maybe&x=1", USERS)
        .await
        .faults(&["dry_run invalid", "x unknown"]);
    assert_eq!(import(&root, "users", USERS).await.expect(200), counts(0, 0, 0));
    let large = format!("{USERS}{}", " ".repeat(1 << 20));
    import(&root, "users", &large).await.refuses(413, "too_large");
    import(&root, "mailboxes", USERS).await.refuses(404, "not_found");
}

/// What the bound on a file's rows rests on: one round trip for a new account, two for one that is changed.
#[tokio::test]
async fn an_account_costs_one_round_trip_to_make_and_two_to_change() {
    const ROWS: usize = 200;
    let desk = Desk::open(accounts::router).await;
    let recorder = Recorder::start(&desk.services.server_file().dynamodb);
    let platform = desk.platform_by(|endpoints| endpoints.dynamodb = Some(recorder.url()));
    let root = desk.browser_of(accounts::router, &platform);
    root.set_cookie(desk.administrator().await.cookie());
    let file = |name: &str| {
        let rows: String = (0..ROWS).map(|n| format!("p{n}@example.org,{name} {n},user,es,\n")).collect();
        format!("{USERS}{rows}")
    };
    for (name, each) in [("Ana", 1), ("Eva", 2)] {
        drop(recorder.take());
        import(&root, "users", &file(name)).await.expect(200);
        let asked = recorder.take().requests.len();
        assert!((ROWS * each..ROWS * each + 30).contains(&asked), "{name}: {asked} requests");
    }
    let many: String = (0..=2_000).map(|n| format!("p{n}@example.org,P,user,es,\n")).collect();
    import(&root, "users", &format!("{USERS}{many}")).await.faults(&[" too_many"]);
}

#[tokio::test]
async fn an_empty_name_stays_what_it_is_and_who_is_new_needs_one() {
    let desk = Desk::open(accounts::router).await;
    let root = desk.administrator().await;
    desk.person("eva@example.org", Role::User).await;
    let file = format!("{USERS}eva@example.org,,specialist,,\n");
    import(&root, "users", &file).await.expect(200);
    assert_eq!(people(&root).await, ["eva@example.org,Person eva@example.org,specialist,en,-"]);
    let file = format!("{USERS}eva@example.org,,user,,\nnew@example.org,,user,,\n");
    import(&root, "users", &file).await.faults(&["line.3.name required"]);
    assert_eq!(people(&root).await.len(), 1);
}

#[tokio::test]
async fn the_last_administrator_stays_and_may_be_relieved() {
    let desk = Desk::open(accounts::router).await;
    let root = desk.administrator().await;
    desk.person("other@example.org", Role::Administrator).await;
    let none = format!("{USERS}root@example.org,Root,user,,\nother@example.org,Other,specialist,,\n");
    for path in ["users", "users?dry_run=true"] {
        import(&root, path, &none)
            .await
            .faults(&["line.2.role last_administrator", "line.3.role last_administrator"]);
    }
    assert_eq!(desk.app.store.administrators().await.unwrap(), 2);
    let relieved = format!("{none}new@example.org,New,administrator,,\n");
    assert_eq!(import(&root, "users", &relieved).await.expect(200), counts(3, 1, 2));
    assert_eq!(desk.app.store.administrators().await.unwrap(), 1);
    root.get("/api/users").await.refuses(403, "forbidden");
}

#[tokio::test]
async fn an_import_that_broke_off_is_sent_again_and_ends_the_same() {
    let desk = Desk::open(accounts::router).await;
    let root = desk.administrator().await;
    for n in 0..20 {
        desk.person(&format!("u{n:03}@example.org"), Role::Specialist).await;
    }
    let mut file = USERS.to_owned();
    let mut expected = Vec::new();
    for n in 0..120 {
        file.push_str(&format!("u{n:03}@example.org,User {n},user,pt,\n"));
        expected.push(format!("u{n:03}@example.org,User {n},user,pt,-"));
    }
    let key = [("idempotency-key", "i")];
    let mut broken = 0;
    for ms in [5, 40, 80, 120, 160] {
        let cut = tokio::time::timeout(Wait::from_millis(ms), post(&root, "users", &key, &file)).await;
        broken += usize::from(cut.is_err());
    }
    assert!(broken > 0, "none of the attempts was cut");
    let last = post(&root, "users", &key, &file).await.expect(200);
    assert_eq!(last["rows"], 120);
    assert_eq!(people(&root).await, expected);
    assert_eq!(
        post(&root, "users", &key, &file).await.expect(200),
        last,
        "the same answer, though all stands now"
    );
    post(&root, "users", &key, USERS).await.refuses(422, "idempotency_key_reused");
    post(&root, "users?dry_run=true", &key, &file)
        .await
        .refuses(422, "idempotency_key_reused");
    assert_eq!(import(&root, "users", &file).await.expect(200), counts(120, 0, 0));
    let made = desk.items("AUDIT#").await;
    let made = made.iter().filter(|item| item["record"].contains("\"user_made\"")).count();
    assert_eq!(made, 100, "each account was made once");
}

#[tokio::test]
async fn units_are_found_by_name_and_cost_centres_by_code() {
    let desk = Desk::open(accounts::router).await;
    let root = desk.administrator().await;
    let file = format!(
        "{UNITS}Botica,,,,\nBotica,Norte,Salta,100,IT\nBOTICA,norte,Jujuy,100,IT\nBotica,Norte,,200,RRHH\nBotica,Norte,Salta,200,RRHH\n"
    );
    assert_eq!(import(&root, "organisation?dry_run=true", &file).await.expect(200), counts(5, 4, 0));
    assert_eq!(root.get("/api/organisation").await.expect(200), json!({"corporations": []}));
    let key = [("idempotency-key", "o")];
    for _ in 0..2 {
        assert_eq!(post(&root, "organisation", &key, &file).await.expect(200), counts(5, 4, 0));
    }
    let tree = root.get("/api/organisation").await.expect(200);
    let mut bare = tree.clone();
    strip_ids(&mut bare);
    let expected = json!({"corporations": [{"name": "Botica", "companies": [{"name": "Norte", "sites": [{"name": "Salta"}, {"name": "Jujuy"}],
        "cost_centres": [{"code": "100", "name": "IT"}, {"code": "200", "name": "RRHH"}]}]}]});
    assert_eq!(bare, expected);
    let reply = root.get("/api/organisation").await;
    let tag = reply.header("etag").to_owned();
    assert_eq!(import(&root, "organisation", &file).await.expect(200), counts(5, 0, 0));
    assert_eq!(root.get("/api/organisation").await.header("etag"), tag, "nothing was written");
    let mut retired = tree.clone();
    retired["corporations"][0]["companies"][0]["sites"][1]["retired"] = json!(true);
    root.put("/api/organisation", &tag, &retired).await.expect(200);
    let file = format!("{UNITS}Botica,Norte,jujuy,100,Informática\n");
    assert_eq!(import(&root, "organisation", &file).await.expect(200), counts(1, 0, 1));
    let mut renamed = tree;
    renamed["corporations"][0]["companies"][0]["cost_centres"][0]["name"] = json!("Informática");
    assert_eq!(
        root.get("/api/organisation").await.expect(200),
        renamed,
        "ids stay, and what was retired is back"
    );
    let mut told = actions(&root).await;
    told.sort_unstable();
    assert_eq!(told, ["imported", "imported", "organisation_changed"]);
}

/// Leaves the ids out, of which nothing is known beforehand.
fn strip_ids(value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(strip_ids),
        Value::Object(map) => {
            map.remove("id");
            map.values_mut().for_each(strip_ids);
        }
        _ => {}
    }
}

#[tokio::test]
async fn every_faulty_unit_is_told() {
    let desk = Desk::open(accounts::router).await;
    let root = desk.administrator().await;
    let file = format!(
        "{UNITS},Norte,,,\nA,,Salta,,\nA,Norte,,,IT\nA,Norte,,1,\nA,Norte,,1,IT\nA,Norte,,1,Other\nA,{},,{},x\n",
        "x".repeat(101),
        "1".repeat(41)
    );
    import(&root, "organisation", &file).await.faults(&[
        "line.2.corporation required",
        "line.3.company required",
        "line.4.cost_centre_code required",
        "line.5.cost_centre_name required",
        "line.7.cost_centre_name contradicts",
        "line.8.company too_long",
        "line.8.cost_centre_code too_long",
    ]);
    let many: String = (0..1_001).map(|n| format!("A,B,Site {n},,\n")).collect();
    import(&root, "organisation", &format!("{UNITS}{many}"))
        .await
        .faults(&["line.1002.site too_many"]);
    assert_eq!(root.get("/api/organisation").await.expect(200), json!({"corporations": []}));
}

#[tokio::test]
async fn categories_are_found_by_their_spanish_names() {
    let desk = Desk::open(accounts::router).await;
    let root = desk.administrator().await;
    let file = format!(
        "{CATEGORIES}incident,Red,Rede,Network,Lenta,Lenta,Slow\nincident,RED,Rede,Network,Caída,Fora,Down\nrequirement,Red,Rede,Network,,,\n"
    );
    assert_eq!(import(&root, "categories", &file).await.expect(200), counts(3, 3, 0));
    let tree = root.get("/api/categories").await.expect(200);
    let mut bare = tree.clone();
    strip_ids(&mut bare);
    let names = |es: &str, pt: &str, en: &str| json!({"es": es, "pt": pt, "en": en});
    let expected = json!({
        "incident": [{"names": names("Red", "Rede", "Network"), "subcategories": [
            {"names": names("Lenta", "Lenta", "Slow")}, {"names": names("Caída", "Fora", "Down")}]}],
        "requirement": [{"names": names("Red", "Rede", "Network"), "subcategories": []}],
    });
    assert_eq!(bare, expected);
    assert_eq!(import(&root, "categories", &file).await.expect(200), counts(3, 0, 0));
    // Two lines that change places.
    let file = format!("{CATEGORIES}incident,Red,Rede,Network,Lenta,Fora,Down\nincident,Red,Rede,Network,Caída,Lenta,Slow\n");
    assert_eq!(import(&root, "categories", &file).await.expect(200), counts(2, 0, 2));
    let mut swapped = tree;
    swapped["incident"][0]["subcategories"][0]["names"] = names("Lenta", "Fora", "Down");
    swapped["incident"][0]["subcategories"][1]["names"] = names("Caída", "Lenta", "Slow");
    assert_eq!(root.get("/api/categories").await.expect(200), swapped);
    let wrong = format!(
        "{CATEGORIES}wish,A,A,A,,,\n,B,,B,,,\nincident,C,C,C,D,,D\nincident,Red,Other,Network,,,\nincident,Red,Rede,Network,,,\nincident,New,rede,New,,,\n"
    );
    import(&root, "categories", &wrong).await.faults(&[
        "line.2.kind invalid",
        "line.3.kind required",
        "line.3.category_pt required",
        "line.4.subcategory_pt required",
        "line.6.category_pt contradicts",
    ]);
    let wrong = format!("{CATEGORIES}incident,New,rede,New,,,\n");
    import(&root, "categories", &wrong).await.faults(&["line.2.category_pt duplicate"]);
    assert_eq!(root.get("/api/categories").await.expect(200), swapped);
}

#[tokio::test]
async fn importing_is_for_administrators_alone() {
    let desk = Desk::open(accounts::router).await;
    let (_, specialist) = desk.enter("sp@example.org", Role::Specialist).await;
    for what in ["users", "organisation", "categories", "x"] {
        import(&desk.browser(), what, "").await.refuses(401, "sign_in_needed");
        import(&specialist, what, "").await.refuses(403, "forbidden");
    }
}
