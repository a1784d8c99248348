//! A calendar as one self-contained page, to print or to send.

use anyhow::Result;
use askama::Template;
use chrono::{DateTime, Days, Utc};

use crate::cli::schedule::words;
use crate::domain::calendar::clock::ClockWords;
use crate::domain::calendar::{Calendar, Day, Mark, monday_of};
use crate::domain::page::HospitalName;
use crate::web::style::CSS;

const CALENDAR_CSS: &str = include_str!("templates/calendar.css");

#[derive(Template)]
#[template(path = "calendar.html")]
struct Page<'a> {
    css: &'static str,
    calendar_css: &'static str,
    hospital: String,
    department: &'a str,
    title: String,
    zone: &'a str,
    as_of: String,
    weeks: Vec<Vec<Option<Cell<'a>>>>,
    gaps: Vec<String>,
    instead: String,
}

struct Cell<'a> {
    day: &'a Day,
    weekday: String,
    date: String,
    is_today: bool,
    marks: String,
}

/// # Errors
///
/// The template does not render.
pub fn page(calendar: &Calendar, hospital: &HospitalName, now: DateTime<Utc>) -> Result<String> {
    let page = Page {
        css: CSS,
        calendar_css: CALENDAR_CSS,
        hospital: hospital.to_string(),
        department: &calendar.roster.name,
        title: calendar.title(),
        zone: calendar.roster.timezone.name(),
        as_of: ClockWords::new(&calendar.roster.timezone).moment(now, calendar.from),
        weeks: weeks(calendar),
        gaps: words::gaps(calendar),
        instead: words::instead(calendar).replace('`', ""),
    };
    page.render().map_err(Into::into)
}

fn weeks<'a>(calendar: &'a Calendar) -> Vec<Vec<Option<Cell<'a>>>> {
    let (Some(first), Some(last)) = (calendar.days.first(), calendar.days.last()) else { return Vec::new() };
    let one_month = first.date.format("%Y%m").to_string() == last.date.format("%Y%m").to_string();
    let cell = |date| calendar.days.iter().find(|day| day.date == date).map(|day| Cell::new(day, one_month));
    let mondays = monday_of(first.date).iter_weeks().take_while(|monday| *monday <= last.date);
    mondays.map(|monday| (0..7).map(|index| cell(monday + Days::new(index))).collect()).collect()
}

impl<'a> Cell<'a> {
    fn new(day: &'a Day, one_month: bool) -> Self {
        let others = day.marks.iter().filter(|mark| **mark != Mark::Today).map(|mark| mark.words());
        Self {
            day,
            weekday: day.date.format("%A").to_string(),
            date: day.date.format(if one_month { "%-d" } else { "%-d %b" }).to_string(),
            is_today: day.marks.contains(&Mark::Today),
            marks: others.collect::<Vec<_>>().join(", "),
        }
    }
}
