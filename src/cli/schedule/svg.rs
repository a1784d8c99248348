//! A calendar as a picture: one band of seven days per week, with one lane per role.
//!
//! It does not rely on color: bars carry names or letters, and gaps are hatched and listed in words.

use std::fmt::Write;

use chrono::{DateTime, Days, NaiveDate, Utc};

use crate::cli::schedule::words;
use crate::cli::width;
use crate::domain::calendar::clock::{ClockWords, day_start};
use crate::domain::calendar::{Calendar, Day, RoleShifts, monday_of};
use crate::domain::id::LiaisonId;
use crate::domain::roster::change::Shift;

const LABELS: f64 = 112.0;
const DAY: f64 = 144.0;
const MARGIN: f64 = 16.0;
const WIDTH: f64 = MARGIN * 2.0 + LABELS + DAY * 7.0;
const LANE: f64 = 28.0;
const BAR: f64 = 24.0;
const DATES: f64 = 40.0;
const BETWEEN: f64 = 16.0;
const TITLE: f64 = 56.0;
const LINE: f64 = 22.0;

/// Approximate width of one character in a bar.
const LETTER: f64 = 6.6;

/// Light enough for dark text. Colors repeat if there are more people; names and letters still tell them apart.
const FILLS: [&str; 10] =
    ["#cfe2f7", "#fde0b5", "#d3ecd2", "#f3d1dc", "#e2d9f3", "#d9efef", "#f5ecb8", "#e6dccf", "#dde3ea", "#e9f2c9"];

/// Renders the picture, which loads no external resources.
pub fn picture(calendar: &Calendar, now: DateTime<Utc>) -> String {
    Picture { calendar, now, people: people(calendar), out: String::new(), y: 0.0 }.draw()
}

struct Picture<'a> {
    calendar: &'a Calendar<'a>,
    now: DateTime<Utc>,
    /// Everyone on call, in order of their first shift.
    people: Vec<&'a LiaisonId>,
    out: String,
    y: f64,
}

impl<'a> Picture<'a> {
    fn draw(mut self) -> String {
        self.y = TITLE;
        if let (Some(first), Some(last)) = (self.calendar.days.first(), self.calendar.days.last()) {
            let mut monday = monday_of(first.date);
            while monday <= last.date {
                self.week(monday);
                monday = monday + Days::new(7);
            }
        }
        self.legend();
        let height = self.y + MARGIN;
        let (title, body) = (escape(&words::title(self.calendar)), &self.out);
        let as_of = ClockWords::new(&self.calendar.roster.timezone).moment(self.now, self.calendar.from);
        format!(
            r##"<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="t" font-family="system-ui, sans-serif" font-size="12" fill="#1a1f26">
<title id="t">{title}</title>
<defs><pattern id="gap" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="8" height="8" fill="#ffffff"/><rect width="3" height="8" fill="#a8112b"/></pattern></defs>
<rect width="100%" height="100%" fill="#ffffff"/>
<text x="{MARGIN}" y="34" font-size="20" font-weight="600">{title}</text>
<text x="{right}" y="34" text-anchor="end" fill="#525c69">as of {as_of}</text>
{body}</svg>
"##,
            right = WIDTH - MARGIN,
            as_of = escape(&as_of),
        )
    }

    fn week(&mut self, monday: NaiveDate) {
        let top = self.y;
        let lanes = self.calendar.roles.len() as f64 * LANE;
        for index in 0..7 {
            let date = monday + Days::new(index);
            let x = MARGIN + LABELS + DAY * index as f64;
            let day = self.calendar.days.iter().find(|day| day.date == date);
            let Some(day) = day else { continue };
            self.day_head(day, x, top, lanes);
        }
        self.y += DATES;
        let calendar = self.calendar;
        for role in &calendar.roles {
            self.lane(role, monday);
        }
        self.y = top + DATES + lanes + BETWEEN;
    }

    fn day_head(&mut self, day: &Day, x: f64, top: f64, lanes: f64) {
        let date = day.date.format("%a %-d %b").to_string();
        let marks: Vec<String> = day.marks.iter().map(|mark| mark.words()).collect();
        let bottom = top + DATES + lanes;
        self.line(format_args!(
            r##"<path d="M{x} {top}V{bottom}" stroke="#d8dde3"/><text x="{x1}" y="{y}" font-weight="600">{date}</text>"##,
            x1 = x + 4.0,
            y = top + 14.0,
        ));
        if !marks.is_empty() {
            let marks = escape(&marks.join(", "));
            self.line(format_args!(
                r##"<text x="{}" y="{}" font-size="11" fill="#525c69">{marks}</text>"##,
                x + 4.0,
                top + 30.0
            ));
        }
    }

    fn lane(&mut self, role: &'a RoleShifts, monday: NaiveDate) {
        let calendar = self.calendar;
        let zone = &calendar.roster.timezone;
        let (start, end) = (day_start(zone, monday), day_start(zone, monday + Days::new(7)));
        let label = escape(role.role.as_str());
        self.line(format_args!(
            r##"<text x="{MARGIN}" y="{}" fill="#525c69">{label}</text>"##,
            self.y + BAR / 2.0 + 4.0
        ));
        for shift in role.shifts.iter().filter(|shift| shift.from < end && shift.to > start) {
            let (left, right) = (self.x(monday, shift.from.max(start)), self.x(monday, shift.to.min(end)));
            self.bar(role, shift, left, right - left);
        }
        self.y += LANE;
    }

    fn bar(&mut self, role: &RoleShifts, shift: &Shift, x: f64, width: f64) {
        let y = self.y;
        let moment = |at| words::moment(self.calendar, at);
        let told = format!("{}, {} to {}", role.role, moment(shift.from), moment(shift.to));
        let (fill, stroke, name, letter) = match &shift.on_call {
            Some((id, _)) => {
                let index = self.people.iter().position(|one| *one == id).unwrap_or(0);
                (FILLS[index % FILLS.len()], "#7b8694", self.calendar.name(id), letter(index))
            }
            None => ("url(#gap)", "#a8112b", "no one".to_owned(), "!".to_owned()),
        };
        let fits = |text: &str| width::of(text) as f64 * LETTER + 6.0 <= width;
        let text = [name.as_str(), letter.as_str()].into_iter().find(|text| fits(text)).unwrap_or_default();
        let title = escape(&format!("{name}: {told}"));
        self.line(format_args!(
            r##"<g><title>{title}</title><rect x="{x:.1}" y="{y}" width="{width:.1}" height="{BAR}" fill="{fill}" stroke="{stroke}"/>"##
        ));
        if !text.is_empty() {
            let (middle, base) = (x + width / 2.0, y + BAR / 2.0 + 4.0);
            let is_gap = shift.on_call.is_none();
            // Text on hatching has a white outline.
            let halo = if is_gap {
                r##" paint-order="stroke" stroke="#ffffff" stroke-width="4" font-weight="600""##
            } else {
                ""
            };
            let text = escape(text);
            self.line(format_args!(r##"<text x="{middle:.1}" y="{base}" text-anchor="middle"{halo}>{text}</text>"##));
        }
        self.out.push_str("</g>\n");
    }

    /// All days have the same width, even those on which the clocks change.
    fn x(&self, monday: NaiveDate, at: DateTime<Utc>) -> f64 {
        let zone = &self.calendar.roster.timezone;
        let starts = (0..=7).map(|index| day_start(zone, monday + Days::new(index)));
        let starts: Vec<_> = starts.collect();
        let index = starts.iter().rposition(|start| *start <= at).unwrap_or(0).min(6);
        let length = (starts[index + 1] - starts[index]).num_seconds().max(1) as f64;
        let inside = (at - starts[index]).num_seconds() as f64 / length;
        MARGIN + LABELS + DAY * (index as f64 + inside)
    }

    fn legend(&mut self) {
        let mut x = MARGIN;
        self.y += 8.0;
        for (index, id) in self.people.clone().into_iter().enumerate() {
            let (letter, name) = (letter(index), self.calendar.name(id));
            let width = (width::of(&name) + 2) as f64 * LETTER + 44.0;
            if x + width > WIDTH - MARGIN {
                x = MARGIN;
                self.y += LINE;
            }
            let (y, fill, name) = (self.y, FILLS[index % FILLS.len()], escape(&name));
            self.line(format_args!(
                r##"<rect x="{x}" y="{y}" width="24" height="16" fill="{fill}" stroke="#7b8694"/><text x="{x1}" y="{base}" text-anchor="middle">{letter}</text><text x="{x2}" y="{base}">{name}</text>"##,
                x1 = x + 12.0,
                x2 = x + 30.0,
                base = y + 12.5,
            ));
            x += width;
        }
        self.y += LINE + 8.0;
        let gaps = words::gaps(self.calendar);
        let told = if gaps.is_empty() { vec!["no gaps".to_owned()] } else { gaps };
        for gap in told {
            let (y, gap) = (self.y + 8.0, escape(&gap));
            self.line(format_args!(r##"<text x="{MARGIN}" y="{y}" font-weight="600">{gap}</text>"##));
            self.y += LINE;
        }
    }

    fn line(&mut self, text: std::fmt::Arguments) {
        // Writing to memory does not fail.
        let _written = writeln!(self.out, "{text}");
    }
}

fn people<'a>(calendar: &'a Calendar) -> Vec<&'a LiaisonId> {
    let mut people = Vec::new();
    for (id, _) in calendar.roles.iter().flat_map(|role| &role.shifts).filter_map(|shift| shift.on_call.as_ref()) {
        if !people.contains(&id) {
            people.push(id);
        }
    }
    people
}

/// `A` to `Z`, then `A2` and so on.
fn letter(index: usize) -> String {
    let letter = char::from(b'A' + (index % 26) as u8);
    if index < 26 { letter.to_string() } else { format!("{letter}{}", index / 26 + 1) }
}

/// Escapes text for content and attributes; characters that XML does not allow are dropped.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            letter if letter.is_control() => escaped.push(' '),
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_wrote_stays_text() {
        assert_eq!(escape("<a href=\"x\"> & \u{7}b"), "&lt;a href=&quot;x&quot;&gt; &amp;  b");
        assert_eq!([0, 25, 26].map(letter), ["A", "Z", "A2"]);
    }
}
