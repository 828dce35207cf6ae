//! Log lines on standard error.

use std::panic::PanicHookInfo;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

use crate::config::LogFormat;

/// What is heard: ours from `info` on; of others' crates warnings alone, since their `info` and `debug` may quote bodies and headers.
fn filter() -> Targets {
    Targets::new().with_default(LevelFilter::WARN).with_targets(
        [
            "chamada",
            "tickets",
            "attachments",
            "accounts",
            "mailboxes",
            "mail_sweep",
            "outbox",
            "notifier",
        ]
        .map(|name| (name, LevelFilter::INFO)),
    )
}

/// Starts writing log lines to standard error. A second call does nothing.
pub fn init(format: LogFormat) {
    let lines = fmt::layer().with_writer(std::io::stderr).with_ansi(false);
    let lines = match format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false)
            .boxed(),
    };
    if tracing_subscriber::registry().with(lines.with_filter(filter())).try_init().is_ok() {
        std::panic::set_hook(Box::new(log_panic));
    }
}

/// A panic's place without its message, which may quote what somebody wrote.
fn log_panic(info: &PanicHookInfo<'_>) {
    let place = info.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
    tracing::error!(code.place = place, "the code panicked");
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracing::Level;

    #[test]
    fn others_are_heard_from_warnings_on() {
        let filter = filter();
        assert!(filter.would_enable("chamada_web::layers", &Level::INFO));
        assert!(filter.would_enable("mail_sweep", &Level::INFO));
        assert!(!filter.would_enable("aws_smithy_runtime::client", &Level::INFO));
        assert!(filter.would_enable("hyper", &Level::WARN));
        assert!(!filter.would_enable("chamada_store", &Level::DEBUG));
    }
}
