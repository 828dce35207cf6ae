//! Settings and the two trees: few, small, read by every request, so kept for half a minute.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use chamada_domain::audit::{AuditTarget, Telling, parts_changed};
use chamada_domain::tree::{Categories, Organisation};
use chamada_domain::{AuditAction, AuditKind, Settings};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::audit::{Deed, Note, request_of};
use crate::error::{Made, StoreError};
use crate::item::{Item, ItemExt, keyed, n, s};
use crate::keys;
use crate::store::Store;
use crate::transaction::{Condition, Guard, Transaction};

/// For how long a process goes on with what it has read.
const KEPT: Duration = Duration::from_secs(30);

const SETTINGS: &str = "SETTINGS";
const ORGANISATION: &str = "ORGANISATION";
const CATEGORIES: &str = "CATEGORIES";

/// Settings and trees together, with the trees' versions.
#[derive(Debug, Clone, Default)]
pub struct Configuration {
    /// The settings.
    pub settings: Settings,
    /// The organisation.
    pub organisation: Versioned<Organisation>,
    /// The categories.
    pub categories: Versioned<Categories>,
}

/// A value with the number that rises when it changes; 0 before it was first written.
#[derive(Debug, Clone, Default)]
pub struct Versioned<T> {
    /// The value.
    pub value: T,
    /// Its version.
    pub version: u64,
}

#[derive(Debug, Default)]
pub(crate) struct ConfCache {
    read: Option<(Instant, std::sync::Arc<Configuration>)>,
    /// Units and categories that are known to be in use.
    used: BTreeSet<String>,
    /// Months that are known to have audit records.
    pub(crate) months: BTreeSet<String>,
}

impl Store {
    /// Settings and trees, at most 30 seconds old.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn configuration(&self) -> Result<std::sync::Arc<Configuration>, StoreError> {
        let mut cache = self.conf.lock().await;
        if let Some((at, configuration)) = &cache.read
            && at.elapsed() < KEPT
        {
            return Ok(configuration.clone());
        }
        let fresh = std::sync::Arc::new(self.read_configuration().await?);
        cache.read = Some((Instant::now(), fresh.clone()));
        Ok(fresh)
    }

    /// Settings and trees as they are now.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn read_configuration(&self) -> Result<Configuration, StoreError> {
        let wanted = [SETTINGS, ORGANISATION, CATEGORIES].map(|sk| (keys::CONF.to_owned(), sk.to_owned()));
        let items = self.read_all(&wanted).await?;
        let [settings, organisation, categories] = &items[..] else {
            return Err(StoreError::Corrupt { what: "the configuration" });
        };
        Ok(Configuration {
            settings: versioned::<Settings>(settings.as_ref())?.value,
            organisation: versioned(organisation.as_ref())?,
            categories: versioned(categories.as_ref())?,
        })
    }

    /// Writes the settings, if they are still what was read: `version` is theirs.
    ///
    /// # Errors
    /// [`StoreError::Raced`] where another wrote meanwhile; [`StoreError::Replayed`] or [`StoreError::KeyReused`].
    pub async fn change_settings<C>(&self, deed: Option<&Deed>, change: C) -> Result<Settings, StoreError>
    where
        C: Fn(&mut Settings),
    {
        for _ in 0..5 {
            let item = self.read(keys::CONF, SETTINGS, true).await?;
            let Versioned {
                value: mut settings,
                version,
            } = versioned::<Settings>(item.as_ref())?;
            let before = settings.clone();
            change(&mut settings);
            let note = Note {
                action: AuditAction::SettingsChanged,
                target: AuditTarget::the(AuditKind::Settings),
                changes: Telling::SETTINGS.changes(Some(&before), &settings),
            };
            match self.write_conf(SETTINGS, &settings, version, deed, note).await {
                Err(StoreError::Raced) => {}
                outcome => return outcome.map(|()| settings),
            }
        }
        Err(StoreError::Raced)
    }

    /// Writes the organisation, if it is still as it was `before`.
    ///
    /// # Errors
    /// [`StoreError::Raced`] where it is not; [`StoreError::Replayed`] or [`StoreError::KeyReused`].
    pub async fn write_organisation(
        &self,
        tree: &Organisation,
        before: &Versioned<Organisation>,
        deed: Option<&Deed>,
    ) -> Result<(), StoreError> {
        let note = tree_note(deed, AuditAction::OrganisationChanged, AuditKind::Organisation, &before.value, tree);
        self.write_conf(ORGANISATION, tree, before.version, deed, note).await
    }

    /// Writes the categories, if they are still as they were `before`.
    ///
    /// # Errors
    /// [`StoreError::Raced`] where they are not; [`StoreError::Replayed`] or [`StoreError::KeyReused`].
    pub async fn write_categories(&self, tree: &Categories, before: &Versioned<Categories>, deed: Option<&Deed>) -> Result<(), StoreError> {
        let note = tree_note(deed, AuditAction::CategoriesChanged, AuditKind::Categories, &before.value, tree);
        self.write_conf(CATEGORIES, tree, before.version, deed, note).await
    }

    pub(crate) async fn write_conf(
        &self,
        sk: &str,
        value: &impl Serialize,
        version: u64,
        deed: Option<&Deed>,
        note: Note,
    ) -> Result<(), StoreError> {
        let request = request_of(deed);
        self.replay(request).await?;
        let item = keyed(keys::CONF, sk).with_json("value", value)?.with("version", n(version + 1));
        let unchanged = if version == 0 {
            Condition::absent()
        } else {
            Condition::new("version = :version", vec![(":version", n(version))])
        };
        let mut transaction = Transaction::default();
        transaction.put(&self.table, Guard::Ticket, item, Some(unchanged));
        let made = deed.and_then(|deed| deed.answer.clone()).unwrap_or_else(|| Made {
            id: Some(sk.to_lowercase()),
            ..Made::default()
        });
        self.remember(&mut transaction, request, &made)?;
        self.note(&mut transaction, deed, note).await?;
        let outcome = self.carry_out(transaction, request, |_| None).await;
        self.conf.lock().await.read = None;
        outcome
    }

    /// Remembers that units or categories are in use, so that they can be retired and not removed. One write for each, once.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn mark_used(&self, ids: impl IntoIterator<Item = String>) -> Result<(), StoreError> {
        for id in ids {
            if self.conf.lock().await.used.contains(&id) {
                continue;
            }
            self.write_new(keyed("USED", &id)).await?;
            self.conf.lock().await.used.insert(id);
        }
        Ok(())
    }

    /// Which of these units or categories are in use.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn used(&self, ids: &[String]) -> Result<BTreeSet<String>, StoreError> {
        let mut used = BTreeSet::new();
        for chunk in ids.chunks(100) {
            let wanted: Vec<_> = chunk.iter().map(|id| ("USED".to_owned(), id.clone())).collect();
            let items = self.read_all(&wanted).await?;
            used.extend(chunk.iter().zip(items).filter_map(|(id, item)| item.map(|_| id.clone())));
        }
        Ok(used)
    }

    /// Counts one more use of `what` by `who` in this hour; how many there were with it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn count_use(&self, what: &str, who: &str, now: chamada_domain::Timestamp) -> Result<u64, StoreError> {
        let hour = now.to_string()[..13].to_owned();
        let expires = now.plus(chamada_domain::timestamp::hours(2)).unix_seconds();
        let answer = self
            .client
            .update_item()
            .table_name(&*self.table)
            .key("pk", s(keys::rate_limit(what, who)))
            .key("sk", s(hour))
            .update_expression("ADD uses :one SET expires_at = :expires")
            .expression_attribute_values(":one", n(1))
            .expression_attribute_values(":expires", n(expires))
            .return_values(aws_sdk_dynamodb::types::ReturnValue::UpdatedNew)
            .send()
            .await
            .map_err(StoreError::unavailable)?;
        answer.attributes.unwrap_or_default().number("uses")
    }

    /// Takes one use back that [`Store::count_use`] counted at `now`: what is limited are failures, and this was none.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn take_back_use(&self, what: &str, who: &str, now: chamada_domain::Timestamp) -> Result<(), StoreError> {
        let update = self
            .client
            .update_item()
            .table_name(&*self.table)
            .key("pk", s(keys::rate_limit(what, who)))
            .key("sk", s(&now.to_string()[..13]))
            .update_expression("ADD uses :less")
            .expression_attribute_values(":less", n(-1));
        update.send().await.map_err(StoreError::unavailable)?;
        Ok(())
    }

    /// How many uses of `what` by `who` this hour has seen.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn uses(&self, what: &str, who: &str, now: chamada_domain::Timestamp) -> Result<u64, StoreError> {
        let hour = now.to_string()[..13].to_owned();
        match self.read(&keys::rate_limit(what, who), &hour, true).await? {
            Some(item) => item.number("uses"),
            None => Ok(0),
        }
    }
}

fn tree_note<T: Serialize>(deed: Option<&Deed>, action: AuditAction, kind: AuditKind, before: &T, after: &T) -> Note {
    Note {
        action: if deed.is_some_and(Deed::is_import) {
            AuditAction::Imported
        } else {
            action
        },
        target: AuditTarget::the(kind),
        changes: parts_changed(before, after),
    }
}

pub(crate) fn versioned<T: DeserializeOwned + Default>(item: Option<&Item>) -> Result<Versioned<T>, StoreError> {
    match item {
        Some(item) => Ok(Versioned {
            value: item.json("value")?,
            version: item.number("version")?,
        }),
        None => Ok(Versioned::default()),
    }
}
