//! Applies the events of statements to the state.

use chrono::{DateTime, Utc};

use crate::domain::escalation::incident::Incident;
use crate::domain::escalation::paged::Paged;
use crate::domain::escalation::statements::event::{StatementChanged, StatementEvent};
use crate::domain::escalation::statements::state::{Answer, Approval, Asked, Stage, Statement};
use crate::domain::id::DepartmentId;
use crate::domain::page::PageReason;
use crate::domain::wait::Wait;

impl Incident {
    pub fn statement(&self, number: u32) -> Option<&Statement> {
        self.statements.as_ref()?.get(number)
    }

    /// All its statements, in order.
    pub fn all_statements(&self) -> &[Statement] {
        self.statements.as_ref().map_or(&[], |statements| &statements.all)
    }

    /// How many approvals it waits for.
    pub fn open_approvals(&self) -> u32 {
        let waiting = self.statements.iter().flat_map(|all| all.waiting());
        u32::try_from(waiting.count()).unwrap_or(u32::MAX)
    }

    pub(in crate::domain::escalation) fn change_statement(&mut self, at: DateTime<Utc>, event: &StatementEvent) {
        let StatementEvent { statement: number, version, change } = event;
        match change {
            StatementChanged::Drafted { by, name, medium, hash, ready, has_blanks, .. } => {
                let fresh = Statement {
                    number: *number,
                    name: name.clone(),
                    medium: *medium,
                    version: *version,
                    hash: *hash,
                    author: by.clone(),
                    written_at: at,
                    ready: *ready,
                    has_blanks: *has_blanks,
                    stage: Stage::Draft,
                    marks: 0,
                    within: Wait::ZERO,
                    approvals: Vec::new(),
                    pages_before: Vec::new(),
                };
                self.write(fresh);
            }
            StatementChanged::Submitted { departments, within, marks, .. } => {
                self.ask_anew(*number, at, departments, *within);
                let marks = u32::try_from(marks.len()).unwrap_or(u32::MAX);
                self.on_statement(*number, |one| one.marks = marks);
            }
            StatementChanged::AskedAnew { departments, within } => self.ask_anew(*number, at, departments, *within),
            StatementChanged::NotReadyAnymore => self.on_statement(*number, |one| one.ready = false),
            StatementChanged::Asked { department, round, pages, until } => {
                self.count(pages);
                self.add_owed_pages(at, department, PageReason::Approval, pages, *until);
                self.ask(at, event, department, *round, pages, *until);
            }
            StatementChanged::Approved { department, by, .. } => {
                self.answer_approval(*number, department, &Answer { by: by.clone(), at, approved: true });
            }
            StatementChanged::ChangesAsked { department, by, .. } => {
                self.answer_approval(*number, department, &Answer { by: by.clone(), at, approved: false });
            }
            StatementChanged::Withdrawn { .. } => self.end(*number, Stage::Withdrawn),
            StatementChanged::Used { .. } => self.end(*number, Stage::Used),
        }
        self.note_end(at);
    }

    /// After the resolution nobody is asked at night, and after a reopening everybody is asked again.
    pub(in crate::domain::escalation) fn restart_approvals(&mut self, at: DateTime<Utc>) {
        let waiting = self.statements.iter_mut().flat_map(|all| &mut all.all);
        let open = waiting.filter(|one| one.stage == Stage::Submitted).flat_map(|one| &mut one.approvals);
        let mut over = Vec::new();
        for approval in open.filter(|approval| !approval.is_approved()) {
            approval.next_at = Some(at);
            approval.round = 0;
            for asked in &mut approval.asked {
                asked.round = Asked::EARLIER;
                over.push(asked.page);
            }
        }
        self.call_off_pages(&over);
    }

    fn write(&mut self, mut fresh: Statement) {
        let all = &mut self.statements.get_or_insert_default().all;
        match all.iter_mut().find(|one| one.number == fresh.number) {
            Some(one) => {
                fresh.pages_before = std::mem::take(&mut one.pages_before);
                let over: Vec<u32> = pages_of(&one.approvals).collect();
                fresh.pages_before.extend(&over);
                *one = fresh;
                self.call_off_pages(&over);
            }
            None => all.push(fresh),
        }
    }

    fn ask_anew(&mut self, number: u32, at: DateTime<Utc>, departments: &[DepartmentId], within: Wait) {
        let mut over = Vec::new();
        self.on_statement(number, |one| {
            over.extend(pages_of(&one.approvals));
            one.pages_before.extend(&over);
            one.stage = Stage::Submitted;
            one.within = within;
            one.approvals = departments.iter().map(|department| Approval::open(department.clone(), at)).collect();
        });
        self.call_off_pages(&over);
    }

    /// An answer or another version may have come first: then nobody needs these pages.
    fn ask(
        &mut self,
        at: DateTime<Utc>,
        event: &StatementEvent,
        department: &DepartmentId,
        round: u8,
        pages: &[Paged],
        until: Option<DateTime<Utc>>,
    ) {
        let mut is_needed = false;
        self.on_statement(event.statement, |one| {
            let fits = one.version == event.version && one.stage == Stage::Submitted;
            let mut open = one.approvals.iter_mut().filter(|approval| approval.department == *department);
            let open = open.find(|approval| fits && !approval.is_approved());
            let Some(approval) = open else {
                one.pages_before.extend(pages.iter().map(|paged| paged.number));
                return;
            };
            is_needed = true;
            approval.round = round;
            approval.next_at = until;
            approval.asked.extend(pages.iter().map(|paged| Asked {
                liaison: paged.liaison.clone(),
                roster: paged.roster.clone(),
                page: paged.number,
                round,
                at,
                until,
            }));
        });
        if !is_needed {
            let over: Vec<u32> = pages.iter().map(|paged| paged.number).collect();
            self.call_off_pages(&over);
        }
    }

    fn answer_approval(&mut self, number: u32, department: &DepartmentId, answer: &Answer) {
        let mut over = Vec::new();
        self.on_statement(number, |one| {
            for approval in one.approvals.iter_mut().filter(|approval| approval.department == *department) {
                approval.answer = Some(answer.clone());
                approval.next_at = None;
                over.extend(approval.asked.iter().map(|asked| asked.page));
            }
            let is_refused = |approval: &Approval| approval.answer.as_ref().is_some_and(|answer| !answer.approved);
            if !one.approvals.is_empty() && one.approvals.iter().all(Approval::is_approved) {
                one.stage = Stage::Approved;
            } else if one.approvals.iter().any(is_refused) {
                one.stage = Stage::ChangesAsked;
                over.extend(pages_of(&one.approvals));
            } else {
                one.stage = Stage::Submitted;
            }
        });
        self.call_off_pages(&over);
    }

    fn end(&mut self, number: u32, stage: Stage) {
        let mut over = Vec::new();
        self.on_statement(number, |one| {
            one.stage = stage;
            over.extend(pages_of(&one.approvals));
        });
        self.call_off_pages(&over);
    }

    fn on_statement(&mut self, number: u32, change: impl FnOnce(&mut Statement)) {
        let mut all = self.statements.iter_mut().flat_map(|statements| &mut statements.all);
        if let Some(one) = all.find(|one| one.number == number) {
            change(one);
        }
    }

    fn call_off_pages(&mut self, over: &[u32]) {
        self.call_off_owed(|owed| over.contains(&owed.page.number));
    }
}

fn pages_of(approvals: &[Approval]) -> impl Iterator<Item = u32> {
    approvals.iter().flat_map(|approval| &approval.asked).map(|asked| asked.page)
}
