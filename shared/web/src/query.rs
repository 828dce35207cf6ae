//! Query strings: read as bodies are, every fault told.

use axum::extract::{FromRequestParts, Query as Pairs};
use chamada_domain::FieldError;
use http::request::Parts;
use serde_json::{Map, Value};

use crate::problem::Problem;
use crate::read::{Fields, Input, Spot, integer, line, list, query_of};

/// What a list is asked for: how many rows, and from where on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paging {
    /// 1 to 100 rows, 25 unless said.
    pub limit: u32,
    /// The cursor as the client sent it, to be opened with [`CursorKey::open`](crate::cursor::CursorKey::open).
    pub cursor: Option<String>,
}

/// A longer cursor was not made by us: ours hold a key of the table and a digest.
const LONGEST_CURSOR: usize = 4_096;

impl Fields<'_> {
    /// `limit` and `cursor`.
    pub fn paging(&mut self) -> Option<Paging> {
        let limit = self.optional("limit", integer(1..=100));
        let cursor = self.optional("cursor", line(0..=LONGEST_CURSOR));
        let limit = limit?.and_then(|limit| u32::try_from(limit).ok()).unwrap_or(25);
        Some(Paging { limit, cursor: cursor? })
    }

    /// A parameter that may stand several times; all of them, in their order, up to 20.
    pub fn repeated<T>(&mut self, name: &'static str, reader: impl Fn(&mut Spot<'_>) -> Option<T>) -> Option<Vec<T>> {
        self.or_default(name, |spot| match spot.value() {
            Value::Array(_) => list(0..=20, &reader)(spot),
            _ => reader(spot).map(|one| vec![one]),
        })
    }
}

/// A list without filters.
impl Input for Paging {
    fn read(f: &mut Fields<'_>) -> Option<Self> {
        f.paging()
    }
}

/// As extractor: a query string of this shape; 422 `invalid` with every faulty and every unknown parameter. An empty parameter counts as missing.
///
/// In [`Input::read`], a parameter that may be repeated is read by [`Fields::repeated`], every other by the same methods as a body's field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query<T> {
    /// What was asked.
    pub value: T,
    /// Path and parameters but `limit` and `cursor`, in one spelling: what a cursor is bound to.
    pub filters: String,
}

impl<T: Input, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let pairs = Pairs::<Vec<(String, String)>>::try_from_uri(&parts.uri);
        let mut pairs = pairs
            .map_err(|_| FieldError::new("", "invalid", "The query string cannot be read."))?
            .0;
        pairs.retain(|(_, value)| !value.is_empty());
        let value = read::<T>(&pairs)?;
        pairs.retain(|(name, _)| name != "limit" && name != "cursor");
        pairs.sort();
        // JSON of the pairs: no value can pretend to be two.
        let filters = serde_json::to_string(&(parts.uri.path(), pairs)).map_err(Problem::internal)?;
        Ok(Self { value, filters })
    }
}

/// Reads pairs as an object whose values are texts. A name that stands several times makes a list, which only `repeated` takes.
fn read<T: Input>(pairs: &[(String, String)]) -> Result<T, Problem> {
    let mut map = Map::new();
    for (name, value) in pairs {
        let value = Value::String(value.clone());
        match map.get_mut(name) {
            None => drop(map.insert(name.clone(), value)),
            Some(Value::Array(values)) => values.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
        }
    }
    query_of(&Value::Object(map)).map_err(Problem::invalid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::{boolean, word};
    use chamada_domain::Locale;
    use http::Request;

    #[derive(Debug, PartialEq)]
    struct Listing {
        locales: Vec<Locale>,
        dry: bool,
        paging: Paging,
    }

    impl Input for Listing {
        fn read(f: &mut Fields<'_>) -> Option<Self> {
            let locales = f.repeated("locale", word());
            let dry = f.or_default("dry", boolean());
            let paging = f.paging();
            Some(Self {
                locales: locales?,
                dry: dry?,
                paging: paging?,
            })
        }
    }

    async fn query(text: &str) -> Result<Query<Listing>, Problem> {
        let (mut parts, ()) = Request::get(format!("/api/x?{text}")).body(()).unwrap().into_parts();
        Query::from_request_parts(&mut parts, &()).await
    }

    #[tokio::test]
    async fn one_none_or_several() {
        let none = query("").await.unwrap().value;
        assert_eq!(
            none,
            Listing {
                locales: vec![],
                dry: false,
                paging: Paging { limit: 25, cursor: None }
            }
        );
        assert_eq!(query("locale=es").await.unwrap().value.locales, [Locale::Es]);
        assert_eq!(
            query("locale=es&locale=%70t&cursor=").await.unwrap().value.locales,
            [Locale::Es, Locale::Pt]
        );
        let page = query("limit=100&cursor=abc&dry=true").await.unwrap().value;
        assert_eq!(
            (page.dry, page.paging),
            (
                true,
                Paging {
                    limit: 100,
                    cursor: Some("abc".to_owned())
                }
            )
        );
    }

    #[tokio::test]
    async fn every_faulty_parameter_is_told() {
        let problem = query("locale=fr&dry=1&limit=0&x=1").await.unwrap_err();
        let fields: Vec<_> = problem.errors().iter().map(|fault| fault.field.as_ref()).collect();
        assert_eq!((problem.status().as_u16(), fields), (422, vec!["locale", "dry", "limit", "x"]));
        for bad in ["limit=101", "limit=abc", "limit=1&limit=2", "limit=-1", "dry=true&dry=true"] {
            assert_eq!(query(bad).await.unwrap_err().code(), "invalid", "{bad}");
        }
    }

    #[tokio::test]
    async fn filters_have_one_spelling_and_leave_the_page_out() {
        let one = query("locale=es&dry=true&limit=5&cursor=x").await.unwrap().filters;
        assert_eq!(one, query("dry=true&locale=%65s").await.unwrap().filters);
        assert_ne!(one, query("locale=es").await.unwrap().filters);
    }
}
