//! Dates and local times: how they are read, and the errors for invalid ones.

use chrono::{Datelike, NaiveDate, NaiveDateTime};
use schemars::{Schema, json_schema};
use toml::de::DeValue;
use toml::value::{Date, Datetime};

use crate::config::correct;
use crate::config::value_types::{Read, Wrong};

/// Dates outside these years are typos.
const YEARS: std::ops::RangeInclusive<i32> = 2000..=2199;

impl Read for NaiveDate {
    fn read(value: &DeValue<'_>, label: &str) -> Result<Self, Wrong> {
        let date = match value {
            DeValue::Datetime(Datetime { date: Some(date), time: None, offset: None }) => to_date(*date),
            DeValue::String(text) => NaiveDate::parse_from_str(text, "%Y-%m-%d").ok(),
            _ => None,
        };
        let date = date.ok_or_else(|| {
            no_such_day(value, label)
                .unwrap_or_else(|| Wrong::value(format!("{label} must be a date such as `2027-01-31`")))
        })?;
        if YEARS.contains(&date.year()) { Ok(date) } else { Err(out_of_years(label)) }
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "format": "date", "pattern": r"^2[01]\d\d-\d\d-\d\d$", "examples": ["2027-01-31"] })
    }
}

impl Read for NaiveDateTime {
    fn read(value: &DeValue<'_>, label: &str) -> Result<Self, Wrong> {
        let wrong = || Wrong::value(format!("{label} must be a local time such as \"2026-12-24 17:00\""));
        let local = match value {
            DeValue::Datetime(Datetime { offset: Some(_), .. }) => {
                let hint = "remove the offset; times are read in the roster's `timezone`".to_owned();
                return Err(wrong().hint(Some(hint)));
            }
            DeValue::Datetime(Datetime { date: Some(date), time: Some(time), offset: None }) => {
                let (hour, minute, second) = (time.hour.into(), time.minute.into(), time.second.unwrap_or(0).into());
                to_date(*date).and_then(|date| date.and_hms_opt(hour, minute, second))
            }
            DeValue::String(text) => {
                let forms = ["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"];
                forms.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
            }
            _ => None,
        };
        let local = local.ok_or_else(|| no_such_day(value, label).unwrap_or_else(wrong))?;
        if YEARS.contains(&local.year()) { Ok(local) } else { Err(out_of_years(label)) }
    }

    fn schema() -> Schema {
        let pattern = r"^2[01]\d\d-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?$";
        json_schema!({ "type": "string", "pattern": pattern, "examples": ["2026-12-24 17:00"] })
    }
}

/// A date in the usual form whose day does not exist.
fn no_such_day(value: &DeValue<'_>, label: &str) -> Option<Wrong> {
    let raw = correct::text_of(value)?;
    let (month, days) = correct::missing_day(&raw)?;
    Some(Wrong::value(format!("{label} is a day that does not exist: {month} has {days} days")))
}

fn to_date(date: Date) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(date.year.into(), date.month.into(), date.day.into())
}

fn out_of_years(label: &str) -> Wrong {
    Wrong::value(format!("{label} must be from the year {} to {}", YEARS.start(), YEARS.end()))
}
