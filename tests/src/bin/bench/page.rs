//! The web client in a browser on a slow processor: `web/scripts/timing.mjs` measures, against a server of its own.

use crate::{
    Failure,
    chart::{Chart, rounded, verdict},
    options::Options,
};
use chamada_tests::{
    env,
    server::{self, Server},
};
use serde_json::Value;
use std::process::{Command, Stdio};

/// What is measured, as the table calls it, with how many decimals, and how much it may be.
const MEASURES: [(&str, &str, i32, f64); 3] = [
    ("list_ms", "list of 25 rows painted, ms", 0, 800.0),
    ("layout_shift", "layout shift", 4, 0.01),
    ("typing_ms", "longest block while typing, ms", 0, 50.0),
];

pub(crate) fn measure(options: &Options) -> Result<Chart, Failure> {
    let server = Server::start(server::Options::default());
    let link = server.sign_in_link().ok_or("a fresh folder prints a sign-in link")?;
    let mut command = Command::new("node");
    command.arg(env::workspace().join("web/scripts/timing.mjs"));
    command.args(["--site", &server.site(), "--sign-in", link, "--fill", "--runs", options.openings()]);
    let done = command.stderr(Stdio::inherit()).output()?;
    let figures: Value = serde_json::from_slice(&done.stdout).map_err(|_| "the browser's program measured nothing")?;
    let mut chart = Chart::new(
        "page",
        "Chromium with the processor slowed four times; a ticket with 500 entries for typing",
        &["measure", "figure", "at most", "target"],
    );
    for (name, shown, decimals, most) in MEASURES {
        let figure = figures[name]
            .as_f64()
            .ok_or_else(|| format!("the browser's program does not tell {name}"))?;
        chart
            .rows
            .push(vec![shown.into(), rounded(figure, decimals), most.into(), verdict(figure <= most)]);
    }
    Ok(chart)
}
