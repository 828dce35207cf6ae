#![doc = include_str!("../README.md")]

mod config;
mod connection;
mod credentials;
mod error;
mod protocol;
mod response;
mod session;
mod tls;
mod wire;

pub use config::{Config, Limits, Security, Timeouts};
pub use connection::Connection;
pub use credentials::{Credentials, Secret};
pub use error::{Error, Phase, ServerLine};
pub use response::{Capabilities, Listed, ResponseCode, Stat, UniqueId};
pub use session::Session;
pub use tls::tls_config;

/// The version of rustls that [`Config::tls`] is made with.
pub use rustls;
