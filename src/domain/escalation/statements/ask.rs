//! Whom to ask for an approval next, and when.

use chrono::{DateTime, Utc};

use crate::domain::escalation::decision::Draft;
use crate::domain::escalation::event::Event;
use crate::domain::escalation::incident::OpenPage;
use crate::domain::escalation::owed::by_day::{is_by_day, next_day, next_morning};
use crate::domain::escalation::statements::event::{StatementChanged, StatementEvent};
use crate::domain::escalation::statements::state::{Approval, Statement};
use crate::domain::escalation::step_resolution::{StepResolution, is_to_person};
use crate::domain::plan::Found;

/// How often everybody is asked: after that, those who were asked can still answer.
const ROUNDS_MAX: u8 = 3;

impl Draft<'_> {
    /// The next approver who is due, if there is one.
    pub(in crate::domain::escalation) fn due_approval(&self) -> Option<Event> {
        let waiting = self.incident.statements.iter().flat_map(|all| all.waiting());
        let mut open = waiting.flat_map(|one| one.unanswered().map(move |approval| (one, approval)));
        open.find_map(|(statement, approval)| self.due_ask(statement, approval))
    }

    fn due_ask(&self, statement: &Statement, approval: &Approval) -> Option<Event> {
        let is_time = approval.next_at? <= self.context.now.logical;
        match self.incident.resolved {
            Some(_) if is_time => Some(self.ask_by_day(statement, approval)),
            None if is_time || self.is_out_of_reach(approval) => self.ask_next(statement, approval, is_time),
            _ => None,
        }
    }

    /// Whether the page of whoever was asked last reached nobody, or was called off because they are involved.
    fn is_out_of_reach(&self, approval: &Approval) -> bool {
        let page = approval.asked.last().and_then(|asked| self.incident.page(asked.page));
        page.is_some_and(|(_, page)| page.is_dead() || page.called_off)
    }

    /// Asks whoever was not asked in this round. A new round begins only when it is time.
    fn ask_next(&self, statement: &Statement, approval: &Approval, is_time: bool) -> Option<Event> {
        let now = self.context.now.logical;
        let approvers = self.approvers(&approval.department, &statement.author);
        let in_round = approval.asked.iter().filter(|asked| asked.round == approval.round);
        let was_asked = |found: &&Found| {
            in_round.clone().any(|asked| is_to_person(self.context.plan, (&asked.roster, &asked.liaison), found))
        };
        let next = approvers.iter().find(|found| !was_asked(found)).cloned();
        if next.is_none() && !is_time {
            return None;
        }
        let (round, next) = match next {
            Some(next) => (approval.round, Some(next)),
            None => (approval.round + 1, approvers.first().cloned().filter(|_| approval.round + 1 < ROUNDS_MAX)),
        };
        let until = (round < ROUNDS_MAX).then(|| now + statement.within.delta());
        Some(self.asked(statement, approval, Ask { round, next, until }))
    }

    /// After the resolution what waits for an approval is owed: the first approver is told once a day.
    fn ask_by_day(&self, statement: &Statement, approval: &Approval) -> Event {
        let (plan, now, department) = (self.context.plan, self.context.now, &approval.department);
        let logical = |wall: DateTime<Utc>| now.logical + (wall - now.wall);
        let round = approval.round;
        if !is_by_day(plan, department, now.wall) {
            let until = Some(logical(next_morning(plan, department, now.wall)));
            return self.asked(statement, approval, Ask { round, next: None, until });
        }
        let approvers = self.approvers(department, &statement.author);
        let lost = |found: &&Found| self.incident.owed_pages().iter().any(|owed| is_lost(&owed.page, found));
        let next = approvers.iter().find(|found| !lost(found)).or(approvers.first()).cloned();
        let until = Some(logical(next_day(plan, department, now.wall)));
        self.asked(statement, approval, Ask { round, next, until })
    }

    fn asked(&self, statement: &Statement, approval: &Approval, ask: Ask<'_>) -> Event {
        let Ask { round, next, until } = ask;
        let mut resolution = StepResolution::default();
        if let Some(found) = next {
            resolution.add(found, None, self.context.plan, self.context.now.logical);
        }
        let pages = resolution.pages(self.incident.pages_made, self.context);
        let department = approval.department.clone();
        let change = StatementChanged::Asked { department, round, pages, until };
        let (statement, version) = (statement.number, statement.version);
        Event::Statement(Box::new(StatementEvent { statement, version, change }))
    }
}

struct Ask<'a> {
    round: u8,
    next: Option<Found<'a>>,
    until: Option<DateTime<Utc>>,
}

fn is_lost(page: &OpenPage, found: &Found) -> bool {
    page.is_dead() && page.is_to(&found.department, &found.liaison.id)
}
