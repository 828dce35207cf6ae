//! What all mails of the site have in common.

use std::sync::Arc;

use chamada_domain::{EmailAddress, Ticket, Timestamp, User};
use chamada_mail::{Envelope, MailKey, Recipient};
use chamada_platform::HandlerError;
use chamada_store::Configuration;
use time::UtcOffset;
use time_tz::{Offset, TimeZone, timezones};

use crate::{Handler, table};

/// The site as its mails show it.
pub(crate) struct Site {
    pub(crate) configuration: Arc<Configuration>,
    pub(crate) key: MailKey,
    pub(crate) sender: EmailAddress,
    url: String,
    now: Timestamp,
}

impl Site {
    pub(crate) async fn of(handler: &Handler) -> Result<Self, HandlerError> {
        let configuration = handler.store.configuration().await.map_err(table)?;
        let key = handler.platform.parameters().key("mail-key").await;
        let key = key.map_err(|error| HandlerError::retry("the parameter store did not answer").caused_by(error))?;
        let config = handler.platform.config();
        let sender = configuration.settings.sender.as_deref().unwrap_or(&config.sender);
        let sender = sender
            .parse()
            .map_err(|error| HandlerError::poison("the sender's address cannot be read").caused_by(error))?;
        let url = config.site_url.origin().to_owned();
        Ok(Self {
            configuration,
            key: MailKey::new(key),
            sender,
            url,
            now: handler.now(),
        })
    }

    /// The envelope of a mail to `user`.
    pub(crate) fn envelope<'a>(&'a self, user: &'a User) -> Envelope<'a> {
        let settings = &self.configuration.settings;
        Envelope {
            site_name: &settings.site_name,
            site_url: &self.url,
            prefix: &settings.ticket_prefix,
            sender: &self.sender,
            recipient: Recipient {
                person: &user.id,
                name: &user.name,
                address: &user.email,
                locale: user.locale,
            },
            date: self.now,
            utc_offset: self.offset(),
            zone_label: &settings.time_zone,
        }
    }

    /// How far the site's clocks are from UTC now.
    fn offset(&self) -> UtcOffset {
        let zone = timezones::get_by_name(&self.configuration.settings.time_zone);
        zone.map_or(UtcOffset::UTC, |zone| zone.get_offset_utc(&self.now.as_offset()).to_utc())
    }

    /// Where a ticket is, in words: `Farmacias Luz, Providencia 1208`.
    pub(crate) fn place(&self, ticket: &Ticket) -> Option<String> {
        let corporations = &self.configuration.organisation.value.corporations;
        let companies = corporations.iter().flat_map(|corporation| &corporation.companies);
        let company = companies
            .into_iter()
            .find(|company| Some(&company.id) == ticket.place.company_id.as_ref())?;
        let site = company.sites.iter().find(|site| Some(&site.id) == ticket.place.site_id.as_ref());
        Some(site.map_or_else(|| company.name.clone(), |site| format!("{}, {}", company.name, site.name)))
    }
}
