//! Where Chamada touches the world: configuration, AWS clients, clock, randomness, secrets, telemetry and the Lambda runtimes. It knows nothing of tickets.

mod aws;
mod clock;
mod config;
mod error;
pub mod failpoint;
mod handler;
mod objects;
mod parameters;
mod platform;
mod presign;
mod secret;
mod serve;
mod site;
pub mod telemetry;

pub use aws::{https_client, shared_config};
pub use clock::Clock;
pub use config::{Config, ConfigError, Endpoints, LogFormat, TrustProxy};
pub use error::ServiceError;
pub use handler::{HandlerError, Outcome};
pub use objects::{LEAST_PART, MultipartUpload, ObjectBody, ObjectError, ObjectHead, Objects};
pub use parameters::Parameters;
pub use platform::Platform;
pub use presign::{Disposition, PresignedPut, UploadRules};
pub use secret::{Secret, random, secret_hash};
pub use serve::{BoxError, Deadline, PeerAddress, RequestId, serve_events, serve_http};
pub use site::SiteUrl;
