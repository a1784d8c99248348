//! The text around a calendar: its title, gaps, and roles that no one has.

use chrono::{DateTime, TimeDelta, Utc};
use clap::builder::styling::{AnsiColor, Style};

use crate::domain::calendar::Calendar;
use crate::domain::calendar::clock::ClockWords;
use crate::domain::local_time;
use crate::domain::roster::change::Shift;

/// For warnings.
pub const ALARM: Style = AnsiColor::Red.on_default().bold();

/// For emphasis.
pub const BOLD: Style = Style::new().bold();

/// For secondary text.
pub const SOFT: Style = Style::new().dimmed();

/// Gaps beyond this are counted, not listed: the days show them all.
const GAPS_LISTED: usize = 12;

/// `Privacy Office, December 2026 (America/Chicago)`.
pub fn title(calendar: &Calendar) -> String {
    format!("{}, {} ({})", calendar.roster.name, calendar.title(), calendar.roster.timezone)
}

/// The gaps in sentences; roles that are never assigned are listed separately.
pub fn gaps(calendar: &Calendar) -> Vec<String> {
    let gaps: Vec<_> = calendar.gaps().collect();
    let listed =
        gaps.iter().take(GAPS_LISTED).map(|(role, shift)| format!("{role}: no one {}", stretch(calendar, shift)));
    let more = gaps.len().saturating_sub(GAPS_LISTED);
    let rest = (more > 0).then(|| format!("{more} more, marked in the calendar"));
    let never =
        calendar.never_held.iter().map(|role| format!("{role}: no one, because no rotation or override covers it"));
    listed.chain(rest).chain(never).collect()
}

/// What happens to a page that falls into a gap.
pub fn instead(calendar: &Calendar) -> String {
    let at_last = match &calendar.roster.escalate_to {
        Some(department) => format!("`{department}` (`escalate_to`)"),
        None => "the fallback department".to_owned(),
    };
    format!("If no one is on call, the page moves to the next step immediately, and finally to {at_last}.")
}

/// `Thu 10 Dec 12:00–15:00 CST`, or `from … to …` if longer than a day.
fn stretch(calendar: &Calendar, shift: &Shift) -> String {
    let zone = &calendar.roster.timezone;
    let clock = ClockWords::new(zone);
    let last = shift.to - TimeDelta::nanoseconds(1);
    if local_time::to_local(zone, shift.from).date() == local_time::to_local(zone, last).date() {
        let day = zone.write(shift.from, "%a %-d %b");
        return format!("{day} {}–{}", clock.start(shift.from), clock.end(shift.to));
    }
    let is_cut = if shift.to == calendar.to { ", where this calendar ends" } else { "" };
    format!("from {} to {}{is_cut}", moment(calendar, shift.from), moment(calendar, shift.to))
}

/// A time in the roster's time zone, with the year unless it is that of the calendar's start.
pub fn moment(calendar: &Calendar, at: DateTime<Utc>) -> String {
    ClockWords::new(&calendar.roster.timezone).moment(at, calendar.from)
}
