//! Pieces that handlers' OpenAPI descriptions share.
//!
//! ```ignore
//! #[utoipa::path(post, path = "/api/tickets", tag = "tickets", request_body = NewTicket, params(IdempotencyHeader),
//!     responses((status = 201, body = TicketView), WriteProblems))]
//! ```

use std::collections::BTreeMap;

use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Components, ContentBuilder, InfoBuilder, OpenApi, PathItem, Ref, RefOr, Required, Response, ResponseBuilder};
use utoipa::{IntoParams, IntoResponses, PartialSchema, ToSchema};

use crate::problem::{FieldProblem, ProblemBody};

fn problems(statuses: &[(&str, &str)]) -> BTreeMap<String, RefOr<Response>> {
    let content = || ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let response = |sentence: &str| {
        ResponseBuilder::new()
            .description(sentence)
            .content("application/problem+json", content())
            .build()
    };
    statuses
        .iter()
        .map(|(status, sentence)| ((*status).to_owned(), RefOr::T(response(sentence))))
        .collect()
}

/// What any `GET` may answer besides its success.
#[derive(Debug)]
pub struct ReadProblems;

impl IntoResponses for ReadProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[
            ("400", "`bad_cursor`"),
            ("401", "`sign_in_needed`"),
            ("403", "`forbidden`"),
            ("404", "`not_found`: not there, or not for this caller"),
            ("422", "`invalid`, with every faulty parameter"),
            ("503", "`unavailable`"),
        ])
    }
}

/// What any write may answer besides its success.
#[derive(Debug)]
pub struct WriteProblems;

impl IntoResponses for WriteProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[
            ("400", "`bad_json`"),
            ("401", "`sign_in_needed`"),
            ("403", "`forbidden`, `cross_site`"),
            ("404", "`not_found`: not there, or not for this caller"),
            ("409", "the present state does not allow it; `code` says why"),
            ("413", "`too_large`"),
            ("422", "`invalid`, with every faulty field; `idempotency_key_reused`"),
            ("429", "too often; `Retry-After` says how long to wait"),
            ("503", "`unavailable`"),
        ])
    }
}

/// What a write with `If-Match` may answer besides [`WriteProblems`].
#[derive(Debug)]
pub struct VersionProblems;

impl IntoResponses for VersionProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[
            ("412", "`stale_version`, with the resource as it is in `current`"),
            ("428", "`version_needed`"),
        ])
    }
}

fn parameter(name: &str, place: ParameterIn, required: bool, kind: Type, sentence: &str) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(place)
        .required(if required { Required::True } else { Required::False })
        .description(Some(sentence))
        .schema(Some(ObjectBuilder::new().schema_type(SchemaType::Type(kind)).build()))
        .build()
}

/// The `Idempotency-Key` header.
#[derive(Debug)]
pub struct IdempotencyHeader;

impl IntoParams for IdempotencyHeader {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let sentence = "1 to 128 visible ASCII characters. The same key and body within 24 hours have one effect.";
        vec![parameter("Idempotency-Key", ParameterIn::Header, false, Type::String, sentence)]
    }
}

/// The `If-Match` header.
#[derive(Debug)]
pub struct IfMatchHeader;

impl IntoParams for IfMatchHeader {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![parameter(
            "If-Match",
            ParameterIn::Header,
            true,
            Type::String,
            "The version that is changed, in quotes: `\"7\"`.",
        )]
    }
}

/// The parameters `limit` and `cursor`.
#[derive(Debug)]
pub struct PagingParams;

impl IntoParams for PagingParams {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![
            parameter("limit", ParameterIn::Query, false, Type::Integer, "1 to 100 rows, 25 unless said."),
            parameter(
                "cursor",
                ParameterIn::Query,
                false,
                Type::String,
                "`next_cursor` of the page before.",
            ),
        ]
    }
}

/// Gives each operation an id of its own, as OpenAPI asks: the method and the words of the path. Handlers' names repeat between functions.
fn name_operations(path: &str, item: &mut PathItem) {
    let words: Vec<_> = path
        .split(['/', '{', '}'])
        .filter(|word| !word.is_empty() && *word != "api")
        .collect();
    let place = words.join("_");
    let operations = [
        ("get", &mut item.get),
        ("put", &mut item.put),
        ("post", &mut item.post),
        ("patch", &mut item.patch),
        ("delete", &mut item.delete),
    ];
    for (method, operation) in operations {
        if let Some(operation) = operation {
            operation.operation_id = Some(format!("{method}_{place}"));
        }
    }
}

/// Finishes the description of the whole API: title, version, ids of operations, security schemes and the schema of problems.
#[must_use]
pub fn describe(mut api: OpenApi, version: &str, cookie: &str) -> OpenApi {
    api.info = InfoBuilder::new()
        .title("Chamada")
        .version(version)
        .description(Some("The help desk's HTTPS API."))
        .build();
    for (path, item) in &mut api.paths.paths {
        name_operations(path, item);
    }
    let components = api.components.get_or_insert_with(Components::new);
    components.schemas.insert("Problem".to_owned(), ProblemBody::schema());
    components.schemas.insert(FieldProblem::name().into_owned(), FieldProblem::schema());
    let session = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(cookie)));
    let token = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
    components.security_schemes.insert("session".to_owned(), RefOr::T(session));
    components.security_schemes.insert("token".to_owned(), RefOr::T(token));
    let none: [&str; 0] = [];
    api.security = Some(vec![
        SecurityRequirement::new("session", none),
        SecurityRequirement::new("token", none),
    ]);
    api
}
