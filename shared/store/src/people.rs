//! People: accounts, unique by address, and the directories that list them.
//!
//! A directory is a partition of an index that tickets use too: `LIST#users` in `by_updated`, `LIST#staff` in `by_status`, both sorted by name. So no
//! second item has to be kept in step with a profile.

use chamada_domain::audit::{AuditTarget, Telling};
use chamada_domain::{AuditAction, AuditKind, EmailAddress, Role, User, UserId};

use crate::audit::{Deed, Note, request_of};
use crate::error::{Made, StoreError};
use crate::idempotency::Idempotency;
use crate::item::{Item, ItemExt, keyed, n, s};
use crate::keys;
use crate::lists::{Index, Position};
use crate::retry::Pauses;
use crate::store::Store;
use crate::transaction::{Condition, Guard, Transaction};

/// Where active administrators are counted: with each change and in its transaction, so that of the last two only one can step down.
const ADMINISTRATORS: (&str, &str) = ("COUNTER", "ADMINISTRATORS");

impl Store {
    /// How many administrators are active.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn administrators(&self) -> Result<u64, StoreError> {
        match self.read(ADMINISTRATORS.0, ADMINISTRATORS.1, true).await? {
            Some(item) => item.number("administrators"),
            None => Ok(0),
        }
    }

    fn count_administrators(&self, transaction: &mut Transaction, before: Option<&User>, after: &User) {
        let administers = |user: &User| user.active && user.role == Role::Administrator;
        let (was, is) = (before.is_some_and(administers), administers(after));
        if was == is {
            return;
        }
        let by = if is { 1 } else { -1 };
        let mut change = Condition::new("ADD administrators :by", vec![(":by", n(by))]);
        if was {
            change.values.push((":one", n(1)));
        }
        let unless_last = was.then_some("administrators > :one");
        transaction.update(&self.table, Guard::Administrators, ADMINISTRATORS, change, unless_last);
    }

    /// An account.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn user(&self, id: &UserId) -> Result<User, StoreError> {
        read_user(&self.read(&keys::user(id), keys::PROFILE, true).await?.ok_or(StoreError::NotFound)?)
    }

    /// Accounts, in the order of the ids; nothing where there is none.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn users(&self, ids: &[UserId]) -> Result<Vec<Option<User>>, StoreError> {
        let mut users = Vec::with_capacity(ids.len());
        for chunk in ids.chunks(100) {
            let wanted: Vec<_> = chunk.iter().map(|id| (keys::user(id), keys::PROFILE.to_owned())).collect();
            for item in self.read_all(&wanted).await? {
                users.push(item.as_ref().map(read_user).transpose()?);
            }
        }
        Ok(users)
    }

    /// Whose address this is.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn user_by_email(&self, email: &EmailAddress) -> Result<Option<User>, StoreError> {
        let Some(item) = self.read(&keys::email(email), "EMAIL", true).await? else {
            return Ok(None);
        };
        let id: UserId = item.text("user")?.parse().map_err(|_| StoreError::Corrupt {
            what: "an address names no user",
        })?;
        match self.user(&id).await {
            Ok(user) => Ok(Some(user)),
            Err(StoreError::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whose addresses these are, in their order.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn users_by_email(&self, emails: &[EmailAddress]) -> Result<Vec<Option<User>>, StoreError> {
        let mut found = Vec::with_capacity(emails.len());
        for chunk in emails.chunks(100) {
            let wanted: Vec<_> = chunk.iter().map(|email| (keys::email(email), "EMAIL".to_owned())).collect();
            let corrupt = |_| StoreError::Corrupt {
                what: "an address names no user",
            };
            let owner = |item: Item| item.text("user")?.parse::<UserId>().map_err(corrupt);
            let owners = self.read_all(&wanted).await?.into_iter().map(|item| item.map(owner).transpose());
            let owners: Vec<Option<UserId>> = owners.collect::<Result<_, _>>()?;
            let ids: Vec<UserId> = owners.iter().flatten().cloned().collect();
            let mut users = self.users(&ids).await?.into_iter();
            found.extend(owners.iter().map(|owner| owner.as_ref().and_then(|_| users.next().flatten())));
        }
        Ok(found)
    }

    /// Makes an account.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] `email_taken`; [`StoreError::Replayed`] or [`StoreError::KeyReused`].
    pub async fn create_user(&self, user: &User, deed: Option<&Deed>) -> Result<(), StoreError> {
        let mut transaction = Transaction::default();
        transaction.put(&self.table, Guard::Other, user_item(user, 1)?, Some(Condition::absent()));
        transaction.put(&self.table, Guard::Email, email_item(user), Some(Condition::absent()));
        self.count_administrators(&mut transaction, None, user);
        let request = request_of(deed);
        self.remember(&mut transaction, request, &made(user))?;
        self.note(&mut transaction, deed, note_of(None, user)).await?;
        self.run_for_user(transaction, request, &mut Pauses::default()).await
    }

    /// The account of this address, made where there is none: what a mail's sender gets, which is nobody's deed.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn user_or_create(&self, email: &EmailAddress, deed: Option<&Deed>, new: impl FnOnce() -> User) -> Result<User, StoreError> {
        if let Some(user) = self.user_by_email(email).await? {
            return Ok(user);
        }
        let user = new();
        match self.create_user(&user, deed).await {
            Ok(()) => Ok(user),
            // Somebody else made it in the meantime.
            Err(StoreError::Conflict(_) | StoreError::Raced) => self.user_by_email(email).await?.ok_or(StoreError::Raced),
            Err(error) => Err(error),
        }
    }

    /// Changes an account: reads it, lets `change` alter it, writes it; again where another change came between.
    ///
    /// # Errors
    /// What `change` refuses; [`StoreError::NotFound`]; [`StoreError::Conflict`] `email_taken` or `last_administrator`.
    pub async fn change_user<C>(&self, id: &UserId, deed: Option<&Deed>, mut change: C) -> Result<User, StoreError>
    where
        C: FnMut(&mut User) -> Result<(), StoreError>,
    {
        let (request, mut pauses) = (request_of(deed), Pauses::default());
        loop {
            self.replay(request).await?;
            let item = self.read(&keys::user(id), keys::PROFILE, true).await?.ok_or(StoreError::NotFound)?;
            let (before, revision) = (read_user(&item)?, item.number("revision")?);
            if before.is_erased() {
                // It is there for tickets to name, and nobody's to fill again.
                return Err(StoreError::NotFound);
            }
            let mut user = before.clone();
            change(&mut user)?;
            let mut transaction = Transaction::default();
            let unchanged = Condition::new("revision = :revision", vec![(":revision", n(revision))]);
            transaction.put(&self.table, Guard::Ticket, user_item(&user, revision + 1)?, Some(unchanged));
            if user.email != before.email {
                if user.is_erased() {
                    // Without a deed nobody knows when: then what is left of the person goes at once or not at all.
                    let now = deed.map_or(user.created_at, |deed| deed.at);
                    self.add_erasing(&mut transaction, &before, now);
                } else {
                    transaction.put(&self.table, Guard::Email, email_item(&user), Some(Condition::absent()));
                }
                transaction.delete(&self.table, Guard::Other, keys::email(&before.email), "EMAIL".into(), None);
            }
            self.count_administrators(&mut transaction, Some(&before), &user);
            self.remember(&mut transaction, request, &made(&user))?;
            self.note(&mut transaction, deed, note_of(Some(&before), &user)).await?;
            match self.run_for_user(transaction, request, &mut pauses).await {
                Err(StoreError::Raced) if pauses.wait().await => {}
                outcome => return outcome.map(|()| user),
            }
        }
    }

    async fn run_for_user(&self, transaction: Transaction, request: Option<&Idempotency>, pauses: &mut Pauses) -> Result<(), StoreError> {
        let means = |guard| match guard {
            Guard::Email => Some(StoreError::Conflict("email_taken")),
            Guard::Administrators => Some(StoreError::Conflict("last_administrator")),
            Guard::Idempotency
            | Guard::Lease
            | Guard::Ledger
            | Guard::Message
            | Guard::Ticket
            | Guard::Entry
            | Guard::Upload
            | Guard::Other => None,
        };
        self.carry_out_within(transaction, request, means, pauses).await
    }

    /// Everyone with an account, by name.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn list_users(&self, start: Option<Position>, limit: u16) -> Result<(Vec<User>, Option<Position>), StoreError> {
        let page = self.index_page(Index::Updated, "LIST#users", true, start, limit).await?;
        Ok((page.items.iter().map(|item| item.json("row")).collect::<Result<_, _>>()?, page.next))
    }

    /// All specialists and administrators, by name.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn list_staff(&self) -> Result<Vec<User>, StoreError> {
        let mut staff = Vec::new();
        let mut start = None;
        loop {
            let page = self.index_page(Index::Status, "LIST#staff", true, start, 100).await?;
            for item in &page.items {
                staff.push(item.json("row")?);
            }
            start = page.next;
            if start.is_none() {
                return Ok(staff);
            }
        }
    }
}

fn note_of(before: Option<&User>, after: &User) -> Note {
    let action = match before {
        None => AuditAction::UserMade,
        Some(before) if !before.is_erased() && after.is_erased() => AuditAction::UserErased,
        Some(before) if before.active && !after.active => AuditAction::UserDeactivated,
        Some(_) => AuditAction::UserChanged,
    };
    Note {
        action,
        target: AuditTarget::one(AuditKind::User, &after.id),
        changes: Telling::USER.changes(before, after),
    }
}

fn made(user: &User) -> Made {
    Made {
        id: Some(user.id.to_string()),
        ..Made::default()
    }
}

fn user_item(user: &User, revision: u64) -> Result<Item, StoreError> {
    // The index repeats `row`: the password's hash stays out of it.
    let public = User {
        password_hash: None,
        ..user.clone()
    };
    let mut item = keyed(keys::user(&user.id), keys::PROFILE)
        .with_json("row", &public)?
        .with("revision", n(revision));
    if user.is_erased() {
        return Ok(item);
    }
    item = item
        .with("list_pk", s("LIST#users"))
        .with("updated_at", s(format!("{}#{}", user.name.to_lowercase(), user.id)));
    if let Some(hash) = &user.password_hash {
        item = item.with("password", s(hash));
    }
    if user.role.is_staff() && user.active {
        item = item.with("status_pk", s("LIST#staff"));
    }
    Ok(item)
}

pub(crate) fn read_user(item: &Item) -> Result<User, StoreError> {
    let mut user: User = item.json("row")?;
    user.password_hash = item.text("password").ok().map(str::to_owned);
    Ok(user)
}

fn email_item(user: &User) -> Item {
    keyed(keys::email(&user.email), "EMAIL").with("user", s(user.id.as_str()))
}

/// Whether somebody may be given tickets.
#[must_use]
pub fn can_attend(user: &User) -> bool {
    user.active && matches!(user.role, Role::Specialist | Role::Administrator)
}
