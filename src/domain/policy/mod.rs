//! Policies at hand: what staff may and may not do, as texts that people read.

pub mod markdown;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::id::PolicyName;

/// All policies, by name.
pub type Policies = BTreeMap<PolicyName, Arc<Policy>>;

/// One policy: `playbooks/policies/<name>.md`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Its first heading.
    pub title: String,
    /// In Markdown.
    pub text: Arc<str>,
}
