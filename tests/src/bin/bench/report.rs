//! The report: what was measured on, then each section as a table, at last as JSON where asked.

use crate::{Failure, chart::Chart, options::Options};
use chamada_tests::env::workspace;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::{
    fs,
    process::Command,
    thread::available_parallelism,
    time::{Duration, Instant},
};

const GO: Duration = Duration::from_millis(50);

/// The report so far; each section is printed as soon as it is there.
pub(crate) struct Report {
    json: Map<String, Value>,
}

impl Report {
    pub(crate) fn begin(options: &Options) -> Self {
        let cores = available_parallelism().map_or(0, usize::from);
        let run = json!({
            "date": first_line("date", &["-u", "+%Y-%m-%d %H:%M UTC"]),
            "commit": first_line("git", &["describe", "--always", "--dirty", "--exclude=*"]),
            "cores": cores,
            "load": load_average(),
            "core": core_speed(),
            "quick": options.quick,
            "tickets": options.tickets(),
        });
        println!(
            "Chamada {}, {}, {cores} cores of {} MB/s of SHA-256, load {} before the run{}",
            word(&run["commit"]),
            word(&run["date"]),
            word(&run["core"]),
            word(&run["load"]),
            if options.quick { "; quick: figures say little" } else { "" }
        );
        Self {
            json: Map::from_iter([("run".to_owned(), run)]),
        }
    }

    pub(crate) fn add(&mut self, chart: Chart) {
        print(&chart);
        let rows: Vec<Value> = chart
            .rows
            .iter()
            .map(|row| Value::Object(chart.columns.iter().cloned().zip(row.iter().cloned()).collect()))
            .collect();
        self.json.insert(chart.name.to_owned(), json!({"about": chart.about, "rows": rows}));
    }

    pub(crate) fn end(self, options: &Options) -> Result<(), Failure> {
        let Some(file) = &options.json else { return Ok(()) };
        let text = serde_json::to_string_pretty(&self.json)? + "\n";
        fs::write(file, text).map_err(|error| format!("{} cannot be written: {error}", file.display()))?;
        Ok(())
    }
}

/// How many MB of SHA-256 one core does in a second, in the best of five goes: virtual machines are fast at one hour and slow at another, and rates
/// follow that.
fn core_speed() -> u64 {
    let block = vec![0_u8; 1 << 20];
    let go = || {
        let began = Instant::now();
        let blocks = std::iter::repeat_with(|| Sha256::digest(&block))
            .take_while(|_| began.elapsed() < GO)
            .count();
        (blocks as f64 * 1.048_576 / began.elapsed().as_secs_f64()) as u64
    };
    (0..5).map(|_| go()).max().unwrap_or_default()
}

fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// What a command says; `unknown` where it cannot.
fn first_line(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).current_dir(workspace()).output();
    let text = output
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
        .unwrap_or_default();
    text.lines().next().unwrap_or("unknown").trim().to_owned()
}

/// Processes that wanted to run in the last minute: above zero before the run, somebody else disturbs it.
fn load_average() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or_default().to_owned()
}

fn print(chart: &Chart) {
    println!("\n{}: {}", chart.name, chart.about);
    let cells: Vec<Vec<String>> = [chart.columns.clone()]
        .into_iter()
        .chain(chart.rows.iter().map(|row| row.iter().map(word).collect()))
        .collect();
    let width = |column: usize| cells.iter().filter_map(|row| row.get(column)).map(String::len).max().unwrap_or(0);
    for row in &cells {
        let line: Vec<String> = row
            .iter()
            .enumerate()
            .map(|(column, cell)| match column {
                0 => format!("{cell:<0$}", width(column)),
                _ => format!("{cell:>0$}", width(column)),
            })
            .collect();
        println!("  {}", line.join("  ").trim_end());
    }
}
