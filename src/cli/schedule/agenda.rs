//! A calendar for a narrow terminal: a list by day.

use std::io::Write;

use anyhow::Result;
use chrono::NaiveDate;

use crate::cli::schedule::words::{self, ALARM, BOLD, SOFT};
use crate::cli::width;
use crate::domain::calendar::{Calendar, Day, Duty, monday_of};

/// `Thu 24  `
const DATE: usize = 8;

/// # Errors
///
/// The output is closed.
pub fn write(calendar: &Calendar, columns: usize, out: &mut dyn Write) -> Result<()> {
    let label = calendar.roles.iter().map(|role| width::of(role.role.as_str())).max().unwrap_or(0) + 2;
    let mut week: Option<NaiveDate> = None;
    let mut month = calendar.days.first().map(|day| day.date.format("%B %Y").to_string());
    for day in &calendar.days {
        let monday = monday_of(day.date);
        if week.replace(monday).is_some_and(|last| last != monday) {
            writeln!(out)?;
        }
        let this = Some(day.date.format("%B %Y").to_string());
        if month != this {
            writeln!(out, "{BOLD}{}{BOLD:#}", this.as_deref().unwrap_or_default())?;
            month = this;
        }
        write_day(day, label, columns, out)?;
    }
    writeln!(out)?;
    Ok(())
}

/// Writes the gaps below a calendar.
///
/// # Errors
///
/// The output is closed.
pub fn write_gaps(calendar: &Calendar, columns: usize, out: &mut dyn Write) -> Result<()> {
    let gaps = words::gaps(calendar);
    if gaps.is_empty() {
        writeln!(out, "no gaps")?;
        return Ok(());
    }
    writeln!(out, "{ALARM}gaps{ALARM:#}")?;
    for gap in gaps {
        for line in width::wrap_hanging(&gap, columns.saturating_sub(2), 2) {
            writeln!(out, "  {ALARM}{line}{ALARM:#}")?;
        }
    }
    for line in width::wrap(&words::instead(calendar), columns.saturating_sub(2)) {
        writeln!(out, "  {SOFT}{line}{SOFT:#}")?;
    }
    Ok(())
}

fn write_day(day: &Day, label: usize, columns: usize, out: &mut dyn Write) -> Result<()> {
    let date = day.date.format("%a %e").to_string();
    let marks: Vec<String> = day.marks.iter().map(|mark| mark.words()).collect();
    let mut head = format!("{BOLD}{date}{BOLD:#}{}", " ".repeat(DATE - width::of(&date)));
    if !marks.is_empty() {
        writeln!(out, "{head}{BOLD}{}{BOLD:#}", marks.join(", "))?;
        head = " ".repeat(DATE);
    }
    for duty in &day.duties {
        let name = duty.role.as_str();
        let prefix = format!("{head}{SOFT}{name}{SOFT:#}{}", " ".repeat(label - width::of(name)));
        let inside = columns.saturating_sub(DATE + label).max(16);
        for (index, line) in lines(duty, inside).into_iter().enumerate() {
            let start = if index == 0 { prefix.clone() } else { " ".repeat(DATE + label) };
            writeln!(out, "{start}{line}")?;
        }
        head = " ".repeat(DATE);
    }
    Ok(())
}

/// Puts as many parts on a line as fit.
fn lines(duty: &Duty, columns: usize) -> Vec<String> {
    let (mut lines, mut line, mut used) = (Vec::new(), String::new(), 0);
    for (index, part) in duty.parts.iter().enumerate() {
        let more = if index + 1 < duty.parts.len() { "," } else { "" };
        let text = part.words();
        let length = width::of(&text) + more.len();
        if used > 0 && used + 1 + length > columns {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        let text = if part.name.is_none() { format!("{ALARM}{text}{ALARM:#}") } else { text };
        line.push_str(&text);
        line.push_str(more);
        used += length;
    }
    lines.push(line);
    lines
}
