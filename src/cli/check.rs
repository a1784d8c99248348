//! `wardbell check`: reads all files, reports every error, and proves that someone answers.

use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use clap::ValueEnum;
use serde::Serialize;
use serde_json::{Value, json};

use crate::cli::format::Format;
use crate::cli::github;
use crate::cli::list::plain_table;
use crate::cli::when::When;
use crate::config::coverage::latest::{Latest, Reach};
use crate::config::loaded::Loaded;
use crate::config::{self, examine};
use crate::diagnostic::{Colour, Diagnostic};
use crate::domain::count::count;
use crate::domain::instant::to_text;
use crate::domain::wait;
use crate::domain::wait::Wait;
use crate::domain::zone::Zone;
use crate::domain::zone::rules::{Edition, Rules};

/// The period for which coverage is proved, and the time zone rules used.
#[derive(Debug, Clone, Copy)]
pub struct Stretch<'a> {
    /// When the command started.
    pub now: DateTime<Utc>,
    /// Start of the period, in the fallback department's time zone; default: now. Reviews are checked against its date.
    pub at: Option<When>,
    pub horizon: Wait,
    /// The time zone rules in force.
    pub rules: &'a Arc<Rules>,
    /// Other rules: older ones from the machine, or the built-in ones.
    pub others: Option<&'a Rules>,
}

/// Output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CheckFormat {
    /// Text.
    Text,
    /// JSON.
    Json,
    /// GitHub workflow annotations, for a pull request. Secret files may be missing.
    Github,
}

/// Reports what is wrong with the files, whether someone always answers, and whether the files can be used.
///
/// The text is colored: pass a stream that strips colors where needed, such as anstream's.
pub fn check(config: &Path, stretch: Stretch<'_>, format: CheckFormat, out: &mut dyn Write) -> io::Result<bool> {
    let Stretch { now, at, horizon, rules, others } = stretch;
    let today = at.map_or_else(|| now.date_naive(), When::day);
    let mut loaded = config::load(config, today, rules);
    // Without a plan there is nothing to prove, in any zone.
    let zone = loaded.plan().map_or(Zone::utc(), |plan| plan.zone(&plan.fallback));
    let from = at.map_or(now, |when| when.in_zone(&zone));
    let stretch = examine::Stretch { today, from, to: from + horizon.delta(), others };
    let reaches = examine::examine(&mut loaded, stretch);
    if format == CheckFormat::Github {
        // A pull request check has no secrets and must not have any.
        loaded.diagnostics.retain(|diagnostic| !diagnostic.code.is_of_secret());
    }
    match format {
        CheckFormat::Json => write_json(&loaded, &reaches, out)?,
        CheckFormat::Text => write_text(&loaded, &reaches, out)?,
        CheckFormat::Github => {
            let folder = github::folder_of(config, std::env::current_dir().ok().as_deref());
            for diagnostic in &loaded.diagnostics {
                github::annotate(diagnostic, &folder, out)?;
            }
            writeln!(out, "{}", summary(&loaded))?;
        }
    }
    Ok(loaded.errors() == 0)
}

pub fn write(loaded: &Loaded, format: Format, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Json => write_json(loaded, &[], out),
        Format::Text => write_text(loaded, &[], out),
    }
}

fn write_json(loaded: &Loaded, reaches: &[Reach], out: &mut dyn Write) -> io::Result<()> {
    let diagnostics: Vec<Diagnostic> = loaded.diagnostics.iter().map(Diagnostic::revealed).collect();
    let report = Report {
        errors: loaded.errors(),
        warnings: loaded.warnings(),
        diagnostics: &diagnostics,
        playbooks: reaches.iter().map(reach_to_json).collect(),
        time_zones: loaded.plan().map(|plan| plan.rules.edition()),
    };
    serde_json::to_writer_pretty(&mut *out, &report)?;
    writeln!(out)
}

fn write_text(loaded: &Loaded, reaches: &[Reach], out: &mut dyn Write) -> io::Result<()> {
    for diagnostic in &loaded.diagnostics {
        writeln!(out, "{}", diagnostic.render(Colour::Ansi))?;
    }
    if !reaches.is_empty() {
        writeln!(out, "Longest wait before someone else is paged:\n")?;
        let mut table = plain_table(&["playbook", "another\nperson", "another\ndepartment", "worst opening"]);
        for reach in reaches {
            let worst = worse(&reach.second_person, &reach.other_department);
            table.add_row([
                reach.playbook.clone(),
                within(&reach.second_person),
                within(&reach.other_department),
                worst.zone.write(worst.opened_at, "%a %Y-%m-%d %H:%M %Z"),
            ]);
        }
        writeln!(out, "{table}\n")?;
    }
    if let Some(plan) = loaded.plan() {
        writeln!(out, "time zones: {}", plan.rules.edition())?;
    }
    writeln!(out, "{}", summary(loaded))
}

#[derive(Serialize)]
struct Report<'a> {
    errors: usize,
    warnings: usize,
    diagnostics: &'a [Diagnostic],
    playbooks: Vec<Value>,
    /// Omitted if there is no plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    time_zones: Option<&'a Edition>,
}

fn reach_to_json(reach: &Reach) -> Value {
    let latest = |latest: &Latest| {
        json!({
            "within_seconds": latest.within.map(|within| within.num_seconds()),
            "opened_at": to_text(latest.opened_at),
            "department": latest.department,
            "ladder": latest.ladder,
            "staffed": latest.staffed,
            "lifted_by": latest.lifted_by,
        })
    };
    json!({
        "playbook": reach.playbook,
        "second_person": latest(&reach.second_person),
        "another_department": latest(&reach.other_department),
    })
}

/// The longer of the two waits; "never" is the longest.
fn worse<'a>(one: &'a Latest, other: &'a Latest) -> &'a Latest {
    let is_never = |latest: &Latest| latest.within.is_none();
    if (is_never(one), one.within) >= (is_never(other), other.within) { one } else { other }
}

fn within(latest: &Latest) -> String {
    match latest.within {
        None => "never".to_owned(),
        Some(within) => wait::in_units(within).unwrap_or_else(|| "immediately".to_owned()),
    }
}

/// `12 rosters, 18 playbooks, 1 error, 2 warnings`
fn summary(loaded: &Loaded) -> String {
    let counts = [
        (loaded.rosters, "roster"),
        (loaded.playbooks, "playbook"),
        (loaded.errors(), "error"),
        (loaded.warnings(), "warning"),
    ];
    counts.map(|(number, thing)| count(number as u64, thing)).join(", ")
}
