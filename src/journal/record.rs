//! One entry of the journal: what happened, to which incident or to the house as a whole.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::contact::ChannelKind;
use crate::domain::digest::Digest;
use crate::domain::escalation::event::Event;
use crate::domain::id::IncidentId;
use crate::domain::outcome::Outcome;
use crate::domain::plan::PlanFile;
use crate::domain::playbook::Playbook;
use crate::domain::retention::Retention;
use crate::domain::sealed::MasterKeyId;

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
        /// All of it, letter by letter; the rules of a time zone, which are no text, in Base64.
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
    /// The wall clock was set back, or forward again after that, or by too little to be followed: waits go on by logical
    /// time, which is apart from it now.
    ClockSetBack {
        /// By how many milliseconds logical time is ahead; less than nothing where it is behind.
        ahead_ms: i64,
    },
    /// Every data key that could be opened is wrapped under another master key now.
    MasterKeyRotated {
        /// The master keys before.
        from: Vec<MasterKeyId>,
        /// The one that is current.
        to: MasterKeyId,
        /// How many data keys were wrapped anew.
        keys: u64,
    },
    /// The journal could be written again after it could not.
    JournalRecovered {
        /// What had gone wrong.
        reason: String,
    },
    /// The oldest part of the record was old enough to be removed. What the rest needs of it was recorded right before.
    Checkpoint(Box<Checkpoint>),
    /// A test message was taken over a channel, or was not, after its retries.
    ChannelTested {
        /// Which channel.
        channel: ChannelKind,
        /// The day whose test it was; none where an operator asked for it.
        day: Option<NaiveDate>,
        /// When, on the wall clock.
        #[serde(with = "crate::domain::instant")]
        tested_at: DateTime<Utc>,
        /// What the provider said.
        #[serde(flatten)]
        outcome: Outcome,
    },
}

/// What is known of the part of the record that was removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// The last record that was removed.
    pub through: u64,
    /// Its hash: the record that follows hangs on it.
    pub hash: Digest,
    /// Its logical time.
    #[serde(with = "crate::domain::instant")]
    pub at: DateTime<Utc>,
    /// For how long the record was kept.
    pub keep_for: Retention,
    /// The plan that was in force then, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<EarlierPlan>,
    /// By how many milliseconds logical time was ahead of the wall clock then, or behind it, where that is less than nothing.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub ahead_ms: i64,
}

/// A plan whose own record was removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EarlierPlan {
    /// The record that told of it.
    pub seq: u64,
    /// From then on, in logical time.
    #[serde(with = "crate::domain::instant")]
    pub from: DateTime<Utc>,
    /// Its files, by path.
    pub files: Vec<PlanFile>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

/// One fact at its place in the journal.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Counts from 1 without a hole.
    pub seq: u64,
    /// The fact.
    pub entry: Entry,
}
