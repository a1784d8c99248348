//! `wardbell audit`: proves that the record is whole, and brings back the plans that it tells of.

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

/// How to tell.
#[derive(Debug, Args)]
pub struct AuditVerify {
    /// For people, or for programs.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Verifies every record's hash, and that each hangs on the one before; the daemon may run meanwhile.
///
/// # Errors
///
/// Where the record is damaged, or holds nothing.
pub fn audit_verify(config_file: &Path, args: &AuditVerify) -> Result<Exit> {
    let folder = usable(config_file)?.settings.store_path.join("journal");
    let verified = FolderUpkeep::new(&folder).verify(&|| false).map_err(|damage| Ending::no(damage.to_string()))?;
    let records = verified.records - verified.pruned.map_or(0, |pruned| pruned.through);
    match args.format {
        Format::Json => verified_json(&verified, records),
        Format::Text => verified_text(&verified, records),
    }?;
    if records == 0 {
        let hint = "hint: if it should, restore a backup: `wardbell restore FILE`";
        return Err(Ending::no(format!("{} holds no record\n{hint}", folder.display())).into());
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
        writeln!(out, "records 1–{through} were pruned on {on} under a retention of {keep_for}")?;
    }
    if records > 0 {
        let (are, segments) = (if records == 1 { "is" } else { "are" }, count(verified.segments, "segment"));
        let records = count(records, "record");
        writeln!(out, "{records} in {segments} {are} whole, the last hash is {}", verified.head)?;
    }
    if verified.torn_bytes > 0 {
        let torn = count(verified.torn_bytes, "byte");
        writeln!(
            out,
            "{torn} that are no whole record follow: one is being written, or a power cut tore it, or the end was damaged"
        )?;
    }
    Ok(())
}

/// So many digits of a hash tell versions apart and leave a line its width; `--format json` has all of them.
const SHOWN_DIGITS: usize = 16;

/// Which plan, and what to do with it.
#[derive(Debug, Args)]
pub struct AuditPlan {
    /// In force when, such as 2026-12-24T17:00:00Z; without an offset it is read as UTC; now, if left out.
    #[arg(long, value_name = "T")]
    at: Option<When>,
    /// Write the files, letter by letter as they were, into a new folder.
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// For people, or for programs.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Tells which files were in force at an instant, by the record alone; the daemon may run meanwhile.
///
/// # Errors
///
/// The record is damaged or begins later, or the folder is there already.
pub fn audit_plan(config_file: &Path, args: &AuditPlan) -> Result<Exit> {
    let unusable = || Ending::silent(config_file, "where the record is");
    let folder = config::store_path(config_file).ok_or_else(unusable)?.join("journal");
    let at = args.at.map_or_else(|| SystemClock.wall(), |when| when.in_zone(&Zone::utc()));
    let plan = FolderUpkeep::new(&folder).plan_at(at).map_err(|error| Ending::no(error.to_string()))?;
    let begins_later = || Ending::no(format!("the record tells of no plan at {} or before", instant::to_text(at)));
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
    let until = plan.until.map_or_else(|| "and still is".into(), |until| format!("until {}", instant::to_text(until)));
    writeln!(answer, "in force from {} {until}, by record {}", instant::to_text(plan.from), plan.seq)?;
    for file in &plan.files {
        let is_kept = plan.texts.contains_key(&file.sha256);
        let note = if is_kept { "" } else { "  (its text is not in the record)" };
        writeln!(answer, "  {:.SHOWN_DIGITS$}  {}{note}", file.sha256.to_string(), file.path)?;
    }
    match out {
        Some(folder) => writeln!(answer, "{} written to {}", count(plan.texts.len() as u64, "file"), folder.display()),
        None => Ok(()),
    }
}

/// All of them or none: they are gathered in a folder beside it, which then gets its name. Only their owner may read
/// them: rosters hold private phone numbers.
fn write_files(plan: &PastPlan, out: &Path) -> Result<()> {
    if out.exists() {
        return Err(Ending::usage(format!("{} is there already: name a new folder", out.display())).into());
    }
    let parent = out.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let cannot = || format!("{} cannot be written", out.display());
    make(parent).with_context(cannot)?;
    // What is left of it goes away with it, wherever this ends.
    let beside = tempfile::Builder::new().prefix(".wardbell-plan-").tempdir_in(parent).with_context(cannot)?;
    let gathered = beside.path().join("plan");
    make(&gathered).with_context(cannot)?;
    for file in &plan.files {
        let Some(text) = plan.texts.get(&file.sha256) else { continue };
        let Some(bytes) = file.bytes(text) else {
            return Err(
                Ending::no(format!("the record holds another text for {} than its hash says", file.path)).into()
            );
        };
        let inside = inside(&file.path);
        let path = gathered.join(&inside);
        let cannot = || format!("{} cannot be written", out.join(&inside).display());
        path.parent().map_or(Ok(()), make).with_context(cannot)?;
        let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        opened.and_then(|mut opened| opened.write_all(&bytes)).with_context(cannot)?;
    }
    fs::rename(&gathered, out).with_context(cannot)
}

fn make(folder: &Path) -> std::io::Result<()> {
    fs::DirBuilder::new().mode(0o700).recursive(true).create(folder)
}

/// The path without what would lead out of a folder.
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
        // A file cannot stand where a folder must be.
        let broken = plan(&[("rosters/a.toml", "one"), ("rosters/b", "two"), ("rosters/b/c.toml", "three")]);
        let error = format!("{:#}", write_files(&broken, &out).unwrap_err());
        assert!(error.contains("kept/then/rosters/b/c.toml cannot be written"), "{error}");
        let mut other = plan(&[("rosters/a.toml", "one"), ("rosters/b.toml", "two")]);
        other.texts.insert(other.files[1].sha256, "another".into());
        assert!(write_files(&other, &out).unwrap_err().to_string().contains("another text for rosters/b.toml"));
        assert_eq!(fs::read_dir(folder.path().join("kept")).unwrap().count(), 0, "nothing is left of it");

        write_files(&plan(&[("rosters/a.toml", "one"), ("../b.toml", "two")]), &out).unwrap();
        assert_eq!(fs::read_to_string(out.join("rosters/a.toml")).unwrap(), "one");
        assert_eq!(fs::read_to_string(out.join("b.toml")).unwrap(), "two");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&out), mode(&out.join("b.toml"))), (0o700, 0o600));
        assert_eq!(fs::read_dir(folder.path().join("kept")).unwrap().count(), 1);
        let again = write_files(&plan(&[]), &out).unwrap_err().to_string();
        assert!(again.contains("is there already"), "{again}");
    }
}
