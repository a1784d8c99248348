//! Why the daemon did not start or did not shut down cleanly.

use std::error::Error;

/// Why the daemon did not start or did not shut down cleanly.
#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    /// A setting cannot be used, such as an address that is not this machine's.
    #[error("{0}")]
    Unusable(String),
    /// A part of the daemon panicked.
    #[error("{0}")]
    Broken(&'static str),
    /// The system or another part of the daemon failed.
    #[error("{doing}: {cause}")]
    Failed { doing: &'static str, cause: String },
}

/// Says what was being done when something failed.
pub trait Doing<T> {
    /// Adds what was being done.
    ///
    /// # Errors
    ///
    /// [`DaemonError::Failed`].
    fn doing(self, doing: &'static str) -> Result<T, DaemonError>;
}

impl<T, E: Error> Doing<T> for Result<T, E> {
    fn doing(self, doing: &'static str) -> Result<T, DaemonError> {
        self.map_err(|error| DaemonError::Failed { doing, cause: error.to_string() })
    }
}
