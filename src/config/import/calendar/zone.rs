//! The time zones of a calendar: names of the tz database, of Windows, and those defined in the calendar or by the user.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveTime, TimeDelta, Utc};

use crate::config::diagnostics::quoted;
use crate::config::import::calendar::wall::Wall;
use crate::config::import::calendar::windows::{of_windows, offset_pair, split_offset};
use crate::config::import::fault::Fault;
use crate::domain::zone::Zone;
use crate::domain::zone::rules::Rules;

/// The zones that are meant by a standard and a daylight offset without a name, in hours and minutes.
const BY_OFFSETS: &[(i32, i32, &str)] = &[
    (-330, -230, "America/St_Johns"),
    (-400, -300, "America/Halifax"),
    (-500, -400, "America/New_York"),
    (-600, -500, "America/Chicago"),
    (-700, -600, "America/Denver"),
    (-800, -700, "America/Los_Angeles"),
    (-900, -800, "America/Anchorage"),
];

/// A name in the calendar, and the zone that it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedZone {
    pub name: String,
    pub zone: Zone,
}

/// The time zones of a calendar.
pub struct Zones<'a> {
    /// The known time zones.
    pub rules: &'a Rules,
    /// The roster's time zone, used for days.
    pub days: Zone,
    /// From the first to the last instant of the imported months.
    pub span: Option<(DateTime<Utc>, DateTime<Utc>)>,
    /// The zones that the user has named.
    pub given: &'a [NamedZone],
    /// The time zone of local times; default: the roster's.
    pub floating: Option<String>,
    /// The tz database names of the calendar's own names, from `X-LIC-LOCATION`.
    pub places: BTreeMap<String, String>,
    /// The `VTIMEZONE`s with names that are not known otherwise.
    pub own: BTreeMap<String, Result<Wall, Fault>>,
}

/// A calendar names a time zone that is not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}. Say which one it is, for example with `--timezone \"{word}={example}\"`")]
pub struct UnknownZone {
    what: String,
    /// The name as the command line takes it.
    word: String,
    example: String,
}

impl Zones<'_> {
    /// The time zone of local times.
    ///
    /// # Errors
    ///
    /// The calendar sets an unknown one.
    pub fn floating(&self) -> Result<Wall, UnknownZone> {
        self.floating.as_ref().map_or_else(|| Ok(Wall::Zone(self.days.clone())), |name| self.find(name))
    }

    /// The time zone of a `TZID`: by name if it is known, otherwise as the calendar defines it.
    ///
    /// # Errors
    ///
    /// It is unknown.
    pub fn find(&self, name: &str) -> Result<Wall, UnknownZone> {
        let name = name.trim();
        if let Some(zone) = self.named(name) {
            return Ok(Wall::Zone(zone));
        }
        let fault = match self.own.get(name) {
            Some(Ok(clock)) => return Ok(clock.clone()),
            Some(Err(fault)) => Some(fault),
            None => None,
        };
        if let Some(zone) = offset_pair(name).and_then(|pair| self.of_pair(pair)) {
            return Ok(Wall::Zone(zone));
        }
        let what = match split_offset(name) {
            (Some(offset), "") if fault.is_none() => {
                if self.is_of_days(offset) {
                    return Ok(Wall::Zone(self.days.clone()));
                }
                format!("the time zone {} is only an offset, which does not say when the clocks change", quoted(name))
            }
            _ => format!("unknown time zone {}", quoted(name)),
        };
        let why = fault.map_or(String::new(), |fault| format!(" with an invalid `VTIMEZONE` ({fault})"));
        let word = name.replace('"', "'");
        Err(UnknownZone { what: format!("{what}{why}"), word, example: self.days.name().to_owned() })
    }

    /// The zone known by the name, or by the calendar's alias for it.
    pub fn named(&self, name: &str) -> Option<Zone> {
        let given = self.given.iter().find(|one| one.name.trim().eq_ignore_ascii_case(&name.replace('"', "'")));
        let known = given.map(|one| one.zone.clone()).or_else(|| known(self.rules, name));
        known.or_else(|| self.places.get(name).and_then(|place| known_place(self.rules, place)))
    }

    /// The roster's zone if it has these offsets, or else the zone in the United States or Canada that has them.
    fn of_pair(&self, (standard, daylight): (FixedOffset, FixedOffset)) -> Option<Zone> {
        let year = self.span.map_or(FIRST_YEAR, |(from, _)| from.year());
        let is_of = |zone: &Zone| {
            let at = |month| {
                NaiveDate::from_ymd_opt(year, month, 15).map(|day| zone.offset(day.and_time(NaiveTime::MIN).and_utc()))
            };
            let (winter, summer) = (at(1), at(7));
            let wanted = (Some(length(standard)), Some(length(daylight)));
            (winter, summer) == wanted || (summer, winter) == wanted
        };
        if is_of(&self.days) {
            return Some(self.days.clone());
        }
        let minutes = |offset: FixedOffset| offset.local_minus_utc() / 60;
        let wanted = (minutes(standard), minutes(daylight));
        let is_wanted = |(standard, daylight, _): &&(i32, i32, &str)| {
            let minutes = |text: i32| text / 100 * 60 + text % 100;
            (minutes(*standard), minutes(*daylight)) == wanted
        };
        BY_OFFSETS.iter().find(is_wanted).and_then(|(_, _, name)| self.rules.find(name))
    }

    /// Whether the roster's zone has that offset all the time, so that it does not matter which zone is meant.
    fn is_of_days(&self, offset: FixedOffset) -> bool {
        self.span.is_some_and(|(from, to)| {
            self.days.offset(from) == length(offset) && self.days.next_change(from).is_none_or(|change| change >= to)
        })
    }
}

/// For a calendar without months, whose zones do not matter.
const FIRST_YEAR: i32 = 2000;

fn length(offset: FixedOffset) -> TimeDelta {
    TimeDelta::seconds(offset.local_minus_utc().into())
}

/// The zone of that name; some programs add an offset, as in `(GMT -06:00) America/Chicago`.
fn known(rules: &Rules, name: &str) -> Option<Zone> {
    let place = || known_place(rules, split_offset(name).1).filter(|_| !name.is_empty());
    rules.find(name).or_else(|| rules.find(of_windows(name)?)).or_else(place)
}

/// The zone of a place; some programs add a prefix, as in `/example.org/America/Chicago`.
fn known_place(rules: &Rules, name: &str) -> Option<Zone> {
    let ends = || name.match_indices('/').find_map(|(at, _)| rules.find(&name[at + 1..]));
    rules.find(name).or_else(ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_many_programs_are_known() {
        for (name, zone) in [
            ("America/Chicago", "America/Chicago"),
            ("Central Standard Time", "America/Chicago"),
            ("(GMT -06:00) America/Chicago", "America/Chicago"),
            ("tzone://Microsoft/Utc", "UTC"),
            ("/freeassociation.sourceforge.net/Europe/Berlin", "Europe/Berlin"),
            ("/mozilla.org/20050126_1/America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
        ] {
            assert_eq!(known(Rules::built_in(), name).unwrap().name(), zone, "{name}");
        }
        for name in ["", "/", "Customized Time Zone", "America", "America/", "tzone://Microsoft/Custom", "(GMT -06:00)"]
        {
            assert_eq!(known(Rules::built_in(), name), None, "{name}");
        }
    }
}
