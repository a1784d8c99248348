//! Amion's report of assignments (`Rpt=625c`): heading lines, then comma-separated values.

mod assignment;
mod row;

use crate::config::diagnostics::quoted;
use crate::config::import::amion::assignment::choose;
use crate::config::import::amion::row::{Row, is_torn};
use crate::config::import::fault::{Fault, first_of, grouped};
use crate::config::import::shift::Shifts;
use crate::config::import::text::{bytes_of, decode, is_web_page, lines};
use crate::domain::month::Month;

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

/// Reads a report. Times are in the roster's time zone. Months may have no shifts. A fault in a line that is of another
/// month is a note, and other assignments do not matter.
///
/// # Errors
///
/// Everything that is wrong with it.
pub fn read(file: &[u8], wanted: Wanted<'_>) -> Result<Shifts, Vec<Fault>> {
    let bytes = bytes_of(file).map_err(|fault| vec![fault])?;
    if is_web_page(&bytes) {
        let message = "this is a web page, not the report. Amion returns one if the code in the link (`Lo=…`) is \
                       wrong. Open the link, and save the page once it shows a plain list";
        return Err(vec![Fault::whole(message)]);
    }
    let mut lines = lines(&bytes);
    while lines.last().is_some_and(|line| line.iter().all(u8::is_ascii_whitespace)) {
        lines.pop();
    }
    if lines.len() > LINES_MAX {
        let message = format!("the report has more than {LINES_MAX} lines; request fewer days from Amion");
        return Err(vec![Fault::whole(message)]);
    }
    let text: Vec<String> = lines.into_iter().map(decode).collect();
    let (rows, mut faults) = rows(&text);
    if rows.is_empty() && faults.is_empty() {
        let message = "the file contains no assignments. Save Amion's report `Rpt=625c`, whose lines are \
                       Name, Staff ID, Backup Staff ID, Assignment, …, Date, Start, End";
        return Err(vec![Fault::whole(message)]);
    }
    let (services, rows): (Vec<Row>, Vec<Row>) = rows.into_iter().partition(Row::is_service);
    if rows.is_empty() && !services.is_empty() {
        let message =
            "every line is of a service, such as a pager, not of a person. Save the report with the people on call";
        return Err(vec![Fault::whole(message)]);
    }
    let mut read = Shifts::default();
    match choose(&rows, wanted.assignments, wanted.may_be_empty) {
        Ok(chosen) => {
            read.notes.extend(chosen.notes);
            let is_chosen = |row: &&Row| chosen.names.contains(row.assignment());
            let of_services = services.iter().filter(is_chosen).filter(|row| row.is_of(wanted.months));
            read.notes.extend(of_services.map(|row| {
                let name = quoted(row.name());
                Fault::line(row.line, format!("{name} is a service, such as a pager, not a person; ignored"))
            }));
            for row in rows.iter().filter(is_chosen) {
                match row.shift() {
                    Ok(shift) => read.shifts.extend(row.is_of(wanted.months).then_some(shift)),
                    Err(message) if row.is_of(wanted.months) => faults.push(Fault::line(row.line, message)),
                    Err(message) => {
                        let message = format!("{message}; ignored, as the line is not of the imported months");
                        read.notes.push(Fault::line(row.line, message));
                    }
                }
            }
        }
        Err(fault) => faults.push(fault),
    }
    if !faults.is_empty() {
        faults.sort_by_key(|fault| fault.lines.first().copied().unwrap_or(u32::MAX));
        return Err(first_of(faults));
    }
    read.notes = first_of(grouped(read.notes));
    Ok(read)
}

/// The assignments, starting at the first line that is one.
fn rows(text: &[String]) -> (Vec<Row>, Vec<Fault>) {
    let (mut rows, mut faults) = (Vec::new(), Vec::new());
    let mut splitter = row::Splitter::new();
    for (line, text) in (1..).zip(text).filter(|(_, text)| !text.trim().is_empty()) {
        match splitter.row(line, text) {
            Some(row) => rows.push(row),
            None if !rows.is_empty() || !faults.is_empty() || is_torn(text) => {
                faults.push(Fault::line(line, "this is not an assignment: it has too few columns or no date"));
            }
            None => {}
        }
    }
    (rows, faults)
}
