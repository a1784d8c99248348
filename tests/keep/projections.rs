//! Each projection of the store is built again alone when its version changes, and answers as before.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::ControlFlow;

use wardbell::domain::digest::Digest;
use wardbell::journal::error::ReadError;
use wardbell::journal::memory::MemoryJournal;
use wardbell::journal::port::{Epoch, Found, Journal, Reader, Start};
use wardbell::journal::record::Checkpoint;
use wardbell::store::Store;
use wardbell::store::build;
use wardbell::store::error::Trouble;
use wardbell::store::fold::Fold;
use wardbell::store::projection::{Projection, Step};
use wardbell::store::projections::all;
use wardbell::store::sled::changes::Changes;
use wardbell::store::sled::database::Database;
use wardbell::store::sled::tree::{MemoryPlace, Place};

use crate::fixture::{House, Model};

thread_local! {
    /// The projection that has another version.
    static NEWER: RefCell<&'static str> = const { RefCell::new("") };
    /// How many records each projection has taken.
    static TAKEN: RefCell<BTreeMap<&'static str, u64>> = const { RefCell::new(BTreeMap::new()) };
}

/// The same as another one, which counts, and may have another version.
struct Watched(Box<dyn Projection>);

impl Projection for Watched {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn version(&self) -> u8 {
        self.0.version() + u8::from(NEWER.with_borrow(|newer| *newer == self.name()))
    }

    fn letters(&self) -> &'static [u8] {
        self.0.letters()
    }

    fn keeps_states(&self) -> bool {
        self.0.keeps_states()
    }

    fn begin(&mut self, checkpoint: &Checkpoint, changes: &mut Changes) -> Result<(), Trouble> {
        self.0.begin(checkpoint, changes)
    }

    fn take(&mut self, step: &Step<'_>, changes: &mut Changes) -> Result<(), Trouble> {
        TAKEN.with_borrow_mut(|taken| *taken.entry(self.name()).or_default() += 1);
        self.0.take(step, changes)
    }

    fn finish(&mut self, fold: &Fold<'_>, changes: &mut Changes) -> Result<(), Trouble> {
        self.0.finish(fold, changes)
    }
}

fn watched() -> Vec<Box<dyn Projection>> {
    all().into_iter().map(|one| Box::new(Watched(one)) as Box<dyn Projection>).collect()
}

/// Ends with an error after so many records.
struct Breaks(Box<dyn Reader>, u64);

impl Reader for Breaks {
    fn read_after(&self, seq: u64, visit: &mut dyn FnMut(Found<'_>) -> ControlFlow<()>) -> Result<(), ReadError> {
        let mut left = self.1;
        self.0.read_after(seq, &mut |found| {
            let Some(rest) = left.checked_sub(1) else { return ControlFlow::Break(()) };
            left = rest;
            visit(found)
        })?;
        Err(ReadError::disk("journal", &std::io::Error::other("pulled out")))
    }

    fn start(&self) -> Result<Start, ReadError> {
        self.0.start()
    }

    fn hash_at(&self, seq: u64) -> Result<Option<Digest>, ReadError> {
        self.0.hash_at(seq)
    }
}

type Pairs = BTreeMap<Vec<u8>, Vec<u8>>;

/// All that a database holds but for the versions.
fn held(db: &Database) -> Pairs {
    let pairs = db.backwards(&[0], &[u8::MAX]).unwrap().map(|pair| pair.unwrap());
    pairs.map(|(key, value)| (key.to_vec(), value.to_vec())).filter(|(key, _)| key[0] != b'v').collect()
}

fn built(entries: usize) -> (MemoryJournal, MemoryPlace, Model, Pairs) {
    let (mut journal, mut house, mut model) = (MemoryJournal::default(), House::new(7), Model::default());
    let entries = house.entries(entries);
    model.add_all(&journal.append(Epoch::FIRST, &entries).unwrap(), &entries);
    let place = MemoryPlace::default();
    let reader = journal.reader();
    let (db, meta) = build::open(&Place::Memory(place.clone()), reader.as_ref(), watched).unwrap();
    build::catch_up(&db, meta, reader.as_ref(), u64::MAX, watched, &mut |_| {}).unwrap();
    let pairs = held(&db);
    (journal, place, model, pairs)
}

fn open(place: &MemoryPlace, reader: &dyn Reader) -> Result<Pairs, Trouble> {
    TAKEN.take();
    build::open(&Place::Memory(place.clone()), reader, watched).map(|(db, _)| held(&db))
}

#[test]
fn a_projection_of_another_version_is_built_again_alone_and_answers_as_before() {
    let (journal, place, model, before) = built(2_500);
    let reader = journal.reader();
    assert!(open(&place, reader.as_ref()).unwrap() == before);
    assert_eq!(TAKEN.take(), BTreeMap::new(), "nothing has changed, and nothing is built again");
    let letters: std::collections::BTreeSet<u8> = before.keys().map(|key| key[0]).collect();
    assert!(letters.len() > 12, "all of them hold something: {letters:?}");
    for projection in all() {
        for newer in [projection.name(), ""] {
            NEWER.set(newer);
            let after = open(&place, reader.as_ref()).unwrap();
            assert!(after == before, "{} came out otherwise", projection.name());
            assert_eq!(TAKEN.take(), BTreeMap::from([(projection.name(), 2_500)]));
        }
    }
    let now = "2026-12-25T00:00:00Z".parse().unwrap();
    let (store, recovered) = Store::open_in_memory(&place, &journal, now).unwrap();
    assert!(!recovered.rebuilt);
    model.compare(&store);
}

#[test]
fn what_was_broken_off_while_it_was_built_again_is_built_at_the_next_start() {
    let (journal, place, _, before) = built(2_500);
    for projection in all() {
        NEWER.set(projection.name());
        for records in [0, 100, 2_300] {
            assert!(open(&place, &Breaks(journal.reader(), records)).is_err());
            NEWER.set("");
        }
        let after = open(&place, journal.reader().as_ref()).unwrap();
        assert!(after == before, "{} came out otherwise", projection.name());
        assert_eq!(TAKEN.take(), BTreeMap::from([(projection.name(), 2_500)]));
    }
}

#[test]
fn a_projection_that_the_database_does_not_have_yet_is_built() {
    fn without_links() -> Vec<Box<dyn Projection>> {
        all().into_iter().filter(|one| one.name() != "links").collect()
    }
    let (journal, _, model, before) = built(3_000);
    let (place, reader) = (MemoryPlace::default(), journal.reader());
    let (db, meta) = build::open(&Place::Memory(place.clone()), reader.as_ref(), without_links).unwrap();
    build::catch_up(&db, meta, reader.as_ref(), u64::MAX, without_links, &mut |_| {}).unwrap();
    assert!(held(&db).len() < before.len());
    drop(db);
    assert!(open(&place, reader.as_ref()).unwrap() == before);
    let (store, _) = Store::open_in_memory(&place, &journal, "2026-12-25T00:00:00Z".parse().unwrap()).unwrap();
    model.compare(&store);
}
