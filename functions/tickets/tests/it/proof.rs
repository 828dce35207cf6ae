//! `GET /api/tickets/{n}/verify`, and the chain as a customer can check it.

use chamada_domain::TicketNumber;
use chamada_tests::naive::chain as naive;
use serde_json::{Value, json};

use crate::kit::{Cast, note, path, say};

async fn history(cast: &Cast) -> TicketNumber {
    let number = cast.assigned().await.number;
    say(&cast.ana.browser, number, "palabra primera").await;
    note(&cast.sofia.browser, number, "nota").await;
    say(&cast.sofia.browser, number, "palabra segunda").await;
    number
}

async fn verdict(cast: &Cast, number: TicketNumber) -> Value {
    cast.root.browser.get(&format!("{}/verify", path(number))).await.expect(200)
}

#[tokio::test]
async fn an_untouched_history_is_valid_for_everyone_who_reads_it() {
    let cast = Cast::gather().await;
    let number = history(&cast).await;
    note(&cast.sofia.browser, number, "otra nota").await;
    for (who, browser, last) in [
        ("administrator", &cast.root.browser, 7),
        ("specialist", &cast.sofia.browser, 7),
        ("requester", &cast.ana.browser, 6),
    ] {
        let page = browser.get(&path(number)).await.expect(200);
        let proof = browser.get(&format!("{}/verify", path(number))).await.expect(200);
        let expected = json!({"valid": true, "entries": last, "head_hash": page["ticket"]["head_hash"]});
        assert_eq!(proof, expected, "{who}");
        let mut previous = "0".repeat(64);
        for entry in page["entries"].as_array().unwrap() {
            assert_eq!(entry["previous_hash"], previous, "{who}");
            previous = entry["hash"].as_str().unwrap().to_owned();
        }
        assert_eq!(page["ticket"]["head_hash"], previous, "{who}");
    }
}

#[tokio::test]
async fn an_altered_word_is_found() {
    let cast = Cast::gather().await;
    let number = history(&cast).await;
    cast.desk.alter(number, 3, "primera", "primerA").await;
    let proof = verdict(&cast, number).await;
    assert_eq!((&proof["valid"], &proof["first_bad_seq"]), (&json!(false), &json!(3)), "{proof}");
    assert!(proof["problem"].as_str().unwrap().contains(' '));
}

#[tokio::test]
async fn a_missing_entry_is_found_in_the_middle_and_at_the_end() {
    let cast = Cast::gather().await;
    let (middle, end) = (history(&cast).await, history(&cast).await);
    cast.desk.tear_out(middle, 4).await;
    let proof = verdict(&cast, middle).await;
    assert_eq!((&proof["valid"], &proof["first_bad_seq"]), (&json!(false), &json!(4)), "{proof}");
    let last = cast.now(end).await["last_seq"].as_u64().unwrap();
    cast.desk.tear_out(end, last).await;
    let proof = verdict(&cast, end).await;
    assert_eq!((&proof["valid"], &proof["first_bad_seq"]), (&json!(false), &json!(last)), "{proof}");
}

#[tokio::test]
async fn a_field_that_the_history_does_not_tell_of_is_found() {
    let cast = Cast::gather().await;
    let number = history(&cast).await;
    cast.desk.alter_ticket(number, "\"normal\"", "\"urgent\"").await;
    let proof = verdict(&cast, number).await;
    assert_eq!(proof["valid"], false, "{proof}");
    assert!(proof["problem"].as_str().unwrap().contains("fields"), "{proof}");
}

#[tokio::test]
async fn what_is_written_meanwhile_makes_no_history_wrong() {
    let cast = Cast::gather().await;
    let number = history(&cast).await;
    let writing = async {
        for n in 0..60 {
            say(&cast.ana.browser, number, &format!("mensaje {n}")).await;
        }
    };
    let checking = async {
        for _ in 0..60 {
            assert_eq!(verdict(&cast, number).await["valid"], true);
        }
    };
    tokio::join!(writing, checking);
}

#[tokio::test]
async fn a_transcript_is_checked_with_nothing_but_itself() {
    let cast = Cast::gather().await;
    let number = history(&cast).await;
    note(&cast.sofia.browser, number, "otra nota").await;
    for (who, browser, last, hidden) in [
        ("administrator", &cast.root.browser, 7, 0),
        ("specialist", &cast.sofia.browser, 7, 0),
        ("requester", &cast.ana.browser, 6, 1),
    ] {
        let reply = browser.get(&format!("{}/transcript?format=json", path(number))).await;
        assert!(reply.header("content-disposition").contains(&format!("CH-{number}.json")), "{who}");
        let document = reply.expect(200);
        assert_eq!(
            (&document["format"], &document["ticket"]),
            (&json!("chamada-transcript-1"), &json!(number))
        );
        let entries = document["entries"].as_array().unwrap();
        assert_eq!(entries.len(), last, "{who}");
        let mut previous = "0".repeat(64);
        for entry in entries {
            assert_eq!(entry["previous_hash"], previous, "{who}");
            if entry["hidden"] != true {
                assert_eq!(entry["hash"], naive::hash(&previous, &entry["core"]), "{who}");
            }
            previous = entry["hash"].as_str().unwrap().to_owned();
        }
        assert_eq!(document["head_hash"], previous, "{who}");
        assert_eq!(entries.iter().filter(|entry| entry["hidden"] == true).count(), hidden, "{who}");
        let text = document.to_string();
        assert_eq!(text.matches("palabra").count(), 2, "{who}");
        assert_eq!(text.matches("nota").count(), 2 * usize::from(hidden == 0), "{who}");
    }
    let transcript = format!("{}/transcript", path(number));
    cast.eva.browser.get(&transcript).await.refuses(404, "not_found");
    cast.ana
        .browser
        .get(&format!("{transcript}?format=pdf"))
        .await
        .faults(&["format invalid"]);
}
