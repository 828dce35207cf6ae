//! People as answers show them.

use chamada_domain::{EmailAddress, Locale, Role, Timestamp, UnitId, User, UserId};
use serde::Serialize;
use utoipa::ToSchema;

/// A person with an account.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = User)]
pub(crate) struct UserView {
    /// Who.
    #[schema(example = "usr_0123456789abcdef0123")]
    id: UserId,
    /// Where they read mail; unique, lower case.
    email: EmailAddress,
    /// What they are called.
    name: String,
    /// What they may do.
    role: Role,
    /// What they read.
    locale: Locale,
    /// The company they belong to.
    company_id: Option<UnitId>,
    /// Whether they may sign in.
    active: bool,
    /// Whether they want the mails that they may refuse.
    notify: bool,
    /// When the account was made.
    created_at: Timestamp,
}

impl From<&User> for UserView {
    fn from(user: &User) -> Self {
        Self {
            id: user.id.clone(),
            email: user.email.clone(),
            name: user.name.clone(),
            role: user.role,
            locale: user.locale,
            company_id: user.company_id.clone(),
            active: user.active,
            notify: user.notify,
            created_at: user.created_at,
        }
    }
}

impl From<User> for UserView {
    fn from(user: User) -> Self {
        Self::from(&user)
    }
}

/// All rows of a list that has one page.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Items<T> {
    /// The rows.
    pub(crate) items: Vec<T>,
}
