//! The first administrator, for whoever sets a deployment up.

use chamada_domain::{EmailAddress, Role, User, UserId};
use chamada_platform::{Secret, random, secret_hash};
use chamada_store::{Deed, StoreError};
use chamada_web::App;

/// Makes an administrator of this address where there is no active one at all: a new account, or the one that the address has. Returns what a
/// sign-in link (`SITE/#/m/TOKEN`) ends with; nothing where there is an administrator already.
///
/// # Errors
/// The table is unavailable.
pub async fn ensure_first_administrator(app: &App, email: &EmailAddress) -> Result<Option<Secret>, StoreError> {
    if app.store.administrators().await? > 0 {
        return Ok(None);
    }
    let locale = app.store.read_configuration().await?.settings.default_locale;
    let new = User {
        id: UserId::from_random(random()),
        name: email.local_part().to_owned(),
        email: email.clone(),
        role: Role::Administrator,
        locale,
        company_id: None,
        active: true,
        notify: true,
        created_at: app.now(),
        password_hash: None,
    };
    let deed = Deed::new(None, app.now(), random());
    let mut user = app.store.user_or_create(email, Some(&deed), || new).await?;
    if user.role != Role::Administrator || !user.active {
        // Whatever sessions a deactivated or lesser account had must not become an administrator's.
        app.store.end_sessions(&user.id).await?;
        let promote = |user: &mut User| {
            (user.role, user.active) = (Role::Administrator, true);
            Ok(())
        };
        user = app.store.change_user(&user.id, Some(&deed), promote).await?;
    }
    sign_in_token(app, &user).await.map(Some)
}

/// What a new sign-in link of this active administrator ends with; nothing where the address is no such one's.
///
/// # Errors
/// The table is unavailable.
pub async fn administrator_link(app: &App, email: &EmailAddress) -> Result<Option<Secret>, StoreError> {
    let user = app.store.user_by_email(email).await?;
    match user.filter(|user| user.active && user.role == Role::Administrator) {
        Some(user) => sign_in_token(app, &user).await.map(Some),
        None => Ok(None),
    }
}

async fn sign_in_token(app: &App, user: &User) -> Result<Secret, StoreError> {
    let token = Secret::generate();
    app.store.save_sign_in(&secret_hash(&token), user, app.now()).await?;
    Ok(token)
}
