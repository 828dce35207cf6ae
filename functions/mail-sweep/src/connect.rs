//! From a mailbox's settings to a session that is signed in.

use std::time::Duration;

use chamada_domain::mailbox::{Auth, Mailbox, Security};
use chamada_pop3::{Config, Connection, Credentials, Session};

use crate::Handler;
use crate::trouble::Trouble;

/// Connects and signs in; the session has `time` in all.
pub(crate) async fn connect(handler: &Handler, mailbox: &Mailbox, time: Duration) -> Result<Session, Trouble> {
    if !mailbox.is_private(handler.platform.config().allow_plain_pop3) {
        return Err(Trouble::Setup(
            "This deployment reads no mailbox without TLS. Choose TLS or STARTTLS.",
        ));
    }
    let security = match mailbox.security {
        Security::Tls => chamada_pop3::Security::Tls,
        Security::Starttls => chamada_pop3::Security::StartTls,
        Security::Plain => chamada_pop3::Security::Plain,
    };
    let Auth::Password { username } = &mailbox.auth;
    // Anew for each session: a wrong password that is still remembered may lock the account.
    let password = handler.platform.parameters().fresh(&Mailbox::secret_name(&mailbox.id)).await?;
    let password = password.ok_or(Trouble::Setup("The mailbox has no password. Set it again."))?;
    let mut config = Config::new(mailbox.host.as_str(), mailbox.port, security, handler.tls.clone());
    config.timeouts.session = time;
    let credentials = Credentials::Password {
        user: username.clone(),
        password: password.expose().into(),
    };
    Ok(Connection::open(config).await?.login(credentials).await?)
}
