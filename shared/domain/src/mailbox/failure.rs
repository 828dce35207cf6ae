//! Why a mailbox could not be read: a mail client's word for it, in words for people.

use super::SweepError;

impl SweepError {
    /// The failure that a POP3 client calls `kind` (`chamada_pop3::Error::code`), with what the server said, if it said anything. Anything that is
    /// not known here counts as `protocol`.
    #[must_use]
    pub fn of_mail_server(kind: &str, said: Option<&str>) -> Self {
        let (code, sentence) = explain(kind);
        let detail = match said.map(str::trim).filter(|line| !line.is_empty()) {
            Some(line) => format!("{sentence} It says: {line}"),
            None => sentence.to_owned(),
        };
        Self {
            code: code.to_owned(),
            detail,
        }
    }

    /// No secret is stored for the mailbox.
    #[must_use]
    pub fn no_secret() -> Self {
        Self {
            code: "auth_failed".to_owned(),
            detail: "No password is stored for this mailbox. Enter it again.".to_owned(),
        }
    }

    /// The deployment does not allow an unencrypted connection to the mailbox's server.
    #[must_use]
    pub fn plain_refused() -> Self {
        Self {
            code: "protocol".to_owned(),
            detail: "Without TLS, only a mail server on this machine may be read. Choose TLS or STARTTLS.".to_owned(),
        }
    }
}

/// The API's code and a sentence, by the client's word.
fn explain(kind: &str) -> (&'static str, &'static str) {
    match kind {
        "host_not_found" => ("host_not_found", "No mail server of this name was found. Check how it is written."),
        "refused" => (
            "refused",
            "The mail server accepts no connection on this port, or cannot be reached. Check the port.",
        ),
        "timed_out" => ("timed_out", "The mail server did not answer in time."),
        "certificate" => (
            "certificate",
            "The mail server's certificate is not trusted, has expired, or is made out to another name.",
        ),
        "auth_failed" => ("auth_failed", "The mail server refused the user name or the password."),
        "unsupported" => ("auth_failed", "The mail server does not offer this way of signing in."),
        "in_use" => (
            "in_use",
            "Another program is reading this mailbox at the moment. It will be tried again.",
        ),
        "login_delay" => (
            "in_use",
            "The mail server wants a longer pause between two visits. It will be tried again.",
        ),
        "temporary" => (
            "in_use",
            "The mail server cannot open the mailbox at the moment. It will be tried again.",
        ),
        "permanent" => (
            "protocol",
            "The mail server cannot open the mailbox. Somebody has to look after it there.",
        ),
        "tls" => (
            "protocol",
            "No encrypted connection could be made. Check that the port is the one for this kind of encryption.",
        ),
        "tls_unavailable" => ("protocol", "The mail server does not offer STARTTLS on this port."),
        "closed" => (
            "protocol",
            "The mail server ended the connection early. Check that port and encryption belong together.",
        ),
        "rejected" => ("protocol", "The mail server refused a request."),
        "too_large" => ("protocol", "The mail server sent more than can be taken in."),
        _ => (
            "protocol",
            "What answers there does not speak POP3. Check that port and encryption belong together.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What API.md lets the API say, 'Mailboxes'.
    const CODES: [&str; 7] = [
        "host_not_found",
        "refused",
        "timed_out",
        "certificate",
        "auth_failed",
        "in_use",
        "protocol",
    ];

    #[test]
    fn every_word_of_the_client_has_a_code_of_the_api() {
        // The words of `chamada_pop3::Error::code`.
        let kinds = "host_not_found refused timed_out certificate tls tls_unavailable auth_failed in_use login_delay temporary permanent \
                     unsupported rejected too_large protocol closed broken sink invalid_argument out_of_turn";
        for kind in kinds.split_whitespace() {
            let error = SweepError::of_mail_server(kind, None);
            assert!(CODES.contains(&error.code.as_str()) && error.detail.ends_with('.'), "{kind}");
            if CODES.contains(&kind) {
                assert_eq!(error.code, kind, "a word that both have means the same");
            }
        }
    }

    #[test]
    fn the_server_s_own_words_follow_ours() {
        let error = SweepError::of_mail_server("auth_failed", Some("-ERR [AUTH] bad password"));
        assert!(
            error.detail.ends_with("password. It says: -ERR [AUTH] bad password"),
            "{}",
            error.detail
        );
        assert!(!SweepError::of_mail_server("timed_out", Some(" ")).detail.contains("It says"));
    }
}
