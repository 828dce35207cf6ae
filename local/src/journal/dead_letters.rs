//! What was given up on, and its way back.

use rusqlite::params;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use super::{Delivery, Journal, JournalError, ms};

const INSERT_DEAD: &str = "INSERT INTO dead_letters (source, rule, function, event, reason, attempts, first_ms, died_ms)
                           VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";

/// An event, or records of the stream, that were given up on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// Its number.
    pub id: i64,
    /// `event` or `stream`.
    pub source: String,
    /// The rule that matched; empty for the stream.
    pub rule: String,
    /// The function that failed on it.
    pub function: String,
    /// What the function was given.
    pub event: Value,
    /// The last error, without personal data.
    pub reason: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was accepted.
    #[serde(with = "time::serde::rfc3339")]
    pub first_at: OffsetDateTime,
    /// When it was given up.
    #[serde(with = "time::serde::rfc3339")]
    pub died_at: OffsetDateTime,
}

impl Journal {
    /// A delivery is given up: it goes to the dead letters.
    ///
    /// # Errors
    /// What SQLite reports.
    pub async fn bury(&self, delivery: &Delivery, reason: &str, now: OffsetDateTime) -> Result<(), JournalError> {
        let (delivery, reason) = (delivery.clone(), reason.to_owned());
        self.run(move |connection| {
            let (rule, function) = (&delivery.rule, &delivery.function);
            let letter = params![
                "event",
                rule,
                function,
                delivery.event.to_string(),
                reason,
                delivery.attempts + 1,
                delivery.first_ms,
                ms(now)
            ];
            connection.prepare_cached(INSERT_DEAD)?.execute(letter)?;
            connection
                .prepare_cached("DELETE FROM deliveries WHERE id = ?1")?
                .execute([delivery.id])
                .map(|_| ())
        })
        .await
    }

    /// Records of the stream that `function` was never able to take.
    ///
    /// # Errors
    /// What SQLite reports.
    pub async fn bury_records(
        &self,
        function: &str,
        event: &Value,
        reason: &str,
        attempts: u32,
        now: OffsetDateTime,
    ) -> Result<(), JournalError> {
        let (function, event, reason) = (function.to_owned(), event.to_string(), reason.to_owned());
        self.run(move |connection| {
            let letter = params!["stream", "", function, event, reason, attempts, ms(now), ms(now)];
            connection.prepare_cached(INSERT_DEAD)?.execute(letter).map(|_| ())
        })
        .await
    }

    /// All dead letters, oldest first.
    ///
    /// # Errors
    /// What SQLite reports.
    pub async fn dead_letters(&self) -> Result<Vec<DeadLetter>, JournalError> {
        let rows = self
            .run(|connection| {
                let mut select = connection.prepare_cached(
                    "SELECT id, source, rule, function, event, reason, attempts, first_ms, died_ms FROM dead_letters ORDER BY id",
                )?;
                let rows = select.query_map([], |row| {
                    let event: String = row.get(4)?;
                    let letter = DeadLetter {
                        id: row.get(0)?,
                        source: row.get(1)?,
                        rule: row.get(2)?,
                        function: row.get(3)?,
                        event: Value::Null,
                        reason: row.get(5)?,
                        attempts: row.get(6)?,
                        first_at: at(row.get(7)?),
                        died_at: at(row.get(8)?),
                    };
                    Ok((letter, event))
                })?;
                rows.collect::<rusqlite::Result<Vec<_>>>()
            })
            .await?;
        rows.into_iter()
            .map(|(letter, event)| {
                Ok(DeadLetter {
                    event: serde_json::from_str(&event)?,
                    ..letter
                })
            })
            .collect()
    }

    /// Brings dead letters back: all, or those named. Events and records alike become deliveries to their functions. Says how
    /// many.
    ///
    /// # Errors
    /// What SQLite reports.
    pub async fn replay(&self, ids: Option<Vec<i64>>, now: OffsetDateTime) -> Result<usize, JournalError> {
        self.run(move |connection| {
            let ids = match ids {
                Some(ids) => ids,
                None => connection.prepare("SELECT id FROM dead_letters ORDER BY id")?.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?,
            };
            let mut replayed = 0;
            for id in ids {
                let copy = "INSERT INTO deliveries (rule, function, event, first_ms, due_ms)
                            SELECT CASE source WHEN 'stream' THEN 'stream' ELSE rule END, function, event, ?2, ?2 FROM dead_letters WHERE id = ?1";
                replayed += connection.prepare_cached(copy)?.execute(params![id, ms(now)])?;
                connection.prepare_cached("DELETE FROM dead_letters WHERE id = ?1")?.execute([id])?;
            }
            Ok(replayed)
        })
        .await
    }
}

fn at(ms: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(ms) * 1_000_000).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use time::macros::datetime;

    const NOW: OffsetDateTime = datetime!(2026-11-22 05:00:00 UTC);

    #[tokio::test]
    async fn failures_come_again_then_die_and_can_be_replayed() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(&folder.path().join("journal.db")).unwrap();
        journal
            .accept(vec![("r".into(), "notifier".into(), json!({ "n": 1 }))], NOW)
            .await
            .unwrap();
        let (due, _) = journal.due("notifier", NOW, 10).await.unwrap();
        let later = NOW + time::Duration::seconds(5);
        journal.again(due[0].id, later).await.unwrap();
        let (none, next) = journal.due("notifier", NOW, 10).await.unwrap();
        assert!(none.is_empty());
        assert_eq!(next, Some(ms(later)));
        let (due, _) = journal.due("notifier", later, 10).await.unwrap();
        assert_eq!(due[0].attempts, 1);
        journal.bury(&due[0], "no answer", later).await.unwrap();
        journal
            .bury_records("outbox", &json!({ "Records": [1] }), "poison", 3, later)
            .await
            .unwrap();

        let dead = journal.dead_letters().await.unwrap();
        assert_eq!(
            dead.iter()
                .map(|letter| (letter.source.as_str(), letter.attempts))
                .collect::<Vec<_>>(),
            [("event", 2), ("stream", 3)]
        );
        assert_eq!(dead[1].event, json!({ "Records": [1] }));
        assert_eq!(journal.replay(Some(vec![dead[1].id, 99]), later).await.unwrap(), 1);
        assert_eq!(journal.replay(None, later).await.unwrap(), 1);
        assert!(journal.dead_letters().await.unwrap().is_empty());
        assert_eq!(
            journal.due("outbox", later, 10).await.unwrap().0[0].event,
            json!({ "Records": [1] })
        );
        assert_eq!(journal.waiting().await.unwrap(), 2);
    }
}
