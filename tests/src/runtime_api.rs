//! The Lambda runtime API (version 2018-06-01) on loopback: drives the very binary that is deployed, keeps its log, and times its start.

use crate::proxy::Background;
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::{
    collections::HashMap,
    io::Read,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread::JoinHandle,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};
use tokio::sync::{Notify, mpsc, oneshot};

/// What a function said to an event.
pub type Said = Result<Value, FunctionError>;

/// A failure that the function reported, or its silence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionError {
    /// `errorType` of the report; `Silent` where none came before the deadline, `Init` where the start failed.
    pub kind: String,
    /// `errorMessage` of the report.
    pub message: String,
}

/// A function's process with the runtime API that feeds it; both end when dropped.
pub struct Function {
    child: Child,
    spawned: Instant,
    state: Arc<State>,
    events: mpsc::UnboundedSender<Invocation>,
    output: Vec<JoinHandle<()>>,
    log: Arc<Mutex<Vec<u8>>>,
    _threads: Background,
}

struct Invocation {
    id: String,
    body: Bytes,
    deadline_ms: u128,
}

struct State {
    queue: tokio::sync::Mutex<mpsc::UnboundedReceiver<Invocation>>,
    first_next: Mutex<Option<Instant>>,
    asked: Notify,
    waiting: Mutex<HashMap<String, oneshot::Sender<Said>>>,
    init_error: Mutex<Option<FunctionError>>,
    count: Mutex<u64>,
}

impl Function {
    /// Starts a function binary with nothing in its environment but what Lambda sets, and `environment`.
    #[must_use]
    pub fn start(binary: &Path, environment: &[(&str, &str)]) -> Self {
        let threads = Background::new("runtime-api");
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback has free ports");
        listener.set_nonblocking(true).expect("a listener can be made non-blocking");
        let address = listener.local_addr().expect("a bound listener has an address").to_string();
        let (events, queue) = mpsc::unbounded_channel();
        let state = Arc::new(State {
            queue: tokio::sync::Mutex::new(queue),
            first_next: Mutex::default(),
            asked: Notify::new(),
            waiting: Mutex::default(),
            init_error: Mutex::default(),
            count: Mutex::default(),
        });
        threads.spawn(listen(listener, Arc::clone(&state)));
        let spawned = Instant::now();
        let child = command(binary, &address).envs(environment.iter().copied()).spawn();
        let mut child = child.unwrap_or_else(|e| panic!("{} does not start: {e}", binary.display()));
        let log = Arc::default();
        let output = [
            child.stdout.take().map(|pipe| keep(pipe, &log)),
            child.stderr.take().map(|pipe| keep(pipe, &log)),
        ];
        Self {
            child,
            spawned,
            state,
            events,
            output: output.into_iter().flatten().collect(),
            log,
            _threads: threads,
        }
    }

    /// From the spawn of the process to its first `/next`, as a cold start is counted; `None` where it did not come within `patience`.
    pub async fn time_to_first_next(&self, patience: Duration) -> Option<Duration> {
        let asked = async {
            loop {
                let notified = self.state.asked.notified();
                if let Some(at) = *self.state.first_next.lock().expect("nothing panics while holding it") {
                    return at - self.spawned;
                }
                notified.await;
            }
        };
        tokio::time::timeout(patience, asked).await.ok()
    }

    /// Sends one event and waits for what the function says to it.
    ///
    /// # Errors
    /// What the function reported, or `Silent` after `patience`, which is also the deadline that the function is told.
    pub async fn invoke(&self, event: &Value, patience: Duration) -> Said {
        let id = {
            let mut count = self.state.count.lock().expect("nothing panics while holding it");
            *count += 1;
            format!("00000000-0000-4000-8000-{:012}", *count)
        };
        let (sender, receiver) = oneshot::channel();
        self.state
            .waiting
            .lock()
            .expect("nothing panics while holding it")
            .insert(id.clone(), sender);
        let deadline_ms = (now() + patience).as_millis();
        let sent = self.events.send(Invocation {
            id,
            body: Bytes::from(event.to_string()),
            deadline_ms,
        });
        assert!(sent.is_ok(), "the runtime API has ended");
        match tokio::time::timeout(patience, receiver).await {
            Ok(Ok(said)) => said,
            Ok(Err(_)) => Err(FunctionError {
                kind: "Silent".into(),
                message: "the runtime API has ended".into(),
            }),
            Err(_) => Err(self.init_error().unwrap_or_else(|| FunctionError {
                kind: "Silent".into(),
                message: format!("nothing within {patience:?}"),
            })),
        }
    }

    /// What the function reported to `/init/error`, if it did.
    #[must_use]
    pub fn init_error(&self) -> Option<FunctionError> {
        self.state.init_error.lock().expect("nothing panics while holding it").clone()
    }

    /// Ends the process, and gives all that it wrote on standard output and standard error, both of which Lambda keeps as its log.
    pub fn end(&mut self) -> String {
        self.child.kill().ok();
        self.child.wait().ok();
        self.output.drain(..).for_each(|thread| drop(thread.join()));
        String::from_utf8_lossy(&self.log.lock().expect("nothing panics while holding it")).into_owned()
    }

    /// Whether the process runs still.
    pub fn is_alive(&mut self) -> bool {
        self.child.try_wait().is_ok_and(|ended| ended.is_none())
    }

    /// The process's id, for looking at its memory.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Keeps what a process writes, until it ends.
fn keep(mut pipe: impl Read + Send + 'static, log: &Arc<Mutex<Vec<u8>>>) -> JoinHandle<()> {
    let log = Arc::clone(log);
    std::thread::spawn(move || {
        let mut bytes = [0; 4096];
        while let Ok(count @ 1..) = pipe.read(&mut bytes) {
            log.lock().expect("nothing panics while holding it").extend(&bytes[..count]);
        }
    })
}

/// Now, as the deadline header counts it.
#[expect(
    clippy::disallowed_methods,
    reason = "the deadline that Lambda tells a function is the wall clock's"
)]
fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970")
}

fn command(binary: &Path, address: &str) -> Command {
    let mut command = Command::new(binary);
    command
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let name = binary.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    command.envs([
        ("AWS_LAMBDA_RUNTIME_API", address),
        ("AWS_LAMBDA_FUNCTION_NAME", &name),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/test"),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "test"),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_DEFAULT_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("LAMBDA_TASK_ROOT", "/var/task"),
        ("TZ", ":UTC"),
    ]);
    command
}

async fn listen(listener: std::net::TcpListener, state: Arc<State>) {
    let listener = tokio::net::TcpListener::from_std(listener).expect("a listener can be handed to tokio");
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        stream.set_nodelay(true).ok();
        let state = Arc::clone(&state);
        tokio::spawn(async move {
            let service = hyper::service::service_fn(move |request| answer(request, Arc::clone(&state)));
            hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await
                .ok();
        });
    }
}

async fn answer(request: Request<Incoming>, state: Arc<State>) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().trim_start_matches("/2018-06-01/runtime/").to_owned();
    let body = body.collect().await?.to_bytes();
    let words: Vec<&str> = path.split('/').collect();
    let (status, said) = match (parts.method, words.as_slice()) {
        (Method::GET, ["invocation", "next"]) => return Ok(next(&state).await),
        (Method::POST, ["invocation", id, "response"]) => (
            StatusCode::ACCEPTED,
            Some((*id, Ok(serde_json::from_slice(&body).unwrap_or(Value::Null)))),
        ),
        (Method::POST, ["invocation", id, "error"]) => (StatusCode::ACCEPTED, Some((*id, Err(report(&body))))),
        (Method::POST, ["init", "error"]) => {
            *state.init_error.lock().expect("nothing panics while holding it") = Some(report(&body));
            (StatusCode::ACCEPTED, None)
        }
        _ => (StatusCode::NOT_FOUND, None),
    };
    if let Some((id, said)) = said {
        let waiting = state.waiting.lock().expect("nothing panics while holding it").remove(id);
        waiting.map(|sender| sender.send(said));
    }
    Ok(respond(status, Bytes::from_static(b"{}")))
}

async fn next(state: &State) -> Response<Full<Bytes>> {
    state
        .first_next
        .lock()
        .expect("nothing panics while holding it")
        .get_or_insert_with(Instant::now);
    state.asked.notify_waiters();
    let Some(invocation) = state.queue.lock().await.recv().await else {
        return respond(StatusCode::GONE, Bytes::new());
    };
    let mut response = respond(StatusCode::OK, invocation.body);
    let headers = response.headers_mut();
    headers.insert(
        "lambda-runtime-aws-request-id",
        invocation.id.parse().expect("an id is plain ASCII"),
    );
    headers.insert(
        "lambda-runtime-deadline-ms",
        invocation.deadline_ms.to_string().parse().expect("digits are a header value"),
    );
    let arn = "arn:aws:lambda:us-east-1:000000000000:function:test";
    headers.insert("lambda-runtime-invoked-function-arn", http::HeaderValue::from_static(arn));
    let trace = "Root=1-00000000-000000000000000000000000;Sampled=0";
    headers.insert("lambda-runtime-trace-id", http::HeaderValue::from_static(trace));
    response
}

fn respond(status: StatusCode, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
    response
}

fn report(body: &[u8]) -> FunctionError {
    let report: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    let word = |name: &str| report[name].as_str().unwrap_or_default().to_owned();
    FunctionError {
        kind: word("errorType"),
        message: word("errorMessage"),
    }
}
