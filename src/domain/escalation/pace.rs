//! How fast steps follow each other where their own times do not say.

use chrono::TimeDelta;

/// Overdue steps follow each other no faster than this, so that after a downtime nobody meets a burst.
pub const CATCH_UP_PAUSE: TimeDelta = TimeDelta::seconds(10);

/// Where everybody has declined or cannot be reached, those who answer at last are tried again after this long.
pub const BEYOND_AGAIN: TimeDelta = TimeDelta::minutes(5);
