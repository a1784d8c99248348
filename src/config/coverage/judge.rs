//! How long each track of a playbook takes, at most, to reach a second person and another department.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::config::coverage::alarm::{Never, Worst};
use crate::config::coverage::case::{Case, Way};
use crate::config::coverage::duty::{self, Staffing as StaffedTimes};
use crate::config::coverage::escalation::{Escalation, Pages, after_first, alone};
use crate::config::coverage::latest::Latest;
use crate::config::coverage::memo::Memo;
use crate::config::coverage::stretches::{Stretch, cells, cut, merged};
use crate::config::coverage::walk::Walk;
use crate::domain::id::DepartmentId;
use crate::domain::playbook::{Playbook, Staffing};
use crate::domain::severity::Severity;

/// The results for one combination, staffed or not.
#[derive(Default, Clone)]
struct Outcome {
    /// The longest waits for a second person and for another department.
    latest: [Option<(TimeDelta, DateTime<Utc>)>; 2],
    /// The openings for which the track alone never gets there: `[from, to)`.
    alone: Vec<Stretch>,
}

/// Judges playbooks and caches what they have in common.
pub struct Judge<'a> {
    walk: &'a Walk<'a>,
    escalations: Memo<(DepartmentId, String), Escalation>,
    judged: Memo<(Way, bool), Outcome>,
}

impl<'a> Judge<'a> {
    pub fn new(walk: &'a Walk<'a>) -> Self {
        Self { walk, escalations: Memo::default(), judged: Memo::default() }
    }

    /// Judges one case of a playbook.
    pub fn case(&self, playbook: &Playbook, case: &Case, worst: &mut Worst) {
        let stand_ins = playbook.after_hours.iter().flat_map(|rules| &rules.instead);
        let all: Vec<&DepartmentId> = playbook.departments.iter().chain(stand_ins).collect();
        let ways: Vec<[Way; 2]> = all.iter().map(|id| [true, false].map(|on| way(playbook, case, id, on))).collect();
        if !worst.ways.insert(ways.concat()) {
            return;
        }
        let pairs: Vec<Pair<'_>> = ways.iter().map(|pair| self.pair(playbook, &ways, pair)).collect();
        let mut open: Vec<Stretch> = Vec::new();
        for pair in &pairs[..playbook.departments.len()] {
            for (staffed, side) in [(true, &pair.in_hours), (false, &pair.after)] {
                let outcome = self.outcome(side, staffed);
                for (kind, latest) in outcome.latest.iter().enumerate() {
                    if let Some((within, at)) = latest {
                        self.note(worst, kind, (Some(*within), *at), (side.way, staffed), case);
                    }
                }
                open.extend(&outcome.alone);
            }
        }
        self.together(playbook, case, pairs, merged(open), worst);
    }

    fn pair<'w>(&self, playbook: &Playbook, all: &[[Way; 2]], [in_hours, after]: &'w [Way; 2]) -> Pair<'w> {
        let side = |way: &'w Way| {
            let key = (way.department.clone(), way.ladder.clone());
            let ladder = playbook.ladder_named(&way.ladder);
            let escalation = self.escalations.get(key, || Escalation::new(&self.walk.duties, &way.department, ladder));
            Side { way, pages: Pages::new(escalation) }
        };
        let is_same = |[other, _]: &[Way; 2]| other.department == in_hours.department;
        Pair {
            first: all.iter().position(is_same).unwrap_or_default(),
            is_single: all.iter().filter(|pair| is_same(pair)).count() == 1,
            in_hours: side(in_hours),
            after: side(after),
            staffing: self.walk.duties.staffing(&in_hours.department),
            near: 0,
        }
    }

    /// What a track does alone; a track on hold counts as failing.
    fn outcome(&self, side: &Side<'_>, staffed: bool) -> Arc<Outcome> {
        self.judged.get((side.way.clone(), staffed), || {
            let mut outcome = Outcome::default();
            let staffing = self.walk.duties.staffing(&side.way.department);
            let span = self.walk.span;
            let stretches = staffing.0.iter().filter(|stretch| stretch.staffed == staffed && stretch.from < span.to);
            let stretches = stretches.map(|stretch| (stretch.from, stretch.to.min(span.to)));
            if side.way.held {
                outcome.alone.extend(stretches);
                return outcome;
            }
            let mut pages = Pages::new(Arc::clone(&side.pages.escalation));
            for (from, to) in cut(side.pages.escalation.changes(), stretches) {
                let found = alone(&mut pages, from);
                for (latest, within) in outcome.latest.iter_mut().zip(found) {
                    keep_latest(latest, within, from);
                }
                if found.contains(&None) {
                    outcome.alone.push((from, to));
                }
            }
            outcome
        })
    }

    /// What all tracks do together, for the openings at which one of them fails alone.
    fn together(
        &self,
        playbook: &Playbook,
        case: &Case,
        mut pairs: Vec<Pair<'_>>,
        open: Vec<Stretch>,
        worst: &mut Worst,
    ) {
        if open.is_empty() {
            return;
        }
        for (from, to) in cells(self.changes(&pairs), open.into_iter()) {
            for Found { way, staffed, within } in self.at(playbook, &mut pairs, from) {
                for (kind, within) in within.into_iter().enumerate() {
                    self.note(worst, kind, (within, from), (way, staffed), case);
                    if within.is_none() {
                        let (severity, _) = playbook.severity_and_ladder(case.asked, &case.seen, Staffing::Hours);
                        let never = Never {
                            from,
                            to,
                            way: way.clone(),
                            zone: self.walk.plan.zone(&way.department),
                            promotion: case.promotion,
                            lifted_by: case.lifted_by.clone(),
                            is_low: severity == Severity::Low,
                            staffed,
                        };
                        worst.never[kind].push(never);
                    }
                }
            }
        }
    }

    /// The openings at which one of the tracks can change. A track on hold starts when its department opens, whenever the
    /// incident opened.
    fn changes(&self, pairs: &[Pair<'_>]) -> Vec<DateTime<Utc>> {
        let mut changes = Vec::new();
        for pair in pairs {
            changes.extend(pair.staffing.0.iter().map(|stretch| stretch.from));
            let mut near = 0;
            let mut starts_at_once = |at: &DateTime<Utc>| {
                let stretch = pair.staffing.at(*at, &mut near);
                let opens = stretch.and_then(|stretch| self.next_staffed(pair, stretch, *at));
                opens.is_none_or(|opens| opens == *at)
            };
            let waits = pair.is_single && (pair.in_hours.way.held || pair.after.way.held);
            let escalations = [&pair.in_hours, &pair.after].map(|side| &side.pages.escalation);
            // In and outside of the department's hours, most playbooks use the same ladder.
            let count = if Arc::ptr_eq(escalations[0], escalations[1]) { 1 } else { 2 };
            for escalation in &escalations[..count] {
                let own = escalation.changes().iter().copied();
                changes.extend(own.filter(|at| !waits || starts_at_once(at)));
            }
        }
        changes
    }

    fn next_staffed(&self, pair: &Pair<'_>, stretch: duty::Stretch, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.walk.duties.next_staffed(&pair.in_hours.way.department, stretch, at)
    }

    /// All tracks of an incident that opens at an instant.
    fn at<'w>(&self, playbook: &Playbook, pairs: &mut [Pair<'w>], opened: DateTime<Utc>) -> Vec<Found<'w>> {
        let listed = playbook.departments.len();
        let mut tracks: Vec<Track> = Vec::with_capacity(pairs.len());
        for (position, pair) in pairs.iter_mut().enumerate() {
            let anybody_held = tracks.iter().take(listed).any(|track| track.is_held);
            if position >= listed && !anybody_held {
                break;
            }
            if let Some(stand_in) = tracks.iter_mut().find(|track| track.pair == pair.first) {
                stand_in.start = opened;
                stand_in.stands_in = true;
                continue;
            }
            let stretch = pair.staffing.at(opened, &mut pair.near);
            let staffed = stretch.is_some_and(|stretch| stretch.staffed);
            let is_awaited = if staffed { pair.in_hours.way.held } else { pair.after.way.held };
            let opens = stretch.filter(|_| is_awaited).and_then(|stretch| self.next_staffed(pair, stretch, opened));
            let start = opens.unwrap_or(opened);
            let stands_in = position >= listed;
            tracks.push(Track { pair: position, staffed, start, is_held: start > opened, stands_in });
        }
        for track in &tracks {
            pairs[track.pair].side_mut(track.staffed).pages.from(track.start);
        }
        let side = |track: &Track| pairs[track.pair].side(track.staffed);
        let found = |track: &Track| {
            let Side { way, pages } = side(track);
            let (department, own) = (pages.escalation.department, pages.last());
            let others = tracks.iter().flat_map(|track| side(track).pages.last());
            let alone = if track.is_held || track.stands_in {
                [None, None]
            } else {
                after_first(department, opened, own, own.iter())
            };
            let together = if alone.contains(&None) { after_first(department, opened, own, others) } else { alone };
            let within = [alone[0].or(together[0]), alone[1].or(together[1])];
            Found { way, staffed: track.staffed, within }
        };
        tracks.iter().map(found).collect()
    }

    fn note(
        &self,
        worst: &mut Worst,
        kind: usize,
        (within, opened_at): (Option<TimeDelta>, DateTime<Utc>),
        (way, staffed): (&Way, bool),
        case: &Case,
    ) {
        let known = worst.latest[kind].as_ref();
        let graver = known.is_none_or(|known| match (known.within, within) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(known), Some(new)) => new > known,
        });
        if graver {
            worst.latest[kind] = Some(Latest {
                within,
                opened_at,
                department: way.department.clone(),
                zone: self.walk.plan.zone(&way.department),
                ladder: way.ladder.clone(),
                staffed,
                lifted_by: case.lifted_by.clone(),
            });
        }
    }
}

fn keep_latest(latest: &mut Option<(TimeDelta, DateTime<Utc>)>, within: Option<TimeDelta>, at: DateTime<Utc>) {
    let Some(within) = within else { return };
    if latest.is_none_or(|(known, _)| within > known) {
        *latest = Some((within, at));
    }
}

/// The track of a department, as the playbook decides at the opening.
fn way(playbook: &Playbook, case: &Case, department: &DepartmentId, staffed: bool) -> Way {
    let staffing = if staffed { Staffing::Hours } else { Staffing::AfterHours };
    let (severity, ladder) = playbook.severity_and_ladder(case.asked, &case.seen, staffing);
    let holds = playbook.after_hours.as_ref().is_some_and(|rules| rules.hold) && severity < Severity::Critical;
    let held = holds && !staffed && playbook.departments.contains(department);
    Way { department: department.clone(), ladder: ladder.name.clone(), held }
}

/// The two ways of one of the departments.
struct Pair<'w> {
    in_hours: Side<'w>,
    after: Side<'w>,
    staffing: Arc<StaffedTimes>,
    /// Where the last stretch of `staffing` that was asked for is.
    near: usize,
    /// The first pair of the same department.
    first: usize,
    /// Whether no other pair is of the same department.
    is_single: bool,
}

impl<'w> Pair<'w> {
    fn side(&self, staffed: bool) -> &Side<'w> {
        if staffed { &self.in_hours } else { &self.after }
    }

    fn side_mut(&mut self, staffed: bool) -> &mut Side<'w> {
        if staffed { &mut self.in_hours } else { &mut self.after }
    }
}

/// A way and the pages on it.
struct Side<'w> {
    way: &'w Way,
    pages: Pages,
}

struct Track {
    /// The index of its pair.
    pair: usize,
    staffed: bool,
    start: DateTime<Utc>,
    is_held: bool,
    stands_in: bool,
}

/// The results for one track.
struct Found<'w> {
    way: &'w Way,
    staffed: bool,
    within: [Option<TimeDelta>; 2],
}
