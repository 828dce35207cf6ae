//! `PATCH /api/tickets/{number}`.

use axum::extract::State;
use chamada_domain::amend::{Amendment, amend};
use chamada_domain::draft::{Draft, Pen};
use chamada_domain::entry::Place;
use chamada_domain::permission::{Action, Standing, require};
use chamada_domain::tree::{Strictness, check_place};
use chamada_domain::{
    CategoryId, EmailAddress, FieldError, Kind, Priority, Refusal, Settings, StaffMember, Status, Ticket, TicketNumber, Timestamp, UnitId,
    User, UserId, Watcher,
};
use chamada_store::{Configuration, StoreError};
use chamada_web::read::{email, id, line, list, timestamp, word};
use chamada_web::{App, Fields, Id, IfMatch, Input, Json, Problem, Visitor, Write};
use futures::future::try_join;

use crate::asked::Asked;
use crate::open::{MAX_CC, MAX_TITLE};
use crate::people::{assignee, no_assignee, watchers};
use crate::read::answer;
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
    let change = Change {
        body: &request.body,
        version: version.needed().ok(),
        pen: asked.pen(),
        asked: &asked,
    };
    let outcome = change.carry_out().await;
    match outcome {
        Err(StoreError::Refused(Refusal::Stale)) if change.version.is_none() => Err(Problem::version_needed()),
        Err(StoreError::Refused(Refusal::Stale)) => {
            let ticket = asked.app.store.ticket(number).await?;
            Err(Problem::stale().with_current(&answer(&ticket, &asked.viewer, asked.settings()).0))
        }
        outcome => {
            if let Ok(draft) = &outcome {
                asked.app.store.mark_used(draft.ticket.place.ids()).await?;
            }
            asked.answer(outcome.map(|draft| draft.ticket)).await
        }
    }
}

/// A change that somebody asks for, and how.
struct Change<'a> {
    asked: &'a Asked,
    body: &'a ChangeBody,
    /// The version of the ticket that they know.
    version: Option<u64>,
    pen: Pen,
}

impl Change<'_> {
    async fn carry_out(&self) -> Result<Draft, StoreError> {
        let asked = self.asked;
        let cc = match &self.body.cc {
            Some(addresses) => Some(self.watchers(addresses).await?),
            None => None,
        };
        let decide = |ticket: Ticket, assignee: &Option<User>| self.draft(ticket, assignee.as_ref(), cc.clone());
        asked
            .app
            .store
            .change_ticket_knowing(asked.number, &asked.with(), self.assignee(), decide)
            .await
    }

    async fn assignee(&self) -> Result<Option<User>, StoreError> {
        assignee(&self.asked.app, self.body.assignee_id.as_ref().and_then(Option::as_ref)).await
    }

    /// The people of `cc`, looked up, and made where they are unknown: by a change alone that is carried out then. One that is refused, or was carried
    /// out before, makes nobody known.
    async fn watchers(&self, addresses: &[EmailAddress]) -> Result<Vec<Watcher>, StoreError> {
        let asked = self.asked;
        let store = &asked.app.store;
        store.replay(asked.idempotency.as_ref()).await?;
        let (ticket, assignee) = try_join(store.ticket(asked.number), self.assignee()).await?;
        let requester = ticket.requester.id.clone();
        self.draft(ticket, assignee.as_ref(), None)?;
        watchers(&asked.app, addresses, &requester, asked.settings().default_locale).await
    }

    /// The ticket changed, where the caller may do that, knows it as it is, and names nothing that is not there.
    fn draft(&self, ticket: Ticket, assignee: Option<&User>, cc: Option<Vec<Watcher>>) -> Result<Draft, Refusal> {
        let settings = self.asked.settings();
        let standing = Standing::of(&self.asked.viewer, &ticket);
        require(standing, Action::See, settings)?;
        let change = self.body.amendment(&ticket.place, assignee.map(User::as_staff_member), cc);
        permit(standing, &change, settings)?;
        if self.version != Some(ticket.version) {
            return Err(Refusal::Stale);
        }
        // Not before: nobody learns by a faulty field who works here.
        if matches!(self.body.assignee_id, Some(Some(_))) && assignee.is_none() {
            return Err(no_assignee().into());
        }
        let named = self.body.cc.as_ref().map_or(0, Vec::len);
        if named > MAX_CC.1 && !standing.sees_hidden(settings) {
            return Err(FieldError::new("cc", "too_many", "This may have 5 addresses at most.").into());
        }
        draft(ticket, change, &self.asked.configuration, &self.pen)
    }
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
