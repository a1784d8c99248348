//! How long each track of a playbook takes, at most, to reach a second person and another department.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::config::coverage::alarm::{Never, Worst};
use crate::config::coverage::case::{Case, Way};
use crate::config::coverage::escalation::{Escalation, Paging, after_first, alone};
use crate::config::coverage::latest::Latest;
use crate::config::coverage::stretches::{Stretch, cells, merged};
use crate::config::coverage::walk::Walk;
use crate::domain::id::DepartmentId;
use crate::domain::playbook::ladder::Ladder;
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
    escalations: BTreeMap<(DepartmentId, String), Escalation>,
    judged: BTreeMap<(Way, bool), Outcome>,
}

impl<'a> Judge<'a> {
    pub fn new(walk: &'a Walk<'a>) -> Self {
        Self { walk, escalations: BTreeMap::new(), judged: BTreeMap::new() }
    }

    /// Judges one case of a playbook.
    pub fn case(&mut self, playbook: &Playbook, case: &Case, worst: &mut Worst) {
        let stand_ins = playbook.after_hours.iter().flat_map(|rules| &rules.instead);
        let all: Vec<&DepartmentId> = playbook.departments.iter().chain(stand_ins).collect();
        let ways: Vec<Way> =
            all.iter().flat_map(|id| [true, false].map(|on| self.way(playbook, case, id, on))).collect();
        if !worst.ways.insert(ways.clone()) {
            return;
        }
        let mut open: Vec<Stretch> = Vec::new();
        for (position, way) in ways.iter().enumerate().take(playbook.departments.len() * 2) {
            let staffed = position % 2 == 0;
            let outcome = self.outcome(way, staffed);
            for (kind, latest) in outcome.latest.iter().enumerate() {
                if let Some((within, at)) = latest {
                    self.note(worst, kind, (Some(*within), *at), (way, staffed), case);
                }
            }
            open.extend(&outcome.alone);
        }
        self.together(playbook, case, &ways, merged(open), worst);
    }

    /// The track of a department, as the playbook decides at the opening.
    fn way(&mut self, playbook: &Playbook, case: &Case, department: &DepartmentId, staffed: bool) -> Way {
        let staffing = if staffed { Staffing::Hours } else { Staffing::AfterHours };
        let (severity, ladder) = playbook.severity_and_ladder(case.asked, &case.seen, staffing);
        let holds = playbook.after_hours.as_ref().is_some_and(|rules| rules.hold) && severity < Severity::Critical;
        let held = holds && !staffed && playbook.departments.contains(department);
        self.escalation(department, &ladder);
        Way { department: department.clone(), ladder: ladder.name.clone(), held }
    }

    fn escalation(&mut self, department: &DepartmentId, ladder: &Ladder) -> &Escalation {
        let key = (department.clone(), ladder.name.clone());
        self.escalations.entry(key).or_insert_with(|| Escalation::new(&self.walk.duties, department, ladder))
    }

    fn climb_of(&self, way: &Way) -> Option<&Escalation> {
        self.escalations.get(&(way.department.clone(), way.ladder.clone()))
    }

    /// What a track does alone; a track on hold counts as failing.
    fn outcome(&mut self, way: &Way, staffed: bool) -> Outcome {
        let key = (way.clone(), staffed);
        if let Some(known) = self.judged.get(&key) {
            return known.clone();
        }
        let mut outcome = Outcome::default();
        let staffing = self.walk.duties.staffing(&way.department);
        let span = self.walk.span;
        let stretches = staffing.iter().filter(|stretch| stretch.staffed == staffed && stretch.from < span.to);
        let stretches = stretches.map(|stretch| (stretch.from, stretch.to.min(span.to)));
        match self.climb_of(way).filter(|_| !way.held) {
            None => outcome.alone.extend(stretches),
            Some(escalation) => {
                let mut changes = Vec::new();
                escalation.add_changes(&mut changes);
                for (from, to) in cells(changes, stretches) {
                    let found = alone(escalation, from);
                    for (latest, within) in outcome.latest.iter_mut().zip(found) {
                        keep_latest(latest, within, from);
                    }
                    if found.contains(&None) {
                        outcome.alone.push((from, to));
                    }
                }
            }
        }
        self.judged.insert(key, outcome.clone());
        outcome
    }

    /// What all tracks do together, for the openings at which one of them fails alone.
    fn together(&self, playbook: &Playbook, case: &Case, ways: &[Way], open: Vec<Stretch>, worst: &mut Worst) {
        let changes = if open.is_empty() { Vec::new() } else { self.changes(ways) };
        for (from, to) in cells(changes, open.into_iter()) {
            for Found { way, staffed, within } in self.at(playbook, ways, from) {
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
    fn changes(&self, ways: &[Way]) -> Vec<DateTime<Utc>> {
        let duties = &self.walk.duties;
        let mut changes = Vec::new();
        for way in ways {
            changes.extend(duties.staffing(&way.department).iter().map(|stretch| stretch.from));
            let twins = ways.iter().filter(|one| one.department == way.department);
            let stands_in_too = twins.clone().count() > 2;
            let Some(escalation) = self.climb_of(way) else { continue };
            let mut own = Vec::new();
            escalation.add_changes(&mut own);
            if twins.clone().any(|one| one.held) && !stands_in_too {
                own.retain(|at| duties.next_staffed(&way.department, *at).is_none_or(|opens| opens == *at));
            }
            changes.append(&mut own);
        }
        changes
    }

    /// All tracks of an incident that opens at an instant.
    fn at<'w>(&self, playbook: &Playbook, ways: &'w [Way], opened: DateTime<Utc>) -> Vec<Found<'w>> {
        let listed = playbook.departments.len();
        let mut tracks: Vec<Track<'w>> = Vec::new();
        for (position, pair) in ways.chunks(2).enumerate() {
            let [in_hours, after] = pair else { continue };
            let is_listed = tracks.iter().position(|track| track.way.department == in_hours.department);
            let anybody_held = tracks.iter().take(listed).any(|track| track.is_held);
            if position >= listed && !anybody_held {
                break;
            }
            if let Some(stand_in) = is_listed {
                tracks[stand_in].start = opened;
                tracks[stand_in].stands_in = true;
                continue;
            }
            let staffed = self.walk.duties.is_staffed(&in_hours.department, opened);
            let way = if staffed { in_hours } else { after };
            let opens = way.held.then(|| self.walk.duties.next_staffed(&way.department, opened)).flatten();
            let start = opens.unwrap_or(opened);
            tracks.push(Track { way, staffed, start, is_held: start > opened, stands_in: position >= listed });
        }
        let escalations = tracks.iter().filter_map(|track| Some((track, self.climb_of(track.way)?)));
        let pages: Vec<(&Track, &Escalation, Vec<Paging>)> = escalations
            .map(|(track, escalation)| (track, escalation, escalation.pages(track.start).collect()))
            .collect();
        let found = |(track, escalation, own): &(&Track<'w>, &Escalation, Vec<Paging>)| {
            let others = pages.iter().flat_map(|(.., pages)| pages);
            let within = if track.is_held || track.stands_in {
                after_first(escalation.department, opened, own, others)
            } else {
                let [second, other] = after_first(escalation.department, opened, own, own.iter());
                let [any_second, any_other] = after_first(escalation.department, opened, own, others);
                [second.or(any_second), other.or(any_other)]
            };
            Found { way: track.way, staffed: track.staffed, within }
        };
        pages.iter().map(found).collect()
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

struct Track<'w> {
    way: &'w Way,
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
