//! Commands beside a running server, or on a folder where none runs.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use chamada_platform::{Clock, LogFormat, Platform, telemetry};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::net::TcpListener;

use super::{DataArgs, Failure};
use crate::check::check;
use crate::control::{Replay, Replayed};
use crate::engine::Durability;
use crate::folder::{Folder, ServerFile, running};
use crate::journal::{DeadLetter, Journal};
use crate::services::{Services, Settings, platform_beside};
use crate::wiring;

/// Settings of a command: what is not asked of the running server.
fn settings(site_url: &str) -> Settings {
    Settings {
        site_url: site_url.trim_end_matches('/').to_owned(),
        files_url: "http://localhost:1".into(),
        sender: "chamada@localhost".into(),
        smtp_url: None,
        extra_ca: None,
        trust_proxy: false,
        allow_plain_pop3: false,
        log_format: "text".into(),
        durability: Durability::default(),
    }
}

/// A folder that has to be there already: a command must not make one by a slip of the pen.
fn must_exist(folder: &Path) -> Result<(), Failure> {
    match folder.join("table.db").metadata() {
        Ok(file) if file.is_file() => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            Err(format!("{} may not be read by this user: {error}", folder.display()).into())
        }
        _ => Err(format!("{} is no data folder; name it with --data", folder.display()).into()),
    }
}

/// Runs `work` on the folder's platform, whoever runs it.
async fn with_platform<T>(folder: &Path, site_url: &str, work: impl AsyncFnOnce(&Platform) -> Result<T, Failure>) -> Result<T, Failure> {
    telemetry::init(LogFormat::Text);
    must_exist(folder)?;
    if let Some(server) = running(folder)? {
        return work(&platform_beside(folder, &server, &settings(&server.site_url))?).await;
    }
    let held = Folder::take(folder)?;
    let files = TcpListener::bind(("127.0.0.1", 0)).await?;
    let services = Services::start(&held, &settings(site_url), files, Clock::system()).await?;
    let result = work(&services.platform()).await;
    services.stop().await;
    result
}

pub(super) async fn verify(data: &DataArgs) -> Result<ExitCode, Failure> {
    let clean = with_platform(&data.folder, "http://localhost", async |platform| Ok(check(platform).await?)).await?;
    Ok(if clean { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

pub(super) fn openapi() -> Result<ExitCode, Failure> {
    writeln!(std::io::stdout(), "{}", wiring::openapi()?)?;
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn admin_link(data: &DataArgs, email: &str, site_url: &str) -> Result<ExitCode, Failure> {
    let link = with_platform(&data.folder, site_url, async |platform| {
        let token = wiring::administrator_token(platform, email).await?;
        Ok(token.map(|token| platform.config().site_url.link(&format!("/#/m/{token}"))))
    });
    match link.await? {
        Some(link) => writeln!(std::io::stdout(), "sign in: {link}")?,
        None => return Err(format!("there is no administrator with the address {email}").into()),
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn dead_letters(data: &DataArgs, json: bool) -> Result<ExitCode, Failure> {
    must_exist(&data.folder)?;
    let letters: Vec<DeadLetter> = match running(&data.folder)? {
        Some(server) => ask(&server, "dead-letters", None::<()>).await?,
        None => own_journal(&data.folder)?.1.dead_letters().await?,
    };
    let mut out = std::io::stdout().lock();
    for letter in &letters {
        if json {
            writeln!(out, "{}", serde_json::to_string(letter)?)?;
        } else {
            let DeadLetter {
                id,
                source,
                function,
                attempts,
                reason,
                died_at,
                ..
            } = letter;
            writeln!(out, "{id}\t{died_at}\t{source}\t{function}\t{attempts} attempts\t{reason}")?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn replay(data: &DataArgs, ids: Vec<i64>) -> Result<ExitCode, Failure> {
    must_exist(&data.folder)?;
    let wanted = Replay {
        ids: (!ids.is_empty()).then_some(ids),
    };
    let count = match running(&data.folder)? {
        Some(server) => ask::<_, Replayed>(&server, "replay", Some(wanted)).await?.count,
        None => own_journal(&data.folder)?.1.replay(wanted.ids, Clock::system().now()).await?,
    };
    writeln!(std::io::stdout(), "{count} to be run again")?;
    Ok(ExitCode::SUCCESS)
}

fn own_journal(folder: &Path) -> Result<(Folder, Journal), Failure> {
    let held = Folder::take(folder)?;
    let journal = Journal::open(&held.path().join("journal.db"))?;
    Ok((held, journal))
}

/// One call to the running server's control path.
async fn ask<Q: Serialize, A: DeserializeOwned>(server: &ServerFile, path: &str, body: Option<Q>) -> Result<A, Failure> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let url = format!("{}/{path}", server.control);
    let request = match body {
        Some(body) => client.post(url).json(&body),
        None => client.get(url),
    };
    // The URL holds a secret: it must not stand in an error.
    let answer = request
        .send()
        .await
        .map_err(reqwest::Error::without_url)?
        .error_for_status()
        .map_err(reqwest::Error::without_url)?;
    Ok(answer.json().await.map_err(reqwest::Error::without_url)?)
}
