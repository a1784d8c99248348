//! A playbook's or the ladders' file: its mistakes have places; one without leads every incident to a page.

use chrono::{DateTime, TimeDelta, Utc};
use wardbell::config::coverage;
use wardbell::domain::aggregate::Aggregate;
use wardbell::domain::escalation::incident::Incident;
use wardbell::domain::escalation::input::{Context, Input};
use wardbell::domain::escalation::open::{Opening, open};
use wardbell::domain::id::IncidentId;
use wardbell::domain::incident::Incoming;
use wardbell::domain::instant::Now;
use wardbell::domain::link::Entropy;
use wardbell::domain::outcome::Outcome;
use wardbell::domain::plan::Plan;
use wardbell::domain::playbook::Playbook;
use wardbell::domain::playbook::matching::choose;

use super::hospital::{LADDERS, PLAYBOOK, judge, load, with};

/// A climb is followed over so many of its times: further up it repeats itself.
const TIMES_MAX: usize = 24;

pub fn check(bytes: &[u8]) {
    let path = if contains(bytes, b"[ladder") { LADDERS } else { PLAYBOOK };
    let files = with(path, bytes);
    let loaded = load(&files);
    let Some(plan) = loaded.plan() else { return };
    for playbook in &plan.playbooks {
        kept(playbook);
        for at in ["2026-12-23T15:00:00Z", "2026-12-24T23:30:00Z"] {
            climb(plan, playbook, at.parse().expect("an instant"));
        }
    }
    for class in ["phi-by-staff", "hipaa.staff", "unclassified", "", &"a.".repeat(100)] {
        let incoming = Incoming { class: class.to_owned(), ..Incoming::default() };
        assert!(choose(&plan.playbooks, class, &incoming).is_some(), "every class is answered");
    }
    let from = "2026-10-18T12:00:00Z".parse().expect("an instant");
    judge(&files, &coverage::prove(&loaded, from, from + TimeDelta::days(8)).findings);
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// The record keeps the whole playbook, and finds the same one again.
fn kept(playbook: &Playbook) {
    let json = serde_json::to_vec(playbook).expect("a playbook has a JSON form");
    let again: Playbook = serde_json::from_slice(&json).expect("what was written is read");
    assert!(again == *playbook && again.hash() == playbook.hash(), "it is the same");
}

/// Nobody answers: time goes on, and somebody is paged.
fn climb(plan: &Plan, playbook: &Playbook, at: DateTime<Utc>) {
    let entropy = Entropy([7; 32]);
    let context = |at| Context { plan, playbook, now: Now::agreed(at), entropy: &entropy };
    let opening = Opening {
        by: wardbell::domain::principal::Principal::Daemon,
        id: IncidentId::from_random(7),
        source: "desk".parse().expect("a source"),
        class: playbook.class.to_string(),
        incoming: Incoming { reach: Some(60_000), flags: vec!["posting-now".to_owned()], ..Incoming::default() },
    };
    let (mut now, mut incident) = (at, open(&context(at), opening).after);
    for _ in 0..TIMES_MAX {
        incident = delivered(incident, &context(now));
        let Some(next) = incident.next_timeout() else { break };
        assert!(now < next, "what is due has been done");
        now = next;
        incident = incident.decide(&context(now), Input::Timeout).expect("a time is never refused").after;
    }
    assert!(incident.pages_made > 0, "an incident leads to a page");
}

/// Every attempt is taken over at once, also those whose time has not come.
fn delivered(mut incident: Incident, context: &Context) -> Incident {
    let attempts = |incident: &Incident| {
        let pages = incident.pages();
        let attempts = pages.flat_map(|(_, page)| page.pending.iter().map(|pending| (page.number, pending.by)));
        attempts.collect::<Vec<_>>()
    };
    for (page, channel) in attempts(&incident) {
        let outcome = Outcome::Accepted { provider_id: None };
        let decision = incident.decide(context, Input::Attempted { page, channel, outcome, jitter: 0 });
        incident = decision.expect("an outcome is never refused").after;
    }
    incident
}
