//! The store rebuilt from the journal: what it answered before it answers after, and meanwhile.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use wardbell::clock::{Clock, SystemClock};
use wardbell::domain::escalation::event::Event;
use wardbell::journal::file::FileJournal;
use wardbell::journal::port::Journal;
use wardbell::journal::record::{Entry, Fact};
use wardbell::store::Store;
use wardbell::store::query::Filter;
use wardbell::store::sled::compact::{CompactError, compact, size};

use crate::fixture::{House, Model, record, wait};

fn names(folder: &std::path::Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Entries without what follows upon a repeat: the engine records the two together, and these batches cut anywhere.
fn entries(house: &mut House, count: usize) -> Vec<Entry> {
    let mut entries = house.entries(count);
    entries.retain(|entry| !matches!(entry.fact, Fact::Incident(_, Event::SeverityRose(_))));
    entries
}

#[test]
fn while_the_store_is_rebuilt_questions_are_answered_and_records_applied() {
    let base = tempfile::tempdir().unwrap();
    let (journal, _) = FileJournal::open(&base.path().join("journal")).unwrap();
    let mut journal = journal.with_segment_bytes(1 << 20);
    let folder = base.path().join("store");
    let (store, _) = Store::open(&folder, &journal, SystemClock.wall()).unwrap();
    let (mut house, mut model) = (House::new(51), Model::default());
    for _ in 0..60 {
        record(&mut journal, &store, &mut model, &entries(&mut house, 50));
    }
    wait(&store, journal.head().seq);
    let (ended, store) = (AtomicBool::new(false), &store);
    let longest = thread::scope(|scope| {
        let asking = scope.spawn(|| {
            let (mut longest, mut last) = (Duration::ZERO, Instant::now());
            while !ended.load(Ordering::SeqCst) {
                if store.list(&Filter { limit: 1, ..Filter::default() }).is_ok() {
                    longest = longest.max(last.elapsed());
                    last = Instant::now();
                }
            }
            longest
        });
        let compacting = scope.spawn(|| store.compact().unwrap());
        while !compacting.is_finished() {
            record(&mut journal, store, &mut model, &entries(&mut house, 5));
            thread::sleep(Duration::from_millis(5));
        }
        let done = compacting.join().unwrap();
        ended.store(true, Ordering::SeqCst);
        assert!(done.records >= 2_500 && done.after > 0, "{done:?}");
        asking.join().unwrap()
    });
    assert!(longest < Duration::from_secs(1), "{longest:?} without an answer");
    wait(store, journal.head().seq);
    model.compare(store);
    record(&mut journal, store, &mut model, &entries(&mut house, 50));
    wait(store, journal.head().seq);
    model.compare(store);
    store.close();
    assert_eq!(store.compact(), Err(CompactError::Closed));
    assert_eq!(names(base.path()), ["journal", "store"], "nothing is left lying about");
    let (store, recovered) = Store::open(&folder, &journal, SystemClock.wall()).unwrap();
    assert!(!recovered.rebuilt && recovered.replayed == 0, "{} {}", recovered.rebuilt, recovered.replayed);
    model.compare(&store);
}

#[test]
fn without_a_daemon_it_is_rebuilt_too_and_a_crash_in_between_costs_nothing() {
    let base = tempfile::tempdir().unwrap();
    let (path, folder) = (base.path().join("journal"), base.path().join("store"));
    let (mut journal, _) = FileJournal::open(&path).unwrap();
    let (store, _) = Store::open(&folder, &journal, SystemClock.wall()).unwrap();
    let (mut house, mut model) = (House::new(52), Model::default());
    for _ in 0..40 {
        record(&mut journal, &store, &mut model, &entries(&mut house, 20));
    }
    wait(&store, journal.head().seq);
    drop(store);
    assert!(matches!(compact(&path, &folder), Err(CompactError::Open(_))), "a daemon has the journal");
    drop(journal);
    let done = compact(&path, &folder).unwrap();
    assert_eq!((done.records, done.after), (model.seq, size(&folder).unwrap()));
    let open = || {
        let (journal, _) = FileJournal::open(&path).unwrap();
        let (store, recovered) = Store::open(&folder, &journal, SystemClock.wall()).unwrap();
        model.compare(&store);
        assert_eq!(names(base.path()), ["journal", "store"]);
        recovered.replayed
    };
    assert_eq!(open(), 0);
    // Half built; then between the two renames; then before the old one is removed.
    fs::create_dir(base.path().join("store.unfinished")).unwrap();
    fs::write(base.path().join("store.unfinished/db"), "half").unwrap();
    assert_eq!(open(), 0);
    fs::rename(&folder, base.path().join("store.old")).unwrap();
    fs::create_dir(base.path().join("store.unfinished")).unwrap();
    assert_eq!(open(), 0, "the old one is used on");
    fs::create_dir(base.path().join("store.old")).unwrap();
    assert_eq!(open(), 0);
    fs::remove_dir_all(&folder).unwrap();
    assert_eq!(open(), model.seq, "and without any it is built from the journal");
}
