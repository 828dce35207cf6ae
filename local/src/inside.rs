//! The SDKs' requests to services of their own process, handed over without a socket between.
//!
//! A request over loopback is written, read, parsed and woken for twice; here it is answered by whoever asks, in their own thread. To an SDK
//! this is its HTTP client: it signs, serialises and retries as ever, and what is asked of another endpoint (a recorder's, a proxy's) goes there over HTTP. So does whatever is no small request with a
//! small answer: bodies that are streamed, and files that are read.

use std::sync::Arc;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{Uri, header};
use axum::response::Response;
use tower::ServiceExt;

/// The longest answer, in bytes: DynamoDB's are the longest, with items of 16 MB and their quotes.
const LONGEST: usize = 64 * 1024 * 1024;

/// A service of this process.
#[derive(Debug, Clone)]
pub struct Inside {
    /// Scheme, authority and path that its requests begin with.
    pub endpoint: String,
    /// What answers them.
    pub app: Router,
}

impl Inside {
    /// A request's path and query, if it is for this service.
    fn path<'a>(&self, uri: &'a str) -> Option<&'a str> {
        let rest = uri.strip_prefix(&self.endpoint)?;
        if !(rest.is_empty() || rest.starts_with(['/', '?'])) {
            return None;
        }
        let (_, origin) = uri.split_once("://")?;
        Some(origin.find('/').map_or("/", |at| &origin[at..]))
    }
}

/// An HTTP client that asks `services` themselves for what is theirs, and `others` for all else.
#[must_use]
pub fn client(services: Vec<Inside>, others: SharedHttpClient) -> SharedHttpClient {
    let services: Arc<[Inside]> = services.into();
    http_client_fn(move |settings, components| {
        SharedHttpConnector::new(Connector {
            services: Arc::clone(&services),
            others: others.http_connector(settings, components),
        })
    })
}

#[derive(Debug)]
struct Connector {
    services: Arc<[Inside]>,
    others: SharedHttpConnector,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let small = request.body().bytes().is_some() && matches!(request.method(), "POST" | "PUT" | "DELETE");
        let mut found = self
            .services
            .iter()
            .filter_map(|service| Some((service, service.path(request.uri())?)));
        let Some((service, path)) = found.next().filter(|_| small) else {
            return self.others.call(request);
        };
        let asked = match as_received(&request, path) {
            Ok(asked) => asked,
            Err(error) => return HttpConnectorFuture::ready(Err(ConnectorError::user(error.into()))),
        };
        let app = service.app.clone();
        HttpConnectorFuture::new(async move {
            as_sent(app.oneshot(asked).await)
                .await
                .map_err(|error| ConnectorError::io(error.into()))
        })
    }
}

/// The request as a server reads it from its socket.
fn as_received(request: &HttpRequest, path: &str) -> Result<Request, axum::http::Error> {
    let body = request.body().bytes().unwrap_or_default();
    let mut asked = Request::builder().method(request.method()).uri(path);
    for (name, value) in request.headers() {
        asked = asked.header(name, value);
    }
    if !request.headers().contains_key(header::HOST.as_str()) {
        let uri: Uri = request.uri().parse()?;
        asked = asked.header(header::HOST, uri.authority().map(ToString::to_string).unwrap_or_default());
    }
    if !request.headers().contains_key(header::CONTENT_LENGTH.as_str()) {
        asked = asked.header(header::CONTENT_LENGTH, body.len());
    }
    asked.body(Body::from(body.to_vec()))
}

/// The answer as a client reads it.
async fn as_sent<E>(answer: Result<Response, E>) -> Result<HttpResponse, axum::Error>
where
    E: Into<axum::BoxError>,
{
    let (parts, body) = answer.map_err(axum::Error::new)?.into_parts();
    let bytes = axum::body::to_bytes(body, LONGEST).await?;
    let mut response = HttpResponse::new(parts.status.into(), SdkBody::from(bytes));
    for (name, value) in &parts.headers {
        if let Ok(value) = value.to_str() {
            response.headers_mut().append(name.as_str().to_owned(), value.to_owned());
        }
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_smithy_runtime_api::client::http::HttpConnectorSettings;
    use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
    use axum::http::{HeaderMap, StatusCode};

    /// Says who was asked, and what.
    fn echo(name: &'static str) -> Router {
        Router::new().fallback(move |uri: Uri, headers: HeaderMap, body: String| async move {
            let host = headers
                .get("host")
                .and_then(|host| host.to_str().ok())
                .unwrap_or_default()
                .to_owned();
            let length = headers
                .get("content-length")
                .and_then(|length| length.to_str().ok())
                .unwrap_or_default()
                .to_owned();
            (
                StatusCode::CREATED,
                [("x-name", name)],
                format!("{name} {uri} {host} {length} {body}"),
            )
        })
    }

    /// Stands for the network.
    #[derive(Debug)]
    struct Outside;

    impl HttpConnector for Outside {
        fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
            let body = SdkBody::from(format!("outside {}", request.uri()));
            HttpConnectorFuture::ready(Ok(HttpResponse::new(StatusCode::OK.into(), body)))
        }
    }

    fn inside(endpoint: &str, app: Router) -> Inside {
        Inside {
            endpoint: endpoint.into(),
            app,
        }
    }

    async fn ask(services: Vec<Inside>, method: &str, uri: &str, body: SdkBody) -> Result<(u16, String), ConnectorError> {
        let outside = http_client_fn(|_, _| SharedHttpConnector::new(Outside));
        let components = RuntimeComponentsBuilder::for_tests().build();
        let components = components.expect("no component is needed");
        let connector = client(services, outside).http_connector(&HttpConnectorSettings::default(), &components);
        let mut request = HttpRequest::new(body);
        request.set_uri(uri).unwrap();
        request.set_method(method).unwrap();
        let answer = connector.call(request).await?;
        let text = String::from_utf8_lossy(answer.body().bytes().unwrap()).into_owned();
        Ok((answer.status().as_u16(), text))
    }

    #[tokio::test]
    async fn each_service_is_asked_for_what_is_below_its_endpoint_and_nothing_else() {
        let services = || {
            vec![
                inside("http://127.0.0.1:80/secret", echo("a")),
                inside("http://127.0.0.1:81", echo("b")),
            ]
        };
        let cases = [
            ("http://127.0.0.1:80/secret", "a /secret 127.0.0.1:80 2 {}"),
            ("http://127.0.0.1:80/secret/x?y=1", "a /secret/x?y=1 127.0.0.1:80 2 {}"),
            ("http://127.0.0.1:81", "b / 127.0.0.1:81 2 {}"),
            ("http://127.0.0.1:81/k", "b /k 127.0.0.1:81 2 {}"),
            ("http://127.0.0.1:80/secrets", "outside http://127.0.0.1:80/secrets"),
            ("http://127.0.0.1:80/other", "outside http://127.0.0.1:80/other"),
            ("http://127.0.0.1:8181/k", "outside http://127.0.0.1:8181/k"),
            ("http://127.0.0.1:815/k", "outside http://127.0.0.1:815/k"),
        ];
        for (uri, right) in cases {
            let (_, text) = ask(services(), "POST", uri, SdkBody::from("{}")).await.unwrap();
            assert_eq!(text, right, "{uri}");
        }
        assert_eq!(
            ask(services(), "PUT", "http://127.0.0.1:81/k", SdkBody::from("")).await.unwrap().0,
            201
        );
    }

    #[tokio::test]
    async fn what_is_streamed_goes_over_the_socket() {
        let services = || vec![inside("http://127.0.0.1:81", echo("b"))];
        let uri = "http://127.0.0.1:81/k";
        assert!(
            ask(services(), "GET", uri, SdkBody::empty())
                .await
                .unwrap()
                .1
                .starts_with("outside")
        );
        // Not in memory, for all that can be seen of it.
        assert!(
            ask(services(), "PUT", uri, SdkBody::taken())
                .await
                .unwrap()
                .1
                .starts_with("outside")
        );
    }
}
