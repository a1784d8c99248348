//! Times and intervals as findings say them.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

/// `2026-12-24 17:00 CST`
pub fn local(zone: Tz, at: DateTime<Utc>) -> String {
    at.with_timezone(&zone).format("%Y-%m-%d %H:%M %Z").to_string()
}

/// ` from 2026-12-24 17:00 CST to 2026-12-26 08:00 CST`, with how often it comes again.
pub fn interval(zone: Tz, first: (DateTime<Utc>, DateTime<Utc>), times: usize, until: DateTime<Utc>) -> String {
    let more = match times {
        0 | 1 => String::new(),
        2 => format!(", and once more until {}", local(zone, until)),
        times => format!(", and {} more times until {}", times - 1, local(zone, until)),
    };
    format!("from {} to {}{more}", local(zone, first.0), local(zone, first.1))
}
