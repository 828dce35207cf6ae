//! `PATCH /api/tickets/{number}`.

use axum::extract::State;
use chamada_domain::amend::{Amendment, amend};
use chamada_domain::draft::{Draft, Pen};
use chamada_domain::entry::Place;
use chamada_domain::permission::{Action, Standing, Viewer, require};
use chamada_domain::tree::{Strictness, check_place};
use chamada_domain::{
    CategoryId, EmailAddress, FieldError, Kind, Priority, Refusal, Settings, StaffMember, Status, Ticket, TicketNumber, Timestamp, UnitId,
    User, UserId, Watcher,
};
use chamada_store::{Configuration, StoreError};
use chamada_web::read::{email, id, line, list, timestamp, word};
use chamada_web::{App, Fields, Id, IfMatch, Input, Json, Problem, Visitor, Write};

use crate::asked::Asked;
use crate::open::{MAX_CC, MAX_TITLE};
use crate::people::{assignee, no_assignee, watchers};
use crate::read::{answer, see};
use crate::salt;
use crate::view::TicketView;

/// New values of some fields; what is left out stays.
#[derive(Debug, Clone, utoipa::ToSchema)]
#[schema(as = TicketChange)]
pub(crate) struct ChangeBody {
    #[schema(min_length = 1, max_length = 200, nullable = false)]
    title: Option<String>,
    #[schema(nullable = false)]
    status: Option<Status>,
    #[schema(nullable = false)]
    priority: Option<Priority>,
    #[schema(nullable = false)]
    kind: Option<Kind>,
    #[schema(value_type = Option<CategoryId>)]
    category_id: Option<Option<CategoryId>>,
    #[schema(value_type = Option<CategoryId>)]
    subcategory_id: Option<Option<CategoryId>>,
    #[schema(value_type = Option<UnitId>)]
    corporation_id: Option<Option<UnitId>>,
    #[schema(value_type = Option<UnitId>)]
    company_id: Option<Option<UnitId>>,
    #[schema(value_type = Option<UnitId>)]
    site_id: Option<Option<UnitId>>,
    #[schema(value_type = Option<UnitId>)]
    cost_centre_id: Option<Option<UnitId>>,
    /// Null for nobody.
    #[schema(value_type = Option<UserId>)]
    assignee_id: Option<Option<UserId>>,
    /// Null for none.
    #[schema(value_type = Option<Timestamp>)]
    due_at: Option<Option<Timestamp>>,
    #[schema(max_items = 20, nullable = false)]
    cc: Option<Vec<EmailAddress>>,
}

impl Input for ChangeBody {
    fn read(f: &mut Fields<'_>) -> Option<Self> {
        let title = f.changed("title", line(1..=MAX_TITLE));
        let status = f.changed("status", word());
        let priority = f.changed("priority", word());
        let kind = f.changed("kind", word());
        let category_id = f.changed_or_cleared("category_id", id());
        let subcategory_id = f.changed_or_cleared("subcategory_id", id());
        let corporation_id = f.changed_or_cleared("corporation_id", id());
        let company_id = f.changed_or_cleared("company_id", id());
        let site_id = f.changed_or_cleared("site_id", id());
        let cost_centre_id = f.changed_or_cleared("cost_centre_id", id());
        let assignee_id = f.changed_or_cleared("assignee_id", id());
        let due_at = f.changed_or_cleared("due_at", timestamp());
        let cc = f.changed("cc", list(0..=MAX_CC.0, email()));
        Some(Self {
            title: title?,
            status: status?,
            priority: priority?,
            kind: kind?,
            category_id: category_id?,
            subcategory_id: subcategory_id?,
            corporation_id: corporation_id?,
            company_id: company_id?,
            site_id: site_id?,
            cost_centre_id: cost_centre_id?,
            assignee_id: assignee_id?,
            due_at: due_at?,
            cc: cc?,
        })
    }
}

impl ChangeBody {
    fn touches_place(&self) -> bool {
        let units = [&self.corporation_id, &self.company_id, &self.site_id, &self.cost_centre_id];
        self.kind.is_some() || self.category_id.is_some() || self.subcategory_id.is_some() || units.iter().any(|unit| unit.is_some())
    }

    fn place(&self, now: &Place) -> Place {
        Place {
            kind: self.kind.unwrap_or(now.kind),
            category_id: self.category_id.clone().unwrap_or_else(|| now.category_id.clone()),
            subcategory_id: self.subcategory_id.clone().unwrap_or_else(|| now.subcategory_id.clone()),
            corporation_id: self.corporation_id.clone().unwrap_or_else(|| now.corporation_id.clone()),
            company_id: self.company_id.clone().unwrap_or_else(|| now.company_id.clone()),
            site_id: self.site_id.clone().unwrap_or_else(|| now.site_id.clone()),
            cost_centre_id: self.cost_centre_id.clone().unwrap_or_else(|| now.cost_centre_id.clone()),
        }
    }

    /// The change to a ticket that stands at `now`, with the people whom it names; before they are known, it serves to ask who may do this.
    fn amendment(&self, now: &Place, assignee: Option<StaffMember>, cc: Option<Vec<Watcher>>) -> Amendment {
        Amendment {
            title: self.title.clone(),
            status: self.status,
            priority: self.priority,
            place: self.touches_place().then(|| self.place(now)),
            assignee: self.assignee_id.as_ref().map(|_| assignee),
            due_at: self.due_at,
            cc: self.cc.as_ref().map(|_| cc.unwrap_or_default()),
        }
    }
}

/// Changes fields; each change is an entry of the history.
#[utoipa::path(
    patch, path = "/api/tickets/{number}", tag = "tickets", request_body = ChangeBody,
    params(("number" = TicketNumber, Path), chamada_web::openapi::IfMatchHeader, chamada_web::openapi::IdempotencyHeader),
    responses((status = 200, body = TicketView), chamada_web::openapi::WriteProblems, chamada_web::openapi::VersionProblems)
)]
pub(crate) async fn change(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Id(number): Id<TicketNumber>,
    version: IfMatch,
    request: Write<ChangeBody>,
) -> Result<Json<TicketView>, Problem> {
    let asked = Asked::of(app, caller, number, &request).await?;
    let (app, viewer, settings) = (&asked.app, &asked.viewer, asked.settings());
    let cc = watched_by(app, viewer, number, &request.body, settings).await?;
    let pen = asked.pen().await?;
    let mut unversioned = false;
    let decide = |ticket: Ticket, assignee: &Option<User>| {
        let standing = Standing::of(viewer, &ticket);
        require(standing, Action::See, settings)?;
        let member = assignee.as_ref().map(User::as_staff_member);
        let change = request.body.amendment(&ticket.place, member, cc.clone());
        permit(standing, &change, settings)?;
        unversioned = version.needed().is_err();
        match version.needed() {
            Ok(version) if version == ticket.version => {}
            Ok(_) | Err(_) => return Err(Refusal::Stale),
        }
        // Not before: nobody learns by a faulty field who works here.
        if matches!(request.body.assignee_id, Some(Some(_))) && assignee.is_none() {
            return Err(no_assignee().into());
        }
        draft(ticket, change, &asked.configuration, &pen)
    };
    let assignee = assignee(app, request.body.assignee_id.as_ref().and_then(Option::as_ref));
    let outcome = app.store.change_ticket_knowing(number, &asked.with(), assignee, decide).await;
    match outcome {
        Err(StoreError::Refused(Refusal::Stale)) if unversioned => Err(Problem::version_needed()),
        Err(StoreError::Refused(Refusal::Stale)) => {
            let ticket = app.store.ticket(number).await?;
            Err(Problem::stale().with_current(&answer(&ticket, viewer, settings).0))
        }
        outcome => {
            if let Ok(draft) = &outcome {
                app.store.mark_used(draft.ticket.place.ids()).await?;
            }
            asked.answer(outcome.map(|draft| draft.ticket)).await
        }
    }
}

/// The people of `cc`, where it is changed: looked up, and made where they are unknown, for those alone who may name them.
async fn watched_by(
    app: &App,
    viewer: &Viewer,
    number: TicketNumber,
    body: &ChangeBody,
    settings: &Settings,
) -> Result<Option<Vec<Watcher>>, Problem> {
    let Some(cc) = &body.cc else { return Ok(None) };
    let ticket = app.store.ticket(number).await?;
    let standing = see(viewer, &ticket, settings)?;
    permit(standing, &body.amendment(&ticket.place, None, None), settings)?;
    if cc.len() > MAX_CC.1 && !standing.sees_hidden(settings) {
        return Err(FieldError::new("cc", "too_many", "This may have 5 addresses at most.").into());
    }
    Ok(Some(watchers(app, cc, &ticket.requester.id, settings.default_locale).await?))
}

/// Whether somebody of this standing may change all of this.
fn permit(standing: Standing, change: &Amendment, settings: &Settings) -> Result<(), Refusal> {
    change
        .actions()
        .into_iter()
        .try_for_each(|action| require(standing, action, settings))
}

fn draft(ticket: Ticket, change: Amendment, configuration: &Configuration, pen: &Pen) -> Result<Draft, Refusal> {
    if let Some(place) = change.place.as_ref().filter(|place| **place != ticket.place) {
        check_place(
            place,
            &configuration.organisation.value,
            &configuration.categories.value,
            Strictness::Existing,
        )?;
    }
    Ok(amend(ticket, change, pen, &mut salt))
}
