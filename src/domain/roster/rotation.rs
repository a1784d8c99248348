//! Rotations: whose turn it is, computed in local time.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use chrono::{Datelike, Months, NaiveDateTime, TimeDelta};

use crate::domain::id::{LiaisonId, Role, WindowName};
use crate::domain::place::Place;
use crate::domain::roster::window::Window;

/// People who take turns in a role.
#[derive(Debug, Clone)]
pub struct Rotation {
    pub role: Role,
    /// When the rotation applies.
    pub during: During,
    /// In turn order, with at least one person; `None` is a free turn, which the next rotation that applies takes.
    pub liaisons: Vec<Option<LiaisonId>>,
    /// The length of a turn; without it, it is always the first person's turn.
    pub every: Option<Every>,
    /// When the first person takes over, in local time; without it, the rotation has always been in force.
    pub handoff: Option<NaiveDateTime>,
    pub place: Place,
}

/// When a rotation applies.
#[derive(Debug, Clone, PartialEq)]
pub enum During {
    /// While the department is staffed.
    Hours,
    /// While it is not.
    AfterHours,
    /// At all times.
    Always,
    /// In a window of the roster.
    Window(Arc<Window>),
}

impl During {
    /// The words that are no names of windows.
    pub const WORDS: [&str; 3] = ["hours", "after-hours", "always"];

    /// As in the files.
    pub fn word(&self) -> &str {
        match self {
            Self::Hours => "hours",
            Self::AfterHours => "after-hours",
            Self::Always => "always",
            Self::Window(window) => window.name.as_str(),
        }
    }

    /// The name of the window, if it is one.
    pub fn window(&self) -> Option<&WindowName> {
        match self {
            Self::Window(window) => Some(&window.name),
            _ => None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Every {
    /// Hours in local time.
    Hours(u32),
    /// Days; a week is seven.
    Days(u32),
    /// Calendar months, counted from the day of the handoff, or the last day of shorter months.
    Months(u32),
    /// Stretches of `during`.
    Turns(u32),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a turn length is a number from 1 to 1000 and `hours`, `days`, `weeks`, `months` or `turns`, such as `1 week`")]
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
            "turn" => Ok(Self::Turns(number)),
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
            Self::Turns(number) => (*number, "turn"),
        };
        write!(out, "{number} {unit}{}", if number == 1 { "" } else { "s" })
    }
}

/// The methods take the latest local time that the clocks have shown; see [`latest_shown`].
///
/// [`latest_shown`]: crate::domain::local_time::latest_shown
impl Rotation {
    /// Whether the first handoff has passed.
    pub fn has_begun(&self, shown: NaiveDateTime) -> bool {
        self.handoff.is_none_or(|handoff| handoff <= shown)
    }

    /// The people, without free turns.
    pub fn people(&self) -> impl Iterator<Item = &LiaisonId> + Clone {
        self.liaisons.iter().flatten()
    }

    pub fn has_free_turns(&self) -> bool {
        self.liaisons.iter().any(Option::is_none)
    }

    /// The index in `liaisons` of the turn; `stretch` numbers the stretches of `during` (see [`Every::Turns`]). Call it
    /// only after the rotation has begun.
    pub fn turn(&self, shown: NaiveDateTime, stretch: impl Fn(NaiveDateTime) -> i64) -> usize {
        let (Some(every), Some(handoff)) = (self.every, self.handoff) else { return 0 };
        let people = i64::try_from(self.liaisons.len()).unwrap_or(1).max(1);
        let passed = match every {
            // The stretch that the handoff is in, or the next one, is the first.
            Every::Turns(each) => (stretch(shown) - stretch(handoff)).div_euclid(each.into()),
            _ => handoffs_since(handoff, every, shown),
        };
        usize::try_from(passed.rem_euclid(people)).unwrap_or(0)
    }

    /// The local time of the next handoff, if it has a time of its own: turns of stretches change with `during`.
    pub fn next_handoff(&self, shown: NaiveDateTime) -> Option<NaiveDateTime> {
        let handoff = self.handoff?;
        if shown < handoff {
            return Some(handoff);
        }
        let every = self.every?;
        nth_handoff(handoff, every, handoffs_since(handoff, every, shown) + 1)
    }
}

/// The number of handoffs since the first one; none for turns of stretches.
fn handoffs_since(first: NaiveDateTime, every: Every, shown: NaiveDateTime) -> i64 {
    match every {
        Every::Hours(hours) => (shown - first).num_hours() / i64::from(hours),
        Every::Days(days) => (shown - first).num_days() / i64::from(days),
        Every::Months(months) => {
            let calendar =
                i64::from(shown.year() - first.year()) * 12 + i64::from(shown.month()) - i64::from(first.month());
            let number = calendar / i64::from(months);
            let is_to_come = nth_handoff(first, every, number).is_none_or(|handoff| handoff > shown);
            if is_to_come { number - 1 } else { number }
        }
        Every::Turns(_) => 0,
    }
}

/// The local time of a handoff; the first one is number 0. `None` for turns of stretches.
fn nth_handoff(first: NaiveDateTime, every: Every, number: i64) -> Option<NaiveDateTime> {
    match every {
        Every::Hours(hours) => first.checked_add_signed(TimeDelta::try_hours(number.checked_mul(hours.into())?)?),
        Every::Days(days) => first.checked_add_signed(TimeDelta::try_days(number.checked_mul(days.into())?)?),
        Every::Months(months) => {
            first.checked_add_months(Months::new(u32::try_from(number).ok()?.checked_mul(months)?))
        }
        Every::Turns(_) => None,
    }
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::domain::local_time::latest_shown;
    use crate::domain::zone::Zone;

    fn rotation(every: &str, handoff: &str) -> Rotation {
        Rotation {
            role: Role::primary(),
            during: During::Always,
            liaisons: ["a", "b", "c"].map(|id| Some(id.parse().unwrap())).to_vec(),
            every: Some(every.parse().unwrap()),
            handoff: Some(NaiveDateTime::parse_from_str(handoff, "%Y-%m-%d %H:%M").unwrap()),
            place: Place { file: "rosters/x.toml".into(), line: 1 },
        }
    }

    #[track_caller]
    fn check(rotation: &Rotation, zone: &Zone, turns: &[(&str, usize)]) {
        for (at, turn) in turns {
            assert_eq!(rotation.turn(latest_shown(zone, at.parse().unwrap()), |_| 0), *turn, "{at}");
        }
    }

    #[test]
    fn a_week_is_a_week_on_both_sides_of_a_clock_change() {
        let rotation = rotation("1 week", "2026-10-26 08:00");
        check(
            &rotation,
            &Zone::built_in("America/Chicago").unwrap(),
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
            &Zone::built_in("America/Chicago").unwrap(),
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
            &Zone::utc(),
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
        let zone = Zone::built_in("America/Chicago").unwrap();
        assert!(!rotation.has_begun(latest_shown(&zone, "2026-03-08T07:59:59Z".parse().unwrap())));
        assert!(rotation.has_begun(latest_shown(&zone, "2026-03-08T08:00:00Z".parse().unwrap())));
        check(
            &rotation,
            &zone,
            &[("2026-03-08T08:00:00Z", 0), ("2026-03-09T07:29:59Z", 0), ("2026-03-09T07:30:00Z", 1)],
        );
        for text in ["", "week", "0 days", "1 fortnight", "-1 days", "1001 days", "1  day"] {
            assert_eq!(text.parse::<Every>(), Err(BadEvery), "{text}");
        }
    }
}
