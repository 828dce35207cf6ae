//! Corporations, companies, sites and cost centres.

use axum::extract::State;
use axum::response::Response;
use chamada_domain::tree::{Company, Corporation, CostCentre, Organisation, Site};
use chamada_domain::{EmailAddress, UnitId};
use chamada_platform::random;
use chamada_web::openapi::{IdempotencyHeader, IfMatchHeader, ReadProblems, VersionProblems, WriteProblems};
use chamada_web::read::{Fields, Input, Spot, boolean, id, line, list, object};
use chamada_web::{Administrator, App, Conditional, IfMatch, Problem, SignedIn, Write};
use utoipa::ToSchema;

use super::check::{Checker, Taken};
use super::{answer, present, put};

/// The most units of one kind in one place.
pub(crate) const MOST: usize = 1_000;

/// The organisation as it shall be. A part without an id is new; one that is left out is removed.
#[derive(Debug, Clone, ToSchema)]
#[schema(as = OrganisationInput)]
pub(crate) struct Draft {
    #[schema(max_items = 1_000)]
    corporations: Vec<CorporationInput>,
}

/// A corporation as it shall be.
#[derive(Debug, Clone, ToSchema)]
pub(crate) struct CorporationInput {
    #[schema(required = false)]
    id: Option<UnitId>,
    /// 1 to 100 characters.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    #[schema(required = false)]
    retired: bool,
    #[schema(max_items = 1_000, required = false)]
    companies: Vec<CompanyInput>,
}

/// A company as it shall be.
#[derive(Debug, Clone, ToSchema)]
pub(crate) struct CompanyInput {
    #[schema(required = false)]
    id: Option<UnitId>,
    /// 1 to 100 characters.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// The mail domains of its people; each belongs to one company.
    #[schema(max_items = 50, required = false)]
    domains: Vec<String>,
    #[schema(required = false)]
    retired: bool,
    #[schema(max_items = 1_000, required = false)]
    sites: Vec<SiteInput>,
    #[schema(max_items = 1_000, required = false)]
    cost_centres: Vec<CostCentreInput>,
}

/// A site as it shall be.
#[derive(Debug, Clone, ToSchema)]
pub(crate) struct SiteInput {
    #[schema(required = false)]
    id: Option<UnitId>,
    /// 1 to 100 characters.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    #[schema(required = false)]
    retired: bool,
}

/// A cost centre as it shall be.
#[derive(Debug, Clone, ToSchema)]
pub(crate) struct CostCentreInput {
    #[schema(required = false)]
    id: Option<UnitId>,
    /// 1 to 40 characters, once in its company.
    #[schema(min_length = 1, max_length = 40)]
    code: String,
    /// 1 to 100 characters.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    #[schema(required = false)]
    retired: bool,
}

/// A host name of mail addresses, lower case.
fn domain(spot: &mut Spot<'_>) -> Option<String> {
    let text = line(1..=253)(spot)?;
    match format!("x@{text}").parse::<EmailAddress>() {
        Ok(address) if !text.contains('@') => Some(address.domain().to_owned()),
        _ => spot.fault("invalid", "This must be what stands behind the @ of mail addresses."),
    }
}

impl Input for Draft {
    fn read(f: &mut Fields<'_>) -> Option<Self> {
        let corporations = f.required("corporations", list(0..=MOST, object(CorporationInput::read)));
        Some(Self {
            corporations: corporations?,
        })
    }
}

impl CorporationInput {
    fn read(f: &mut Fields<'_>) -> Option<Self> {
        let id = f.optional("id", id());
        let name = f.required("name", line(1..=100));
        let retired = f.or_default("retired", boolean());
        let companies = f.or_default("companies", list(0..=MOST, object(CompanyInput::read)));
        Some(Self {
            id: id?,
            name: name?,
            retired: retired?,
            companies: companies?,
        })
    }
}

impl CompanyInput {
    fn read(f: &mut Fields<'_>) -> Option<Self> {
        let id = f.optional("id", id());
        let name = f.required("name", line(1..=100));
        let domains = f.or_default("domains", list(0..=50, domain));
        let retired = f.or_default("retired", boolean());
        let sites = f.or_default("sites", list(0..=MOST, object(SiteInput::read)));
        let cost_centres = f.or_default("cost_centres", list(0..=MOST, object(CostCentreInput::read)));
        Some(Self {
            id: id?,
            name: name?,
            domains: domains?,
            retired: retired?,
            sites: sites?,
            cost_centres: cost_centres?,
        })
    }
}

impl SiteInput {
    fn read(f: &mut Fields<'_>) -> Option<Self> {
        let id = f.optional("id", id());
        let name = f.required("name", line(1..=100));
        let retired = f.or_default("retired", boolean());
        Some(Self {
            id: id?,
            name: name?,
            retired: retired?,
        })
    }
}

impl CostCentreInput {
    fn read(f: &mut Fields<'_>) -> Option<Self> {
        let id = f.optional("id", id());
        let code = f.required("code", line(1..=40));
        let name = f.required("name", line(1..=100));
        let retired = f.or_default("retired", boolean());
        Some(Self {
            id: id?,
            code: code?,
            name: name?,
            retired: retired?,
        })
    }
}

fn new_id() -> UnitId {
    UnitId::from_random(random())
}

impl Draft {
    /// The tree that this makes of the present one.
    fn settle(self, present: &Organisation) -> Result<Organisation, Problem> {
        let (mut checker, mut names, mut domains) = (Checker::new(), Taken::default(), Taken::default());
        let mut corporations = Vec::with_capacity(self.corporations.len());
        for (place, new) in self.corporations.into_iter().enumerate() {
            let path = format!("corporations.{place}");
            let known = |id: &UnitId| present.corporations.iter().any(|unit| unit.id == *id);
            let id = checker.id(&path, new.id, known, new_id);
            checker.unique(format!("{path}.name"), &new.name, new.retired, &mut names);
            let before = present.corporations.iter().find(|unit| unit.id == id);
            let before = before.map_or(&[][..], |unit| &unit.companies);
            corporations.push(Corporation {
                companies: settle_companies(&path, new.companies, before, &mut checker, &mut domains),
                id,
                name: new.name,
                retired: new.retired,
            });
        }
        checker.finish(Organisation { corporations })
    }
}

fn settle_companies(
    parent: &str,
    companies: Vec<CompanyInput>,
    present: &[Company],
    checker: &mut Checker,
    domains: &mut Taken,
) -> Vec<Company> {
    let mut names = Taken::default();
    let each = companies.into_iter().enumerate().map(|(place, new)| {
        let path = format!("{parent}.companies.{place}");
        let id = checker.id(&path, new.id, |id| present.iter().any(|unit| unit.id == *id), new_id);
        checker.unique(format!("{path}.name"), &new.name, new.retired, &mut names);
        for (place, domain) in new.domains.iter().enumerate() {
            checker.unique(format!("{path}.domains.{place}"), domain, false, domains);
        }
        let before = present.iter().find(|unit| unit.id == id);
        Company {
            sites: settle_sites(&path, new.sites, before, checker),
            cost_centres: settle_cost_centres(&path, new.cost_centres, before, checker),
            id,
            name: new.name,
            domains: new.domains,
            retired: new.retired,
        }
    });
    each.collect()
}

fn settle_sites(parent: &str, sites: Vec<SiteInput>, present: Option<&Company>, checker: &mut Checker) -> Vec<Site> {
    let mut names = Taken::default();
    let present = present.map_or(&[][..], |company| &company.sites);
    let each = sites.into_iter().enumerate().map(|(place, new)| {
        let path = format!("{parent}.sites.{place}");
        checker.unique(format!("{path}.name"), &new.name, new.retired, &mut names);
        Site {
            id: checker.id(&path, new.id, |id| present.iter().any(|unit| unit.id == *id), new_id),
            name: new.name,
            retired: new.retired,
        }
    });
    each.collect()
}

fn settle_cost_centres(parent: &str, centres: Vec<CostCentreInput>, present: Option<&Company>, checker: &mut Checker) -> Vec<CostCentre> {
    // The code tells cost centres apart; their names may repeat.
    let mut codes = Taken::default();
    let present = present.map_or(&[][..], |company| &company.cost_centres);
    let each = centres.into_iter().enumerate().map(|(place, new)| {
        let path = format!("{parent}.cost_centres.{place}");
        checker.unique(format!("{path}.code"), &new.code, new.retired, &mut codes);
        CostCentre {
            id: checker.id(&path, new.id, |id| present.iter().any(|unit| unit.id == *id), new_id),
            code: new.code,
            name: new.name,
            retired: new.retired,
        }
    });
    each.collect()
}

/// The organisation.
#[utoipa::path(get, path = "/api/organisation", tag = "site", responses((status = 200, body = Organisation), (status = 304), ReadProblems))]
pub(crate) async fn organisation(State(app): State<App>, _: SignedIn, conditional: Conditional) -> Result<Response, Problem> {
    answer(&conditional, &present::<Organisation>(&app).await?)
}

/// Writes the organisation, whole. 409 `in_use` where a unit that is named somewhere would be removed.
#[utoipa::path(put, path = "/api/organisation", tag = "site", request_body = Draft, params(IdempotencyHeader, IfMatchHeader),
    responses((status = 200, body = Organisation), WriteProblems, VersionProblems))]
pub(crate) async fn put_organisation(
    State(app): State<App>,
    Administrator(caller): Administrator,
    if_match: IfMatch,
    write: Write<Draft>,
) -> Result<Response, Problem> {
    let deed = caller.deed(&write, app.now())?;
    put(&app, &deed, if_match, |present| write.body.settle(present)).await
}
