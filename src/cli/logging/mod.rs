//! Where log lines go, without ever holding up whoever writes one.

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

/// The log of this process. Dropped at the end, it waits a moment for what is still to be written.
#[must_use = "what is still to be written is lost"]
pub struct Log {
    lines: Lines,
}

impl Drop for Log {
    fn drop(&mut self) {
        self.lines.wait_until_written();
    }
}

/// Sets up the log; what cannot be understood in `level` falls back to `info`.
///
/// # Errors
///
/// The system gives no thread, or there is no standard error.
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
    // A second daemon in one process, as in tests, logs to where the first one does.
    if tracing_subscriber::registry().with(layer.with_filter(filter)).try_init().is_ok() {
        std::panic::set_hook(Box::new(log_panic));
    }
    Ok(Log { lines })
}

const NO_THREAD: &str = "the thread that writes the log cannot be started";

/// Standard error without the lock that `std` shares between threads: a reader that stops must not hold up others.
fn standard_error() -> Result<File> {
    let descriptor = io::stderr().as_fd().try_clone_to_owned();
    descriptor.map(File::from).context("standard error cannot be used")
}

/// The usual hook writes to standard error itself and would wait for its reader. What was said stays out of the log, as
/// it may show what a source sent.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(|place| format!("{}:{}", place.file(), place.line())).unwrap_or_default();
    let thread = std::thread::current();
    tracing::error!(place, thread = thread.name(), "a bug in Wardbell: please report this line");
}
