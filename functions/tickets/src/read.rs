//! `GET /api/tickets/{number}` and `GET /api/tickets/{number}/entries`.

use axum::extract::State;
use axum::response::Response;
use chamada_domain::chain::ChainedEntry;
use chamada_domain::permission::{Action, Standing, Viewer, require};
use chamada_domain::{Settings, Ticket, TicketNumber};
use chamada_store::{NewestSendings, Sending, StoreError, TicketPage};
use chamada_web::read::{integer, line};
use chamada_web::{App, Caller, Conditional, CursorKey, Fields, Id, Input, Json, Page, Problem, Query, Visitor};
use futures::future::{join3, try_join3};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::view::{AttachmentView, EntryView, TicketView, entries as view_entries};

/// How many entries come with a ticket.
const NEWEST: u16 = 50;
/// How many mails are read beside them: two for each.
const MAILS: u16 = 100;

/// A ticket with its newest entries.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TicketPage)]
pub(crate) struct TicketPageView {
    ticket: TicketView,
    /// The newest 50, oldest first.
    entries: Vec<EntryView>,
    /// Where older entries go on.
    older_cursor: Option<String>,
    attachments: Vec<AttachmentView>,
}

/// Where a reading of the history goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Place {
    /// With entries older than this one.
    Before(u64),
    /// With entries newer than this one.
    After(u64),
}

/// What a caller is to a ticket: in one place, so that nothing is read of one that they may not see.
pub(crate) fn see(viewer: &Viewer, ticket: &Ticket, settings: &Settings) -> Result<Standing, Problem> {
    let standing = Standing::of(viewer, ticket);
    require(standing, Action::See, settings)?;
    Ok(standing)
}

/// A ticket with its newest entries.
#[utoipa::path(
    get, path = "/api/tickets/{number}", tag = "tickets", params(("number" = TicketNumber, Path)),
    responses((status = 200, body = TicketPageView), (status = 304), chamada_web::openapi::ReadProblems)
)]
pub(crate) async fn read(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Id(number): Id<TicketNumber>,
    known: Conditional,
) -> Result<Response, Problem> {
    let (viewer, page, sent) = join3(
        caller.viewer_of(&app, number),
        app.store.ticket_page(number, NEWEST),
        newest_sendings(&app, &caller, number),
    )
    .await;
    let (viewer, page, sent) = (viewer?, page?, sent?);
    let settings = &app.store.configuration().await?.settings;
    let standing = see(&viewer, &page.ticket, settings)?;
    let sees_hidden = standing.sees_hidden(settings);
    let (sendings, attachments, known_entries) = try_join3(
        page_sendings(&app, &page, sees_hidden, sent),
        attachments(&app, &page, sees_hidden),
        newest_known(&app, &page.ticket, sees_hidden, NEWEST, &page.entries),
    )
    .await?;
    let page = TicketPage {
        entries: known_entries.unwrap_or(page.entries),
        ..page
    };
    let older = match page.older() {
        Some(seq) => Some(seal(&app, &caller, number, Place::Before(seq)).await?),
        None => None,
    };
    let view = TicketPageView {
        ticket: TicketView::new(&page.ticket, standing, settings),
        entries: view_entries(&page.ticket, &page.entries, sees_hidden, &sendings),
        older_cursor: older,
        attachments,
    };
    known.answer(Some(page.ticket.version), &view)
}

/// The newest entries that somebody knows of who sees nothing hidden, where others were read: what staff write behind them unseen moves no page and
/// tells of itself by nothing.
async fn newest_known(
    app: &App,
    ticket: &Ticket,
    sees_hidden: bool,
    limit: u16,
    read: &[ChainedEntry],
) -> Result<Option<Vec<ChainedEntry>>, Problem> {
    let (first, last) = (
        read.first().map_or(1, |entry| entry.entry.seq),
        read.last().map_or(0, |entry| entry.entry.seq),
    );
    // What was read from the beginning on has them all.
    if sees_hidden || last <= ticket.public_seq || first == 1 {
        return Ok(None);
    }
    Ok(Some(app.store.entries_before(ticket.number, ticket.public_seq + 1, limit).await?))
}

/// The ticket's newest mails, for staff: in the round trip that reads its newest entries.
async fn newest_sendings(app: &App, caller: &Caller, number: TicketNumber) -> Result<NewestSendings, StoreError> {
    if caller.user.as_ref().is_some_and(|user| user.role.is_staff()) {
        app.store.newest_sendings(number, MAILS).await
    } else {
        Ok(NewestSendings::default())
    }
}

/// The mails that announced these entries, for staff.
async fn sendings(app: &App, number: TicketNumber, entries: &[ChainedEntry], sees_hidden: bool) -> Result<Vec<Sending>, Problem> {
    match (entries.first(), entries.last()) {
        (Some(first), Some(last)) if sees_hidden => Ok(app.store.sendings(number, first.entry.seq, last.entry.seq).await?),
        _ => Ok(Vec::new()),
    }
}

/// The same for a page, of its newest mails; more is read only where so many went out that those are not enough.
async fn page_sendings(app: &App, page: &TicketPage, sees_hidden: bool, newest: NewestSendings) -> Result<Vec<Sending>, Problem> {
    match page.entries.first() {
        Some(first) if sees_hidden && newest.complete_from <= first.entry.seq => Ok(newest.sendings),
        _ => sendings(app, page.ticket.number, &page.entries, sees_hidden).await,
    }
}

/// Every file of the ticket: told by the entries where all are there, else asked of the table.
async fn attachments(app: &App, page: &TicketPage, sees_hidden: bool) -> Result<Vec<AttachmentView>, Problem> {
    if page.older().is_some() {
        let files = app.store.attachments(page.ticket.number).await?;
        let mut files: Vec<_> = files.into_iter().filter(|file| sees_hidden || !file.hidden).collect();
        files.sort_by_key(|file| file.seq);
        return Ok(files.into_iter().map(AttachmentView::of_stored).collect());
    }
    let seen = page.entries.iter().filter(|entry| sees_hidden || !entry.entry.event.is_hidden());
    Ok(seen
        .flat_map(|entry| {
            entry
                .entry
                .event
                .attachments()
                .iter()
                .map(|file| AttachmentView::of_entry(entry.entry.seq, file))
        })
        .collect())
}

async fn seal(app: &App, caller: &Caller, number: TicketNumber, place: Place) -> Result<String, Problem> {
    CursorKey::of(&app.platform)
        .await?
        .seal(&caller.name()?, &history_of(number), &place)
}

/// What a cursor of a ticket's history is bound to.
fn history_of(number: TicketNumber) -> String {
    format!("history of {number}")
}

/// Which entries are wanted.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Part {
    cursor: Option<String>,
    after: Option<u64>,
    limit: u16,
}

impl Input for Part {
    fn read(f: &mut Fields<'_>) -> Option<Self> {
        let cursor = f.optional("cursor", line(0..=4096));
        let after = f.optional("after", integer(0..=i64::MAX));
        let limit = f.optional("limit", integer(1..=100));
        let number = |value: i64| u64::try_from(value).unwrap_or(0);
        let limit = limit?.and_then(|limit| u16::try_from(limit).ok()).unwrap_or(NEWEST);
        Some(Self {
            cursor: cursor?,
            after: after?.map(number),
            limit,
        })
    }
}

/// Older history behind `cursor`; with `after`, what is new since that entry.
#[utoipa::path(
    get, path = "/api/tickets/{number}/entries", tag = "tickets",
    params(("number" = TicketNumber, Path), ("cursor" = Option<String>, Query, max_length = 4096), ("after" = Option<u64>, Query),
        ("limit" = Option<u16>, Query, minimum = 1, maximum = 100)),
    responses((status = 200, body = Page<EntryView>), (status = 304), chamada_web::openapi::ReadProblems)
)]
pub(crate) async fn entries(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Id(number): Id<TicketNumber>,
    query: Query<Part>,
    known: Conditional,
) -> Result<Response, Problem> {
    let place = place(&app, &caller, number, &query.value).await?;
    let limit = query.value.limit;
    let wanted = async {
        match place {
            Place::After(seq) => app.store.entries_after(number, seq, limit).await,
            Place::Before(seq) => app.store.entries_before(number, seq, limit).await,
        }
    };
    let (viewer, ticket, found) = futures::join!(caller.viewer_of(&app, number), app.store.ticket(number), wanted);
    let (viewer, ticket, mut found) = (viewer?, ticket?, found?);
    let settings = &app.store.configuration().await?.settings;
    let sees_hidden = see(&viewer, &ticket, settings)?.sees_hidden(settings);
    if let Place::Before(_) = place
        && let Some(known) = newest_known(&app, &ticket, sees_hidden, limit, &found).await?
    {
        found = known;
    }
    let sendings = sendings(&app, number, &found, sees_hidden).await?;
    let items = view_entries(&ticket, &found, sees_hidden, &sendings);
    let next = further(place, &found, if sees_hidden { ticket.last_seq } else { ticket.public_seq });
    let next_cursor = match next {
        Some(place) => Some(seal(&app, &caller, number, place).await?),
        None => None,
    };
    known.answer(None, &Page { items, next_cursor })
}

async fn place(app: &App, caller: &Caller, number: TicketNumber, part: &Part) -> Result<Place, Problem> {
    match (&part.cursor, part.after) {
        (Some(cursor), None) if !cursor.is_empty() => {
            CursorKey::of(&app.platform)
                .await?
                .open(&caller.name()?, &history_of(number), cursor)
        }
        (None, Some(seq)) => Ok(Place::After(seq)),
        (None, None) => Ok(Place::Before(u64::MAX)),
        (Some(_), _) => Err(Problem::bad_cursor()),
    }
}

/// Where a part of the history goes on: as far as its entries' places tell, since a part of long entries ends before its limit.
fn further(place: Place, found: &[ChainedEntry], last: u64) -> Option<Place> {
    match place {
        Place::Before(_) => found.first().map(|first| first.entry.seq).filter(|seq| *seq > 1).map(Place::Before),
        Place::After(_) => found
            .last()
            .map(|newest| newest.entry.seq)
            .filter(|seq| *seq < last)
            .map(Place::After),
    }
}

/// A ticket as an answer to whoever changed it.
pub(crate) fn answer(ticket: &Ticket, viewer: &Viewer, settings: &Settings) -> Json<TicketView> {
    Json(TicketView::new(ticket, Standing::of(viewer, ticket), settings))
}
