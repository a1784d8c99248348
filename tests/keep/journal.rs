//! One conformance suite for all journals.

use std::ops::ControlFlow;

use wardbell::domain::digest::Digest;
use wardbell::journal::error::{AppendError, JournalError, Leftover};
use wardbell::journal::file::FileJournal;
use wardbell::journal::memory::MemoryJournal;
use wardbell::journal::port::{Epoch, Head, Journal, Reader};
use wardbell::journal::record::{Entry, Record};

use crate::fixture::House;

pub fn read(reader: &dyn Reader, after: u64) -> Vec<(Record, Digest, String)> {
    let mut found = Vec::new();
    reader
        .read_after(after, &mut |one| {
            found.push((one.record, one.hash, one.line.to_owned()));
            ControlFlow::Continue(())
        })
        .unwrap();
    found
}

fn conforms(journal: &mut dyn Journal) {
    let mut house = House::new(1);
    assert_eq!(journal.head(), Head::START);
    assert_eq!(journal.append(Epoch::FIRST, &[]), Ok(Vec::new()));
    assert_eq!(journal.reader().hash_at(0), Ok(Some(Digest::ZERO)));
    assert_eq!(journal.reader().hash_at(1), Ok(None));
    let batches: Vec<Vec<Entry>> = [1, 7, 30, 2].into_iter().map(|count| house.entries(count)).collect();
    let mut written = Vec::new();
    let reader = journal.reader();
    for batch in &batches {
        written.extend(journal.append(Epoch::FIRST, batch).unwrap());
        let last = written.last().unwrap();
        assert_eq!(journal.head(), Head { seq: last.seq, at: batch.last().map(|entry| entry.at), hash: last.hash });
    }
    let entries: Vec<Entry> = batches.concat();
    for after in [0, 1, 8, 38, 39, 40, 41] {
        let found = read(reader.as_ref(), after);
        let skipped = usize::try_from(after).unwrap();
        assert_eq!(found.len(), entries.len().saturating_sub(skipped), "after {after}");
        for ((record, hash, line), index) in found.into_iter().zip(skipped..) {
            let one = &written[index];
            assert_eq!((record.seq, hash, line.as_str()), (index as u64 + 1, one.hash, &*one.line));
            assert_eq!(record.entry, entries[index]);
            assert_eq!(reader.hash_at(record.seq), Ok(Some(one.hash)));
            let prev = if index == 0 { Digest::ZERO } else { written[index - 1].hash };
            assert!(line.contains(&format!(r#","prev":"{prev}","hash":"{hash}"}}"#)), "{line}");
        }
    }
    let mut visited = 0;
    let break_at_third = &mut |_: wardbell::journal::port::Found<'_>| {
        visited += 1;
        if visited == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    reader.read_after(5, break_at_third).unwrap();
    assert_eq!(visited, 3);
}

#[test]
fn a_journal_in_memory_conforms() {
    conforms(&mut MemoryJournal::default());
}

#[test]
fn a_journal_of_files_conforms_whatever_the_size_of_its_segments() {
    for segment_bytes in [1, 5_000, u64::MAX] {
        let folder = tempfile::tempdir().unwrap();
        let (journal, _) = FileJournal::open(folder.path()).unwrap();
        conforms(&mut journal.with_segment_bytes(segment_bytes));
    }
}

#[test]
fn a_journal_in_memory_fails_when_told_to_and_goes_on_afterwards() {
    let mut journal = MemoryJournal::default();
    let mut house = House::new(2);
    journal.append(Epoch::FIRST, &house.entries(3)).unwrap();
    journal.fail(Some(JournalError::DiskFull));
    let nothing = AppendError { reason: JournalError::DiskFull, leftover: Leftover::None };
    assert_eq!(journal.append(Epoch::FIRST, &house.entries(3)), Err(nothing));
    assert_eq!(journal.head().seq, 3);
    journal.fail(None);
    assert_eq!(journal.append(Epoch::FIRST, &house.entries(1)).unwrap()[0].seq, 4);
    assert_eq!(read(&journal, 0).len(), 4);
}
