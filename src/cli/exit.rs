//! How a command ends.

use std::fs::File;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use crate::daemon::error::DaemonError;

/// How a command ends, for scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// All is well.
    Fine,
    /// The answer is "no".
    No,
    /// The arguments make no sense together.
    Usage,
    /// The configuration cannot be used.
    Unusable,
    /// The daemon cannot be reached.
    Unreachable,
    /// A mistake of ours.
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

/// An error that says how the command ends.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Ending {
    /// How.
    pub exit: Exit,
    /// What to tell.
    pub message: String,
}

impl Ending {
    /// The configuration cannot be used.
    pub fn unusable(message: impl Into<String>) -> Self {
        Self { exit: Exit::Unusable, message: message.into() }
    }

    /// The configuration, for want of what it should say; or it is not there at all.
    pub fn silent(config_file: &Path, what: &str) -> Self {
        let shown = config_file.display();
        Self::unusable(match File::open(config_file) {
            Ok(_) => format!("{shown} does not say {what}"),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                format!("there is no configuration {shown}: name it with `--config` or `WARDBELL_CONFIG`")
            }
            Err(error) => format!("{shown} cannot be read: {error}"),
        })
    }

    /// The daemon cannot be reached.
    pub fn unreachable(message: impl Into<String>) -> Self {
        Self { exit: Exit::Unreachable, message: message.into() }
    }

    /// The arguments make no sense together.
    pub fn usage(message: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, message: message.into() }
    }

    /// A mistake of ours.
    pub fn bug(message: impl Into<String>) -> Self {
        Self { exit: Exit::Bug, message: message.into() }
    }

    /// The answer is "no".
    pub fn no(message: impl Into<String>) -> Self {
        Self { exit: Exit::No, message: message.into() }
    }
}

/// How a command that failed ends.
pub fn of(error: &anyhow::Error) -> Exit {
    let of_cause = |cause: &(dyn std::error::Error + 'static)| match cause.downcast_ref::<DaemonError>() {
        Some(DaemonError::Unusable(_)) => Some(Exit::Unusable),
        Some(DaemonError::Failed { .. } | DaemonError::Broken(_)) => Some(Exit::No),
        None => cause.downcast_ref::<Ending>().map(|ending| ending.exit),
    };
    error.chain().find_map(of_cause).unwrap_or(Exit::No)
}

/// Whether the reader of the answer has seen enough, as `head` does.
pub fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let io = error.chain().filter_map(|cause| cause.downcast_ref::<std::io::Error>());
    io.map(std::io::Error::kind).any(|kind| kind == std::io::ErrorKind::BrokenPipe)
}
