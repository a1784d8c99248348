//! Random windows, turns, weekly absences and people who are written once.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike};

use crate::draw::{self, Sketch};
use crate::paper::File;
use crate::person::{Entry, Unavailable};
use crate::wall::{self, Form, LEAD, Window, weekday};

const NAMES: [&str; 4] = ["weekend", "weeknight", "holiday", "n-4"];

const WEEK_MINUTES: u32 = 7 * 1_440;

/// Files have no earlier times.
const FIRST: NaiveDateTime = NaiveDate::from_ymd_opt(2000, 1, 1).unwrap().and_time(NaiveTime::MIN);

impl Sketch {
    pub fn windows(&mut self) -> Vec<Window> {
        let many = usize::try_from(self.draw.below(NAMES.len() as u64 + 1)).unwrap();
        NAMES[..many].iter().map(|name| Window { name, form: self.form() }).collect()
    }

    /// A window that is not the whole week: that would be `always`.
    fn form(&mut self) -> Form {
        loop {
            let form = self.any_form();
            let (first, last) = (self.day, self.day + LEAD);
            let whole_days = form.stretches(first - LEAD, last + LEAD);
            if !whole_days.iter().any(|(from, to)| from.date() <= first && last <= to.date()) {
                return form;
            }
        }
    }

    fn any_form(&mut self) -> Form {
        match self.draw.below(5) {
            0 | 1 => self.over_the_week(),
            2 => {
                let us_federal = self.draw.one_in(2);
                let least = i64::from(!us_federal);
                let mut dates = Vec::new();
                for _ in 0..self.draw.between(least, 4) {
                    dates.push(self.day + TimeDelta::days(self.draw.between(-5, 5)));
                }
                dates.sort_unstable();
                dates.dedup();
                Form::Holidays { us_federal, dates }
            }
            _ => Form::Days { days: self.weekdays(), hours: self.hours_of_days() },
        }
    }

    /// Up to a week long; the end may be a day's end.
    fn over_the_week(&mut self) -> Form {
        let from = self.point();
        let mut to = self.point();
        if self.draw.one_in(6) {
            to.1 = 1_440;
        }
        if self.draw.one_in(6) {
            to.0 = from.0;
        }
        let minutes = |(day, minutes): (u32, u32)| (day * 1_440 + minutes) % WEEK_MINUTES;
        if minutes(from) == minutes(to) {
            to = ((from.0 + 3) % 7, from.1);
        }
        Form::Week { from, to }
    }

    /// A time of the week, often one that a change of clocks skips or repeats.
    fn point(&mut self) -> (u32, u32) {
        let time = self.time(3);
        (weekday(time.date()), minute_of_day(time))
    }

    fn weekdays(&mut self) -> Vec<u32> {
        let likely = self.draw.below(4) + 1;
        let mut days: Vec<u32> = (0..7).filter(|_| self.draw.below(4) < likely).collect();
        if days.is_empty() {
            days.push(weekday(self.day));
        }
        days
    }

    fn hours_of_days(&mut self) -> Vec<(u32, u32)> {
        let several = self.day_hours();
        match self.draw.below(6) {
            0 => vec![(0, 1_440)],
            // From a time to the same on the next day.
            1 => {
                let time = self.point().1;
                vec![(time, time)]
            }
            2 | 3 if !several.is_empty() => several,
            _ => vec![(self.point().1, self.point().1)],
        }
    }

    pub fn unavailable(&mut self) -> Vec<Unavailable> {
        let many = if self.draw.one_in(2) { 0 } else { self.draw.below(3) };
        let mut unavailable = Vec::new();
        for _ in 0..many {
            let hours = (!self.draw.one_in(3)).then(|| (self.point().1, self.point().1));
            let until = (!self.draw.one_in(3)).then(|| self.day + TimeDelta::days(self.draw.between(-5, 5)));
            let mut days = self.weekdays();
            if days.len() == 7 && until.is_none() {
                // Somebody who is never there is in no roster.
                days.remove(0);
            }
            unavailable.push(Unavailable { days, hours, until });
        }
        unavailable
    }

    /// Free turns anywhere in the list.
    pub fn with_free_turns(&mut self, people: &[usize]) -> Vec<Option<usize>> {
        let mut people: Vec<_> = people.iter().copied().map(Some).collect();
        if self.draw.one_in(3) {
            for _ in 0..self.draw.small(1, 2) {
                let place = usize::try_from(self.draw.below(people.len() as u64 + 1)).unwrap();
                people.insert(place, None);
            }
        }
        people
    }

    /// In the middle of a stretch of `during`, at or next to its edges or anywhere; days, years or many years ago.
    pub fn handoff_of_turns(&mut self, during: &str) -> NaiveDateTime {
        let mut near = self.handoff().max(FIRST);
        if self.draw.one_in(8) {
            near = (near - TimeDelta::days(self.draw.between(900, 4_000))).max(FIRST);
        }
        let stretches = self.stretches(during, near.date() - LEAD, near.date() + LEAD);
        if stretches.is_empty() || self.draw.one_in(3) {
            return near;
        }
        let minute = TimeDelta::minutes(1);
        let (from, to) = self.draw.of(&stretches);
        let handoff = match self.draw.below(7) {
            0 | 1 => from,
            2 => to,
            3 => from - minute,
            4 => to - minute,
            _ => from + minute * i32::try_from((to - from).num_minutes() / 2).unwrap(),
        };
        handoff.max(FIRST)
    }

    /// Whether a stretch of it is longer than holidays could make it.
    pub fn never_ends(&self, during: &str) -> bool {
        let (first, last) = (self.day - LEAD, self.day + LEAD);
        let stretches = self.stretches(during, first - LEAD, last + LEAD);
        stretches.iter().any(|(from, to)| from.date() <= first && last <= to.date())
    }

    fn stretches(&self, during: &str, first: NaiveDate, last: NaiveDate) -> Vec<wall::Stretch> {
        let staffed = || wall::staffed(&self.hours, &[].into(), first, last);
        match during {
            "hours" => staffed(),
            "after-hours" => wall::between(&staffed(), first, last),
            name => {
                let window = self.windows.iter().find(|window| window.name == name).unwrap();
                window.form.stretches(first, last)
            }
        }
    }

    /// What the roster says of a person, and what `people.toml` does.
    pub fn entries(&mut self, id: usize) -> (Entry, Option<Entry>) {
        let name = format!("P{id}");
        let numbers = |draw: &mut Self, first: u64| -> Vec<String> {
            let many = draw.draw.below(4);
            (first..first + many).map(|number| format!("+17735550{id}{number:02}")).collect()
        };
        let mail = |place: &str| Some(format!("p{id}@{place}.example"));
        let mut own = Entry { name: Some(name.clone()), email: mail("ward"), sms: numbers(self, 10) };
        if self.draw.one_in(2) {
            return (own, None);
        }
        let email = mail("all").filter(|_| !self.draw.one_in(3));
        let shared = Entry { name: Some(format!("{name} of all")), email, sms: numbers(self, 50) };
        if self.draw.one_in(2) {
            own.name = None;
        }
        if self.draw.one_in(2) {
            own.sms.clear();
        }
        let reached = shared.email.is_some() || !shared.sms.is_empty() || !own.sms.is_empty();
        if reached && self.draw.one_in(2) {
            own.email = None;
        }
        (own, Some(shared))
    }
}

fn minute_of_day(time: NaiveDateTime) -> u32 {
    time.hour() * 60 + time.minute()
}

#[test]
fn every_key_and_form_is_drawn() {
    let files: Vec<_> = (0..200).map(|seed| draw::paper(seed).file()).collect();
    let drawn = |count: &dyn Fn(&File) -> bool| files.iter().filter(|file| count(file)).count();
    for words in [
        "approvers = [",
        "[window.",
        "from = \"sun ",
        " 24:00\"",
        "hours = [",
        "hours = \"",
        "during = \"weekend\"",
        "during = \"hours\"",
        "every = \"1 turn\"",
        "every = \"2 turns\"",
        "\"-\"",
        "unavailable = [",
        "until = 20",
        "sms = \"+",
        "sms = [",
        "escalate_to = ",
        "notify = ",
        "sms_consent = ",
        "reason = ",
    ] {
        assert!(drawn(&|file| file.text.contains(words)) > 5, "{words}");
    }
    for words in ["[[person]]", "email = ", "sms = \"+", "sms = ["] {
        assert!(drawn(&|file| file.people.contains(words)) > 5, "{words}");
    }
    let holidays = |file: &File| file.text.split("\n\n").any(|part| part.contains("window") && part.contains("holid"));
    assert!(drawn(&holidays) > 5);
}
