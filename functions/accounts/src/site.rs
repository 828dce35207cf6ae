//! What anybody may know.

use axum::extract::State;
use axum::response::Response;
use chamada_domain::Locale;
use chamada_domain::tree::{Categories, Organisation};
use chamada_web::openapi::ReadProblems;
use chamada_web::{App, Conditional, Json, Problem};
use serde::Serialize;
use utoipa::ToSchema;

/// That the function answers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    /// `ok`.
    status: &'static str,
    /// The program's version.
    version: &'static str,
}

/// Whether this runs.
#[utoipa::path(get, path = "/api/health", tag = "site", security(()), responses((status = 200, body = Health)))]
pub(crate) async fn health() -> Json<Health> {
    Json(Health {
        status: "ok",
        version: env!("CARGO_PKG_VERSION"),
    })
}

/// What this API is, as `chamada openapi` prints it: made from the code of all functions, of which each knows its own part alone.
const DESCRIPTION: &[u8] = include_bytes!("../../../web/openapi.json");

/// This description.
#[utoipa::path(get, path = "/api/openapi.json", tag = "site", security(()),
    responses((status = 200, body = Object, description = "OpenAPI 3.1."), (status = 304), ReadProblems))]
pub(crate) async fn description(conditional: Conditional) -> Result<Response, Problem> {
    conditional.answer_json(None, DESCRIPTION)
}

/// What a visitor's browser needs before anybody has signed in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SiteInfo)]
pub(crate) struct SiteView {
    /// What the site is called.
    site_name: String,
    /// The language of people who have chosen none.
    default_locale: Locale,
    /// Whether people without an account may open tickets by the web form.
    guest_tickets: bool,
    /// Whether asking for a sign-in link makes an account.
    open_sign_up: bool,
    /// The largest attachment in MB of 2^20 bytes.
    max_attachment_mb: u16,
    /// IANA name.
    time_zone: String,
    /// What stands before a ticket's number.
    ticket_prefix: String,
    /// Where guests may open tickets: what they can choose from.
    #[serde(skip_serializing_if = "Option::is_none")]
    organisation: Option<Organisation>,
    /// Where guests may open tickets: what they can choose from.
    #[serde(skip_serializing_if = "Option::is_none")]
    categories: Option<Categories>,
}

/// What anybody may know of this site.
///
/// With the trees where guests may open tickets: without what is retired, and without the companies' mail domains.
#[utoipa::path(get, path = "/api/site", tag = "site", security(()), responses((status = 200, body = SiteView), (status = 304), ReadProblems))]
pub(crate) async fn site(State(app): State<App>, conditional: Conditional) -> Result<Response, Problem> {
    let configuration = app.store.configuration().await?;
    let settings = &configuration.settings;
    let open = settings.guest_tickets;
    let view = SiteView {
        site_name: settings.site_name.clone(),
        default_locale: settings.default_locale,
        guest_tickets: settings.guest_tickets,
        open_sign_up: settings.open_sign_up,
        max_attachment_mb: settings.max_attachment_mb,
        time_zone: settings.time_zone.clone(),
        ticket_prefix: settings.ticket_prefix.clone(),
        organisation: open.then(|| offered_places(&configuration.organisation.value)),
        categories: open.then(|| offered_categories(&configuration.categories.value)),
    };
    conditional.answer(None, &view)
}

fn offered_places(tree: &Organisation) -> Organisation {
    let mut tree = tree.clone();
    tree.corporations.retain(|unit| !unit.retired);
    for corporation in &mut tree.corporations {
        corporation.companies.retain(|unit| !unit.retired);
        for company in &mut corporation.companies {
            company.domains.clear();
            company.sites.retain(|unit| !unit.retired);
            company.cost_centres.retain(|unit| !unit.retired);
        }
    }
    tree
}

fn offered_categories(tree: &Categories) -> Categories {
    let mut tree = tree.clone();
    for kind in [&mut tree.incident, &mut tree.requirement] {
        kind.retain(|category| !category.retired);
        for category in kind {
            category.subcategories.retain(|sub| !sub.retired);
        }
    }
    tree
}
