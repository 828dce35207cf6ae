//! E-mail addresses as keys and as people write them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::error::FieldError;

/// An address, lower-cased and trimmed: two spellings of one mailbox are one person.
///
/// RFC 5321 lets the local part be case-sensitive; no provider in use does so, and people type both.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EmailAddress(String);

const ERASED: &str = "erased@invalid";

impl EmailAddress {
    /// The longest address (RFC 5321 §4.5.3.1.3, less the angle brackets).
    pub const MAX_LENGTH: usize = 254;

    /// The address of whoever's was erased; its domain can never have a mailbox (RFC 6761 §6.4).
    #[must_use]
    pub fn erased() -> Self {
        Self(ERASED.to_owned())
    }

    /// The address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands behind the `@`.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// What stands before the `@`: a name for someone who gave none.
    #[must_use]
    pub fn local_part(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(local, _)| local)
    }
}

impl PartialSchema for EmailAddress {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Email)))
            .max_length(Some(Self::MAX_LENGTH))
            .description(Some("An address, lower case in answers."))
            .into()
    }
}

impl ToSchema for EmailAddress {}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn plausible_local(local: &str) -> bool {
    let allowed = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    !local.is_empty() && local.len() <= 64 && local.chars().all(allowed)
}

fn plausible_domain(domain: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_')
    };
    domain.split('.').all(label)
}

impl FromStr for EmailAddress {
    type Err = FieldError;

    /// Reads a bare address (RFC 5322 dot-atom; RFC 6532 letters allowed). A host without a dot, `admin@localhost`, is allowed: intranets have them.
    ///
    /// # Errors
    /// `invalid` for quoted local parts, address literals, control characters, spaces, over 254 bytes, or the address of whoever was erased, which is
    /// nobody's to take.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let address = text.trim().to_lowercase();
        let good = address.len() <= Self::MAX_LENGTH
            && address
                .rsplit_once('@')
                .is_some_and(|(local, domain)| plausible_local(local) && plausible_domain(domain));
        if good && address != ERASED {
            Ok(Self(address))
        } else {
            Err(FieldError::new("email", "invalid", "This is not an e-mail address."))
        }
    }
}

impl Serialize for EmailAddress {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for EmailAddress {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == ERASED {
            return Ok(Self::erased());
        }
        text.parse().map_err(|_| serde::de::Error::custom("not an e-mail address"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_spelling_for_one_mailbox() {
        let ana: EmailAddress = "  Ana.Ribeiro+x@Example.COM ".parse().unwrap();
        assert_eq!(ana.as_str(), "ana.ribeiro+x@example.com");
        assert_eq!((ana.local_part(), ana.domain()), ("ana.ribeiro+x", "example.com"));
        assert!("admin@localhost".parse::<EmailAddress>().is_ok());
    }

    #[test]
    fn the_address_of_the_erased_is_read_where_it_is_stored_and_nobody_can_take_it() {
        assert!("erased@invalid".parse::<EmailAddress>().is_err());
        assert!(" Erased@Invalid ".parse::<EmailAddress>().is_err());
        let stored = serde_json::to_string(&EmailAddress::erased()).unwrap();
        assert_eq!(serde_json::from_str::<EmailAddress>(&stored).unwrap(), EmailAddress::erased());
    }

    #[test]
    fn nonsense_is_refused() {
        for bad in [
            "",
            "ana",
            "@b.c",
            "ana@",
            "a b@c.d",
            "a@b@c.d",
            "a@-b.c",
            "a@b..c",
            "a\r\nb@c.d",
            "\"a\"@b.c",
            "<a@b.c>",
        ] {
            assert!(bad.parse::<EmailAddress>().is_err(), "{bad:?}");
        }
        assert!(format!("{}@b.c", "a".repeat(65)).parse::<EmailAddress>().is_err());
    }
}
