//! `wardbell restore`: restores the record from a backup, completely or not at all.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use serde_json::json;

use crate::cli::exit::{Ending, Exit};
use crate::cli::format::Format;
use crate::config;
use crate::domain::count::count;
use crate::domain::instant;
use crate::journal::manifest::Manifest;
use crate::journal::restore::{self as record, RestoreError};

#[derive(Debug, Args)]
pub struct Restore {
    /// Backup file; `-` for standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Only verify the backup; changes nothing and needs no configuration.
    #[arg(long)]
    verify: bool,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Verifies a backup and restores its record to the configured folder, which must not contain one.
///
/// # Errors
///
/// The backup is damaged, there is already a record, or the daemon runs on it.
pub fn restore(config_file: &Path, args: &Restore) -> Result<Exit> {
    let refusal = |error| refusal(&args.file, error);
    let input: Box<dyn Read> = if args.file.as_os_str() == "-" {
        Box::new(std::io::stdin().lock())
    } else {
        Box::new(File::open(&args.file).with_context(|| format!("cannot read {}", args.file.display()))?)
    };
    if args.verify {
        let manifest = record::examine(input).map_err(refusal)?;
        tell(&manifest, None, args.format)?;
        return Ok(Exit::Fine);
    }
    let unusable = || Ending::silent(config_file, "`store.path`");
    let path = config::store_path(config_file).ok_or_else(unusable)?;
    let (journal, store) = (path.join("journal"), path.join("store"));
    let manifest = record::restore(input, &journal, &store).map_err(refusal)?;
    tell(&manifest, Some(&journal), args.format)?;
    Ok(Exit::Fine)
}

fn refusal(file: &Path, error: RestoreError) -> Ending {
    let shown = if file.as_os_str() == "-" { "standard input".into() } else { file.display().to_string() };
    match error {
        RestoreError::Open(_) => Ending::unusable(error.to_string()),
        RestoreError::Bad(_) | RestoreError::Unknown(_) => Ending::no(format!("{shown}: {error}")),
        _ => Ending::no(error.to_string()),
    }
}

fn tell(manifest: &Manifest, journal: Option<&Path>, format: Format) -> Result<()> {
    let mut out = anstream::stdout();
    let made_at = instant::to_text(manifest.made_at);
    if format == Format::Json {
        let answer = json!({
            "restored_to": journal,
            "records": manifest.records(),
            "first": manifest.first,
            "last": manifest.last,
            "bytes": manifest.bytes(),
            "head": manifest.head,
            "made_at": made_at,
        });
        return writeln!(out, "{answer:#}").map_err(Into::into);
    }
    let records = count(manifest.records(), "record");
    match journal {
        None => writeln!(out, "the backup of {made_at} is intact: {records}")?,
        Some(journal) => writeln!(out, "restored {records} of {made_at} to {}", journal.display())?,
    }
    writeln!(out, "last hash: {}", manifest.head)?;
    if journal.is_some() {
        writeln!(
            out,
            "next: make sure that the folder belongs to the daemon's user (`chown -R`), and restore your copy of the"
        )?;
        writeln!(
            out,
            "encryption keys, which a backup does not contain. Then start the daemon: it rebuilds the store and"
        )?;
        writeln!(out, "continues with the open incidents")?;
    }
    Ok(())
}
