//! Whether something was added, removed or changed.

/// Whether something was added, removed or changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Only in the new plan.
    Comes,
    /// Only in the old plan.
    Goes,
    /// In both plans, with differences.
    Changes,
}

impl Change {
    /// The word used in responses.
    pub fn word(self) -> &'static str {
        match self {
            Self::Comes => "comes",
            Self::Goes => "goes",
            Self::Changes => "changes",
        }
    }
}
