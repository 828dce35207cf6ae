//! Lists of tickets: partitions of indexes, merged by their sort order, a page at a time.

use std::collections::HashMap;

use chamada_domain::{Status, Ticket, UserId};
use futures::future;
use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::item::{Item, ItemExt, s};
use crate::keys;
use crate::store::{Range, Store};

/// How many rows a filter that no index serves may read for one answer, over all sources together: in one round trip, since a second one costs more
/// time than the rows cost units.
const FILTER_ROWS: usize = 400;

/// An index of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Index {
    Updated,
    Status,
    Requester,
    Assignee,
    Priority,
    Due,
}

impl Index {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Updated => "by_updated",
            Self::Status => "by_status",
            Self::Requester => "by_requester",
            Self::Assignee => "by_assignee",
            Self::Priority => "by_priority",
            Self::Due => "by_due",
        }
    }

    pub(crate) fn partition_attribute(self) -> &'static str {
        match self {
            Self::Updated => "list_pk",
            Self::Status => "status_pk",
            Self::Requester => "requester_pk",
            Self::Assignee => "assignee_pk",
            Self::Priority => "priority_pk",
            Self::Due => "due_pk",
        }
    }

    pub(crate) fn sort_attribute(self) -> &'static str {
        match self {
            Self::Updated | Self::Status | Self::Requester | Self::Assignee => "updated_at",
            Self::Priority => "priority_sk",
            Self::Due => "due_sk",
        }
    }
}

/// Where the next page of a partition begins: behind this item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Its sort key in the index.
    #[serde(rename = "o")]
    pub(crate) sort: String,
    #[serde(rename = "p")]
    pub(crate) pk: String,
    #[serde(rename = "s")]
    pub(crate) sk: String,
}

pub(crate) struct IndexPage {
    pub(crate) items: Vec<Item>,
    pub(crate) next: Option<Position>,
}

/// Which tickets, in which order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum List {
    /// All of these statuses, latest change first.
    Statuses(Vec<Status>),
    /// All that are pending, most pressing first.
    PendingByPriority,
    /// All that are pending, earliest estimated date first, those without one last.
    PendingByDue,
    /// Those that somebody, or nobody, attends to, latest change first.
    Assignee {
        /// Nobody where `None`.
        assignee: Option<UserId>,
        /// Whether pending ones are listed.
        pending: bool,
        /// Whether closed ones are listed.
        closed: bool,
    },
    /// Those that somebody opened or watches, latest change first.
    Follower(UserId),
    /// The same for themselves: with those that were opened in their name and are held until they come.
    Own(UserId),
    /// Deleted ones whose words are still there, latest deletion first.
    Deleted,
}

/// One of the partitions that a list merges.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Source {
    Index(Index, String),
    /// The tickets that are held for somebody.
    Held(UserId),
    /// The tickets that somebody watches, in the table itself.
    Watched(UserId),
}

/// How far each source of a list has been read. Opaque outside; a cursor carries it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ListPosition(Vec<Option<Position>>);

/// A page of a list.
#[derive(Debug, Clone)]
pub struct ListPage {
    /// The tickets.
    pub tickets: Vec<Ticket>,
    /// Where the next page begins; nothing at the end.
    pub next: Option<ListPosition>,
}

struct Row {
    source: usize,
    position: Position,
    ticket: Ticket,
}

impl Store {
    /// A page of up to `limit` tickets that `wanted` lets pass. A filter that lets few pass may answer with fewer, even none, and still name
    /// where to go on.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn list(
        &self,
        list: &List,
        start: Option<ListPosition>,
        limit: u16,
        filtered: bool,
        wanted: impl Fn(&Ticket) -> bool,
    ) -> Result<ListPage, StoreError> {
        let sources = self.sources(list);
        let mut position = start.unwrap_or_default().0;
        position.resize(sources.len(), None);
        let each = if filtered {
            FILTER_ROWS / sources.len().max(1)
        } else {
            usize::from(limit)
        };
        let (rows, ended) = self
            .merged(list, &sources, &position, u16::try_from(each).unwrap_or(u16::MAX))
            .await?;
        let last = rows.len();
        let mut tickets: Vec<Ticket> = Vec::new();
        for (place, row) in rows.into_iter().enumerate() {
            position[row.source] = Some(row.position);
            if wanted(&row.ticket) && !tickets.iter().any(|there| there.number == row.ticket.number) {
                tickets.push(row.ticket);
            }
            if tickets.len() == usize::from(limit) && !(ended && place + 1 == last) {
                let next = Some(ListPosition(position));
                return Ok(ListPage { tickets, next });
            }
        }
        let next = (!ended).then_some(ListPosition(position));
        Ok(ListPage { tickets, next })
    }

    /// The next rows of all sources together, up to `each` of every one, in the list's order; and whether that was all.
    async fn merged(
        &self,
        list: &List,
        sources: &[Source],
        position: &[Option<Position>],
        each: u16,
    ) -> Result<(Vec<Row>, bool), StoreError> {
        let forward = *list == List::PendingByDue;
        let pages = sources
            .iter()
            .zip(position)
            .map(|(source, start)| self.source_page(source, forward, start.clone(), each));
        let pages = future::try_join_all(pages).await?;
        // Where a source stopped early, nothing behind its last row may be taken from the others yet.
        let mut ended = true;
        let mut limit: Option<String> = None;
        let mut rows = Vec::new();
        for (source, page) in pages.into_iter().enumerate() {
            if page.more {
                ended = false;
                if let Some((last, _)) = page.rows.last() {
                    let nearer = |bound: &String| if forward { last.sort < *bound } else { last.sort > *bound };
                    if limit.as_ref().is_none_or(nearer) {
                        limit = Some(last.sort.clone());
                    }
                }
            }
            rows.extend(page.rows.into_iter().map(|(position, ticket)| Row { source, position, ticket }));
        }
        rows.sort_by(|a, b| a.position.sort.cmp(&b.position.sort).then(a.ticket.number.cmp(&b.ticket.number)));
        if !forward {
            rows.reverse();
        }
        if let Some(limit) = limit {
            rows.retain(|row| {
                if forward {
                    row.position.sort <= limit
                } else {
                    row.position.sort >= limit
                }
            });
        }
        Ok((rows, ended))
    }

    fn sources(&self, list: &List) -> Vec<Source> {
        let sharded = |index: Index, partition: &str| {
            (0..self.shards)
                .map(|shard| Source::Index(index, keys::sharded(partition, shard, self.shards)))
                .collect::<Vec<_>>()
        };
        match list {
            List::Statuses(statuses) => {
                let pending: Vec<Status> = Status::ALL.iter().copied().filter(|status| status.is_pending()).collect();
                let has_all = |wanted: &[Status]| wanted.iter().all(|status| statuses.contains(status));
                let mut sources = Vec::new();
                let mut rest = statuses.clone();
                for (partition, group) in [("open", pending), ("closed", vec![Status::Resolved, Status::Cancelled])] {
                    if has_all(&group) {
                        sources.extend(sharded(Index::Updated, partition));
                        rest.retain(|status| !group.contains(status));
                    }
                }
                sources.extend(rest.iter().flat_map(|status| sharded(Index::Status, status.as_str())));
                sources
            }
            List::PendingByPriority => sharded(Index::Priority, "open"),
            List::PendingByDue => sharded(Index::Due, "open"),
            List::Deleted => sharded(Index::Updated, keys::DELETED),
            List::Assignee { assignee, pending, closed } => {
                let parts = [(*pending, "open"), (*closed, "closed")];
                let wanted = parts.into_iter().filter(|(wanted, _)| *wanted);
                wanted
                    .map(|(_, part)| Source::Index(Index::Assignee, keys::assignee_partition(assignee.as_ref(), part)))
                    .collect()
            }
            List::Follower(user) => vec![
                Source::Index(Index::Requester, user.as_str().to_owned()),
                Source::Watched(user.clone()),
            ],
            List::Own(user) => {
                let mut sources = self.sources(&List::Follower(user.clone()));
                sources.push(Source::Held(user.clone()));
                sources
            }
        }
    }

    async fn source_page(&self, source: &Source, forward: bool, start: Option<Position>, limit: u16) -> Result<SourcePage, StoreError> {
        match source {
            Source::Index(index, partition) => {
                let page = self.index_page(*index, partition, forward, start, limit).await?;
                let rows = page.items.iter().map(|item| Ok((position_of(*index, item)?, item.json("row")?)));
                Ok(SourcePage {
                    rows: rows.collect::<Result<_, StoreError>>()?,
                    more: page.next.is_some(),
                })
            }
            Source::Held(user) => {
                let part = Source::Index(Index::Requester, keys::held_partition(user));
                let mut page = Box::pin(self.source_page(&part, forward, start, limit)).await?;
                page.rows.iter_mut().for_each(|(_, ticket)| ticket.held = true);
                Ok(page)
            }
            Source::Watched(user) => self.watched_page(user, start, limit).await,
        }
    }

    async fn watched_page(&self, user: &UserId, start: Option<Position>, limit: u16) -> Result<SourcePage, StoreError> {
        let pk = keys::user(user);
        let start = start.map(|at| crate::item::keyed(&at.pk, &at.sk));
        let range = Range {
            pk: &pk,
            between: Some(("CC#", "CC#~")),
            forward: false,
            consistent: false,
            limit: Some(i32::from(limit)),
            start,
        };
        let page = self.page(range).await?;
        let row = |item: &Item| {
            let sk = item.text("sk")?;
            let sort = sk.split('#').nth(1).unwrap_or_default().to_owned();
            Ok((
                Position {
                    sort,
                    pk: item.text("pk")?.to_owned(),
                    sk: sk.to_owned(),
                },
                item.json("row")?,
            ))
        };
        Ok(SourcePage {
            rows: page.items.iter().map(row).collect::<Result<_, StoreError>>()?,
            more: page.next.is_some(),
        })
    }

    pub(crate) async fn index_page(
        &self,
        index: Index,
        partition: &str,
        forward: bool,
        start: Option<Position>,
        limit: u16,
    ) -> Result<IndexPage, StoreError> {
        let start = start.map(|at| {
            HashMap::from([
                ("pk".to_owned(), s(at.pk)),
                ("sk".to_owned(), s(at.sk)),
                (index.partition_attribute().to_owned(), s(partition)),
                (index.sort_attribute().to_owned(), s(at.sort)),
            ])
        });
        let answer = self
            .client
            .query()
            .table_name(&*self.table)
            .index_name(index.name())
            .key_condition_expression("#partition = :partition")
            .expression_attribute_names("#partition", index.partition_attribute())
            .expression_attribute_values(":partition", s(partition))
            .scan_index_forward(forward)
            .limit(i32::from(limit))
            .set_exclusive_start_key(start)
            .send()
            .await
            .map_err(StoreError::unavailable)?;
        let next = answer.last_evaluated_key.as_ref().map(|key| position_of(index, key)).transpose()?;
        Ok(IndexPage {
            items: answer.items.unwrap_or_default(),
            next,
        })
    }
}

struct SourcePage {
    rows: Vec<(Position, Ticket)>,
    more: bool,
}

fn position_of(index: Index, item: &Item) -> Result<Position, StoreError> {
    Ok(Position {
        sort: item.text(index.sort_attribute())?.to_owned(),
        pk: item.text("pk")?.to_owned(),
        sk: item.text("sk")?.to_owned(),
    })
}
