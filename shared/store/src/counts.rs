//! How many tickets a list holds, by the indexes: no row is sent, and what is read is bounded.

use aws_sdk_dynamodb::types::Select;
use chamada_domain::{Timestamp, UserId};
use futures::future::try_join_all;

use crate::error::StoreError;
use crate::item::s;
use crate::keys;
use crate::lists::Index;
use crate::store::Store;

/// Where counting ends: this number stands for itself or more. 1,000 rows of an index are some 90 read units.
pub const COUNTED_TO: u64 = 1_000;

impl Store {
    /// How many tickets are pending, [`COUNTED_TO`] at most.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn count_pending(&self) -> Result<u64, StoreError> {
        self.count_shards(Index::Updated, None).await
    }

    /// How many pending tickets have an estimated date before `now`, [`COUNTED_TO`] at most.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn count_overdue(&self, now: Timestamp) -> Result<u64, StoreError> {
        self.count_shards(Index::Due, Some(&now.to_string())).await
    }

    /// How many pending tickets somebody, or nobody, attends to, [`COUNTED_TO`] at most.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn count_attended(&self, assignee: Option<&UserId>) -> Result<u64, StoreError> {
        let partition = keys::assignee_partition(assignee, "open");
        self.count(Index::Assignee, &partition, None).await
    }

    async fn count_shards(&self, index: Index, below: Option<&str>) -> Result<u64, StoreError> {
        let partitions: Vec<String> = (0..self.shards).map(|shard| keys::sharded("open", shard, self.shards)).collect();
        let counts = partitions.iter().map(|partition| self.count(index, partition, below));
        Ok(try_join_all(counts).await?.into_iter().sum::<u64>().min(COUNTED_TO))
    }

    /// Counts the rows of a partition, those alone that sort before `below` where that is given.
    async fn count(&self, index: Index, partition: &str, below: Option<&str>) -> Result<u64, StoreError> {
        let (mut count, mut start) = (0, None);
        loop {
            let left = COUNTED_TO - count;
            let mut query = self
                .client
                .query()
                .table_name(&*self.table)
                .index_name(index.name())
                .select(Select::Count)
                .expression_attribute_names("#partition", index.partition_attribute())
                .expression_attribute_values(":partition", s(partition));
            query = match below {
                Some(below) => query
                    .key_condition_expression("#partition = :partition AND #sort < :below")
                    .expression_attribute_names("#sort", index.sort_attribute())
                    .expression_attribute_values(":below", s(below)),
                None => query.key_condition_expression("#partition = :partition"),
            };
            let limited = query.limit(i32::try_from(left).unwrap_or(i32::MAX)).set_exclusive_start_key(start);
            let answer = limited.send().await.map_err(StoreError::unavailable)?;
            count += u64::try_from(answer.count).unwrap_or(0);
            start = answer.last_evaluated_key;
            if start.is_none() || count >= COUNTED_TO {
                return Ok(count.min(COUNTED_TO));
            }
        }
    }
}
