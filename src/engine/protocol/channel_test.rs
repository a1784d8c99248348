//! How a test message ended that somebody asked for.

use std::fmt;

use serde::Serialize;

use crate::domain::contact::ChannelKind;
use crate::domain::outcome::Outcome;

/// The end of one channel's test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TestResult {
    pub channel: ChannelKind,
    /// What the provider said.
    #[serde(flatten)]
    pub outcome: Outcome,
}

impl fmt::Display for TestResult {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.outcome.code() {
            None => write!(out, "{}: taken", self.channel),
            Some(code) => write!(out, "{}: failed with `{code}`", self.channel),
        }
    }
}
