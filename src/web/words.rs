//! Times for people: local, with the zone's abbreviation.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::instant::Now;
use crate::domain::wait::Wait;
use crate::domain::words::capitalized;
pub use crate::domain::words::join;
use crate::domain::zone::Zone;

#[derive(Debug, Clone, Copy)]
pub struct Times<'a> {
    zone: &'a Zone,
    now: Now,
}

impl<'a> Times<'a> {
    pub fn new(zone: &'a Zone, now: Now) -> Self {
        Self { zone, now }
    }

    /// The same moment, told in another zone.
    #[must_use]
    pub fn in_zone(self, zone: &'a Zone) -> Self {
        Self { zone, ..self }
    }

    /// `02:14 CST` for an instant on the wall clock, with the date if it is not today.
    pub fn wall(&self, at: DateTime<Utc>) -> String {
        self.write(at, "%H:%M")
    }

    /// `02:14 CST`, of now.
    pub fn time_now(&self) -> String {
        self.wall(self.now.wall)
    }

    /// `December 24`, of today.
    pub fn day_now(&self) -> String {
        self.zone.local(self.now.wall).format("%B %-d").to_string()
    }

    /// `02:07:31 CST`: for what was recorded.
    pub fn wall_to_the_second(&self, at: DateTime<Utc>) -> String {
        self.write(at, "%H:%M:%S")
    }

    /// The same for an instant in logical time.
    pub fn logical(&self, at: DateTime<Utc>) -> String {
        self.wall(self.now.on_the_wall(at))
    }

    /// `9 min left` or `3 min ago` for an instant in logical time.
    pub fn distance(&self, at: DateTime<Utc>) -> String {
        let left = at - self.now.logical;
        if left > TimeDelta::zero() { format!("{} left", span(left)) } else { format!("{} ago", span(-left)) }
    }

    /// The same for an instant on the wall clock.
    pub fn wall_distance(&self, at: DateTime<Utc>) -> String {
        self.distance(at - (self.now.wall - self.now.logical))
    }

    /// Whether an instant on the wall clock has passed.
    pub fn is_over(&self, at: DateTime<Utc>) -> bool {
        at <= self.now.wall
    }

    fn write(&self, at: DateTime<Utc>, format: &str) -> String {
        let zone = self.zone.abbreviation(at);
        let (at, today) = (self.zone.local(at), self.zone.local(self.now.wall).date());
        // Some zones have no short name, only an offset.
        let zone = if zone.starts_with(['+', '-']) { format!("UTC{zone}") } else { zone };
        let time = at.format(format);
        if at.date() == today {
            format!("{time} {zone}")
        } else {
            format!("{}, {time} {zone}", at.format("%a, %b %-d"))
        }
    }
}

/// `10 min`, `90 s`
pub fn in_words(wait: Wait) -> String {
    match wait.as_seconds() {
        seconds if seconds % 60 != 0 => format!("{seconds} s"),
        seconds => span(TimeDelta::seconds(seconds.into())),
    }
}

/// Capitalizes the text and ends it with a period.
pub fn sentence(words: &str) -> String {
    format!("{}.", capitalized(words.trim_end_matches('.')))
}

/// A length of time in at most two units. Minutes round up, so that a wait never looks shorter than it is.
fn span(length: TimeDelta) -> String {
    let minutes = (length.num_milliseconds() + 59_999) / 60_000;
    match minutes {
        0..=1 => "1 min".to_owned(),
        2..=119 => format!("{minutes} min"),
        120..=2_879 if minutes % 60 == 0 => format!("{} h", minutes / 60),
        120..=2_879 => format!("{} h {} min", minutes / 60, minutes % 60),
        _ => format!("{} days", minutes / 1_440),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_local_and_name_another_day() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let [chicago, lima] = ["America/Chicago", "America/Lima"].map(|name| Zone::built_in(name).unwrap());
        let times = Times::new(&chicago, Now::agreed(at("2026-01-05T08:05:00Z")));
        assert_eq!(times.wall(at("2026-01-05T08:14:00Z")), "02:14 CST");
        assert_eq!(times.wall_to_the_second(at("2026-01-05T08:05:09Z")), "02:05:09 CST");
        assert_eq!(times.wall(at("2026-01-06T14:00:00Z")), "Tue, Jan 6, 08:00 CST");
        assert_eq!(times.distance(at("2026-01-05T08:14:00Z")), "9 min left");
        assert_eq!(times.distance(at("2026-01-05T08:05:20Z")), "1 min left");
        assert_eq!(times.distance(at("2026-01-05T08:02:00Z")), "3 min ago");
        assert_eq!(times.distance(at("2026-01-05T10:10:00Z")), "2 h 5 min left");
        let lima = Times::new(&lima, Now::agreed(at("2026-01-05T08:05:00Z")));
        assert_eq!(lima.wall(at("2026-01-05T08:14:00Z")), "03:14 UTC-05");
    }
}
