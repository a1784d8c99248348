//! The loop.

use std::time::Duration;

use tokio::sync::mpsc;

use crate::domain::escalation::input::Input;
use crate::domain::id::PageId;
use crate::domain::instant::Now;
use crate::engine::apply::External;
use crate::engine::memory_stats::MemoryStats;
use crate::engine::parts::health::unsent_pages;
use crate::engine::parts::internal::{Addressed, Internal};
use crate::engine::protocol::command::Command;
use crate::engine::protocol::readiness::{Part, Report};
use crate::engine::protocol::request::Request;
use crate::engine::state::{Setup, State};
use crate::journal::record::SystemEvent;

/// The most inputs in one batch.
const BATCH_MAX: usize = 1_024;

/// The retry interval while the journal cannot be written.
const RECORD_AGAIN: Duration = Duration::from_secs(1);

/// The polling interval for a delayed write, so that its callers are answered soon after it finishes.
const LOOK_AT_LATE: Duration = Duration::from_millis(50);

/// The engine's loop, with its state and inputs.
pub struct Engine {
    state: State,
    requests: mpsc::Receiver<Request>,
    outcomes: mpsc::UnboundedReceiver<Internal>,
    /// Inputs for the next turn.
    ended: Vec<Internal>,
    asked: Vec<Request>,
    left: Vec<External>,
}

impl Engine {
    /// An engine with the recovered state that has not acted on it yet.
    pub fn new(setup: Setup, requests: mpsc::Receiver<Request>) -> Self {
        let (sender, outcomes) = mpsc::unbounded_channel();
        let state = State::new(setup, sender);
        Self { state, requests, outcomes, ended: Vec::new(), asked: Vec::new(), left: Vec::new() }
    }

    /// Runs until it is told to stop or all handles are dropped.
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

    /// Resumes what the previous process left. Call this before the first [`turn`](Self::turn).
    pub fn begin(&mut self) {
        let state = &mut self.state;
        let version = env!("CARGO_PKG_VERSION").to_owned();
        let now = state.read_clocks();
        state.record_system_events(now, vec![SystemEvent::Started { version }]);
        state.record_plan();
        let unsent = state.open.all().flat_map(unsent_pages).count();
        tracing::info!(open = state.open.len(), unsent, "the engine has started");
        // Overdue work comes first.
        let mut internal = vec![Internal::Timeouts];
        internal.append(&mut state.noticed);
        state.apply(internal, Vec::new());
        state.shared.report(Part::Start, Report::well());
    }

    /// Waits until there is something to do; false once all handles are dropped.
    async fn wait(&mut self) -> bool {
        let pause = self.pause().into_iter().chain(self.state.look_at_clocks()).min();
        let room = BATCH_MAX.saturating_sub(self.left.len());
        tokio::select! {
            biased;
            Some(ended) = self.outcomes.recv() => self.ended.push(ended),
            count = self.requests.recv_many(&mut self.asked, room), if room > 0 => return count > 0,
            () = rest(pause) => {}
        }
        true
    }

    /// Does all pending work as one batch, without waiting for more.
    pub fn turn(&mut self) {
        while self.ended.len() < BATCH_MAX
            && let Ok(one) = self.outcomes.try_recv()
        {
            self.ended.push(one);
        }
        while self.asked.len() + self.left.len() < BATCH_MAX
            && let Ok(request) = self.requests.try_recv()
        {
            self.asked.push(request);
        }
        let recorded_late = self.state.settle_late();
        let external = self.take_asked();
        let mut internal = self.take_ended();
        let issue_link = |page: PageId| Addressed::Incident(page.incident, Input::IssueLink { page: page.number });
        internal.extend(self.state.dispatcher.without_link().map(issue_link).map(Internal::To));
        // A source that was heard just now is not silent.
        internal.append(&mut self.state.noticed);
        internal.push(Internal::Timeouts);
        // A delayed external batch was recorded after later events.
        let recorded_late = recorded_late.into_iter().map(|id| Addressed::Incident(id, Input::Timeout));
        internal.extend(recorded_late.map(Internal::To));
        self.left = self.state.apply(internal, external);
        self.state.test_requests.answer(self.state.recorder.failing());
    }

    /// The external inputs of the batch; control requests are handled immediately.
    fn take_asked(&mut self) -> Vec<External> {
        let mut external = std::mem::take(&mut self.left);
        for request in std::mem::take(&mut self.asked) {
            match request {
                Request::Control(control) => self.state.control(control),
                Request::Query(query) => external.push(External::Query(query)),
                Request::Command(command) => {
                    if let Command::Open { source, .. } = &command {
                        self.state.note_heard(source);
                    }
                    external.push(External::Command(command));
                }
            }
        }
        external
    }

    /// The finished attempts that need a decision. What this batch has no time for is left for the next.
    fn take_ended(&mut self) -> Vec<Internal> {
        let mut internal = Vec::new();
        for mut end in std::mem::take(&mut self.ended) {
            self.state.note_end(&end);
            if let Internal::Sent(sent) | Internal::SentRest(sent) = &mut end {
                self.ended.extend(sent.split_off().map(Internal::SentRest));
            }
            internal.push(end);
        }
        internal
    }

    /// How long the engine may sleep without requests or outcomes; `None` if nothing is due.
    pub fn pause(&self) -> Option<Duration> {
        let state = &self.state;
        let is_left = !self.ended.is_empty() || !self.asked.is_empty() || !self.left.is_empty();
        let is_left = is_left || !state.noticed.is_empty();
        if is_left || state.dispatcher.without_link().next().is_some() {
            return Some(Duration::ZERO);
        }
        let now = state.time.read_without_step();
        let both = Now { logical: now, wall: state.time.wall() };
        let timeouts = state.open.next_timeout().into_iter().chain(state.aggregates.next_timeout(both));
        let timeouts = timeouts.chain(state.dispatcher.queue.next_timeout());
        let timeouts = timeouts.chain(state.dispatcher.access_timeout());
        let due = timeouts.min().filter(|_| state.shutdown.is_none());
        let stop = state.shutdown.as_ref().map(|shutdown| shutdown.until());
        let next = due.into_iter().chain(stop).min();
        let until_next = next.map(|at| (at - now).to_std().unwrap_or_default().max(Duration::from_millis(1)));
        let again = state.recorder.is_failing().then_some(RECORD_AGAIN);
        let late = state.recorder.is_late().then_some(LOOK_AT_LATE);
        until_next.into_iter().chain(again).chain(late).min()
    }

    /// Whether it was told to stop and has finished.
    pub fn has_stopped(&self) -> bool {
        let Self { state, ended, .. } = self;
        let is_done = state.dispatcher.queue.on_their_way() == 0 && ended.is_empty() && !state.recorder.is_late();
        state.shutdown.as_ref().is_some_and(|shutdown| is_done || state.time.logical() >= shutdown.until())
    }

    /// Closes the store and answers callers waiting for the shutdown.
    pub fn end(self) {
        let state = self.state;
        state.store.close();
        let on_their_way = state.dispatcher.queue.on_their_way();
        tracing::info!(open = state.open.len(), on_their_way, "the engine has ended");
        if let Some(shutdown) = state.shutdown {
            shutdown.answer();
        }
    }

    /// The engine's current memory use.
    pub fn memory(&self) -> MemoryStats {
        MemoryStats::of(&self.state)
    }
}

async fn rest(pause: Option<Duration>) {
    match pause {
        Some(pause) => tokio::time::sleep(pause).await,
        None => std::future::pending().await,
    }
}
