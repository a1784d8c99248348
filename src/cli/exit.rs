//! Exit codes.

use std::fs::File;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use crate::daemon::error::DaemonError;

/// How a command ends, for scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Success.
    Fine,
    /// The answer is "no", or the request was refused.
    No,
    /// The arguments are not valid together.
    Usage,
    /// The configuration is not valid.
    Unusable,
    Unreachable,
    /// A bug in Wardbell.
    Bug,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Fine => 0,
            Exit::No => 1,
            Exit::Usage => 2,
            Exit::Unusable => 64,
            Exit::Unreachable => 69,
            Exit::Bug => 70,
        })
    }
}

/// An error with an exit code.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Ending {
    pub exit: Exit,
    pub message: String,
}

impl Ending {
    pub fn unusable(message: impl std::fmt::Display) -> Self {
        Self { exit: Exit::Unusable, message: message.to_string() }
    }

    /// The configuration is missing or lacks a setting.
    pub fn silent(config_file: &Path, what: &str) -> Self {
        let shown = config_file.display();
        Self::unusable(match File::open(config_file) {
            Ok(_) => format!("{shown} does not set {what}"),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                format!("no configuration at {shown}. Give its path with `--config` or `WARDBELL_CONFIG`")
            }
            Err(error) => format!("cannot read {shown}: {error}"),
        })
    }

    pub fn unreachable(message: impl Into<String>) -> Self {
        Self { exit: Exit::Unreachable, message: message.into() }
    }

    pub fn usage(message: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, message: message.into() }
    }

    /// A bug in Wardbell.
    pub fn bug(message: impl Into<String>) -> Self {
        Self { exit: Exit::Bug, message: message.into() }
    }

    pub fn no(message: impl Into<String>) -> Self {
        Self { exit: Exit::No, message: message.into() }
    }
}

pub fn of(error: &anyhow::Error) -> Exit {
    let of_cause = |cause: &(dyn std::error::Error + 'static)| match cause.downcast_ref::<DaemonError>() {
        Some(DaemonError::Unusable(_)) => Some(Exit::Unusable),
        Some(DaemonError::Failed { .. } | DaemonError::Broken(_)) => Some(Exit::No),
        None => cause.downcast_ref::<Ending>().map(|ending| ending.exit),
    };
    error.chain().find_map(of_cause).unwrap_or(Exit::No)
}

/// Whether the reader closed the pipe, as `head` does.
pub fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let io = error.chain().filter_map(|cause| cause.downcast_ref::<std::io::Error>());
    io.map(std::io::Error::kind).any(|kind| kind == std::io::ErrorKind::BrokenPipe)
}
