//! The heartbeat to an external watcher, sent while incidents are accepted and people paged.

use std::sync::Arc;
use std::time::Duration;

use reqwest::redirect::Policy;
use secrecy::{ExposeSecret, SecretString};
use tokio::time::{MissedTickBehavior, interval};

use crate::clock::{Clock, SystemClock};
use crate::config::settings::HeartbeatSettings;
use crate::daemon::error::{DaemonError, Doing};
use crate::engine::handle::Handle;
use crate::engine::metrics::Metrics;
use crate::engine::metrics::labels::seconds;
use crate::provider::http_client::client_builder;

/// The timeout of one heartbeat.
const TAKEN_WITHIN: Duration = Duration::from_secs(10);

pub struct Heartbeat {
    http: reqwest::Client,
    url: SecretString,
    every: Duration,
    handle: Handle,
    metrics: Arc<Metrics>,
    status: Option<Status>,
}

/// The last logged state; only changes are logged.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Status {
    Accepted,
    Failed(String),
    Withheld(String),
}

impl Heartbeat {
    /// Sends nothing yet. Uses GET because every watcher accepts it. Does not follow redirects or use proxies from the
    /// environment, because either would send the secret address elsewhere.
    ///
    /// # Errors
    ///
    /// No HTTP client can be created.
    pub fn new(settings: &HeartbeatSettings, handle: Handle, metrics: Arc<Metrics>) -> Result<Self, DaemonError> {
        let http = || client_builder().timeout(TAKEN_WITHIN).redirect(Policy::none());
        // Without root certificates no `https` watcher is trusted: heartbeats stop, and the watcher raises the alarm.
        let http = http().build().or_else(|_| http().tls_certs_only(std::iter::empty()).build());
        let http = http.doing("cannot set up the heartbeat")?;
        Ok(Self { http, url: settings.url.clone(), every: settings.every, handle, metrics, status: None })
    }

    /// Sends heartbeats while the daemon runs.
    pub async fn run(mut self) {
        let mut beats = interval(self.every);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            beats.tick().await;
            let readiness = self.handle.readiness().await;
            let hindrance = readiness.hindrances().next();
            self.metrics.gauges.heartbeat_withheld(hindrance.is_some());
            let status = match hindrance {
                Some(reason) => Status::Withheld(reason.to_owned()),
                None => self.call().await,
            };
            self.log(status);
        }
    }

    async fn call(&self) -> Status {
        match self.http.get(self.url.expose_secret()).send().await {
            Ok(answer) if answer.status().is_success() => {
                self.metrics.gauges.heartbeat_taken(seconds(SystemClock.wall()));
                Status::Accepted
            }
            Ok(answer) => self.failed(format!("http-{}", answer.status().as_u16())),
            // The error's own text would reveal the address.
            Err(error) if error.is_timeout() => self.failed("timeout".to_owned()),
            Err(error) if error.is_connect() => self.failed("connection-failed".to_owned()),
            Err(_) => self.failed("connection-lost".to_owned()),
        }
    }

    fn failed(&self, code: String) -> Status {
        self.metrics.gauges.heartbeat_failed();
        Status::Failed(code)
    }

    fn log(&mut self, status: Status) {
        if self.status.as_ref() == Some(&status) {
            return;
        }
        match &status {
            Status::Accepted => tracing::info!("the external watcher accepts the heartbeat"),
            Status::Failed(code) => tracing::warn!(code, "the external watcher did not accept the heartbeat"),
            Status::Withheld(reason) => {
                tracing::error!(reason, "the heartbeat is withheld so that the external watcher raises the alarm")
            }
        }
        self.status = Some(status);
    }
}
