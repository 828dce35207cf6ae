//! A mailbox's settings as a client sends them.

use std::net::IpAddr;

use chamada_domain::EmailAddress;
use chamada_domain::mailbox::{AfterImport, MailboxDefaults, Security};
use chamada_platform::Secret;
use chamada_web::read::{Spot, any, boolean, email, id, integer, line, object, secret, word};
use chamada_web::{Fields, Input};
use serde::Deserialize;
use utoipa::ToSchema;

/// How a mailbox shall sign in.
#[derive(Debug, Clone, ToSchema)]
#[schema(as = MailboxAuthInput)]
pub(crate) struct AuthInput {
    /// `password`; `oauth2` is not supported yet.
    pub(crate) r#type: AuthType,
    /// The user name at the mail server.
    #[schema(min_length = 1, max_length = 254)]
    pub(crate) username: Option<String>,
    /// The password, which is never read back.
    #[schema(value_type = Option<String>, write_only, min_length = 1, max_length = 1_000)]
    pub(crate) password: Option<Secret>,
}

/// The kinds of signing in that the API names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = MailboxAuthType)]
pub(crate) enum AuthType {
    Password,
    Oauth2,
}

fn auth(f: &mut Fields<'_>) -> Option<AuthInput> {
    let kind = f.required("type", word());
    let (username, password) = if kind == Some(AuthType::Password) {
        (f.required("username", line(1..=254)).map(Some), f.optional("password", password))
    } else {
        // Named, so that one fault tells all: this kind is not supported.
        for field in [
            "provider",
            "username",
            "password",
            "client_id",
            "client_secret",
            "tenant",
            "refresh_token",
            "token_url",
            "scope",
        ] {
            f.optional(field, any());
        }
        (Some(None), Some(None))
    };
    Some(AuthInput {
        r#type: kind?,
        username: username?,
        password: password?,
    })
}

/// A password of up to 1,000 characters without what would end POP3's line early.
fn password(spot: &mut Spot<'_>) -> Option<Secret> {
    let password = secret(1..=1_000)(spot)?;
    if password.expose().contains(['\r', '\n', '\0']) {
        return spot.fault("invalid", "This must not contain line ends or the character U+0000.");
    }
    Some(password)
}

/// A host name (RFC 1123 §2.1) or an IP address, lower case, an IPv6 address without brackets.
fn host(spot: &mut Spot<'_>) -> Option<String> {
    let text = line(1..=253)(spot)?.to_ascii_lowercase();
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(&text);
    if let Ok(address) = bare.parse::<IpAddr>() {
        return Some(address.to_string());
    }
    let label = |label: &str| {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        (1..=63).contains(&label.len()) && label.bytes().all(allowed) && !label.starts_with('-') && !label.ends_with('-')
    };
    // No top-level domain is a number (RFC 3696 §2): `10.0.0` is a mistyped address.
    let last = text.rsplit('.').next().unwrap_or_default();
    if text.split('.').all(label) && !last.bytes().all(|b| b.is_ascii_digit()) {
        Some(text)
    } else {
        spot.fault(
            "invalid",
            "This must be the name or the IP address of a server, without scheme and port.",
        )
    }
}

fn port(spot: &mut Spot<'_>) -> Option<u16> {
    integer(1..=65_535)(spot).and_then(|port| u16::try_from(port).ok())
}

/// An authserv-id (RFC 8601 §2.2): one word.
fn authserv_id(spot: &mut Spot<'_>) -> Option<String> {
    let text = line(1..=255)(spot)?;
    if text.bytes().all(|b| b.is_ascii_graphic() && b != b';') {
        Some(text)
    } else {
        spot.fault(
            "invalid",
            "This must be the name that stands first in Authentication-Results: mx.example.com.",
        )
    }
}

fn defaults(f: &mut Fields<'_>) -> Option<MailboxDefaults> {
    let kind = f.optional("kind", word());
    let category_id = f.optional("category_id", id());
    let subcategory_id = f.optional("subcategory_id", id());
    let corporation_id = f.optional("corporation_id", id());
    let company_id = f.optional("company_id", id());
    let site_id = f.optional("site_id", id());
    let cost_centre_id = f.optional("cost_centre_id", id());
    let locale = f.optional("locale", word());
    Some(MailboxDefaults {
        kind: kind?,
        category_id: category_id?,
        subcategory_id: subcategory_id?,
        corporation_id: corporation_id?,
        company_id: company_id?,
        site_id: site_id?,
        cost_centre_id: cost_centre_id?,
        locale: locale?,
    })
}

/// A new mailbox.
#[derive(Debug, ToSchema)]
pub(crate) struct NewMailbox {
    /// What staff call it.
    #[schema(min_length = 1, max_length = 80)]
    pub(crate) name: String,
    /// The address whose mail arrives there.
    pub(crate) address: EmailAddress,
    /// Name or IP address of the mail server.
    #[schema(min_length = 1, max_length = 253)]
    pub(crate) host: String,
    /// Its port, 1 to 65,535.
    #[schema(minimum = 1, maximum = 65_535)]
    pub(crate) port: u16,
    /// `plain` only to this machine, or where the deployment allows it.
    pub(crate) security: Security,
    /// How to sign in; the password is needed.
    pub(crate) auth: AuthInput,
    /// What happens to imported messages.
    pub(crate) after_import: AfterImport,
    /// What its tickets get where the mail does not say.
    #[schema(required = false)]
    pub(crate) defaults: MailboxDefaults,
    /// Whether automatic mail that answers nothing is ignored; false where not sent.
    #[schema(required = false)]
    pub(crate) ignore_automatic: bool,
    /// Whose Authentication-Results counts.
    #[schema(min_length = 1, max_length = 255, pattern = "^[!-:<-~]+$")]
    pub(crate) authserv_id: Option<String>,
    /// Whether it is swept; true where not sent.
    #[schema(required = false)]
    pub(crate) enabled: bool,
}

impl Input for NewMailbox {
    fn read(f: &mut Fields<'_>) -> Option<Self> {
        let name = f.required("name", line(1..=80));
        let address = f.required("address", email());
        let host = f.required("host", host);
        let port = f.required("port", port);
        let security = f.required("security", word());
        let auth = f.required("auth", object(auth));
        let after_import = f.required("after_import", word());
        let defaults = f.or_default("defaults", object(defaults));
        let ignore_automatic = f.or_default("ignore_automatic", boolean());
        let authserv_id = f.optional("authserv_id", authserv_id);
        let enabled = f.optional("enabled", boolean());
        Some(Self {
            name: name?,
            address: address?,
            host: host?,
            port: port?,
            security: security?,
            auth: auth?,
            after_import: after_import?,
            defaults: defaults?,
            ignore_automatic: ignore_automatic?,
            authserv_id: authserv_id?,
            enabled: enabled?.unwrap_or(true),
        })
    }
}

/// A change of a mailbox: what is missing stays as it is.
#[derive(Debug, ToSchema)]
pub(crate) struct MailboxChange {
    #[schema(min_length = 1, max_length = 80, nullable = false)]
    pub(crate) name: Option<String>,
    #[schema(nullable = false)]
    pub(crate) address: Option<EmailAddress>,
    #[schema(min_length = 1, max_length = 253, nullable = false)]
    pub(crate) host: Option<String>,
    #[schema(minimum = 1, maximum = 65_535, nullable = false)]
    pub(crate) port: Option<u16>,
    #[schema(nullable = false)]
    pub(crate) security: Option<Security>,
    /// With another `username`, or with another host or port, the password is needed again.
    #[schema(nullable = false)]
    pub(crate) auth: Option<AuthInput>,
    #[schema(nullable = false)]
    pub(crate) after_import: Option<AfterImport>,
    /// All of them anew; null takes them all away.
    pub(crate) defaults: Option<MailboxDefaults>,
    #[schema(nullable = false)]
    pub(crate) ignore_automatic: Option<bool>,
    /// Null takes it away.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 255, pattern = "^[!-:<-~]+$")]
    pub(crate) authserv_id: Option<Option<String>>,
    #[schema(nullable = false)]
    pub(crate) enabled: Option<bool>,
}

impl Input for MailboxChange {
    fn read(f: &mut Fields<'_>) -> Option<Self> {
        let name = f.changed("name", line(1..=80));
        let address = f.changed("address", email());
        let host = f.changed("host", host);
        let port = f.changed("port", port);
        let security = f.changed("security", word());
        let auth = f.changed("auth", object(auth));
        let after_import = f.changed("after_import", word());
        let defaults = f.changed_or_cleared("defaults", object(defaults));
        let ignore_automatic = f.changed("ignore_automatic", boolean());
        let authserv_id = f.changed_or_cleared("authserv_id", authserv_id);
        let enabled = f.changed("enabled", boolean());
        Some(Self {
            name: name?,
            address: address?,
            host: host?,
            port: port?,
            security: security?,
            auth: auth?,
            after_import: after_import?,
            defaults: defaults?.map(Option::unwrap_or_default),
            ignore_automatic: ignore_automatic?,
            authserv_id: authserv_id?,
            enabled: enabled?,
        })
    }
}
