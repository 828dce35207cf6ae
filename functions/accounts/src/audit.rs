//! Who changed what, for administrators.

use std::collections::{BTreeSet, HashMap};

use axum::extract::State;
use axum::response::Response;
use chamada_domain::audit::{AuditChange, AuditRecord};
use chamada_domain::{AuditAction, AuditKind, Timestamp, UserId};
use chamada_store::StoreError;
use chamada_web::openapi::{PagingParams, ReadProblems};
use chamada_web::{Administrator, App, Conditional, Page, Pager, Paging, Problem, Query};
use serde::Serialize;
use utoipa::ToSchema;

/// Somebody, as they are called now.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = AuditPerson)]
pub(crate) struct PersonView {
    /// Who.
    #[schema(value_type = String)]
    id: UserId,
    /// What they are called now; empty where the account is gone.
    name: String,
}

/// What was changed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditTarget)]
pub(crate) struct TargetView {
    /// What kind of thing.
    kind: AuditKind,
    /// Which, where there are several.
    id: Option<String>,
    /// What it is called now, where it is a person or mailbox that is still there.
    name: Option<String>,
}

/// One change.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditRecord)]
pub(crate) struct RecordView {
    /// When.
    #[schema(value_type = String, format = "date-time")]
    at: Timestamp,
    /// Who; null where an operator did it at the machine.
    by: Option<PersonView>,
    /// What was done.
    action: AuditAction,
    /// To what.
    target: TargetView,
    /// What became different.
    changes: Vec<AuditChange>,
}

/// Names as they are now: the audit itself has none.
#[derive(Default)]
struct Names(HashMap<String, String>);

impl Names {
    async fn look_up(app: &App, records: &[(String, AuditRecord)]) -> Result<Self, StoreError> {
        let of_kind = |kind: AuditKind| records.iter().filter(move |(_, record)| record.target.kind == kind);
        let targets = of_kind(AuditKind::User).filter_map(|(_, record)| record.target.id.as_ref()?.parse().ok());
        let people: BTreeSet<UserId> = records.iter().filter_map(|(_, record)| record.by.clone()).chain(targets).collect();
        let people: Vec<UserId> = people.into_iter().collect();
        let users = if people.is_empty() {
            Vec::new()
        } else {
            app.store.users(&people).await?
        };
        let mut names = Self::default();
        names
            .0
            .extend(users.into_iter().flatten().map(|user| (user.id.to_string(), user.name)));
        if of_kind(AuditKind::Mailbox).next().is_some() {
            let mailboxes = app.store.mailboxes().await?;
            names
                .0
                .extend(mailboxes.into_iter().map(|mailbox| (mailbox.id.to_string(), mailbox.name)));
        }
        Ok(names)
    }

    fn view(&self, record: AuditRecord) -> RecordView {
        let by = record.by.map(|id| PersonView {
            name: self.0.get(id.as_str()).cloned().unwrap_or_default(),
            id,
        });
        let name = record.target.id.as_ref().and_then(|id| self.0.get(id).cloned());
        RecordView {
            at: record.at,
            by,
            action: record.action,
            target: TargetView {
                kind: record.target.kind,
                id: record.target.id,
                name,
            },
            changes: record.changes,
        }
    }
}

/// Who changed users, roles, settings, trees, mailboxes, canned replies and API tokens, and who imported; newest first.
///
/// Of people's names and addresses, passwords and secrets only that they changed is told. Names are those of now. What mail brings in, such as the
/// accounts of new senders, is nobody's change and not here.
#[utoipa::path(get, path = "/api/audit", tag = "site", params(PagingParams), responses((status = 200, body = Page<RecordView>), ReadProblems))]
pub(crate) async fn audit(
    State(app): State<App>,
    Administrator(caller): Administrator,
    query: Query<Paging>,
    conditional: Conditional,
) -> Result<Response, Problem> {
    let pager = Pager::of(&app, &caller, query.value, query.filters).await?;
    let before: Option<String> = pager.start()?;
    let records = app.store.audit(before.as_deref(), pager.limit()).await?;
    // A full page may be the last one: the next is empty then.
    let last = records.last().filter(|_| records.len() >= usize::from(pager.limit()));
    let next_cursor = pager.cursor(last.map(|(place, _)| place))?;
    let names = Names::look_up(&app, &records).await?;
    let items: Vec<RecordView> = records.into_iter().map(|(_, record)| names.view(record)).collect();
    conditional.answer(None, &Page { items, next_cursor })
}
