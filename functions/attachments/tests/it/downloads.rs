use chamada_domain::Role;

use chamada_tests::desk::{Browser, Desk, Reply, Setup};

use crate::kit::{lies_there, note_with, remove, ticket_with, upload};

const SCRIPT: &[u8] = b"nombre;valor\n=1+1;2\n";
const PDF: &[u8] = b"%PDF-1.7 informe";

async fn link(browser: &Browser, id: &str) -> Reply {
    browser.get(&format!("/api/tickets/1/attachments/{id}")).await
}

#[tokio::test]
async fn those_who_see_the_ticket_get_its_files() {
    let desk = Desk::with(Setup::in_real_time(), attachments::router).await;
    let (ana, ana_cookie) = desk.enter("ana@example.org", Role::User).await;
    let (_, bruno) = desk.enter("bruno@example.org", Role::User).await;
    let (_, specialist) = desk.enter("sofia@example.org", Role::Specialist).await;
    let (_, admin) = desk.enter("admin@example.org", Role::Administrator).await;
    let id = upload(&ana_cookie, "año \"1\".pdf", "application/pdf", PDF).await;
    let number = ticket_with(&desk, &ana, &id).await;
    let key = desk.held_key(number, &ana).await;
    let mut revoked = key.clone();
    revoked.hash = "0".repeat(64);
    let (guest, former) = (desk.guest(vec![key]).await, desk.guest(vec![revoked]).await);

    for cookie in [&ana_cookie, &admin, &guest] {
        let answer = link(cookie, &id).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(
            (
                answer.body["name"].as_str(),
                answer.body["content_type"].as_str(),
                answer.body["size"].as_u64()
            ),
            (Some("año \"1\".pdf"), Some("application/pdf"), Some(PDF.len() as u64))
        );
        let file = reqwest::get(answer.body["url"].as_str().unwrap()).await.unwrap();
        assert_eq!(file.status(), 200);
        assert_eq!(file.headers()["content-type"], "application/pdf");
        let disposition = file.headers()["content-disposition"].to_str().unwrap().to_owned();
        assert!(
            disposition.starts_with("inline; ") && disposition.ends_with("filename*=UTF-8''a%C3%B1o%20%221%22.pdf"),
            "{disposition}"
        );
        assert_eq!(file.bytes().await.unwrap(), PDF);
    }
    for cookie in [&bruno, &specialist, &former] {
        assert_eq!(link(cookie, &id).await.problem(), (404, "not_found"));
    }
    assert_eq!(link(&desk.browser(), &id).await.problem(), (401, "sign_in_needed"));
    assert_eq!(link(&admin, "att_other").await.problem(), (404, "not_found"));
    // Attached, it can neither be removed nor looked at again, not even by its owner.
    assert_eq!(remove(&ana_cookie, &id, None).await.problem(), (404, "not_found"));
    assert!(lies_there(&desk, &id).await);
}

#[tokio::test]
async fn staff_s_files_are_theirs_and_what_could_run_is_saved() {
    let desk = Desk::with(Setup::in_real_time(), attachments::router).await;
    let (ana, ana_cookie) = desk.enter("ana@example.org", Role::User).await;
    let (admin, admin_cookie) = desk.enter("admin@example.org", Role::Administrator).await;
    let first = upload(&ana_cookie, "foto.pdf", "application/pdf", PDF).await;
    let number = ticket_with(&desk, &ana, &first).await;
    let hidden = upload(&admin_cookie, "datos.csv", "text/csv", SCRIPT).await;
    note_with(&desk, number, &admin, &hidden).await;
    assert_eq!(link(&ana_cookie, &hidden).await.problem(), (404, "not_found"));
    let answer = link(&admin_cookie, &hidden).await;
    let file = reqwest::get(answer.body["url"].as_str().unwrap()).await.unwrap();
    assert!(file.headers()["content-disposition"].to_str().unwrap().starts_with("attachment; "));
}

#[tokio::test]
async fn a_guest_with_a_key_uploads_for_its_ticket() {
    let desk = Desk::with(Setup::in_real_time(), attachments::router).await;
    let (ana, ana_cookie) = desk.enter("ana@example.org", Role::User).await;
    let first = upload(&ana_cookie, "foto.pdf", "application/pdf", PDF).await;
    let number = ticket_with(&desk, &ana, &first).await;
    let guest = desk.guest(vec![desk.held_key(number, &ana).await]).await;
    let id = upload(&guest, "otra.pdf", "application/pdf", PDF).await;
    let other = desk.guest(vec![desk.held_key(number, &ana).await]).await;
    assert_eq!(
        remove(&other, &id, None).await.problem(),
        (404, "not_found"),
        "another browser, another owner"
    );
    assert_eq!(remove(&guest, &id, None).await.status, 204);
}
