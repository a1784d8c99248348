//! Why the engine refuses.

use chrono::{DateTime, Utc};

use crate::domain::escalation::event::By;
use crate::domain::escalation::input::Refusal;
use crate::domain::id::IncidentId;
use crate::engine::protocol::channel_test::TestResult;

/// What is wrong with a request, or with the journal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The incident's own decision.
    #[error(transparent)]
    Decision(#[from] Refusal),
    /// No incident of that reference was ever accepted.
    #[error("no incident has the reference `{0}`")]
    UnknownIncident(IncidentId),
    /// No page has that link.
    #[error("this link is not valid")]
    UnknownLink,
    /// The incident was resolved long ago.
    #[error("this link has expired")]
    ExpiredLink,
    /// The incident is still open: its words are needed.
    #[error("the incident is still open")]
    StillOpen,
    /// Its words are destroyed.
    #[error("purged already by {} at {}", .by.name(), crate::domain::instant::to_text(*.at))]
    AlreadyPurged {
        /// Who.
        by: By,
        /// When, on the record's clock.
        at: DateTime<Utc>,
    },
    /// It is recorded as purged, and a key could not be destroyed yet.
    #[error("its keys could not be destroyed yet: {0}")]
    NotYetPurged(String),
    /// No file says where test messages go.
    #[error("no address for test messages is set up")]
    NothingToTest,
    /// Test messages were sent, and what came of them cannot be recorded yet.
    #[error("what came of the test messages cannot be recorded yet: {reason}")]
    TestsUnrecorded {
        /// What came of them.
        tests: Vec<TestResult>,
        /// Why.
        reason: String,
    },
    /// The journal cannot be written.
    #[error("cannot record anything at the moment: {0}")]
    CannotRecord(String),
    /// The daemon is ending, or has too much to do. Nothing was recorded, and nothing of the request will be.
    #[error("the daemon cannot answer at the moment")]
    Unavailable,
    /// The request is being recorded, and whether it will be is not known yet.
    #[error("whether it was recorded is not known yet")]
    NotKnownYet,
}

/// Why an incident, or a request to send one, was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefusedFor {
    /// No token of a source came with it.
    Unauthorized,
    /// It was not written as the contract says.
    Malformed,
    /// It was longer than is read.
    TooLarge,
    /// It did not arrive in time.
    TooSlow,
    /// The journal could not be written.
    CannotRecord,
    /// The daemon was ending, or had too much to do.
    Unavailable,
    /// Whether it would be recorded was not known in time.
    NotKnownYet,
}

impl RefusedFor {
    /// As a label has it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unauthorized => "unauthorized",
            Self::Malformed => "malformed",
            Self::TooLarge => "too-large",
            Self::TooSlow => "too-slow",
            Self::CannotRecord => "cannot-record",
            Self::Unavailable => "unavailable",
            Self::NotKnownYet => "not-known-yet",
        }
    }
}
