//! The sessions that live, for everybody who asks: readers wait for no one.

use std::collections::{BTreeMap, HashMap};

use crate::domain::digest::Digest;
use crate::domain::person_id::PersonId;
use crate::domain::session::{PersonSessions, Session};

/// All live sessions, by the hash of their secret. Everything in it is durable.
#[derive(Debug, Default)]
pub struct SessionTable(HashMap<Digest, LiveSession>);

#[derive(Debug, Clone)]
pub struct LiveSession {
    pub person: PersonId,
    pub session: Session,
}

impl SessionTable {
    pub fn of(people: &BTreeMap<PersonId, PersonSessions>) -> Self {
        let live = people.iter().flat_map(|(person, sessions)| {
            sessions
                .all()
                .map(move |(id, session)| (*id, LiveSession { person: person.clone(), session: session.clone() }))
        });
        Self(live.collect())
    }

    pub fn get(&self, session: &Digest) -> Option<&LiveSession> {
        self.0.get(session)
    }

    pub fn all(&self) -> impl Iterator<Item = (&Digest, &LiveSession)> {
        self.0.iter()
    }
}
