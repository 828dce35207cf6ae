//! What a help desk is: tickets and their history, people and what they may do. Pure: no I/O, no clock, no randomness of its own.

pub mod email;
pub mod error;
pub mod id;
pub mod locale;
pub mod timestamp;

pub use email::EmailAddress;
pub use error::{FieldError, Refusal};
pub use id::{AttachmentId, CategoryId, LinkId, MailboxId, SessionId, SweepId, TicketNumber, UnitId, UserId};
pub use locale::Locale;
pub use timestamp::Timestamp;
