//! What `make bench` runs: starts and sizes of the functions, rates of the API beside those of its engine, a sweep, memory.
//!
//! `bench [starts] [sizes] [rates] [sweep] [page] [memory] [--tickets N] [--quick] [--json FILE]`; without words, everything.

mod baseline;
mod capture;
mod chart;
mod fill;
mod house;
mod load;
mod memory;
mod options;
mod packages;
mod page;
mod rates;
mod report;
mod settle;
mod shape;
mod sweep;

use chamada_tests::scratch::Keep;
use memory::Memories;
use options::{Options, Section};
use report::Report;
use std::process::ExitCode;

/// Whatever stops a measurement, as one line for a person.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    // The kit panics where a test would fail; here that is one line too.
    std::panic::set_hook(Box::new(|panic| {
        let payload = panic.payload();
        let text = payload.downcast_ref::<String>().map(String::as_str);
        eprintln!(
            "bench: {}",
            text.or(payload.downcast_ref::<&str>().copied()).unwrap_or("it broke off")
        );
    }));
    let outcome = Options::read(std::env::args().skip(1)).and_then(|options| {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(measure(&options))
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("bench: {failure}");
            ExitCode::FAILURE
        }
    }
}

async fn measure(options: &Options) -> Result<(), Failure> {
    let _folders = Keep::all();
    packages::there(options)?;
    let mut report = Report::begin(options);
    let mut memories = Memories::default();
    if options.wants(Section::Starts) {
        report.add(packages::starts(options.runs()).await?);
    }
    if options.wants(Section::Sizes) {
        report.add(packages::sizes()?);
    }
    if options.wants(Section::Memory) {
        memories.at_rest();
    }
    if options.wants(Section::Rates) {
        for chart in rates::measure(options, &mut memories).await? {
            report.add(chart);
        }
    }
    if options.wants(Section::Sweep) {
        report.add(sweep::measure(options, &mut memories).await?);
    }
    if options.wants(Section::Page) {
        report.add(page::measure(options)?);
    }
    if options.wants(Section::Memory) {
        report.add(memories.chart());
    }
    report.end(options)
}
