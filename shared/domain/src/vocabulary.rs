//! The closed lists of words that tickets are described by, each written the same in the API, in the table and in the history.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::FieldError;

// `$word` is a bare token: a literal fragment would reach utoipa's derive wrapped, which then describes the variant's name instead.
macro_rules! vocabulary {
    ($($(#[$doc:meta])* $name:ident ($field:literal) { $($(#[$variant_doc:meta])* $variant:ident = $word:tt,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $word)] $variant,)*
        }

        impl $name {
            /// Every one, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word that stands for it.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = FieldError;

            /// Reads the word.
            ///
            /// # Errors
            /// `invalid` where it is none of the list.
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($word => Ok(Self::$variant),)*
                    _ => Err(FieldError::new($field, "invalid", concat!("This is none of:", $(" ", $word,)* "."))),
                }
            }
        }
    )*};
}

vocabulary! {
    /// What a ticket is about.
    Kind("kind") {
        /// Something is broken.
        Incident = "incident",
        /// Something is wanted.
        Requirement = "requirement",
    }

    /// Where a ticket stands.
    Status("status") {
        /// Nobody has answered yet.
        New = "new",
        /// Somebody attends to it.
        InProcess = "in_process",
        /// It waits for something outside.
        OnHold = "on_hold",
        /// The staff say that it is done.
        Resolved = "resolved",
        /// It will not be done.
        Cancelled = "cancelled",
    }

    /// How much it presses, least first.
    Priority("priority") {
        /// It can wait.
        Low = "low",
        /// The usual.
        Normal = "normal",
        /// Before the usual.
        High = "high",
        /// Now.
        Urgent = "urgent",
    }

    /// How a ticket came in.
    Channel("channel") {
        /// By the web form.
        Web = "web",
        /// By e-mail.
        Mail = "mail",
        /// By a program with a token.
        Api = "api",
    }

    /// What a program with an API token may do.
    TokenScope("scope") {
        /// Read what its owner may read.
        Read = "read",
        /// Do what its owner may do.
        Write = "write",
    }

    /// What the audit says was done.
    AuditAction("action") {
        /// An account was made.
        UserMade = "user_made",
        /// An account was changed.
        UserChanged = "user_changed",
        /// An account was deactivated.
        UserDeactivated = "user_deactivated",
        /// An account was erased: whose it was is told nowhere any more.
        UserErased = "user_erased",
        /// Settings were changed.
        SettingsChanged = "settings_changed",
        /// The organisation was changed.
        OrganisationChanged = "organisation_changed",
        /// The categories were changed.
        CategoriesChanged = "categories_changed",
        /// A mailbox was made.
        MailboxMade = "mailbox_made",
        /// A mailbox was changed.
        MailboxChanged = "mailbox_changed",
        /// A mailbox was deleted.
        MailboxDeleted = "mailbox_deleted",
        /// Canned replies were changed.
        CannedRepliesChanged = "canned_replies_changed",
        /// An API token was made, by its owner.
        TokenMade = "token_made",
        /// An API token was deleted, by its owner.
        TokenRevoked = "token_revoked",
        /// A file was imported.
        Imported = "imported",
        /// The root of a day was made, by Chamada itself.
        RootMade = "root_made",
    }

    /// What kinds of things the audit tells of.
    AuditKind("kind") {
        /// An account.
        User = "user",
        /// Many accounts.
        Users = "users",
        /// The settings.
        Settings = "settings",
        /// The organisation.
        Organisation = "organisation",
        /// The categories.
        Categories = "categories",
        /// A mailbox.
        Mailbox = "mailbox",
        /// The canned replies.
        CannedReplies = "canned_replies",
        /// An API token.
        Token = "token",
        /// The root of a day.
        Root = "root",
    }

    /// How an entry of the history was made.
    Via("via") {
        /// In the browser.
        Web = "web",
        /// By e-mail.
        Mail = "mail",
        /// By a program with a token.
        Api = "api",
        /// By Chamada itself.
        System = "system",
    }

    /// What a person is here.
    Role("role") {
        /// Opens tickets and follows them.
        User = "user",
        /// Attends to tickets.
        Specialist = "specialist",
        /// May do everything.
        Administrator = "administrator",
    }

    /// Who reads a message.
    Visibility("visibility") {
        /// Everyone who sees the ticket.
        Public = "public",
        /// Staff alone.
        Internal = "internal",
    }

    /// What our provider says of a mail's sender (RFC 8601).
    Authentication("authentication") {
        /// It vouches for the domain in From.
        Pass = "pass",
        /// It says that the sender is not who From says.
        Fail = "fail",
        /// It says nothing.
        None = "none",
    }
}

impl Status {
    /// Whether work is still owed: neither Resolved nor Cancelled.
    #[must_use]
    pub fn is_pending(self) -> bool {
        match self {
            Self::New | Self::InProcess | Self::OnHold => true,
            Self::Resolved | Self::Cancelled => false,
        }
    }
}

impl Role {
    /// Whether this is a specialist or an administrator.
    #[must_use]
    pub fn is_staff(self) -> bool {
        match self {
            Self::Specialist | Self::Administrator => true,
            Self::User => false,
        }
    }
}

impl From<Channel> for Via {
    fn from(channel: Channel) -> Self {
        match channel {
            Channel::Web => Self::Web,
            Channel::Mail => Self::Mail,
            Channel::Api => Self::Api,
        }
    }
}
