//! `wardbell serve`: the daemon.

use std::path::Path;

use anyhow::{Context, Result};
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::check;
use crate::cli::daemon::Daemon;
use crate::cli::exit::{Ending, Exit};
use crate::cli::watch::{self, Follower};
use crate::cli::{Format, logging, notify};
use crate::clock::{Clock, SystemClock};
use crate::config::{self, Config};

/// Runs until SIGTERM or SIGINT.
///
/// # Errors
///
/// A configuration, folder or address that cannot be used.
pub fn serve(config_file: &Path) -> Result<Exit> {
    let config = usable(config_file)?;
    logging::set_up(&config.settings.log);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(run(config_file, config))
}

/// Reads the configuration; every mistake is told at once.
///
/// # Errors
///
/// It cannot be used.
pub fn usable(config_file: &Path) -> Result<Config> {
    let loaded = config::load(config_file, SystemClock.wall().date_naive());
    if loaded.config.is_none() {
        check::write(&loaded, Format::Text, &mut anstream::stderr())?;
    }
    let unusable = || Ending::unusable(format!("{} cannot be used", config_file.display()));
    loaded.config.ok_or_else(unusable).map_err(Into::into)
}

async fn run(config_file: &Path, config: Config) -> Result<Exit> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let daemon = Daemon::start(config_file, config).await?;
    let mut follower = Follower::new(config_file);
    tracing::info!(address = %daemon.address, "ready");
    notify::ready();
    let watchdog = tokio::spawn(notify::watchdog(daemon.handle.clone()));
    loop {
        tokio::select! {
            () = daemon.handle.ended() => return Err(Ending::bug("the engine has ended by itself").into()),
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            _ = hang_up.recv() => follower.look_again(),
            () = follower.changed() => {}
        }
        watch::reload(&daemon.reloader).await;
    }
    tracing::info!("ending");
    notify::stopping();
    watchdog.abort();
    daemon.stop().await.context("the daemon did not end cleanly")?;
    Ok(Exit::Fine)
}
