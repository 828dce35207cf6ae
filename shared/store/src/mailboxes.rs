//! Mailboxes and their sweeps.

use chamada_domain::audit::{AuditTarget, Telling};
use chamada_domain::mailbox::{LastSweep, Mailbox, Sweep, SweepState};
use chamada_domain::timestamp::{days, seconds};
use chamada_domain::{AuditAction, AuditKind, MailboxId, SweepId, Timestamp};

use crate::audit::{Deed, Note, request_of};
use crate::error::{Made, StoreError};
use crate::idempotency::Idempotency;
use crate::item::{Item, ItemExt, keyed, n, s};
use crate::keys;
use crate::lists::Index;
use crate::store::{Range, Store};
use crate::transaction::{Condition, Failure, Guard, Transaction};

/// For how many days a sweep's report is kept.
const SWEEP_KEPT_DAYS: i64 = 30;
/// For how many seconds a sweep counts as under way after it was asked for or last heard of.
const UNDER_WAY_SECONDS: i64 = 120;

impl Store {
    /// A mailbox.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn mailbox(&self, id: &MailboxId) -> Result<Mailbox, StoreError> {
        self.read(&keys::mailbox(id), "CONFIG", true)
            .await?
            .ok_or(StoreError::NotFound)?
            .json("row")
    }

    /// All mailboxes, by name.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn mailboxes(&self) -> Result<Vec<Mailbox>, StoreError> {
        let mut mailboxes = Vec::new();
        let mut start = None;
        loop {
            let page = self.index_page(Index::Updated, "LIST#mailboxes", true, start, 100).await?;
            for item in &page.items {
                mailboxes.push(item.json("row")?);
            }
            start = page.next;
            if start.is_none() {
                return Ok(mailboxes);
            }
        }
    }

    /// Makes a mailbox.
    ///
    /// # Errors
    /// [`StoreError::Replayed`] or [`StoreError::KeyReused`].
    pub async fn create_mailbox(&self, mailbox: &Mailbox, deed: Option<&Deed>) -> Result<(), StoreError> {
        self.replay(request_of(deed)).await?;
        self.write_mailbox((None, mailbox), 1, Condition::absent(), deed).await
    }

    /// Changes a mailbox: reads it, lets `change` alter it, writes it; again where another change came between.
    ///
    /// # Errors
    /// What `change` refuses; [`StoreError::NotFound`].
    pub async fn change_mailbox<C>(&self, id: &MailboxId, deed: Option<&Deed>, mut change: C) -> Result<Mailbox, StoreError>
    where
        C: FnMut(&mut Mailbox) -> Result<(), StoreError>,
    {
        for _ in 0..5 {
            self.replay(request_of(deed)).await?;
            let item = self.read(&keys::mailbox(id), "CONFIG", true).await?.ok_or(StoreError::NotFound)?;
            let (before, revision): (Mailbox, u64) = (item.json("row")?, item.number("revision")?);
            let mut mailbox = before.clone();
            change(&mut mailbox)?;
            let unchanged = Condition::new("revision = :revision", vec![(":revision", n(revision))]);
            let written = self.write_mailbox((Some(&before), &mailbox), revision + 1, unchanged, deed);
            match written.await {
                Err(StoreError::Raced) => {}
                outcome => return outcome.map(|()| mailbox),
            }
        }
        Err(StoreError::Raced)
    }

    /// Writes how a mailbox's last sweep ended.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where the mailbox was removed meanwhile.
    pub async fn note_sweep(&self, id: &MailboxId, last: &LastSweep) -> Result<(), StoreError> {
        let set = |mailbox: &mut Mailbox| {
            mailbox.last_sweep = Some(last.clone());
            Ok(())
        };
        self.change_mailbox(id, None, set).await.map(|_| ())
    }

    /// Removes a mailbox. What it brought stays where it is; its ledger stays too, so that an open sweep imports nothing twice.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`StoreError::Replayed`] or [`StoreError::KeyReused`].
    pub async fn remove_mailbox(&self, id: &MailboxId, deed: Option<&Deed>) -> Result<(), StoreError> {
        let request = request_of(deed);
        self.replay(request).await?;
        let mut transaction = Transaction::default();
        let there = Condition::new("attribute_exists(pk)", Vec::new());
        transaction.delete(&self.table, Guard::Other, keys::mailbox(id), "CONFIG".into(), Some(there));
        let made = Made {
            id: Some(id.to_string()),
            ..Made::default()
        };
        self.remember(&mut transaction, request, &made)?;
        let note = Note {
            action: AuditAction::MailboxDeleted,
            target: AuditTarget::one(AuditKind::Mailbox, id),
            changes: Vec::new(),
        };
        self.note(&mut transaction, deed, note).await?;
        let gone = |guard| (guard == Guard::Other).then_some(StoreError::NotFound);
        self.carry_out(transaction, request, gone).await
    }

    /// Asks for a sweep, or joins the one under way; the sweep that will bring the mail.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn ask_sweep(&self, sweep: &Sweep, request: Option<&Idempotency>) -> Result<SweepId, StoreError> {
        match self.replay(request).await {
            Err(StoreError::Replayed(made)) => return remembered_sweep(made),
            outcome => outcome?,
        }
        let mut transaction = Transaction::default();
        transaction.put(&self.table, Guard::Other, sweep_item(sweep)?, Some(Condition::absent()));
        let free = Condition::new(
            "attribute_not_exists(pk) OR busy_until <= :now",
            vec![(":now", n(sweep.asked_at.unix_seconds()))],
        );
        transaction.put(&self.table, Guard::Ticket, current_item(sweep, sweep.asked_at), Some(free));
        let made = |id: &SweepId| Made {
            id: Some(id.to_string()),
            ..Made::default()
        };
        self.remember(&mut transaction, request, &made(&sweep.id))?;
        match transaction.run(&self.client).await {
            Ok(()) => Ok(sweep.id.clone()),
            Err(Failure::Condition(Guard::Ticket, Some(current))) => {
                let joined: SweepId = current.text("sweep")?.parse().map_err(|_| StoreError::Corrupt {
                    what: "the sweep under way",
                })?;
                self.remember_alone(request, &made(&joined)).await?;
                Ok(joined)
            }
            Err(Failure::Store(error)) => Err(error),
            Err(Failure::Contention | Failure::Condition(..)) => match self.replay(request).await {
                Err(StoreError::Replayed(made)) => remembered_sweep(made),
                outcome => outcome.and(Err(StoreError::Raced)),
            },
        }
    }

    /// Writes how far a sweep is; while it goes on, nobody starts another.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn save_sweep(&self, sweep: &Sweep, now: Timestamp) -> Result<(), StoreError> {
        self.write(sweep_item(sweep)?).await?;
        match sweep.state {
            SweepState::Asked | SweepState::Running => self.write(current_item(sweep, now)).await,
            SweepState::Done | SweepState::Failed => self.clear_current(sweep).await,
        }
    }

    /// Takes the mark of the sweep under way away, if it is this one's.
    async fn clear_current(&self, sweep: &Sweep) -> Result<(), StoreError> {
        let delete = self
            .client
            .delete_item()
            .table_name(&*self.table)
            .key("pk", s(keys::mailbox(&sweep.mailbox)))
            .key("sk", s("CURRENT"))
            .condition_expression("attribute_not_exists(pk) OR sweep = :sweep")
            .expression_attribute_values(":sweep", s(sweep.id.as_str()));
        match delete.send().await {
            Ok(_) => Ok(()),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => Ok(()),
            Err(error) => Err(StoreError::unavailable(error)),
        }
    }

    /// Forgets which sweep is under way: for a machine that starts and knows that none is.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn forget_sweep_under_way(&self, mailbox: &MailboxId) -> Result<(), StoreError> {
        self.remove(&keys::mailbox(mailbox), "CURRENT").await
    }

    /// A sweep.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn sweep(&self, mailbox: &MailboxId, id: &SweepId) -> Result<Sweep, StoreError> {
        self.read(&keys::mailbox(mailbox), &keys::sweep(id), true)
            .await?
            .ok_or(StoreError::NotFound)?
            .json("sweep")
    }

    /// The latest sweeps of a mailbox, newest first, and whether more follow; `before` names the last one of the page before.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn sweeps(&self, mailbox: &MailboxId, before: Option<&SweepId>, limit: u16) -> Result<(Vec<Sweep>, bool), StoreError> {
        let pk = keys::mailbox(mailbox);
        let start = before.map(|id| keyed(&pk, keys::sweep(id)));
        let range = Range {
            pk: &pk,
            between: Some(("SWEEP#", "SWEEP#~")),
            forward: false,
            consistent: true,
            limit: Some(i32::from(limit)),
            start,
        };
        let page = self.page(range).await?;
        Ok((
            page.items.iter().map(|item| item.json("sweep")).collect::<Result<_, _>>()?,
            page.next.is_some(),
        ))
    }

    /// Writes a mailbox as it is now, and what became of it.
    async fn write_mailbox(
        &self,
        (before, now): (Option<&Mailbox>, &Mailbox),
        revision: u64,
        condition: Condition<'_>,
        deed: Option<&Deed>,
    ) -> Result<(), StoreError> {
        let mut transaction = Transaction::default();
        transaction.put(&self.table, Guard::Ticket, mailbox_item(now, revision)?, Some(condition));
        let made = Made {
            id: Some(now.id.to_string()),
            ..Made::default()
        };
        self.remember(&mut transaction, request_of(deed), &made)?;
        let note = Note {
            action: if before.is_some() {
                AuditAction::MailboxChanged
            } else {
                AuditAction::MailboxMade
            },
            target: AuditTarget::one(AuditKind::Mailbox, &now.id),
            changes: Telling::MAILBOX.changes(before, now),
        };
        self.note(&mut transaction, deed, note).await?;
        self.carry_out(transaction, request_of(deed), |_| None).await
    }
}

fn remembered_sweep(made: Made) -> Result<SweepId, StoreError> {
    made.id.and_then(|id| id.parse().ok()).ok_or(StoreError::Corrupt {
        what: "a remembered sweep",
    })
}

fn mailbox_item(mailbox: &Mailbox, revision: u64) -> Result<Item, StoreError> {
    Ok(keyed(keys::mailbox(&mailbox.id), "CONFIG")
        .with_json("row", mailbox)?
        .with("revision", n(revision))
        .with("list_pk", s("LIST#mailboxes"))
        .with("updated_at", s(format!("{}#{}", mailbox.name.to_lowercase(), mailbox.id))))
}

fn sweep_item(sweep: &Sweep) -> Result<Item, StoreError> {
    Ok(keyed(keys::mailbox(&sweep.mailbox), keys::sweep(&sweep.id))
        .with_json("sweep", sweep)?
        .with("state", s(state_word(sweep.state)))
        .expiring(sweep.asked_at.plus(days(SWEEP_KEPT_DAYS))))
}

fn current_item(sweep: &Sweep, now: Timestamp) -> Item {
    keyed(keys::mailbox(&sweep.mailbox), "CURRENT")
        .with("sweep", s(sweep.id.as_str()))
        .with("busy_until", n(now.plus(seconds(UNDER_WAY_SECONDS)).unix_seconds()))
}

fn state_word(state: SweepState) -> &'static str {
    match state {
        SweepState::Asked => "asked",
        SweepState::Running => "running",
        SweepState::Done => "done",
        SweepState::Failed => "failed",
    }
}
