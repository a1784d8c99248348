//! Who did something.

use serde::{Deserialize, Serialize};

use crate::domain::id::{DepartmentId, LiaisonId, OperatorName};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// A liaison, through a page's link.
    Liaison {
        liaison: LiaisonId,
        name: String,
        /// The roster that lists them.
        roster: DepartmentId,
    },
    /// An operator, through the API or the command line.
    Operator { operator: OperatorName },
}

impl By {
    /// The id for API responses.
    pub fn id(&self) -> &str {
        match self {
            Self::Liaison { liaison, .. } => liaison.as_str(),
            Self::Operator { operator } => operator.as_str(),
        }
    }

    /// The display name.
    pub fn name(&self) -> &str {
        match self {
            Self::Liaison { name, .. } => name,
            Self::Operator { operator } => operator.as_str(),
        }
    }

    /// Whether both are the same person, even if the name is written differently.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Liaison { liaison, roster, .. }, Self::Liaison { liaison: id, roster: department, .. }) => {
                liaison == id && roster == department
            }
            _ => self == other,
        }
    }

    pub fn is_liaison(&self, id: &LiaisonId) -> bool {
        matches!(self, Self::Liaison { liaison, .. } if liaison == id)
    }
}
