//! Which rosters and playbooks were in force at an instant, as the record tells years later, also while a daemon appends
//! to it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::path::Path;

use chrono::{DateTime, Utc};

use crate::domain::digest::Digest;
use crate::domain::plan::PlanFile;
use crate::journal::checkpoint::start;
use crate::journal::error::ReadError;
use crate::journal::port::{Reader, Start};
use crate::journal::record::{EarlierPlan, Fact, HouseEvent, Record};
use crate::journal::segment::Segment;
use crate::journal::walk::{Reached, Visit, walk, walk_segment};

/// A plan that was in force for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastPlan {
    /// The record that says so.
    pub seq: u64,
    /// From then on, in logical time.
    pub from: DateTime<Utc>,
    /// Until another one came; `None` while it is the last.
    pub until: Option<DateTime<Utc>>,
    /// Its files, by path.
    pub files: Vec<PlanFile>,
    /// What stood in them, letter by letter, by hash; the record never holds the settings' own text.
    pub texts: BTreeMap<Digest, Box<str>>,
}

/// The plan that was in force at an instant; `None` where the record begins later.
///
/// # Errors
///
/// Where the record is damaged or cannot be read.
pub fn plan_at(folder: &Path, at: DateTime<Utc>) -> Result<Option<PastPlan>, ReadError> {
    find(start(folder)?, at, &|tell| house_events(folder, tell))
}

/// The same of a record that is read as a whole.
///
/// # Errors
///
/// Where the record is damaged or cannot be read.
pub fn plan_at_of(reader: &dyn Reader, at: DateTime<Utc>) -> Result<Option<PastPlan>, ReadError> {
    find(reader.start()?, at, &|tell| {
        reader.read_after(0, &mut |found| match found.record.entry.fact {
            Fact::House(event) => tell(found.record.seq, found.record.entry.at, event),
            Fact::Incident(..) => ControlFlow::Continue(()),
        })
    })
}

/// Visits what concerns no single incident.
type Events<'a> = &'a dyn Fn(Tell<'_>) -> Result<(), ReadError>;

fn find(start: Start, at: DateTime<Utc>, events: Events<'_>) -> Result<Option<PastPlan>, ReadError> {
    // Where the record of it was pruned, the checkpoint tells of the plan that was in force then.
    let earlier = start.checkpoint.and_then(|found| found.plan.filter(|_| found.at <= at));
    let mut plan = earlier.map(|plan| PastPlan {
        seq: plan.seq,
        from: plan.from,
        until: None,
        files: plan.files,
        texts: BTreeMap::new(),
    });
    events(&mut |seq, from, event| {
        let HouseEvent::PlanLoaded { files } = event else { return ControlFlow::Continue(()) };
        if from > at {
            plan.iter_mut().for_each(|plan| plan.until = Some(from));
            return ControlFlow::Break(());
        }
        plan = Some(PastPlan { seq, from, until: None, files, texts: BTreeMap::new() });
        ControlFlow::Continue(())
    })?;
    let Some(mut plan) = plan else { return Ok(None) };
    // Read anew, so that of six years' versions only those that are wanted are held.
    let mut wanted: BTreeSet<Digest> = plan.files.iter().map(|file| file.sha256).collect();
    events(&mut |_, _, event| {
        if let HouseEvent::FileKept { sha256, text } = event
            && wanted.remove(&sha256)
        {
            plan.texts.insert(sha256, text);
        }
        ControlFlow::Continue(())
    })?;
    Ok(Some(plan))
}

/// The last plan with what stood in its files; `None` where the record holds no such plan whole.
///
/// The latest segments are read first, and what is damaged is passed over: a daemon must start whatever became of its past.
pub fn last(folder: &Path) -> Option<PastPlan> {
    let segments = Segment::list(folder).ok()?;
    let mut sought = Sought::default();
    for (index, segment) in segments.iter().enumerate().rev() {
        let end = segments.get(index + 1).map(|next| next.first);
        let before = segment.first - 1;
        let mut reached = Reached { seq: before, ..Reached::default() };
        let mut records = Vec::new();
        let visit: Visit = &mut |line, _| {
            if line.is_of_house() {
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

/// The same of a record that is read as a whole.
///
/// # Errors
///
/// Where the record is damaged or cannot be read.
pub fn last_of(reader: &dyn Reader) -> Result<Option<PastPlan>, ReadError> {
    let mut records = Vec::new();
    reader.read_after(0, &mut |found| {
        if matches!(found.record.entry.fact, Fact::House(_)) {
            records.push(found.record);
        }
        ControlFlow::Continue(())
    })?;
    let mut sought = Sought::default();
    sought.add(records);
    Ok(sought.found())
}

/// The search for the last plan, from the record's end on.
#[derive(Default)]
struct Sought {
    plan: Option<PastPlan>,
    /// What a checkpoint tells, where no plan follows upon it.
    earlier: Option<EarlierPlan>,
    /// What was kept of files: once the plan is known, of its own alone.
    texts: BTreeMap<Digest, Box<str>>,
}

impl Sought {
    /// Adds a part of the record; what follows upon it was added before.
    fn add(&mut self, records: Vec<Record>) {
        for record in records.into_iter().rev() {
            let Fact::House(event) = record.entry.fact else { continue };
            match event {
                HouseEvent::PlanLoaded { files } if self.plan.is_none() => {
                    let (seq, from) = (record.seq, record.entry.at);
                    self.plan = Some(PastPlan { seq, from, until: None, files, texts: BTreeMap::new() });
                }
                HouseEvent::FileKept { sha256, text } => drop(self.texts.insert(sha256, text)),
                HouseEvent::Checkpoint(found) => self.earlier = self.earlier.take().or(found.plan),
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
    /// Whether these are the texts of all its rosters, playbooks and ladders; the settings are in no folder.
    fn has_all_of(&self, texts: &BTreeMap<Digest, Box<str>>) -> bool {
        let mut in_folders = self.files.iter().filter(|file| file.path.contains('/') && file.path.ends_with(".toml"));
        in_folders.clone().next().is_some() && in_folders.all(|file| texts.contains_key(&file.sha256))
    }
}

type Tell<'a> = &'a mut dyn FnMut(u64, DateTime<Utc>, HouseEvent) -> ControlFlow<()>;

/// Tells all that happened to the house, each record verified against the one before.
fn house_events(folder: &Path, tell: Tell<'_>) -> Result<(), ReadError> {
    let visit: Visit = &mut |line, _| {
        if !line.is_of_house() {
            return Ok(ControlFlow::Continue(()));
        }
        let record = line.record()?;
        Ok(match record.entry.fact {
            Fact::House(event) => tell(record.seq, record.entry.at, event),
            Fact::Incident(..) => ControlFlow::Continue(()),
        })
    };
    walk(folder, 0, visit).map(drop)
}
