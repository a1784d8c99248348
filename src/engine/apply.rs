//! Applies one batch of work: decide, record, carry out.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::domain::aggregate::Aggregate;
use crate::domain::id::IncidentId;
use crate::domain::instant::Now;
use crate::domain::person_id::PersonId;
use crate::domain::plan::Plan;
use crate::domain::session::PersonSessions;
use crate::engine::batch::changes::{Changes, Decided};
use crate::engine::batch::late::Late;
use crate::engine::batch::pending::PendingBatch;
use crate::engine::batch::purge;
use crate::engine::batch::sending::Sending;
use crate::engine::log;
use crate::engine::metrics::record_counts;
use crate::engine::parts::internal::{Internal, Sent};
use crate::engine::parts::last_resort;
use crate::engine::parts::recent::UNRECORDED;
use crate::engine::parts::recorder::{Batch, Unrecorded};
use crate::engine::parts::send_queue::message::Ended;
use crate::engine::parts::source_watches;
use crate::engine::parts::writer::Recorded;
use crate::engine::protocol::command::Command;
use crate::engine::protocol::link::LinkPress;
use crate::engine::protocol::query::Query;
use crate::engine::protocol::readiness::Part;
use crate::engine::protocol::refused::Refused;
use crate::engine::protocol::sessions::SessionTable;
use crate::engine::state::State;
use crate::journal::record::{Entry, Fact, SystemEvent};
use crate::store;

/// A batch takes no more external requests once deciding has taken this long, so that steps stay on time; the rest
/// waits for the next batch.
const DECIDED_WITHIN: Duration = Duration::from_millis(100);

/// Clock changes of at least this much are recorded, so that a restart shortens no timeout by more.
const AHEAD_RECORDED: chrono::TimeDelta = chrono::TimeDelta::milliseconds(100);

pub enum External {
    Command(Command),
    Query(Query),
}

impl State {
    /// One batch: decide, record, change the open incidents, then send and answer. Internal inputs come first, so that
    /// they do not depend on external ones. Returns what there was no time for.
    pub fn apply(&mut self, internal: Vec<Internal>, external: Vec<External>) -> Vec<External> {
        let now = self.read_clocks();
        internal.iter().for_each(|input| self.make_room(now, input));
        let (Decided { mut internal, mut external }, left) = self.decide(now, internal, external);
        if internal.entries.is_empty() && external.entries.is_empty() && !self.recorder.is_failing() {
            self.commit(now, internal.followed_by(external), None);
            return left;
        }
        let (started, is_late) = (self.time.stopwatch(), self.recorder.is_late());
        let entries = Batch {
            internal: std::mem::take(&mut internal.entries),
            external: std::mem::take(&mut external.entries),
            purged: external.purged.clone(),
        };
        if let Some(late) = &mut self.late {
            late.follow(&entries.internal);
        }
        let result = self.recorder.record(now, entries);
        if !is_late {
            self.metrics.appended(self.time.since(started));
        }
        // Before the answers, so that a refused caller finds the reason in `/readyz`.
        self.report_journal();
        match result {
            Ok(recorded) => self.commit(now, internal.followed_by(external), Some(recorded)),
            Err(unrecorded) => self.go_on_unrecorded(now, internal, external, &unrecorded),
        }
        left
    }

    /// Reads the clocks. If the wall clock jumped ahead, all deadlines move with it, and the jump is recorded.
    pub fn read_clocks(&mut self) -> Now {
        let (now, step) = self.time.read();
        if let Some(by) = step {
            tracing::warn!(by_ms = by.num_milliseconds(), "the system clock jumped ahead; timeouts are not affected");
            self.open.shift(by);
            self.dispatcher.queue.shift(by);
            self.dispatcher.access.shift(by);
            self.aggregates.shift(by);
            if let Some(late) = &mut self.late {
                late.shift(by);
            }
            if let Some(shutdown) = &mut self.shutdown {
                shutdown.shift(by);
            }
            self.publish_sessions();
            self.shared.set_logical_at_zero(self.time.at_zero());
            self.record_system_events(now, vec![SystemEvent::ClockStepped { by_ms: by.num_milliseconds() }]);
        }
        let ahead = self.time.ahead();
        if (ahead - self.recorded_ahead).abs() >= AHEAD_RECORDED {
            self.recorded_ahead = ahead;
            tracing::warn!(ahead_ms = ahead.num_milliseconds(), "the system clock was set; timeouts are not affected");
            self.record_system_events(now, vec![SystemEvent::ClockSetBack { ahead_ms: ahead.num_milliseconds() }]);
        }
        now
    }

    pub fn record_plan(&mut self) {
        let now = self.read_clocks();
        let Plan { files, texts, .. } = &*self.plan;
        for events in self.plans.events(files, texts) {
            self.record_system_events(now, events);
        }
    }

    /// Records what happened to the daemon itself; what cannot be recorded now is kept until it can be.
    pub fn record_system_events(&mut self, now: Now, events: Vec<SystemEvent>) {
        let internal = events.into_iter().map(|event| Entry { at: now.logical, fact: Fact::System(event) }).collect();
        if let Ok(recorded) = self.recorder.record(now, Batch { internal, ..Batch::default() }) {
            self.publish(recorded);
        }
        self.report_journal();
    }

    /// Checks whether the delayed batch has finished, and carries out or drops its external part. Returns the incidents
    /// that changed, whose pending pages may have to be withdrawn.
    pub fn settle_late(&mut self) -> Vec<IncidentId> {
        if !self.recorder.is_late() {
            return Vec::new();
        }
        // First, so that a step of the clock moves what is late, too.
        let now = self.read_clocks();
        let Some(ended) = self.recorder.late_end() else { return Vec::new() };
        let mut changes = self.late.take().map(Late::into_changes).unwrap_or_default();
        let mut changed = Vec::new();
        if let Ok(recorded) = ended {
            for (id, incident) in &mut changes.touched {
                if let Some(live) = self.open.incident(*id) {
                    incident.keep_flights_of(live);
                }
            }
            tracing::warn!(records = recorded.records.len(), "the delayed write was recorded");
            changed.clone_from(&changes.order);
            self.commit(now, changes, Some(recorded));
        } else {
            tracing::warn!("the delayed write failed: requests that were waiting for it were not carried out");
        }
        self.report_journal();
        changed
    }

    /// Hands what is durable to the store and the log.
    pub fn publish(&mut self, recorded: Recorded) {
        for record in &recorded.records {
            let (open, closed) = match &record.entry.fact {
                Fact::Incident(id, _) => (self.open.incident(*id), self.open.recent.closed(*id)),
                _ => (None, None),
            };
            log::record(record, open.or(closed), &mut self.durations);
            record_counts::count(&self.metrics, record, open);
        }
        self.metrics.set_open(self.open.unresolved());
        self.metrics.set_outbox_waiting(self.dispatcher.queue.waiting());
        let seq = self.recorder.last_seq();
        if self.recorder.unrecorded() == 0 {
            self.open.recent.recorded(seq);
        }
        self.store.apply(store::batch::Batch { written: recorded.written, records: recorded.records });
        self.open.recent.forget(self.store.applied());
        self.shared.set_recorded(seq);
        self.metrics.set_last_seq(seq);
    }

    /// Decides a batch; what there was no time for comes back.
    fn decide(&self, now: Now, internal: Vec<Internal>, external: Vec<External>) -> (Decided, Vec<External>) {
        let started = self.time.stopwatch();
        let mut batch = PendingBatch::new(self.context(now));
        internal.into_iter().for_each(|input| batch.internal(input));
        batch.begin_external();
        let mut external = external.into_iter();
        for request in external.by_ref() {
            match request {
                External::Query(query) => batch.query(query),
                // A request whose caller was told "not recorded" must not be carried out later.
                External::Command(command) if !command.take() => {}
                External::Command(command) if self.recorder.is_late() => self.refuse_while_late(command),
                External::Command(command) => batch.command(command),
            }
            if self.time.since(started) > DECIDED_WITHIN {
                break;
            }
        }
        (batch.finish(), external.collect())
    }

    /// The journal cannot be written: external requests are refused, and paging of open incidents continues.
    fn go_on_unrecorded(&mut self, now: Now, internal: Changes, mut external: Changes, unrecorded: &Unrecorded) {
        let answers = std::mem::take(&mut external.answers);
        self.commit(now, internal, None);
        match unrecorded {
            Unrecorded::Never(reason) => answers.into_iter().for_each(|answer| answer.refuse(reason)),
            Unrecorded::PerhapsAfterACrash(reason) | Unrecorded::Late(reason) => {
                answers.into_iter().for_each(|answer| answer.leave_open(reason));
            }
        }
        if matches!(unrecorded, Unrecorded::Late(_)) {
            self.hold(external);
        }
    }

    fn commit(&mut self, now: Now, mut changes: Changes, recorded: Option<Recorded>) {
        if let Some(reason) = recorded.as_ref().and_then(|recorded| recorded.unpurged.as_deref()) {
            purge::not_yet(&mut changes, reason);
        }
        let seq = recorded.as_ref().and_then(|recorded| recorded.written.last()).map(|written| written.seq);
        self.remember(now, &mut changes, seq.unwrap_or(UNRECORDED));
        let mut touched = changes.touched;
        for id in &changes.order {
            let Some(mut incident) = touched.remove(id) else { continue };
            log::names_not_kept(self.open.incident(*id), &incident);
            if self.shutdown.is_none() {
                for dispatch in incident.take_due(now.logical) {
                    self.dispatcher.queue.push(dispatch, now.logical, self.plan.bundling);
                }
            }
            self.dispatcher.forget_tokens(&incident);
            if incident.resolved.is_some() {
                let watch = source_watches::resolved(&self.aggregates.source_watches, *id, now.logical);
                self.noticed.extend(watch.map(Internal::To));
            }
            if incident.is_settled() {
                self.open.recent.add_closed(incident.clone(), seq.unwrap_or(UNRECORDED));
            }
            self.open.put(incident);
        }
        self.shared.report(Part::LastResort, last_resort::report(&self.open));
        self.send(now);
        if seq.is_some() {
            // Before the answers, so that a caller's next query sees what was recorded.
            self.shared.set_recorded(self.recorder.last_seq());
        }
        changes.answers.into_iter().for_each(|answer| answer.send());
        if let Some(recorded) = recorded {
            self.publish(recorded);
        }
    }

    /// Takes in what is looked up, until the store has the journal up to `seq`.
    fn remember(&mut self, now: Now, changes: &mut Changes, seq: u64) {
        for (hash, target) in std::mem::take(&mut changes.links) {
            self.open.recent.add_link(hash, target, seq);
        }
        for ((source, event_id), receipt) in std::mem::take(&mut changes.receipts) {
            self.open.recent.add_receipt(source, event_id, receipt, seq);
        }
        for (hash, playbook) in std::mem::take(&mut changes.pinned) {
            self.open.pin(hash, playbook);
        }
        for (page, token) in std::mem::take(&mut changes.tokens) {
            self.dispatcher.add_token(page, token);
        }
        let mut aggregates = std::mem::take(&mut changes.aggregates);
        if self.shutdown.is_none() {
            for test in aggregates.channel_tests.values_mut() {
                test.take_due(now.logical).into_iter().for_each(|attempt| self.dispatcher.start_test(attempt));
            }
        }
        let people = std::mem::take(&mut aggregates.people);
        self.aggregates.put_all(aggregates);
        self.take_people(people);
    }

    /// Publishes the sessions if there are others than before.
    fn take_people(&mut self, people: BTreeMap<PersonId, PersonSessions>) {
        let known = &self.aggregates.people;
        let same = |(id, person): (&PersonId, &PersonSessions)| match known.get(id) {
            Some(before) => before.lets_in_the_same(person),
            None => !person.lives(),
        };
        let is_same = people.iter().all(same);
        self.aggregates.people.extend(people);
        if !is_same {
            self.aggregates.forget_absent();
            self.publish_sessions();
        }
    }

    fn publish_sessions(&self) {
        self.shared.sessions.store(Arc::new(SessionTable::of(&self.aggregates.people)));
    }

    /// Starts as many messages as may go.
    fn send(&mut self, now: Now) {
        let Self { plan, public_url, open, dispatcher, recorder, .. } = self;
        Sending { now, plan, public_url, open, dispatcher, last_seq: recorder.last_seq() }.send();
        if self.shutdown.is_none() {
            self.dispatcher.send_access_mail(now.logical);
        }
    }

    fn make_room(&mut self, now: Now, input: &Internal) {
        if let Internal::Sent(Sent { message, outcome, .. }) = input {
            self.dispatcher.queue.end(message, Ended::from(outcome), now.logical, self.plan.bundling);
        }
    }

    /// Holds the external part of a delayed batch. Later pages get other numbers.
    fn hold(&mut self, changes: Changes) {
        for (id, after) in &changes.touched {
            self.open.touch(*id, |live| live.pages_made = live.pages_made.max(after.pages_made));
        }
        self.late = Some(Late::new(changes));
    }

    /// Refuses what cannot be recorded while a batch is delayed, or answers "not known yet" if that batch may already
    /// contain it.
    fn refuse_while_late(&self, command: Command) {
        let incidents = match &command {
            Command::Act { incident, .. } | Command::Purge { incident, .. } => vec![*incident],
            Command::Press { press, .. } => self.incidents_of(press),
            Command::Open { .. } | Command::Session { .. } => Vec::new(),
        };
        let is_known = !self.late.as_ref().is_some_and(|late| late.may_have_done(&command, &incidents));
        let reason = self.recorder.failing().unwrap_or_default();
        command.refuse(if is_known { Refused::CannotRecord(reason.to_owned()) } else { Refused::NotKnownYet });
    }

    /// What a press may change.
    fn incidents_of(&self, press: &LinkPress) -> Vec<IncidentId> {
        let link = &press.query.link;
        let recent = self.open.recent.link(link).cloned();
        let own = recent.or_else(|| self.store.link(link).ok().flatten()).map(|target| target.incident);
        let named = press.pages.iter().chain(&press.query.page).map(|page| page.incident);
        named.chain(own).collect()
    }
}
