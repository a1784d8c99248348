//! The zones of a calendar: names of the tz database, those that Windows gives, and those that it explains itself.

use std::collections::BTreeMap;

use crate::config::import::calendar::wall::Wall;
use crate::config::import::fault::Fault;
use crate::config::mistakes::quoted;
use crate::domain::zone::Zone;
use crate::domain::zone::rules::Rules;

/// The names that Outlook and Exchange write, for the zones that hospitals are in.
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

/// The zones that a calendar names.
pub struct Zones<'a> {
    /// Those that there are.
    pub rules: &'a Rules,
    /// The clock of days: the roster's.
    pub days: Zone,
    /// The name of the clock of times without a zone; without one, they are on the roster's.
    pub floating: Option<String>,
    /// What the calendar says of its own names, as `X-LIC-LOCATION`.
    pub explained: BTreeMap<String, String>,
    /// Its `VTIMEZONE`s of names that are not known otherwise.
    pub own: BTreeMap<String, Result<Wall, Fault>>,
}

impl Zones<'_> {
    /// The zone of times that name none.
    ///
    /// # Errors
    ///
    /// The calendar names one for them that nobody knows; in words.
    pub fn floating(&self) -> Result<Wall, String> {
        self.floating.as_ref().map_or_else(|| Ok(Wall::Zone(self.days.clone())), |name| self.find(name))
    }

    /// The clock of a `TZID`: by the name, if it is known, and else as the calendar explains it.
    ///
    /// # Errors
    ///
    /// Nobody knows it; in words.
    pub fn find(&self, name: &str) -> Result<Wall, String> {
        if let Some(zone) = self.named(name) {
            return Ok(Wall::Zone(zone));
        }
        let cure = "write a name of the tz database such as `America/Chicago`";
        match self.own.get(name) {
            Some(Ok(clock)) => Ok(clock.clone()),
            Some(Err(fault)) => Err(format!(
                "the zone {} is not known, and its `VTIMEZONE` cannot be understood ({fault}): {cure}",
                quoted(name)
            )),
            None => Err(format!("the zone {} is not known: {cure}", quoted(name))),
        }
    }

    /// The zone that a name, or what the calendar says of it, is known for.
    pub fn named(&self, name: &str) -> Option<Zone> {
        known(self.rules, name).or_else(|| self.explained.get(name).and_then(|place| known(self.rules, place)))
    }
}

/// The zone of that name; some programs put a path of their own before it, as `/example.org/America/Chicago`.
fn known(rules: &Rules, name: &str) -> Option<Zone> {
    let name = name.trim();
    let ends = || name.match_indices('/').find_map(|(at, _)| rules.find(&name[at + 1..]));
    rules.find(name).or_else(|| rules.find(of_windows(name)?)).or_else(ends)
}

/// The zone that Windows means by a name.
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
