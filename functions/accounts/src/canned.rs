//! Canned replies.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::response::Response;
use chamada_domain::canned::{Bodies, CannedReplies, CannedReply, Filling, fill, unknown_place};
use chamada_domain::permission::{Action, Standing, require};
use chamada_domain::{FieldError, Locale, ReplyId, Settings, Ticket, TicketNumber, Timestamp, User};
use chamada_platform::random;
use chamada_store::{Deed, StoreError};
use chamada_web::openapi::{IdempotencyHeader, ReadProblems, WriteProblems};
use chamada_web::read::{Fields, Input, id, line, list, object, text};
use chamada_web::{Administrator, App, Caller, Conditional, Json, Problem, Query, Staff, Write};
use serde::Serialize;
use time_tz::{Offset, TimeZone, timezones};
use utoipa::ToSchema;

use crate::requests::or_as_it_is;

/// The most canned replies.
const MOST: usize = 200;
/// All of them together, in bytes of JSON: an item of the table has 400 KB at most.
const LARGEST: usize = 300_000;
/// Somebody else may write at the same moment: then the whole list is settled again on what is there.
const ATTEMPTS: usize = 5;

/// The canned replies as they shall be. One without an id is new; one that is left out is removed.
#[derive(Debug, Clone, ToSchema)]
#[schema(as = CannedRepliesInput)]
pub(crate) struct Draft {
    /// Up to 200, in the order in which they are offered.
    replies: Vec<ReplyInput>,
}

/// A canned reply as it shall be.
#[derive(Debug, Clone, ToSchema)]
#[schema(as = CannedReplyInput)]
pub(crate) struct ReplyInput {
    #[schema(value_type = Option<String>, required = false)]
    id: Option<ReplyId>,
    /// 1 to 80 characters.
    name: String,
    /// In one language at least, each 1 to 8,000 characters.
    bodies: Bodies,
}

fn bodies(f: &mut Fields<'_>) -> Option<Bodies> {
    let es = f.optional("es", text(1..=8_000));
    let pt = f.optional("pt", text(1..=8_000));
    let en = f.optional("en", text(1..=8_000));
    Some(Bodies { es: es?, pt: pt?, en: en? })
}

impl ReplyInput {
    fn read(f: &mut Fields<'_>) -> Option<Self> {
        let id = f.optional("id", id());
        let name = f.required("name", line(1..=80));
        let bodies = f.required("bodies", object(bodies));
        Some(Self {
            id: id?,
            name: name?,
            bodies: bodies?,
        })
    }
}

impl Input for Draft {
    fn read(f: &mut Fields<'_>) -> Option<Self> {
        let replies = f.required("replies", list(0..=MOST, object(ReplyInput::read)));
        Some(Self { replies: replies? })
    }
}

impl Draft {
    /// The list that this makes of the present one.
    fn settle(&self, present: &CannedReplies) -> Result<CannedReplies, Problem> {
        let (mut faults, mut ids) = (Vec::new(), BTreeSet::new());
        let mut replies = Vec::with_capacity(self.replies.len());
        for (place, new) in self.replies.iter().enumerate() {
            let path = format!("replies.{place}");
            if let Some(id) = &new.id {
                faults.extend(check_id(&path, id, present, &mut ids));
            }
            faults.extend(check_bodies(&path, &new.bodies));
            replies.push(CannedReply {
                id: new.id.clone().unwrap_or_else(|| ReplyId::from_random(random())),
                name: new.name.clone(),
                bodies: new.bodies.clone(),
            });
        }
        let settled = CannedReplies { replies };
        let size = serde_json::to_vec(&settled).map_err(Problem::internal)?.len();
        if size > LARGEST {
            let detail = format!("All replies together may have {LARGEST} bytes at most.");
            faults.push(FieldError::new("replies", "too_long", detail));
        }
        if faults.is_empty() {
            Ok(settled)
        } else {
            Err(Problem::invalid(faults))
        }
    }
}

fn check_id<'a>(path: &str, id: &'a ReplyId, present: &CannedReplies, ids: &mut BTreeSet<&'a ReplyId>) -> Option<FieldError> {
    let (code, detail) = if !present.replies.iter().any(|reply| reply.id == *id) {
        ("unknown", "There is no such one. Leave the id out of a new one.")
    } else if !ids.insert(id) {
        ("duplicate", "This one stands here twice.")
    } else {
        return None;
    };
    Some(FieldError::new(format!("{path}.id"), code, detail))
}

fn check_bodies(path: &str, bodies: &Bodies) -> Vec<FieldError> {
    let path = format!("{path}.bodies");
    if *bodies == Bodies::default() {
        return vec![FieldError::new(path, "required", "A text in one language at least is needed.")];
    }
    let unknown = |locale: &Locale| {
        unknown_place(bodies.of(*locale)?)?;
        let detail = "What may stand in braces: ticket, title, requester, specialist, site, due.";
        Some(FieldError::new(format!("{path}.{}", locale.tag()), "unknown_placeholder", detail))
    };
    Locale::ALL.iter().filter_map(unknown).collect()
}

/// The canned replies.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CannedReplies)]
pub(crate) struct RepliesView {
    /// In the order in which they are offered.
    replies: Vec<ReplyView>,
}

/// A canned reply.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CannedReply)]
pub(crate) struct ReplyView {
    /// Which.
    #[schema(value_type = String)]
    id: ReplyId,
    /// What staff call it.
    name: String,
    /// Its text by language; filled, where a ticket was named.
    bodies: Bodies,
    /// Where a ticket was named: the language to answer its requester in, which is theirs where there is a text in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    locale: Option<Locale>,
    /// Where a ticket was named: the text in that language.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    body: Option<String>,
}

impl From<CannedReply> for ReplyView {
    fn from(reply: CannedReply) -> Self {
        Self {
            id: reply.id,
            name: reply.name,
            bodies: reply.bodies,
            locale: None,
            body: None,
        }
    }
}

impl From<CannedReplies> for RepliesView {
    fn from(all: CannedReplies) -> Self {
        Self {
            replies: all.replies.into_iter().map(ReplyView::from).collect(),
        }
    }
}

/// For which ticket.
#[derive(Debug)]
pub(crate) struct For {
    ticket: Option<TicketNumber>,
}

impl Input for For {
    fn read(f: &mut Fields<'_>) -> Option<Self> {
        let ticket = f.optional("ticket", id());
        Some(Self { ticket: ticket? })
    }
}

/// The canned replies, for staff.
///
/// With `ticket`, each is filled for that ticket: `{{ticket}}` its number as people read it, `{{title}}`, `{{requester}}`, `{{specialist}}` who attends
/// to it, or else who asks, `{{site}}` what the help desk is called, `{{due}}` the estimated date in the site's time zone, `—` where there is none. A
/// text in the requester's language is chosen where there is one, else in the site's. 404 for a ticket that the caller may not see.
#[utoipa::path(get, path = "/api/canned-replies", tag = "site", params(("ticket" = Option<u64>, Query, description = "Fills them for this ticket.")),
    responses((status = 200, body = RepliesView), ReadProblems))]
pub(crate) async fn canned_replies(
    State(app): State<App>,
    _: Staff,
    caller: Caller,
    query: Query<For>,
    conditional: Conditional,
) -> Result<Response, Problem> {
    let Some(number) = query.value.ticket else {
        let all = app.store.canned_replies().await?.value;
        return conditional.answer(None, &RepliesView::from(all));
    };
    let ticket = app.store.ticket(number).await?;
    let settings = &app.store.configuration().await?.settings;
    let standing = Standing::of(&caller.viewer_of(&app, number).await?, &ticket);
    require(standing, Action::See, settings)?;
    let requester = app.store.users(std::slice::from_ref(&ticket.requester.id)).await?.pop().flatten();
    let wanted = requester.map_or(settings.default_locale, |user| user.locale);
    let all = app.store.canned_replies().await?.value;
    let filler = Filler {
        settings,
        ticket: &ticket,
        asks: caller.signed_in()?,
    };
    let each = all.replies.into_iter().map(|reply| filler.view(reply, wanted));
    let view = RepliesView { replies: each.collect() };
    conditional.answer(None, &view)
}

/// What fills replies for one ticket.
struct Filler<'a> {
    settings: &'a Settings,
    ticket: &'a Ticket,
    asks: &'a User,
}

impl Filler<'_> {
    fn view(&self, reply: CannedReply, wanted: Locale) -> ReplyView {
        let filled = |locale| reply.bodies.of(locale).map(|text| self.fill(text, locale));
        let bodies = Bodies {
            es: filled(Locale::Es),
            pt: filled(Locale::Pt),
            en: filled(Locale::En),
        };
        let best = bodies.best(&[wanted, self.settings.default_locale]);
        let (locale, body) = best.map(|(locale, text)| (locale, text.to_owned())).unzip();
        ReplyView {
            id: reply.id,
            name: reply.name,
            bodies,
            locale,
            body,
        }
    }

    fn fill(&self, text: &str, locale: Locale) -> String {
        let specialist = self.ticket.assignee.as_ref().map_or(&self.asks.name, |staff| &staff.name);
        let filling = Filling {
            ticket: &self.ticket.number.shown(&self.settings.ticket_prefix),
            title: &self.ticket.title,
            requester: &self.ticket.requester.name,
            specialist,
            site: &self.settings.site_name,
            due: &self.ticket.due_at.map_or_else(|| "—".to_owned(), |at| self.moment(at, locale)),
        };
        fill(text, &filling)
    }

    /// A moment as people write it, by the site's clocks.
    fn moment(&self, at: Timestamp, locale: Locale) -> String {
        let at = at.as_offset();
        let zone = timezones::get_by_name(&self.settings.time_zone);
        let at = zone.map_or(at, |zone| at.checked_to_offset(zone.get_offset_utc(&at).to_utc()).unwrap_or(at));
        let (year, month, day) = (at.year(), u8::from(at.month()), at.day());
        let date = match locale {
            Locale::Es | Locale::Pt => format!("{day:02}/{month:02}/{year}"),
            Locale::En => format!("{year}-{month:02}-{day:02}"),
        };
        format!("{date} {:02}:{:02}", at.hour(), at.minute())
    }
}

/// Writes the canned replies, whole. `unknown_placeholder` names a text with something in braces that no ticket fills.
#[utoipa::path(put, path = "/api/canned-replies", tag = "site", request_body = Draft, params(IdempotencyHeader),
    responses((status = 200, body = RepliesView), WriteProblems))]
pub(crate) async fn put_canned_replies(
    State(app): State<App>,
    Administrator(caller): Administrator,
    write: Write<Draft>,
) -> Result<Json<RepliesView>, Problem> {
    let deed = caller.deed(&write, app.now())?;
    let outcome = match app.store.replay(deed.request.as_ref()).await {
        Ok(()) => put(&app, &write.body, &deed).await?,
        Err(error) => Err(error),
    };
    let present = async { Ok(app.store.canned_replies().await?.value) };
    Ok(Json(or_as_it_is(outcome, present).await?.into()))
}

/// The outer refusal is the request's, the inner one the store's.
async fn put(app: &App, draft: &Draft, deed: &Deed) -> Result<Result<CannedReplies, StoreError>, Problem> {
    for _ in 0..ATTEMPTS {
        let before = app.store.canned_replies().await?;
        let settled = draft.settle(&before.value)?;
        match app.store.write_canned_replies(&settled, &before, Some(deed)).await {
            Err(StoreError::Raced) => {}
            outcome => return Ok(outcome.map(|()| settled)),
        }
    }
    Ok(Err(StoreError::Raced))
}
