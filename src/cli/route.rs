//! `wardbell route`: who would be paged, when, by what, if nobody answered.
//!
//! It asks the decider itself, on a virtual clock: what it says is what the daemon would do.

use std::io::Write;
use std::path::Path;

use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};
use clap::Args;
use serde_json::{Value, json};

use crate::cli::Format;
use crate::cli::exit::{Ending, Exit};
use crate::cli::list::plain_table;
use crate::cli::plan::{plan, why};
use crate::cli::when::When;
use crate::clock::{Clock, SystemClock};
use crate::domain::escalation::event::{Event, Rung, StepFired};
use crate::domain::escalation::incident::Incident;
use crate::domain::escalation::input::{Context, Input};
use crate::domain::escalation::open::{Opening, open};
use crate::domain::id::IncidentId;
use crate::domain::incident::Incoming;
use crate::domain::instant::{Now, to_text};
use crate::domain::link::Entropy;
use crate::domain::outcome::Outcome;
use crate::domain::plan::Plan;
use crate::domain::playbook::{Playbook, matching};
use crate::domain::severity::Severity;

/// A route is followed no longer than this.
const HORIZON: TimeDelta = TimeDelta::days(7);

/// A ladder is shown until it has been climbed again this often.
const ROUNDS: u32 = 1;

/// A made-up incident.
#[derive(Debug, Args)]
pub struct Route {
    /// Its class.
    #[arg(long, value_name = "C")]
    class: String,
    /// When it comes in, such as 2026-12-24T17:00:00Z, or `2026-12-24 17:00` on the fallback department's clock; now, if
    /// left out.
    #[arg(long, value_name = "T")]
    at: Option<When>,
    /// Such as `posting-now`; may be given several times.
    #[arg(long = "flag", value_name = "F")]
    flags: Vec<String>,
    /// Which facility.
    #[arg(long, value_name = "F")]
    facility: Option<String>,
    /// How many people it has reached.
    #[arg(long, value_name = "N")]
    reach: Option<u64>,
    /// The severity that the source asks for.
    #[arg(long, value_name = "S")]
    severity: Option<Severity>,
    /// For people, or for programs.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Prints who would be paged.
///
/// # Errors
///
/// The files cannot be used.
pub fn route(config_file: &Path, args: &Route) -> Result<Exit> {
    let plan = plan(config_file)?;
    let zone = plan.zone(&plan.fallback);
    let at = args.at.map_or_else(|| SystemClock.wall(), |when| when.in_zone(zone));
    let incoming = Incoming {
        class: args.class.clone(),
        flags: args.flags.clone(),
        facility: args.facility.clone(),
        reach: args.reach,
        severity: args.severity,
        ..Incoming::default()
    };
    let chosen = matching::choose(&plan.playbooks, &args.class, &incoming);
    let playbook = chosen.ok_or_else(|| Ending::unusable("no playbook is named `unclassified`"))?;
    let fired = follow(&plan, playbook, incoming, at);
    let mut out = anstream::stdout();
    match args.format {
        Format::Json => {
            writeln!(out, "{:#}", Value::Array(fired.iter().flat_map(|(at, step)| rows(*at, step)).collect()))?
        }
        Format::Text => print(&plan, playbook, &fired, &mut out)?,
    }
    Ok(Exit::Fine)
}

/// Lives through the incident with nobody answering and every provider accepting.
fn follow(plan: &Plan, playbook: &Playbook, incoming: Incoming, at: DateTime<Utc>) -> Vec<(DateTime<Utc>, StepFired)> {
    let entropy = Entropy::NONE;
    let context = |now| Context { plan, playbook, now: Now::agreed(now), entropy: &entropy };
    // The name of a source that no configuration has: names are not empty.
    let Ok(source) = "route".parse() else { return Vec::new() };
    let class = incoming.class.clone();
    let opening = Opening { id: IncidentId::from_random(0), source, class, incoming };
    let mut now = Now::agreed(at).logical;
    let decision = open(&context(now), opening);
    let (mut incident, mut fired) = (decision.after, steps(now, decision.events));
    loop {
        let due = incident.take_due(now);
        for dispatch in due {
            let outcome = Outcome::Accepted { provider_id: None };
            let input = Input::Attempted { page: dispatch.page.number, channel: dispatch.channel, outcome };
            let Ok(decision) = incident.decide(&context(now), input) else { return fired };
            incident = decision.after;
        }
        let next = incident.next_timeout().filter(|next| *next <= at + HORIZON && !is_shown_enough(&incident));
        let Some(next) = next else { return fired };
        now = next;
        let Ok(decision) = incident.decide(&context(now), Input::Timeout) else { return fired };
        incident = decision.after;
        fired.extend(steps(now, decision.events));
    }
}

fn is_shown_enough(incident: &Incident) -> bool {
    incident.tracks.iter().all(|track| track.next.is_none() || track.rounds >= ROUNDS)
}

fn steps(at: DateTime<Utc>, events: Vec<Event>) -> Vec<(DateTime<Utc>, StepFired)> {
    let fired = events.into_iter().filter_map(|event| match event {
        Event::StepFired(fired) => Some((at, fired)),
        _ => None,
    });
    fired.collect()
}

fn rows(at: DateTime<Utc>, fired: &StepFired) -> Vec<Value> {
    let row = |paged: &crate::domain::escalation::event::Paged| {
        let channels = paged.channels.iter().map(|channel| json!({ "by": channel.by, "at": to_text(channel.at) }));
        json!({
            "at": to_text(at),
            "department": fired.department,
            "role": paged.role,
            "liaison": paged.liaison,
            "channels": channels.collect::<Vec<_>>(),
            "step": step_words(fired.step),
            "reason": fired.reason,
            "why": why(&paged.why),
        })
    };
    fired.pages.iter().map(row).collect()
}

fn step_words(step: Rung) -> String {
    match step {
        Rung::Step(position) => format!("step {}", position + 1),
        Rung::Again(round) => format!("repeat {round}"),
        Rung::Beyond => "beyond the ladder".into(),
    }
}

fn print(plan: &Plan, playbook: &Playbook, fired: &[(DateTime<Utc>, StepFired)], out: &mut dyn Write) -> Result<()> {
    writeln!(out, "{}: {}", playbook.name(), playbook.title)?;
    let mut table = plain_table(&["at", "department", "step", "who", "role", "by", "why"]);
    for (at, step) in fired {
        let zone = plan.zone(&step.department);
        let clock = at.with_timezone(&zone).format("%a %H:%M:%S %Z").to_string();
        for paged in &step.pages {
            let channels: Vec<String> = paged
                .channels
                .iter()
                .map(|channel| {
                    let after = (channel.at - *at).num_seconds();
                    if after == 0 { channel.by.to_string() } else { format!("{} after {after}s", channel.by) }
                })
                .collect();
            let why = format!("{}:{} {}", paged.why.place.file, paged.why.place.line, paged.why.rule);
            let who = format!("{} ({})", paged.name, paged.roster);
            table.add_row([
                clock.clone(),
                step.department.to_string(),
                step_words(step.step),
                who,
                paged.role.to_string(),
                channels.join(", "),
                why,
            ]);
        }
        if step.pages.is_empty() {
            let nobody = "nobody: the next step runs at once".to_owned();
            table.add_row([clock, step.department.to_string(), step_words(step.step), nobody]);
        }
    }
    writeln!(out, "{table}")?;
    Ok(())
}
