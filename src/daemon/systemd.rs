//! Notifies systemd: ready, stopping, and that the engine is alive.

use std::time::Duration;

use sd_notify::NotifyState;

use crate::engine::handle::Handle;

pub fn ready() {
    notify_systemd(&[NotifyState::Ready]);
}

pub fn stopping() {
    notify_systemd(&[NotifyState::Stopping]);
}

/// Notifies the watchdog while the engine responds. Returns immediately if no watchdog is configured.
pub async fn watchdog(handle: Handle) {
    let Some(limit) = sd_notify::watchdog_enabled() else { return };
    let pause = (limit / 3).max(Duration::from_millis(100));
    loop {
        tokio::time::sleep(pause).await;
        match tokio::time::timeout(limit / 2, handle.ping()).await {
            Ok(Ok(())) => notify_systemd(&[NotifyState::Watchdog]),
            Ok(Err(_)) => return,
            Err(_) => tracing::error!("engine not responding; systemd will restart it"),
        }
    }
}

fn notify_systemd(states: &[NotifyState]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "cannot notify systemd");
    }
}
