//! The two trees that tickets are filed under, written whole and by version.

pub(crate) mod categories;
mod check;
pub(crate) mod organisation;

use std::collections::BTreeSet;
use std::fmt::Display;

use axum::extract::FromRequestParts;
use axum::response::Response;
use chamada_domain::FieldError;
use chamada_store::Versioned;
use chamada_web::{App, Conditional, IfMatch, Problem};
use http::Request;
use serde::Serialize;

/// The largest tree, in bytes of JSON: an item of the table has 400 KB at most.
const LARGEST: usize = 380_000;

/// How often an import is settled anew, where others write at the same moment.
pub(crate) const ATTEMPTS: usize = 5;

/// The version that clients see. The store counts from 0, and to a client 0 stands for a tag that never was ([`IfMatch::needed`]).
fn shown<T>(tree: &Versioned<T>) -> u64 {
    tree.version + 1
}

fn answer<T: Serialize>(conditional: &Conditional, tree: &Versioned<T>) -> Result<Response, Problem> {
    conditional.answer(Some(shown(tree)), &tree.value)
}

/// The answer to a write: always whole, whatever the client says that it has.
async fn whole<T: Serialize>(tree: &Versioned<T>) -> Result<Response, Problem> {
    let (mut parts, ()) = Request::new(()).into_parts();
    let Ok(conditional) = Conditional::from_request_parts(&mut parts, &()).await;
    answer(&conditional, tree)
}

/// Lets pass whoever changes the tree as it is.
///
/// # Errors
/// 428 `version_needed`; 412 `stale_version` with the tree in `current`.
fn require_version<T: Serialize>(if_match: IfMatch, present: &Versioned<T>) -> Result<(), Problem> {
    if if_match.needed()? == shown(present) {
        Ok(())
    } else {
        Err(Problem::stale().with_current(&present.value))
    }
}

/// Refuses a tree without units that are in use: those are retired, not removed.
///
/// # Errors
/// 409 `in_use`.
async fn keep_used<T: Display + Ord>(app: &App, before: BTreeSet<&T>, after: &BTreeSet<&T>) -> Result<(), Problem> {
    let removed: Vec<String> = before.difference(after).map(ToString::to_string).collect();
    if app.store.used(&removed).await?.is_empty() {
        return Ok(());
    }
    Err(Problem::conflict("in_use").with_detail("A ticket or a person names what is to be removed. Retire it instead."))
}

pub(crate) fn require_room(tree: &impl Serialize) -> Result<(), Problem> {
    let size = serde_json::to_vec(tree).map_err(Problem::internal)?.len();
    if size <= LARGEST {
        return Ok(());
    }
    Err(FieldError::new("", "too_long", format!("The tree may have {LARGEST} bytes at most.")).into())
}
