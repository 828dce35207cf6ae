//! How to check a bundle, for whoever opens it years later.

use chamada_domain::{Locale, TicketNumber};

/// The text of `README.txt`.
#[must_use]
pub fn text(locale: Locale, ticket: TicketNumber, site: &str) -> String {
    let template = match locale {
        Locale::Es => include_str!("readme.es.txt"),
        Locale::Pt => include_str!("readme.pt.txt"),
        Locale::En => include_str!("readme.en.txt"),
    };
    template.replace("{ticket}", &ticket.to_string()).replace("{site}", site)
}
