//! A file's rows, with the lines on which they begin.

use std::borrow::Cow;

use chamada_domain::FieldError;
use chamada_web::Problem;
use csv::{ReaderBuilder, StringRecord};
use http::StatusCode;

/// The most rows of a file. What is written one by one must be done long before the caller gives up after 29 seconds. An account that is changed costs two
/// round trips (a read of some 5 ms, a transaction of some 20 ms), a new one costs one; 16 go at a time: 2,000 / 16 × 25 ms = 3 s. Finding who has an
/// address takes two reads of 10 ms for each 100 rows: 0.4 s. Signing and sending a request keeps a processor busy for some half a millisecond, and a
/// function of 512 MB has 0.29 of one: 2,000 × 2 × 0.5 ms / 0.29 = 7 s, most of it while the others wait.
const MOST_ROWS: usize = 2_000;
/// More faults than this are not told.
const MOST_FAULTS: usize = 100;

/// What spreadsheets put before UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// A file.
pub(super) struct Table {
    pub(super) rows: Vec<Row>,
}

/// A row.
pub(super) struct Row {
    /// On which line it begins; the names of the columns stand on line 1.
    pub(super) line: u64,
    columns: &'static [&'static str],
    /// In the order of the columns.
    cells: Vec<String>,
}

/// What is wrong with a file, each with its line and column.
#[derive(Default)]
pub(super) struct Faults(Vec<FieldError>);

impl Faults {
    pub(super) fn note<T>(&mut self, line: u64, column: &str, code: &'static str, detail: impl Into<Cow<'static, str>>) -> Option<T> {
        if self.0.len() < MOST_FAULTS {
            self.0.push(FieldError::new(format!("line.{line}.{column}"), code, detail));
        }
        None
    }

    pub(super) fn finish<T>(self, made: T) -> Result<T, Problem> {
        if self.0.is_empty() {
            Ok(made)
        } else {
            Err(Problem::invalid(self.0))
        }
    }
}

/// Which line a place of a text is on, for places one behind the other. The library's own count is behind by one where lines end in CR LF.
struct Lines<'a> {
    text: &'a [u8],
    byte: usize,
    line: u64,
}

impl<'a> Lines<'a> {
    fn of(text: &'a str) -> Self {
        Self {
            text: text.as_bytes(),
            byte: 0,
            line: 1,
        }
    }

    /// The line of the row that begins at this byte, or behind ends of lines there.
    fn at(&mut self, byte: u64) -> u64 {
        let byte = usize::try_from(byte).unwrap_or(usize::MAX);
        while let Some(here) = self.text.get(self.byte) {
            let ends = matches!(here, b'\r' | b'\n');
            if self.byte >= byte && !ends {
                break;
            }
            let half = *here == b'\r' && self.text.get(self.byte + 1) == Some(&b'\n');
            self.line += u64::from(ends && !half);
            self.byte += 1;
        }
        self.line
    }
}

fn bad_csv() -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "bad_csv", "The body must be CSV in UTF-8.")
}

impl Table {
    /// Reads a file that has these columns, in whatever order.
    ///
    /// # Errors
    /// 400 `bad_csv`; 422 with every missing, doubled or unknown column and every row that has another number of cells.
    pub(super) fn read(bytes: &[u8], columns: &'static [&'static str]) -> Result<Self, Problem> {
        let bytes = bytes.strip_prefix(MARK).unwrap_or(bytes);
        let text = std::str::from_utf8(bytes).map_err(|_| bad_csv())?;
        let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        let delimiter = if first.contains(';') { b';' } else { b',' };
        let mut reader = ReaderBuilder::new()
            .delimiter(delimiter)
            .has_headers(false)
            .flexible(true)
            .from_reader(text.as_bytes());
        let mut records = reader.records();
        let header = records.next().transpose().map_err(|_| bad_csv())?.unwrap_or_default();
        let order = order(&header, columns)?;
        let (mut rows, mut faults, mut lines) = (Vec::new(), Faults::default(), Lines::of(text));
        for record in records {
            let record = record.map_err(|_| bad_csv())?;
            let line = lines.at(record.position().map_or(0, csv::Position::byte));
            // Spreadsheets save rows that were emptied as delimiters alone.
            if record.iter().any(|cell| !cell.trim().is_empty()) {
                rows.extend(row(line, &record, &header, &order, columns, &mut faults));
            }
        }
        if rows.len() > MOST_ROWS {
            let detail = format!("A file may have {MOST_ROWS} rows at most.");
            return Err(FieldError::new("", "too_many", detail).into());
        }
        faults.finish(Self { rows })
    }
}

/// Where each column stands in the file.
fn order(header: &StringRecord, columns: &[&str]) -> Result<Vec<usize>, Problem> {
    let mut faults = Faults::default();
    let names: Vec<String> = header.iter().map(|name| name.trim().to_lowercase()).collect();
    for (place, name) in names.iter().enumerate() {
        let shown: String = name.chars().take(64).collect();
        if !columns.contains(&name.as_str()) {
            faults.note::<()>(1, &shown, "unknown", "There is no such column.");
        } else if names.iter().take(place).any(|other| other == name) {
            faults.note::<()>(1, &shown, "duplicate", "This column stands here twice.");
        }
    }
    let place = |column: &&str| names.iter().position(|name| name == column);
    let mut places = Vec::with_capacity(columns.len());
    for column in columns {
        match place(column) {
            Some(place) => places.push(place),
            None => drop(faults.note::<()>(1, column, "required", "This column is needed.")),
        }
    }
    faults.finish(places)
}

fn row(
    line: u64,
    record: &StringRecord,
    header: &StringRecord,
    order: &[usize],
    columns: &'static [&'static str],
    faults: &mut Faults,
) -> Option<Row> {
    if record.len() != header.len() {
        let detail = format!("This row has {} cells, and the first line {}.", record.len(), header.len());
        // The first column that is missing, or the last one where there are too many.
        let at = order.iter().position(|place| *place == record.len()).unwrap_or(columns.len() - 1);
        return faults.note(line, columns.get(at).copied().unwrap_or_default(), "invalid", detail);
    }
    let cell = |place: &usize| record.get(*place).unwrap_or_default().trim().to_owned();
    Some(Row {
        line,
        columns,
        cells: order.iter().map(cell).collect(),
    })
}

impl Row {
    /// A cell as it stands; empty where there is nothing.
    pub(super) fn cell(&self, column: &str) -> &str {
        let place = self.columns.iter().position(|name| *name == column);
        place.and_then(|place| self.cells.get(place)).map_or("", String::as_str)
    }

    /// One line of at most so many characters, empty where there is nothing.
    pub(super) fn text(&self, column: &str, most: usize, faults: &mut Faults) -> Option<String> {
        let text = self.cell(column);
        if text.chars().any(char::is_control) {
            return faults.note(self.line, column, "invalid", "This must be one line without control characters.");
        }
        if text.chars().count() > most {
            return faults.note(self.line, column, "too_long", format!("This may have {most} characters at most."));
        }
        Some(text.to_owned())
    }

    /// The same, where there must be something.
    pub(super) fn required(&self, column: &str, most: usize, faults: &mut Faults) -> Option<String> {
        if self.cell(column).is_empty() {
            return faults.note(self.line, column, "required", "This must not be empty.");
        }
        self.text(column, most, faults)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [&str; 2] = ["a", "b"];

    fn cells(text: &str) -> Vec<(u64, String, String)> {
        let table = Table::read(text.as_bytes(), &COLUMNS).unwrap_or_else(|problem| panic!("{text:?}: {:?}", problem.errors()));
        let cell = |row: &Row| (row.line, row.cell("a").to_owned(), row.cell("b").to_owned());
        table.rows.iter().map(cell).collect()
    }

    fn faults(text: &str) -> Vec<String> {
        let problem = Table::read(text.as_bytes(), &COLUMNS).err().unwrap();
        problem
            .errors()
            .iter()
            .map(|fault| format!("{} {}", fault.field, fault.code))
            .collect()
    }

    #[test]
    fn files_of_every_spreadsheet_are_read() {
        let expected = vec![(2, "1".to_owned(), "x;y".to_owned()), (3, "2".to_owned(), String::new())];
        for text in [
            "a,b\n1,x;y\n2,\n",
            "a;b\r\n1;\"x;y\"\r\n2;\r\n",
            "\u{feff}b, A\nx;y, 1 \n,2",
            "\u{feff}\"a\";\"b\"\r\n\"1\";\"x;y\"\r\n\"2\";\"\"",
        ] {
            assert_eq!(cells(text), expected, "{text:?}");
        }
        let quoted = cells("a,b\n\n\"1 \"\"2\"\"\",\"x\ny\"\n,\n3,4\n");
        assert_eq!(quoted[0], (3, "1 \"2\"".to_owned(), "x\ny".to_owned()));
        assert_eq!(
            (quoted[1].0, quoted.len()),
            (6, 2),
            "a row may have several lines, and an empty one is none"
        );
        assert!(cells("a,b").is_empty());
    }

    #[test]
    fn every_wrong_column_and_row_is_told() {
        assert_eq!(faults(""), ["line.1.a required", "line.1.b required"]);
        assert_eq!(faults("a,c,a\n"), ["line.1.c unknown", "line.1.a duplicate", "line.1.b required"]);
        assert_eq!(faults("a,b\n1\n1,2\n1,2,3\n"), ["line.2.b invalid", "line.4.b invalid"]);
        assert_eq!(Table::read(b"a,b\n\xff,1\n", &COLUMNS).err().unwrap().code(), "bad_csv");
        let many = format!("a,b\n{}", "1,2\n".repeat(2_001));
        assert_eq!(faults(&many), [" too_many"]);
    }
}
