//! The two trees that a ticket is filed under: the organisation, and the categories of each kind.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::entry::Place;
use crate::{CategoryId, FieldError, Kind, Refusal, UnitId};

/// The organisation: corporation > company > site; cost centres under the company.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Organisation {
    /// The corporations.
    #[serde(default)]
    #[schema(required = true)]
    pub corporations: Vec<Corporation>,
}

/// A group of companies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Corporation {
    /// Which.
    pub id: UnitId,
    /// What it is called.
    pub name: String,
    /// Whether new tickets can no longer name it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retired: bool,
    /// Its companies.
    #[serde(default)]
    #[schema(required = true)]
    pub companies: Vec<Company>,
}

/// A company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Company {
    /// Which.
    pub id: UnitId,
    /// What it is called.
    pub name: String,
    /// The mail domains of its people, lower case.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub domains: Vec<String>,
    /// Whether new tickets can no longer name it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retired: bool,
    /// Its sites.
    #[serde(default)]
    #[schema(required = true)]
    pub sites: Vec<Site>,
    /// Its cost centres.
    #[serde(default)]
    #[schema(required = true)]
    pub cost_centres: Vec<CostCentre>,
}

/// A site of a company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Site {
    /// Which.
    pub id: UnitId,
    /// What it is called.
    pub name: String,
    /// Whether new tickets can no longer name it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retired: bool,
}

/// A cost centre of a company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CostCentre {
    /// Which.
    pub id: UnitId,
    /// Its code in the books.
    pub code: String,
    /// What it is called.
    pub name: String,
    /// Whether new tickets can no longer name it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retired: bool,
}

/// The categories, by kind of ticket.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Categories {
    /// Of incidents.
    #[serde(default)]
    #[schema(required = true)]
    pub incident: Vec<Category>,
    /// Of requirements.
    #[serde(default)]
    #[schema(required = true)]
    pub requirement: Vec<Category>,
}

/// A category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Category {
    /// Which.
    pub id: CategoryId,
    /// What it is called.
    pub names: Names,
    /// Whether new tickets can no longer name it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retired: bool,
    /// What is under it.
    #[serde(default)]
    #[schema(required = true)]
    pub subcategories: Vec<Subcategory>,
}

/// A subcategory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Subcategory {
    /// Which.
    pub id: CategoryId,
    /// What it is called.
    pub names: Names,
    /// Whether new tickets can no longer name it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retired: bool,
}

/// A name in three languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Names {
    /// In Spanish.
    #[schema(min_length = 1, max_length = 100)]
    pub es: String,
    /// In Portuguese.
    #[schema(min_length = 1, max_length = 100)]
    pub pt: String,
    /// In English.
    #[schema(min_length = 1, max_length = 100)]
    pub en: String,
}

impl Organisation {
    /// Every unit's id.
    #[must_use]
    pub fn ids(&self) -> BTreeSet<&UnitId> {
        let companies = self.corporations.iter().flat_map(|corporation| &corporation.companies);
        let below = companies.clone().flat_map(|company| {
            let sites = company.sites.iter().map(|site| &site.id);
            sites
                .chain(company.cost_centres.iter().map(|centre| &centre.id))
                .chain([&company.id])
        });
        self.corporations.iter().map(|corporation| &corporation.id).chain(below).collect()
    }

    /// The company whose people have mail addresses of `domain`, with its corporation.
    #[must_use]
    pub fn company_of_domain(&self, domain: &str) -> Option<(&Corporation, &Company)> {
        let companies = self
            .corporations
            .iter()
            .flat_map(|corporation| corporation.companies.iter().map(move |company| (corporation, company)));
        companies
            .into_iter()
            .find(|(_, company)| !company.retired && company.domains.iter().any(|own| own == domain))
    }

    fn company(&self, id: &UnitId) -> Option<(&Corporation, &Company)> {
        self.corporations.iter().find_map(|corporation| {
            corporation
                .companies
                .iter()
                .find(|company| company.id == *id)
                .map(|company| (corporation, company))
        })
    }

    /// The corporation that `company` belongs to.
    #[must_use]
    pub fn corporation_of(&self, company: &UnitId) -> Option<&UnitId> {
        self.company(company).map(|(corporation, _)| &corporation.id)
    }

    fn check(&self, place: &Place, faults: &mut Faults) {
        let corporation = place
            .corporation_id
            .as_ref()
            .and_then(|id| self.corporations.iter().find(|unit| unit.id == *id));
        faults.expect(
            "corporation_id",
            place.corporation_id.is_some(),
            corporation.map(|unit| unit.retired),
        );
        let company = corporation
            .zip(place.company_id.as_ref())
            .and_then(|(unit, id)| unit.companies.iter().find(|unit| unit.id == *id));
        faults.expect("company_id", place.company_id.is_some(), company.map(|unit| unit.retired));
        let site = company
            .zip(place.site_id.as_ref())
            .and_then(|(unit, id)| unit.sites.iter().find(|unit| unit.id == *id));
        faults.expect("site_id", place.site_id.is_some(), site.map(|unit| unit.retired));
        let centre = company
            .zip(place.cost_centre_id.as_ref())
            .and_then(|(unit, id)| unit.cost_centres.iter().find(|unit| unit.id == *id));
        faults.expect("cost_centre_id", place.cost_centre_id.is_some(), centre.map(|unit| unit.retired));
        if faults.required {
            faults.need(
                "corporation_id",
                place.corporation_id.is_none(),
                self.corporations.iter().any(|unit| !unit.retired),
            );
            let company_offered = corporation.is_some_and(|unit| unit.companies.iter().any(|unit| !unit.retired));
            faults.need("company_id", place.company_id.is_none(), company_offered);
            faults.need(
                "site_id",
                place.site_id.is_none(),
                company.is_some_and(|unit| unit.sites.iter().any(|unit| !unit.retired)),
            );
            let centre_offered = company.is_some_and(|unit| unit.cost_centres.iter().any(|unit| !unit.retired));
            faults.need("cost_centre_id", place.cost_centre_id.is_none(), centre_offered);
        }
    }
}

impl Categories {
    /// The categories of a kind.
    #[must_use]
    pub fn of(&self, kind: Kind) -> &[Category] {
        match kind {
            Kind::Incident => &self.incident,
            Kind::Requirement => &self.requirement,
        }
    }

    /// Every category's and subcategory's id.
    #[must_use]
    pub fn ids(&self) -> BTreeSet<&CategoryId> {
        let all = self.incident.iter().chain(&self.requirement);
        all.flat_map(|category| category.subcategories.iter().map(|sub| &sub.id).chain([&category.id]))
            .collect()
    }

    fn check(&self, place: &Place, faults: &mut Faults) {
        let tree = self.of(place.kind);
        let category = place
            .category_id
            .as_ref()
            .and_then(|id| tree.iter().find(|category| category.id == *id));
        faults.expect(
            "category_id",
            place.category_id.is_some(),
            category.map(|category| category.retired),
        );
        let sub = category
            .zip(place.subcategory_id.as_ref())
            .and_then(|(category, id)| category.subcategories.iter().find(|sub| sub.id == *id));
        faults.expect("subcategory_id", place.subcategory_id.is_some(), sub.map(|sub| sub.retired));
        if faults.required {
            faults.need(
                "category_id",
                place.category_id.is_none(),
                tree.iter().any(|category| !category.retired),
            );
            let offered = category.is_some_and(|category| category.subcategories.iter().any(|sub| !sub.retired));
            faults.need("subcategory_id", place.subcategory_id.is_none(), offered);
        }
    }
}

struct Faults {
    required: bool,
    retired_allowed: bool,
    found: Vec<FieldError>,
}

impl Faults {
    /// `found` is whether the unit is retired, or nothing where the tree has none such in that place.
    fn expect(&mut self, field: &'static str, given: bool, found: Option<bool>) {
        match found {
            None if given => self
                .found
                .push(FieldError::new(field, "unknown", "There is no such one in this place of the tree.")),
            Some(true) if !self.retired_allowed => self.found.push(FieldError::new(field, "retired", "This one is no longer in use.")),
            None | Some(_) => {}
        }
    }

    fn need(&mut self, field: &'static str, missing: bool, offered: bool) {
        if missing && offered {
            self.found.push(FieldError::required(field));
        }
    }
}

/// How strictly a place is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strictness {
    /// A new ticket by web or API: all that the trees offer is needed, nothing retired.
    Required,
    /// A mailbox's defaults: what is named must be there and in use.
    Optional,
    /// A ticket there was: what is named must be there.
    Existing,
}

/// Checks that what a place names is where it says in the trees.
///
/// # Errors
/// [`Refusal::Invalid`] with every faulty field: `required`, `unknown` or `retired`.
pub fn check_place(place: &Place, organisation: &Organisation, categories: &Categories, strictness: Strictness) -> Result<(), Refusal> {
    let mut faults = Faults {
        required: strictness == Strictness::Required,
        retired_allowed: strictness == Strictness::Existing,
        found: Vec::new(),
    };
    categories.check(place, &mut faults);
    organisation.check(place, &mut faults);
    if faults.found.is_empty() {
        Ok(())
    } else {
        Err(Refusal::Invalid(faults.found))
    }
}
