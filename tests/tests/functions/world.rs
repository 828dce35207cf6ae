//! A help desk around one function: the embedded services, nobody who calls functions but the test, and the people whom the samples name.

use chamada_domain::amend::{Amendment, amend};
use chamada_domain::draft::{Draft, Pen, Writer};
use chamada_domain::entry::{AttachedFile, Place};
use chamada_domain::mailbox::{AfterImport, Auth, Mailbox, MailboxDefaults, Security, Sweep};
use chamada_domain::message::{NewMessage, Voice, post};
use chamada_domain::open::{NewTicket, open};
use chamada_domain::{Channel, Kind, Locale, MailboxId, Priority, Role, SweepId, Ticket, TicketNumber, Timestamp, User, Via, Visibility};
use chamada_local::{engine::Durability, folder::Folder, keys::Credentials, services::Services, services::Settings};
use chamada_platform::{Clock, Platform, Secret, random, secret_hash};
use chamada_store::{Session, Store, With};
use chamada_tests::{
    env,
    naive::{
        count,
        dump::{self, Item},
    },
    outbox::{self, Sent},
    runtime_api::Function,
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, fs, path::PathBuf, time::Duration};
use tempfile::TempDir;
use tokio::net::TcpListener;

/// How long a test waits for an answer; also what a function is told of its time, of which a sweep keeps a minute in hand.
pub(crate) const PATIENCE: Duration = Duration::from_secs(180);
/// The site that the samples come from.
pub(crate) const SITE: &str = "https://help.example.org";
/// The secret in the samples' cookie: 43 characters, as 256 bits in base64 have.
pub(crate) const SECRET: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
/// The mailbox of the samples, and its user and password at the POP3 server.
pub(crate) const MAILBOX: &str = "mbx_0123456789abcdef0123";
pub(crate) const ACCOUNT: (&str, &str) = ("soporte", "correo-secreto-4711");
/// The tickets of the samples.
pub(crate) const TICKET: TicketNumber = TicketNumber(1042);
pub(crate) const OTHER_TICKET: TicketNumber = TicketNumber(1043);
/// What stands in the first of them.
pub(crate) const TITLE: &str = "Factura extraviada de noviembre";
pub(crate) const WORDS: &str = "No encuentro la factura del proveedor Quintana.";
pub(crate) const ANSWER: &str = "La hemos encontrado en la carpeta de octubre.";

/// Words that no log line may hold: what people wrote, who they are, what lets them in.
const PRIVATE: [&str; 12] = [
    SECRET,
    ACCOUNT.1,
    TITLE,
    WORDS,
    ANSWER,
    "ana@example.org",
    "bruno@example.org",
    "carla@example.org",
    "Ana Quintana",
    "La impresora",
    "segundo piso",
    "192.0.2.7",
];

/// The services and who uses them.
pub(crate) struct World {
    pub(crate) services: Services,
    pub(crate) platform: Platform,
    pub(crate) store: Store,
    pub(crate) data: PathBuf,
    credentials: Credentials,
    _folder: Folder,
    _parent: TempDir,
}

/// One of the people whom the samples name.
pub(crate) fn person(name: &str, role: Role) -> User {
    let (id, full) = match name {
        "ana" => ("usr_0123456789abcdef0123", "Ana Quintana"),
        "bruno" => ("usr_0123456789abcdef0124", "Bruno Seco"),
        "carla" => ("usr_0123456789abcdef0125", "Carla Rey"),
        "dora" => ("usr_0123456789abcdef0126", "Dora Sanz"),
        other => panic!("nobody is called {other} here"),
    };
    User {
        id: id.parse().unwrap(),
        email: format!("{name}@example.org").parse().unwrap(),
        name: full.into(),
        role,
        locale: Locale::Es,
        company_id: None,
        active: true,
        notify: true,
        created_at: "2026-11-22T05:07:31.412Z".parse().unwrap(),
        password_hash: None,
    }
}

impl World {
    pub(crate) async fn open() -> Self {
        let parent = tempfile::tempdir().unwrap();
        let folder = Folder::take(&parent.path().join("data")).unwrap();
        let files = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let settings = Settings {
            site_url: SITE.into(),
            files_url: format!("http://localhost:{}", files.local_addr().unwrap().port()),
            sender: "help@example.org".into(),
            smtp_url: None,
            extra_ca: None,
            trust_proxy: false,
            allow_plain_pop3: false,
            log_format: "json".into(),
            durability: Durability::default(),
        };
        let services = Services::start(&folder, &settings, files, Clock::system()).await.unwrap();
        let platform = services.platform();
        let data = folder.path().to_owned();
        Self {
            store: Store::new(platform.dynamodb().clone(), platform.config().table_name.as_str(), 1),
            credentials: Credentials::keep(&data.join("keys.json")).unwrap(),
            data,
            services,
            platform,
            _folder: folder,
            _parent: parent,
        }
    }

    /// The binary of this name, as the deployment template sets it up, with this world's services in AWS's place.
    pub(crate) fn function(&self, name: &str) -> Function {
        self.function_through(name, &self.services.server_file().dynamodb)
    }

    /// The same, with the table reached through something else.
    pub(crate) fn function_through(&self, name: &str, dynamodb: &str) -> Function {
        let (config, file) = (self.platform.config(), self.services.server_file());
        let environment: [(&str, &str); 16] = [
            ("TABLE_NAME", config.table_name.as_str()),
            ("FILES_BUCKET", &config.files_bucket),
            ("MAIL_BUCKET", &config.mail_bucket),
            ("PROOF_BUCKET", &config.proof_bucket),
            ("EVENT_BUS_NAME", &config.event_bus_name),
            ("SITE_URL", SITE),
            ("FILES_URL", &file.files_url),
            ("SENDER", "help@example.org"),
            ("LOG_FORMAT", "json"),
            ("AWS_ENDPOINT_URL_DYNAMODB", dynamodb),
            ("AWS_ENDPOINT_URL_S3", &file.s3),
            ("AWS_ENDPOINT_URL_SESV2", &file.services),
            ("AWS_ENDPOINT_URL_EVENTBRIDGE", &file.services),
            ("AWS_ENDPOINT_URL_SSM", &file.services),
            ("AWS_ACCESS_KEY_ID", &self.credentials.access_key),
            ("AWS_SECRET_ACCESS_KEY", self.credentials.secret_key.expose()),
        ];
        let binary = env::artifact(name);
        assert!(
            binary.is_file(),
            "{} is not there: build the workspace's programs first",
            binary.display()
        );
        Function::start(&binary, &environment)
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::new(self.platform.clock().now())
    }

    /// Makes an account.
    pub(crate) async fn enrol(&self, name: &str, role: Role) -> User {
        let user = person(name, role);
        self.store.create_user(&user, None).await.unwrap();
        user
    }

    /// Makes an account and signs it in with the samples' secret.
    pub(crate) async fn sign_in(&self, name: &str, role: Role) -> User {
        let user = self.enrol(name, role).await;
        let hash = secret_hash(&Secret::new(SECRET));
        self.store
            .begin_session(&user.id, &hash, &Session::begin(self.now()))
            .await
            .unwrap();
        user
    }

    fn pen(&self, author: &User) -> Pen {
        Pen {
            at: self.now(),
            via: Via::Web,
            author: Some(Writer::of(author)),
        }
    }

    /// A ticket of this person under a number of the samples.
    pub(crate) async fn ticket(&self, number: TicketNumber, requester: &User, attachments: Vec<AttachedFile>) {
        let new = NewTicket {
            channel: Channel::Web,
            title: TITLE.into(),
            body: WORDS.into(),
            requester: requester.as_person(),
            place: Place {
                kind: Kind::Incident,
                category_id: None,
                subcategory_id: None,
                corporation_id: None,
                company_id: None,
                site_id: None,
                cost_centre_id: None,
            },
            priority: Priority::Normal,
            cc: Vec::new(),
            attachments,
            mail: None,
            quoted: None,
            continues: None,
        };
        let draft = open(number, new, &self.pen(requester), &mut random).unwrap();
        self.store.open_ticket(&draft, &With::default()).await.unwrap();
    }

    /// Changes a ticket in somebody's name.
    pub(crate) async fn change(&self, number: TicketNumber, author: &User, change: impl Fn(Ticket, &Pen) -> Draft) {
        let pen = self.pen(author);
        let decide = |ticket: Ticket| Ok(change(ticket, &pen));
        self.store.change_ticket(number, &With::default(), decide).await.unwrap();
    }

    /// The first ticket with the history that the samples tell of: opened by Ana, answered by Bruno (which moves it to In process), assigned to
    /// him by Carla.
    pub(crate) async fn story(&self) {
        let ana = self.enrol("ana", Role::User).await;
        let bruno = self.enrol("bruno", Role::Specialist).await;
        let carla = self.enrol("carla", Role::Administrator).await;
        self.ticket(TICKET, &ana, Vec::new()).await;
        let message = || NewMessage {
            body: ANSWER.into(),
            visibility: Visibility::Public,
            attachments: Vec::new(),
            mail: None,
            quoted: None,
            voice: Voice::Staff,
            resolve: false,
            due_at: None,
            through: None,
        };
        self.change(TICKET, &bruno, |ticket, pen| post(ticket, message(), pen, &mut random))
            .await;
        let assign = || Amendment {
            assignee: Some(Some(bruno.as_staff_member())),
            ..Amendment::default()
        };
        self.change(TICKET, &carla, |ticket, pen| amend(ticket, assign(), pen, &mut random))
            .await;
        self.ticket(OTHER_TICKET, &ana, Vec::new()).await;
    }

    /// The mailbox of the samples, at a port of loopback.
    pub(crate) async fn mailbox(&self, port: u16) -> MailboxId {
        let id: MailboxId = MAILBOX.parse().unwrap();
        let mailbox = Mailbox {
            id: id.clone(),
            name: "Soporte".into(),
            address: "soporte@example.org".parse().unwrap(),
            host: "127.0.0.1".into(),
            port,
            security: Security::Plain,
            auth: Auth::Password {
                username: ACCOUNT.0.into(),
            },
            after_import: AfterImport::Delete,
            defaults: MailboxDefaults::default(),
            ignore_automatic: false,
            authserv_id: None,
            enabled: true,
            created_at: self.now(),
            last_sweep: None,
        };
        self.store.create_mailbox(&mailbox, None).await.unwrap();
        let secret = Secret::new(ACCOUNT.1);
        self.platform.parameters().put(&Mailbox::secret_name(&id), &secret).await.unwrap();
        id
    }

    /// Asks for a sweep; under this id, where one is given.
    pub(crate) async fn ask_sweep(&self, mailbox: &MailboxId, id: Option<&str>) -> SweepId {
        let mut sweep = Sweep::asked(mailbox.clone(), self.now(), random());
        if let Some(id) = id {
            sweep.id = id.parse().unwrap();
        }
        self.store.ask_sweep(&sweep, None).await.unwrap()
    }

    /// Every item of the table, read without the product's code.
    pub(crate) async fn items(&self) -> Vec<Item> {
        dump::table(&self.services.server_file().dynamodb, &self.platform.config().table_name).await
    }

    /// The items whose partition key begins so.
    pub(crate) async fn partition(&self, prefix: &str) -> Vec<Item> {
        count::partition(&self.items().await, prefix).into_iter().cloned().collect()
    }

    /// The tickets, read and checked without the product's code.
    pub(crate) async fn tickets(&self) -> BTreeMap<u64, count::Ticket> {
        let tickets = count::tickets(&self.items().await);
        assert_eq!(count::faults(&tickets), Vec::<String>::new());
        tickets
    }

    /// The mails that were sent.
    pub(crate) fn mails(&self) -> Vec<Sent> {
        outbox::all(&self.data)
    }

    /// What the bus has for a function: the template's rules have matched it.
    pub(crate) async fn on_the_bus(&self, function: &str) -> Vec<Value> {
        let (due, _) = self
            .services
            .journal()
            .due(function, self.platform.clock().now(), 100)
            .await
            .unwrap();
        due.into_iter().map(|delivery| delivery.event).collect()
    }
}

/// A sample event.
pub(crate) fn sample(path: &str) -> Value {
    let text = fs::read_to_string(env::workspace().join("events").join(path)).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// The sample as another request: method, path and JSON text in the place of its own.
pub(crate) fn request(mut event: Value, method: &str, path: &str, body: Option<&str>) -> Value {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    event["rawPath"] = path.into();
    event["rawQueryString"] = query.into();
    event["requestContext"]["http"]["method"] = method.into();
    event["requestContext"]["http"]["path"] = path.into();
    let event_members = event.as_object_mut().unwrap();
    event_members.remove("body");
    event_members.remove("pathParameters");
    let headers = event["headers"].as_object_mut().unwrap();
    headers.remove("content-type");
    headers.remove("content-length");
    if let Some(body) = body {
        event["body"] = body.into();
        event["headers"]["content-type"] = "application/json".into();
        event["headers"]["content-length"] = body.len().to_string().into();
    }
    event
}

/// A function's answer to a request.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u64,
    pub(crate) headers: Value,
    pub(crate) body: Value,
}

/// Sends a request.
pub(crate) async fn ask(function: &Function, event: &Value) -> Answer {
    let said = function
        .invoke(event, PATIENCE)
        .await
        .expect("an HTTP function answers every request");
    let body = said["body"].as_str().unwrap_or_default();
    Answer {
        status: said["statusCode"].as_u64().unwrap_or_default(),
        headers: said["headers"].clone(),
        body: serde_json::from_str(body).unwrap_or_else(|_| json!(body)),
    }
}

impl Answer {
    /// The body, where the answer has this status.
    #[track_caller]
    pub(crate) fn expect(self, status: u64) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }

    /// Checks that it is a problem with this status and code; its faulty fields.
    #[track_caller]
    pub(crate) fn refuses(self, status: u64, code: &str) -> Vec<String> {
        assert_eq!(self.headers["content-type"], "application/problem+json");
        let body = self.expect(status);
        assert_eq!(body["code"], code, "{body}");
        let errors = body["errors"].as_array().into_iter().flatten();
        errors.map(|error| error["field"].as_str().unwrap().to_owned()).collect()
    }
}

/// Ends a function and checks its log: at least `lines` lines, each of them JSON, none with anybody's words, addresses or secrets.
#[track_caller]
pub(crate) fn end(mut function: Function, lines: usize) {
    assert!(function.is_alive(), "it lived through all of it");
    let log = function.end();
    assert!(
        log.lines().count() >= lines,
        "{lines} lines or more were expected, so that there is something to look through: {log}"
    );
    for line in log.lines() {
        assert!(serde_json::from_str::<Value>(line).is_ok(), "no JSON: {line}");
        for private in PRIVATE {
            assert!(!line.contains(private), "{private} stands in the log: {line}");
        }
    }
}
