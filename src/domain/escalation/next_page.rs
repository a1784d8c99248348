//! Who is paged next, to show to the people asked now.

use chrono::{DateTime, Utc};

use crate::domain::escalation::incident::{Incident, Track};
use crate::domain::escalation::input::Context;
use crate::domain::escalation::step_resolution::{self, StepResolution};
use crate::domain::escalation::steps;
use crate::domain::id::{DepartmentId, LiaisonId, Role};
use crate::domain::instant::Now;
use crate::domain::link::Entropy;
use crate::domain::plan::Plan;
use crate::domain::playbook::Playbook;

/// How many repeats to search: by then, everyone on the ladder has had a turn.
const REPEATS_LOOKED_THROUGH: usize = 2;

/// Who is paged next, and when, unless someone acknowledges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextPage {
    /// Wall clock.
    pub at: DateTime<Utc>,
    /// Name, role and roster of each person; empty if the ladder continues and finds only the reader.
    pub people: Vec<(String, Role, DepartmentId)>,
}

impl Incident {
    /// Who is paged next for a track, other than the reader, if one is named. Skips steps that find no one else. `None` if the
    /// ladder has ended.
    pub fn next_page(
        &self,
        plan: &Plan,
        playbook: &Playbook,
        now: Now,
        track: &Track,
        reader: Option<(&DepartmentId, &LiaisonId)>,
    ) -> Option<NextPage> {
        let mut next = track.next.filter(|_| self.resolved.is_none())?;
        let ladder = self.ladder(track, playbook);
        let entropy = Entropy::NONE;
        let context = Context { plan, playbook, now, entropy: &entropy };
        let reader_again = NextPage { at: now.on_the_wall(next.at), people: Vec::new() };
        for _ in 0..ladder.steps.len() + REPEATS_LOOKED_THROUGH {
            let at = now.on_the_wall(next.at);
            let resolution = StepResolution::plan(self, &context, track, next, at);
            let is_reader = |found| reader.is_some_and(|reader| step_resolution::is_to_person(plan, reader, found));
            let others = resolution.people.iter().filter(|(found, _)| !is_reader(found));
            let people: Vec<_> = others
                .map(|(found, _)| (found.liaison.name.clone(), found.role.clone(), found.department.clone()))
                .collect();
            if !people.is_empty() {
                return Some(NextPage { at, people });
            }
            let Some(after) = steps::after(track, ladder, next, &resolution, next.at.max(now.logical)) else { break };
            next = after;
        }
        Some(reader_again)
    }
}

impl Track {
    /// When the next person is paged, on the wall clock. If no one else is left to page, the deadline for
    /// acknowledging.
    pub fn answer_by(&self, next: Option<&NextPage>, now: Now) -> DateTime<Utc> {
        next.map_or_else(|| now.on_the_wall(self.acknowledge_by()), |next| next.at)
    }
}
