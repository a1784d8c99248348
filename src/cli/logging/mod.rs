//! Sets up logging that never blocks the code that logs.

mod journald;
mod lines;
mod text;

use std::fs::File;
use std::io::{self, IsTerminal};
use std::os::fd::AsFd;
use std::panic::PanicHookInfo;

use anyhow::{Context, Result};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt};

use crate::cli::logging::journald::{JOURNALD, Journal, JournalLayer};
use crate::cli::logging::lines::Lines;
use crate::cli::logging::text::Text;
use crate::config::settings::{LogFormat, LogSettings};

/// The log of this process. Dropping it waits briefly for unwritten lines.
#[must_use = "unwritten lines are lost"]
pub struct Log {
    lines: Lines,
}

impl Drop for Log {
    fn drop(&mut self) {
        self.lines.wait_until_written();
    }
}

/// Sets up the log; an invalid `level` falls back to `info`.
///
/// # Errors
///
/// The system cannot start a thread, or there is no standard error.
pub fn set_up(settings: &LogSettings) -> Result<Log> {
    let filter = EnvFilter::try_new(&settings.level).unwrap_or_else(|_| EnvFilter::new("info"));
    let journal = (settings.format == LogFormat::Journald).then(|| Journal::open(JOURNALD)).and_then(Result::ok);
    let (lines, layer): (Lines, Box<dyn Layer<Registry> + Send + Sync>) = match journal {
        Some(journal) => {
            let lines = Lines::start(journal).context(NO_THREAD)?;
            (lines.clone(), JournalLayer::new(lines).boxed())
        }
        None => {
            let lines = Lines::start(standard_error()?).context(NO_THREAD)?;
            let writer = lines.clone();
            let layer = fmt::layer().log_internal_errors(false).with_writer(move || writer.clone());
            let layer = match settings.format {
                LogFormat::Json => layer.json().flatten_event(true).boxed(),
                LogFormat::Text | LogFormat::Journald => {
                    layer.with_ansi(io::stderr().is_terminal()).event_format(Text::new()).boxed()
                }
            };
            (lines, layer)
        }
    };
    // A second daemon in one process, as in tests, uses the log of the first.
    if tracing_subscriber::registry().with(layer.with_filter(filter)).try_init().is_ok() {
        std::panic::set_hook(Box::new(log_panic));
    }
    Ok(Log { lines })
}

const NO_THREAD: &str = "cannot start the log thread";

/// Standard error without the lock of `std`, so that a stuck reader does not block other threads.
fn standard_error() -> Result<File> {
    let descriptor = io::stderr().as_fd().try_clone_to_owned();
    descriptor.map(File::from).context("cannot use standard error")
}

/// The default hook writes to standard error and could block. The panic message is left out of the log because it may
/// contain what a source sent.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(|place| format!("{}:{}", place.file(), place.line())).unwrap_or_default();
    let thread = std::thread::current();
    tracing::error!(place, thread = thread.name(), "a bug in Wardbell: please report this line");
}
