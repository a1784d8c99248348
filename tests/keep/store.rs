//! The store answers as a plain model of the record does, whatever happened to it before.

use std::fs;
use std::path::Path;

use wardbell::domain::escalation::incident::Incident;
use wardbell::journal::file::FileJournal;
use wardbell::journal::memory::MemoryJournal;
use wardbell::journal::port::{Epoch, Journal};
use wardbell::store::Store;
use wardbell::store::replay::{Recovered, replay};

use crate::fixture::{House, Model, record, segments, wait};
use crate::journal::read;

fn sorted(mut incidents: Vec<Incident>) -> Vec<Incident> {
    incidents.sort_by_key(|incident| incident.id);
    incidents
}

fn open(folder: &Path, journal: &dyn Journal) -> (Store, Recovered) {
    Store::open(folder, journal, "2026-12-25T00:00:00Z".parse().unwrap()).unwrap()
}

fn check_recovered(recovered: Recovered, journal: &dyn Journal, model: &Model) {
    let again = replay(journal.reader().as_ref()).unwrap();
    let expected: Vec<Incident> = model.open().into_iter().cloned().collect();
    assert_eq!(sorted(recovered.incidents), expected);
    assert_eq!(sorted(again.incidents), expected);
    let hashes = |recovered: &[(wardbell::domain::digest::Digest, _)]| {
        recovered.iter().map(|(hash, _)| *hash).collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(hashes(&recovered.playbooks), model.playbooks);
    assert_eq!(recovered.plan, model.plan);
    assert_eq!(again.plan, model.plan);
    assert_eq!(recovered.aggregates.snapshots(), model.aggregates.snapshots());
    assert_eq!(again.aggregates, model.aggregates);
}

#[test]
fn what_happened_live_what_is_replayed_and_what_is_built_anew_are_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let (mut journal, mut house, mut model) = (MemoryJournal::default(), House::new(11), Model::default());
    let (store, recovered) = open(&path, &journal);
    assert!(recovered.incidents.is_empty() && !recovered.rebuilt);
    for _ in 0..60 {
        let count = 1 + house.dice.below(40);
        let entries = house.entries(count);
        record(&mut journal, &store, &mut model, &entries);
    }
    wait(&store, model.seq);
    model.compare(&store);
    store.close();
    assert!(store.health().is_err());

    let (store, recovered) = open(&path, &journal);
    assert_eq!((recovered.replayed, recovered.rebuilt), (0, false));
    check_recovered(recovered, &journal, &model);
    model.compare(&store);
    drop(store);

    // Records that the store has not seen, as after a crash.
    let entries = house.entries(700);
    model.add_all(&journal.append(Epoch::FIRST, &entries).unwrap(), &entries);
    let (store, recovered) = open(&path, &journal);
    assert_eq!((recovered.replayed, recovered.rebuilt), (700, false));
    check_recovered(recovered, &journal, &model);
    model.compare(&store);
    drop(store);

    fs::remove_dir_all(&path).unwrap();
    let (store, recovered) = open(&path, &journal);
    assert_eq!((recovered.replayed, recovered.rebuilt), (model.seq, false));
    check_recovered(recovered, &journal, &model);
    model.compare(&store);
}

#[test]
fn a_queue_that_overflows_is_made_up_for_from_the_journal() {
    let folder = tempfile::tempdir().unwrap();
    let (journal, _) = FileJournal::open(&folder.path().join("journal")).unwrap();
    let mut journal = journal.with_segment_bytes(100_000);
    let (mut house, mut model) = (House::new(12), Model::default());
    let (store, _) = open(&folder.path().join("store"), &journal);
    for count in [4_200, 50, 1] {
        let entries = house.entries(count);
        record(&mut journal, &store, &mut model, &entries);
    }
    wait(&store, model.seq);
    assert_eq!(store.applied(), model.seq);
    model.compare(&store);
}

#[test]
fn a_long_line_and_a_long_timeline_are_kept_whole() {
    let folder = tempfile::tempdir().unwrap();
    let (mut journal, mut house, mut model) = (MemoryJournal::default(), House::new(13), Model::default());
    let (store, _) = open(&folder.path().join("store"), &journal);
    for length in [100, 28 << 10, 57_344, 256 << 10, 57_345] {
        let mut entries = house.typical().to_vec();
        let wardbell::journal::record::Fact::Incident(id, wardbell::domain::escalation::event::Event::Opened(opened)) =
            &mut entries[0].fact
        else {
            panic!("an opening comes first")
        };
        opened.incident.summary = Some("ü".repeat(length / 2));
        opened.incident.involved = (0..length / 40).map(|number| format!("somebody-{number}@mercy.example")).collect();
        let id = *id;
        record(&mut journal, &store, &mut model, &entries);
        if length % 2 == 0 {
            record(&mut journal, &store, &mut model, &house.closing(id));
        }
    }
    wait(&store, model.seq);
    model.compare(&store);
    drop(store);
    let (store, recovered) = open(&folder.path().join("store"), &journal);
    assert!(!recovered.rebuilt);
    check_recovered(recovered, &journal, &model);
    model.compare(&store);
}

#[test]
fn after_a_crash_at_any_byte_of_the_last_batch_store_and_journal_agree() {
    let folder = tempfile::tempdir().unwrap();
    let (journal_path, store_path) = (folder.path().join("journal"), folder.path().join("store"));
    let (mut journal, _) = FileJournal::open(&journal_path).unwrap();
    let (mut house, mut model) = (House::new(15), Model::default());
    let (store, _) = open(&store_path, &journal);
    for _ in 0..2 {
        record(&mut journal, &store, &mut model, &house.typical());
    }
    wait(&store, 6);
    store.close();
    let segment = segments(&journal_path).pop().unwrap();
    let before = fs::read(&segment).unwrap().len();
    journal.append(Epoch::FIRST, &house.closing(*model.incidents.keys().next().unwrap())).unwrap();
    drop(journal);
    let whole = fs::read(&segment).unwrap();
    for length in before..=whole.len() {
        fs::write(&segment, &whole[..length]).unwrap();
        let (journal, _) = FileJournal::open(&journal_path).unwrap();
        let mut crashed = Model::default();
        read(journal.reader().as_ref(), 0).into_iter().for_each(|(record, _, _)| crashed.add(record));
        assert_eq!(crashed.seq, journal.head().seq);
        let opens_store = length % 150 == 0 || length == whole.len();
        if opens_store {
            let (store, recovered) = open(&store_path, &journal);
            assert!(!recovered.rebuilt);
            check_recovered(recovered, &journal, &crashed);
            crashed.compare(&store);
        } else {
            let recovered = replay(journal.reader().as_ref()).unwrap();
            check_recovered(recovered, &journal, &crashed);
        }
    }
}
