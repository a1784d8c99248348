//! Time zone names in files, and suggestions for names that are unknown or probably not meant.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

use crate::config::context::Context;
use crate::config::diagnostics::{closest, quoted};
use crate::config::import::calendar::of_windows;
use crate::config::loaded::Loaded;
use crate::config::reader::Spanned;
use crate::config::value_types::ZoneName;
use crate::diagnostic::{Code, Diagnostic};
use crate::domain::zone::Zone;
use crate::domain::zone::rules::{Rules, Source};

/// Zones without daylight saving time that look like half-year names, each with the zone that is probably meant.
const FIXED: &[(&str, &str)] = &[
    ("EST", "America/New_York"),
    ("MST", "America/Denver"),
    ("HST", "Pacific/Honolulu"),
    ("GMT", "Europe/London"),
    ("Etc/GMT+3", "America/Sao_Paulo"),
    ("Etc/GMT+4", "America/Halifax"),
    ("Etc/GMT+5", "America/New_York"),
    ("Etc/GMT+6", "America/Chicago"),
    ("Etc/GMT+7", "America/Denver"),
    ("Etc/GMT+8", "America/Los_Angeles"),
    ("Etc/GMT+9", "America/Anchorage"),
    ("Etc/GMT+10", "Pacific/Honolulu"),
    ("Etc/GMT", "Europe/London"),
    ("Etc/GMT-1", "Europe/Berlin"),
    ("Etc/GMT-2", "Europe/Athens"),
    ("Etc/GMT-3", "Europe/Istanbul"),
    ("Etc/GMT-8", "Australia/Perth"),
    ("Etc/GMT-9", "Asia/Tokyo"),
    ("Etc/GMT-10", "Australia/Sydney"),
    ("Etc/GMT-12", "Pacific/Auckland"),
];

/// Abbreviations that are not zones, each with the zone that is meant.
const ABBREVIATIONS: &[(&str, &str)] = &[
    ("CST", "America/Chicago"),
    ("CDT", "America/Chicago"),
    ("CT", "America/Chicago"),
    ("EDT", "America/New_York"),
    ("ET", "America/New_York"),
    ("MDT", "America/Denver"),
    ("MT", "America/Denver"),
    ("PST", "America/Los_Angeles"),
    ("PDT", "America/Los_Angeles"),
    ("PT", "America/Los_Angeles"),
    ("AKST", "America/Anchorage"),
    ("AKDT", "America/Anchorage"),
    ("AST", "America/Halifax"),
    ("ADT", "America/Halifax"),
    ("NST", "America/St_Johns"),
    ("NDT", "America/St_Johns"),
    ("HDT", "America/Adak"),
    ("SST", "Pacific/Pago_Pago"),
    ("CHST", "Pacific/Guam"),
    ("BRT", "America/Sao_Paulo"),
    ("ART", "America/Argentina/Buenos_Aires"),
    ("BST", "Europe/London"),
    ("WEST", "Europe/Lisbon"),
    ("CEST", "Europe/Berlin"),
    ("EEST", "Europe/Athens"),
    ("MSK", "Europe/Moscow"),
    ("SAST", "Africa/Johannesburg"),
    ("IST", "Asia/Kolkata"),
    ("SGT", "Asia/Singapore"),
    ("HKT", "Asia/Hong_Kong"),
    ("JST", "Asia/Tokyo"),
    ("KST", "Asia/Seoul"),
    ("AWST", "Australia/Perth"),
    ("ACST", "Australia/Adelaide"),
    ("ACDT", "Australia/Adelaide"),
    ("AEST", "Australia/Sydney"),
    ("AEDT", "Australia/Sydney"),
    ("NZST", "Pacific/Auckland"),
    ("NZDT", "Pacific/Auckland"),
    ("Eastern", "America/New_York"),
    ("Central", "America/Chicago"),
    ("Mountain", "America/Denver"),
    ("Pacific", "America/Los_Angeles"),
];

impl Context<'_> {
    /// The zone of that name, if it exists.
    pub fn zone(&self, raw: &Spanned<ZoneName>) -> Option<Zone> {
        let name = raw.value.0.as_str();
        let Some(zone) = self.rules.find(name) else {
            let message = format!("{} is not a time zone", quoted(name));
            let meant = meant(name).map(|zone| format!("\"{zone}\""));
            let hint = "use a name from the tz database, such as `America/Chicago`".to_owned();
            let diagnostic = Diagnostic::error(Code::BadValue, &raw.spot, message);
            self.diagnostics.push(diagnostic.fix(&raw.spot, meant.as_deref(), Some(hint)));
            return None;
        };
        if let Some(meant) = look_up(FIXED, without_link(zone.name())) {
            let message = format!("{} never observes daylight saving time", quoted(zone.name()));
            let hint = self.instead_of_fixed(meant);
            self.diagnostics.push(Diagnostic::warning(Code::FixedClock, &raw.spot, message).hint(hint));
        }
        Some(zone)
    }

    /// The hint for a zone without daylight saving time if `meant` may be meant.
    fn instead_of_fixed(&self, meant: &str) -> String {
        let today = self.today.and_time(NaiveTime::MIN).and_utc();
        if self.rules.find(meant).is_some_and(|zone| zone.next_change(today).is_some()) {
            format!(
                "if your clocks change, use `{meant}`; otherwise use a place near you without daylight saving time (in \
                 Arizona, `America/Phoenix`)"
            )
        } else {
            format!("use a place near you, such as `{meant}`")
        }
    }
}

/// Diagnostics about the rules themselves: they are old, or rules not in force (`others`) give different times for a zone in
/// the plan during the period.
pub fn findings(
    loaded: &Loaded,
    others: Option<&Rules>,
    today: NaiveDate,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
) -> Vec<Diagnostic> {
    let Some(plan) = loaded.plan() else { return Vec::new() };
    let edition = plan.rules.edition();
    let mut findings = Vec::new();
    if edition.release.is_older_than_a_year(today) {
        let message = format!("the time zone rules are more than a year old: {edition}");
        let spot = loaded.texts.key(&loaded.texts.main, &[]);
        let diagnostic = Diagnostic::warning(Code::OldTimeZones, &spot, message);
        findings.push(diagnostic.hint("update the machine's `tzdata` package"));
    }
    for zone in plan.zones() {
        let other = others.and_then(|others| Some((others.edition(), others.find(zone.name())?)));
        let Some((edition_of_other, other)) = other else { continue };
        let Some(at) = zone.differs(&other, from, to) else { continue };
        let [shown, shown_there] = [&zone, &other].map(|zone| zone.write(at, "%Y-%m-%d %H:%M %Z"));
        let message = format!(
            "two tz database releases differ for {}: `{shown}` in the one in force ({edition}) is `{shown_there}` in the other \
             ({edition_of_other})",
            quoted(zone.name())
        );
        let hint = match edition.source {
            Source::BuiltIn => {
                "Wardbell uses the newer release; update the machine's `tzdata` package so that other programs agree"
            }
            Source::Folder(_) => "Wardbell uses the newer release; check that phones and calendars show the same times",
        };
        let roster = plan.rosters.values().find(|roster| roster.timezone == zone);
        let spot = match roster.and_then(|roster| roster.liaisons.first()) {
            Some(liaison) => loaded.texts.key(&liaison.place.file, &[&["timezone"]]),
            None => loaded.texts.key(&loaded.texts.main, &[&["daily_test", "timezone"]]),
        };
        findings.push(Diagnostic::warning(Code::TimeZonesDiffer, &spot, message).hint(hint));
    }
    findings
}

/// The zone that an unknown name probably means: an abbreviation, a Windows name, a place, or a typo.
fn meant(name: &str) -> Option<&'static str> {
    let name = name.trim();
    let place =
        || Rules::known_names().find(|known| known.rsplit('/').next().is_some_and(|place| is_same(place, name)));
    look_up(ABBREVIATIONS, name)
        .or_else(|| of_windows(name))
        .or_else(place)
        .or_else(|| closest(name, Rules::known_names().filter(|known| known.contains('/'))))
}

fn look_up(table: &[(&str, &'static str)], name: &str) -> Option<&'static str> {
    table.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, meant)| *meant)
}

/// Place names are often written with spaces.
fn is_same(place: &str, name: &str) -> bool {
    place.eq_ignore_ascii_case(&name.replace(' ', "_"))
}

/// Other names of GMT.
fn without_link(name: &str) -> &str {
    match name {
        "GMT0" | "GMT+0" | "GMT-0" | "Greenwich" | "Etc/GMT0" | "Etc/GMT+0" | "Etc/GMT-0" | "Etc/Greenwich" => "GMT",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_zone_that_is_meant_is_one_that_a_check_accepts() {
        for (name, meant) in FIXED.iter().chain(ABBREVIATIONS) {
            assert_eq!(Zone::built_in(meant).unwrap().name(), *meant, "{name}");
            assert_eq!(look_up(FIXED, meant), None, "{name}");
        }
        for (name, _) in FIXED {
            let zone = Zone::built_in(name).unwrap();
            let now = "2026-11-29T00:00:00Z".parse().unwrap();
            assert_eq!(zone.next_change(now), None, "{name}");
        }
        for (name, _) in ABBREVIATIONS {
            assert_eq!(Zone::built_in(name), None, "{name}");
        }
    }

    #[test]
    fn the_zone_that_was_meant_is_found() {
        for (name, zone) in [
            ("CST", Some("America/Chicago")),
            ("pdt", Some("America/Los_Angeles")),
            ("Central Standard Time", Some("America/Chicago")),
            ("Chicago", Some("America/Chicago")),
            ("new york", Some("America/New_York")),
            ("America/Chicgo", Some("America/Chicago")),
            ("Europe/Kiev ", Some("Europe/Kiev")),
            ("", None),
            ("Mars/Olympus_Mons_Base", None),
        ] {
            assert_eq!(meant(name), zone, "{name}");
        }
    }
}
