//! One entry of the journal: what happened, to which incident or to the house as a whole.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::digest::Digest;
use crate::domain::escalation::event::Event;
use crate::domain::id::IncidentId;
use crate::domain::plan::PlanFile;
use crate::domain::playbook::Playbook;

/// One fact, before it has its place in the journal.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Logical time, to the millisecond; never before the entry that came before.
    pub at: DateTime<Utc>,
    /// What happened.
    pub fact: Fact,
}

/// What happened, and to what.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// To one incident.
    Incident(IncidentId, Event),
    /// To the house as a whole.
    House(HouseEvent),
}

/// What happened to the house as a whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum HouseEvent {
    /// The daemon started.
    Started {
        /// Its version.
        version: String,
    },
    /// Rosters and playbooks came into force, other ones than before.
    PlanLoaded {
        /// The files, each with the hash of its version.
        files: Vec<PlanFile>,
    },
    /// A version of a roster, playbook or ladders file that the record did not hold yet; a plan that names it follows.
    FileKept {
        /// Of its bytes; the plans name it by this.
        sha256: Digest,
        /// All of it, letter by letter.
        text: Box<str>,
    },
    /// An incident opened under a version of a playbook that the record did not hold yet.
    PlaybookPinned {
        /// Under which hash incidents refer to it.
        hash: Digest,
        /// The whole playbook.
        playbook: Box<Playbook>,
    },
    /// The wall clock jumped ahead; every deadline moved with it, so that waits kept their length.
    ClockStepped {
        /// By how many milliseconds.
        by_ms: i64,
    },
    /// The wall clock was set back, or forward again after that: waits go on by logical time, which is ahead of it now.
    ClockSetBack {
        /// By how many milliseconds logical time is ahead.
        ahead_ms: i64,
    },
    /// The journal could be written again after it could not.
    JournalRecovered {
        /// What had gone wrong.
        reason: String,
    },
}

/// One fact at its place in the journal.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Counts from 1 without a hole.
    pub seq: u64,
    /// The fact.
    pub entry: Entry,
}
