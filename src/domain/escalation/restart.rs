//! How a track starts, and starts again.

use chrono::{DateTime, Utc};

use crate::domain::escalation::event::{Next, StepPosition};
use crate::domain::escalation::incident::{Incident, Track};
use crate::domain::escalation::reclassified::Reclassified;
use crate::domain::escalation::track_opened::TrackOpened;
use crate::domain::page::PageReason;
use crate::domain::wait::Wait;

impl Incident {
    pub(in crate::domain::escalation) fn reclassify(&mut self, at: DateTime<Utc>, new: &Reclassified) {
        let earlier = self.earlier.get_or_insert_default();
        earlier.playbooks.push(std::mem::replace(&mut self.playbook, new.playbook.as_str().into()));
        earlier.ladders.clone_from(&new.kept);
        (self.class, self.playbook_hash) = (new.class.as_str().into(), new.playbook_hash);
        self.severity = new.severity;
        for opened in &new.tracks {
            match self.tracks.iter_mut().find(|track| track.department == opened.department) {
                Some(track) => track.escalate_again(at, opened, PageReason::Reclassified),
                None => self.tracks.push(Track::opened(at, opened, PageReason::Reclassified)),
            }
        }
        if !new.tasks.is_empty() {
            self.list_tasks(&new.tasks);
            self.follow_up_at = new.follow_up_at;
        }
    }
}

impl Track {
    pub(in crate::domain::escalation) fn opened(at: DateTime<Utc>, opened: &TrackOpened, reason: PageReason) -> Self {
        let base = opened.starts_at.max(at);
        Self {
            department: opened.department.clone(),
            ladder: opened.ladder.clone(),
            acknowledge_within: opened.acknowledge_within,
            act_within: opened.act_within,
            base,
            next: Some(first_step(base, opened.first_step_at, reason)),
            rounds: 0,
            paging_steps: 0,
            passed: Vec::new(),
            pages: Vec::new(),
            acknowledged: None,
        }
    }

    /// Starts another ladder at its first step, whoever had acknowledged.
    pub(in crate::domain::escalation) fn escalate_again(
        &mut self,
        at: DateTime<Utc>,
        opened: &TrackOpened,
        reason: PageReason,
    ) {
        let base = opened.starts_at.max(at);
        self.ladder = opened.ladder.clone();
        (self.acknowledge_within, self.act_within) = (opened.acknowledge_within, opened.act_within);
        self.restart(base, first_step(base, opened.first_step_at, reason));
    }

    pub(in crate::domain::escalation) fn restart(&mut self, base: DateTime<Utc>, next: Next) {
        // If the new ladder starts later, the pages that have not been sent yet are all that anyone gets until then.
        if next.at <= base || !self.is_unanswered() {
            self.stop();
        }
        self.acknowledged = None;
        self.base = base;
        self.rounds = 0;
        self.passed.clear();
        self.next = Some(next);
    }
}

/// The first step of a ladder whose times count from `base`.
pub(in crate::domain::escalation) fn first_step(base: DateTime<Utc>, after: Wait, reason: PageReason) -> Next {
    Next { at: base + after.delta(), step: StepPosition::Step(0), reason }
}
