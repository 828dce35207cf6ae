//! Identifiers: every kind a type of its own, checked where it enters.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::error::FieldError;

/// A ticket's number: the integer that grows by one with each ticket (gaps are allowed). Shown to people behind a prefix, `CH-1042`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TicketNumber(pub u64);

impl TicketNumber {
    /// The largest number that the table's ten-digit sort order can hold.
    pub const MAX: u64 = 9_999_999_999;

    /// The number as people read it, behind the site's `prefix`: `CH-1042`.
    #[must_use]
    pub fn shown(self, prefix: &str) -> String {
        format!("{prefix}-{}", self.0)
    }
}

impl PartialSchema for TicketNumber {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Integer)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
            .minimum(Some(1_u64))
            .maximum(Some(Self::MAX))
            .description(Some("The ticket's number, shown to people behind the site's prefix: `CH-1042`."))
            .into()
    }
}

impl ToSchema for TicketNumber {}

impl fmt::Display for TicketNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for TicketNumber {
    type Err = FieldError;

    /// Reads a number without sign or leading zeros.
    ///
    /// # Errors
    /// `not_found`-worthy text: anything that is no plain number from 1 to [`TicketNumber::MAX`].
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
        match text.parse::<u64>() {
            Ok(number) if plain && (1..=Self::MAX).contains(&number) => Ok(Self(number)),
            _ => Err(FieldError::invalid("ticket")),
        }
    }
}

/// The most characters behind an identifier's prefix and underscore.
const LONGEST_REST: usize = 40;

/// Whether `text` is `prefix_` and then 1 to 40 characters of `[0-9a-zA-Z]`.
fn well_formed(prefix: &str, text: &str) -> bool {
    text.strip_prefix(prefix)
        .and_then(|rest| rest.strip_prefix('_'))
        .is_some_and(|rest| (1..=LONGEST_REST).contains(&rest.len()) && rest.bytes().all(|b| b.is_ascii_alphanumeric()))
}

macro_rules! ids {
    ($($(#[doc = $doc:literal])* $name:ident = $prefix:literal;)*) => {$(
        $(#[doc = $doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// What every identifier of this kind begins with.
            pub const PREFIX: &'static str = $prefix;

            /// An identifier made of random bytes, which the caller draws.
            #[must_use]
            pub fn from_random(bytes: [u8; 10]) -> Self {
                Self(format!("{}_{}", $prefix, hex::encode(bytes)))
            }

            /// The identifier as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .pattern(Some(format!("^{}_[0-9A-Za-z]{{1,{LONGEST_REST}}}$", $prefix)))
                    .description(Some(concat!($($doc),*).trim()))
                    .into()
            }
        }

        impl ToSchema for $name {}

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = FieldError;

            /// Reads an identifier of this kind.
            ///
            /// # Errors
            /// Text without the prefix, or with anything but letters and digits behind it.
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                if well_formed($prefix, text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(FieldError::invalid("id"))
                }
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(|_| serde::de::Error::custom(concat!("not an id of the form ", $prefix, "_…")))
            }
        }
    )*};
}

ids! {
    /// A person: requester, specialist or administrator.
    UserId = "usr";
    /// A file that hangs, or will hang, on a ticket.
    AttachmentId = "att";
    /// A mailbox that is emptied over POP3.
    MailboxId = "mbx";
    /// One sweep of one mailbox.
    SweepId = "swp";
    /// A corporation, company, site or cost centre.
    UnitId = "org";
    /// A category or subcategory.
    CategoryId = "cat";
    /// Somebody's wish for a sign-in link or a new ticket link.
    LinkId = "lnk";
    /// An API token; never the token itself.
    TokenId = "tok";
    /// A bundle of a ticket's evidence.
    BundleId = "bun";
    /// A canned reply.
    ReplyId = "rpl";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_plain_integers() {
        assert_eq!("1042".parse::<TicketNumber>().unwrap(), TicketNumber(1042));
        for bad in ["", "0", "01", "+1", "-1", "1.0", "1e3", "99999999999", "abc", "１"] {
            assert!(bad.parse::<TicketNumber>().is_err(), "{bad:?}");
        }
        assert_eq!(TicketNumber(7).shown("CH"), "CH-7");
    }

    #[test]
    fn ids_keep_to_their_kind() {
        let id = UserId::from_random([0xab; 10]);
        assert_eq!(id.as_str(), "usr_abababababababababab");
        assert_eq!(id.as_str().parse::<UserId>().unwrap(), id);
        assert!(id.as_str().parse::<MailboxId>().is_err());
        for bad in ["usr_", "usr", "usr_a#b", "usr_é", "xusr_a", &format!("usr_{}", "a".repeat(41))] {
            assert!(bad.parse::<UserId>().is_err(), "{bad:?}");
        }
    }
}
