//! Categories of incidents and of requirements.

use axum::extract::State;
use axum::response::Response;
use chamada_domain::CategoryId;
use chamada_domain::tree::{Categories, Category, Names, Subcategory};
use chamada_platform::random;
use chamada_web::openapi::{IdempotencyHeader, IfMatchHeader, ReadProblems, VersionProblems, WriteProblems};
use chamada_web::read::{Fields, Input, boolean, id, line, list, object};
use chamada_web::{Administrator, App, Conditional, IfMatch, Problem, SignedIn, Write};
use utoipa::ToSchema;

use super::check::{Checker, Taken};
use super::{answer, present, put};

/// The most categories of a kind, and the most subcategories of a category.
pub(crate) const MOST: usize = 500;

/// The categories as they shall be. A part without an id is new; one that is left out is removed.
#[derive(Debug, Clone, ToSchema)]
#[schema(as = CategoriesInput)]
pub(crate) struct Draft {
    #[schema(max_items = 500)]
    incident: Vec<CategoryInput>,
    #[schema(max_items = 500)]
    requirement: Vec<CategoryInput>,
}

/// A category as it shall be.
#[derive(Debug, Clone, ToSchema)]
pub(crate) struct CategoryInput {
    #[schema(required = false)]
    id: Option<CategoryId>,
    /// 1 to 100 characters in each language.
    names: Names,
    #[schema(required = false)]
    retired: bool,
    #[schema(max_items = 500, required = false)]
    subcategories: Vec<SubcategoryInput>,
}

/// A subcategory as it shall be.
#[derive(Debug, Clone, ToSchema)]
pub(crate) struct SubcategoryInput {
    #[schema(required = false)]
    id: Option<CategoryId>,
    /// 1 to 100 characters in each language.
    names: Names,
    #[schema(required = false)]
    retired: bool,
}

fn names(f: &mut Fields<'_>) -> Option<Names> {
    let es = f.required("es", line(1..=100));
    let pt = f.required("pt", line(1..=100));
    let en = f.required("en", line(1..=100));
    Some(Names { es: es?, pt: pt?, en: en? })
}

impl Input for Draft {
    fn read(f: &mut Fields<'_>) -> Option<Self> {
        let incident = f.required("incident", list(0..=MOST, object(CategoryInput::read)));
        let requirement = f.required("requirement", list(0..=MOST, object(CategoryInput::read)));
        Some(Self {
            incident: incident?,
            requirement: requirement?,
        })
    }
}

impl CategoryInput {
    fn read(f: &mut Fields<'_>) -> Option<Self> {
        let id = f.optional("id", id());
        let names = f.required("names", object(names));
        let retired = f.or_default("retired", boolean());
        let subcategories = f.or_default("subcategories", list(0..=MOST, object(SubcategoryInput::read)));
        Some(Self {
            id: id?,
            names: names?,
            retired: retired?,
            subcategories: subcategories?,
        })
    }
}

impl SubcategoryInput {
    fn read(f: &mut Fields<'_>) -> Option<Self> {
        let id = f.optional("id", id());
        let names = f.required("names", object(names));
        let retired = f.or_default("retired", boolean());
        Some(Self {
            id: id?,
            names: names?,
            retired: retired?,
        })
    }
}

/// The names of one place, by language.
#[derive(Default)]
struct TakenNames([Taken; 3]);

impl TakenNames {
    fn check(&mut self, path: &str, names: &Names, retired: bool, checker: &mut Checker) {
        let each = [("es", &names.es), ("pt", &names.pt), ("en", &names.en)];
        for ((language, name), taken) in each.into_iter().zip(&mut self.0) {
            checker.unique(format!("{path}.names.{language}"), name, retired, taken);
        }
    }
}

fn new_id() -> CategoryId {
    CategoryId::from_random(random())
}

impl Draft {
    /// The tree that this makes of the present one.
    fn settle(self, present: &Categories) -> Result<Categories, Problem> {
        let mut checker = Checker::new();
        let tree = Categories {
            incident: settle_kind("incident", self.incident, &present.incident, &mut checker),
            requirement: settle_kind("requirement", self.requirement, &present.requirement, &mut checker),
        };
        checker.finish(tree)
    }
}

fn settle_kind(kind: &str, categories: Vec<CategoryInput>, present: &[Category], checker: &mut Checker) -> Vec<Category> {
    let mut taken = TakenNames::default();
    let each = categories.into_iter().enumerate().map(|(place, new)| {
        let path = format!("{kind}.{place}");
        let id = checker.id(&path, new.id, |id| present.iter().any(|category| category.id == *id), new_id);
        taken.check(&path, &new.names, new.retired, checker);
        let before = present.iter().find(|category| category.id == id);
        let before = before.map_or(&[][..], |category| &category.subcategories);
        Category {
            subcategories: settle_subcategories(&path, new.subcategories, before, checker),
            id,
            names: new.names,
            retired: new.retired,
        }
    });
    each.collect()
}

fn settle_subcategories(parent: &str, subs: Vec<SubcategoryInput>, present: &[Subcategory], checker: &mut Checker) -> Vec<Subcategory> {
    let mut taken = TakenNames::default();
    let each = subs.into_iter().enumerate().map(|(place, new)| {
        let path = format!("{parent}.subcategories.{place}");
        taken.check(&path, &new.names, new.retired, checker);
        Subcategory {
            id: checker.id(&path, new.id, |id| present.iter().any(|sub| sub.id == *id), new_id),
            names: new.names,
            retired: new.retired,
        }
    });
    each.collect()
}

/// The categories.
#[utoipa::path(get, path = "/api/categories", tag = "site", responses((status = 200, body = Categories), (status = 304), ReadProblems))]
pub(crate) async fn categories(State(app): State<App>, _: SignedIn, conditional: Conditional) -> Result<Response, Problem> {
    answer(&conditional, &present::<Categories>(&app).await?)
}

/// Writes the categories, whole. 409 `in_use` where one that is named somewhere would be removed.
#[utoipa::path(put, path = "/api/categories", tag = "site", request_body = Draft, params(IdempotencyHeader, IfMatchHeader),
    responses((status = 200, body = Categories), WriteProblems, VersionProblems))]
pub(crate) async fn put_categories(
    State(app): State<App>,
    Administrator(caller): Administrator,
    if_match: IfMatch,
    write: Write<Draft>,
) -> Result<Response, Problem> {
    let deed = caller.deed(&write, app.now())?;
    put(&app, &deed, if_match, |present| write.body.settle(present)).await
}
