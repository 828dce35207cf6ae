//! The seam between the functions and this machine: what `chamada serve` needs of them.

use std::sync::Arc;

use axum::Router;
use axum::http::HeaderMap;
use chamada_platform::HandlerError;
use futures::future::BoxFuture;
use serde_json::Value;
use time::OffsetDateTime;

/// An event function: the event as AWS would send it, and the time by which it must have ended.
pub type Handler = Arc<dyn Fn(Value, OffsetDateTime) -> BoxFuture<'static, Result<Value, HandlerError>> + Send + Sync>;

/// Whether a request comes from a signed-in administrator.
pub type AdministratorCheck = Arc<dyn Fn(HeaderMap) -> BoxFuture<'static, bool> + Send + Sync>;

/// The functions that are called with events, by their folders' names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Function {
    /// The table's stream onto the bus.
    Outbox,
    /// Events into mails.
    Notifier,
    /// Mailboxes into tickets.
    MailSweep,
    /// What nobody needs any longer goes.
    Housekeeping,
    /// What proves tickets outside the house.
    Evidence,
}

impl Function {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Outbox, Self::Notifier, Self::MailSweep, Self::Housekeeping, Self::Evidence];

    /// The folder's name, which is also the binary's.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Outbox => "outbox",
            Self::Notifier => "notifier",
            Self::MailSweep => "mail-sweep",
            Self::Housekeeping => "housekeeping",
            Self::Evidence => "evidence",
        }
    }

    /// The function of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|function| function.name() == name)
    }

    /// How many events it works on at once on one machine: mails wait for a relay, and where there is none give way to those who wait for an
    /// answer; sweeps take minutes each; the stream's records (here only those replayed) keep their order.
    #[must_use]
    pub fn concurrency(self, relay: bool) -> usize {
        match self {
            Self::Notifier if relay => 8,
            Self::Outbox | Self::Notifier | Self::Housekeeping | Self::Evidence => 1,
            Self::MailSweep => 4,
        }
    }
}

/// The event functions.
#[derive(Clone)]
pub struct Handlers {
    /// `outbox`.
    pub outbox: Handler,
    /// `notifier`.
    pub notifier: Handler,
    /// `mail-sweep`.
    pub mail_sweep: Handler,
    /// `housekeeping`.
    pub housekeeping: Handler,
    /// `evidence`.
    pub evidence: Handler,
}

impl Handlers {
    /// The one that `function` names.
    #[must_use]
    pub fn of(&self, function: Function) -> &Handler {
        match function {
            Function::Outbox => &self.outbox,
            Function::Notifier => &self.notifier,
            Function::MailSweep => &self.mail_sweep,
            Function::Housekeeping => &self.housekeeping,
            Function::Evidence => &self.evidence,
        }
    }
}

impl std::fmt::Debug for Handlers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Handlers")
    }
}

/// Everything that the functions bring.
#[derive(Clone)]
pub struct Functions {
    /// The merged routers of the HTTP functions, with full paths (`/api/…`).
    pub router: Router,
    /// The event functions.
    pub handlers: Handlers,
    /// Guards `/outbox`.
    pub is_administrator: AdministratorCheck,
}

impl std::fmt::Debug for Functions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Functions")
    }
}

/// A handler from an async closure.
pub fn handler<F, R>(work: F) -> Handler
where
    F: Fn(Value, OffsetDateTime) -> R + Send + Sync + 'static,
    R: Future<Output = Result<Value, HandlerError>> + Send + 'static,
{
    Arc::new(move |event, deadline| Box::pin(work(event, deadline)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::Template;

    #[test]
    fn the_template_triggers_known_functions_and_each_of_them() {
        let template = Template::embedded().unwrap();
        let rules = template.rules.iter().map(|rule| rule.function.as_str());
        let schedules = template.schedules.iter().map(|schedule| schedule.function.as_str());
        let mut triggered: Vec<_> = rules.chain(schedules).chain([template.stream.function.as_str()]).collect();
        triggered.sort_unstable();
        triggered.dedup();
        assert!(triggered.iter().all(|name| Function::named(name).is_some()), "{triggered:?}");
        assert_eq!(triggered.len(), Function::ALL.len(), "{triggered:?}");
    }
}
