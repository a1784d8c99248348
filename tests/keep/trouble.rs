//! Stores that are lost, broken, of another journal or on a full disk, and journals that are mended from them.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;
use wardbell::domain::id::IncidentId;
use wardbell::journal::error::{OpenError, ReadError};
use wardbell::journal::file::FileJournal;
use wardbell::journal::memory::MemoryJournal;
use wardbell::journal::verify::verify;
use wardbell::journal::{Head, Journal};
use wardbell::store::repair::open_or_repair;
use wardbell::store::{Recovered, Store, StoreError};

use crate::files::SmallDisk;
use crate::fixture::{House, Model, record, segments, wait};

fn open(folder: &Path, journal: &dyn Journal) -> (Store, Recovered) {
    Store::open(folder, journal, "2026-12-25T00:00:00Z".parse().unwrap()).unwrap()
}

/// A store that was closed, with its journal and what it should answer.
fn kept(seed: u64, count: usize) -> (TempDir, PathBuf, MemoryJournal, House, Model) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let (mut journal, mut house, mut model) = (MemoryJournal::default(), House::new(seed), Model::default());
    let (store, _) = open(&path, &journal);
    let entries = house.entries(count);
    record(&mut journal, &store, &mut model, &entries);
    wait(&store, model.seq);
    store.close();
    (folder, path, journal, house, model)
}

fn set_aside(folder: &Path) -> usize {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with("store.set-aside-20261225T000000Z")).count()
}

fn heal(store: &Store) {
    for _ in 0..1_000 {
        if store.health().is_ok() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("{:?}", store.health());
}

#[test]
fn a_store_that_is_ahead_of_its_journal_or_of_another_one_is_set_aside() {
    let (folder, path, journal, ..) = kept(31, 200);
    let empty = MemoryJournal::default();
    let (store, recovered) = open(&path, &empty);
    assert!(recovered.rebuilt && recovered.incidents.is_empty());
    assert_eq!(store.incident(IncidentId::from_random(1)), Ok(None));
    drop(store);
    assert_eq!(set_aside(folder.path()), 1);
    let (mut other, mut model) = (MemoryJournal::default(), Model::default());
    let entries = House::new(32).entries(300);
    model.add_all(&other.append(&entries).unwrap(), &entries);
    let (_, recovered) = open(&path, &journal);
    assert!(!recovered.rebuilt, "an empty store belongs to every journal");
    let (store, recovered) = open(&path, &other);
    assert!(recovered.rebuilt);
    model.compare(&store);
    assert_eq!(set_aside(folder.path()), 2);
}

#[test]
fn only_the_latest_few_are_kept_of_what_was_set_aside() {
    let (folder, path, journal, ..) = kept(33, 20);
    for _ in 0..5 {
        drop(open(&path, &MemoryJournal::default()));
        drop(open(&path, &journal));
    }
    assert_eq!(set_aside(folder.path()), 3);
}

#[test]
fn whatever_happens_to_its_files_the_answers_stay_the_same() {
    let (_folder, path, journal, mut house, model) = kept(34, 150);
    let db = path.join("db");
    let whole = fs::read(&db).unwrap();
    let snapshots = || fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path());
    let mut mended = 0;
    for round in 0..14 {
        if !db.exists() || round == 0 {
            drop(open(&path, &journal));
        }
        let mut bytes = if round < 10 { fs::read(&db).unwrap() } else { whole.clone() };
        let place = house.dice.below(bytes.len());
        match round {
            0..6 => bytes[place] ^= 1 << house.dice.below(8),
            6 => bytes.truncate(place),
            7 => bytes.truncate(0),
            8 => bytes[place..].fill(0),
            9 => bytes[..300].fill(0xff),
            10 => fs::write(path.join("snap.00000000000000FF.generating"), "half").unwrap(),
            11 => snapshots().filter(|path| path.to_string_lossy().contains("snap.")).for_each(|path| {
                fs::write(path, "nonsense").unwrap();
            }),
            12 => fs::write(path.join("conf"), "").unwrap(),
            _ => fs::remove_file(path.join("conf")).unwrap(),
        }
        fs::write(&db, bytes).unwrap();
        let (store, recovered) = open(&path, &journal);
        mended += usize::from(recovered.rebuilt);
        assert_eq!(recovered.incidents.len(), model.open().len(), "round {round}");
        if !model.is_answered(&store) {
            mended += 1;
            while !model.is_answered(&store) {
                std::thread::sleep(Duration::from_millis(10));
            }
        }
        model.compare(&store);
        drop(store);
    }
    assert!(mended >= 3, "{mended}");
}

#[test]
fn a_full_disk_silences_the_store_alone_and_it_catches_up_when_there_is_space() {
    let Some(disk) = SmallDisk::mount("12m") else { return };
    let path = disk.path().join("store");
    let (mut journal, mut house, mut model) = (MemoryJournal::default(), House::new(35), Model::default());
    let (store, _) = open(&path, &journal);
    record(&mut journal, &store, &mut model, &house.entries(50));
    wait(&store, 50);
    disk.fill();
    let mut rounds = 0;
    while store.health().is_ok() {
        record(&mut journal, &store, &mut model, &house.entries(200));
        std::thread::sleep(Duration::from_millis(20));
        rounds += 1;
        assert!(rounds < 500, "a full disk is not noticed");
    }
    let asked = store.incident(*model.incidents.keys().next().unwrap());
    assert!(matches!(asked, Err(StoreError::Unavailable(_))), "{asked:?}");
    record(&mut journal, &store, &mut model, &house.entries(20));
    disk.make_room();
    heal(&store);
    wait(&store, model.seq);
    model.compare(&store);
}

#[test]
fn a_start_goes_on_without_a_store_that_cannot_be_used() {
    let Some(disk) = SmallDisk::mount("12m") else { return };
    let (mut journal, mut model) = (MemoryJournal::default(), Model::default());
    let entries = House::new(36).entries(300);
    model.add_all(&journal.append(&entries).unwrap(), &entries);
    disk.fill();
    let (store, recovered) = open(&disk.path().join("store"), &journal);
    assert_eq!(recovered.incidents.len(), model.open().len());
    assert!(store.health().is_err());
    disk.make_room();
    heal(&store);
    model.compare(&store);
}

/// A journal of several segments and its store, both closed.
fn with_store(seed: u64) -> (TempDir, PathBuf, PathBuf, Head) {
    let folder = tempfile::tempdir().unwrap();
    let (journal_path, path) = (folder.path().join("journal"), folder.path().join("store"));
    let (journal, _) = FileJournal::open(&journal_path).unwrap();
    let mut journal = journal.with_segment_bytes(20_000);
    let (store, _) = open(&path, &journal);
    let (mut house, mut model) = (House::new(seed), Model::default());
    for _ in 0..8 {
        record(&mut journal, &store, &mut model, &house.entries(20));
    }
    wait(&store, model.seq);
    let head = journal.head();
    (folder, journal_path, path, head)
}

#[test]
fn a_damaged_journal_is_mended_from_the_store() {
    let (_folder, journal_path, path, head) = with_store(37);
    let all = segments(&journal_path);
    assert!(all.len() > 2);
    let originals: Vec<Vec<u8>> = all.iter().map(|path| fs::read(path).unwrap()).collect();
    for number in 0..4 {
        // The last segment's torn end is no damage, and nothing tells of one that is empty.
        for index in 0..all.len() - usize::from(number >= 2) {
            let mut bytes = originals[index].clone();
            match number {
                0 => bytes[700] ^= 4,
                1 => bytes[100..9_000].fill(0),
                2 => bytes.truncate(bytes.len() - 3),
                _ => bytes.clear(),
            }
            fs::write(&all[index], bytes).unwrap();
            assert!(verify(&journal_path).is_err(), "{number} {index}");
            let (journal, _) = match wardbell::store::repair::repair(&journal_path, &path) {
                Ok(mended) => {
                    assert_eq!(mended, 1);
                    open_or_repair(&journal_path, &path).unwrap()
                }
                Err(error) => panic!("{number} {index}: {error}"),
            };
            assert_eq!(journal.head(), head);
            assert_eq!(fs::read(&all[index]).unwrap(), originals[index]);
        }
    }
    let damaged = fs::read_dir(&journal_path).unwrap().map(|entry| entry.unwrap().path());
    assert!(damaged.filter(|path| path.to_string_lossy().contains(".jsonl.damaged")).count() >= 8);
    let last = all.last().unwrap();
    let mut bytes = fs::read(last).unwrap();
    let end = bytes.len() - 1;
    bytes[end - 5] ^= 1;
    fs::write(last, bytes).unwrap();
    assert_eq!(open_or_repair(&journal_path, &path).unwrap().0.head(), head, "the start mends the last segment");
}

#[test]
fn a_journal_that_the_store_cannot_mend_is_refused_and_left_alone() {
    let (_folder, journal_path, path, _) = with_store(38);
    let all = segments(&journal_path);
    let last = all.last().unwrap();
    let mut bytes = fs::read(last).unwrap();
    bytes[200] ^= 1;
    fs::write(last, &bytes).unwrap();
    fs::remove_dir_all(&path).unwrap();
    let error = open_or_repair(&journal_path, &path).unwrap_err();
    assert!(matches!(error, OpenError::Read(ReadError::Damage(_))), "{error}");
    assert_eq!(fs::read(last).unwrap(), bytes);
    // Nor is a store built from what is left of it.
    fs::remove_file(last).unwrap();
    let mut first = fs::read(&all[0]).unwrap();
    first[200] ^= 1;
    fs::write(&all[0], first).unwrap();
    let (journal, _) = FileJournal::open(&journal_path).unwrap();
    let opened = Store::open(&path, &journal, "2026-12-25T00:00:00Z".parse().unwrap());
    assert!(matches!(opened, Err(StoreError::Journal(ReadError::Damage(_)))));
}
