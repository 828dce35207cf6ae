//! A help desk for one test: a function's routes over an AWS side of its own, the people who use it, and their browsers.
//!
//! This part of the kit is made of the product's own crates, as the tests of the functions are. What must judge the product from outside
//! ([`crate::naive`], [`crate::client`]) has nothing to do with it.

mod browser;
mod items;
mod tickets;

use std::path::{Path, PathBuf};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use axum::Router;
use chamada_domain::{Locale, Role, Timestamp, TokenId, TokenScope, User, UserId};
use chamada_local::engine::Durability;
use chamada_local::folder::Folder;
use chamada_local::keys::Credentials;
use chamada_local::services::{Services, Settings};
use chamada_platform::{Clock, Endpoints, Platform, Secret, random, secret_hash};
use chamada_store::{ApiToken, HeldKey, Session};
use chamada_web::App;
use chamada_web::credentials::session_cookie_name;
use chamada_web::session::{guest_cookie, person_cookie, person_token};
use serde_json::json;
use tempfile::TempDir;
use time::Duration;
use time::macros::datetime;
use tokio::net::TcpListener;
use utoipa_axum::router::OpenApiRouter;

pub use browser::{Browser, Reply};

/// The site's origin, unless a test asks for another.
pub const SITE: &str = "https://help.example.org";

/// What a test may want otherwise.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The site's origin.
    pub site: String,
    /// What tells the time: it stands until it is advanced, unless a test needs one that goes on.
    pub clock: Clock,
    /// Certificates (PEM) that mailboxes are trusted by besides the usual ones.
    pub extra_ca: Option<PathBuf>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            site: SITE.to_owned(),
            clock: Clock::fixed(datetime!(2026-11-22 05:07:31.412 UTC)),
            extra_ca: None,
        }
    }
}

impl Setup {
    /// With the machine's own clock, for what takes time by itself.
    #[must_use]
    pub fn in_real_time() -> Self {
        Self {
            clock: Clock::system(),
            ..Self::default()
        }
    }
}

/// A help desk that nobody has used yet.
pub struct Desk {
    /// Platform and table, as the routes have them.
    pub app: App,
    /// The clock of everything in it.
    pub clock: Clock,
    /// The embedded AWS side.
    pub services: Services,
    router: Router,
    site: String,
    folder: Folder,
    _parent: TempDir,
}

impl Desk {
    /// One with these routes.
    pub async fn open(routes: impl FnOnce(Platform) -> OpenApiRouter) -> Self {
        Self::with(Setup::default(), routes).await
    }

    /// One without routes, for functions that are called with events.
    pub async fn without_routes(setup: Setup) -> Self {
        Self::with(setup, |_| OpenApiRouter::new()).await
    }

    /// One that was set up so, with these routes.
    pub async fn with(setup: Setup, routes: impl FnOnce(Platform) -> OpenApiRouter) -> Self {
        let parent = tempfile::tempdir().unwrap();
        let folder = Folder::take(&parent.path().join("data")).unwrap();
        let files = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let settings = Settings {
            site_url: setup.site.clone(),
            files_url: format!("http://localhost:{}", files.local_addr().unwrap().port()),
            sender: "help@example.org".into(),
            smtp_url: None,
            extra_ca: setup.extra_ca,
            trust_proxy: false,
            allow_plain_pop3: false,
            log_format: "text".into(),
            durability: Durability::default(),
        };
        let services = Services::start(&folder, &settings, files, setup.clock.clone()).await.unwrap();
        let platform = services.platform();
        Self {
            router: chamada_web::service(routes(platform.clone()), &platform),
            app: App::new(platform),
            clock: setup.clock,
            services,
            site: setup.site,
            folder,
            _parent: parent,
        }
    }

    /// The data folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A platform that reaches some services elsewhere: through whatever a test puts before them.
    pub fn platform_by(&self, change: impl FnOnce(&mut Endpoints)) -> Platform {
        let keys = Credentials::keep(&self.folder().join("keys.json")).unwrap();
        let keys = aws_credential_types::Credentials::new(keys.access_key, keys.secret_key.expose(), None, None, "tests");
        let sdk = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("local"))
            .credentials_provider(SharedCredentialsProvider::new(keys))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .build();
        let mut config = self.app.platform.config().clone();
        change(&mut config.endpoints);
        Platform::with(config, sdk, self.clock.clone())
    }

    /// Lets time pass.
    pub fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// Now, by the desk's clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.app.now()
    }

    /// Changes settings. Routes keep what they have read for half a minute: change them before the first request.
    pub async fn set(&self, change: impl Fn(&mut chamada_domain::Settings)) {
        self.app.store.change_settings(None, change).await.unwrap();
    }

    /// Somebody with an account, not signed in.
    pub async fn person(&self, email: &str, role: Role) -> User {
        let user = User {
            id: UserId::from_random(random()),
            email: email.parse().unwrap(),
            name: format!("Person {email}"),
            role,
            locale: Locale::En,
            company_id: None,
            active: true,
            notify: true,
            created_at: self.now(),
            password_hash: None,
        };
        self.app.store.create_user(&user, None).await.unwrap();
        user
    }

    /// A new account and its signed-in browser.
    pub async fn enter(&self, email: &str, role: Role) -> (User, Browser) {
        let user = self.person(email, role).await;
        let browser = self.signed_in(&user).await;
        (user, browser)
    }

    /// An administrator's browser.
    pub async fn administrator(&self) -> Browser {
        self.enter("root@example.org", Role::Administrator).await.1
    }

    /// A browser that nobody is signed in with.
    #[must_use]
    pub fn browser(&self) -> Browser {
        Browser::new(self.router.clone(), &self.site)
    }

    /// The same in front of other routes than the desk's own: of a platform that reaches some services elsewhere.
    #[must_use]
    pub fn browser_of(&self, routes: impl FnOnce(Platform) -> OpenApiRouter, platform: &Platform) -> Browser {
        Browser::new(chamada_web::service(routes(platform.clone()), platform), &self.site)
    }

    /// A browser that this person has signed in with, by link, just now.
    pub async fn signed_in(&self, user: &User) -> Browser {
        self.signed_in_with(user, Vec::new()).await
    }

    /// The same, with keys of tickets that they opened links of.
    pub async fn signed_in_with(&self, user: &User, keys: Vec<HeldKey>) -> Browser {
        let (secret, now) = (Secret::generate(), self.now());
        let session = Session {
            by_link_at: Some(now),
            keys,
            ..Session::begin(now)
        };
        let store = &self.app.store;
        store.begin_session(&user.id, &secret_hash(&secret), &session).await.unwrap();
        self.holding(&person_cookie(&user.id, &secret))
    }

    /// The browser of somebody without an account who has opened these links.
    pub async fn guest(&self, keys: Vec<HeldKey>) -> Browser {
        let secret = Secret::generate();
        let session = Session {
            keys,
            ..Session::begin(self.now())
        };
        self.app.store.save_guest_session(&secret_hash(&secret), &session).await.unwrap();
        self.holding(&guest_cookie(&secret))
    }

    /// A browser with this session cookie.
    fn holding(&self, cookie: &Secret) -> Browser {
        let name = session_cookie_name(&self.app.platform.config().site_url);
        let browser = self.browser();
        browser.set_cookie(Some(format!("{name}={}", cookie.expose())));
        browser
    }

    /// What a sign-in link of this person ends with.
    pub async fn token(&self, user: &User) -> String {
        let token = Secret::generate();
        let store = &self.app.store;
        store.save_sign_in(&secret_hash(&token), user, self.now()).await.unwrap();
        token.expose().to_owned()
    }

    /// The `Authorization` of this person's program.
    pub async fn program(&self, user: &User, scope: TokenScope) -> String {
        let secret = Secret::generate();
        let token = ApiToken {
            id: TokenId::from_random(random()),
            name: "A program".into(),
            scope,
            created_at: self.now(),
            expires_at: None,
        };
        let store = &self.app.store;
        store.create_token(&user.id, &secret_hash(&secret), &token, None).await.unwrap();
        format!("Bearer {}", person_token(&user.id, &secret).expose())
    }

    /// The mails that were sent, in the order of what they tell of.
    #[must_use]
    pub fn mails(&self) -> Vec<crate::outbox::Sent> {
        crate::outbox::all(self.folder())
    }

    /// An event as the bus hands it to a function.
    #[must_use]
    pub fn event(detail_type: &str, detail: &serde_json::Value) -> serde_json::Value {
        json!({ "source": "chamada", "detail-type": detail_type, "detail": detail })
    }
}
