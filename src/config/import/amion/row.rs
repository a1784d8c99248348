//! The lines of a report.

use std::io::{Cursor, SeekFrom};

use chrono::{Days, NaiveDate, NaiveTime};

use crate::config::diagnostics::quoted;
use crate::config::import::clue::Clue;
use crate::config::import::shift::Shift;
use crate::domain::month::Month;

/// The columns, counted from 0: Name, Staff ID, Backup Staff ID (a second key of the same person), Assignment Name,
/// Assignment ID, Backup Assignment ID, Date, Start, End, Staff Type, Pager, Tel, Email, and four more.
const NAME: usize = 0;
const STAFF_IDS: [usize; 2] = [1, 2];
const ASSIGNMENT: usize = 3;
const DATE: usize = 6;
const START: usize = 7;
const END: usize = 8;
/// `Services` for a pager or a phone, which is not a person; `Staff` and others for people.
const STAFF_TYPE: usize = 9;
const PHONES: [usize; 2] = [10, 11];
const EMAIL: usize = 12;

/// A line with fewer columns is not an assignment.
const COLUMNS_MIN: usize = END + 1;

/// A line that is meant as an assignment, valid or not.
pub struct Row {
    /// The line number, counted from 1.
    pub line: u32,
    fields: Vec<String>,
}

impl Row {
    pub fn name(&self) -> &str {
        self.field(NAME)
    }

    pub fn assignment(&self) -> &str {
        self.field(ASSIGNMENT)
    }

    /// Whether it is of a pager or a phone instead of a person.
    pub fn is_service(&self) -> bool {
        let kind = self.field(STAFF_TYPE).trim_end_matches('*').trim_end();
        kind.eq_ignore_ascii_case("services") || kind.eq_ignore_ascii_case("service")
    }

    /// Whether it is of one of the months; so it may be if its date cannot be read. No months are all months.
    pub fn is_of(&self, months: &[Month]) -> bool {
        months.is_empty() || date(self.field(DATE)).is_none_or(|day| months.contains(&Month::of(day)))
    }

    /// The shift, or what is wrong with the line.
    pub fn shift(&self) -> Result<Shift, BadRow> {
        let text = self.field(DATE);
        let day = date(text).ok_or_else(|| BadRow::Date(text.to_owned()))?;
        let time = |index: usize| {
            let text = self.field(index);
            time(text).ok_or_else(|| BadRow::Time(text.to_owned()))
        };
        let ((start, start_is_midnight), (end, _)) = (time(START)?, time(END)?);
        if start_is_midnight {
            return Err(BadRow::StartsAtTheEnd(self.field(START).to_owned()));
        }
        // The end is at midnight or on the next day.
        let last = if end <= start { day.checked_add_days(Days::new(1)) } else { None };
        let some = |index: usize| Some(self.field(index).to_owned()).filter(|field| !field.is_empty());
        let mut clues: Vec<_> = STAFF_IDS.into_iter().filter_map(some).map(Clue::Id).collect();
        clues.extend(some(EMAIL).map(Clue::Email));
        clues.extend(some(NAME).map(Clue::Name));
        clues.extend(PHONES.into_iter().filter_map(some).map(Clue::Phone));
        Ok(Shift {
            line: self.line,
            from: day.and_time(start),
            to: last.unwrap_or(day).and_time(end),
            month: Month::of(day),
            clues: vec![clues],
        })
    }

    fn field(&self, index: usize) -> &str {
        self.fields.get(index).map(|field| field.trim()).unwrap_or_default()
    }
}

/// What is wrong with the line of a shift.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadRow {
    #[error("{} is not a date such as `12-24-26`", quoted(.0))]
    Date(String),
    #[error("{} is not a time such as `0700` or `7:00p`", quoted(.0))]
    Time(String),
    /// `2400` is the end of a day.
    #[error("a shift cannot start at {}; use `0000` of the next day", quoted(.0))]
    StartsAtTheEnd(String),
}

/// Whether a line looks like part of an assignment, with a date between separators: a shift must not be mistaken for a
/// heading.
pub fn is_torn(line: &str) -> bool {
    let parts: Vec<&str> = line.split([',', ';', '\t']).collect();
    parts.len() > ASSIGNMENT + 1 && parts.iter().any(|part| date(part.trim().trim_matches('"')).is_some())
}

/// Parses lines one at a time, so that a stray quote affects only its line and lines can be numbered.
///
/// Creating a reader is slower than reading a line, so the two readers are created once.
pub struct Splitter<'t> {
    by_comma: csv::Reader<Cursor<&'t [u8]>>,
    by_tab: csv::Reader<Cursor<&'t [u8]>>,
}

impl<'t> Splitter<'t> {
    pub fn new() -> Self {
        let reader = |delimiter: u8| {
            let mut builder = csv::ReaderBuilder::new();
            builder.has_headers(false).flexible(true).delimiter(delimiter).from_reader(Cursor::new(&b""[..]))
        };
        Self { by_comma: reader(b','), by_tab: reader(b'\t') }
    }

    /// The line as a row, if it has enough columns and a date: headings have none.
    pub fn row(&mut self, line: u32, text: &'t str) -> Option<Row> {
        let fields = self.fields(text);
        let has_date = fields.get(DATE).is_some_and(|field| field.contains(|one: char| one.is_ascii_digit()));
        (fields.len() >= COLUMNS_MIN && has_date).then_some(Row { line, fields })
    }

    fn fields(&mut self, line: &'t str) -> Vec<String> {
        let reader = if line.matches('\t').count() >= END { &mut self.by_tab } else { &mut self.by_comma };
        *reader.get_mut() = Cursor::new(line.as_bytes());
        let mut record = csv::StringRecord::new();
        let start = reader.seek_raw(SeekFrom::Start(0), csv::Position::new());
        match start.and_then(|()| reader.read_record(&mut record)) {
            Ok(_) => record.iter().map(str::to_owned).collect(),
            Err(_) => Vec::new(),
        }
    }
}

/// The years that rosters accept, except the last: a shift may end in the next year.
const YEARS: std::ops::RangeInclusive<i32> = 2000..=2198;

/// `12-24-26`, `12/24/2026`, `2026-12-24`: month first, as in Amion.
fn date(text: &str) -> Option<NaiveDate> {
    let parts: Vec<&str> = text.split(['-', '/', '.']).collect();
    let [first, second, third] = parts.as_slice() else { return None };
    let number = |text: &str| text.parse::<u32>().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()));
    let (year, month, day) = if first.len() == 4 {
        (number(first)?, number(second)?, number(third)?)
    } else {
        let year = number(third)?;
        (if third.len() == 2 { 2_000 + year } else { year }, number(first)?, number(second)?)
    };
    let year = i32::try_from(year).ok().filter(|year| YEARS.contains(year))?;
    NaiveDate::from_ymd_opt(year, month, day)
}

/// `0700`, `7:00`, `7:00a`, `7p`, `7:00 PM`, and whether it is `2400`, the end of the day.
fn time(text: &str) -> Option<(NaiveTime, bool)> {
    let lower = text.to_ascii_lowercase();
    let lower = lower.trim_end_matches('.');
    let bare = lower.trim_end_matches(|one: char| one.is_ascii_alphabetic()).trim_end();
    let half = match lower[bare.len()..].trim() {
        "" => None,
        "a" | "am" => Some(0),
        "p" | "pm" => Some(12),
        _ => return None,
    };
    let (hour, minute) = match bare.split_once(':') {
        Some((hour, minute)) => (hour, minute),
        None if bare.is_ascii() && bare.len() > 2 => bare.split_at(bare.len() - 2),
        None => (bare, "00"),
    };
    let is_plain = |text: &str| (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_plain(hour) || !is_plain(minute) || minute.len() != 2 || (half.is_none() && bare.len() < 3) {
        return None;
    }
    let (hour, minute): (u32, u32) = (hour.parse().ok()?, minute.parse().ok()?);
    let hour = match half {
        Some(_) if !(1..=12).contains(&hour) => return None,
        Some(half) => hour % 12 + half,
        None => hour,
    };
    if (hour, minute) == (24, 0) {
        return Some((NaiveTime::MIN, true));
    }
    Some((NaiveTime::from_hms_opt(hour, minute, 0)?, false))
}
