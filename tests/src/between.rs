//! Proxies between a server's functions and its embedded engine.

use crate::{capacity::Recorder, fault_proxy::FaultProxy, unguarded::Unguarded};
use serde_json::Value;
use std::{
    fs,
    path::Path,
    thread::sleep,
    time::{Duration, Instant},
};

/// The variable that sends every function's DynamoDB calls elsewhere than to the embedded engine, which runs all the same.
pub const PROXY_VARIABLE: &str = "AWS_ENDPOINT_URL_DYNAMODB";

/// Something that stands between functions and engine, and learns of the engine only once the server runs.
pub trait Between: Sync {
    /// Names the engine.
    fn attach(&self, engine: &str);
}

impl Between for FaultProxy {
    fn attach(&self, engine: &str) {
        Self::attach(self, engine);
    }
}

impl Between for Recorder {
    fn attach(&self, engine: &str) {
        Self::attach(self, engine);
    }
}

impl Between for Unguarded {
    fn attach(&self, engine: &str) {
        Self::attach(self, engine);
    }
}

/// The engine and table that a running server published in its data folder, once it did.
#[must_use]
pub fn published_engine(data: &Path) -> Option<(String, String)> {
    let published: Value = serde_json::from_slice(&fs::read(data.join("server.json")).ok()?).ok()?;
    // On one machine the table has always the same name.
    Some((published["dynamodb"].as_str()?.to_owned(), "chamada".to_owned()))
}

/// Waits for the engine to be published, and names it.
pub(crate) fn attach(data: &Path, between: &impl Between, patience: Duration) {
    let began = Instant::now();
    while began.elapsed() < patience {
        if let Some((engine, _)) = published_engine(data) {
            return between.attach(&engine);
        }
        sleep(Duration::from_millis(5));
    }
}
