//! One batch of work: what is due and what is asked for, decided, recorded, and carried out.

use std::time::Duration;

use crate::domain::instant::Now;
use crate::engine::desk::UNRECORDED;
use crate::engine::draft::{Changes, Decided, Draft, Ground};
use crate::engine::outbox::Ended;
use crate::engine::recorder::{Batch, Unrecorded};
use crate::engine::request::Request;
use crate::engine::run::Engine;
use crate::engine::work::{Inside, Sent};
use crate::engine::writer::Recorded;
use crate::engine::{log, purge, tally};
use crate::journal::record::Fact;
use crate::store;

/// A batch takes in no more from outside once deciding has taken this long: steps come within a second of their time
/// whatever is asked, and the rest waits for the next batch.
const DECIDED_WITHIN: Duration = Duration::from_millis(100);

impl Engine {
    /// One batch: decide, record, change the desk, then send and answer. What the daemon itself brings comes first, so that
    /// it stands whatever becomes of the rest.
    pub(in crate::engine) fn apply(&mut self, inside: Vec<Inside>, asked: Vec<Request>) {
        let now = self.read_clocks();
        inside.iter().for_each(|work| self.make_room(now, work));
        let (Decided { mut inside, mut outside }, waiting) = self.decide(now, inside, asked);
        self.asked = waiting;
        if inside.entries.is_empty() && outside.entries.is_empty() && !self.recorder.is_failing() {
            self.commit(now, inside.followed_by(outside), None);
            return;
        }
        let (started, is_late) = (self.keeper.stopwatch(), self.recorder.is_late());
        let entries = Batch {
            inside: std::mem::take(&mut inside.entries),
            outside: std::mem::take(&mut outside.entries),
            purged: outside.purged.clone(),
        };
        self.late.iter_mut().for_each(|late| late.follow(&entries.inside));
        let result = self.recorder.record(now, entries);
        if !is_late {
            self.metrics.appended(self.keeper.since(started));
        }
        // Before the answers, so that whoever was refused finds the reason.
        self.tell_readiness();
        match result {
            Ok(recorded) => self.commit(now, inside.followed_by(outside), Some(recorded)),
            Err(unrecorded) => self.go_on_unrecorded(now, inside, outside, &unrecorded),
        }
    }

    /// Decides upon a batch; what there was no time for comes back.
    fn decide(&self, now: Now, inside: Vec<Inside>, asked: Vec<Request>) -> (Decided, Vec<Request>) {
        let started = self.keeper.stopwatch();
        let mut draft = Draft::new(self.ground(now));
        inside.into_iter().for_each(|work| draft.inside(work));
        draft.begin_outside();
        let mut asked = asked.into_iter();
        for request in asked.by_ref() {
            // Whoever was told that nothing was recorded must not be obeyed later.
            match request.take() {
                false => {}
                true if self.recorder.is_late() && request.is_change() => self.refuse_while_late(request),
                true => draft.outside(request),
            }
            if self.keeper.since(started) > DECIDED_WITHIN {
                break;
            }
        }
        (draft.finish(), asked.collect())
    }

    /// The journal cannot be written: what comes from outside is not carried out, and what is known goes on being paged.
    fn go_on_unrecorded(&mut self, now: Now, inside: Changes, mut outside: Changes, unrecorded: &Unrecorded) {
        let answers = std::mem::take(&mut outside.answers);
        self.commit(now, inside, None);
        match unrecorded {
            Unrecorded::Never(reason) => answers.into_iter().for_each(|answer| answer.refuse(reason)),
            Unrecorded::PerhapsAfterACrash(reason) | Unrecorded::Late(reason) => {
                answers.into_iter().for_each(|answer| answer.leave_open(reason));
            }
        }
        if matches!(unrecorded, Unrecorded::Late(_)) {
            self.hold(outside);
        }
    }

    pub(in crate::engine) fn commit(&mut self, now: Now, mut changes: Changes, recorded: Option<Recorded>) {
        if let Some(reason) = recorded.as_ref().and_then(|recorded| recorded.unpurged.as_deref()) {
            purge::not_yet(&mut changes, reason);
        }
        let seq = recorded.as_ref().and_then(|recorded| recorded.written.last()).map(|written| written.seq);
        let recent = &mut self.desk.recent;
        changes.links.into_iter().for_each(|(hash, target)| recent.add_link(hash, target, seq.unwrap_or(UNRECORDED)));
        for ((source, event_id), receipt) in changes.receipts {
            recent.add_receipt(source, event_id, receipt, seq.unwrap_or(UNRECORDED));
        }
        changes.pinned.into_iter().for_each(|(hash, playbook)| self.desk.pin(hash, playbook));
        changes.tokens.into_iter().for_each(|(page, token)| self.courier.add_token(page, token));
        changes.silent.iter().for_each(|(source, incident)| self.silence.tell(source, *incident));
        let mut touched = changes.touched;
        for id in &changes.order {
            let Some(mut incident) = touched.remove(id) else { continue };
            log::names_not_kept(self.desk.incident(*id), &incident);
            if self.stopping.is_none() {
                for dispatch in incident.take_due(now.logical) {
                    self.courier.outbox.push(dispatch, now.logical, self.plan.bundling);
                }
            }
            self.courier.forget_tokens(&incident);
            if incident.resolved.is_some() {
                self.silence.closed(*id, now.logical);
            }
            if incident.is_settled() {
                self.desk.recent.add_closed(incident.clone(), seq.unwrap_or(UNRECORDED));
            }
            self.desk.put(incident);
        }
        self.report_last_resort();
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
    pub(in crate::engine) fn publish(&mut self, recorded: Recorded) {
        for record in &recorded.records {
            let (open, closed) = match &record.entry.fact {
                Fact::Incident(id, _) => (self.desk.incident(*id), self.desk.recent.closed(*id)),
                Fact::House(_) => (None, None),
            };
            log::record(record, open.or(closed), &mut self.durations);
            tally::count(&self.metrics, record, open);
        }
        self.metrics.set_open(self.desk.len());
        self.metrics.set_outbox_waiting(self.courier.outbox.waiting());
        let seq = self.recorder.last_seq();
        if self.recorder.unrecorded() == 0 {
            self.desk.recent.recorded(seq);
        }
        self.store.apply(store::batch::Batch { written: recorded.written, records: recorded.records });
        self.desk.recent.forget(self.store.applied());
        self.shared.set_recorded(seq);
        self.metrics.set_last_seq(seq);
    }

    fn make_room(&mut self, now: Now, work: &Inside) {
        if let Inside::Sent(Sent { message, outcome, .. }) = work {
            self.courier.outbox.end(message, Ended::from(outcome), now.logical, self.plan.bundling);
        }
    }

    fn ground(&self, now: Now) -> Ground<'_> {
        let Self { desk, store, plan, silence, random, .. } = self;
        Ground { desk, store, plan, silence, now, random }
    }
}
