use chamada_domain::draft::Pen;
use chamada_domain::{Ticket, TicketNumber, Via, bin};
use chamada_platform::random;
use chamada_store::With;
use time::Duration;

use crate::kit::{House, said, said_expired};

async fn change(house: &House, number: TicketNumber, how: impl Fn(Ticket, &Pen) -> chamada_domain::draft::Draft) {
    let pen = Pen {
        at: house.desk.now(),
        via: Via::Web,
        author: None,
    };
    let decide = |ticket| Ok(how(ticket, &pen));
    house.desk.app.store.change_ticket(number, &With::default(), decide).await.unwrap();
}

async fn delete(house: &House, number: TicketNumber) {
    change(house, number, |ticket, pen| bin::delete(ticket, pen, &mut random)).await;
}

async fn is_erased(house: &House, number: TicketNumber) -> bool {
    let store = &house.desk.app.store;
    let ticket = store.ticket(number).await.unwrap();
    let (ticket, verdict) = store.verified(ticket).await.unwrap();
    assert!(verdict.is_valid());
    ticket.erased
}

#[tokio::test]
async fn what_was_deleted_thirty_days_ago_is_erased_and_nothing_else() {
    let house = House::open().await;
    let desk = &house.desk;
    let (old, back, kept) = (
        desk.ticket(&house.ana).await.number,
        desk.ticket(&house.ana).await.number,
        desk.ticket(&house.ana).await.number,
    );
    delete(&house, old).await;
    delete(&house, back).await;
    change(&house, back, |ticket, pen| bin::restore(ticket, pen, &mut random).unwrap()).await;
    desk.advance(Duration::seconds(1));
    let younger = desk.ticket(&house.ana).await.number;
    delete(&house, younger).await;
    desk.advance(Duration::days(30) - Duration::seconds(1) - Duration::seconds(1));
    assert_eq!(house.run().await, said(0, 0, false), "not a second before");
    desk.advance(Duration::seconds(1));
    assert_eq!(house.run().await, said_expired(1));
    assert!(is_erased(&house, old).await);
    for number in [back, kept, younger] {
        assert!(!is_erased(&house, number).await, "{number}");
    }
    assert!(!desk.stored(old).await.contains("Smoke"));
    assert_eq!(house.run().await, said(0, 0, false), "once");
    desk.advance(Duration::seconds(1));
    assert_eq!(house.run().await, said_expired(1));
}

#[tokio::test]
async fn what_a_stranger_opened_in_the_name_of_one_who_never_came_is_erased() {
    let house = House::open().await;
    house.desk.set(|settings| settings.magic_link_days = 7).await;
    let (held, released) = (house.desk.held(&house.ana).await.number, house.desk.held(&house.ana).await.number);
    house.desk.app.store.release_ticket(released).await.unwrap();
    house.desk.advance(Duration::days(7) - Duration::seconds(1));
    assert_eq!(house.run().await, said(0, 0, false));
    house.desk.advance(Duration::seconds(1));
    assert_eq!(house.run().await, said_expired(1));
    assert!(is_erased(&house, held).await && !is_erased(&house, released).await);
    assert!(!house.desk.stored(held).await.contains("Smoke"));
    assert_eq!(house.run().await, said(0, 0, false), "it stands in no list any more");
}
