//! Links: viewing and button presses.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::TimeDelta;

use crate::domain::digest::Digest;
use crate::domain::escalation::input::{self, Input, Refusal};
use crate::domain::escalation::statements::input::{PageAnswer, StatementChange, StatementInput};
use crate::domain::escalation::tasks::input::{TaskInput, TaskRefusal};
use crate::domain::id::PageId;
use crate::domain::principal::Principal;
use crate::engine::batch::link_rights::rights;
use crate::engine::batch::pending::PendingBatch;
use crate::engine::batch::waiting::{self, Reading};
use crate::engine::protocol::link::{LinkAnswer, LinkPress, LinkQuery, LinkView, Pressed, Recorded};
use crate::engine::protocol::refused::Refused;
use crate::engine::protocol::reply::Reply;
use crate::store::query::LinkTarget;

/// How long a link shows a resolved incident.
const LINK_LIFE: TimeDelta = TimeDelta::days(7);

/// Which page a link shows.
#[derive(Clone)]
struct Shown {
    target: LinkTarget,
    own: LinkTarget,
}

impl PendingBatch<'_> {
    /// Shows only durable state, nothing of this batch.
    pub fn answer_view(&self, query: &LinkQuery, reply: Reply<LinkView>) {
        if reply.is_closed() {
            return;
        }
        let durable = PendingBatch::new(self.context);
        let view = durable.shown(query).and_then(|shown| durable.view(shown, query.from));
        // The caller may be gone.
        let _gone = reply.send(view);
    }

    pub fn press(&mut self, press: LinkPress) -> Result<Pressed, Refused> {
        let LinkPress { query, pages, answer } = press;
        let shown = self.shown(&query)?;
        let pages: BTreeSet<PageId> = pages.into_iter().collect();
        let results = if pages.is_empty() {
            let page = PageId { incident: shown.target.incident, number: shown.target.page };
            vec![(page, self.press_one(&shown.target, answer)?)]
        } else {
            // Checked first: what cannot be shown afterward must not be recorded.
            self.view(shown.clone(), query.from)?;
            let results = pages.into_iter().map(|page| (page, self.press_listed(&shown.own, page, answer.clone())));
            results.collect()
        };
        let view = self.view(shown, query.from);
        let view = match view {
            Err(_) if results.iter().any(|(_, result)| result.is_ok()) => {
                // Something is being recorded, so the answer must not say that nothing was.
                return Err(Refused::NotKnownYet);
            }
            view => view?,
        };
        Ok(Pressed { view, results })
    }

    /// Answers one of several pages. A page that can no longer be answered is refused; the others are recorded.
    fn press_listed(&mut self, own: &LinkTarget, page: PageId, answer: LinkAnswer) -> Result<Recorded, Refusal> {
        let target = self
            .incident(page.incident)
            .and_then(|incident| waiting::other_page(incident, self.context.plan, own, page.number))
            .ok_or(Refusal::NotWaiting)?;
        match self.press_one(&target, answer) {
            Ok(result) => result,
            Err(_) => Err(Refusal::NotNow),
        }
    }

    fn press_one(&mut self, target: &LinkTarget, answer: LinkAnswer) -> Result<Result<Recorded, Refusal>, Refused> {
        let by = Principal::LinkHolder {
            liaison: target.liaison.clone(),
            name: target.name.clone(),
            roster: target.roster.clone(),
        };
        let (department, page) = (Some(target.department.clone()), Some(target.page));
        if self.incident(target.incident).is_none() {
            let closed = self.closed(target.incident)?.ok_or(Refused::UnknownLink)?;
            // It is no longer open because it was resolved. If the store does not know that yet, nothing was recorded.
            let resolution = closed.resolved.ok_or(Refused::Unavailable)?;
            return Ok(Err(match answer {
                LinkAnswer::Answer(_) | LinkAnswer::Approval(_) => Refusal::AlreadyResolved { by: resolution.by },
                LinkAnswer::Task(_) => TaskRefusal::NothingOwed.into(),
            }));
        }
        if self.asks_for_approval(target) && !matches!(answer, LinkAnswer::Approval(_)) {
            return Ok(Err(Refusal::NotWaiting));
        }
        let input = match answer {
            LinkAnswer::Answer(kind) => Input::Answer(input::Answer { by, department, page, kind }),
            LinkAnswer::Task(change) => Input::Task(TaskInput { by, page, change }),
            LinkAnswer::Approval(answer) => match self.approval(target, answer) {
                Ok(change) => Input::Statement(StatementInput { by, page, change }),
                Err(refusal) => return Ok(Err(refusal)),
            },
        };
        let decided = self.decide(target.incident, input);
        match decided {
            Ok(()) => Ok(Ok(Recorded { at: self.context.now.wall })),
            Err(Refused::Decision(refusal)) => {
                if refusal == Refusal::Left {
                    tracing::warn!(
                        incident = %target.incident, liaison = %target.liaison, roster = %target.roster,
                        "refused an answer from someone who is no longer on a roster"
                    );
                }
                Ok(Err(refusal))
            }
            Err(other) => Err(other),
        }
    }

    /// Whether a page asks to approve a statement, and for nothing else.
    fn asks_for_approval(&self, target: &LinkTarget) -> bool {
        let statements = self.incident(target.incident).and_then(|incident| incident.statements.as_ref());
        statements.is_some_and(|statements| statements.of_page(target.page).is_some())
    }

    fn approval(&self, target: &LinkTarget, answer: PageAnswer) -> Result<StatementChange, Refusal> {
        let statements = self.incident(target.incident).and_then(|incident| incident.statements.as_ref());
        let answered = statements.and_then(|statements| statements.answered_by_page(target.page, answer));
        answered.ok_or(Refusal::NotWaiting)?.map_err(Refusal::Statement)
    }

    fn target(&self, link: &Digest) -> Result<LinkTarget, Refused> {
        let in_batch = self.link(link).cloned();
        let recent = || self.context.open.recent.link(link).cloned();
        match in_batch.or_else(recent) {
            Some(target) => Ok(target),
            None => self.context.store.link(link).map_err(|_| Refused::Unavailable)?.ok_or(Refused::UnknownLink),
        }
    }

    /// The page that a link shows: its own or another of its reader's pages.
    fn shown(&self, query: &LinkQuery) -> Result<Shown, Refused> {
        let own = self.target(&query.link)?;
        let is_own = |page: &PageId| page.incident == own.incident && page.number == own.page;
        let Some(page) = query.page.filter(|page| !is_own(page)) else {
            return Ok(Shown { target: own.clone(), own });
        };
        let incident = match self.incident(page.incident) {
            Some(incident) => Some(incident.clone()),
            None => self.closed(page.incident)?,
        };
        let other = incident.and_then(|incident| waiting::other_page(&incident, self.context.plan, &own, page.number));
        Ok(Shown { target: other.ok_or(Refused::UnknownLink)?, own })
    }

    fn view(&self, shown: Shown, from: usize) -> Result<LinkView, Refused> {
        let Shown { target, own } = shown;
        let incident = match self.incident(target.incident) {
            Some(incident) => incident.clone(),
            None => self.closed(target.incident)?.ok_or(Refused::UnknownLink)?,
        };
        let (plan, now) = (Arc::clone(self.context.plan), self.context.now);
        let expired = incident.ended_at().is_some_and(|ended_at| now.logical - ended_at >= LINK_LIFE);
        if expired {
            return Err(Refused::ExpiredLink);
        }
        let playbook = self.playbook(&incident.playbook_hash).ok_or(Refused::Unavailable)?;
        let reader = Some((&target.roster, &target.liaison));
        let track = incident.track(&target.department);
        let next = track.and_then(|track| incident.next_page(&plan, &playbook, now, track, reader));
        let rights = rights(&incident, &plan, now, &target);
        let paged = self.context.open.paged(&target.liaison).filter_map(|id| self.incident(id));
        let reading = Reading { plan: &plan, now, playbook: &|hash| self.playbook(hash) };
        let waiting = waiting::list(paged, &reading, &target, incident.drill, from);
        Ok(LinkView { target, own, incident, playbook, plan, now, next, rights, waiting })
    }
}
