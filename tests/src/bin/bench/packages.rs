//! The functions as AWS runs them: how soon they ask for work, and how large they are.

use crate::{
    Failure,
    chart::{Chart, Spread, rounded, verdict},
    memory::mib,
    options::{Options, Section},
};
use chamada_tests::{
    env::{artifact, workspace},
    runtime_api::Function,
    server::{self, Server, memory},
};
use serde_json::Value;
use std::{fs, path::PathBuf, time::Duration};

const FUNCTIONS: [&str; 7] = [
    "tickets",
    "attachments",
    "accounts",
    "mailboxes",
    "mail-sweep",
    "outbox",
    "notifier",
];

/// Spawn to first `/next`, in the median, in ms.
const START: f64 = 15.0;
/// A zip, in MB of 10^6 bytes.
const ZIP: f64 = 8.0;
const PATIENCE: Duration = Duration::from_secs(20);

fn binary(name: &str) -> PathBuf {
    artifact(name).with_file_name("").join("../lambda").join(name)
}

fn zip(name: &str) -> PathBuf {
    workspace().join("dist/lambda").join(format!("{name}.zip"))
}

/// Checks that what the wanted sections measure was built, before anything takes time.
pub(crate) fn there(options: &Options) -> Result<(), Failure> {
    let wants = |section| options.wants(section);
    let starts = FUNCTIONS
        .iter()
        .filter(|_| wants(Section::Starts))
        .map(|name| (binary(name), "package"));
    let sizes = FUNCTIONS
        .iter()
        .filter(|_| wants(Section::Sizes))
        .map(|name| (zip(name), "package"));
    let served = [Section::Starts, Section::Rates, Section::Sweep, Section::Memory]
        .into_iter()
        .any(wants);
    let server = served.then(|| (artifact("chamada"), "build"));
    match starts.chain(sizes).chain(server).find(|(path, _)| !path.is_file()) {
        Some((path, target)) => Err(format!("{} is not there; run `make {target}` first", path.display()).into()),
        None => Ok(()),
    }
}

/// Starts each function again and again, in turns.
pub(crate) async fn starts(runs: usize) -> Result<Chart, Failure> {
    let server = Server::start(server::Options::default());
    let environment = environment(&server)?;
    let environment: Vec<(&str, &str)> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut seen = FUNCTIONS.map(|_| (Vec::new(), 0_u64));
    // One more than asked: the first one reads the file from the disk.
    for run in 0..=runs {
        for (name, (times, resident)) in FUNCTIONS.iter().zip(&mut seen) {
            let function = Function::start(&binary(name), &environment);
            let time = function.time_to_first_next(PATIENCE).await;
            let time = time.ok_or_else(|| format!("{name} asks for no work: {:?}", function.init_error()))?;
            *resident = (*resident).max(memory(function.pid()).resident);
            if run > 0 {
                times.push(time.as_secs_f64() * 1e3);
            }
        }
    }
    let about = format!("spawn to first /next in ms, of {runs} starts each, files in the page cache; target: median {START}");
    let mut chart = Chart::new("starts", about, &["function", "median", "least", "most", "memory MiB", "target"]);
    chart.rows = FUNCTIONS
        .iter()
        .zip(seen)
        .map(|(name, (times, resident))| start_row(name, times, resident))
        .collect();
    Ok(chart)
}

fn start_row(name: &str, times: Vec<f64>, resident: u64) -> Vec<Value> {
    let spread = Spread::of(times);
    let [median, least, most] = [spread.median, spread.least, spread.most].map(|ms| rounded(ms, 1));
    vec![
        name.into(),
        median,
        least,
        most,
        rounded(mib(resident), 1),
        verdict(spread.median <= START),
    ]
}

/// What the deployment sets for every function, pointing to a running server's own services.
fn environment(server: &Server) -> Result<Vec<(&'static str, String)>, Failure> {
    let published: Value = serde_json::from_slice(&fs::read(server.data().join("server.json"))?)?;
    let at = |name: &str| published[name].as_str().unwrap_or_default().to_owned();
    Ok(vec![
        ("TABLE_NAME", "chamada".to_owned()),
        ("FILES_BUCKET", "chamada-files".to_owned()),
        ("MAIL_BUCKET", "chamada-mail".to_owned()),
        ("PROOF_BUCKET", "chamada-proof".to_owned()),
        ("EVENT_BUS_NAME", "default".to_owned()),
        ("SITE_URL", at("site_url")),
        ("SENDER", "help@example.org".to_owned()),
        ("AWS_ENDPOINT_URL_DYNAMODB", at("dynamodb")),
        ("AWS_ENDPOINT_URL_S3", at("s3")),
        ("AWS_ENDPOINT_URL_SESV2", at("services")),
        ("AWS_ENDPOINT_URL_EVENTBRIDGE", at("services")),
        ("AWS_ENDPOINT_URL_SSM", at("services")),
    ])
}

/// How large each package is.
pub(crate) fn sizes() -> Result<Chart, Failure> {
    let about = format!("MB (10^6 bytes); target: a zip of {ZIP}");
    let mut chart = Chart::new("sizes", about, &["function", "zip", "binary", "target"]);
    for name in FUNCTIONS {
        let megabytes = |path: PathBuf| fs::metadata(path).map(|file| file.len() as f64 / 1e6);
        let (zipped, whole) = (megabytes(zip(name))?, megabytes(binary(name)).unwrap_or_default());
        chart
            .rows
            .push(vec![name.into(), rounded(zipped, 2), rounded(whole, 2), verdict(zipped <= ZIP)]);
    }
    Ok(chart)
}
