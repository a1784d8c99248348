//! One entry of the journal: what happened to an incident or to the system.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::channel_test::ChannelTestEvent;
use crate::domain::contact::ChannelKind;
use crate::domain::digest::Digest;
use crate::domain::escalation::event::Event;
use crate::domain::id::{IncidentId, SourceName};
use crate::domain::person_id::PersonId;
use crate::domain::plan::PlanFile;
use crate::domain::playbook::Playbook;
use crate::domain::retention::Retention;
use crate::domain::sealed::MasterKeyId;
use crate::domain::session::SessionEvent;
use crate::domain::source_watch::SourceWatchEvent;
use crate::journal::snapshot::Snapshot;

/// One fact, before it is placed in the journal.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Logical time in milliseconds; never before the previous entry.
    pub at: DateTime<Utc>,
    pub fact: Fact,
}

/// What happened, and to which aggregate. Each kind has a word of its own in the record, and its own kind of id.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    Incident(IncidentId, Event),
    SourceWatch(SourceName, SourceWatchEvent),
    ChannelTest(ChannelKind, ChannelTestEvent),
    /// To somebody who signs in, and what they were shown.
    Person(PersonId, SessionEvent),
    /// To the daemon itself or its record.
    System(SystemEvent),
}

/// An event that concerns the daemon itself or its record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum SystemEvent {
    Started {
        version: String,
    },
    /// Different rosters and playbooks came into force.
    PlanLoaded {
        /// The files, each with the hash of its version.
        files: Vec<PlanFile>,
    },
    /// A version of a roster, playbook or ladders file that is new to the record. A plan that refers to it follows.
    FileKept {
        /// The hash of its bytes, by which plans refer to it.
        sha256: Digest,
        /// The exact contents; time zone rules are binary and stored in base64.
        text: Box<str>,
    },
    /// An incident opened with a version of a playbook that is new to the record.
    PlaybookPinned {
        /// The hash by which incidents refer to it.
        hash: Digest,
        playbook: Box<Playbook>,
    },
    /// The wall clock jumped forward. All deadlines moved with it, so that waits kept their length.
    ClockStepped {
        /// In milliseconds.
        by_ms: i64,
    },
    /// The wall clock was set back, or forward again, or by too little to be followed. Waits continue in logical time,
    /// which now differs from the wall clock.
    ClockSetBack {
        /// How far logical time is ahead, in milliseconds; negative if it is behind.
        ahead_ms: i64,
    },
    /// Every data key that could be opened is now wrapped under another master key.
    MasterKeyRotated {
        /// The previous master keys.
        from: Vec<MasterKeyId>,
        /// The current one.
        to: MasterKeyId,
        /// The number of rewrapped data keys.
        keys: u64,
    },
    /// The journal can be written again after a failure.
    JournalRecovered {
        /// The error before.
        reason: String,
    },
    /// The oldest part of the record can be removed. What the rest needs from it was recorded just before.
    Checkpoint(Box<Checkpoint>),
}

/// What is known about the removed part of the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// The last removed record.
    pub through: u64,
    pub hash: Digest,
    #[serde(with = "crate::domain::instant")]
    pub at: DateTime<Utc>,
    /// The retention period.
    pub keep_for: Retention,
    /// The plan in force at that point, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<EarlierPlan>,
    /// How far logical time was ahead of the wall clock, in milliseconds; negative if it was behind.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub ahead_ms: i64,
    /// Every aggregate that lived at that point, except that open incidents keep all of their records.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub snapshots: Vec<Snapshot>,
}

/// A plan whose own record was removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EarlierPlan {
    /// The record of the plan.
    pub seq: u64,
    /// Start, in logical time.
    #[serde(with = "crate::domain::instant")]
    pub from: DateTime<Utc>,
    pub files: Vec<PlanFile>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

/// One fact at its position in the journal.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Counts from 1 without gaps.
    pub seq: u64,
    pub entry: Entry,
}
