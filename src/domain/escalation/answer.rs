//! Answers from people: acknowledge, decline, note, escalate.

use chrono::TimeDelta;

use crate::domain::escalation::decision::Draft;
use crate::domain::escalation::event::{Because, Event, Next, StepPosition};
use crate::domain::escalation::incident::{OpenPage, Track};
use crate::domain::escalation::input::{Answer, AnswerKind, NOTE_MAX, Refusal};
use crate::domain::escalation::pace::CATCH_UP_PAUSE;
use crate::domain::id::DepartmentId;
use crate::domain::page::PageReason;
use crate::domain::plan::{Plan, Search};
use crate::domain::principal::{ActingLiaison, Principal};

/// A person who gives a track back within this time of the latest page is toggling. The recipient of that page gets
/// this much time to answer.
const TO_AND_FRO: TimeDelta = TimeDelta::minutes(2);

impl Draft<'_> {
    pub(in crate::domain::escalation) fn answer(&mut self, answer: Answer) -> Result<(), Refusal> {
        self.refuse_if_left(&answer.by)?;
        if !matches!(answer.kind, AnswerKind::HandOver(_)) {
            self.refuse_if_involved(&answer.by)?;
        }
        self.refuse_if_resolved()?;
        match answer.kind.clone() {
            AnswerKind::Acknowledge => self.acknowledge(&answer),
            AnswerKind::Decline => self.decline(&answer),
            AnswerKind::Note(text) => self.note(answer, &text),
            AnswerKind::HandOver(to) => self.hand_over(&answer, &to),
            AnswerKind::TakeOver => self.take_over(&answer),
        }
    }

    pub(in crate::domain::escalation) fn escalate(
        &mut self,
        by: Principal,
        department: Option<DepartmentId>,
    ) -> Result<(), Refusal> {
        self.refuse_if_resolved()?;
        self.refuse_if_left(&by)?;
        self.refuse_if_involved(&by)?;
        let departments = match department {
            // A page from before somebody took it must not take it away from them.
            Some(department) if matches!(by, Principal::Person { .. }) => {
                vec![self.unanswered_track(&department)?.department.clone()]
            }
            Some(department) => vec![self.its_track(&department)?.department.clone()],
            None => self.unanswered()?,
        };
        for department in departments {
            let next = self.at_once(self.its_track(&department)?, PageReason::Escalated);
            self.push(Event::Escalated { department, by: by.clone(), next });
        }
        Ok(())
    }

    /// The step that is due immediately because someone asked for it or is not available; after the ladder's first
    /// round, the people who answer for a department that cannot.
    pub(in crate::domain::escalation) fn at_once(&self, track: &Track, reason: PageReason) -> Next {
        let stopped_before = track.acknowledged.as_ref().and_then(|acknowledged| acknowledged.stopped_before);
        let step = match track.next.or(stopped_before) {
            Some(Next { step: StepPosition::Step(position), .. }) => StepPosition::Step(position),
            _ => StepPosition::LastResort,
        };
        Next { at: self.context.now.logical, step, reason }
    }

    /// The step after someone gives back what they acknowledged: immediately, unless they have just done so and the
    /// resulting page is still new. Otherwise, toggling would page everyone on the ladder.
    fn given_back(&self, track: &Track, by: &Principal) -> Next {
        let mut next = self.at_once(track, PageReason::Declined);
        let latest = track.pages.iter().filter(|page| page.paging_step == track.paging_steps);
        let asked = latest.filter(|page| {
            let is_other = !by.is_listed_as(&page.roster, &page.liaison);
            page.reason == PageReason::Declined && is_other && track.passed(&page.roster, &page.liaison).is_none()
        });
        // A page that was called off before a provider accepted it may have reached no one.
        let until = asked.map(|page| page.at + if page.accepted { TO_AND_FRO } else { CATCH_UP_PAUSE }).max();
        let planned = track.acknowledged.as_ref().and_then(|acknowledged| acknowledged.stopped_before);
        let latest = until.into_iter().chain(planned.map(|planned| planned.at)).min().filter(|_| until.is_some());
        next.at = next.at.max(latest.unwrap_or(next.at));
        next
    }

    fn acknowledge(&mut self, answer: &Answer) -> Result<(), Refusal> {
        if self.is_asked_to_take_over(answer) {
            return self.take_over(answer);
        }
        let departments = match &answer.department {
            Some(department) => vec![self.unanswered_track(department)?.department.clone()],
            None => self.unanswered()?,
        };
        for department in departments {
            let act_within = self.its_track(&department)?.act_within;
            let act_by = act_within.map(|wait| self.context.now.logical + wait.delta());
            let (by, page) = (answer.by.clone(), answer.page);
            self.push(Event::Acknowledged { department, by, page, act_by, taken_from: None });
        }
        Ok(())
    }

    fn decline(&mut self, answer: &Answer) -> Result<(), Refusal> {
        if self.is_asked_to_take_over(answer) {
            return self.decline_hand_over(answer);
        }
        let departments = match &answer.department {
            Some(department) => vec![department.clone()],
            None => self.unanswered()?,
        };
        for department in departments {
            let track = self.its_track(&department)?;
            if let Some(acknowledged) = track.acknowledged.as_ref().filter(|one| !one.by.is_same(&answer.by)) {
                return Err(already(track, &acknowledged.by, acknowledged.at));
            }
            let has_declined = |one: ActingLiaison| track.passed(one.roster, one.liaison) == Some(Because::Declined);
            let next = if !track.is_unanswered() {
                Some(self.given_back(track, &answer.by))
            } else if answer.by.as_liaison().is_none() {
                Some(self.at_once(track, PageReason::Declined))
            } else if answer.by.entries().any(has_declined) {
                continue;
            } else {
                let is_mine = |page: &OpenPage| answer.by.is_listed_as(&page.roster, &page.liaison);
                let others = somebody_else_is_paged(self.context.plan, track, is_mine);
                (!others).then(|| self.at_once(track, PageReason::Declined))
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

    pub(in crate::domain::escalation) fn refuse_if_resolved(&self) -> Result<(), Refusal> {
        match &self.incident.resolved {
            Some(resolution) => Err(Refusal::AlreadyResolved { by: resolution.by.clone() }),
            None => Ok(()),
        }
    }

    pub(in crate::domain::escalation) fn refuse_if_left(&self, by: &Principal) -> Result<(), Refusal> {
        let plan = self.context.plan;
        let is_known = match (by, by.as_liaison()) {
            (Principal::Person { person, .. }, _) => plan.people().person(person).is_some(),
            (_, Some(ActingLiaison { liaison, roster, name })) => plan.person(roster, liaison, name).is_some(),
            (_, None) => true,
        };
        if is_known { Ok(()) } else { Err(Refusal::Left) }
    }

    pub(in crate::domain::escalation) fn refuse_if_involved(&self, by: &Principal) -> Result<(), Refusal> {
        let (plan, involved) = (self.context.plan, &self.incident.involved);
        let is_person_involved = match by {
            Principal::Person { person, .. } => {
                let people = plan.people();
                people.person(person).is_some_and(|person| people.is_involved(person, involved))
            }
            _ => false,
        };
        let search = Search::new(plan, self.context.now.wall, involved);
        let is_liaison_involved = by.as_liaison().is_some_and(|one| search.is_involved(one.roster, one.liaison));
        if is_person_involved || is_liaison_involved { Err(Refusal::Involved) } else { Ok(()) }
    }

    pub(in crate::domain::escalation) fn its_track(&self, department: &DepartmentId) -> Result<&Track, Refusal> {
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

/// Whether someone else's recent page still waits for an answer. People who have left the rosters, or are paged as the
/// last resort, cannot answer.
pub fn somebody_else_is_paged(plan: &Plan, track: &Track, is_mine: impl Fn(&OpenPage) -> bool) -> bool {
    let can_answer = |page: &&OpenPage| {
        page.reason != PageReason::LastResort
            && plan.rosters.get(&page.roster).is_some_and(|roster| roster.liaison(&page.liaison).is_some())
    };
    let latest = || track.pages.iter().filter(|page| page.paging_step == track.paging_steps);
    let mut others = latest().filter(can_answer).filter(|page| !page.is_dead() && !is_mine(page));
    let was_asked_before = !latest().any(&is_mine) && latest().any(|page| can_answer(&page));
    others.any(|page| track.passed(&page.roster, &page.liaison).is_none()) || was_asked_before
}

fn already(track: &Track, by: &Principal, at: chrono::DateTime<chrono::Utc>) -> Refusal {
    Refusal::AlreadyAcknowledged { by: by.clone(), at, department: track.department.clone() }
}

pub(in crate::domain::escalation) fn checked_note(text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    if text.is_empty() {
        Err(Refusal::EmptyNote)
    } else if text.chars().count() > NOTE_MAX {
        Err(Refusal::NoteTooLong)
    } else {
        Ok(text.to_owned())
    }
}
