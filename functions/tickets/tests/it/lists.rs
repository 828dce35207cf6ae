//! `GET /api/tickets`.

use chamada_domain::{Priority, Settings, SpecialistsSee, TicketNumber, User};
use chamada_store::With;
use chamada_tests::desk::Browser;
use serde_json::{Value, json};
use time::Duration;

use crate::kit::{Cast, change, numbers, path, say};

/// Opens so many tickets of one person, a minute apart.
async fn fill(cast: &Cast, requester: &User, count: usize) -> Vec<TicketNumber> {
    let mut made = Vec::new();
    for _ in 0..count {
        cast.desk.advance(Duration::minutes(1));
        made.push(cast.desk.ticket(requester).await.number);
    }
    made
}

async fn set(cast: &Cast, number: TicketNumber, body: Value) {
    cast.desk.advance(Duration::minutes(1));
    let version = cast.now(number).await["version"].as_u64().unwrap();
    change(&cast.root.browser, number, version, &body).await.expect(200);
}

async fn list(browser: &Browser, query: &str) -> Vec<u64> {
    numbers(&browser.get(&format!("/api/tickets?{query}")).await.expect(200))
}

/// Every row, page by page.
async fn walk(browser: &Browser, query: &str) -> Vec<u64> {
    let mut all = Vec::new();
    let mut address = format!("/api/tickets?{query}");
    loop {
        let page = browser.get(&address).await.expect(200);
        all.extend(numbers(&page));
        let Some(cursor) = page["next_cursor"].as_str() else { return all };
        address = format!("/api/tickets?{query}&cursor={cursor}");
    }
}

#[tokio::test]
async fn everybody_sees_what_the_role_sees() {
    let cast = Cast::gather().await;
    let (ana, eva) = (cast.desk.ticket(&cast.ana.user).await, cast.desk.ticket(&cast.eva.user).await);
    cast.desk.advance(Duration::minutes(1));
    cast.desk.assign(eva.number, &cast.sofia.user).await;
    set(&cast, eva.number, json!({"cc": ["ana@example.org"]})).await;
    assert_eq!(list(&cast.root.browser, "").await, [2, 1], "latest change first");
    assert_eq!(list(&cast.ana.browser, "").await, [2, 1], "own and watched");
    assert_eq!(list(&cast.ana.browser, "requester=me").await, [1]);
    assert_eq!(list(&cast.eva.browser, "").await, [2]);
    assert_eq!(list(&cast.sofia.browser, "").await, [2]);
    assert_eq!(list(&cast.tomas.browser, "").await, [0_u64; 0]);
    assert_eq!(
        list(&cast.tomas.browser, "assignee=none").await,
        [0_u64; 0],
        "nothing to take where nobody may"
    );
    say(&cast.ana.browser, ana.number, "hola").await;
    let guest = cast.desk.guest(vec![cast.desk.held_key(ana.number, &cast.ana.user).await]).await;
    guest.get("/api/tickets").await.refuses(401, "sign_in_needed");
    cast.desk.browser().get("/api/tickets").await.refuses(401, "sign_in_needed");
}

#[tokio::test]
async fn what_is_to_take_is_listed_where_specialists_claim() {
    let cast = Cast::under(|settings: &mut Settings| settings.specialists_claim = true).await;
    let number = cast.desk.ticket(&cast.ana.user).await.number;
    assert_eq!(list(&cast.tomas.browser, "assignee=none").await, [1]);
    assert_eq!(list(&cast.tomas.browser, "").await, [0_u64; 0]);
    cast.tomas.browser.get(&path(number)).await.refuses(404, "not_found");
    assert_eq!(list(&cast.eva.browser, "assignee=none").await, [0_u64; 0], "customers take nothing");
}

#[tokio::test]
async fn where_specialists_see_all_they_list_all() {
    let cast = Cast::under(|settings: &mut Settings| settings.specialists_see = SpecialistsSee::All).await;
    cast.desk.ticket(&cast.ana.user).await;
    assert_eq!(list(&cast.tomas.browser, "").await, [1]);
}

#[tokio::test]
async fn filters_leave_out_what_they_say() {
    let cast = Cast::gather().await;
    let made = fill(&cast, &cast.ana.user, 4).await;
    fill(&cast, &cast.eva.user, 1).await;
    set(&cast, made[0], json!({"status": "resolved"})).await;
    set(&cast, made[1], json!({"status": "cancelled"})).await;
    set(&cast, made[2], json!({"status": "on_hold", "kind": "requirement"})).await;
    set(&cast, made[3], json!({"assignee_id": cast.sofia.user.id.as_str()})).await;
    let (root, sofia) = (&cast.root.browser, cast.sofia.user.id.as_str());
    let cases = [
        ("", vec![4, 3, 2, 1, 5]),
        ("status=resolved", vec![1]),
        ("status=resolved&status=cancelled", vec![2, 1]),
        ("status=pending", vec![4, 3, 5]),
        ("status=pending&status=resolved", vec![4, 3, 1, 5]),
        ("status=new", vec![4, 5]),
        ("status=in_process", vec![]),
        ("assignee=none", vec![3, 2, 1, 5]),
        ("assignee=none&status=pending", vec![3, 5]),
        (&format!("assignee={sofia}"), vec![4]),
        ("assignee=me", vec![]),
        (&format!("requester={}", cast.eva.user.id), vec![5]),
        (&format!("requester={}&status=pending", cast.ana.user.id), vec![4, 3]),
        (&format!("requester={}&assignee={sofia}", cast.ana.user.id), vec![4]),
        ("kind=requirement", vec![3]),
        ("kind=incident&status=closed", vec![]),
        ("category_id=cat_none", vec![]),
        ("company_id=org_none", vec![]),
        ("sort=-priority", vec![4, 3, 5]),
        ("sort=-priority&status=resolved", vec![]),
        ("sort=due_at&kind=requirement", vec![3]),
    ];
    for (query, expected) in cases {
        if query.contains("closed") {
            root.get(&format!("/api/tickets?{query}")).await.faults(&["status invalid"]);
        } else {
            assert_eq!(walk(root, query).await, expected, "{query}");
        }
    }
    assert_eq!(list(&cast.sofia.browser, "assignee=me").await, [4]);
    assert_eq!(list(&cast.ana.browser, "status=pending").await, [4, 3]);
    assert_eq!(
        list(&cast.ana.browser, &format!("requester={}", cast.eva.user.id)).await,
        [0_u64; 0]
    );
}

#[tokio::test]
async fn sorts_put_the_pressing_first_and_list_what_is_pending() {
    let cast = Cast::gather().await;
    let made = fill(&cast, &cast.ana.user, 5).await;
    let days = [
        Some("2026-12-03T00:00:00.000Z"),
        None,
        Some("2026-12-01T00:00:00.000Z"),
        Some("2026-12-02T00:00:00.000Z"),
        None,
    ];
    let priorities = ["low", "urgent", "normal", "high", "urgent"];
    for ((number, due), priority) in made.iter().zip(days).zip(priorities) {
        set(
            &cast,
            *number,
            json!({"due_at": due, "priority": priority, "assignee_id": cast.sofia.user.id.as_str()}),
        )
        .await;
    }
    for browser in [&cast.root.browser, &cast.sofia.browser, &cast.ana.browser] {
        for limit in [2, 100] {
            assert_eq!(walk(browser, &format!("sort=-priority&limit={limit}")).await, [5, 2, 4, 3, 1]);
            let by_date = walk(browser, &format!("sort=due_at&limit={limit}")).await;
            assert_eq!(by_date[..3], [3, 4, 1]);
            let mut undated = by_date[3..].to_vec();
            undated.sort_unstable();
            assert_eq!(undated, [2, 5], "those without a date last");
            assert_eq!(walk(browser, &format!("sort=-updated_at&limit={limit}")).await, [5, 4, 3, 2, 1]);
        }
    }
    set(&cast, made[4], json!({"status": "resolved"})).await;
    for browser in [&cast.root.browser, &cast.sofia.browser, &cast.ana.browser] {
        assert_eq!(walk(browser, "sort=-priority").await, [2, 4, 3, 1]);
        assert_eq!(walk(browser, "sort=due_at").await.len(), 4);
    }
}

#[tokio::test]
async fn pages_hold_each_row_once() {
    let cast = Cast::gather().await;
    let made = fill(&cast, &cast.ana.user, 12).await;
    for (n, number) in made.iter().enumerate() {
        if n % 3 == 0 {
            set(&cast, *number, json!({"status": "resolved"})).await;
        }
    }
    let whole = list(&cast.root.browser, "limit=100").await;
    assert_eq!(whole.len(), 12);
    for limit in [1, 5, 12] {
        for browser in [&cast.root.browser, &cast.ana.browser] {
            assert_eq!(walk(browser, &format!("limit={limit}")).await, whole, "{limit}");
        }
        assert_eq!(walk(&cast.root.browser, &format!("status=new&limit={limit}")).await.len(), 8);
        assert_eq!(
            walk(&cast.root.browser, &format!("kind=incident&status=resolved&limit={limit}"))
                .await
                .len(),
            4
        );
    }
    let many = fill(&cast, &cast.eva.user, 20).await;
    let first = cast.root.browser.get("/api/tickets").await.expect(200);
    assert_eq!(numbers(&first).len(), 25, "of {}", 12 + many.len());
}

#[tokio::test]
async fn a_cursor_belongs_to_its_caller_and_its_filters() {
    let cast = Cast::gather().await;
    fill(&cast, &cast.ana.user, 3).await;
    let root = &cast.root.browser;
    let page = root.get("/api/tickets?limit=1&status=new").await.expect(200);
    let cursor = page["next_cursor"].as_str().unwrap();
    root.get(&format!("/api/tickets?status=new&limit=2&cursor={cursor}"))
        .await
        .expect(200);
    let middle = cursor.len() / 2;
    let other = if &cursor[middle..=middle] == "A" { "B" } else { "A" };
    let forged = format!("{}{other}{}", &cursor[..middle], &cursor[middle + 1..]);
    for bad in [forged.as_str(), "x", "%2e%2e", &cursor[1..], &cursor[..cursor.len() - 1]] {
        root.get(&format!("/api/tickets?status=new&cursor={bad}"))
            .await
            .refuses(400, "bad_cursor");
    }
    for foreign in ["", "status=pending&", "status=new&sort=-priority&", "status=new&assignee=none&"] {
        root.get(&format!("/api/tickets?{foreign}cursor={cursor}"))
            .await
            .refuses(400, "bad_cursor");
    }
    cast.ana
        .browser
        .get(&format!("/api/tickets?status=new&cursor={cursor}"))
        .await
        .refuses(400, "bad_cursor");
}

#[tokio::test]
async fn parameters_are_checked() {
    let cast = Cast::gather().await;
    let cases = [
        ("limit=0", "limit out_of_range"),
        ("limit=101", "limit out_of_range"),
        ("limit=x", "limit invalid"),
        ("status=open", "status invalid"),
        ("assignee=root", "assignee invalid"),
        ("requester=none", "requester invalid"),
        ("kind=wish", "kind invalid"),
        ("category_id=usr_1", "category_id invalid"),
        ("company_id=cat_1", "company_id invalid"),
        ("sort=priority", "sort invalid"),
        ("sort=-priority&sort=due_at", "sort invalid"),
        ("page=2", "page unknown"),
    ];
    for (query, fault) in cases {
        let reply = cast.root.browser.get(&format!("/api/tickets?{query}")).await;
        assert_eq!(
            (reply.problem(), reply.faulty()),
            ((422, "invalid"), vec![fault.to_owned()]),
            "{query}"
        );
    }
}

#[tokio::test]
async fn rows_are_tickets_as_the_caller_reads_them() {
    let cast = Cast::gather().await;
    let urgent = |new: &mut chamada_domain::open::NewTicket| new.priority = Priority::Urgent;
    let number = cast.desk.ticket_of(&cast.ana.user, &With::default(), urgent).await.number;
    for browser in [&cast.ana.browser, &cast.root.browser] {
        let row = browser.get("/api/tickets").await.expect(200)["items"][0].clone();
        assert_eq!(row, browser.get(&path(number)).await.expect(200)["ticket"]);
    }
}

#[tokio::test]
async fn in_another_order_a_long_list_is_whole_too() {
    let cast = Cast::gather().await;
    // The one that is due stands behind more rows than are read at once.
    let due = cast.desk.ticket(&cast.ana.user).await.number;
    set(&cast, due, json!({"due_at": "2026-12-01T00:00:00Z"})).await;
    let others = fill(&cast, &cast.ana.user, 450).await;
    for (browser, query) in [
        (&cast.root.browser, "assignee=none&sort=due_at&limit=100"),
        (&cast.ana.browser, "sort=due_at&limit=100"),
        (&cast.ana.browser, "sort=-priority&limit=100"),
    ] {
        let rows = walk(browser, query).await;
        if query.contains("due_at") {
            assert_eq!(rows[0], due.0, "{query}");
        }
        let mut all = rows.clone();
        all.sort_unstable();
        assert_eq!(all, (1..=others.len() as u64 + 1).collect::<Vec<_>>(), "{query}");
    }
}
