//! Questions to the store.

use std::sync::Arc;

use crate::engine::protocol::reader::Reader;
use crate::engine::protocol::refused::Refused;
use crate::web::error::Problem;

/// Queries may wait for the disk, so they run on a blocking thread.
pub(in crate::web) async fn ask<T: Send + 'static>(
    reader: &Arc<dyn Reader>,
    question: impl FnOnce(&dyn Reader) -> Result<T, Refused> + Send + 'static,
) -> Result<T, Problem> {
    let reader = Arc::clone(reader);
    let answer = tokio::task::spawn_blocking(move || question(&*reader)).await;
    Ok(answer.map_err(|_panicked| Refused::Unavailable)??)
}
