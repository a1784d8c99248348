//! `wardbell check`: reads all files, reports every mistake at once, and proves that somebody answers.

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

/// From when on, and how far, it is proved that somebody answers.
#[derive(Debug, Clone, Copy)]
pub struct Stretch<'a> {
    /// When the command was given.
    pub now: DateTime<Utc>,
    /// From when on, a local time on the fallback department's clock; now, if left out. Its day is also the one that
    /// reviews are due by.
    pub at: Option<When>,
    /// How far.
    pub horizon: Wait,
    /// The rules of time zones that are in force.
    pub rules: &'a Arc<Rules>,
    /// Those that are not: older ones of the machine, or those that are built in.
    pub others: Option<&'a Rules>,
}

/// How findings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CheckFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// For a pull request: annotations of a GitHub workflow, where no secrets need to be at hand.
    Github,
}

/// Writes what is wrong with the files, whether somebody always answers, and whether they can be used.
///
/// Text carries colours: give it a stream that takes them out where they do not belong, as anstream's do.
pub fn check(config: &Path, stretch: Stretch<'_>, format: CheckFormat, out: &mut dyn Write) -> io::Result<bool> {
    let Stretch { now, at, horizon, rules, others } = stretch;
    let today = at.map_or_else(|| now.date_naive(), When::day);
    let mut loaded = config::load(config, today, rules);
    // Without a plan nothing is proved, in whatever zone.
    let zone = loaded.plan().map_or(Zone::utc(), |plan| plan.zone(&plan.fallback));
    let from = at.map_or(now, |when| when.in_zone(&zone));
    let stretch = examine::Stretch { today, from, to: from + horizon.delta(), others };
    let reaches = examine::examine(&mut loaded, stretch);
    if format == CheckFormat::Github {
        // The machine that judges a pull request has no secrets, and must not have them.
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

/// Writes what came of reading the files.
pub fn write(loaded: &Loaded, format: Format, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Json => write_json(loaded, &[], out),
        Format::Text => write_text(loaded, &[], out),
    }
}

fn write_json(loaded: &Loaded, reaches: &[Reach], out: &mut dyn Write) -> io::Result<()> {
    let report = Report {
        errors: loaded.errors(),
        warnings: loaded.warnings(),
        diagnostics: &loaded.diagnostics,
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
        writeln!(out, "If nobody answers, somebody else is paged at the latest after:\n")?;
        let mut table = plain_table(&["playbook", "second\nperson", "another\ndepartment", "worst opening"]);
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
    /// Left out where there is no plan.
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

/// The one of the two that takes longer; never is longest.
fn worse<'a>(one: &'a Latest, other: &'a Latest) -> &'a Latest {
    let is_never = |latest: &Latest| latest.within.is_none();
    if (is_never(one), one.within) >= (is_never(other), other.within) { one } else { other }
}

fn within(latest: &Latest) -> String {
    match latest.within {
        None => "never".to_owned(),
        Some(within) => wait::in_units(within).unwrap_or_else(|| "at once".to_owned()),
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
