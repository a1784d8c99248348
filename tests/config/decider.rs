//! The proof's figures against the decider itself: what the daemon would do, lived through on a virtual clock.

use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use wardbell::config::coverage::latest::Reach;
use wardbell::config::coverage::prove;
use wardbell::config::files::Memory;
use wardbell::domain::aggregate::Aggregate;
use wardbell::domain::escalation::event::{Event, StepFired, StepPosition};
use wardbell::domain::escalation::input::{Context, Input};
use wardbell::domain::escalation::open::{Opening, open};
use wardbell::domain::id::{DepartmentId, IncidentId};
use wardbell::domain::incident::Incoming;
use wardbell::domain::instant::Now;
use wardbell::domain::link::Entropy;
use wardbell::domain::outcome::Outcome;
use wardbell::domain::plan::Plan;
use wardbell::domain::playbook::Playbook;
use wardbell::domain::roster::Liaison;
use wardbell::domain::severity::Severity;

use crate::load;

/// A page of the first climb: when, for which track, from which roster, to whom.
struct Paging<'p> {
    at: DateTime<Utc>,
    track: DepartmentId,
    roster: DepartmentId,
    liaison: &'p Liaison,
}

/// The shipped files, with all rosters changed in one way.
fn shipped(change: impl Fn(&str, String) -> String) -> Memory {
    let mut files = Memory::default();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    files.insert("wardbell.toml", std::fs::read(root.join("deploy/wardbell.toml")).unwrap());
    for folder in ["rosters", "playbooks", "playbooks/policies"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            if name.ends_with(".toml") || name.ends_with(".md") {
                let text = std::fs::read_to_string(entry.path()).unwrap();
                files.insert(format!("{folder}/{name}"), change(&name, text));
            }
        }
    }
    files
}

/// Lives through the first climb of every track, with nobody answering and every provider accepting.
fn live<'p>(
    plan: &'p Plan,
    playbook: &Playbook,
    incoming: Incoming,
    at: DateTime<Utc>,
) -> (Vec<StepAt>, Vec<Paging<'p>>) {
    let entropy = Entropy::NONE;
    let context = |now| Context { plan, playbook, now: Now::agreed(now), entropy: &entropy };
    let class = incoming.class.clone();
    let by = wardbell::domain::principal::Principal::Daemon;
    let opening = Opening { id: IncidentId::from_random(0), by, source: "test".parse().unwrap(), class, incoming };
    let mut now = Now::agreed(at).logical;
    let decision = open(&context(now), opening);
    let mut tracks = Vec::new();
    let mut fired: Vec<(DateTime<Utc>, StepFired)> = Vec::new();
    let mut keep = |now, events: Vec<Event>| {
        for event in events {
            match event {
                Event::Opened(opened) => {
                    tracks = opened
                        .tracks
                        .iter()
                        .map(|track| (track.department.clone(), track.starts_at > at, track.instead_of.is_some()))
                        .collect();
                }
                Event::StepFired(step) if matches!(step.step, StepPosition::Step(_)) => fired.push((now, step)),
                _ => {}
            }
        }
    };
    keep(now, decision.events);
    let mut incident = decision.after;
    loop {
        for dispatch in incident.take_due(now) {
            let outcome = Outcome::Accepted { provider_id: None };
            let input = Input::Attempted { page: dispatch.page.number, channel: dispatch.channel, outcome, jitter: 0 };
            let decision = incident.decide(&context(now), input).unwrap();
            incident = decision.after;
        }
        let climbs = |step: StepPosition| matches!(step, StepPosition::Step(_));
        if !incident.tracks.iter().any(|track| track.next.is_some_and(|next| climbs(next.step))) {
            break;
        }
        now = incident.next_timeout().unwrap();
        let decision = incident.decide(&context(now), Input::Timeout).unwrap();
        keep(now, decision.events);
        incident = decision.after;
    }
    let pages = fired.iter().flat_map(|(at, step)| {
        step.pages.iter().map(|page| Paging {
            at: *at,
            track: step.department.clone(),
            roster: page.roster.clone(),
            liaison: plan.rosters[&page.roster].liaison(&page.liaison).unwrap(),
        })
    });
    (tracks, pages.collect())
}

/// A track's department, whether it is held, and whether it stands in for another.
type StepAt = (DepartmentId, bool, bool);

/// The slowest track's second person and other department: `None` is never, and the slowest of all.
fn slowest(tracks: &[StepAt], pages: &[Paging<'_>], opened: DateTime<Utc>) -> [Option<TimeDelta>; 2] {
    let mut slowest = [Some(TimeDelta::zero()); 2];
    for (department, held, stands_in) in tracks {
        let own: Vec<&Paging> = pages.iter().filter(|page| page.track == *department).collect();
        let first = own[0];
        let is_other = |page: &&&Paging| {
            let same = page.roster == first.roster && page.liaison.id == first.liaison.id;
            !same && !page.liaison.shares_contact(first.liaison)
        };
        let elsewhere = |page: &&&Paging| page.roster != *department;
        let all: Vec<&Paging> = pages.iter().collect();
        let soonest = |from: &[&Paging]| {
            let second = from.iter().filter(is_other).map(|page| page.at - opened).min();
            let away = from.iter().filter(|page| is_other(page) && elsewhere(page)).map(|page| page.at - opened).min();
            let at_first = (first.roster != *department).then(|| first.at - opened);
            [second, at_first.into_iter().chain(away).min()]
        };
        let by_itself = if *held || *stands_in { [None, None] } else { soonest(&own) };
        let together = soonest(&all);
        for kind in 0..2 {
            let within = by_itself[kind].or(together[kind]);
            slowest[kind] = slowest[kind].zip(within).map(|(one, other)| one.max(other));
        }
    }
    slowest
}

/// Every way in which an incident of the playbook can come in.
fn incoming(playbook: &Playbook) -> Vec<Incoming> {
    let plain = || Incoming { class: playbook.class.to_string(), ..Incoming::default() };
    let promoted = playbook.promotions.iter().map(|promotion| Incoming {
        flags: promotion.when.any_flag.iter().take(1).cloned().collect(),
        reach: promotion.when.reach_at_least,
        ..plain()
    });
    let asked = Severity::ALL.map(|severity| Incoming { severity: Some(severity), ..plain() });
    std::iter::once(plain()).chain(promoted).chain(asked).collect()
}

fn longer(one: Option<TimeDelta>, other: Option<TimeDelta>) -> bool {
    (one.is_none(), one) > (other.is_none(), other)
}

fn worst_at(plan: &Plan, playbook: &Playbook, at: DateTime<Utc>) -> [Option<TimeDelta>; 2] {
    let mut worst = [Some(TimeDelta::zero()); 2];
    for incoming in incoming(playbook) {
        let (tracks, pages) = live(plan, playbook, incoming, at);
        for (worst, within) in worst.iter_mut().zip(slowest(&tracks, &pages, at)) {
            if longer(within, *worst) {
                *worst = within;
            }
        }
    }
    worst
}

#[track_caller]
fn check(files: &Memory, seed: u64) {
    let loaded = load(files);
    let plan = loaded.plan().unwrap_or_else(|| panic!("{:#?}", loaded.error_lines()));
    let from: DateTime<Utc> = "2026-11-24T11:00:00Z".parse().unwrap();
    let proof = prove(&loaded, from, from + TimeDelta::days(45));
    assert_eq!(proof.reaches.len(), plan.playbooks.len());
    let mut random = seed;
    for playbook in &plan.playbooks {
        let reach: &Reach = proof.reaches.iter().find(|reach| reach.playbook == playbook.name()).unwrap();
        let said = [&reach.second_person, &reach.other_department];
        for (kind, latest) in said.into_iter().enumerate() {
            let lived = worst_at(plan, playbook, latest.opened_at)[kind];
            assert_eq!(lived, latest.within, "{} at {}", reach.playbook, latest.opened_at);
        }
        for _ in 0..6 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let at = from + TimeDelta::seconds(i64::try_from((random >> 33) % (45 * 86_400)).unwrap());
            let lived = worst_at(plan, playbook, at);
            for kind in 0..2 {
                let more = longer(lived[kind], said[kind].within);
                assert!(!more, "seed {seed}: {} opened at {at}: {lived:?}, and {said:?} was said", reach.playbook);
            }
        }
    }
}

#[test]
fn no_opening_is_slower_than_the_proof_says() {
    check(&shipped(|_, text| text), 1);
}

#[test]
fn nor_is_any_where_rosters_have_holes() {
    check(&shipped(|_, text| text.replace("during = \"after-hours\"", "during = \"hours\"")), 2);
    let alone = |name: &str, text: String| match name {
        "compliance.toml" | "legal.toml" | "administrator-on-call.toml" => {
            text.replace("role = \"backup\"", "role = \"third\"").replace("during = \"always\"", "during = \"hours\"")
        }
        _ => text,
    };
    check(&shipped(alone), 3);
}

#[test]
fn nor_is_any_where_others_stand_in() {
    let stand_in = |name: &str, text: String| match name {
        "legal-threat.toml" | "billing-dispute.toml" => {
            text.replace("hold = true", "hold = true\ninstead = [\"social-media\", \"risk\"]")
        }
        _ => text,
    };
    check(&shipped(stand_in), 4);
}
