//! All of the engine's state.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::mpsc::UnboundedSender;

use crate::clock::{Clock, Timekeeper};
use crate::domain::channel_test::{ChannelTest, ChannelTestInput, Schedule};
use crate::domain::contact::ChannelKind;
use crate::domain::id::SourceName;
use crate::domain::instant::Now;
use crate::domain::plan::Plan;
use crate::domain::session::{PersonSessions, SessionEnd, SessionInput};
use crate::domain::source_watch::SourceWatchInput;
use crate::engine::batch::context::{BatchContext, Random};
use crate::engine::batch::late::Late;
use crate::engine::handle::Shared;
use crate::engine::metrics::Metrics;
use crate::engine::parts::channel_health::ChannelHealth;
use crate::engine::parts::configuration_fault::ConfigurationFault;
use crate::engine::parts::dispatcher::Dispatcher;
use crate::engine::parts::health;
use crate::engine::parts::internal::{Addressed, Internal};
use crate::engine::parts::open_incidents::OpenIncidents;
use crate::engine::parts::plan_ledger::PlanLedger;
use crate::engine::parts::recorder::Recorder;
use crate::engine::parts::send_durations::SendDurations;
use crate::engine::parts::shutdown::Shutdown;
use crate::engine::parts::source_watches;
use crate::engine::parts::test_requests::TestRequests;
use crate::engine::parts::writer::Writer;
use crate::engine::protocol::health::Health;
use crate::engine::protocol::readiness::{Part, Report};
use crate::engine::protocol::refused::Refused;
use crate::engine::protocol::sessions::SessionTable;
use crate::journal::aggregates::Aggregates;
use crate::journal::port::Head;
use crate::provider::Providers;
use crate::store::Store;
use crate::store::replay::Recovered;

/// How often the clocks are checked while timeouts are pending.
const LOOK_EVERY: Duration = Duration::from_secs(1);

pub struct Setup {
    pub writer: Box<dyn Writer>,
    pub head: Head,
    pub store: Arc<Store>,
    pub recovered: Recovered,
    pub plan: Arc<Plan>,
    /// The base of every link.
    pub public_url: Arc<str>,
    /// The sources that have a token.
    pub sources: Vec<SourceName>,
    /// The configuration fault at startup, if any.
    pub fault: Option<Arc<ConfigurationFault>>,
    pub clock: Box<dyn Clock>,
    pub random: Random,
    pub providers: Arc<Providers>,
    pub runtime: tokio::runtime::Handle,
    pub shared: Arc<Shared>,
}

pub struct State {
    pub open: OpenIncidents,
    pub dispatcher: Dispatcher,
    pub recorder: Recorder,
    /// The external part of the delayed batch.
    pub late: Option<Late>,
    pub store: Arc<Store>,
    pub time: Timekeeper<Box<dyn Clock>>,
    pub aggregates: Aggregates,
    pub channel_health: ChannelHealth,
    pub durations: SendDurations,
    pub test_requests: TestRequests,
    /// How far logical time is ahead of the wall clock, as recorded.
    pub recorded_ahead: TimeDelta,
    pub plan: Arc<Plan>,
    pub plans: PlanLedger,
    pub public_url: Arc<str>,
    pub random: Random,
    pub shared: Arc<Shared>,
    pub shutdown: Option<Shutdown>,
    pub metrics: Arc<Metrics>,
    /// Internal inputs noticed in this turn.
    pub noticed: Vec<Internal>,
}

impl State {
    /// The recovered state, not yet acted on. Attempts report their outcomes through `outcomes`.
    pub fn new(setup: Setup, outcomes: UnboundedSender<Internal>) -> Self {
        let mut open = OpenIncidents::default();
        for (hash, playbook) in setup.recovered.playbooks {
            open.pin(hash, Arc::new(playbook));
        }
        for incident in setup.recovered.incidents {
            open.put(incident);
        }
        open.pruned_through = setup.recovered.pruned_through;
        let recorded_ahead = setup.recovered.ahead;
        // Without open incidents, logical time follows the wall clock again.
        let ahead = if open.is_empty() { TimeDelta::zero() } else { recorded_ahead };
        let time = Timekeeper::new(setup.clock, setup.head.at, ahead);
        let aggregates = watched(setup.recovered.aggregates, setup.sources);
        setup.shared.sessions.store(Arc::new(SessionTable::of(&aggregates.people)));
        setup.shared.set_logical_at_zero(time.at_zero());
        let fault = setup.fault.map_or(Internal::ConfigurationFixed, Internal::ConfigurationFault);
        let mut noticed: Vec<Internal> = planned(&aggregates, &setup.plan).map(Internal::To).collect();
        let reconciled = source_watches::reconciled(&aggregates.source_watches, &open, time.logical());
        noticed.extend(reconciled.into_iter().map(Internal::To));
        noticed.push(fault);
        Self {
            open,
            aggregates,
            channel_health: ChannelHealth::default(),
            test_requests: TestRequests::default(),
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
            noticed,
        }
    }

    /// The read-only context of a batch.
    pub fn context(&self, now: Now) -> BatchContext<'_> {
        let Self { open, store, plan, aggregates, random, .. } = self;
        BatchContext { open, store, plan, aggregates, now, random }
    }

    /// The engine's health.
    pub fn health(&self) -> Health {
        health::look(&health::Parts {
            now: self.time.read_without_step(),
            steady: self.time.stopwatch(),
            open: &self.open,
            recorder: &self.recorder,
            store: &self.store,
            aggregates: &self.aggregates,
            channel_health: &self.channel_health,
            plan: &self.plan,
        })
    }

    /// How long until the clocks are checked although nothing is due. A jump must be recorded soon, because after a
    /// restart it would look like elapsed time. Not needed if nothing is waiting.
    pub fn look_at_clocks(&self) -> Option<Duration> {
        let is_waiting = !self.open.is_empty() || self.aggregates.people.values().any(PersonSessions::is_signed_in);
        is_waiting.then_some(LOOK_EVERY)
    }

    /// Passes the current plan's settings to the watches and tests.
    pub fn note_plan(&mut self) {
        self.noticed.extend(planned(&self.aggregates, &self.plan).map(Internal::To));
    }

    /// Refuses if a change that is already in effect is not recorded yet.
    pub fn refuse_while_failing(&self) -> Result<(), Refused> {
        self.recorder.failing().map_or(Ok(()), |reason| Err(Refused::CannotRecord(reason.to_owned())))
    }

    /// Reports to `/readyz` whether the journal can be written.
    pub fn report_journal(&self) {
        let journal = self.recorder.failing().map(|reason| format!("cannot record anything: {reason}"));
        self.shared.report(Part::Journal, Report::not_ready(journal));
    }
}

/// The recovered states of all known sources and channels; each has one, whether it is in the record or not.
fn watched(mut recovered: Aggregates, sources: Vec<SourceName>) -> Aggregates {
    let watch = |name: SourceName| {
        let watch = recovered.source_watches.remove(&name).unwrap_or_default();
        (name, watch)
    };
    let source_watches = sources.into_iter().map(watch).collect();
    let test = |channel| (channel, recovered.channel_tests.remove(&channel).unwrap_or_default());
    let channel_tests = ChannelKind::ALL.into_iter().map(test).collect::<BTreeMap<ChannelKind, ChannelTest>>();
    Aggregates { source_watches, channel_tests, people: recovered.people }
}

/// What a plan says of each source and channel, and of people who are signed in.
fn planned<'a>(aggregates: &'a Aggregates, plan: &'a Plan) -> impl Iterator<Item = Addressed> + 'a {
    let monitor = |source: &SourceName| {
        let within = plan.heard_within.get(source).copied();
        Addressed::SourceWatch(source.clone(), SourceWatchInput::Monitor { within })
    };
    let schedule = |channel: &ChannelKind| {
        let schedule = Schedule::of(plan, *channel).map(Arc::new);
        Addressed::ChannelTest(*channel, ChannelTestInput::Schedule(schedule))
    };
    let people = plan.people();
    let left = aggregates.people.iter().flat_map(move |(id, sessions)| {
        let left = sessions.all().filter(move |(_, session)| people.of_session(id, session).is_none());
        let end = |session| SessionInput::End { session: Some(session), why: SessionEnd::LeftRosters, by: None };
        left.map(move |(session, _)| Addressed::Person(id.clone(), end(*session)))
    });
    let watched = aggregates.source_watches.keys().map(monitor).chain(aggregates.channel_tests.keys().map(schedule));
    watched.chain(left)
}
