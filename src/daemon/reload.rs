//! Files that change while the daemon runs: read again, and in force if nothing is wrong with them.

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

/// So far ahead, holes in the duty are warned of at once: long enough to mend them without waking anybody. What lies
/// further ahead is for `check`.
const PROVED_AHEAD: TimeDelta = TimeDelta::days(14);

/// Files that are read for longer than this are on a disk that does not answer: the largest configuration takes a tenth.
const SLOW_AFTER: Duration = Duration::from_secs(10);

const SLOW: &str = "the disk with the configuration files is not answering. The rosters and playbooks already loaded stay in \
                    force; changes apply once it answers";

/// Reads the files again, whoever asks for it: a change, a signal or an operator.
pub struct Reloader {
    config_file: PathBuf,
    handle: Handle,
    metrics: Arc<Metrics>,
    now: fn() -> DateTime<Utc>,
    /// What the settings said that were read at the start.
    started_with: StartOnly,
    /// What was wrong with the configuration at the start.
    fault: Option<Arc<ConfigurationFault>>,
    /// Whether the plan in force is that of the files, and not an earlier one that the daemon has started with.
    has_plan_of_files: AtomicBool,
    /// Where copies of valid settings are kept.
    copies: Option<Arc<SettingsCopies>>,
    /// Which files are broken. Locked while files are read: else what was read earlier could come into force later.
    one_at_a_time: Mutex<BrokenFiles>,
    /// How many reads are taking long.
    slow_reads: std::sync::Mutex<usize>,
}

impl Reloader {
    /// For the files that a configuration leads to.
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

    /// The same for a daemon that has started with these settings, and with that fault in its configuration, which is
    /// reported until it is gone.
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
            fault.lines().for_each(|line| tracing::error!("the configuration needs somebody: {line}"));
            reloader.handle.report(Part::Plan, fault.of_plan());
            reloader.handle.report(Part::Secrets, fault.of_secrets(&fault.parts_off()));
            reloader.handle.report(Part::NewRecord, fault.of_record());
            reloader.metrics.gauges.configuration.started(fault.is_of_plan(), fault.parts_off());
        }
        reloader
    }

    /// Reads the files again. A plan that is valid is in force when this returns, and recorded; one that is not changes
    /// nothing, and `/readyz` warns until a good one comes.
    ///
    /// Secrets are read at a start alone, and where systemd hands them over, a new one is not at hand before: one that
    /// cannot be read keeps no plan back, and is warned of here, in the log and by `/readyz`. So are times of the coming
    /// two weeks at which somebody would not be reached: they keep no plan back either, as the one before may be worse.
    ///
    /// # Errors
    ///
    /// [`Refused::CannotRecord`] where the plan is in force, and is recorded as soon as the journal can be written;
    /// [`Refused::Unavailable`] where the engine has ended.
    pub async fn reload(&self) -> Result<Reloaded, Refused> {
        let mut broken = self.one_at_a_time.lock().await;
        let (config_file, now) = (self.config_file.clone(), (self.now)());
        let read = tokio::task::spawn_blocking(move || {
            let loaded = config::load(&config_file, now.date_naive(), &zones::rules());
            let proof = coverage::prove(&loaded, now, now + PROVED_AHEAD);
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
                tracing::info!("{fixed}. Other files still have errors, so the previous plan stays in force");
            }
            self.refuse(&loaded, followed.warnings());
            return Ok(Reloaded::Refused(Box::new(loaded)));
        };
        let (before, files) = (self.handle.plan(), plan.files.clone());
        let changed = changes(&before.files, &files);
        // The channels that run are those of the start: on others, pages would wait for nobody.
        let plan = Plan { channels: before.channels.clone(), ..plan };
        // Another release counts also where it changes no zone that is named: it is told.
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
            holes.iter().for_each(|hole| tracing::warn!(%hole, "the files are in force, with a coverage gap"));
        }
        warnings.extend(holes.iter().take(NAMED_MAX).map(ToString::to_string));
        warnings.extend(followed.warnings());
        if !from_next_start.is_empty() {
            let parts = from_next_start.join(", ");
            tracing::warn!(parts, "these settings have changed and count from the next start: restart the daemon");
            warnings.push(format!(
                "{parts} of the settings have changed and count from the next start: restart the daemon"
            ));
        }
        self.handle.report(Part::Plan, Report { reasons: self.reasons_for_earlier_plan(), warnings, ..Report::well() });
        recorded?;
        Ok(Reloaded::InForce(Box::new(InForce { files, changed, keys: followed, from_next_start, loaded })))
    }

    /// Waits for something that reads files; `/readyz` warns where that takes long, as on a network disk that does not answer.
    ///
    /// # Errors
    ///
    /// It panicked.
    pub async fn expect<T>(&self, mut read: JoinHandle<T>) -> Result<T, JoinError> {
        let began = (self.now)();
        if let Ok(read) = tokio::time::timeout(SLOW_AFTER, &mut read).await {
            return read;
        }
        tracing::warn!("{SLOW}");
        // Dropped also if the caller stops waiting.
        let _slow = SlowRead::begin(self);
        let read = read.await;
        let after = attempt::length((self.now)() - began);
        tracing::info!("the configuration files could be read again after {after}");
        read
    }

    fn refuse(&self, loaded: &Loaded, lost: Vec<String>) {
        let errors = loaded.diagnostics.iter().filter(|one| one.severity == Severity::Error).take(NAMED_MAX);
        for error in errors.clone() {
            tracing::error!(%error, "the files are not valid. The previous plan stays in force");
        }
        self.metrics.plan_reload_failed();
        let told = errors.map(ToString::to_string).chain(lost);
        self.handle.report(
            Part::Plan,
            Report { reasons: self.reasons_for_earlier_plan(), warnings: told.collect(), ..Report::well() },
        );
    }

    /// Why something else than the files is in force since the start.
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

/// A read that takes long. `/readyz` warns until the last of them is dropped.
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

/// Logs which files are fixed; after a start with broken files also what that does not bring back.
fn log_fixed(fixed: Option<String>, is_first_plan_of_files: bool) {
    let note = if is_first_plan_of_files { "; settings in wardbell.toml that differ need a restart" } else { "" };
    match fixed {
        Some(fixed) => tracing::info!("{fixed}: all files are valid and in force{note}"),
        None if is_first_plan_of_files => tracing::info!("all files are valid and in force{note}"),
        None => {}
    }
}

/// Logs the secrets that are not at hand, which the next start needs, and returns a line for each.
fn report_secrets(diagnostics: &[Diagnostic]) -> Vec<String> {
    let secrets = diagnostics.iter().filter(|one| one.code.is_of_secret());
    let lines = secrets.map(|secret| {
        if secret.severity == Severity::Error && !secret.code.hinders_no_start() {
            tracing::warn!(%secret, "the files are in force, but after the next start, what needs this secret is off");
            return format!("{secret}; after the next start, what needs it is off");
        }
        tracing::error!(%secret, "the files are in force, but the next start has no master key");
        secret.to_string()
    });
    lines.take(NAMED_MAX).collect()
}

/// The paths whose files are not the same in both, in order.
fn changes(before: &[PlanFile], after: &[PlanFile]) -> Vec<String> {
    let beyond = |files: &[PlanFile], others: &[PlanFile]| -> Vec<String> {
        files.iter().filter(|file| !others.contains(file)).map(|file| file.path.clone()).collect()
    };
    let mut paths = beyond(before, after);
    paths.extend(beyond(after, before));
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
