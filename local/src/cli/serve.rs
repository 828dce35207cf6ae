//! `chamada serve`.

use std::io::{IsTerminal, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use chamada_domain::EmailAddress;
use chamada_platform::{Clock, LogFormat, SiteUrl, telemetry};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{Failure, ServeArgs};
use crate::engine::Durability;
use crate::folder::Folder;
use crate::server::{self, Site};
use crate::services::{Services, Settings, at_once};
use crate::wiring;

/// How long requests under way may take once asked to stop.
const GRACE: Duration = Duration::from_secs(10);

pub(super) async fn run(args: ServeArgs) -> Result<(), Failure> {
    telemetry::init(if args.log_format == "json" {
        LogFormat::Json
    } else {
        LogFormat::Text
    });
    let folder = Folder::take(&args.data.folder)?;
    let site_listener = bind(args.host, args.port, "port").await?;
    let address = site_listener.local_addr()?;
    let files_listener = bind(args.host, files_port(&args, address), "files port").await?;
    let settings = settings(&args, address, files_listener.local_addr()?)?;
    let stop = CancellationToken::new();
    let signals = Arc::new(stop.clone());
    tokio::spawn(async move {
        stop_signal().await;
        signals.cancel();
    });

    let services = Services::start(&folder, &settings, files_listener, Clock::system()).await?;
    // Announced before the functions' first call: what stands between them and the table must find the table.
    folder.announce(services.server_file())?;
    let platform = services.platform_through(args.dynamodb_endpoint.clone());
    let functions = wiring::functions(&platform).await?;
    let token = match folder.is_fresh() {
        true => Some(wiring::first_administrator(&platform, &admin_email(&args)?).await?),
        false => None,
    };
    services.run(&functions.handlers, Duration::from_secs(args.sweep_every));
    let app = server::router(Site {
        functions: &functions,
        client: server::find_client(args.web_dir),
        outbox: services.outbox().cloned(),
        site_url: &settings.site_url,
        files_url: &settings.files_url,
    });
    say(address, token.map(|token| format!("{}/#/m/{token}", settings.site_url)))?;
    folder.begun()?;

    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    let server = tokio::spawn(
        axum::serve(at_once(site_listener), app)
            .with_graceful_shutdown(stop.clone().cancelled_owned())
            .into_future(),
    );
    stop.cancelled().await;
    tracing::info!("stopping");
    // Idle connections would hold it for as long as they are kept: they end with the process.
    let _ = tokio::time::timeout(GRACE, server).await;
    folder.retract();
    services.stop().await;
    Ok(())
}

/// What others wait for on standard output.
fn say(address: SocketAddr, sign_in: Option<String>) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "listening on http://{address}")?;
    if let Some(link) = sign_in {
        writeln!(out, "sign in: {link}")?;
    }
    out.flush()
}

fn files_port(args: &ServeArgs, site: SocketAddr) -> u16 {
    match args.files_port {
        Some(port) => port,
        None if args.port == 0 => 0,
        None => site.port().checked_add(1).unwrap_or(0),
    }
}

async fn bind(host: std::net::IpAddr, port: u16, what: &str) -> Result<TcpListener, Failure> {
    TcpListener::bind((host, port)).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            format!("{what} {port} on {host} is in use; give another with --{}", what.replace(' ', "-")).into()
        }
        _ => format!("{what} {port} on {host} cannot be had: {error}").into(),
    })
}

fn settings(args: &ServeArgs, site: SocketAddr, files: SocketAddr) -> Result<Settings, Failure> {
    let origin = |text: &str, flag: &str| text.parse::<SiteUrl>().map_err(|reason| format!("--{flag} is wrong: {reason}"));
    let site_url = match &args.site_url {
        Some(given) => origin(given, "site-url")?,
        None => origin(&format!("http://localhost:{}", site.port()), "site-url")?,
    };
    let files_url = match &args.files_url {
        Some(given) => origin(given, "files-url")?,
        None => {
            let scheme = if site_url.is_https() { "https" } else { "http" };
            origin(&format!("{scheme}://{}:{}", site_url.host(), files.port()), "files-url")?
        }
    };
    if files_url == site_url {
        return Err("--files-url must be another origin than --site-url: files never share the site's".into());
    }
    Ok(Settings {
        sender: sender(args.sender.as_deref(), site_url.host())?,
        site_url: site_url.origin().to_owned(),
        files_url: files_url.origin().to_owned(),
        smtp_url: args.smtp_url.clone(),
        extra_ca: args.extra_ca.clone(),
        trust_proxy: args.trust_proxy,
        allow_plain_pop3: args.allow_plain_pop3,
        log_format: args.log_format.clone(),
        durability: Durability::default(),
    })
}

/// Whom mails are from: as given, else the help desk at the site, or at this machine where the site has a number for a name.
fn sender(given: Option<&str>, host: &str) -> Result<String, Failure> {
    if let Some(given) = given {
        let wrong = |_| format!("--sender must be an e-mail address alone, such as help@example.org, and not '{given}'");
        return Ok(given.parse::<EmailAddress>().map_err(wrong)?.to_string());
    }
    let at_site = format!("chamada@{host}");
    let fits = at_site.parse::<EmailAddress>().is_ok();
    Ok(if fits { at_site } else { "chamada@localhost".to_owned() })
}

/// The first administrator's address: given, asked for where somebody can answer, or the one for trying out.
fn admin_email(args: &ServeArgs) -> std::io::Result<String> {
    if let Some(email) = &args.admin_email {
        return Ok(email.clone());
    }
    let (input, mut error) = (std::io::stdin(), std::io::stderr());
    let mut line = String::new();
    if input.is_terminal() && error.is_terminal() {
        write!(error, "E-mail address of the first administrator [admin@localhost]: ")?;
        error.flush()?;
        input.read_line(&mut line)?;
    }
    let given = line.trim();
    Ok(if given.is_empty() {
        "admin@localhost".to_owned()
    } else {
        given.to_owned()
    })
}

async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        // Without it Ctrl-C still stops in order.
        let _ = tokio::signal::ctrl_c().await;
        return;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}
