//! The loop.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::mpsc;

use crate::clock::{Clock, Timekeeper};
use crate::domain::escalation::incident::Incident;
use crate::domain::instant::Now;
use crate::domain::plan::Plan;
use crate::engine::courier::{Carrier, Courier};
use crate::engine::desk::{Desk, UNRECORDED};
use crate::engine::draft::{Changes, Draft, Ground, Random};
use crate::engine::handle::Shared;
use crate::engine::ledger::PlanLedger;
use crate::engine::log;
use crate::engine::metrics::Metrics;
use crate::engine::recorder::{Recorded, Recorder};
use crate::engine::request::{Refused, Reply, Request};
use crate::engine::tally;
use crate::engine::work::{Inside, Sent, Work};
use crate::journal::Journal;
use crate::journal::record::{Entry, Fact, HouseEvent};
use crate::store::{Batch, Recovered, Store};

/// So much work shares one write to the disk.
const BATCH_MAX: usize = 1_024;

/// While the journal cannot be written, it is tried again this often.
const RECORD_AGAIN: Duration = Duration::from_secs(1);

/// What is on its way when the daemon ends is waited for no longer than this.
const LAST_ATTEMPTS: TimeDelta = TimeDelta::seconds(20);

/// Everything that the loop needs.
pub struct Parts {
    /// The truth.
    pub journal: Box<dyn Journal>,
    /// What answers questions.
    pub store: Arc<Store>,
    /// What was open when the process before ended.
    pub recovered: Recovered,
    /// The rosters and playbooks in force.
    pub plan: Arc<Plan>,
    /// The base of every link.
    pub public_url: Arc<str>,
    /// What shows the time.
    pub clock: Box<dyn Clock>,
    /// Draws random bits.
    pub random: Random,
    /// What carries pages.
    pub carrier: Arc<dyn Carrier>,
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
    store: Arc<Store>,
    keeper: Timekeeper<Box<dyn Clock>>,
    /// How far logical time is ahead of the wall clock, by the record.
    recorded_ahead: TimeDelta,
    pub(in crate::engine) plan: Arc<Plan>,
    plans: PlanLedger,
    pub(in crate::engine) public_url: Arc<str>,
    random: Random,
    shared: Arc<Shared>,
    requests: mpsc::Receiver<Request>,
    outcomes: mpsc::UnboundedReceiver<Sent>,
    /// What woke the loop, for its next turn.
    sent: Vec<Sent>,
    asked: Vec<Request>,
    stopping: Option<Stopping>,
    metrics: Arc<Metrics>,
}

/// The daemon is ending.
struct Stopping {
    replies: Vec<Reply<()>>,
    until: chrono::DateTime<chrono::Utc>,
}

impl Engine {
    /// An engine that knows what was open, and has not yet done anything about it.
    pub fn new(parts: Parts) -> Self {
        let (sender, outcomes) = mpsc::unbounded_channel();
        let mut desk = Desk::default();
        let playbooks = parts.recovered.playbooks.into_iter();
        playbooks.for_each(|(hash, playbook)| desk.pin(hash, Arc::new(playbook)));
        parts.recovered.incidents.into_iter().for_each(|incident| desk.put(incident));
        let last_recorded = parts.journal.head().at;
        let recorded_ahead = parts.recovered.ahead;
        // Where nothing waits, the record follows the wall clock again.
        let ahead = if desk.is_empty() { TimeDelta::zero() } else { recorded_ahead };
        Self {
            desk,
            courier: Courier::new(parts.carrier, parts.runtime, sender),
            recorder: Recorder::new(parts.journal),
            store: parts.store,
            keeper: Timekeeper::new(parts.clock, last_recorded, ahead),
            recorded_ahead,
            plan: parts.plan,
            plans: PlanLedger::new(parts.recovered.plan),
            public_url: parts.public_url,
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
        let unsent: usize = self.desk.all().map(unsent_pages).sum();
        tracing::info!(open = self.desk.len(), unsent, "the engine has started");
        self.apply(vec![Work::Inside(Inside::Timeouts)]);
    }

    /// Waits until there is something to do; false once nobody holds a handle any more.
    async fn wait(&mut self) -> bool {
        let pause = self.pause();
        tokio::select! {
            biased;
            Some(sent) = self.outcomes.recv() => self.sent.push(sent),
            count = self.requests.recv_many(&mut self.asked, BATCH_MAX) => return count > 0,
            () = rest(pause) => {}
        }
        true
    }

    /// Does all that there is to do now, as one batch, without waiting for more.
    pub fn turn(&mut self) {
        let (mut sent, mut asked) = (std::mem::take(&mut self.sent), std::mem::take(&mut self.asked));
        while let Some(one) = self.outcomes.try_recv().ok().filter(|_| sent.len() < BATCH_MAX) {
            sent.push(one);
        }
        while let Some(request) = self.requests.try_recv().ok().filter(|_| asked.len() < BATCH_MAX) {
            asked.push(request);
        }
        let mut work: Vec<Work> = sent.into_iter().map(|sent| Work::Inside(Inside::Sent(sent))).collect();
        work.extend(self.courier.without_link().map(|page| Work::Inside(Inside::IssueLink(page))));
        work.push(Work::Inside(Inside::Timeouts));
        work.extend(asked.into_iter().filter_map(|request| self.control(request)).map(Work::Outside));
        self.apply(work);
    }

    /// How long the loop may sleep, unless somebody asks or an attempt ends; for ever where nothing is due.
    pub fn pause(&self) -> Option<Duration> {
        if self.courier.without_link().next().is_some() {
            return Some(Duration::ZERO);
        }
        let now = self.keeper.read_without_step();
        let due = self.desk.next_timeout().filter(|_| self.stopping.is_none());
        let stop = self.stopping.as_ref().map(|stopping| stopping.until);
        let next = due.into_iter().chain(stop).min();
        let until_next = next.map(|at| (at - now).to_std().unwrap_or_default().max(Duration::from_millis(1)));
        let again = self.recorder.is_failing().then_some(RECORD_AGAIN);
        until_next.into_iter().chain(again).min()
    }

    /// Does at once what concerns the loop itself; everything else is work.
    fn control(&mut self, request: Request) -> Option<Request> {
        match request {
            Request::Ping { reply } => {
                // Whoever asked may have gone away.
                let _gone = reply.send(Ok(()));
                None
            }
            Request::Replan { plan, reply } => {
                self.plan = Arc::clone(&plan);
                self.shared.plan.store(plan);
                self.record_plan();
                tracing::info!("new rosters and playbooks are in force");
                let recorded = self.recorder.failing().map(|reason| Refused::CannotRecord(reason.to_owned()));
                // Whoever asked may have gone away.
                let _gone = reply.send(recorded.map_or(Ok(()), Err));
                None
            }
            Request::Stop { reply } => {
                let until = self.keeper.logical() + LAST_ATTEMPTS;
                self.stopping.get_or_insert(Stopping { replies: Vec::new(), until }).replies.push(reply);
                for (page, channel) in self.courier.clear() {
                    self.desk.touch(page.incident, |incident| incident.put_back(page.number, channel));
                }
                None
            }
            other => Some(other),
        }
    }

    /// One batch: decide, record, change the desk, then send and answer.
    fn apply(&mut self, work: Vec<Work>) {
        let now = self.read_clocks();
        let inside: Vec<Inside> = work.iter().filter_map(Work::as_inside).cloned().collect();
        inside.iter().for_each(|work| self.make_room(work));
        let mut draft = Draft::new(self.ground(now));
        for work in work {
            match work {
                Work::Inside(inside) => draft.inside(inside),
                Work::Outside(request) => draft.outside(request),
            }
        }
        let mut changes = draft.finish();
        if changes.entries.is_empty() && !self.recorder.is_failing() {
            self.commit(now, changes, None);
            return;
        }
        let started = self.keeper.stopwatch();
        let result = self.recorder.record(now.logical, std::mem::take(&mut changes.entries));
        self.metrics.appended(self.keeper.since(started));
        // Before the answers, so that whoever was refused finds the reason.
        self.tell_readiness();
        match result {
            Ok(recorded) => self.commit(now, changes, Some(recorded)),
            Err(reason) => {
                changes.answers.drain(..).for_each(|answer| answer.refuse(&reason));
                self.go_on_unrecorded(now, inside);
            }
        }
    }

    /// The journal cannot be written: what comes from outside was refused, and what is known goes on being paged.
    fn go_on_unrecorded(&mut self, now: Now, inside: Vec<Inside>) {
        let mut draft = Draft::new(self.ground(now));
        inside.into_iter().for_each(|work| draft.inside(work));
        let mut changes = draft.finish();
        self.recorder.keep(std::mem::take(&mut changes.entries));
        self.commit(now, changes, None);
    }

    fn commit(&mut self, now: Now, changes: Changes, recorded: Option<Recorded>) {
        let seq = recorded.as_ref().and_then(|recorded| recorded.written.last()).map(|written| written.seq);
        let recent = &mut self.desk.recent;
        changes.links.into_iter().for_each(|(hash, target)| recent.add_link(hash, target, seq.unwrap_or(UNRECORDED)));
        for ((source, event_id), receipt) in changes.receipts {
            recent.add_receipt(source, event_id, receipt, seq.unwrap_or(UNRECORDED));
        }
        changes.pinned.into_iter().for_each(|(hash, playbook)| self.desk.pin(hash, playbook));
        changes.tokens.into_iter().for_each(|(page, token)| self.courier.add_token(page, token));
        let mut touched = changes.touched;
        for id in &changes.order {
            let Some(mut incident) = touched.remove(id) else { continue };
            if self.stopping.is_none() {
                incident.take_due(now.logical).into_iter().for_each(|dispatch| self.courier.outbox.push(dispatch));
            }
            self.courier.forget_tokens(&incident);
            if incident.is_settled() {
                self.desk.recent.add_closed(incident.clone(), seq.unwrap_or(UNRECORDED));
            }
            self.desk.put(incident);
        }
        self.send(now);
        if seq.is_some() {
            // Before the answers, so that whoever was answered and asks next is shown what was answered.
            self.shared.set_recorded(self.recorder.last_seq());
        }
        changes.answers.into_iter().for_each(|answer| answer.send());
        if let Some(recorded) = recorded {
            self.publish(recorded);
        }
    }

    /// Hands what is durable to the store and the log.
    fn publish(&mut self, recorded: Recorded) {
        for record in &recorded.records {
            log::tell(record);
            let about = match &record.entry.fact {
                Fact::Incident(id, _) => self.desk.incident(*id),
                Fact::House(_) => None,
            };
            tally::count(&self.metrics, record, about);
        }
        self.metrics.set_open(self.desk.len());
        self.metrics.set_outbox_waiting(self.courier.outbox.waiting());
        let seq = self.recorder.last_seq();
        self.desk.recent.recorded(seq);
        self.store.apply(Batch { written: recorded.written, records: recorded.records });
        self.desk.recent.forget(self.store.applied());
        self.shared.set_recorded(seq);
        self.metrics.set_last_seq(seq);
    }

    fn make_room(&mut self, work: &Inside) {
        if let Inside::Sent(sent) = work {
            self.courier.outbox.end(sent.channel, &sent.to);
        }
    }

    fn ground(&self, now: Now) -> Ground<'_> {
        Ground { desk: &self.desk, store: &self.store, plan: &self.plan, now, random: &self.random }
    }

    /// Reads the clocks; where the wall clock jumped ahead, every deadline moves with it.
    fn read_clocks(&mut self) -> Now {
        let (now, step) = self.keeper.read();
        if let Some(by) = step {
            tracing::warn!(by_ms = by.num_milliseconds(), "the wall clock jumped ahead: all waits keep their length");
            self.desk.shift(by);
            self.record_house(now, vec![HouseEvent::ClockStepped { by_ms: by.num_milliseconds() }]);
        }
        let ahead = self.keeper.ahead();
        if ahead != self.recorded_ahead {
            self.recorded_ahead = ahead;
            tracing::warn!(ahead_ms = ahead.num_milliseconds(), "the wall clock was set: all waits keep their length");
            self.record_house(now, vec![HouseEvent::ClockSetBack { ahead_ms: ahead.num_milliseconds() }]);
        }
        now
    }

    /// Records what is new about the plan.
    fn record_plan(&mut self) {
        let now = self.read_clocks();
        let Plan { files, texts, .. } = &*self.plan;
        self.plans.events(files, texts).into_iter().for_each(|events| self.record_house(now, events));
    }

    fn record_house(&mut self, now: Now, events: Vec<HouseEvent>) {
        let entries: Vec<_> =
            events.into_iter().map(|event| Entry { at: now.logical, fact: Fact::House(event) }).collect();
        match self.recorder.record(now.logical, entries.clone()) {
            Ok(recorded) => self.publish(recorded),
            Err(_) => self.recorder.keep(entries),
        }
        self.tell_readiness();
    }

    fn tell_readiness(&self) {
        let journal = self.recorder.failing().map(|reason| format!("cannot record anything: {reason}"));
        self.shared.change_readiness(|readiness| readiness.reasons = journal.into_iter().collect());
    }

    /// Whether it was told to stop and has done what that takes.
    pub fn has_stopped(&self) -> bool {
        let nothing_left = self.courier.outbox.on_their_way() == 0;
        self.stopping.as_ref().is_some_and(|stopping| nothing_left || self.keeper.logical() >= stopping.until)
    }

    /// Closes the store and answers whoever waits for the end.
    pub fn end(self) {
        self.store.close();
        let replies = self.stopping.map(|stopping| stopping.replies).unwrap_or_default();
        tracing::info!(
            open = self.desk.len(),
            on_their_way = self.courier.outbox.on_their_way(),
            "the engine has ended"
        );
        // Whoever asked may have gone away.
        replies.into_iter().for_each(|reply| drop(reply.send(Ok::<(), Refused>(()))));
    }
}

/// How many pages no provider has taken over, and somebody still needs.
fn unsent_pages(incident: &Incident) -> usize {
    let pages = incident.tracks.iter().flat_map(|track| track.pages.iter().map(move |page| (track, page)));
    pages.filter(|(track, page)| !page.pending.is_empty() && !incident.is_moot(track, page)).count()
}

async fn rest(pause: Option<Duration>) {
    match pause {
        Some(pause) => tokio::time::sleep(pause).await,
        None => std::future::pending().await,
    }
}
