//! `wardbell audit export`: exports the exact record as JSON lines that anyone can verify.

use std::io::{BufWriter, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use clap::Args;
use serde_json::json;

use crate::cli::exit::{Ending, Exit};
use crate::cli::keys::{self, MasterKeyFile};
use crate::cli::when::When;
use crate::config;
use crate::domain::count::count;
use crate::domain::id::IncidentId;
use crate::domain::zone::Zone;
use crate::journal::error::Fault;
use crate::journal::folder_upkeep::FolderUpkeep;
use crate::journal::line::Line;
use crate::journal::record::Fact;
use crate::journal::upkeep::Upkeep;
use crate::vault::opening::{Opened, open_event};
use crate::vault::reading::KeysAtRest;

/// Size of the write buffer.
const BUFFER: usize = 256 << 10;

#[derive(Debug, Args)]
pub struct Export {
    /// New file, readable by its owner only; default: standard output.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Only the records of this incident.
    #[arg(long, value_name = "ID")]
    incident: Option<IncidentId>,
    /// Start of the period (included), such as 2026-12-24T17:00:00Z; UTC unless it has an offset.
    #[arg(long, value_name = "T")]
    from: Option<When>,
    /// End of the period (not included).
    #[arg(long, value_name = "T")]
    to: Option<When>,
    /// Add the decrypted text to each line: `{"record": …, "opened": …}`. Needs the master key.
    #[arg(long)]
    opened: bool,
    #[command(flatten)]
    master: MasterKeyFile,
}

/// Exports the record and verifies it on the way. Safe to run while the daemon runs.
///
/// # Errors
///
/// The record is damaged, the file already exists or cannot be written, or the master key cannot be read.
pub fn export(config_file: &Path, args: &Export) -> Result<Exit> {
    let unusable = || Ending::silent(config_file, "`store.path`");
    let folder = config::store_path(config_file).ok_or_else(unusable)?.join("journal");
    let record = FolderUpkeep::new(&folder);
    let keys = if args.opened { Some(at_rest(config_file, args)?) } else { None };
    let selection = Selection::of(args);
    if let (Some(from), Some(to)) = (selection.from, selection.to)
        && from >= to
    {
        return Err(Ending::usage("`--from` must be before `--to`").into());
    }
    match &args.out {
        None => {
            let mut out = BufWriter::with_capacity(BUFFER, anstream::stdout());
            let written = write(&record, &selection, keys.as_ref(), &mut out)?;
            out.flush()?;
            selection.has_found(written, &folder)?;
        }
        Some(path) => {
            let written = to_file(&record, &folder, &selection, keys.as_ref(), path)?;
            writeln!(anstream::stdout(), "{} written to {}", count(written, "record"), path.display())?;
        }
    }
    Ok(Exit::Fine)
}

fn at_rest(config_file: &Path, args: &Export) -> Result<KeysAtRest> {
    let encryption = keys::encryption(config_file)?;
    let folder = encryption.keys_path.clone();
    let master = args.master.read(encryption).map_err(Ending::unusable)?;
    let cannot = || format!("cannot read the data keys of {}", folder.display());
    KeysAtRest::read(&folder, master).with_context(cannot)
}

/// Writes to a temporary file and renames it when it is complete.
fn to_file(
    record: &dyn Upkeep,
    folder: &Path,
    selection: &Selection,
    keys: Option<&KeysAtRest>,
    path: &Path,
) -> Result<u64> {
    if path.exists() {
        return Err(Ending::usage(format!("{} already exists; choose a new file", path.display())).into());
    }
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let cannot = || format!("cannot write {}", path.display());
    let mut file = tempfile::Builder::new().prefix(".wardbell-export-").tempfile_in(parent).with_context(cannot)?;
    let mut out = BufWriter::with_capacity(BUFFER, &mut file);
    let written = write(record, selection, keys, &mut out)?;
    selection.has_found(written, folder)?;
    out.flush().with_context(cannot)?;
    drop(out);
    file.as_file().sync_all().with_context(cannot)?;
    file.persist_noclobber(path).with_context(cannot)?;
    Ok(written)
}

struct Selection {
    incident: Option<IncidentId>,
    from: Option<DateTime<Utc>>,
    to: Option<DateTime<Utc>>,
}

impl Selection {
    fn of(args: &Export) -> Self {
        let instant = |when: Option<When>| when.map(|when| when.in_zone(&Zone::utc()));
        Self { incident: args.incident, from: instant(args.from), to: instant(args.to) }
    }

    /// An export without records is an error if the question was about something.
    fn has_found(&self, written: u64, folder: &Path) -> Result<(), Ending> {
        match self.incident {
            _ if written > 0 => Ok(()),
            Some(id) => Err(Ending::no(format!("no records of {id} in that period; nothing was written"))),
            None if self.from.is_some() || self.to.is_some() => {
                Err(Ending::no("no records in that period; nothing was written"))
            }
            None => Err(Ending::no(format!("{} contains no record; nothing was written", folder.display()))),
        }
    }

    fn holds(&self, line: &Line<'_>) -> Result<bool, Fault> {
        let at = line.at()?;
        let is_of_incident = self.incident.is_none_or(|id| line.incident().is_some_and(|one| one.parse() == Ok(id)));
        Ok(is_of_incident && self.from.is_none_or(|from| from <= at) && self.to.is_none_or(|to| at < to))
    }
}

fn write(record: &dyn Upkeep, selection: &Selection, keys: Option<&KeysAtRest>, out: &mut dyn Write) -> Result<u64> {
    let (mut written, mut failure) = (0, None);
    record
        .export(&mut |line, text| {
            if !selection.holds(line)? {
                return Ok(ControlFlow::Continue(()));
            }
            let outcome = match keys {
                None => writeln!(out, "{text}"),
                Some(keys) => writeln!(out, r#"{{"record":{text},"opened":{}}}"#, opened(line, keys)?),
            };
            if let Err(error) = outcome {
                failure = Some(error);
                return Ok(ControlFlow::Break(()));
            }
            written += 1;
            Ok(ControlFlow::Continue(()))
        })
        .map_err(|error| Ending::no(error.to_string()))?;
    match failure {
        Some(error) => Err(error.into()),
        None => Ok(written),
    }
}

/// The decrypted contents of a record, or `null` if nothing is sealed in it.
fn opened(line: &Line<'_>, keys: &KeysAtRest) -> Result<serde_json::Value, Fault> {
    let Fact::Incident(id, event) = line.record()?.entry.fact else { return Ok(serde_json::Value::Null) };
    let unreadable = |why: crate::domain::sealed::Unreadable| json!({ "unreadable": { "reason": why.word(), "detail": why.to_string() } });
    Ok(match open_event(Some(keys), id, &event) {
        None => serde_json::Value::Null,
        Some(Opened::Content(content)) => content.map_or_else(unreadable, |content| json!(content)),
        Some(Opened::Note(note)) => note.map_or_else(unreadable, |note| json!({ "note": note })),
    })
}
