//! Ladders: who is paged when, until someone acknowledges.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::domain::contact::ChannelKind;
use crate::domain::id::{DepartmentId, Role};
use crate::domain::severity::Severity;
use crate::domain::wait::Wait;

/// The maximum number of steps: no one reads a longer ladder, and it keeps memory use small.
pub const STEPS_MAX: usize = 64;

/// A named list of timed steps, and how it repeats.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ladder {
    /// Its key in `ladders.toml`.
    pub name: String,
    /// The severity that uses it if a playbook names no ladder.
    #[serde(rename = "for")]
    pub severity: Option<Severity>,
    /// In order of time; never empty.
    pub steps: Vec<Step>,
    /// The interval after the last step at which everyone on the ladder is paged again.
    pub repeat_every: Option<Wait>,
    /// The maximum number of repeats; if left out, until acknowledged.
    pub repeat_times: Option<u32>,
}

impl Ladder {
    /// When the first step is due, counted from the opening.
    pub fn first_step_at(&self) -> Wait {
        self.steps.first().map_or(Wait::ZERO, |step| step.at)
    }

    /// When the last step is due, counted from the opening.
    pub fn last_step_at(&self) -> Wait {
        self.steps.last().map_or(Wait::ZERO, |step| step.at)
    }
}

/// One step, which pages someone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Counted from the opening.
    pub at: Wait,
    pub page: Target,
    /// Use only this channel; if left out, all of the person's channels.
    pub by: Option<ChannelKind>,
}

/// Whom a step pages.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Target {
    /// The person on call for the role in the track's department.
    Role(Role),
    /// The primary of the department's `escalate_to`.
    Escalation,
    /// The person on call for the role in another department.
    Department(DepartmentId, Role),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a step must page a role (`primary`, `backup`), `escalation` or `department:role`")]
pub struct BadTarget;

impl FromStr for Target {
    type Err = BadTarget;
    fn from_str(text: &str) -> Result<Self, BadTarget> {
        match text.split_once(':') {
            None if text == "escalation" => Ok(Self::Escalation),
            None => text.parse().map(Self::Role).map_err(|_| BadTarget),
            Some((department, role)) => {
                let department = department.parse().map_err(|_| BadTarget)?;
                role.parse().map(|role| Self::Department(department, role)).map_err(|_| BadTarget)
            }
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Role(role) => write!(out, "{role}"),
            Self::Escalation => out.write_str("escalation"),
            Self::Department(department, role) => write!(out, "{department}:{role}"),
        }
    }
}

impl TryFrom<String> for Target {
    type Error = BadTarget;
    fn try_from(text: String) -> Result<Self, BadTarget> {
        text.parse()
    }
}

impl From<Target> for String {
    fn from(target: Target) -> String {
        target.to_string()
    }
}
