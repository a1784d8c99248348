//! `wardbell backup`: writes the whole record to one file, whether or not the daemon runs.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use serde_json::json;

use crate::cli::exit::{Ending, Exit};
use crate::cli::format::Format;
use crate::clock::{Clock, SystemClock};
use crate::config;
use crate::domain::count::count;
use crate::domain::instant;
use crate::journal::backup::BackupError;
use crate::journal::folder_upkeep::FolderUpkeep;
use crate::journal::manifest::Manifest;
use crate::journal::segment::sync_folder;
use crate::journal::upkeep::Upkeep;

#[derive(Debug, Args)]
pub struct Backup {
    /// File to write, such as wardbell-2026-12-24.tar.gz; `-` for standard output.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Overwrite an existing file.
    #[arg(long)]
    force: bool,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Writes a backup. Every record is verified first, and the file appears only when it is complete.
///
/// # Errors
///
/// The record is damaged, or the file already exists or cannot be written.
pub fn backup(config_file: &Path, args: &Backup) -> Result<Exit> {
    let unusable = || Ending::silent(config_file, "`store.path`");
    let folder = config::store_path(config_file).ok_or_else(unusable)?.join("journal");
    let record = FolderUpkeep::new(&folder);
    if !folder.is_dir() {
        return Err(Ending::no(format!("no record in {}", folder.display())).into());
    }
    if args.file.as_os_str() == "-" {
        let mut out = BufWriter::new(std::io::stdout().lock());
        let manifest = record.back_up(SystemClock.wall(), &mut out).map_err(refusal)?;
        out.flush()?;
        tell(&manifest, None, args.format, &mut anstream::stderr())?;
        return Ok(Exit::Fine);
    }
    let (manifest, bytes) = write(&record, &args.file, args.force)?;
    tell(&manifest, Some((&args.file, bytes)), args.format, &mut anstream::stdout())?;
    Ok(Exit::Fine)
}

fn refusal(error: BackupError) -> anyhow::Error {
    match error {
        BackupError::Read(damage) => Ending::no(format!("no backup was made: {damage}")).into(),
        other => other.into(),
    }
}

/// Writes to a temporary file and renames it, so that the named file is always complete and on disk.
fn write(record: &dyn Upkeep, file: &Path, force: bool) -> Result<(Manifest, u64)> {
    if file.exists() && !force {
        let message = format!("{} already exists. Choose another file, or overwrite it with `--force`", file.display());
        return Err(Ending::usage(message).into());
    }
    let cannot = || format!("cannot write {}", file.display());
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // A unique name, so that two backups to one file do not mix. Only its owner may read it.
    let mut part = tempfile::Builder::new().prefix(".wardbell-backup-").tempfile_in(parent).with_context(cannot)?;
    let mut out = BufWriter::new(&mut part);
    let manifest = record.back_up(SystemClock.wall(), &mut out).map_err(refusal)?;
    out.flush().map_err(BackupError::Write)?;
    drop(out);
    part.as_file().sync_all().map_err(BackupError::Write)?;
    let bytes = part.as_file().metadata().with_context(cannot)?.len();
    let named = if force { part.persist(file) } else { part.persist_noclobber(file) };
    named.with_context(cannot)?;
    sync_folder(parent).with_context(cannot)?;
    Ok((manifest, bytes))
}

fn tell(manifest: &Manifest, file: Option<(&Path, u64)>, format: Format, out: &mut dyn Write) -> Result<()> {
    if format == Format::Json {
        let answer = json!({
            "file": file.map(|(file, _)| file),
            "file_bytes": file.map(|(_, bytes)| bytes),
            "records": manifest.records(),
            "first": manifest.first,
            "last": manifest.last,
            "bytes": manifest.bytes(),
            "head": manifest.head,
            "made_at": instant::to_text(manifest.made_at),
        });
        return writeln!(out, "{answer:#}").map_err(Into::into);
    }
    let (records, bytes) = (count(manifest.records(), "record"), manifest.bytes());
    match file {
        Some((file, packed)) => {
            writeln!(out, "backed up {records} ({bytes} bytes) to {} ({packed} bytes)", file.display())?;
        }
        None => writeln!(out, "backed up {records} ({bytes} bytes)")?,
    }
    writeln!(out, "last hash: {}", manifest.head)?;
    Ok(())
}
