//! The zones of a calendar: names of the tz database, those that Windows gives, and those that it explains itself.

use std::collections::BTreeMap;

use chrono_tz::Tz;

use crate::config::import::Fault;
use crate::config::import::calendar::wall::Wall;
use crate::config::mistakes::quoted;

/// The names that Outlook and Exchange write, for the zones that hospitals are in.
const WINDOWS: &[(&str, Tz)] = &[
    ("AUS Central Standard Time", Tz::Australia__Darwin),
    ("AUS Eastern Standard Time", Tz::Australia__Sydney),
    ("Alaskan Standard Time", Tz::America__Anchorage),
    ("Arab Standard Time", Tz::Asia__Riyadh),
    ("Arabian Standard Time", Tz::Asia__Dubai),
    ("Argentina Standard Time", Tz::America__Argentina__Buenos_Aires),
    ("Atlantic Standard Time", Tz::America__Halifax),
    ("Canada Central Standard Time", Tz::America__Regina),
    ("Cen. Australia Standard Time", Tz::Australia__Adelaide),
    ("Central America Standard Time", Tz::America__Guatemala),
    ("Central Europe Standard Time", Tz::Europe__Budapest),
    ("Central European Standard Time", Tz::Europe__Warsaw),
    ("Central Standard Time", Tz::America__Chicago),
    ("Central Standard Time (Mexico)", Tz::America__Mexico_City),
    ("China Standard Time", Tz::Asia__Shanghai),
    ("E. Australia Standard Time", Tz::Australia__Brisbane),
    ("E. South America Standard Time", Tz::America__Sao_Paulo),
    ("Eastern Standard Time", Tz::America__New_York),
    ("Egypt Standard Time", Tz::Africa__Cairo),
    ("FLE Standard Time", Tz::Europe__Kyiv),
    ("GMT Standard Time", Tz::Europe__London),
    ("GTB Standard Time", Tz::Europe__Bucharest),
    ("Greenwich Standard Time", Tz::Atlantic__Reykjavik),
    ("Hawaiian Standard Time", Tz::Pacific__Honolulu),
    ("India Standard Time", Tz::Asia__Kolkata),
    ("Israel Standard Time", Tz::Asia__Jerusalem),
    ("Korea Standard Time", Tz::Asia__Seoul),
    ("Mountain Standard Time", Tz::America__Denver),
    ("New Zealand Standard Time", Tz::Pacific__Auckland),
    ("Newfoundland Standard Time", Tz::America__St_Johns),
    ("Pacific SA Standard Time", Tz::America__Santiago),
    ("Pacific Standard Time", Tz::America__Los_Angeles),
    ("Romance Standard Time", Tz::Europe__Paris),
    ("SA Pacific Standard Time", Tz::America__Bogota),
    ("Singapore Standard Time", Tz::Asia__Singapore),
    ("South Africa Standard Time", Tz::Africa__Johannesburg),
    ("Tokyo Standard Time", Tz::Asia__Tokyo),
    ("Turkey Standard Time", Tz::Europe__Istanbul),
    ("US Eastern Standard Time", Tz::America__Indiana__Indianapolis),
    ("US Mountain Standard Time", Tz::America__Phoenix),
    ("UTC", Tz::UTC),
    ("W. Australia Standard Time", Tz::Australia__Perth),
    ("W. Europe Standard Time", Tz::Europe__Berlin),
];

/// The zones that a calendar names.
pub struct Zones {
    /// The clock of days: the roster's.
    pub days: Tz,
    /// The name of the clock of times without a zone; without one, they are on the roster's.
    pub floating: Option<String>,
    /// What the calendar says of its own names, as `X-LIC-LOCATION`.
    pub explained: BTreeMap<String, String>,
    /// Its `VTIMEZONE`s of names that are not known otherwise.
    pub own: BTreeMap<String, Result<Wall, Fault>>,
}

impl Zones {
    /// The zone of times that name none.
    ///
    /// # Errors
    ///
    /// The calendar names one for them that nobody knows; in words.
    pub fn floating(&self) -> Result<Wall, String> {
        self.floating.as_ref().map_or(Ok(Wall::Zone(self.days)), |name| self.find(name))
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
    pub fn named(&self, name: &str) -> Option<Tz> {
        known(name).or_else(|| self.explained.get(name).and_then(|place| known(place)))
    }
}

/// The zone of that name; some programs put a path of their own before it, as `/example.org/America/Chicago`.
pub fn known(name: &str) -> Option<Tz> {
    let name = name.trim();
    let windows = || WINDOWS.iter().find(|(word, _)| word.eq_ignore_ascii_case(name)).map(|(_, zone)| *zone);
    let ends = || name.match_indices('/').find_map(|(at, _)| name[at + 1..].parse().ok());
    name.parse().ok().or_else(windows).or_else(ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_many_programs_are_known() {
        for (name, zone) in [
            ("America/Chicago", Tz::America__Chicago),
            ("Central Standard Time", Tz::America__Chicago),
            ("/freeassociation.sourceforge.net/Europe/Berlin", Tz::Europe__Berlin),
            ("/mozilla.org/20050126_1/America/Argentina/Buenos_Aires", Tz::America__Argentina__Buenos_Aires),
        ] {
            assert_eq!(known(name), Some(zone), "{name}");
        }
        for name in ["", "/", "Customized Time Zone", "America", "America/"] {
            assert_eq!(known(name), None, "{name}");
        }
    }
}
