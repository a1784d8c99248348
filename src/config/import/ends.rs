//! Shifts that end a minute before the hour: other systems often mean the full hour.

use chrono::{NaiveDateTime, TimeDelta, Timelike};

use crate::config::import::fault::{Fault, grouped};
use crate::config::import::shift::Shift;

/// Asks whether shifts that end at `:59`, with no other shift from then on, are meant to end at the full hour.
pub fn ask(shifts: &[Shift]) -> Vec<Fault> {
    let early = early(shifts);
    grouped(early.into_iter().map(|(index, hour)| question(&shifts[index], hour)).collect())
}

fn question(shift: &Shift, hour: NaiveDateTime) -> Fault {
    let form = if shift.to.second() == 0 { "%H:%M" } else { "%H:%M:%S" };
    let (end, hour) = (shift.to.format(form), hour.format("%H:%M"));
    Fault::line(shift.line, format!("the shift ends at {end}. Until {hour}? If so, add `--until-full-hour`"))
}

/// Lets those shifts end at the full hour.
pub fn complete(shifts: &mut [Shift]) {
    for (index, hour) in early(shifts) {
        shifts[index].to = hour;
    }
}

/// The shifts that end in the last minute of an hour before a moment without a shift, and that hour's end.
fn early(shifts: &[Shift]) -> Vec<(usize, NaiveDateTime)> {
    let mut starts: Vec<(NaiveDateTime, NaiveDateTime)> = shifts.iter().map(|shift| (shift.from, shift.to)).collect();
    starts.sort_unstable();
    // The latest end of all shifts that have started.
    let mut latest = NaiveDateTime::MIN;
    for (_, to) in &mut starts {
        latest = latest.max(*to);
        *to = latest;
    }
    let is_covered = |at: NaiveDateTime| {
        let begun = starts.partition_point(|(from, _)| *from <= at);
        begun.checked_sub(1).is_some_and(|last| starts[last].1 > at)
    };
    let hour = |shift: &Shift| {
        let start = shift.to.with_minute(0)?.with_second(0)?;
        start.checked_add_signed(TimeDelta::hours(1)).filter(|_| shift.to.minute() == 59)
    };
    let ends = shifts.iter().enumerate().filter_map(|(index, shift)| Some((index, hour(shift)?)));
    ends.filter(|(index, _)| !is_covered(shifts[*index].to)).collect()
}
