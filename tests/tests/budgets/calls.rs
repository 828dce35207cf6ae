//! The calls that change what a ticket is, and those that read what stands around tickets.

use chamada_tests::capacity::Usage;
use chamada_tests::client::{Api, Reply};
use http::Method;
use serde_json::{Value, json};

use crate::{Budget, House, text, ticket};

/// A ticket and what it is changed by; the two tickets of a merge or a link cost twice as much.
const ONE: Budget = Budget {
    round_trips: 3,
    read: 4.0,
    write: 12.0,
    index_write: 20.0,
};
const TWO: Budget = Budget {
    round_trips: 3,
    read: 5.0,
    write: 10.0,
    index_write: 16.0,
};
/// Besides, the ticket that goes on in the other is read before, then its history: what leads to it may be no more than eight merges away.
const MERGE: Budget = Budget {
    round_trips: 5,
    read: 7.0,
    write: 12.0,
    index_write: 20.0,
};
const READ_MARK: Budget = Budget {
    round_trips: 3,
    read: 4.0,
    write: 2.0,
    index_write: 0.0,
};
/// 'Open a new ticket', a new sender (+ 4), both limits counted, and the link that is to be mailed.
const GUEST: Budget = Budget {
    round_trips: 6,
    read: 2.0,
    write: 16.0,
    index_write: 6.0,
};

/// What each call of a ticket's life may cost, one after the other.
pub(crate) async fn of_a_life(house: &House, path: &str) -> Vec<String> {
    let api = &house.api;
    let mut over = Vec::new();
    let version = api.get(path).await.expect(200)["ticket"]["version"].as_u64().unwrap();
    api.patch_at(path, version, &json!({"status": "resolved"})).await.expect(200);
    let stars = json!({"stars": 5, "comment": text()});
    over.extend(put(house, &format!("{path}/rating"), &stars, 200, &ONE).await);
    over.extend(put(house, &format!("{path}/read"), &json!({"seq": 1}), 204, &READ_MARK).await);
    let (one, other) = (opened(api).await, opened(api).await);
    let nothing = async |method: Method, path: String, status| api.send(method, &path, &[], "").await.is(status);
    let tickets = |number: u64, rest: &str| format!("/api/tickets/{number}{rest}");
    let link = format!("/links/{other}");
    let calls = [
        (Method::PUT, tickets(one, &link), 200, &TWO),
        (Method::DELETE, tickets(one, &link), 204, &TWO),
        (Method::DELETE, tickets(one, ""), 204, &ONE),
        (Method::POST, tickets(one, "/restore"), 200, &ONE),
    ];
    for (method, path, status, budget) in calls {
        let name = format!("{method} {path}");
        let ((), usage) = house.cost(nothing(method, path, status)).await;
        over.extend(budget.over(&name, &usage));
    }
    let into = json!({"into": other});
    let (_, usage) = house
        .cost(async { api.post(&tickets(one, "/merge"), &into).await.expect(200) })
        .await;
    over.extend(MERGE.over("merge", &usage));
    over
}

trait Is {
    fn is(&self, status: u16);
}

impl Is for Reply {
    fn is(&self, status: u16) {
        assert_eq!(self.status, status, "{}", self.asked);
    }
}

async fn opened(api: &Api) -> u64 {
    api.post("/api/tickets", &ticket(0)).await.expect(201)["number"].as_u64().unwrap()
}

async fn put(house: &House, path: &str, body: &Value, status: u16, budget: &Budget) -> Option<String> {
    let ((), usage) = house.cost(async { house.api.put(path, &[], body).await.is(status) }).await;
    budget.over(&format!("PUT {path}"), &usage)
}

/// What stands around tickets, and a program that reads.
pub(crate) async fn of_readers(house: &House, path: &str) -> Vec<String> {
    let deep = |rest: &str| format!("{path}{rest}");
    let calls = [
        ("/api/tickets/reads?number=1&number=2".to_owned(), Budget::reading(2, 4.0)),
        ("/api/tickets?deleted=true&limit=25".to_owned(), Budget::reading(2, 6.0)),
        // Pending and unassigned ones are counted to 1,000 each, some 90 units.
        ("/api/tickets/counts".to_owned(), Budget::reading(2, 200.0)),
        (deep("/entries"), Budget::reading(3, 12.0)),
        (deep("/transcript"), Budget::reading(3, 12.0)),
        (deep("/keys"), Budget::reading(4, 12.0)),
        ("/api/users?limit=25".to_owned(), Budget::reading(2, 6.0)),
        ("/api/audit?limit=25".to_owned(), Budget::reading(4, 12.0)),
        ("/api/tokens".to_owned(), Budget::reading(2, 4.0)),
        ("/api/canned-replies".to_owned(), Budget::reading(2, 4.0)),
        ("/api/session".to_owned(), Budget::reading(1, 2.0)),
    ];
    let mut over = Vec::new();
    for (call, budget) in calls {
        let (_, usage) = house.cost(async { house.api.get(&call).await.expect(200) }).await;
        over.extend(budget.over(&call, &usage));
    }
    over.extend(Budget::reading(1, 2.0).over("authenticate by token", &by_token(house).await));
    over
}

async fn by_token(house: &House) -> Usage {
    let made = house
        .api
        .post("/api/tokens", &json!({"name": "T", "scope": "read"}))
        .await
        .expect(201);
    let bearer = format!("Bearer {}", made["token"].as_str().unwrap());
    let headers = [("authorization", bearer.as_str())];
    let ((), usage) = house
        .cost(async { house.api.send(Method::GET, "/api/me", &headers, "").await.is(200) })
        .await;
    usage
}

/// A stranger's ticket, where `guest_tickets` is on.
pub(crate) async fn of_a_guest(house: &House) -> Vec<String> {
    let guest = Api::new(&house.site, &house.site);
    let by = |email: &str| {
        let mut body = ticket(1);
        body["guest"] = json!({"name": "Nora", "email": email});
        body
    };
    let new = by("noel@example.org");
    let ((), usage) = house.cost(async { guest.post("/api/tickets", &new).await.is(201) }).await;
    GUEST.over("a guest opens a ticket", &usage).into_iter().collect()
}
