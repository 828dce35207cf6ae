//! Tokens by which a mail finds its ticket again, and the mark by which we know our own.
//!
//! Each holds what it names and a message authentication code (HMAC-SHA256, RFC 2104, its first 80 bits) over that; guessing one takes some
//! 2^79 mails. All are letters that survive servers which lower-case addresses.

use std::fmt;

use chamada_domain::{EmailAddress, LinkId, TicketNumber, UserId};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::incoming::IncomingMail;

/// The header that marks our own mails.
pub const LOOP_HEADER: &str = "X-Chamada-Loop";

/// The bytes of a code that are kept.
const CODE: usize = 10;

/// The key of all mail tokens: 32 random bytes from the parameter store.
#[derive(Clone)]
pub struct MailKey([u8; 32]);

impl fmt::Debug for MailKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MailKey(…)")
    }
}

/// The ticket that a genuine token names, and the person whom the token was given to. It tells where a mail belongs, never who wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thread {
    /// The ticket.
    pub ticket: TicketNumber,
    /// The person to whom the mail that is answered went.
    pub person: UserId,
}

/// The form in which a Message-ID is kept, and found again: lower-case hex of the SHA-256 of the id without its angle brackets.
#[must_use]
pub fn id_hash(id: &str) -> String {
    hex::encode(Sha256::digest(id.as_bytes()))
}

/// RFC 4648 §6, lower-case, for a multiple of five bytes.
fn base32(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let mut text = String::new();
    for group in bytes.chunks(5) {
        let bits = group.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        text.extend(
            (0..8)
                .rev()
                .map(|at| char::from(LETTERS[usize::try_from(bits >> (at * 5) & 31).unwrap_or_default()])),
        );
    }
    text
}

/// The part of an identifier behind its prefix.
fn tail<'a>(id: &'a str, prefix: &str) -> &'a str {
    id.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('_')).unwrap_or(id)
}

impl MailKey {
    /// The key of these bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The code of `fields` for one `purpose`; codes for one purpose are worth nothing for another.
    fn code(&self, purpose: &str, fields: &[&str]) -> String {
        let mut mac = match Hmac::<Sha256>::new_from_slice(&self.0) {
            Ok(mac) => mac,
            Err(_) => unreachable!("HMAC takes keys of any length (RFC 2104 §2)"),
        };
        for field in [purpose].iter().chain(fields) {
            mac.update(field.to_ascii_lowercase().as_bytes());
            mac.update(b"\0");
        }
        let full = mac.finalize().into_bytes();
        base32(&full[..CODE])
    }

    fn genuine(&self, purpose: &str, fields: &[&str], code: &str) -> bool {
        let right = self.code(purpose, fields);
        right.as_bytes().ct_eq(code.to_ascii_lowercase().as_bytes()).into()
    }

    /// The address that `person` answers to for `ticket`: `help+t2841-<person>-<code>@example.com`. None where that would be longer than
    /// RFC 5321 §4.5.3.1.1 lets a local part be (64 bytes); the answer is then known by its References.
    #[must_use]
    pub fn reply_address(&self, sender: &EmailAddress, ticket: TicketNumber, person: &UserId) -> Option<EmailAddress> {
        let number = ticket.to_string();
        let who = tail(person.as_str(), UserId::PREFIX);
        let code = self.code("reply", &[&number, who]);
        format!("{}+t{number}-{who}-{code}@{}", sender.local_part(), sender.domain())
            .parse()
            .ok()
    }

    /// The Message-ID, without angle brackets, of the mail about entry `seq` of `ticket` to `person`: the same each time.
    #[must_use]
    pub fn ticket_message_id(&self, ticket: TicketNumber, seq: u64, person: &UserId, domain: &str) -> String {
        let (number, seq) = (ticket.to_string(), seq.to_string());
        let who = tail(person.as_str(), UserId::PREFIX);
        let code = self.code("message", &[&number, &seq, who]);
        format!("t.{number}.{seq}.{who}.{code}@{domain}")
    }

    /// The Message-ID, without angle brackets, of the mail that carries the link `link`.
    #[must_use]
    pub fn link_message_id(&self, link: &LinkId, domain: &str) -> String {
        let id = tail(link.as_str(), LinkId::PREFIX);
        format!("l.{id}.{}@{domain}", self.code("link", &[id]))
    }

    /// The Message-ID, without angle brackets, of the mail that tells a person of the root of a day.
    #[must_use]
    pub fn root_message_id(&self, date: &str, person: &UserId, domain: &str) -> String {
        let who = tail(person.as_str(), UserId::PREFIX);
        format!("r.{date}.{who}.{}@{domain}", self.code("root", &[date, who]))
    }

    /// The value of the loop header for a mail of that Message-ID. SES rewrites Message-IDs, so the value holds all that is needed.
    #[must_use]
    pub fn loop_value(&self, message_id: &str) -> String {
        let local = message_id.split('@').next().unwrap_or_default();
        format!("{local} {}", self.code("loop", &[local]))
    }

    /// Whether the mail carries a genuine loop header: one of ours has come back.
    #[must_use]
    pub fn is_own(&self, mail: &IncomingMail) -> bool {
        let tag = mail.loop_tag.as_deref().and_then(|tag| tag.split_once(' '));
        tag.is_some_and(|(local, code)| self.genuine("loop", &[local], code))
    }

    /// The thread that one of our addresses names.
    #[must_use]
    pub fn thread_of_address(&self, address: &str) -> Option<Thread> {
        let (local, _) = address.rsplit_once('@')?;
        let (_, token) = local.rsplit_once(['+'])?;
        let mut parts = token.strip_prefix(['t', 'T'])?.split('-');
        let (number, who, code) = (parts.next()?, parts.next()?, parts.next()?);
        (parts.next().is_none() && self.genuine("reply", &[number, who], code))
            .then(|| thread(number, who))
            .flatten()
    }

    /// The thread that one of our Message-IDs names.
    #[must_use]
    pub fn thread_of_message_id(&self, id: &str) -> Option<Thread> {
        let (local, _) = id.rsplit_once('@')?;
        let mut parts = local.strip_prefix("t.")?.split('.');
        let (number, seq, who, code) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        (parts.next().is_none() && self.genuine("message", &[number, seq, who], code))
            .then(|| thread(number, who))
            .flatten()
    }

    /// The threads that the mail's genuine tokens name, each once: those of its addresses first, then In-Reply-To, then References from the
    /// last one back.
    #[must_use]
    pub fn threads(&self, mail: &IncomingMail) -> Vec<Thread> {
        let written = mail.to.iter().chain(&mail.cc).map(|to| to.address.as_str());
        let by_address = written
            .chain(mail.delivered_to.iter().map(String::as_str))
            .filter_map(|to| self.thread_of_address(to));
        let ids = mail.in_reply_to.iter().chain(mail.references.iter().rev());
        let mut found: Vec<Thread> = Vec::new();
        for thread in by_address.chain(ids.filter_map(|id| self.thread_of_message_id(id))) {
            if !found.contains(&thread) {
                found.push(thread);
            }
        }
        found
    }
}

fn thread(number: &str, who: &str) -> Option<Thread> {
    Some(Thread {
        ticket: number.parse().ok()?,
        person: format!("{}_{}", UserId::PREFIX, who.to_ascii_lowercase()).parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> MailKey {
        MailKey::new([7; 32])
    }

    #[test]
    fn base32_as_rfc_4648_has_it() {
        assert_eq!(base32(b"fooba"), "mzxw6ytb");
        assert_eq!(base32(&[0xff; 10]), "7777777777777777");
    }

    #[test]
    fn tokens_come_back_and_forged_ones_do_not() {
        let (ana, ticket) = (UserId::from_random([0xab; 10]), TicketNumber(2841));
        let sender: EmailAddress = "help@example.com".parse().unwrap();
        let wanted = Thread {
            ticket,
            person: ana.clone(),
        };
        let address = key().reply_address(&sender, ticket, &ana).unwrap();
        assert!(address.local_part().len() <= 64, "{address}");
        assert_eq!(key().thread_of_address(address.as_str()), Some(wanted.clone()));
        assert_eq!(key().thread_of_address(&address.as_str().to_uppercase()), Some(wanted.clone()));
        let id = key().ticket_message_id(ticket, 17, &ana, "example.com");
        assert_eq!(key().thread_of_message_id(&id), Some(wanted));
        assert_eq!(id, key().ticket_message_id(ticket, 17, &ana, "example.com"));

        let other = MailKey::new([8; 32]);
        assert_eq!(other.thread_of_address(address.as_str()), None);
        assert_eq!(other.thread_of_message_id(&id), None);
        assert_eq!(key().thread_of_address(&address.as_str().replace("t2841", "t2842")), None);
        assert_eq!(key().thread_of_message_id(&id.replace(".17.", ".18.")), None);
        for nonsense in ["", "@", "+t@x", "a+t1@x", "a+t1--@x", "t.1.2.3@x", "t....@x"] {
            assert_eq!(key().thread_of_address(nonsense), None);
            assert_eq!(key().thread_of_message_id(nonsense), None);
        }
    }

    #[test]
    fn addresses_too_long_are_not_made() {
        let sender: EmailAddress = format!("{}@example.com", "a".repeat(30)).parse().unwrap();
        assert_eq!(key().reply_address(&sender, TicketNumber(1), &UserId::from_random([1; 10])), None);
    }

    #[test]
    fn the_key_is_not_shown() {
        assert_eq!(format!("{:?}", key()), "MailKey(…)");
    }
}
