//! What a ticket is about, and where.

use serde::{Deserialize, Serialize};

use crate::{CategoryId, Kind, UnitId};

/// What a ticket is about, and where: kind, category and organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Incident or requirement.
    pub kind: Kind,
    /// The category, of that kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category_id: Option<CategoryId>,
    /// The subcategory, under that category.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subcategory_id: Option<CategoryId>,
    /// The corporation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corporation_id: Option<UnitId>,
    /// The company, under that corporation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company_id: Option<UnitId>,
    /// The site, under that company.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site_id: Option<UnitId>,
    /// The cost centre, under that company.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_centre_id: Option<UnitId>,
}

impl Place {
    /// The categories and units that it names.
    #[must_use]
    pub fn ids(&self) -> Vec<String> {
        let categories = [&self.category_id, &self.subcategory_id];
        let units = [&self.corporation_id, &self.company_id, &self.site_id, &self.cost_centre_id];
        let categories = categories.into_iter().flatten().map(ToString::to_string);
        categories.chain(units.into_iter().flatten().map(ToString::to_string)).collect()
    }

    /// A place that names its kind alone.
    #[must_use]
    pub fn unclassified(kind: Kind) -> Self {
        Self {
            kind,
            category_id: None,
            subcategory_id: None,
            corporation_id: None,
            company_id: None,
            site_id: None,
            cost_centre_id: None,
        }
    }
}
