//! The root of a day, mailed to each active administrator: what left the house cannot be rewritten.

use chamada_domain::{Role, User};
use chamada_mail::{DayRoot, Kind};
use chamada_platform::{HandlerError, Outcome};
use chamada_store::{Begun, RootRecord, Sending, SendingState, StoreError};
use time::Date;

use crate::send::{Unsent, compose_kind, hand_over};
use crate::site::Site;
use crate::{Handler, table};

/// Mails the root of a day to every active administrator who was not mailed it.
pub(crate) async fn tell(handler: &Handler, date: Date) -> Result<(), HandlerError> {
    let record = match handler.store.root_record(date).await {
        Ok(record) => record,
        Err(StoreError::NotFound) => return Err(HandlerError::retry("an announced root is not there")),
        Err(error) => return Err(table(error)),
    };
    let site = Site::of(handler).await?;
    let mut failed: Option<HandlerError> = None;
    let staff = handler.store.list_staff().await.map_err(table)?;
    for user in staff.iter().filter(|user| user.active && user.role == Role::Administrator) {
        // Who cannot be mailed keeps nobody else from being.
        if let Err(error) = send(handler, &site, date, &record, user).await
            && failed.as_ref().is_none_or(|first| first.outcome() == Outcome::Poison)
        {
            failed = Some(error);
        }
    }
    failed.map_or(Ok(()), Err)
}

/// Recorded as being sent, handed over, recorded as sent.
async fn send(handler: &Handler, site: &Site, date: Date, record: &RootRecord, user: &User) -> Result<(), HandlerError> {
    let day = date.to_string();
    let root = DayRoot {
        date: &day,
        root: &record.root,
        previous_root: &record.previous_root,
    };
    let mail = compose_kind(site, user, &Kind::Root(root))?;
    let mut sending = Sending {
        seq: 0,
        to: user.email.clone(),
        state: SendingState::Sending,
        at: handler.now(),
        attempts: 1,
        message_id: mail.message_id.clone(),
        service_id: None,
    };
    match handler.store.begin_root_sending(date, &user.id, &sending).await.map_err(table)? {
        Begun::Yes(attempts) => sending.attempts = attempts,
        Begun::AlreadySent => return Ok(()),
        Begun::Busy => return Err(HandlerError::retry("another is at this mail, or was a moment ago")),
    }
    let handed = match hand_over(handler, site, &mail, &format!("{} 0 0", record.at)).await {
        // It may have been sent: the record stays as it is, and is taken up again when its minute is over.
        Err(Unsent::Unknown(error)) => return Err(error),
        Err(Unsent::Refused(error)) => Err(error),
        Ok(service_id) => Ok(service_id),
    };
    sending.at = handler.now();
    sending.state = if handed.is_ok() { SendingState::Sent } else { SendingState::Failed };
    sending.service_id = handed.as_ref().ok().cloned().flatten();
    handler.store.end_root_sending(date, &user.id, &sending).await.map_err(table)?;
    handed.map(|_| ())
}
