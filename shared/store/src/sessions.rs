//! What lets a browser in: sessions, sign-in links, and the keys of single tickets. Of every secret its SHA-256 alone is here.

use chamada_domain::timestamp::{days, hours, seconds};
use chamada_domain::{EmailAddress, TicketNumber, Timestamp, User, UserId};
use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::item::{Item, ItemExt, keyed, s, to_json};
use crate::keys;
use crate::people::read_user;
use crate::store::{Store, passed};

/// For how long a sign-in link works, in minutes.
pub const SIGN_IN_MINUTES: i64 = 15;
/// For how long a ticket key is remembered, so that an expired one can ask for a new one, in days.
const KEY_KEPT_DAYS: i64 = 365;
/// The most tickets that one browser holds keys of.
pub const MAX_KEYS: usize = 50;

/// A browser's session: of a person, or of somebody who holds ticket keys alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last seen, to the hour.
    pub seen_at: Timestamp,
    /// When the person signed in by a mailed link, where they did: for fifteen minutes that stands for the old password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_link_at: Option<Timestamp>,
    /// The keys that it holds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<HeldKey>,
}

/// A ticket key in a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldKey {
    /// The ticket that it opens.
    #[serde(rename = "t")]
    pub ticket: TicketNumber,
    /// SHA-256 of the key, lower-case hex.
    #[serde(rename = "h")]
    pub hash: String,
    /// Whom it was mailed to.
    #[serde(rename = "p")]
    pub person: UserId,
}

/// A ticket key as the table has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketKey {
    /// Whom it was mailed to.
    pub person: UserId,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when it opens the ticket.
    pub valid_until: Timestamp,
}

/// What became of a sign-in link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Redeemed {
    /// It lets this person in, once, where they still read mail at the address to which it was mailed.
    By {
        /// The person.
        user: UserId,
        /// The address.
        address: EmailAddress,
    },
    /// It was used before.
    Used,
    /// It is too old.
    Expired,
    /// There is no such link.
    Unknown,
}

impl Session {
    /// A session that begins now.
    #[must_use]
    pub fn begin(now: Timestamp) -> Self {
        Self {
            created_at: now,
            seen_at: now,
            by_link_at: None,
            keys: Vec::new(),
        }
    }

    /// Whether it has ended by itself: idle for 12 hours (staff) or 30 days, or older than 30 or 90 days.
    #[must_use]
    pub fn is_over(&self, staff: bool, now: Timestamp) -> bool {
        let (idle, longest) = if staff { (hours(12), days(30)) } else { (days(30), days(90)) };
        passed(self.seen_at.plus(idle), now) || passed(self.created_at.plus(longest), now)
    }

    /// Whether it is time to write down that it is still in use: not on each request, since that would cost a write each.
    #[must_use]
    pub fn is_stale(&self, now: Timestamp) -> bool {
        passed(self.seen_at.plus(hours(1)), now)
    }

    /// Takes a key in; the oldest leaves where there are too many.
    pub fn hold(&mut self, key: HeldKey) {
        self.keys.retain(|held| held.ticket != key.ticket);
        self.keys.push(key);
        if self.keys.len() > MAX_KEYS {
            self.keys.remove(0);
        }
    }

    fn item(&self, pk: String, sk: String) -> Result<Item, StoreError> {
        Ok(keyed(pk, sk).with_json("session", self)?.expiring(self.created_at.plus(days(91))))
    }
}

/// The key of a session of `user`, or of a guest.
fn place(user: Option<&UserId>, hash: &str) -> (String, String) {
    match user {
        Some(user) => (keys::user(user), keys::session(hash)),
        None => (keys::guest(hash), "S".to_owned()),
    }
}

impl Store {
    /// The person of a session cookie, with one consistent read of both items.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn authenticate(&self, user: &UserId, hash: &str) -> Result<Option<(User, Session)>, StoreError> {
        let keys = [
            (keys::user(user), keys::session(hash)),
            (keys::user(user), keys::PROFILE.to_owned()),
        ];
        let items = self.read_all(&keys).await?;
        match &items[..] {
            [Some(session), Some(profile)] => Ok(Some((read_user(profile)?, session.json("session")?))),
            _ => Ok(None),
        }
    }

    /// The session of somebody who holds ticket keys alone.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn guest_session(&self, hash: &str) -> Result<Option<Session>, StoreError> {
        let item = self.read(&keys::guest(hash), "S", true).await?;
        item.filter(|item| item.contains_key("session"))
            .map(|item| item.json("session"))
            .transpose()
    }

    /// Begins a person's session.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn begin_session(&self, user: &UserId, hash: &str, session: &Session) -> Result<(), StoreError> {
        self.write(session.item(keys::user(user), keys::session(hash))?).await
    }

    /// Writes down that a session of `user`, or of a guest, is still in use; nothing where it has ended or changed meanwhile, since an ended one must
    /// not come back, and none lose a key.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn touch_session(&self, user: Option<&UserId>, hash: &str, session: &Session, now: Timestamp) -> Result<Session, StoreError> {
        let (pk, sk) = place(user, hash);
        let touched = Session {
            seen_at: now,
            ..session.clone()
        };
        self.replace_session(touched.item(pk, sk)?, to_json(session)?).await?;
        Ok(touched)
    }

    /// Writes a session's item where the session is `before`; whether it was.
    async fn replace_session(&self, item: Item, before: String) -> Result<bool, StoreError> {
        let put = self
            .client
            .put_item()
            .table_name(&*self.table)
            .set_item(Some(item))
            .condition_expression("#session = :before")
            .expression_attribute_names("#session", "session")
            .expression_attribute_values(":before", s(before));
        match put.send().await {
            Ok(_) => Ok(true),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => Ok(false),
            Err(error) => Err(StoreError::unavailable(error)),
        }
    }

    /// Begins the session of somebody who holds ticket keys alone.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn save_guest_session(&self, hash: &str, session: &Session) -> Result<(), StoreError> {
        self.write(session.item(keys::guest(hash), "S".into())?).await
    }

    /// Adds a key to a session that there is: of `user`, or of a guest. Keys that several tabs bring at once are all kept.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where it has ended; [`StoreError::Raced`].
    pub async fn hold_key(&self, user: Option<&UserId>, hash: &str, key: &HeldKey, now: Timestamp) -> Result<Session, StoreError> {
        let (pk, sk) = place(user, hash);
        for _ in 0..8 {
            let item = self.read(&pk, &sk, true).await?.ok_or(StoreError::NotFound)?;
            let before = item.text("session").map_err(|_| StoreError::NotFound)?.to_owned();
            let mut session: Session = item.json("session")?;
            session.hold(key.clone());
            session.seen_at = now;
            if self.replace_session(session.item(pk.clone(), sk.clone())?, before).await? {
                return Ok(session);
            }
        }
        Err(StoreError::Raced)
    }

    /// Ends a person's session.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn end_session(&self, user: &UserId, hash: &str) -> Result<(), StoreError> {
        self.remove(&keys::user(user), &keys::session(hash)).await
    }

    /// Ends a guest's session.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn end_guest_session(&self, hash: &str) -> Result<(), StoreError> {
        self.remove(&keys::guest(hash), "S").await
    }

    /// Ends all of a person's sessions.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn end_sessions(&self, user: &UserId) -> Result<(), StoreError> {
        let pk = keys::user(user);
        for item in self.all(&pk, Some(("S#", "S#~"))).await? {
            self.remove(&pk, item.text("sk")?).await?;
        }
        Ok(())
    }

    /// Keeps a sign-in link's hash, with the address to which it is mailed: for that one it speaks.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn save_sign_in(&self, hash: &str, user: &User, now: Timestamp) -> Result<(), StoreError> {
        let until = now.plus(seconds(SIGN_IN_MINUTES * 60));
        let item = keyed(keys::guest(hash), "S")
            .with("sign_in", s(user.id.as_str()))
            .with("address", s(user.email.as_str()))
            .with("valid_until", s(until.to_string()))
            .expiring(until.plus(days(1)));
        self.write(item).await
    }

    /// Redeems a sign-in link: once, whoever comes first. `call` is a name of this call's own: a request that is repeated because its answer was
    /// lost is still the first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn redeem_sign_in(&self, hash: &str, call: &str, now: Timestamp) -> Result<Redeemed, StoreError> {
        let pk = keys::guest(hash);
        let Some(item) = self.read(&pk, "S", true).await?.filter(|item| item.contains_key("sign_in")) else {
            return Ok(Redeemed::Unknown);
        };
        let until: Timestamp = item
            .text("valid_until")?
            .parse()
            .map_err(|_| StoreError::Corrupt { what: "a link's time" })?;
        if item.contains_key("used") {
            return Ok(Redeemed::Used);
        }
        if passed(until, now) {
            return Ok(Redeemed::Expired);
        }
        let user = item
            .text("sign_in")?
            .parse()
            .map_err(|_| StoreError::Corrupt { what: "a link's user" })?;
        let address = item
            .text("address")?
            .parse()
            .map_err(|_| StoreError::Corrupt { what: "a link's address" })?;
        let update = self
            .client
            .update_item()
            .table_name(&*self.table)
            .key("pk", s(pk))
            .key("sk", s("S"))
            .update_expression("SET used = :call REMOVE address")
            .condition_expression("attribute_exists(pk) AND (attribute_not_exists(used) OR used = :call)")
            .expression_attribute_values(":call", s(call));
        match update.send().await {
            Ok(_) => Ok(Redeemed::By { user, address }),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => Ok(Redeemed::Used),
            Err(error) => Err(StoreError::unavailable(error)),
        }
    }

    /// A ticket key, with the person it was mailed to as they are now.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn ticket_key(&self, ticket: TicketNumber, hash: &str) -> Result<Option<TicketKey>, StoreError> {
        let item = self.read(&keys::ticket_keys(ticket), hash, true).await?;
        item.map(|item| item.json("key")).transpose()
    }

    /// Which of these held keys open their tickets now: not revoked, not expired, their persons active.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn valid_keys(&self, held: &[HeldKey], now: Timestamp) -> Result<Vec<HeldKey>, StoreError> {
        if held.is_empty() {
            return Ok(Vec::new());
        }
        let mut wanted: Vec<(String, String)> = held.iter().map(|key| (keys::ticket_keys(key.ticket), key.hash.clone())).collect();
        let mut persons: Vec<&UserId> = held.iter().map(|key| &key.person).collect();
        persons.sort();
        persons.dedup();
        wanted.extend(persons.iter().map(|person| (keys::user(person), keys::PROFILE.to_owned())));
        wanted.truncate(100);
        let items = self.read_all(&wanted).await?;
        let (key_items, profiles) = items.split_at(held.len());
        let active = |person: &UserId| {
            let place = persons.iter().position(|other| *other == person)?;
            read_user(profiles.get(place)?.as_ref()?).ok().filter(|user| user.active)
        };
        let opens = |(key, item): &(&HeldKey, &Option<Item>)| {
            let stored = item.as_ref().and_then(|item| item.json::<TicketKey>("key").ok());
            stored.is_some_and(|stored| stored.person == key.person && !passed(stored.valid_until, now)) && active(&key.person).is_some()
        };
        Ok(held.iter().zip(key_items).filter(opens).map(|(key, _)| key.clone()).collect())
    }

    /// Who holds keys of a ticket: each with its hash.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn ticket_keys(&self, ticket: TicketNumber) -> Result<Vec<(String, TicketKey)>, StoreError> {
        let items = self.all(&keys::ticket_keys(ticket), None).await?;
        items
            .iter()
            .map(|item| Ok((item.text("sk")?.to_owned(), item.json("key")?)))
            .collect()
    }

    /// Revokes a key: it opens nothing from now on, and cannot ask for a new one.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn revoke_ticket_key(&self, ticket: TicketNumber, hash: &str) -> Result<(), StoreError> {
        self.remove(&keys::ticket_keys(ticket), hash).await
    }
}

pub(crate) fn ticket_key_item(ticket: TicketNumber, hash: &str, key: &TicketKey) -> Result<Item, StoreError> {
    Ok(keyed(keys::ticket_keys(ticket), hash)
        .with_json("key", key)?
        .expiring(key.created_at.plus(days(KEY_KEPT_DAYS))))
}
