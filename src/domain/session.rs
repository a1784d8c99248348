//! The sessions of one person: how each began and ended, and what was shown in it.
//!
//! Only the hash of a session's secret is recorded. How long a session has been idle is known to the running process
//! alone, which ends it with an input.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::aggregate::{Aggregate, Decision};
use crate::domain::contact::ChannelKind;
use crate::domain::digest::Digest;
use crate::domain::id::IncidentId;
use crate::domain::instant::Now;
use crate::domain::outcome::Outcome;
use crate::domain::person_id::PersonId;
use crate::domain::principal::{Principal, SignInMethod};
use crate::domain::wait::Wait;

/// The most sessions at once: a workstation and a phone, at home and at work. The oldest ends for a new one.
pub const SESSIONS_MAX: usize = 8;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonSessions {
    /// By the hash of the secret that the browser has.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    sessions: BTreeMap<Digest, Session>,
    /// If this is an emergency code rather than a person: what proves it, until it is used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    emergency_code: Option<EmergencyCode>,
}

/// An emergency code that was not used yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmergencyCode {
    #[serde(flatten)]
    pub kept: EmergencyHash,
    /// In logical time.
    #[serde(with = "crate::domain::instant")]
    pub made_at: DateTime<Utc>,
    pub by: Principal,
}

/// What is recorded of an emergency code's secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmergencyHash {
    pub salt: Digest,
    pub hash: Digest,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    pub name: String,
    pub how: SignInMethod,
    /// The network address it was begun from.
    pub from: String,
    /// In logical time.
    #[serde(with = "crate::domain::instant")]
    pub since: DateTime<Utc>,
    /// When it ends at the latest, in logical time.
    #[serde(with = "crate::domain::instant")]
    pub until: DateTime<Utc>,
    /// Who used an emergency code, as they said. Where they are involved, the code shows nothing either.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_by: Option<PersonId>,
    /// The marks of the person who signed in, or who used an emergency code.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<Digest>,
}

impl Session {
    /// Whether somebody with these marks is who signed in: an id may be given to another person. One mark is enough,
    /// because people change their names and contacts. A session without marks is of whoever has the id.
    pub fn is_of(&self, marks: &[Digest]) -> bool {
        self.marks.is_empty() || self.marks.iter().any(|mark| marks.contains(mark))
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum SessionEvent {
    SignedIn {
        session: Digest,
        #[serde(flatten)]
        proof: SignInProof,
        /// The network address.
        from: String,
        /// In logical time.
        #[serde(with = "crate::domain::instant")]
        until: DateTime<Utc>,
    },
    /// Somebody tried to sign in as this person.
    SignInFailed {
        why: SignInFailure,
        /// The network address.
        from: String,
        /// How many more there were since the last that was recorded.
        #[serde(default, skip_serializing_if = "is_zero")]
        unrecorded: u32,
    },
    SessionEnded {
        session: Digest,
        why: SessionEnd,
        /// Who ended it, unless it ended by itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Principal>,
    },
    /// An emergency code was made, to be printed.
    EmergencyCodeMade {
        #[serde(flatten)]
        kept: EmergencyHash,
        by: Principal,
    },
    /// An emergency code is good no longer, although it was not used.
    EmergencyCodeRevoked { by: Principal },
    /// What was posted was shown.
    ProtectedShown { session: Digest, incident: IncidentId },
    /// The person wanted a test message to each of their contacts.
    TestPageRequested { session: Digest, channels: Vec<ChannelKind> },
    /// A test message to one of their contacts was accepted or finally failed.
    TestPageEnded {
        channel: ChannelKind,
        /// Which of their contacts.
        address_hash: Digest,
        #[serde(flatten)]
        outcome: Outcome,
    },
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// What somebody has shown to be signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInProof {
    pub name: String,
    pub how: SignInMethod,
    /// The channel that brought the code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<ChannelKind>,
    /// Whether the code came by the same contact as the link.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_same_contact: bool,
    /// The page whose link led there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
    /// Why an emergency code was used, in the person's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who used an emergency code: the person at the address that they entered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_by: Option<PersonId>,
    /// The marks of the person at that time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<Digest>,
}

impl SignInProof {
    /// With nothing else to say of it.
    pub fn new(name: impl Into<String>, how: SignInMethod) -> Self {
        let (name, is_same_contact) = (name.into(), false);
        let (page, reason, used_by, marks) = (None, None, None, Vec::new());
        Self { name, how, contact: None, is_same_contact, page, reason, used_by, marks }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignInFailure {
    WrongCode,
    /// The last of the tries for one code was wrong, too.
    TooManyTries,
}

/// Why a session ended. The words are recorded and must not change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SessionEnd {
    SignedOut,
    /// No request came for too long.
    Idle,
    /// It had lasted as long as a session may.
    Longest,
    EndedByOperator,
    /// From another session of the same person.
    EndedByPerson,
    /// The person is in no roster and no group any more.
    LeftRosters,
    /// The person signed in elsewhere too often, or again in the same browser.
    Replaced,
}

impl SessionEnd {
    /// For sentences about the session.
    pub fn words(self) -> &'static str {
        match self {
            Self::SignedOut => "signed out",
            Self::Idle => "idle for too long",
            Self::Longest => "lasted as long as a session may",
            Self::EndedByOperator => "ended by an operator",
            Self::EndedByPerson => "ended from another session",
            Self::LeftRosters => "no longer in a roster or group",
            Self::Replaced => "replaced by a new session",
        }
    }
}

#[derive(Debug)]
pub enum SessionInput {
    SignIn {
        session: Digest,
        proof: SignInProof,
        from: String,
        longest: Wait,
    },
    Failed {
        why: SignInFailure,
        from: String,
        unrecorded: u32,
    },
    End {
        /// `None` for all.
        session: Option<Digest>,
        why: SessionEnd,
        by: Option<Principal>,
    },
    /// An operator makes an emergency code.
    MakeEmergencyCode {
        kept: EmergencyHash,
        by: Principal,
    },
    /// An operator revokes an emergency code that was not used.
    RevokeEmergencyCode {
        by: Principal,
    },
    /// What was posted is about to be shown.
    Show {
        session: Digest,
        incident: IncidentId,
    },
    /// The person wants a test message to each of their contacts.
    RequestTestPage {
        session: Digest,
        channels: Vec<ChannelKind>,
    },
    EndTestPage {
        channel: ChannelKind,
        address_hash: Digest,
        outcome: Outcome,
    },
    /// A session may have lasted long enough.
    Timeout,
}

/// The session has ended, or the emergency code is not good; or there is already one of that number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoSession;

impl PersonSessions {
    pub fn all(&self) -> impl Iterator<Item = (&Digest, &Session)> {
        self.sessions.iter()
    }

    pub fn is_signed_in(&self) -> bool {
        !self.sessions.is_empty()
    }

    /// The emergency code, if it was not used yet.
    pub fn emergency_code(&self) -> Option<&EmergencyCode> {
        self.emergency_code.as_ref()
    }

    /// Whether both let in the same browsers and codes.
    pub fn lets_in_the_same(&self, other: &Self) -> bool {
        self.sessions.keys().eq(other.sessions.keys()) && self.emergency_code == other.emergency_code
    }

    fn oldest(&self) -> Option<Digest> {
        self.sessions.iter().min_by_key(|(_, session)| session.since).map(|(id, _)| *id)
    }

    fn events(&self, now: Now, input: SessionInput) -> Result<Vec<SessionEvent>, NoSession> {
        let end = |session, why, by| SessionEvent::SessionEnded { session, why, by };
        Ok(match input {
            SessionInput::SignIn { proof: SignInProof { how: SignInMethod::EmergencyCode, .. }, .. }
                if self.emergency_code.is_none() =>
            {
                return Err(NoSession);
            }
            SessionInput::MakeEmergencyCode { .. } if self.lives() => return Err(NoSession),
            SessionInput::RevokeEmergencyCode { .. } if self.emergency_code.is_none() => return Err(NoSession),
            SessionInput::RevokeEmergencyCode { by } => vec![SessionEvent::EmergencyCodeRevoked { by }],
            SessionInput::MakeEmergencyCode { kept, by } => vec![SessionEvent::EmergencyCodeMade { kept, by }],
            SessionInput::SignIn { session, proof, from, longest } => {
                let replaced = self.oldest().filter(|_| self.sessions.len() >= SESSIONS_MAX);
                let replaced = replaced.map(|oldest| end(oldest, SessionEnd::Replaced, None));
                let until = now.logical + longest.delta();
                replaced.into_iter().chain([SessionEvent::SignedIn { session, proof, from, until }]).collect()
            }
            SessionInput::Failed { why, from, unrecorded } => {
                vec![SessionEvent::SignInFailed { why, from, unrecorded }]
            }
            SessionInput::End { session, why, by } => {
                let ended = self.sessions.keys().filter(|id| session.is_none_or(|session| session == **id));
                ended.map(|id| end(*id, why, by.clone())).collect()
            }
            SessionInput::Show { session, .. } | SessionInput::RequestTestPage { session, .. }
                if !self.sessions.contains_key(&session) =>
            {
                return Err(NoSession);
            }
            SessionInput::Show { session, incident } => vec![SessionEvent::ProtectedShown { session, incident }],
            SessionInput::RequestTestPage { session, channels } => {
                vec![SessionEvent::TestPageRequested { session, channels }]
            }
            SessionInput::EndTestPage { channel, address_hash, outcome } => {
                vec![SessionEvent::TestPageEnded { channel, address_hash, outcome }]
            }
            SessionInput::Timeout => {
                let over = self.sessions.iter().filter(|(_, session)| session.until <= now.logical);
                over.map(|(id, _)| end(*id, SessionEnd::Longest, None)).collect()
            }
        })
    }
}

impl Aggregate for PersonSessions {
    type Id = PersonId;
    type Context<'a> = Now;
    type Input = SessionInput;
    type Event = SessionEvent;
    type Refusal = NoSession;

    fn decide(&self, now: &Now, input: SessionInput) -> Result<Decision<Self, SessionEvent>, NoSession> {
        let events = self.events(*now, input)?;
        let mut after = self.clone();
        events.iter().for_each(|event| after.evolve(now.logical, event));
        Ok(Decision { events, after })
    }

    fn evolve(&mut self, at: DateTime<Utc>, event: &SessionEvent) {
        match event {
            SessionEvent::SignedIn { session, proof, from, until } => {
                let (name, from) = (proof.name.clone(), from.clone());
                let (used_by, marks) = (proof.used_by.clone(), proof.marks.clone());
                let session_state = Session { name, how: proof.how, from, since: at, until: *until, used_by, marks };
                self.sessions.insert(*session, session_state);
                if proof.how == SignInMethod::EmergencyCode {
                    self.emergency_code = None;
                }
            }
            SessionEvent::EmergencyCodeMade { kept, by } => {
                self.emergency_code = Some(EmergencyCode { kept: *kept, made_at: at, by: by.clone() });
            }
            SessionEvent::EmergencyCodeRevoked { .. } => self.emergency_code = None,
            SessionEvent::SessionEnded { session, .. } => drop(self.sessions.remove(session)),
            SessionEvent::SignInFailed { .. }
            | SessionEvent::ProtectedShown { .. }
            | SessionEvent::TestPageRequested { .. }
            | SessionEvent::TestPageEnded { .. } => {}
        }
    }

    fn next_timeout(&self, _now: Now) -> Option<DateTime<Utc>> {
        self.sessions.values().map(|session| session.until).min()
    }

    fn shift(&mut self, by: TimeDelta) {
        self.emergency_code.iter_mut().for_each(|code| code.made_at += by);
        for session in self.sessions.values_mut() {
            session.since += by;
            session.until += by;
        }
    }

    fn lives(&self) -> bool {
        !self.sessions.is_empty() || self.emergency_code.is_some()
    }
}

#[cfg(test)]
mod tests;
