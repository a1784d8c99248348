//! The escalation of an incident that no one answers.

use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};

use crate::cli::exit::Ending;
use crate::domain::aggregate::Aggregate;
use crate::domain::escalation::event::{Event, Opened, StepFired, StepPosition};
use crate::domain::escalation::incident::{Incident, Track};
use crate::domain::escalation::input::{Context, Input};
use crate::domain::escalation::open::{Opening, open};
use crate::domain::id::IncidentId;
use crate::domain::incident::Incoming;
use crate::domain::instant::Now;
use crate::domain::link::Entropy;
use crate::domain::outcome::Outcome;
use crate::domain::plan::Plan;
use crate::domain::playbook::Playbook;
use crate::domain::principal::Principal;

/// A route is followed for at most this long.
const HORIZON: TimeDelta = TimeDelta::days(7);

/// How many rounds of a repeated ladder are shown; the rest are summarized.
const ROUNDS: u32 = 1;

/// The escalation of an incident that no one answers.
pub struct Followed {
    pub opened: Opened,
    pub fired: Vec<(DateTime<Utc>, StepFired)>,
    /// The final state.
    pub incident: Incident,
}

/// Simulates the incident with no answer and every provider accepting.
pub fn follow(plan: &Plan, playbook: &Playbook, incoming: Incoming, at: DateTime<Utc>) -> Result<Followed> {
    let entropy = Entropy::NONE;
    let context = |now| Context { plan, playbook, now: Now::agreed(now), entropy: &entropy };
    let class = incoming.class.clone();
    let opening =
        Opening { id: IncidentId::from_random(0), by: Principal::Daemon, source: "route".parse()?, class, incoming };
    let mut now = Now::agreed(at).logical;
    let decision = open(&context(now), opening);
    let opened = decision.events.iter().find_map(|event| match event {
        Event::Opened(opened) => Some(opened.as_ref().clone()),
        _ => None,
    });
    let opened = opened.ok_or_else(|| Ending::bug("an incident did not open"))?;
    let (mut incident, mut fired) = (decision.after, steps(now, decision.events));
    loop {
        for dispatch in incident.take_due(now) {
            let outcome = Outcome::Accepted { provider_id: None };
            let input = Input::Attempted { page: dispatch.page.number, channel: dispatch.channel, outcome, jitter: 0 };
            incident = incident.decide(&context(now), input).map_err(|refusal| Ending::bug(refusal.to_string()))?.after;
        }
        let more =
            incident.tracks.iter().any(|track| track.next.is_some_and(|next| is_shown(&fired, track, next.step)));
        let next = incident.next_timeout().filter(|next| *next <= at + HORIZON && more);
        let Some(next) = next else { break };
        now = next;
        let decision =
            incident.decide(&context(now), Input::Timeout).map_err(|refusal| Ending::bug(refusal.to_string()))?;
        let shown = steps(now, decision.events).into_iter().filter(|(_, step)| {
            incident.track(&step.department).is_none_or(|track| is_shown(&fired, track, step.step))
        });
        let shown: Vec<_> = shown.collect();
        fired.extend(shown);
        incident = decision.after;
    }
    Ok(Followed { opened, fired, incident })
}

/// Whether a step adds anything: later rounds repeat the first.
fn is_shown(fired: &[(DateTime<Utc>, StepFired)], track: &Track, step: StepPosition) -> bool {
    match step {
        StepPosition::Step(_) => true,
        StepPosition::Repeat(round) => round <= ROUNDS,
        StepPosition::LastResort => {
            !fired.iter().any(|(_, one)| one.department == track.department && one.step == StepPosition::LastResort)
        }
    }
}

fn steps(at: DateTime<Utc>, events: Vec<Event>) -> Vec<(DateTime<Utc>, StepFired)> {
    let fired = events.into_iter().filter_map(|event| match event {
        Event::StepFired(fired) => Some((at, fired)),
        _ => None,
    });
    fired.collect()
}

pub fn step_words(step: StepPosition) -> String {
    match step {
        StepPosition::Step(position) => format!("step {}", position + 1),
        StepPosition::Repeat(round) => format!("repeat {round}"),
        StepPosition::LastResort => "last resort".into(),
    }
}
