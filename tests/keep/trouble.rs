//! Stores that are lost, broken, of another journal or on a full disk, and journals that are mended from them.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;
use wardbell::journal::error::{OpenError, ReadError};
use wardbell::journal::file::FileJournal;
use wardbell::journal::memory::MemoryJournal;
use wardbell::journal::port::{Epoch, Head, Journal};
use wardbell::journal::verify::verify;
use wardbell::store::Store;
use wardbell::store::error::StoreError;
use wardbell::store::repair::{mend_sealed, open_or_repair};
use wardbell::store::replay::Recovered;
use wardbell::store::start::{self, StartError};

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

/// Makes a closed store's word on how far it has come unreadable; sled lets go of its lock a little after its end.
fn write_meta(path: &Path, text: &str) {
    let locked = |error: &sled::Error| error.to_string().contains("could not acquire lock");
    let db = (0..500).find_map(|_| match sled::open(path) {
        Err(error) if locked(&error) => {
            std::thread::sleep(Duration::from_millis(10));
            None
        }
        other => Some(other.unwrap()),
    });
    db.unwrap().insert("m", text).unwrap();
}

fn quarantined(folder: &Path) -> usize {
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
fn a_store_that_is_ahead_of_its_journal_or_of_another_one_is_never_thrown_away() {
    let (folder, path, journal, _, model) = kept(31, 200);
    let (mut other, entries) = (MemoryJournal::default(), House::new(32).entries(300));
    other.append(Epoch::FIRST, &entries).unwrap();
    for journal in [MemoryJournal::default(), other] {
        let opened = Store::open(&path, &journal, "2026-12-25T00:00:00Z".parse().unwrap());
        assert!(matches!(opened, Err(StoreError::Apart(_))));
    }
    assert_eq!(quarantined(folder.path()), 0);
    let (store, recovered) = open(&path, &journal);
    assert!(!recovered.rebuilt);
    model.compare(&store);
}

#[test]
fn only_the_latest_few_are_kept_of_what_was_set_aside() {
    let (folder, path, journal, ..) = kept(33, 20);
    for _ in 0..5 {
        write_meta(&path, "nonsense");
        assert!(open(&path, &journal).1.rebuilt);
    }
    assert_eq!(quarantined(folder.path()), 3);
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
    model.add_all(&journal.append(Epoch::FIRST, &entries).unwrap(), &entries);
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
    with_store_of(seed, 8)
}

fn with_store_of(seed: u64, batches: usize) -> (TempDir, PathBuf, PathBuf, Head) {
    let folder = tempfile::tempdir().unwrap();
    let (journal_path, path) = (folder.path().join("journal"), folder.path().join("store"));
    let (journal, _) = FileJournal::open(&journal_path).unwrap();
    let mut journal = journal.with_segment_bytes(20_000);
    let (store, _) = open(&path, &journal);
    let (mut house, mut model) = (House::new(seed), Model::default());
    for _ in 0..batches {
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
fn segments_whose_files_were_exchanged_are_mended_from_the_store() {
    let (_folder, journal_path, path, head) = with_store(37);
    let all = segments(&journal_path);
    let last = all.len() - 1;
    let originals: Vec<Vec<u8>> = all.iter().map(|path| fs::read(path).unwrap()).collect();
    for exchanged in [vec![(0, 1)], vec![(1, last - 1)], vec![(1, last)], vec![(1, last - 1), (0, last)]] {
        for (one, other) in &exchanged {
            fs::write(&all[*one], &originals[*other]).unwrap();
            fs::write(&all[*other], &originals[*one]).unwrap();
        }
        assert!(verify(&journal_path).is_err(), "{exchanged:?}");
        let mended = wardbell::store::repair::repair(&journal_path, &path);
        mended.unwrap_or_else(|error| panic!("{exchanged:?}: {error}"));
        assert_eq!(open_or_repair(&journal_path, &path).unwrap().0.head(), head);
        for (path, original) in all.iter().zip(&originals) {
            assert!(fs::read(path).unwrap() == *original, "{exchanged:?}: {}", path.display());
        }
    }
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

fn start(journal: &Path, store: &Path) -> Result<(FileJournal, Store, Recovered), StartError> {
    start::open(journal, store, "2026-12-25T00:00:00Z".parse().unwrap())
}

#[test]
fn no_record_is_begun_anew_beside_a_store_that_cannot_be_read() {
    let (folder, journal_path, path, _) = with_store(48);
    write_meta(&path, "another layout");
    for is_there in [true, false] {
        fs::remove_dir_all(&journal_path).unwrap();
        if is_there {
            fs::create_dir(&journal_path).unwrap();
        }
        let Err(StartError::Apart { reason, .. }) = start(&journal_path, &path) else { panic!("a record is begun") };
        assert!(reason.contains("the journal is empty"), "{reason}");
        assert_eq!(quarantined(folder.path()), 0);
    }
    fs::remove_dir_all(&path).unwrap();
    assert_eq!(start(&journal_path, &path).unwrap().0.head().seq, 0, "the way out");
}

#[test]
fn records_that_only_the_store_has_are_written_back_to_the_journal() {
    for loss in 0..4 {
        let (_folder, journal_path, path, head) = with_store(39 + loss);
        let all = segments(&journal_path);
        let last = fs::read(all.last().unwrap()).unwrap();
        let second = last.iter().position(|byte| *byte == b'\n').unwrap() + 1;
        match loss {
            0 => fs::write(all.last().unwrap(), &last[..second]).unwrap(),
            1 => fs::write(all.last().unwrap(), "").unwrap(),
            2 => fs::remove_file(all.last().unwrap()).unwrap(),
            _ => all.iter().for_each(|segment| fs::remove_file(segment).unwrap()),
        }
        assert!(verify(&journal_path).unwrap().records < head.seq, "nothing in what is left tells of the loss");
        let (journal, store, recovered) = start(&journal_path, &path).unwrap();
        assert_eq!((journal.head(), recovered.rebuilt), (head, false), "loss {loss}");
        assert_eq!(store.applied(), head.seq);
        assert_eq!(verify(&journal_path).unwrap().head, head.hash);
    }
}

#[test]
fn a_journal_of_another_house_is_refused_with_the_way_out() {
    let (_folder, journal_path, path, _) = with_store(43);
    let (_other, other_path, ..) = with_store(44);
    for segment in segments(&journal_path) {
        fs::remove_file(segment).unwrap();
    }
    let theirs = segments(&other_path);
    for segment in &theirs[..2] {
        fs::copy(segment, journal_path.join(segment.file_name().unwrap())).unwrap();
    }
    let before = verify(&journal_path).unwrap();
    let Err(error) = start(&journal_path, &path) else { panic!("it was taken") };
    assert!(matches!(error, StartError::Apart { .. }), "{error}");
    assert!(error.to_string().contains("restore them from a backup"), "{error}");
    assert_eq!(verify(&journal_path).unwrap(), before, "nothing was changed");
}

/// Changes a bit of the journal's oldest segment, which no start reads.
fn damage_the_past(journal: &Path) {
    let oldest = &segments(journal)[0];
    let mut bytes = fs::read(oldest).unwrap();
    bytes[700] ^= 4;
    fs::write(oldest, bytes).unwrap();
}

#[test]
fn damage_in_the_past_is_mended_from_a_store_that_has_to_be_set_aside() {
    let (folder, journal_path, path, head) = with_store(45);
    damage_the_past(&journal_path);
    // As one of another version would be.
    write_meta(&path, "another layout");
    let (journal, store, _) = start(&journal_path, &path).unwrap();
    assert_eq!((journal.head(), store.applied()), (head, head.seq));
    assert_eq!(verify(&journal_path).unwrap().head, head.hash);
    assert_eq!(quarantined(folder.path()), 1);
}

#[test]
fn a_sealed_segment_is_mended_beside_a_running_daemon_from_whichever_store_has_its_lines() {
    for is_quarantined in [false, true] {
        let (folder, journal_path, path, head) = with_store(46);
        let (journal, _) = FileJournal::open(&journal_path).unwrap();
        if is_quarantined {
            fs::rename(&path, folder.path().join("store.set-aside-20261225T000000Z")).unwrap();
        }
        let (store, _) = open(&path, &journal);
        if is_quarantined {
            // Built anew without the lines, as where the damage had come before.
            store.close();
        }
        damage_the_past(&journal_path);
        let Err(ReadError::Damage(damage)) = verify(&journal_path) else { panic!("it is damaged") };
        mend_sealed(&journal_path, &damage, &store, &path).unwrap();
        assert_eq!(verify(&journal_path).unwrap().head, head.hash);
        // The last one is appended to: it is left to the next start.
        let last = segments(&journal_path).pop().unwrap();
        let mut bytes = fs::read(&last).unwrap();
        bytes[200] ^= 1;
        fs::write(&last, &bytes).unwrap();
        let Err(ReadError::Damage(damage)) = verify(&journal_path) else { panic!("it is damaged") };
        assert!(mend_sealed(&journal_path, &damage, &store, &path).is_err());
        assert_eq!(fs::read(&last).unwrap(), bytes);
    }
}

#[test]
fn lines_are_found_by_their_numbers_in_slices_and_no_others() {
    let (_folder, journal_path, path, head) = with_store_of(47, 120);
    let (journal, _) = FileJournal::open(&journal_path).unwrap();
    let (store, _) = open(&path, &journal);
    for (from, to) in
        [(0, u64::MAX), (1, 2), (head.seq, head.seq + 1), (40, 90), (1_100, 1_900), (head.seq + 1, u64::MAX)]
    {
        let found = store.lines(&(from..to)).unwrap();
        let expected = from.max(1)..=head.seq.min(to - 1);
        assert!(found.keys().copied().eq(expected), "{from} to {to}: {:?}", found.keys());
    }
}
