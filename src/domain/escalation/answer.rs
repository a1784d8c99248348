//! What people say: I have it, I can't, this was done, page the next, it is over.

use crate::domain::escalation::decision::Draft;
use crate::domain::escalation::event::{By, Event, Next, Rung};
use crate::domain::escalation::incident::Track;
use crate::domain::escalation::input::{Answer, AnswerKind, NOTE_MAX, Refusal};
use crate::domain::id::{DepartmentId, LiaisonId};
use crate::domain::page::PageReason;
use crate::domain::plan::Search;

impl Draft<'_> {
    pub(in crate::domain::escalation) fn answer(&mut self, answer: Answer) -> Result<(), Refusal> {
        self.refuse_if_resolved()?;
        if !matches!(answer.kind, AnswerKind::Decline) {
            self.refuse_if_involved(&answer.by)?;
        }
        match answer.kind.clone() {
            AnswerKind::Acknowledge => self.acknowledge(&answer),
            AnswerKind::Decline => self.decline(&answer),
            AnswerKind::Note(text) => self.note(answer, &text),
        }
    }

    pub(in crate::domain::escalation) fn escalate(
        &mut self,
        by: By,
        department: Option<DepartmentId>,
    ) -> Result<(), Refusal> {
        self.refuse_if_resolved()?;
        let departments = match department {
            Some(department) => vec![self.its_track(&department)?.department.clone()],
            None => self.unanswered()?,
        };
        for department in departments {
            let next = self.at_once(self.its_track(&department)?, PageReason::Escalated);
            self.push(Event::Escalated { department, by: by.clone(), next });
        }
        Ok(())
    }

    pub(in crate::domain::escalation) fn resolve(&mut self, by: By, note: Option<String>) -> Result<(), Refusal> {
        self.refuse_if_resolved()?;
        let note = note.map(|note| checked_note(&note)).transpose()?;
        self.push(Event::Resolved { by, note: note.map(Into::into) });
        Ok(())
    }

    /// The step that is due at once because somebody asked for it or cannot be had; beyond the ladder's first climb, those
    /// who answer for a department that cannot.
    pub(in crate::domain::escalation) fn at_once(&self, track: &Track, reason: PageReason) -> Next {
        let stopped_before = track.acknowledged.as_ref().and_then(|acknowledged| acknowledged.stopped_before);
        let step = match track.next.or(stopped_before) {
            Some(Next { step: Rung::Step(position), .. }) => Rung::Step(position),
            _ => Rung::Beyond,
        };
        Next { at: self.context.now.logical, step, reason }
    }

    fn acknowledge(&mut self, answer: &Answer) -> Result<(), Refusal> {
        let departments = match &answer.department {
            Some(department) => vec![self.unanswered_track(department)?.department.clone()],
            None => self.unanswered()?,
        };
        for department in departments {
            let act_within = self.its_track(&department)?.act_within;
            let act_by = act_within.map(|wait| self.context.now.logical + wait.delta());
            self.push(Event::Acknowledged { department, by: answer.by.clone(), page: answer.page, act_by });
        }
        Ok(())
    }

    fn decline(&mut self, answer: &Answer) -> Result<(), Refusal> {
        let departments = match &answer.department {
            Some(department) => vec![department.clone()],
            None => self.unanswered()?,
        };
        for department in departments {
            let track = self.its_track(&department)?;
            if let Some(acknowledged) = track.acknowledged.as_ref().filter(|one| one.by != answer.by) {
                return Err(already(track, &acknowledged.by, acknowledged.at));
            }
            let next = match &answer.by {
                By::Liaison { liaison, roster, .. } if track.is_unanswered() => {
                    if track.passed(roster, liaison).is_some() {
                        continue;
                    }
                    let others = somebody_else_is_paged(track, roster, liaison);
                    (!others).then(|| self.at_once(track, PageReason::Declined))
                }
                _ => Some(self.at_once(track, PageReason::Declined)),
            };
            self.push(Event::Declined { department, by: answer.by.clone(), page: answer.page, next });
        }
        Ok(())
    }

    fn note(&mut self, answer: Answer, text: &str) -> Result<(), Refusal> {
        let text = checked_note(text)?;
        if let Some(department) = &answer.department {
            self.its_track(department)?;
        }
        self.push(Event::Noted { department: answer.department, by: answer.by, page: answer.page, text: text.into() });
        Ok(())
    }

    fn refuse_if_resolved(&self) -> Result<(), Refusal> {
        match &self.incident.resolved {
            Some(resolution) => Err(Refusal::AlreadyResolved { by: resolution.by.clone() }),
            None => Ok(()),
        }
    }

    fn refuse_if_involved(&self, by: &By) -> Result<(), Refusal> {
        let By::Liaison { liaison, roster, .. } = by else { return Ok(()) };
        let search = Search::new(self.context.plan, self.context.now.wall, &self.incident.involved);
        if search.is_involved(roster, liaison) { Err(Refusal::Involved) } else { Ok(()) }
    }

    fn its_track(&self, department: &DepartmentId) -> Result<&Track, Refusal> {
        self.incident.track(department).ok_or_else(|| Refusal::NotItsDepartment(department.clone()))
    }

    fn unanswered_track(&self, department: &DepartmentId) -> Result<&Track, Refusal> {
        let track = self.its_track(department)?;
        match &track.acknowledged {
            Some(acknowledged) => Err(already(track, &acknowledged.by, acknowledged.at)),
            None => Ok(track),
        }
    }

    fn unanswered(&self) -> Result<Vec<DepartmentId>, Refusal> {
        let tracks = &self.incident.tracks;
        let open: Vec<_> =
            tracks.iter().filter(|track| track.is_unanswered()).map(|track| track.department.clone()).collect();
        let first = tracks.iter().find_map(|track| Some((track, track.acknowledged.as_ref()?)));
        match first {
            Some((track, acknowledged)) if open.is_empty() => Err(already(track, &acknowledged.by, acknowledged.at)),
            _ => Ok(open),
        }
    }
}

/// Whether somebody else's page, among the latest, still waits for an answer.
pub fn somebody_else_is_paged(track: &Track, roster: &DepartmentId, liaison: &LiaisonId) -> bool {
    let latest = track.pages.iter().filter(|page| page.firing == track.firing && !page.is_dead());
    let mine = track.pages.iter().any(|page| page.firing == track.firing && page.is_to(roster, liaison));
    let mut others =
        latest.filter(|page| !page.is_to(roster, liaison) && track.passed(&page.roster, &page.liaison).is_none());
    others.next().is_some() || !mine && track.firing > 0
}

fn already(track: &Track, by: &By, at: chrono::DateTime<chrono::Utc>) -> Refusal {
    Refusal::AlreadyAcknowledged { by: by.clone(), at, department: track.department.clone() }
}

fn checked_note(text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    if text.is_empty() {
        Err(Refusal::EmptyNote)
    } else if text.chars().count() > NOTE_MAX {
        Err(Refusal::NoteTooLong)
    } else {
        Ok(text.to_owned())
    }
}
