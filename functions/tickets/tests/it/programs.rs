//! Programs that write with an API token.

use chamada_domain::TokenScope;
use http::Method;
use serde_json::json;

use crate::kit::{Cast, good, path, types};

#[tokio::test]
async fn what_a_program_writes_came_in_by_the_api() {
    let cast = Cast::gather().await;
    let bearer = cast.desk.program(&cast.ana.user, TokenScope::Write).await;
    let program = cast.desk.browser();
    let headers = [("authorization", bearer.as_str())];
    let opened = program
        .send(Method::POST, "/api/tickets", &headers, Some(&good()))
        .await
        .expect(201);
    assert_eq!(
        (&opened["channel"], &opened["requester"]["email"]),
        (&json!("api"), &json!("ana@example.org"))
    );
    let place = format!("/api/tickets/{}", opened["number"]);
    let message = json!({"body": "Sigue igual.", "visibility": "public"});
    let entry = program
        .send(Method::POST, &format!("{place}/messages"), &headers, Some(&message))
        .await;
    assert_eq!(entry.expect(201)["via"], "api");
    let page = cast.ana.browser.get(&place).await.expect(200);
    assert_eq!(types(&page["entries"]), ["opened", "message"]);
    assert_eq!(page["entries"][0]["via"], "api");
    let theirs = cast.desk.ticket(&cast.eva.user).await.number;
    program
        .send(Method::GET, &path(theirs), &headers, None)
        .await
        .refuses(404, "not_found");
}

#[tokio::test]
async fn a_token_that_reads_opens_nothing() {
    let cast = Cast::gather().await;
    let bearer = cast.desk.program(&cast.ana.user, TokenScope::Read).await;
    let headers = [("authorization", bearer.as_str())];
    let program = cast.desk.browser();
    let refused = program.send(Method::POST, "/api/tickets", &headers, Some(&good())).await;
    refused.refuses(403, "forbidden");
    let listed = program.send(Method::GET, "/api/tickets", &headers, None).await.expect(200);
    assert_eq!(listed["items"], json!([]));
}
