//! A hospital's days, made up from a seed: entries of every kind, and a model of what the store should answer.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use wardbell::domain::aggregate::Aggregate;
use wardbell::domain::channel_test::ChannelTestEvent;
use wardbell::domain::contact::ChannelKind;
use wardbell::domain::digest::Digest;
use wardbell::domain::escalation::event::{
    Channel, Event, Folded, Next, Opened, Paged, SeverityRose, StepFired, StepPosition,
};
use wardbell::domain::escalation::incident::{Incident, Status};
use wardbell::domain::escalation::resolution::ResolvedAs;
use wardbell::domain::escalation::tasks::event::TasksOpened;
use wardbell::domain::escalation::track_opened::TrackOpened;
use wardbell::domain::further_contact::ContactPosition;
use wardbell::domain::id::{IncidentId, Role, SourceName};
use wardbell::domain::incident::Incoming;
use wardbell::domain::outcome::Outcome;
use wardbell::domain::page::PageReason;
use wardbell::domain::place::Place;
use wardbell::domain::plan::PlanFile;
use wardbell::domain::playbook::Playbook;
use wardbell::domain::playbook::ladder::{Ladder, Step, Target};
use wardbell::domain::principal::Principal;
use wardbell::domain::roster::on_call::{Rule, Why};
use wardbell::domain::severity::Severity;
use wardbell::domain::source_watch::SourceWatchEvent;
use wardbell::domain::wait::Wait;
use wardbell::journal::aggregates::Aggregates;
use wardbell::journal::port::{Epoch, Journal, Written};
use wardbell::journal::record::{Entry, Fact, Record, SystemEvent};
use wardbell::store::Store;
use wardbell::store::batch::Batch;
use wardbell::store::projections::plans::LastPlan;
use wardbell::store::query::{Cursor, Filter, Receipt};

pub const DEPARTMENTS: [&str; 4] = ["privacy", "legal", "er-nursing", "public-relations"];

/// Draws the same numbers for the same seed.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub fn below(&mut self, end: usize) -> usize {
        (self.next() >> 33) as usize % end
    }
}

/// Makes up entries; `at` only goes forward.
pub struct House {
    pub dice: Dice,
    at: DateTime<Utc>,
    open: Vec<Running>,
    opened: u64,
    made: Vec<Entry>,
}

struct Running {
    id: IncidentId,
    pages: Vec<u32>,
    departments: Vec<&'static str>,
    occurrences: u64,
}

impl House {
    pub fn new(seed: u64) -> Self {
        let at = "2026-12-24T23:00:00Z".parse().unwrap();
        Self { dice: Dice::new(seed), at, open: Vec::new(), opened: 0, made: Vec::new() }
    }

    /// That many entries of all kinds.
    pub fn entries(&mut self, count: usize) -> Vec<Entry> {
        let mut entries = std::mem::take(&mut self.made);
        while entries.len() < count {
            let step_ms = [0, 0, 1, 900, 60_000][self.dice.below(5)];
            self.at += TimeDelta::milliseconds(step_ms);
            self.step(&mut entries);
        }
        self.made = entries.split_off(count);
        entries
    }

    fn step(&mut self, out: &mut Vec<Entry>) {
        match self.dice.below(30) {
            _ if self.open.is_empty() => self.open_one(out),
            0..5 => self.open_one(out),
            5 => {
                let by_ms = [3_600_000, 1_500][self.dice.below(2)];
                self.house(out, SystemEvent::ClockStepped { by_ms });
            }
            6 => {
                let event = match self.opened % 4 {
                    3 => return out.push(Entry { at: self.at, fact: self.watched_or_tested() }),
                    0 => SystemEvent::Started { version: "0.1.0".into() },
                    1 => kept(&"roster ".repeat(100 * self.open.len())),
                    _ => plan(&[("rosters/privacy.toml", &self.opened.to_string())]),
                };
                self.house(out, event);
            }
            7 => {
                let playbook = Box::new(playbook(&format!("title {}", self.dice.below(3))));
                self.house(out, SystemEvent::PlaybookPinned { hash: playbook.hash(), playbook });
            }
            other => {
                let index = self.dice.below(self.open.len());
                self.go_on(out, index, other);
            }
        }
    }

    /// What happened to an aggregate that is no incident.
    fn watched_or_tested(&mut self) -> Fact {
        if self.opened % 8 == 7 { self.tested() } else { self.watched() }
    }

    fn watched(&self) -> Fact {
        let source = ["listening-desk", "web-form"][usize::from(self.opened.is_multiple_of(3))].parse().unwrap();
        let incident = self.open[0].id;
        let event = match self.opened % 5 {
            0 => SourceWatchEvent::HeardAgain { incident },
            1 => SourceWatchEvent::IncidentResolved { incident },
            _ => SourceWatchEvent::Silent { incident },
        };
        Fact::SourceWatch(source, event)
    }

    fn tested(&mut self) -> Fact {
        let channel = ChannelKind::ALL[self.dice.below(2)];
        let day = [None, NaiveDate::from_yo_opt(2026, 1 + self.opened as u32 % 300)][self.dice.below(2)];
        let outcome = [Outcome::Accepted { provider_id: None }, Outcome::retry("timeout")][self.dice.below(2)].clone();
        let tested_at = "2026-11-24T14:30:00.250Z".parse::<DateTime<Utc>>().unwrap();
        let tested_at = tested_at + TimeDelta::hours(self.opened as i64);
        Fact::ChannelTest(channel, ChannelTestEvent::Tested { day, tested_at, outcome })
    }

    fn open_one(&mut self, out: &mut Vec<Entry>) {
        self.opened += 1;
        let id = IncidentId::from_random(self.dice.next());
        let first = self.dice.below(4);
        let departments = DEPARTMENTS.iter().copied().cycle().skip(first).take(1 + self.dice.below(2)).collect();
        let running = Running { id, pages: Vec::new(), departments, occurrences: 1 };
        let opened = Opened {
            by: source(),
            source: "listening-desk".parse().unwrap(),
            incident: self.incoming(),
            class: "phi-by-staff".into(),
            playbook: "phi-by-staff".into(),
            playbook_hash: playbook("title").hash(),
            severity: Severity::High,
            received_at: self.at,
            tracks: running.departments.iter().map(|department| self.track(department)).collect(),
            tasks: TasksOpened::default(),
        };
        self.put(out, id, Event::Opened(Box::new(opened)));
        self.open.push(running);
        self.fire(out, self.open.len() - 1);
    }

    /// An opening with its first step and one attempt: three records.
    pub fn typical(&mut self) -> [Entry; 3] {
        let mut out = Vec::new();
        self.at += TimeDelta::milliseconds(1);
        self.open_one(&mut out);
        let index = self.open.len() - 1;
        let page = self.open[index].pages[0];
        self.attempt(&mut out, index, page);
        self.open.clear();
        out.try_into().ok().unwrap()
    }

    fn track(&self, department: &str) -> TrackOpened {
        TrackOpened {
            department: department.parse().unwrap(),
            ladder: "B".into(),
            acknowledge_within: Wait::minutes(10),
            act_within: Some(Wait::minutes(30)),
            starts_at: self.at,
            first_step_at: Wait::ZERO,
            instead_of: None,
        }
    }

    fn incoming(&mut self) -> Incoming {
        Incoming {
            class: "Patient Privacy - Employee".into(),
            event_id: Some(format!("event-{}", self.dice.below(1_000_000))),
            dedup_key: Some(format!("matter-{}", self.opened)),
            confidence: Some(0.25 + self.dice.below(3) as f64 / 4.0),
            summary: Some("A nurse on 4 West posted a photo with a whiteboard \"behind\" her ☂".repeat(2)),
            url: Some("https://social.example/p/1234567".into()),
            author: Some("@someone".into()),
            network: Some("examplegram".into()),
            reach: Some(self.dice.below(60_000) as u64),
            flags: vec!["posting-now".into()],
            ..Incoming::default()
        }
    }

    fn fire(&mut self, out: &mut Vec<Entry>, index: usize) {
        let running = &mut self.open[index];
        let department = running.departments[self.dice.below(running.departments.len())];
        let number = running.pages.last().map_or(1, |last| last + 1);
        running.pages.push(number);
        let id = running.id;
        let paged = self.paged(number);
        let next = Next {
            at: self.at + TimeDelta::minutes(5),
            step: StepPosition::Step(1),
            reason: PageReason::NotAcknowledged,
        };
        let fired = StepFired {
            department: department.parse().unwrap(),
            step: StepPosition::Step(0),
            due_at: self.at,
            reason: PageReason::Opened,
            pages: vec![paged],
            passed_over: Vec::new(),
            next: Some(next),
        };
        self.put(out, id, Event::StepFired(fired));
    }

    fn paged(&mut self, number: u32) -> Paged {
        let channel = |by, to: &str| Channel { by, to: to.into(), at: self.at };
        let channels =
            vec![channel(ChannelKind::Sms, "+13125550101"), channel(ChannelKind::Email, "m.rivera@mercy.example")];
        Paged {
            number,
            liaison: "m-rivera".parse().unwrap(),
            name: "Maria Rivera".into(),
            roster: "privacy".parse().unwrap(),
            role: Role::primary(),
            why: Why::new(Place { file: "rosters/privacy.toml".into(), line: 29 }, Rule::Turn),
            link: self.link(),
            channels,
        }
    }

    fn link(&mut self) -> Digest {
        Digest::of(&self.dice.next().to_be_bytes())
    }

    fn attempt(&mut self, out: &mut Vec<Entry>, index: usize, page: u32) {
        let outcome = match self.dice.below(3) {
            0 => Outcome::Retry { code: "smtp-450".into(), after: None, at_most: None },
            _ => Outcome::Accepted { provider_id: Some("SM0123456789abcdef0123456789abcdef".into()) },
        };
        let retry_at = matches!(outcome, Outcome::Retry { .. }).then(|| self.at + TimeDelta::seconds(2));
        let channel = ChannelKind::ALL[self.dice.below(2)];
        let contact = ContactPosition::FIRST;
        let attempted = Event::Attempted { page, channel, contact, outcome, retry_at, next_contact: None, next: None };
        self.put(out, self.open[index].id, attempted);
    }

    fn go_on(&mut self, out: &mut Vec<Entry>, index: usize, kind: usize) {
        let id = self.open[index].id;
        let department = self.open[index].departments[0].parse().unwrap();
        let page = self.open[index].pages[0];
        let by = Principal::Operator { operator: "social-desk".parse().unwrap() };
        match kind {
            8..13 => self.attempt(out, index, page),
            13..16 => self.fire(out, index),
            16..19 => {
                self.open[index].occurrences += 1;
                let (incident, occurrences) = (self.incoming(), self.open[index].occurrences);
                let received_at = self.at;
                // What a repeat leads to is recorded before it.
                if self.dice.below(2) == 0 {
                    let track = |name: &&str| (name.parse().unwrap(), "A".into());
                    let ladders = self.open[index].departments.iter().map(track).collect();
                    self.put(
                        out,
                        id,
                        Event::SeverityRose(SeverityRose {
                            severity: Severity::Critical,
                            ladders,
                            first_steps: Vec::new(),
                        }),
                    );
                }
                self.put(
                    out,
                    id,
                    Event::Folded(Box::new(Folded {
                        by: source(),
                        incident,
                        occurrences,
                        received_at,
                        involved_not_kept: Vec::new(),
                    })),
                );
            }
            19..22 => {
                let act_by = Some(self.at + TimeDelta::minutes(30));
                self.put(out, id, Event::Acknowledged { department, by, page: Some(page), act_by, taken_from: None });
            }
            22..24 => {
                let link = self.link();
                self.put(out, id, Event::LinkIssued { page, link });
            }
            24 => {
                let number = self.open[index].pages.last().unwrap() + 1;
                self.open[index].pages.push(number);
                let pages = vec![self.paged(number)];
                let act_by = self.at + TimeDelta::minutes(30);
                self.put(out, id, Event::Reminded { department, pages, passed_over: Vec::new(), act_by });
            }
            25 => self.put(out, id, Event::Noted { department: None, by, page: None, text: "takedown asked".into() }),
            _ => {
                self.put(
                    out,
                    id,
                    Event::Resolved { by, note: Some("taken down".into()), outcome: Some(ResolvedAs::Handled) },
                );
                if self.dice.below(2) == 0 {
                    self.attempt(out, index, page);
                }
                self.open.swap_remove(index);
            }
        }
    }

    /// A note and a resolution: two short records.
    pub fn closing(&self, id: IncidentId) -> Vec<Entry> {
        let by = Principal::Operator { operator: "social-desk".parse().unwrap() };
        let mut out = Vec::new();
        self.put(&mut out, id, Event::Noted { department: None, by: by.clone(), page: None, text: "gone".into() });
        self.put(&mut out, id, Event::Resolved { by, note: None, outcome: None });
        out
    }

    fn put(&self, out: &mut Vec<Entry>, id: IncidentId, event: Event) {
        out.push(Entry { at: self.at, fact: Fact::Incident(id, event) });
    }

    fn house(&self, out: &mut Vec<Entry>, event: SystemEvent) {
        out.push(Entry { at: self.at, fact: Fact::System(event) });
    }
}

fn source() -> Principal {
    Principal::Source { source: "listening-desk".parse().unwrap() }
}

/// A version of a file.
pub fn kept(text: &str) -> SystemEvent {
    SystemEvent::FileKept { sha256: Digest::of(text.as_bytes()), text: text.into() }
}

/// A plan of files with these texts.
pub fn plan(files: &[(&str, &str)]) -> SystemEvent {
    let file = |(path, text): &(&str, &str)| PlanFile { path: (*path).into(), sha256: Digest::of(text.as_bytes()) };
    SystemEvent::PlanLoaded { files: files.iter().map(file).collect() }
}

pub fn playbook(title: &str) -> Playbook {
    let step = Step { at: Wait::ZERO, page: Target::Role(Role::primary()), by: None };
    let ladder = Ladder {
        name: "B".into(),
        severity: Some(Severity::High),
        steps: vec![step],
        repeat_every: None,
        repeat_times: None,
    };
    let text = serde_json::json!({
        "class": "phi-by-staff", "variant": null, "also": [], "title": title, "page_title": "Privacy",
        "severity": "high", "ladder": ladder, "departments": ["privacy"], "acknowledge_within": "10m",
        "act_within": null, "owner": null, "review_by": null, "promotions": [], "after_hours": null, "actions": [],
        "guidance": {"do": [], "do_not": [], "examples": ["x".repeat(30_000)]}, "statements": [],
        "ladders": {"high": ladder},
        "conditions": {"confidence_at_least": null, "facilities": [], "networks": [], "languages": [], "any_flag": [],
            "reach_at_least": null},
    });
    serde_json::from_value(text).unwrap()
}

/// What the store should answer, worked out the plain way.
#[derive(Default)]
pub struct Model {
    pub incidents: BTreeMap<IncidentId, Incident>,
    pub records: BTreeMap<IncidentId, Vec<Record>>,
    pub receipts: BTreeMap<String, Receipt>,
    pub links: BTreeMap<Digest, (IncidentId, u32)>,
    pub playbooks: BTreeSet<Digest>,
    pub plan: LastPlan,
    pub aggregates: Aggregates,
    pub seq: u64,
}

impl Model {
    pub fn add_all(&mut self, written: &[Written], entries: &[Entry]) {
        for (written, entry) in written.iter().zip(entries) {
            self.add(Record { seq: written.seq, entry: entry.clone() });
        }
    }

    pub fn add(&mut self, record: Record) {
        self.seq = record.seq;
        let at = record.entry.at;
        self.aggregates.evolve(at, &record.entry.fact);
        match &record.entry.fact {
            Fact::System(SystemEvent::ClockStepped { by_ms }) => {
                let open = self.incidents.values_mut().filter(|incident| incident.resolved.is_none());
                open.for_each(|incident| incident.shift(TimeDelta::milliseconds(*by_ms)));
            }
            Fact::System(SystemEvent::PlaybookPinned { hash, .. }) => drop(self.playbooks.insert(*hash)),
            Fact::System(SystemEvent::PlanLoaded { files }) => self.plan.files.clone_from(files),
            Fact::System(SystemEvent::FileKept { sha256, .. }) => drop(self.plan.kept.insert(*sha256)),
            Fact::System(_) | Fact::SourceWatch(..) | Fact::ChannelTest(..) | Fact::Person(..) => {}
            Fact::Incident(id, event) => {
                match event {
                    Event::Opened(opened) => drop(self.incidents.insert(*id, Incident::opened(*id, at, opened))),
                    _ => self.incidents.get_mut(id).unwrap().evolve(at, event),
                }
                self.add_lookups(*id, event);
                self.records.entry(*id).or_default().push(record);
            }
        }
    }

    fn add_lookups(&mut self, id: IncidentId, event: &Event) {
        let incident = &self.incidents[&id];
        let (incoming, received_at, duplicate_of_open) = match event {
            Event::Opened(opened) => (&opened.incident, opened.received_at, false),
            Event::Folded(folded) => (&folded.incident, folded.received_at, true),
            Event::StepFired(StepFired { pages, .. }) | Event::Reminded { pages, .. } => {
                return self.links.extend(pages.iter().map(|page| (page.link, (id, page.number))));
            }
            Event::LinkIssued { page, link } => {
                self.links.insert(*link, (id, *page));
                return;
            }
            _ => return,
        };
        let (status, playbook) = (incident.status(), incident.playbook.to_string());
        let receipt = Receipt { id, status, playbook, duplicate_of_open, received_at };
        let event_id = incoming.event_id.clone().unwrap();
        self.receipts.insert(event_id, receipt);
    }

    pub fn open(&self) -> Vec<&Incident> {
        self.incidents.values().filter(|incident| incident.resolved.is_none()).collect()
    }

    /// Asks for everything; whether all was answered.
    pub fn is_answered(&self, store: &Store) -> bool {
        let source: SourceName = "listening-desk".parse().unwrap();
        let all = Filter { limit: usize::MAX, ..Filter::default() };
        self.incidents.keys().all(|id| store.history(*id).is_ok())
            && self.receipts.keys().all(|event_id| store.receipt(&source, event_id).is_ok())
            && self.links.keys().all(|link| store.link(link).is_ok())
            && self.playbooks.iter().all(|hash| store.playbook(hash).is_ok())
            && store.list(&all).is_ok()
    }

    /// Compares everything that the store answers.
    pub fn compare(&self, store: &Store) {
        for (id, incident) in &self.incidents {
            assert_eq!(store.incident(*id).unwrap().as_ref(), Some(incident));
            assert_eq!(store.history(*id).unwrap().unwrap().records, self.records[id]);
        }
        let source: SourceName = "listening-desk".parse().unwrap();
        for (event_id, receipt) in &self.receipts {
            assert_eq!(store.receipt(&source, event_id).unwrap().as_ref(), Some(receipt), "{event_id}");
        }
        assert_eq!(store.receipt(&"another".parse().unwrap(), "event-1"), Ok(None));
        for (link, place) in &self.links {
            let target = store.link(link).unwrap().unwrap();
            assert_eq!((target.incident, target.page), *place);
            assert_eq!(target.name, "Maria Rivera");
        }
        for hash in &self.playbooks {
            assert_eq!(store.playbook(hash).unwrap().unwrap().hash(), *hash);
        }
        for status in [None, Some(Status::Open), Some(Status::Acknowledged), Some(Status::Resolved)] {
            for department in [None, Some("legal")] {
                self.compare_list(store, status, department);
            }
        }
    }

    fn compare_list(&self, store: &Store, status: Option<Status>, department: Option<&str>) {
        let department = department.map(|name| name.parse().unwrap());
        let fits = |incident: &&Incident| {
            status.is_none_or(|status| status == incident.status())
                && department.as_ref().is_none_or(|department| incident.track(department).is_some())
        };
        let mut expected: Vec<_> =
            self.incidents.values().filter(fits).map(|one| (self.records[&one.id][0].seq, one.id)).collect();
        expected.sort_by(|one, other| other.cmp(one));
        let expected: Vec<IncidentId> = expected.into_iter().map(|(_, id)| id).collect();
        let (mut listed, mut before) = (Vec::new(), None::<Cursor>);
        loop {
            let filter = Filter { status, department: department.clone(), limit: 7, before };
            let part = store.list(&filter).unwrap();
            listed.extend(part.incidents.iter().map(|one| one.id));
            assert!(part.incidents.len() == 7 || part.next.is_none());
            before = part.next;
            if before.is_none() {
                break;
            }
        }
        assert_eq!(listed, expected);
    }
}

/// Appends, and hands it to the store as the engine does.
pub fn record(journal: &mut dyn Journal, store: &Store, model: &mut Model, entries: &[Entry]) {
    let written = journal.append(Epoch::FIRST, entries).unwrap();
    model.add_all(&written, entries);
    let records = written.iter().zip(entries).map(|(one, entry)| Record { seq: one.seq, entry: entry.clone() });
    store.apply(Batch { records: records.collect(), written });
}

/// Waits until the store has applied so much.
pub fn wait(store: &Store, seq: u64) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    assert!(runtime.block_on(store.wait_applied(seq, std::time::Duration::from_secs(20))), "at {}", store.applied());
}

/// The journal's segments, in order.
pub fn segments(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut segments: Vec<_> = entries.filter(|path| path.extension().is_some_and(|end| end == "jsonl")).collect();
    segments.sort();
    segments
}
