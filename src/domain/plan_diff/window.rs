//! The period that is compared, and how its times are formatted.

use chrono::{DateTime, Utc};

use crate::domain::zone::Zone;

/// The period that is compared, `[from, to)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Anything that ended before it is ignored.
    pub from: DateTime<Utc>,
    /// Exclusive.
    pub to: DateTime<Utc>,
}

/// `Mon 2026-11-30 08:00 CST`.
pub fn local(zone: &Zone, at: DateTime<Utc>) -> String {
    zone.write(at, "%a %Y-%m-%d %H:%M %Z")
}

/// `Mon 2026-11-30 08:00 to Fri 2026-12-04 17:00 CST`, with the zone's short name twice if it changes in between.
pub fn local_span(zone: &Zone, from: DateTime<Utc>, to: DateTime<Utc>) -> String {
    let start_format =
        if zone.abbreviation(from) == zone.abbreviation(to) { "%a %Y-%m-%d %H:%M" } else { "%a %Y-%m-%d %H:%M %Z" };
    let end_format = if zone.local(from).date() == zone.local(to).date() { "%H:%M %Z" } else { "%a %Y-%m-%d %H:%M %Z" };
    format!("{} to {}", zone.write(from, start_format), zone.write(to, end_format))
}
