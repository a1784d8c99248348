//! The loop.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::mpsc;

use crate::clock::{Clock, Timekeeper};
use crate::domain::escalation::incident::Incident;
use crate::domain::id::PageId;
use crate::domain::instant::Now;
use crate::domain::page::PageLink;
use crate::domain::plan::Plan;
use crate::engine::courier::{Carrier, Courier};
use crate::engine::desk::{Desk, UNRECORDED};
use crate::engine::draft::{Changes, Draft, Ground};
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
    pub random: fn() -> [u8; 32],
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
    desk: Desk,
    courier: Courier,
    recorder: Recorder,
    store: Arc<Store>,
    keeper: Timekeeper<Box<dyn Clock>>,
    plan: Arc<Plan>,
    plans: PlanLedger,
    public_url: Arc<str>,
    random: fn() -> [u8; 32],
    shared: Arc<Shared>,
    requests: mpsc::Receiver<Request>,
    outcomes: mpsc::UnboundedReceiver<Sent>,
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
        Self {
            desk,
            courier: Courier::new(parts.carrier, parts.runtime, sender),
            recorder: Recorder::new(parts.journal),
            store: parts.store,
            keeper: Timekeeper::new(parts.clock, last_recorded),
            plan: parts.plan,
            plans: PlanLedger::new(parts.recovered.plan),
            public_url: parts.public_url,
            random: parts.random,
            shared: parts.shared,
            requests: parts.requests,
            outcomes,
            stopping: None,
            metrics: parts.metrics,
        }
    }

    /// Goes on until it is told to stop, or nobody holds a handle any more.
    pub async fn run(mut self) {
        self.begin();
        while let Some(work) = self.select().await {
            self.apply(work);
            if self.has_stopped() {
                break;
            }
        }
        self.end();
    }

    /// Takes up what the process before left: pages that are still to be sent have lost their links.
    fn begin(&mut self) {
        let version = env!("CARGO_PKG_VERSION").to_owned();
        let now = self.read_clocks();
        self.record_house(now, vec![HouseEvent::Started { version }]);
        self.record_plan();
        let pages: Vec<PageId> = self.desk.all().flat_map(unsent_pages).collect();
        tracing::info!(open = self.desk.len(), unsent = pages.len(), "the engine has started");
        let links = pages.into_iter().map(|page| Work::Inside(Inside::IssueLink(page)));
        self.apply(links.chain([Work::Inside(Inside::Timeouts)]).collect());
    }

    async fn select(&mut self) -> Option<Vec<Work>> {
        let mut requests = Vec::new();
        let mut work = Vec::new();
        let pause = self.pause();
        tokio::select! {
            biased;
            Some(sent) = self.outcomes.recv() => work.push(Work::Inside(Inside::Sent(sent))),
            count = self.requests.recv_many(&mut requests, BATCH_MAX) => if count == 0 { return None },
            () = rest(pause) => {}
        }
        while let Some(sent) = self.outcomes.try_recv().ok().filter(|_| work.len() < BATCH_MAX) {
            work.push(Work::Inside(Inside::Sent(sent)));
        }
        while let Some(request) = self.requests.try_recv().ok().filter(|_| requests.len() < BATCH_MAX) {
            requests.push(request);
        }
        work.push(Work::Inside(Inside::Timeouts));
        work.extend(requests.into_iter().filter_map(|request| self.control(request)).map(Work::Outside));
        Some(work)
    }

    /// How long the loop may sleep; for ever where nothing is due.
    fn pause(&mut self) -> Option<Duration> {
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
                for (page, channel) in self.courier.outbox.clear() {
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

    /// Starts as many attempts as the outbox lets go.
    fn send(&mut self, now: Now) {
        while let Some(dispatch) = self.courier.outbox.pop() {
            let (page, channel) = (dispatch.page, dispatch.channel);
            let text = self.desk.incident(page.incident).and_then(|incident| {
                let (track, open_page) = incident.page(page.number)?;
                let playbook = self.desk.playbook(&incident.playbook_hash)?;
                let token = self.courier.token(page)?.clone();
                let link = PageLink { base: Arc::clone(&self.public_url), token };
                let wanted = !incident.is_moot(track, open_page);
                wanted.then(|| incident.page_text(page.number, &self.plan, playbook, now, link)).flatten()
            });
            match text {
                Some(text) => self.courier.start(dispatch, text),
                None => {
                    self.courier.outbox.end(channel, &dispatch.to);
                    self.desk.touch(page.incident, |incident| incident.cancel(page.number, channel));
                }
            }
        }
    }

    fn make_room(&mut self, work: &Inside) {
        if let Inside::Sent(sent) = work {
            self.courier.outbox.end(sent.channel, &sent.to);
        }
    }

    fn ground(&self, now: Now) -> Ground<'_> {
        Ground { desk: &self.desk, store: &self.store, plan: &self.plan, now, random: self.random }
    }

    /// Reads the clocks; where the wall clock jumped ahead, every deadline moves with it.
    fn read_clocks(&mut self) -> Now {
        let (now, step) = self.keeper.read();
        if let Some(by) = step {
            tracing::warn!(by_ms = by.num_milliseconds(), "the wall clock jumped ahead: all waits keep their length");
            self.desk.shift(by);
            self.record_house(now, vec![HouseEvent::ClockStepped { by_ms: by.num_milliseconds() }]);
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

    fn has_stopped(&self) -> bool {
        let nothing_left = self.courier.outbox.on_their_way() == 0;
        self.stopping.as_ref().is_some_and(|stopping| nothing_left || self.keeper.logical() >= stopping.until)
    }

    fn end(self) {
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

/// Pages that a provider has not taken over, and that somebody still needs.
fn unsent_pages(incident: &Incident) -> Vec<PageId> {
    let pages = incident.tracks.iter().flat_map(|track| track.pages.iter().map(move |page| (track, page)));
    let unsent = pages.filter(|(track, page)| !page.pending.is_empty() && !incident.is_moot(track, page));
    unsent.map(|(_, page)| PageId { incident: incident.id, number: page.number }).collect()
}

async fn rest(pause: Option<Duration>) {
    match pause {
        Some(pause) => tokio::time::sleep(pause).await,
        None => std::future::pending().await,
    }
}
