//! Time zones as Windows, Outlook, and Exchange name them: by name, or by the text that a person chooses from.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use chrono::FixedOffset;
use strum::IntoEnumIterator;
use windows_timezones::WindowsTimezone;

use crate::config::import::names::without_accents;

/// Texts of earlier versions of Windows, and short names of zones in the United States and Canada, each with the name that
/// Windows has today.
const FORMER: &[(&str, &str)] = &[
    ("Abu Dhabi, Muscat, Tbilisi", "Arabian Standard Time"),
    ("Alaska Time", "Alaskan Standard Time"),
    ("Almaty, Novosibirsk", "N. Central Asia Standard Time"),
    ("Amsterdam, Copenhagen, Madrid, Paris, Vilnius", "Romance Standard Time"),
    ("Arizona Time", "US Mountain Standard Time"),
    ("Astana, Dhaka", "Central Asia Standard Time"),
    ("Athens, Beirut, Istanbul, Minsk", "GTB Standard Time"),
    ("Athens, Bucharest, Istanbul", "GTB Standard Time"),
    ("Athens, Istanbul, Minsk", "GTB Standard Time"),
    ("Atlantic Time", "Atlantic Standard Time"),
    ("Auckland, Wellington, Fiji", "New Zealand Standard Time"),
    ("Baku, Tbilisi, Yerevan", "Caucasus Standard Time"),
    ("Beijing, Chongqing, Hong Kong SAR, Urumqi", "China Standard Time"),
    ("Bogota, Lima, Quito", "SA Pacific Standard Time"),
    ("Brussels, Berlin, Bern, Rome, Stockholm, Vienna", "W. Europe Standard Time"),
    ("Buenos Aires", "Argentina Standard Time"),
    ("Buenos Aires, Georgetown", "SA Eastern Standard Time"),
    ("Calcutta, Chennai, Mumbai, New Delhi", "India Standard Time"),
    ("Cape Verde Is.", "Cape Verde Standard Time"),
    ("Caracas, La Paz", "SA Western Standard Time"),
    ("Casablanca, Monrovia", "Greenwich Standard Time"),
    ("Casablanca, Monrovia, Reykjavik", "Greenwich Standard Time"),
    ("Central", "Central Standard Time"),
    ("Central Time", "Central Standard Time"),
    ("Eastern", "Eastern Standard Time"),
    ("Eastern Time", "Eastern Standard Time"),
    ("Fiji, Kamchatka, Marshall Is.", "Fiji Standard Time"),
    ("Fiji, Marshall Is.", "Fiji Standard Time"),
    ("Georgetown, La Paz, San Juan", "SA Western Standard Time"),
    ("Greenwich Mean Time: Dublin, Edinburgh, Lisbon, London", "GMT Standard Time"),
    ("Hawaii Time", "Hawaiian Standard Time"),
    ("Helsinki, Kiev, Riga, Sofia, Tallinn, Vilnius", "FLE Standard Time"),
    ("Indiana Time (East)", "US Eastern Standard Time"),
    ("Irkutsk, Ulaan Bataar", "North Asia East Standard Time"),
    ("Islamabad, Karachi, Tashkent", "Pakistan Standard Time"),
    ("Kamchatka Standard Time", "Russia Time Zone 11"),
    ("Magadan, Solomon Is., New Caledonia", "Central Pacific Standard Time"),
    ("Manaus", "SA Western Standard Time"),
    ("Mexico City", "Central Standard Time (Mexico)"),
    ("Mexico Standard Time", "Central Standard Time (Mexico)"),
    ("Mexico Standard Time 2", "Mountain Standard Time (Mexico)"),
    ("Mid-Atlantic", "UTC-02"),
    ("Mid-Atlantic Standard Time", "UTC-02"),
    ("Midway Island, Samoa", "UTC-11"),
    ("Moscow, St. Petersburg, Volgograd", "Russian Standard Time"),
    ("Mountain", "Mountain Standard Time"),
    ("Mountain Time", "Mountain Standard Time"),
    ("Newfoundland Time", "Newfoundland Standard Time"),
    ("Pacific", "Pacific Standard Time"),
    ("Pacific Time", "Pacific Standard Time"),
    ("Pacific Time (US & Canada), Tijuana", "Pacific Standard Time"),
    ("Perth, Western Australia", "W. Australia Standard Time"),
    ("Petropavlovsk-Kamchatsky", "Russia Time Zone 11"),
    ("Prague, Central Europe", "Central Europe Standard Time"),
    ("Rangoon", "Myanmar Standard Time"),
    ("Sarajevo, Skopje, Sofija, Vilnius, Warsaw, Zagreb", "Central European Standard Time"),
    ("Singapore", "Singapore Standard Time"),
    ("Tijuana, Baja California", "Pacific Standard Time (Mexico)"),
];

/// Every name and text, in the form that is compared, with its zone in the tz database.
static ZONES: LazyLock<BTreeMap<String, &'static str>> = LazyLock::new(|| {
    let mut zones = BTreeMap::new();
    for zone in WindowsTimezone::iter() {
        zones.insert(compared(zone.name()), zone.tzdb_id());
        zones.entry(compared(split_offset(zone.description()).1)).or_insert(zone.tzdb_id());
    }
    for (text, name) in FORMER {
        if let Some(zone) = zones.get(&compared(name)).copied() {
            zones.entry(compared(text)).or_insert(zone);
        }
    }
    zones
});

/// The zone of a Windows name, or of the text that Windows shows for it; the name counts, whatever offset is before it.
pub fn of_windows(name: &str) -> Option<&'static str> {
    let find = |text: &str| {
        let text = compared(text);
        ZONES.get(&text).or_else(|| ZONES.get(&text.replace(" daylight ", " standard "))).copied()
    };
    let rest = split_offset(name).1;
    find(name).or_else(|| find(rest)).or_else(|| find(without_suffix(rest)?))
}

/// An offset at the start, as in `(UTC-06:00) Central Time (US & Canada)`, and the rest.
pub fn split_offset(text: &str) -> (Option<FixedOffset>, &str) {
    let text = text.trim();
    let inner = text.strip_prefix('(').unwrap_or(text).trim_start();
    let is_utc = inner.get(..3).is_some_and(|start| matches!(start.to_ascii_uppercase().as_str(), "UTC" | "GMT"));
    if !is_utc {
        return (None, text);
    }
    let rest = inner[3..].trim_start();
    let end =
        rest.find(|one: char| !one.is_ascii_digit() && !matches!(one, '+' | '-' | ':' | '.')).unwrap_or(rest.len());
    let (digits, rest) = rest.split_at(end);
    let closed = rest.trim_start().strip_prefix(')');
    if closed.is_none() && text.starts_with('(') {
        return (None, text);
    }
    (offset(digits), closed.unwrap_or(rest).trim())
}

/// `-06:00`, `-0600`, `-06.00`, `-6`, or nothing for UTC itself.
fn offset(text: &str) -> Option<FixedOffset> {
    let (sign, digits) = match text.split_at_checked(1) {
        None => return FixedOffset::east_opt(0),
        Some(("+", digits)) => (1, digits),
        Some(("-", digits)) => (-1, digits),
        Some(_) => return None,
    };
    let (hours, minutes) = match digits.split_once([':', '.']) {
        Some(parts) => parts,
        None if digits.len() > 2 => digits.split_at(digits.len() - 2),
        None => (digits, "00"),
    };
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    let is_offset = (0..=14).contains(&hours) && (0..60).contains(&minutes);
    FixedOffset::east_opt(sign * (hours * 3_600 + minutes * 60)).filter(|_| is_offset)
}

/// The standard and the daylight offset of `GMT -0600 (Standard) / GMT -0500 (Daylight)`.
pub fn offset_pair(text: &str) -> Option<(FixedOffset, FixedOffset)> {
    let (standard, daylight) = text.split_once('/')?;
    let part = |text: &str, word: &str| {
        let (offset, rest) = split_offset(text);
        offset.filter(|_| rest.trim_matches(['(', ')']).eq_ignore_ascii_case(word))
    };
    Some((part(standard, "standard")?, part(daylight, "daylight")?))
}

/// Without what some versions add at the end: `(RTZ 4)`, `- Old`, or a number.
fn without_suffix(text: &str) -> Option<&str> {
    let (rest, last) = text.rsplit_once(' ')?;
    let last = last.trim_matches(['(', ')']);
    let is_number = last.bytes().all(|byte| byte.is_ascii_digit());
    if is_number || last.eq_ignore_ascii_case("old") || last.eq_ignore_ascii_case("new") {
        return Some(rest.trim_end_matches([' ', '-', '(']).trim_end_matches("(RTZ").trim());
    }
    None
}

/// Lowercase words without accents and punctuation; a sign stays before its number.
fn compared(text: &str) -> String {
    let text = without_accents(text)
        .to_lowercase()
        .replace("&amp;", " ")
        .replace("%2a", " ")
        .replace("co-ordinated", "coordinated");
    let mut out = String::new();
    let mut characters = text.chars().peekable();
    while let Some(one) = characters.next() {
        let is_sign = matches!(one, '+' | '-') && characters.peek().is_some_and(char::is_ascii_digit);
        match one {
            _ if one.is_alphanumeric() => out.push(one),
            _ if is_sign => out.extend([' ', one]),
            _ => out.push(' '),
        }
    }
    let words = out.split_whitespace().filter(|word| *word != "and");
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::zone::Zone;

    #[test]
    fn every_name_and_text_of_windows_is_known() {
        assert_eq!(WindowsTimezone::iter().count(), 139);
        for zone in WindowsTimezone::iter() {
            let place = Zone::built_in(zone.tzdb_id());
            assert!(place.is_some(), "{}", zone.tzdb_id());
            let (_, text) = split_offset(zone.description());
            for name in [
                zone.name().to_owned(),
                zone.name().to_uppercase(),
                zone.description().to_owned(),
                zone.description().replace("UTC", "GMT"),
                zone.description().replace("(UTC", "(GMT ").replace(":00)", ".00)"),
                zone.description().replace('&', "&amp;"),
                zone.description().replace('&', "and"),
                text.to_owned(),
            ] {
                assert_eq!(of_windows(&name), Some(zone.tzdb_id()), "{name}");
            }
        }
        let known = |name: &str| WindowsTimezone::iter().any(|zone| zone.name() == name);
        assert!(FORMER.iter().all(|(_, name)| known(name)));
    }

    #[test]
    fn the_name_counts_and_not_the_offset() {
        for (name, zone) in [
            ("(UTC-05:00) Central Time (US & Canada)", "America/Chicago"),
            ("(GMT -06.00) Central Time (US * Canada)", "America/Chicago"),
            ("(GMT-08:00) Pacific Time (US & Canada); Tijuana", "America/Los_Angeles"),
            ("Central Daylight Time", "America/Chicago"),
            ("Central Standard Time 1", "America/Chicago"),
            ("(UTC+05:00) Ekaterinburg (RTZ 4)", "Asia/Yekaterinburg"),
            ("(GMT-07:00) Chihuahua, La Paz, Mazatlan - Old", "America/Mazatlan"),
            ("(UTC-05:00) Bogotá, Lima, Quito", "America/Bogota"),
            ("UTC-11", "Etc/GMT+11"),
            ("(UTC-11:00) Co-ordinated Universal Time-11", "Etc/GMT+11"),
            ("GMT Standard Time", "Europe/London"),
        ] {
            assert_eq!(of_windows(name), Some(zone), "{name}");
        }
        for name in ["", "(", "()", "(GMT -06:00)", "UTC-6", "-06:00", "Customized Time Zone", "(UTC-06:00)", "é"] {
            assert_eq!(of_windows(name), None, "{name}");
        }
    }

    #[test]
    fn offsets_are_read_with_what_follows_them() {
        let seconds = |text: &str| split_offset(text).0.map(|offset| offset.local_minus_utc());
        for text in ["(GMT -06:00)", "(UTC-06:00)", "GMT-0600", "UTC-6", "(gmt-06.00) Somewhere", "UTC -06"] {
            assert_eq!(seconds(text), Some(-21_600), "{text}");
        }
        for text in ["(GMT -06:00", "Central", "", "GMT-15", "GMT-06:70", "UTC6", "UTC--6", "UTC-:"] {
            assert_eq!(seconds(text), None, "{text}");
        }
        let pair = offset_pair("GMT -0600 (Standard) / GMT -0500 (Daylight)").unwrap();
        assert_eq!((pair.0.local_minus_utc(), pair.1.local_minus_utc()), (-21_600, -18_000));
        for text in
            ["GMT -0600 / GMT -0500", "GMT -0600 (Standard)", "a/b", "GMT -0600 (Daylight) / GMT -0500 (Standard)"]
        {
            assert_eq!(offset_pair(text), None, "{text}");
        }
    }
}
