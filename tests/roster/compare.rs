//! What the two readings of one roster say differently.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Datelike, TimeDelta, TimeZone, Utc};
use wardbell::config::files::Memory;
use wardbell::config::loaded::Circumstances;
use wardbell::config::loader::load_from;
use wardbell::config::settings::LogFormat;
use wardbell::domain::contact::FurtherKind;
use wardbell::domain::id::Role;
use wardbell::domain::roster::Roster;
use wardbell::domain::roster::on_call::{Rule, Why};
use wardbell::domain::zone::rules::Rules;

use crate::clocks::changes_of_clocks;
use crate::draw::Draw;
use crate::paper::Paper;
use crate::person::Person;
use crate::reading::{Held, Reading};

/// An opening so far away is surely told of; one that is further than a month surely is not.
const OPENING_TOLD_DAYS: i64 = 29;
const OPENING_UNTOLD_DAYS: i64 = 34;

/// Around so many edges everything is asked; at each edge, only who holds the roles.
const EDGES: usize = 20;

/// Of what is asked minute by minute, every so many-th minute is asked for the next change too.
const CHANGE_EVERY_MINUTES: usize = 5;

/// The errors of files that are refused.
#[derive(Debug)]
pub struct Refused {
    pub errors: Vec<String>,
}

/// Where the two readings differ.
pub enum Difference {
    Refused(String),
    Read(String),
}

impl Difference {
    pub fn in_words(&self) -> String {
        match self {
            Self::Refused(errors) => format!("refused:\n{errors}"),
            Self::Read(what) => what.clone(),
        }
    }
}

/// The instants that are asked about.
struct Instants {
    all: BTreeSet<DateTime<Utc>>,
    /// Those that are also asked for the next change, which takes the first reading longest.
    for_changes: BTreeSet<DateTime<Utc>>,
}

/// One stretch with one holder, and why at its start.
type Stretch = (DateTime<Utc>, DateTime<Utc>, Option<Held>);

/// The roster that a file means, beside `people.toml`.
pub fn roster(text: &str, people: &str) -> Result<Roster, Refused> {
    let mut files = Memory::default();
    let texts = [
        ("wardbell.toml", include_str!("../config/files/wardbell.toml")),
        ("rosters/privacy.toml", include_str!("../config/files/privacy.toml")),
        ("rosters/house.toml", include_str!("../config/files/house.toml")),
        ("rosters/ward.toml", text),
        ("playbooks/ladders.toml", include_str!("../config/files/ladders.toml")),
        ("playbooks/phi-by-staff.toml", include_str!("../config/files/phi-by-staff.toml")),
        ("playbooks/unclassified.toml", include_str!("../config/files/unclassified.toml")),
        ("secrets/twilio", "the-gateway's-token\n"),
        ("secrets/desk", "0123456789abcdef\n"),
        ("secrets/operator", "fedcba9876543210"),
    ];
    for (path, text) in texts {
        files.insert(path, text);
    }
    if !people.is_empty() {
        files.insert("rosters/people.toml", people);
    }
    let today = "2026-10-18".parse().unwrap();
    let loaded = load_from(
        &files,
        "wardbell.toml",
        Circumstances { today, log_by_default: LogFormat::Text, rules: Arc::clone(Rules::built_in()) },
    );
    let errors = loaded.error_lines();
    let config = loaded.config.ok_or(Refused { errors })?;
    Ok((*config.plan.rosters[&"ward".parse().unwrap()]).clone())
}

/// The first thing that the two say differently.
pub fn disagreement(paper: &Paper, seed: u64) -> Option<Difference> {
    let reading = Reading::of(paper);
    let roster = match roster(&reading.file.text, &reading.file.people) {
        Ok(roster) => roster,
        Err(refused) => return Some(Difference::Refused(refused.errors.join("\n"))),
    };
    let instants = telling_instants(paper, &reading, seed);
    let staffed = instants.all.iter().find_map(|at| staffed_differently(&roster, &reading, *at));
    let reached = || paper.people.iter().enumerate().find_map(|(id, person)| reached_differently(&roster, id, person));
    let on_call =
        || paper.roles().into_iter().find_map(|name| held_differently(&roster, &reading, name, paper, &instants));
    staffed.or_else(reached).or_else(|| approved_differently(&roster, paper)).or_else(on_call).map(Difference::Read)
}

fn reached_differently(roster: &Roster, id: usize, person: &Person) -> Option<String> {
    let liaison = &roster.liaisons[id];
    let theirs = (format!("p{id}"), person.name().to_owned(), person.contacts());
    let contacts = theirs.2.each_ref().map(|(channel, _)| {
        let first = liaison.contacts.in_order().filter(|(contact, _)| contact.channel.word() == *channel);
        let first = first.map(|(contact, _)| contact.address.as_str());
        let further = (*channel == "sms").then(|| liaison.contacts.further(FurtherKind::Sms));
        (*channel, first.chain(further.into_iter().flatten()).collect())
    });
    let ours = (liaison.id.to_string(), liaison.name.to_string(), contacts);
    (ours != theirs).then(|| format!("a person: {ours:?}, and by the second reading {theirs:?}"))
}

/// Where the key is left out, no list says who approves: it is the primary of the hour.
fn approved_differently(roster: &Roster, paper: &Paper) -> Option<String> {
    let ours: Vec<_> = roster.approvers.iter().map(|id| id.to_string()).collect();
    let theirs: Vec<_> = paper.approvers.iter().map(|person| format!("p{person}")).collect();
    (ours != theirs).then(|| format!("approvers: {ours:?}, and by the second reading {theirs:?}"))
}

fn telling_instants(paper: &Paper, reading: &Reading<'_>, seed: u64) -> Instants {
    let mut draw = Draw(seed ^ 0x5EED);
    let (from, to) = (paper.from, paper.to);
    let years = from.year() - 1..=to.year();
    let changes = years.clone().flat_map(|year| changes_of_clocks(paper.zone, year));
    let ends = years.map(|year| Utc.with_ymd_and_hms(year + 1, 1, 1, 0, 0, 0).unwrap());
    let edges: Vec<_> = reading.edges().into_iter().collect();
    let mut points: Vec<_> = changes.chain(ends).collect();
    points.extend((0..EDGES.min(edges.len())).map(|_| draw.of(&edges)));
    let span = u64::try_from((to - from).num_milliseconds()).unwrap();
    points.extend((0..20).map(|_| from + TimeDelta::milliseconds(draw.below(span).try_into().unwrap())));
    let around = |point| [-1_000, -1, 0, 1, 1_000].map(|millis| point + TimeDelta::milliseconds(millis));
    let mut for_changes: BTreeSet<_> = points.iter().copied().flat_map(around).collect();
    let mut all = for_changes.clone();
    // Minute by minute through three hours, where a change that no list foresees would show itself.
    let hours = [draw.of(&points), points[points.len() - 1]];
    for middle in hours {
        let minutes = |step| (-90..90).step_by(step).map(move |minutes| middle + TimeDelta::minutes(minutes));
        all.extend(minutes(1));
        for_changes.extend(minutes(CHANGE_EVERY_MINUTES));
    }
    for instants in [&mut all, &mut for_changes] {
        instants.retain(|at| from <= *at && *at < to);
    }
    Instants { all, for_changes }
}

fn staffed_differently(roster: &Roster, reading: &Reading<'_>, at: DateTime<Utc>) -> Option<String> {
    let (ours, theirs) = (roster.is_staffed(at), reading.is_staffed(at));
    if ours != theirs {
        return Some(format!("staffed at {at}: {ours}, and by the second reading {theirs}"));
    }
    let (ours, theirs) = (roster.next_staffed(at), reading.next_staffed(at));
    let days = theirs.map_or(i64::MAX, |opens| (opens - at).num_days());
    let wrong = match ours {
        Some(_) => ours != theirs || days > OPENING_UNTOLD_DAYS,
        None => days < OPENING_TOLD_DAYS,
    };
    wrong.then(|| format!("next staffed from {at}: {ours:?}, and by the second reading {theirs:?}"))
}

fn held_differently(
    roster: &Roster,
    reading: &Reading<'_>,
    name: &str,
    paper: &Paper,
    instants: &Instants,
) -> Option<String> {
    let role: Role = name.parse().unwrap();
    let stretches = stretches(reading, name, paper);
    let shifts: Vec<Stretch> = roster
        .shifts(&role, paper.from, paper.to)
        .into_iter()
        .map(|shift| (shift.from, shift.to, shift.on_call.map(|(id, why)| held(id.as_str(), &why))))
        .collect();
    if shifts != stretches {
        let first = shifts.iter().zip(&stretches).position(|(ours, theirs)| ours != theirs).unwrap_or(0);
        let (ours, theirs) = (shifts.get(first), stretches.get(first));
        return Some(format!("a shift of {name}: {ours:?}, and by the second reading {theirs:?}"));
    }
    let mut by_why = roster.shifts_by_why(&role, paper.from, paper.to).into_iter().peekable();
    while let Some(shift) = by_why.next() {
        let told = shift.on_call.as_ref().map(|(id, why)| held(id.as_str(), why));
        let inside = instants.all.range(shift.from..shift.to).copied().chain([shift.from]);
        for at in inside {
            let theirs = reading.on_call(name, at);
            if told != theirs {
                return Some(format!("why {name} at {at}: {told:?}, and by the second reading {theirs:?}"));
            }
        }
        if by_why.peek().is_some_and(|next| next.from != shift.to || shift.on_call == next.on_call) {
            return Some(format!("{name} at {}: a shift by its why does not end where that changes", shift.to));
        }
    }
    instants.all.iter().find_map(|at| {
        let ours =
            roster.on_call(&role, *at, &|_| false).map(|on_call| held(on_call.liaison.id.as_str(), &on_call.why));
        let theirs = reading.on_call(name, *at);
        let stretch = stretches.iter().find(|(from, to, _)| from <= at && at < to).unwrap();
        if ours != theirs {
            return Some(format!("{name} at {at}: {ours:?}, and by the second reading {theirs:?}"));
        }
        if theirs.map(|held| held.person) != stretch.2.map(|held| held.person) {
            return Some(format!("{name} at {at}: {theirs:?}, in the midst of {stretch:?}"));
        }
        if !instants.for_changes.contains(at) {
            return None;
        }
        let (ours, theirs) = (roster.next_change(&role, *at, paper.to), Some(stretch.1).filter(|end| *end < paper.to));
        (ours != theirs)
            .then(|| format!("next change of {name} after {at}: {ours:?}, by the second reading {theirs:?}"))
    })
}

/// Who holds the role from edge to edge; edges at which the same person goes on are none.
pub fn stretches(reading: &Reading<'_>, name: &str, paper: &Paper) -> Vec<Stretch> {
    let mut stretches: Vec<Stretch> = Vec::new();
    for at in std::iter::once(paper.from).chain(reading.edges()) {
        let held = reading.on_call(name, at);
        match stretches.last_mut() {
            Some((_, _, last)) if last.map(|held| held.person) == held.map(|held| held.person) => (),
            Some((_, to, _)) => {
                *to = at;
                stretches.push((at, paper.to, held));
            }
            None => stretches.push((at, paper.to, held)),
        }
    }
    stretches
}

fn held(id: &str, why: &Why) -> Held {
    let rule = match why.rule {
        Rule::Override => "override",
        Rule::Turn => "turn",
        Rule::Cover => "cover",
        Rule::NextInRotation => "next-in-rotation",
        Rule::Acknowledged | Rule::HandedOver | Rule::Approver | Rule::LastResort => {
            panic!("no rule of a roster: {why:?}")
        }
    };
    assert_eq!(&*why.place.file, "rosters/ward.toml");
    Held { person: id.trim_start_matches('p').parse().unwrap(), rule, line: why.place.line }
}
