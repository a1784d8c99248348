//! What systemd is told: ready, reloading, stopping, and that the loop is alive.

use std::time::Duration;

use sd_notify::NotifyState;

use crate::engine::handle::Handle;

/// The daemon accepts incidents and pages people.
pub fn ready() {
    tell(&[NotifyState::Ready]);
}

/// The daemon is ending.
pub fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// Pats the watchdog for as long as the engine's loop answers; ends at once where systemd wants none.
pub async fn watchdog(handle: Handle) {
    let Some(limit) = sd_notify::watchdog_enabled() else { return };
    let pause = (limit / 3).max(Duration::from_millis(100));
    loop {
        tokio::time::sleep(pause).await;
        match tokio::time::timeout(limit / 2, handle.ping()).await {
            Ok(Ok(())) => tell(&[NotifyState::Watchdog]),
            Ok(Err(_)) => return,
            Err(_) => tracing::error!("the engine does not answer: the watchdog is not patted"),
        }
    }
}

fn tell(states: &[NotifyState]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "systemd cannot be told");
    }
}
