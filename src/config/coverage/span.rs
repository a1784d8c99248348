//! The time that is walked.

use chrono::{DateTime, Utc};

/// The time that is walked, `[from, to)`.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
}
