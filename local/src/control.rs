//! What the command line asks of a running server: dead letters and replays.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use chamada_platform::Clock;
use serde::{Deserialize, Serialize};

use crate::bus::Bus;
use crate::journal::{DeadLetter, Journal, JournalError};

/// Which dead letters to bring back.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Replay {
    /// Their numbers; none means all.
    pub ids: Option<Vec<i64>>,
}

/// How many came back.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Replayed {
    /// Deliveries made of them.
    pub count: usize,
}

#[derive(Debug, Clone)]
struct Control {
    journal: Journal,
    bus: Bus,
    clock: Clock,
}

/// The calls, to be nested below a secret path.
pub fn router(journal: Journal, bus: Bus, clock: Clock) -> Router {
    Router::new()
        .route("/dead-letters", get(dead_letters))
        .route("/replay", post(replay))
        .with_state(Control { journal, bus, clock })
}

fn failed(error: JournalError) -> StatusCode {
    tracing::error!(error = %error, "the journal could not be asked");
    StatusCode::INTERNAL_SERVER_ERROR
}

async fn dead_letters(State(control): State<Control>) -> Result<Json<Vec<DeadLetter>>, StatusCode> {
    control.journal.dead_letters().await.map(Json).map_err(failed)
}

async fn replay(State(control): State<Control>, Json(wanted): Json<Replay>) -> Result<Json<Replayed>, StatusCode> {
    let count = control.journal.replay(wanted.ids, control.clock.now()).await.map_err(failed)?;
    control.bus.wake();
    Ok(Json(Replayed { count }))
}
