//! Where the record is: nobody else appends to it, and nothing is recorded where nobody would find it.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use wardbell::clock::{Clock, SystemClock};
use wardbell::journal::error::{AppendError, JournalError, Leftover, OpenError};
use wardbell::journal::file::FileJournal;
use wardbell::journal::place::{lock, lock_file};
use wardbell::journal::port::{Epoch, Journal};
use wardbell::journal::segment::Segment;
use wardbell::journal::verify::verify;
use wardbell::store::start::{self, StartError};

use crate::fixture::House;

/// A record with some entries, in a folder of a folder.
fn record(at: &Path, seed: u64) -> (FileJournal, House) {
    let (mut journal, mut house) = (FileJournal::open(at).unwrap().0, House::new(seed));
    journal.append(Epoch::FIRST, &house.entries(5)).unwrap();
    (journal, house)
}

fn refusal(journal: &mut FileJournal, house: &mut House) -> JournalError {
    let AppendError { reason, leftover } = journal.append(Epoch::FIRST, &house.entries(3)).unwrap_err();
    assert_eq!((leftover, journal.head().seq), (Leftover::None, 5), "nothing was recorded: {reason}");
    reason
}

fn goes_on(journal: &mut FileJournal, house: &mut House, folder: &Path) {
    journal.append(Epoch::FIRST, &house.entries(4)).unwrap();
    assert_eq!((verify(folder).unwrap().records, journal.head().seq), (9, 9));
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[test]
fn a_folder_that_is_moved_away_and_back_is_gone_on_with() {
    let home = tempfile::tempdir().unwrap();
    let (folder, away) = (home.path().join("journal"), home.path().join("away"));
    let (mut journal, mut house) = record(&folder, 1);
    fs::rename(&folder, &away).unwrap();
    let reason = refusal(&mut journal, &mut house);
    assert_eq!(reason, JournalError::Gone(folder.clone()));
    assert!(reason.to_string().contains("put it back"), "{reason}");
    assert!(!folder.exists(), "no second history is begun");
    fs::rename(&away, &folder).unwrap();
    goes_on(&mut journal, &mut house, &folder);
}

#[test]
fn a_new_folder_where_the_record_was_stays_empty() {
    let home = tempfile::tempdir().unwrap();
    let (folder, away) = (home.path().join("journal"), home.path().join("away"));
    let (mut journal, mut house) = record(&folder, 2);
    fs::rename(&folder, &away).unwrap();
    fs::create_dir(&folder).unwrap();
    for _ in 0..2 {
        assert_eq!(refusal(&mut journal, &mut house), JournalError::Gone(folder.clone()));
    }
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
    fs::remove_dir(&folder).unwrap();
    fs::rename(&away, &folder).unwrap();
    goes_on(&mut journal, &mut house, &folder);
}

#[test]
fn another_record_where_the_record_was_is_left_alone() {
    let home = tempfile::tempdir().unwrap();
    let (folder, away) = (home.path().join("journal"), home.path().join("away"));
    let (mut journal, mut house) = record(&folder, 3);
    let older = home.path().join("older");
    copy(&folder, &older);
    // An older copy of the same record is another one, too.
    journal.append(Epoch::FIRST, &house.entries(2)).unwrap();
    fs::rename(&folder, &away).unwrap();
    fs::rename(&older, &folder).unwrap();
    let AppendError { reason, leftover } = journal.append(Epoch::FIRST, &house.entries(3)).unwrap_err();
    assert_eq!((reason, leftover), (JournalError::Replaced(folder.clone()), Leftover::None));
    assert_eq!(verify(&folder).unwrap().records, 5, "nothing was added");
    fs::remove_dir_all(&folder).unwrap();
    drop(record(&folder, 4));
    let reason = journal.append(Epoch::FIRST, &house.entries(3)).unwrap_err().reason;
    assert_eq!((&reason, verify(&folder).unwrap().records), (&JournalError::Replaced(folder.clone()), 5));
    assert!(reason.to_string().contains("another record"), "{reason}");
}

#[test]
fn the_same_record_from_elsewhere_is_gone_on_with() {
    let home = tempfile::tempdir().unwrap();
    let (folder, away) = (home.path().join("journal"), home.path().join("away"));
    let (mut journal, mut house) = record(&folder, 5);
    copy(&folder, &away);
    fs::remove_dir_all(&folder).unwrap();
    assert_eq!(refusal(&mut journal, &mut house), JournalError::Gone(folder.clone()));
    fs::rename(&away, &folder).unwrap();
    goes_on(&mut journal, &mut house, &folder);
    let second = FileJournal::open(&folder).map(drop).unwrap_err();
    assert!(matches!(second, OpenError::InUse(_)), "it is locked where it is now: {second}");
}

#[test]
fn a_segment_that_is_deleted_is_noticed() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("journal");
    let (mut journal, mut house) = record(&folder, 6);
    let segment = Segment::list(&folder).unwrap().remove(0).path;
    let kept = fs::read(&segment).unwrap();
    fs::remove_file(&segment).unwrap();
    assert_eq!(refusal(&mut journal, &mut house), JournalError::Gone(folder.clone()));
    fs::write(&segment, kept).unwrap();
    goes_on(&mut journal, &mut house, &folder);
}

#[test]
fn a_lock_that_is_deleted_lets_nobody_else_in() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("journal");
    let (journal, _) = record(&folder, 7);
    fs::remove_file(folder.join("lock")).unwrap();
    for refused in [FileJournal::open(&folder).map(drop).unwrap_err(), lock(&folder).map(drop).unwrap_err()] {
        assert!(matches!(refused, OpenError::InUse(_)), "{refused}");
    }
    // Also where it was moved to.
    let away = home.path().join("away");
    fs::rename(&folder, &away).unwrap();
    assert!(matches!(FileJournal::open(&away), Err(OpenError::InUse(_))));
    drop(journal);
    FileJournal::open(&away).unwrap();
}

#[test]
fn a_record_that_is_deleted_lets_nobody_begin_another_beside_its_store() {
    let home = tempfile::tempdir().unwrap();
    let (folder, store) = (home.path().join("journal"), home.path().join("store"));
    let opened = start::open(&folder, &store, SystemClock.wall()).unwrap();
    fs::remove_dir_all(&folder).unwrap();
    let second = start::open(&folder, &store, SystemClock.wall()).map(drop).unwrap_err();
    assert!(matches!(second, StartError::Journal(OpenError::InUse(_))), "{second}");
    assert!(!folder.exists());
    drop(opened);
    start::open(&folder, &store, SystemClock.wall()).unwrap();
}

#[test]
fn whoever_waited_for_a_folder_that_was_put_in_place_waits_for_that_one() {
    let home = tempfile::tempdir().unwrap();
    let (folder, restored) = (home.path().join("journal"), home.path().join("restored"));
    fs::create_dir(&folder).unwrap();
    fs::create_dir(&restored).unwrap();
    let old = lock(&folder).unwrap();
    thread::scope(|scope| {
        let waits = scope.spawn(|| lock(&folder).map(drop));
        thread::sleep(Duration::from_millis(100));
        // As a restore does, whose record comes with a lock that it holds.
        let new = lock(&restored).unwrap();
        fs::remove_file(folder.join("lock")).unwrap();
        fs::rename(&restored, &folder).unwrap();
        drop(old);
        assert!(matches!(waits.join().unwrap(), Err(OpenError::InUse(_))), "it holds a folder without a name");
        drop(new);
    });
    lock(&folder).unwrap();
}

/// Whatever stands where a folder's lock should.
fn instead_of_a_lock(path: &Path, what: usize) {
    let _was_there = fs::remove_file(path);
    match what {
        0 => fs::create_dir(path).unwrap(),
        1 => {
            fs::create_dir(path).unwrap();
            fs::write(path.join("a file"), "x").unwrap();
        }
        2 => assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success()),
        3 => std::os::unix::fs::symlink("/nowhere/at/all", path).unwrap(),
        _ => std::os::unix::fs::symlink(path, path).unwrap(),
    }
}

#[test]
fn whatever_stands_where_the_lock_should_keeps_a_record_from_nobody_and_a_second_daemon_out() {
    for what in 0..5 {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("journal");
        let (journal, mut house) = record(&folder, 8);
        drop(journal);
        instead_of_a_lock(&folder.join("lock"), what);
        let (mut journal, _) = FileJournal::open(&folder).unwrap();
        journal.append(Epoch::FIRST, &house.entries(4)).unwrap();
        let second = FileJournal::open(&folder).map(drop).unwrap_err();
        assert!(matches!(second, OpenError::InUse(_)), "{what}: {second}");
        // It is found where it was put back, too.
        let away = home.path().join("away");
        fs::rename(&folder, &away).unwrap();
        copy_segments(&away, &folder);
        instead_of_a_lock(&folder.join("lock"), what);
        journal.append(Epoch::FIRST, &house.entries(4)).unwrap();
        assert_eq!(verify(&folder).unwrap().records, 13);
    }
}

fn copy_segments(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for segment in Segment::list(from).unwrap() {
        fs::copy(&segment.path, to.join(segment.path.file_name().unwrap())).unwrap();
    }
}

#[test]
fn a_folder_that_is_no_lock_is_named_with_its_cure_where_a_file_alone_locks() {
    let home = tempfile::tempdir().unwrap();
    instead_of_a_lock(&home.path().join("lock"), 0);
    let told = lock_file(home.path()).unwrap_err().to_string();
    assert!(told.contains("lock cannot be locked: Is a directory") && told.contains("remove it"), "{told}");
}
