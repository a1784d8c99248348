//! Where log lines go.

use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt};

use crate::config::settings::{LogFormat, LogSettings};

/// Sets up the log; what cannot be understood in `level` falls back to `info`.
pub fn set_up(settings: &LogSettings) {
    let filter = EnvFilter::try_new(&settings.level).unwrap_or_else(|_| EnvFilter::new("info"));
    let journald = (settings.format == LogFormat::Journald).then(tracing_journald::layer).and_then(Result::ok);
    let layer = match (settings.format, journald) {
        (LogFormat::Json, _) => fmt::layer().json().flatten_event(true).with_writer(std::io::stderr).boxed(),
        (_, Some(journald)) => journald.boxed(),
        _ => {
            let colours = std::io::IsTerminal::is_terminal(&std::io::stderr());
            fmt::layer().with_ansi(colours).with_target(false).with_writer(std::io::stderr).boxed()
        }
    };
    // A second daemon in one process, as in tests, logs to where the first one does.
    let _already = tracing_subscriber::registry().with(layer.with_filter(filter)).try_init();
}
