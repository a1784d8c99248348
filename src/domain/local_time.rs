//! Converts between local time and instants, across every change of the zone's offset.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

use crate::domain::zone::{Meaning, Zone};

/// The instant that a local time means.
///
/// A skipped time means the first instant after the gap; a time that occurs twice means its first occurrence. This
/// applies to starts and ends alike, so adjacent periods neither overlap nor leave a gap.
pub fn to_instant(zone: &Zone, local: NaiveDateTime) -> DateTime<Utc> {
    to_instant_and_shown(zone, local).0
}

/// The instant that a local time means, and the result of [`latest_shown`] for it.
pub fn to_instant_and_shown(zone: &Zone, local: NaiveDateTime) -> (DateTime<Utc>, NaiveDateTime) {
    match zone.meaning(local) {
        Meaning::Once(at) | Meaning::Twice { first: at, .. } => (at, local),
        Meaning::Never { change, after, .. } => (change, after),
    }
}

/// Describes the change that skips a local time and what the time means; `None` if the time exists.
pub fn skipped_in_words(zone: &Zone, local: NaiveDateTime) -> Option<String> {
    let Meaning::Never { before, after, .. } = zone.meaning(local) else { return None };
    let show = |local: NaiveDateTime| local.format("%Y-%m-%d %H:%M");
    let (local, before, after) = (show(local), show(before), show(after));
    Some(format!("the clocks in {zone} jump from {before} to {after}, so {local} is read as {after}"))
}

/// Local time in the zone at an instant.
pub fn to_local(zone: &Zone, at: DateTime<Utc>) -> NaiveDateTime {
    zone.local(at)
}

/// The latest local time in the zone up to an instant.
///
/// It never goes back. While a stretch of local time repeats, it stays just before the end of that stretch. So a local
/// time has been reached, as defined by [`to_instant`], if and only if it is not after this one. This allows local
/// times to be compared directly, on both sides of every change.
pub fn latest_shown(zone: &Zone, at: DateTime<Utc>) -> NaiveDateTime {
    let local = zone.local(at);
    match zone.meaning(local) {
        Meaning::Twice { second, shown, .. } if at >= second => shown - TimeDelta::nanoseconds(1),
        Meaning::Twice { .. } | Meaning::Once(_) | Meaning::Never { .. } => local,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone_of(name: &str) -> Zone {
        Zone::built_in(name).unwrap()
    }

    #[track_caller]
    fn check(zone: &str, local: &str, utc: &str) {
        let local = NaiveDateTime::parse_from_str(local, "%Y-%m-%d %H:%M").unwrap();
        assert_eq!(to_instant(&zone_of(zone), local).format("%Y-%m-%d %H:%M:%S").to_string(), utc);
    }

    #[test]
    fn a_skipped_time_is_explained() {
        let words = |zone: &str, local: &str| {
            skipped_in_words(&zone_of(zone), NaiveDateTime::parse_from_str(local, "%Y-%m-%d %H:%M").unwrap())
        };
        let chicago = "America/Chicago";
        for shown in ["2026-03-08 01:59", "2026-03-08 03:00", "2026-11-01 01:30"] {
            assert_eq!(words(chicago, shown), None, "{shown}");
        }
        for (zone, local, change) in [
            (chicago, "2026-03-08 02:30", "from 2026-03-08 02:00 to 2026-03-08 03:00"),
            (chicago, "2026-03-08 02:00", "from 2026-03-08 02:00 to 2026-03-08 03:00"),
            ("Pacific/Apia", "2011-12-30 12:00", "from 2011-12-30 00:00 to 2011-12-31 00:00"),
        ] {
            let told = words(zone, local).unwrap();
            assert!(told.contains(change) && told.contains(&format!("{local} is read as")), "{told}");
        }
    }

    #[test]
    fn a_skipped_time_is_the_first_instant_after_the_gap() {
        check("America/Chicago", "2026-03-08 02:30", "2026-03-08 08:00:00");
        check("America/Chicago", "2026-03-08 02:00", "2026-03-08 08:00:00");
        check("America/Chicago", "2026-03-08 03:00", "2026-03-08 08:00:00");
        check("America/Havana", "2026-03-08 00:00", "2026-03-08 05:00:00");
        check("Asia/Beirut", "2026-03-29 00:30", "2026-03-28 22:00:00");
        check("Australia/Lord_Howe", "2026-10-04 02:15", "2026-10-03 15:30:00");
        check("Pacific/Apia", "2011-12-30 12:00", "2011-12-30 10:00:00");
    }

    #[test]
    fn the_latest_time_shown_never_goes_back() {
        let zone = zone_of("America/Chicago");
        for (utc, shown) in [
            ("2026-11-01T06:59:59Z", "2026-11-01 01:59:59"),
            ("2026-11-01T07:00:00Z", "2026-11-01 01:59:59.999999999"),
            ("2026-11-01T07:59:59.5Z", "2026-11-01 01:59:59.999999999"),
            ("2026-11-01T08:00:00Z", "2026-11-01 02:00:00"),
            ("2026-03-08T07:59:59Z", "2026-03-08 01:59:59"),
            ("2026-03-08T08:00:00Z", "2026-03-08 03:00:00"),
        ] {
            assert_eq!(latest_shown(&zone, utc.parse().unwrap()).to_string(), shown, "{utc}");
        }
    }

    #[test]
    fn a_repeated_time_is_the_first_of_the_two() {
        check("America/Chicago", "2026-11-01 01:30", "2026-11-01 06:30:00");
        check("America/Chicago", "2026-11-01 02:00", "2026-11-01 08:00:00");
        check("Europe/Berlin", "2026-10-25 02:30", "2026-10-25 00:30:00");
    }
}
