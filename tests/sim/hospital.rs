//! A small hospital that a seed makes: its people, rosters, ladders and playbooks, and the files that say so.

use std::fmt::Write;
use std::sync::Arc;

use chrono::{Datelike, NaiveDate, NaiveDateTime, TimeDelta, Timelike};
use chrono_tz::Tz;
use wardbell::config::files::Memory;
use wardbell::config::loaded::Circumstances;
use wardbell::config::loader::load_from;
use wardbell::config::settings::LogFormat;
use wardbell::domain::contact::ChannelKind;
use wardbell::domain::plan::Plan;
use wardbell::domain::severity::Severity;
use wardbell::domain::zone::rules::Rules;

use crate::owed;
use crate::random::Random;

#[derive(Debug, Clone)]
pub struct Hospital {
    pub departments: Vec<Department>,
    /// How many minutes each source may be silent, where it must be heard from.
    pub heard_within: Vec<(&'static str, u64)>,
    /// The daily test of the channels, where there is one.
    pub daily_test: Option<Daily>,
    /// The time between messages, where it is not the usual one.
    pub bundle: Option<&'static str>,
    /// What the playbook of each class says.
    pub classes: Vec<Class>,
    ladders: String,
    playbooks: Vec<(String, String)>,
}

/// A class, as its playbook has it.
#[derive(Debug, Clone)]
pub struct Class {
    pub name: &'static str,
    /// Before any promotion.
    pub severity: Severity,
    /// The flag that makes it critical.
    pub promoted_by: Option<&'static str>,
    pub departments: Vec<String>,
}

impl Class {
    /// Its severity where these flags have been seen.
    pub fn severity_with<'a>(&self, mut flags: impl Iterator<Item = &'a str>) -> Severity {
        let is_promoted = self.promoted_by.is_some_and(|promotes| flags.any(|flag| flag == promotes));
        if is_promoted { Severity::Critical } else { self.severity }
    }
}

/// When the channels are tested, in the first department's zone, and to whom.
#[derive(Debug, Clone)]
pub struct Daily {
    pub zone: Tz,
    pub hour: u32,
    pub minute: u32,
    pub to: Vec<(ChannelKind, String)>,
}

#[derive(Debug, Clone)]
pub struct Department {
    pub id: String,
    pub zone: Tz,
    pub escalate_to: Option<String>,
    /// Staffed from and to these hours on these days, Monday first; an end before the start passes midnight.
    pub hours: Option<(u32, u32, [bool; 7])>,
    pub people: Vec<Person>,
    pub rotations: Vec<Turns>,
    pub overrides: Vec<Change>,
}

#[derive(Debug, Clone)]
pub struct Person {
    pub id: String,
    pub email: Option<String>,
    pub sms: Option<String>,
    /// A second number, for what the first one refuses.
    pub sms_two: Option<String>,
    pub email_after: u32,
    pub away: Vec<Away>,
}

#[derive(Debug, Clone)]
pub struct Away {
    pub from: NaiveDateTime,
    pub to: NaiveDateTime,
    pub cover: Option<String>,
}

#[derive(Debug, Clone)]
pub struct Turns {
    pub role: &'static str,
    pub during: &'static str,
    pub people: Vec<String>,
    /// Every so many hours or days, from a handoff on.
    pub every: Option<(i64, bool, NaiveDateTime)>,
}

impl Turns {
    /// The local time of one turn, in hours or days.
    pub fn length(&self) -> Option<TimeDelta> {
        self.every.map(|(count, days, _)| if days { TimeDelta::days(count) } else { TimeDelta::hours(count) })
    }
}

#[derive(Debug, Clone)]
pub struct Change {
    pub role: &'static str,
    pub person: String,
    pub from: NaiveDateTime,
    pub to: NaiveDateTime,
}

/// Days around which a simulation begins: plain ones, and both changes of daylight saving in the hospital's zones.
const DAYS: [(i32, u32, u32); 5] = [(2026, 3, 7), (2026, 10, 31), (2026, 6, 10), (2026, 12, 24), (2026, 3, 28)];

const ZONES: [Tz; 3] = [chrono_tz::America::Chicago, chrono_tz::Europe::Berlin, chrono_tz::UTC];

impl Hospital {
    pub fn new(random: &mut Random) -> Self {
        let (year, month, day) = *random.pick(&DAYS);
        let today = NaiveDate::from_ymd_opt(year, month, day).unwrap();
        let count = usize::try_from(random.between(2, 6)).unwrap();
        let zone = *random.pick(&ZONES);
        let shared = Person::new(random, "shared", 900);
        let mut departments: Vec<Department> =
            (0..count).map(|number| Department::new(random, number, count, zone, today, &shared)).collect();
        // The fallback department can always answer: its people are never away and never change.
        departments[0].rotations = ["primary", "backup"]
            .into_iter()
            .zip([[0, 1, 2], [1, 2, 0]])
            .map(|(role, order)| Turns {
                role,
                during: "always",
                people: order.iter().map(|one| departments[0].people[*one].id.clone()).collect(),
                every: None,
            })
            .collect();
        departments[0].people.iter_mut().for_each(|person| person.away.clear());
        departments[0].escalate_to = None;
        let (playbooks, classes) = playbooks(random, &departments).into_iter().unzip();
        let (ladders, heard_within) = (ladders(random), Vec::new());
        let mut hospital =
            Self { departments, heard_within, daily_test: None, bundle: None, classes, ladders, playbooks };
        for name in SOURCES.into_iter().filter(|name| *name != "desk") {
            if random.chance(40) {
                hospital.heard_within.push((name, random.between(1, 40).unsigned_abs()));
            }
        }
        hospital.daily_test = random.chance(60).then(|| daily_test(random, &hospital));
        hospital
    }

    pub fn people(&self) -> impl Iterator<Item = (&Department, &Person)> {
        self.departments.iter().flat_map(|department| department.people.iter().map(move |person| (department, person)))
    }

    /// The class that answers a label.
    pub fn class(&self, label: &str) -> &Class {
        let known = self.classes.iter().find(|class| class.name == label);
        known.unwrap_or_else(|| self.classes.iter().find(|class| class.name == "unclassified").unwrap())
    }

    pub fn department(&self, id: &str) -> Option<&Department> {
        self.departments.iter().find(|department| department.id == id)
    }

    /// When a simulation of it begins, in local time of its departments.
    pub fn start(&self, random: &mut Random) -> NaiveDateTime {
        let day = self.departments[0].overrides.first().map_or_else(NaiveDate::default, |change| change.from.date());
        day.and_hms_opt(0, 0, 0).unwrap() + TimeDelta::minutes(random.between(0, 1_440))
    }

    /// The plan that its files make.
    pub fn plan(&self) -> Result<Plan, Vec<String>> {
        let loaded = load_from(&self.files(), MAIN, circumstances());
        let errors = loaded.error_lines();
        loaded.config.map(|config| config.plan).ok_or(errors)
    }

    /// Its files.
    pub fn files(&self) -> Memory {
        let mut files = Memory::default();
        let mut main = WARDBELL.to_owned();
        for (name, minutes) in &self.heard_within {
            let keys = format!("name = \"{name}\"\ntoken_file = \"{name}\"\nheard_within = \"{minutes}m\"");
            writeln!(main, "[[source]]\n{keys}").unwrap();
        }
        if let Some(Daily { zone, hour, minute, to }) = &self.daily_test {
            writeln!(main, "[daily_test]\nat = \"{hour:02}:{minute:02}\"\ntimezone = \"{zone}\"").unwrap();
            to.iter().for_each(|(channel, to)| writeln!(main, "{channel} = \"{to}\"").unwrap());
        }
        if let Some(bundle) = self.bundle {
            writeln!(main, "[paging]\nbundle = \"{bundle}\"").unwrap();
        }
        files.insert(MAIN, main);
        for secret in ["gateway", "operator"].into_iter().chain(SOURCES) {
            files.insert(secret, format!("0123456789abcdef0123456789abcdef-{secret}"));
        }
        files.insert("playbooks/ladders.toml", self.ladders.as_str());
        for (name, text) in &self.playbooks {
            files.insert(format!("playbooks/{name}.toml"), text.as_str());
        }
        for department in &self.departments {
            files.insert(format!("rosters/{}.toml", department.id), department.file());
        }
        files
    }

    /// A change of a roster as its keeper might make it; now and then it is a mistake, and no plan comes of it.
    pub fn edit(&mut self, random: &mut Random, today: NaiveDateTime) {
        // Files tell times by the minute.
        let today = today.date().and_hms_opt(today.hour(), today.minute(), 0).unwrap();
        let which = random.below(self.departments.len());
        let is_fallback = which == 0;
        let department = &mut self.departments[which];
        let mut chance = beside(random);
        if chance.chance(40) {
            let person = chance.below(department.people.len());
            department.people[person].edit_numbers(&mut chance);
        }
        match random.below(6) {
            0 if !is_fallback => {
                let person = random.below(department.people.len());
                let from = today - TimeDelta::minutes(random.between(0, 600));
                let to = today + TimeDelta::minutes(random.between(121, 900));
                department.people[person].away = vec![Away { from, to, cover: None }];
            }
            1 => {
                let person = random.pick(&department.people).id.clone();
                let from = today - TimeDelta::minutes(random.between(0, 300));
                let to = today + TimeDelta::minutes(random.between(121, 600));
                department.overrides.push(Change { role: "primary", person, from, to });
            }
            2 if !is_fallback => {
                let turns = random.below(department.rotations.len().max(1));
                if let Some(turns) = department.rotations.get_mut(turns) {
                    turns.people.rotate_left(1);
                }
            }
            3 if !is_fallback => department.rotations.clear(),
            4 if !is_fallback && department.people.len() > 1 => {
                let left = department.people.remove(random.below(department.people.len())).id;
                department.rotations.iter_mut().for_each(|turns| turns.people.retain(|id| *id != left));
                department.rotations.retain(|turns| !turns.people.is_empty());
                department.overrides.retain(|change| change.person != left);
                let away = department.people.iter_mut().flat_map(|person| &mut person.away);
                away.for_each(|away| away.cover = away.cover.take().filter(|id| *id != left));
            }
            // Somebody misspells a name.
            _ => {
                let turns = Turns { role: "primary", during: "always", people: vec!["nobody-9".into()], every: None };
                department.rotations.push(turns);
            }
        }
    }
}

impl Department {
    fn new(random: &mut Random, number: usize, count: usize, zone: Tz, today: NaiveDate, shared: &Person) -> Self {
        let id = format!("dept-{number}");
        let people_count = if number == 0 { 3 } else { random.between(1, 4) };
        let mut people: Vec<Person> =
            (0..people_count).map(|one| Person::new(random, &format!("p{number}"), one + 10 * number as i64)).collect();
        if number > 0 && random.chance(40) {
            people.push(shared.clone());
        }
        let has_shared = people.iter().any(|person| person.id == shared.id);
        if number > 1 && !has_shared && random.chance(30) {
            // Two ids with one telephone, in two departments.
            people.push(Person { id: format!("twin-{number}"), ..shared.clone() });
        }
        let ids: Vec<String> = people.iter().map(|person| person.id.clone()).collect();
        let midnight = today.and_hms_opt(0, 0, 0).unwrap();
        for person in &mut people {
            if random.chance(25) {
                // Longer than clocks ever skip, so that it ends behind its beginning on any day.
                let from = midnight + TimeDelta::minutes(random.between(0, 2_000));
                let to = from + TimeDelta::minutes(random.between(121, 1_500));
                let cover = random.chance(60).then(|| random.pick(&ids).clone()).filter(|id| *id != person.id);
                person.away.push(Away { from, to, cover });
            }
        }
        let hours = random.chance(70).then(|| {
            let start = u32::try_from(random.between(0, 24)).unwrap();
            let end = u32::try_from(random.between(0, 24)).unwrap();
            let mut days = [true; 7];
            days[today.weekday().num_days_from_monday() as usize] = random.chance(80);
            (start, if end == start { (end + 1) % 24 } else { end }, days)
        });
        let rotations = rotations(random, &ids, hours.is_some(), midnight);
        let role = if random.chance(70) { "primary" } else { "backup" };
        let from = midnight + TimeDelta::minutes(random.between(0, 1_440));
        let change = Change { role, person: random.pick(&ids).clone(), from, to: from + TimeDelta::hours(5) };
        let escalate_to = random.chance(60).then(|| format!("dept-{}", random.below(count)));
        let escalate_to = escalate_to.filter(|other| *other != id);
        Self { id, zone, escalate_to, hours, people, rotations, overrides: vec![change] }
    }

    fn file(&self) -> String {
        let mut text = format!("department = \"{0}\"\nname = \"Office {0}\"\ntimezone = \"{1}\"\n", self.id, self.zone);
        if let Some(other) = &self.escalate_to {
            writeln!(text, "escalate_to = \"{other}\"").unwrap();
        }
        if let Some((start, end, days)) = self.hours {
            writeln!(text, "[hours]").unwrap();
            for (day, _) in WEEK.iter().zip(days).filter(|(_, is_staffed)| *is_staffed) {
                writeln!(text, "{day} = \"{start:02}:00-{end:02}:00\"").unwrap();
            }
        }
        for person in &self.people {
            writeln!(text, "[[liaison]]\nid = \"{0}\"\nname = \"Name {0}\"", person.id).unwrap();
            let email = person.email.iter().map(|email| format!("email = \"{email}\"\n"));
            text.extend(email);
            match (&person.sms, &person.sms_two) {
                (Some(one), Some(two)) => writeln!(text, "sms = [\"{one}\", \"{two}\"]").unwrap(),
                (Some(one), None) => writeln!(text, "sms = \"{one}\"").unwrap(),
                _ => {}
            }
            text.push_str(if person.sms.is_some() { "sms_consent = 2026-01-01\n" } else { "" });
            if person.email.is_some() && person.sms.is_some() {
                let after = person.email_after;
                writeln!(text, "notify = [{{ by = \"sms\" }}, {{ by = \"email\", after = \"{after}s\" }}]").unwrap();
            }
            let away = person.away.iter().map(|away| {
                let cover = away.cover.as_ref().map(|cover| format!(", cover = \"{cover}\"")).unwrap_or_default();
                format!("{{ from = \"{}\", to = \"{}\"{cover} }}", local(away.from), local(away.to))
            });
            writeln!(text, "away = [{}]", away.collect::<Vec<_>>().join(", ")).unwrap();
        }
        for turns in &self.rotations {
            writeln!(text, "[[rotation]]\nrole = \"{}\"\nduring = \"{}\"", turns.role, turns.during).unwrap();
            writeln!(text, "liaisons = {:?}", turns.people).unwrap();
            if let Some((count, days, handoff)) = turns.every {
                let unit = if days { "days" } else { "hours" };
                writeln!(text, "every = \"{count} {unit}\"\nhandoff = \"{}\"", local(handoff)).unwrap();
            }
        }
        for change in &self.overrides {
            let Change { role, person, from, to } = change;
            let (from, to) = (local(*from), local(*to));
            writeln!(text, "[[override]]\nrole = \"{role}\"\nliaison = \"{person}\"\nfrom = \"{from}\"\nto = \"{to}\"")
                .unwrap();
        }
        text
    }
}

impl Person {
    fn new(random: &mut Random, stem: &str, number: i64) -> Self {
        let id = format!("{stem}-{number}");
        let both = random.below(4);
        let email = (both != 0).then(|| format!("{id}@mercy.example"));
        let sms = (both != 1).then(|| format!("+1312555{:04}", 100 + number));
        let sms_two =
            sms.as_ref().filter(|_| beside(random).chance(50)).map(|_| format!("+1312556{:04}", 100 + number));
        Self { id, email, sms, sms_two, email_after: *random.pick(&[0, 0, 60, 120]), away: Vec::new() }
    }

    /// Every address and number, the numbers in order.
    pub fn contacts(&self) -> impl Iterator<Item = &String> {
        self.email.iter().chain(self.numbers())
    }

    /// The numbers for text messages, in order.
    pub fn numbers(&self) -> impl Iterator<Item = &String> {
        self.sms.iter().chain(&self.sms_two)
    }

    /// The keeper adds a second number, removes it, or puts it first.
    fn edit_numbers(&mut self, random: &mut Random) {
        match &self.sms_two {
            None => self.sms_two = self.sms.as_ref().map(|first| first.replace("+1312555", "+1312557")),
            Some(_) if random.chance(50) => self.sms_two = None,
            Some(_) => std::mem::swap(&mut self.sms, &mut self.sms_two),
        }
    }
}

/// Chance beside the main one, which goes on as if nothing had been drawn.
pub fn beside(random: &Random) -> Random {
    Random::new(random.clone().next() ^ 0x7e1e_f0e5)
}

/// At any minute of the day, to a phone and a mailbox of its own or to somebody's who is paged, too.
fn daily_test(random: &mut Random, hospital: &Hospital) -> Daily {
    let minute = u32::try_from(random.between(0, 1_440)).unwrap();
    let people = hospital.people().map(|(_, person)| person);
    let (mails, phones): (Vec<_>, Vec<_>) = people.map(|one| (one.email.clone(), one.sms.clone())).unzip();
    let mut to = Vec::new();
    for (channel, own, theirs) in [
        (ChannelKind::Email, "channels@mercy.example", mails.into_iter().flatten().collect::<Vec<_>>()),
        (ChannelKind::Sms, "+13125559999", phones.into_iter().flatten().collect()),
    ] {
        let shares = random.chance(30) && !theirs.is_empty();
        let address = if shares { random.pick(&theirs).clone() } else { own.to_owned() };
        if random.chance(80) || to.is_empty() && channel == ChannelKind::Sms {
            to.push((channel, address));
        }
    }
    Daily { zone: hospital.departments[0].zone, hour: minute / 60, minute: minute % 60, to }
}

fn rotations(random: &mut Random, ids: &[String], has_hours: bool, midnight: NaiveDateTime) -> Vec<Turns> {
    let mut all = Vec::new();
    for role in ["primary", "backup"] {
        if role == "backup" && random.chance(20) {
            continue;
        }
        let during: &[&str] = if has_hours && random.chance(60) { &["hours", "after-hours"] } else { &["always"] };
        for during in during {
            let count = usize::try_from(random.between(1, 4)).unwrap();
            let people = random.some(ids, count);
            let handoff = midnight - TimeDelta::minutes(random.between(0, 10_000));
            let every = random.chance(60).then(|| (random.between(1, 9), random.chance(30), handoff));
            all.push(Turns { role, during, people, every });
        }
    }
    all
}

fn ladders(random: &mut Random) -> String {
    let mut text = String::new();
    for (name, severity, pace) in [("A", "critical", 1), ("B", "high", 2), ("C", "moderate", 4), ("D", "low", 6)] {
        // Now and then a ladder begins later than at once.
        let begins_at = if random.chance(15) { random.between(20, 120) } else { 0 };
        let (mut at, mut steps) = (begins_at, Vec::new());
        for number in 0..random.between(2, 5) {
            let page = match number {
                0 => "primary",
                1 => *random.pick(&["primary", "backup"]),
                _ => *random.pick(&["backup", "escalation", "dept-0:primary", "dept-1:primary"]),
            };
            steps.push(format!("{{ at = \"{at}s\", page = \"{page}\" }}"));
            at += random.between(20, 300) * pace;
        }
        let every = random.between(60, 400) * pace;
        writeln!(text, "[ladder.{name}]\nfor = \"{severity}\"\nsteps = [{}]", steps.join(", ")).unwrap();
        writeln!(text, "repeat_every = \"{every}s\"").unwrap();
        if name > "B" && random.chance(50) {
            writeln!(text, "repeat_times = {}", random.between(1, 4)).unwrap();
        }
    }
    text
}

/// The classes that incidents come with, beside one that no playbook knows.
pub const CLASSES: [&str; 3] = ["alpha", "beta", "unclassified"];

fn playbooks(random: &mut Random, departments: &[Department]) -> Vec<((String, String), Class)> {
    let ids: Vec<String> = departments.iter().map(|department| department.id.clone()).collect();
    let mut all = Vec::new();
    for class in CLASSES {
        let severity = random.pick(&["critical", "high", "moderate", "low"]);
        let count = usize::try_from(random.between(1, 4)).unwrap();
        let tracks = random.some(&ids, count);
        let mut text = format!("class = \"{class}\"\ntitle = \"About {class}\"\npage_title = \"Word {class}\"\n");
        writeln!(text, "severity = \"{severity}\"\ndepartments = {tracks:?}\nacknowledge_within = \"10m\"").unwrap();
        if random.chance(60) {
            writeln!(text, "act_within = \"{}m\"", random.between(2, 30)).unwrap();
        }
        let promoted_by = (random.chance(70) && *severity != "critical").then_some("posting-now");
        if let Some(flag) = promoted_by {
            writeln!(text, "[[promote]]\nwhen = {{ any_flag = [\"{flag}\"] }}\nseverity = \"critical\"").unwrap();
        }
        if random.chance(40) {
            let holds = random.chance(70) && *severity != "critical";
            writeln!(text, "[after_hours]\nacknowledge_within = \"20m\"\nhold = {holds}").unwrap();
            let stand_in = random.pick(&ids);
            if holds && random.chance(60) && !tracks.contains(stand_in) {
                writeln!(text, "instead = [\"{stand_in}\"]").unwrap();
            }
        }
        if class == "beta" {
            text.push_str(&owed::actions(&tracks));
        }
        let of_class = Class { name: class, severity: severity.parse().unwrap(), promoted_by, departments: tracks };
        all.push(((class.to_owned(), text), of_class));
    }
    all
}

const WEEK: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

fn local(at: NaiveDateTime) -> String {
    at.format("%Y-%m-%d %H:%M").to_string()
}

/// Everybody who may send incidents.
pub const SOURCES: [&str; 3] = ["desk", "form", "watch-tool"];

/// The file of the settings.
pub const MAIN: &str = "wardbell.toml";

/// What decides the reading of files beside them.
pub fn circumstances() -> Circumstances {
    let today = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
    Circumstances { today, log_by_default: LogFormat::Text, rules: Arc::clone(Rules::built_in()) }
}

/// The base of every link.
pub const PUBLIC_URL: &str = "https://pages.mercy.example";

const WARDBELL: &str = r#"
[server]
listen = "127.0.0.1:8080"
public_url = "https://pages.mercy.example"
hospital = "MERCY"
[store]
kind = "embedded"
path = "/var/lib/wardbell"
[fallback]
department = "dept-0"
[channel.email]
host = "smtp.mercy.example"
port = 25
tls = "none"
from = "Wardbell <pages@mercy.example>"
[channel.sms]
account_sid = "AC00000000000000000000000000000000"
auth_token_file = "gateway"
from = "+13125550100"
[[source]]
name = "desk"
token_file = "desk"
[[operator]]
name = "watch"
token_file = "operator"
may = ["read", "act"]
"#;
