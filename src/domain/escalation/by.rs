//! Who did something.

use serde::{Deserialize, Serialize};

use crate::domain::id::{DepartmentId, LiaisonId, OperatorName};

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// A liaison, through the link of a page.
    Liaison {
        /// Who.
        liaison: LiaisonId,
        /// Their name.
        name: String,
        /// The roster that holds them.
        roster: DepartmentId,
    },
    /// An operator, by API or command line.
    Operator {
        /// Who.
        operator: OperatorName,
    },
}

impl By {
    /// The id for answers by API.
    pub fn id(&self) -> &str {
        match self {
            Self::Liaison { liaison, .. } => liaison.as_str(),
            Self::Operator { operator } => operator.as_str(),
        }
    }

    /// The name for people.
    pub fn name(&self) -> &str {
        match self {
            Self::Liaison { name, .. } => name,
            Self::Operator { operator } => operator.as_str(),
        }
    }

    /// Whether both are one person; a name may be written differently.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Liaison { liaison, roster, .. }, Self::Liaison { liaison: id, roster: department, .. }) => {
                liaison == id && roster == department
            }
            _ => self == other,
        }
    }

    /// Whether it is this liaison.
    pub fn is_liaison(&self, id: &LiaisonId) -> bool {
        matches!(self, Self::Liaison { liaison, .. } if liaison == id)
    }
}
