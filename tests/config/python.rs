//! Random calendars, read by the importer and by Python's packages icalendar and recurring-ical-events.
//!
//! The packages are not part of a machine for tests, so it is run by hand where they are:
//! `PATH=VENV/bin:$PATH cargo test --test config -- python`.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

use chrono::{Days, NaiveDate, NaiveDateTime, TimeDelta};
use wardbell::config::import::calendar::{Wanted, read};
use wardbell::domain::local_time;
use wardbell::domain::month::Month;
use wardbell::domain::zone::Zone;
use wardbell::domain::zone::rules::Rules;

const CALENDARS: usize = 2_000;

/// Around both changes of the clocks, and at the end of a year.
const MONTHS: [&str; 4] = ["2026-11", "2026-12", "2027-03", "2027-01"];

const RULES: &[&str] = &[
    "FREQ=DAILY",
    "FREQ=DAILY;INTERVAL=3",
    "FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR",
    "FREQ=WEEKLY",
    "FREQ=WEEKLY;INTERVAL=2",
    "FREQ=WEEKLY;BYDAY=MO,TH",
    "FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=SA,SU,MO",
    "FREQ=WEEKLY;INTERVAL=3;BYDAY=WE,FR",
    "FREQ=MONTHLY",
    "FREQ=MONTHLY;BYDAY=1MO,-1FR",
    "FREQ=MONTHLY;BYMONTHDAY=1,15,-1",
    "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
    "FREQ=MONTHLY;BYDAY=SA,SU;BYSETPOS=1,-1",
    "FREQ=MONTHLY;INTERVAL=2;BYDAY=3TU",
    "FREQ=YEARLY;BYMONTH=11,12,3;BYDAY=2SU,-1WE",
    "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24,25,26",
];

/// A xorshift generator: the same calendars on every run.
struct Draw(u64);

impl Draw {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }

    fn one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }

    fn of<T: Copy>(&mut self, list: &[T]) -> T {
        list[usize::try_from(self.below(list.len() as u64)).unwrap()]
    }
}

/// How a series writes its times.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    Day,
    Utc,
    Zone(&'static str),
}

impl Form {
    /// A property with a time.
    fn write(self, name: &str, at: NaiveDateTime) -> String {
        match self {
            Self::Day => format!("{name};VALUE=DATE:{}", at.format("%Y%m%d")),
            Self::Utc => format!("{name}:{}", at.format("%Y%m%dT%H%M%SZ")),
            Self::Zone(zone) => format!("{name};TZID={zone}:{}", at.format("%Y%m%dT%H%M%S")),
        }
    }

    fn until(self, at: NaiveDateTime) -> String {
        match self {
            Self::Day => at.format("%Y%m%d").to_string(),
            Self::Utc => at.format("%Y%m%dT%H%M%SZ").to_string(),
            Self::Zone(zone) => {
                let at = local_time::to_instant(&Zone::built_in(zone).unwrap(), at);
                at.format("%Y%m%dT%H%M%SZ").to_string()
            }
        }
    }
}

struct Series {
    form: Form,
    hours: i64,
}

fn calendar(draw: &mut Draw) -> String {
    let mut out = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//made//random//EN\r\n".to_owned();
    let mut number = 0;
    for uid in 0..1 + draw.below(3) {
        let form = draw.of(&[Form::Day, Form::Utc, Form::Zone("America/Chicago"), Form::Zone("America/New_York")]);
        let first: NaiveDate = "2026-08-01".parse().unwrap();
        let hour = if form == Form::Day { 0 } else { draw.of(&[7, 8, 17, 19]) };
        let start = (first + Days::new(draw.below(150))).and_hms_opt(hour, 0, 0).unwrap();
        let hours = if form == Form::Day { draw.of(&[24, 48, 168]) } else { draw.of(&[8, 12, 24, 36]) };
        let series = Series { form, hours };
        let mut lines = Vec::new();
        if !draw.one_in(6) {
            let end = match draw.below(3) {
                0 => format!(";COUNT={}", 1 + draw.below(40)),
                1 => format!(";UNTIL={}", form.until(start + Days::new(draw.below(200)))),
                _ => String::new(),
            };
            lines.push(format!("RRULE:{}{end}", draw.of(RULES)));
        }
        let other = |draw: &mut Draw| start + Days::new(draw.below(120));
        for name in ["EXDATE", "RDATE"] {
            for _ in 0..if draw.one_in(3) { 1 + draw.below(4) } else { 0 } {
                lines.push(form.write(name, other(draw)));
            }
        }
        number += 1;
        event(&mut out, uid, number, start, &series, &lines);
        let mut moved = Vec::new();
        for _ in 0..if draw.one_in(2) { 1 + draw.below(4) } else { 0 } {
            let at = other(draw);
            if moved.contains(&at) {
                continue;
            }
            moved.push(at);
            let range =
                if moved.len() == 1 && draw.one_in(3) { "RECURRENCE-ID;RANGE=THISANDFUTURE" } else { "RECURRENCE-ID" };
            let days = TimeDelta::days(draw.of(&[0, 0, 1, -1, 3]));
            let hours = TimeDelta::hours(if form == Form::Day { 0 } else { draw.of(&[0, 2, -1]) });
            let lines = [form.write(range, at), format!("SEQUENCE:{}", draw.below(3))];
            let series = Series { hours: series.hours + if form == Form::Day { 24 } else { 1 }, form };
            number += 1;
            event(&mut out, uid, number, at + days + hours, &series, &lines);
        }
    }
    out + "END:VCALENDAR\r\n"
}

fn event(out: &mut String, uid: u64, number: u64, start: NaiveDateTime, series: &Series, lines: &[String]) {
    let end = start + TimeDelta::hours(series.hours);
    let (start, end) = (series.form.write("DTSTART", start), series.form.write("DTEND", end));
    let lines: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
    write!(out, "BEGIN:VEVENT\r\nUID:{uid}\r\nSUMMARY:E{number}\r\n{start}\r\n{end}\r\n{lines}END:VEVENT\r\n").unwrap();
}

/// The shifts, or the faults.
fn ours(text: &str, month: Month, zone: &Zone) -> Result<String, String> {
    let months = [month];
    let wanted = Wanted { zone, rules: Rules::built_in(), months: &months, given: &[] };
    let read = read(text.as_bytes(), wanted)
        .map_err(|faults| faults.iter().map(|fault| format!("{fault}\n")).collect::<String>())?;
    let mut shifts: Vec<_> = read
        .shifts
        .iter()
        .map(|shift| {
            let at = |local| local_time::to_instant(zone, local).timestamp();
            (at(shift.from), at(shift.to), shift.clues[0][0].text().to_owned())
        })
        .collect();
    shifts.sort();
    shifts.dedup();
    Ok(shifts.iter().map(|(from, to, title)| format!("{title} {from} {to}")).collect::<Vec<_>>().join("; "))
}

#[test]
fn random_calendars_are_read_as_python_reads_them() {
    let python = Command::new("python3").args(["-c", "import icalendar, recurring_ical_events"]).output();
    if !python.is_ok_and(|python| python.status.success()) {
        println!("SKIPPED random_calendars_are_read_as_python_reads_them: python3 lacks recurring-ical-events");
        return;
    }
    // A roster's local times cannot say which of two equal hours is meant, so these are refused.
    let is_twice = |ours: &Result<String, String>| ours.as_ref().is_err_and(|fault| fault.contains("occurs twice"));
    let folder = tempfile::tempdir().unwrap();
    let zone = Zone::built_in("America/Chicago").unwrap();
    let mut draw = Draw(0x5eed_2026);
    let (mut asked, mut all) = (String::new(), Vec::new());
    for number in 0..CALENDARS {
        let text = calendar(&mut draw);
        let path = folder.path().join(format!("{number}.ics"));
        fs::write(&path, &text).unwrap();
        let month = MONTHS[number % MONTHS.len()];
        writeln!(asked, "{}\t{month}\tAmerica/Chicago", path.display()).unwrap();
        all.push((month, ours(&text, month.parse().unwrap(), &zone), text));
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/config/calendars.py");
    let mut python = Command::new("python3").arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = python.stdin.take().unwrap();
    let writer = std::thread::spawn(move || input.write_all(asked.as_bytes()).unwrap());
    let output = python.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success());
    let theirs = String::from_utf8(output.stdout).unwrap();
    assert_eq!(theirs.lines().count(), all.len());
    let differ: Vec<_> = all
        .iter()
        .zip(theirs.lines())
        .filter(|((_, ours, _), theirs)| ours.as_deref() != Ok(theirs) && !is_twice(ours))
        .collect();
    let shifts = theirs.matches(';').count();
    let shown = differ
        .iter()
        .take(3)
        .map(|((month, ours, text), theirs)| format!("{month}\nours   {ours:?}\ntheirs {theirs}\n{text}"));
    assert!(differ.is_empty(), "{} of {} differ:\n{}", differ.len(), all.len(), shown.collect::<String>());
    assert!(shifts > CALENDARS, "the calendars have shifts: {shifts}");
    assert!(all.iter().filter(|(_, ours, _)| is_twice(ours)).count() < CALENDARS / 50);
}
