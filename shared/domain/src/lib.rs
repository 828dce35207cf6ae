//! What a help desk is: tickets and their history, people and what they may do. Pure: no I/O, no clock, no randomness of its own.
//!
//! A change begins with a decision ([`open`], [`message`], [`amend`], [`permission`]) that yields a [`draft::Draft`]: entries for the history and the
//! ticket that they add up to. The store writes a draft whole, or not at all.

pub mod access;
pub mod amend;
pub mod audit;
pub mod bin;
pub mod canned;
pub mod chain;
pub mod draft;
pub mod email;
pub mod entry;
pub mod erase;
pub mod error;
pub mod id;
pub mod locale;
pub mod mailbox;
pub mod media;
pub mod merge;
pub mod message;
pub mod open;
pub mod permission;
pub mod person;
pub mod proof;
pub mod rating;
pub mod settings;
pub mod status;
pub mod ticket;
pub mod timestamp;
pub mod transcript;
pub mod tree;
pub mod verify;
pub mod vocabulary;
pub mod word;

pub use email::EmailAddress;
pub use error::{FieldError, Refusal};
pub use id::{AttachmentId, BundleId, CategoryId, LinkId, MailboxId, ReplyId, SweepId, TicketNumber, TokenId, UnitId, UserId};
pub use locale::Locale;
pub use person::{Person, StaffMember, User, Watcher};
pub use settings::{Settings, SpecialistsSee};
pub use ticket::{Rating, Ticket};
pub use timestamp::Timestamp;
pub use vocabulary::{AuditAction, AuditKind, Authentication, Channel, Kind, Priority, Role, Status, TokenScope, Via, Visibility};
