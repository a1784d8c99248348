//! Times and intervals as findings say them.

use chrono::{DateTime, TimeDelta, Utc};
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

/// A length of time in its largest units: `at once`, `30m`, `1h 30m`, `2d 16h`.
pub fn length(length: TimeDelta) -> String {
    let seconds = length.num_seconds().max(0);
    let parts = [(seconds / 86_400, "d"), (seconds / 3_600 % 24, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")];
    let words: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count}{unit}")).collect();
    if words.is_empty() { "at once".to_owned() } else { words.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_said_in_their_largest_units() {
        for (seconds, words) in [(0, "at once"), (90, "1m 30s"), (1_800, "30m"), (5_400, "1h 30m"), (230_400, "2d 16h")]
        {
            assert_eq!(length(TimeDelta::seconds(seconds)), words);
        }
    }
}
