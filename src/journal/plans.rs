//! Finds which rosters and playbooks were in force at a past instant, also while a daemon appends to the record.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::path::Path;

use chrono::{DateTime, Utc};

use crate::domain::digest::Digest;
use crate::domain::plan::PlanFile;
use crate::journal::checkpoint::start;
use crate::journal::error::ReadError;
use crate::journal::port::{Reader, Start};
use crate::journal::record::{EarlierPlan, Fact, Record, SystemEvent};
use crate::journal::segment::Segment;
use crate::journal::walk::{Reached, Visit, walk, walk_segment};

/// A plan that was in force for some time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastPlan {
    /// The record of this plan.
    pub seq: u64,
    /// Start, in logical time.
    pub from: DateTime<Utc>,
    /// When the next plan came into force; `None` if this is the last one.
    pub until: Option<DateTime<Utc>>,
    pub files: Vec<PlanFile>,
    /// The exact contents of its files, by hash. The record never contains the settings file.
    pub texts: BTreeMap<Digest, Box<str>>,
}

/// The plan in force at an instant; `None` if the record begins later.
///
/// # Errors
///
/// If the record is damaged or cannot be read.
pub fn plan_at(folder: &Path, at: DateTime<Utc>) -> Result<Option<PastPlan>, ReadError> {
    find(start(folder)?, at, &|tell| system_events(folder, tell))
}

/// The same for a reader.
///
/// # Errors
///
/// If the record is damaged or cannot be read.
pub fn plan_at_of(reader: &dyn Reader, at: DateTime<Utc>) -> Result<Option<PastPlan>, ReadError> {
    find(reader.start()?, at, &|tell| {
        reader.read_after(0, &mut |found| match found.record.entry.fact {
            Fact::System(event) => tell(found.record.seq, found.record.entry.at, event),
            _ => ControlFlow::Continue(()),
        })
    })
}

/// Visits the system events.
type Events<'a> = &'a dyn Fn(Tell<'_>) -> Result<(), ReadError>;

fn find(start: Start, at: DateTime<Utc>, events: Events<'_>) -> Result<Option<PastPlan>, ReadError> {
    // If its record was pruned, the checkpoint describes the plan that was in force then.
    let earlier = start.checkpoint.and_then(|found| found.plan.filter(|_| found.at <= at));
    let mut plan = earlier.map(|plan| PastPlan {
        seq: plan.seq,
        from: plan.from,
        until: None,
        files: plan.files,
        texts: BTreeMap::new(),
    });
    events(&mut |seq, from, event| {
        let SystemEvent::PlanLoaded { files } = event else { return ControlFlow::Continue(()) };
        if from > at {
            plan.iter_mut().for_each(|plan| plan.until = Some(from));
            return ControlFlow::Break(());
        }
        plan = Some(PastPlan { seq, from, until: None, files, texts: BTreeMap::new() });
        ControlFlow::Continue(())
    })?;
    let Some(mut plan) = plan else { return Ok(None) };
    // A second pass, so that only the wanted versions are in memory, not those of six years.
    let mut wanted: BTreeSet<Digest> = plan.files.iter().map(|file| file.sha256).collect();
    events(&mut |_, _, event| {
        if let SystemEvent::FileKept { sha256, text } = event
            && wanted.remove(&sha256)
        {
            plan.texts.insert(sha256, text);
        }
        ControlFlow::Continue(())
    })?;
    Ok(Some(plan))
}

/// The last plan with its files' contents; `None` if the record contains no complete plan.
///
/// Reads the latest segments first and skips damage: a daemon must start whatever the state of its record.
pub fn last(folder: &Path) -> Option<PastPlan> {
    let segments = Segment::list(folder).ok()?;
    let mut sought = Sought::default();
    for (index, segment) in segments.iter().enumerate().rev() {
        let end = segments.get(index + 1).map(|next| next.first);
        let before = segment.first - 1;
        let mut reached = Reached { seq: before, ..Reached::default() };
        let mut records = Vec::new();
        let visit: Visit = &mut |line, _| {
            if line.is_system_event() {
                records.push(line.record()?);
            }
            Ok(ControlFlow::Continue(()))
        };
        if let Err(error) = walk_segment(segment, end, before, &mut reached, visit) {
            tracing::warn!(%error, "the record is damaged: looking for the last plan in the readable part");
        }
        sought.add(records);
        if sought.is_whole() {
            break;
        }
    }
    sought.found()
}

/// The same for a reader.
///
/// # Errors
///
/// If the record is damaged or cannot be read.
pub fn last_of(reader: &dyn Reader) -> Result<Option<PastPlan>, ReadError> {
    let mut records = Vec::new();
    reader.read_after(0, &mut |found| {
        if matches!(found.record.entry.fact, Fact::System(_)) {
            records.push(found.record);
        }
        ControlFlow::Continue(())
    })?;
    let mut sought = Sought::default();
    sought.add(records);
    Ok(sought.found())
}

/// The search for the last plan, from the end of the record backward.
#[derive(Default)]
struct Sought {
    plan: Option<PastPlan>,
    /// The plan in a checkpoint, if no later plan was found.
    earlier: Option<EarlierPlan>,
    /// Recorded file contents: once the plan is known, only its own.
    texts: BTreeMap<Digest, Box<str>>,
}

impl Sought {
    /// Adds a part of the record; later parts were added before.
    fn add(&mut self, records: Vec<Record>) {
        for record in records.into_iter().rev() {
            let Fact::System(event) = record.entry.fact else { continue };
            match event {
                SystemEvent::PlanLoaded { files } if self.plan.is_none() => {
                    let (seq, from) = (record.seq, record.entry.at);
                    self.plan = Some(PastPlan { seq, from, until: None, files, texts: BTreeMap::new() });
                }
                SystemEvent::FileKept { sha256, text } => drop(self.texts.insert(sha256, text)),
                SystemEvent::Checkpoint(found) => self.earlier = self.earlier.take().or(found.plan),
                _ => {}
            }
        }
        if let Some(plan) = &self.plan {
            self.texts.retain(|sha256, _| plan.files.iter().any(|file| file.sha256 == *sha256));
        }
    }

    fn is_whole(&self) -> bool {
        self.plan.as_ref().is_some_and(|plan| plan.has_all_of(&self.texts))
    }

    fn found(self) -> Option<PastPlan> {
        let earlier = |plan: EarlierPlan| PastPlan {
            seq: plan.seq,
            from: plan.from,
            until: None,
            files: plan.files,
            texts: BTreeMap::new(),
        };
        let plan = self.plan.or(self.earlier.map(earlier))?;
        plan.has_all_of(&self.texts).then_some(PastPlan { texts: self.texts, ..plan })
    }
}

impl PastPlan {
    /// Whether the texts include all of its rosters, playbooks, policies and ladders. Settings are in neither folder.
    fn has_all_of(&self, texts: &BTreeMap<Digest, Box<str>>) -> bool {
        let mut in_folders = self.files.iter().filter(|file| file.path.contains('/') && file.is_written_by_people());
        in_folders.clone().next().is_some() && in_folders.all(|file| texts.contains_key(&file.sha256))
    }
}

type Tell<'a> = &'a mut dyn FnMut(u64, DateTime<Utc>, SystemEvent) -> ControlFlow<()>;

/// Visits all system events, verifying the hash chain.
fn system_events(folder: &Path, tell: Tell<'_>) -> Result<(), ReadError> {
    let visit: Visit = &mut |line, _| {
        if !line.is_system_event() {
            return Ok(ControlFlow::Continue(()));
        }
        let record = line.record()?;
        Ok(match record.entry.fact {
            Fact::System(event) => tell(record.seq, record.entry.at, event),
            _ => ControlFlow::Continue(()),
        })
    };
    walk(folder, 0, visit).map(drop)
}
