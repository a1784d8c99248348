//! The time zones of a calendar: names of the tz database, Windows names, and those defined in the calendar.

use std::collections::BTreeMap;

use crate::config::diagnostics::quoted;
use crate::config::import::calendar::wall::Wall;
use crate::config::import::fault::Fault;
use crate::domain::zone::Zone;
use crate::domain::zone::rules::Rules;

/// The names that Outlook and Exchange use, for time zones with hospitals.
const WINDOWS: &[(&str, &str)] = &[
    ("AUS Central Standard Time", "Australia/Darwin"),
    ("AUS Eastern Standard Time", "Australia/Sydney"),
    ("Alaskan Standard Time", "America/Anchorage"),
    ("Arab Standard Time", "Asia/Riyadh"),
    ("Arabian Standard Time", "Asia/Dubai"),
    ("Argentina Standard Time", "America/Argentina/Buenos_Aires"),
    ("Atlantic Standard Time", "America/Halifax"),
    ("Canada Central Standard Time", "America/Regina"),
    ("Cen. Australia Standard Time", "Australia/Adelaide"),
    ("Central America Standard Time", "America/Guatemala"),
    ("Central Europe Standard Time", "Europe/Budapest"),
    ("Central European Standard Time", "Europe/Warsaw"),
    ("Central Standard Time", "America/Chicago"),
    ("Central Standard Time (Mexico)", "America/Mexico_City"),
    ("China Standard Time", "Asia/Shanghai"),
    ("E. Australia Standard Time", "Australia/Brisbane"),
    ("E. South America Standard Time", "America/Sao_Paulo"),
    ("Eastern Standard Time", "America/New_York"),
    ("Egypt Standard Time", "Africa/Cairo"),
    ("FLE Standard Time", "Europe/Kyiv"),
    ("GMT Standard Time", "Europe/London"),
    ("GTB Standard Time", "Europe/Bucharest"),
    ("Greenwich Standard Time", "Atlantic/Reykjavik"),
    ("Hawaiian Standard Time", "Pacific/Honolulu"),
    ("India Standard Time", "Asia/Kolkata"),
    ("Israel Standard Time", "Asia/Jerusalem"),
    ("Korea Standard Time", "Asia/Seoul"),
    ("Mountain Standard Time", "America/Denver"),
    ("New Zealand Standard Time", "Pacific/Auckland"),
    ("Newfoundland Standard Time", "America/St_Johns"),
    ("Pacific SA Standard Time", "America/Santiago"),
    ("Pacific Standard Time", "America/Los_Angeles"),
    ("Romance Standard Time", "Europe/Paris"),
    ("SA Pacific Standard Time", "America/Bogota"),
    ("Singapore Standard Time", "Asia/Singapore"),
    ("South Africa Standard Time", "Africa/Johannesburg"),
    ("Tokyo Standard Time", "Asia/Tokyo"),
    ("Turkey Standard Time", "Europe/Istanbul"),
    ("US Eastern Standard Time", "America/Indiana/Indianapolis"),
    ("US Mountain Standard Time", "America/Phoenix"),
    ("UTC", "UTC"),
    ("W. Australia Standard Time", "Australia/Perth"),
    ("W. Europe Standard Time", "Europe/Berlin"),
];

/// The time zones of a calendar.
pub struct Zones<'a> {
    /// The known time zones.
    pub rules: &'a Rules,
    /// The roster's time zone, used for days.
    pub days: Zone,
    /// The time zone of local times; default: the roster's.
    pub floating: Option<String>,
    /// The tz database names of the calendar's own names, from `X-LIC-LOCATION`.
    pub explained: BTreeMap<String, String>,
    /// The `VTIMEZONE`s with names that are not known otherwise.
    pub own: BTreeMap<String, Result<Wall, Fault>>,
}

impl Zones<'_> {
    /// The time zone of local times.
    ///
    /// # Errors
    ///
    /// The calendar sets an unknown one.
    pub fn floating(&self) -> Result<Wall, String> {
        self.floating.as_ref().map_or_else(|| Ok(Wall::Zone(self.days.clone())), |name| self.find(name))
    }

    /// The time zone of a `TZID`: by name if it is known, otherwise as the calendar defines it.
    ///
    /// # Errors
    ///
    /// It is unknown.
    pub fn find(&self, name: &str) -> Result<Wall, String> {
        if let Some(zone) = self.named(name) {
            return Ok(Wall::Zone(zone));
        }
        let cure = "use a name from the tz database, such as `America/Chicago`";
        match self.own.get(name) {
            Some(Ok(clock)) => Ok(clock.clone()),
            Some(Err(fault)) => {
                Err(format!("unknown time zone {} with an invalid `VTIMEZONE` ({fault}); {cure}", quoted(name)))
            }
            None => Err(format!("unknown time zone {}; {cure}", quoted(name))),
        }
    }

    /// The zone known by the name, or by the calendar's alias for it.
    pub fn named(&self, name: &str) -> Option<Zone> {
        known(self.rules, name).or_else(|| self.explained.get(name).and_then(|place| known(self.rules, place)))
    }
}

/// The zone of that name; some programs add a prefix, as in `/example.org/America/Chicago`.
fn known(rules: &Rules, name: &str) -> Option<Zone> {
    let name = name.trim();
    let ends = || name.match_indices('/').find_map(|(at, _)| rules.find(&name[at + 1..]));
    rules.find(name).or_else(|| rules.find(of_windows(name)?)).or_else(ends)
}

/// The zone of a Windows name.
pub fn of_windows(name: &str) -> Option<&'static str> {
    WINDOWS.iter().find(|(word, _)| word.eq_ignore_ascii_case(name)).map(|(_, zone)| *zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_many_programs_are_known() {
        for (name, zone) in [
            ("America/Chicago", "America/Chicago"),
            ("Central Standard Time", "America/Chicago"),
            ("/freeassociation.sourceforge.net/Europe/Berlin", "Europe/Berlin"),
            ("/mozilla.org/20050126_1/America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
        ] {
            assert_eq!(known(Rules::built_in(), name).unwrap().name(), zone, "{name}");
        }
        for name in ["", "/", "Customized Time Zone", "America", "America/"] {
            assert_eq!(known(Rules::built_in(), name), None, "{name}");
        }
    }
}
