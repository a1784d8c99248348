//! The loop.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::mpsc;

use crate::clock::{Clock, Timekeeper};
use crate::domain::id::{IncidentId, SourceName};
use crate::domain::instant::Now;
use crate::domain::plan::Plan;
use crate::engine::channel_health::ChannelHealth;
use crate::engine::channel_test::ChannelTests;
use crate::engine::configuration::ConfigurationFault;
use crate::engine::courier::Courier;
use crate::engine::desk::Desk;
use crate::engine::draft::Random;
use crate::engine::ending::Stopping;
use crate::engine::handle::Shared;
use crate::engine::late::Late;
use crate::engine::ledger::PlanLedger;
use crate::engine::log::duration::SendDurations;
use crate::engine::metrics::Metrics;
use crate::engine::readiness::{Part, Report};
use crate::engine::recorder::{Batch, Recorder};
use crate::engine::request::{Refused, Request};
use crate::engine::silence::Silence;
use crate::engine::vitals::unsent_pages;
use crate::engine::work::Inside;
use crate::engine::writer::Writer;
use crate::journal::Head;
use crate::journal::record::{Entry, Fact, HouseEvent};
use crate::provider::Providers;
use crate::store::{Recovered, Store};

/// So much work shares one write to the disk.
const BATCH_MAX: usize = 1_024;

/// While the journal cannot be written, it is tried again this often.
const RECORD_AGAIN: Duration = Duration::from_secs(1);

/// While a write is late, the loop looks this often whether it has ended: whoever waits for it is told soon after.
const LOOK_AT_LATE: Duration = Duration::from_millis(50);

/// Everything that the loop needs.
pub struct Parts {
    /// What writes the journal.
    pub writer: Box<dyn Writer>,
    /// The journal's end.
    pub head: Head,
    /// What answers questions.
    pub store: Arc<Store>,
    /// What was open when the process before ended.
    pub recovered: Recovered,
    /// The rosters and playbooks in force.
    pub plan: Arc<Plan>,
    /// The base of every link.
    pub public_url: Arc<str>,
    /// The sources that have a token.
    pub sources: Vec<SourceName>,
    /// What is wrong with the configuration that the daemon starts with, if anything is.
    pub fault: Option<Arc<ConfigurationFault>>,
    /// What shows the time.
    pub clock: Box<dyn Clock>,
    /// Draws random bits.
    pub random: Random,
    /// What takes messages out.
    pub providers: Arc<Providers>,
    /// Where attempts run.
    pub runtime: tokio::runtime::Handle,
    /// What callers see.
    pub shared: Arc<Shared>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// What callers ask.
    pub requests: mpsc::Receiver<Request>,
}

/// The loop's state: one task owns it all.
pub struct Engine {
    pub(in crate::engine) desk: Desk,
    pub(in crate::engine) courier: Courier,
    pub(in crate::engine) recorder: Recorder,
    /// What came from outside in the batch whose write is late.
    pub(in crate::engine) late: Option<Late>,
    pub(in crate::engine) store: Arc<Store>,
    pub(in crate::engine) keeper: Timekeeper<Box<dyn Clock>>,
    pub(in crate::engine) silence: Silence,
    /// The incidents of sources that were silent and have spoken in this turn.
    pub(in crate::engine) heard_again: Vec<IncidentId>,
    /// It was noticed in this turn that nothing is wrong with the configuration any more.
    pub(in crate::engine) is_configuration_fixed: bool,
    pub(in crate::engine) channel_health: ChannelHealth,
    pub(in crate::engine) durations: SendDurations,
    pub(in crate::engine) tests: ChannelTests,
    /// How far logical time is ahead of the wall clock, by the record.
    pub(in crate::engine) recorded_ahead: TimeDelta,
    pub(in crate::engine) plan: Arc<Plan>,
    pub(in crate::engine) plans: PlanLedger,
    pub(in crate::engine) public_url: Arc<str>,
    /// What somebody must be paged about as soon as the loop begins.
    fault: Option<Arc<ConfigurationFault>>,
    pub(in crate::engine) random: Random,
    pub(in crate::engine) shared: Arc<Shared>,
    requests: mpsc::Receiver<Request>,
    outcomes: mpsc::UnboundedReceiver<Inside>,
    /// What woke the loop, or was left, for its next turn.
    pub(in crate::engine) sent: Vec<Inside>,
    pub(in crate::engine) asked: Vec<Request>,
    pub(in crate::engine) stopping: Option<Stopping>,
    pub(in crate::engine) metrics: Arc<Metrics>,
}

impl Engine {
    /// An engine that knows what was open, and has not yet done anything about it.
    pub fn new(parts: Parts) -> Self {
        let (sender, outcomes) = mpsc::unbounded_channel();
        let mut desk = Desk::default();
        let playbooks = parts.recovered.playbooks.into_iter();
        playbooks.for_each(|(hash, playbook)| desk.pin(hash, Arc::new(playbook)));
        parts.recovered.incidents.into_iter().for_each(|incident| desk.put(incident));
        let last_recorded = parts.head.at;
        let recorded_ahead = parts.recovered.ahead;
        // Where nothing waits, the record follows the wall clock again.
        let ahead = if desk.is_empty() { TimeDelta::zero() } else { recorded_ahead };
        let keeper = Timekeeper::new(parts.clock, last_recorded, ahead);
        let silence = Silence::new(parts.sources, &parts.plan.heard_within, desk.all(), keeper.logical());
        Self {
            desk,
            silence,
            heard_again: Vec::new(),
            is_configuration_fixed: false,
            channel_health: ChannelHealth::default(),
            tests: ChannelTests::new(parts.recovered.tests),
            courier: Courier::new(parts.providers, parts.runtime, sender),
            durations: SendDurations::default(),
            recorder: Recorder::new(parts.writer, parts.head.seq),
            late: None,
            store: parts.store,
            keeper,
            recorded_ahead,
            plan: parts.plan,
            plans: PlanLedger::new(parts.recovered.plan),
            public_url: parts.public_url,
            fault: parts.fault,
            random: parts.random,
            shared: parts.shared,
            requests: parts.requests,
            outcomes,
            sent: Vec::new(),
            asked: Vec::new(),
            stopping: None,
            metrics: parts.metrics,
        }
    }

    /// Goes on until it is told to stop, or nobody holds a handle any more.
    pub async fn run(mut self) {
        self.begin();
        while self.wait().await {
            self.turn();
            if self.has_stopped() {
                break;
            }
        }
        self.end();
    }

    /// Takes up what the process before left. Comes before the first [`turn`](Self::turn).
    pub fn begin(&mut self) {
        let version = env!("CARGO_PKG_VERSION").to_owned();
        let now = self.read_clocks();
        self.record_house(now, vec![HouseEvent::Started { version }]);
        self.record_plan();
        let unsent = self.desk.all().flat_map(unsent_pages).count();
        tracing::info!(open = self.desk.len(), unsent, "the engine has started");
        // What is overdue comes first.
        let configuration = self.fault.take().map_or(Inside::ConfigurationFixed, Inside::ConfigurationFault);
        self.apply(vec![Inside::Timeouts, configuration], Vec::new());
        self.shared.report(Part::Start, Report::well());
    }

    /// Waits until there is something to do; false once nobody holds a handle any more.
    async fn wait(&mut self) -> bool {
        let pause = self.pause().into_iter().chain(self.look_at_clocks()).min();
        let room = BATCH_MAX.saturating_sub(self.asked.len());
        tokio::select! {
            biased;
            Some(sent) = self.outcomes.recv() => self.sent.push(sent),
            count = self.requests.recv_many(&mut self.asked, room), if room > 0 => return count > 0,
            () = rest(pause) => {}
        }
        true
    }

    /// Does all that there is to do now, as one batch, without waiting for more.
    pub fn turn(&mut self) {
        let (mut sent, mut asked) = (std::mem::take(&mut self.sent), std::mem::take(&mut self.asked));
        while sent.len() < BATCH_MAX
            && let Ok(one) = self.outcomes.try_recv()
        {
            sent.push(one);
        }
        while asked.len() < BATCH_MAX
            && let Ok(request) = self.requests.try_recv()
        {
            asked.push(request);
        }
        let recorded_late = self.settle_late();
        self.start_tests();
        let asked: Vec<Request> = asked.into_iter().filter_map(|request| self.control(request)).collect();
        let ended: Vec<Inside> = sent.into_iter().filter(|end| self.note_end(end)).collect();
        let mut inside: Vec<Inside> = ended.into_iter().map(|end| self.cut(end)).collect();
        inside.extend(self.courier.without_link().map(Inside::IssueLink));
        inside.push(Inside::Timeouts);
        inside.extend(recorded_late.into_iter().map(Inside::RecordedLate));
        inside.extend(std::mem::take(&mut self.is_configuration_fixed).then_some(Inside::ConfigurationFixed));
        inside.extend(std::mem::take(&mut self.heard_again).into_iter().map(Inside::HeardAgain));
        self.apply(inside, asked);
        self.tests.answer(self.recorder.failing());
    }

    /// Leaves for the next turn what of a message's end this one has no time for.
    fn cut(&mut self, mut end: Inside) -> Inside {
        if let Inside::Sent(sent) | Inside::SentRest(sent) = &mut end {
            self.sent.extend(sent.split_off().map(Inside::SentRest));
        }
        end
    }

    /// How long the loop may sleep, unless somebody asks or an attempt ends; for ever where nothing is due.
    pub fn pause(&self) -> Option<Duration> {
        if self.courier.without_link().next().is_some() || !self.asked.is_empty() || !self.sent.is_empty() {
            return Some(Duration::ZERO);
        }
        let now = self.keeper.read_without_step();
        let timeouts = self.desk.next_timeout().into_iter().chain(self.silence.next_timeout());
        let timeouts = timeouts.chain(self.courier.outbox.next_timeout());
        let due = timeouts.min().filter(|_| self.stopping.is_none());
        let stop = self.stopping.as_ref().map(|stopping| stopping.until);
        let next = due.into_iter().chain(stop).min();
        let until_next = next.map(|at| (at - now).to_std().unwrap_or_default().max(Duration::from_millis(1)));
        let again = self.recorder.is_failing().then_some(RECORD_AGAIN);
        let late = self.recorder.is_late().then_some(LOOK_AT_LATE);
        until_next.into_iter().chain(again).chain(late).chain(self.test_pause()).min()
    }

    /// Does at once what concerns the loop itself; everything else is work.
    fn control(&mut self, request: Request) -> Option<Request> {
        match request {
            Request::Ping { reply } => {
                // Whoever asked may have gone away.
                let _gone = reply.send(Ok(()));
                None
            }
            Request::Replan { plan, claim, reply } => {
                if !claim.take() {
                    return None;
                }
                self.silence.replan(&plan.heard_within, self.keeper.read_without_step());
                self.plan = Arc::clone(&plan);
                self.shared.plan.store(plan);
                self.record_plan();
                tracing::info!("new rosters and playbooks are in force");
                // Whoever asked may have gone away.
                let _gone = reply.send(self.refuse_while_failing());
                None
            }
            Request::Stop { reply } => {
                self.stop(reply);
                None
            }
            other => self.attend(other),
        }
    }

    /// Records what is new about the plan.
    fn record_plan(&mut self) {
        let now = self.read_clocks();
        let Plan { files, texts, .. } = &*self.plan;
        self.plans.events(files, texts).into_iter().for_each(|events| self.record_house(now, events));
    }

    pub(in crate::engine) fn record_house(&mut self, now: Now, events: Vec<HouseEvent>) {
        let inside = events.into_iter().map(|event| Entry { at: now.logical, fact: Fact::House(event) }).collect();
        // What cannot be recorded now is kept until it can be.
        if let Ok(recorded) = self.recorder.record(now, Batch { inside, ..Batch::default() }) {
            self.publish(recorded);
        }
        self.tell_readiness();
    }

    pub(in crate::engine) fn refuse_while_failing(&self) -> Result<(), Refused> {
        self.recorder.failing().map_or(Ok(()), |reason| Err(Refused::CannotRecord(reason.to_owned())))
    }

    pub(in crate::engine) fn tell_readiness(&self) {
        let journal = self.recorder.failing().map(|reason| format!("cannot record anything: {reason}"));
        self.shared.report(Part::Journal, Report::not_ready(journal));
    }
}

async fn rest(pause: Option<Duration>) {
    match pause {
        Some(pause) => tokio::time::sleep(pause).await,
        None => std::future::pending().await,
    }
}
