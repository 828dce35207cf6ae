//! The two trees that tickets are filed under, written whole and by version.

pub(crate) mod categories;
mod check;
pub(crate) mod organisation;

use std::collections::BTreeSet;
use std::future::Future;

use axum::extract::FromRequestParts;
use axum::response::Response;
use chamada_domain::FieldError;
use chamada_domain::tree::{Categories, Organisation};
use chamada_store::{Configuration, Deed, Store, StoreError, Versioned};
use chamada_web::{App, Conditional, IfMatch, Problem};
use http::Request;
use serde::Serialize;

/// The largest tree, in bytes of JSON: an item of the table has 400 KB at most.
const LARGEST: usize = 380_000;

/// How often an import is settled anew, where others write at the same moment.
pub(crate) const ATTEMPTS: usize = 5;

/// A tree that stands in the configuration.
pub(crate) trait Tree: Clone + Serialize + Send + Sync + Sized {
    /// The one of a configuration.
    fn of(configuration: Configuration) -> Versioned<Self>;

    /// The ids of all its units.
    fn names(&self) -> BTreeSet<String>;

    /// Writes it, if it is still as it was `before`.
    fn write(&self, store: &Store, before: &Versioned<Self>, deed: &Deed) -> impl Future<Output = Result<(), StoreError>> + Send;
}

impl Tree for Organisation {
    fn of(configuration: Configuration) -> Versioned<Self> {
        configuration.organisation
    }

    fn names(&self) -> BTreeSet<String> {
        self.ids().into_iter().map(ToString::to_string).collect()
    }

    async fn write(&self, store: &Store, before: &Versioned<Self>, deed: &Deed) -> Result<(), StoreError> {
        store.write_organisation(self, before, Some(deed)).await
    }
}

impl Tree for Categories {
    fn of(configuration: Configuration) -> Versioned<Self> {
        configuration.categories
    }

    fn names(&self) -> BTreeSet<String> {
        self.ids().into_iter().map(ToString::to_string).collect()
    }

    async fn write(&self, store: &Store, before: &Versioned<Self>, deed: &Deed) -> Result<(), StoreError> {
        store.write_categories(self, before, Some(deed)).await
    }
}

/// The tree as it is now.
pub(crate) async fn present<T: Tree>(app: &App) -> Result<Versioned<T>, StoreError> {
    Ok(T::of(app.store.read_configuration().await?))
}

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
async fn keep_used<T: Tree>(app: &App, before: &T, after: &T) -> Result<(), Problem> {
    let removed: Vec<String> = before.names().difference(&after.names()).cloned().collect();
    if app.store.used(&removed).await?.is_empty() {
        return Ok(());
    }
    Err(Problem::conflict("in_use").with_detail("A ticket or a person names what is to be removed. Retire it instead."))
}

/// Writes the tree that `settle` makes of the present one, whole and once.
///
/// # Errors
/// What `settle` refuses; 409 `in_use`, 412, 428.
async fn put<T: Tree>(
    app: &App,
    deed: &Deed,
    if_match: IfMatch,
    settle: impl FnOnce(&T) -> Result<T, Problem> + Send,
) -> Result<Response, Problem> {
    let before = present::<T>(app).await?;
    match app.store.replay(deed.request.as_ref()).await {
        Err(StoreError::Replayed(_)) => return whole(&before).await,
        other => other?,
    }
    require_version(if_match, &before)?;
    let value = settle(&before.value)?;
    require_room(&value)?;
    keep_used(app, &before.value, &value).await?;
    match value.write(&app.store, &before, deed).await {
        Ok(()) => {
            let version = before.version + 1;
            whole(&Versioned { value, version }).await
        }
        Err(StoreError::Replayed(_)) => whole(&present::<T>(app).await?).await,
        Err(StoreError::Raced) => Err(Problem::stale().with_current(&present::<T>(app).await?.value)),
        Err(error) => Err(error.into()),
    }
}

pub(crate) fn require_room(tree: &impl Serialize) -> Result<(), Problem> {
    let size = serde_json::to_vec(tree).map_err(Problem::internal)?.len();
    if size <= LARGEST {
        return Ok(());
    }
    Err(FieldError::new("", "too_long", format!("The tree may have {LARGEST} bytes at most.")).into())
}
