//! One batch of work, decided upon but not yet recorded: the desk changes only once the record is durable.

use std::collections::HashMap;
use std::sync::Arc;

use crate::domain::digest::Digest;
use crate::domain::escalation::decision::Decision;
use crate::domain::escalation::event::{Event, Paged};
use crate::domain::escalation::incident::Incident;
use crate::domain::escalation::input::{Context, Input};
use crate::domain::id::{DepartmentId, IncidentId, PageId, SourceName};
use crate::domain::instant::Now;
use crate::domain::link::{Entropy, LinkToken};
use crate::domain::plan::Plan;
use crate::domain::playbook::Playbook;
use crate::engine::desk::Desk;
use crate::engine::silence::Silence;
use crate::engine::work::{Answer, Inside, Sent};
use crate::journal::record::{Entry, Fact, HouseEvent};
use crate::store::Store;
use crate::store::query::{LinkTarget, Receipt};

/// Draws random bits.
pub type Random = Box<dyn Fn() -> [u8; 32] + Send>;

/// What a batch may lean on.
#[derive(Clone, Copy)]
pub struct Ground<'a> {
    /// The open incidents as recorded.
    pub desk: &'a Desk,
    /// What was recorded before.
    pub store: &'a Store,
    /// The rosters and playbooks in force.
    pub plan: &'a Arc<Plan>,
    /// Who must be heard from.
    pub silence: &'a Silence,
    /// What the clocks say.
    pub now: Now,
    /// Draws random bits.
    pub random: &'a Random,
}

/// What a batch leads to.
#[derive(Default)]
pub struct Changes {
    /// To be recorded.
    pub entries: Vec<Entry>,
    /// The states after it.
    pub touched: HashMap<IncidentId, Incident>,
    /// In the order of their first touch.
    pub order: Vec<IncidentId>,
    /// The matters that opened.
    pub keys: HashMap<(SourceName, Box<str>), IncidentId>,
    /// What links lead to.
    pub links: HashMap<Digest, LinkTarget>,
    /// What sources are answered for an event.
    pub receipts: HashMap<(SourceName, String), Receipt>,
    /// The secrets of pages that are to be sent.
    pub tokens: Vec<(PageId, LinkToken)>,
    /// Versions of playbooks that the record does not hold yet.
    pub pinned: HashMap<Digest, Arc<Playbook>>,
    /// The sources whose silence was told of, each with the incident that tells.
    pub silent: Vec<(SourceName, Option<IncidentId>)>,
    /// Whose keys are to be destroyed once that is durable.
    pub purged: Vec<IncidentId>,
    /// To be sent once all is durable.
    pub answers: Vec<Answer>,
}

/// A batch in the making: first what the daemon itself brings, then what comes from outside.
pub struct Draft<'a> {
    pub(in crate::engine) ground: Ground<'a>,
    /// What the daemon itself brought, once that is decided.
    inside: Changes,
    pub(in crate::engine) changes: Changes,
}

/// What a batch leads to, in its two parts: the first stands by itself where the second cannot be recorded.
pub struct Decided {
    /// By what the daemon itself brings.
    pub inside: Changes,
    /// By what comes from outside, upon the first.
    pub outside: Changes,
}

impl Changes {
    /// These, and others that were decided upon them.
    #[must_use]
    pub fn followed_by(mut self, later: Self) -> Self {
        self.entries.extend(later.entries);
        self.order.extend(later.order.into_iter().filter(|id| !self.touched.contains_key(id)));
        self.touched.extend(later.touched);
        self.keys.extend(later.keys);
        self.links.extend(later.links);
        self.receipts.extend(later.receipts);
        self.tokens.extend(later.tokens);
        self.pinned.extend(later.pinned);
        self.silent.extend(later.silent);
        self.purged.extend(later.purged);
        self.answers.extend(later.answers);
        self
    }
}

impl<'a> Draft<'a> {
    /// An empty batch.
    pub fn new(ground: Ground<'a>) -> Self {
        Self { ground, inside: Changes::default(), changes: Changes::default() }
    }

    /// Decides upon what the daemon itself brings.
    pub fn inside(&mut self, work: Inside) {
        match work {
            Inside::Sent(sent) | Inside::SentRest(sent) => {
                let Sent { message, outcome, .. } = sent;
                // What went as one message is tried again as one.
                let jitter = self.draw().permille();
                for page in message.pages {
                    let (number, channel, outcome) = (page.number, message.channel, outcome.clone());
                    self.decide_inside(page.incident, Input::Attempted { page: number, channel, outcome, jitter });
                }
            }
            Inside::Tested(tested) => self.record_test(tested),
            Inside::IssueLink(page) => self.decide_inside(page.incident, Input::IssueLink { page: page.number }),
            Inside::HeardAgain(incident) => self.note_heard_again(incident),
            Inside::RecordedLate(incident) => self.decide_inside(incident, Input::Timeout),
            Inside::ConfigurationFixed => self.note_configuration_fixed(),
            Inside::ConfigurationFault(fault) => self.report_configuration_fault(&fault),
            Inside::Timeouts => {
                let due: Vec<IncidentId> = self.ground.desk.due(self.ground.now.logical).collect();
                due.into_iter().for_each(|id| self.decide_inside(id, Input::Timeout));
                self.tell_silences();
            }
        }
    }

    /// What the daemon itself brings is decided: what follows comes from outside.
    pub fn begin_outside(&mut self) {
        self.inside = std::mem::take(&mut self.changes);
    }

    /// Ends the batch.
    pub fn finish(self) -> Decided {
        Decided { inside: self.inside, outside: self.changes }
    }

    /// The state of an open incident, with what this batch has done to it.
    pub fn incident(&self, id: IncidentId) -> Option<&Incident> {
        let in_batch = self.changes.touched.get(&id).or_else(|| self.inside.touched.get(&id));
        in_batch.or_else(|| self.ground.desk.incident(id))
    }

    /// A version of a playbook that an incident has.
    pub fn playbook(&self, hash: &Digest) -> Option<Arc<Playbook>> {
        let in_batch = self.changes.pinned.get(hash).or_else(|| self.inside.pinned.get(hash));
        in_batch.or_else(|| self.ground.desk.playbook(hash)).cloned()
    }

    /// What a link leads to that this batch has made.
    pub(in crate::engine) fn link(&self, link: &Digest) -> Option<&LinkTarget> {
        self.changes.links.get(link).or_else(|| self.inside.links.get(link))
    }

    /// The matter's incident that this batch has opened.
    pub(in crate::engine) fn key(&self, key: &(SourceName, Box<str>)) -> Option<IncidentId> {
        self.changes.keys.get(key).or_else(|| self.inside.keys.get(key)).copied()
    }

    pub(in crate::engine) fn house(&mut self, event: HouseEvent) {
        self.changes.entries.push(Entry { at: self.ground.now.logical, fact: Fact::House(event) });
    }

    pub(in crate::engine) fn draw(&self) -> Entropy {
        Entropy((self.ground.random)())
    }

    /// Takes a decision into the batch.
    pub(in crate::engine) fn take(&mut self, decision: Decision, entropy: &Entropy) {
        let id = decision.after.id;
        let at = self.ground.now.logical;
        for event in decision.events {
            if let Event::Reclassified(new) = &event {
                let mut of_plan = self.ground.plan.playbooks.iter();
                of_plan.find(|one| one.hash() == new.playbook_hash).into_iter().for_each(|one| self.pin(one));
            }
            self.note_pages(id, &event, entropy);
            self.changes.entries.push(Entry { at, fact: Fact::Incident(id, event) });
        }
        if self.changes.touched.insert(id, decision.after).is_none() {
            self.changes.order.push(id);
        }
    }

    /// Has the record keep a version of a playbook, unless it does already.
    pub(in crate::engine) fn pin(&mut self, playbook: &Arc<Playbook>) {
        let hash = playbook.hash();
        if self.playbook(&hash).is_none() {
            let whole = Box::new(Playbook::clone(playbook));
            self.house(HouseEvent::PlaybookPinned { hash, playbook: whole });
            self.changes.pinned.insert(hash, Arc::clone(playbook));
        }
    }

    pub(in crate::engine) fn decide_inside(&mut self, id: IncidentId, input: Input) {
        let Some(incident) = self.incident(id) else { return };
        let Some(playbook) = self.playbook(&incident.playbook_hash) else { return };
        let entropy = self.draw();
        let context = Context { plan: self.ground.plan, playbook: &playbook, now: self.ground.now, entropy: &entropy };
        // What the daemon itself brings is never refused: refusals answer people.
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
            let target = incident.map(|(track, page)| {
                let roster = self.ground.plan.rosters.get(&page.roster);
                let liaison = roster.and_then(|roster| roster.liaison(&page.liaison));
                LinkTarget {
                    incident: id,
                    page: page.number,
                    department: track.department.clone(),
                    liaison: page.liaison.clone(),
                    name: liaison.map_or(page.liaison.as_str(), |liaison| &liaison.name).to_owned(),
                    roster: page.roster.clone(),
                }
            });
            target.into_iter().for_each(|target| drop(self.changes.links.insert(*link, target)));
        }
    }

    fn note_links(&mut self, id: IncidentId, department: &DepartmentId, pages: &[Paged], entropy: &Entropy) {
        for paged in pages {
            let target = LinkTarget {
                incident: id,
                page: paged.number,
                department: department.clone(),
                liaison: paged.liaison.clone(),
                name: paged.name.clone(),
                roster: paged.roster.clone(),
            };
            self.changes.links.insert(paged.link, target);
            let page = PageId { incident: id, number: paged.number };
            self.changes.tokens.push((page, entropy.token(paged.number)));
        }
    }
}
