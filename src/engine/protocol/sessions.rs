//! The sessions that live, for everybody who asks: readers wait for no one.

use std::collections::{BTreeMap, HashMap};

use crate::domain::digest::Digest;
use crate::domain::person_id::PersonId;
use crate::domain::session::{EmergencyCode, PersonSessions, Session};

/// All live sessions, by the hash of their secret, and the emergency codes that were not used yet. Everything in it is durable.
#[derive(Debug, Default)]
pub struct SessionTable {
    live: HashMap<Digest, LiveSession>,
    emergency_codes: BTreeMap<PersonId, EmergencyCode>,
}

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
        let codes = people.iter().filter_map(|(id, code)| Some((id.clone(), code.emergency_code()?.clone())));
        Self { live: live.collect(), emergency_codes: codes.collect() }
    }

    pub fn get(&self, session: &Digest) -> Option<&LiveSession> {
        self.live.get(session)
    }

    pub fn all(&self) -> impl Iterator<Item = (&Digest, &LiveSession)> {
        self.live.iter()
    }

    /// An emergency code that was not used yet.
    pub fn emergency_code(&self, id: &PersonId) -> Option<&EmergencyCode> {
        self.emergency_codes.get(id)
    }

    /// All that were not used yet.
    pub fn emergency_codes(&self) -> impl Iterator<Item = (&PersonId, &EmergencyCode)> {
        self.emergency_codes.iter()
    }
}
