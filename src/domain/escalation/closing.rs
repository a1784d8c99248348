//! How an incident is resolved, and how a resolved one is reopened.

use chrono::{DateTime, Utc};

use crate::domain::aggregate::Aggregate;
use crate::domain::escalation::answer::checked_note;
use crate::domain::escalation::decision::Draft;
use crate::domain::escalation::event::{Event, Reopened};
use crate::domain::escalation::incident::{Incident, Reopening, Resolution, Track};
use crate::domain::escalation::input::Refusal;
use crate::domain::escalation::resolution::{DedupKey, Early, Resolve, ResolvedAs};
use crate::domain::escalation::track_opened::TrackOpened;
use crate::domain::id::SourceName;
use crate::domain::page::PageReason;
use crate::domain::principal::Principal;

impl Draft<'_> {
    pub(in crate::domain::escalation) fn resolve(&mut self, by: Principal, resolve: Resolve) -> Result<(), Refusal> {
        self.refuse_if_resolved()?;
        self.refuse_if_left(&by)?;
        self.refuse_if_involved(&by)?;
        let note = resolve.note.map(|note| checked_note(&note)).transpose()?;
        if self.incident.tracks.iter().any(Track::is_unanswered) {
            match resolve.early {
                Early::Allowed => {}
                Early::WithReason if note.is_some() => {}
                Early::WithReason => return Err(Refusal::ReasonMissing),
                Early::Refused => return Err(Refusal::NotAllAcknowledged),
            }
        }
        self.push(Event::Resolved { by, note: note.map(Into::into), outcome: resolve.outcome });
        Ok(())
    }

    pub(in crate::domain::escalation) fn reopen(
        &mut self,
        by: Principal,
        note: Option<String>,
        key: DedupKey,
    ) -> Result<(), Refusal> {
        if self.incident.resolved.is_none() {
            return Err(Refusal::NotResolved);
        }
        if let Some(purged) = &self.incident.purged {
            return Err(Refusal::Purged { by: purged.by.clone() });
        }
        // What these report is reported again by a new one, as long as it is so.
        if self.incident.source == SourceName::wardbell() {
            return Err(Refusal::OpenedByWardbell);
        }
        self.refuse_if_left(&by)?;
        self.refuse_if_involved(&by)?;
        let note = note.map(|note| checked_note(&note)).transpose()?;
        let tracks = self.incident.tracks.iter().map(|track| self.track_again(track)).collect();
        let mut before = Box::new(self.incident.clone());
        // Every page is called off: what may still be in flight is not sent again.
        before.pages_mut().for_each(|page| page.pending.clear());
        if key == DedupKey::Taken {
            before.dedup_key = None;
        }
        self.push(Event::Reopened(Box::new(Reopened { by, note: note.map(Into::into), tracks, before })));
        Ok(())
    }

    /// A track that starts at its ladder's first step: now, or when its department opens if that has not paged anybody
    /// yet.
    fn track_again(&self, track: &Track) -> TrackOpened {
        let again = self.again(track, self.incident.ladder(track, self.context.playbook));
        let was_waiting = track.paging_steps == 0 && track.pages.is_empty();
        let starts_at = if was_waiting { track.base.max(again.starts_at) } else { again.starts_at };
        TrackOpened { starts_at, ..again }
    }
}

impl Incident {
    /// Whether it is not gone for good, and nothing else opens it again.
    pub fn can_be_reopened(&self) -> bool {
        self.purged.is_none() && self.source != SourceName::wardbell()
    }

    pub(in crate::domain::escalation) fn close(
        &mut self,
        at: DateTime<Utc>,
        by: &Principal,
        outcome: Option<ResolvedAs>,
    ) {
        self.resolved = Some(Resolution { by: by.clone(), at });
        self.outcome = outcome;
        self.tracks.iter_mut().for_each(Track::stop);
        self.restart_follow_up(at);
        self.restart_approvals(at);
    }

    /// The state of an incident whose state before is not known.
    pub fn reopened(at: DateTime<Utc>, reopened: &Reopened) -> Self {
        let mut incident = Self::clone(&reopened.before);
        incident.evolve(at, &Event::Reopened(Box::new(reopened.clone())));
        incident
    }

    pub(in crate::domain::escalation) fn open_again(&mut self, at: DateTime<Utc>, reopened: &Reopened) {
        (self.resolved, self.outcome) = (None, None);
        self.reopened = Some(Box::new(Reopening { by: reopened.by.clone(), at, last_page: self.pages_made }));
        self.dedup_key.clone_from(&reopened.before.dedup_key);
        for opened in &reopened.tracks {
            self.on_track(&opened.department, |track| track.escalate_again(at, opened, PageReason::Reopened));
        }
        self.restart_follow_up(at);
        self.restart_approvals(at);
    }
}
