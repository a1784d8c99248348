//! Blanks in prepared texts: `{time}`, `{date}`, and others such as `{unit}`.

/// A time of day.
pub const TIME: &str = "time";

/// A day.
pub const DATE: &str = "date";

/// The longest name of a blank: longer ones are probably text in braces.
const NAME_MAX: usize = 40;

/// The longest text that fills a blank of a statement that is approved in advance.
pub const VALUE_MAX: usize = 200;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A part of a text with blanks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    Text(&'a str),
    Blank(&'a str),
}

/// The parts of a text, in order. Braces that enclose no name are text.
pub fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        match next_blank(rest) {
            Some((0, name)) => {
                rest = &rest[name.len() + 2..];
                Some(Piece::Blank(name))
            }
            found => {
                let (text, after) = rest.split_at(found.map_or(rest.len(), |(at, _)| at));
                rest = after;
                Some(Piece::Text(text))
            }
        }
    })
}

/// The names of the blanks in a text, each once.
pub fn blanks(text: &str) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for piece in pieces(text) {
        if let Piece::Blank(name) = piece
            && !names.contains(&name)
        {
            names.push(name);
        }
    }
    names
}

/// Whether a brace of the text belongs to no blank.
pub fn has_stray_brace(text: &str) -> bool {
    pieces(text).any(|piece| matches!(piece, Piece::Text(text) if text.contains(['{', '}'])))
}

/// Where the first blank is, and its name.
fn next_blank(text: &str) -> Option<(usize, &str)> {
    let opening = text.match_indices('{').map(|(at, _)| at);
    opening.into_iter().find_map(|at| {
        let inside = &text[at + 1..];
        let name = &inside[..inside.find('}')?];
        is_name(name).then_some((at, name))
    })
}

fn is_name(name: &str) -> bool {
    let is_part = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_' | ' ' | ',' | '’' | '\'');
    name.trim() == name && (1..=NAME_MAX).contains(&name.chars().count()) && name.chars().all(is_part)
}

/// Whether a text is a time of day, such as `06:00`, `6 a.m.`, or `06:00 CST`.
pub fn is_time(text: &str) -> bool {
    let (clock, zone) = match text.rsplit_once(' ') {
        Some((clock, zone)) if is_zone(zone) => (clock, Some(zone)),
        _ => (text, None),
    };
    // The full stop of a sentence may be the one of the abbreviation.
    let halves = [" a.m.", " p.m.", " a.m", " p.m", " am", " pm", "am", "pm"];
    match halves.iter().find_map(|half| clock.strip_suffix(half)) {
        Some(hours) => is_clock(hours, 1, 12, MinutesAre::Optional),
        None => is_clock(clock, 0, 23, if zone.is_some() { MinutesAre::Optional } else { MinutesAre::Required }),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum MinutesAre {
    Optional,
    Required,
}

fn is_clock(text: &str, first_hour: u32, last_hour: u32, minutes: MinutesAre) -> bool {
    let is_hour = |text| number(text, 2).is_some_and(|hour| (first_hour..=last_hour).contains(&hour));
    match text.split_once(':') {
        Some((hour, minute)) => is_hour(hour) && minute.len() == 2 && number(minute, 2).is_some_and(|one| one < 60),
        None => minutes == MinutesAre::Optional && is_hour(text),
    }
}

fn is_zone(text: &str) -> bool {
    (2..=5).contains(&text.len()) && text.bytes().all(|letter| letter.is_ascii_uppercase())
}

/// Whether a text is a day, such as `December 24`, `December 24, 2026`, `2026-12-24`, or `12/24/2026`.
pub fn is_date(text: &str) -> bool {
    let is_day = |text| number(text, 2).is_some_and(|day| (1..=31).contains(&day));
    let is_month = |text| number(text, 2).is_some_and(|month| (1..=12).contains(&month));
    let is_year = |text: &str| text.len() == 4 && number(text, 4).is_some();
    let parts = |between| text.split(between).collect::<Vec<&str>>();
    if let [year, month, day] = parts('-')[..] {
        return is_year(year) && is_month(month) && is_day(day);
    }
    if let [month, day, year] = parts('/')[..] {
        return is_month(month) && is_day(day) && is_year(year);
    }
    match parts(' ')[..] {
        [month, day] => MONTHS.contains(&month) && is_day(day),
        [month, day, year] => MONTHS.contains(&month) && day.strip_suffix(',').is_some_and(is_day) && is_year(year),
        _ => false,
    }
}

fn number(text: &str, digits_max: usize) -> Option<u32> {
    let is_number = (1..=digits_max).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blank_is_a_name_in_braces() {
        let all: Vec<Piece<'_>> = pieces("At {time} in {unit}{x}.").collect();
        let text = Piece::Text;
        let blank = Piece::Blank;
        assert_eq!(all, [text("At "), blank("time"), text(" in "), blank("unit"), blank("x"), text(".")]);
        assert_eq!(blanks("{a} {b} {a} {fact, with its source}"), ["a", "b", "fact, with its source"]);
        for (text, stray) in [
            ("{time}", false),
            ("no blank", false),
            ("{", true),
            ("}", true),
            ("{}", true),
            ("{ time }", true),
            ("{{time}}", true),
            ("{a\nb}", true),
            ("{a} and {b", true),
        ] {
            assert_eq!(has_stray_brace(text), stray, "{text}");
        }
        assert_eq!(blanks("{{time}}"), ["time"]);
    }

    #[test]
    fn times_and_dates_are_what_people_write_and_nothing_else() {
        for (text, is) in [
            ("06:00", true),
            ("6:00", true),
            ("23:59 CST", true),
            ("6 a.m.", true),
            ("6:30 p.m. CST", true),
            ("12pm", true),
            ("7 a.m", true),
            ("6 CST", true),
            ("24:00", false),
            ("6", false),
            ("13 p.m.", false),
            ("0 a.m.", false),
            ("6:5", false),
            ("06:60", false),
            ("06:00 when Ann was here", false),
            ("06:00 Ann", false),
            ("soon", false),
            ("", false),
        ] {
            assert_eq!(is_time(text), is, "{text}");
        }
        for (text, is) in [
            ("December 24", true),
            ("December 24, 2026", true),
            ("2026-12-24", true),
            ("12/24/2026", true),
            ("December 32", false),
            ("2026-13-24", false),
            ("24/12/2026", false),
            ("December", false),
            ("the day of her visit", false),
            ("December 24 2026", false),
            ("", false),
        ] {
            assert_eq!(is_date(text), is, "{text}");
        }
    }
}
