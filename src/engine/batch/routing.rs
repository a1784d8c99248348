//! Routes inputs and timeouts to aggregates by their kind, and their events to the record.

use crate::domain::aggregate::{Aggregate, Decision};
use crate::domain::channel_test::{ChannelTest, ChannelTestEvent, ChannelTestInput};
use crate::domain::contact::ChannelKind;
use crate::domain::escalation::input::Input;
use crate::domain::id::{IncidentId, SourceName};
use crate::domain::instant::Now;
use crate::domain::person_id::PersonId;
use crate::domain::session::{NoSession, PersonSessions, SessionEvent, SessionInput};
use crate::domain::source_watch::{SourceWatch, SourceWatchEvent, SourceWatchInput};
use crate::engine::batch::pending::PendingBatch;
use crate::engine::parts::internal::Addressed;
use crate::engine::protocol::refused::Refused;
use crate::journal::aggregates::AggregateKind;
use crate::journal::record::Entry;

/// What the engine adds to a kind of aggregate: what its timeouts and events mean for others.
pub trait Routed: AggregateKind + for<'a> Aggregate<Context<'a> = Now> {
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
            Addressed::Person(id, input) => self.route::<PersonSessions>(id, input),
        }
    }

    /// Gives every aggregate whose timeout has come its timeout.
    pub fn time_out(&mut self) {
        let due: Vec<IncidentId> = self.context.open.due(self.context.now.logical).collect();
        due.into_iter().for_each(|id| self.decide_internal(id, Input::Timeout));
        self.time_out_kind::<SourceWatch>();
        self.time_out_kind::<ChannelTest>();
        self.time_out_kind::<PersonSessions>();
    }

    /// What people ask for who sign in, or are signed in: all of it or nothing. Returns the number of events.
    pub fn sessions(&mut self, inputs: Vec<(PersonId, SessionInput)>) -> Result<usize, Refused> {
        let decide = |(person, input): (PersonId, SessionInput)| {
            let state = self.aggregate::<PersonSessions>(&person).cloned().unwrap_or_default();
            let decision = state.decide(&self.context.now, input).map_err(|NoSession| Refused::NoSession)?;
            Ok((person, decision))
        };
        let decisions = inputs.into_iter().map(decide).collect::<Result<Vec<_>, Refused>>()?;
        let count = decisions.iter().map(|(_, decision)| decision.events.len()).sum();
        decisions.into_iter().for_each(|(person, decision)| self.take_decision(person, decision));
        Ok(count)
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
        // Internal inputs are never refused; refusals answer people.
        if let Ok(decision) = state.decide(&now, input) {
            self.take_decision(id, decision);
        }
    }

    fn take_decision<A: Routed>(&mut self, id: A::Id, decision: Decision<A, A::Event>) {
        let at = self.context.now.logical;
        for event in decision.events {
            A::lead(&id, &event, self);
            self.changes.entries.push(Entry { at, fact: A::fact(id.clone(), event) });
        }
        A::all_of_mut(&mut self.changes.aggregates).insert(id, decision.after);
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

impl Routed for PersonSessions {
    fn timeout(&self, _id: &PersonId, _batch: &mut PendingBatch<'_>) -> SessionInput {
        SessionInput::Timeout
    }

    fn lead(_id: &PersonId, _event: &SessionEvent, _batch: &mut PendingBatch<'_>) {}
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
