//! The SDK's requests to the engine of its own process, handed over without a socket between.
//!
//! A request over loopback is written, read, parsed and woken for twice. To the SDK this is its HTTP client: it signs, serialises and retries as ever, and
//! what is asked of another endpoint (a recorder's, a proxy's, another service's) goes there over HTTP.

use std::sync::Arc;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use axum::body::Bytes;
use tokio::runtime::Handle;

use super::{Shared, dispatch};

/// An HTTP client that asks `shared` itself for what goes to `endpoint`, on the engine's own `runtime`, and `others` for all else.
pub(super) fn client(shared: Shared, endpoint: &str, runtime: Handle, others: SharedHttpClient) -> SharedHttpClient {
    let endpoint: Arc<str> = endpoint.into();
    http_client_fn(move |settings, components| {
        SharedHttpConnector::new(Shortcut {
            shared: shared.clone(),
            endpoint: Arc::clone(&endpoint),
            runtime: runtime.clone(),
            others: others.http_connector(settings, components),
        })
    })
}

struct Shortcut {
    shared: Shared,
    endpoint: Arc<str>,
    runtime: Handle,
    others: SharedHttpConnector,
}

impl std::fmt::Debug for Shortcut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Shortcut")
    }
}

impl HttpConnector for Shortcut {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        // The endpoint holds the engine's secret, so that nothing else begins like it.
        let Some(body) = request.body().bytes().filter(|_| request.uri().starts_with(&*self.endpoint)) else {
            return self.others.call(request);
        };
        let target = request.headers().get("x-amz-target").unwrap_or_default().to_owned();
        let (shared, body) = (self.shared.clone(), Bytes::copy_from_slice(body));
        let answer = self.runtime.spawn(async move { dispatch::answer(&shared, &target, &body).await });
        HttpConnectorFuture::new(async move {
            // Fails where the engine ends before it answers.
            let (status, json) = answer.await.map_err(|error| ConnectorError::io(error.into()))?;
            let mut response = HttpResponse::new(status.into(), SdkBody::from(json));
            response.headers_mut().insert("content-type", dispatch::JSON);
            response.headers_mut().insert("x-amzn-requestid", "local");
            Ok(response)
        })
    }
}
