//! Who signs in, and with what.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::{Error, protocol};

/// A password or token. Its `Debug` shows nothing of it, and there is no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes a secret into keeping.
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(secret: String) -> Self {
        Self(secret)
    }
}

impl From<&str> for Secret {
    fn from(secret: &str) -> Self {
        Self(secret.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(redacted)")
    }
}

/// What to sign in with. `Debug` names the kind alone: the user's name is personal data.
#[derive(Clone)]
#[non_exhaustive]
pub enum Credentials {
    /// A password, sent by SASL PLAIN if CAPA announces it, else by USER and PASS (also where there is no CAPA). One way is
    /// tried, never both: a second try with a wrong password may lock the account.
    Password {
        /// The mailbox's name, often an address.
        user: String,
        /// Its password.
        password: Secret,
    },
    /// A password, by SASL PLAIN (RFC 4616, RFC 5034) whatever CAPA says.
    Plain {
        /// The mailbox's name (authentication identity; the authorization identity is left empty).
        user: String,
        /// Its password.
        password: Secret,
    },
    /// An OAuth 2.0 access token, by XOAUTH2 (Google's and Microsoft's mechanism; no RFC has it), in two steps: Exchange
    /// Online refuses the one-line form.
    XOAuth2 {
        /// The mailbox's address.
        user: String,
        /// The access token, without `Bearer`.
        token: Secret,
    },
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Password { .. } => "Password(redacted)",
            Self::Plain { .. } => "Plain(redacted)",
            Self::XOAuth2 { .. } => "XOAuth2(redacted)",
        })
    }
}

impl Credentials {
    /// Refuses what could end a line, or a field of a SASL message, before its time.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let (user, secret) = match self {
            Self::Password { user, password } | Self::Plain { user, password } => (user, password),
            Self::XOAuth2 { user, token } => (user, token),
        };
        protocol::argument("user", user)?;
        protocol::argument("secret", secret.expose())?;
        // In XOAUTH2, ^A ends a field: with one in the name, the rest would be taken for the server's to read.
        if matches!(self, Self::XOAuth2 { .. }) && (user.contains('\x01') || secret.expose().contains('\x01')) {
            return Err(Error::InvalidArgument {
                what: "control character in XOAUTH2 credentials",
            });
        }
        Ok(())
    }
}

/// SASL PLAIN's message (RFC 4616, section 2), in Base64.
pub(crate) fn plain(user: &str, password: &Secret) -> Secret {
    Secret(STANDARD.encode(format!("\0{user}\0{}", password.expose())))
}

/// XOAUTH2's initial response, in Base64: `user=` and `auth=Bearer`, each ended by ^A, and one ^A more.
pub(crate) fn xoauth2(user: &str, token: &Secret) -> Secret {
    Secret(STANDARD.encode(format!("user={user}\x01auth=Bearer {}\x01\x01", token.expose())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_neither_name_nor_secret() {
        let all = [
            Credentials::Password {
                user: "ana".into(),
                password: "hunter2".into(),
            },
            Credentials::Plain {
                user: "ana".into(),
                password: "hunter2".into(),
            },
            Credentials::XOAuth2 {
                user: "ana".into(),
                token: "hunter2".into(),
            },
        ];
        for shown in [format!("{all:?}"), format!("{:?}", Secret::new("hunter2"))] {
            assert!(!shown.contains("hunter2") && !shown.contains("ana"), "{shown}");
        }
    }

    #[test]
    fn sasl_messages_are_those_of_the_documents() {
        // RFC 4616, section 4, without its authorization identity; Google's example for XOAUTH2.
        assert_eq!(plain("tim", &"tanstaaftanstaaf".into()).expose(), "AHRpbQB0YW5zdGFhZnRhbnN0YWFm");
        let google = "dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52YjNSbGNrQmhkSFJoZG1semRHRXVZMjl0Q2cBAQ==";
        assert_eq!(
            xoauth2("someuser@example.com", &"ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg".into()).expose(),
            google
        );
    }

    #[test]
    fn injection_is_refused() {
        for bad in ["a\r\nDELE 1", "a\nb", "a\0b", ""] {
            let password = Credentials::Password {
                user: "ana".into(),
                password: bad.into(),
            };
            let user = Credentials::Plain {
                user: bad.into(),
                password: "x".into(),
            };
            assert!(matches!(password.check(), Err(Error::InvalidArgument { .. })), "{bad:?}");
            assert!(matches!(user.check(), Err(Error::InvalidArgument { .. })), "{bad:?}");
        }
        let field = Credentials::XOAuth2 {
            user: "ana\x01auth=Bearer other".into(),
            token: "x".into(),
        };
        assert!(matches!(field.check(), Err(Error::InvalidArgument { .. })));
        assert!(
            Credentials::Password {
                user: "añá b".into(),
                password: "p ä\x01".into()
            }
            .check()
            .is_ok()
        );
    }
}
