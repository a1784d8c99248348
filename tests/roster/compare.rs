//! What the two readings of one roster say differently.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Datelike, TimeDelta, TimeZone, Utc};
use wardbell::config::files::Memory;
use wardbell::config::loaded::Circumstances;
use wardbell::config::loader::load_from;
use wardbell::config::settings::LogFormat;
use wardbell::domain::id::Role;
use wardbell::domain::roster::Roster;
use wardbell::domain::roster::on_call::{Rule, Why};
use wardbell::domain::zone::rules::Rules;

use crate::clocks::changes_of_clocks;
use crate::draw::Draw;
use crate::paper::Paper;
use crate::reading::{Held, Reading};

/// An opening so far away is surely told of; one that is further than a month surely is not.
const OPENING_TOLD_DAYS: i64 = 29;
const OPENING_UNTOLD_DAYS: i64 = 34;

/// Around so many edges everything is asked; at each edge, only who holds the roles.
const EDGES: usize = 20;

/// One stretch with one holder, and why at its start.
type Stretch = (DateTime<Utc>, DateTime<Utc>, Option<Held>);

/// The roster that a file means.
pub fn roster(text: &str) -> Roster {
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
    let today = "2026-10-18".parse().unwrap();
    let loaded = load_from(
        &files,
        "wardbell.toml",
        Circumstances { today, log_by_default: LogFormat::Text, rules: Arc::clone(Rules::built_in()) },
    );
    let errors = loaded.error_lines();
    let config = loaded.config.unwrap_or_else(|| panic!("{}\n{text}", errors.join("\n")));
    (*config.plan.rosters[&"ward".parse().unwrap()]).clone()
}

/// The first thing that the two say differently, in words.
pub fn disagreement(paper: &Paper, seed: u64) -> Option<String> {
    let reading = Reading::of(paper);
    let roster = roster(reading.text());
    let instants = telling_instants(paper, &reading, seed);
    let staffed = instants.iter().find_map(|at| staffed_differently(&roster, &reading, *at));
    let on_call =
        || paper.roles().into_iter().find_map(|name| held_differently(&roster, &reading, name, paper, &instants));
    staffed.or_else(on_call)
}

fn telling_instants(paper: &Paper, reading: &Reading<'_>, seed: u64) -> BTreeSet<DateTime<Utc>> {
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
    let mut instants: BTreeSet<_> = points.iter().copied().flat_map(around).collect();
    // Minute by minute through three hours, where a change that no list foresees would show itself.
    let hours = [draw.of(&points), points[points.len() - 1]];
    for middle in hours {
        instants.extend((-90..90).map(|minutes| middle + TimeDelta::minutes(minutes)));
    }
    instants.retain(|at| from <= *at && *at < to);
    instants
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
    instants: &BTreeSet<DateTime<Utc>>,
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
        let told = shift.on_call.map(|(id, why)| held(id.as_str(), &why));
        let inside = instants.range(shift.from..shift.to).copied().chain([shift.from]);
        for at in inside {
            let theirs = reading.on_call(name, at);
            if told != theirs {
                return Some(format!("why {name} at {at}: {told:?}, and by the second reading {theirs:?}"));
            }
        }
        if let Some(next) = by_why.peek() {
            let after = next.on_call.as_ref().map(|(id, why)| held(id.as_str(), why));
            if next.from != shift.to || told == after {
                return Some(format!("{name} at {}: a shift by its why does not end where that changes", shift.to));
            }
        }
    }
    instants.iter().find_map(|at| {
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
        let (ours, theirs) = (roster.next_change(&role, *at, paper.to), Some(stretch.1).filter(|end| *end < paper.to));
        (ours != theirs)
            .then(|| format!("next change of {name} after {at}: {ours:?}, by the second reading {theirs:?}"))
    })
}

/// Who holds the role from edge to edge; edges at which the same person goes on are none.
fn stretches(reading: &Reading<'_>, name: &str, paper: &Paper) -> Vec<Stretch> {
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
        Rule::Acknowledged | Rule::HandedOver | Rule::LastResort => panic!("no rule of a roster: {why:?}"),
    };
    assert_eq!(&*why.place.file, "rosters/ward.toml");
    Held { person: id.trim_start_matches('p').parse().unwrap(), rule, line: why.place.line }
}
