//! `wardbell serve`: the daemon.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::check;
use crate::cli::exit::{Ending, Exit};
use crate::cli::format::Format;
use crate::cli::logging;
use crate::clock::{Clock, SystemClock, zones};
use crate::config;
use crate::config::loaded::{Config, Loaded};
use crate::config::start::Start;
use crate::daemon::error::DaemonError;
use crate::daemon::start::Daemon;
use crate::daemon::watch::Follower;
use crate::daemon::{last_plan, new_record, systemd};
use crate::diagnostic::Code;

/// How long to wait at exit for background work.
const LEFT_WITHIN: Duration = Duration::from_secs(1);

/// Runs until SIGTERM or SIGINT.
///
/// # Errors
///
/// A configuration, folder, or address cannot be used.
pub fn serve(config_file: &Path) -> Result<Exit> {
    let (start, diagnostics) = last_plan::choose(config_file).or_else(|loaded| unusable(config_file, &loaded))?;
    let _log = logging::set_up(&start.config.settings.log)?;
    for secret in diagnostics.iter().filter(|one| one.code == Code::OpenSecret) {
        tracing::warn!(%secret, "a secret file is readable by everyone on this machine; restrict it with `chmod 600`");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let ended = runtime.block_on(run(config_file, start));
    // Everything is closed. An unfinished rebuild of the store starts over next time, and an unresponsive name server can
    // block its thread indefinitely; the next start must not wait for either.
    runtime.shutdown_timeout(LEFT_WITHIN);
    ended
}

/// Reads the configuration and prints every error.
///
/// # Errors
///
/// The configuration is not valid.
pub fn usable(config_file: &Path) -> Result<Config> {
    let loaded = config::load(config_file, SystemClock.wall().date_naive(), &zones::rules());
    match loaded.config {
        Some(config) => Ok(config),
        None => unusable(config_file, &loaded),
    }
}

fn unusable<T>(config_file: &Path, loaded: &Loaded) -> Result<T> {
    check::write(loaded, Format::Text, &mut anstream::stderr())?;
    Err(Ending::unusable(format!("cannot use {}", config_file.display())).into())
}

/// Starts the daemon. If settings turn out not to work, such as an address of another machine, tries the last good ones.
async fn start(config_file: &Path, start: Start) -> Result<Daemon, DaemonError> {
    let settings = start.settings.clone();
    let failed = match Daemon::start(config_file, new_record::noted(config_file, start)).await {
        Ok(daemon) => return Ok(daemon),
        Err(failed) => failed,
    };
    let why = failed.to_string();
    let Some(earlier) = last_plan::choose_earlier(config_file, &settings, why.clone()) else { return Err(failed) };
    tracing::error!(why, "cannot start with the present settings; trying those of the last start");
    Daemon::start(config_file, new_record::noted(config_file, earlier)).await.map_err(|_| failed)
}

async fn run(config_file: &Path, begin_with: Start) -> Result<Exit> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let daemon = start(config_file, begin_with).await?;
    let follower = Follower::start(config_file, &daemon.reloader);
    tracing::info!(address = %daemon.address, "ready");
    systemd::ready();
    let watchdog = tokio::spawn(systemd::watchdog(daemon.handle.clone()));
    loop {
        tokio::select! {
            () = daemon.handle.ended() => return Err(Ending::bug("the engine stopped unexpectedly").into()),
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            _ = hang_up.recv() => follower.read_again(),
        }
    }
    tracing::info!("ending");
    systemd::stopping();
    watchdog.abort();
    drop(follower);
    daemon.stop().await.context("the daemon did not shut down cleanly")?;
    Ok(Exit::Fine)
}
