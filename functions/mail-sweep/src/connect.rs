//! From a mailbox's settings to a session that is signed in.

use std::net::IpAddr;
use std::time::Duration;

use chamada_domain::mailbox::{Auth, Mailbox, Security};
use chamada_pop3::{Config, Connection, Credentials, Session};

use crate::Handler;
use crate::trouble::Trouble;

/// Whether a host is this machine.
fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Connects and signs in; the session has `time` in all.
pub(crate) async fn connect(handler: &Handler, mailbox: &Mailbox, time: Duration) -> Result<Session, Trouble> {
    let security = match mailbox.security {
        Security::Tls => chamada_pop3::Security::Tls,
        Security::Starttls => chamada_pop3::Security::StartTls,
        Security::Plain if is_loopback(&mailbox.host) || handler.platform.config().allow_plain_pop3 => chamada_pop3::Security::Plain,
        Security::Plain => {
            return Err(Trouble::Setup(
                "This deployment reads no mailbox without TLS. Choose TLS or STARTTLS.",
            ));
        }
    };
    let Auth::Password { username } = &mailbox.auth;
    let password = handler.platform.parameters().get(&format!("mailbox/{}", mailbox.id)).await?;
    let password = password.ok_or(Trouble::Setup("The mailbox has no password. Set it again."))?;
    let mut config = Config::new(mailbox.host.as_str(), mailbox.port, security, handler.tls.clone());
    config.timeouts.session = time;
    let credentials = Credentials::Password {
        user: username.clone(),
        password: password.expose().into(),
    };
    Ok(Connection::open(config).await?.login(credentials).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_and_others() {
        assert!(is_loopback("127.0.0.1") && is_loopback("::1") && is_loopback("LocalHost"));
        assert!(!is_loopback("mail.example.org") && !is_loopback("10.0.0.1") && !is_loopback("localhost.example.org"));
    }
}
