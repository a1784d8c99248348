//! Who acts.

use serde::{Deserialize, Serialize};

use crate::domain::id::{DepartmentId, LiaisonId, OperatorName, SourceName};
use crate::domain::person_id::PersonId;

/// Events carry it, so its serialized words must not change. A new kind of caller is one more arm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Principal {
    /// A system that reports incidents.
    Source { source: SourceName },
    /// An operator, through the API or the command line.
    Operator { operator: OperatorName },
    /// A liaison, through a page's link.
    #[serde(rename = "liaison")]
    LinkHolder {
        liaison: LiaisonId,
        name: String,
        /// The roster that lists them.
        roster: DepartmentId,
    },
    /// Somebody who has signed in.
    Person {
        person: PersonId,
        name: String,
        how: SignInMethod,
        /// The entry in the rosters for which they act, if they have one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        listed: Option<RosterEntry>,
    },
    /// Wardbell itself.
    Daemon,
}

/// Where a roster lists a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RosterEntry {
    pub roster: DepartmentId,
    pub liaison: LiaisonId,
}

/// Somebody in a roster who acts.
#[derive(Debug, Clone, Copy)]
pub struct ActingLiaison<'a> {
    pub roster: &'a DepartmentId,
    pub liaison: &'a LiaisonId,
    pub name: &'a str,
}

/// How a person signed in. The words are recorded and must not change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SignInMethod {
    /// By a code to the contact that they entered.
    Code,
    /// By a code to a contact of the person whose page's link they opened.
    Link,
    /// By a code that was printed in advance.
    EmergencyCode,
}

impl SignInMethod {
    pub fn words(self) -> &'static str {
        match self {
            Self::Code => "a code",
            Self::Link => "a page’s link and a code",
            Self::EmergencyCode => "an emergency code",
        }
    }
}

impl Principal {
    /// The id for API responses and the log.
    pub fn id(&self) -> &str {
        match self {
            Self::Source { source } => source.as_str(),
            Self::Operator { operator } => operator.as_str(),
            Self::LinkHolder { liaison, .. } => liaison.as_str(),
            Self::Person { person, .. } => person.as_str(),
            Self::Daemon => SourceName::OURS,
        }
    }

    /// The display name.
    pub fn name(&self) -> &str {
        match self {
            Self::LinkHolder { name, .. } | Self::Person { name, .. } => name,
            Self::Source { .. } | Self::Operator { .. } | Self::Daemon => self.id(),
        }
    }

    /// Whether both are the same, even if a person's name is written differently, or they once acted by a link and once
    /// signed in.
    pub fn is_same(&self, other: &Self) -> bool {
        if let (Self::Person { person, .. }, Self::Person { person: other, .. }) = (self, other) {
            return person == other;
        }
        match (self.as_liaison(), other.as_liaison()) {
            (Some(one), Some(other)) => one.liaison == other.liaison && one.roster == other.roster,
            _ => self == other,
        }
    }

    /// The entry in the rosters of somebody who acts by a link or signed in, if they have one.
    pub fn as_liaison(&self) -> Option<ActingLiaison<'_>> {
        match self {
            Self::LinkHolder { liaison, name, roster } => Some(ActingLiaison { roster, liaison, name }),
            Self::Person { name, listed, .. } => {
                let RosterEntry { roster, liaison } = listed.as_ref()?;
                Some(ActingLiaison { roster, liaison, name })
            }
            Self::Source { .. } | Self::Operator { .. } | Self::Daemon => None,
        }
    }

    pub fn is_liaison(&self, id: &LiaisonId) -> bool {
        self.as_liaison().is_some_and(|one| one.liaison == id)
    }
}
