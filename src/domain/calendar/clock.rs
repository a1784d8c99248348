//! Formats local times for calendars.

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, Timelike, Utc};

use crate::domain::local_time;
use crate::domain::zone::{Meaning, Zone};

/// The first instant of a local day.
pub fn day_start(zone: &Zone, date: NaiveDate) -> DateTime<Utc> {
    local_time::to_instant(zone, date.and_time(NaiveTime::MIN))
}

/// Formats times of one zone.
#[derive(Debug, Clone)]
pub struct ClockWords {
    zone: Zone,
}

impl ClockWords {
    pub fn new(zone: &Zone) -> Self {
        Self { zone: zone.clone() }
    }

    /// `08:00`; a time that occurs twice because clocks go back includes the zone name: `01:30 CST`.
    pub fn start(&self, at: DateTime<Utc>) -> String {
        let local = self.zone.local(at);
        let pattern = if local.second() == 0 { "%H:%M" } else { "%H:%M:%S" };
        let time = local.format(pattern);
        match self.zone.meaning(local) {
            Meaning::Twice { .. } => format!("{time} {}", self.zone_name(at)),
            _ => time.to_string(),
        }
    }

    /// The same for an end, where midnight is `24:00`.
    pub fn end(&self, at: DateTime<Utc>) -> String {
        let is_midnight = local_time::to_local(&self.zone, at).time() == NaiveTime::MIN;
        if is_midnight { "24:00".to_owned() } else { self.start(at) }
    }

    /// `Tue 24 Nov 08:00 CST`, with the year if it differs from that of `now`.
    pub fn moment(&self, at: DateTime<Utc>, now: DateTime<Utc>) -> String {
        let (local, today) = (self.zone.local(at), self.zone.local(now));
        let same_year = local.year() == today.year();
        let day = local.format(if same_year { "%a %-d %b" } else { "%a %-d %b %Y" });
        let time = local.format(if local.second() == 0 { "%H:%M" } else { "%H:%M:%S" });
        format!("{day} {time} {}", self.zone_name(at))
    }

    /// `CST`; some zones have no short name, only an offset: `UTC-05`.
    pub fn zone_name(&self, at: DateTime<Utc>) -> String {
        let name = self.zone.abbreviation(at);
        if name.starts_with(['+', '-']) { format!("UTC{name}") } else { name }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_that_come_twice_name_their_half() {
        let words = ClockWords::new(&Zone::built_in("America/Chicago").unwrap());
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        assert_eq!(words.start(at("2026-11-01T06:30:00Z")), "01:30 CDT");
        assert_eq!(words.start(at("2026-11-01T07:30:00Z")), "01:30 CST");
        assert_eq!(words.start(at("2026-11-01T08:00:00Z")), "02:00");
        assert_eq!(words.end(at("2026-11-02T06:00:00Z")), "24:00");
        assert_eq!(words.moment(at("2026-12-24T23:00:00Z"), at("2026-11-24T08:00:00Z")), "Thu 24 Dec 17:00 CST");
        assert_eq!(words.moment(at("2027-01-01T14:00:00Z"), at("2026-11-24T08:00:00Z")), "Fri 1 Jan 2027 08:00 CST");
    }
}
