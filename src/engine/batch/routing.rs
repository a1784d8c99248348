//! Routes inputs and timeouts to aggregates by their kind, and their events to the record.

use std::convert::Infallible;

use crate::domain::aggregate::{Aggregate, Decision};
use crate::domain::channel_test::{ChannelTest, ChannelTestEvent, ChannelTestInput};
use crate::domain::contact::ChannelKind;
use crate::domain::escalation::input::Input;
use crate::domain::id::{IncidentId, SourceName};
use crate::domain::instant::Now;
use crate::domain::source_watch::{SourceWatch, SourceWatchEvent, SourceWatchInput};
use crate::engine::batch::pending::PendingBatch;
use crate::engine::parts::internal::Addressed;
use crate::journal::aggregates::AggregateKind;
use crate::journal::record::Entry;

/// What the engine adds to a kind of aggregate: what its timeouts and events mean for others.
pub trait Routed: AggregateKind + for<'a> Aggregate<Context<'a> = Now, Refusal = Infallible> {
    /// The input of a timeout. What it needs from others, such as a new incident, is decided first.
    fn timeout(&self, id: &Self::Id, batch: &mut PendingBatch<'_>) -> Self::Input;

    /// Decides what an event means for others. That is recorded before the event: after a power cut in the middle of a
    /// batch it is repeated rather than lost.
    fn lead(id: &Self::Id, event: &Self::Event, batch: &mut PendingBatch<'_>);
}

impl PendingBatch<'_> {
    pub fn deliver(&mut self, to: Addressed) {
        match to {
            Addressed::Incident(id, input) => self.decide_internal(id, input),
            Addressed::SourceWatch(id, input) => self.route::<SourceWatch>(id, input),
            Addressed::ChannelTest(id, input) => self.route::<ChannelTest>(id, input),
        }
    }

    /// Gives every aggregate whose timeout has come its timeout.
    pub fn time_out(&mut self) {
        let due: Vec<IncidentId> = self.context.open.due(self.context.now.logical).collect();
        due.into_iter().for_each(|id| self.decide_internal(id, Input::Timeout));
        self.time_out_kind::<SourceWatch>();
        self.time_out_kind::<ChannelTest>();
    }

    fn time_out_kind<A: Routed>(&mut self) {
        for id in A::due(self.context.aggregates, self.context.now) {
            let Some(state) = self.aggregate::<A>(&id).cloned() else { continue };
            // An earlier input of this batch may have ended the wait.
            if state.next_timeout(self.context.now).is_some_and(|at| at <= self.context.now.logical) {
                let input = state.timeout(&id, self);
                self.route::<A>(id, input);
            }
        }
    }

    fn route<A: Routed>(&mut self, id: A::Id, input: A::Input) {
        let now = self.context.now;
        let Some(state) = self.aggregate::<A>(&id) else { return };
        let Ok(Decision { events, after }) = state.decide(&now, input);
        for event in events {
            A::lead(&id, &event, self);
            self.changes.entries.push(Entry { at: now.logical, fact: A::fact(id.clone(), event) });
        }
        A::all_of_mut(&mut self.changes.aggregates).insert(id, after);
    }
}

impl Routed for SourceWatch {
    fn timeout(&self, id: &SourceName, batch: &mut PendingBatch<'_>) -> SourceWatchInput {
        SourceWatchInput::Timeout { incident: self.report(id).and_then(|incoming| batch.raise(incoming)) }
    }

    fn lead(_id: &SourceName, event: &SourceWatchEvent, batch: &mut PendingBatch<'_>) {
        if let SourceWatchEvent::HeardAgain { incident } = event
            && batch.incident(*incident).is_some_and(|one| one.resolved.is_none() && !one.heard_again)
        {
            batch.decide_internal(*incident, Input::HeardAgain);
        }
    }
}

impl Routed for ChannelTest {
    fn timeout(&self, _id: &ChannelKind, _batch: &mut PendingBatch<'_>) -> ChannelTestInput {
        ChannelTestInput::Timeout
    }

    fn lead(id: &ChannelKind, event: &ChannelTestEvent, batch: &mut PendingBatch<'_>) {
        if let Some(incoming) = event.report(*id) {
            // Without a matching playbook this is refused, and only metrics show the failure.
            let _reported = batch.raise(incoming);
        }
    }
}
