//! Mails that were sent, or are being sent: the record that keeps one from going out twice. And what people asked to be mailed.

use chamada_domain::timestamp::{days, seconds};
use chamada_domain::{EmailAddress, LinkId, TicketNumber, Timestamp, UserId};
use serde::{Deserialize, Serialize};

use crate::error::{Made, StoreError};
use crate::idempotency::{Idempotency, judge};
use crate::item::{Item, ItemExt, keyed, n, s};
use crate::keys;
use crate::sessions::{TicketKey, ticket_key_item};
use crate::store::{Range, Store};
use crate::transaction::{Condition, Failure, Guard, Transaction};

/// After how many seconds a mail that was begun and never finished is sent again, with the same Message-ID.
pub const ABANDONED_SECONDS: i64 = 60;

/// How far a mail is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SendingState {
    /// It is being handed over.
    Sending,
    /// It was handed over.
    Sent,
    /// It arrived.
    Delivered,
    /// It came back.
    Bounced,
    /// Its recipient complained.
    Complained,
    /// It could not be handed over.
    Failed,
}

/// One mail to one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sending {
    /// The entry that it announces.
    pub seq: u64,
    /// Whom to.
    pub to: EmailAddress,
    /// How far it is.
    pub state: SendingState,
    /// Since when.
    pub at: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
    /// Its Message-ID, without angle brackets.
    pub message_id: String,
    /// What the mail service calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_id: Option<String>,
}

impl Sending {
    /// Whether somebody is handing it over: begun, not ended, and not so long ago that it was abandoned.
    #[must_use]
    pub fn is_under_way(&self, now: Timestamp) -> bool {
        self.state == SendingState::Sending && self.at.plus(seconds(ABANDONED_SECONDS)) > now
    }
}

/// Whether a mail may be handed over now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begun {
    /// It may, by the caller alone; and the how many-th attempt this is.
    Yes(u32),
    /// It was handed over before.
    AlreadySent,
    /// Another is at it, or was a moment ago.
    Busy,
}

/// What is written when a mail is begun.
#[derive(Debug, Clone)]
pub struct Begin<'a> {
    /// The ticket.
    pub ticket: TicketNumber,
    /// The mail.
    pub sending: &'a Sending,
    /// The recipient's id: the mail's name in the ticket together with its `seq`.
    pub recipient: &'a UserId,
    /// The ticket key that it carries, by its hash.
    pub key: Option<(&'a str, TicketKey)>,
    /// SHA-256 of its Message-ID, so that an answer finds the ticket.
    pub id_hash: &'a str,
}

impl Store {
    /// Records that a mail is being sent, with the key that it carries, in one transaction.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn begin_sending(&self, begin: &Begin<'_>) -> Result<Begun, StoreError> {
        let mut beside = vec![keyed(keys::message_id(begin.id_hash), format!("OUT#{}", begin.ticket)).with("ticket", n(begin.ticket.0))];
        if let Some((hash, key)) = &begin.key {
            beside.push(ticket_key_item(begin.ticket, hash, key)?);
        }
        self.begin_in(&keys::sendings(begin.ticket), begin.recipient, begin.sending, &beside)
            .await
    }

    /// Records that a mail about the root of a day is being sent: one a day to each person.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn begin_root_sending(&self, day: time::Date, recipient: &UserId, sending: &Sending) -> Result<Begun, StoreError> {
        self.begin_in(&keys::root_sendings(day), recipient, sending, &[]).await
    }

    /// Records how the sending of a mail about the root of a day ended.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn end_root_sending(&self, day: time::Date, recipient: &UserId, sending: &Sending) -> Result<(), StoreError> {
        self.write(sending_item(&keys::root_sendings(day), recipient, sending)?).await
    }

    /// Records that a mail is being sent, among the `sendings` of a ticket or a day, and writes what stands `beside` it.
    async fn begin_in(&self, sendings: &str, recipient: &UserId, sending: &Sending, beside: &[Item]) -> Result<Begun, StoreError> {
        let item = |sending: &Sending| sending_item(sendings, recipient, sending);
        let there = match self.try_to_begin(item(sending)?, beside, None).await? {
            Tried::Begun => return Ok(Begun::Yes(sending.attempts)),
            Tried::Busy => return Ok(Begun::Busy),
            Tried::There(item) => item,
        };
        let earlier: Sending = there.json("sending")?;
        if earlier.is_under_way(sending.at) {
            return Ok(Begun::Busy);
        }
        match earlier.state {
            SendingState::Failed | SendingState::Sending => {}
            SendingState::Sent | SendingState::Delivered | SendingState::Bounced | SendingState::Complained => {
                return Ok(Begun::AlreadySent);
            }
        }
        let next = Sending {
            attempts: earlier.attempts + 1,
            ..sending.clone()
        };
        match self.try_to_begin(item(&next)?, beside, Some(there.text("sending")?)).await? {
            Tried::Begun => Ok(Begun::Yes(next.attempts)),
            Tried::Busy | Tried::There(_) => Ok(Begun::Busy),
        }
    }

    /// Writes the record where there is none yet; with `earlier`, where it is still that.
    async fn try_to_begin(&self, item: Item, beside: &[Item], earlier: Option<&str>) -> Result<Tried, StoreError> {
        let free = match earlier {
            None => Condition::absent(),
            Some(earlier) => Condition::new("sending = :earlier", vec![(":earlier", s(earlier))]),
        };
        let mut transaction = Transaction::default();
        transaction.put(&self.table, Guard::Ticket, item, Some(free));
        for item in beside {
            transaction.put(&self.table, Guard::Other, item.clone(), None);
        }
        match transaction.run(&self.client).await {
            Ok(()) => Ok(Tried::Begun),
            Err(Failure::Condition(_, Some(item))) => Ok(Tried::There(item)),
            Err(Failure::Contention | Failure::Condition(..)) => Ok(Tried::Busy),
            Err(Failure::Store(error)) => Err(error),
        }
    }

    /// Records how a mail's sending ended. Where the service gave it another Message-ID, answers to that one find the ticket too.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn end_sending(
        &self,
        ticket: TicketNumber,
        recipient: &UserId,
        sending: &Sending,
        service_id_hash: Option<&str>,
    ) -> Result<(), StoreError> {
        self.write(sending_item(&keys::sendings(ticket), recipient, sending)?).await?;
        match service_id_hash {
            Some(hash) => {
                self.write(keyed(keys::message_id(hash), format!("OUT#{ticket}")).with("ticket", n(ticket.0)))
                    .await
            }
            None => Ok(()),
        }
    }

    /// The newest `limit` mails of a ticket: what can be read beside its newest entries, before those are known.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn newest_sendings(&self, ticket: TicketNumber, limit: u16) -> Result<NewestSendings, StoreError> {
        let pk = keys::sendings(ticket);
        let range = Range {
            pk: &pk,
            between: None,
            forward: false,
            consistent: true,
            limit: Some(i32::from(limit)),
            start: None,
        };
        let page = self.page(range).await?;
        let mut sendings = page
            .items
            .iter()
            .map(|item| item.json("sending"))
            .collect::<Result<Vec<Sending>, _>>()?;
        let cut = sendings.last().filter(|_| page.next.is_some());
        let complete_from = cut.map_or(0, |last| last.seq + 1);
        sendings.reverse();
        Ok(NewestSendings { sendings, complete_from })
    }

    /// The mails that announced entries from `first` to `last` of a ticket.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn sendings(&self, ticket: TicketNumber, first: u64, last: u64) -> Result<Vec<Sending>, StoreError> {
        let (from, to) = (keys::sending(first, ""), keys::sending(last, "~"));
        let items = self.all(&keys::sendings(ticket), Some((&from, &to))).await?;
        items.iter().map(|item| item.json("sending")).collect()
    }
}

/// The newest mails of a ticket.
#[derive(Debug, Clone, Default)]
pub struct NewestSendings {
    /// Oldest entries first.
    pub sendings: Vec<Sending>,
    /// All mails of this entry and of those after it are among them.
    pub complete_from: u64,
}

/// What became of an attempt to write that a mail is begun.
enum Tried {
    Begun,
    /// Another wrote at the same moment.
    Busy,
    /// There is a record already.
    There(Item),
}

fn sending_item(sendings: &str, recipient: &UserId, sending: &Sending) -> Result<Item, StoreError> {
    keyed(sendings, keys::sending(sending.seq, recipient.as_str())).with_json("sending", sending)
}

/// A link that somebody asked for. The secret in it is made when it is mailed, so that it never lies in the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum AskedLink {
    /// To sign in.
    SignIn {
        /// Whom it lets in.
        user: UserId,
    },
    /// To open one ticket.
    Ticket {
        /// The ticket.
        ticket: TicketNumber,
        /// Whom it is for.
        person: UserId,
    },
}

impl Store {
    /// Writes down that somebody asked for a link; the stream brings it to those who mail.
    ///
    /// # Errors
    /// [`StoreError::Replayed`] or [`StoreError::KeyReused`].
    pub async fn ask_link(&self, id: &LinkId, link: &AskedLink, now: Timestamp, request: Option<&Idempotency>) -> Result<(), StoreError> {
        self.write_link(id, keys::ASKED, link, now, request).await
    }

    /// Writes as much as [`Store::ask_link`] does, and nobody is mailed: what asking for an address costs must not tell whether it is known.
    ///
    /// # Errors
    /// As [`Store::ask_link`].
    pub async fn ask_no_link(
        &self,
        id: &LinkId,
        link: &AskedLink,
        now: Timestamp,
        request: Option<&Idempotency>,
    ) -> Result<(), StoreError> {
        self.write_link(id, "NOBODY", link, now, request).await
    }

    async fn write_link(
        &self,
        id: &LinkId,
        sk: &str,
        link: &AskedLink,
        now: Timestamp,
        request: Option<&Idempotency>,
    ) -> Result<(), StoreError> {
        self.replay(request).await?;
        let mut transaction = Transaction::default();
        let item = keyed(keys::link(id), sk)
            .with_json("link", link)?
            .with("at", s(now.to_string()))
            .expiring(now.plus(days(1)));
        transaction.put(&self.table, Guard::Other, item, Some(Condition::absent()));
        let made = Made {
            id: Some(id.to_string()),
            ..Made::default()
        };
        self.remember(&mut transaction, request, &made)?;
        match transaction.run(&self.client).await {
            Ok(()) => Ok(()),
            Err(Failure::Store(error)) => Err(error),
            Err(Failure::Condition(Guard::Idempotency, Some(record))) => {
                request.map_or(Ok(()), |request| judge(&record, request))?;
                Err(StoreError::Raced)
            }
            // Its id is random: what is there is what this wrote, whose answer was lost, asked again after the table forgot the request's token.
            Err(Failure::Condition(Guard::Other, _)) => Ok(()),
            Err(Failure::Contention | Failure::Condition(..)) => Err(StoreError::Raced),
        }
    }

    /// A link that was asked for, and when; nothing once it was mailed.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn asked_link(&self, id: &LinkId) -> Result<Option<(AskedLink, Timestamp)>, StoreError> {
        let Some(item) = self.read(&keys::link(id), keys::ASKED, true).await? else {
            return Ok(None);
        };
        let at = item
            .text("at")?
            .parse()
            .map_err(|_| StoreError::Corrupt { what: "a link's time" })?;
        Ok(Some((item.json("link")?, at)))
    }

    /// Forgets a link that was mailed.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn forget_link(&self, id: &LinkId) -> Result<(), StoreError> {
        self.remove(&keys::link(id), keys::ASKED).await
    }

    /// Keeps a ticket key's hash.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn save_ticket_key(&self, ticket: TicketNumber, hash: &str, key: &TicketKey) -> Result<(), StoreError> {
        self.write(ticket_key_item(ticket, hash, key)?).await
    }
}
