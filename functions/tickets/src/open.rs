//! `POST /api/tickets`.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use chamada_domain::draft::{Draft, Pen, Writer};
use chamada_domain::entry::{AttachedFile, Place};
use chamada_domain::open::NewTicket;
use chamada_domain::permission::Standing;
use chamada_domain::tree::{Strictness, check_place};
use chamada_domain::{AttachmentId, CategoryId, EmailAddress, FieldError, Kind, Priority, Role, Ticket, TicketNumber, UnitId, User};
use chamada_store::{Configuration, Made, StoreError, With};
use chamada_web::idempotency::of_anyone;
use chamada_web::read::{email, id, line, list, object, text, word};
use chamada_web::{App, Caller, Fields, Input, Json, Problem, SourceAddress, Write};
use http::{StatusCode, header::LOCATION};

use crate::files::{MAX_FILES, attach, distinct};
use crate::guest::{self, Guest, Opener};
use crate::people::{person, watchers};
use crate::read::see;
use crate::salt;
use crate::view::TicketView;

/// The longest title, in characters.
pub(crate) const MAX_TITLE: usize = 200;
/// The longest message, in characters.
pub(crate) const MAX_BODY: usize = 65_536;
/// The most watchers that staff, and others, may name.
pub(crate) const MAX_CC: (usize, usize) = (20, 5);

/// A new ticket.
#[derive(Debug, utoipa::ToSchema)]
#[schema(as = NewTicket)]
pub(crate) struct NewTicketBody {
    #[schema(min_length = 1, max_length = 200)]
    title: String,
    #[schema(min_length = 1, max_length = 65_536)]
    body: String,
    kind: Kind,
    category_id: Option<CategoryId>,
    subcategory_id: Option<CategoryId>,
    corporation_id: Option<UnitId>,
    company_id: Option<UnitId>,
    site_id: Option<UnitId>,
    cost_centre_id: Option<UnitId>,
    /// Staff alone.
    priority: Option<Priority>,
    /// On whose behalf; staff alone.
    requester: Option<OnBehalf>,
    #[schema(max_items = 20, required = false)]
    cc: Vec<EmailAddress>,
    #[schema(max_items = 20, required = false)]
    attachment_ids: Vec<AttachmentId>,
    /// Whoever has not signed in says here who they are, where `guest_tickets` is on. They name nobody in `cc` and 5 files at most, and the ticket
    /// becomes visible to staff when the link that is mailed to the address is first used.
    guest: Option<Guest>,
}

/// On whose behalf a ticket is opened.
#[derive(Debug, utoipa::ToSchema)]
pub(crate) struct OnBehalf {
    email: EmailAddress,
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
}

impl Input for NewTicketBody {
    fn read(f: &mut Fields<'_>) -> Option<Self> {
        let title = f.required("title", line(1..=MAX_TITLE));
        let body = f.required("body", text(1..=MAX_BODY));
        let kind = f.required("kind", word());
        let category_id = f.optional("category_id", id());
        let subcategory_id = f.optional("subcategory_id", id());
        let corporation_id = f.optional("corporation_id", id());
        let company_id = f.optional("company_id", id());
        let site_id = f.optional("site_id", id());
        let cost_centre_id = f.optional("cost_centre_id", id());
        let priority = f.optional("priority", word());
        let requester = f.optional("requester", object(on_behalf));
        let cc = f.or_default("cc", list(0..=MAX_CC.0, email()));
        let attachment_ids = f.or_default("attachment_ids", list(0..=MAX_FILES, id()));
        let guest = f.optional("guest", object(Guest::read));
        Some(Self {
            title: title?,
            body: body?,
            kind: kind?,
            category_id: category_id?,
            subcategory_id: subcategory_id?,
            corporation_id: corporation_id?,
            company_id: company_id?,
            site_id: site_id?,
            cost_centre_id: cost_centre_id?,
            priority: priority?,
            requester: requester?,
            cc: cc?,
            attachment_ids: distinct(attachment_ids?),
            guest: guest?,
        })
    }
}

fn on_behalf(f: &mut Fields<'_>) -> Option<OnBehalf> {
    let email = f.required("email", email());
    let name = f.optional("name", line(1..=User::MAX_NAME));
    Some(OnBehalf {
        email: email?,
        name: name?,
    })
}

impl NewTicketBody {
    fn place(&self) -> Place {
        Place {
            kind: self.kind,
            category_id: self.category_id.clone(),
            subcategory_id: self.subcategory_id.clone(),
            corporation_id: self.corporation_id.clone(),
            company_id: self.company_id.clone(),
            site_id: self.site_id.clone(),
            cost_centre_id: self.cost_centre_id.clone(),
        }
    }

    /// Every fault that depends on who asks and on the trees.
    fn check(&self, author: Option<&User>, configuration: &Configuration) -> Result<(), Problem> {
        let mut faults = match (author, &self.guest) {
            (None, _) => guest::faults(self.cc.len(), self.attachment_ids.len()),
            (Some(_), Some(_)) => vec![FieldError::new("guest", "not_allowed", "Whoever is signed in is no guest.")],
            (Some(_), None) => Vec::new(),
        };
        if !author.is_some_and(|author| author.role.is_staff()) {
            faults.extend(self.priority.map(|_| FieldError::staff_only("priority")));
            faults.extend(self.requester.as_ref().map(|_| FieldError::staff_only("requester")));
            if author.is_some() && self.cc.len() > MAX_CC.1 {
                faults.push(FieldError::new("cc", "too_many", "This may have 5 addresses at most."));
            }
        }
        let place = check_place(
            &self.place(),
            &configuration.organisation.value,
            &configuration.categories.value,
            Strictness::Required,
        );
        if let Err(chamada_domain::Refusal::Invalid(more)) = place {
            faults.extend(more);
        }
        if faults.is_empty() { Ok(()) } else { Err(Problem::invalid(faults)) }
    }
}

/// Opens a ticket.
///
/// Where `guest_tickets` is on, somebody who has not signed in may, with `guest`: 5 an hour for one address, 30 for one source.
#[utoipa::path(
    post, path = "/api/tickets", tag = "tickets", security((), ("session" = [])), request_body = NewTicketBody,
    params(chamada_web::openapi::IdempotencyHeader),
    responses((status = 201, body = TicketView, headers(("Location" = String))), chamada_web::openapi::WriteProblems)
)]
pub(crate) async fn open(
    State(app): State<App>,
    Opener(caller): Opener,
    source: SourceAddress,
    request: Write<NewTicketBody>,
) -> Result<Response, Problem> {
    let guest = request.body.guest.clone();
    if caller.user.is_none() {
        guest.as_ref().ok_or_else(Problem::sign_in_needed)?.count(&app, source).await?;
    }
    let idempotency = of_anyone(&caller, source, &request, app.now());
    if let Some(number) = replayed(app.store.replay(idempotency.as_ref()).await)? {
        return answer(&app, &caller, number, guest).await;
    }
    let configuration = app.store.configuration().await?;
    request.body.check(caller.user.as_ref(), &configuration)?;
    // Without a session nothing was uploaded.
    let owner = caller.name().unwrap_or_default();
    let (number, files) = futures::join!(app.store.next_number(), attach(&app, &owner, &request.body.attachment_ids));
    // Before anybody becomes known by a request that is refused.
    let (number, (attachments, uploads)) = (number?, files?);
    let author = author(&app, &caller, guest.as_ref(), &configuration).await?;
    let mut draft = draft(&app, &caller, &author, request.body, &configuration, (number, attachments)).await?;
    draft.ticket.held = caller.user.is_none();
    let with = With {
        idempotency: idempotency.as_ref(),
        uploads: uploads.as_ref(),
        import: None,
    };
    // Before: what a ticket names must never look unused.
    app.store.mark_used(draft.ticket.place.ids()).await?;
    let number = match replayed(app.store.open_ticket(&draft, &with).await)? {
        Some(earlier) => earlier,
        None => draft.ticket.number,
    };
    if number == draft.ticket.number {
        return Ok(created(&caller, draft.ticket, guest, &configuration));
    }
    answer(&app, &caller, number, guest).await
}

/// Who writes the ticket: whoever is signed in, or whom the guest says to be.
async fn author(app: &App, caller: &Caller, guest: Option<&Guest>, configuration: &Configuration) -> Result<User, Problem> {
    match (&caller.user, guest) {
        (Some(user), _) => Ok(user.clone()),
        (None, Some(guest)) => Ok(person(app, &guest.email, Some(&guest.name), configuration.settings.default_locale).await?),
        (None, None) => Err(Problem::sign_in_needed()),
    }
}

/// The ticket that an earlier request of the same key opened; nothing where this one is the first.
fn replayed(outcome: Result<(), StoreError>) -> Result<Option<TicketNumber>, Problem> {
    match outcome {
        Ok(()) => Ok(None),
        Err(StoreError::Replayed(Made { ticket: Some(number), .. })) => Ok(Some(TicketNumber(number))),
        Err(error) => Err(error.into()),
    }
}

async fn answer(app: &App, caller: &Caller, number: TicketNumber, guest: Option<Guest>) -> Result<Response, Problem> {
    let (ticket, configuration) = (app.store.ticket(number).await?, app.store.configuration().await?);
    match &caller.user {
        // Who opened it for somebody else may not see it afterwards; that it is deleted is for administrators.
        Some(_) if ticket.deleted_at.is_some() => drop(see(&caller.viewer(), &ticket, &configuration.settings)?),
        Some(_) => {}
        // What became of a ticket since its requester came is no stranger's to know.
        None if !ticket.held => return Err(Problem::not_found()),
        None => {}
    }
    Ok(created(caller, ticket, guest, &configuration))
}

fn created(caller: &Caller, mut ticket: Ticket, guest: Option<Guest>, configuration: &Configuration) -> Response {
    let standing = Standing::of(&caller.viewer(), &ticket);
    // What the account of an address is called is no stranger's to know.
    if let (None, Some(guest)) = (&caller.user, guest) {
        ticket.requester.name = guest.name;
    }
    let view = TicketView::new(&ticket, standing, &configuration.settings);
    let location = format!("/api/tickets/{}", ticket.number);
    (StatusCode::CREATED, [(LOCATION, location)], Json(view)).into_response()
}

async fn draft(
    app: &App,
    caller: &Caller,
    author: &User,
    body: NewTicketBody,
    configuration: &Configuration,
    (number, attachments): (TicketNumber, Vec<AttachedFile>),
) -> Result<Draft, Problem> {
    let locale = configuration.settings.default_locale;
    let place = body.place();
    let requester = match &body.requester {
        Some(other) => person(app, &other.email, other.name.as_deref(), locale).await?,
        None => author.clone(),
    };
    let cc = watchers(app, &body.cc, &requester.id, locale).await?;
    let new = NewTicket {
        channel: caller.channel(),
        title: body.title,
        body: body.body,
        requester: requester.as_person(),
        place,
        priority: body.priority.unwrap_or(Priority::Normal),
        cc,
        attachments,
        mail: None,
        quoted: None,
        continues: None,
    };
    let pen = Pen {
        at: app.now(),
        via: caller.channel().into(),
        author: Some(match &caller.user {
            Some(_) => Writer::of(author),
            // Nobody vouches for whom a guest says to be: theirs is no staff's word.
            None => Writer {
                role: Role::User,
                ..Writer::of(author)
            },
        }),
    };
    chamada_domain::open::open(number, new, &pen, &mut salt).ok_or_else(|| Problem::internal("a new ticket has no opening"))
}
