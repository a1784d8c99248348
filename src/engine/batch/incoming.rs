//! Incoming incidents and operator actions.

use std::sync::Arc;

use crate::domain::aggregate::Aggregate;
use crate::domain::escalation::incident::Incident;
use crate::domain::escalation::input::{self, AnswerKind, Context, Input, Refusal};
use crate::domain::escalation::open::{Opening, open};
use crate::domain::escalation::statements::input::StatementInput;
use crate::domain::escalation::tasks::input::{TaskInput, TaskRefusal};
use crate::domain::id::{IncidentId, SourceName};
use crate::domain::incident::Incoming;
use crate::domain::playbook::{Playbook, matching};
use crate::domain::principal::Principal;
use crate::engine::batch::pending::PendingBatch;
use crate::engine::protocol::command::{Acted, Action};
use crate::engine::protocol::refused::Refused;
use crate::store::query::Receipt;

impl PendingBatch<'_> {
    /// An incoming incident: already known, folded into an open one, or opened.
    pub fn receive(&mut self, by: Principal, source: SourceName, incoming: Incoming) -> Result<Receipt, Refused> {
        let event_id = incoming.event_id.clone();
        if let Some(receipt) = event_id.as_ref().map_or(Ok(None), |event_id| self.known_receipt(&source, event_id))? {
            return Ok(receipt);
        }
        let open = incoming.dedup_key.as_ref().and_then(|key| self.open_of_key(&source, key));
        // Real incidents are never folded into drills or the reverse.
        let open = open.filter(|id| self.incident(*id).is_some_and(|incident| incident.drill == incoming.drill));
        let receipt = match open {
            Some(id) => self.fold(by, id, incoming)?,
            None => self.open(by, source.clone(), incoming)?,
        };
        if let Some(event_id) = event_id {
            self.changes.receipts.insert((source, event_id), receipt.clone());
        }
        Ok(receipt)
    }

    fn known_receipt(&self, source: &SourceName, event_id: &str) -> Result<Option<Receipt>, Refused> {
        let in_batch = self.changes.receipts.get(&(source.clone(), event_id.to_owned())).cloned();
        let recent = || self.context.open.recent.receipt(source, event_id).cloned();
        match in_batch.or_else(recent) {
            Some(receipt) => Ok(Some(receipt)),
            None => match self.context.store.receipt(source, event_id) {
                Ok(receipt) => Ok(receipt),
                // It was accepted and is being paged. That the store cannot answer now is no reason to page again.
                Err(_) if self.context.store.has_answered(source, event_id) => Err(Refused::Unavailable),
                // If the store cannot answer, one page too many is better than none.
                Err(_) => Ok(None),
            },
        }
    }

    pub fn open_of_key(&self, source: &SourceName, key: &str) -> Option<IncidentId> {
        let in_batch = self.key(&(source.clone(), key.into()));
        let id = in_batch.or_else(|| self.context.open.of_key(source, key))?;
        self.incident(id).filter(|incident| incident.resolved.is_none()).map(|incident| incident.id)
    }

    pub fn open(&mut self, by: Principal, source: SourceName, incoming: Incoming) -> Result<Receipt, Refused> {
        let plan = Arc::clone(self.context.plan);
        let class = plan.class_for(&source, &incoming.class).into_owned();
        let playbook = matching::choose(&plan.playbooks, &class, &incoming).ok_or(Refused::Unavailable)?;
        self.open_under(by, source, incoming, (class, playbook))
    }

    /// Opens an incident with a given playbook, regardless of its class.
    pub fn open_under(
        &mut self,
        by: Principal,
        source: SourceName,
        incoming: Incoming,
        (class, playbook): (String, &Arc<Playbook>),
    ) -> Result<Receipt, Refused> {
        let plan = Arc::clone(self.context.plan);
        self.pin(playbook);
        let id = self.free_id();
        let entropy = self.draw();
        let context = Context { plan: &plan, playbook, now: self.context.now, entropy: &entropy };
        if let Some(key) = &incoming.dedup_key {
            self.changes.keys.insert((source.clone(), key.as_str().into()), id);
        }
        let decision = open(&context, Opening { id, by, source, class, incoming });
        let receipt = receipt(&decision.after, false, self.context.now.wall);
        self.take(decision, &entropy);
        Ok(receipt)
    }

    pub fn fold(&mut self, by: Principal, id: IncidentId, incoming: Incoming) -> Result<Receipt, Refused> {
        self.decide(id, Input::Fold { by, incoming: Box::new(incoming) })?;
        let incident = self.incident(id).ok_or(Refused::UnknownIncident(id))?;
        Ok(receipt(incident, true, self.context.now.wall))
    }

    /// What an operator does about an incident.
    pub fn act(&mut self, id: IncidentId, by: Principal, action: Action) -> Result<Acted, Refused> {
        let answer = |by, department, kind| Input::Answer(input::Answer { by, department, page: None, kind });
        let input = match action {
            Action::Acknowledge(department) => answer(by, department, AnswerKind::Acknowledge),
            Action::Decline(department) => answer(by, department, AnswerKind::Decline),
            Action::HandOver(department, to) => answer(by, department, AnswerKind::HandOver(to)),
            Action::TakeOver(department) => answer(by, department, AnswerKind::TakeOver),
            Action::Note(department, text) => answer(by, department, AnswerKind::Note(text)),
            Action::Escalate(department) => Input::Escalate { by, department },
            Action::Resolve(resolve) => Input::Resolve { by, resolve },
            Action::Statement(change) => Input::Statement(StatementInput { by, page: None, change }),
            Action::Reopen(note) => return self.reopen(id, by, note),
            Action::Task(change) => Input::Task(TaskInput { by, page: None, change }),
        };
        if self.incident(id).is_none() {
            let resolution =
                self.closed(id)?.and_then(|incident| incident.resolved).ok_or(Refused::UnknownIncident(id))?;
            let is_task = matches!(input, Input::Task(_));
            let refusal = Refusal::AlreadyResolved { by: resolution.by };
            return Err(if is_task { TaskRefusal::NothingOwed.into() } else { refusal }.into());
        }
        self.decide(id, input)?;
        let incident = self.incident(id).cloned().ok_or(Refused::UnknownIncident(id))?;
        Ok(Acted { incident })
    }

    /// Opens a system incident, or folds it into the open one with the same key if that still pages someone.
    pub fn raise(&mut self, incoming: Incoming) -> Option<IncidentId> {
        let ours = SourceName::wardbell();
        let open = incoming.dedup_key.as_ref().and_then(|key| self.open_of_key(&ours, key));
        let open = open.filter(|id| self.incident(*id).is_some_and(Incident::escalates));
        let receipt = match open {
            Some(id) => self.fold(Principal::Daemon, id, incoming),
            None => self.open(Principal::Daemon, ours, incoming),
        };
        receipt.map(|receipt| receipt.id).ok()
    }

    /// A closed incident; the store may be slightly behind.
    pub fn closed(&self, id: IncidentId) -> Result<Option<Incident>, Refused> {
        match self.context.open.recent.closed(id) {
            Some(incident) => Ok(Some(incident.clone())),
            None => self.context.store.incident(id).map_err(|_| Refused::Unavailable),
        }
    }

    pub fn decide(&mut self, id: IncidentId, input: Input) -> Result<(), Refused> {
        let incident = self.incident(id).ok_or(Refused::UnknownIncident(id))?;
        let playbook = self.playbook(&incident.playbook_hash).ok_or(Refused::Unavailable)?;
        let entropy = self.draw();
        let context =
            Context { plan: self.context.plan, playbook: &playbook, now: self.context.now, entropy: &entropy };
        let decision = incident.decide(&context, input)?;
        self.take(decision, &entropy);
        Ok(())
    }

    /// An unused reference.
    fn free_id(&self) -> IncidentId {
        loop {
            let id = self.draw().incident_id();
            let known = self.incident(id).is_some() || matches!(self.context.store.incident(id), Ok(Some(_)));
            if !known {
                return id;
            }
        }
    }
}

fn receipt(incident: &Incident, duplicate_of_open: bool, received_at: chrono::DateTime<chrono::Utc>) -> Receipt {
    let (id, status, playbook) = (incident.id, incident.status(), incident.playbook.to_string());
    Receipt { id, status, playbook, duplicate_of_open, received_at }
}
