//! What an administrator decides for the whole site.

use axum::extract::State;
use axum::response::Response;
use chamada_domain::{EmailAddress, Locale, Settings, SpecialistsSee};
use chamada_store::StoreError;
use chamada_web::openapi::{IdempotencyHeader, ReadProblems, WriteProblems};
use chamada_web::read::{Fields, Input, Spot, boolean, email, integer, line, word};
use chamada_web::{Administrator, App, Conditional, Json, Problem, Write};
use serde::Serialize;
use utoipa::ToSchema;

use crate::requests::or_as_it_is;

/// The settings, every one of them.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SiteSettings)]
pub(crate) struct SettingsView {
    #[serde(flatten)]
    settings: Settings,
    /// The From address of our mails; null where it is the deployment's.
    sender: Option<String>,
}

impl From<Settings> for SettingsView {
    fn from(mut settings: Settings) -> Self {
        let sender = settings.sender.take();
        Self { settings, sender }
    }
}

/// What is to change; what is missing stays.
#[derive(Debug, Clone, ToSchema)]
#[schema(as = SettingsChange)]
pub(crate) struct Change {
    /// 1 to 80 characters.
    #[schema(min_length = 1, max_length = 80, required = false, nullable = false)]
    site_name: Option<String>,
    /// 1 to 10 letters or digits of ASCII.
    #[schema(min_length = 1, max_length = 10, pattern = "^[0-9A-Za-z]+$", required = false, nullable = false)]
    ticket_prefix: Option<String>,
    /// `assigned` or `all`.
    #[schema(required = false, nullable = false)]
    specialists_see: Option<SpecialistsSee>,
    /// Whether specialists may take unassigned tickets.
    #[schema(required = false, nullable = false)]
    specialists_claim: Option<bool>,
    /// Whether people without an account may open tickets by the web form.
    #[schema(required = false, nullable = false)]
    guest_tickets: Option<bool>,
    /// Whether asking for a sign-in link makes an account.
    #[schema(required = false, nullable = false)]
    open_sign_up: Option<bool>,
    /// An IANA name.
    #[schema(min_length = 1, max_length = 64, example = "America/Sao_Paulo", required = false, nullable = false)]
    time_zone: Option<String>,
    /// The language of people who have chosen none.
    #[schema(required = false, nullable = false)]
    default_locale: Option<Locale>,
    /// 1 to 365.
    #[schema(minimum = 1, maximum = 365, required = false, nullable = false)]
    magic_link_days: Option<u16>,
    /// 1 to 365.
    #[schema(minimum = 1, maximum = 365, required = false, nullable = false)]
    reopen_days: Option<u16>,
    /// 1 to 50.
    #[schema(minimum = 1, maximum = 50, required = false, nullable = false)]
    max_attachment_mb: Option<u16>,
    /// An address that the deployment may send from; null for the deployment's own.
    #[schema(value_type = Option<EmailAddress>, required = false)]
    sender: Option<Option<EmailAddress>>,
}

fn prefix(spot: &mut Spot<'_>) -> Option<String> {
    let text = line(1..=10)(spot)?;
    if text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        Some(text)
    } else {
        spot.fault("invalid", "This must be letters A to Z and digits alone.")
    }
}

fn time_zone(spot: &mut Spot<'_>) -> Option<String> {
    let name = line(1..=64)(spot)?;
    // The library also knows Windows' names, with spaces or as `UTC-11`, which browsers do not.
    let iana = !name.contains(' ') && (name == "UTC" || !name.starts_with("UTC"));
    if iana && time_tz::timezones::get_by_name(&name).is_some() {
        Some(name)
    } else {
        spot.fault("invalid", "This must be the IANA name of a time zone: America/Sao_Paulo.")
    }
}

fn small(most: i64) -> impl Fn(&mut Spot<'_>) -> Option<u16> {
    move |spot| integer(1..=most)(spot).and_then(|number| u16::try_from(number).ok())
}

impl Input for Change {
    const MAY_BE_EMPTY: bool = true;

    fn read(f: &mut Fields<'_>) -> Option<Self> {
        let site_name = f.changed("site_name", line(1..=80));
        let ticket_prefix = f.changed("ticket_prefix", prefix);
        let specialists_see = f.changed("specialists_see", word());
        let specialists_claim = f.changed("specialists_claim", boolean());
        let guest_tickets = f.changed("guest_tickets", boolean());
        let open_sign_up = f.changed("open_sign_up", boolean());
        let time_zone = f.changed("time_zone", time_zone);
        let default_locale = f.changed("default_locale", word());
        let magic_link_days = f.changed("magic_link_days", small(365));
        let reopen_days = f.changed("reopen_days", small(365));
        let max_attachment_mb = f.changed("max_attachment_mb", small(50));
        let sender = f.changed_or_cleared("sender", email());
        Some(Self {
            site_name: site_name?,
            ticket_prefix: ticket_prefix?,
            specialists_see: specialists_see?,
            specialists_claim: specialists_claim?,
            guest_tickets: guest_tickets?,
            open_sign_up: open_sign_up?,
            time_zone: time_zone?,
            default_locale: default_locale?,
            magic_link_days: magic_link_days?,
            reopen_days: reopen_days?,
            max_attachment_mb: max_attachment_mb?,
            sender: sender?,
        })
    }
}

fn set<T: Clone>(place: &mut T, new: &Option<T>) {
    if let Some(new) = new {
        place.clone_from(new);
    }
}

impl Change {
    fn apply(&self, settings: &mut Settings) {
        set(&mut settings.site_name, &self.site_name);
        set(&mut settings.ticket_prefix, &self.ticket_prefix);
        set(&mut settings.specialists_see, &self.specialists_see);
        set(&mut settings.specialists_claim, &self.specialists_claim);
        set(&mut settings.guest_tickets, &self.guest_tickets);
        set(&mut settings.open_sign_up, &self.open_sign_up);
        set(&mut settings.time_zone, &self.time_zone);
        set(&mut settings.default_locale, &self.default_locale);
        set(&mut settings.magic_link_days, &self.magic_link_days);
        set(&mut settings.reopen_days, &self.reopen_days);
        set(&mut settings.max_attachment_mb, &self.max_attachment_mb);
        if let Some(sender) = &self.sender {
            settings.sender = sender.as_ref().map(ToString::to_string);
        }
    }
}

async fn present(app: &App) -> Result<Settings, StoreError> {
    Ok(app.store.read_configuration().await?.settings)
}

/// The settings.
#[utoipa::path(get, path = "/api/settings", tag = "site", responses((status = 200, body = SettingsView), (status = 304), ReadProblems))]
pub(crate) async fn settings(State(app): State<App>, _: Administrator, conditional: Conditional) -> Result<Response, Problem> {
    conditional.answer(None, &SettingsView::from(present(&app).await?))
}

/// Changes settings. Other processes follow within 30 seconds.
#[utoipa::path(patch, path = "/api/settings", tag = "site", request_body = Change, params(IdempotencyHeader),
    responses((status = 200, body = SettingsView), WriteProblems))]
pub(crate) async fn change_settings(
    State(app): State<App>,
    Administrator(caller): Administrator,
    write: Write<Change>,
) -> Result<Json<SettingsView>, Problem> {
    let deed = caller.deed(&write, app.now())?;
    let change = |settings: &mut Settings| write.body.apply(settings);
    let outcome = app.store.change_settings(Some(&deed), change).await;
    let settings = or_as_it_is(outcome, present(&app)).await?;
    Ok(Json(settings.into()))
}
