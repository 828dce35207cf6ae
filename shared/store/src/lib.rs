//! The help desk's one DynamoDB table: every key string, every query, every transaction (DATA.md).
//!
//! Callers speak of tickets, people and mailboxes; no type of the AWS SDK leaves this crate but the client that [`Store::new`] takes.

mod attachments;
mod audit;
mod canned;
mod conf;
mod counts;
mod erasure;
mod error;
mod held;
mod history;
mod idempotency;
mod item;
mod keys;
mod leases;
mod leftovers;
mod lists;
mod mail_ledger;
mod mailboxes;
mod merged;
mod numbers;
mod people;
mod read_marks;
mod retry;
mod sendings;
mod sessions;
mod store;
mod stream;
mod ticket_item;
mod tickets;
mod tokens;
mod transaction;
mod uploads;

pub use attachments::Attachment;
pub use audit::Deed;
pub use conf::{Configuration, Versioned};
pub use counts::COUNTED_TO;
pub use error::{Made, StoreError};
pub use history::TicketPage;
pub use idempotency::Idempotency;
pub use leases::{LEASE_SECONDS, Lease};
pub use leftovers::Leftovers;
pub use lists::{List, ListPage, ListPosition, Position};
pub use mail_ledger::{Import, KnownMessage, MessageIdentity, NamedLedgerEntry};
pub use numbers::Queued;
pub use people::can_attend;
pub use sendings::{ABANDONED_SECONDS, AskedLink, Begin, Begun, NewestSendings, Sending, SendingState};
pub use sessions::{HeldKey, MAX_KEYS, Redeemed, SIGN_IN_MINUTES, Session, TicketKey};
pub use store::Store;
pub use stream::{Written, written};
pub use tickets::{Uploads, With};
pub use tokens::{ApiToken, MAX_TOKENS};
pub use uploads::{StoredUpload, Upload, upload_object};
