//! Why the engine refuses.

use chrono::{DateTime, Utc};

use crate::domain::escalation::input::Refusal;
use crate::domain::id::IncidentId;
use crate::domain::principal::Principal;
use crate::engine::protocol::channel_test::TestResult;

/// What is wrong with a request, or with the journal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The incident's own decision.
    #[error(transparent)]
    Decision(#[from] Refusal),
    /// The reference is unknown.
    #[error("no incident has the reference `{0}`")]
    UnknownIncident(IncidentId),
    #[error("this link is not valid")]
    UnknownLink,
    /// The incident was resolved too long ago.
    #[error("this link has expired")]
    ExpiredLink,
    /// The incident is still open.
    #[error("the incident is still open")]
    StillOpen,
    /// The incident is resolved, but something is still owed.
    #[error("the incident still owes something: {0}")]
    StillOwed(u32),
    /// It was already purged.
    #[error("already purged by {} at {}", .by.name(), crate::domain::instant::to_text(*.at))]
    AlreadyPurged {
        by: Principal,
        /// When, on the record's clock.
        at: DateTime<Utc>,
    },
    /// It is recorded as purged, but a key could not be destroyed yet.
    #[error("the keys could not be destroyed yet: {0}")]
    NotYetPurged(String),
    /// The session has ended.
    #[error("the session has ended")]
    NoSession,
    /// No address is configured for test messages.
    #[error("no address is set up for test messages")]
    NothingToTest,
    /// Test messages were sent, but the results cannot be recorded yet.
    #[error("the results of the test messages cannot be recorded yet: {reason}")]
    TestsUnrecorded {
        /// What came of them.
        tests: Vec<TestResult>,
        reason: String,
    },
    #[error("cannot record anything right now: {0}")]
    CannotRecord(String),
    /// The daemon is shutting down or overloaded. Nothing was recorded, and nothing of the request will be.
    #[error("Wardbell cannot answer right now")]
    Unavailable,
    /// The request is being recorded; the outcome is not known yet.
    #[error("not yet known whether it was recorded")]
    NotKnownYet,
}

/// Why somebody could not sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SignInFailedFor {
    WrongCode,
    /// A code was entered for an address that none was sent to, such as an unknown one.
    NoCodeSent,
    /// An emergency code that is not good, or with an address that is of no one.
    EmergencyCode,
}

impl SignInFailedFor {
    pub const ALL: [Self; 3] = [Self::WrongCode, Self::NoCodeSent, Self::EmergencyCode];

    /// The metric label.
    pub fn word(self) -> &'static str {
        match self {
            Self::WrongCode => "wrong-code",
            Self::NoCodeSent => "no-code-sent",
            Self::EmergencyCode => "emergency-code",
        }
    }
}

/// Why an incident, or a request to send one, was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefusedFor {
    /// No valid source token.
    Unauthorized,
    /// Malformed.
    Malformed,
    /// Too long.
    TooLarge,
    /// Too slow.
    TooSlow,
    /// The journal cannot be written.
    CannotRecord,
    /// Shutting down or overloaded.
    Unavailable,
    /// The outcome was not known in time.
    NotKnownYet,
}

impl RefusedFor {
    /// The metric label.
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
