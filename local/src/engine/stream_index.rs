//! The stream trap of dynoxide 3.2.0, and its mending.
//!
//! Each write to a streamed table asks `_stream_records` for `MAX(CAST(sequence_number AS INTEGER))` of the table, which no
//! index answers: writes slow down with the stream's length, and nobody trims it. From a second SQLite connection this
//! module makes the index that the engine's own queries then use, and deletes records that were consumed. It could be
//! dropped when the engine does both itself.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, params};

/// What is added to a stored sequence number to make the public one.
const PUBLIC_OFFSET: u128 = 100_000_000_000_000_000_000;

/// Rows deleted by one statement: it holds SQLite's only write lock, and this many take about a millisecond.
const TRIM_BATCH: usize = 256;

/// One serves both of the engine's queries, the newest number and the next records of a shard: a shard is never far from being the whole stream. A
/// second one, which earlier versions made, costs each write a page.
const INDEXES: &str = "
CREATE INDEX IF NOT EXISTS chamada_stream_newest ON _stream_records(table_name, CAST(sequence_number AS INTEGER));
DROP INDEX IF EXISTS chamada_stream_shard;";

const TRIM: &str = "
DELETE FROM _stream_records WHERE id IN (
    SELECT id FROM _stream_records
    WHERE table_name = ?1 AND CAST(sequence_number AS INTEGER) < ?2
    ORDER BY CAST(sequence_number AS INTEGER) LIMIT ?3)";

/// The second connection to the engine's database.
#[derive(Debug)]
pub struct StreamIndex {
    connection: Connection,
}

impl StreamIndex {
    /// Opens `database`, which the engine has opened before, and makes the index where it is missing.
    ///
    /// # Errors
    /// What SQLite reports; also when the engine's table is not there, as after a change of its layout.
    pub fn open(database: &Path) -> rusqlite::Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(database, flags)?;
        connection.busy_timeout(Duration::from_secs(10))?;
        // What is deleted here may come back after a power loss: it is consumed and only takes room.
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.execute_batch(INDEXES)?;
        Ok(Self { connection })
    }

    /// Deletes up to `TRIM_BATCH` records of `table` older than the public sequence number `position`, and says how many.
    /// The record at `position` stays: the next number is counted on from it, whatever the clock says.
    ///
    /// # Errors
    /// What SQLite reports.
    pub fn trim(&self, table: &str, position: &str) -> rusqlite::Result<usize> {
        let Some(stored) = stored_number(position) else { return Ok(0) };
        self.connection.prepare_cached(TRIM)?.execute(params![table, stored, TRIM_BATCH])
    }

    /// `synchronous` as SQLite sets it on a connection that nobody changed, which is what the engine's own has: 1 is NORMAL,
    /// 2 is FULL.
    ///
    /// # Errors
    /// What SQLite reports.
    pub fn default_synchronous(database: &Path) -> rusqlite::Result<i64> {
        let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.pragma_query_value(None, "synchronous", |row| row.get(0))
    }

    /// How many records of `table` are kept.
    ///
    /// # Errors
    /// What SQLite reports.
    pub fn len(&self, table: &str) -> rusqlite::Result<u64> {
        self.connection
            .query_row("SELECT COUNT(*) FROM _stream_records WHERE table_name = ?1", [table], |row| {
                row.get(0)
            })
    }
}

fn stored_number(public: &str) -> Option<i64> {
    i64::try_from(public.parse::<u128>().ok()?.checked_sub(PUBLIC_OFFSET)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(connection: &Connection, query: &str) -> String {
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {query}")).unwrap();
        let rows = statement.query_map([], |row| row.get::<_, String>(3)).unwrap();
        rows.collect::<Result<Vec<_>, _>>().unwrap().join("; ")
    }

    #[test]
    fn the_engines_queries_use_the_index() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.db");
        let _engine = dynoxide::Database::new(path.to_str().unwrap()).unwrap();
        let index = StreamIndex::open(&path).unwrap();
        let newest = "SELECT COALESCE(MAX(CAST(sequence_number AS INTEGER)), 0) + 1 FROM _stream_records WHERE table_name = 't'";
        assert!(
            plan(&index.connection, newest).contains("chamada_stream_newest"),
            "{}",
            plan(&index.connection, newest)
        );
        let page = "SELECT event_name FROM _stream_records WHERE table_name = 't' AND shard_id = 's' AND \
                    CAST(sequence_number AS INTEGER) > 5 ORDER BY CAST(sequence_number AS INTEGER) ASC LIMIT 10";
        let found = plan(&index.connection, page);
        assert!(found.contains("chamada_stream_newest") && !found.contains("TEMP B-TREE"), "{found}");
    }

    #[test]
    fn public_numbers_are_the_stored_ones_plus_the_offset() {
        assert_eq!(stored_number("100000000000000000007"), Some(7));
        assert_eq!(stored_number("7"), None);
        assert_eq!(stored_number("x"), None);
    }
}
