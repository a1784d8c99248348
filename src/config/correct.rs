//! What a wrong value probably means, in the form that the files use.

use chrono::{Datelike, Months, NaiveDate};
use toml::de::DeValue;

use crate::config::import::names::without_accents;

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Longer values are not corrected.
const LENGTH_MAX: usize = 80;

/// The values, as TOML, that a wrong one may stand for, the most likely first. The caller takes the first that is right.
pub fn candidates(value: &DeValue<'_>) -> Vec<String> {
    let Some(raw) = text_of(value).filter(|raw| raw.len() <= LENGTH_MAX) else { return Vec::new() };
    let text = clean(&raw);
    let quoted = |text: String| format!("\"{text}\"");
    let is_plain = !text.is_empty() && !text.contains(['"', '\\']);
    let mut all: Vec<String> = Vec::new();
    all.extend(is_plain.then(|| quoted(text.clone())));
    // Numbers, booleans and dates that are in quotes.
    all.extend(text.parse::<f64>().is_ok_and(f64::is_finite).then(|| text.clone()));
    // Percent.
    let percent = text.trim_end_matches('%').parse::<f64>().ok().filter(|number| (1.0..=100.0).contains(number));
    all.extend(percent.map(|number| format!("{:?}", number / 100.0)));
    all.extend(matches!(text.as_str(), "true" | "false").then(|| text.clone()));
    let texts = [span(&text), week_time(&text), weekday(&text).map(str::to_owned), phone(&text), address(&text)];
    all.extend(texts.into_iter().flatten().map(quoted));
    all.extend([every(&text), wait(&text), local_time(&text)].into_iter().flatten().map(quoted));
    all.extend(date(&text).map(|date| date.to_string()));
    all.extend(slug(&text).map(quoted));
    all
}

/// A value as it is in the file, if it is not a list or a table.
pub fn text_of(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => Some(number.as_str().to_owned()),
        DeValue::Float(number) => Some(number.as_str().to_owned()),
        DeValue::Boolean(is) => Some(is.to_string()),
        DeValue::Datetime(date) => Some(date.to_string()),
        DeValue::Array(_) | DeValue::Table(_) => None,
    }
}

/// Without quotes and spaces at the ends, and with plain spaces, hyphens and quotes inside.
pub fn clean(text: &str) -> String {
    let plain = |one: char| match one {
        '\u{a0}' | '\u{2007}' | '\u{202f}' | '\t' => ' ',
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        '“' | '”' | '„' | '″' => '"',
        '‘' | '’' | '′' => '\'',
        other => other,
    };
    let visible = text.chars().filter(|one| !matches!(one, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}'));
    visible.map(plain).collect::<String>().trim_matches(|one: char| one.is_whitespace() || one == '"').to_owned()
}

/// A date in another form, month first where that is open. A day that does not exist is the month's last.
pub fn date(text: &str) -> Option<NaiveDate> {
    let lower = text.to_lowercase().replace(',', " ");
    let parts: Vec<&str> = lower.split([' ', '-', '/', '.']).filter(|part| !part.is_empty()).collect();
    let number = |part: &str| part.trim_end_matches(|one: char| one.is_alphabetic()).parse::<u32>().ok();
    let month = |part: &str| {
        let word = part.get(..3).filter(|_| part.starts_with(|one: char| one.is_alphabetic()))?;
        MONTHS.iter().zip(1..).find(|(name, _)| **name == word).map(|(_, number)| number)
    };
    let (year, month, day) = match parts[..] {
        [year, m, d] if year.len() == 4 && number(year).is_some() => {
            (number(year)?, month(m).or(number(m))?, number(d)?)
        }
        [m, d, year] if month(m).is_some() => (number(year)?, month(m)?, number(d)?),
        [d, m, year] if month(m).is_some() => (number(year)?, month(m)?, number(d)?),
        // With dots, the day comes first.
        [d, m, year] if text.contains('.') => (number(year)?, number(m)?, number(d)?),
        [m, d, year] => (number(year)?, number(m)?, number(d)?),
        [all] => (number(all.get(..4)?)?, number(all.get(4..6)?)?, number(all.get(6..8).filter(|_| all.len() == 8)?)?),
        _ => return None,
    };
    let year = i32::try_from(if year < 100 { year + 2_000 } else { year }).ok()?;
    let (month, day) = if month > 12 && day <= 12 { (day, month) } else { (month, day) };
    let first = NaiveDate::from_ymd_opt(year, month, 1)?;
    first.with_day(day).or_else(|| first.checked_add_months(Months::new(1))?.pred_opt()).filter(|_| day <= 31)
}

/// Whether the text is a date in the usual form whose day does not exist, and how many days the month has.
pub fn missing_day(text: &str) -> Option<(String, u32)> {
    let (year, month, day) = (text.get(..4)?, text.get(5..7)?, text.get(8..10)?);
    let is_form = text.get(4..5) == Some("-") && text.get(7..8) == Some("-");
    let first = NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, 1).filter(|_| is_form)?;
    let day: u32 = day.parse().ok()?;
    let last = first.checked_add_months(Months::new(1))?.pred_opt()?;
    let months =
        ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November"];
    let name = months.get(first.month0() as usize).copied().unwrap_or("December");
    (day > last.day()).then(|| (format!("{name} {year}"), last.day()))
}

/// A date with a time, in the usual form.
pub fn local_time(text: &str) -> Option<String> {
    let is_joined = text.get(10..11).is_some_and(|letter| letter.eq_ignore_ascii_case("t"));
    let text = if is_joined { format!("{} {}", &text[..10], &text[11..]) } else { text.replace(" at ", " ") };
    let show = |date: NaiveDate, minutes: u16| format!("{date} {}", clock(minutes));
    if let Some(date) = date(&text) {
        return Some(show(date, 0));
    }
    // A time may have a space before `am` or `pm`.
    let splits = text.match_indices(' ').map(|(at, _)| text.split_at(at));
    splits.filter_map(|(day, time)| Some(show(date(day.trim())?, minutes(without_offset(time.trim()))?))).next()
}

fn without_offset(time: &str) -> &str {
    let time = time.strip_suffix(['Z', 'z']).unwrap_or(time);
    let end = time.find(['+', '-']).unwrap_or(time.len());
    time[..end].trim()
}

/// Hours such as `08:00-17:00`.
pub fn span(text: &str) -> Option<String> {
    let lower = text.to_lowercase().replace(" to ", "-").replace(" until ", "-").replace("from ", "");
    let (start, end) = lower.split_once('-')?;
    let (from, to) = (minutes(start)?, minutes(end)?);
    // "9-5" is a day at the office.
    let is_bare = |text: &str| text.trim().parse::<u16>().is_ok_and(|hour| hour <= 12);
    let to = if is_bare(start) && is_bare(end) && to <= from { to + 12 * 60 } else { to };
    (from < 24 * 60 && to <= 24 * 60).then(|| format!("{}-{}", clock(from), clock(to)))
}

fn clock(minutes: u16) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// Minutes since midnight for a time such as `8:00`, `8am`, `0800` or `noon`.
fn minutes(text: &str) -> Option<u16> {
    let lower = text.trim().to_lowercase().replace("a.m.", "am").replace("p.m.", "pm");
    match lower.as_str() {
        "noon" | "midday" => return Some(12 * 60),
        "midnight" => return Some(0),
        _ => {}
    }
    let bare = lower.trim_end_matches(['a', 'p', 'm', 'h']).trim();
    let half = lower[bare.len()..].trim();
    let digits = |text: &str, most: u16| text.parse::<u16>().ok().filter(|number| *number <= most && text.len() <= 2);
    let (hour, minute) = match bare.split_once([':', '.']) {
        // Seconds do not count.
        Some((hour, minute)) => (digits(hour, 24)?, digits(minute.split([':', '.']).next()?, 59)?),
        None if bare.len() == 4 => (digits(bare.get(..2)?, 24)?, digits(bare.get(2..)?, 59)?),
        None => (digits(bare, 24)?, 0),
    };
    let hour = match half {
        "am" | "a" if (1..=12).contains(&hour) => hour % 12,
        "pm" | "p" if (1..=12).contains(&hour) => hour % 12 + 12,
        "" | "h" => hour,
        _ => return None,
    };
    Some(hour * 60 + minute).filter(|minutes| *minutes <= 24 * 60)
}

/// The short name of a weekday.
fn weekday(text: &str) -> Option<&'static str> {
    let lower = text.trim().to_lowercase();
    let lower = lower.trim_end_matches('.');
    let long = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let is_it = |name: &str| lower.len() >= 2 && (name.starts_with(lower) || lower.strip_suffix('s') == Some(name));
    let found = long.iter().zip(DAYS).filter(|(name, _)| is_it(name)).map(|(_, day)| day);
    found.clone().next().filter(|_| found.count() == 1)
}

/// A time of the week such as `fri 17:00`.
fn week_time(text: &str) -> Option<String> {
    let (day, time) = text.trim().split_once(' ')?;
    let time = time.trim().trim_start_matches("at ");
    Some(format!("{} {}", weekday(day.trim_end_matches(','))?, clock(minutes(time)?)))
}

/// A number with `+` and the country code; ten digits are North American.
pub fn phone(text: &str) -> Option<String> {
    let body = text.trim().trim_start_matches("tel:");
    let digits: String = body.chars().filter(char::is_ascii_digit).collect();
    if body.chars().any(|one| !one.is_ascii_digit() && !matches!(one, ' ' | '(' | ')' | '-' | '.' | '+' | '/')) {
        return None;
    }
    match digits.len() {
        10 if !body.starts_with('+') => Some(format!("+1{digits}")),
        11 if digits.starts_with('1') => Some(format!("+{digits}")),
        _ if body.starts_with("00") => Some(format!("+{}", &digits[2..])),
        _ => body.starts_with('+').then(|| format!("+{digits}")),
    }
}

/// The address in `Name <address>` or `mailto:address`.
fn address(text: &str) -> Option<String> {
    let inside = text.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map_or(text, |(address, _)| address);
    let bare = inside.trim().trim_start_matches("mailto:").trim_end_matches(['.', ',', ';']);
    bare.contains('@').then(|| bare.replace(' ', ""))
}

/// The length of a turn, such as `1 week`.
fn every(text: &str) -> Option<String> {
    let lower = text.to_lowercase();
    let text = lower.trim().trim_start_matches("every ").trim_start_matches("each ").trim();
    let named = match text {
        "hourly" => "1 hour",
        "daily" | "nightly" => "1 day",
        "weekly" => "1 week",
        "biweekly" | "bi-weekly" | "fortnightly" | "fortnight" | "other week" => "2 weeks",
        "monthly" => "1 month",
        _ => "",
    };
    if !named.is_empty() {
        return Some(named.to_owned());
    }
    let (number, unit) = amount(text)?;
    let unit = match unit {
        "h" | "hr" | "hrs" | "hour" | "hours" => "hour",
        "d" | "day" | "days" => "day",
        "w" | "wk" | "wks" | "week" | "weeks" => "week",
        "month" | "months" | "mo" => "month",
        "turn" | "turns" => "turn",
        _ => return None,
    };
    Some(format!("{number} {unit}{}", if number == 1 { "" } else { "s" }))
}

/// A duration such as `5m`; a bare number is minutes.
fn wait(text: &str) -> Option<String> {
    let lower = text.to_lowercase();
    let (number, unit) = amount(lower.trim()).filter(|_| text.starts_with(|one: char| one.is_ascii_digit()))?;
    let unit = match unit {
        "s" | "sec" | "secs" | "second" | "seconds" => "s",
        "" | "m" | "min" | "mins" | "minute" | "minutes" => "m",
        "h" | "hr" | "hrs" | "hour" | "hours" => "h",
        "d" | "day" | "days" => "d",
        _ => return None,
    };
    Some(format!("{number}{unit}"))
}

fn amount(text: &str) -> Option<(u32, &str)> {
    let end = text.find(|one: char| !one.is_ascii_digit()).unwrap_or(text.len());
    let number = if end == 0 { 1 } else { text[..end].parse().ok()? };
    Some((number, text[end..].trim().trim_end_matches('.')))
}

/// A name in lowercase letters, digits and hyphens.
pub fn slug(text: &str) -> Option<String> {
    let lower = without_accents(text).to_lowercase();
    let words = lower.split(|one: char| !one.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let slug = words.collect::<Vec<_>>().join("-");
    (!slug.is_empty()).then_some(slug)
}
