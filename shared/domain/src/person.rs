//! People.

use serde::{Deserialize, Serialize};

use crate::{EmailAddress, Locale, Role, Timestamp, UnitId, UserId};

/// A person as a ticket names its requester.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Who.
    #[serde(rename = "i")]
    pub id: UserId,
    /// What they are called.
    #[serde(rename = "n")]
    pub name: String,
    /// Where they read mail.
    #[serde(rename = "e")]
    pub email: EmailAddress,
}

/// A member of staff as a ticket names its assignee.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaffMember {
    /// Who.
    #[serde(rename = "i")]
    pub id: UserId,
    /// What they are called.
    #[serde(rename = "n")]
    pub name: String,
}

/// A person who gets copies of a ticket.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Watcher {
    /// Who.
    #[serde(rename = "i")]
    pub id: UserId,
    /// Where they read mail.
    #[serde(rename = "e")]
    pub email: EmailAddress,
}

/// Somebody with an account: everyone who ever wrote, and all staff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Who.
    pub id: UserId,
    /// Where they read mail; unique.
    pub email: EmailAddress,
    /// What they are called, 1 to 100 characters.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// What they read.
    pub locale: Locale,
    /// The company they belong to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company_id: Option<UnitId>,
    /// Whether they may sign in. A deactivated person's links and sessions stop at once.
    pub active: bool,
    /// Whether they want the mails that they may refuse.
    pub notify: bool,
    /// When the account was made.
    pub created_at: Timestamp,
    /// Argon2id in PHC form, where they have chosen a password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_hash: Option<String>,
}

impl User {
    /// The longest name, in characters.
    pub const MAX_NAME: usize = 100;

    /// Takes away what tells who this was. The account stays, nobody's and of no use, since tickets name its id.
    pub fn erase(&mut self) {
        self.email = EmailAddress::erased();
        self.name = String::new();
        self.company_id = None;
        self.password_hash = None;
        (self.active, self.notify) = (false, false);
    }

    /// Whether it was erased.
    #[must_use]
    pub fn is_erased(&self) -> bool {
        self.email == EmailAddress::erased()
    }

    /// As a ticket names its requester.
    #[must_use]
    pub fn as_person(&self) -> Person {
        Person {
            id: self.id.clone(),
            name: self.name.clone(),
            email: self.email.clone(),
        }
    }

    /// As a ticket names its assignee.
    #[must_use]
    pub fn as_staff_member(&self) -> StaffMember {
        StaffMember {
            id: self.id.clone(),
            name: self.name.clone(),
        }
    }

    /// As a ticket names a watcher.
    #[must_use]
    pub fn as_watcher(&self) -> Watcher {
        Watcher {
            id: self.id.clone(),
            email: self.email.clone(),
        }
    }
}
