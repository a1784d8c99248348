//! One batch of work, decided but not yet recorded: the open incidents change only once the record is durable.

use std::sync::Arc;

use crate::domain::aggregate::Aggregate;
use crate::domain::digest::Digest;
use crate::domain::escalation::decision::Decision;
use crate::domain::escalation::event::{Event, Paged};
use crate::domain::escalation::incident::Incident;
use crate::domain::escalation::input::{Context, Input};
use crate::domain::id::{DepartmentId, IncidentId, PageId, SourceName};
use crate::domain::link::Entropy;
use crate::domain::playbook::Playbook;
use crate::engine::batch::changes::{Changes, Decided};
use crate::engine::batch::context::BatchContext;
use crate::journal::aggregates::AggregateKind;
use crate::journal::record::{Entry, Fact, SystemEvent};
use crate::store::query::LinkTarget;

/// A batch being built: first internal inputs, then external ones.
pub struct PendingBatch<'a> {
    pub context: BatchContext<'a>,
    /// The internal part, once decided.
    internal: Changes,
    pub changes: Changes,
}

impl<'a> PendingBatch<'a> {
    pub fn new(context: BatchContext<'a>) -> Self {
        Self { context, internal: Changes::default(), changes: Changes::default() }
    }

    /// Ends the internal part; external inputs follow.
    pub fn begin_external(&mut self) {
        self.internal = std::mem::take(&mut self.changes);
    }

    pub fn finish(self) -> Decided {
        Decided { internal: self.internal, external: self.changes }
    }

    pub fn incident(&self, id: IncidentId) -> Option<&Incident> {
        let in_batch = self.changes.touched.get(&id).or_else(|| self.internal.touched.get(&id));
        in_batch.or_else(|| self.context.open.incident(id))
    }

    pub fn playbook(&self, hash: &Digest) -> Option<Arc<Playbook>> {
        let in_batch = self.changes.pinned.get(hash).or_else(|| self.internal.pinned.get(hash));
        in_batch.or_else(|| self.context.open.playbook(hash)).cloned()
    }

    pub fn aggregate<A: AggregateKind>(&self, id: &A::Id) -> Option<&A> {
        let in_batch = A::all_of(&self.changes.aggregates).get(id);
        let in_batch = in_batch.or_else(|| A::all_of(&self.internal.aggregates).get(id));
        in_batch.or_else(|| A::all_of(self.context.aggregates).get(id))
    }

    /// The target of a link created in this batch.
    pub fn link(&self, link: &Digest) -> Option<&LinkTarget> {
        self.changes.links.get(link).or_else(|| self.internal.links.get(link))
    }

    /// The incident that this batch opened for a key.
    pub fn key(&self, key: &(SourceName, Box<str>)) -> Option<IncidentId> {
        self.changes.keys.get(key).or_else(|| self.internal.keys.get(key)).copied()
    }

    pub fn system_event(&mut self, event: SystemEvent) {
        self.changes.entries.push(Entry { at: self.context.now.logical, fact: Fact::System(event) });
    }

    pub fn draw(&self) -> Entropy {
        Entropy((self.context.random)())
    }

    /// Takes a decision into the batch.
    pub fn take(&mut self, decision: Decision, entropy: &Entropy) {
        let id = decision.after.id;
        let at = self.context.now.logical;
        for event in decision.events {
            if let Event::Reclassified(new) = &event {
                let mut of_plan = self.context.plan.playbooks.iter();
                if let Some(one) = of_plan.find(|one| one.hash() == new.playbook_hash) {
                    self.pin(one);
                }
            }
            self.note_pages(id, &event, entropy);
            self.changes.entries.push(Entry { at, fact: Fact::Incident(id, event) });
        }
        if self.changes.touched.insert(id, decision.after).is_none() {
            self.changes.order.push(id);
        }
    }

    /// Records a playbook version unless it is already recorded.
    pub fn pin(&mut self, playbook: &Arc<Playbook>) {
        let hash = playbook.hash();
        if self.playbook(&hash).is_none() {
            let whole = Box::new(Playbook::clone(playbook));
            self.system_event(SystemEvent::PlaybookPinned { hash, playbook: whole });
            self.changes.pinned.insert(hash, Arc::clone(playbook));
        }
    }

    pub fn decide_internal(&mut self, id: IncidentId, input: Input) {
        let Some(incident) = self.incident(id) else { return };
        let Some(playbook) = self.playbook(&incident.playbook_hash) else { return };
        let entropy = self.draw();
        let context =
            Context { plan: self.context.plan, playbook: &playbook, now: self.context.now, entropy: &entropy };
        // Internal inputs are never refused; refusals answer people.
        if let Ok(decision) = incident.decide(&context, input) {
            self.take(decision, &entropy);
        }
    }

    fn note_pages(&mut self, id: IncidentId, event: &Event, entropy: &Entropy) {
        if let Some((department, _, pages)) = event.pages() {
            self.note_links(id, department, pages, entropy);
        }
        if let Event::LinkIssued { page, link } = event {
            let token = entropy.token(*page);
            self.changes.tokens.push((PageId { incident: id, number: *page }, token));
            let incident = self.incident(id).and_then(|incident| incident.page(*page));
            let target = incident.map(|(scope, page)| {
                let roster = self.context.plan.rosters.get(&page.roster);
                let liaison = roster.and_then(|roster| roster.liaison(&page.liaison));
                LinkTarget {
                    incident: id,
                    page: page.number,
                    department: scope.department.clone(),
                    liaison: page.liaison.clone(),
                    name: liaison.map_or(page.liaison.as_str(), |liaison| &liaison.name).to_owned(),
                    roster: page.roster.clone(),
                }
            });
            if let Some(target) = target {
                self.changes.links.insert(*link, target);
            }
        }
    }

    fn note_links(&mut self, id: IncidentId, department: &DepartmentId, pages: &[Paged], entropy: &Entropy) {
        for paged in pages {
            self.changes.links.insert(paged.link, LinkTarget::of(id, department, paged));
            let page = PageId { incident: id, number: paged.number };
            self.changes.tokens.push((page, entropy.token(paged.number)));
        }
    }
}
