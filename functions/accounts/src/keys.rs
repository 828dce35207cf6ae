//! Keys of single tickets, as mails bring them.

use chamada_domain::permission::{Action, Standing, Viewer};
use chamada_domain::{TicketNumber, User};
use chamada_platform::{Secret, secret_hash};
use chamada_store::{StoreError, TicketKey};
use chamada_web::read::{Fields, Input, id, secret};
use chamada_web::{App, Problem};
use utoipa::ToSchema;

/// A ticket and a key of it.
#[derive(Debug, Clone, ToSchema)]
#[schema(as = TicketAndKey)]
pub(crate) struct Presented {
    /// The ticket's number.
    pub(crate) ticket: TicketNumber,
    /// The key, as the link has it behind `key=`.
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    pub(crate) ticket_key: Secret,
}

impl Input for Presented {
    fn read(f: &mut Fields<'_>) -> Option<Self> {
        let ticket = f.required("ticket", id());
        let ticket_key = f.required("ticket_key", secret(1..=200));
        Some(Self {
            ticket: ticket?,
            ticket_key: ticket_key?,
        })
    }
}

/// A key that the table knows, with the person whom it was mailed to.
pub(crate) struct Known {
    /// SHA-256 of the key.
    pub(crate) hash: String,
    /// Until when it opens the ticket.
    pub(crate) key: TicketKey,
    /// The person.
    pub(crate) person: User,
    /// Whether the ticket waits for this very person to come.
    pub(crate) held: bool,
}

/// 401 for whatever cannot be right, without saying why.
pub(crate) fn bad_credentials() -> Problem {
    Problem::unauthorised("bad_credentials", "These credentials are not right.")
}

/// Looks a key up, expired or not: known, its ticket there, its person active and still somebody who may see the ticket.
///
/// # Errors
/// 401 `bad_credentials`.
pub(crate) async fn look_up(app: &App, presented: &Presented) -> Result<Known, Problem> {
    let hash = secret_hash(&presented.ticket_key);
    let number = presented.ticket;
    let key = app.store.ticket_key(number, &hash).await?.ok_or_else(bad_credentials)?;
    let ticket = app.store.ticket(number).await.map_err(unknown)?;
    let person = app.store.user(&key.person).await.map_err(unknown)?;
    let viewer = Viewer {
        user: None,
        keys: vec![(number, person.id.clone())],
    };
    let settings = &app.store.configuration().await?.settings;
    if person.active && Standing::of(&viewer, &ticket).permits(Action::See, settings) {
        let held = ticket.held && ticket.requester.id == person.id;
        Ok(Known { hash, key, person, held })
    } else {
        Err(bad_credentials())
    }
}

fn unknown(error: StoreError) -> Problem {
    match error {
        StoreError::NotFound => bad_credentials(),
        other => other.into(),
    }
}
