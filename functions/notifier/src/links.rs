//! Links that people asked for: to sign in, or to open a ticket whose old link has expired.

use chamada_domain::{LinkId, TicketNumber, User, UserId};
use chamada_mail::Kind;
use chamada_platform::{HandlerError, Secret, secret_hash};
use chamada_store::{AskedLink, SIGN_IN_MINUTES, StoreError};

use crate::send::{compose_kind, hand_over, ticket_key};
use crate::site::Site;
use crate::{Handler, table};

/// Makes the secret, keeps its digest, mails it, and forgets that it was asked for: in this order, so that a link which was mailed works, and
/// one that was not is mailed when the event comes again.
pub(crate) async fn send(handler: &Handler, link: &LinkId) -> Result<(), HandlerError> {
    let Some((asked, at)) = handler.store.asked_link(link).await.map_err(table)? else {
        return Ok(());
    };
    let site = Site::of(handler).await?;
    let mail = match &asked {
        AskedLink::SignIn { user } => sign_in(handler, &site, link, user).await?,
        AskedLink::Ticket { ticket, person } => ticket_link(handler, &site, link, *ticket, person).await?,
    };
    if let Some(mail) = mail {
        let about = match asked {
            AskedLink::SignIn { .. } => format!("{at} 0 0"),
            AskedLink::Ticket { ticket, .. } => format!("{at} {ticket} 0"),
        };
        hand_over(handler, &site, &mail, &about).await?;
    }
    handler.store.forget_link(link).await.map_err(table)
}

async fn active_user(handler: &Handler, id: &UserId) -> Result<Option<User>, HandlerError> {
    match handler.store.user(id).await {
        Ok(user) => Ok(Some(user).filter(|user| user.active)),
        Err(StoreError::NotFound) => Ok(None),
        Err(error) => Err(table(error)),
    }
}

async fn sign_in(handler: &Handler, site: &Site, link: &LinkId, user: &UserId) -> Result<Option<chamada_mail::Outgoing>, HandlerError> {
    let Some(user) = active_user(handler, user).await? else {
        return Ok(None);
    };
    let secret = Secret::generate();
    handler
        .store
        .save_sign_in(&secret_hash(&secret), &user, handler.now())
        .await
        .map_err(table)?;
    let minutes = u16::try_from(SIGN_IN_MINUTES).unwrap_or(u16::MAX);
    compose_kind(
        site,
        &user,
        &Kind::SignIn {
            link,
            secret: secret.expose(),
            minutes,
        },
    )
    .map(Some)
}

async fn ticket_link(
    handler: &Handler,
    site: &Site,
    link: &LinkId,
    number: TicketNumber,
    person: &UserId,
) -> Result<Option<chamada_mail::Outgoing>, HandlerError> {
    let Some(user) = active_user(handler, person).await? else {
        return Ok(None);
    };
    let ticket = match handler.store.ticket_going_on(number).await {
        Ok(ticket) => ticket,
        Err(StoreError::NotFound) => return Ok(None),
        Err(error) => return Err(table(error)),
    };
    if ticket.requester.id != user.id && !ticket.is_watched_by(&user.id) {
        return Ok(None);
    }
    let number = ticket.number;
    let secret = Secret::generate();
    let key = ticket_key(site, &user, handler.now());
    handler
        .store
        .save_ticket_key(number, &secret_hash(&secret), &key)
        .await
        .map_err(table)?;
    let shown = chamada_mail::Ticket {
        number,
        seq: 0,
        title: &ticket.title,
        status: ticket.status,
        due: ticket.due_at,
        specialist: ticket.assignee.as_ref().map(|assignee| assignee.name.as_str()),
        site: None,
        head: Some(ticket.public_head()),
        key: Some(secret.expose()),
        key_days: site.configuration.settings.magic_link_days,
        references: &[],
    };
    compose_kind(site, &user, &Kind::TicketLink { link, ticket: shown }).map(Some)
}
