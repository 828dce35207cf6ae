//! A proxy before the engine that keeps what the server asks of it, so that the engine alone can be asked for the same.

use crate::Failure;
use bytes::Bytes;
use chamada_tests::between::Between;
use http::{Request, Response, header::CONTENT_TYPE};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

/// The running proxy; it ends when dropped.
pub(crate) struct Capture {
    url: String,
    kept: Arc<Mutex<Vec<(String, Bytes)>>>,
    engine: watch::Sender<Option<String>>,
    task: JoinHandle<()>,
}

#[derive(Clone)]
struct Path {
    kept: Arc<Mutex<Vec<(String, Bytes)>>>,
    engine: watch::Receiver<Option<String>>,
    http: reqwest::Client,
}

impl Capture {
    pub(crate) async fn start() -> Result<Self, Failure> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let (engine, named) = watch::channel(None);
        let kept = Arc::<Mutex<Vec<(String, Bytes)>>>::default();
        let path = Path {
            kept: Arc::clone(&kept),
            engine: named,
            http: reqwest::Client::builder().no_proxy().build()?,
        };
        let task = tokio::spawn(listen(listener, path));
        Ok(Self { url, kept, engine, task })
    }

    /// Where the functions should send their requests.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Forgets everything kept so far.
    pub(crate) fn forget(&self) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The first kept transaction that writes to a ticket.
    pub(crate) fn first_of_a_ticket(&self) -> Result<Value, Failure> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let of_ticket = |body: &Value| {
            let mut items = body["TransactItems"].as_array().into_iter().flatten();
            items.any(|item| item["Put"]["Item"]["sk"]["S"] == "META")
        };
        let mut bodies = kept.iter().filter_map(|(_, body)| serde_json::from_slice(body).ok());
        bodies.find(of_ticket).ok_or_else(|| "the server wrote no ticket".into())
    }

    /// How often each operation was asked for, as `2 GetItem, 1 Query`.
    pub(crate) fn operations(&self) -> String {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let mut counts = BTreeMap::<&str, usize>::new();
        for (operation, _) in kept.iter() {
            *counts.entry(operation).or_default() += 1;
        }
        let words: Vec<String> = counts.iter().map(|(operation, count)| format!("{count} {operation}")).collect();
        format!("{} = {}", kept.len(), words.join(" + "))
    }
}

impl Between for Capture {
    fn attach(&self, engine: &str) {
        self.engine.send_replace(Some(engine.to_owned()));
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn listen(listener: TcpListener, path: Path) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let path = path.clone();
        tokio::spawn(async move {
            let service = hyper::service::service_fn(move |request| pass(request, path.clone()));
            // An error is a hang-up, the client's own or because there is no engine.
            let served = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            served.await.ok();
        });
    }
}

async fn pass(request: Request<Incoming>, mut path: Path) -> Result<Response<Full<Bytes>>, Failure> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let target = parts.headers.get("x-amz-target").ok_or("no operation")?;
    let engine = path.engine.wait_for(Option::is_some).await?.clone().unwrap_or_default();
    let sent = path
        .http
        .post(engine)
        .header("x-amz-target", target)
        .body(body.clone())
        .send()
        .await?;
    let status = sent.status();
    let content_type = sent.headers().get(CONTENT_TYPE).cloned();
    let answer = sent.bytes().await?;
    let operation = target.to_str()?.rsplit('.').next().unwrap_or_default().to_owned();
    path.kept.lock().unwrap_or_else(PoisonError::into_inner).push((operation, body));
    let mut response = Response::new(Full::new(answer));
    *response.status_mut() = status;
    response.headers_mut().extend(content_type.map(|value| (CONTENT_TYPE, value)));
    Ok(response)
}
