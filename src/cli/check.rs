//! `wardbell check`: reads all files and reports every mistake at once.

use std::io::{self, Write};
use std::path::Path;

use chrono::NaiveDate;
use serde::Serialize;

use crate::cli::Format;
use crate::config::{self, Loaded};
use crate::diagnostic::{Colour, Diagnostic};

/// Writes what is wrong with the files, and whether they can be used.
///
/// Text carries colours: give it a stream that takes them out where they do not belong, as anstream's do.
pub fn check(config: &Path, today: NaiveDate, format: Format, out: &mut dyn Write) -> io::Result<bool> {
    let loaded = config::load(config, today);
    write(&loaded, format, out)?;
    Ok(loaded.config.is_some())
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
