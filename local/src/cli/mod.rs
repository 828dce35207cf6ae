//! The command line.

mod commands;
mod proof;
mod serve;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

/// A help desk on one machine.
#[derive(Debug, Parser)]
#[command(name = "chamada", version, about, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the help desk until it is stopped.
    #[command(
        after_help = "Example:\n  chamada serve --data /var/lib/chamada --site-url https://help.example.org --smtp-url smtp://localhost"
    )]
    Serve(Box<ServeArgs>),
    /// Recounts and checks the history of every ticket; exit 1 on any difference.
    #[command(after_help = "Example:\n  chamada verify --data ./data")]
    Verify(DataArgs),
    /// Lists events and records that were given up on.
    #[command(after_help = "Example:\n  chamada dead-letters --data ./data --json")]
    DeadLetters {
        #[command(flatten)]
        data: DataArgs,
        /// One JSON object a line, with what the function was given.
        #[arg(long)]
        json: bool,
    },
    /// Runs dead letters again: those named, or all.
    #[command(after_help = "Example:\n  chamada replay 17 18 --data ./data")]
    Replay {
        #[command(flatten)]
        data: DataArgs,
        /// Their numbers.
        ids: Vec<i64>,
    },
    /// Checks proofs of histories, with no server.
    #[command(after_help = "Example:\n  chamada proof check CH-1042.json --mail answer.eml")]
    Proof {
        #[command(subcommand)]
        command: ProofCommand,
    },
    /// Prints the description of the HTTPS API (OpenAPI 3.1).
    #[command(after_help = "Example:\n  chamada openapi > openapi.json")]
    Openapi,
    /// Prints a new sign-in link for an administrator.
    #[command(after_help = "Example:\n  chamada admin-link ana@example.org --data ./data")]
    AdminLink {
        #[command(flatten)]
        data: DataArgs,
        /// The administrator's address.
        email: String,
        /// What the link begins with, where no server runs.
        #[arg(long, env = "SITE_URL", default_value = "http://localhost:8080")]
        site_url: String,
    },
}

#[derive(Debug, Subcommand)]
enum ProofCommand {
    /// Checks a transcript, a bundle or the root of a day; exit 0 where it is valid, 1 where it is not, 2 where it cannot be read.
    #[command(after_help = "Example:\n  chamada proof check CH-1042.json --mail answer.eml")]
    Check {
        /// The transcript (JSON), bundle (ZIP) or root of a day (JSON).
        file: PathBuf,
        /// A mail that Chamada sent: about this ticket, whose head must be in the history, or about the root of a day, which must be this one or
        /// that of the bundle's proof.
        #[arg(long, value_name = "FILE.eml")]
        mail: Option<PathBuf>,
        /// The published root of a day: it must cover the history.
        #[arg(long, value_name = "ROOT.json")]
        root: Option<PathBuf>,
    },
}

#[derive(Debug, Clone, Args)]
struct DataArgs {
    /// The data folder. A server that runs on it is found by itself.
    #[arg(long = "data", env = "DATA_DIR", value_name = "DIR", default_value = "./data")]
    folder: PathBuf,
}

#[derive(Debug, Clone, Args)]
struct ServeArgs {
    #[command(flatten)]
    data: DataArgs,
    /// The site's port; 0 takes a free one.
    #[arg(long, env = "PORT", default_value_t = 8080)]
    port: u16,
    /// The address to listen on.
    #[arg(long, env = "HOST_ADDRESS", default_value = "127.0.0.1")]
    host: std::net::IpAddr,
    /// What links begin with (http://localhost:PORT).
    #[arg(long, env = "SITE_URL")]
    site_url: Option<String>,
    /// The port of the files' own origin (port + 1).
    #[arg(long, env = "FILES_PORT")]
    files_port: Option<u16>,
    /// The files' origin as browsers reach it, behind a proxy (the site's host and the files' port).
    #[arg(long, env = "FILES_URL")]
    files_url: Option<String>,
    /// The first administrator's address, for an empty data folder (asked for on a terminal; admin@localhost otherwise).
    #[arg(long, env = "ADMIN_EMAIL")]
    admin_email: Option<String>,
    /// The From address of mails (chamada@ and the site's host).
    #[arg(long, env = "SENDER")]
    sender: Option<String>,
    /// How often mailboxes are looked at, in seconds; 0 = only when asked.
    #[arg(long, env = "SWEEP_EVERY", default_value_t = 120)]
    sweep_every: u64,
    /// An SMTP server for outgoing mail; without one, mails become files in DIR/outbox.
    #[arg(long, env = "SMTP_URL", hide_env_values = true)]
    smtp_url: Option<String>,
    /// PEM certificates that POP3 and SMTP trust besides the usual ones.
    #[arg(long, env = "EXTRA_CA_FILE", value_name = "FILE")]
    extra_ca: Option<PathBuf>,
    /// Believe the last entry of X-Forwarded-For: only behind a proxy that writes it.
    #[arg(long, env = "TRUST_PROXY")]
    trust_proxy: bool,
    /// Let mailboxes be read without TLS on other machines too.
    #[arg(long, env = "ALLOW_PLAIN_POP3")]
    allow_plain_pop3: bool,
    /// How log lines on standard error are written.
    #[arg(long, env = "LOG_FORMAT", default_value = "text", value_parser = ["text", "json"])]
    log_format: String,
    /// Where the functions reach DynamoDB, if not at the embedded engine itself: for a proxy before it, in tests.
    #[arg(long, env = "AWS_ENDPOINT_URL_DYNAMODB", hide = true)]
    dynamodb_endpoint: Option<String>,
    /// The built client (web/dist).
    #[arg(long, env = "CHAMADA_WEB_DIR", value_name = "DIR")]
    web_dir: Option<PathBuf>,
}

/// What a command ends with. Its text is one line.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Runs the command line: 0 done, 1 failed, 2 wrongly called.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error.into()),
    };
    let result = runtime.block_on(run(cli.command));
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    match result {
        Ok(code) => code,
        Err(error) => fail(&error),
    }
}

fn fail(error: &Failure) -> ExitCode {
    let text = error.to_string().replace('\n', " ");
    // Nobody left to tell.
    let _ = writeln!(std::io::stderr(), "chamada: {text}");
    ExitCode::FAILURE
}

async fn run(command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Serve(args) => serve::run(*args).await.map(|()| ExitCode::SUCCESS),
        Command::Verify(data) => commands::verify(&data).await,
        Command::DeadLetters { data, json } => commands::dead_letters(&data, json).await,
        Command::Replay { data, ids } => commands::replay(&data, ids).await,
        Command::Proof {
            command: ProofCommand::Check { file, mail, root },
        } => proof::check(&file, mail.as_deref(), root.as_deref()),
        Command::Openapi => commands::openapi(),
        Command::AdminLink { data, email, site_url } => commands::admin_link(&data, &email, &site_url).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound_and_every_command_has_an_example() {
        let mut command = Cli::command();
        command.clone().debug_assert();
        for sub in command.get_subcommands_mut() {
            let name = sub.get_name().to_owned();
            let help = sub.render_long_help().to_string();
            assert!(help.contains(&format!("chamada {name}")), "{help}");
        }
    }
}
