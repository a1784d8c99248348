//! The callers' side of the engine.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::{mpsc, oneshot};

use crate::clock::{Clock, SystemClock};
use crate::domain::digest::Digest;
use crate::domain::id::{IncidentId, SourceName};
use crate::domain::incident::Incoming;
use crate::domain::instant::to_millis;
use crate::domain::person_id::PersonId;
use crate::domain::plan::Plan;
use crate::domain::principal::Principal;
use crate::domain::session::{SessionEnd, SessionInput};
use crate::engine::loop_probe::LoopProbe;
use crate::engine::metrics::Metrics;
use crate::engine::parts::dropped_lines;
use crate::engine::protocol::access_mail::AccessMail;
use crate::engine::protocol::channel_test::TestResult;
use crate::engine::protocol::claim::Claim;
use crate::engine::protocol::command::{Acted, Action, Command};
use crate::engine::protocol::control::Control;
use crate::engine::protocol::health::Health;
use crate::engine::protocol::link::{LinkPress, LinkQuery, LinkView, Pressed};
use crate::engine::protocol::query::Query;
use crate::engine::protocol::readiness::{DiskProbe, Part, Readiness, Report};
use crate::engine::protocol::refused::{Refused, RefusedFor};
use crate::engine::protocol::reply::Reply;
use crate::engine::protocol::request::Request;
use crate::engine::protocol::sessions::SessionTable;
use crate::journal::prune::Prunable;
use crate::journal::record::SystemEvent;
use crate::store::query::Receipt;
use crate::vault::Vault;

/// How long a caller waits for a change. A batch waits for the disk for two seconds at most, so only an engine far
/// behind takes longer, and many sources give up after ten seconds themselves.
const ANSWERED_WITHIN: Duration = Duration::from_secs(10);

/// The readiness reason if the engine does not respond or has stopped.
const SILENT: &str = "the paging engine is not responding and no one is paged; systemd restarts Wardbell, or run `systemctl restart \
     wardbell`";

#[derive(Clone)]
pub struct Handle {
    requests: mpsc::Sender<Request>,
    shared: Arc<Shared>,
}

/// State that the engine publishes.
pub struct Shared {
    pub plan: ArcSwap<Plan>,
    readiness: Mutex<Readiness>,
    recorded: AtomicU64,
    disk_probe: Option<Box<dyn DiskProbe>>,
    loop_probe: LoopProbe,
    pub metrics: Arc<Metrics>,
    vault: Option<Arc<Vault>>,
    /// Who is signed in.
    pub sessions: ArcSwap<SessionTable>,
    /// Logical time when the monotonic clock showed zero, in milliseconds.
    logical_at_zero: AtomicI64,
}

impl Shared {
    /// Before the engine has started, nothing is ready.
    pub fn new(plan: Arc<Plan>) -> Self {
        let mut starting = Readiness::default();
        starting.report(Part::Start, Report::not_ready(["Wardbell is starting".to_owned()]));
        Self {
            plan: ArcSwap::new(plan),
            readiness: Mutex::new(starting),
            recorded: AtomicU64::new(0),
            disk_probe: None,
            metrics: Arc::new(Metrics::default()),
            loop_probe: LoopProbe::default(),
            vault: None,
            sessions: ArcSwap::default(),
            logical_at_zero: AtomicI64::new(0),
        }
    }

    /// Also probes the disk for readiness, so that a full disk is reported before a write fails.
    pub fn probing(mut self, probe: impl DiskProbe) -> Self {
        self.disk_probe = Some(Box::new(probe));
        self
    }

    /// Seals protected text in everything that is recorded.
    pub fn sealing(mut self, vault: Option<Arc<Vault>>) -> Self {
        self.vault = vault;
        self
    }

    /// The vault, if encryption is on.
    pub fn vault(&self) -> Option<&Arc<Vault>> {
        self.vault.as_ref()
    }

    /// The last durable record; everything answered is included.
    pub fn recorded(&self) -> u64 {
        self.recorded.load(Ordering::Acquire)
    }

    /// Everything up to this record is durable.
    pub fn set_recorded(&self, seq: u64) {
        self.recorded.store(seq, Ordering::Release);
    }

    /// Where logical time is on the monotonic clock. Of a step, publish what moves with it first: whoever reads the time
    /// and then a deadline never finds the time ahead of the deadline.
    pub fn set_logical_at_zero(&self, at: DateTime<Utc>) {
        self.logical_at_zero.store(at.timestamp_millis(), Ordering::Release);
    }

    /// Replaces what this part reports to `/readyz`.
    pub fn report(&self, part: Part, report: Report) {
        self.readiness.lock().unwrap_or_else(PoisonError::into_inner).report(part, report);
    }
}

impl Handle {
    /// A handle for the engine that receives `requests`.
    pub fn new(requests: mpsc::Sender<Request>, shared: Arc<Shared>) -> Self {
        Self { requests, shared }
    }

    /// Opens an incident; answered once it is durable.
    ///
    /// # Errors
    ///
    /// [`Refused::CannotRecord`] while the journal cannot be written; then nothing has happened.
    pub async fn open(&self, by: Principal, source: SourceName, incoming: Incoming) -> Result<Receipt, Refused> {
        self.change(|claim, reply| {
            Request::Command(Command::Open { by, source, incoming: Box::new(incoming), claim, reply })
        })
        .await
    }

    /// Acts for an operator; answered once it is durable.
    ///
    /// # Errors
    ///
    /// The incident's own refusals, an unknown reference, or a journal that cannot be written.
    pub async fn act(&self, incident: IncidentId, by: Principal, action: Action) -> Result<Acted, Refused> {
        self.change(|claim, reply| Request::Command(Command::Act { incident, by, action, claim, reply })).await
    }

    /// Purges an incident's sealed text for an operator; answered once that is durable and done.
    ///
    /// # Errors
    ///
    /// The reference is unknown, still open, or already purged, or the journal cannot be written.
    pub async fn purge(&self, incident: IncidentId, by: Principal) -> Result<Acted, Refused> {
        self.change(|claim, reply| Request::Command(Command::Purge { incident, by, claim, reply })).await
    }

    /// Somebody signs in or out, or is about to be shown something; answered with the number of events once they are
    /// durable.
    ///
    /// # Errors
    ///
    /// [`Refused::NoSession`] if the session has ended, or a journal that cannot be written.
    pub async fn session(&self, person: PersonId, input: SessionInput) -> Result<usize, Refused> {
        self.sessions_at_once(vec![(person, input)]).await
    }

    /// The same for several people, each once: all is recorded, or nothing.
    ///
    /// # Errors
    ///
    /// [`Refused::NoSession`] if one of them cannot be done, or a journal that cannot be written.
    pub async fn sessions_at_once(&self, inputs: Vec<(PersonId, SessionInput)>) -> Result<usize, Refused> {
        self.change(|claim, reply| Request::Command(Command::Session { inputs, claim, reply })).await
    }

    /// Ends a session also while the journal cannot be written: it is recorded when it can be. `by` is who ended it,
    /// unless it ended by itself. A restart before it is recorded undoes it.
    pub async fn end_session(&self, person: PersonId, session: Digest, why: SessionEnd, by: Option<Principal>) {
        // If the engine has stopped, nobody is signed in until the next start.
        let _ended = self.requests.send(Request::Control(Control::EndSession { person, session, why, by })).await;
    }

    /// Logical time by a reading of the monotonic clock. It is right as soon as somebody sets the wall clock, whether the
    /// engine has noticed that or not.
    pub fn logical(&self, steady: Duration) -> DateTime<Utc> {
        let at_zero = DateTime::from_timestamp_millis(self.shared.logical_at_zero.load(Ordering::Acquire));
        let steady = TimeDelta::from_std(steady).unwrap_or_default();
        to_millis(at_zero.unwrap_or_default() + steady)
    }

    /// Who is signed in.
    pub fn sessions(&self) -> Arc<SessionTable> {
        self.shared.sessions.load_full()
    }

    /// Hands over a message about signing in, which goes after every page that waits.
    pub async fn send_access_mail(&self, mail: AccessMail) {
        // If the engine has stopped, no one is signed in either.
        let _ended = self.requests.send(Request::Control(Control::SendAccessMail(mail))).await;
    }

    /// What a link shows; nothing changes.
    ///
    /// # Errors
    ///
    /// An unknown or expired link.
    pub async fn view(&self, query: LinkQuery) -> Result<LinkView, Refused> {
        self.ask(|reply| Request::Query(Query::Link { query, reply })).await
    }

    /// A press of a button behind a link; answered once it is durable.
    ///
    /// # Errors
    ///
    /// An unknown or expired link, or a journal that cannot be written.
    pub async fn press(&self, press: LinkPress) -> Result<Pressed, Refused> {
        self.change(|claim, reply| Request::Command(Command::Press { press, claim, reply })).await
    }

    pub fn plan(&self) -> Arc<Plan> {
        self.shared.plan.load_full()
    }

    /// Puts another plan in force; answered once that is durable.
    ///
    /// # Errors
    ///
    /// [`Refused::CannotRecord`] while the journal cannot be written: the plan is in force all the same, and is recorded
    /// when it can be.
    pub async fn replan(&self, plan: Arc<Plan>) -> Result<(), Refused> {
        self.change(|claim, reply| Request::Control(Control::Replan { plan, claim, reply })).await
    }

    /// Records a system event; answered once it is durable, or refused if it will be recorded later.
    ///
    /// # Errors
    ///
    /// [`Refused::CannotRecord`] while the journal cannot be written; it is kept until it can be.
    pub async fn record(&self, event: SystemEvent) -> Result<(), Refused> {
        self.ask(|reply| Request::Control(Control::Record { event: Box::new(event), reply })).await
    }

    /// The vault, if encryption is on.
    pub fn vault(&self) -> Option<&Arc<Vault>> {
        self.shared.vault()
    }

    /// Records a checkpoint before old records are removed; answered with its sequence number.
    ///
    /// # Errors
    ///
    /// [`Refused::CannotRecord`] while the journal cannot be written: nothing may be removed then.
    pub async fn prune(&self, found: Prunable) -> Result<u64, Refused> {
        self.ask(|reply| Request::Control(Control::Prune { found: Box::new(found), reply })).await
    }

    /// Whether incidents are accepted and people paged. Asks the engine and the disk.
    pub async fn readiness(&self) -> Readiness {
        let reported = || self.shared.readiness.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if self.requests.is_closed() {
            let mut readiness = reported();
            readiness.report(Part::Engine, Report::not_ready([SILENT.to_owned()]));
            return readiness;
        }
        let disk = async {
            match &self.shared.disk_probe {
                Some(probe) => probe.ask().await,
                None => None,
            }
        };
        let (health, disk) = tokio::join!(self.health(), disk);
        let mut readiness = reported();
        match health {
            Some(health) => health.report_to(&mut readiness),
            None => {
                let silent = Report::not_ready([SILENT.to_owned()]);
                readiness.report(Part::Engine, silent);
            }
        }
        if readiness.reports(Part::Journal).is_none_or(|report| report.reasons.is_empty()) {
            readiness.report(Part::Disk, Report::not_ready(disk));
        }
        readiness.report(Part::Log, Report::warnings(dropped_lines::warning(SystemClock.steady())));
        readiness
    }

    /// Replaces what this part reports to `/readyz`.
    pub fn report(&self, part: Part, report: Report) {
        self.shared.report(part, report);
    }

    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.shared.metrics
    }

    /// Counts an incident refused before it reached the engine.
    pub fn count_refused(&self, reason: RefusedFor) {
        self.shared.metrics.refused(reason);
    }

    /// All metrics in Prometheus format, with the engine's current health.
    pub async fn metrics_text(&self) -> String {
        self.shared.metrics.gauges.show(self.health().await.as_ref());
        self.shared.metrics.text()
    }

    /// Waits until the engine has stopped.
    pub async fn ended(&self) {
        self.requests.closed().await;
    }

    /// Checks that the engine responds.
    ///
    /// # Errors
    ///
    /// The engine has stopped.
    pub async fn ping(&self) -> Result<(), Refused> {
        self.ask(|reply| Request::Control(Control::Ping { reply })).await
    }

    /// Notes that a source sent something; returns once the engine knows.
    ///
    /// # Errors
    ///
    /// The engine has stopped.
    pub async fn heard(&self, source: SourceName) -> Result<(), Refused> {
        self.ask(|reply| Request::Control(Control::Heard { source, reply: Some(reply) })).await
    }

    /// The same without waiting; does nothing if the source is not monitored.
    pub async fn note_heard(&self, source: &SourceName) {
        if self.shared.plan.load().heard_within.contains_key(source) {
            // If the engine has stopped, the next request reports it.
            let _ended =
                self.requests.send(Request::Control(Control::Heard { source: source.clone(), reply: None })).await;
        }
    }

    /// Nothing is wrong with the configuration anymore.
    pub async fn note_configuration_fixed(&self) {
        // If the engine has stopped, the next start notes it.
        let _ended = self.requests.send(Request::Control(Control::ConfigurationFixed)).await;
    }

    /// The engine's health; `None` if it does not respond within two seconds or has stopped.
    pub async fn health(&self) -> Option<Health> {
        self.shared.loop_probe.ask(self.ask(|reply| Request::Control(Control::Health { reply }))).await
    }

    /// Tests every channel that `[daily_test]` has an address for; answered once all results are durable.
    ///
    /// # Errors
    ///
    /// [`Refused::NothingToTest`] where it has none; a journal that cannot be written.
    pub async fn test_channels(&self) -> Result<Vec<TestResult>, Refused> {
        self.ask(|reply| Request::Control(Control::TestChannels { reply })).await
    }

    /// Stops the engine: sends nothing new and waits for attempts in flight.
    ///
    /// # Errors
    ///
    /// The engine has already stopped.
    pub async fn stop(&self) -> Result<(), Refused> {
        self.ask(|reply| Request::Control(Control::Stop { reply })).await
    }

    /// Requests a change and waits at most [`ANSWERED_WITHIN`]. A request whose caller is told that nothing was
    /// recorded is never carried out.
    async fn change<T>(&self, request: impl FnOnce(Claim, Reply<T>) -> Request) -> Result<T, Refused> {
        let claim = Claim::default();
        let (reply, answer) = oneshot::channel();
        let request = request(claim.clone(), reply);
        let asked = async {
            self.requests.send(request).await.ok()?;
            answer.await.ok()
        };
        match tokio::time::timeout(ANSWERED_WITHIN, asked).await {
            Ok(Some(result)) => result,
            // No answer in time, or the engine has stopped.
            Ok(None) | Err(_) => Err(if claim.abandon() { Refused::Unavailable } else { Refused::NotKnownYet }),
        }
    }

    async fn ask<T>(&self, request: impl FnOnce(Reply<T>) -> Request) -> Result<T, Refused> {
        let (reply, answer) = oneshot::channel();
        self.requests.send(request(reply)).await.map_err(|_| Refused::Unavailable)?;
        answer.await.map_err(|_| Refused::Unavailable)?
    }
}
