//! What the server holds of memory, at rest and after work; and what it uses of the processor.

use crate::{
    Failure,
    chart::{Chart, rounded, verdict},
};
use chamada_tests::server::{Options, Server};
use serde_json::Value;
use std::{fs, thread::sleep, time::Duration};

/// A sweep may need so much at most, in MiB.
pub(crate) const MOST: f64 = 150.0;

/// What was seen so far.
#[derive(Default)]
pub(crate) struct Memories {
    seen: Vec<(String, f64, f64, Value)>,
}

impl Memories {
    /// A server on an empty folder, some seconds after its start.
    pub(crate) fn at_rest(&mut self) {
        let server = Server::start(Options::default());
        sleep(Duration::from_secs(2));
        self.note("at rest, empty table", &server);
    }

    /// What a server holds now, and held at most so far.
    pub(crate) fn note(&mut self, when: &str, server: &Server) {
        self.keep(when, server, Value::from("-"));
    }

    /// The same, where there is a limit to it.
    pub(crate) fn judge(&mut self, when: &str, server: &Server) {
        let met = mib(server.memory().peak) <= MOST;
        self.keep(when, server, verdict(met));
    }

    fn keep(&mut self, when: &str, server: &Server, target: Value) {
        let memory = server.memory();
        self.seen.push((when.to_owned(), mib(memory.resident), mib(memory.peak), target));
    }

    pub(crate) fn chart(self) -> Chart {
        let about = format!("of `chamada serve`, MiB; target: a sweep at {MOST} at most");
        let mut chart = Chart::new("memory", about, &["when", "resident", "peak so far", "target"]);
        let row =
            |(when, resident, peak, target): (String, f64, f64, Value)| vec![when.into(), rounded(resident, 1), rounded(peak, 1), target];
        chart.rows = self.seen.into_iter().map(row).collect();
        chart
    }
}

/// MiB of the KiB that the kernel counts in.
pub(crate) fn mib(kib: u64) -> f64 {
    kib as f64 / 1024.0
}

/// Milliseconds of the processor that a server has used so far.
pub(crate) fn processor_ms(server: &Server) -> Result<f64, Failure> {
    let stat = fs::read_to_string(format!("/proc/{}/stat", server.pid()))?;
    // The name before it may hold anything. User and system time are the 14th and 15th field, in hundredths of a second.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_ascii_whitespace();
    let ticks: Vec<f64> = fields.skip(11).take(2).map(str::parse).collect::<Result<_, _>>()?;
    Ok(ticks.iter().sum::<f64>() * 10.0)
}
