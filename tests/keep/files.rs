//! Power cuts, flipped bits, full disks and second processes.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;
use wardbell::domain::id::IncidentId;
use wardbell::journal::error::{Fault, JournalError, Leftover, OpenError, ReadError};
use wardbell::journal::file::FileJournal;
use wardbell::journal::port::{Epoch, Head, Journal};
use wardbell::journal::record::Entry;
use wardbell::journal::verify::verify;

use crate::fixture::{House, segments};
use crate::journal::read;

/// A folder with a record made of such batches, and where it ended before the last one.
fn recorded(batches: &[usize], segment_bytes: u64) -> (TempDir, Vec<Entry>, Head) {
    let folder = tempfile::tempdir().unwrap();
    let (journal, _) = FileJournal::open(folder.path()).unwrap();
    let mut journal = journal.with_segment_bytes(segment_bytes);
    let (mut house, mut entries, mut before) = (House::new(3), Vec::new(), Head::START);
    for count in batches {
        before = journal.head();
        let batch = house.entries(*count);
        journal.append(Epoch::FIRST, &batch).unwrap();
        entries.extend(batch);
    }
    (folder, entries, before)
}

fn reopen(folder: &Path) -> Result<(FileJournal, u64), OpenError> {
    FileJournal::open(folder).map(|(journal, opened)| (journal, opened.cut_bytes))
}

#[test]
fn a_batch_that_was_cut_at_any_byte_is_cut_to_whole_records_and_the_journal_goes_on() {
    let (folder, mut entries, _) = recorded(&[4], u64::MAX);
    let (mut journal, _) = reopen(folder.path()).unwrap();
    let before = journal.head();
    entries.extend(House::new(3).closing(IncidentId::from_random(1)));
    journal.append(Epoch::FIRST, &entries[4..]).unwrap();
    drop(journal);
    let path = segments(folder.path()).pop().unwrap();
    let whole = fs::read(&path).unwrap();
    let starts: Vec<usize> =
        whole.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1).collect();
    let batch_start = starts[3];
    for length in batch_start..=whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        let kept = starts.iter().filter(|start| **start <= length).count();
        assert_eq!(verify(folder.path()).unwrap().records, kept as u64);
        let (mut journal, cut) = reopen(folder.path()).unwrap();
        let torn = length - starts[kept - 1];
        assert_eq!((journal.head().seq, cut), (kept as u64, torn as u64), "cut at {length}");
        assert!(journal.head().seq >= before.seq);
        if length % 16 != 0 && length != whole.len() {
            continue;
        }
        journal.append(Epoch::FIRST, &entries[kept..=kept.min(entries.len() - 1)]).unwrap();
        drop(journal);
        let found = read(reopen(folder.path()).unwrap().0.reader().as_ref(), 0);
        let records: Vec<_> = found.into_iter().map(|(record, _, _)| record.entry).collect();
        assert_eq!(records[..kept], entries[..kept]);
    }
}

#[test]
fn blocks_that_were_never_written_are_cut_off_like_a_torn_line() {
    let (folder, _, _) = recorded(&[5], u64::MAX);
    let path = segments(folder.path()).pop().unwrap();
    let mut file = OpenOptions::new().append(true).open(&path).unwrap();
    file.write_all(&[&[0; 3_000][..], b"\n", &[0; 96]].concat()).unwrap();
    assert_eq!(verify(folder.path()).unwrap().torn_bytes, 3_097);
    assert_eq!(reopen(folder.path()).unwrap().1, 3_097);
    assert_eq!(reopen(folder.path()).unwrap().1, 0);
}

#[test]
fn a_flipped_bit_anywhere_is_found_and_named() {
    let (folder, _, _) = recorded(&[6], u64::MAX);
    let path = segments(folder.path()).pop().unwrap();
    let whole = fs::read(&path).unwrap();
    for position in (0..whole.len()).step_by(13).chain([whole.len() - 1]) {
        let mut bent = whole.clone();
        bent[position] ^= 1 << (position % 8);
        fs::write(&path, &bent).unwrap();
        let lines_before = whole[..position].iter().filter(|byte| **byte == b'\n').count() as u64;
        let verified = verify(folder.path());
        let Err(ReadError::Damage(damage)) = verified else {
            panic!("byte {position} passed: {verified:?} {:?}", String::from_utf8_lossy(&bent[position - 30..]));
        };
        assert_eq!((damage.first, damage.line, &damage.segment), (1, lines_before + 1, &path));
        let Err(OpenError::Read(ReadError::Damage(same))) = reopen(folder.path()) else { panic!("opened {position}") };
        assert_eq!(same, damage);
        assert_eq!(fs::read(&path).unwrap(), bent, "nothing has changed");
    }
}

#[test]
fn each_damage_is_told_with_what_helps_and_nothing_that_cuts_off_what_is_sound() {
    let (folder, _, _) = recorded(&[3, 3, 3, 3], 1);
    let all = segments(folder.path());
    let told = || verify(folder.path()).unwrap_err().to_string();
    let cuts = |text: &str| text.contains("truncate");
    let restored = |path: &Path, bytes: &[u8], text: String| {
        fs::write(path, bytes).unwrap();
        assert_eq!(verify(folder.path()).unwrap().records, 12);
        text
    };
    let flipped = |path: &Path, line: usize, at: Option<usize>| {
        let whole = fs::read(path).unwrap();
        let ends: Vec<usize> = (0..whole.len()).filter(|at| whole[*at] == b'\n').collect();
        let mut bent = whole.clone();
        bent[at.unwrap_or(ends[line - 1] - 300)] ^= 1;
        fs::write(path, bent).unwrap();
        restored(path, &whole, told())
    };
    // Sound records follow, in the file or behind it.
    for text in [flipped(&all[3], 2, None), flipped(&all[1], 3, None)] {
        assert!(!cuts(&text) && text.contains("if its store has a copy"), "{text}");
        assert!(text.contains("restore this file from a backup"), "{text}");
    }
    let text = flipped(&all[3], 3, None);
    assert!(text.contains("line 3") && text.contains("if the machine lost power") && cuts(&text), "{text}");
    let end = fs::read(&all[3]).unwrap().len() - 1;
    let text = flipped(&all[3], 3, Some(end));
    assert!(
        text.contains("line 3") && !cuts(&text),
        "a record whose line's end alone is damaged is no torn one: {text}"
    );

    let (file, away) = (|index: usize| all[index].display().to_string(), folder.path().join("away"));
    let without = |index: usize| {
        fs::rename(&all[index], &away).unwrap();
        let text = told();
        fs::rename(&away, &all[index]).unwrap();
        text
    };
    for (missing, words) in [(0, "records 1–3 are missing"), (1, "records 4–6 are missing")] {
        let (text, next) = (without(missing), file(missing + 1));
        assert!(text.contains(&format!("{words} before {next}")) && !cuts(&text), "{text}");
        assert!(text.contains(&format!("If {next} does not belong here, move it away")), "{text}");
        assert!(missing == 0 || !text.contains(&file(missing - 1)), "the file before is sound: {text}");
    }
    let stray = folder.path().join("00000000000000009999.jsonl");
    fs::write(&stray, "").unwrap();
    let text = told();
    let words = format!("records 13–9998 are missing before {0}", stray.display());
    assert!(text.contains(&words) && text.contains("move it away instead") && !cuts(&text), "{text}");
}

#[test]
fn lines_that_are_missing_doubled_or_swapped_are_found() {
    let (folder, _, _) = recorded(&[6], u64::MAX);
    let path = segments(folder.path()).pop().unwrap();
    let whole = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = whole.split_inclusive('\n').collect();
    let fault = |lines: &[&str]| {
        fs::write(&path, lines.concat()).unwrap();
        match verify(folder.path()) {
            Err(ReadError::Damage(damage)) => (damage.line, damage.fault),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(fault(&[lines[0], lines[2]]), (2, Fault::WrongSeq));
    assert_eq!(fault(&[lines[0], lines[0]]), (2, Fault::WrongSeq));
    assert_eq!(fault(&[lines[1], lines[0]]), (1, Fault::WrongSeq));
    let newer = whole.replacen(r#"{"v":2"#, r#"{"v":3"#, 1);
    fs::write(&path, newer).unwrap();
    assert!(verify(folder.path()).unwrap_err().to_string().contains("a later version of wardbell wrote it"));
}

#[test]
fn a_segment_that_is_missing_is_found() {
    let (folder, _, _) = recorded(&[3, 3, 3, 3], 1);
    let all = segments(folder.path());
    assert_eq!(all.len(), 4);
    let away = folder.path().join("away");
    for (index, missing) in all.iter().enumerate().take(3) {
        fs::rename(missing, &away).unwrap();
        let Err(ReadError::Damage(damage)) = verify(folder.path()) else { panic!("{missing:?} is not missed") };
        let noticed_in = if index == 0 { &all[1] } else { &all[index - 1] };
        assert_eq!((damage.fault, &damage.segment), (Fault::Missing, noticed_in));
        fs::rename(&away, missing).unwrap();
    }
    assert_eq!(verify(folder.path()).unwrap().segments, 4);
}

#[test]
fn what_was_never_answered_is_passed_over_where_the_next_segment_begins() {
    let (folder, mut entries, before) = recorded(&[4, 3], u64::MAX);
    let first = segments(folder.path()).pop().unwrap();
    let whole = fs::read(&first).unwrap();
    // The batch of three could not be written, nor cut off; the same happened once more before one went through.
    fs::write(folder.path().join("00000000000000000005.jsonl"), b"").unwrap();
    assert_eq!(reopen(folder.path()).unwrap().0.head(), before);
    let (mut journal, _) = reopen(folder.path()).unwrap();
    let again = House::new(9).entries(2);
    journal.append(Epoch::FIRST, &again).unwrap();
    assert_eq!(fs::read(&first).unwrap(), whole, "the failed segment is left alone");
    entries.truncate(4);
    entries.extend(again);
    let found = read(journal.reader().as_ref(), 0);
    assert_eq!(found.iter().map(|(record, _, _)| record.entry.clone()).collect::<Vec<_>>(), entries);
    assert_eq!(verify(folder.path()).unwrap().records, 6);
    // What stands behind the overlap does not matter, even torn.
    fs::write(&first, &whole[..whole.len() - 9]).unwrap();
    assert_eq!(verify(folder.path()).unwrap().records, 6);
    drop(journal);
    assert_eq!(reopen(folder.path()).unwrap().0.head().seq, 6);
}

#[test]
fn a_second_process_is_told_what_to_do() {
    let (folder, _, _) = recorded(&[1], u64::MAX);
    let held = reopen(folder.path()).unwrap();
    let error = reopen(folder.path()).unwrap_err().to_string();
    assert!(error.contains(&folder.path().display().to_string()) && error.contains("systemctl stop"), "{error}");
    assert_eq!(verify(folder.path()).unwrap().records, 1, "reading goes on");
    drop(held);
    reopen(folder.path()).unwrap();
}

#[test]
fn nobody_else_may_look_into_the_record() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("lib/journal");
    let (mut journal, _) = FileJournal::open(&folder).unwrap();
    journal.append(Epoch::FIRST, &House::new(1).entries(1)).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&folder), mode(&segments(&folder)[0])), (0o700, 0o600));
}

#[test]
fn one_record_is_verified_with_common_tools() {
    let (folder, _, _) = recorded(&[5], u64::MAX);
    let script = r#"sed -n 3p "$0" | sed 's/,"hash":"[0-9a-f]*"}$//' | tr -d '\n' | sha256sum"#;
    let segment = segments(folder.path()).pop().unwrap();
    let output = Command::new("sh").arg("-c").arg(script).arg(&segment).output().unwrap();
    let sum = String::from_utf8(output.stdout).unwrap();
    let hash = reopen(folder.path()).unwrap().0.reader().hash_at(3).unwrap().unwrap();
    assert_eq!(sum.split_whitespace().next(), Some(hash.to_string().as_str()));
}

/// A small disk of its own; `None` where that is not allowed.
pub struct SmallDisk(TempDir);

impl SmallDisk {
    pub fn mount(size: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let options = format!("size={size},mode=700");
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(folder.path()).output();
        match mount {
            Ok(output) if output.status.success() => Some(Self(folder)),
            _ => {
                eprintln!("skipped: a small disk cannot be mounted here");
                None
            }
        }
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Fills the disk to the last byte.
    pub fn fill(&self) {
        let mut file = fs::File::create(self.path().join("filling")).unwrap();
        for length in [1 << 16, 1 << 10, 1] {
            while file.write(&vec![1; length]).is_ok_and(|written| written > 0) {}
        }
    }

    pub fn make_room(&self) {
        fs::remove_file(self.path().join("filling")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        Command::new("umount").arg("-l").arg(self.path()).status().unwrap();
    }
}

#[test]
fn a_full_disk_refuses_and_the_journal_goes_on_when_there_is_space() {
    let Some(disk) = SmallDisk::mount("2m") else { return };
    let folder = disk.path().join("journal");
    let (mut journal, _) = FileJournal::open(&folder).unwrap();
    let mut house = House::new(4);
    let mut entries = house.entries(20);
    journal.append(Epoch::FIRST, &entries).unwrap();
    disk.fill();
    let lost = house.entries(200);
    for _ in 0..3 {
        let error = journal.append(Epoch::FIRST, &lost).unwrap_err();
        assert_eq!((&error.reason, error.to_string().as_str()), (&JournalError::DiskFull, "the disk is full"));
        assert_eq!(error.leftover, Leftover::None);
        assert_eq!(journal.head().seq, 20);
        assert_eq!(verify(&folder).unwrap().records, 20);
    }
    disk.make_room();
    for count in [3, 5] {
        let batch = house.entries(count);
        journal.append(Epoch::FIRST, &batch).unwrap();
        entries.extend(batch);
    }
    drop(journal);
    let (journal, cut) = reopen(&folder).unwrap();
    assert_eq!((journal.head().seq, cut), (28, 0));
    let found = read(journal.reader().as_ref(), 0);
    assert_eq!(found.into_iter().map(|(record, _, _)| record.entry).collect::<Vec<_>>(), entries);
    assert_eq!(segments(&folder).len(), 2);
}

#[test]
fn the_systems_refusals_are_put_into_words() {
    let words = [(28, "the disk is full"), (122, "the disk is full"), (30, "the disk is read-only")];
    for (code, words) in words.into_iter().chain([(13, "no permission to write to its folder")]) {
        assert_eq!(JournalError::from(std::io::Error::from_raw_os_error(code)).to_string(), words);
    }
    let other = JournalError::from(std::io::Error::from_raw_os_error(5)).to_string();
    assert!(other.starts_with("the disk cannot be written to: "), "{other}");
}
