//! Whether something is in both plans.

/// Whether something is in both plans, or in one of them alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Only in the new plan.
    Comes,
    /// Only in the old plan.
    Goes,
    /// In both, and they differ.
    Changes,
}

impl Change {
    /// The word in answers.
    pub fn word(self) -> &'static str {
        match self {
            Self::Comes => "comes",
            Self::Goes => "goes",
            Self::Changes => "changes",
        }
    }
}
