//! `wardbell route`: who would be paged, when, and how, if no one answered.
//!
//! It runs the decider itself on a virtual clock, so the result is what the daemon would do.

mod followed;
mod timeline;

use std::io::Write;
use std::path::Path;

use anyhow::Result;
use chrono::{DateTime, Utc};
use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use serde_json::{Value, json};

use crate::cli::exit::{Ending, Exit};
use crate::cli::format::Format;
use crate::cli::plan::{plan, why};
use crate::cli::route::followed::{follow, step_words};
use crate::cli::route::timeline::Timeline;
use crate::cli::when::When;
use crate::clock::{Clock, SystemClock};
use crate::domain::escalation::event::{Paged, StepFired};
use crate::domain::incident::Incoming;
use crate::domain::instant::{to_millis, to_text};
use crate::domain::playbook::matching;
use crate::domain::severity::Severity;
use crate::inbound::wardbell::fields::CLASS_MAX;

#[derive(Debug, Args)]
pub struct Route {
    /// Class.
    #[arg(long, value_name = "C", value_parser = class)]
    class: String,
    /// Time it is received, such as 2026-12-24T17:00:00Z, or `2026-12-24 17:00` in the fallback department's time zone;
    /// default: now.
    #[arg(long, value_name = "T")]
    at: Option<When>,
    /// Flag such as `posting-now`; may be repeated.
    #[arg(long = "flag", value_name = "F", value_parser = NonEmptyStringValueParser::new())]
    flags: Vec<String>,
    /// Facility.
    #[arg(long, value_name = "F")]
    facility: Option<String>,
    /// Classifier confidence, from 0 to 1.
    #[arg(long, value_name = "N", value_parser = confidence)]
    confidence: Option<f64>,
    /// Network.
    #[arg(long, value_name = "N")]
    network: Option<String>,
    /// Language of the post.
    #[arg(long, value_name = "L")]
    language: Option<String>,
    /// Number of people reached.
    #[arg(long, value_name = "N")]
    reach: Option<u64>,
    /// Severity that the source asks for.
    #[arg(long, value_name = "S")]
    severity: Option<Severity>,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Prints who would be paged.
///
/// # Errors
///
/// The files are not valid.
pub fn route(config_file: &Path, args: &Route) -> Result<Exit> {
    let plan = plan(config_file)?;
    let zone = plan.zone(&plan.fallback);
    let now = SystemClock.wall();
    let at = to_millis(args.at.map_or(now, |when| when.in_zone(&zone)));
    let incoming = Incoming {
        class: args.class.clone(),
        flags: args.flags.clone(),
        facility: args.facility.clone(),
        confidence: args.confidence,
        network: args.network.clone(),
        language: args.language.clone(),
        reach: args.reach,
        severity: args.severity,
        ..Incoming::default()
    };
    let chosen = matching::choose(&plan.playbooks, &args.class, &incoming);
    let playbook = chosen.ok_or_else(|| Ending::unusable("no playbook is named `unclassified`"))?;
    let followed = follow(&plan, playbook, incoming.clone(), at)?;
    let mut out = anstream::stdout();
    match args.format {
        Format::Json => {
            let rows = followed.fired.iter().flat_map(|(at, step)| rows(*at, step));
            writeln!(out, "{:#}", Value::Array(rows.collect()))?;
        }
        Format::Text => {
            Timeline { plan: &plan, playbook, incoming: &incoming, at, now, followed: &followed }.write(&mut out)?
        }
    }
    Ok(Exit::Fine)
}

/// A class that a source could send.
fn class(text: &str) -> Result<String, BadValue> {
    let length = text.chars().count();
    if text.trim().is_empty() || length > CLASS_MAX {
        return Err(BadValue::Class);
    }
    Ok(text.to_owned())
}

fn confidence(text: &str) -> Result<f64, BadValue> {
    let sure = text.parse::<f64>().ok().filter(|sure| (0.0..=1.0).contains(sure));
    sure.ok_or(BadValue::Confidence)
}

/// An argument has no value that a source could send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum BadValue {
    #[error("a class has 1 to {CLASS_MAX} characters")]
    Class,
    #[error("write a number from 0 to 1, such as 0.8")]
    Confidence,
}

fn rows(at: DateTime<Utc>, fired: &StepFired) -> Vec<Value> {
    let row = |paged: &Paged| {
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
