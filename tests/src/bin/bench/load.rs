//! Clients that ask again and again, each on one connection that is kept.

use crate::Failure;
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// One request, and the status that it must be answered with.
pub(crate) struct Call {
    /// For messages.
    pub(crate) name: &'static str,
    pub(crate) method: Method,
    pub(crate) url: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) expect: StatusCode,
}

/// The next request of a client, by its number.
pub(crate) type Work = Arc<dyn Fn(usize) -> Call + Send + Sync>;

/// What was seen in one go.
#[derive(Clone, Debug, Default)]
pub(crate) struct Slice {
    /// How long each request took, in ms, answer read whole.
    pub(crate) times: Vec<f64>,
    /// How long all of it took.
    pub(crate) seconds: f64,
}

impl Slice {
    pub(crate) fn rate(&self) -> f64 {
        self.times.len() as f64 / self.seconds
    }
}

/// Clients of one server; their connections last from one go to the next.
pub(crate) struct Clients(Vec<reqwest::Client>);

impl Clients {
    pub(crate) fn new(count: usize) -> Result<Self, Failure> {
        let client = || {
            reqwest::Client::builder()
                .no_proxy()
                .tcp_nodelay(true)
                .timeout(Duration::from_secs(30))
                .build()
        };
        Ok(Self((0..count).map(|_| client()).collect::<Result<_, _>>()?))
    }

    /// Lets the first `count` clients work for that long.
    pub(crate) async fn run(&self, work: &Work, count: usize, lasting: Duration) -> Result<Slice, Failure> {
        let began = Instant::now();
        let task = |(number, http): (usize, &reqwest::Client)| {
            let (http, work) = (http.clone(), Arc::clone(work));
            tokio::spawn(async move {
                let mut times = Vec::new();
                while began.elapsed() < lasting {
                    let call = work(number);
                    let asked = Instant::now();
                    ask(&http, call).await?;
                    times.push(asked.elapsed().as_secs_f64() * 1e3);
                }
                Ok::<_, Failure>(times)
            })
        };
        let tasks: Vec<_> = self.0.iter().take(count).enumerate().map(task).collect();
        let mut slice = Slice::default();
        for task in tasks {
            slice.times.extend(task.await??);
        }
        slice.seconds = began.elapsed().as_secs_f64();
        Ok(slice)
    }

    /// One request of the first client.
    pub(crate) async fn once(&self, call: Call) -> Result<Bytes, Failure> {
        let http = self.0.first().ok_or("there is no client")?;
        ask(http, call).await
    }
}

async fn ask(http: &reqwest::Client, call: Call) -> Result<Bytes, Failure> {
    let answer = http
        .request(call.method, &call.url)
        .headers(call.headers)
        .body(call.body)
        .send()
        .await?;
    let status = answer.status();
    let body = answer.bytes().await?;
    if status == call.expect {
        Ok(body)
    } else {
        Err(format!("{} was answered {status}: {}", call.name, String::from_utf8_lossy(&body)).into())
    }
}
