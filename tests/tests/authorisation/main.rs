//! Who may call what: API.md's table 'Who may do what', written down once more for every call, and asked of the running routes.
//!
//! Every call of the API's description stands in `table.rs`, or the test fails. Each is made by everyone, each time to a ticket of its own: what counts is
//! whether it is let pass (`.`), or refused as 401, 403 or 404 (`1`, `3`, `4`). A row that names a field or a part in its third word is the call with that in
//! its body.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "helpers of a test fail the test")]

mod domain;
mod house;
mod table;

use chamada_domain::SpecialistsSee;

use house::House;
use table::{table, wanted};

#[tokio::test(flavor = "multi_thread")]
async fn every_call_lets_those_pass_who_may_and_nobody_else() {
    let (columns, rows) = table();
    let (mut asked, mut wrong) = (0, Vec::new());
    for sees in [SpecialistsSee::Assigned, SpecialistsSee::All] {
        for row in &rows {
            // A house for each call: what one did changes nothing for another.
            let house = House::build(sees).await;
            for (column, cell) in columns.iter().zip(&row.cells) {
                let found = house.outcome(row, column).await;
                asked += 1;
                if found != wanted(cell, sees) {
                    wrong.push(format!(
                        "{} {} {} by {column}, {sees:?}: {found}, not {}",
                        row.method,
                        row.path,
                        row.form,
                        wanted(cell, sees)
                    ));
                }
            }
        }
    }
    println!(
        "asked {asked} times: {} calls and forms, {} kinds of callers, 2 settings",
        rows.len(),
        columns.len()
    );
    assert!(wrong.is_empty(), "{wrong:#?}");
}
