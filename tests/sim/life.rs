//! What happens in the world: sources, people, operators, keepers of rosters and machines.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::NaiveDateTime;
use tokio::sync::oneshot;
use wardbell::clock::Clock;
use wardbell::domain::digest::Digest;
use wardbell::domain::escalation::input::AnswerKind;
use wardbell::domain::escalation::resolution::{Resolve, ResolvedAs};
use wardbell::domain::id::{DepartmentId, IncidentId, PageId};
use wardbell::domain::incident::Incoming;
use wardbell::domain::outcome::{Blame, Outcome};
use wardbell::domain::principal::Principal;
use wardbell::domain::severity::Severity;
use wardbell::engine::protocol::claim::Claim;
use wardbell::engine::protocol::command::{Action, Command};
use wardbell::engine::protocol::control::Control;
use wardbell::engine::protocol::link::{LISTED, LinkPress, LinkQuery};
use wardbell::engine::protocol::query::Query;
use wardbell::engine::protocol::request::Request;
use wardbell::journal::error::JournalError;

use crate::happening::{Button, Happening};
use crate::hospital::CLASSES;
use crate::mutation::Mutation;
use crate::provider::{Arrival, TestArrival};
use crate::waiting::Waiting;
use crate::wishes::{Wish, wish_to};
use crate::world::{World, planned};

impl World {
    pub fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Incident => self.send_new(),
            Happening::SameEvent => self.send_again(),
            Happening::Repeat => self.send_repeat(),
            Happening::Press(link, button, pages) => self.press(link, button, pages),
            Happening::Heard(which) => self.beat(which),
            Happening::Scan => self.scan(),
            Happening::Operate => self.operate(),
            Happening::Edit => self.edit(),
            Happening::TestChannels => self.test_channels(),
            Happening::Purge => self.purge(),
            Happening::Prune(minutes, ends_at) => self.prune(minutes, ends_at),
            Happening::RotateKey => self.rotate_key(),
            Happening::LoseKey(length) => self.lose_key(length),
            Happening::FindKey => self.find_key(),
            Happening::SetClock(by) => {
                self.clock.set(by);
                self.ledger.set_back_unrecorded |= by < 0;
            }
            Happening::Crash(trap, down) => self.fall(trap, down),
            Happening::Start if self.daemon.is_none() => self.start(),
            Happening::Start => {}
            Happening::Stop(down) => {
                self.stop();
                self.timetable.add(self.ledger.now + down, Happening::Start);
            }
            Happening::FillDisk(length, stray) => {
                self.disk.fail(Some(JournalError::DiskFull), stray);
                self.judge_disk();
                self.timetable.add(self.ledger.now + length, Happening::FreeDisk);
            }
            Happening::FreeDisk => {
                self.disk.fail(None, 0);
                self.judge_disk();
            }
            Happening::HangDisk(length) => {
                self.disk.hang(length);
                self.ledger.slack_ms = self.ledger.slack_ms.max(length + 1_000);
                self.judge_disk();
                self.timetable.add(self.ledger.now + length, Happening::DiskAnswers);
            }
            Happening::DiskAnswers => self.judge_disk(),
            Happening::BreakStore(length) => {
                self.place.fail(Some("No space left on device"));
                self.ledger.store_works = false;
                self.timetable.add(self.ledger.now + length, Happening::MendStore);
            }
            Happening::SpoilStore => {
                self.place.spoil();
                self.ledger.store_works = false;
                // Whoever asks finds it spoilt, and in three steps it is set aside, built anew and shown.
                if let Some(daemon) = &self.daemon {
                    let asked = daemon.store.incident(wardbell::domain::id::IncidentId::from_random(1));
                    let known =
                        daemon.store.list(&wardbell::store::query::Filter { limit: 1_000, ..Default::default() });
                    let words = format!("the store is spoilt: {:?} {:?}", asked.is_ok(), known.is_ok());
                    self.tell(&words);
                }
                self.timetable.add(self.ledger.now + 1_000, Happening::MendStore);
            }
            Happening::MendStore => {
                self.place.fail(None);
                // It notices, sets aside what is spoilt, builds it anew and is even with the record again.
                if let Some(daemon) = &self.daemon {
                    (0..4).for_each(|_| daemon.store.step());
                    if let Err(why) = daemon.store.health() {
                        self.ledger.faults.push(format!("the store is not mended: {why}"));
                    }
                }
                self.ledger.store_works = true;
            }
            Happening::FailProvider(channel, length) => {
                self.ledger.channels_up.insert(channel, false);
                self.timetable.add(self.ledger.now + length, Happening::MendProvider(channel));
            }
            Happening::MendProvider(channel) => drop(self.ledger.channels_up.insert(channel, true)),
            Happening::Answer(number, outcome) => self.answer(number, outcome),
        }
    }

    fn judge_disk(&mut self) {
        let works = self.disk.is_well();
        if works && !self.ledger.journal_works {
            self.ledger.calm_since = self.ledger.now + 1_000;
        }
        self.ledger.journal_works = works;
    }

    /// The provider's answer reaches the process.
    pub fn answer(&mut self, number: u64, outcome: Outcome) {
        if let Some(mut daemon) = self.daemon.take() {
            self.answer_to(&mut daemon, number, outcome);
            self.daemon = Some(daemon);
        }
    }

    /// What becomes of an attempt, and what the person who gets it will do.
    pub fn fate(&mut self, number: u64, arrival: &Arrival) {
        let now = self.ledger.now;
        let takes = *self.random.pick(&[5, 80, 300, 900, 4_000, 25_000]);
        let is_reachable = self.is_reachable(arrival.channel);
        let (outcome, is_received) = if self.dead.contains(&arrival.to) {
            (Outcome::permanent("twilio-21211", Blame::Roster), false)
        } else if !is_reachable {
            (Outcome::retry(*self.random.pick(&["connection-refused", "timeout"])), false)
        } else {
            match self.random.below(20) {
                0 => (Outcome::retry("smtp-450"), false),
                // It came, and we never heard so.
                1 => (Outcome::retry("timeout"), true),
                2 => (Outcome::Retry { code: "twilio-30003".into(), after: None, at_most: Some(1) }, false),
                3 => (Outcome::permanent("twilio-30007", Blame::Recipient), false),
                _ => (Outcome::Accepted { provider_id: Some(format!("SM{number}")) }, true),
            }
        };
        self.timetable.add(now + takes, Happening::Answer(number, outcome));
        if is_received && self.random.chance(55) {
            let link = wardbell::domain::link::hash_of(&arrival.token);
            let mut button =
                *self.random.pick(&[Button::Acknowledge, Button::Acknowledge, Button::Decline, Button::Note]);
            if arrival.text.contains("Hand this to") && arrival.pages.len() == 1 {
                button = Button::HandOver;
            }
            let mut pages = Vec::new();
            if arrival.pages.len() > 1
                && matches!(button, Button::Acknowledge | Button::Decline)
                && self.random.chance(70)
            {
                pages = arrival.pages.iter().take(LISTED).copied().collect();
            }
            let after = self.random.between(1_000, 1_500_000).unsigned_abs();
            self.timetable.add(now + takes + after, Happening::Press(link, button, pages));
        }
    }

    /// What becomes of a test message.
    pub fn fate_of_test(&mut self, number: u64, arrival: &TestArrival) {
        let takes = *self.random.pick(&[5, 300, 4_000, 25_000]);
        // A rule broken on purpose is broken more often.
        let takes = if self.mutation == Some(Mutation::WaitForTests) { 25_000 } else { takes };
        let outcome = if !self.is_reachable(arrival.message.channel) {
            Outcome::retry("connection-refused")
        } else {
            match self.random.below(8) {
                0 => Outcome::retry("timeout"),
                1 => Outcome::Retry { code: "http-503".into(), after: Some(Duration::from_secs(90)), at_most: Some(1) },
                2 => Outcome::permanent("twilio-21211", Blame::Roster),
                _ => Outcome::Accepted { provider_id: None },
            }
        };
        self.timetable.add(self.ledger.now + takes, Happening::Answer(number, outcome));
    }

    fn test_channels(&mut self) {
        let (reply, answer) = oneshot::channel();
        self.ask(Request::Control(Control::TestChannels { reply }));
        self.waiting.push(Waiting::Tester(answer));
    }

    fn send_new(&mut self) {
        let number = self.sent.len();
        let incoming = self.incoming(number);
        self.send(incoming);
    }

    fn incoming(&mut self, number: usize) -> Incoming {
        let random = &mut self.random;
        let people: Vec<(String, Option<String>)> =
            self.ledger.hospital.people().map(|(_, one)| (one.id.clone(), one.email.clone())).collect();
        let mut involved = Vec::new();
        if random.chance(25) {
            let (id, email) = random.pick(&people).clone();
            involved.push(email.filter(|_| random.chance(50)).unwrap_or(id));
        } else if random.chance(8) {
            let all = people.iter().map(|(id, _)| id.clone());
            // Now and then everybody but one.
            involved = all.skip(random.below(4) / 3).collect();
        }
        let word = |kind: &str| Some(format!("{kind}-secret-{number}"));
        Incoming {
            class: if random.chance(10) { "unheard-of".into() } else { (*random.pick(&CLASSES)).into() },
            event_id: random.chance(70).then(|| format!("event-{number}")),
            dedup_key: random.chance(60).then(|| format!("matter-{}", random.below(4))),
            severity: random.chance(20).then(|| *random.pick(&[Severity::Low, Severity::High, Severity::Critical])),
            summary: word("summary"),
            url: word("https://url"),
            author: word("author"),
            network: word("network"),
            labels: BTreeMap::from([("label".to_owned(), format!("value-secret-{number}"))]),
            flags: if random.chance(15) { vec!["posting-now".into()] } else { Vec::new() },
            involved,
            drill: random.chance(15),
            ..Incoming::default()
        }
    }

    fn send_again(&mut self) {
        if !self.sent.is_empty() {
            let number = self.random.below(self.sent.len());
            if self.sent[number].0.event_id.is_some() {
                self.ask_open(number);
            }
        }
    }

    fn send_repeat(&mut self) {
        let keyed: Vec<Incoming> =
            self.sent.iter().map(|(one, _)| one.clone()).filter(|one| one.dedup_key.is_some()).collect();
        if keyed.is_empty() {
            return self.send_new();
        }
        let number = self.sent.len();
        let like = self.random.pick(&keyed).clone();
        let incoming = self.incoming(number);
        let class = if self.random.chance(50) { like.class } else { incoming.class.clone() };
        self.send(Incoming { dedup_key: like.dedup_key, class, drill: like.drill, ..incoming });
    }

    fn send(&mut self, incoming: Incoming) {
        // A rule broken on purpose is broken more often.
        if self.mutation == Some(Mutation::WaitForTests) {
            self.test_channels();
        }
        self.sent.push((incoming, None));
        self.ask_open(self.sent.len() - 1);
    }

    fn ask_open(&mut self, number: usize) {
        let (reply, answer) = oneshot::channel();
        let mut incoming = Box::new(self.sent[number].0.clone());
        if self.mutation == Some(Mutation::SwallowClass) {
            let mut open = self.ledger.incidents.values().filter(|one| one.resolved.is_none());
            let same = open
                .find(|one| incoming.dedup_key.is_some() && one.dedup_key.as_deref() == incoming.dedup_key.as_deref());
            same.into_iter().for_each(|one| incoming.class = one.class.to_string());
        }
        let claim = self.wish([Wish::Incident(number)]);
        let (by, source) = (Principal::Source { source: "desk".parse().unwrap() }, "desk".parse().unwrap());
        self.ask(Request::Command(Command::Open { by, source, incoming, claim, reply }));
        self.waiting.push(Waiting::Source(number, answer));
    }

    fn press(&mut self, link: Digest, button: Button, pages: Vec<PageId>) {
        let Some((_, page)) = self.links.iter().find(|(known, _)| *known == link).copied() else { return };
        let answer = match button {
            Button::Acknowledge => AnswerKind::Acknowledge,
            Button::Decline => AnswerKind::Decline,
            Button::Note => AnswerKind::Note(format!("note-secret-{}", self.steps)),
            Button::HandOver => AnswerKind::HandOver(self.someone(page)),
        };
        let answered = if pages.is_empty() { vec![page] } else { pages.clone() };
        if button == Button::Acknowledge && self.daemon.is_some() {
            answered.iter().for_each(|page| *self.ledger.presses.entry(*page).or_default() += 1);
        }
        let (reply, result) = oneshot::channel();
        let claim = self.wish(answered.iter().map(|page| Wish::Press(*page, button)));
        let press = LinkPress { query: LinkQuery::own(link), pages, answer: answer.into() };
        self.ask(Request::Command(Command::Press { press, claim, reply }));
        self.waiting.push(Waiting::Person(answered, button, result));
        // Some hand over what they have taken.
        if button == Button::Acknowledge && self.random.chance(40) {
            let after = self.random.between(1_000, 900_000).unsigned_abs();
            self.timetable.add(self.ledger.now + after, Happening::Press(link, Button::HandOver, Vec::new()));
        }
        // People press twice, and later on press old links.
        if self.random.chance(25) {
            let after = self.random.between(50, 4_000_000).unsigned_abs();
            let button = *self.random.pick(&[Button::Acknowledge, Button::Decline, Button::Note]);
            self.timetable.add(self.ledger.now + after, Happening::Press(link, button, Vec::new()));
        }
    }

    /// Somebody to hand a page to, most often a colleague of its reader.
    fn someone(&mut self, page: PageId) -> String {
        let life = self.ledger.lives.get(&page.incident);
        let roster = life.and_then(|life| Some(life.pages.get(&page.number)?.paged.roster.to_string()));
        let people = self.ledger.hospital.people();
        let people: Vec<(String, bool)> =
            people.map(|(own, person)| (person.id.clone(), roster.as_ref() == Some(&own.id))).collect();
        let colleagues: Vec<(String, bool)> =
            people.iter().filter(|(_, is_colleague)| *is_colleague).cloned().collect();
        let asked = if colleagues.is_empty() || self.random.chance(20) { people } else { colleagues };
        self.random.pick(&asked).0.clone()
    }

    fn beat(&mut self, which: usize) {
        let Some((name, _)) = self.ledger.hospital.heard_within.get(which).copied() else { return };
        self.ask(Request::Control(Control::Heard { source: name.parse().unwrap(), reply: None }));
        if self.daemon.is_some() {
            self.ledger.heard(name);
        }
    }

    fn scan(&mut self) {
        self.look_into_words();
        let links = self.links.clone();
        for (link, page) in self.random.some(&links, 20) {
            let (reply, view) = oneshot::channel();
            self.ask(Request::Query(Query::Link { query: LinkQuery::own(link), reply }));
            self.waiting.push(Waiting::Scanner(page, view));
        }
    }

    fn operate(&mut self) {
        let known: Vec<IncidentId> = self.ledger.incidents.keys().copied().collect();
        if known.is_empty() {
            return;
        }
        let closed: Vec<IncidentId> =
            known.iter().copied().filter(|id| self.ledger.incidents[id].resolved.is_some()).collect();
        // A rule broken on purpose is broken more often.
        let percent = if self.mutation == Some(Mutation::LoseReopened) { 90 } else { 15 };
        let reopens = self.random.chance(percent) && !closed.is_empty();
        let id = *self.random.pick(if reopens { &closed } else { &known });
        let tracks = &self.ledger.incidents[&id].tracks;
        let department: Option<DepartmentId> =
            self.random.chance(50).then(|| self.random.pick(tracks).department.clone());
        let people: Vec<String> = self.ledger.hospital.people().map(|(_, person)| person.id.clone()).collect();
        let note = format!("note-secret-{}", self.steps);
        let action = match self.random.below(8) {
            _ if reopens => Action::Reopen(Some(note)),
            0 => Action::Acknowledge(department),
            1 => Action::Decline(department),
            2 | 3 => Action::Escalate(department),
            4 => Action::HandOver(department, self.random.pick(&people).clone()),
            5 => Action::TakeOver(department),
            6 => Action::Note(department, note),
            _ => {
                let outcome = *self.random.pick(&ResolvedAs::ALL);
                Action::Resolve(Resolve { outcome: Some(outcome), ..Resolve::plainly() })
            }
        };
        if matches!(action, Action::Acknowledge(_)) {
            *self.ledger.operations.entry(id).or_default() += 1;
        }
        let (reply, answer) = oneshot::channel();
        let claim = self.wish_action(id, &action);
        let wish = wish_to(id, &action);
        self.ask(Request::Command(Command::Act {
            incident: id,
            by: Principal::Operator { operator: "watch".parse().unwrap() },
            action,
            claim,
            reply,
        }));
        self.waiting.push(Waiting::Operator(id, wish, answer));
    }

    /// A keeper saves a roster; where the files do not validate, the plan before stays, as it does in the daemon.
    fn edit(&mut self) {
        let mut edited = self.ledger.hospital.clone();
        let today: NaiveDateTime = self.clock.wall().with_timezone(&edited.departments[0].zone).naive_local();
        edited.edit(&mut self.random, today);
        match planned(&edited, self.mutation) {
            Ok(plan) => {
                self.plan = Arc::new(plan);
                self.ledger.hospital = edited;
                self.ledger.numbers_edited();
                // Nobody waits for the answer: a keeper who saved a file has gone home.
                let (reply, _answer) = oneshot::channel();
                self.ask(Request::Control(Control::Replan {
                    plan: Arc::clone(&self.plan),
                    claim: Claim::default(),
                    reply,
                }));
            }
            Err(errors) => self.tell(&format!("the plan before stays: {} errors", errors.len())),
        }
    }

    fn fall(&mut self, trap: Option<crate::disk::Trap>, down: u64) {
        if self.daemon.is_some() {
            self.down_ms = down;
            match trap {
                Some(_) => self.disk.set_trap(trap),
                None => self.crash(),
            }
        }
    }
}
