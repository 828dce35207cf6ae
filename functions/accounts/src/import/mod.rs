//! Files of people, units and categories, as spreadsheets save them.

mod categories;
mod organisation;
mod table;
mod users;

use std::str::FromStr;

use axum::extract::State;
use bytes::Bytes;
use chamada_domain::FieldError;
use chamada_store::{Deed, Made, StoreError};
use chamada_web::openapi::{IdempotencyHeader, WriteProblems};
use chamada_web::read::{Fields, Input, boolean};
use chamada_web::{Administrator, App, Id, Json, Problem, Query, Write};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::trees::{ATTEMPTS, Tree, present, require_room};
use table::Table;

/// What can be imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    Users,
    Organisation,
    Categories,
}

impl FromStr for What {
    type Err = FieldError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "users" => Ok(Self::Users),
            "organisation" => Ok(Self::Organisation),
            "categories" => Ok(Self::Categories),
            _ => Err(FieldError::invalid("what")),
        }
    }
}

/// Whether anything is written.
#[derive(Debug)]
pub(crate) struct Options {
    dry_run: bool,
}

impl Input for Options {
    fn read(f: &mut Fields<'_>) -> Option<Self> {
        let dry_run = f.or_default("dry_run", boolean());
        Some(Self { dry_run: dry_run? })
    }
}

/// What an import did, or would do: every row is one of the three.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = ImportCounts)]
pub(crate) struct Counts {
    /// Rows of the file, without its first line and empty ones.
    rows: u64,
    /// Rows that make something new.
    created: u64,
    /// Rows that make nothing new and change something.
    changed: u64,
    /// Rows whose word stands already.
    unchanged: u64,
}

/// What becomes of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Became {
    Unchanged,
    Changed,
    Created,
}

impl Counts {
    fn count(&mut self, became: Became) {
        self.rows += 1;
        match became {
            Became::Unchanged => self.unchanged += 1,
            Became::Changed => self.changed += 1,
            Became::Created => self.created += 1,
        }
    }

    fn changes_nothing(&self) -> bool {
        self.unchanged == self.rows
    }

    /// What a repeated request is answered with.
    fn made(&self) -> Made {
        Made {
            id: serde_json::to_string(self).ok(),
            ..Made::default()
        }
    }

    fn remembered(made: &Made) -> Result<Self, Problem> {
        let counts = made.id.as_deref().and_then(|text| serde_json::from_str(text).ok());
        counts.ok_or_else(|| Problem::internal("a remembered import has no counts"))
    }
}

/// Remembers a request that changes nothing.
async fn remember(app: &App, deed: &Deed, counts: Counts) -> Result<Counts, Problem> {
    app.store.remember_alone(deed.request.as_ref(), &counts.made()).await?;
    Ok(counts)
}

/// Imports a file: makes what is not there, changes what is otherwise, removes nothing. Imported again, it changes nothing.
///
/// UTF-8, comma or semicolon, with these columns in any order: `users`: `email,name,role,locale,company`, by address; an empty cell leaves what is, or
/// takes the default of a new account; `company` is a company's name. `organisation`: `corporation,company,site,cost_centre_code,cost_centre_name`, by
/// name, cost centres by code. `categories`: `kind,category_es,category_pt,category_en,subcategory_es,subcategory_pt,subcategory_en`, by the Spanish
/// name. What is named and was retired is in use again. 2,000 rows at most.
///
/// 400 `bad_csv` where it is no text in UTF-8. Any fault, and nothing is written: 422 with each as `line.<n>.<column>`. Accounts are written one by one: a
/// request that broke off is sent again, and ends the same.
#[utoipa::path(post, path = "/api/import/{what}", tag = "site",
    params(("what" = String, Path, description = "`users`, `organisation` or `categories`."),
        ("dry_run" = Option<bool>, Query, description = "Tells what would be done, and does nothing."), IdempotencyHeader),
    request_body(content = String, content_type = "text/csv"),
    responses((status = 200, body = Counts), WriteProblems))]
pub(crate) async fn import(
    State(app): State<App>,
    Administrator(caller): Administrator,
    Id(what): Id<What>,
    query: Query<Options>,
    write: Write<Bytes>,
) -> Result<Json<Counts>, Problem> {
    let deed = caller.deed(&write, app.now())?.as_import();
    match app.store.replay(deed.request.as_ref()).await {
        Err(StoreError::Replayed(made)) => return Counts::remembered(&made).map(Json),
        other => other?,
    }
    let dry_run = query.value.dry_run;
    let counts = match what {
        What::Users => users::import(&app, &Table::read(&write.body, &users::COLUMNS)?, &deed, dry_run).await?,
        What::Organisation => {
            let table = Table::read(&write.body, &organisation::COLUMNS)?;
            import_tree(&app, &deed, dry_run, |present| organisation::settle(&table, present)).await?
        }
        What::Categories => {
            let table = Table::read(&write.body, &categories::COLUMNS)?;
            import_tree(&app, &deed, dry_run, |present| categories::settle(&table, present)).await?
        }
    };
    Ok(Json(counts))
}

/// Writes the tree that `settle` makes of the present one, and counts what it changes; anew where another wrote meanwhile.
async fn import_tree<T: Tree>(
    app: &App,
    deed: &Deed,
    dry_run: bool,
    settle: impl Fn(&T) -> Result<(T, Counts), Problem> + Send + Sync,
) -> Result<Counts, Problem> {
    for _ in 0..ATTEMPTS {
        let before = present::<T>(app).await?;
        let (tree, counts) = settle(&before.value)?;
        require_room(&tree)?;
        if dry_run {
            return Ok(counts);
        }
        if counts.changes_nothing() {
            return remember(app, deed, counts).await;
        }
        let deed = deed.clone().answering(counts.made());
        match tree.write(&app.store, &before, &deed).await {
            Ok(()) => return Ok(counts),
            Err(StoreError::Replayed(made)) => return Counts::remembered(&made),
            // Settled again on what another wrote.
            Err(StoreError::Raced) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(StoreError::Raced.into())
}

/// What can be retired and come back.
trait Unit {
    fn retired(&mut self) -> &mut bool;
}

/// The one of a list that it `is`, in use again if it was retired; or a new one. Nothing where there are `most` already.
fn find_or_add<T: Unit>(list: &mut Vec<T>, most: usize, is: impl Fn(&T) -> bool, new: impl FnOnce() -> T) -> Option<(&mut T, Became)> {
    let mut place = list.iter_mut().position(|unit| is(unit) && !*unit.retired());
    place = place.or_else(|| list.iter().position(is));
    let Some(place) = place else {
        if list.len() >= most {
            return None;
        }
        list.push(new());
        return list.last_mut().map(|unit| (unit, Became::Created));
    };
    let unit = list.get_mut(place)?;
    let came_back = std::mem::replace(unit.retired(), false);
    let became = if came_back { Became::Changed } else { Became::Unchanged };
    Some((unit, became))
}

/// Whether two names are one, whatever their case.
fn same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}
