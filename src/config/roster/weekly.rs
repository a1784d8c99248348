//! Days of the week with hours, as in windows and in times when a person is unavailable.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use toml::de::DeValue;

use crate::config::diagnostics::did_you_mean;
use crate::config::reader::{Spanned, Table, Value};
use crate::config::roster::hours::{DAYS, Span, minutes, read_spans};
use crate::config::value_types::{Read, Wrong, one_or_many, text, words};
use crate::diagnostic::Code;
use crate::domain::roster::hours::OpenSpan;

/// A whole day, until midnight.
const WHOLE_DAY: OpenSpan = OpenSpan { from: 0, to: 24 * 60 };

/// `days` and `hours`.
#[derive(JsonSchema)]
pub struct RawWeekly {
    /// Days of the week, such as `["tue"]`; default: every day.
    #[schemars(schema_with = "days_schema", default)]
    pub days: Option<Vec<Spanned<Day>>>,
    /// One span or a list of spans; default: the whole day.
    #[schemars(schema_with = "hours_schema", default)]
    pub hours: Option<Vec<OpenSpan>>,
    /// Whether one of the keys is misspelled.
    #[schemars(skip)]
    pub has_typo: bool,
}

impl RawWeekly {
    pub fn read(table: &mut Table<'_>) -> Self {
        for key in ["days", "hours"] {
            if let Some(value) = table.value(key).filter(Value::is_empty_list) {
                table.diagnostics().error(Code::BadValue, value.spot(), format!("`{key}` is empty"));
            }
        }
        let days = table.value("days").map(|value| value.one_or_many());
        let days = days.map(|values| values.iter().filter_map(|value| value.read()).collect());
        let hours = table.value("hours").is_some().then(|| read_spans(table, "hours"));
        Self { days, hours, has_typo: false }
    }

    /// A misspelled key is reported as such, and not as missing, too.
    pub fn note_typos(&mut self, table: &Table<'_>) {
        self.has_typo = ["days", "hours"].iter().any(|key| table.lacks(key) && table.has(key));
    }

    pub fn is_omitted(&self) -> bool {
        self.days.is_none() && self.hours.is_none()
    }

    /// The spans of each day, Monday first.
    pub fn spans(&self) -> [Vec<OpenSpan>; 7] {
        let spans = self.hours.clone().unwrap_or_else(|| vec![WHOLE_DAY]);
        std::array::from_fn(|number| {
            let counts =
                self.days.as_ref().is_none_or(|days| days.iter().any(|day| usize::from(day.value.0) == number));
            if counts { spans.clone() } else { Vec::new() }
        })
    }
}

fn days_schema(_: &mut SchemaGenerator) -> Schema {
    one_or_many::<Day>("Days of the week, such as `[\"tue\"]`; default: every day.")
}

fn hours_schema(_: &mut SchemaGenerator) -> Schema {
    one_or_many::<Span>("One span or a list of spans; default: the whole day.")
}

/// A day of the week; Monday is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day(u8);

impl Day {
    fn named(word: &str) -> Option<Self> {
        (0..).zip(DAYS).find(|(_, day)| *day == word).map(|(number, _)| Self(number))
    }
}

impl Read for Day {
    fn read(value: &DeValue<'_>, label: &str) -> Result<Self, Wrong> {
        let text = text(value, label)?;
        Self::named(text).ok_or_else(|| {
            let message =
                format!("{label} must be a day of the week: {}", DAYS.map(|day| format!("`{day}`")).join(", "));
            Wrong::value(message).meant(text, DAYS)
        })
    }

    fn schema() -> Schema {
        words(DAYS)
    }
}

/// A time of the week such as `fri 17:00`, in minutes from Monday 00:00.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WeekTime(pub i64);

impl Read for WeekTime {
    fn read(value: &DeValue<'_>, label: &str) -> Result<Self, Wrong> {
        let raw = text(value, label)?;
        let time = raw.trim().split_once(' ').and_then(|(day, time)| {
            let minutes = minutes(time)?;
            Some(Self(i64::from(Day::named(day)?.0) * 24 * 60 + i64::from(minutes)))
        });
        time.ok_or_else(|| {
            let wrong = Wrong::value(format!("{label} must be a day and a time such as \"fri 17:00\""));
            let day = raw.split_whitespace().next().filter(|day| Day::named(day).is_none());
            Wrong { hint: day.and_then(|day| did_you_mean(day, DAYS)), ..wrong }
        })
    }

    fn schema() -> Schema {
        let pattern = format!(r"^\s*({}) +(([01]\d|2[0-3]):[0-5]\d|24:00)\s*$", DAYS.join("|"));
        json_schema!({ "type": "string", "pattern": pattern, "examples": ["fri 17:00", "mon 08:00"] })
    }
}
