//! The table of statuses, written down once more and compared with every step.

use chamada_domain::Status::{self, Cancelled, InProcess, New, OnHold, Resolved};
use chamada_domain::message::Voice;
use chamada_domain::status::{Deed, Move, step};

/// Rows: from. Columns: staff, staff resolving, customer where somebody attends, customer where nobody does, unverified, automatic, merged away.
/// `=` stays, `>x` becomes x, `^x` is reopened to x.
const TABLE: [(Status, [&str; 7]); 5] = [
    (New, [">in_process", ">resolved", "=", "=", "=", "=", ">cancelled"]),
    (InProcess, ["=", ">resolved", "=", "=", "=", "=", ">cancelled"]),
    (OnHold, ["=", ">resolved", "=", "=", "=", "=", ">cancelled"]),
    (Resolved, ["=", "=", "^in_process", "^new", "=", "=", "="]),
    (Cancelled, ["=", ">resolved", "=", "=", "=", "=", "="]),
];

fn deeds() -> [Deed; 7] {
    let message = |voice, resolve, assigned| Deed::Message { voice, resolve, assigned };
    [
        message(Voice::Staff, false, true),
        message(Voice::Staff, true, true),
        message(Voice::Customer, false, true),
        message(Voice::Customer, false, false),
        message(Voice::Unverified, false, true),
        message(Voice::Automatic, false, true),
        Deed::MergedAway,
    ]
}

fn means(word: &str) -> Move {
    match word.split_at(1) {
        ("=", "") => Move::Stays,
        (">", to) => Move::To(to.parse().unwrap()),
        ("^", to) => Move::Reopens(to.parse().unwrap()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_step_is_in_the_table() {
    assert_eq!(TABLE.map(|(from, _)| from), Status::ALL);
    for (from, row) in TABLE {
        for (word, deed) in row.into_iter().zip(deeds()) {
            assert_eq!(step(from, deed), means(word), "{from} by {deed:?}");
        }
    }
}

#[test]
fn an_administrator_sets_any_status_from_any_other() {
    for from in Status::ALL {
        for to in Status::ALL {
            let wanted = if from == to { Move::Stays } else { Move::To(*to) };
            assert_eq!(step(*from, Deed::Set(*to)), wanted);
        }
    }
}

#[test]
fn nobody_but_staff_resolves() {
    for from in Status::ALL {
        for voice in [Voice::Customer, Voice::Unverified, Voice::Automatic] {
            let resolving = Deed::Message {
                voice,
                resolve: true,
                assigned: true,
            };
            let plain = Deed::Message {
                voice,
                resolve: false,
                assigned: true,
            };
            assert_eq!(step(*from, resolving), step(*from, plain));
        }
    }
}
