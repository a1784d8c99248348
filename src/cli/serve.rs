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

/// What still runs beside the daemon when it has ended is waited for no longer than this.
const LEFT_WITHIN: Duration = Duration::from_secs(1);

/// Runs until SIGTERM or SIGINT.
///
/// # Errors
///
/// A configuration, folder or address that cannot be used.
pub fn serve(config_file: &Path) -> Result<Exit> {
    let (start, diagnostics) = last_plan::choose(config_file).or_else(|loaded| unusable(config_file, &loaded))?;
    let _log = logging::set_up(&start.config.settings.log)?;
    for secret in diagnostics.iter().filter(|one| one.code == Code::OpenSecret) {
        tracing::warn!(%secret, "a secret is open to everybody on this machine");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let ended = runtime.block_on(run(config_file, start));
    // All is closed by now. A rebuild of the store that is under way is begun anew another time, and a name server that does
    // not answer holds a thread for as long as it likes: the next start must not wait for them.
    runtime.shutdown_timeout(LEFT_WITHIN);
    ended
}

/// Reads the configuration; every mistake is told at once.
///
/// # Errors
///
/// It cannot be used.
pub fn usable(config_file: &Path) -> Result<Config> {
    let loaded = config::load(config_file, SystemClock.wall().date_naive(), &zones::rules());
    match loaded.config {
        Some(config) => Ok(config),
        None => unusable(config_file, &loaded),
    }
}

/// Says all that is wrong with the files.
fn unusable<T>(config_file: &Path, loaded: &Loaded) -> Result<T> {
    check::write(loaded, Format::Text, &mut anstream::stderr())?;
    Err(Ending::unusable(format!("{} cannot be used", config_file.display())).into())
}

/// Starts; where valid settings turn out to be none, such as an address that is not this machine's, with those of before.
async fn start(config_file: &Path, start: Start) -> Result<Daemon, DaemonError> {
    let settings = start.settings.clone();
    let failed = match Daemon::start(config_file, new_record::noted(config_file, start)).await {
        Ok(daemon) => return Ok(daemon),
        Err(failed) => failed,
    };
    let why = failed.to_string();
    let Some(earlier) = last_plan::choose_earlier(config_file, &settings, why.clone()) else { return Err(failed) };
    tracing::error!(why, "the settings cannot be used: those of the last start are tried");
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
            () = daemon.handle.ended() => return Err(Ending::bug("the engine has ended by itself").into()),
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            _ = hang_up.recv() => follower.read_again(),
        }
    }
    tracing::info!("ending");
    systemd::stopping();
    watchdog.abort();
    drop(follower);
    daemon.stop().await.context("the daemon did not end cleanly")?;
    Ok(Exit::Fine)
}
