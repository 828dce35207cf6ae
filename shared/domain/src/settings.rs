//! What an administrator decides for the whole site.

use serde::{Deserialize, Serialize};

use crate::Locale;

/// Which tickets a specialist sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SpecialistsSee {
    /// Those assigned to them.
    Assigned,
    /// All.
    All,
}

/// The settings of the site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct Settings {
    /// What the site is called, 1 to 80 characters.
    pub site_name: String,
    /// What stands before a ticket's number, 1 to 10 letters or digits.
    pub ticket_prefix: String,
    /// Which tickets a specialist sees.
    pub specialists_see: SpecialistsSee,
    /// Whether specialists may take unassigned tickets.
    pub specialists_claim: bool,
    /// Whether people without an account may open tickets by the web form.
    pub guest_tickets: bool,
    /// Whether asking for a sign-in link makes an account.
    pub open_sign_up: bool,
    /// The deployment's time zone, an IANA name.
    pub time_zone: String,
    /// The language of people who have chosen none.
    pub default_locale: Locale,
    /// How many days a magic link works, 1 to 365.
    pub magic_link_days: u16,
    /// For how many days after its resolution a ticket can be reopened by mail, 1 to 365.
    pub reopen_days: u16,
    /// The largest attachment in MB of 2^20 bytes, 1 to 50.
    pub max_attachment_mb: u16,
    /// The From address of our mails; the deployment's where empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sender: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            site_name: "Chamada".into(),
            ticket_prefix: "CH".into(),
            specialists_see: SpecialistsSee::Assigned,
            specialists_claim: false,
            guest_tickets: false,
            open_sign_up: false,
            time_zone: "UTC".into(),
            default_locale: Locale::Es,
            magic_link_days: 30,
            reopen_days: 30,
            max_attachment_mb: 50,
            sender: None,
        }
    }
}
