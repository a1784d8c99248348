//! The aggregates other than incidents, by kind and id.
//!
//! A new kind has a field and an [`AggregateKind`] here, an arm in [`Fact`] and in [`Snapshot`], and a `Routed` in the
//! engine. Recording, replay, the store, checkpoints and timeouts then know it.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::aggregate::Aggregate;
use crate::domain::channel_test::{ChannelTest, ChannelTestEvent};
use crate::domain::contact::ChannelKind;
use crate::domain::id::SourceName;
use crate::domain::instant::Now;
use crate::domain::person_id::PersonId;
use crate::domain::session::{PersonSessions, SessionEvent};
use crate::domain::source_watch::{SourceWatch, SourceWatchEvent};
use crate::journal::record::{Fact, SystemEvent};
use crate::journal::snapshot::Snapshot;

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Aggregates {
    pub source_watches: BTreeMap<SourceName, SourceWatch>,
    pub channel_tests: BTreeMap<ChannelKind, ChannelTest>,
    pub people: BTreeMap<PersonId, PersonSessions>,
}

/// A kind of aggregate whose states are all in memory. Before its first event, it has its default state.
pub trait AggregateKind: Aggregate + Default {
    fn all_of(aggregates: &Aggregates) -> &BTreeMap<Self::Id, Self>;

    fn all_of_mut(aggregates: &mut Aggregates) -> &mut BTreeMap<Self::Id, Self>;

    /// What is recorded of an event.
    fn fact(id: Self::Id, event: Self::Event) -> Fact;

    /// The ids of those that have a timeout now.
    fn due(aggregates: &Aggregates, now: Now) -> Vec<Self::Id> {
        let is_due = |one: &Self| one.next_timeout(now).is_some_and(|at| at <= now.logical);
        let due = Self::all_of(aggregates).iter().filter(|(_, one)| is_due(one));
        due.map(|(id, _)| id.clone()).collect()
    }
}

impl AggregateKind for SourceWatch {
    fn all_of(aggregates: &Aggregates) -> &BTreeMap<SourceName, Self> {
        &aggregates.source_watches
    }

    fn all_of_mut(aggregates: &mut Aggregates) -> &mut BTreeMap<SourceName, Self> {
        &mut aggregates.source_watches
    }

    fn fact(id: SourceName, event: SourceWatchEvent) -> Fact {
        Fact::SourceWatch(id, event)
    }
}

impl AggregateKind for ChannelTest {
    fn all_of(aggregates: &Aggregates) -> &BTreeMap<ChannelKind, Self> {
        &aggregates.channel_tests
    }

    fn all_of_mut(aggregates: &mut Aggregates) -> &mut BTreeMap<ChannelKind, Self> {
        &mut aggregates.channel_tests
    }

    fn fact(id: ChannelKind, event: ChannelTestEvent) -> Fact {
        Fact::ChannelTest(id, event)
    }
}

impl AggregateKind for PersonSessions {
    fn all_of(aggregates: &Aggregates) -> &BTreeMap<PersonId, Self> {
        &aggregates.people
    }

    fn all_of_mut(aggregates: &mut Aggregates) -> &mut BTreeMap<PersonId, Self> {
        &mut aggregates.people
    }

    fn fact(id: PersonId, event: SessionEvent) -> Fact {
        Fact::Person(id, event)
    }
}

impl Aggregates {
    /// The states at a checkpoint.
    pub fn restored(snapshots: Vec<Snapshot>) -> Self {
        let mut all = Self::default();
        snapshots.into_iter().for_each(|snapshot| all.restore(snapshot));
        all
    }

    pub fn restore(&mut self, snapshot: Snapshot) {
        match snapshot {
            Snapshot::SourceWatch { id, state } => drop(self.source_watches.insert(id, state)),
            Snapshot::ChannelTest { id, state } => drop(self.channel_tests.insert(id, state)),
            Snapshot::Person { id, state } => drop(self.people.insert(id, state)),
        }
    }

    /// The snapshots of all that live.
    pub fn snapshots(&self) -> Vec<Snapshot> {
        let watches = living(&self.source_watches).map(|(id, state)| Snapshot::SourceWatch { id, state });
        let tests = living(&self.channel_tests).map(|(id, state)| Snapshot::ChannelTest { id, state });
        let people = living(&self.people).map(|(id, state)| Snapshot::Person { id, state });
        watches.chain(tests).chain(people).collect()
    }

    /// Applies the next record.
    pub fn evolve(&mut self, at: DateTime<Utc>, fact: &Fact) {
        match fact {
            Fact::SourceWatch(id, event) => self.source_watches.entry(id.clone()).or_default().evolve(at, event),
            Fact::ChannelTest(id, event) => self.channel_tests.entry(*id).or_default().evolve(at, event),
            Fact::Person(id, event) => self.people.entry(id.clone()).or_default().evolve(at, event),
            Fact::System(SystemEvent::ClockStepped { by_ms }) => self.shift(TimeDelta::milliseconds(*by_ms)),
            Fact::System(_) | Fact::Incident(..) => {}
        }
    }

    /// Applies a record about an aggregate that is here.
    pub fn follow(&mut self, at: DateTime<Utc>, fact: &Fact) {
        let is_here = match fact {
            Fact::SourceWatch(id, _) => self.source_watches.contains_key(id),
            Fact::ChannelTest(id, _) => self.channel_tests.contains_key(id),
            Fact::Person(id, _) => self.people.contains_key(id),
            Fact::System(_) | Fact::Incident(..) => false,
        };
        if is_here {
            self.evolve(at, fact);
        }
    }

    /// Forgets people without a session, so that those who come and go do not fill the memory.
    pub fn forget_absent(&mut self) {
        self.people.retain(|_, person| person.lives());
    }

    /// Moves every deadline by a wall clock step.
    pub fn shift(&mut self, by: TimeDelta) {
        self.source_watches.values_mut().for_each(|one| one.shift(by));
        self.channel_tests.values_mut().for_each(|one| one.shift(by));
        self.people.values_mut().for_each(|one| one.shift(by));
    }

    /// The earliest timeout, in logical time.
    pub fn next_timeout(&self, now: Now) -> Option<DateTime<Utc>> {
        let watches = self.source_watches.values().filter_map(|one| one.next_timeout(now));
        let tests = self.channel_tests.values().filter_map(|one| one.next_timeout(now));
        let people = self.people.values().filter_map(|one| one.next_timeout(now));
        watches.chain(tests).chain(people).min()
    }

    /// Takes later states instead of earlier ones.
    pub fn put_all(&mut self, later: Self) {
        self.source_watches.extend(later.source_watches);
        self.channel_tests.extend(later.channel_tests);
        self.people.extend(later.people);
    }
}

fn living<A: Aggregate>(all: &BTreeMap<A::Id, A>) -> impl Iterator<Item = (A::Id, A)> {
    all.iter().filter(|(_, one)| one.lives()).map(|(id, one)| (id.clone(), one.clone()))
}
