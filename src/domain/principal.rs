//! Who acts.

use serde::{Deserialize, Serialize};

use crate::domain::id::{DepartmentId, LiaisonId, OperatorName, SourceName};

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
    /// Wardbell itself.
    Daemon,
}

impl Principal {
    /// The id for API responses and the log.
    pub fn id(&self) -> &str {
        match self {
            Self::Source { source } => source.as_str(),
            Self::Operator { operator } => operator.as_str(),
            Self::LinkHolder { liaison, .. } => liaison.as_str(),
            Self::Daemon => SourceName::OURS,
        }
    }

    /// The display name.
    pub fn name(&self) -> &str {
        match self {
            Self::LinkHolder { name, .. } => name,
            Self::Source { .. } | Self::Operator { .. } | Self::Daemon => self.id(),
        }
    }

    /// Whether both are the same, even if a person's name is written differently.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::LinkHolder { liaison, roster, .. }, Self::LinkHolder { liaison: id, roster: department, .. }) => {
                liaison == id && roster == department
            }
            _ => self == other,
        }
    }

    pub fn is_liaison(&self, id: &LiaisonId) -> bool {
        matches!(self, Self::LinkHolder { liaison, .. } if liaison == id)
    }
}
