//! All that the loop owns: the parts, and what they share.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::mpsc::UnboundedSender;

use crate::clock::{Clock, Timekeeper};
use crate::domain::id::SourceName;
use crate::domain::instant::Now;
use crate::domain::plan::Plan;
use crate::engine::batch::context::{BatchContext, Random};
use crate::engine::batch::late::Late;
use crate::engine::handle::Shared;
use crate::engine::metrics::Metrics;
use crate::engine::parts::channel_health::ChannelHealth;
use crate::engine::parts::channel_tests::ChannelTests;
use crate::engine::parts::configuration_fault::ConfigurationFault;
use crate::engine::parts::dispatcher::Dispatcher;
use crate::engine::parts::health;
use crate::engine::parts::internal::Internal;
use crate::engine::parts::open_incidents::OpenIncidents;
use crate::engine::parts::plan_ledger::PlanLedger;
use crate::engine::parts::recorder::Recorder;
use crate::engine::parts::send_durations::SendDurations;
use crate::engine::parts::shutdown::Shutdown;
use crate::engine::parts::source_silence::SourceSilence;
use crate::engine::parts::writer::Writer;
use crate::engine::protocol::health::Health;
use crate::engine::protocol::readiness::{Part, Report};
use crate::engine::protocol::refused::Refused;
use crate::journal::port::Head;
use crate::provider::Providers;
use crate::store::Store;
use crate::store::replay::Recovered;

/// While somebody waits, the clocks are looked at this often.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Everything that the engine needs.
pub struct Setup {
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
}

/// The engine's state: one task owns it all.
pub struct State {
    pub open: OpenIncidents,
    pub dispatcher: Dispatcher,
    pub recorder: Recorder,
    /// What came from outside in the batch whose write is late.
    pub late: Option<Late>,
    pub store: Arc<Store>,
    pub time: Timekeeper<Box<dyn Clock>>,
    pub silence: SourceSilence,
    pub channel_health: ChannelHealth,
    pub durations: SendDurations,
    pub tests: ChannelTests,
    /// How far logical time is ahead of the wall clock, by the record.
    pub recorded_ahead: TimeDelta,
    pub plan: Arc<Plan>,
    pub plans: PlanLedger,
    pub public_url: Arc<str>,
    pub random: Random,
    pub shared: Arc<Shared>,
    pub shutdown: Option<Shutdown>,
    pub metrics: Arc<Metrics>,
    /// What was noticed in this turn and is decided upon in its batch.
    pub noticed: Vec<Internal>,
}

impl State {
    /// What was open when the process before ended; nothing has been done about it yet. Attempts tell of their ends through
    /// `outcomes`.
    pub fn new(setup: Setup, outcomes: UnboundedSender<Internal>) -> Self {
        let mut open = OpenIncidents::default();
        for (hash, playbook) in setup.recovered.playbooks {
            open.pin(hash, Arc::new(playbook));
        }
        for incident in setup.recovered.incidents {
            open.put(incident);
        }
        let recorded_ahead = setup.recovered.ahead;
        // Where nothing waits, the record follows the wall clock again.
        let ahead = if open.is_empty() { TimeDelta::zero() } else { recorded_ahead };
        let time = Timekeeper::new(setup.clock, setup.head.at, ahead);
        let silence = SourceSilence::new(setup.sources, &setup.plan.heard_within, open.all(), time.logical());
        let fault = setup.fault.map_or(Internal::ConfigurationFixed, Internal::ConfigurationFault);
        Self {
            open,
            silence,
            channel_health: ChannelHealth::default(),
            tests: ChannelTests::new(setup.recovered.tests),
            dispatcher: Dispatcher::new(setup.providers, setup.runtime, outcomes),
            durations: SendDurations::default(),
            recorder: Recorder::new(setup.writer, setup.head.seq),
            late: None,
            store: setup.store,
            time,
            recorded_ahead,
            plan: setup.plan,
            plans: PlanLedger::new(setup.recovered.plan),
            public_url: setup.public_url,
            random: setup.random,
            metrics: Arc::clone(&setup.shared.metrics),
            shared: setup.shared,
            shutdown: None,
            noticed: vec![fault],
        }
    }

    /// What a batch is decided by.
    pub fn context(&self, now: Now) -> BatchContext<'_> {
        let Self { open, store, plan, silence, random, .. } = self;
        BatchContext { open, store, plan, silence, now, random }
    }

    /// How the parts are.
    pub fn health(&self) -> Health {
        health::look(&health::Parts {
            now: self.time.read_without_step(),
            steady: self.time.stopwatch(),
            open: &self.open,
            recorder: &self.recorder,
            store: &self.store,
            silence: &self.silence,
            channel_health: &self.channel_health,
            tests: &self.tests,
            plan: &self.plan,
        })
    }

    /// How long until the clocks are looked at although nothing is due: a jump is recorded soon, as nobody could tell it from
    /// time that passed if the process ended before. Where nothing waits, nothing has to be known.
    pub fn look_at_clocks(&self) -> Option<Duration> {
        (!self.open.is_empty()).then_some(LOOK_EVERY)
    }

    /// How long the loop may sleep without missing a test message.
    pub fn test_pause(&self) -> Option<Duration> {
        let (wall, now) = (self.time.wall(), self.time.read_without_step());
        self.tests.pause(&self.plan, wall, now).filter(|_| self.shutdown.is_none())
    }

    /// Starts the test messages whose time has come.
    pub fn start_tests(&mut self) {
        if self.shutdown.is_some() {
            return;
        }
        let (wall, now) = (self.time.wall(), self.time.read_without_step());
        for test in self.tests.take_ready(&self.plan, wall, now) {
            self.dispatcher.start_test(test);
        }
    }

    /// Why a change that stands all the same is not recorded yet, if so.
    pub fn refuse_while_failing(&self) -> Result<(), Refused> {
        self.recorder.failing().map_or(Ok(()), |reason| Err(Refused::CannotRecord(reason.to_owned())))
    }

    /// Tells `/readyz` whether the journal can be written.
    pub fn report_journal(&self) {
        let journal = self.recorder.failing().map(|reason| format!("cannot record anything: {reason}"));
        self.shared.report(Part::Journal, Report::not_ready(journal));
    }
}
