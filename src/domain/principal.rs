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
        listed: Option<Box<RosterEntry>>,
        /// Their other entries.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        also: Vec<RosterEntry>,
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
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

    /// Whether both are the same, even if a person's name is written differently, or they once acted by a link to one of
    /// their entries and once signed in.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Person { person, .. }, Self::Person { person: other, .. }) if person == other => true,
            _ if self == other => true,
            _ => self.entries().any(|one| other.is_listed_as(one.roster, one.liaison)),
        }
    }

    /// The entry in the rosters of somebody who acts by a link or signed in, if they have one.
    pub fn as_liaison(&self) -> Option<ActingLiaison<'_>> {
        match self {
            Self::LinkHolder { liaison, name, roster } => Some(ActingLiaison { roster, liaison, name }),
            Self::Person { name, listed, .. } => {
                let RosterEntry { roster, liaison } = listed.as_deref()?;
                Some(ActingLiaison { roster, liaison, name })
            }
            Self::Source { .. } | Self::Operator { .. } | Self::Daemon => None,
        }
    }

    /// All entries of somebody who acts by a link or signed in: first the one for which they act.
    pub fn entries(&self) -> impl Iterator<Item = ActingLiaison<'_>> {
        let also: &[RosterEntry] = match self {
            Self::Person { also, .. } => also,
            Self::Source { .. } | Self::Operator { .. } | Self::LinkHolder { .. } | Self::Daemon => &[],
        };
        let name = self.name();
        let also = also.iter().map(move |RosterEntry { roster, liaison }| ActingLiaison { roster, liaison, name });
        self.as_liaison().into_iter().chain(also)
    }

    /// Whether a roster lists them under an id.
    pub fn is_listed_as(&self, roster: &DepartmentId, liaison: &LiaisonId) -> bool {
        self.entries().any(|one| one.roster == roster && one.liaison == liaison)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(text: &str) -> RosterEntry {
        let (roster, liaison) = text.split_once('/').unwrap();
        RosterEntry { roster: roster.parse().unwrap(), liaison: liaison.parse().unwrap() }
    }

    fn person(id: &str, entries: &[&str]) -> Principal {
        let mut entries = entries.iter().map(|text| entry(text));
        let (person, listed, also) = (id.parse().unwrap(), entries.next().map(Box::new), entries.collect());
        Principal::Person { person, name: "J. Chen".into(), how: SignInMethod::Code, listed, also }
    }

    fn link(text: &str) -> Principal {
        let RosterEntry { roster, liaison } = entry(text);
        Principal::LinkHolder { liaison, name: "June Chen".into(), roster }
    }

    #[test]
    fn somebody_is_the_same_by_any_of_their_entries() {
        let chen = person("j", &["legal/j", "privacy/j"]);
        for (other, same) in [
            (link("legal/j"), true),
            (link("privacy/j"), true),
            (link("compliance/j"), false),
            (link("privacy/k"), false),
            (person("j", &[]), true),
            (person("k", &[]), false),
            (Principal::Operator { operator: "j".parse().unwrap() }, false),
        ] {
            assert_eq!((chen.is_same(&other), other.is_same(&chen)), (same, same), "{other:?}");
        }
        let (member, other) = (person("a@x.example", &[]), person("b@x.example", &[]));
        assert!(member.is_same(&member) && !member.is_same(&other) && !member.is_same(&Principal::Daemon));
    }
}
