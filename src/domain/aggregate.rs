//! The port of everything that has a recorded state of its own: incidents, the watch of a source, the test of a channel.
//!
//! An aggregate is pure. The engine gives it inputs and timeouts, records the events that it decides on, and hands it
//! nothing else; a replay applies the same events and reaches the same state, with neither plan nor clock. The state may
//! also have parts that only the running process knows, such as attempts in flight: they are in no snapshot, and the
//! engine gives them back with inputs after a start.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::instant::Now;

/// What an input leads to.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision<State, Event> {
    /// What happened. Record it before anyone learns of it.
    pub events: Vec<Event>,
    /// The state after those events.
    pub after: State,
}

pub trait Aggregate: Clone {
    /// Identifies one of its kind.
    type Id: Clone + Ord;
    /// Everything that a decision may depend on, apart from the state itself.
    type Context<'a>;
    /// What somebody wants or what was noticed. New ids and random bits come in with it.
    type Input;
    /// What happened, in the past tense. Its serialized words must not change.
    type Event;
    /// Why an input is refused.
    type Refusal;

    /// Decides on an input.
    ///
    /// # Errors
    ///
    /// Nothing has changed in that case.
    fn decide(
        &self,
        context: &Self::Context<'_>,
        input: Self::Input,
    ) -> Result<Decision<Self, Self::Event>, Self::Refusal>;

    /// Applies an event that happened at logical time `at`.
    fn evolve(&mut self, at: DateTime<Utc>, event: &Self::Event);

    /// When to give it a timeout, in logical time. `now` tells what is scheduled on the wall clock. A timeout that comes
    /// too early has no effect.
    fn next_timeout(&self, now: Now) -> Option<DateTime<Utc>>;

    /// Moves every deadline by a wall clock step, so that waits keep their length.
    fn shift(&mut self, by: TimeDelta);

    /// Whether a later decision may need what the record says of it. If so, pruning keeps it: a checkpoint carries its
    /// snapshot, except that an open incident keeps all of its records.
    fn lives(&self) -> bool;
}
