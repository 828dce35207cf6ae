//! Categories and subcategories of a file.

use std::collections::{BTreeMap, HashMap};

use chamada_domain::tree::{Categories, Category, Names, Subcategory};
use chamada_domain::{CategoryId, Kind};
use chamada_platform::random;
use chamada_web::Problem;

use super::table::{Faults, Row, Table};
use super::{Became, Counts, Unit, find_or_add, same};
use crate::trees::categories::MOST;

pub(super) const COLUMNS: [&str; 7] = [
    "kind",
    "category_es",
    "category_pt",
    "category_en",
    "subcategory_es",
    "subcategory_pt",
    "subcategory_en",
];
/// The columns of a name, in the order of [`languages`].
const CATEGORY: [&str; 3] = ["category_es", "category_pt", "category_en"];
const SUBCATEGORY: [&str; 3] = ["subcategory_es", "subcategory_pt", "subcategory_en"];

impl Unit for Category {
    fn retired(&mut self) -> &mut bool {
        &mut self.retired
    }
}

impl Unit for Subcategory {
    fn retired(&mut self) -> &mut bool {
        &mut self.retired
    }
}

/// One row, read.
struct Line {
    kind: Kind,
    category: Names,
    subcategory: Option<Names>,
}

fn names(row: &Row, columns: [&str; 3], faults: &mut Faults) -> Option<Names> {
    let [es, pt, en] = columns.map(|column| row.required(column, 100, faults));
    Some(Names { es: es?, pt: pt?, en: en? })
}

fn read(row: &Row, faults: &mut Faults) -> Option<Line> {
    let kind = match row.cell("kind").parse::<Kind>() {
        Ok(kind) => Some(kind),
        Err(_) if row.cell("kind").is_empty() => faults.note(row.line, "kind", "required", "This must not be empty."),
        Err(error) => faults.note(row.line, "kind", error.code, error.detail),
    };
    let category = names(row, CATEGORY, faults);
    let subcategory = if SUBCATEGORY.iter().all(|column| row.cell(column).is_empty()) {
        Some(None)
    } else {
        names(row, SUBCATEGORY, faults).map(Some)
    };
    Some(Line {
        kind: kind?,
        category: category?,
        subcategory: subcategory?,
    })
}

fn languages(names: &Names) -> [&String; 3] {
    [&names.es, &names.pt, &names.en]
}

/// What the file says of each category: its names, and on which line.
type Said = HashMap<CategoryId, (Names, u64)>;

/// The tree that a file makes of the present one.
pub(super) fn settle(table: &Table, present: &Categories) -> Result<(Categories, Counts), Problem> {
    let (mut tree, mut counts, mut faults) = (present.clone(), Counts::default(), Faults::default());
    let mut said = Said::new();
    for row in &table.rows {
        let Some(line) = read(row, &mut faults) else { continue };
        let kind = match line.kind {
            Kind::Incident => &mut tree.incident,
            Kind::Requirement => &mut tree.requirement,
        };
        if let Some(became) = put(row, &line, kind, &mut said, &mut faults) {
            counts.count(became);
        }
    }
    // At the end, since two lines may change places.
    for kind in [&tree.incident, &tree.requirement] {
        let each = kind.iter().map(|category| (&category.id, &category.names, category.retired));
        unique(CATEGORY, each, &said, &mut faults);
        for category in kind {
            let each = category.subcategories.iter().map(|sub| (&sub.id, &sub.names, sub.retired));
            unique(SUBCATEGORY, each, &said, &mut faults);
        }
    }
    faults.finish((tree, counts))
}

fn new_id() -> CategoryId {
    CategoryId::from_random(random())
}

fn full<T>(row: &Row, column: &str, faults: &mut Faults) -> Option<T> {
    faults.note(row.line, column, "too_many", format!("There may be {MOST} in one place at most."))
}

fn put(row: &Row, line: &Line, kind: &mut Vec<Category>, said: &mut Said, faults: &mut Faults) -> Option<Became> {
    let new = || Category {
        id: new_id(),
        names: line.category.clone(),
        retired: false,
        subcategories: Vec::new(),
    };
    let found = find_or_add(kind, MOST, |category| same(&category.names.es, &line.category.es), new);
    let (category, mut became) = found.or_else(|| full(row, "category_es", faults))?;
    became = became.max(rename(
        row,
        CATEGORY,
        (&category.id, &mut category.names),
        &line.category,
        said,
        faults,
    )?);
    let Some(names) = &line.subcategory else { return Some(became) };
    let new = || Subcategory {
        id: new_id(),
        names: names.clone(),
        retired: false,
    };
    let found = find_or_add(&mut category.subcategories, MOST, |sub| same(&sub.names.es, &names.es), new);
    let (sub, then) = found.or_else(|| full(row, "subcategory_es", faults))?;
    became = became.max(then);
    Some(became.max(rename(row, SUBCATEGORY, (&sub.id, &mut sub.names), names, said, faults)?))
}

/// Gives one its names in the other languages; the Spanish one finds it and stays as it was first written.
fn rename(
    row: &Row,
    columns: [&str; 3],
    (id, present): (&CategoryId, &mut Names),
    wanted: &Names,
    said: &mut Said,
    faults: &mut Faults,
) -> Option<Became> {
    let (first, _) = said.entry(id.clone()).or_insert_with(|| (wanted.clone(), row.line));
    for (column, (one, other)) in columns.iter().zip(languages(first).into_iter().zip(languages(wanted))).skip(1) {
        if one != other {
            return faults.note(row.line, column, "contradicts", "An earlier line calls this one otherwise.");
        }
    }
    if (&present.pt, &present.en) == (&wanted.pt, &wanted.en) {
        return Some(Became::Unchanged);
    }
    present.pt.clone_from(&wanted.pt);
    present.en.clone_from(&wanted.en);
    Some(Became::Changed)
}

/// Notes names that stand twice in one place, on the line of the file that brings the later one.
fn unique<'a>(
    columns: [&str; 3],
    place: impl Iterator<Item = (&'a CategoryId, &'a Names, bool)> + Clone,
    said: &Said,
    faults: &mut Faults,
) {
    for (language, column) in columns.into_iter().enumerate() {
        let mut taken: BTreeMap<String, Option<u64>> = BTreeMap::new();
        for (id, names, _) in place.clone().filter(|(_, _, retired)| !retired) {
            let line = said.get(id).map(|(_, line)| *line);
            let name = languages(names).get(language).map(|name| name.to_lowercase()).unwrap_or_default();
            let Some(other) = taken.insert(name, line) else { continue };
            if let Some(line) = line.max(other) {
                faults.note::<()>(line, column, "duplicate", "Another one here has the same.");
            }
        }
    }
}
