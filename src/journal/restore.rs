//! Verifies a backup completely and restores it all or not at all.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use flate2::bufread::GzDecoder;
use serde::Deserialize;
use tar::{Archive, EntryType};

use crate::domain::digest::{Digest, Digester};
use crate::journal::base::Base;
use crate::journal::error::{Fault, OpenError, ReadError};
use crate::journal::line::Line;
use crate::journal::manifest::{BASE_MEMBER, FORMAT, MANIFEST, Manifest, Member, SEGMENTS};
use crate::journal::owner::hand_over_all;
use crate::journal::place::{hold, lock};
use crate::journal::segment::{self, Segment};
use crate::journal::verify::verify;

/// The longest allowed manifest: it needs a line or two per 64 MiB of the record, and one per file of the plan.
const MANIFEST_BYTES_MAX: u64 = 8 << 20;

/// The longest allowed record: one roster or playbook of 1 MiB, with up to six bytes for each byte.
const LINE_BYTES_MAX: u64 = 16 << 20;

/// The longest allowed base file: it is one line.
const BASE_BYTES_MAX: u64 = 4_096;

/// The longest allowed padding after the archive: `tar` writes up to 10 KiB of zeros, and some hundred KiB with a
/// larger blocking factor. With more, it may have no end.
const PADDING_BYTES_MAX: u64 = 1 << 20;

/// Why a backup was not restored.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    #[error("the backup is incomplete or damaged: {0}\nhint: nothing was changed; take another backup")]
    Bad(String),
    #[error("a later version of wardbell made this backup (format {0}): use that version")]
    Unknown(u32),
    #[error(
        "a wardbell from before its first release made this backup, in a format that no release reads\n\
         hint: nothing was changed; restore it with the version that made it"
    )]
    Prerelease,
    /// There is already a record.
    #[error("{} already contains a record\nhint: move it away first, or set another `path` under `[store]`", .0.display())]
    Occupied(PathBuf),
    /// A store without its record may contain records that the backup does not.
    #[error(
        "{} is the store of another record, and may contain records that the backup does not\n\
         hint: move it away first, and keep it until you have found all records", .0.display()
    )]
    Store(PathBuf),
    /// A daemon is running on it, or the folder cannot be prepared.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// For example, the disk is full.
    #[error("{} cannot be written: {reason}", .path.display())]
    Write { path: PathBuf, reason: String },
}

/// Verifies a backup without changing anything.
///
/// # Errors
///
/// [`RestoreError::Bad`] with the reason.
pub fn examine(input: impl Read) -> Result<Manifest, RestoreError> {
    unpack(input, None)
}

/// Restores a backup's record to `journal`, which must not contain one; `store` is where its store will be.
///
/// # Errors
///
/// See [`RestoreError`]; nothing has changed in that case.
pub fn restore(input: impl Read, journal: &Path, store: &Path) -> Result<Manifest, RestoreError> {
    segment::create_folder(journal).map_err(|error| OpenError::setup(journal, error))?;
    // A daemon whose record was moved away still has its parent folder locked.
    let _beside = hold(segment::parent(journal)).map_err(|error| error.about(journal))?;
    let _lock = lock(journal)?;
    let read = |path: &Path| fs::read_dir(path).map_err(|error| cannot_write(path, &error));
    if read(journal)?.flatten().any(|entry| entry.file_name() != "lock") {
        return Err(RestoreError::Occupied(journal.to_owned()));
    }
    if store.exists() && read(store)?.next().is_some() {
        return Err(RestoreError::Store(store.to_owned()));
    }
    let unfinished = segment::restoring(journal);
    // Leftovers of an earlier attempt are useless.
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished).map_err(|error| cannot_write(&unfinished, &error))?;
    }
    DirBuilder::new().mode(0o700).create(&unfinished).map_err(|error| cannot_write(&unfinished, &error))?;
    let result =
        unpack(input, Some(&unfinished)).and_then(|manifest| take_place(&unfinished, journal).map(|()| manifest));
    if result.is_err() {
        // A leftover is harmless, and the next attempt removes it.
        let _left = fs::remove_dir_all(&unfinished);
    }
    result
}

/// Reads back what was written, and renames it: a power cut leaves all of it or nothing.
fn take_place(unfinished: &Path, journal: &Path) -> Result<(), RestoreError> {
    verify(unfinished).map_err(|error: ReadError| bad(error.to_string()))?;
    // Keeps a daemon that starts now locked out until this has finished.
    let _lock = lock(unfinished)?;
    hand_over_all(unfinished);
    let replace = || {
        segment::sync_folder(unfinished)?;
        remove_lock(&journal.join("lock"))?;
        fs::rename(unfinished, journal)?;
        segment::sync_folder(journal.parent().unwrap_or(Path::new(".")))
    };
    replace().map_err(|error| cannot_write(journal, &error))
}

/// The lock path may be a folder, which is removed if empty, or nothing.
fn remove_lock(path: &Path) -> io::Result<()> {
    let removed = if path.is_dir() { fs::remove_dir(path) } else { fs::remove_file(path) };
    removed.or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
}

fn unpack(input: impl Read, into: Option<&Path>) -> Result<Manifest, RestoreError> {
    let mut archive = Archive::new(GzDecoder::new(BufReader::new(input)));
    // A backup contains no long names; an entry that claims to be one would be read into memory completely.
    let mut entries = archive.entries().map_err(unreadable)?.raw(true);
    let first = entries.next().ok_or_else(|| bad("it is empty"))?.map_err(unreadable)?;
    let manifest = read_manifest(first)?;
    let mut chain = Chain { first: 1, seq: 0, hash: Digest::ZERO };
    for member in &manifest.members {
        let entry = entries.next().ok_or_else(|| bad(format!("`{}` is missing", member.path)))?.map_err(unreadable)?;
        let is_it = entry.path_bytes() == member.path.as_bytes() && entry.header().entry_type() == EntryType::Regular;
        if entry.path_bytes() == member.path.as_bytes() && !is_it {
            return Err(bad(format!("`{}` is not a regular file", member.path)));
        }
        if !is_it {
            let name = String::from_utf8_lossy(&entry.path_bytes()).escape_debug().to_string();
            return Err(bad(format!("found `{name}` where `{}` should be", member.path)));
        }
        if entry.size() != member.bytes {
            return Err(bad(format!("`{}` does not match the manifest", member.path)));
        }
        if member.path == BASE_MEMBER && chain.seq == 0 {
            chain = unpack_base(entry, member, into)?;
        } else {
            unpack_member(entry, member, &mut chain, into)?;
        }
    }
    if let Some(more) = entries.next() {
        let name = String::from_utf8_lossy(&more.map_err(unreadable)?.path_bytes()).escape_debug().to_string();
        return Err(bad(format!("`{name}` is not in the manifest")));
    }
    if (chain.first, chain.seq, chain.hash) != (manifest.first, manifest.last, manifest.head) {
        return Err(bad("its records do not match the manifest"));
    }
    if !ends(archive.into_inner()).map_err(unreadable)? {
        return Err(bad("it has extra data at the end"));
    }
    Ok(manifest)
}

/// Whether only padding follows the archive. The checksum of the compressed file comes after it.
fn ends(mut packed: GzDecoder<impl BufRead>) -> io::Result<bool> {
    let mut padding = [0; 8_192];
    let mut read = 0;
    loop {
        let length = packed.read(&mut padding)?;
        read += length as u64;
        if read > PADDING_BYTES_MAX || padding[..length].iter().any(|byte| *byte != 0) {
            return Ok(false);
        }
        if length == 0 {
            return Ok(packed.get_mut().fill_buf()?.is_empty());
        }
    }
}

fn read_manifest(entry: tar::Entry<'_, impl Read>) -> Result<Manifest, RestoreError> {
    if entry.path_bytes() != MANIFEST.as_bytes() {
        return Err(bad("it does not begin with a manifest: this is not a wardbell backup"));
    }
    if entry.size() > MANIFEST_BYTES_MAX {
        return Err(bad("its manifest cannot be read: it is too long"));
    }
    let mut text = Vec::new();
    entry.take(MANIFEST_BYTES_MAX).read_to_end(&mut text).map_err(unreadable)?;
    let form: Form = serde_json::from_slice(&text).map_err(|_| bad("its manifest cannot be read"))?;
    if form.format > FORMAT {
        return Err(RestoreError::Unknown(form.format));
    }
    let manifest: Manifest = serde_json::from_slice(&text).map_err(|error| bad(format!("its manifest: {error}")))?;
    Ok(manifest)
}

/// The only part of a manifest that is parsed before its format is known.
#[derive(Deserialize)]
struct Form {
    #[serde(default)]
    format: u32,
}

/// The hash chain so far: its first record and its end.
struct Chain {
    first: u64,
    seq: u64,
    hash: Digest,
}

/// Reads the base: the chain begins after the pruned part.
fn unpack_base(entry: impl Read, member: &Member, into: Option<&Path>) -> Result<Chain, RestoreError> {
    let mut text = Vec::new();
    entry.take(BASE_BYTES_MAX).read_to_end(&mut text).map_err(unreadable)?;
    let base = Base::parse(&text).filter(|_| Digest::of(&text) == member.sha256);
    let base = base.ok_or_else(|| bad(format!("`{}` does not match the manifest", member.path)))?;
    if let Some(folder) = into {
        base.write(folder).map_err(|error| cannot_write(folder, &error))?;
    }
    Ok(Chain { first: base.through + 1, seq: base.through, hash: base.hash })
}

fn unpack_member(
    entry: impl Read,
    member: &Member,
    chain: &mut Chain,
    into: Option<&Path>,
) -> Result<(), RestoreError> {
    let name = segment_name(&member.path, chain.seq + 1)
        .ok_or_else(|| bad(format!("`{}` does not belong there", member.path)))?;
    let path = into.map(|folder| folder.join(name));
    let mut out = path.as_ref().map(|path| create(path).map_err(|error| cannot_write(path, &error))).transpose()?;
    let (mut input, mut line) = (BufReader::new(entry), Vec::new());
    let (mut digester, mut bytes) = (Digester::default(), 0);
    loop {
        line.clear();
        let length = input.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line).map_err(unreadable)?;
        if length == 0 {
            break;
        }
        digester.update(&line);
        bytes += length as u64;
        let text = line.strip_suffix(b"\n").ok_or(Fault::NotARecord);
        let step = text.and_then(|text| chain.add(text));
        step.map_err(|fault| match fault {
            Fault::Prerelease => RestoreError::Prerelease,
            fault => bad(format!("record {} in `{}`: {fault}", chain.seq + 1, member.path)),
        })?;
        if let (Some(out), Some(path)) = (&mut out, &path) {
            out.write_all(&line).map_err(|error| cannot_write(path, &error))?;
        }
    }
    if (bytes, digester.finish()) != (member.bytes, member.sha256) {
        return Err(bad(format!("`{}` does not match the manifest", member.path)));
    }
    if let (Some(out), Some(path)) = (out, &path) {
        let file = out.into_inner().map_err(|error| cannot_write(path, error.error()))?;
        file.sync_all().map_err(|error| cannot_write(path, &error))?;
    }
    Ok(())
}

impl Chain {
    fn add(&mut self, text: &[u8]) -> Result<(), Fault> {
        let line = Line::verify(text)?;
        line.at()?;
        if line.seq != self.seq + 1 {
            return Err(Fault::WrongSeq);
        }
        if line.prev != self.hash {
            return Err(Fault::WrongPrevious);
        }
        (self.seq, self.hash) = (line.seq, line.hash);
        Ok(())
    }
}

/// The segment name for a first record, if the member has that name; no other name is ever created.
fn segment_name(path: &str, first: u64) -> Option<String> {
    let segment = Segment::beginning(Path::new(""), first).path.to_str()?.to_owned();
    (path.strip_prefix(SEGMENTS)? == segment).then_some(segment)
}

fn create(path: &Path) -> io::Result<BufWriter<File>> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map(BufWriter::new)
}

fn bad(words: impl Into<String>) -> RestoreError {
    RestoreError::Bad(words.into())
}

fn unreadable(error: io::Error) -> RestoreError {
    bad(format!("it cannot be read or unpacked: {error}"))
}

fn cannot_write(path: &Path, error: &io::Error) -> RestoreError {
    RestoreError::Write { path: path.to_owned(), reason: error.to_string() }
}
