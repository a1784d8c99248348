//! A roster as it is written: drawn at random, put into a file, and cut down to what a disagreement needs.

use std::fmt::Write as _;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use chrono_tz::Tz;

use crate::notation::{DAYS, holidays, listed, local, span, time};
use crate::person::{Entry, Person};
use crate::wall::{Form, Window};

/// The file in pieces. People are counted; number 3 is `p3`.
#[derive(Debug, Clone)]
pub struct Paper {
    pub zone: Tz,
    /// By day from Monday, in minutes from midnight.
    pub hours: [Vec<(u32, u32)>; 7],
    pub us_federal: bool,
    pub dates: Vec<NaiveDate>,
    pub windows: Vec<Window>,
    /// Whether the keys that change nobody's turn are written too.
    pub all_keys: bool,
    /// Nobody: the key is left out.
    pub approvers: Vec<usize>,
    pub people: Vec<Person>,
    pub rotations: Vec<Turns>,
    pub overrides: Vec<Swap>,
    /// The stretch of time that is looked at.
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
}

#[derive(Debug, Clone)]
pub struct Turns {
    pub role: &'static str,
    /// One of the contract's words, or the name of a window.
    pub during: &'static str,
    /// Nobody: a free turn.
    pub people: Vec<Option<usize>>,
    pub every: Option<(u32, Unit)>,
    pub handoff: Option<NaiveDateTime>,
}

#[derive(Debug, Clone, Copy)]
pub enum Unit {
    Hours,
    Days,
    Weeks,
    Months,
    /// Stretches of `during`.
    Turns,
}

#[derive(Debug, Clone)]
pub struct Swap {
    pub role: &'static str,
    pub from: NaiveDateTime,
    pub to: NaiveDateTime,
    pub person: usize,
}

/// The file, and on which line each piece of it stands.
pub struct File {
    pub text: String,
    /// `people.toml`, where anybody is in it.
    pub people: String,
    pub rotation_lines: Vec<u32>,
    pub override_lines: Vec<u32>,
    /// By person, then by absence.
    pub absence_lines: Vec<Vec<u32>>,
}

impl Paper {
    /// The roles that the file names, and the two that there always are.
    pub fn roles(&self) -> Vec<&'static str> {
        let mut roles = vec!["primary", "backup"];
        let rotated = self.rotations.iter().map(|turns| turns.role);
        for role in rotated.chain(self.overrides.iter().map(|swap| swap.role)) {
            if !roles.contains(&role) {
                roles.push(role);
            }
        }
        roles
    }

    pub fn file(&self) -> File {
        let mut file = File {
            text: format!("department = \"ward\"\nname = \"Ward\"\ntimezone = \"{}\"\n", self.zone),
            people: String::new(),
            rotation_lines: Vec::new(),
            override_lines: Vec::new(),
            absence_lines: Vec::new(),
        };
        if !self.approvers.is_empty() {
            let ids: Vec<_> = self.approvers.iter().map(|person| format!("\"p{person}\"")).collect();
            file.write(&format!("approvers = [{}]", ids.join(", ")));
        }
        if self.all_keys {
            file.write("escalate_to = \"house\"\nowner = \"ward@x.example\"\nreview_by = 2099-12-31");
        }
        file.write_hours(self);
        for window in &self.windows {
            file.write_window(window);
        }
        for (id, person) in self.people.iter().enumerate() {
            file.write_person(id, person, self.all_keys);
        }
        if !file.people.is_empty() {
            file.people.push_str("[[person]]\nid = \"stranger\"\nname = \"In no roster\"\nemail = \"s@x.example\"\n");
        }
        for turns in &self.rotations {
            file.write_turns(turns);
        }
        for Swap { role, from, to, person } in &self.overrides {
            file.text.push('\n');
            file.override_lines.push(file.line());
            file.write(&format!(
                "[[override]]\nrole = \"{role}\"\nfrom = \"{}\"\nto = \"{}\"",
                local(*from),
                local(*to)
            ));
            file.write(&format!("liaison = \"p{person}\""));
            if self.all_keys {
                file.write("reason = \"holiday swap\"");
            }
        }
        file
    }

    /// The same with one piece less, for each piece.
    pub fn smaller(&self) -> Vec<Self> {
        let mut papers = Vec::new();
        let mut without = |cut: &dyn Fn(&mut Self)| {
            let mut paper = self.clone();
            cut(&mut paper);
            papers.push(paper);
        };
        for index in 0..self.overrides.len() {
            without(&|paper| _ = paper.overrides.remove(index));
        }
        for index in 0..self.rotations.len() {
            without(&|paper| _ = paper.rotations.remove(index));
        }
        for (index, turns) in self.rotations.iter().enumerate() {
            for one in 0..turns.people.len() {
                let mut rest = turns.people.clone();
                rest.remove(one);
                // Without `every` it is always the first one's turn, which a free one cannot be.
                let kept = if turns.every.is_some() { &rest[..] } else { &rest[..rest.len().min(1)] };
                if kept.iter().any(Option::is_some) {
                    without(&|paper| paper.rotations[index].people.clone_from(&rest));
                }
            }
        }
        for index in 0..self.windows.len() {
            if self.rotations.iter().all(|turns| turns.during != self.windows[index].name) {
                without(&|paper| _ = paper.windows.remove(index));
            }
        }
        if self.all_keys {
            without(&|paper| paper.all_keys = false);
        }
        if !self.approvers.is_empty() {
            without(&|paper| paper.approvers.clear());
        }
        for (id, person) in self.people.iter().enumerate() {
            for smaller in smaller_people(person) {
                without(&|paper| paper.people[id] = smaller.clone());
            }
        }
        for (day, spans) in self.hours.iter().enumerate() {
            for one in 0..spans.len() {
                without(&|paper| _ = paper.hours[day].remove(one));
            }
        }
        for index in 0..self.dates.len() {
            without(&|paper| _ = paper.dates.remove(index));
        }
        if self.us_federal {
            without(&|paper| paper.us_federal = false);
        }
        papers
    }
}

/// One with less of their absences or contacts; of the last contact nothing is taken.
fn smaller_people(person: &Person) -> Vec<Person> {
    let mut people = Vec::new();
    for index in 0..person.away.len() {
        let mut less = person.clone();
        less.away.remove(index);
        people.push(less);
    }
    for index in 0..person.unavailable.len() {
        let mut less = person.clone();
        less.unavailable.remove(index);
        people.push(less);
    }
    let own = person.own.smaller().into_iter().map(|own| Person { own, ..person.clone() });
    let shared = person.shared.iter().flat_map(Entry::smaller);
    let shared = shared.map(|shared| Person { shared: Some(shared), ..person.clone() });
    let reached = |person: &Person| person.contacts().iter().any(|(_, addresses)| !addresses.is_empty());
    people.extend(own.chain(shared).filter(reached));
    people
}

impl File {
    fn line(&self) -> u32 {
        u32::try_from(self.text.lines().count()).unwrap() + 1
    }

    fn write(&mut self, line: &str) {
        writeln!(self.text, "{line}").unwrap();
    }

    fn write_hours(&mut self, paper: &Paper) {
        self.write("\n[hours]");
        for (day, spans) in DAYS.iter().zip(&paper.hours).filter(|(_, spans)| !spans.is_empty()) {
            let spans: Vec<_> = spans.iter().copied().map(span).collect();
            self.write(&format!("{day} = [{}]", spans.join(", ")));
        }
        let days = holidays(paper.us_federal, &paper.dates);
        if !days.is_empty() {
            self.write(&format!("holidays = [{}]", days.join(", ")));
        }
    }

    fn write_window(&mut self, window: &Window) {
        self.write(&format!("\n[window.{}]", window.name));
        match &window.form {
            Form::Week { from, to } => {
                let [from, to] = [from, to].map(|(day, minutes)| format!("{} {}", DAYS[*day as usize], time(*minutes)));
                self.write(&format!("from = \"{from}\"\nto = \"{to}\""));
            }
            Form::Days { days, hours } => {
                let days: Vec<_> = days.iter().map(|day| format!("\"{}\"", DAYS[*day as usize])).collect();
                let hours: Vec<_> = hours.iter().copied().map(span).collect();
                self.write(&format!("days = [{}]\nhours = {}", days.join(", "), listed(&hours)));
            }
            Form::Holidays { us_federal, dates } => {
                self.write(&format!("holidays = [{}]", holidays(*us_federal, dates).join(", ")));
            }
        }
    }

    fn write_person(&mut self, id: usize, person: &Person, all_keys: bool) {
        if let Some(shared) = &person.shared {
            write!(self.people, "[[person]]\nid = \"p{id}\"\n{}\n", shared.lines()).unwrap();
        }
        write!(self.text, "\n[[liaison]]\nid = \"p{id}\"\n{}", person.own.lines()).unwrap();
        if all_keys && !person.own.sms.is_empty() {
            self.write("sms_consent = 2026-10-01");
        }
        if all_keys && person.contacts().iter().all(|(_, addresses)| !addresses.is_empty()) {
            self.write("notify = [{ by = \"sms\" }, { by = \"email\", after = \"5m\" }]");
        }
        let mut lines = Vec::new();
        if !person.away.is_empty() {
            self.write("away = [");
            for absence in &person.away {
                lines.push(self.line());
                self.write(&absence.line());
            }
            self.write("]");
        }
        self.absence_lines.push(lines);
        if !person.unavailable.is_empty() {
            self.write("unavailable = [");
            for unavailable in &person.unavailable {
                self.write(&unavailable.line());
            }
            self.write("]");
        }
    }

    fn write_turns(&mut self, turns: &Turns) {
        self.text.push('\n');
        self.rotation_lines.push(self.line());
        let people: Vec<_> =
            turns.people.iter().map(|person| person.map_or("\"-\"".to_owned(), |id| format!("\"p{id}\""))).collect();
        let Turns { role, during, .. } = turns;
        self.write(&format!(
            "[[rotation]]\nrole = \"{role}\"\nduring = \"{during}\"\nliaisons = [{}]",
            people.join(", ")
        ));
        if let Some((number, unit)) = turns.every {
            let unit = match unit {
                Unit::Hours => "hours",
                Unit::Days => "days",
                Unit::Weeks => "weeks",
                Unit::Months => "months",
                Unit::Turns if number == 1 => "turn",
                Unit::Turns => "turns",
            };
            self.write(&format!("every = \"{number} {unit}\""));
        }
        if let Some(handoff) = turns.handoff {
            self.write(&format!("handoff = \"{}\"", local(handoff)));
        }
    }
}
