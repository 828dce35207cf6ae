//! `chamada verify`: every history checked against its hashes, every ticket against its history.

use std::io::Write;

use chamada_domain::TicketNumber;
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
        let Some(checked) = checked(&store, number).await? else { continue };
        if let Some(difference) = checked.difference {
            bad += 1;
            say(&format!("ticket {number}: {difference}"))?;
        }
        tickets += 1;
        entries += checked.entries;
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

/// What a check of one ticket found.
struct Checked {
    entries: u64,
    difference: Option<String>,
}

/// Checks one ticket; nothing where its number was never used.
async fn checked(store: &Store, number: TicketNumber) -> Result<Option<Checked>, WiringError> {
    let wrong = |entries: usize, words: &str| {
        Ok(Some(Checked {
            entries: entries as u64,
            difference: Some(words.to_owned()),
        }))
    };
    let ticket = match store.ticket(number).await {
        Ok(ticket) => ticket,
        Err(StoreError::NotFound) => match store.history(number).await?.len() {
            0 => return Ok(None),
            entries => return wrong(entries, "there is a history and no ticket"),
        },
        Err(StoreError::Corrupt { what }) => return wrong(store.history(number).await?.len(), what),
        Err(error) => return Err(error.into()),
    };
    let (_, verdict) = store.verified(ticket).await?;
    let place = verdict.first_bad_seq.map(|seq| format!("entry {seq}: ")).unwrap_or_default();
    Ok(Some(Checked {
        entries: verdict.entries,
        difference: verdict.problem.map(|problem| format!("{place}{problem}")),
    }))
}

fn say(line: &str) -> Result<(), WiringError> {
    writeln!(std::io::stdout(), "{line}").map_err(|error| WiringError(format!("standard output cannot be written: {error}")))
}
