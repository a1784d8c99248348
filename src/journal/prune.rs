//! Prunes what is older than the retention period: whole segments at the beginning, after recording a checkpoint with
//! what the rest depends on. A crash between any two steps is harmless.
//!
//! 1. [`look`] finds what can be removed, and what the rest needs from it.
//! 2. The journal's writer records that as one batch, with a [`Checkpoint`] at the end.
//! 3. [`is_still_right`] checks whether newer records need anything else. If so, pruning is tried again another day.
//! 4. [`finish`] writes the base, from which readers start, and removes the segments, oldest first.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::io;
use std::ops::ControlFlow;
use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::aggregate::Aggregate;
use crate::domain::digest::Digest;
use crate::domain::escalation::event::Event;
use crate::domain::escalation::incident::Incident;
use crate::domain::id::IncidentId;
use crate::domain::plan::PlanFile;
use crate::domain::retention::Retention;
use crate::journal::aggregates::Aggregates;
use crate::journal::base::{Base, layout};
use crate::journal::checkpoint::start;
use crate::journal::error::ReadError;
use crate::journal::line::Line;
use crate::journal::lines::Lines;
use crate::journal::record::{Checkpoint, EarlierPlan, Fact, Record, SystemEvent};
use crate::journal::segment::{Segment, sync_folder};
use crate::journal::walk::{Visit, walk};

/// What can be pruned.
#[derive(Debug, Clone, PartialEq)]
pub struct Prunable {
    /// To be recorded as one batch; the last is the checkpoint.
    pub events: Vec<SystemEvent>,
    /// What the record no longer contains afterwards.
    pub forgotten: Forgotten,
    /// Incidents without any remaining record; their data keys are removed, too.
    pub incidents: BTreeSet<IncidentId>,
    pub checkpoint: Checkpoint,
    /// The last record that was examined.
    pub seen: u64,
    /// The time of the newest record that is at least a day old. If that is long ago, the clock may be wrong.
    pub lived: Option<DateTime<Utc>>,
}

/// Newer records may come from a clock that has been wrong since startup.
const SETTLED_AFTER: TimeDelta = TimeDelta::days(1);

/// Versions that the record no longer contains: they are recorded again when used again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// Rosters, playbooks and ladders, by file hash.
    pub files: HashSet<Digest>,
    /// Playbooks that incidents use or used.
    pub playbooks: HashSet<Digest>,
}

/// Finds what is older than the retention period: whole segments before the last one, and before the opening of any
/// incident that is still open. If there is something to prune, reads the whole record.
///
/// # Errors
///
/// If the record is damaged or cannot be read.
pub fn look(folder: &Path, keep_for: Retention, now: DateTime<Utc>) -> Result<Option<Prunable>, ReadError> {
    let segments = layout(folder)?.segments;
    let Some(old) = last_old(&segments, now - keep_for.delta())? else { return Ok(None) };
    let oldest_open = oldest_open(folder, old)?.unwrap_or(u64::MAX);
    let ends = segments.iter().skip(1).map(|next| next.first - 1);
    let Some(through) = ends.take_while(|end| *end <= old && *end < oldest_open).last() else { return Ok(None) };
    let survey = Survey::of(folder, through, now - SETTLED_AFTER)?;
    let (needed_files, needed_playbooks) = (survey.files.needed(), survey.playbooks.needed());
    let mut events = texts(folder, through, &needed_files, &needed_playbooks)?;
    let Some((hash, at)) = survey.boundary else { return Ok(None) };
    let (plan, ahead_ms, snapshots) = (survey.plan_at_boundary, survey.ahead_ms, survey.aggregates.snapshots());
    let checkpoint = Checkpoint { through, hash, at, keep_for, plan, ahead_ms, snapshots };
    events.push(SystemEvent::Checkpoint(Box::new(checkpoint.clone())));
    let forgotten = Forgotten { files: survey.files.forgotten(), playbooks: survey.playbooks.forgotten() };
    let Survey { incidents, seen, lived, .. } = survey;
    Ok(Some(Prunable { events, forgotten, incidents, checkpoint, seen, lived }))
}

/// The last record of the last segment whose records are all older than an instant.
fn last_old(segments: &[Segment], before: DateTime<Utc>) -> Result<Option<u64>, ReadError> {
    let mut old = None;
    for next in segments.iter().skip(1) {
        let mut lines = Lines::open(next, true, 0, 0)?;
        let Some(at) = lines.next()?.and_then(|line| Line::split(line).ok()?.at().ok()) else { break };
        if at >= before {
            break;
        }
        // Time never goes back in the record.
        old = Some(next.first - 1);
    }
    Ok(old)
}

/// The opening of the oldest incident of a part of the record that is still open, or still owes something.
fn oldest_open(folder: &Path, through: u64) -> Result<Option<u64>, ReadError> {
    let mut live: BTreeMap<IncidentId, (u64, Incident)> = BTreeMap::new();
    let mut closed: BTreeMap<IncidentId, u64> = BTreeMap::new();
    each(folder, 0, &mut |record| {
        let Fact::Incident(id, event) = record.entry.fact else { return ControlFlow::Continue(()) };
        let (seq, at) = (record.seq, record.entry.at);
        match &event {
            Event::Opened(opened) if seq <= through => drop(live.insert(id, (seq, Incident::opened(id, at, opened)))),
            Event::Reopened(reopened) if !live.contains_key(&id) && (closed.contains_key(&id) || seq <= through) => {
                let opening = closed.remove(&id).unwrap_or(seq);
                live.insert(id, (opening, Incident::reopened(at, reopened)));
            }
            event => {
                if let Some((_, incident)) = live.get_mut(&id) {
                    incident.evolve(at, event);
                }
            }
        }
        if let Some((opening, _)) = live.get(&id).filter(|(_, incident)| !incident.is_live()) {
            closed.insert(id, *opening);
            live.remove(&id);
        }
        ControlFlow::Continue(())
    })?;
    Ok(live.into_values().map(|(opening, _)| opening).min())
}

/// What the removed part contains and the remaining part needs.
#[derive(Default)]
struct Versions {
    /// Versions in the removed part.
    held: HashSet<Digest>,
    /// Versions in the remaining part.
    kept: HashSet<Digest>,
    /// Versions that the remaining part refers to.
    named: HashSet<Digest>,
}

impl Versions {
    fn needed(&self) -> HashSet<Digest> {
        self.held.iter().filter(|hash| self.named.contains(hash) && !self.kept.contains(hash)).copied().collect()
    }

    fn forgotten(&self) -> HashSet<Digest> {
        self.held.iter().filter(|hash| !self.named.contains(hash) && !self.kept.contains(hash)).copied().collect()
    }

    fn holds(&mut self, hash: Digest, goes: bool) {
        if goes {
            self.held.insert(hash)
        } else {
            self.kept.insert(hash)
        };
    }
}

#[derive(Default)]
struct Survey {
    files: Versions,
    playbooks: Versions,
    /// Incidents with no record in the remaining part.
    incidents: BTreeSet<IncidentId>,
    /// The plan in force at the current position, and finally at the boundary.
    plan_at_boundary: Option<EarlierPlan>,
    ahead_ms: i64,
    /// Their states at the current position, and finally at the boundary.
    aggregates: Aggregates,
    boundary: Option<(Digest, DateTime<Utc>)>,
    seen: u64,
    lived: Option<DateTime<Utc>>,
}

impl Survey {
    fn of(folder: &Path, through: u64, settled: DateTime<Utc>) -> Result<Self, ReadError> {
        let earlier = start(folder)?.checkpoint;
        let mut survey = Self { ahead_ms: earlier.as_ref().map_or(0, |earlier| earlier.ahead_ms), ..Self::default() };
        if let Some(earlier) = earlier {
            survey.plan_at_boundary = earlier.plan;
            survey.aggregates = Aggregates::restored(earlier.snapshots);
        }
        let mut hash = Digest::ZERO;
        let visit: Visit = &mut |line, _| {
            hash = line.hash;
            survey.lived = Some(line.at()?).filter(|at| *at <= settled).or(survey.lived);
            survey.add(line.record()?, hash, through);
            Ok(ControlFlow::Continue(()))
        };
        walk(folder, 0, visit)?;
        let plan = survey.plan_at_boundary.iter().flat_map(|plan| &plan.files);
        survey.files.named.extend(plan.map(|file| file.sha256));
        Ok(survey)
    }

    fn add(&mut self, record: Record, hash: Digest, through: u64) {
        let (seq, at, goes) = (record.seq, record.entry.at, record.seq <= through);
        self.seen = seq;
        if goes {
            self.aggregates.evolve(at, &record.entry.fact);
        }
        if let Fact::Incident(id, _) = &record.entry.fact {
            if goes {
                self.incidents.insert(*id);
            } else {
                self.incidents.remove(id);
            }
        }
        match record.entry.fact {
            Fact::System(SystemEvent::FileKept { sha256, .. }) => self.files.holds(sha256, goes),
            Fact::System(SystemEvent::PlaybookPinned { hash, .. }) => self.playbooks.holds(hash, goes),
            Fact::System(SystemEvent::PlanLoaded { files }) if goes => {
                self.plan_at_boundary = Some(EarlierPlan { seq, from: at, files });
            }
            Fact::System(SystemEvent::PlanLoaded { files }) => self.files.named.extend(hashes(&files)),
            Fact::System(SystemEvent::ClockSetBack { ahead_ms }) if goes => self.ahead_ms = ahead_ms,
            Fact::Incident(_, event) if !goes => self.playbooks.named.extend(playbook_of(&event)),
            _ => {}
        }
        if seq == through {
            self.boundary = Some((hash, at));
        }
    }
}

/// The version of a playbook that an incident uses after an event.
fn playbook_of(event: &Event) -> Option<Digest> {
    match event {
        Event::Opened(opened) => Some(opened.playbook_hash),
        Event::Reclassified(new) => Some(new.playbook_hash),
        Event::Reopened(reopened) => Some(reopened.before.playbook_hash),
        _ => None,
    }
}

fn hashes(files: &[PlanFile]) -> impl Iterator<Item = Digest> {
    files.iter().map(|file| file.sha256)
}

/// The needed texts, each once.
fn texts(
    folder: &Path,
    through: u64,
    files: &HashSet<Digest>,
    playbooks: &HashSet<Digest>,
) -> Result<Vec<SystemEvent>, ReadError> {
    let (mut files, mut playbooks, mut events) = (files.clone(), playbooks.clone(), Vec::new());
    each(folder, 0, &mut |record| {
        if record.seq > through || files.is_empty() && playbooks.is_empty() {
            return ControlFlow::Break(());
        }
        match record.entry.fact {
            Fact::System(event @ SystemEvent::FileKept { sha256, .. }) if files.remove(&sha256) => events.push(event),
            Fact::System(event @ SystemEvent::PlaybookPinned { hash, .. }) if playbooks.remove(&hash) => {
                events.push(event)
            }
            _ => {}
        }
        ControlFlow::Continue(())
    })?;
    Ok(events)
}

/// Whether nothing recorded between the survey and the checkpoint needs what is to be removed.
///
/// # Errors
///
/// If the record is damaged or cannot be read.
pub fn is_still_right(folder: &Path, found: &Prunable, checkpoint: u64) -> Result<bool, ReadError> {
    let mut right = true;
    each(folder, found.seen, &mut |record| {
        if record.seq > checkpoint {
            return ControlFlow::Break(());
        }
        right &= match record.entry.fact {
            Fact::System(SystemEvent::PlanLoaded { files }) => {
                !hashes(&files).any(|hash| found.forgotten.files.contains(&hash))
            }
            Fact::Incident(id, _) if found.incidents.contains(&id) => false,
            Fact::Incident(_, Event::Reopened(_)) => false,
            Fact::Incident(_, event) => {
                playbook_of(&event).is_none_or(|hash| !found.forgotten.playbooks.contains(&hash))
            }
            _ => true,
        };
        ControlFlow::Continue(())
    })?;
    Ok(right)
}

/// Makes readers start after the pruned part, then removes it. `checkpoint` is the record number of the checkpoint.
/// Returns the number of removed segments.
///
/// # Errors
///
/// If the folder cannot be read or written; a later [`sweep`] removes what is left.
pub fn finish(folder: &Path, found: &Checkpoint, checkpoint: u64) -> Result<u64, ReadError> {
    let base = Base { through: found.through, hash: found.hash, checkpoint };
    base.write(folder).map_err(|error| ReadError::disk(folder, &error))?;
    sweep(folder)
}

/// Removes pruned segments that still exist, oldest first; returns their number.
///
/// # Errors
///
/// If the folder cannot be read or written.
pub fn sweep(folder: &Path) -> Result<u64, ReadError> {
    // Remove nothing unless the checkpoint is on the disk.
    if start(folder)?.seq == 0 {
        return Ok(0);
    }
    let pruned = layout(folder)?.pruned;
    for segment in &pruned {
        let gone =
            [segment.plain(), segment.compressed()].iter().try_for_each(|form| match fs::remove_file(&form.path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            });
        gone.and_then(|()| sync_folder(folder)).map_err(|error| ReadError::disk(&segment.path, &error))?;
    }
    Ok(pruned.len() as u64)
}

/// Removes the originals of repaired segments, and stores that were set aside, if they have not changed since `before`:
/// they contain pruned data. Returns their number.
///
/// # Errors
///
/// Any I/O error.
pub fn remove_quarantined(journal: &Path, store: &Path, before: DateTime<Utc>) -> io::Result<u64> {
    let mut removed = 0;
    let stores = format!("{}.set-aside-", store.file_name().unwrap_or_default().to_string_lossy());
    for folder in [journal, store.parent().unwrap_or(Path::new("."))] {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let is_segment = folder == journal && name.contains(".jsonl") && name.contains(".damaged");
            let is_old = || entry.metadata()?.modified().map(|changed| DateTime::<Utc>::from(changed) < before);
            if is_segment && is_old()? {
                fs::remove_file(entry.path())?;
                removed += 1;
            } else if folder != journal && name.starts_with(&stores) && is_old()? {
                fs::remove_dir_all(entry.path())?;
                removed += 1;
            }
        }
    }
    Ok(removed)
}

fn each(folder: &Path, after: u64, tell: &mut dyn FnMut(Record) -> ControlFlow<()>) -> Result<(), ReadError> {
    let visit: Visit = &mut |line, _| Ok(tell(line.record()?));
    walk(folder, after, visit).map(drop)
}
