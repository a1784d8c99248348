//! Where an answer goes.

use tokio::sync::oneshot;

use crate::engine::protocol::refused::Refused;

/// Takes one answer; whoever asked may have gone away by then.
pub type Reply<T> = oneshot::Sender<Result<T, Refused>>;
