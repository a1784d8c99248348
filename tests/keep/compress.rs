//! Sealed segments, compressed: they read as before, whatever happened while they were.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use wardbell::clock::{Clock, SystemClock};
use wardbell::journal::compress::{Compressed, compress};
use wardbell::journal::error::ReadError;
use wardbell::journal::file::FileJournal;
use wardbell::journal::port::{Epoch, Found, Journal, Reader};
use wardbell::journal::record::Entry;
use wardbell::journal::segment::Segment;
use wardbell::journal::verify::{Verified, verify};
use wardbell::store::Store;
use wardbell::store::repair::repair;

use crate::fixture::{House, Model, record, wait};
use crate::journal::read;

/// A record of several segments, and what it says.
pub fn recorded(seed: u64) -> (TempDir, FileJournal, Vec<Entry>) {
    let folder = tempfile::tempdir().unwrap();
    let (journal, _) = FileJournal::open(folder.path()).unwrap();
    let mut journal = journal.with_segment_bytes(20_000);
    let mut house = House::new(seed);
    let entries: Vec<Entry> = (0..60).flat_map(|_| append(&mut journal, &mut house, 7)).collect();
    (folder, journal, entries)
}

fn append(journal: &mut FileJournal, house: &mut House, count: usize) -> Vec<Entry> {
    let entries = house.entries(count);
    journal.append(Epoch::FIRST, &entries).unwrap();
    entries
}

fn compress_all(folder: &Path) -> Compressed {
    compress(folder, u64::MAX, &|| false).unwrap()
}

pub fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

pub fn copy(from: &Path) -> TempDir {
    let to = tempfile::tempdir().unwrap();
    for name in names(from) {
        fs::copy(from.join(&name), to.path().join(&name)).unwrap();
    }
    to
}

fn entries_of(folder: &Path) -> Vec<Entry> {
    let reader = wardbell::journal::folder_reader::FolderReader::new(folder);
    read(&reader, 0).into_iter().map(|(record, _, _)| record.entry).collect()
}

fn compressed(folder: &Path) -> Vec<PathBuf> {
    let segments = Segment::list(folder).unwrap().into_iter();
    segments.filter(Segment::is_compressed).map(|segment| segment.path).collect()
}

#[test]
fn compressed_segments_read_as_before_and_the_journal_goes_on() {
    let (folder, mut journal, mut entries) = recorded(21);
    let before = verify(folder.path()).unwrap();
    let lines = read(journal.reader().as_ref(), 0);
    let done = compress_all(folder.path());
    assert_eq!(done.segments, before.segments - 1);
    assert!(done.after * 3 < done.before, "{done:?}");
    assert_eq!(verify(folder.path()).unwrap(), before, "the last hash and all counts are as before");
    assert_eq!(compressed(folder.path()).len() as u64, before.segments - 1);
    assert_eq!(compress_all(folder.path()), Compressed::default(), "nothing is left to do");
    let reader = journal.reader();
    for (after, line) in lines.iter().enumerate().step_by(17) {
        assert_eq!(read(reader.as_ref(), after as u64), lines[after..]);
        assert_eq!(reader.hash_at(line.0.seq).unwrap(), Some(line.1));
    }
    entries.extend(append(&mut journal, &mut House::new(22), 30));
    drop(journal);
    let (mut journal, _) = FileJournal::open(folder.path()).unwrap();
    assert_eq!(journal.head().seq, entries.len() as u64);
    entries.extend(append(&mut journal, &mut House::new(23), 3));
    assert_eq!(entries_of(folder.path()), entries);
}

#[test]
fn the_text_is_the_same_for_common_tools() {
    let (folder, _journal, _) = recorded(24);
    let text = |folder: &Path| {
        let script = r#"for segment in *.jsonl*; do zcat -f "$segment"; done"#;
        Command::new("sh").args(["-c", script]).current_dir(folder).output().unwrap().stdout
    };
    let before = text(folder.path());
    assert!(before.len() > 100_000);
    compress_all(folder.path());
    assert!(text(folder.path()) == before);
}

#[test]
fn records_that_the_store_does_not_have_yet_stay_plain() {
    let (folder, _journal, _) = recorded(25);
    let segments = Segment::list(folder.path()).unwrap();
    let up_to = segments[2].first - 1;
    assert_eq!(compress(folder.path(), up_to - 1, &|| false).unwrap().segments, 1);
    assert_eq!(compress(folder.path(), up_to, &|| false).unwrap().segments, 1);
    let mut calls = 0;
    let calls = std::cell::RefCell::new(&mut calls);
    let stop = || {
        **calls.borrow_mut() += 1;
        **calls.borrow() > 5
    };
    assert_eq!(compress(folder.path(), u64::MAX, &stop).unwrap().segments, 0, "told to stop, it leaves it");
    assert!(names(folder.path()).iter().all(|name| !name.contains("new")));
}

#[test]
fn a_crash_between_any_two_steps_leaves_a_readable_record() {
    let (folder, journal, entries) = recorded(26);
    let head = journal.head();
    drop(journal);
    let done = copy(folder.path());
    compress_all(done.path());
    let packed = compressed(done.path());
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    let (first, bytes) = (name(&packed[0]), fs::read(&packed[0]).unwrap());
    let unfinished = first.replace(".jsonl.gz", ".new.gz");
    // Written in part, then whole but not renamed, then beside the plain one, even torn there, then alone.
    let states: [(&str, &[u8], bool); 5] = [
        (&unfinished, &bytes[..bytes.len() / 2], false),
        (&unfinished, &bytes, false),
        (&first, &bytes, false),
        (&first, &bytes[..100], false),
        (&first, &bytes, true),
    ];
    for (name, bytes, plain_is_gone) in states {
        let cut = copy(folder.path());
        fs::write(cut.path().join(name), bytes).unwrap();
        if plain_is_gone {
            fs::remove_file(cut.path().join(first.replace(".gz", ""))).unwrap();
        }
        assert_eq!(entries_of(cut.path()), entries, "{name}");
        let (mut journal, _) = FileJournal::open(cut.path()).unwrap();
        assert_eq!(journal.head(), head);
        let more = append(&mut journal, &mut House::new(27), 2);
        compress_all(cut.path());
        assert_eq!(entries_of(cut.path()), [entries.clone(), more].concat());
        assert!(names(cut.path()).iter().all(|name| !name.contains("new")));
        assert_eq!(names(cut.path()).len(), names(done.path()).len(), "each segment in one form");
    }
}

#[test]
fn where_the_last_segment_is_a_compressed_one_a_fresh_one_is_begun() {
    let (folder, journal, entries) = recorded(28);
    drop(journal);
    compress_all(folder.path());
    // A fresh segment that could not be written, and was gone again when the machine stopped.
    let last = Segment::list(folder.path()).unwrap().pop().unwrap();
    fs::remove_file(&last.path).unwrap();
    let kept = usize::try_from(last.first - 1).unwrap();
    let (mut journal, _) = FileJournal::open(folder.path()).unwrap();
    assert_eq!(journal.head().seq, last.first - 1);
    let more = append(&mut journal, &mut House::new(29), 2);
    assert_eq!(entries_of(folder.path()), [&entries[..kept], &more].concat());
}

#[test]
fn a_follower_goes_on_in_a_segment_that_was_compressed_meanwhile() {
    let (folder, mut journal, _) = recorded(30);
    let reader = journal.reader();
    let (mut seen, head) = (Vec::new(), journal.head().seq);
    let follow = |reader: &dyn Reader, seen: &mut Vec<u64>, count: usize| {
        let (after, end) = (seen.last().copied().unwrap_or(0), seen.len() + count);
        reader
            .read_after(after, &mut |found: Found<'_>| {
                seen.push(found.record.seq);
                if seen.len() == end { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            })
            .unwrap();
    };
    follow(reader.as_ref(), &mut seen, 10);
    compress_all(folder.path());
    follow(reader.as_ref(), &mut seen, 100);
    append(&mut journal, &mut House::new(31), 4);
    follow(reader.as_ref(), &mut seen, usize::MAX / 2);
    assert_eq!(seen, (1..=head + 4).collect::<Vec<_>>());
}

#[test]
fn a_flipped_bit_or_a_cut_tail_of_a_compressed_segment_is_told_and_mended_from_the_store() {
    let base = tempfile::tempdir().unwrap();
    let (path, store_path) = (base.path().join("journal"), base.path().join("store"));
    let (journal, _) = FileJournal::open(&path).unwrap();
    let mut journal = journal.with_segment_bytes(20_000);
    let (store, _) = Store::open(&store_path, &journal, SystemClock.wall()).unwrap();
    let (mut house, mut model) = (House::new(32), Model::default());
    for _ in 0..40 {
        record(&mut journal, &store, &mut model, &house.entries(7));
    }
    wait(&store, journal.head().seq);
    store.close();
    drop((store, journal));
    compress_all(&path);
    let (sound, entries) = (verify(&path).unwrap(), entries_of(&path));
    let victim = compressed(&path).remove(1);
    let bytes = fs::read(&victim).unwrap();
    let flips = (0..bytes.len()).step_by(bytes.len() / 24).chain(bytes.len() - 8..bytes.len());
    let flipped = flips.map(|at| {
        let mut bent = bytes.clone();
        bent[at] ^= 1 << (at % 8);
        bent
    });
    let cuts = [0, 1, 9, 20, bytes.len() / 2, bytes.len() - 9, bytes.len() - 8, bytes.len() - 1];
    let cut = cuts.into_iter().map(|length| bytes[..length].to_vec());
    let longer = [[&bytes[..], b"x"].concat()];
    let mut damaged = 0;
    for bent in flipped.chain(cut).chain(longer) {
        fs::write(&victim, &bent).unwrap();
        match verify(&path) {
            // The name and date in the file's head are nobody's concern.
            Ok(Verified { head, .. }) => assert!(head == sound.head && entries_of(&path) == entries),
            Err(ReadError::Damage(damage)) => {
                assert_eq!(damage.segment, victim);
                assert!(!damage.to_string().contains("truncate"), "{damage}");
                damaged += 1;
                if damaged % 12 == 1 {
                    is_mended(&path, &store_path, &victim, &entries);
                }
            }
            Err(other) => panic!("{other}"),
        }
    }
    assert!(damaged > 24, "{damaged}");
}

fn is_mended(path: &Path, store: &Path, victim: &Path, entries: &[Entry]) {
    assert_eq!(repair(path, store).unwrap(), 1);
    assert_eq!(entries_of(path), entries);
    assert!(!victim.exists() && victim.with_extension("").exists(), "mended as a plain one");
    compress_all(path);
    assert!(victim.exists(), "and compressed again");
}
