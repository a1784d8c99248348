//! The call to a watcher elsewhere, made for as long as incidents are accepted and people paged.

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

/// A watcher that takes longer has not taken the call.
const TAKEN_WITHIN: Duration = Duration::from_secs(10);

/// Calls the watcher.
pub struct Heartbeat {
    http: reqwest::Client,
    url: SecretString,
    every: Duration,
    handle: Handle,
    metrics: Arc<Metrics>,
    told: Option<Told>,
}

/// What the log says of it; each change is told once.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Told {
    Taken,
    Failed(String),
    Withheld(String),
}

impl Heartbeat {
    /// Makes no call yet. GET, as every watcher takes that; redirects are not followed, as they would carry the secret
    /// address elsewhere, and proxies named in the environment are not used, for the same reason.
    ///
    /// # Errors
    ///
    /// The system gives no means to speak HTTP.
    pub fn new(settings: &HeartbeatSettings, handle: Handle, metrics: Arc<Metrics>) -> Result<Self, DaemonError> {
        let http = || reqwest::Client::builder().timeout(TAKEN_WITHIN).redirect(Policy::none()).no_proxy();
        // Without root certificates no watcher at an `https` address is trusted: its calls stop, which alarms there.
        let http = http().build().or_else(|_| http().tls_certs_only(std::iter::empty()).build());
        let http = http.doing("the heartbeat cannot be set up")?;
        Ok(Self { http, url: settings.url.clone(), every: settings.every, handle, metrics, told: None })
    }

    /// Calls for as long as the daemon runs.
    pub async fn run(mut self) {
        let mut beats = interval(self.every);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            beats.tick().await;
            let readiness = self.handle.readiness().await;
            let ailment = readiness.hindrances().next();
            self.metrics.gauges.heartbeat_withheld(ailment.is_some());
            let told = match ailment {
                Some(reason) => Told::Withheld(reason.to_owned()),
                None => self.call().await,
            };
            self.tell(told);
        }
    }

    async fn call(&self) -> Told {
        match self.http.get(self.url.expose_secret()).send().await {
            Ok(answer) if answer.status().is_success() => {
                self.metrics.gauges.heartbeat_taken(seconds(SystemClock.wall()));
                Told::Taken
            }
            Ok(answer) => self.failed(format!("http-{}", answer.status().as_u16())),
            // The error's own text would tell the address.
            Err(error) if error.is_timeout() => self.failed("timeout".to_owned()),
            Err(error) if error.is_connect() => self.failed("connection-failed".to_owned()),
            Err(_) => self.failed("connection-lost".to_owned()),
        }
    }

    fn failed(&self, code: String) -> Told {
        self.metrics.gauges.heartbeat_failed();
        Told::Failed(code)
    }

    fn tell(&mut self, told: Told) {
        if self.told.as_ref() == Some(&told) {
            return;
        }
        match &told {
            Told::Taken => tracing::info!("the watcher elsewhere takes the heartbeat"),
            Told::Failed(code) => tracing::warn!(code, "the watcher elsewhere does not take the heartbeat"),
            Told::Withheld(reason) => {
                tracing::error!(reason, "the heartbeat is withheld, so that the watcher raises the alarm")
            }
        }
        self.told = Some(told);
    }
}
