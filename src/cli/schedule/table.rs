//! One shift per line, with the file, line, and rule that chose the person.

use std::io::Write;

use anyhow::Result;

use crate::cli::list::plain_table;
use crate::cli::schedule::words::{moment, title};
use crate::cli::width;
use crate::domain::calendar::Calendar;

/// # Errors
///
/// The output is closed.
pub fn write(calendar: &Calendar, out: &mut dyn Write) -> Result<()> {
    let mut table = plain_table(&["role", "from", "to", "name", "why"]);
    if let Some(columns) = width::of_output().and_then(|columns| u16::try_from(columns).ok()) {
        table.set_width(columns);
    }
    let shifts = |role| calendar.roster.shifts_by_why(role, calendar.from, calendar.to);
    let rows = calendar.roles.iter().flat_map(|one| shifts(&one.role).into_iter().map(move |shift| (&one.role, shift)));
    for (role, shift) in rows {
        let (name, why) = match &shift.on_call {
            None => ("no one".into(), "coverage gap".into()),
            Some((id, why)) => (calendar.name(id), why.to_string()),
        };
        table.add_row([role.to_string(), moment(calendar, shift.from), moment(calendar, shift.to), name, why]);
    }
    writeln!(out, "{}\n{table}", title(calendar))?;
    Ok(())
}
