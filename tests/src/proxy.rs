//! A plain HTTP proxy for DynamoDB's protocol; what it does to a request is the business of its [`Handler`].

use bytes::Bytes;
use http::{HeaderMap, Request, Response, header};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::{future::Future, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{net::TcpListener, sync::watch};

/// One request of the protocol, read whole.
#[derive(Clone)]
pub(crate) struct Call {
    /// `DynamoDB_20120810` or `DynamoDBStreams_20120810`.
    pub(crate) service: String,
    /// `PutItem` and the like.
    pub(crate) operation: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Call {
    /// The body as JSON; null where it is none, which the engine then refuses itself.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The same call with another body.
    pub(crate) fn with_body(&self, body: &Value) -> Self {
        Self {
            body: Bytes::from(body.to_string()),
            ..self.clone()
        }
    }
}

/// One answer, read whole.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn ok(&self) -> bool {
        self.status == 200
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// An answer as DynamoDB gives it, request id and checksum included.
    pub(crate) fn from_json(status: u16, request_id: &str, body: &Value) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, http::HeaderValue::from_static("application/x-amz-json-1.0"));
        headers.insert("x-amzn-requestid", request_id.parse().expect("a request id is plain ASCII"));
        let mut answer = Self {
            status,
            headers,
            body: Bytes::new(),
        };
        answer.set_body(body);
        answer
    }

    /// Replaces the body and mends the checksum: clients of DynamoDB may refuse an answer whose CRC-32 is wrong.
    pub(crate) fn set_body(&mut self, body: &Value) {
        self.body = Bytes::from(body.to_string());
        let checksum = crc32(&self.body).to_string();
        self.headers
            .insert("x-amz-crc32", checksum.parse().expect("digits are a header value"));
    }
}

/// What becomes of a request.
pub(crate) enum Outcome {
    /// This answer.
    Answer(Answer),
    /// None: the connection is closed.
    Hangup,
}

pub(crate) trait Handler: Send + Sync + 'static {
    fn handle(&self, call: Call, upstream: Upstream) -> impl Future<Output = Outcome> + Send;
}

/// The engine behind the proxy, which may be named only after the proxy has started.
#[derive(Clone)]
pub(crate) struct Upstream {
    url: watch::Receiver<Option<String>>,
    http: reqwest::Client,
}

impl Upstream {
    /// Waits for the engine to be named (30 s at most).
    async fn url(&mut self) -> Option<String> {
        let waited = tokio::time::timeout(Duration::from_secs(30), self.url.wait_for(Option::is_some)).await;
        waited.ok()?.ok()?.clone()
    }

    /// Sends the call on; `None` where the engine cannot be reached.
    pub(crate) async fn send(&mut self, call: &Call) -> Option<Answer> {
        let url = self.url().await?;
        self.send_to(&url, call).await
    }

    pub(crate) async fn send_to(&self, url: &str, call: &Call) -> Option<Answer> {
        let mut headers = call.headers.clone();
        for name in [header::HOST, header::CONTENT_LENGTH, header::CONNECTION, header::ACCEPT_ENCODING] {
            headers.remove(name);
        }
        let sent = self.http.post(url).headers(headers).body(call.body.clone()).send().await.ok()?;
        let (status, mut headers) = (sent.status().as_u16(), sent.headers().clone());
        for name in [header::TRANSFER_ENCODING, header::CONTENT_LENGTH, header::CONNECTION] {
            headers.remove(name);
        }
        Some(Answer {
            status,
            headers,
            body: sent.bytes().await.ok()?,
        })
    }
}

/// A running proxy; it ends when dropped.
pub(crate) struct Proxy {
    address: SocketAddr,
    upstream: watch::Sender<Option<String>>,
    _threads: Background,
}

impl Proxy {
    pub(crate) fn start(upstream: Option<String>, handler: Arc<impl Handler>) -> Self {
        let threads = Background::new("proxy");
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback has free ports");
        listener.set_nonblocking(true).expect("a listener can be made non-blocking");
        let address = listener.local_addr().expect("a bound listener has an address");
        let (sender, receiver) = watch::channel(upstream);
        let upstream = Upstream {
            url: receiver,
            http: reqwest::Client::builder().no_proxy().build().expect("a plain client"),
        };
        threads.spawn(async move {
            let listener = TcpListener::from_std(listener).expect("a listener can be handed to tokio");
            loop {
                let Ok((stream, _)) = listener.accept().await else { continue };
                stream.set_nodelay(true).ok();
                let (handler, upstream) = (Arc::clone(&handler), upstream.clone());
                tokio::spawn(async move {
                    let service = hyper::service::service_fn(move |request| serve(request, Arc::clone(&handler), upstream.clone()));
                    // An error is a hang-up, asked for or the client's own.
                    hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await
                        .ok();
                });
            }
        });
        Self {
            address,
            upstream: sender,
            _threads: threads,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn attach(&self, upstream: &str) {
        self.upstream.send_replace(Some(upstream.to_owned()));
    }
}

async fn serve(
    request: Request<Incoming>,
    handler: Arc<impl Handler>,
    upstream: Upstream,
) -> Result<Response<Full<Bytes>>, std::io::Error> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(std::io::Error::other)?.to_bytes();
    let target = parts.headers.get("x-amz-target").and_then(|v| v.to_str().ok()).unwrap_or_default();
    let (service, operation) = target.split_once('.').unwrap_or_default();
    let call = Call {
        service: service.to_owned(),
        operation: operation.to_owned(),
        headers: parts.headers,
        body,
    };
    match handler.handle(call, upstream).await {
        Outcome::Hangup => Err(std::io::ErrorKind::ConnectionAborted.into()),
        Outcome::Answer(answer) => {
            let mut response = Response::new(Full::new(answer.body));
            *response.status_mut() = http::StatusCode::from_u16(answer.status).map_err(std::io::Error::other)?;
            *response.headers_mut() = answer.headers;
            Ok(response)
        }
    }
}

/// Threads of its own, so that a test's own runtime, which may be a single thread, never waits for itself.
pub(crate) struct Background(Option<tokio::runtime::Runtime>);

impl Background {
    pub(crate) fn new(name: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name(name)
            .enable_all()
            .build();
        Self(Some(runtime.expect("threads can be started")))
    }

    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        if let Some(runtime) = &self.0 {
            runtime.spawn(task);
        }
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            // A runtime may not be awaited inside another one.
            runtime.shutdown_background();
        }
    }
}

/// CRC-32 (ISO-HDLC), as DynamoDB sends it in `x-amz-crc32`.
pub(crate) fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 }
        })
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn crc32_gives_the_check_value_of_its_standard() {
        assert_eq!(super::crc32(b"123456789"), 0xcbf4_3926);
    }
}
