//! Whether the daemon can accept incidents and page people, with reasons when not.

use serde::Serialize;

/// What `/readyz` tells.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Readiness {
    /// Why incidents cannot be accepted, or people cannot be paged; ready when empty.
    pub reasons: Vec<String>,
    /// What wants mending although it works, such as a roster file that does not validate.
    pub warnings: Vec<String>,
    /// What is damaged in the record's past and could not be mended: it wants a person, and keeps nobody from being paged.
    pub damage: Option<String>,
    /// That the record names data keys which are not there.
    pub lost_keys: Option<String>,
}

impl Readiness {
    /// Whether incidents are accepted and people paged.
    pub fn is_ready(&self) -> bool {
        self.reasons.is_empty()
    }
}
