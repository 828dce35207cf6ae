//! `chamada verify`: every history checked against its hashes, every ticket against its history.

use std::io::Write;

use chamada_domain::TicketNumber;
use chamada_domain::verify::{Found, verify};
use chamada_platform::Platform;
use chamada_store::{Store, StoreError};
use chamada_web::App;

use crate::wiring::WiringError;

/// Checks every ticket and prints each difference on standard output, a line each. Says whether there was none.
///
/// # Errors
/// Where the table cannot be read.
pub async fn check(platform: &Platform) -> Result<bool, WiringError> {
    let store = App::new(platform.clone()).store;
    let (mut tickets, mut entries, mut bad) = (0_u64, 0_u64, 0_u64);
    for number in (1..=store.last_number().await?).map(TicketNumber) {
        let history = store.history(number).await?;
        match difference(&store, number, &history).await? {
            Some(difference) => {
                bad += 1;
                say(&format!("ticket {number}: {difference}"))?;
            }
            None if history.is_empty() => continue,
            None => {}
        }
        tickets += 1;
        entries += history.len() as u64;
    }
    say(&format!(
        "{tickets} tickets, {entries} entries checked: {}",
        if bad == 0 {
            "all valid".to_owned()
        } else {
            format!("{bad} not valid")
        }
    ))?;
    Ok(bad == 0)
}

/// What is wrong with a ticket; nothing where all is right, or where its number was never used.
async fn difference(store: &Store, number: TicketNumber, history: &[Found]) -> Result<Option<String>, WiringError> {
    let ticket = match store.ticket(number).await {
        Ok(ticket) => ticket,
        Err(StoreError::NotFound) if history.is_empty() => return Ok(None),
        Err(StoreError::NotFound) => return Ok(Some("there is a history and no ticket".into())),
        Err(StoreError::Corrupt { what }) => return Ok(Some(what.into())),
        Err(error) => return Err(error.into()),
    };
    let verdict = verify(&ticket, history);
    let place = verdict.first_bad_seq.map(|seq| format!("entry {seq}: ")).unwrap_or_default();
    Ok(verdict.problem.map(|problem| format!("{place}{problem}")))
}

fn say(line: &str) -> Result<(), WiringError> {
    writeln!(std::io::stdout(), "{line}").map_err(|error| WiringError(format!("standard output cannot be written: {error}")))
}
