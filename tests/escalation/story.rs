//! One incident's story under a virtual clock, told as the pages that it led to.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use wardbell::domain::aggregate::Aggregate;
use wardbell::domain::bundling::Bundling;
use wardbell::domain::contact::{ChannelKind, Contact, Contacts, Further, FurtherKind};
use wardbell::domain::contact_index::ContactIndex;
use wardbell::domain::escalation::event::{Event, Folded, Paged, StepPosition};
use wardbell::domain::escalation::incident::Incident;
use wardbell::domain::escalation::input::{Answer, AnswerKind, Context, Input, Refusal};
use wardbell::domain::escalation::open::{Opening, open};
use wardbell::domain::escalation::resolution::{DedupKey, Resolve};
use wardbell::domain::escalation::statements::event::{StatementChanged, StatementEvent};
use wardbell::domain::escalation::statements::input::{StatementChange, StatementInput};
use wardbell::domain::escalation::statements::state::Statement;
use wardbell::domain::escalation::tasks::event::TaskChanged;
use wardbell::domain::escalation::tasks::input::{TaskChange, TaskInput};
use wardbell::domain::escalation::tasks::list::Task;
use wardbell::domain::id::{DepartmentId, IncidentId, LiaisonId, Role};
use wardbell::domain::incident::Incoming;
use wardbell::domain::instant::Now;
use wardbell::domain::link::Entropy;
use wardbell::domain::outcome::{Blame, Outcome};
use wardbell::domain::place::Place;
use wardbell::domain::plan::{Plan, Search};
use wardbell::domain::playbook::conditions::Conditions;
use wardbell::domain::playbook::ladder::{Ladder, Step};
use wardbell::domain::playbook::{Action, AfterHours, Playbook, Statement as PlaybookStatement, matching};
use wardbell::domain::principal::{Principal, RosterEntry, SignInMethod};
use wardbell::domain::roster::count::StretchCount;
use wardbell::domain::roster::hours::{Hours, OpenSpan};
use wardbell::domain::roster::rotation::{During, Rotation};
use wardbell::domain::roster::{Away, Liaison, Roster};
use wardbell::domain::severity::Severity;
use wardbell::domain::wait::Wait;
use wardbell::domain::zone::Zone;
use wardbell::domain::zone::rules::Rules;

pub struct Story {
    plan: Plan,
    /// Whom the rosters knew at the opening: links outlive rosters.
    known: Plan,
    playbook: Arc<Playbook>,
    incident: Incident,
    replayed: Incident,
    opened_at: DateTime<Utc>,
    now: DateTime<Utc>,
    pages: String,
    attempts: String,
    failing: BTreeMap<String, u32>,
    refused: BTreeSet<String>,
    refuse_all: bool,
    blame: Blame,
    draws: u8,
    /// All since the opening, with their times.
    events: Vec<(DateTime<Utc>, Event)>,
}

impl Story {
    pub fn open(plan: Plan, class: &str) -> Self {
        Self::open_with(plan, class, Incoming::default())
    }

    pub fn open_with(plan: Plan, class: &str, incoming: Incoming) -> Self {
        let now: DateTime<Utc> = "2026-11-24T08:00:00Z".parse().unwrap();
        let incoming = Incoming { class: class.into(), ..incoming };
        let playbook = matching::choose(&plan.playbooks, class, &incoming).unwrap().clone();
        let opening = Opening {
            id: IncidentId::from_random(7),
            by: source(),
            source: "desk".parse().unwrap(),
            class: class.into(),
            incoming,
        };
        let context = Context { plan: &plan, playbook: &playbook, now: Now::agreed(now), entropy: &Entropy([0; 32]) };
        let decision = open(&context, opening);
        let Some(Event::Opened(opened)) = decision.events.first() else { panic!("an opening comes first") };
        let replayed = Incident::opened(IncidentId::from_random(7), now, opened);
        let mut story = Self {
            incident: decision.after,
            replayed,
            opened_at: now,
            now,
            pages: String::new(),
            attempts: String::new(),
            failing: BTreeMap::new(),
            refused: BTreeSet::new(),
            refuse_all: false,
            blame: Blame::Roster,
            draws: 0,
            known: plan.clone(),
            events: Vec::new(),
            plan,
            playbook,
        };
        story.tell(&decision.events);
        story
    }

    /// Lives through everything up to an instant, counted from the opening.
    pub fn run_to(&mut self, until: &str) {
        let until = self.opened_at + until.parse::<Wait>().unwrap().delta();
        loop {
            self.attempt();
            match self.incident.next_timeout() {
                Some(at) if at <= until => {
                    self.now = self.now.max(at);
                    self.decide(Input::Timeout).unwrap();
                }
                _ => break,
            }
        }
        self.now = until;
        let idle = self.context_free_timeout();
        assert!(idle.is_empty(), "a spurious timeout decides nothing, but: {idle:?}");
    }

    /// Sends what is due, and nothing that comes of it.
    pub fn attempt(&mut self) {
        for dispatch in self.incident.take_due(self.now) {
            let outcome = self.outcome(&dispatch.to);
            let line = format!("{} {} {} {}", self.clock(), dispatch.page.number, dispatch.to, word(&outcome));
            writeln!(self.attempts, "{line}").unwrap();
            let (page, channel) = (dispatch.page.number, dispatch.channel);
            self.decide(Input::Attempted { page, channel, outcome, jitter: 500 }).unwrap();
        }
    }

    /// The daemon is killed, and starts again from the record.
    pub fn restart(&mut self) {
        self.incident = self.replayed.clone();
    }

    /// The daemon is down until an instant.
    pub fn sleep_through(&mut self, until: &str) {
        self.now = self.opened_at + until.parse::<Wait>().unwrap().delta();
    }

    pub fn shift(&mut self, by: &str) {
        let by = by.parse::<Wait>().unwrap().delta();
        self.now += by;
        self.incident.shift(by);
        self.replayed.shift(by);
    }

    /// Somebody says something, and the record of it is late: until an instant all goes on without it. It is recorded then,
    /// before what has happened meanwhile.
    pub fn late(&mut self, says: impl FnOnce(&mut Self), until: &str) {
        let before = self.incident.clone();
        let mut replayed_before = self.replayed.clone();
        says(self);
        let mut recorded = std::mem::replace(&mut self.incident, before);
        self.incident.pages_made = recorded.pages_made;
        replayed_before.pages_made = recorded.pages_made;
        let mut replayed = std::mem::replace(&mut self.replayed, replayed_before);
        self.events.clear();
        self.run_to(until);
        for (at, event) in &self.events {
            recorded.evolve(*at, event);
            replayed.evolve(*at, event);
        }
        recorded.keep_flights_of(&self.incident);
        (self.incident, self.replayed) = (recorded, replayed);
        writeln!(self.pages, "{} recorded at last", self.clock()).unwrap();
    }

    pub fn incident(&self) -> &Incident {
        &self.incident
    }

    pub fn acknowledge(&mut self, department: &str, who: &str) {
        self.try_acknowledge(department, who).unwrap();
    }

    pub fn try_acknowledge(&mut self, department: &str, who: &str) -> Result<(), String> {
        self.answer(department, who, AnswerKind::Acknowledge)
    }

    pub fn decline(&mut self, department: &str, who: &str) {
        self.answer(department, who, AnswerKind::Decline).unwrap();
    }

    pub fn note(&mut self, department: &str, who: &str, text: &str) {
        self.answer(department, who, AnswerKind::Note(text.into())).unwrap();
    }

    pub fn note_by_operator(&mut self, department: Option<&str>) {
        let department = department.map(|department| department.parse().unwrap());
        let kind = AnswerKind::Note("seen".into());
        self.decide(Input::Answer(Answer { by: operator(), department, page: None, kind })).unwrap();
    }

    pub fn acknowledge_by_operator(&mut self, department: &str) {
        let (department, kind) = (Some(department.parse().unwrap()), AnswerKind::Acknowledge);
        self.decide(Input::Answer(Answer { by: operator(), department, page: None, kind })).unwrap();
    }

    pub fn hand_over(&mut self, who: &str, to: &str) -> Result<(), String> {
        self.answer("privacy", who, AnswerKind::HandOver(to.into()))
    }

    pub fn ask(&mut self, department: &str, who: &str, to: &str) -> Result<(), String> {
        self.answer(department, who, AnswerKind::HandOver(to.into()))
    }

    pub fn ask_by_operator(&mut self, department: Option<&str>, to: &str) -> Result<(), String> {
        let department = department.map(|department| department.parse().unwrap());
        let answer = Answer { by: operator(), department, page: None, kind: AnswerKind::HandOver(to.into()) };
        self.decide(Input::Answer(answer)).map_err(|refusal| refusal.to_string())
    }

    pub fn take_over(&mut self, department: &str, who: &str) -> Result<(), String> {
        self.answer(department, who, AnswerKind::TakeOver)
    }

    pub fn take_over_by_operator(&mut self) -> Result<(), String> {
        let answer = Answer { by: operator(), department: None, page: None, kind: AnswerKind::TakeOver };
        self.decide(Input::Answer(answer)).map_err(|refusal| refusal.to_string())
    }

    /// Who has acknowledged.
    pub fn holder(&self, department: &str) -> Option<String> {
        let track = self.incident.track(&department.parse().unwrap())?;
        Some(track.acknowledged.as_ref()?.by.id().to_owned())
    }

    pub fn try_decline(&mut self, department: &str, who: &str) -> Result<(), String> {
        self.answer(department, who, AnswerKind::Decline)
    }

    /// Somebody leaves a roster.
    pub fn take_out(&mut self, department: &str, who: &str) {
        self.edit(department, |roster| {
            roster.liaisons.retain(|liaison| liaison.id.as_str() != who);
            roster
                .rotations
                .iter_mut()
                .for_each(|turns| turns.liaisons.retain(|id| id.as_ref().is_none_or(|id| id.as_str() != who)));
        });
    }

    /// Somebody joins a roster, with an address and a number of their own.
    pub fn add(&mut self, department: &str, who: &str, name: &str) {
        self.edit(department, |roster| {
            let mut liaison = roster.liaisons[0].clone();
            liaison.id = who.parse().unwrap();
            liaison.name = name.into();
            let [mail, number] =
                [(ChannelKind::Email, format!("{who}@mercy.example")), (ChannelKind::Sms, "+13125550199".into())];
            let own = |(channel, address)| Contact { address, ..liaison.contacts.of(channel).unwrap().clone() };
            liaison.contacts = [number, mail].map(own).into_iter().collect();
            roster.liaisons.push(liaison);
        });
    }

    pub fn set_numbers(&mut self, department: &str, who: &str, numbers: &[&str], mail_after: Option<&str>) {
        set_numbers(&mut self.plan, department, who, numbers, mail_after);
    }

    pub fn blame_the_account(&mut self) {
        self.blame = Blame::Account;
    }

    fn edit(&mut self, department: &str, change: impl FnOnce(&mut Roster)) {
        change(Arc::make_mut(self.plan.rosters.get_mut(&department.parse().unwrap()).unwrap()));
    }

    /// Whether somebody of a roster counts as involved, by the rosters as they are now.
    pub fn is_involved(&self, department: &str, who: &str) -> bool {
        // A copy of a plan looks everybody up anew.
        let plan = self.plan.clone();
        let search = Search::new(&plan, self.now, &self.incident.involved);
        search.is_involved(&department.parse().unwrap(), &who.parse().unwrap())
    }

    pub fn is_at_last_resort(&self) -> bool {
        self.incident.is_at_last_resort()
    }

    pub fn fold(&mut self, incoming: Incoming) {
        self.decide(Input::Fold { by: source(), incoming: Box::new(incoming) }).unwrap();
    }

    /// A crash has kept the repeat, and lost what followed upon it.
    pub fn fold_torn(&mut self, incoming: Incoming) {
        let occurrences = self.incident.occurrences + 1;
        let folded = Event::Folded(Box::new(Folded {
            by: source(),
            incident: incoming,
            occurrences,
            received_at: self.now,
            involved_not_kept: Vec::new(),
        }));
        self.incident.evolve(self.now, &folded);
        self.tell(&[folded]);
    }

    pub fn escalate(&mut self) {
        self.decide(Input::Escalate { by: operator(), department: None }).unwrap();
    }

    /// Somebody of a roster, signed in, asks for a department's next person.
    pub fn escalate_signed_in(&mut self, department: &str, who: &str) -> Result<(), Refusal> {
        let (roster, liaison) = (department.parse().unwrap(), who.parse().unwrap());
        let person = self.plan.people().of_entry(&roster, &liaison).unwrap();
        let by = Principal::Person {
            person: person.id.clone(),
            name: person.name.clone(),
            how: SignInMethod::Code,
            listed: Some(Box::new(RosterEntry { roster: roster.clone(), liaison })),
            also: Vec::new(),
        };
        self.decide(Input::Escalate { by, department: Some(roster) })
    }

    /// Somebody in a roster asks for the next step.
    pub fn escalate_by(&mut self, who: &str) -> Result<(), String> {
        let by = self.link_holder(who);
        self.decide(Input::Escalate { by, department: None }).map_err(|refusal| refusal.to_string())
    }

    pub fn resolve(&mut self) {
        self.decide(Input::Resolve { by: operator(), resolve: Resolve::plainly() }).unwrap();
    }

    /// Somebody in a roster resolves it.
    pub fn resolve_by(&mut self, who: &str) {
        let by = self.link_holder(who);
        self.decide(Input::Resolve { by, resolve: Resolve::plainly() }).unwrap();
    }

    pub fn task(&mut self, who: &str, change: TaskChange) -> Result<(), String> {
        let by = self.link_holder(who);
        self.decide(Input::Task(TaskInput { by, page: None, change })).map_err(|refusal| refusal.to_string())
    }

    pub fn task_by_operator(&mut self, change: TaskChange) -> Result<(), String> {
        let input = TaskInput { by: operator(), page: None, change };
        self.decide(Input::Task(input)).map_err(|refusal| refusal.to_string())
    }

    pub fn statement(&mut self, who: &str, change: StatementChange) -> Result<(), String> {
        let by = self.link_holder(who);
        self.decide(Input::Statement(StatementInput { by, page: None, change })).map_err(|refusal| refusal.to_string())
    }

    pub fn statement_by_operator(&mut self, change: StatementChange) -> Result<(), String> {
        let input = StatementInput { by: operator(), page: None, change };
        self.decide(Input::Statement(input)).map_err(|refusal| refusal.to_string())
    }

    /// Somebody who signed in with an emergency code: they act with no entry in a roster.
    pub fn statement_by_code(&mut self, who: &str, change: StatementChange) -> Result<(), String> {
        let by = Principal::Person {
            person: who.parse().unwrap(),
            name: who.to_owned(),
            how: SignInMethod::EmergencyCode,
            listed: None,
            also: Vec::new(),
        };
        self.decide(Input::Statement(StatementInput { by, page: None, change })).map_err(|refusal| refusal.to_string())
    }

    /// The statements, each with its version, its stage, and who has approved it.
    pub fn statements(&self) -> String {
        let line = |one: &Statement| {
            let approvals = one.approvals.iter().map(|approval| {
                let answer = approval.answer.as_ref().map_or("-", |answer| answer.by.id());
                format!(" {}:{answer}", approval.department)
            });
            format!("{} v{} {}{}\n", one.number, one.version, one.stage.word(), approvals.collect::<String>())
        };
        self.incident.all_statements().iter().map(line).collect()
    }

    /// All since the opening, with their times.
    pub fn events(&self) -> &[(DateTime<Utc>, Event)] {
        &self.events
    }

    pub fn set_approvers(&mut self, department: &str, approvers: &[&str]) {
        let approvers = approvers.iter().map(|id| id.parse().unwrap()).collect();
        self.edit(department, |roster| roster.approvers = approvers);
    }

    pub fn send_away(&mut self, department: &str, who: &str) {
        let (from, to) = (self.now - TimeDelta::hours(1), self.now + TimeDelta::days(2));
        self.edit(department, |roster| {
            let place = roster.liaisons[0].place.clone();
            let liaison = roster.liaisons.iter_mut().find(|liaison| liaison.id.as_str() == who).unwrap();
            liaison.away.push(Away { from, to, cover: None, place });
        });
    }

    /// The tasks, each with its department and its state.
    pub fn tasks(&self) -> String {
        let tasks = self.incident.tasks(&self.playbook);
        let line = |task: &Task| {
            let due = task.due_at.map(|due| format!(" {}m", (due - self.opened_at).num_minutes())).unwrap_or_default();
            format!("{} {} {}{due} {:?}\n", task.number, task.department, task.words.unwrap_or("-"), task.status())
        };
        tasks.iter().map(line).collect()
    }

    pub fn reopen(&mut self, key: DedupKey) -> Result<(), String> {
        let note = Some("it goes on".to_owned());
        self.decide(Input::Reopen { by: operator(), note, key }).map_err(|refusal| refusal.to_string())
    }

    pub fn fail(&mut self, address: &str, times: u32) {
        self.failing.insert(address.into(), times);
    }

    pub fn refuse(&mut self, address: &str) {
        self.refused.insert(address.into());
    }

    pub fn refuse_everybody(&mut self) {
        self.refuse_all = true;
    }

    pub fn accept_everybody(&mut self) {
        self.refuse_all = false;
    }

    pub fn told(&self) -> &str {
        &self.pages
    }

    pub fn told_with_attempts(&self) -> String {
        format!("{}\nattempts:\n{}", self.pages, self.attempts)
    }

    fn answer(&mut self, department: &str, who: &str, kind: AnswerKind) -> Result<(), String> {
        let (by, department) = (self.link_holder(who), Some(department.parse().unwrap()));
        self.decide(Input::Answer(Answer { by, department, page: None, kind })).map_err(|refusal| refusal.to_string())
    }

    fn link_holder(&self, who: &str) -> Principal {
        let roster = self
            .known
            .rosters
            .values()
            .chain(self.plan.rosters.values())
            .find(|roster| roster.liaison(&who.parse().unwrap()).is_some())
            .unwrap();
        let liaison = roster.liaison(&who.parse().unwrap()).unwrap();
        let (liaison, name) = (liaison.id.clone(), liaison.name.clone());
        Principal::LinkHolder { liaison, name, roster: roster.department.clone() }
    }

    fn context_free_timeout(&mut self) -> Vec<Event> {
        let entropy = Entropy([9; 32]);
        let now = Now::agreed(self.now);
        let context = Context { plan: &self.plan, playbook: &self.playbook, now, entropy: &entropy };
        self.incident.decide(&context, Input::Timeout).unwrap().events
    }

    fn decide(&mut self, input: Input) -> Result<(), Refusal> {
        self.draws = self.draws.wrapping_add(1);
        let entropy = Entropy([self.draws; 32]);
        let now = Now::agreed(self.now);
        let context = Context { plan: &self.plan, playbook: &self.playbook, now, entropy: &entropy };
        let decision = self.incident.decide(&context, input)?;
        self.incident = decision.after;
        self.tell(&decision.events);
        let hash = self.incident.playbook_hash;
        if let Some(playbook) = self.plan.playbooks.iter().find(|one| one.hash() == hash) {
            self.playbook = Arc::clone(playbook);
        }
        Ok(())
    }

    fn tell(&mut self, events: &[Event]) {
        for event in events {
            let written = serde_json::to_string(event).unwrap();
            let read: Event = serde_json::from_str(&written).unwrap();
            assert_eq!(read, *event, "an event survives being written and read");
            self.replayed.evolve(self.now, &read);
            self.events.push((self.now, read));
            let clock = self.clock();
            let text = match event {
                Event::StepFired(fired) => {
                    let passed = fired.passed_over.iter().map(|passed| {
                        let who = passed.liaison.as_ref().map_or("-", LiaisonId::as_str);
                        format!(" [{} {who} {:?}]", passed.target, passed.because)
                    });
                    let step = match fired.step {
                        StepPosition::Step(position) => format!("step {position}"),
                        StepPosition::Repeat(round) => format!("again {round}"),
                        StepPosition::LastResort => "beyond".into(),
                    };
                    let people = people(&fired.pages);
                    format!("{} {step} {:?}:{people}{}", fired.department, fired.reason, passed.collect::<String>())
                }
                Event::Reminded { department, pages, .. } => format!("{department} reminded:{}", people(pages)),
                Event::StepDeferred { department, .. } => format!("{department} put off"),
                Event::HandOverRequested { department, by, from, pages, .. } => {
                    format!("{department}: {} asks{} to take it over from {}", by.id(), people(pages), from.id())
                }
                Event::HandOverFailed { department, by, from, because, pages, .. } => {
                    let (by, from) = (by.id(), from.id());
                    format!("{department}: {by} does not take it ({because:?}), {from} keeps it:{}", people(pages))
                }
                Event::Acknowledged { department, by, taken_from: Some(from), .. } => {
                    format!("{department} taken over by {} from {}", by.id(), from.id())
                }
                Event::Acknowledged { department, by, .. } => format!("{department} acknowledged by {}", by.id()),
                Event::Withdrawn { department, liaison, .. } => format!("{department} called {liaison} back"),
                Event::Declined { department, by, .. } => format!("{department} declined by {}", by.id()),
                Event::HolderUnreachable { department, by, because, .. } => {
                    format!("{department} lost {}, who had it: {because:?}", by.id())
                }
                Event::HandedOver { department, by, pages, .. } => {
                    format!("{department} handed over by {} to{}", by.id(), people(pages))
                }
                Event::Reopened(reopened) => format!("reopened by {}", reopened.by.id()),
                Event::FollowedUp(followed) if followed.department.is_some() => {
                    let department = followed.department.as_ref().unwrap();
                    let passed = followed.passed_over.iter().map(|passed| {
                        let who = passed.liaison.as_ref().map_or("-", LiaisonId::as_str);
                        format!(" [{who} {:?}]", passed.because)
                    });
                    let (reason, people) = (followed.reason, people(&followed.pages));
                    format!("{department} {reason:?} {}:{people}{}", followed.tasks, passed.collect::<String>())
                }
                Event::Statement(event) => {
                    let StatementEvent { statement, version, change } = &**event;
                    let one = format!("statement {statement} v{version}");
                    match change {
                        StatementChanged::Asked { department, pages, .. } => {
                            format!("{one} {department} asked:{}", people(pages))
                        }
                        _ => event.sentence(change.by().map_or("-", Principal::id), &DepartmentId::to_string).unwrap(),
                    }
                }
                Event::Task(task) => {
                    let change = match task.change {
                        TaskChanged::Done { .. } => "done",
                        TaskChanged::NotNeeded { .. } => "not needed",
                        TaskChanged::Reopened { .. } => "reopened",
                        TaskChanged::Added { .. } => "added",
                    };
                    format!("task {} of {} {change} by {}", task.task, task.department, task.by.id())
                }
                Event::SeverityRose(rose) => format!("rose to {}", rose.severity),
                Event::Reclassified(new) => {
                    let added: Vec<&str> = new.added.iter().map(|department| department.as_str()).collect();
                    format!("{} instead of {}, {}, adds {added:?}", new.playbook, new.from_playbook, new.severity)
                }
                _ => continue,
            };
            writeln!(self.pages, "{clock} {text}").unwrap();
        }
        let mut live = self.incident.clone();
        let owed = live.owed.iter_mut().flat_map(|owed| &mut owed.pages).map(|owed| &mut owed.page);
        let pages = live.tracks.iter_mut().flat_map(|track| &mut track.pages).chain(owed);
        pages.flat_map(|page| &mut page.pending).for_each(|delivery| delivery.in_flight = false);
        let snapshot = serde_json::to_string(&live).unwrap();
        assert_eq!(
            serde_json::from_str::<Incident>(&snapshot).unwrap(),
            live,
            "a state survives being written and read"
        );
        if live.pages().all(|(_, page)| page.pending.is_empty()) {
            assert_eq!(self.replayed, live, "a replay gives the live state");
        }
    }

    fn outcome(&mut self, to: &str) -> Outcome {
        if self.refuse_all || self.refused.contains(to) {
            return Outcome::Permanent { code: "smtp-550".into(), blame: self.blame };
        }
        match self.failing.get_mut(to).filter(|times| **times > 0) {
            Some(times) => {
                *times -= 1;
                Outcome::Retry { code: "smtp-450".into(), after: None, at_most: None }
            }
            None => Outcome::Accepted { provider_id: None },
        }
    }

    fn clock(&self) -> String {
        let seconds = (self.now - self.opened_at).num_milliseconds() as f64 / 1_000.0;
        format!("{:>2}:{:04.1}", (seconds / 60.0).floor(), seconds % 60.0)
    }
}

fn people(pages: &[Paged]) -> String {
    pages.iter().map(|page| format!(" {} ({}:{})", page.liaison, page.roster, page.role)).collect()
}

fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Accepted { .. } => "accepted",
        Outcome::Retry { .. } => "retry",
        Outcome::Permanent { .. } => "refused",
    }
}

fn source() -> Principal {
    Principal::Source { source: "desk".parse().unwrap() }
}

fn operator() -> Principal {
    Principal::Operator { operator: "social-desk".parse().unwrap() }
}

/// Privacy (Ann, Bob), legal (Lea, Leo), administrators (Adam, Abe), executives (Cleo); `empty` has nobody and escalates
/// to legal; `lonely` has a backup alone; `slow` has Sue, who wants a text only after five minutes; `twin` has Anna, who
/// has Ann's telephone.
pub fn hospital() -> Plan {
    let rosters = [
        roster(
            "privacy",
            Some("legal"),
            &[("ann", "0101"), ("bob", "0102"), ("ann2", "0101")],
            &["ann", "ann2"],
            &["bob"],
        ),
        roster("legal", None, &[("lea", "0103"), ("leo", "0104")], &["lea"], &["leo"]),
        roster("administrator-on-call", None, &[("adam", "0105"), ("abe", "0106")], &["adam"], &["abe"]),
        roster("executive-on-call", None, &[("cleo", "0107")], &["cleo"], &[]),
        roster("empty", Some("legal"), &[], &[], &[]),
        roster("lonely", Some("legal"), &[("lou", "0108")], &[], &["lou"]),
        roster("slow", None, &[("sue", "0109")], &["sue"], &[]),
        roster("twin", None, &[("anna", "0101")], &["anna"], &[]),
    ];
    let critical = ladder(
        "A",
        Severity::Critical,
        &[
            "0s primary",
            "2m primary",
            "5m backup",
            "10m administrator-on-call:primary",
            "15m executive-on-call:primary",
        ],
        Some("5m"),
        None,
    );
    let moderate = ladder(
        "C",
        Severity::Moderate,
        &["0s primary", "15m primary", "30m backup", "60m escalation"],
        Some("60m"),
        Some(8),
    );
    let ladders = [critical.clone(), moderate.clone()];
    let book = |class: &str, ladder: &Arc<Ladder>, departments: &[&str]| playbook(class, ladder, &ladders, departments);
    let mut acts = book("acts", &critical, &["legal"]);
    acts.act_within = Some("10m".parse().unwrap());
    let mut waits = book("waits", &moderate, &["legal"]);
    waits.after_hours =
        Some(AfterHours { hold: true, instead: vec!["privacy".parse().unwrap()], ..AfterHours::default() });
    let action = |department: &str, within: Option<&str>, task: &str| Action {
        department: department.parse().unwrap(),
        within: within.map(|within| within.parse().unwrap()),
        task: task.into(),
    };
    let mut tasks = book("tasks", &moderate, &["privacy", "legal"]);
    tasks.actions = vec![
        action("privacy", Some("1h"), "capture"),
        action("privacy", Some("80m"), "assess"),
        action("legal", Some("2h"), "hold"),
        action("slow", None, "file"),
    ];
    let statement = |name: &str, text: &str, approve: &[&str], ready: bool| PlaybookStatement {
        name: name.into(),
        text: text.into(),
        approve: approve.iter().map(|id| id.parse().unwrap()).collect(),
        approve_within: (!ready).then(|| "20m".parse().unwrap()),
        ready,
        choices: BTreeMap::new(),
    };
    let mut said = book("said", &moderate, &["privacy"]);
    said.statements = vec![
        statement("holding", "We will say more at {time}.", &["privacy", "slow"], false),
        statement("script", "Call 911 before {time}.", &[], true),
    ];
    let mut graver_said = book("graver-said", &critical, &["privacy"]);
    graver_said.statements = vec![statement("holding", "We will say more at {time}.", &["legal"], false)];
    let mut owned = book("owned", &critical, &["privacy"]);
    owned.owner = Some("legal".into());
    let mut graver = book("graver", &critical, &["privacy"]);
    graver.actions = vec![action("privacy", Some("1h"), "capture"), action("privacy", Some("30m"), "call")];
    let playbooks = vec![
        book("leak", &critical, &["privacy"]),
        book("two", &critical, &["privacy", "legal"]),
        book("billing", &moderate, &["privacy"]),
        book("empty", &critical, &["empty"]),
        book("lonely", &critical, &["lonely"]),
        book("slow", &critical, &["slow"]),
        book("forlorn", &critical, &["empty", "lonely"]),
        book("twins", &critical, &["privacy", "twin"]),
        book("unclassified", &moderate, &["legal"]),
        acts,
        waits,
        tasks,
        graver,
        said,
        graver_said,
        owned,
    ];
    Plan {
        contacts: ContactIndex::default(),
        rules: Arc::clone(Rules::built_in()),
        hospital: "MERCY".parse().unwrap(),
        rosters: rosters.into_iter().map(|roster| (roster.department.clone(), Arc::new(roster))).collect(),
        playbooks: playbooks.into_iter().map(Arc::new).collect(),
        fallback: "administrator-on-call".parse().unwrap(),
        channels: ChannelKind::ALL.to_vec(),
        labels: BTreeMap::new(),
        policies: BTreeMap::new(),
        lists: std::sync::Arc::default(),
        heard_within: BTreeMap::new(),
        bundling: Bundling::DEFAULT,
        daily_test: None,
        access: wardbell::domain::access::Access::default(),
        files: Vec::new(),
        texts: BTreeMap::new(),
    }
}

/// Gives somebody these numbers, in order, and a mailbox that is used after a while or not at all.
pub fn set_numbers(plan: &mut Plan, department: &str, who: &str, numbers: &[&str], mail_after: Option<&str>) {
    let roster = Arc::make_mut(plan.rosters.get_mut(&department.parse().unwrap()).unwrap());
    let liaison = roster.liaisons.iter_mut().find(|liaison| liaison.id.as_str() == who).unwrap();
    let (first, further) = numbers.split_first().unwrap();
    let mail = mail_after.map(|after| Contact {
        order: Some(after.parse().unwrap()),
        ..Contact::at_once(ChannelKind::Email, format!("{who}@mercy.example"))
    });
    let further = further.iter().map(|number| Further { kind: FurtherKind::Sms, address: (*number).into() });
    let contacts = Contacts::from_iter([Contact::at_once(ChannelKind::Sms, *first)].into_iter().chain(mail));
    liaison.contacts = contacts.with_further(further.collect());
}

fn roster(
    department: &str,
    escalate_to: Option<&str>,
    people: &[(&str, &str)],
    primary: &[&str],
    backup: &[&str],
) -> Roster {
    let place = |line| Place { file: format!("rosters/{department}.toml").into(), line };
    let late = if department == "slow" { "5m" } else { "0s" };
    let liaison = |(id, number): &(&str, &str)| Liaison {
        id: id.parse().unwrap(),
        name: id[..1].to_uppercase() + &id[1..],
        contacts: Contacts::from_iter([
            Contact {
                order: Some(late.parse().unwrap()),
                ..Contact::at_once(ChannelKind::Sms, format!("+1312555{number}"))
            },
            Contact::at_once(ChannelKind::Email, format!("{id}@mercy.example")),
        ]),
        sms_consent: None,
        away: Vec::new(),
        unavailable: Vec::new(),
        is_listed: false,
        place: place(9),
    };
    let rotation = |role: Role, people: &[&str]| {
        let liaisons: Vec<Option<LiaisonId>> = people.iter().map(|id| Some(id.parse().unwrap())).collect();
        let rotation =
            Rotation { role, during: During::Always, liaisons, every: None, handoff: None, place: place(20) };
        (!people.is_empty()).then_some(rotation)
    };
    let rotations = [rotation(Role::primary(), primary), rotation(Role::backup(), backup)];
    let mut hours = Hours::default();
    if department == "legal" {
        hours.weekly.fill(vec![OpenSpan { from: 8 * 60, to: 17 * 60 }]);
    }
    Roster {
        department: department.parse().unwrap(),
        name: department.to_uppercase(),
        timezone: Zone::built_in("America/Chicago").unwrap(),
        escalate_to: escalate_to.map(|to| to.parse().unwrap()),
        owner: None,
        review_by: None,
        hours,
        staffed_count: StretchCount::default(),
        windows: Vec::new(),
        approvers: Vec::new(),
        liaisons: people.iter().map(liaison).collect(),
        rotations: rotations.into_iter().flatten().collect(),
        overrides: Vec::new(),
    }
}

pub fn ladder(
    name: &str,
    severity: Severity,
    steps: &[&str],
    repeat_every: Option<&str>,
    repeat_times: Option<u32>,
) -> Arc<Ladder> {
    let step = |text: &&str| {
        let (at, page) = text.split_once(' ').unwrap();
        Step { at: at.parse().unwrap(), page: page.parse().unwrap(), by: None }
    };
    Arc::new(Ladder {
        name: name.into(),
        severity: Some(severity),
        steps: steps.iter().map(step).collect(),
        repeat_every: repeat_every.map(|every| every.parse().unwrap()),
        repeat_times,
    })
}

fn playbook(class: &str, ladder: &Arc<Ladder>, ladders: &[Arc<Ladder>], departments: &[&str]) -> Playbook {
    Playbook {
        class: class.parse().unwrap(),
        variant: None,
        also: Vec::new(),
        title: class.into(),
        page_title: class.into(),
        severity: ladder.severity.unwrap(),
        ladder: ladder.clone(),
        departments: departments.iter().map(|id| id.parse().unwrap()).collect(),
        acknowledge_within: Wait::minutes(10),
        act_within: None,
        owner: None,
        review_by: None,
        conditions: Conditions::default(),
        promotions: Vec::new(),
        after_hours: None,
        actions: Vec::new(),
        guidance: wardbell::domain::playbook::Guidance::default(),
        policies: Vec::new(),
        statements: Vec::new(),
        ladders: ladders.iter().map(|ladder| (ladder.severity.unwrap(), ladder.clone())).collect(),
        known_hash: wardbell::domain::playbook::KnownHash::default(),
    }
}
