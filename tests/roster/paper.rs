//! A roster as it is written: drawn at random, put into a file, and cut down to what a disagreement needs.

use std::fmt::Write as _;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use chrono_tz::Tz;

pub const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// The file in pieces. People are counted; number 3 is `p3`.
#[derive(Debug, Clone)]
pub struct Paper {
    pub zone: Tz,
    /// By day from Monday, in minutes from midnight.
    pub hours: [Vec<(u32, u32)>; 7],
    pub us_federal: bool,
    pub dates: Vec<NaiveDate>,
    /// Each person's absences.
    pub people: Vec<Vec<Absence>>,
    pub rotations: Vec<Turns>,
    pub overrides: Vec<Swap>,
    /// The stretch of time that is looked at.
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
}

#[derive(Debug, Clone)]
pub struct Absence {
    pub from: NaiveDateTime,
    pub to: NaiveDateTime,
    pub cover: Option<usize>,
}

#[derive(Debug, Clone)]
pub struct Turns {
    pub role: &'static str,
    pub during: &'static str,
    pub people: Vec<usize>,
    pub every: Option<(u32, Unit)>,
    pub handoff: Option<NaiveDateTime>,
}

#[derive(Debug, Clone, Copy)]
pub enum Unit {
    Hours,
    Days,
    Weeks,
    Months,
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
            text: format!("department = \"ward\"\nname = \"Ward\"\ntimezone = \"{}\"\n\n[hours]\n", self.zone),
            rotation_lines: Vec::new(),
            override_lines: Vec::new(),
            absence_lines: Vec::new(),
        };
        file.write_hours(self);
        for (person, absences) in self.people.iter().enumerate() {
            file.write_person(person, absences);
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
        for (index, turns) in self.rotations.iter().enumerate().filter(|(_, turns)| turns.people.len() > 1) {
            for one in 0..turns.people.len() {
                without(&|paper| _ = paper.rotations[index].people.remove(one));
            }
        }
        for (person, absences) in self.people.iter().enumerate() {
            for one in 0..absences.len() {
                without(&|paper| _ = paper.people[person].remove(one));
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

impl File {
    fn line(&self) -> u32 {
        u32::try_from(self.text.lines().count()).unwrap() + 1
    }

    fn write(&mut self, line: &str) {
        writeln!(self.text, "{line}").unwrap();
    }

    fn write_hours(&mut self, paper: &Paper) {
        for (day, spans) in DAYS.iter().zip(&paper.hours).filter(|(_, spans)| !spans.is_empty()) {
            let time = |minutes: u32| format!("{:02}:{:02}", minutes / 60, minutes % 60);
            let spans: Vec<_> = spans.iter().map(|(from, to)| format!("\"{}-{}\"", time(*from), time(*to))).collect();
            self.write(&format!("{day} = [{}]", spans.join(", ")));
        }
        let named = paper.us_federal.then(|| "\"us-federal\"".to_owned());
        let days: Vec<_> = named.into_iter().chain(paper.dates.iter().map(ToString::to_string)).collect();
        if !days.is_empty() {
            self.write(&format!("holidays = [{}]", days.join(", ")));
        }
    }

    fn write_person(&mut self, person: usize, absences: &[Absence]) {
        self.write(&format!(
            "\n[[liaison]]\nid = \"p{person}\"\nname = \"P{person}\"\nemail = \"p{person}@x.example\""
        ));
        self.write("away = [");
        let mut lines = Vec::new();
        for Absence { from, to, cover } in absences {
            lines.push(self.line());
            let cover = cover.map(|cover| format!(", cover = \"p{cover}\"")).unwrap_or_default();
            self.write(&format!("  {{ from = \"{}\", to = \"{}\"{cover} }},", local(*from), local(*to)));
        }
        self.write("]");
        self.absence_lines.push(lines);
    }

    fn write_turns(&mut self, turns: &Turns) {
        self.text.push('\n');
        self.rotation_lines.push(self.line());
        let people: Vec<_> = turns.people.iter().map(|person| format!("\"p{person}\"")).collect();
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
            };
            self.write(&format!("every = \"{number} {unit}\""));
        }
        if let Some(handoff) = turns.handoff {
            self.write(&format!("handoff = \"{}\"", local(handoff)));
        }
    }
}

fn local(time: NaiveDateTime) -> String {
    time.format("%Y-%m-%d %H:%M").to_string()
}
