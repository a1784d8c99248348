//! An in-memory record for tests and simulations, with failures on demand.

use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::domain::digest::Digest;
use crate::journal::error::{AppendError, JournalError, ReadError};
use crate::journal::line::{self, Line};
use crate::journal::port::{Epoch, Found, Head, Journal, Reader, Written};
use crate::journal::record::Entry;

/// The record in memory. Clones share it, so that it outlives its writer.
#[derive(Debug, Clone, Default)]
pub struct MemoryJournal {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug, Default)]
struct Shared {
    lines: Vec<Written>,
    at: Option<chrono::DateTime<chrono::Utc>>,
    failure: Option<JournalError>,
}

impl MemoryJournal {
    /// Makes every append fail until reset.
    pub fn fail(&self, failure: Option<JournalError>) {
        self.lock().failure = failure;
    }

    pub(in crate::journal) fn lines(&self) -> Vec<Written> {
        self.lock().lines.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Journal for MemoryJournal {
    fn append(&mut self, epoch: Epoch, entries: &[Entry]) -> Result<Vec<Written>, AppendError> {
        if epoch != Epoch::FIRST {
            return Err(JournalError::Fenced.into());
        }
        let head = self.head();
        let mut shared = self.lock();
        if let Some(failure) = &shared.failure {
            return Err(failure.clone().into());
        }
        let (mut seq, mut prev, mut written) = (head.seq, head.hash, Vec::new());
        for entry in entries {
            let mut line = Vec::new();
            seq += 1;
            prev = line::encode(&mut line, seq, prev, entry)?;
            written.push(Written { seq, hash: prev, line: String::from_utf8_lossy(&line).into() });
        }
        shared.lines.extend(written.iter().cloned());
        shared.at = entries.last().map(|entry| entry.at).or(shared.at);
        Ok(written)
    }

    fn head(&self) -> Head {
        let shared = self.lock();
        shared.lines.last().map_or(Head::START, |last| Head { seq: last.seq, at: shared.at, hash: last.hash })
    }

    fn reader(&self) -> Box<dyn Reader> {
        Box::new(self.clone())
    }
}

impl Reader for MemoryJournal {
    fn read_after(&self, seq: u64, visit: &mut dyn FnMut(Found<'_>) -> ControlFlow<()>) -> Result<(), ReadError> {
        let from = usize::try_from(seq).unwrap_or(usize::MAX);
        let lines: Vec<Written> = self.lock().lines.iter().skip(from).cloned().collect();
        for Written { hash, line, .. } in lines {
            let Ok(record) = Line::split(line.as_bytes()).and_then(|parts| parts.record()) else { break };
            if visit(Found { record, hash, line: &line }).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn hash_at(&self, seq: u64) -> Result<Option<Digest>, ReadError> {
        let Some(before) = seq.checked_sub(1) else { return Ok(Some(Digest::ZERO)) };
        let index = usize::try_from(before).unwrap_or(usize::MAX);
        Ok(self.lock().lines.get(index).map(|written| written.hash))
    }
}
