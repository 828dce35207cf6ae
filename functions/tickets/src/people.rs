//! People whom a request names by address or id.

use chamada_domain::draft::Writer;
use chamada_domain::permission::Viewer;
use chamada_domain::{EmailAddress, FieldError, Locale, Role, Ticket, User, UserId, Watcher};
use chamada_platform::random;
use chamada_store::{StoreError, can_attend};
use chamada_web::App;
use futures::future::try_join_all;

/// The account of an address; made where there is none, in the language of the site.
pub(crate) async fn person(app: &App, email: &EmailAddress, name: Option<&str>, locale: Locale) -> Result<User, StoreError> {
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
    app.store.user_or_create(email, None, new).await
}

/// The accounts of these addresses as watchers, each once, without the requester.
pub(crate) async fn watchers(
    app: &App,
    addresses: &[EmailAddress],
    requester: &UserId,
    locale: Locale,
) -> Result<Vec<Watcher>, StoreError> {
    let mut watchers: Vec<Watcher> = Vec::new();
    for address in addresses {
        let watcher = person(app, address, None, locale).await?.as_watcher();
        if watcher.id != *requester && !watchers.contains(&watcher) {
            watchers.push(watcher);
        }
    }
    Ok(watchers)
}

/// The people whose keys open a ticket to a caller, each once.
pub(crate) async fn keyed(app: &App, viewer: &Viewer) -> Result<Vec<User>, StoreError> {
    let mut ids: Vec<&UserId> = Vec::new();
    for (_, person) in &viewer.keys {
        if !ids.contains(&person) {
            ids.push(person);
        }
    }
    try_join_all(ids.into_iter().map(|id| app.store.user(id))).await
}

/// In whose name a key writes: that of the person whose right it is, its requester before a watcher. One who is neither any longer has none.
pub(crate) fn customer_among<'a>(people: &'a [User], ticket: &Ticket) -> Option<&'a User> {
    let requester = people.iter().find(|person| person.id == ticket.requester.id);
    requester.or_else(|| people.iter().find(|person| ticket.is_watched_by(&person.id)))
}

/// A key gives at most a customer's rights, and in one's own ticket one is a customer.
pub(crate) fn as_customer(user: &User) -> Writer {
    Writer {
        role: Role::User,
        ..Writer::of(user)
    }
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
