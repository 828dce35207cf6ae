//! People whom a request names by address or id.

use chamada_domain::{EmailAddress, FieldError, Locale, Role, User, UserId, Watcher};
use chamada_platform::random;
use chamada_store::{StoreError, can_attend};
use chamada_web::{App, Problem};

/// The account of an address; made where there is none, in the language of the site.
pub(crate) async fn person(app: &App, email: &EmailAddress, name: Option<&str>, locale: Locale) -> Result<User, Problem> {
    let now = app.now();
    let new = || User {
        id: UserId::from_random(random::<10>()),
        email: email.clone(),
        name: name.unwrap_or_else(|| email.local_part()).chars().take(User::MAX_NAME).collect(),
        role: Role::User,
        locale,
        company_id: None,
        active: true,
        notify: true,
        created_at: now,
        password_hash: None,
    };
    Ok(app.store.user_or_create(email, None, new).await?)
}

/// The accounts of these addresses as watchers, each once, without the requester.
pub(crate) async fn watchers(app: &App, addresses: &[EmailAddress], requester: &UserId, locale: Locale) -> Result<Vec<Watcher>, Problem> {
    let mut watchers: Vec<Watcher> = Vec::new();
    for address in addresses {
        let watcher = person(app, address, None, locale).await?.as_watcher();
        if watcher.id != *requester && !watchers.contains(&watcher) {
            watchers.push(watcher);
        }
    }
    Ok(watchers)
}

/// The member of staff of this id, who may be given tickets; nothing where there is no such one.
pub(crate) async fn assignee(app: &App, id: Option<&UserId>) -> Result<Option<User>, StoreError> {
    let Some(id) = id else { return Ok(None) };
    match app.store.user(id).await {
        Ok(user) => Ok(Some(user).filter(can_attend)),
        Err(StoreError::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// What is wrong with an `assignee_id` that [`assignee`] finds nobody for.
pub(crate) fn no_assignee() -> FieldError {
    FieldError::new("assignee_id", "unknown", "This is nobody who attends to tickets.")
}
