//! Amion's report of assignments (`Rpt=625c`): heading lines, then comma-separated values.

use std::collections::BTreeSet;
use std::io::{Cursor, SeekFrom};

use chrono::{Days, NaiveDate, NaiveTime};

use crate::config::diagnostics::{did_you_mean, quoted, quoted_list};
use crate::config::import::clue::Clue;
use crate::config::import::fault::{Fault, first_of};
use crate::config::import::shift::Shift;
use crate::config::import::text::{decode, is_web_page};
use crate::domain::month::Month;

/// The columns, counted from 0: Name, Staff ID, Backup Staff ID (a second key of the same person), Assignment Name,
/// Assignment ID, Backup Assignment ID, Date, Start, End, Staff Type, Pager, Tel, Email, and four more.
const NAME: usize = 0;
const STAFF_IDS: [usize; 2] = [1, 2];
const ASSIGNMENT: usize = 3;
const DATE: usize = 6;
const START: usize = 7;
const END: usize = 8;
const PHONES: [usize; 2] = [10, 11];
const EMAIL: usize = 12;

/// A line with fewer columns is not an assignment.
const COLUMNS_MIN: usize = END + 1;

/// Limit on lines: two hundred assignments a day for more than a year.
const LINES_MAX: usize = 100_000;

/// The part of a report to import.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The assignments that mean the role; may be empty if the report has only one.
    pub assignments: &'a [String],
    /// The months, by the day of each assignment; empty means all.
    pub months: &'a [Month],
    /// Whether the assignments may be missing because no one has them in these months.
    pub may_be_empty: bool,
}

/// Reads a report. Times are in the roster's time zone. Months may have no shifts.
///
/// # Errors
///
/// Everything that is wrong with it.
pub fn read(bytes: &[u8], wanted: Wanted<'_>) -> Result<Vec<Shift>, Vec<Fault>> {
    let text = decode(bytes).map_err(|fault| vec![fault])?;
    if is_web_page(&text) {
        let message = "this is a web page, not the report. Amion returns one if the code in the link (`Lo=…`) is \
                       wrong. Open the link, and save the page once it shows a plain list";
        return Err(vec![Fault::whole(message)]);
    }
    if text.trim_end().lines().nth(LINES_MAX).is_some() {
        let message = format!("the report has more than {LINES_MAX} lines; request fewer days from Amion");
        return Err(vec![Fault::whole(message)]);
    }
    let (rows, mut faults) = rows(&text);
    if rows.is_empty() && faults.is_empty() {
        let message = "the file contains no assignments. Save Amion's report `Rpt=625c`, whose lines are \
                       Name, Staff ID, Backup Staff ID, Assignment, …, Date, Start, End";
        return Err(vec![Fault::whole(message)]);
    }
    let rows = assigned(rows, wanted).unwrap_or_else(|fault| {
        faults.push(fault);
        Vec::new()
    });
    if !faults.is_empty() {
        return Err(first_of(faults));
    }
    let rows = rows.into_iter().filter(|row| is_wanted(wanted.months, Month::of(row.day)));
    Ok(rows.map(Row::into_shift).collect())
}

fn is_wanted(months: &[Month], month: Month) -> bool {
    months.is_empty() || months.contains(&month)
}

struct Row {
    line: u32,
    day: NaiveDate,
    start: NaiveTime,
    end: NaiveTime,
    /// Whether the end is at midnight or on the next day.
    passes_midnight: bool,
    fields: Vec<String>,
}

impl Row {
    fn into_shift(self) -> Shift {
        let last = if self.passes_midnight { self.day.checked_add_days(Days::new(1)) } else { None };
        let field = |index: usize| self.fields.get(index).map(|field| field.trim().to_owned());
        let some = |index: usize| field(index).filter(|field| !field.is_empty());
        let mut clues: Vec<_> = STAFF_IDS.into_iter().filter_map(some).map(Clue::Id).collect();
        clues.extend(some(EMAIL).map(Clue::Email));
        clues.extend(some(NAME).map(Clue::Name));
        clues.extend(PHONES.into_iter().filter_map(some).map(Clue::Phone));
        Shift {
            line: self.line,
            from: self.day.and_time(self.start),
            to: last.unwrap_or(self.day).and_time(self.end),
            month: Month::of(self.day),
            clues: vec![clues],
        }
    }
}

/// The assignments, starting at the first line that is one.
fn rows(text: &str) -> (Vec<Row>, Vec<Fault>) {
    let (mut rows, mut faults) = (Vec::new(), Vec::new());
    let mut splitter = Splitter::new();
    let lines = (1..).zip(text.lines());
    for (line, text) in lines.filter(|(_, text)| !text.trim().is_empty()) {
        let fields = splitter.fields(text);
        // Headings have no date; a line with a date is meant as an assignment, valid or not.
        let has_date = fields.get(DATE).is_some_and(|field| field.contains(|one: char| one.is_ascii_digit()));
        let has_begun = !rows.is_empty() || !faults.is_empty();
        if fields.len() < COLUMNS_MIN || !has_date {
            if has_begun || is_torn(text) {
                faults.push(Fault::line(line, "this is not an assignment: it has too few columns or no date"));
            }
            continue;
        }
        match row(line, fields) {
            Ok(row) => rows.push(row),
            Err(message) => faults.push(Fault::line(line, message)),
        }
    }
    (rows, faults)
}

/// Whether a line looks like part of an assignment, with a date between separators: a shift must not be mistaken for a
/// heading.
fn is_torn(line: &str) -> bool {
    let parts: Vec<&str> = line.split([',', ';', '\t']).collect();
    parts.len() > ASSIGNMENT + 1 && parts.iter().any(|part| date(part.trim().trim_matches('"')).is_some())
}

/// Parses lines one at a time, so that a stray quote affects only its line and lines can be numbered.
///
/// Creating a reader is slower than reading a line, so the two readers are created once.
struct Splitter<'t> {
    by_comma: csv::Reader<Cursor<&'t [u8]>>,
    by_tab: csv::Reader<Cursor<&'t [u8]>>,
}

impl<'t> Splitter<'t> {
    fn new() -> Self {
        let reader = |delimiter: u8| {
            let mut builder = csv::ReaderBuilder::new();
            builder.has_headers(false).flexible(true).delimiter(delimiter).from_reader(Cursor::new(&b""[..]))
        };
        Self { by_comma: reader(b','), by_tab: reader(b'\t') }
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

fn row(line: u32, fields: Vec<String>) -> Result<Row, String> {
    let field = |index: usize| fields.get(index).map(|field| field.trim()).unwrap_or_default();
    let day = date(field(DATE)).ok_or_else(|| format!("{} is not a date such as `12-24-26`", quoted(field(DATE))))?;
    let time = |index: usize| {
        time(field(index)).ok_or_else(|| format!("{} is not a time such as `0700` or `7:00p`", quoted(field(index))))
    };
    let ((start, start_is_midnight), (end, _)) = (time(START)?, time(END)?);
    if start_is_midnight {
        return Err(format!("a shift cannot start at {}; use `0000` of the next day", quoted(field(START))));
    }
    Ok(Row { line, day, start, end, passes_midnight: end <= start, fields })
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

/// The rows of the requested assignments.
fn assigned(rows: Vec<Row>, wanted: Wanted<'_>) -> Result<Vec<Row>, Fault> {
    let Wanted { assignments: wanted, may_be_empty, .. } = wanted;
    let name = |row: &Row| row.fields.get(ASSIGNMENT).map(|name| name.trim().to_owned()).unwrap_or_default();
    let is = |name: &str, wanted: &str| name.eq_ignore_ascii_case(wanted.trim());
    let all: BTreeSet<String> = rows.iter().map(name).collect();
    if wanted.is_empty() {
        return if all.len() <= 1 {
            Ok(rows)
        } else {
            let names = quoted_list(all.iter().map(String::as_str));
            Err(Fault::whole(format!(
                "the report has more than one assignment. Choose those of the role with `--assignment`: {names}"
            )))
        };
    }
    for asked in wanted {
        if !all.iter().any(|name| is(name, asked)) {
            let names = || all.iter().map(String::as_str);
            let meant = did_you_mean(asked, names());
            if may_be_empty && meant.is_none() {
                continue;
            }
            let hint = meant.unwrap_or_else(|| format!("it has {}", quoted_list(names())));
            return Err(Fault::whole(format!("the report has no assignment {}; {hint}", quoted(asked))));
        }
    }
    Ok(rows.into_iter().filter(|row| wanted.iter().any(|asked| is(&name(row), asked))).collect())
}
