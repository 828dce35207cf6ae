//! Pieces that handlers' OpenAPI descriptions share.
//!
//! ```ignore
//! #[utoipa::path(post, path = "/api/tickets", tag = "tickets", request_body = NewTicket, params(IdempotencyHeader),
//!     responses((status = 201, body = TicketView), WriteProblems))]
//! ```

use std::collections::{BTreeMap, BTreeSet};

use http::StatusCode;
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{AdditionalProperties, ArrayItems, ObjectBuilder, Schema, Type};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Components, ContentBuilder, InfoBuilder, OpenApi, PathItem, Ref, RefOr, Required, Response, ResponseBuilder};
use utoipa::{IntoParams, IntoResponses, PartialSchema, ToSchema};

use crate::problem::{FieldProblem, ProblemBody};

fn problems(statuses: &[(&str, &str)]) -> BTreeMap<String, RefOr<Response>> {
    let content = || ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let response = |status: &str, sentence: &str| {
        let response = ResponseBuilder::new()
            .description(sentence)
            .content("application/problem+json", content());
        match status {
            "401" => response.header("WWW-Authenticate", header(Type::String, "`Bearer`.")),
            "429" | "503" => response.header("Retry-After", header(Type::Integer, "How many seconds to wait.")),
            _ => response,
        }
        .build()
    };
    statuses
        .iter()
        .map(|(status, sentence)| ((*status).to_owned(), RefOr::T(response(status, sentence))))
        .collect()
}

fn header(kind: Type, sentence: &str) -> Header {
    let schema = ObjectBuilder::new().schema_type(kind);
    HeaderBuilder::new()
        .schema(Some(RefOr::T(Schema::from(schema))))
        .description(Some(sentence))
        .build()
}

/// What a `GET` may answer besides its success. [`describe`] leaves out what cannot be: a list has no 404, and 400 is for lists alone.
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

fn parameter(name: &str, place: ParameterIn, required: Required, sentence: &str, schema: ObjectBuilder) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(place)
        .required(required)
        .description(Some(sentence))
        .schema(Some(RefOr::T(Schema::from(schema))))
        .build()
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

/// The `Idempotency-Key` header.
#[derive(Debug)]
pub struct IdempotencyHeader;

impl IntoParams for IdempotencyHeader {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let sentence = "1 to 128 visible ASCII characters. The same key and body within 24 hours have one effect.";
        let schema = text().pattern(Some("^[!-~]{1,128}$"));
        vec![parameter("Idempotency-Key", ParameterIn::Header, Required::False, sentence, schema)]
    }
}

/// The `If-Match` header.
#[derive(Debug)]
pub struct IfMatchHeader;

impl IntoParams for IfMatchHeader {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let sentence = "The version that is changed, in quotes: `\"7\"`; or the `ETag` as it came.";
        let schema = text().pattern(Some("^(W/)?\"[0-9]+(-[0-9a-f]+)?\"$"));
        vec![parameter("If-Match", ParameterIn::Header, Required::True, sentence, schema)]
    }
}

/// The parameters `limit` and `cursor`.
#[derive(Debug)]
pub struct PagingParams;

impl IntoParams for PagingParams {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let rows = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1)).maximum(Some(100));
        let query = |name, sentence, schema| parameter(name, ParameterIn::Query, Required::False, sentence, schema);
        vec![
            query("limit", "1 to 100 rows, 25 unless said.", rows),
            query(CURSOR, "`next_cursor` of the page before.", text().max_length(Some(4_096))),
        ]
    }
}

/// The parameter that says where a list goes on.
const CURSOR: &str = "cursor";

fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    let all = [
        ("get", &mut item.get),
        ("put", &mut item.put),
        ("post", &mut item.post),
        ("patch", &mut item.patch),
        ("delete", &mut item.delete),
    ];
    all.into_iter()
        .filter_map(|(method, operation)| operation.as_mut().map(|operation| (method, operation)))
}

/// Gives each operation an id of its own, as OpenAPI asks: the method and the words of the path. Handlers' names repeat between functions.
fn name_operations(path: &str, item: &mut PathItem) {
    let words: Vec<_> = path
        .split(['/', '{', '}', '.'])
        .filter(|word| !word.is_empty() && *word != "api")
        .collect();
    let place = words.join("_");
    for (method, operation) in operations(item) {
        operation.operation_id = Some(format!("{method}_{place}"));
    }
}

/// What stands in its place and is no reference: so is all that handlers describe, but for schemas.
fn in_place<T>(part: &RefOr<T>) -> Option<&T> {
    match part {
        RefOr::T(part) => Some(part),
        RefOr::Ref(_) => None,
    }
}

fn in_place_mut<T>(part: &mut RefOr<T>) -> Option<&mut T> {
    match part {
        RefOr::T(part) => Some(part),
        RefOr::Ref(_) => None,
    }
}

/// Takes away what this operation, which only reads, cannot answer: its parameters tell.
fn leave_out_impossible(read: &mut Operation) {
    let parameters: Vec<&Parameter> = read.parameters.iter().flatten().filter_map(in_place).collect();
    let any = |place: &ParameterIn| parameters.iter().any(|parameter| parameter.parameter_in == *place);
    let public = read
        .security
        .as_ref()
        .is_some_and(|ways| ways.contains(&SecurityRequirement::default()));
    let possible = [
        ("400", parameters.iter().any(|parameter| parameter.name == CURSOR)),
        ("401", !public),
        ("403", !public),
        ("404", any(&ParameterIn::Path)),
        ("422", any(&ParameterIn::Query)),
    ];
    for (status, possible) in possible {
        if !possible {
            read.responses.responses.remove(status);
        }
    }
}

/// Describes the conditional request of an operation that may answer 304.
fn describe_tags(operation: &mut Operation) {
    if !operation.responses.responses.contains_key("304") {
        return;
    }
    let sentence = "The `ETag` of what the client has: 304 where it still holds.";
    let known = parameter("If-None-Match", ParameterIn::Header, Required::False, sentence, text());
    operation.parameters.get_or_insert_default().push(RefOr::T(known));
    for status in ["200", "304"] {
        if let Some(response) = operation.responses.responses.get_mut(status).and_then(in_place_mut) {
            let tag = header(
                Type::String,
                "What to send as `If-None-Match`, and, where one is needed, as `If-Match`.",
            );
            response.headers.insert("ETag".to_owned(), RefOr::T(tag));
        }
    }
}

/// Gives each answer the sentence that OpenAPI asks for: where the handler had none, the status in words.
fn describe_answers(operation: &mut Operation) {
    for (status, response) in &mut operation.responses.responses {
        let words = StatusCode::from_bytes(status.as_bytes())
            .ok()
            .and_then(|status| status.canonical_reason());
        if let (Some(response), Some(words)) = (in_place_mut(response), words)
            && response.description.is_empty()
        {
            response.description = format!("{words}.");
        }
    }
}

/// Every schema right below this one.
fn inner(schema: &mut Schema) -> Vec<&mut RefOr<Schema>> {
    match schema {
        Schema::Object(object) => object.properties.values_mut().collect(),
        Schema::Array(array) => match &mut array.items {
            ArrayItems::RefOrSchema(items) => vec![&mut **items],
            ArrayItems::False => Vec::new(),
        },
        Schema::OneOf(one) => one.items.iter_mut().collect(),
        Schema::AnyOf(any) => any.items.iter_mut().collect(),
        // Parts of a whole: none of them may be closed by itself.
        _ => Vec::new(),
    }
}

/// Says of a body's objects that a field that nobody described is refused, and notes the names of further schemas.
fn close(schema: &mut RefOr<Schema>, named: &mut Vec<String>) {
    match schema {
        RefOr::Ref(reference) => named.extend(reference.ref_location.rsplit('/').next().map(str::to_owned)),
        RefOr::T(schema) => {
            if let Schema::Object(object) = schema
                && !object.properties.is_empty()
            {
                object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
            }
            inner(schema).into_iter().for_each(|inner| close(inner, named));
        }
    }
}

/// Closes the schemas of all requests' bodies.
fn close_requests(api: &mut OpenApi) {
    let mut named = Vec::new();
    for (_, operation) in api.paths.paths.values_mut().flat_map(operations) {
        let body = operation.request_body.as_mut().and_then(in_place_mut);
        let contents = body.into_iter().flat_map(|body| body.content.values_mut()).filter_map(in_place_mut);
        for schema in contents.filter_map(|content| content.schema.as_mut()) {
            close(schema, &mut named);
        }
    }
    let Some(components) = &mut api.components else { return };
    let mut closed = BTreeSet::new();
    while let Some(name) = named.pop() {
        if let Some(schema) = components.schemas.get_mut(&name)
            && closed.insert(name)
        {
            close(schema, &mut named);
        }
    }
}

/// Finishes the description of the whole API: title, version, ids of operations, security schemes, the schema of problems, and what follows from the
/// rest of it: answers that cannot be, `ETag` and `If-None-Match`, bodies that take no other fields.
#[must_use]
pub fn describe(mut api: OpenApi, version: &str, cookie: &str) -> OpenApi {
    api.info = InfoBuilder::new()
        .title("Chamada")
        .version(version)
        .description(Some("The help desk's HTTPS API."))
        .build();
    for (path, item) in &mut api.paths.paths {
        name_operations(path, item);
        for (method, operation) in operations(item) {
            if method == "get" {
                leave_out_impossible(operation);
            }
            describe_tags(operation);
            describe_answers(operation);
        }
    }
    close_requests(&mut api);
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
