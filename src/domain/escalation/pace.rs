//! Minimum intervals between steps.

use chrono::TimeDelta;

/// Overdue steps run no faster than this, so that no one gets a burst of pages after a downtime.
pub const CATCH_UP_PAUSE: TimeDelta = TimeDelta::seconds(10);

/// If everyone has declined or cannot be reached, the people who answer for the department are tried again after this
/// time.
pub const LAST_RESORT_AGAIN: TimeDelta = TimeDelta::minutes(5);
