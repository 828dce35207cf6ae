//! The AWS side of one machine, started on a data folder: everything below the functions.

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use axum::Router;
use axum::serve::{ListenerExt, TapIo};
use chamada_platform::{Clock, Config, ConfigError, Platform, random};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::background::Background;
use crate::bus::Bus;
use crate::control;
use crate::doubles::{self, Doubles, Mailer, OutboxFolder, ParameterFile, Relay, RelayError};
use crate::engine::{Durability, Engine, EngineError};
use crate::folder::{Folder, ServerFile};
use crate::functions::Handlers;
use crate::inside::{self, Inside};
use crate::journal::{Journal, JournalError};
use crate::keys::Credentials;
use crate::objects;
use crate::schedule;
use crate::stream::{Follower, Pauses};
use crate::template::{Template, TemplateError};

/// Names that are the deployment's own on AWS.
const TABLE: &str = "chamada";
const FILES_BUCKET: &str = "chamada-files";
const MAIL_BUCKET: &str = "chamada-mail";
const PROOF_BUCKET: &str = "chamada-proof";
const REGION: &str = "local";

/// How long work that has begun may take to end when asked to stop; what has not ended is done again after the next start.
const GRACE: Duration = Duration::from_secs(10);

/// What one machine is told.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What links begin with.
    pub site_url: String,
    /// The origin of presigned URLs.
    pub files_url: String,
    /// The From address of mails.
    pub sender: String,
    /// An SMTP server, else the outbox folder.
    pub smtp_url: Option<String>,
    /// Trusted for POP3 and SMTP.
    pub extra_ca: Option<PathBuf>,
    /// Whether `X-Forwarded-For` is believed.
    pub trust_proxy: bool,
    /// Whether mailboxes may be read without TLS other than on loopback.
    pub allow_plain_pop3: bool,
    /// `text` or `json`.
    pub log_format: String,
    /// How writes get to the disk.
    pub durability: Durability,
}

/// Something did not start. One line for a person.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The table.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Events.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The template.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// A setting.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The SMTP server's URL or certificates.
    #[error(transparent)]
    Relay(#[from] RelayError),
    /// A file or socket.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// Why it failed.
        source: io::Error,
    },
}

fn io(what: &'static str) -> impl Fn(io::Error) -> StartError {
    move |source| StartError::Io { what, source }
}

/// The running AWS side.
#[derive(Debug)]
pub struct Services {
    engine: Arc<Engine>,
    journal: Journal,
    bus: Bus,
    background: Background,
    template: Arc<Template>,
    clock: Clock,
    config: Config,
    sdk: SdkConfig,
    file: ServerFile,
    outbox: Option<OutboxFolder>,
    stop: CancellationToken,
    tasks: TaskTracker,
    listeners: CancellationToken,
    listening: TaskTracker,
}

impl Services {
    /// Starts everything on `folder`; files are served to browsers on `files` (a listener that is bound already, so that the
    /// URLs in `settings` can name its port).
    ///
    /// # Errors
    /// What did not start.
    pub async fn start(folder: &Folder, settings: &Settings, files: TcpListener, clock: Clock) -> Result<Self, StartError> {
        let template = Arc::new(Template::embedded()?);
        let secret = hex::encode(random::<16>());
        let path = folder.path();
        let engine = open_engine(path.join("table.db"), &template, settings.durability, secret.clone()).await?;
        let journal = Journal::open(&path.join("journal.db"))?;
        let bus = Bus::new(journal.clone(), Arc::clone(&template), clock.clone());
        let credentials = Credentials::keep(&path.join("keys.json")).map_err(io("the keys cannot be kept"))?;
        let (listeners, listening) = (CancellationToken::new(), TaskTracker::new());

        let s3 = files.local_addr().map_err(io("the files port has no address"))?;
        let buckets = [FILES_BUCKET, MAIL_BUCKET, PROOF_BUCKET];
        let objects = objects::router(&path.join("objects"), &buckets, &credentials, &settings.site_url, clock.clone());
        let objects = objects.map_err(io("the files cannot be served"))?;
        serve(files, objects.clone(), &listeners, &listening);

        let (mailer, outbox) = mailer(path, settings)?;
        let parameters = ParameterFile::open(path).map_err(io("the stored secrets cannot be read"))?;
        let doubles = Doubles {
            bus: bus.clone(),
            mailer,
            parameters,
            clock: clock.clone(),
            secret: secret.clone(),
        };
        let control = control::router(journal.clone(), bus.clone(), clock.clone());
        let app = Router::new()
            .nest(&format!("/{secret}/control"), control)
            .merge(doubles::router(Arc::new(doubles)));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .map_err(io("no port on loopback is free"))?;
        let own = listener.local_addr().map_err(io("the services' port has no address"))?;
        serve(listener, app.clone(), &listeners, &listening);

        let file = ServerFile {
            site_url: settings.site_url.clone(),
            files_url: settings.files_url.clone(),
            dynamodb: engine.endpoint().to_owned(),
            s3: format!("http://{}", reachable(s3)),
            services: format!("http://{own}/{secret}"),
            control: format!("http://{own}/{secret}/control"),
        };
        let config = configuration(&file, settings)?;
        let inside = [(&file.s3, objects), (&file.services, app)].map(|(endpoint, app)| Inside {
            endpoint: endpoint.clone(),
            app,
        });
        let inside = inside.into_iter().chain([engine.inside()]).collect();
        let sdk = sdk_config(&credentials, inside::client(inside, plain_http()));
        let background = Background::start().map_err(io("no threads can be started"))?;
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        tasks.spawn(objects::expire_bundles(
            path.join("objects"),
            FILES_BUCKET,
            clock.clone(),
            stop.clone(),
        ));
        Ok(Self {
            engine: Arc::new(engine),
            journal,
            bus,
            background,
            template,
            clock,
            config,
            sdk,
            file,
            outbox,
            stop,
            tasks,
            listeners,
            listening,
        })
    }

    /// What the functions run on.
    #[must_use]
    pub fn platform(&self) -> Platform {
        Platform::with(self.config.clone(), self.sdk.clone(), self.clock.clone())
    }

    /// The same, with DynamoDB reached by another endpoint, where one is given: whatever stands between functions and table.
    #[must_use]
    pub fn platform_through(&self, dynamodb: Option<String>) -> Platform {
        let mut config = self.config.clone();
        config.endpoints.dynamodb = dynamodb.or(config.endpoints.dynamodb);
        Platform::with(config, self.sdk.clone(), self.clock.clone())
    }

    /// Where the parts are, for the command line beside the server.
    #[must_use]
    pub fn server_file(&self) -> &ServerFile {
        &self.file
    }

    /// The outbox folder, where mail goes there.
    #[must_use]
    pub fn outbox(&self) -> Option<&OutboxFolder> {
        self.outbox.as_ref()
    }

    /// The journal of events and dead letters.
    #[must_use]
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// The bus.
    #[must_use]
    pub fn bus(&self) -> &Bus {
        &self.bus
    }

    /// Starts what calls the event functions: the stream, the bus, the schedules (that of the mailboxes each `sweep_every`, unless that is zero),
    /// and the tidying of expired items.
    pub fn run(&self, handlers: &Handlers, sweep_every: Duration) {
        // A mail may come a moment later; for an answer, or the end of a sweep, somebody waits.
        let handlers = &Handlers {
            notifier: self.background.handler(handlers.notifier.clone()),
            housekeeping: self.background.handler(handlers.housekeeping.clone()),
            evidence: self.background.handler(handlers.evidence.clone()),
            ..handlers.clone()
        };
        let follower = Follower {
            stream: self.engine.stream(),
            mapping: Arc::new(self.template.stream.clone()),
            handlers: handlers.clone(),
            journal: self.journal.clone(),
            clock: self.clock.clone(),
            timeout: self.template.timeout(&self.template.stream.function),
            pauses: Pauses::default(),
        };
        self.tasks.spawn(follower.run(self.stop.clone()));
        self.bus.deliver(handlers, self.outbox.is_none(), &self.stop, &self.tasks);
        self.tasks
            .spawn(schedule::sweep_expired(Arc::clone(&self.engine), self.stop.clone()));

        for schedule in &self.template.schedules {
            let every = schedule::period(schedule, sweep_every);
            if !every.is_zero() {
                let (timeout, clock) = (self.template.timeout(&schedule.function), self.clock.clone());
                self.tasks.spawn(schedule::run(
                    schedule.clone(),
                    timeout,
                    handlers.clone(),
                    clock,
                    every,
                    self.stop.clone(),
                ));
            }
        }
    }

    /// Stops in order: no new event, those begun to their end, then the services below them.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.close();
        if tokio::time::timeout(GRACE, self.tasks.wait()).await.is_err() {
            tracing::warn!("not everything ended in time; it is done again after the next start");
        }
        drop(self.background);
        self.listeners.cancel();
        self.listening.close();
        // Connections that are kept open end with the process.
        let _ = tokio::time::timeout(Duration::from_secs(1), self.listening.wait()).await;
        let engine = self.engine;
        let closed = tokio::task::spawn_blocking(move || drop(engine));
        if closed.await.is_err() {
            tracing::error!("the table's file was not closed in order");
        }
    }
}

/// The platform beside a running server, for commands.
///
/// # Errors
/// Where the folder's keys cannot be read, or a setting is wrong.
pub fn platform_beside(folder: &Path, file: &ServerFile, settings: &Settings) -> Result<Platform, StartError> {
    let credentials = Credentials::keep(&folder.join("keys.json")).map_err(io("the keys cannot be read"))?;
    let settings = Settings {
        site_url: file.site_url.clone(),
        files_url: file.files_url.clone(),
        ..settings.clone()
    };
    Ok(Platform::with(
        configuration(file, &settings)?,
        sdk_config(&credentials, plain_http()),
        Clock::system(),
    ))
}

async fn open_engine(file: PathBuf, template: &Arc<Template>, durability: Durability, secret: String) -> Result<Engine, EngineError> {
    let template = Arc::clone(template);
    let opened = tokio::task::spawn_blocking(move || Engine::open(&file, TABLE, &template.table, durability, &secret));
    opened.await.map_err(|error| EngineError::Open(error.to_string()))?
}

fn mailer(folder: &Path, settings: &Settings) -> Result<(Mailer, Option<OutboxFolder>), StartError> {
    match &settings.smtp_url {
        Some(url) => Ok((Mailer::Relay(Box::new(Relay::new(url, settings.extra_ca.as_deref())?)), None)),
        None => {
            let outbox = OutboxFolder::open(&folder.join("outbox")).map_err(io("the outbox folder cannot be used"))?;
            Ok((Mailer::Folder(outbox.clone()), Some(outbox)))
        }
    }
}

/// A listener whose connections send small answers at once instead of waiting to fill a packet.
pub(crate) fn at_once(listener: TcpListener) -> TapIo<TcpListener, fn(&mut TcpStream)> {
    listener.tap_io(|connection| {
        // Only slower without.
        let _ = connection.set_nodelay(true);
    })
}

/// Serves until `stop`; requests under way end, idle connections are dropped.
fn serve(listener: TcpListener, app: Router, stop: &CancellationToken, tasks: &TaskTracker) {
    let stop = stop.clone();
    tasks.spawn(async move {
        let server = axum::serve(at_once(listener), app).with_graceful_shutdown(stop.cancelled_owned());
        if let Err(error) = server.await {
            tracing::error!(error = %error, "a listener failed");
        }
    });
}

/// An address that listens on all interfaces is reached over loopback.
fn reachable(address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        SocketAddr::from((Ipv4Addr::LOCALHOST, address.port()))
    } else {
        address
    }
}

/// The functions' settings, by the names they have on AWS.
fn configuration(file: &ServerFile, settings: &Settings) -> Result<Config, ConfigError> {
    let mut variables = HashMap::from([
        ("TABLE_NAME", TABLE.to_owned()),
        ("FILES_BUCKET", FILES_BUCKET.to_owned()),
        ("MAIL_BUCKET", MAIL_BUCKET.to_owned()),
        ("PROOF_BUCKET", PROOF_BUCKET.to_owned()),
        ("EVENT_BUS_NAME", "chamada".to_owned()),
        ("SITE_URL", file.site_url.clone()),
        ("FILES_URL", file.files_url.clone()),
        ("SENDER", settings.sender.clone()),
        ("LOG_FORMAT", settings.log_format.clone()),
        ("TRUST_PROXY", settings.trust_proxy.to_string()),
        ("ALLOW_PLAIN_POP3", settings.allow_plain_pop3.to_string()),
        ("AWS_ENDPOINT_URL_DYNAMODB", file.dynamodb.clone()),
        ("AWS_ENDPOINT_URL_S3", file.s3.clone()),
        ("AWS_ENDPOINT_URL_SESV2", file.services.clone()),
        ("AWS_ENDPOINT_URL_EVENTBRIDGE", file.services.clone()),
        ("AWS_ENDPOINT_URL_SSM", file.services.clone()),
    ]);
    if let Some(path) = settings.extra_ca.as_ref().and_then(|path| path.to_str()) {
        variables.insert("EXTRA_CA_FILE", path.to_owned());
    }
    Config::read(&|name| variables.get(name).cloned())
}

/// Without encryption: everything is on loopback.
fn plain_http() -> SharedHttpClient {
    aws_smithy_http_client::Builder::new().build_http()
}

/// What the SDKs need besides endpoints.
fn sdk_config(credentials: &Credentials, http: SharedHttpClient) -> SdkConfig {
    let keys = aws_credential_types::Credentials::new(&credentials.access_key, credentials.secret_key.expose(), None, None, "local");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::from_static(REGION))
        .credentials_provider(SharedCredentialsProvider::new(keys))
        .http_client(http)
        .build()
}
