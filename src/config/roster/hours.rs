//! `[hours]`: when a department is staffed.

use chrono::NaiveDate;
use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::Value;
use toml::de::DeValue;

use crate::config::reader::{Spanned, Table};
use crate::config::value_types::{Read, Wrong, one_or_many, text};
use crate::diagnostic::Code;
use crate::domain::roster::holidays::Holidays;
use crate::domain::roster::hours::{Hours, OpenSpan};
use crate::domain::roster::week::Week;

/// Monday first.
pub(super) const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

const US_FEDERAL: &str = "us-federal";

const DAY_MINUTES: u16 = 24 * 60;

pub fn read(mut table: Table<'_>) -> Hours {
    let hours = Hours { weekly: DAYS.map(|day| read_spans(&mut table, day)), holidays: read_holidays(&mut table) };
    table.finish();
    hours
}

/// The JSON Schema of the table.
pub fn schema(_: &mut SchemaGenerator) -> Schema {
    let names = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    let mut keys: serde_json::Map<String, Value> = DAYS
        .into_iter()
        .zip(names)
        .map(|(day, name)| {
            let description = format!("Hours on {name}: one span or a list of spans.");
            (day.to_owned(), one_or_many::<Span>(&description).to_value())
        })
        .collect();
    let holidays = "Days without staff: a named calendar, dates, or both.";
    keys.insert("holidays".to_owned(), one_or_many::<Holiday>(holidays).to_value());
    json_schema!({ "type": "object", "properties": keys, "additionalProperties": false })
}

/// The JSON Schema of the days of a window.
pub(super) fn holidays_schema(_: &mut SchemaGenerator) -> Schema {
    one_or_many::<Holiday>("Whole days: a named calendar, dates, or both.")
}

/// The spans of a key; reports those that overlap.
pub(super) fn read_spans(table: &mut Table<'_>, key: &'static str) -> Vec<OpenSpan> {
    let values = table.value(key).map(|value| value.one_or_many()).unwrap_or_default();
    let raw: Vec<Spanned<Span>> = values.iter().filter_map(|value| value.read()).collect();
    let mut spans: Vec<OpenSpan> = Vec::new();
    for Spanned { value: Span(span), spot } in raw {
        if spans.iter().any(|other| overlap(*other, span)) {
            table.diagnostics().error(
                Code::BadValue,
                &spot,
                format!("these hours of `{key}` overlap with earlier ones"),
            );
        }
        spans.push(span);
    }
    spans
}

pub(super) fn read_holidays(table: &mut Table<'_>) -> Holidays {
    let mut holidays = Holidays::default();
    let values = table.value("holidays").map(|value| value.one_or_many()).unwrap_or_default();
    for holiday in values.iter().filter_map(|value| value.read::<Holiday>()) {
        match holiday.value {
            Holiday::UsFederal => holidays.us_federal = true,
            Holiday::Date(date) => {
                holidays.dates.insert(date);
            }
        }
    }
    holidays
}

/// Whether the department is always staffed.
pub(super) fn never_closes(hours: &Hours) -> bool {
    let holidays = &hours.holidays;
    Week::of_days(&hours.weekly).is_endless() && !holidays.us_federal && holidays.dates.is_empty()
}

fn overlap(one: OpenSpan, other: OpenSpan) -> bool {
    i64::from(one.from) < other.end() && i64::from(other.from) < one.end()
}

pub(super) struct Span(OpenSpan);

impl Read for Span {
    fn read(value: &DeValue<'_>, label: &str) -> Result<Self, Wrong> {
        let wrong = || Wrong::value(format!("{label} must be hours such as \"08:00-17:00\""));
        let (from, to) = text(value, label)?.split_once('-').ok_or_else(wrong)?;
        let (from, to) = (minutes(from).ok_or_else(wrong)?, minutes(to).ok_or_else(wrong)?);
        if from == DAY_MINUTES { Err(wrong()) } else { Ok(Self(OpenSpan { from, to })) }
    }

    fn schema() -> Schema {
        let time = r"([01]\d|2[0-3]):[0-5]\d";
        let pattern = format!(r"^\s*{time}\s*-\s*({time}|24:00)\s*$");
        json_schema!({ "type": "string", "pattern": pattern, "examples": ["08:00-17:00", "22:00-06:00"] })
    }
}

/// Minutes since midnight for a time such as `08:00`; `24:00` is the end of the day.
pub(super) fn minutes(text: &str) -> Option<u16> {
    let (hour, minute) = text.trim().split_once(':')?;
    let number = |digits: &str, most: u16| {
        let plain = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        digits.parse::<u16>().ok().filter(|number| plain && *number <= most)
    };
    let minutes = number(hour, 24)? * 60 + number(minute, 59)?;
    (minutes <= DAY_MINUTES).then_some(minutes)
}

enum Holiday {
    UsFederal,
    Date(NaiveDate),
}

impl Read for Holiday {
    fn read(value: &DeValue<'_>, label: &str) -> Result<Self, Wrong> {
        match value {
            DeValue::String(name) if name == US_FEDERAL => Ok(Self::UsFederal),
            DeValue::String(name) if !name.starts_with(|first: char| first.is_ascii_digit()) => {
                let message = format!("{label} must be a date such as `2027-01-31`, or the calendar `{US_FEDERAL}`");
                Err(Wrong::value(message).meant(name, [US_FEDERAL]))
            }
            other => NaiveDate::read(other, label).map(Self::Date),
        }
    }

    fn schema() -> Schema {
        json_schema!({
            "type": "string",
            "pattern": format!(r"^({US_FEDERAL}|2[01]\d\d-\d\d-\d\d)$"),
            "examples": [US_FEDERAL, "2026-12-24"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_strictly() {
        for (text, wanted) in [("00:00", 0), ("08:30", 510), ("23:59", 1_439), ("24:00", 1_440)] {
            assert_eq!(minutes(text), Some(wanted), "{text}");
        }
        for text in ["", "8:00", "24:01", "12:60", "25:00", "+1:00", "08", "08:00:00", "０8:00"] {
            assert_eq!(minutes(text), None, "{text}");
        }
    }

    #[test]
    fn a_week_without_a_hole_never_closes() {
        let span = |from, to| OpenSpan { from, to };
        let week = |spans: &[OpenSpan]| Hours { weekly: [(); 7].map(|()| spans.to_vec()), ..Hours::default() };
        assert!(never_closes(&week(&[span(0, 1_440)])));
        assert!(never_closes(&week(&[span(420, 1_140), span(1_140, 420)])));
        assert!(!never_closes(&week(&[span(420, 1_140), span(1_141, 420)])));
        assert!(!never_closes(&week(&[span(0, 1_439)])));
        assert!(!never_closes(&Hours::default()));
        let holidays = Holidays { us_federal: true, ..Holidays::default() };
        assert!(!never_closes(&Hours { holidays, ..week(&[span(0, 1_440)]) }));
    }

    #[test]
    fn hours_past_midnight_overlap_what_they_run_into() {
        let span = |from, to| OpenSpan { from, to };
        assert!(overlap(span(1_320, 360), span(1_380, 1_440)));
        assert!(!overlap(span(1_320, 360), span(480, 1_020)));
        assert!(!overlap(span(480, 720), span(720, 1_020)));
        assert!(overlap(span(480, 480), span(0, 481)));
    }
}
