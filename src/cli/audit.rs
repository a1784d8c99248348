//! `wardbell audit`: verifies the record and restores the plans in it.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use serde_json::json;

use crate::cli::exit::{Ending, Exit};
use crate::cli::format::Format;
use crate::cli::serve::usable;
use crate::cli::when::When;
use crate::clock::{Clock, SystemClock};
use crate::config;
use crate::domain::count::count;
use crate::domain::instant;
use crate::domain::plan::PlanFile;
use crate::domain::zone::Zone;
use crate::journal::folder_upkeep::FolderUpkeep;
use crate::journal::plans::PastPlan;
use crate::journal::upkeep::Upkeep;
use crate::journal::verify::{Pruned, Verified};

#[derive(Debug, Args)]
pub struct AuditVerify {
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Verifies the hash chain of the record. Safe to run while the daemon runs.
///
/// # Errors
///
/// The record is damaged or empty.
pub fn audit_verify(config_file: &Path, args: &AuditVerify) -> Result<Exit> {
    let folder = usable(config_file)?.settings.store_path.join("journal");
    let verified = FolderUpkeep::new(&folder).verify(&|| false).map_err(|damage| Ending::no(damage.to_string()))?;
    let records = verified.records - verified.pruned.map_or(0, |pruned| pruned.through);
    match args.format {
        Format::Json => verified_json(&verified, records),
        Format::Text => verified_text(&verified, records),
    }?;
    if records == 0 {
        let hint = "hint: to restore a backup, run `wardbell restore FILE`";
        return Err(Ending::no(format!("{} contains no record\n{hint}", folder.display())).into());
    }
    Ok(Exit::Fine)
}

fn verified_json(verified: &Verified, records: u64) -> std::io::Result<()> {
    let pruned = |Pruned { through, on, keep_for }: Pruned| json!({ "through": through, "on": instant::to_text(on), "keep_for": keep_for.to_string() });
    let answer = json!({
        "records": records,
        "last": verified.records,
        "segments": verified.segments,
        "head": verified.head,
        "torn_bytes": verified.torn_bytes,
        "pruned": verified.pruned.map(pruned),
    });
    writeln!(anstream::stdout(), "{answer:#}")
}

fn verified_text(verified: &Verified, records: u64) -> std::io::Result<()> {
    let mut out = anstream::stdout();
    if let Some(Pruned { through, on, keep_for }) = verified.pruned {
        let on = on.date_naive();
        writeln!(out, "records 1–{through} were pruned on {on} (retention: {keep_for})")?;
    }
    if records > 0 {
        let segments = count(verified.segments, "segment");
        let records = count(records, "record");
        writeln!(out, "verified {records} in {segments}; last hash: {}", verified.head)?;
    }
    if verified.torn_bytes > 0 {
        let torn = count(verified.torn_bytes, "byte");
        writeln!(
            out,
            "{torn} after the last record do not form a whole record: a write is in progress, the power failed, or the end is damaged"
        )?;
    }
    Ok(())
}

/// Enough digits to tell versions apart on one line; `--format json` prints the whole hash.
const SHOWN_DIGITS: usize = 16;

#[derive(Debug, Args)]
pub struct AuditPlan {
    /// Time to look up, such as 2026-12-24T17:00:00Z; UTC unless it has an offset; default: now.
    #[arg(long, value_name = "T")]
    at: Option<When>,
    /// Write the exact files into a new folder.
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Prints which files were in force at a given time, from the record alone. Safe to run while the daemon runs.
///
/// # Errors
///
/// The record is damaged or begins later, or the output folder already exists.
pub fn audit_plan(config_file: &Path, args: &AuditPlan) -> Result<Exit> {
    let unusable = || Ending::silent(config_file, "`store.path`");
    let folder = config::store_path(config_file).ok_or_else(unusable)?.join("journal");
    let at = args.at.map_or_else(|| SystemClock.wall(), |when| when.in_zone(&Zone::utc()));
    let plan = FolderUpkeep::new(&folder).plan_at(at).map_err(|error| Ending::no(error.to_string()))?;
    let begins_later = || Ending::no(format!("the record has no plan at or before {}", instant::to_text(at)));
    let plan = plan.ok_or_else(begins_later)?;
    if let Some(out) = &args.out {
        write_files(&plan, out)?;
    }
    match args.format {
        Format::Json => tell_json(&plan),
        Format::Text => tell_text(&plan, args.out.as_deref()),
    }?;
    Ok(Exit::Fine)
}

fn tell_json(plan: &PastPlan) -> std::io::Result<()> {
    let file = |file: &PlanFile| json!({ "path": file.path, "sha256": file.sha256, "kept": plan.texts.contains_key(&file.sha256) });
    let answer = json!({
        "seq": plan.seq,
        "from": instant::to_text(plan.from),
        "until": plan.until.map(instant::to_text),
        "files": plan.files.iter().map(file).collect::<Vec<_>>(),
    });
    writeln!(anstream::stdout(), "{answer:#}")
}

fn tell_text(plan: &PastPlan, out: Option<&Path>) -> std::io::Result<()> {
    let mut answer = anstream::stdout();
    let until = plan.until.map_or_else(|| "until now".into(), |until| format!("until {}", instant::to_text(until)));
    writeln!(answer, "in force from {} {until}, by record {}", instant::to_text(plan.from), plan.seq)?;
    for file in &plan.files {
        let is_kept = plan.texts.contains_key(&file.sha256);
        let note = if is_kept { "" } else { "  (text not in the record)" };
        writeln!(answer, "  {:.SHOWN_DIGITS$}  {}{note}", file.sha256.to_string(), file.path)?;
    }
    match out {
        Some(folder) => writeln!(answer, "{} written to {}", count(plan.texts.len() as u64, "file"), folder.display()),
        None => Ok(()),
    }
}

/// Writes to a temporary folder first, then renames it, so that a failure leaves nothing behind. Only the owner may
/// read the files: rosters contain private phone numbers.
fn write_files(plan: &PastPlan, out: &Path) -> Result<()> {
    if out.exists() {
        return Err(Ending::usage(format!("{} already exists; choose a new folder", out.display())).into());
    }
    let parent = out.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let cannot = || format!("cannot write {}", out.display());
    make(parent).with_context(cannot)?;
    // Dropping it deletes what is left, however this function returns.
    let beside = tempfile::Builder::new().prefix(".wardbell-plan-").tempdir_in(parent).with_context(cannot)?;
    let gathered = beside.path().join("plan");
    make(&gathered).with_context(cannot)?;
    for file in &plan.files {
        let Some(text) = plan.texts.get(&file.sha256) else { continue };
        let Some(bytes) = file.bytes(text) else {
            return Err(Ending::no(format!("the recorded text of {} does not match its hash", file.path)).into());
        };
        let inside = inside(&file.path);
        let path = gathered.join(&inside);
        let cannot = || format!("cannot write {}", out.join(&inside).display());
        path.parent().map_or(Ok(()), make).with_context(cannot)?;
        let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        opened.and_then(|mut opened| opened.write_all(&bytes)).with_context(cannot)?;
    }
    fs::rename(&gathered, out).with_context(cannot)
}

fn make(folder: &Path) -> std::io::Result<()> {
    fs::DirBuilder::new().mode(0o700).recursive(true).create(folder)
}

/// Removes the parts of a path that would lead out of the folder.
fn inside(path: &str) -> PathBuf {
    Path::new(path).components().filter(|part| matches!(part, Component::Normal(_))).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::domain::digest::Digest;

    fn plan(files: &[(&str, &str)]) -> PastPlan {
        let digest = |text: &str| Digest::of(text.as_bytes());
        PastPlan {
            seq: 1,
            from: chrono::DateTime::UNIX_EPOCH,
            until: None,
            files: files.iter().map(|(path, text)| PlanFile { path: (*path).into(), sha256: digest(text) }).collect(),
            texts: files.iter().map(|(_, text)| (digest(text), (*text).into())).collect(),
        }
    }

    #[test]
    fn a_plan_is_written_whole_or_not_at_all_and_then_again() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("kept/then");
        // A file cannot be where a folder must be.
        let broken = plan(&[("rosters/a.toml", "one"), ("rosters/b", "two"), ("rosters/b/c.toml", "three")]);
        let error = format!("{:#}", write_files(&broken, &out).unwrap_err());
        assert!(error.contains("cannot write "), "{error}");
        let mut other = plan(&[("rosters/a.toml", "one"), ("rosters/b.toml", "two")]);
        other.texts.insert(other.files[1].sha256, "another".into());
        assert!(
            write_files(&other, &out)
                .unwrap_err()
                .to_string()
                .contains("the recorded text of rosters/b.toml does not match its hash")
        );
        assert_eq!(fs::read_dir(folder.path().join("kept")).unwrap().count(), 0, "nothing is left of it");

        write_files(&plan(&[("rosters/a.toml", "one"), ("../b.toml", "two")]), &out).unwrap();
        assert_eq!(fs::read_to_string(out.join("rosters/a.toml")).unwrap(), "one");
        assert_eq!(fs::read_to_string(out.join("b.toml")).unwrap(), "two");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&out), mode(&out.join("b.toml"))), (0o700, 0o600));
        assert_eq!(fs::read_dir(folder.path().join("kept")).unwrap().count(), 1);
        let again = write_files(&plan(&[]), &out).unwrap_err().to_string();
        assert!(again.contains("already exists"), "{again}");
    }
}
