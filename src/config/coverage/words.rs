//! Times and intervals in diagnostics.

use crate::domain::zone::Zone;

use chrono::{DateTime, Utc};

/// `2026-12-24 17:00 CST`
pub fn local(zone: &Zone, at: DateTime<Utc>) -> String {
    zone.write(at, "%Y-%m-%d %H:%M %Z")
}

/// ` from 2026-12-24 17:00 CST to 2026-12-26 08:00 CST`, with the number of repeats.
pub fn interval(zone: &Zone, first: (DateTime<Utc>, DateTime<Utc>), times: usize, until: DateTime<Utc>) -> String {
    let more = match times {
        0 | 1 => String::new(),
        2 => format!(", and once more until {}", local(zone, until)),
        times => format!(", and {} more times until {}", times - 1, local(zone, until)),
    };
    format!("from {} to {}{more}", local(zone, first.0), local(zone, first.1))
}
