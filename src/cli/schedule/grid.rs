//! A calendar for a wide terminal: one row of seven days per week.

use std::io::Write;

use anyhow::Result;
use chrono::{Days, NaiveDate};
use clap::builder::styling::Style;

use crate::cli::schedule::words::{ALARM, BOLD, SOFT};
use crate::cli::width;
use crate::domain::calendar::{Calendar, Day, Mark, Part, monday_of};

/// Days of a week.
const WEEK: usize = 7;

/// Wider columns add nothing but space.
const COLUMN_MAX: usize = 26;

/// A line of a day with its style.
type Line = (Style, String);

/// Writes the grid.
///
/// # Errors
///
/// The output is closed.
pub fn write(calendar: &Calendar, columns: usize, out: &mut dyn Write) -> Result<()> {
    // Each column has a border and a space on its left; the last also has a border on its right.
    let column = ((columns - 1) / WEEK - 2).min(COLUMN_MAX);
    let layout = Layout::new(calendar, column);
    rule(column, ['┌', '┬', '┐'], out)?;
    let names = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    row(&names.map(|name| vec![(BOLD, name.to_owned())]), column, out)?;
    let (Some(first), Some(last)) = (calendar.days.first(), calendar.days.last()) else { return Ok(()) };
    let mut monday = monday_of(first.date);
    while monday <= last.date {
        rule(column, ['├', '┼', '┤'], out)?;
        let cells: [Vec<Line>; WEEK] = std::array::from_fn(|index| {
            let date = monday + Days::new(index as u64);
            let day = calendar.days.iter().find(|day| day.date == date);
            day.map(|day| cell(day, is_new_month(calendar, date), layout)).unwrap_or_default()
        });
        row(&cells, column, out)?;
        monday = monday + Days::new(WEEK as u64);
    }
    rule(column, ['└', '┴', '┘'], out)?;
    writeln!(out)?;
    Ok(())
}

/// Whether the date needs the month.
fn is_new_month(calendar: &Calendar, date: NaiveDate) -> bool {
    let one_month = calendar.days.first().map(|day| day.date.format("%Y%m").to_string())
        == calendar.days.last().map(|day| day.date.format("%Y%m").to_string());
    let first = calendar.days.first().is_some_and(|day| day.date == date);
    !one_month && (first || date.format("%d").to_string() == "01")
}

/// How names are laid out in a column.
#[derive(Debug, Clone, Copy)]
struct Layout {
    column: usize,
    /// Indent of a name's further lines: after the times, if the longest word leaves room.
    hanging: usize,
}

impl Layout {
    fn new(calendar: &Calendar, column: usize) -> Self {
        let parts = calendar.days.iter().flat_map(|day| &day.duties).flat_map(|duty| &duty.parts);
        let words = parts.filter_map(|part| part.name.as_ref()).flat_map(|name| name.split(' '));
        let longest = words.map(width::of).max().unwrap_or(0);
        let behind_times = width::of("08:00 ");
        Self { column, hanging: if behind_times + longest <= column { behind_times } else { 2 } }
    }

    /// The lines of one part of a day.
    fn lines(self, part: &Part) -> Vec<String> {
        let further = if part.time.is_some() && part.name.is_some() { self.hanging } else { 0 };
        width::wrap_hanging(&part.words(), self.column, further)
    }
}

fn cell(day: &Day, tells_month: bool, layout: Layout) -> Vec<Line> {
    let column = layout.column;
    let is_today = day.marks.contains(&Mark::Today);
    let date = day.date.format(if tells_month { "%-d %b" } else { "%-d" }).to_string();
    let head = if is_today { format!("{date} today") } else { date };
    let mut lines = vec![(if is_today { BOLD.invert() } else { BOLD }, head)];
    for mark in day.marks.iter().filter(|mark| **mark != Mark::Today) {
        lines.extend(width::wrap(&mark.words(), column).into_iter().map(|line| (BOLD, line)));
    }
    for duty in &day.duties {
        lines.extend(width::wrap(duty.role.as_str(), column).into_iter().map(|line| (SOFT, line)));
        for part in &duty.parts {
            let style = if part.name.is_none() { ALARM } else { Style::new() };
            lines.extend(layout.lines(part).into_iter().map(|line| (style, line)));
        }
    }
    lines
}

fn row(cells: &[Vec<Line>; WEEK], column: usize, out: &mut dyn Write) -> Result<()> {
    let height = cells.iter().map(Vec::len).max().unwrap_or(0).max(1);
    for line in 0..height {
        for cell in cells {
            let (style, text) = cell.get(line).map_or((Style::new(), ""), |(style, text)| (*style, text.as_str()));
            let blank = " ".repeat(column.saturating_sub(width::of(text)));
            write!(out, "{SOFT}│{SOFT:#} {style}{text}{style:#}{blank}")?;
        }
        writeln!(out, "{SOFT}│{SOFT:#}")?;
    }
    Ok(())
}

fn rule(column: usize, [left, middle, right]: [char; 3], out: &mut dyn Write) -> Result<()> {
    let stroke = "─".repeat(column + 1);
    let strokes = [stroke.as_str(); WEEK].join(&middle.to_string());
    writeln!(out, "{SOFT}{left}{strokes}{right}{SOFT:#}")?;
    Ok(())
}
