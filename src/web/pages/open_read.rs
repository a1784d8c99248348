//! What is open, read once for all who ask at the same time, so that many readers cost paging nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::{Mutex, Semaphore, SemaphorePermit};

use crate::domain::escalation::incident::{Incident, Status};
use crate::engine::protocol::reader::Reader;
use crate::engine::protocol::refused::Refused;
use crate::store::query::Filter;
use crate::web::ask::ask;
use crate::web::error::Problem;

/// More than a hospital ever has open; a board counts no further.
const OPEN_MAX: usize = 5_000;

/// This many boards are made at once; the others wait.
const MADE_AT_ONCE: usize = 2;

/// Shares readings of what is open. Whoever asks gets a reading that began after they asked.
pub struct OpenRead {
    /// How many have asked.
    asked: AtomicU64,
    latest: Mutex<Reading>,
    making: Semaphore,
}

#[derive(Default)]
struct Reading {
    /// It began after this many had asked.
    began_after: u64,
    /// `None` once nobody seems to wait for it.
    incidents: Option<Arc<Vec<Incident>>>,
}

impl Default for OpenRead {
    fn default() -> Self {
        Self { asked: AtomicU64::new(0), latest: Mutex::default(), making: Semaphore::new(MADE_AT_ONCE) }
    }
}

impl OpenRead {
    /// All that is open.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub async fn read(&self, reader: &Arc<dyn Reader>) -> Result<Arc<Vec<Incident>>, Problem> {
        let own = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        let mut latest = self.latest.lock().await;
        let kept = latest.incidents.as_ref().filter(|_| latest.began_after >= own).map(Arc::clone);
        let incidents = match kept {
            Some(incidents) => incidents,
            None => {
                let began_after = self.asked.load(Ordering::SeqCst);
                let incidents = Arc::new(ask(reader, read_open).await?);
                *latest = Reading { began_after, incidents: Some(Arc::clone(&incidents)) };
                incidents
            }
        };
        if self.asked.load(Ordering::SeqCst) == own {
            // Who asked before and still waits reads again.
            latest.incidents = None;
        }
        Ok(incidents)
    }

    /// Waits for a turn to make a board.
    pub async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        // It is never closed.
        self.making.acquire().await.ok()
    }
}

fn read_open(reader: &dyn Reader) -> Result<Vec<Incident>, Refused> {
    let list = |status| {
        let filter = Filter { status: Some(status), limit: OPEN_MAX, ..Filter::default() };
        Ok::<_, Refused>(reader.list(&filter)?.incidents)
    };
    Ok([list(Status::Open)?, list(Status::Acknowledged)?].concat())
}
