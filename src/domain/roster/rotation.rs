//! Rotations: whose turn it is, by arithmetic on the local wall clock.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, Months, NaiveDateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use crate::domain::civil;
use crate::domain::id::{LiaisonId, Role};
use crate::domain::roster::Place;

/// People who take turns in a role.
#[derive(Debug, Clone)]
pub struct Rotation {
    /// The role.
    pub role: Role,
    /// When the rotation holds.
    pub during: During,
    /// In turn order; never empty.
    pub liaisons: Vec<LiaisonId>,
    /// How long a turn is; without it, it is always the first person's.
    pub every: Option<Every>,
    /// When the first person takes over, on the local wall clock; without it, the rotation has always held.
    pub handoff: Option<NaiveDateTime>,
    /// Where it is written.
    pub place: Place,
}

/// When a rotation holds, by the department's hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum During {
    /// While the department is staffed.
    Hours,
    /// While it is not.
    AfterHours,
    /// At all times.
    Always,
}

impl FromStr for During {
    type Err = BadDuring;
    fn from_str(text: &str) -> Result<Self, BadDuring> {
        match text {
            "hours" => Ok(Self::Hours),
            "after-hours" => Ok(Self::AfterHours),
            "always" => Ok(Self::Always),
            _ => Err(BadDuring),
        }
    }
}

/// The word is none of the three.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a rotation holds during `hours`, `after-hours` or `always`")]
pub struct BadDuring;

/// How long a turn is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Every {
    /// Hours of the local clock.
    Hours(u32),
    /// Days; a week is seven.
    Days(u32),
    /// Calendar months, counted from the handoff's own day and cut to the last day of shorter months.
    Months(u32),
}

/// The text is not a number and a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a turn is a number from 1 to 1000 and `hours`, `days`, `weeks` or `months`, such as `1 week`")]
pub struct BadEvery;

impl FromStr for Every {
    type Err = BadEvery;
    fn from_str(text: &str) -> Result<Self, BadEvery> {
        let (number, unit) = text.split_once(' ').ok_or(BadEvery)?;
        let number: u32 = number.parse().ok().filter(|number| (1..=1_000).contains(number)).ok_or(BadEvery)?;
        match unit.strip_suffix('s').unwrap_or(unit) {
            "hour" => Ok(Self::Hours(number)),
            "day" => Ok(Self::Days(number)),
            "week" => Ok(Self::Days(number * 7)),
            "month" => Ok(Self::Months(number)),
            _ => Err(BadEvery),
        }
    }
}

impl fmt::Display for Every {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (number, unit) = match self {
            Self::Hours(number) => (*number, "hour"),
            Self::Days(number) if number % 7 == 0 => (number / 7, "week"),
            Self::Days(number) => (*number, "day"),
            Self::Months(number) => (*number, "month"),
        };
        write!(out, "{number} {unit}{}", if number == 1 { "" } else { "s" })
    }
}

impl Rotation {
    /// Whether the first handoff has come.
    pub fn has_begun(&self, zone: Tz, at: DateTime<Utc>) -> bool {
        self.handoff.is_none_or(|handoff| civil::to_instant(zone, handoff) <= at)
    }

    /// The position in `liaisons` of the person whose turn it is; asked only once the rotation has begun.
    pub fn turn(&self, zone: Tz, at: DateTime<Utc>) -> usize {
        let (Some(every), Some(handoff)) = (self.every, self.handoff) else { return 0 };
        let people = i64::try_from(self.liaisons.len()).unwrap_or(1).max(1);
        usize::try_from(handoffs_since(zone, handoff, every, at).rem_euclid(people)).unwrap_or(0)
    }
}

impl Rotation {
    /// The first handoff after an instant, if there is any.
    pub fn next_handoff(&self, zone: Tz, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let handoff = self.handoff?;
        let first = civil::to_instant(zone, handoff);
        if after < first {
            return Some(first);
        }
        let every = self.every?;
        let next = handoffs_since(zone, handoff, every, after) + 1;
        nth_handoff(handoff, every, next).map(|local| civil::to_instant(zone, local))
    }
}

/// How many handoffs have come since the first one.
///
/// The estimate on the wall clock is off by a few where the clock changed; each step here asks the instants themselves.
fn handoffs_since(zone: Tz, first: NaiveDateTime, every: Every, at: DateTime<Utc>) -> i64 {
    let has_come =
        |number: i64| nth_handoff(first, every, number).is_some_and(|local| civil::to_instant(zone, local) <= at);
    let mut number = estimate(first, every, civil::to_local(zone, at));
    while number > 0 && !has_come(number) {
        number -= 1;
    }
    while has_come(number + 1) {
        number += 1;
    }
    number
}

fn estimate(first: NaiveDateTime, every: Every, local: NaiveDateTime) -> i64 {
    let turns = match every {
        Every::Hours(hours) => (local - first).num_hours() / i64::from(hours),
        Every::Days(days) => (local - first).num_days() / i64::from(days),
        Every::Months(months) => {
            let since =
                i64::from(local.year() - first.year()) * 12 + i64::from(local.month()) - i64::from(first.month());
            since / i64::from(months)
        }
    };
    turns.max(0)
}

/// The local time of a handoff, the first being number 0.
fn nth_handoff(first: NaiveDateTime, every: Every, number: i64) -> Option<NaiveDateTime> {
    match every {
        Every::Hours(hours) => first.checked_add_signed(TimeDelta::try_hours(number.checked_mul(hours.into())?)?),
        Every::Days(days) => first.checked_add_signed(TimeDelta::try_days(number.checked_mul(days.into())?)?),
        Every::Months(months) => {
            first.checked_add_months(Months::new(u32::try_from(number).ok()?.checked_mul(months)?))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rotation(every: &str, handoff: &str) -> Rotation {
        Rotation {
            role: Role::primary(),
            during: During::Always,
            liaisons: ["a", "b", "c"].map(|id| id.parse().unwrap()).to_vec(),
            every: Some(every.parse().unwrap()),
            handoff: Some(NaiveDateTime::parse_from_str(handoff, "%Y-%m-%d %H:%M").unwrap()),
            place: Place { file: "rosters/x.toml".into(), line: 1 },
        }
    }

    #[track_caller]
    fn check(rotation: &Rotation, zone: Tz, turns: &[(&str, usize)]) {
        for (at, turn) in turns {
            assert_eq!(rotation.turn(zone, at.parse().unwrap()), *turn, "{at}");
        }
    }

    #[test]
    fn a_week_is_a_week_on_both_sides_of_a_clock_change() {
        let rotation = rotation("1 week", "2026-10-26 08:00");
        check(
            &rotation,
            chrono_tz::America::Chicago,
            &[
                ("2026-10-26T13:00:00Z", 0),
                ("2026-11-02T13:59:59Z", 0),
                ("2026-11-02T14:00:00Z", 1),
                ("2026-11-16T14:00:00Z", 0),
            ],
        );
    }

    #[test]
    fn hours_are_counted_on_the_wall_clock() {
        let rotation = rotation("12 hours", "2026-03-07 08:00");
        check(
            &rotation,
            chrono_tz::America::Chicago,
            &[
                ("2026-03-08T01:59:59Z", 0),
                ("2026-03-08T02:00:00Z", 1),
                ("2026-03-08T12:59:59Z", 1),
                ("2026-03-08T13:00:00Z", 2),
            ],
        );
    }

    #[test]
    fn months_from_the_thirty_first_end_with_shorter_months() {
        let rotation = rotation("1 month", "2026-01-31 09:00");
        check(
            &rotation,
            chrono_tz::UTC,
            &[
                ("2026-02-28T08:59:59Z", 0),
                ("2026-02-28T09:00:00Z", 1),
                ("2026-03-31T08:59:59Z", 1),
                ("2026-03-31T09:00:00Z", 2),
                ("2026-04-30T09:00:00Z", 0),
            ],
        );
    }

    #[test]
    fn a_rotation_begins_at_its_handoff() {
        let rotation = rotation("1 day", "2026-03-08 02:30");
        let zone = chrono_tz::America::Chicago;
        assert!(!rotation.has_begun(zone, "2026-03-08T07:59:59Z".parse().unwrap()));
        assert!(rotation.has_begun(zone, "2026-03-08T08:00:00Z".parse().unwrap()));
        check(
            &rotation,
            zone,
            &[("2026-03-08T08:00:00Z", 0), ("2026-03-09T07:29:59Z", 0), ("2026-03-09T07:30:00Z", 1)],
        );
        for text in ["", "week", "0 days", "1 fortnight", "-1 days", "1001 days", "1  day"] {
            assert_eq!(text.parse::<Every>(), Err(BadEvery), "{text}");
        }
    }
}
