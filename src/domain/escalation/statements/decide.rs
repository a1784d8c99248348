//! What people do with statements: write, submit, approve, ask for changes, withdraw, use.

use chrono::TimeDelta;

use crate::domain::digest::{Digest, Digester};
use crate::domain::escalation::decision::Draft;
use crate::domain::escalation::event::Event;
use crate::domain::escalation::input::{Context, Refusal};
use crate::domain::escalation::statements::event::{StatementChanged, StatementEvent};
use crate::domain::escalation::statements::input::{
    ApprovalOf, NewDraft, STATEMENTS_MAX, StatementChange, StatementInput, StatementRefusal, VERSIONS_MAX, WORDS_MAX,
};
use crate::domain::escalation::statements::mark::Mark;
use crate::domain::escalation::statements::medium::Medium;
use crate::domain::escalation::statements::required::required;
use crate::domain::escalation::statements::state::{Approval, Stage, Statement};
use crate::domain::id::{DepartmentId, IncidentId};
use crate::domain::playbook::{Playbook, blank};
use crate::domain::principal::Principal;

/// What the clocks of a person and of this machine may differ by.
const CLOCKS_DIFFER: TimeDelta = TimeDelta::minutes(5);

impl Draft<'_> {
    pub(in crate::domain::escalation) fn change_statement(&mut self, input: StatementInput) -> Result<(), Refusal> {
        let StatementInput { by, page, change } = input;
        self.refuse_if_left(&by)?;
        self.refuse_if_involved(&by)?;
        if let Some(purged) = &self.incident.purged {
            return Err(Refusal::Purged { by: purged.by.clone() });
        }
        match change {
            StatementChange::Draft(draft) => self.begin(by, draft),
            StatementChange::Edit { statement, version, text } => self.edit(by, statement, version, &text),
            StatementChange::Submit { statement, version, marks, reason } => {
                self.submit(by, (statement, version), marks, reason)
            }
            StatementChange::Withdraw { statement } => {
                let one = self.open_statement(statement)?;
                let version = one.version;
                self.note_change(statement, version, StatementChanged::Withdrawn { by });
                Ok(())
            }
            StatementChange::Approve(of) => self.approve(&by, page, of),
            StatementChange::AskForChanges { of, note } => self.ask_for_changes(&by, page, of, &note),
            StatementChange::Used { statement, version, place, at } => {
                let one = self.latest(statement, version)?;
                if !one.may_be_used() {
                    return Err(StatementRefusal::NotApproved.into());
                }
                let (version, ready) = (one.version, one.stage != Stage::Approved);
                let place = written(&place, StatementRefusal::PlaceMissing)?.into();
                let at = at.unwrap_or(self.context.now.wall);
                if at > self.context.now.wall + CLOCKS_DIFFER {
                    return Err(StatementRefusal::InTheFuture.into());
                }
                self.note_change(statement, version, StatementChanged::Used { by, place, at, ready });
                Ok(())
            }
        }
    }

    fn begin(&mut self, by: Principal, draft: NewDraft) -> Result<(), Refusal> {
        self.refuse_if_resolved()?;
        let number = self.incident.all_statements().len();
        if number >= STATEMENTS_MAX {
            return Err(StatementRefusal::TooMany.into());
        }
        let playbook = self.context.playbook;
        let own =
            match &draft.name {
                None => None,
                Some(name) => Some(playbook.statements.iter().find(|one| one.name == *name).ok_or_else(|| {
                    StatementRefusal::NotInPlaybook { name: name.clone(), playbook: playbook.name() }
                })?),
            };
        let text = match (draft.text, own) {
            (Some(text), _) => text,
            (None, Some(own)) => own.filled(&draft.blanks).map_err(StatementRefusal::NotFilled)?,
            (None, None) => return Err(StatementRefusal::Empty.into()),
        };
        let medium = draft.medium.or_else(|| draft.name.as_ref()?.parse().ok()).unwrap_or_default();
        let name = draft.name.map(Into::into);
        let number = u32::try_from(number + 1).unwrap_or(u32::MAX);
        self.write(by, Place { number, version: 1, name, medium }, &text)
    }

    fn edit(&mut self, by: Principal, number: u32, version: u32, text: &str) -> Result<(), Refusal> {
        self.refuse_if_resolved()?;
        let one = self.open_statement(number)?;
        if one.version != version {
            let (version, by) = (one.version, one.author.clone());
            return Err(StatementRefusal::Conflict { statement: number, version, by }.into());
        }
        if one.version >= VERSIONS_MAX {
            return Err(StatementRefusal::TooManyVersions.into());
        }
        if hash_of(self.incident.id, text) == one.hash {
            return Err(StatementRefusal::Unchanged(version).into());
        }
        let (name, medium) = (one.name.clone(), one.medium);
        self.write(by, Place { number, version: version + 1, name, medium }, text)
    }

    fn write(&mut self, by: Principal, place: Place, text: &str) -> Result<(), Refusal> {
        let Place { number, version, name, medium } = place;
        let text = text.trim_end();
        if text.trim().is_empty() {
            return Err(StatementRefusal::Empty.into());
        }
        let length = text.chars().count();
        if length > medium.length_max() {
            return Err(StatementRefusal::TooLong { medium, length }.into());
        }
        let own = self.context.playbook.statements.iter().find(|one| Some(one.name.as_str()) == name.as_deref());
        let change = StatementChanged::Drafted {
            by,
            medium,
            hash: hash_of(self.incident.id, text),
            ready: own.is_some_and(|own| own.is_ready_as(text)),
            has_blanks: !blank::blanks(text).is_empty(),
            name,
            text: text.into(),
        };
        self.note_change(number, version, change);
        Ok(())
    }

    fn submit(
        &mut self,
        by: Principal,
        (number, version): (u32, Option<u32>),
        marks: Vec<Mark>,
        reason: Option<String>,
    ) -> Result<(), Refusal> {
        self.refuse_if_resolved()?;
        let one = self.latest(number, version)?;
        match one.stage {
            _ if one.has_blanks => return Err(StatementRefusal::HasBlanks.into()),
            _ if one.ready => return Err(StatementRefusal::ApprovedInAdvance.into()),
            Stage::Submitted => return Err(StatementRefusal::Submitted.into()),
            Stage::ChangesAsked => return Err(StatementRefusal::ChangesAsked.into()),
            Stage::Approved => return Err(StatementRefusal::Approved.into()),
            Stage::Draft | Stage::Used | Stage::Withdrawn => {}
        }
        let note = match reason.filter(|reason| !reason.trim().is_empty()) {
            Some(reason) => Some(written(&reason, StatementRefusal::ReasonMissing)?.into()),
            None if marks.is_empty() => None,
            None => return Err(StatementRefusal::ReasonMissing.into()),
        };
        let version = one.version;
        let required = required(one.name.as_deref(), self.context);
        let (departments, within) = (required.departments, required.within);
        let change = StatementChanged::Submitted { by, departments, within, marks, note };
        self.note_change(number, version, change);
        Ok(())
    }

    fn approve(&mut self, by: &Principal, page: Option<u32>, of: ApprovalOf) -> Result<(), Refusal> {
        let one = self.asked_for(by, &of)?.clone();
        if one.stage == Stage::ChangesAsked {
            return Err(StatementRefusal::ChangesAsked.into());
        }
        let mine = self.approvals_of(by, &one, of.department.as_ref())?;
        if let Some(answer) = mine.iter().find(|one| one.is_approved()).and_then(|one| one.answer.as_ref())
            && mine.iter().all(Approval::is_approved)
        {
            return Err(StatementRefusal::AlreadyApproved(answer.by.clone()).into());
        }
        let is_author = self.wrote(&one.author, by);
        let open: Vec<Approval> = mine.into_iter().filter(|approval| !approval.is_approved()).collect();
        if is_author && !open.iter().all(|approval| self.only_the_author_is_left(&one, approval)) {
            return Err(StatementRefusal::OwnWords.into());
        }
        for approval in open {
            let (department, by, hash) = (approval.department, by.clone(), one.hash);
            let change = StatementChanged::Approved { department, by, hash, page, is_author };
            self.note_change(one.number, one.version, change);
        }
        Ok(())
    }

    fn ask_for_changes(
        &mut self,
        by: &Principal,
        page: Option<u32>,
        of: ApprovalOf,
        note: &str,
    ) -> Result<(), Refusal> {
        let one = self.asked_for(by, &of)?.clone();
        let mine = self.approvals_of(by, &one, of.department.as_ref())?;
        let note = written(note, StatementRefusal::NoteMissing)?;
        for approval in mine {
            let (department, by, note) = (approval.department, by.clone(), note.clone().into());
            self.note_change(one.number, one.version, StatementChanged::ChangesAsked { department, by, page, note });
        }
        Ok(())
    }

    /// The statement, if people are asked to approve the version that somebody answers for.
    fn asked_for(&self, by: &Principal, of: &ApprovalOf) -> Result<&Statement, Refusal> {
        if !matches!(by, Principal::Person { .. } | Principal::LinkHolder { .. }) {
            return Err(StatementRefusal::PeopleOnly.into());
        }
        let one = self.open_statement(of.statement)?;
        if one.version != of.version {
            return Err(StatementRefusal::Superseded(one.version).into());
        }
        // Whoever has only the link has not read it.
        if one.marks > 0 && matches!(by, Principal::LinkHolder { .. }) {
            return Err(StatementRefusal::SignInFirst.into());
        }
        match one.stage {
            Stage::Draft => Err(StatementRefusal::NotSubmitted.into()),
            _ => Ok(one),
        }
    }

    /// The departments for which somebody may answer.
    fn approvals_of(
        &self,
        by: &Principal,
        one: &Statement,
        department: Option<&DepartmentId>,
    ) -> Result<Vec<Approval>, Refusal> {
        let wanted = match department {
            None => one.approvals.clone(),
            Some(department) => {
                let of_department = one.approval(department).cloned();
                vec![of_department.ok_or_else(|| StatementRefusal::NotItsApproval(department.clone()))?]
            }
        };
        let mine: Vec<Approval> = wanted.into_iter().filter(|approval| self.may_approve(by, approval)).collect();
        if mine.is_empty() { Err(StatementRefusal::NotAnApprover.into()) } else { Ok(mine) }
    }

    fn open_statement(&self, number: u32) -> Result<&Statement, Refusal> {
        let one = self.incident.statement(number).ok_or(StatementRefusal::Unknown(number))?;
        match one.stage {
            Stage::Used => Err(StatementRefusal::Used(number).into()),
            Stage::Withdrawn => Err(StatementRefusal::Withdrawn(number).into()),
            _ => Ok(one),
        }
    }

    /// The statement, if this is its latest version.
    fn latest(&self, number: u32, version: Option<u32>) -> Result<&Statement, Refusal> {
        let one = self.open_statement(number)?;
        match version.filter(|version| *version != one.version) {
            Some(_) => {
                let (version, by) = (one.version, one.author.clone());
                Err(StatementRefusal::Conflict { statement: number, version, by }.into())
            }
            None => Ok(one),
        }
    }

    fn note_change(&mut self, statement: u32, version: u32, change: StatementChanged) {
        self.push(Event::Statement(Box::new(StatementEvent { statement, version, change })));
    }

    /// After the incident took another playbook: what waits for an approval, or has one and is not used, is asked for
    /// anew, and what was approved in advance may no longer be.
    pub(in crate::domain::escalation) fn ask_anew(&mut self, before: &Playbook, after: &Playbook) {
        let context = Context { playbook: after, ..*self.context };
        let all: Vec<Statement> = self.incident.all_statements().to_vec();
        for one in all.iter().filter(|one| one.stage.is_open()) {
            let named = |playbook: &'_ Playbook| {
                playbook
                    .statements
                    .iter()
                    .find(|statement| Some(statement.name.as_str()) == one.name.as_deref())
                    .cloned()
            };
            if one.ready && named(before) != named(after) {
                self.note_change(one.number, one.version, StatementChanged::NotReadyAnymore);
            }
            if matches!(one.stage, Stage::Submitted | Stage::Approved) {
                let required = required(one.name.as_deref(), &context);
                let (departments, within) = (required.departments, required.within);
                self.note_change(one.number, one.version, StatementChanged::AskedAnew { departments, within });
            }
        }
    }
}

/// Where a text belongs.
struct Place {
    number: u32,
    version: u32,
    name: Option<Box<str>>,
    medium: Medium,
}

/// Identifies a text within its incident without saying what it is.
pub fn hash_of(incident: IncidentId, text: &str) -> Digest {
    let mut digester = Digester::default();
    digester.update(incident.to_string().as_bytes());
    digester.update(text.trim_end().as_bytes());
    digester.finish()
}

fn written(text: &str, missing: StatementRefusal) -> Result<String, StatementRefusal> {
    let text = text.trim();
    if text.is_empty() {
        Err(missing)
    } else if text.chars().count() > WORDS_MAX {
        Err(StatementRefusal::WordsTooLong)
    } else {
        Ok(text.to_owned())
    }
}
