//! Repeats of an incident: they are counted, and a more serious one pages people again.

use std::sync::Arc;

use crate::domain::escalation::decision::Draft;
use crate::domain::escalation::event::{Event, Folded, SeverityRose};
use crate::domain::escalation::incident::Track;
use crate::domain::escalation::input::Context;
use crate::domain::escalation::open;
use crate::domain::escalation::reclassified::{Cause, Reclassified};
use crate::domain::escalation::tasks::due;
use crate::domain::escalation::track_opened::TrackOpened;
use crate::domain::id::{DepartmentId, SourceName};
use crate::domain::incident::Incoming;
use crate::domain::involved::{UNKNOWN_NAMES_MAX, is_hashed};
use crate::domain::playbook::ladder::Ladder;
use crate::domain::playbook::matching::choose;
use crate::domain::playbook::{Playbook, Seen, Staffing};
use crate::domain::principal::Principal;
use crate::domain::severity::Severity;

impl<'a> Draft<'a> {
    /// Adds a repeat. Returns the new playbook if the repeat changes it.
    ///
    /// The consequences of the repeat are recorded before the repeat itself: if a crash keeps only them, the source
    /// gets no answer and sends the repeat again. In the other order, the repeat would be known and no one paged.
    pub(in crate::domain::escalation) fn fold(
        &mut self,
        by: Principal,
        mut incoming: Incoming,
    ) -> Option<&'a Playbook> {
        let plan = self.context.plan;
        incoming.protect_unknown_names(self.incident.id, |name| plan.knows(name));
        let is_open = self.incident.resolved.is_none();
        let taken = if is_open { self.lift(&incoming) } else { None };
        let occurrences = self.incident.occurrences + 1;
        let received_at = self.context.now.wall;
        let involved_not_kept = self.involved_not_kept(&incoming);
        let folded = Folded { by, incident: incoming, occurrences, received_at, involved_not_kept };
        self.push(Event::Folded(Box::new(folded)));
        if is_open {
            self.call_back_involved();
        }
        taken
    }

    fn lift(&mut self, incoming: &Incoming) -> Option<&'a Playbook> {
        let asked = self.incident.asked.max(incoming.severity);
        let seen = self.incident.seen.with(&Seen::of(incoming));
        let plan = self.context.plan;
        let class = plan.class_for(&self.incident.source, &incoming.class);
        let chosen = choose(&plan.playbooks, &class, incoming);
        match chosen.filter(|chosen| self.is_graver(chosen, asked, &seen)) {
            Some(chosen) => {
                self.reclassify(chosen, &class, asked, &seen);
                Some(chosen)
            }
            None => {
                self.rise_if_graver(asked, &seen);
                None
            }
        }
    }

    /// Whether a repeat's playbook is more serious than the incident's: by itself or after the promotions that apply. A
    /// severity requested by the source raises the incident under either playbook, and makes no class more serious than
    /// another.
    fn is_graver(&self, chosen: &Playbook, asked: Option<Severity>, seen: &Seen) -> bool {
        let own = self.context.playbook;
        let promoted = |playbook: &Playbook| playbook.severity_and_ladder(asked, seen, Staffing::Hours).0;
        let is_lifted = promoted(chosen) > self.incident.severity.max(promoted(own));
        // Incidents about the daemon itself keep their class.
        let is_ours = self.incident.source == SourceName::wardbell();
        !is_ours && *chosen.name() != *self.incident.playbook && (chosen.severity > own.severity || is_lifted)
    }

    fn reclassify(&mut self, chosen: &'a Arc<Playbook>, class: &str, asked: Option<Severity>, seen: &Seen) {
        let incident = &self.incident;
        let context = Context { playbook: chosen, ..*self.context };
        let has_begun = |department: &_| incident.track(department).is_some_and(|track| !track.is_waiting());
        let (severity, mut tracks) = open::tracks(&context, asked.max(Some(incident.severity)), seen, &has_begun);
        let added = tracks.iter().map(|track| track.department.clone());
        let added = added.filter(|department| incident.track(department).is_none()).collect();
        let others = incident.tracks.iter().filter(|one| tracks.iter().all(|new| new.department != one.department));
        let (mut kept, mut risen) = (Vec::new(), Vec::new());
        for track in others {
            let staffing = self.staffing(&track.department);
            let (own_severity, ladder) = self.context.playbook.severity_and_ladder(asked, seen, staffing);
            if own_severity > incident.severity {
                // The repeat raises them under their own playbook, too.
                risen.push(self.again(track, &ladder));
                kept.push((track.department.clone(), Ladder::clone(&ladder)));
            } else {
                kept.push((track.department.clone(), incident.ladder(track, self.context.playbook).clone()));
            }
        }
        tracks.extend(risen);
        let mut event = Reclassified {
            because: Cause::MoreSeriousRepeat,
            from_playbook: incident.playbook.to_string(),
            from_severity: incident.severity,
            class: class.to_owned(),
            playbook: chosen.name(),
            playbook_hash: chosen.hash(),
            severity,
            added,
            tracks,
            kept,
            tasks: due::at_reclassification(incident, self.context.playbook, chosen, self.context.now),
            follow_up_at: None,
        };
        let mut after = incident.clone();
        after.reclassify(self.context.now.logical, &event);
        event.follow_up_at = due::next_look(&after, &context);
        self.push(Event::Reclassified(Box::new(event)));
    }

    /// A track that starts another ladder of its own playbook now.
    pub(in crate::domain::escalation) fn again(&self, track: &Track, ladder: &Ladder) -> TrackOpened {
        TrackOpened {
            department: track.department.clone(),
            ladder: ladder.name.as_str().into(),
            acknowledge_within: track.acknowledge_within,
            act_within: track.act_within,
            starts_at: self.context.now.logical,
            first_step_at: ladder.first_step_at(),
            instead_of: None,
        }
    }

    /// The repeat's new names that are in no roster and exceed [`UNKNOWN_NAMES_MAX`].
    fn involved_not_kept(&self, incoming: &Incoming) -> Vec<String> {
        let involved = &self.incident.involved;
        let mut room = UNKNOWN_NAMES_MAX.saturating_sub(involved.len());
        let new = incoming.involved.iter().filter(|name| !involved.contains(name));
        let not_kept = new.filter(|name| {
            let has_room = room > 0;
            room = room.saturating_sub(1);
            !has_room && is_hashed(name)
        });
        not_kept.cloned().collect()
    }

    fn rise_if_graver(&mut self, asked: Option<Severity>, seen: &Seen) {
        let mut severity = self.incident.severity;
        let (mut ladders, mut first_steps) = (Vec::new(), Vec::new());
        for track in &self.incident.tracks {
            let (graver, ladder) =
                self.context.playbook.severity_and_ladder(asked, seen, self.staffing(&track.department));
            severity = severity.max(graver);
            ladders.push((track.department.clone(), ladder.name.as_str().into()));
            if !ladder.first_step_at().is_zero() {
                first_steps.push((track.department.clone(), ladder.first_step_at()));
            }
        }
        if severity > self.incident.severity {
            self.push(Event::SeverityRose(SeverityRose { severity, ladders, first_steps }));
        }
    }

    fn staffing(&self, department: &DepartmentId) -> Staffing {
        let staffed = self.context.plan.is_staffed(department, self.context.now.wall);
        if staffed { Staffing::Hours } else { Staffing::AfterHours }
    }
}
