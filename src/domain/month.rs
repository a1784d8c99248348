//! A month of a year.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, Months, NaiveDate, NaiveDateTime, NaiveTime};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month(NaiveDate);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write a month as `2026-12`")]
pub struct BadMonth;

impl Month {
    pub fn of(day: NaiveDate) -> Self {
        Self(day.with_day(1).unwrap_or(day))
    }

    /// The first minute of the month, and of the next one.
    pub fn bounds(self) -> (NaiveDateTime, NaiveDateTime) {
        let next = self.0.checked_add_months(Months::new(1)).unwrap_or(self.0);
        (self.0.and_time(NaiveTime::MIN), next.and_time(NaiveTime::MIN))
    }
}

impl FromStr for Month {
    type Err = BadMonth;

    fn from_str(text: &str) -> Result<Self, BadMonth> {
        let is_plain = text.len() == 7 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        let day = NaiveDate::parse_from_str(&format!("{text}-01"), "%Y-%m-%d").ok().filter(|_| is_plain);
        day.filter(|day| (2000..=2199).contains(&day.year())).map(Self).ok_or(BadMonth)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.0.format("%Y-%m"))
    }
}
