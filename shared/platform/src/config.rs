//! What a deployment sets, read once at start from the environment.

use std::path::PathBuf;

use crate::site::SiteUrl;

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// Lines for people.
    #[default]
    Text,
    /// One JSON object a line, for log services.
    Json,
}

/// Whose word about the source address of a request counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TrustProxy {
    /// Nobody's: the peer's address is the source.
    #[default]
    No,
    /// The last entry of `X-Forwarded-For`, which the proxy right before us wrote.
    Forwarded,
    /// CloudFront's `CloudFront-Viewer-Address`.
    CloudFront,
}

/// Where AWS services are reached, if not at AWS. The names of the variables are the SDKs' own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Endpoints {
    /// `AWS_ENDPOINT_URL_DYNAMODB`.
    pub dynamodb: Option<String>,
    /// `AWS_ENDPOINT_URL_S3`; buckets are then part of the path.
    pub s3: Option<String>,
    /// `AWS_ENDPOINT_URL_SESV2`.
    pub ses: Option<String>,
    /// `AWS_ENDPOINT_URL_EVENTBRIDGE`.
    pub events: Option<String>,
    /// `AWS_ENDPOINT_URL_SSM`.
    pub ssm: Option<String>,
}

/// A deployment's settings. Each field names its variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// `TABLE_NAME`: the DynamoDB table.
    pub table_name: String,
    /// `FILES_BUCKET`: uploads and decoded attachments.
    pub files_bucket: String,
    /// `MAIL_BUCKET`: raw mails, never reachable by browsers.
    pub mail_bucket: String,
    /// `PROOF_BUCKET`: the roots of the days.
    pub proof_bucket: String,
    /// `EVENT_BUS_NAME`: the EventBridge bus.
    pub event_bus_name: String,
    /// `SITE_URL`: the site's origin.
    pub site_url: SiteUrl,
    /// `FILES_URL`: the origin that presigned URLs are signed for, where it is not S3's own.
    pub files_url: Option<SiteUrl>,
    /// `SENDER`: the From address of our mails.
    pub sender: String,
    /// `PARAMETER_PREFIX`: the path of our parameters in the Parameter Store, `/chamada` unless set; no slash at its end.
    pub parameter_prefix: String,
    /// `EXTRA_CA_FILE`: PEM certificates that POP3 and SMTP trust besides the usual roots.
    pub extra_ca_file: Option<PathBuf>,
    /// `ALLOW_PLAIN_POP3`: whether mailboxes may be read without TLS other than on loopback.
    pub allow_plain_pop3: bool,
    /// `TRUST_PROXY`: `cloudfront`, or `true` for `X-Forwarded-For`.
    pub trust_proxy: TrustProxy,
    /// `LOG_FORMAT`: `text` or `json`.
    pub log_format: LogFormat,
    /// `SHARDS`: over how many partitions the general indexes are spread, 1 to 100.
    pub shards: u16,
    /// `AWS_ENDPOINT_URL_*`, with `AWS_ENDPOINT_URL` for those not named.
    pub endpoints: Endpoints,
}

/// A variable that is missing or wrong. Never holds the value, which may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A variable that must be set is not, or is empty.
    #[error("the environment variable {0} is not set")]
    Missing(&'static str),
    /// A variable cannot be read as what it means.
    #[error("the environment variable {name} is wrong: {reason}")]
    Wrong {
        /// The variable.
        name: &'static str,
        /// What would be right.
        reason: &'static str,
    },
}

impl Config {
    /// Reads the process's environment.
    ///
    /// # Errors
    /// Names the first variable that is missing or wrong.
    pub fn from_env() -> Result<Self, ConfigError> {
        #[expect(clippy::disallowed_methods, reason = "the one place where the environment is read")]
        Self::read(&|name| std::env::var(name).ok())
    }

    /// Reads settings from anything that knows variables by name.
    ///
    /// # Errors
    /// Names the first variable that is missing or wrong.
    pub fn read(lookup: &dyn Fn(&'static str) -> Option<String>) -> Result<Self, ConfigError> {
        let source = Source(lookup);
        Ok(Self {
            table_name: source.needed("TABLE_NAME")?,
            files_bucket: source.needed("FILES_BUCKET")?,
            mail_bucket: source.needed("MAIL_BUCKET")?,
            proof_bucket: source.needed("PROOF_BUCKET")?,
            event_bus_name: source.needed("EVENT_BUS_NAME")?,
            site_url: url("SITE_URL", &source.needed("SITE_URL")?)?,
            files_url: source.given("FILES_URL").map(|text| url("FILES_URL", &text)).transpose()?,
            sender: source.needed("SENDER")?,
            parameter_prefix: prefix(source.given("PARAMETER_PREFIX"))?,
            extra_ca_file: source.given("EXTRA_CA_FILE").map(PathBuf::from),
            allow_plain_pop3: source.flag("ALLOW_PLAIN_POP3")?,
            trust_proxy: trust_proxy(source.given("TRUST_PROXY").as_deref())?,
            log_format: log_format(source.given("LOG_FORMAT").as_deref())?,
            shards: shards(source.given("SHARDS").as_deref())?,
            endpoints: Endpoints {
                dynamodb: source.endpoint("AWS_ENDPOINT_URL_DYNAMODB"),
                s3: source.endpoint("AWS_ENDPOINT_URL_S3"),
                ses: source.endpoint("AWS_ENDPOINT_URL_SESV2"),
                events: source.endpoint("AWS_ENDPOINT_URL_EVENTBRIDGE"),
                ssm: source.endpoint("AWS_ENDPOINT_URL_SSM"),
            },
        })
    }
}

struct Source<'a>(&'a dyn Fn(&'static str) -> Option<String>);

impl Source<'_> {
    /// A variable's value; an empty one counts as not set, since templates cannot leave one out.
    fn given(&self, name: &'static str) -> Option<String> {
        (self.0)(name)
            .map(|value| value.trim().to_owned())
            .filter(|value| !value.is_empty())
    }

    fn needed(&self, name: &'static str) -> Result<String, ConfigError> {
        self.given(name).ok_or(ConfigError::Missing(name))
    }

    fn flag(&self, name: &'static str) -> Result<bool, ConfigError> {
        match self.given(name).as_deref() {
            None | Some("false" | "0" | "no") => Ok(false),
            Some("true" | "1" | "yes") => Ok(true),
            Some(_) => Err(ConfigError::Wrong {
                name,
                reason: "it is true or false",
            }),
        }
    }

    fn endpoint(&self, name: &'static str) -> Option<String> {
        self.given(name).or_else(|| self.given("AWS_ENDPOINT_URL"))
    }
}

fn url(name: &'static str, text: &str) -> Result<SiteUrl, ConfigError> {
    text.parse().map_err(|reason| ConfigError::Wrong { name, reason })
}

fn prefix(given: Option<String>) -> Result<String, ConfigError> {
    let prefix = given.unwrap_or_else(|| "/chamada".to_owned());
    let prefix = prefix.trim_end_matches('/');
    if prefix.len() > 1 && prefix.starts_with('/') {
        Ok(prefix.to_owned())
    } else {
        Err(ConfigError::Wrong {
            name: "PARAMETER_PREFIX",
            reason: "it must begin with a slash, as /chamada",
        })
    }
}

fn trust_proxy(given: Option<&str>) -> Result<TrustProxy, ConfigError> {
    match given {
        None | Some("false" | "0" | "no") => Ok(TrustProxy::No),
        Some("true" | "1" | "yes" | "forwarded") => Ok(TrustProxy::Forwarded),
        Some("cloudfront") => Ok(TrustProxy::CloudFront),
        Some(_) => Err(ConfigError::Wrong {
            name: "TRUST_PROXY",
            reason: "it is true, false or cloudfront",
        }),
    }
}

fn log_format(given: Option<&str>) -> Result<LogFormat, ConfigError> {
    match given {
        None | Some("text") => Ok(LogFormat::Text),
        Some("json") => Ok(LogFormat::Json),
        Some(_) => Err(ConfigError::Wrong {
            name: "LOG_FORMAT",
            reason: "it is text or json",
        }),
    }
}

fn shards(given: Option<&str>) -> Result<u16, ConfigError> {
    match given.map_or(Ok(1), str::parse) {
        Ok(number @ 1..=100) => Ok(number),
        _ => Err(ConfigError::Wrong {
            name: "SHARDS",
            reason: "it is a number from 1 to 100",
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALLEST: &[(&str, &str)] = &[
        ("TABLE_NAME", "t"),
        ("FILES_BUCKET", "f"),
        ("MAIL_BUCKET", "m"),
        ("PROOF_BUCKET", "p"),
        ("EVENT_BUS_NAME", "b"),
        ("SITE_URL", "https://help.example.org"),
        ("SENDER", "help@example.org"),
    ];

    fn read(more: &[(&str, &str)]) -> Result<Config, ConfigError> {
        Config::read(&|name| {
            let of = |pairs: &[(&str, &str)]| pairs.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
            of(more).or_else(|| of(SMALLEST))
        })
    }

    #[test]
    fn what_is_not_set_has_its_default() {
        let config = read(&[]).unwrap();
        assert_eq!(
            (config.parameter_prefix.as_str(), config.shards, config.trust_proxy),
            ("/chamada", 1, TrustProxy::No)
        );
        assert_eq!(config.endpoints, Endpoints::default());
        assert!(!config.allow_plain_pop3);
    }

    #[test]
    fn a_missing_variable_is_named() {
        for (name, _) in SMALLEST {
            let error = read(&[(name, " ")]).unwrap_err();
            assert_eq!(error.to_string(), format!("the environment variable {name} is not set"));
        }
    }

    #[test]
    fn a_wrong_variable_is_named_without_its_value() {
        for name in [
            "SITE_URL",
            "FILES_URL",
            "PARAMETER_PREFIX",
            "ALLOW_PLAIN_POP3",
            "TRUST_PROXY",
            "LOG_FORMAT",
            "SHARDS",
        ] {
            let text = read(&[(name, "hunter2")]).unwrap_err().to_string();
            assert!(text.contains(name) && !text.contains("hunter2"), "{text}");
        }
    }

    #[test]
    fn one_endpoint_serves_those_not_named() {
        let config = read(&[("AWS_ENDPOINT_URL", "http://a"), ("AWS_ENDPOINT_URL_S3", "http://b")]).unwrap();
        assert_eq!(
            (config.endpoints.s3.as_deref(), config.endpoints.ssm.as_deref()),
            (Some("http://b"), Some("http://a"))
        );
    }
}
