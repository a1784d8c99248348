//! A whole daemon in a world that a seed makes: the real engine, decider, outbox and recovery, stepped by hand.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::TimeZone;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;
use wardbell::clock::Clock;
use wardbell::domain::contact::ChannelKind;
use wardbell::domain::digest::Digest;
use wardbell::domain::id::PageId;
use wardbell::domain::incident::Incoming;
use wardbell::domain::link::hash_of;
use wardbell::domain::outcome::Outcome;
use wardbell::domain::plan::Plan;
use wardbell::domain::test_message::TestMessage;
use wardbell::engine::handle::Shared;
use wardbell::engine::parts::writer::Appender;
use wardbell::engine::protocol::control::Control;
use wardbell::engine::protocol::request::Request;
use wardbell::engine::run::Engine;
use wardbell::engine::state::Setup;
use wardbell::journal::port::Journal;
use wardbell::maintenance::purges;
use wardbell::store::Store;
use wardbell::store::query::Receipt;
use wardbell::store::sled::tree::MemoryPlace;

use crate::clock::SimClock;
use crate::disk::{Crashed, Disk, Trap};
use crate::happening::{Happening, Timetable};
use crate::hospital::{Hospital, PUBLIC_URL, SOURCES, beside};
use crate::keys::{self, Keys, Protection};
use crate::ledger::Ledger;
use crate::mutation::{Mutation, bend};
use crate::provider::{Arrival, Provider, TestArrival};
use crate::random::Random;
use crate::waiting::{Waiting, plain};
use crate::writer::{OnItsWay, SimWriter};

/// The engine and what it stands on, while the process runs.
pub struct Daemon {
    pub engine: Engine,
    pub requests: mpsc::Sender<Request>,
    pub store: Arc<Store>,
    runtime: Runtime,
    /// How many attempts were under way when the runtime had nothing more to do.
    settled: usize,
    /// The batch that hangs on its way to the disk.
    pub on_its_way: OnItsWay,
}

/// The world.
pub struct World {
    pub random: Random,
    /// Decides which starts find broken files.
    pub breaking: Random,
    pub keys: Keys,
    /// The data keys as they were: a rule broken on purpose.
    pub kept_keys: Vec<u8>,
    pub clock: SimClock,
    pub disk: Disk,
    pub place: MemoryPlace,
    pub provider: Provider,
    pub plan: Arc<Plan>,
    pub ledger: Ledger,
    pub timetable: Timetable,
    pub daemon: Option<Daemon>,
    pub waiting: Vec<Waiting>,
    /// Attempts that the providers have not answered yet.
    pub in_flight: BTreeMap<u64, Arrival>,
    /// The same for test messages.
    pub tests_in_flight: BTreeMap<u64, TestArrival>,
    pub attempts: u64,
    pub prunings: u64,
    /// The links that people and scanners have seen, with whose they are.
    pub links: Vec<(Digest, PageId)>,
    /// What the source has sent, and what it was first answered.
    pub sent: Vec<(Incoming, Option<Receipt>)>,
    /// Nobody answers these addresses: the provider says so at once.
    pub dead: Vec<String>,
    pub trace: String,
    pub steps: u64,
    pub mutation: Option<Mutation>,
    /// For so long the process is down after its next crash.
    pub down_ms: u64,
    length_ms: u64,
    drawn: Arc<Mutex<Random>>,
    /// So many milliseconds pass whenever something is drawn: decisions are slow.
    pub draws_take_ms: Arc<AtomicU64>,
}

impl World {
    pub fn new(seed: u64, mutation: Option<Mutation>, protection: Protection) -> Self {
        let mut random = Random::new(seed);
        let mut hospital = Hospital::new(&mut random);
        hospital.bundle = match mutation {
            Some(Mutation::BundleNothing) => Some("0s"),
            Some(Mutation::BundleTooLong) => Some("5m"),
            _ => None,
        };
        let plan = planned(&hospital, mutation).unwrap_or_else(|errors| panic!("seed {seed}: {errors:#?}"));
        let start = hospital.departments[0].zone.from_utc_datetime(&hospital.start(&mut random)).to_utc();
        let length_ms = random.next() % 14_400_000 + 3_600_000;
        let timetable = Timetable::new(&mut random, length_ms);
        let people = hospital.people().flat_map(|(_, person)| person.email.iter().chain(&person.sms));
        let addresses: Vec<String> = people.cloned().collect();
        let dead_count = if random.chance(30) { random.below(4) } else { 0 };
        let mut dead = random.some(&addresses, dead_count);
        dead.extend(dead_numbers(&hospital, &mut beside(&random)));
        let keys = Keys::new(Random::new(random.next()), protection);
        let mut world = Self {
            breaking: Random::new(seed ^ 0x0b0e_1e55),
            kept_keys: Vec::new(),
            clock: SimClock::new(start),
            disk: Disk::default(),
            place: MemoryPlace::default(),
            provider: Provider::new(mutation),
            plan: Arc::new(plan),
            ledger: Ledger::new(hospital, start),
            timetable,
            daemon: None,
            waiting: Vec::new(),
            in_flight: BTreeMap::new(),
            tests_in_flight: BTreeMap::new(),
            attempts: 0,
            prunings: 0,
            links: Vec::new(),
            sent: Vec::new(),
            dead,
            trace: String::new(),
            steps: 0,
            mutation,
            down_ms: 1_000,
            length_ms,
            drawn: Arc::new(Mutex::new(Random::new(random.next()))),
            draws_take_ms: Arc::default(),
            random,
            keys,
        };
        world.ledger.is_sealing = world.keys.are_used();
        world.start();
        world
    }

    /// Whether all has happened, and the rest was quiet.
    pub fn is_over(&self) -> bool {
        self.ledger.now >= self.length_ms
    }

    /// The next thing happens, or the loop wakes; whichever is first.
    pub fn step(&mut self) {
        self.steps += 1;
        self.ledger.begin_step();
        let now = self.ledger.now;
        let pause = self.daemon.as_ref().and_then(|daemon| daemon.engine.pause());
        let oversleeps = self.random.chance(10);
        let late = if oversleeps { self.random.below(400) as u64 } else { 0 };
        let late = if self.mutation == Some(Mutation::Oversleep) { 5_000 } else { late };
        let wakes_at = pause.map(|pause| now + to_millis_up(pause) + late);
        let happens_at = self.timetable.next_at();
        let at = wakes_at.into_iter().chain(happens_at).chain([self.length_ms]).min().unwrap_or(now).max(now);
        self.pass(at - now);
        while let Some(happening) = self.timetable.take(at) {
            self.tell(&format!("{happening:?}"));
            self.happen(happening);
            // What comes at once may share one batch, or not.
            if self.random.chance(40) {
                break;
            }
        }
        let was_late = self.daemon.as_ref().is_some_and(|daemon| daemon.on_its_way.is_there());
        self.ledger.look_for_crowds();
        self.turn();
        self.read_record(was_late);
        self.read_answers();
        self.take_arrivals();
        if self.random.chance(30) {
            self.daemon.iter().for_each(|daemon| daemon.store.step());
        }
        self.ledger.held = self.daemon.as_ref().map(|daemon| daemon.engine.memory());
        self.ledger.messages_in_flight = self.in_flight.len();
        self.ledger.wall = self.clock.wall();
        self.ledger.watch_tests();
        self.keys.end_step();
        self.break_a_rule();
    }

    pub fn pass(&mut self, millis: u64) {
        self.clock.pass(millis);
        self.disk.pass(millis);
        self.notice_waiting();
    }

    /// Takes note of the time that has passed, also while the process waited for its disk.
    fn notice_waiting(&mut self) {
        self.ledger.pass(self.clock.passed() - self.ledger.now);
        self.ledger.wall = self.clock.wall();
    }

    /// Starts the process: recovery, then the loop's first work.
    pub fn start(&mut self) {
        self.disk.set_trap(None);
        let fault = match self.choose_plan() {
            Ok(fault) => fault,
            Err(why) => {
                self.ledger.refused_start = Some(why);
                return;
            }
        };
        if self.mutation == Some(Mutation::LoseTimeAtStart) && self.ledger.epoch > 0 {
            self.clock.set(-3_600_000);
        }
        let wall = self.clock.wall();
        let (store, mut recovered) = match Store::open_in_memory(&self.place, &self.disk, wall) {
            Ok(opened) => opened,
            // A record that a mutation has forged is another one than the store was made from.
            Err(why) if self.mutation.is_some() => {
                self.ledger.refused_start = Some(why.to_string());
                return;
            }
            Err(why) => panic!("the record is sound: {why}"),
        };
        self.tell(&format!("start: {} open, {} replayed", recovered.incidents.len(), recovered.replayed));
        for incident in &recovered.incidents {
            if self.ledger.incidents.get(&incident.id).is_none_or(|known| plain(known) != plain(incident)) {
                let fault = format!("{} is recovered otherwise than the record says: {incident:#?}", incident.id);
                self.ledger.faults.push(fault);
            }
        }
        let vault = self.keys.open();
        if self.mutation != Some(Mutation::ForgetPurges) {
            purges::complete(vault.as_ref(), &recovered.purged, wall);
        }
        let open = self.ledger.incidents.values().filter(|incident| incident.is_live()).count();
        if recovered.incidents.len() != open {
            self.ledger.faults.push(format!("{open} are open, and {} are recovered", recovered.incidents.len()));
        }
        if self.mutation == Some(Mutation::TestAgain) {
            recovered.aggregates.channel_tests.clear();
        }
        let store = Arc::new(store);
        let runtime = Builder::new_current_thread().build().unwrap();
        let (sender, requests) = mpsc::channel(4_096);
        let (drawn, takes, clock) = (Arc::clone(&self.drawn), Arc::clone(&self.draws_take_ms), self.clock.clone());
        let sealing = vault.clone().filter(|_| self.mutation != Some(Mutation::RecordPlainly));
        let appender = Appender::new(Box::new(self.disk.clone()), sealing);
        let bend = self.mutation.and_then(bend);
        let writer = SimWriter::new(appender, self.disk.clone(), self.clock.clone(), bend);
        let on_its_way = writer.on_its_way();
        let setup = Setup {
            writer: Box::new(writer),
            head: self.disk.head(),
            store: Arc::clone(&store),
            recovered,
            plan: Arc::clone(&self.plan),
            public_url: PUBLIC_URL.into(),
            sources: SOURCES.map(|name| name.parse().unwrap()).to_vec(),
            fault,
            clock: Box::new(self.clock.clone()),
            random: Box::new(move || {
                clock.pass(takes.load(Ordering::Relaxed));
                drawn.lock().unwrap().bytes()
            }),
            providers: Arc::new(self.provider.for_all_channels()),
            runtime: runtime.handle().clone(),
            shared: Arc::new(Shared::new(Arc::clone(&self.plan)).sealing(vault)),
        };
        let mut engine = Engine::new(setup, requests);
        self.ledger.epoch += 1;
        self.ledger.start_is_excused |= self.ledger.set_back_unrecorded;
        // What a start finds out of the clock is lost with the next crash where it cannot be recorded.
        self.ledger.set_back_unrecorded &= !self.ledger.journal_works;
        self.ledger.is_up = true;
        self.ledger.started_at = self.ledger.now;
        self.ledger.wait_anew();
        self.ledger.calm_since = self.ledger.now;
        let begun = catch_unwind(AssertUnwindSafe(|| engine.begin()));
        self.daemon = Some(Daemon { engine, requests: sender, store, runtime, settled: 0, on_its_way });
        self.notice_waiting();
        self.end_if_crashed(begun);
        self.look_into_words();
    }

    /// The process ends without warning.
    pub fn crash(&mut self) {
        let Some(mut daemon) = self.daemon.take() else { return };
        if daemon.on_its_way.is_there() {
            self.end_on_its_way(&mut daemon);
        }
        // Nothing that a destructor does reaches a disk.
        self.place.fail(Some("the process has ended"));
        self.disk.set_trap(Some(Trap::InWrite(0)));
        drop(daemon);
        let lines = self.disk.head().seq;
        self.disk.crash();
        self.keys.close(lines == self.ledger.hashes.len() as u64 && self.disk.head().seq == lines);
        self.place.fail(None);
        self.place.lose_unflushed();
        self.forget_process();
        self.read_record(true);
        self.ledger.crashed();
        self.tell("crashed");
        if self.random.chance(30) {
            self.clock.reboot();
        }
        self.timetable.add(self.ledger.now + self.down_ms, Happening::Start);
    }

    /// A batch hangs on its way when the process ends: all, nothing or a part of it comes to the disk.
    fn end_on_its_way(&mut self, daemon: &mut Daemon) {
        self.disk.pass(u64::MAX);
        self.disk.fail(None, 0);
        let trap = match self.random.below(3) {
            0 => return,
            1 => Trap::AfterFlush,
            _ => Trap::InWrite(self.random.below(4)),
        };
        self.disk.set_trap(Some(trap));
        let turned = catch_unwind(AssertUnwindSafe(|| daemon.engine.turn()));
        assert!(turned.is_err_and(|panic| panic.is::<Crashed>()), "it ends in the middle of its late batch");
    }

    /// The process is told to end, and ends by itself.
    pub fn stop(&mut self) {
        let Some(mut daemon) = self.daemon.take() else { return };
        let (reply, _answer) = tokio::sync::oneshot::channel();
        daemon.requests.try_send(Request::Control(Control::Stop { reply })).unwrap();
        let mut waited = 0;
        loop {
            let turned = catch_unwind(AssertUnwindSafe(|| daemon.engine.turn()));
            if turned.is_err() {
                self.daemon = Some(daemon);
                return self.end_if_crashed(turned);
            }
            settle(&mut daemon);
            self.notice_waiting();
            self.read_record(daemon.on_its_way.is_there());
            if daemon.engine.has_stopped() || waited > 60_000 {
                break;
            }
            waited += 500;
            self.pass(500);
            while let Some((number, outcome)) = self.timetable.take_answer(self.ledger.now) {
                self.answer_to(&mut daemon, number, outcome);
            }
        }
        assert!(daemon.engine.has_stopped(), "a daemon that was told to end ends");
        let Daemon { engine, requests, store, runtime, .. } = daemon;
        engine.end();
        drop((requests, store, runtime));
        self.keys.close(false);
        self.place.lose_unflushed();
        self.read_record(false);
        self.read_answers();
        self.take_arrivals();
        self.forget_process();
        self.ledger.crashed();
        self.tell(&format!("stopped after {waited} ms"));
    }

    pub fn tell(&mut self, words: &str) {
        let (now, wall) = (self.ledger.now, self.clock.wall());
        writeln!(self.trace, "{:>10.3} {} {words}", now as f64 / 1_000.0, wall.format("%d %H:%M:%S")).unwrap();
    }

    pub fn ask(&mut self, request: Request) {
        if let Some(daemon) = &self.daemon {
            let _full = daemon.requests.try_send(request);
        }
    }

    /// A provider answers one attempt of a process.
    pub fn answer_to(&mut self, daemon: &mut Daemon, number: u64, outcome: Outcome) {
        if let Some(test) = self.tests_in_flight.remove(&number) {
            self.ledger.test_ended(&test.message, &outcome);
            let _gone = test.answer.send(outcome);
            return settle(daemon);
        }
        let Some(arrival) = self.in_flight.remove(&number) else { return };
        self.ledger.message_ended(number, &outcome);
        arrival.pages.iter().for_each(|page| self.ledger.ended(*page, arrival.channel, &arrival.to, &outcome));
        let _gone = arrival.answer.send(outcome);
        settle(daemon);
    }

    fn turn(&mut self) {
        let Some(daemon) = &mut self.daemon else { return };
        let turned = catch_unwind(AssertUnwindSafe(|| daemon.engine.turn()));
        // Attempts that wait for their provider go on waiting.
        if turned.is_ok() && daemon.runtime.metrics().num_alive_tasks() != daemon.settled {
            settle(daemon);
        }
        self.notice_waiting();
        self.end_if_crashed(turned);
    }

    fn end_if_crashed(&mut self, result: std::thread::Result<()>) {
        let Err(panic) = result else { return };
        if !panic.is::<Crashed>() {
            resume_unwind(panic);
        }
        self.crash();
    }

    fn forget_process(&mut self) {
        self.ledger.forget_messages();
        self.waiting.clear();
        self.in_flight.clear();
        self.tests_in_flight.clear();
        self.provider.take();
        self.provider.take_tests();
        self.timetable.forget_answers();
    }

    /// At the end, a store that is built from the record alone says what the record says.
    pub fn end(&mut self) -> Result<(), String> {
        self.look_into_words();
        keys::what_is_sealed_opens_again(&self.ledger)?;
        self.search_store()?;
        self.crash();
        let opened = Store::open_in_memory(&MemoryPlace::default(), &self.disk, self.clock.wall());
        let (store, recovered) = opened.map_err(|error| error.to_string())?;
        for (id, incident) in &self.ledger.incidents {
            match store.incident(*id) {
                Ok(None) if !self.ledger.is_kept(*id) => {}
                Ok(Some(stored)) if plain(&stored) == plain(incident) => {}
                other => return Err(format!("{id} is stored as {other:#?} and recorded as {incident:#?}")),
            }
        }
        let open = self.ledger.incidents.values().filter(|incident| incident.is_live()).count();
        if recovered.incidents.len() == open { Ok(()) } else { Err(format!("{open} are open")) }
    }

    fn read_record(&mut self, is_late: bool) {
        let known = self.ledger.hashes.len();
        if known > 0 && self.disk.hash_of_line(known - 1) != self.ledger.hashes.last().copied() {
            self.ledger.lost_records = Some(format!("line {known} was on the disk and is there no more"));
            return;
        }
        let lines = self.disk.lines_after(self.ledger.hashes.len());
        for line in &lines {
            // A record's hash follows from the rest.
            let text = unsealed(line.line.split(r#","prev":"#).next().unwrap_or_default());
            self.tell(&text);
        }
        self.ledger.read(lines, is_late);
    }

    fn take_arrivals(&mut self) {
        let mut arrivals = self.provider.take();
        if self.mutation == Some(Mutation::SendAfterAnswer) {
            let (moot, wanted) = arrivals.into_iter().partition(|arrival| self.ledger.is_moot(arrival.pages[0]));
            self.provider.put_back(wanted);
            arrivals = moot;
        }
        let waits_for_key = self.mutation == Some(Mutation::WaitForKey) && self.ledger.epoch > 1;
        let is_lost = self.mutation == Some(Mutation::LoseAttempts) || waits_for_key;
        let loses_reopened = self.mutation == Some(Mutation::LoseReopened);
        for arrival in arrivals.into_iter().filter(|_| !is_lost) {
            if loses_reopened && arrival.pages.iter().any(|page| self.ledger.is_reopened(page.incident)) {
                continue;
            }
            self.attempts += 1;
            let number = self.attempts;
            let Arrival { pages, channel, to, text, .. } = &arrival;
            let told: Vec<String> = pages.iter().map(ToString::to_string).collect();
            self.tell(&format!("arrives {number}: {} {channel} {to}", told.join(" ")));
            self.ledger.message(number, pages, *channel, to);
            pages.iter().for_each(|page| self.ledger.send(*page, *channel, to.clone(), text.clone(), pages.len()));
            self.fate(number, &arrival);
            let link = (hash_of(&arrival.token), arrival.pages[0]);
            if !self.links.contains(&link) {
                self.links.push(link);
            }
            self.in_flight.insert(number, arrival);
        }
        self.ledger.wall = self.clock.wall();
        let is_lost = self.mutation == Some(Mutation::LoseTests);
        for arrival in self.provider.take_tests().into_iter().filter(|_| !is_lost) {
            self.attempts += 1;
            let number = self.attempts;
            let TestMessage { channel, day, daily, .. } = &arrival.message;
            let kind = if *daily { "daily" } else { "asked for" };
            self.tell(&format!("arrives {number}: test {channel} {day} {kind} {}", arrival.to));
            self.ledger.send_test(&arrival.message, arrival.text.clone());
            self.fate_of_test(number, &arrival);
            self.tests_in_flight.insert(number, arrival);
        }
    }

    /// Whether a provider can be reached.
    pub fn is_reachable(&self, channel: ChannelKind) -> bool {
        self.ledger.channels_up[&channel]
    }
}

/// Numbers of people with two that refuse every message: most often the first alone.
fn dead_numbers(hospital: &Hospital, random: &mut Random) -> Vec<String> {
    let is_used = random.chance(40);
    let with_two = hospital.people().filter(|(_, person)| is_used && person.sms_two.is_some());
    let mut dead = Vec::new();
    for (_, person) in with_two {
        dead.extend(person.sms.iter().filter(|_| random.chance(50)).cloned());
        dead.extend(person.sms_two.iter().filter(|_| random.chance(15)).cloned());
    }
    dead
}

/// The plan that the daemon is given.
pub fn planned(hospital: &Hospital, mutation: Option<Mutation>) -> Result<Plan, Vec<String>> {
    if mutation == Some(Mutation::SkipSecondNumbers) {
        let mut skipped = hospital.clone();
        let people = skipped.departments.iter_mut().flat_map(|one| &mut one.people);
        people.for_each(|person| person.sms_two = None);
        return skipped.plan();
    }
    if mutation != Some(Mutation::SwapRotation) {
        return hospital.plan();
    }
    let mut swapped = hospital.clone();
    let rotations = swapped.departments.iter_mut().flat_map(|one| &mut one.rotations);
    rotations.for_each(|turns| turns.people.rotate_left(1));
    swapped.plan()
}

/// A line without what is sealed in it: nonces are drawn anew each time.
fn unsealed(line: &str) -> String {
    let mut parts = line.split(r#""sealed":""#);
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text.push_str(r#""sealed":""#);
        text.push_str(part.split_once('"').map_or("", |(_, rest)| rest));
    }
    text
}

/// Lets every attempt that was started arrive, and every outcome come back.
fn settle(daemon: &mut Daemon) {
    daemon.runtime.block_on(async {
        for _ in 0..6 {
            tokio::task::yield_now().await;
        }
    });
    daemon.settled = daemon.runtime.metrics().num_alive_tasks();
}

fn to_millis_up(pause: Duration) -> u64 {
    u64::try_from(pause.as_micros().div_ceil(1_000)).unwrap()
}
