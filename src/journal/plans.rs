//! Which rosters and playbooks were in force at an instant, as the record tells years later, also while a daemon appends
//! to it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::path::Path;

use chrono::{DateTime, Utc};

use crate::domain::digest::Digest;
use crate::domain::plan::PlanFile;
use crate::journal::base::start;
use crate::journal::error::ReadError;
use crate::journal::record::{Fact, HouseEvent};
use crate::journal::walk::{Visit, walk};

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
    // Where the record of it was pruned, the checkpoint tells of the plan that was in force then.
    let earlier = start(folder)?.checkpoint.and_then(|found| found.plan.filter(|_| found.at <= at));
    let mut plan = earlier.map(|plan| PastPlan {
        seq: plan.seq,
        from: plan.from,
        until: None,
        files: plan.files,
        texts: BTreeMap::new(),
    });
    house_events(folder, &mut |seq, from, event| {
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
    house_events(folder, &mut |_, _, event| {
        if let HouseEvent::FileKept { sha256, text } = event
            && wanted.remove(&sha256)
        {
            plan.texts.insert(sha256, text);
        }
        ControlFlow::Continue(())
    })?;
    Ok(Some(plan))
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
