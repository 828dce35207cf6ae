//! JSON bodies: bounded, without doubled names, read field by field.

use std::fmt;

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::request::Parts;
use http_body_util::BodyExt;
use serde::Serialize;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use sha2::{Digest, Sha256};

use crate::idempotency::{self, IdempotencyKey};
use crate::problem::Problem;
use crate::read::{Input, object_of};

/// The longest body of a request: 1 MB, 2^20 bytes.
pub const BODY_LIMIT: usize = 1 << 20;

/// How much of a body that is too long is still read, so that a client which sends first and reads then gets its 413 and no reset connection.
const DRAIN_LIMIT: usize = 16 << 20;

/// How deep objects and lists may stand in one another. The deepest body of ours, a tree of the organisation, has 8.
const DEPTH_LIMIT: usize = 32;

/// Reads a body to its end, or says 413.
pub(crate) async fn read_body(mut body: Body) -> Result<Bytes, Problem> {
    let mut read = Vec::new();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Problem::bad_json("The body broke off."))?;
        let Ok(data) = frame.into_data() else { continue };
        length += data.len();
        if length <= BODY_LIMIT {
            read.extend_from_slice(&data);
        } else if length > DRAIN_LIMIT {
            break;
        }
    }
    if length > BODY_LIMIT {
        Err(Problem::too_large())
    } else {
        Ok(read.into())
    }
}

/// Any body of at most 1 MB, for what is not JSON (CSV).
#[derive(Debug, Clone)]
pub struct Raw(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for Raw {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        read_body(request.into_body()).await.map(Self)
    }
}

/// As extractor: a JSON body of this shape; 400 `bad_json` where it is no JSON, 422 `invalid` with every faulty field. As answer: JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Json<T>(pub T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

impl<T: Input, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let value = parse(&read_body(request.into_body()).await?, T::MAY_BE_EMPTY)?;
        object_of(&value).map(Self).map_err(Problem::invalid)
    }
}

/// A write: its body (or [`Nothing`](crate::read::Nothing)), and what makes it repeatable.
#[derive(Debug, Clone)]
pub struct Write<T> {
    /// The body.
    pub body: T,
    /// The client's `Idempotency-Key`, if it sent one.
    pub key: Option<IdempotencyKey>,
    /// Lower-case hex SHA-256 of method, path and body. The order of names and white space don't count.
    pub digest: String,
}

impl<T: Input, S: Send + Sync> FromRequest<S> for Write<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let key = idempotency::key(&parts.headers)?;
        let value = parse(&read_body(body).await?, T::MAY_BE_EMPTY)?;
        let canonical = serde_json_canonicalizer::to_vec(&value).map_err(Problem::internal)?;
        let digest = digest(&parts, &canonical);
        let body = object_of(&value).map_err(Problem::invalid)?;
        Ok(Self { body, key, digest })
    }
}

/// A write whose body is no JSON (CSV): as it came, at most 1 MB.
impl<S: Send + Sync> FromRequest<S> for Write<Bytes> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let key = idempotency::key(&parts.headers)?;
        let body = read_body(body).await?;
        let digest = digest(&parts, &body);
        Ok(Self { body, key, digest })
    }
}

fn digest(parts: &Parts, body: &[u8]) -> String {
    let mut hash = Sha256::new();
    // The query counts too: `?erase=true` is another request.
    let target = parts.uri.path_and_query().map_or("", http::uri::PathAndQuery::as_str);
    hash.update(format!("{} {target}\n", parts.method));
    hash.update(body);
    hex::encode(hash.finalize())
}

/// Reads JSON; no body at all counts as `{}` where it may be empty.
fn parse(bytes: &[u8], may_be_empty: bool) -> Result<Value, Problem> {
    if may_be_empty && bytes.is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    let mut source = serde_json::Deserializer::from_slice(bytes);
    // The parser's sentence names a place, never a value: ours, and names of fields.
    let refused = |error: serde_json::Error| {
        let detail = format!(
            "The body is not JSON that can be read: line {}, column {}.",
            error.line(),
            error.column()
        );
        Problem::bad_json(detail)
    };
    let value = Strict { depth: DEPTH_LIMIT }.deserialize(&mut source).map_err(refused)?;
    source.end().map_err(refused)?;
    Ok(value)
}

/// Reads a value and refuses doubled names, of which different readers take different ones (RFC 8259 §4), and bottomless nesting.
#[derive(Clone, Copy)]
struct Strict {
    depth: usize,
}

impl Strict {
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        match self.depth.checked_sub(1) {
            Some(depth) => Ok(Self { depth }),
            None => Err(E::custom("nested too deeply")),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<Value, D::Error> {
        source.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let seed = self.deeper()?;
        let mut values = Vec::new();
        while let Some(value) = access.next_element_seed(seed)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let seed = self.deeper()?;
        let mut map = Map::new();
        while let Some(name) = access.next_key::<String>()? {
            let value = access.next_value_seed(seed)?;
            if map.insert(name, value).is_some() {
                return Err(serde::de::Error::custom("a name stands twice in one object"));
            }
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_read_strictly() {
        assert_eq!(
            parse(b" {\"a\": [1, -2, 2.5, \"\\u00e9\", null, true]} ", false).unwrap(),
            serde_json::json!({"a": [1, -2, 2.5, "é", null, true]})
        );
        assert_eq!(parse(b"", true).unwrap(), serde_json::json!({}));
        assert_eq!(parse(b"", false).unwrap_err().code(), "bad_json");
        let deep = format!("{}{}", "[".repeat(40), "]".repeat(40));
        let doubled = "{\"a\": 1, \"a\": 2}";
        for bad in ["{", "{} x", "nul", "{'a': 1}", "\"\\ud800\"", "{\"a\": 1,}", doubled, &deep] {
            assert_eq!(parse(bad.as_bytes(), true).unwrap_err().code(), "bad_json", "{bad}");
        }
        assert_eq!(parse(b"\xff\xfe", true).unwrap_err().code(), "bad_json");
    }

    #[tokio::test]
    async fn a_body_may_have_a_megabyte_and_no_byte_more() {
        assert_eq!(read_body(Body::from(vec![b' '; BODY_LIMIT])).await.unwrap().len(), BODY_LIMIT);
        assert_eq!(
            read_body(Body::from(vec![b' '; BODY_LIMIT + 1])).await.unwrap_err().code(),
            "too_large"
        );
    }
}
