//! HTTP plumbing that every function shares: reading requests, refusing them, and answering.

mod admit;
pub mod credentials;
pub mod cursor;
mod errors;
pub mod etag;
pub mod idempotency;
mod json;
mod layers;
mod limits;
pub mod openapi;
mod origin;
mod path;
mod problem;
mod query;
pub mod read;
mod service;
pub mod session;
mod source;
mod who;

pub use admit::admitted;
pub use cursor::{CursorKey, Page};
pub use etag::{Conditional, IfMatch};
pub use idempotency::IdempotencyKey;
pub use json::{BODY_LIMIT, Json, Raw, Write};
pub use layers::REQUEST_ID;
pub use limits::limit;
pub use origin::SameOrigin;
pub use path::{Id, Id2};
pub use problem::{FieldProblem, Problem, ProblemBody, no_such_method, no_such_route};
pub use query::{Paging, Query};
pub use read::{Fields, Input, Nothing};
pub use service::{dress, platform_of, service};
pub use session::{App, Caller};
pub use source::SourceAddress;
pub use who::{Administrator, ByBrowser, InPerson, SignedIn, Staff, Visitor};
