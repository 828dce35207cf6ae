//! `PATCH /api/mailboxes/{id}`.

use axum::extract::State;
use chamada_domain::audit::AuditChange;
use chamada_domain::mailbox::{Auth, Mailbox};
use chamada_domain::{MailboxId, Refusal};
use chamada_store::StoreError;
use chamada_web::openapi::{IdempotencyHeader, WriteProblems};
use chamada_web::{Administrator, App, Id, Json, Problem, Write};

use crate::input::MailboxChange;
use crate::manage::{check_defaults, check_privacy, user_name};
use crate::refused;
use crate::view::MailboxView;

/// Changes what is sent. Another host, port, encryption or user needs the password again: a secret is never sent where it was not meant for.
#[utoipa::path(patch, path = "/api/mailboxes/{id}", tag = "mailboxes", request_body = MailboxChange,
    params(("id" = MailboxId, Path), IdempotencyHeader), responses((status = 200, body = MailboxView), WriteProblems))]
pub(crate) async fn change(
    State(app): State<App>,
    Administrator(caller): Administrator,
    Id(id): Id<MailboxId>,
    write: Write<MailboxChange>,
) -> Result<Json<MailboxView>, Problem> {
    let mut deed = caller.deed(&write, app.now())?;
    match app.store.replay(deed.request.as_ref()).await {
        Err(StoreError::Replayed(_)) => return Ok(Json(app.store.mailbox(&id).await?.into())),
        outcome => outcome?,
    }
    let change = write.body;
    let username = change.auth.as_ref().map(user_name).transpose()?;
    let before = app.store.mailbox(&id).await?;
    let after = altered(&before, &change, username.as_deref());
    check_privacy(&app, &after)?;
    if let Some(defaults) = &change.defaults {
        check_defaults(&app, defaults).await?;
    }
    let secret = change.auth.as_ref().and_then(|auth| auth.password.as_ref());
    if secret.is_none() && leads_elsewhere(&before, &after) {
        return Err(secret_needed());
    }
    // The secret first: until the settings follow, the new one may be tried at the old place, never the old one at a new place.
    if let Some(secret) = secret {
        app.platform.parameters().put(&Mailbox::secret_name(&id), secret).await?;
        deed = deed.besides(AuditChange::quiet("password"));
    }
    let mut moved = false;
    let written = app.store.change_mailbox(&id, Some(&deed), |mailbox| {
        let after = altered(mailbox, &change, username.as_deref());
        // Another change may have come between: then this one is judged by what is there now.
        moved = secret.is_none() && leads_elsewhere(mailbox, &after);
        if moved {
            return Err(Refusal::Stale.into());
        }
        let mended = secret.is_some() || leads_elsewhere(mailbox, &after) || after.enabled && !mailbox.enabled;
        *mailbox = after;
        if let Some(last) = mailbox.last_sweep.as_mut().filter(|_| mended) {
            // What went wrong may be mended by this: the next sweep need not wait.
            last.next_attempt_at = None;
            last.failures = 0;
        }
        Ok(())
    });
    match written.await {
        Ok(mailbox) => Ok(Json(mailbox.into())),
        Err(StoreError::Replayed(_)) => Ok(Json(app.store.mailbox(&id).await?.into())),
        Err(_) if moved => Err(secret_needed()),
        Err(error) => Err(error.into()),
    }
}

/// Whether the secret would go to another server, by another way, or for another user.
fn leads_elsewhere(before: &Mailbox, after: &Mailbox) -> bool {
    (&before.host, before.port, before.security, &before.auth) != (&after.host, after.port, after.security, &after.auth)
}

fn secret_needed() -> Problem {
    let detail = "With another host, port, encryption or user the password is needed again.";
    refused("auth.password", "secret_needed", detail)
}

fn altered(before: &Mailbox, change: &MailboxChange, username: Option<&str>) -> Mailbox {
    let mut after = before.clone();
    macro_rules! take {
        ($($field:ident),*) => {$(
            if let Some(value) = &change.$field {
                after.$field = value.clone();
            }
        )*};
    }
    take!(
        name,
        address,
        host,
        port,
        security,
        after_import,
        defaults,
        ignore_automatic,
        authserv_id,
        enabled
    );
    if let Some(username) = username {
        after.auth = Auth::Password {
            username: username.to_owned(),
        };
    }
    after
}
