//! A ticket's own item, with the attributes that put it into each index.

use aws_sdk_dynamodb::types::AttributeValue;
use chamada_domain::Ticket;

use crate::error::StoreError;
use crate::item::{Item, ItemExt, keyed, n, s, to_json};
use crate::keys;

/// The item of a ticket. One that is deleted stands in the list of deleted tickets alone, by the moment of its deletion.
pub(crate) fn ticket_item(ticket: &Ticket, shards: u32) -> Result<Item, StoreError> {
    let item = keyed(keys::ticket(ticket.number), keys::META)
        .with("row", s(to_json(ticket)?))
        .with("last_seq", n(ticket.last_seq))
        .with("version", n(ticket.version));
    if ticket.erased {
        return Ok(item);
    }
    if ticket.held {
        // In its requester's own list and in that of held ones, and in no list that staff read.
        let held = item
            .with("held", AttributeValue::Bool(true))
            .with("updated_at", s(ticket.updated_at.to_string()));
        return Ok(held
            .with("list_pk", s(keys::HELD))
            .with("requester_pk", s(keys::held_partition(&ticket.requester.id))));
    }
    let shard = keys::shard_of(ticket.number, shards);
    let partition = |name: &str| s(keys::sharded(name, shard, shards));
    if let Some(at) = ticket.deleted_at {
        let deleted = item.with("list_pk", partition(keys::DELETED));
        return Ok(deleted.with("updated_at", s(at.to_string())));
    }
    Ok(listed(item, ticket, partition))
}

/// Puts a ticket into every list that it belongs in.
fn listed(item: Item, ticket: &Ticket, partition: impl Fn(&str) -> AttributeValue) -> Item {
    let openness = keys::openness(ticket.status);
    let attends = keys::assignee_partition(ticket.assignee.as_ref().map(|member| &member.id), openness);
    let item = item
        .with("updated_at", s(ticket.updated_at.to_string()))
        .with("list_pk", partition(openness))
        .with("status_pk", partition(ticket.status.as_str()))
        .with("requester_pk", s(ticket.requester.id.as_str()))
        .with("assignee_pk", s(attends));
    if !ticket.status.is_pending() {
        return item;
    }
    item.with("priority_pk", partition(openness))
        .with("priority_sk", s(keys::priority_sort(ticket.priority, ticket.updated_at)))
        .with("due_pk", partition(openness))
        .with("due_sk", s(keys::due_sort(ticket)))
}
