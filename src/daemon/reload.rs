//! Reloads the configuration files while the daemon runs.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::BoxFuture;
use tokio::sync::Mutex;
use tokio::task::{JoinError, JoinHandle};

use crate::clock::zones;
use crate::config;
use crate::config::coverage;
use crate::config::coverage::parallel::Threads;
use crate::config::examine::{self, Stretch};
use crate::config::last_good::LastGood;
use crate::config::loaded::Loaded;
use crate::config::start_only::StartOnly;
use crate::daemon::broken_files::BrokenFiles;
use crate::daemon::rotate;
use crate::daemon::settings_copies::SettingsCopies;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::domain::plan::{Plan, PlanFile};
use crate::engine::handle::Handle;
use crate::engine::log::attempt;
use crate::engine::metrics::Metrics;
use crate::engine::metrics::labels::seconds;
use crate::engine::parts::configuration_fault::ConfigurationFault;
use crate::engine::protocol::readiness::{Part, Report};
use crate::engine::protocol::refused::Refused;
use crate::engine::protocol::reload::{Findings, InForce, NAMED_MAX, Reload, Reloaded};

/// How far ahead a reload looks for coverage gaps: far enough to fix them without waking anyone. `check` looks further.
const PROVED_AHEAD: TimeDelta = TimeDelta::days(14);

/// Reading longer than this means the disk is not responding; the largest configuration takes a tenth.
const SLOW_AFTER: Duration = Duration::from_secs(10);

const SLOW: &str = "the disk with the configuration files is not responding; still using the rosters and playbooks \
                    already loaded. Changes apply once it responds";

/// Reloads the files after a change, a signal, or an operator's request.
pub struct Reloader {
    config_file: PathBuf,
    handle: Handle,
    metrics: Arc<Metrics>,
    now: fn() -> DateTime<Utc>,
    /// The settings at startup.
    started_with: StartOnly,
    /// The configuration errors at startup.
    fault: Option<Arc<ConfigurationFault>>,
    /// Whether the current plan comes from the files, not from the journal.
    has_plan_of_files: AtomicBool,
    /// Keeps copies of valid settings.
    copies: Option<Arc<SettingsCopies>>,
    /// The broken files. Locked during a reload, so that an older read cannot replace a newer one.
    one_at_a_time: Mutex<BrokenFiles>,
    /// How many reads are slow.
    slow_reads: std::sync::Mutex<usize>,
}

impl Reloader {
    /// A reloader for one configuration.
    pub fn new(config_file: impl Into<PathBuf>, handle: Handle, now: fn() -> DateTime<Utc>) -> Self {
        let config_file = config_file.into();
        let metrics = Arc::clone(handle.metrics());
        let started_with = StartOnly::read(&config_file).unwrap_or_default();
        Self {
            config_file,
            handle,
            metrics,
            now,
            started_with,
            fault: None,
            has_plan_of_files: AtomicBool::new(true),
            copies: None,
            one_at_a_time: Mutex::default(),
            slow_reads: std::sync::Mutex::default(),
        }
    }

    /// Adds the settings at startup and the configuration fault, which is reported until it is fixed.
    pub fn started_with(
        self,
        settings: &str,
        fault: Option<Arc<ConfigurationFault>>,
        copies: &Arc<SettingsCopies>,
    ) -> Self {
        let started_with = StartOnly::of(settings).unwrap_or_default();
        let has_plan_of_files = AtomicBool::new(fault.as_ref().is_none_or(|fault| !fault.is_of_plan()));
        let copies = Some(Arc::clone(copies));
        let broken = fault.iter().flat_map(|fault| fault.broken_files());
        let one_at_a_time = Mutex::new(BrokenFiles::at_start(broken, (self.now)()));
        let reloader = Self { started_with, fault, has_plan_of_files, copies, one_at_a_time, ..self };
        if let Some(fault) = &reloader.fault {
            fault.lines().for_each(|line| tracing::error!("configuration problem: {line}"));
            reloader.handle.report(Part::Plan, fault.of_plan());
            reloader.handle.report(Part::Secrets, fault.of_secrets(&fault.parts_off()));
            reloader.handle.report(Part::NewRecord, fault.of_record());
            reloader.metrics.gauges.configuration.started(fault.is_of_plan(), fault.parts_off());
        }
        reloader
    }

    /// Reloads the files. A valid plan is in use and recorded when this returns. An invalid one changes nothing, and
    /// `/readyz` warns until the files are valid.
    ///
    /// Secrets are read only at startup, so an unreadable secret does not block the plan but causes a warning in the
    /// log and in `/readyz`. The same applies to coverage gaps in the next two weeks, because the previous plan may be
    /// worse.
    ///
    /// # Errors
    ///
    /// [`Refused::CannotRecord`] if the plan is in use but will be recorded later; [`Refused::Unavailable`] if the
    /// engine has stopped.
    pub async fn reload(&self) -> Result<Reloaded, Refused> {
        let mut broken = self.one_at_a_time.lock().await;
        let (config_file, now) = (self.config_file.clone(), (self.now)());
        let read = tokio::task::spawn_blocking(move || {
            let loaded = config::load(&config_file, now.date_naive(), &zones::rules());
            // The other cores are for the pages of open incidents.
            let proof = coverage::prove_on(Threads::ONE, &loaded, now, now + PROVED_AHEAD);
            let keys = config::encryption(&config_file).and_then(|encryption| encryption.master_keys.ok());
            (loaded, proof.findings, keys, StartOnly::read(&config_file))
        });
        let read = self.expect(read).await;
        let (loaded, mut holes, keys, settings) = read.map_err(|_panicked| Refused::Unavailable)?;
        let from_next_start = settings.map(|now| self.started_with.changed(&now)).unwrap_or_default();
        holes.retain(|hole| hole.code == Code::CoverageGap);
        let followed = rotate::follow(&self.handle, &self.metrics, keys).await;
        let fixed = broken.read_again(&loaded.diagnostics, now);
        if let Some((fault, still)) = self.fault.as_ref().zip(loaded.parts_off()) {
            self.handle.report(Part::Secrets, fault.of_secrets(&still));
        }
        let Some(plan) = loaded.plan().cloned() else {
            if let Some(fixed) = fixed {
                tracing::info!("{fixed}. Other files still have errors; still using the previous version");
            }
            self.refuse(&loaded, followed.warnings());
            return Ok(Reloaded::Refused(Box::new(loaded)));
        };
        let (before, files) = (self.handle.plan(), plan.files.clone());
        let changed = changes(&before.files, &files);
        // Channels change only at startup; pages on other channels would never be sent.
        let plan = Plan { channels: before.channels.clone(), ..plan };
        // A new time zone release counts as a change even if it changes no zone in use.
        let is_same = changed.is_empty() && before.rules.edition() == plan.rules.edition();
        let recorded = if is_same { Ok(()) } else { self.handle.replan(Arc::new(plan)).await };
        self.metrics.gauges.plan_is_read(true);
        if let Some(copies) = &self.copies {
            copies.want(LastGood::Valid, &loaded.settings_text());
        }
        let ends = self.fault.as_ref().is_none_or(|fault| fault.ends_with_valid_files());
        let is_first = ends && !self.has_plan_of_files.swap(true, Ordering::Relaxed);
        if is_first {
            self.metrics.gauges.configuration.has_plan_of_files();
            if self.fault.as_ref().is_some_and(|fault| fault.is_fixed_by_valid_files()) {
                self.handle.note_configuration_fixed().await;
            }
        }
        log_fixed(fixed, is_first);
        if !changed.is_empty() {
            self.metrics.gauges.plan_loaded(seconds((self.now)()));
        }
        let mut warnings = report_secrets(&loaded.diagnostics);
        if !changed.is_empty() {
            holes.iter().for_each(|hole| tracing::warn!(%hole, "configuration loaded; on-call coverage has a gap"));
        }
        warnings.extend(holes.iter().take(NAMED_MAX).map(ToString::to_string));
        warnings.extend(followed.warnings());
        if !from_next_start.is_empty() {
            let parts = from_next_start.join(", ");
            tracing::warn!(parts, "these settings have changed; restart Wardbell to apply them");
            warnings.push(format!("these settings have changed: {parts}. Restart Wardbell to apply them"));
        }
        self.handle.report(Part::Plan, Report { reasons: self.reasons_for_earlier_plan(), warnings, ..Report::well() });
        recorded?;
        Ok(Reloaded::InForce(Box::new(InForce { files, changed, keys: followed, from_next_start, loaded })))
    }

    /// Waits for a task that reads files. `/readyz` warns if it is slow, for example because a network disk is not
    /// responding.
    ///
    /// # Errors
    ///
    /// The task panicked.
    pub async fn expect<T>(&self, mut read: JoinHandle<T>) -> Result<T, JoinError> {
        let began = (self.now)();
        if let Ok(read) = tokio::time::timeout(SLOW_AFTER, &mut read).await {
            return read;
        }
        tracing::warn!("{SLOW}");
        // Also dropped if the caller stops waiting.
        let _slow = SlowRead::begin(self);
        let read = read.await;
        let after = attempt::length((self.now)() - began);
        tracing::info!("the configuration files can be read again, after {after}");
        read
    }

    fn refuse(&self, loaded: &Loaded, lost: Vec<String>) {
        let errors = loaded.diagnostics.iter().filter(|one| one.severity == Severity::Error).take(NAMED_MAX);
        for error in errors.clone() {
            tracing::error!(%error, "errors in rosters or playbooks; still using the previous version");
        }
        self.metrics.plan_reload_failed();
        let told = errors.map(ToString::to_string).chain(lost);
        self.handle.report(
            Part::Plan,
            Report { reasons: self.reasons_for_earlier_plan(), warnings: told.collect(), ..Report::well() },
        );
    }

    /// Why the daemon still runs on something other than the files since startup.
    fn reasons_for_earlier_plan(&self) -> Vec<String> {
        let fault = self.fault.as_ref().filter(|_| !self.has_plan_of_files.load(Ordering::Relaxed));
        fault.map(|fault| fault.of_plan().reasons).unwrap_or_default()
    }
}

impl Reload for Reloader {
    fn reload(self: Arc<Self>) -> BoxFuture<'static, Result<Reloaded, Refused>> {
        Box::pin(async move {
            let reload = tokio::spawn(async move { Self::reload(&self).await });
            reload.await.map_err(|_panicked| Refused::Unavailable)?
        })
    }

    fn findings(self: Arc<Self>, mut loaded: Loaded) -> BoxFuture<'static, Result<Findings, Refused>> {
        Box::pin(async move {
            let now = (self.now)();
            let examined = tokio::task::spawn_blocking(move || {
                let others = loaded.plan().and_then(|plan| zones::others(&plan.rules));
                let (today, to) = (now.date_naive(), now + examine::HORIZON);
                examine::examine(&mut loaded, Stretch { today, from: now, to, others: others.as_deref() });
                Findings::of(loaded)
            });
            examined.await.map_err(|_panicked| Refused::Unavailable)
        })
    }
}

/// A slow read. `/readyz` warns until the last of them is dropped.
struct SlowRead<'a>(&'a Reloader);

impl<'a> SlowRead<'a> {
    fn begin(reloader: &'a Reloader) -> Self {
        let mut count = reloader.slow_reads.lock().unwrap_or_else(PoisonError::into_inner);
        *count += 1;
        reloader.handle.report(Part::Reading, Report::warnings([SLOW.to_owned()]));
        Self(reloader)
    }
}

impl Drop for SlowRead<'_> {
    fn drop(&mut self) {
        let mut count = self.0.slow_reads.lock().unwrap_or_else(PoisonError::into_inner);
        *count -= 1;
        if *count == 0 {
            self.0.handle.report(Part::Reading, Report::well());
        }
    }
}

/// Logs which files are fixed and, after a start with broken files, that a restart is needed for changed settings.
fn log_fixed(fixed: Option<String>, is_first_plan_of_files: bool) {
    let note =
        if is_first_plan_of_files { "; restart Wardbell to apply changed settings in wardbell.toml" } else { "" };
    match fixed {
        Some(fixed) => tracing::info!("{fixed}: all files are valid and in use{note}"),
        None if is_first_plan_of_files => tracing::info!("all files are valid and in use{note}"),
        None => {}
    }
}

/// Logs the missing secrets that the next start needs, and returns a line for each.
fn report_secrets(diagnostics: &[Diagnostic]) -> Vec<String> {
    let secrets = diagnostics.iter().filter(|one| one.code.is_of_secret());
    let lines = secrets.map(|secret| {
        if secret.severity == Severity::Error && !secret.code.hinders_no_start() {
            tracing::warn!(%secret, "configuration loaded, but what needs this secret will be off after a restart");
            return format!("{secret}; what needs it will be off after a restart");
        }
        tracing::error!(%secret, "configuration loaded, but there will be no master key after a restart");
        secret.to_string()
    });
    lines.take(NAMED_MAX).collect()
}

/// The paths of files that differ, in order.
fn changes(before: &[PlanFile], after: &[PlanFile]) -> Vec<String> {
    let last_resort = |files: &[PlanFile], others: &[PlanFile]| -> Vec<String> {
        files.iter().filter(|file| !others.contains(file)).map(|file| file.path.clone()).collect()
    };
    let mut paths = last_resort(before, after);
    paths.extend(last_resort(after, before));
    paths.sort_unstable();
    paths.dedup();
    paths
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::digest::Digest;

    #[test]
    fn files_that_are_changed_added_or_taken_away_are_named_once() {
        let files = |all: &[(&str, &str)]| -> Vec<PlanFile> {
            let file = |(path, text): &(&str, &str)| PlanFile {
                path: (*path).to_owned(),
                sha256: Digest::of(text.as_bytes()),
            };
            all.iter().map(file).collect()
        };
        let before = files(&[("a", "1"), ("b", "1"), ("d", "1")]);
        assert_eq!(changes(&before, &files(&[("a", "1"), ("b", "2"), ("c", "1")])), ["b", "c", "d"]);
        assert!(changes(&before, &before).is_empty());
    }
}
