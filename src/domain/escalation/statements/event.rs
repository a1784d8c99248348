//! The event for a statement.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::digest::Digest;
use crate::domain::escalation::paged::Paged;
use crate::domain::escalation::statements::mark::Mark;
use crate::domain::escalation::statements::medium::Medium;
use crate::domain::id::DepartmentId;
use crate::domain::principal::Principal;
use crate::domain::sealed::Words;
use crate::domain::wait::Wait;

/// What happened to a statement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StatementEvent {
    /// Numbers the incident's statements from 1.
    pub statement: u32,
    /// Numbers the statement's versions from 1.
    pub version: u32,
    #[serde(flatten)]
    pub change: StatementChanged,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "kebab-case")]
pub enum StatementChanged {
    /// Somebody wrote a version.
    Drafted {
        by: Principal,
        /// The playbook's statement that it is made from.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<Box<str>>,
        medium: Medium,
        /// Identifies the text without saying what it is.
        hash: Digest,
        /// Treat it as protected health information.
        text: Words,
        /// It is what was approved in advance.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        ready: bool,
        /// It still has blanks, and cannot be submitted.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        has_blanks: bool,
    },
    /// Somebody asked for its approval.
    Submitted {
        by: Principal,
        /// All of them must approve.
        departments: Vec<DepartmentId>,
        /// How long each approver has before the next one is asked.
        within: Wait,
        /// Places that may say too much.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        marks: Vec<Mark>,
        /// Why it is submitted although it has marks.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<Words>,
    },
    /// The incident took another playbook: nobody has approved the version any more.
    AskedAnew {
        /// All of them must approve.
        departments: Vec<DepartmentId>,
        within: Wait,
    },
    /// The incident took another playbook, in which it is not approved in advance.
    NotReadyAnymore,
    /// Somebody was asked to approve for a department.
    Asked {
        department: DepartmentId,
        /// How often everybody was asked before.
        round: u8,
        /// Who is asked; empty if there is nobody.
        pages: Vec<Paged>,
        /// When the next one is asked; `None` after the last.
        #[serde(with = "crate::domain::instant::optional", default, skip_serializing_if = "Option::is_none")]
        until: Option<DateTime<Utc>>,
    },
    Approved {
        department: DepartmentId,
        by: Principal,
        hash: Digest,
        /// The page whose link was used.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        page: Option<u32>,
        /// They wrote it, and each other approver is away, involved, or did not answer in time.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        is_author: bool,
    },
    ChangesAsked {
        department: DepartmentId,
        by: Principal,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        page: Option<u32>,
        /// What should change.
        note: Words,
    },
    Withdrawn {
        by: Principal,
    },
    /// Somebody published it.
    Used {
        by: Principal,
        /// Where.
        place: Words,
        /// Wall clock.
        #[serde(with = "crate::domain::instant")]
        at: DateTime<Utc>,
        /// Without an approval, because it was approved in advance.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        ready: bool,
    },
}

impl StatementChanged {
    /// What somebody wrote.
    pub fn words(&self) -> Option<&Words> {
        match self {
            Self::Drafted { text, .. } => Some(text),
            Self::Submitted { note, .. } => note.as_ref(),
            Self::ChangesAsked { note, .. } => Some(note),
            Self::Used { place, .. } => Some(place),
            _ => None,
        }
    }

    pub fn words_mut(&mut self) -> Option<&mut Words> {
        match self {
            Self::Drafted { text, .. } => Some(text),
            Self::Submitted { note, .. } => note.as_mut(),
            Self::ChangesAsked { note, .. } => Some(note),
            Self::Used { place, .. } => Some(place),
            _ => None,
        }
    }

    /// The field of those words in the record.
    pub fn words_field(&self) -> &'static str {
        match self {
            Self::Drafted { .. } => "text",
            Self::Used { .. } => "place",
            _ => "note",
        }
    }

    /// Who did it; `None` if nobody did.
    pub fn by(&self) -> Option<&Principal> {
        match self {
            Self::Drafted { by, .. }
            | Self::Submitted { by, .. }
            | Self::Approved { by, .. }
            | Self::ChangesAsked { by, .. }
            | Self::Withdrawn { by }
            | Self::Used { by, .. } => Some(by),
            Self::AskedAnew { .. } | Self::NotReadyAnymore | Self::Asked { .. } => None,
        }
    }
}
