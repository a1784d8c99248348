//! Where an answer goes.

use tokio::sync::oneshot;

use crate::engine::protocol::refused::Refused;

/// Takes one answer; the caller may be gone by then.
pub type Reply<T> = oneshot::Sender<Result<T, Refused>>;
