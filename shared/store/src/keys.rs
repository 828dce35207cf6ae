//! Every key string of the table, in one place (DATA.md, 'Items' and 'Indexes').

use chamada_domain::{
    AttachmentId, BundleId, EmailAddress, LinkId, MailboxId, Priority, Status, SweepId, Ticket, TicketNumber, Timestamp, UserId,
};

pub(crate) const META: &str = "META";
pub(crate) const PROFILE: &str = "PROFILE";
pub(crate) const CONF: &str = "CONF";
/// The months that the audit has records of.
pub(crate) const AUDIT_MONTHS: &str = "AUDIT";
/// The partition of `by_updated` that deleted tickets stand in.
pub(crate) const DELETED: &str = "deleted";
pub(crate) const UPLOAD: &str = "UP";
/// Partition of `by_updated`: tickets that a stranger opened in somebody's name, who has not come yet, by when they were opened.
pub(crate) const HELD: &str = "held";
/// Partition of `by_updated`: uploads that hang on no ticket, by when they were announced.
pub(crate) const UPLOADS: &str = "uploads";
/// Partition of `by_updated`: uploads that can no longer be attached, by when that was written down.
pub(crate) const ENDED_UPLOADS: &str = "uploads#ended";
/// Sorts behind every date: tickets without one come last.
const NO_DATE: &str = "9999";

pub(crate) fn ticket(number: TicketNumber) -> String {
    format!("T#{:010}", number.0)
}

/// Which ticket a partition key names.
pub(crate) fn ticket_number(pk: &str) -> Option<TicketNumber> {
    pk.strip_prefix("T#")?.trim_start_matches('0').parse().ok()
}

pub(crate) fn entry(seq: u64) -> String {
    format!("H#{seq:08}")
}

/// The place that an entry's sort key names.
pub(crate) fn entry_seq(sk: &str) -> Option<u64> {
    sk.strip_prefix("H#")?.parse().ok()
}

pub(crate) fn attachment(id: &AttachmentId) -> String {
    format!("A#{id}")
}

/// From and to of a ticket's entries.
pub(crate) const ENTRIES: (&str, &str) = ("H#", "H#~");
/// From and to of a ticket's files.
pub(crate) const ATTACHMENTS: (&str, &str) = ("A#", "A#~");
/// From and to of the evidence that was put together of a ticket.
pub(crate) const BUNDLES: (&str, &str) = ("B#", "B#~");
/// From and to of the mails that a ticket was made of, or that turned out to be doubles of those.
pub(crate) const MAILS: (&str, &str) = ("D#", "D#~");

/// Where a ticket remembers under which name a mailbox's ledger has one of its mails.
/// Its digest tells it from others to which the server gave that name.
pub(crate) fn mail(mailbox: &MailboxId, digest: &str, uidl: &str) -> String {
    format!("D#{mailbox}#{digest}#{uidl}")
}

/// Which mailbox, which digest and which name in its ledger that is.
pub(crate) fn mail_of(sk: &str) -> Option<(MailboxId, &str, &str)> {
    let (mailbox, rest) = sk.strip_prefix("D#")?.split_once('#')?;
    let (digest, uidl) = rest.split_once('#')?;
    Some((mailbox.parse().ok()?, digest, uidl))
}

/// Partition of `by_updated`: erasures whose words, files and records are still to be taken away.
pub(crate) const ERASURES: &str = "erasures";
/// The sort key of what somebody asked for, a link or the erasure of a person; the stream's reader knows it by that.
pub(crate) const ASKED: &str = "ASKED";

pub(crate) fn ticket_erasure(number: TicketNumber) -> String {
    format!("ERASE#T#{}", number.0)
}

pub(crate) fn person_erasure(id: &UserId) -> String {
    format!("ERASE#U#{id}")
}

/// Which ticket, or which person, an erasure's partition key names.
pub(crate) fn erasure_of(pk: &str) -> Option<Result<TicketNumber, UserId>> {
    match pk.strip_prefix("ERASE#")?.split_once('#')? {
        ("T", number) => Some(Ok(number.parse().ok()?)),
        ("U", id) => Some(Err(id.parse().ok()?)),
        _ => None,
    }
}

/// From and to of the tickets in which there are words of a person.
pub(crate) const PARTS: (&str, &str) = ("IN#", "IN#~");

/// That there are words of a person in a ticket.
pub(crate) fn part(number: TicketNumber) -> String {
    format!("IN#{:010}", number.0)
}

/// In which ticket that is.
pub(crate) fn part_of(sk: &str) -> Option<TicketNumber> {
    sk.strip_prefix("IN#")?.trim_start_matches('0').parse().ok()
}

/// Sorts between attachments and entries: no reading of those meets it.
pub(crate) fn bundle(id: &BundleId) -> String {
    format!("B#{id}")
}

/// Which bundle a sort key names.
pub(crate) fn bundle_id(sk: &str) -> Option<BundleId> {
    sk.strip_prefix("B#")?.parse().ok()
}

/// The heads that were announced in a day, UTC.
pub(crate) fn day(date: time::Date) -> String {
    format!("DAY#{date}")
}

/// The roots that were made, by day.
pub(crate) const ROOTS: &str = "ROOT";
/// Where their making goes on: sorts behind every day.
pub(crate) const ROOTS_AT: &str = "AT";

/// The day whose root a key names.
pub(crate) fn root_day(pk: &str, sk: &str) -> Option<time::Date> {
    let format = time::macros::format_description!("[year]-[month]-[day]");
    time::Date::parse(sk, format).ok().filter(|_| pk == ROOTS)
}

pub(crate) fn ticket_keys(number: TicketNumber) -> String {
    format!("TK#{}", number.0)
}

pub(crate) fn upload(id: &AttachmentId) -> String {
    format!("UP#{id}")
}

/// Which upload a partition key names.
pub(crate) fn upload_id(pk: &str) -> Option<AttachmentId> {
    pk.strip_prefix("UP#")?.parse().ok()
}

pub(crate) fn user(id: &UserId) -> String {
    format!("U#{id}")
}

pub(crate) fn watched(updated_at: Timestamp, number: TicketNumber) -> String {
    format!("CC#{updated_at}#{:010}", number.0)
}

/// How far somebody has read a ticket.
pub(crate) fn read_mark(number: TicketNumber) -> String {
    format!("R#{:010}", number.0)
}

pub(crate) fn session(hash: &str) -> String {
    format!("S#{hash}")
}

pub(crate) fn token(hash: &str) -> String {
    format!("K#{hash}")
}

/// From and to of a person's API tokens.
pub(crate) const TOKENS: (&str, &str) = ("K#", "K#~");
/// Where a person's API tokens are counted.
pub(crate) const TOKEN_COUNT: &str = "TOKENS";

pub(crate) fn email(address: &EmailAddress) -> String {
    format!("EMAIL#{address}")
}

pub(crate) fn guest(hash: &str) -> String {
    format!("G#{hash}")
}

pub(crate) fn link(id: &LinkId) -> String {
    format!("LINK#{id}")
}

pub(crate) fn mailbox(id: &MailboxId) -> String {
    format!("MB#{id}")
}

pub(crate) fn sweep(id: &SweepId) -> String {
    format!("SWEEP#{id}")
}

pub(crate) fn ledger(uidl: &str) -> String {
    format!("UID#{uidl}")
}

pub(crate) fn verdicts(id: &MailboxId, state: &str) -> String {
    format!("MBQ#{id}#{state}")
}

pub(crate) fn message_id(hash: &str) -> String {
    format!("MID#{hash}")
}

/// Which of the messages of one Message-ID.
pub(crate) fn fingerprint(fingerprint: &str) -> String {
    format!("FP#{fingerprint}")
}

pub(crate) fn sendings(number: TicketNumber) -> String {
    format!("SENT#{number}")
}

/// Mails about the root of a day.
pub(crate) fn root_sendings(day: time::Date) -> String {
    format!("SENT#ROOT#{day}")
}

pub(crate) fn sending(seq: u64, recipient: &str) -> String {
    format!("{seq:08}#{recipient}")
}

/// How the key of any mail to somebody ends.
pub(crate) fn sending_to(recipient: &UserId) -> String {
    format!("#{recipient}")
}

pub(crate) fn idempotency(caller: &str, key: &str) -> String {
    format!("I#{caller}#{key}")
}

pub(crate) fn rate_limit(what: &str, who: &str) -> String {
    format!("RL#{what}#{who}")
}

pub(crate) fn audit(month: &str) -> String {
    format!("AUDIT#{month}")
}

/// `nonce` tells deeds of one moment apart, and `place` the records of one deed.
pub(crate) fn audit_record(at: &str, nonce: &str, place: &str) -> String {
    format!("{at}#{nonce}#{place}")
}

/// `open` or `closed`: the two partitions of `by_updated`.
pub(crate) fn openness(status: Status) -> &'static str {
    if status.is_pending() { "open" } else { "closed" }
}

/// A partition of an index, spread over shards where the deployment has more than one.
pub(crate) fn sharded(partition: &str, shard: u32, shards: u32) -> String {
    if shards <= 1 {
        partition.to_owned()
    } else {
        format!("{partition}#{shard}")
    }
}

pub(crate) fn shard_of(number: TicketNumber, shards: u32) -> u32 {
    u32::try_from(number.0 % u64::from(shards.max(1))).unwrap_or(0)
}

/// Whose list an open or closed ticket is in: `usr_…#open`, `none#closed`.
pub(crate) fn assignee_partition(assignee: Option<&UserId>, openness: &str) -> String {
    format!("{}#{openness}", assignee.map_or("none", UserId::as_str))
}

/// Whose own list a held ticket is in: theirs alone read it.
pub(crate) fn held_partition(requester: &UserId) -> String {
    format!("{requester}#{HELD}")
}

/// Least first, so that a backwards Query gives the most pressing first, and of these the newest.
pub(crate) fn priority_sort(priority: Priority, updated_at: Timestamp) -> String {
    let rank = match priority {
        Priority::Low => 1,
        Priority::Normal => 2,
        Priority::High => 3,
        Priority::Urgent => 4,
    };
    format!("{rank}#{updated_at}")
}

pub(crate) fn due_sort(ticket: &Ticket) -> String {
    match ticket.due_at {
        Some(at) => format!("{at}#{:010}", ticket.number.0),
        None => format!("{NO_DATE}#{:010}", ticket.number.0),
    }
}
