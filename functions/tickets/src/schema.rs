//! What the API's description says of an entry's parts. They are JSON on their way out, since words of people are salted where they are stored.

use chamada_domain::{AttachmentId, Authentication, CategoryId, Kind, Role, UnitId, UserId};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};

/// Types of entries, as `Event::type_name` has them.
const ENTRY_TYPES: [&str; 18] = [
    "opened",
    "message",
    "note",
    "status",
    "assigned",
    "due",
    "priority",
    "classified",
    "title",
    "cc",
    "reopened",
    "delivery",
    "rated",
    "linked",
    "merged",
    "deleted",
    "restored",
    "erased",
];

/// States of a mail, as `SendingState` is written.
const SENDING_STATES: [&str; 6] = ["sending", "sent", "delivered", "bounced", "complained", "failed"];

fn one_of(words: impl IntoIterator<Item = &'static str>, sentence: &str) -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(words))
        .description(Some(sentence))
        .build()
}

/// What happened.
pub(crate) fn entry_type() -> Object {
    one_of(ENTRY_TYPES, "What happened.")
}

/// How far a mail is.
pub(crate) fn sending_state() -> Object {
    one_of(SENDING_STATES, "How far it is.")
}

/// Who made an entry.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Author {
    /// Null where nobody known wrote.
    id: Option<UserId>,
    /// What they were called then; null once it was erased.
    name: Option<String>,
    role: Role,
}

/// What an entry states, besides who said what.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EntryData {
    /// Of a change: what was there before, if anything was.
    from: Option<Datum>,
    /// Of a change: what is there now, if anything is.
    to: Option<Datum>,
    /// Of an opening or a message: the files that came with it.
    attachments: Option<Vec<AttachedFile>>,
    /// Of a rating: 1 to 5.
    stars: Option<u8>,
    /// Of a rating: what was said; null once it was erased.
    comment: Option<String>,
    /// Of a link: the other ticket. Of an opening: this ticket.
    ticket: Option<u64>,
    /// Of a link: whether it ended.
    removed: Option<bool>,
    /// Of a merge: the ticket in which this one goes on. In `from`, as a number: the one that goes on here.
    into: Option<u64>,
    /// Of an erasure: whose words went; everybody's where this is missing.
    person: Option<UserId>,
}

/// Something that can change.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "it is read by the description alone")]
pub(crate) enum Datum {
    /// A status, a priority, a title, or a time; null once a title was erased.
    Word(String),
    /// Of a merge: the number of a ticket.
    Ticket(u64),
    /// Who attends to the ticket.
    Person(Person),
    /// What the ticket is about, and where.
    Place(Place),
    /// Who gets copies.
    Watchers(Vec<Watcher>),
}

/// A member of staff in an entry.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Person {
    id: UserId,
    /// What they were called then; null once it was erased.
    name: Option<String>,
}

/// A watcher in an entry.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Watcher {
    id: UserId,
    /// The address; null once it was erased.
    email: Option<String>,
}

/// Kind, category and place of a ticket. What it has not is not there.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Place {
    kind: Kind,
    category_id: Option<CategoryId>,
    subcategory_id: Option<CategoryId>,
    corporation_id: Option<UnitId>,
    company_id: Option<UnitId>,
    site_id: Option<UnitId>,
    cost_centre_id: Option<UnitId>,
}

/// A file in an entry.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AttachedFile {
    attachment_id: AttachmentId,
    /// Its name; null once it was erased.
    name: Option<String>,
    content_type: String,
    /// In bytes.
    size: u64,
    /// Lower-case hex.
    sha256: String,
    /// Whether the mail showed it inside its text; not there where it did not.
    inline: Option<bool>,
}

/// What a mail said of itself. Words are null once they were erased.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MailFacts {
    from: Option<String>,
    to: Option<Vec<Option<String>>>,
    cc: Option<Vec<Option<String>>>,
    subject: Option<String>,
    /// Whether it has an HTML part to show.
    has_html: bool,
    authentication: Authentication,
    /// Attachments that stay in the original file, because of their type or number.
    left_in_original: Option<u64>,
    /// Whether a machine sent it; not there where none did.
    automatic: Option<bool>,
}

#[cfg(test)]
mod tests {
    use chamada_domain::entry::Event;
    use chamada_store::SendingState;
    use serde::de::DeserializeOwned;
    use serde_json::{Value, json};

    use super::{ENTRY_TYPES, SENDING_STATES};

    /// The variants that are read, as the error over another one names them.
    fn variants<T: DeserializeOwned + std::fmt::Debug>(other: Value) -> Vec<String> {
        let error = serde_json::from_value::<T>(other).unwrap_err().to_string();
        let quoted = error.split('`').skip(1).step_by(2);
        quoted.skip(1).map(str::to_owned).collect()
    }

    #[test]
    fn types_and_states_are_the_ones_that_are_written() {
        assert_eq!(variants::<Event>(json!({ "type": "other", "data": {} })), ENTRY_TYPES);
        assert_eq!(variants::<SendingState>(json!("other")), SENDING_STATES);
    }
}
