//! The record: what is accepted is written again byte for byte, what is not is told, and nothing sound is lost.
//!
//! Chance finds no SHA-256, so most of an input are events that are sealed here as a journal seals its own:
//!
//! - the first lines are one record each: an event's JSON, with an incident's reference and a blank before it where it
//!   is an incident's; a line `---` begins another file;
//! - whatever follows the first empty line stands at the end of the last file as it is.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use chrono::{DateTime, Utc};
use wardbell::domain::digest::Digest;
use wardbell::journal::file::FileJournal;
use wardbell::journal::folder_reader::FolderReader;
use wardbell::journal::line::{Line, encode};
use wardbell::journal::port::{Epoch, Found, Journal, Reader};
use wardbell::journal::record::{Entry, Fact, SystemEvent};
use wardbell::journal::verify::verify;

/// More records say nothing new.
const RECORDS_MAX: u64 = 64;

pub fn check(bytes: &[u8]) {
    for line in bytes.split(|byte| *byte == b'\n') {
        written_again(line);
    }
    let sealed = Sealed::new(bytes);
    for (_, file) in &sealed.files {
        for line in file.split(|byte| *byte == b'\n') {
            written_again(line);
        }
    }
    let folder = if Path::new("/dev/shm").is_dir() { tempfile::tempdir_in("/dev/shm") } else { tempfile::tempdir() };
    let folder = folder.expect("a folder");
    for (first, file) in &sealed.files {
        fs::write(folder.path().join(format!("{first:020}.jsonl")), file).expect("a file is written");
    }
    walked(folder.path());
}

/// A record that is accepted can be written; what is written is accepted, and written again it is the same.
fn written_again(line: &[u8]) {
    let split = Line::split(line);
    let Ok(parts) = Line::verify(line) else { return };
    assert!(split.is_ok_and(|split| split.hash == parts.hash), "what is verified can be taken apart");
    assert!(line.windows(64).any(|part| part == parts.hash.to_hex()), "its hash stands in it");
    let Ok(record) = parts.record() else { return };
    let mut written = Vec::new();
    encode(&mut written, record.seq, parts.prev, &record.entry).expect("what was read can be written");
    let parts = Line::verify(&written).expect("what is written is accepted");
    let again = parts.record().expect("and read");
    let mut twice = Vec::new();
    encode(&mut twice, again.seq, parts.prev, &again.entry).expect("it can be written again");
    assert_eq!(String::from_utf8_lossy(&written), String::from_utf8_lossy(&twice), "byte for byte");
}

/// A folder that verifies can be opened, read and written on; one that does not is refused, and stays as it is.
fn walked(folder: &Path) {
    let verified = verify(folder);
    let read = read(folder, 0);
    match FileJournal::open(folder) {
        Ok((mut journal, opened)) => {
            let head = journal.head();
            if let Ok(verified) = &verified {
                assert_eq!((verified.records, verified.head), (head.seq, head.hash), "both find the same end");
                assert_eq!(verified.torn_bytes, opened.cut_bytes, "and the same torn bytes");
            }
            let at = head.at.unwrap_or(DateTime::<Utc>::UNIX_EPOCH);
            let entry = Entry { at, fact: Fact::System(SystemEvent::Started { version: "1".to_owned() }) };
            journal.append(Epoch::FIRST, &[entry]).expect("it can be written on");
            if let Ok(before) = verified {
                let after = verify(folder).expect("it still verifies");
                assert_eq!((after.records, after.torn_bytes), (before.records + 1, 0), "with one record more");
            }
        }
        Err(error) => {
            assert!(verified.is_err() || read.is_err(), "what verifies can be opened: {error}");
            assert!(!error.to_string().is_empty());
        }
    }
}

/// The numbers of all records after one, or why they cannot be read.
fn read(folder: &Path, after: u64) -> Result<Vec<u64>, String> {
    let mut seqs = Vec::new();
    let visit = &mut |found: Found<'_>| {
        seqs.push(found.record.seq);
        ControlFlow::Continue(())
    };
    FolderReader::new(folder).read_after(after, visit).map_err(|error| error.to_string())?;
    assert!(seqs.iter().copied().eq(after + 1..=after + seqs.len() as u64), "records are read in order");
    Ok(seqs)
}

/// Files of records, each sealed upon the one before.
struct Sealed {
    files: Vec<(u64, Vec<u8>)>,
}

impl Sealed {
    fn new(bytes: &[u8]) -> Self {
        let mut sealed = Self { files: vec![(1, Vec::new())] };
        let (mut seq, mut prev, mut rest) = (1, Digest::ZERO, bytes);
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n').filter(|_| seq <= RECORDS_MAX) {
            let line = &rest[..end];
            rest = &rest[end + 1..];
            if line.is_empty() {
                break;
            }
            if line == b"---" {
                if sealed.files.last().is_some_and(|(first, _)| *first < seq) {
                    sealed.files.push((seq, Vec::new()));
                }
                continue;
            }
            prev = sealed.record(seq, prev, line);
            seq += 1;
        }
        sealed.end().extend_from_slice(rest);
        sealed
    }

    fn end(&mut self) -> &mut Vec<u8> {
        &mut self.files.last_mut().expect("there is a file").1
    }

    fn record(&mut self, seq: u64, prev: Digest, event: &[u8]) -> Digest {
        let (incident, event) = match event.split_at_checked(9) {
            Some((id, event)) if id[8] == b' ' && id.is_ascii() => {
                (String::from_utf8_lossy(&id[..8]).into_owned(), event)
            }
            _ => (String::new(), event),
        };
        let incident = if incident.is_empty() { incident } else { format!(r#","id":"{incident}""#) };
        let kind = if incident.is_empty() { "system" } else { "incident" };
        let mut line =
            format!(r#"{{"v":2,"seq":{seq},"at":"2026-12-24T23:00:00.{seq:03}Z","kind":"{kind}"{incident},"event":"#)
                .into_bytes();
        line.extend_from_slice(event);
        line.extend_from_slice(format!(r#","prev":"{prev}""#).as_bytes());
        let hash = Digest::of(&line);
        line.extend_from_slice(format!(",\"hash\":\"{hash}\"}}\n").as_bytes());
        self.end().extend_from_slice(&line);
        hash
    }
}
