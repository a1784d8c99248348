//! The result of a requested test message.

use std::fmt;

use serde::Serialize;

use crate::domain::contact::ChannelKind;
use crate::domain::outcome::Outcome;

/// The result of one channel's test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct TestResult {
    pub channel: ChannelKind,
    #[serde(flatten)]
    pub outcome: Outcome,
}

impl fmt::Display for TestResult {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.outcome.code() {
            None => write!(out, "{}: accepted", self.channel),
            Some(code) => write!(out, "{}: failed with `{code}`", self.channel),
        }
    }
}
