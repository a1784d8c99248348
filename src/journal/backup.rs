//! A consistent copy of the record in one file, made while a daemon appends to it.
//!
//! The record is append-only, so a copy that ends with a complete, verified record is consistent. It is read twice,
//! first to verify and summarize it for the manifest, then to copy it; memory use stays small.

use std::cell::RefCell;
use std::io::{self, Read, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::domain::digest::{Digest, Digester};
use crate::domain::instant;
use crate::domain::plan::PlanFile;
use crate::journal::base::{Base, layout};
use crate::journal::checkpoint::start;
use crate::journal::error::ReadError;
use crate::journal::lines::plain_text;
use crate::journal::manifest::{BASE_MEMBER, FORMAT, MANIFEST, Manifest, Member, SEGMENTS};
use crate::journal::record::{Fact, SystemEvent};
use crate::journal::segment::Segment;
use crate::journal::walk::{Reached, Visit, walk_segment};

/// Why a backup failed.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The record is damaged or cannot be read. A damaged record is not backed up.
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("cannot write the backup: {0}")]
    Write(#[from] io::Error),
    /// A segment changed since it was verified.
    #[error("{} changed while it was copied\nhint: run `wardbell audit verify`, then make the backup again", .0.display())]
    Changed(PathBuf),
}

/// Writes a backup of the record in a folder without changing the folder.
///
/// # Errors
///
/// See [`BackupError`]; discard what was written.
pub fn backup(folder: &Path, now: DateTime<Utc>, out: &mut dyn Write) -> Result<Manifest, BackupError> {
    let (manifest, base, segments) = survey(folder, now)?;
    let mut archive = tar::Builder::new(GzEncoder::new(out, Compression::default()));
    let text = serde_json::to_vec_pretty(&manifest).map_err(io::Error::other)?;
    append(&mut archive, now, MANIFEST, text.len() as u64, &mut text.as_slice())?;
    if let (Some(base), Some(member)) = (base, manifest.members.first()) {
        append(&mut archive, now, BASE_MEMBER, member.bytes, &mut base.to_text().as_bytes())?;
    }
    let members = manifest.members.iter().skip(usize::from(base.is_some()));
    for (member, segment) in members.zip(&segments) {
        let text = plain_text(segment)?.take(member.bytes);
        let mut copied = Summed { input: text, digester: Digester::default(), bytes: 0 };
        append(&mut archive, now, &member.path, member.bytes, &mut copied)?;
        if copied.bytes != member.bytes || copied.digester.finish() != member.sha256 {
            return Err(BackupError::Changed(segment.path.clone()));
        }
    }
    archive.into_inner()?.finish()?;
    Ok(manifest)
}

/// Verifies all records and summarizes each segment up to its last complete record.
fn survey(folder: &Path, now: DateTime<Utc>) -> Result<(Manifest, Option<Base>, Vec<Segment>), ReadError> {
    let earlier = start(folder)?.checkpoint.and_then(|found| found.plan);
    let layout = layout(folder)?;
    let (listed, (before, hash)) = (&layout.segments, layout.start());
    let mut reached = Reached { seq: before, hash: Some(hash), ..Reached::default() };
    let (mut members, mut segments) = (Vec::new(), Vec::new());
    let plan = RefCell::new(earlier.map_or_else(Vec::new, |plan| plan.files));
    if let Some(text) = layout.base.map(Base::to_text) {
        let (path, bytes, sha256) = (BASE_MEMBER.to_owned(), text.len() as u64, Digest::of(text.as_bytes()));
        members.push(Member { path, bytes, sha256 });
    }
    for (index, segment) in listed.iter().enumerate() {
        let (mut digester, mut bytes) = (Digester::default(), 0);
        let visit: Visit = &mut |line, text| {
            line.at()?;
            if line.is_system_event()
                && let Fact::System(SystemEvent::PlanLoaded { files }) = line.record()?.entry.fact
            {
                *plan.borrow_mut() = files;
            }
            digester.update(text.as_bytes());
            digester.update(b"\n");
            bytes += text.len() as u64 + 1;
            Ok(ControlFlow::Continue(()))
        };
        let end = listed.get(index + 1).map(|next| next.first);
        let after = reached.seq;
        let _never_broken = walk_segment(segment, end, after, &mut reached, visit)?;
        if bytes > 0 {
            let path = format!("{SEGMENTS}{:020}.jsonl", segment.first);
            members.push(Member { path, bytes, sha256: digester.finish() });
            segments.push(segment.clone());
        }
    }
    let plan: Vec<PlanFile> = plan.into_inner();
    let (first, last, head) = (before + 1, reached.seq, reached.hash.unwrap_or(Digest::ZERO));
    let wardbell = env!("CARGO_PKG_VERSION").to_owned();
    let made_at = instant::to_millis(now);
    let manifest = Manifest { format: FORMAT, wardbell, made_at, first, last, head, members, plan };
    Ok((manifest, layout.base, segments))
}

fn append(
    archive: &mut tar::Builder<impl Write>,
    now: DateTime<Utc>,
    path: &str,
    bytes: u64,
    input: &mut dyn Read,
) -> io::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes);
    header.set_mode(0o600);
    header.set_mtime(u64::try_from(now.timestamp()).unwrap_or_default());
    archive.append_data(&mut header, path, input)
}

/// Counts and hashes what is read.
struct Summed<R> {
    input: R,
    digester: Digester,
    bytes: u64,
}

impl<R: Read> Read for Summed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.input.read(buffer)?;
        self.digester.update(&buffer[..length]);
        self.bytes += length as u64;
        Ok(length)
    }
}
