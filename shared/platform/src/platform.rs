//! Everything a function needs of the world, in one value.

use std::sync::{Arc, OnceLock};

use aws_config::SdkConfig;

use crate::aws::{self, TransactionConflicts};
use crate::clock::Clock;
use crate::config::Config;
use crate::objects::Objects;
use crate::parameters::Parameters;
use crate::serve::BoxError;
use crate::telemetry;

/// Configuration, clock and AWS clients. Cheap to clone; a client is made when it is first asked for, since no function uses all of them.
#[derive(Clone)]
pub struct Platform(Arc<Inner>);

struct Inner {
    config: Config,
    sdk: SdkConfig,
    clock: Clock,
    dynamodb: OnceLock<aws_sdk_dynamodb::Client>,
    ses: OnceLock<aws_sdk_sesv2::Client>,
    events: OnceLock<aws_sdk_eventbridge::Client>,
    objects: OnceLock<Objects>,
    parameters: OnceLock<Parameters>,
}

/// A client of `$crate_name` at its endpoint, where the configuration names one.
macro_rules! client {
    ($crate_name:ident, $inner:expr, $endpoint:expr $(, $setting:ident($value:expr))*) => {{
        let mut config = $crate_name::config::Builder::from(&$inner.sdk)$(.$setting($value))*;
        config.set_endpoint_url($endpoint.clone().or_else(|| $inner.sdk.endpoint_url().map(str::to_owned)));
        $crate_name::Client::from_conf(config.build())
    }};
}

impl Platform {
    /// The platform of a deployed function: configuration from the environment, telemetry started, system clock.
    ///
    /// # Errors
    /// The variable that is missing or wrong.
    pub async fn from_env() -> Result<Self, BoxError> {
        let config = Config::from_env()?;
        telemetry::init(config.log_format);
        Ok(Self::with(config, aws::shared_config().await?, Clock::system()))
    }

    /// A platform of given parts, for one machine and for tests. Endpoints come from `config`, timeouts and retries are the same everywhere, all
    /// else comes from `sdk`.
    #[must_use]
    pub fn with(config: Config, sdk: SdkConfig, clock: Clock) -> Self {
        Self(Arc::new(Inner {
            config,
            sdk: aws::patient(sdk),
            clock,
            dynamodb: OnceLock::new(),
            ses: OnceLock::new(),
            events: OnceLock::new(),
            objects: OnceLock::new(),
            parameters: OnceLock::new(),
        }))
    }

    /// The deployment's settings.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// The clock.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// DynamoDB.
    #[must_use]
    pub fn dynamodb(&self) -> &aws_sdk_dynamodb::Client {
        let endpoint = &self.0.config.endpoints.dynamodb;
        self.0
            .dynamodb
            .get_or_init(|| client!(aws_sdk_dynamodb, self.0, endpoint, retry_classifier(TransactionConflicts)))
    }

    /// SES, which sends mail. Its error messages may quote addresses: don't log them.
    #[must_use]
    pub fn ses(&self) -> &aws_sdk_sesv2::Client {
        let (endpoint, retries, timeouts) = (&self.0.config.endpoints.ses, aws::mail_retries(), aws::mail_timeouts());
        self.0
            .ses
            .get_or_init(|| client!(aws_sdk_sesv2, self.0, endpoint, retry_config(retries), timeout_config(timeouts)))
    }

    /// EventBridge.
    #[must_use]
    pub fn events(&self) -> &aws_sdk_eventbridge::Client {
        self.0
            .events
            .get_or_init(|| client!(aws_sdk_eventbridge, self.0, self.0.config.endpoints.events))
    }

    /// Files and raw mails in S3.
    #[must_use]
    pub fn objects(&self) -> &Objects {
        self.0.objects.get_or_init(|| {
            let files = self.0.config.files_url.as_ref().map(|url| url.origin());
            Objects::new(&self.0.sdk, self.0.config.endpoints.s3.as_deref(), files)
        })
    }

    /// Secrets in the Parameter Store.
    #[must_use]
    pub fn parameters(&self) -> &Parameters {
        self.0.parameters.get_or_init(|| {
            let client = client!(aws_sdk_ssm, self.0, self.0.config.endpoints.ssm);
            Parameters::new(client, self.0.config.parameter_prefix.clone(), self.0.clock.clone())
        })
    }
}
