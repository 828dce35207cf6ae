//! What the parts of a tree must keep to among one another.

use std::collections::BTreeSet;

use chamada_domain::FieldError;
use chamada_web::Problem;

/// More faults than this are not told.
const MOST_FAULTS: usize = 100;

/// Gathers faults while a tree is put together.
pub(super) struct Checker {
    faults: Vec<FieldError>,
    ids: BTreeSet<String>,
}

/// Names of one place in a tree, each of which may stand once.
#[derive(Default)]
pub(super) struct Taken(BTreeSet<String>);

impl Checker {
    pub(super) fn new() -> Self {
        Self {
            faults: Vec::new(),
            ids: BTreeSet::new(),
        }
    }

    fn fault(&mut self, path: String, code: &'static str, detail: &'static str) {
        if self.faults.len() < MOST_FAULTS {
            self.faults.push(FieldError::new(path, code, detail));
        }
    }

    /// The id of a part: the one given, which must be in this place of the present tree (`known`) and here once; or a new one.
    pub(super) fn id<T: ToString>(&mut self, path: &str, given: Option<T>, known: impl Fn(&T) -> bool, new: impl Fn() -> T) -> T {
        let Some(id) = given else { return new() };
        if !known(&id) {
            self.fault(
                format!("{path}.id"),
                "unknown",
                "There is no such one in this place of the tree. Leave the id out of a new one.",
            );
        } else if !self.ids.insert(id.to_string()) {
            self.fault(format!("{path}.id"), "duplicate", "This one stands here twice.");
        }
        id
    }

    /// Notes a name that stands twice in one place, whatever its case. Retired ones don't count: they are chosen no more.
    pub(super) fn unique(&mut self, path: String, name: &str, retired: bool, taken: &mut Taken) {
        if !retired && !taken.0.insert(name.to_lowercase()) {
            self.fault(path, "duplicate", "Another one here has the same.");
        }
    }

    pub(super) fn finish<T>(self, tree: T) -> Result<T, Problem> {
        if self.faults.is_empty() {
            Ok(tree)
        } else {
            Err(Problem::invalid(self.faults))
        }
    }
}
