//! The period that is checked.

use chrono::{DateTime, Utc};

/// The period that is checked, `[from, to)`.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
}
