//! `POST /api/tickets/{n}/claim`.

use chamada_domain::{Settings, SpecialistsSee, TicketNumber};
use chamada_tests::desk::{Browser, Reply};
use serde_json::json;

use crate::kit::{Cast, path, types};

async fn claim(browser: &Browser, number: TicketNumber) -> Reply {
    browser.post(&format!("{}/claim", path(number)), &json!({})).await
}

#[tokio::test]
async fn unless_it_is_allowed_specialists_take_nothing_over() {
    let cast = Cast::gather().await;
    let number = cast.desk.ticket(&cast.ana.user).await.number;
    claim(&cast.sofia.browser, number).await.refuses(404, "not_found");
    claim(&cast.eva.browser, number).await.refuses(404, "not_found");
    claim(&cast.ana.browser, number).await.refuses(403, "forbidden");
    claim(&cast.desk.browser(), number).await.refuses(401, "sign_in_needed");
    let guest = cast.desk.guest(vec![cast.desk.held_key(number, &cast.ana.user).await]).await;
    claim(&guest, number).await.refuses(401, "sign_in_needed");
    let claimed = claim(&cast.root.browser, number).await.expect(200);
    assert_eq!(claimed["assignee"]["id"], cast.root.user.id.as_str());
    claim(&cast.root.browser, TicketNumber(999)).await.refuses(404, "not_found");
}

#[tokio::test]
async fn where_they_may_claim_the_first_gets_it() {
    let cast = Cast::under(|settings: &mut Settings| settings.specialists_claim = true).await;
    let number = cast.desk.ticket(&cast.ana.user).await.number;
    let (one, other) = tokio::join!(claim(&cast.sofia.browser, number), claim(&cast.tomas.browser, number));
    let mut outcomes = [one.problem(), other.problem()];
    outcomes.sort_unstable();
    assert_eq!(outcomes, [(200, ""), (409, "already_claimed")]);
    assert_eq!(types(&cast.page(number).await["entries"]), ["opened", "assigned"]);
    let claimed = if one.status == 200 { &one.body } else { &other.body };
    assert_eq!(
        (&claimed["version"], &claimed["status"]),
        (&cast.now(number).await["version"], &json!("new"))
    );
}

#[tokio::test]
async fn where_they_see_all_they_take_over_from_another() {
    let cast = Cast::under(|settings: &mut Settings| settings.specialists_see = SpecialistsSee::All).await;
    let number = cast.assigned().await.number;
    cast.desk.advance(time::Duration::hours(1));
    let claimed = claim(&cast.tomas.browser, number).await.expect(200);
    assert_eq!(claimed["assignee"]["id"], cast.tomas.user.id.as_str());
    let again = claim(&cast.tomas.browser, number).await.expect(200);
    assert_eq!(again["version"], claimed["version"], "it is theirs already");
}

#[tokio::test]
async fn a_repeated_claim_shows_nothing_of_a_ticket_that_went_to_another() {
    let cast = Cast::under(|settings: &mut Settings| settings.specialists_claim = true).await;
    let number = cast.desk.ticket(&cast.ana.user).await.number;
    let claim = format!("{}/claim", path(number));
    let nothing = json!({});
    let again = || cast.sofia.browser.post_once(&claim, "claim-1", &nothing);
    let first = again().await.expect(200);
    assert_eq!(again().await.expect(200)["version"], first["version"]);
    cast.desk.assign(number, &cast.tomas.user).await;
    again().await.refuses(404, "not_found");
}

#[tokio::test]
async fn who_attended_to_a_ticket_is_shown_nothing_of_it_once_they_may_not_see_it() {
    let cast = Cast::gather().await;
    let (deleted, kept) = (cast.assigned().await.number, cast.assigned().await.number);
    cast.root.browser.delete(&path(deleted)).await.expect(204);
    claim(&cast.sofia.browser, deleted).await.refuses(404, "not_found");
    let demote = |user: &mut chamada_domain::User| {
        user.role = chamada_domain::Role::User;
        Ok(())
    };
    let deed = chamada_store::Deed::new(None, cast.desk.now(), chamada_platform::random());
    cast.desk
        .app
        .store
        .change_user(&cast.sofia.user.id, Some(&deed), demote)
        .await
        .unwrap();
    cast.sofia.browser.get(&path(kept)).await.refuses(404, "not_found");
    claim(&cast.sofia.browser, kept).await.refuses(404, "not_found");
}
