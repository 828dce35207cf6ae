//! Corporations, companies, sites and cost centres of a file.

use std::collections::HashMap;

use chamada_domain::UnitId;
use chamada_domain::tree::{Company, Corporation, CostCentre, Organisation, Site};
use chamada_platform::random;
use chamada_web::Problem;

use super::table::{Faults, Row, Table};
use super::{Became, Counts, Unit, find_or_add, same};
use crate::trees::organisation::MOST;

pub(super) const COLUMNS: [&str; 5] = ["corporation", "company", "site", "cost_centre_code", "cost_centre_name"];

macro_rules! units {
    ($($unit:ty),*) => {$(
        impl Unit for $unit {
            fn retired(&mut self) -> &mut bool {
                &mut self.retired
            }
        }
    )*};
}

units!(Corporation, Company, Site, CostCentre);

/// One row, read.
struct Place {
    corporation: String,
    company: String,
    site: String,
    code: String,
    centre: String,
}

fn read(row: &Row, faults: &mut Faults) -> Option<Place> {
    let corporation = row.required("corporation", 100, faults);
    let company = row.text("company", 100, faults);
    let site = row.text("site", 100, faults);
    let code = row.text("cost_centre_code", 40, faults);
    let centre = row.text("cost_centre_name", 100, faults);
    let place = Place {
        corporation: corporation?,
        company: company?,
        site: site?,
        code: code?,
        centre: centre?,
    };
    let below = [&place.site, &place.code, &place.centre];
    if place.company.is_empty() && below.iter().any(|cell| !cell.is_empty()) {
        return faults.note(row.line, "company", "required", "What stands behind it belongs to a company.");
    }
    match (place.code.is_empty(), place.centre.is_empty()) {
        (true, false) => faults.note(row.line, "cost_centre_code", "required", "A cost centre needs a code."),
        (false, true) => faults.note(row.line, "cost_centre_name", "required", "A cost centre needs a name."),
        (true, true) | (false, false) => Some(place),
    }
}

/// The tree that a file makes of the present one.
pub(super) fn settle(table: &Table, present: &Organisation) -> Result<(Organisation, Counts), Problem> {
    let (mut tree, mut counts, mut faults) = (present.clone(), Counts::default(), Faults::default());
    // What the file itself called each cost centre.
    let mut said = HashMap::new();
    for row in &table.rows {
        let Some(place) = read(row, &mut faults) else { continue };
        if let Some(became) = put(row, &place, &mut tree, &mut said, &mut faults) {
            counts.count(became);
        }
    }
    faults.finish((tree, counts))
}

fn new_id() -> UnitId {
    UnitId::from_random(random())
}

fn full<T>(row: &Row, column: &str, faults: &mut Faults) -> Option<T> {
    faults.note(row.line, column, "too_many", format!("There may be {MOST} in one place at most."))
}

fn put(row: &Row, place: &Place, tree: &mut Organisation, said: &mut HashMap<UnitId, String>, faults: &mut Faults) -> Option<Became> {
    let new = || Corporation {
        id: new_id(),
        name: place.corporation.clone(),
        retired: false,
        companies: Vec::new(),
    };
    let found = find_or_add(&mut tree.corporations, MOST, |unit| same(&unit.name, &place.corporation), new);
    let (corporation, mut became) = found.or_else(|| full(row, "corporation", faults))?;
    if place.company.is_empty() {
        return Some(became);
    }
    let new = || Company {
        id: new_id(),
        name: place.company.clone(),
        domains: Vec::new(),
        retired: false,
        sites: Vec::new(),
        cost_centres: Vec::new(),
    };
    let found = find_or_add(&mut corporation.companies, MOST, |unit| same(&unit.name, &place.company), new);
    let (company, then) = found.or_else(|| full(row, "company", faults))?;
    became = became.max(then);
    if !place.site.is_empty() {
        let new = || Site {
            id: new_id(),
            name: place.site.clone(),
            retired: false,
        };
        let found = find_or_add(&mut company.sites, MOST, |unit| same(&unit.name, &place.site), new);
        became = became.max(found.or_else(|| full(row, "site", faults))?.1);
    }
    if !place.code.is_empty() {
        became = became.max(put_centre(row, place, company, said, faults)?);
    }
    Some(became)
}

fn put_centre(row: &Row, place: &Place, company: &mut Company, said: &mut HashMap<UnitId, String>, faults: &mut Faults) -> Option<Became> {
    let new = || CostCentre {
        id: new_id(),
        code: place.code.clone(),
        name: place.centre.clone(),
        retired: false,
    };
    let found = find_or_add(&mut company.cost_centres, MOST, |unit| same(&unit.code, &place.code), new);
    let (centre, mut became) = found.or_else(|| full(row, "cost_centre_code", faults))?;
    let first = said.entry(centre.id.clone()).or_insert_with(|| place.centre.clone());
    if *first != place.centre {
        return faults.note(
            row.line,
            "cost_centre_name",
            "contradicts",
            "An earlier line calls this cost centre otherwise.",
        );
    }
    if centre.name != place.centre {
        centre.name.clone_from(&place.centre);
        became = became.max(Became::Changed);
    }
    Some(became)
}
