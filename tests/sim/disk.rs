//! The journal's disk: what was flushed survives, what was on its way may or may not, and space can run out.

use std::ops::ControlFlow;
use std::panic::resume_unwind;
use std::sync::{Arc, Mutex, MutexGuard};

use chrono::{DateTime, Utc};
use wardbell::domain::digest::Digest;
use wardbell::domain::escalation::event::Event;
use wardbell::journal::base::Base;
use wardbell::journal::error::{AppendError, JournalError, Leftover, ReadError};
use wardbell::journal::line::{Line, encode};
use wardbell::journal::port::{Epoch, Found, Head, Journal, Reader, Start, Written};
use wardbell::journal::record::{Entry, Fact};

/// The process ended in the middle of something.
pub struct Crashed;

/// Where an append ends the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trap {
    /// Only so many of its lines came to the disk.
    InWrite(usize),
    /// All is flushed, and nobody was answered.
    AfterFlush,
}

/// Clones are the same disk.
#[derive(Debug, Clone, Default)]
pub struct Disk(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// Those that are kept.
    lines: Vec<(Written, DateTime<Utc>)>,
    /// So many before them were pruned, and this is told of them.
    base: Option<(Base, Start)>,
    /// What a failed write has left behind; the next one that succeeds overwrites it.
    stray: Vec<(Written, DateTime<Utc>)>,
    failure: Option<JournalError>,
    stray_lines: usize,
    /// For so long it takes nothing.
    hangs_ms: u64,
    /// A rule broken on purpose: it says of what it left behind that nothing is left.
    denies: bool,
    /// A rule broken on purpose: it says that an opening was written, and forgets it.
    forgets: bool,
    trap: Option<Trap>,
    /// A rule broken on purpose: so many flushed lines are lost in a crash.
    lost_in_crash: usize,
}

impl Disk {
    /// Every append fails so, and leaves so many of its lines behind.
    pub fn fail(&self, failure: Option<JournalError>, stray_lines: usize) {
        let mut state = self.lock();
        (state.failure, state.stray_lines) = (failure, stray_lines);
    }

    /// It answers nobody for so long.
    pub fn hang(&self, millis: u64) {
        let mut state = self.lock();
        state.hangs_ms = state.hangs_ms.max(millis);
    }

    /// For so long it answers nobody.
    pub fn hangs_for(&self) -> u64 {
        self.lock().hangs_ms
    }

    /// Time passes.
    pub fn pass(&self, millis: u64) {
        let mut state = self.lock();
        state.hangs_ms = state.hangs_ms.saturating_sub(millis);
    }

    /// Whether it takes what it is given, and soon.
    pub fn is_well(&self) -> bool {
        let state = self.lock();
        state.hangs_ms == 0 && state.failure.is_none()
    }

    /// It says of what it left behind that nothing is left: a rule broken on purpose.
    pub fn deny(&self) {
        self.lock().denies = true;
    }

    /// It forgets each batch with an opening, and says that it was written: a rule broken on purpose.
    pub fn forget_openings(&self) {
        self.lock().forgets = true;
    }

    /// The lines that would come next if these had happened.
    pub fn lines_to_be(&self, entries: &[Entry]) -> Vec<Written> {
        self.encode(entries).unwrap().into_iter().map(|(written, _)| written).collect()
    }

    /// The next append ends the process.
    pub fn set_trap(&self, trap: Option<Trap>) {
        self.lock().trap = trap;
    }

    /// What was pruned.
    pub fn base(&self) -> Option<Base> {
        self.lock().base.as_ref().map(|(base, _)| *base)
    }

    /// So many lines were pruned.
    pub fn pruned(&self) -> usize {
        self.lock().pruned()
    }

    /// So many lines were ever written.
    pub fn len(&self) -> usize {
        let state = self.lock();
        state.pruned() + state.lines.len()
    }

    /// The lines up to a base go.
    pub fn prune(&self, base: Base, start: Start) {
        let mut state = self.lock();
        let count = usize::try_from(base.through).unwrap() - state.pruned();
        state.lines.drain(..count);
        state.base = Some((base, start));
    }

    pub fn lose_in_crash(&self, lines: usize) {
        self.lock().lost_in_crash = lines;
    }

    /// What the process had not flushed is lost, but for what came to the disk all the same.
    pub fn crash(&self) {
        let mut state = self.lock();
        let stray = std::mem::take(&mut state.stray);
        state.lines.extend(stray);
        let kept = state.lines.len().saturating_sub(state.lost_in_crash);
        state.lines.truncate(kept);
        state.trap = None;
    }

    /// The lines after the first so many.
    pub fn lines_after(&self, count: usize) -> Vec<Written> {
        let state = self.lock();
        let skipped = count.saturating_sub(state.pruned());
        state.lines.iter().skip(skipped).map(|(written, _)| written.clone()).collect()
    }

    /// The hash of the line of that index.
    pub fn hash_of_line(&self, index: usize) -> Option<Digest> {
        let state = self.lock();
        state.lines.get(index.checked_sub(state.pruned())?).map(|(written, _)| written.hash)
    }

    /// Adds a record behind everybody's back: a rule broken on purpose.
    pub fn forge(&self, entry: &Entry) {
        let written = self.encode(std::slice::from_ref(entry)).unwrap();
        self.lock().lines.extend(written);
    }

    /// Changes a letter of the last line: a rule broken on purpose.
    pub fn bend_last(&self) {
        let mut state = self.lock();
        if let Some((written, _)) = state.lines.last_mut() {
            written.line = written.line.replacen(r#""at":"2"#, r#""at":"1"#, 1).into();
        }
    }

    fn encode(&self, entries: &[Entry]) -> Result<Vec<(Written, DateTime<Utc>)>, JournalError> {
        let head = self.head();
        let (mut seq, mut prev) = (head.seq, head.hash);
        let mut written = Vec::new();
        for entry in entries {
            let mut line = Vec::new();
            seq += 1;
            prev = encode(&mut line, seq, prev, entry)?;
            written.push((Written { seq, hash: prev, line: String::from_utf8(line).unwrap().into() }, entry.at));
        }
        Ok(written)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }
}

impl State {
    fn pruned(&self) -> usize {
        self.base.as_ref().map_or(0, |(base, _)| usize::try_from(base.through).unwrap())
    }
}

impl Journal for Disk {
    fn append(&mut self, _epoch: Epoch, entries: &[Entry]) -> Result<Vec<Written>, AppendError> {
        let written = self.encode(entries)?;
        let mut state = self.lock();
        if let Some(failure) = state.failure.clone() {
            state.stray = written.into_iter().take(state.stray_lines).collect();
            let is_clean = state.stray.is_empty() || state.denies;
            let leftover = if is_clean { Leftover::None } else { Leftover::Possible };
            return Err(AppendError { reason: failure, leftover });
        }
        match state.trap.take_if(|_| !written.is_empty()) {
            Some(Trap::InWrite(count)) => {
                state.stray = written.into_iter().take(count).collect();
                drop(state);
                resume_unwind(Box::new(Crashed));
            }
            Some(Trap::AfterFlush) => {
                state.stray.clear();
                state.lines.extend(written);
                drop(state);
                resume_unwind(Box::new(Crashed));
            }
            None => {}
        }
        if !written.is_empty() {
            state.stray.clear();
        }
        let is_opening = |entry: &Entry| matches!(entry.fact, Fact::Incident(_, Event::Opened(_)));
        if !(state.forgets && entries.iter().any(is_opening)) {
            state.lines.extend(written.iter().cloned());
        }
        Ok(written.into_iter().map(|(written, _)| written).collect())
    }

    fn head(&self) -> Head {
        let state = self.lock();
        state.lines.last().map_or(Head::START, |(last, at)| Head { seq: last.seq, at: Some(*at), hash: last.hash })
    }

    fn reader(&self) -> Box<dyn Reader> {
        Box::new(self.clone())
    }
}

impl Reader for Disk {
    fn read_after(&self, seq: u64, visit: &mut dyn FnMut(Found<'_>) -> ControlFlow<()>) -> Result<(), ReadError> {
        for Written { hash, line, .. } in self.lines_after(usize::try_from(seq).unwrap()) {
            let Ok(record) = Line::split(line.as_bytes()).and_then(|parts| parts.record()) else { break };
            if visit(Found { record, hash, line: &line }).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn hash_at(&self, seq: u64) -> Result<Option<Digest>, ReadError> {
        let Some(before) = seq.checked_sub(1) else { return Ok(Some(Digest::ZERO)) };
        let start = self.start()?;
        let at_start = (seq == start.seq).then_some(start.hash);
        Ok(at_start.or_else(|| self.hash_of_line(usize::try_from(before).unwrap())))
    }

    fn start(&self) -> Result<Start, ReadError> {
        Ok(self.lock().base.as_ref().map_or(Start::WHOLE, |(_, start)| start.clone()))
    }
}
