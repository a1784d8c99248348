//! `wardbell check`: reads all files and reports every mistake at once.

use std::io::{self, Write};
use std::path::Path;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::cli::Format;
use crate::config::{self, Loaded, coverage};
use crate::diagnostic::{Colour, Diagnostic};
use crate::domain::wait::Wait;

/// From when on, and how far, coverage is proved.
#[derive(Debug, Clone, Copy)]
pub struct Stretch {
    /// The first instant; its day is also the one that reviews are due by.
    pub from: DateTime<Utc>,
    /// How far.
    pub horizon: Wait,
}

/// Writes what is wrong with the files, whether somebody always answers, and whether they can be used.
///
/// Text carries colours: give it a stream that takes them out where they do not belong, as anstream's do.
pub fn check(config: &Path, stretch: Stretch, format: Format, out: &mut dyn Write) -> io::Result<bool> {
    let mut loaded = config::load(config, stretch.from.date_naive());
    if let Some(plan) = loaded.plan() {
        let home = config.parent().unwrap_or(Path::new(""));
        let findings = coverage::findings(plan, home, stretch.from, stretch.from + stretch.horizon.delta());
        loaded.diagnostics.extend(findings);
        Diagnostic::sort(&mut loaded.diagnostics);
    }
    write(&loaded, format, out)?;
    Ok(loaded.errors() == 0)
}

/// Writes what came of reading the files.
pub fn write(loaded: &Loaded, format: Format, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Json => {
            let (errors, warnings) = (loaded.errors(), loaded.warnings());
            let report = Report { errors, warnings, diagnostics: &loaded.diagnostics };
            serde_json::to_writer_pretty(&mut *out, &report)?;
            writeln!(out)
        }
        Format::Text => {
            for diagnostic in &loaded.diagnostics {
                writeln!(out, "{}", diagnostic.render(Colour::Ansi))?;
            }
            writeln!(out, "{}", summary(loaded))
        }
    }
}

#[derive(Serialize)]
struct Report<'a> {
    errors: usize,
    warnings: usize,
    diagnostics: &'a [Diagnostic],
}

/// `12 rosters, 18 playbooks, 1 error, 2 warnings`
fn summary(loaded: &Loaded) -> String {
    let counts = [
        (loaded.rosters, "roster"),
        (loaded.playbooks, "playbook"),
        (loaded.errors(), "error"),
        (loaded.warnings(), "warning"),
    ];
    counts.map(|(number, thing)| format!("{number} {thing}{}", if number == 1 { "" } else { "s" })).join(", ")
}
