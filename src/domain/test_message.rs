//! A daily test message through every channel, so that a broken channel is found before a page needs it.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};

use crate::domain::contact::ChannelKind;
use crate::domain::local_time::{latest_shown, to_instant};
use crate::domain::page::HospitalName;
use crate::domain::zone::Zone;

/// After downtime, a missed test is still sent if it is less late than this; later, the next one is closer.
const LATE_MAX: TimeDelta = TimeDelta::hours(12);

/// When channel tests are sent, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DailyTest {
    /// Local time in the zone. As in rosters, a skipped time means the first instant after the gap, and a time that
    /// occurs twice means the first.
    pub at: NaiveTime,
    pub zone: Zone,
    /// The address or number that receives each channel's message.
    pub to: BTreeMap<ChannelKind, String>,
}

impl DailyTest {
    /// The day whose test is due at `now` on the wall clock, unless it was missed by too long.
    pub fn due(&self, now: DateTime<Utc>) -> Option<NaiveDate> {
        let day = self.latest(now)?;
        (now - to_instant(&self.zone, day.and_time(self.at)) < LATE_MAX).then_some(day)
    }

    /// When the next test after `now` is due.
    pub fn next(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        Some(to_instant(&self.zone, self.latest(now)?.succ_opt()?.and_time(self.at)))
    }

    /// The day of the latest test that has become due.
    fn latest(&self, now: DateTime<Utc>) -> Option<NaiveDate> {
        let shown = latest_shown(&self.zone, now);
        if self.at <= shown.time() { Some(shown.date()) } else { shown.date().pred_opt() }
    }
}

/// Everything a test message can say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestMessage {
    pub hospital: HospitalName,
    /// The channel under test.
    pub channel: ChannelKind,
    /// The date in the test's time zone.
    pub day: NaiveDate,
    /// `true` for the daily test, `false` for one requested by an operator.
    pub daily: bool,
    /// Wall clock; the same across all attempts.
    pub written_at: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chicago(at: &str) -> DailyTest {
        DailyTest { at: at.parse().unwrap(), zone: Zone::built_in("America/Chicago").unwrap(), to: BTreeMap::new() }
    }

    #[track_caller]
    fn check(at: &str, now: &str, due: &str, next: &str) {
        let (test, now) = (chicago(at), now.parse().unwrap());
        let due_day = test.due(now).map_or("none".to_owned(), |day| day.to_string());
        let next_at = test.next(now).unwrap().format("%Y-%m-%dT%H:%MZ").to_string();
        assert_eq!((due_day.as_str(), next_at.as_str()), (due, next), "{at} at {now}");
    }

    #[test]
    fn a_test_is_due_from_its_time_on_for_twelve_hours() {
        check("08:30:00", "2026-11-24T14:29:59Z", "none", "2026-11-24T14:30Z");
        check("08:30:00", "2026-11-24T14:30:00Z", "2026-11-24", "2026-11-25T14:30Z");
        check("08:30:00", "2026-11-25T02:29:59Z", "2026-11-24", "2026-11-25T14:30Z");
        check("08:30:00", "2026-11-25T02:30:00Z", "none", "2026-11-25T14:30Z");
        check("23:30:00", "2026-11-25T06:00:00Z", "2026-11-24", "2026-11-26T05:30Z");
    }

    #[test]
    fn a_time_that_is_skipped_comes_after_the_gap_and_of_two_the_first_counts() {
        check("02:30:00", "2026-03-08T07:59:59Z", "none", "2026-03-08T08:00Z");
        check("02:30:00", "2026-03-08T08:00:00Z", "2026-03-08", "2026-03-09T07:30Z");
        check("01:30:00", "2026-11-01T06:30:00Z", "2026-11-01", "2026-11-02T07:30Z");
        check("01:30:00", "2026-11-01T07:15:00Z", "2026-11-01", "2026-11-02T07:30Z");
    }
}
