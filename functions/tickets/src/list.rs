//! `GET /api/tickets`: which list serves which question.

use std::collections::HashSet;

use axum::extract::State;
use axum::response::Response;
use chamada_domain::permission::{Action, Standing, Viewer};
use chamada_domain::{CategoryId, Kind, Role, Settings, SpecialistsSee, Status, Ticket, UnitId, User, UserId};
use chamada_store::{List, ListPage, ListPosition};
use chamada_web::read::{boolean, id, word};
use chamada_web::{App, Conditional, CursorKey, Fields, Input, Page, Paging, Problem, Query, SignedIn};
use serde::{Deserialize, Serialize};

use crate::view::TicketView;

/// The order of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, utoipa::ToSchema)]
pub(crate) enum Sort {
    /// Latest change first.
    #[default]
    #[serde(rename = "-updated_at")]
    Updated,
    /// Most pressing first; pending ones alone.
    #[serde(rename = "-priority")]
    Priority,
    /// Earliest estimated date first; pending ones alone.
    #[serde(rename = "due_at")]
    Due,
}

/// A status, or the three that are pending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum StatusWord {
    New,
    InProcess,
    OnHold,
    Resolved,
    Cancelled,
    Pending,
}

impl StatusWord {
    fn means(self, status: Status) -> bool {
        match self {
            Self::New => status == Status::New,
            Self::InProcess => status == Status::InProcess,
            Self::OnHold => status == Status::OnHold,
            Self::Resolved => status == Status::Resolved,
            Self::Cancelled => status == Status::Cancelled,
            Self::Pending => status.is_pending(),
        }
    }
}

/// Whose tickets: somebody's, one's own, nobody's.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Whose {
    Me,
    None,
    Of(UserId),
}

impl std::str::FromStr for Whose {
    type Err = chamada_domain::FieldError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "me" => Ok(Self::Me),
            "none" => Ok(Self::None),
            id => id.parse().map(Self::Of),
        }
    }
}

/// Whose requests: somebody's or one's own. A ticket without a requester is not.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Requester {
    Me,
    Of(UserId),
}

impl std::str::FromStr for Requester {
    type Err = chamada_domain::FieldError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "me" => Ok(Self::Me),
            id => id.parse().map(Self::Of),
        }
    }
}

/// What a list is asked for.
#[derive(Debug)]
pub(crate) struct Wanted {
    statuses: Vec<Status>,
    assignee: Option<Whose>,
    requester: Option<Requester>,
    kind: Option<Kind>,
    category_id: Option<CategoryId>,
    company_id: Option<UnitId>,
    deleted: bool,
    sort: Sort,
    paging: Paging,
}

impl Input for Wanted {
    fn read(f: &mut Fields<'_>) -> Option<Self> {
        let statuses = f.repeated("status", word::<StatusWord>());
        let assignee = f.optional("assignee", id());
        let requester = f.optional("requester", id());
        let kind = f.optional("kind", word());
        let category_id = f.optional("category_id", id());
        let company_id = f.optional("company_id", id());
        let deleted = f.or_default("deleted", boolean());
        let sort = f.or_default("sort", word());
        let paging = f.paging();
        Some(Self {
            statuses: expand(&statuses?),
            assignee: assignee?,
            requester: requester?,
            kind: kind?,
            category_id: category_id?,
            company_id: company_id?,
            deleted: deleted?,
            sort: sort?,
            paging: paging?,
        })
    }
}

fn expand(words: &[StatusWord]) -> Vec<Status> {
    let named = |status: &Status| words.iter().any(|word| word.means(*status));
    Status::ALL
        .iter()
        .copied()
        .filter(|status| words.is_empty() || named(status))
        .collect()
}

/// How a list is read: which index, what is left out of it, and whether it is put into another order in memory.
struct Plan {
    list: List,
    filtered: bool,
    sorted: bool,
    /// Rows that nobody attends to are shown though their tickets may not be opened yet: the list 'to take'.
    to_take: bool,
}

impl Wanted {
    /// Who must attend to it, with `me` resolved.
    fn assignee(&self, user: &User) -> Option<Option<UserId>> {
        self.assignee.as_ref().map(|whose| match whose {
            Whose::Me => Some(user.id.clone()),
            Whose::None => None,
            Whose::Of(id) => Some(id.clone()),
        })
    }

    /// Whose it must be, with `me` resolved.
    fn requester(&self, user: &User) -> Option<UserId> {
        self.requester.as_ref().map(|whose| match whose {
            Requester::Me => user.id.clone(),
            Requester::Of(id) => id.clone(),
        })
    }

    fn statuses(&self) -> Vec<Status> {
        let pending_alone = self.sort != Sort::Updated;
        self.statuses
            .iter()
            .copied()
            .filter(|status| !pending_alone || status.is_pending())
            .collect()
    }

    fn plan(&self, user: &User, settings: &Settings) -> Plan {
        if self.deleted {
            return self.in_order_of(List::Deleted);
        }
        let assignee = self.assignee(user);
        let requester = self.requester(user);
        let sees_all = match user.role {
            Role::Administrator => true,
            Role::Specialist => settings.specialists_see == SpecialistsSee::All,
            Role::User => false,
        };
        let to_take = user.role == Role::Specialist && settings.specialists_claim && assignee == Some(None);
        let list = match (sees_all, requester, assignee) {
            (true, Some(requester), _) if requester == user.id => List::Own(requester),
            (true, Some(requester), _) => List::Follower(requester),
            // Nobody's may be many: they are read in the order that is asked for, and filtered.
            (true, None, Some(None)) if self.sort != Sort::Updated => return self.general(),
            (true, None, Some(assignee)) => self.attended(assignee),
            (true, None, None) => return self.general(),
            (false, None, Some(None)) if to_take => self.attended(None),
            (false, requester, _) if user.role == Role::Specialist && requester.as_ref() != Some(&user.id) => {
                self.attended(Some(user.id.clone()))
            }
            (false, ..) => List::Own(user.id.clone()),
        };
        Plan {
            filtered: self.filters_rows(&list),
            list,
            sorted: self.sort != Sort::Updated,
            to_take,
        }
    }

    fn attended(&self, assignee: Option<UserId>) -> List {
        let statuses = self.statuses();
        let any = |pending: bool| statuses.iter().any(|status| status.is_pending() == pending);
        List::Assignee {
            assignee,
            pending: any(true),
            closed: any(false),
        }
    }

    fn general(&self) -> Plan {
        let list = match self.sort {
            Sort::Updated => List::Statuses(self.statuses()),
            Sort::Priority => List::PendingByPriority,
            Sort::Due => List::PendingByDue,
        };
        self.in_order_of(list)
    }

    /// A list as its index has it.
    fn in_order_of(&self, list: List) -> Plan {
        Plan {
            filtered: self.filters_rows(&list),
            list,
            sorted: false,
            to_take: false,
        }
    }

    /// Whether the index holds rows that this list leaves out.
    fn filters_rows(&self, list: &List) -> bool {
        let statuses = self.statuses();
        let whole = |pending: bool| {
            let group: Vec<_> = Status::ALL.iter().filter(|status| status.is_pending() == pending).collect();
            let named = group.iter().filter(|status| statuses.contains(status)).count();
            named == 0 || named == group.len()
        };
        let by_status = match list {
            List::Statuses(_) => false,
            List::Assignee { .. } => !(whole(true) && whole(false)),
            List::PendingByPriority | List::PendingByDue => !(whole(true)),
            List::Follower(_) | List::Own(_) | List::Deleted => statuses.len() < Status::ALL.len(),
        };
        let by_person =
            matches!(list, List::Follower(_) | List::Own(_)) || (self.assignee.is_some() && !matches!(list, List::Assignee { .. }));
        by_status
            || by_person && (self.assignee.is_some() || self.requester.is_some())
            || self.kind.is_some()
            || self.category_id.is_some()
            || self.company_id.is_some()
    }

    /// Whether a row is asked for.
    fn wants(&self, ticket: &Ticket, user: &User) -> bool {
        let attends = ticket.assignee.as_ref().map(|member| &member.id);
        let place = &ticket.place;
        self.statuses().contains(&ticket.status)
            && self.assignee(user).is_none_or(|wanted| wanted.as_ref() == attends)
            && self.requester(user).is_none_or(|wanted| wanted == ticket.requester.id)
            && self.kind.is_none_or(|kind| kind == place.kind)
            && self.category_id.as_ref().is_none_or(|id| Some(id) == place.category_id.as_ref())
            && self.company_id.as_ref().is_none_or(|id| Some(id) == place.company_id.as_ref())
    }
}

/// Where a list goes on.
#[derive(Debug, Serialize, Deserialize)]
enum Place {
    /// Behind this row of the index.
    Row(ListPosition),
    /// Behind so many rows of a list that was put in order in memory.
    Rank(usize),
}

/// What the caller's role sees, filtered and sorted.
#[utoipa::path(
    get, path = "/api/tickets", tag = "tickets",
    params(
        ("status" = inline(Option<Vec<StatusWord>>), Query, description = "Repeatable; `pending` stands for `new`, `in_process` and `on_hold`."),
        ("assignee" = Option<String>, Query, pattern = "^(me|none|usr_[0-9A-Za-z]{1,40})$", description = "An id, `me` or `none`."),
        ("requester" = Option<String>, Query, pattern = "^(me|usr_[0-9A-Za-z]{1,40})$", description = "An id or `me`."),
        ("kind" = Option<Kind>, Query), ("category_id" = Option<CategoryId>, Query), ("company_id" = Option<UnitId>, Query),
        ("deleted" = Option<bool>, Query, description = "Deleted tickets alone, latest deletion first; administrators."),
        ("sort" = inline(Option<Sort>), Query), chamada_web::openapi::PagingParams
    ),
    responses((status = 200, body = Page<TicketView>), (status = 304), chamada_web::openapi::ReadProblems)
)]
pub(crate) async fn list(
    State(app): State<App>,
    SignedIn { caller, user }: SignedIn,
    query: Query<Wanted>,
    known: Conditional,
) -> Result<Response, Problem> {
    if query.value.deleted {
        caller.administrator()?;
    }
    let configuration = app.store.configuration().await?;
    let settings = &configuration.settings;
    let cursors = CursorKey::of(&app.platform).await?;
    let place = match query.value.paging.cursor.as_deref().filter(|cursor| !cursor.is_empty()) {
        Some(cursor) => Some(cursors.open::<Place>(&caller.name()?, &query.filters, cursor)?),
        None => None,
    };
    let plan = query.value.plan(&user, settings);
    let viewer = caller.viewer();
    let (tickets, next) = if plan.sorted {
        sorted(&app, &plan, &query.value, (&user, &viewer, settings), place).await?
    } else {
        in_index_order(&app, &plan, &query.value, (&user, &viewer, settings), place).await?
    };
    let next_cursor = next
        .map(|place| cursors.seal(&caller.name()?, &query.filters, &place))
        .transpose()?;
    let items = tickets
        .iter()
        .map(|ticket| TicketView::new(ticket, Standing::of(&viewer, ticket), settings))
        .collect();
    known.answer(None, &Page { items, next_cursor })
}

/// Who asks, and by which rules they see.
type Eyes<'a> = (&'a User, &'a Viewer, &'a Settings);

async fn page(
    app: &App,
    plan: &Plan,
    wanted: &Wanted,
    eyes: Eyes<'_>,
    start: Option<ListPosition>,
    limit: u16,
) -> Result<ListPage, Problem> {
    let (user, viewer, settings) = eyes;
    let shown = |ticket: &Ticket| plan.to_take || Standing::of(viewer, ticket).permits(Action::See, settings);
    let pass = |ticket: &Ticket| wanted.wants(ticket, user) && shown(ticket);
    Ok(app.store.list(&plan.list, start, limit, plan.filtered || plan.sorted, pass).await?)
}

async fn in_index_order(
    app: &App,
    plan: &Plan,
    wanted: &Wanted,
    eyes: Eyes<'_>,
    place: Option<Place>,
) -> Result<(Vec<Ticket>, Option<Place>), Problem> {
    let start = match place {
        Some(Place::Row(position)) => Some(position),
        Some(Place::Rank(_)) => return Err(Problem::bad_cursor()),
        None => None,
    };
    let limit = u16::try_from(wanted.paging.limit).unwrap_or(100);
    let page = page(app, plan, wanted, eyes, start, limit).await?;
    Ok((page.tickets, page.next.map(Place::Row)))
}

/// Round trips that a list may take which is put in order in memory: 4,000 rows.
const MOST_PARTS: usize = 10;

/// One person's open tickets are few: they are read whole and put in order here.
async fn sorted(
    app: &App,
    plan: &Plan,
    wanted: &Wanted,
    eyes: Eyes<'_>,
    place: Option<Place>,
) -> Result<(Vec<Ticket>, Option<Place>), Problem> {
    let rank = match place {
        Some(Place::Rank(rank)) => rank,
        Some(Place::Row(_)) => return Err(Problem::bad_cursor()),
        None => 0,
    };
    let (mut tickets, mut start) = (Vec::new(), None);
    for _ in 0..MOST_PARTS {
        let part = page(app, plan, wanted, eyes, start, u16::MAX).await?;
        tickets.extend(part.tickets);
        start = part.next;
        if start.is_none() {
            break;
        }
    }
    match wanted.sort {
        Sort::Due => tickets.sort_by_key(|ticket| (ticket.due_at.is_none(), ticket.due_at, ticket.number)),
        Sort::Priority | Sort::Updated => {
            tickets.sort_by_key(|ticket| std::cmp::Reverse((ticket.priority, ticket.updated_at, ticket.number)))
        }
    }
    // A ticket that changed while its list was read, or that is in it for two reasons, stands there twice.
    let mut seen = HashSet::new();
    tickets.retain(|ticket| seen.insert(ticket.number));
    let limit = wanted.paging.limit as usize;
    let more = tickets.len() > rank + limit;
    let rows = tickets.into_iter().skip(rank).take(limit).collect();
    Ok((rows, more.then_some(Place::Rank(rank + limit))))
}
