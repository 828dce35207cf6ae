use chamada_domain::Role;
use http::Method;

use crate::kit::{Answer, Machine};

const SCRIPT: &[u8] = b"nombre;valor\n=1+1;2\n";
const PDF: &[u8] = b"%PDF-1.7 informe";

async fn link(machine: &Machine, cookie: &str, id: &str) -> Answer {
    machine
        .ask(cookie, Method::GET, &format!("/api/tickets/1000/attachments/{id}"), None, None)
        .await
}

#[tokio::test]
async fn those_who_see_the_ticket_get_its_files() {
    let machine = Machine::start().await;
    let (ana, ana_cookie) = machine.person("ana", Role::User).await;
    let (_, bruno) = machine.person("bruno", Role::User).await;
    let (_, specialist) = machine.person("sofia", Role::Specialist).await;
    let (_, admin) = machine.person("admin", Role::Administrator).await;
    let id = machine.upload(&ana_cookie, "año \"1\".pdf", "application/pdf", PDF).await;
    let number = machine.ticket_with(&ana, &id).await;
    let key = machine.key_of(number, &ana).await;
    let mut revoked = key.clone();
    revoked.hash = "0".repeat(64);
    let (guest, former) = (machine.guest(vec![key]).await, machine.guest(vec![revoked]).await);

    for cookie in [&ana_cookie, &admin, &guest] {
        let answer = link(&machine, cookie, &id).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(
            (
                answer.body["name"].as_str(),
                answer.body["content_type"].as_str(),
                answer.body["size"].as_u64()
            ),
            (Some("año \"1\".pdf"), Some("application/pdf"), Some(PDF.len() as u64))
        );
        let file = machine.http.get(answer.body["url"].as_str().unwrap()).send().await.unwrap();
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
        assert_eq!(link(&machine, cookie, &id).await.problem(), (404, "not_found"));
    }
    assert_eq!(link(&machine, "", &id).await.problem(), (401, "sign_in_needed"));
    assert_eq!(link(&machine, &admin, "att_other").await.problem(), (404, "not_found"));
    // Attached, it can neither be removed nor looked at again, not even by its owner.
    assert_eq!(machine.remove(&ana_cookie, &id, None).await.problem(), (404, "not_found"));
    assert!(machine.lies_there(&id).await);
}

#[tokio::test]
async fn staff_s_files_are_theirs_and_what_could_run_is_saved() {
    let machine = Machine::start().await;
    let (ana, ana_cookie) = machine.person("ana", Role::User).await;
    let (admin, admin_cookie) = machine.person("admin", Role::Administrator).await;
    let first = machine.upload(&ana_cookie, "foto.pdf", "application/pdf", PDF).await;
    let number = machine.ticket_with(&ana, &first).await;
    let hidden = machine.upload(&admin_cookie, "datos.csv", "text/csv", SCRIPT).await;
    machine.note_with(number, &admin, &hidden).await;
    assert_eq!(link(&machine, &ana_cookie, &hidden).await.problem(), (404, "not_found"));
    let answer = link(&machine, &admin_cookie, &hidden).await;
    let file = machine.http.get(answer.body["url"].as_str().unwrap()).send().await.unwrap();
    assert!(file.headers()["content-disposition"].to_str().unwrap().starts_with("attachment; "));
}

#[tokio::test]
async fn a_guest_with_a_key_uploads_for_its_ticket() {
    let machine = Machine::start().await;
    let (ana, ana_cookie) = machine.person("ana", Role::User).await;
    let first = machine.upload(&ana_cookie, "foto.pdf", "application/pdf", PDF).await;
    let number = machine.ticket_with(&ana, &first).await;
    let guest = machine.guest(vec![machine.key_of(number, &ana).await]).await;
    let id = machine.upload(&guest, "otra.pdf", "application/pdf", PDF).await;
    let other = machine.guest(vec![machine.key_of(number, &ana).await]).await;
    assert_eq!(
        machine.remove(&other, &id, None).await.problem(),
        (404, "not_found"),
        "another browser, another owner"
    );
    assert_eq!(machine.remove(&guest, &id, None).await.status, 204);
}
