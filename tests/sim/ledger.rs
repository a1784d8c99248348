//! What a judge knows of a simulation: the record, what was sent and answered, and who pressed what.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use wardbell::domain::aggregate::Aggregate;
use wardbell::domain::channel_test::ChannelTestEvent;
use wardbell::domain::contact::ChannelKind;
use wardbell::domain::digest::Digest;
use wardbell::domain::escalation::event::{Event, Next, Paged, StepFired};
use wardbell::domain::escalation::incident::Incident;
use wardbell::domain::id::{DepartmentId, IncidentId, PageId};
use wardbell::domain::outcome::Outcome;
use wardbell::domain::page::PageReason;
use wardbell::domain::playbook::Playbook;
use wardbell::domain::severity::Severity;
use wardbell::engine::memory_stats::MemoryStats;
use wardbell::journal::line::Line;
use wardbell::journal::port::Written;
use wardbell::journal::record::{Fact, Record, SystemEvent};
use wardbell::vault::opening::holds_sealed_words;

use crate::bundling::Bundles;
use crate::channel_test::Tests;
use crate::hospital::{Hospital, Person};
use crate::keys::WordsFound;
use crate::numbers::Numbers;
use crate::silence::Watched;
use crate::wishes::Wishes;

/// What the judge knows.
pub struct Ledger {
    /// True time in milliseconds: it cannot be set, and goes on while the process is down.
    pub now: u64,
    pub wall: DateTime<Utc>,
    pub is_up: bool,
    /// The process starts counted.
    pub epoch: u32,
    /// The true time of the last start.
    pub started_at: u64,
    /// Since when it is up and the journal works; steps may be late before.
    pub calm_since: u64,
    pub journal_works: bool,
    /// While the disk hung, nobody could see when something was decided: by so much the judge may be wrong.
    pub slack_ms: u64,
    /// The store can be asked: without it, a source may be answered anew.
    pub store_works: bool,
    pub channels_up: BTreeMap<ChannelKind, bool>,
    pub hospital: Hospital,
    /// The sources that must be heard from.
    pub watched: Vec<Watched>,
    pub tests: Tests,
    /// Protected words are sealed in the record.
    pub is_sealing: bool,
    pub words_found: WordsFound,
    /// The record is pruned up to here.
    pub pruned: u64,
    pub playbooks: BTreeMap<Digest, Playbook>,
    /// The incidents as the record tells of them.
    pub incidents: BTreeMap<IncidentId, Incident>,
    pub lives: BTreeMap<IncidentId, Life>,
    /// The record so far: the hash of each line.
    pub hashes: Vec<Digest>,
    pub last_at: Option<DateTime<Utc>>,
    /// This step's records.
    pub fresh: Vec<Fresh>,
    /// This step's attempts.
    pub sends: Vec<Send>,
    /// How often the button of a page was pressed to acknowledge.
    pub presses: BTreeMap<PageId, u32>,
    /// How often operators wanted to acknowledge an incident.
    pub operations: BTreeMap<IncidentId, u32>,
    /// What callers asked for, and what came of it.
    pub wishes: Wishes,
    /// What was answered in this step, and must be on the disk by now.
    pub answers: Vec<Answer>,
    pub held: Option<MemoryStats>,
    /// The messages that have arrived and are not answered yet.
    pub messages_in_flight: usize,
    /// The clock was set back and the record does not say so: after a crash, nobody can tell by how much.
    pub set_back_unrecorded: bool,
    /// So it was when this process started.
    pub start_is_excused: bool,
    /// Waits that a start made longer.
    pub lost_waits: Vec<String>,
    /// What was answered and is not on the disk any more.
    pub lost_records: Option<String>,
    pub faults: Vec<String>,
    pub bundles: Bundles,
    pub numbers: Numbers,
    /// How often the process has started with broken files.
    pub broken_starts: u32,
    /// Why it did not start, if so.
    pub refused_start: Option<String>,
}

/// One incident, as it is seen from outside.
#[derive(Debug, Default)]
pub struct Life {
    pub is_answered: bool,
    pub words: Vec<String>,
    /// Those of them that are sealed in the record.
    pub protected: Vec<String>,
    /// The number of its first record.
    pub opening: u64,
    /// All of its records are pruned, or about to be: its keys are gone.
    pub is_forgotten: bool,
    /// What is sealed in the record.
    pub sealed: Vec<Event>,
    pub pages: BTreeMap<u32, Page>,
    pub tracks: BTreeMap<DepartmentId, Climb>,
    /// By page, channel, and address or number.
    pub attempts: BTreeMap<(u32, ChannelKind, String), Tries>,
    /// The next numbers that the record names, by page.
    pub further: BTreeMap<(u32, ChannelKind), Vec<String>>,
    pub has_arrived: bool,
    /// For so long somebody should have been paged.
    pub unpaged_ms: u64,
    pub acknowledgements: BTreeMap<Option<u32>, u32>,
}

/// One page of the record.
#[derive(Debug, Clone)]
pub struct Page {
    pub paged: Paged,
    pub reason: Option<PageReason>,
    pub made_at: u64,
    /// It was made while the journal could not be written, or read back after a crash.
    pub is_late_record: bool,
}

/// One department's climb.
#[derive(Debug, Clone, Default)]
pub struct Climb {
    /// The step that comes next, and the true time that it should come at.
    pub next: Option<(Next, u64)>,
    /// True time from which the ladder's times count; before the beginning where the clock was set ahead meanwhile.
    pub base: i64,
}

/// The attempts of one page at one address or number.
#[derive(Debug, Clone)]
pub struct Tries {
    pub epoch: u32,
    pub state: Try,
    /// The record says that it has ended for good.
    pub is_over: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Try {
    InFlight,
    Again,
    /// For good: the person may have another number.
    Refused,
    Ended,
}

/// One record with what was true when it was written.
#[derive(Debug, Clone)]
pub struct Fresh {
    pub record: Record,
    pub line: Box<str>,
    /// The true time when it was found on the disk, right after it was written unless it is late.
    pub read_at: u64,
    pub prev_hash: Digest,
    pub prev_at: Option<DateTime<Utc>>,
    /// It happened before this step.
    pub is_late: bool,
    /// For a step: when it should have come, as the judge has it.
    pub expected: Option<u64>,
    /// For a step: the true time that its ladder's times count from.
    pub base: i64,
    /// The incident before.
    pub before: Option<Incident>,
}

/// One attempt that has arrived.
#[derive(Debug, Clone)]
pub struct Send {
    pub page: PageId,
    pub channel: ChannelKind,
    pub to: String,
    pub text: String,
    /// How many pages its message has.
    pub of_pages: usize,
    /// The attempts before it, at the same address or number.
    pub before: Option<Tries>,
}

/// What was answered.
#[derive(Debug, Clone)]
pub enum Answer {
    /// With the class that was sent, unless the same event had been sent before.
    Accepted(IncidentId, Option<String>),
    Acknowledged(PageId),
    Purged(IncidentId),
}

impl Ledger {
    pub fn new(hospital: Hospital, wall: DateTime<Utc>) -> Self {
        Self {
            now: 0,
            wall,
            is_up: false,
            epoch: 0,
            started_at: 0,
            calm_since: 0,
            journal_works: true,
            slack_ms: 0,
            wishes: Wishes::new(),
            store_works: true,
            channels_up: ChannelKind::ALL.into_iter().map(|channel| (channel, true)).collect(),
            watched: hospital.heard_within.iter().map(|(name, minutes)| Watched::new(name, *minutes)).collect(),
            tests: Tests::default(),
            is_sealing: false,
            words_found: WordsFound::default(),
            pruned: 0,
            hospital,
            playbooks: BTreeMap::new(),
            incidents: BTreeMap::new(),
            lives: BTreeMap::new(),
            hashes: Vec::new(),
            last_at: None,
            fresh: Vec::new(),
            sends: Vec::new(),
            presses: BTreeMap::new(),
            operations: BTreeMap::new(),
            answers: Vec::new(),
            held: None,
            messages_in_flight: 0,
            set_back_unrecorded: false,
            start_is_excused: false,
            lost_waits: Vec::new(),
            lost_records: None,
            faults: Vec::new(),
            bundles: Bundles::default(),
            numbers: Numbers::default(),
            broken_starts: 0,
            refused_start: None,
        }
    }

    /// Time passes.
    pub fn pass(&mut self, millis: u64) {
        self.now += millis;
        let works = self.is_up && self.journal_works && self.channels_up.values().all(|up| *up);
        for (id, life) in self.lives.iter_mut().filter(|_| works) {
            let Some(incident) = self.incidents.get(id) else { continue };
            let waits = incident.tracks.iter().all(|track| track.acknowledged.is_some() || track.is_waiting());
            if life.is_answered && !life.has_arrived && incident.resolved.is_none() && !waits {
                life.unpaged_ms += millis;
            }
        }
    }

    /// A new step begins.
    pub fn begin_step(&mut self) {
        self.fresh.clear();
        self.sends.clear();
        self.tests.sends.clear();
        self.answers.clear();
        self.lost_waits.clear();
    }

    /// Reads what is new on the disk; `is_late` where it was not written in this step.
    pub fn read(&mut self, lines: Vec<Written>, is_late: bool) {
        let records: Vec<(Written, Option<Record>)> = lines
            .into_iter()
            .map(|written| {
                let record = Line::verify(written.line.as_bytes()).and_then(|line| line.record()).ok();
                (written, record)
            })
            .collect();
        let recovered = records.iter().rposition(|(_, record)| {
            let fact = record.as_ref().map(|record| &record.entry.fact);
            matches!(fact, Some(Fact::System(SystemEvent::JournalRecovered { .. })))
        });
        let now_logical = records.iter().rev().find_map(|(_, record)| Some(record.as_ref()?.entry.at));
        for (index, (written, record)) in records.into_iter().enumerate() {
            let is_late = is_late || recovered.is_some_and(|recovered| index < recovered);
            let Some(record) = record else {
                self.faults.push(format!("line {} of the record does not verify", self.hashes.len() + 1));
                continue;
            };
            self.take(written, record, is_late, now_logical.unwrap_or(self.wall));
        }
        if let Some(at) = now_logical.filter(|_| recovered.is_some()) {
            // Starts and steps of the clock among what comes late have moved what came before them.
            self.start_is_excused = true;
            self.start(at);
        }
    }

    fn take(&mut self, written: Written, record: Record, is_late: bool, now_logical: DateTime<Utc>) {
        let mut fresh = Fresh {
            read_at: self.now,
            prev_hash: self.hashes.last().copied().unwrap_or(Digest::ZERO),
            prev_at: self.last_at,
            line: written.line,
            is_late,
            expected: None,
            base: 0,
            before: None,
            record,
        };
        self.hashes.push(written.hash);
        self.done(&fresh.record.entry.fact);
        self.last_at = Some(fresh.record.entry.at);
        let at = fresh.record.entry.at;
        match fresh.record.entry.fact.clone() {
            Fact::System(event) => self.take_house(at, event, is_late),
            Fact::ChannelTest(channel, ChannelTestEvent::Tested { day, .. }) => {
                day.into_iter().for_each(|day| self.test_recorded(channel, day));
            }
            Fact::SourceWatch(source, event) => self.take_watch(&source, &event),
            Fact::Person(..) => {}
            Fact::Incident(id, event) => {
                fresh.before = self.incidents.get(&id).cloned();
                if let Event::StepFired(StepFired { department, .. }) | Event::StepDeferred { department, .. } = &event
                {
                    let severity_and_ladder = self.lives.get(&id).and_then(|life| life.tracks.get(department));
                    fresh.expected =
                        severity_and_ladder.and_then(|severity_and_ladder| Some(severity_and_ladder.next?.1));
                    fresh.base = severity_and_ladder.map_or(0, |severity_and_ladder| severity_and_ladder.base);
                }
                self.take_event(id, at, &event, is_late, now_logical);
                self.take_silence(id, &event, is_late);
            }
        }
        self.fresh.push(fresh);
    }

    fn take_house(&mut self, at: DateTime<Utc>, event: SystemEvent, is_late: bool) {
        match event {
            SystemEvent::ClockStepped { by_ms } => {
                let by = TimeDelta::milliseconds(by_ms);
                let live = self.incidents.values_mut().filter(|incident| incident.is_live());
                live.for_each(|incident| incident.shift(by));
                let climbs = self.lives.values_mut().flat_map(|life| life.tracks.values_mut());
                climbs
                    .filter_map(|severity_and_ladder| severity_and_ladder.next.as_mut())
                    .for_each(|(next, _)| next.at += by);
            }
            SystemEvent::PlaybookPinned { hash, playbook } => drop(self.playbooks.insert(hash, *playbook)),
            SystemEvent::ClockSetBack { .. } => self.set_back_unrecorded = false,
            SystemEvent::Started { .. } if !is_late => self.start(at),
            _ => {}
        }
    }

    /// After a start, waits go on from where logical time stands.
    fn start(&mut self, at: DateTime<Utc>) {
        self.pages_wait_on(at);
        let excused = std::mem::take(&mut self.start_is_excused);
        for (id, life) in &mut self.lives {
            let Some(incident) = self.incidents.get(id) else { continue };
            for track in &incident.tracks {
                let department = &track.department;
                let Some(severity_and_ladder) = life.tracks.get_mut(department) else { continue };
                severity_and_ladder.base = true_base(self.now, track.base, at);
                let Some((next, expected)) = &mut severity_and_ladder.next else { continue };
                let later = true_time(self.now, next.at, at);
                if later > (*expected).max(self.now) + 1_500 && !excused {
                    let by = later - (*expected).max(self.now);
                    self.lost_waits.push(format!("{id} {department}: the next step comes {by} ms later"));
                }
                *expected = later;
            }
        }
    }

    fn take_event(
        &mut self,
        id: IncidentId,
        at: DateTime<Utc>,
        event: &Event,
        is_late: bool,
        now_logical: DateTime<Utc>,
    ) {
        let tried = self.tried(id, event);
        match event {
            Event::Opened(opened) => drop(self.incidents.insert(id, Incident::opened(id, at, opened))),
            _ => self.incidents.get_mut(&id).into_iter().for_each(|incident| incident.evolve(at, event)),
        }
        let life = self.lives.entry(id).or_default();
        if matches!(event, Event::Opened(_)) {
            life.opening = self.hashes.len() as u64;
        }
        if holds_sealed_words(event) {
            life.sealed.push(event.clone());
        }
        let late_record = is_late;
        let severity = self.incidents.get(&id).map(|incident| incident.severity);
        for paged in event.pages().map_or(&[][..], |(_, _, pages)| pages) {
            let reason = event.pages().map(|(_, reason, _)| reason);
            let page = Page { paged: paged.clone(), reason, made_at: self.now, is_late_record: late_record };
            life.pages.insert(paged.number, page);
        }
        let is_owed = event.pages().is_some_and(|(_, reason, _)| reason.is_for_tasks());
        let severity = if is_owed { Some(Severity::Low) } else { severity };
        for paged in event.pages().map_or(&[][..], |(_, _, pages)| pages) {
            for channel in &paged.channels {
                let page = PageId { incident: id, number: paged.number };
                let after = (channel.at - at).num_milliseconds();
                self.page_due(page, channel.by, after, severity.unwrap_or(Severity::Low));
            }
        }
        self.forget_due(id);
        if let Event::Attempted { page, channel, next_contact: Some(next), .. } = event {
            self.number_recorded(PageId { incident: id, number: *page }, *channel, &next.to);
        }
        let life = self.lives.entry(id).or_default();
        match event {
            // Whoever reopens it wants somebody to be paged anew.
            Event::Reopened(_) => (life.is_answered, life.has_arrived, life.unpaged_ms) = (true, false, 0),
            Event::Acknowledged { page, .. } => *life.acknowledgements.entry(*page).or_default() += 1,
            Event::Attempted { page, channel, outcome, retry_at, next_contact, .. } => {
                let tries = tried.and_then(|to| life.attempts.get_mut(&(*page, *channel, to)));
                if let Some(tries) = tries {
                    tries.is_over = !matches!(outcome, Outcome::Retry { .. }) || retry_at.is_none();
                }
                if let Some(next) = next_contact {
                    life.further.entry((*page, *channel)).or_default().push(next.to.to_string());
                }
            }
            _ => {}
        }
        let Some(incident) = self.incidents.get(&id) else { return };
        for track in &incident.tracks {
            let severity_and_ladder = life.tracks.entry(track.department.clone()).or_default();
            let next = track.next.filter(|_| incident.resolved.is_none());
            if severity_and_ladder.next.map(|(next, _)| next) != next {
                severity_and_ladder.next = next.map(|next| (next, true_time(self.now, next.at, now_logical)));
            }
            severity_and_ladder.base = true_base(self.now, track.base, now_logical);
        }
    }

    /// One attempt has arrived.
    pub fn send(&mut self, page: PageId, channel: ChannelKind, to: String, text: String, of_pages: usize) {
        let life = self.lives.entry(page.incident).or_default();
        life.has_arrived = true;
        let tries = Tries { epoch: self.epoch, state: Try::InFlight, is_over: false };
        let before = life.attempts.insert((page.number, channel, to.clone()), tries);
        self.number_tried(page, channel, &to);
        self.sends.push(Send { page, channel, to, text, of_pages, before });
    }

    /// The provider has answered an attempt, and the process has heard it.
    pub fn ended(&mut self, page: PageId, channel: ChannelKind, to: &str, outcome: &Outcome) {
        let life = self.lives.entry(page.incident).or_default();
        if let Some(tries) = life.attempts.get_mut(&(page.number, channel, to.to_owned())) {
            tries.state = match outcome {
                Outcome::Accepted { .. } => Try::Ended,
                Outcome::Retry { .. } => Try::Again,
                Outcome::Permanent { .. } => Try::Refused,
            };
        }
        if matches!(outcome, Outcome::Permanent { .. }) {
            self.number_refused(page, channel, to);
        }
    }

    /// Where an attempt went that the record tells of, by the state before.
    fn tried(&self, id: IncidentId, event: &Event) -> Option<String> {
        let Event::Attempted { page, channel, .. } = event else { return None };
        let (_, open) = self.incidents.get(&id)?.page(*page)?;
        let delivery = open.pending.iter().find(|delivery| delivery.by == *channel)?;
        Some(delivery.to.to_string())
    }

    /// The process has ended; pages that were never recorded are forgotten with it.
    pub fn crashed(&mut self) {
        self.is_up = false;
        self.forget_tests();
        self.forget_unrecorded_numbers();
        for life in self.lives.values_mut() {
            let pages = &life.pages;
            life.attempts.retain(|(number, ..), _| pages.contains_key(number));
        }
    }

    /// Whether the opening of an incident is in the record still.
    pub fn is_reopened(&self, id: IncidentId) -> bool {
        self.incidents.get(&id).is_some_and(|incident| incident.reopened.is_some())
    }

    pub fn is_kept(&self, id: IncidentId) -> bool {
        self.lives.get(&id).is_none_or(|life| life.opening > self.pruned && !life.is_forgotten)
    }

    /// Whether the record says that nobody needs a page any more.
    pub fn is_moot(&self, page: PageId) -> bool {
        let incident = self.incidents.get(&page.incident);
        incident.is_some_and(|one| one.page(page.number).is_some_and(|(track, open)| one.is_moot(track, open)))
    }

    /// Whether something may have happened that is not recorded yet.
    pub fn has_unrecorded(&self) -> bool {
        !self.journal_works || self.now <= self.calm_since + 1_000 && self.epoch > 0 && self.calm_since > 0
    }

    /// How many attempts have arrived in this process and are not answered yet.
    pub fn sends_in_flight(&self) -> usize {
        let tries = self.lives.values().flat_map(|life| life.attempts.values());
        tries.filter(|tries| tries.state == Try::InFlight && tries.epoch == self.epoch).count()
    }

    /// Everybody who must not be paged about an incident, by contact.
    pub fn involved_contacts(&self, id: IncidentId) -> BTreeSet<String> {
        self.incidents.get(&id).map(|incident| self.contacts_involved_in(incident)).unwrap_or_default()
    }

    /// The same for an incident as it stood once.
    pub fn contacts_involved_in(&self, incident: &Incident) -> BTreeSet<String> {
        if incident.involved.is_empty() {
            return BTreeSet::new();
        }
        let names: BTreeSet<&str> = incident.involved.iter().collect();
        let people = self.hospital.people().map(|(_, person)| person);
        let named = people.filter(|person| {
            names.contains(person.id.as_str()) || person.email.as_deref().is_some_and(|email| names.contains(email))
        });
        named.flat_map(Person::contacts).cloned().collect()
    }
}

/// The true time at which logical time will be `at`.
fn true_time(now: u64, at: DateTime<Utc>, now_logical: DateTime<Utc>) -> u64 {
    u64::try_from(true_base(now, at, now_logical)).unwrap_or_default()
}

fn true_base(now: u64, at: DateTime<Utc>, now_logical: DateTime<Utc>) -> i64 {
    now.cast_signed() + (at - now_logical).num_milliseconds()
}
