//! API tokens: what lets a program in for a person. Of each its SHA-256 alone is here.

use chamada_domain::audit::{AuditChange, AuditTarget};
use chamada_domain::{AuditAction, AuditKind, Timestamp, TokenId, TokenScope, User, UserId};
use serde::{Deserialize, Serialize};

use crate::audit::{Deed, Note, request_of};
use crate::error::{Made, StoreError};
use crate::item::{Item, ItemExt, keyed, n};
use crate::keys;
use crate::people::read_user;
use crate::retry::Pauses;
use crate::store::{Store, passed};
use crate::transaction::{Condition, Failure, Guard, Transaction};

/// The most tokens that one person has, expired ones among them.
pub const MAX_TOKENS: u32 = 20;

/// An API token, without the secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiToken {
    /// What its owner names it by when it is deleted.
    pub id: TokenId,
    /// What its owner calls it, 1 to 80 characters.
    pub name: String,
    /// What it may do.
    pub scope: TokenScope,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it works no more; never, where not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

impl ApiToken {
    /// Whether it works no more by itself.
    #[must_use]
    pub fn has_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|at| passed(at, now))
    }
}

impl Store {
    /// The owner of a token and the token, with one consistent read of both items.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn authenticate_token(&self, owner: &UserId, hash: &str) -> Result<Option<(User, ApiToken)>, StoreError> {
        let keys = [
            (keys::user(owner), keys::token(hash)),
            (keys::user(owner), keys::PROFILE.to_owned()),
        ];
        let items = self.read_all(&keys).await?;
        match &items[..] {
            [Some(token), Some(profile)] => Ok(Some((read_user(profile)?, token.json("token")?))),
            _ => Ok(None),
        }
    }

    /// A person's tokens, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn tokens(&self, owner: &UserId) -> Result<Vec<ApiToken>, StoreError> {
        let items = self.token_items(owner).await?;
        let mut tokens: Vec<ApiToken> = items.iter().map(|item| item.json("token")).collect::<Result<_, _>>()?;
        tokens.sort_by(|one, other| (one.created_at, &one.id).cmp(&(other.created_at, &other.id)));
        Ok(tokens)
    }

    async fn token_items(&self, owner: &UserId) -> Result<Vec<Item>, StoreError> {
        self.all(&keys::user(owner), Some(keys::TOKENS)).await
    }

    /// Keeps a new token's hash.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] `too_many_tokens`.
    pub async fn create_token(&self, owner: &UserId, hash: &str, token: &ApiToken, deed: Option<&Deed>) -> Result<(), StoreError> {
        let mut transaction = Transaction::default();
        let item = keyed(keys::user(owner), keys::token(hash)).with_json("token", token)?;
        transaction.put(&self.table, Guard::Ticket, item, Some(Condition::absent()));
        // Counted in the transaction, so that of many at once no more are made than may be.
        let count = Condition::new("ADD tokens :one", vec![(":one", n(1)), (":most", n(MAX_TOKENS))]);
        let unless_full = Some("attribute_not_exists(tokens) OR tokens < :most");
        let place = keys::user(owner);
        transaction.update(&self.table, Guard::Other, (&place, keys::TOKEN_COUNT), count, unless_full);
        let mut changes = vec![AuditChange::to("scope", token.scope.as_str())];
        changes.extend(token.expires_at.map(|at| AuditChange::to("expires_at", at.to_string())));
        let note = Note {
            action: AuditAction::TokenMade,
            target: AuditTarget::one(AuditKind::Token, &token.id),
            changes,
        };
        self.note(&mut transaction, deed, note).await?;
        let full = |guard| (guard == Guard::Other).then_some(StoreError::Conflict("too_many_tokens"));
        self.carry_out(transaction, request_of(deed), full).await
    }

    /// Deletes a token: it lets nobody in from now on.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`StoreError::Replayed`] or [`StoreError::KeyReused`].
    pub async fn delete_token(&self, owner: &UserId, id: &TokenId, deed: Option<&Deed>) -> Result<(), StoreError> {
        let request = request_of(deed);
        self.replay(request).await?;
        let items = self.token_items(owner).await?;
        let is_it = |item: &&Item| item.json::<ApiToken>("token").is_ok_and(|token| token.id == *id);
        let found = items.iter().find(is_it).ok_or(StoreError::NotFound);
        let sk = self.unless_replayed(request, found).await?.text("sk")?.to_owned();
        let mut transaction = Transaction::default();
        let there = Condition::new("attribute_exists(pk)", Vec::new());
        transaction.delete(&self.table, Guard::Other, keys::user(owner), sk, Some(there));
        self.count_tokens(&mut transaction, owner, -1);
        let made = Made {
            id: Some(id.to_string()),
            ..Made::default()
        };
        self.remember(&mut transaction, request, &made)?;
        let note = Note {
            action: AuditAction::TokenRevoked,
            target: AuditTarget::one(AuditKind::Token, id),
            changes: Vec::new(),
        };
        self.note(&mut transaction, deed, note).await?;
        let gone = |guard| (guard == Guard::Other).then_some(StoreError::NotFound);
        self.carry_out(transaction, request, gone).await
    }

    /// Deletes all of a person's tokens: those of somebody who was deactivated must not come to life again with them.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn end_tokens(&self, owner: &UserId) -> Result<(), StoreError> {
        let mut pauses = Pauses::default();
        loop {
            let items = self.token_items(owner).await?;
            if items.is_empty() {
                return Ok(());
            }
            let mut transaction = Transaction::default();
            for item in &items {
                let sk = item.text("sk")?.to_owned();
                let there = Condition::new("attribute_exists(pk)", Vec::new());
                transaction.delete(&self.table, Guard::Other, keys::user(owner), sk, Some(there));
            }
            // As many fewer as go, and not none: another may be made meanwhile, which goes in the next round.
            self.count_tokens(&mut transaction, owner, -(items.len() as i64));
            match transaction.run_within(&self.client, &mut pauses).await {
                Ok(()) => {}
                Err(Failure::Store(error)) => return Err(error),
                // One of them was deleted meanwhile.
                Err(Failure::Condition(..)) if pauses.wait().await => {}
                Err(Failure::Contention | Failure::Condition(..)) => return Err(StoreError::Raced),
            }
        }
    }

    /// Counts more tokens of a person, or fewer.
    fn count_tokens(&self, transaction: &mut Transaction, owner: &UserId, by: i64) {
        let change = Condition::new("ADD tokens :by", vec![(":by", n(by))]);
        transaction.update(&self.table, Guard::Ticket, (&keys::user(owner), keys::TOKEN_COUNT), change, None);
    }
}
