//! From local wall-clock time to instants, across every change of the zone's offset.

use chrono::{DateTime, LocalResult, NaiveDateTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

/// Offsets lie within this distance of UTC, and a change skips at most a day (Samoa in December 2011).
const WIDEST_OFFSET_HOURS: i64 = 40;

/// The instant that a local time means.
///
/// A time that a change skips means the first instant after the gap; one that comes twice means the first of the two.
/// That holds for every start and every end, so neighbours neither overlap nor leave a gap.
pub fn to_instant(zone: Tz, local: NaiveDateTime) -> DateTime<Utc> {
    match zone.from_local_datetime(&local) {
        LocalResult::Single(at) => at.with_timezone(&Utc),
        LocalResult::Ambiguous(first, _) => first.with_timezone(&Utc),
        LocalResult::None => first_after_gap(zone, local),
    }
}

/// What the clocks of the zone show at an instant.
pub fn to_local(zone: Tz, at: DateTime<Utc>) -> NaiveDateTime {
    at.with_timezone(&zone).naive_local()
}

/// The first second whose local time is not before the skipped one, found by halving.
fn first_after_gap(zone: Tz, skipped: NaiveDateTime) -> DateTime<Utc> {
    let local_at = |utc: NaiveDateTime| utc + zone.offset_from_utc_datetime(&utc).fix();
    let span = TimeDelta::hours(WIDEST_OFFSET_HOURS);
    let (mut before, mut after) = (skipped - span, skipped + span);
    while after - before > TimeDelta::seconds(1) {
        let middle = before + TimeDelta::seconds((after - before).num_seconds() / 2);
        if local_at(middle) < skipped { before = middle } else { after = middle }
    }
    after.and_utc()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(zone: Tz, local: &str, utc: &str) {
        let local = NaiveDateTime::parse_from_str(local, "%Y-%m-%d %H:%M").unwrap();
        assert_eq!(to_instant(zone, local).format("%Y-%m-%d %H:%M:%S").to_string(), utc);
    }

    #[test]
    fn a_skipped_time_is_the_first_instant_after_the_gap() {
        check(chrono_tz::America::Chicago, "2026-03-08 02:30", "2026-03-08 08:00:00");
        check(chrono_tz::America::Chicago, "2026-03-08 02:00", "2026-03-08 08:00:00");
        check(chrono_tz::America::Chicago, "2026-03-08 03:00", "2026-03-08 08:00:00");
        check(chrono_tz::America::Havana, "2026-03-08 00:00", "2026-03-08 05:00:00");
        check(chrono_tz::Asia::Beirut, "2026-03-29 00:30", "2026-03-28 22:00:00");
        check(chrono_tz::Australia::Lord_Howe, "2026-10-04 02:15", "2026-10-03 15:30:00");
        check(chrono_tz::Pacific::Apia, "2011-12-30 12:00", "2011-12-30 10:00:00");
    }

    #[test]
    fn a_repeated_time_is_the_first_of_the_two() {
        check(chrono_tz::America::Chicago, "2026-11-01 01:30", "2026-11-01 06:30:00");
        check(chrono_tz::America::Chicago, "2026-11-01 02:00", "2026-11-01 08:00:00");
        check(chrono_tz::Europe::Berlin, "2026-10-25 02:30", "2026-10-25 00:30:00");
    }
}
