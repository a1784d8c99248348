//! What every journal does, whatever it writes to. A new one is a line in [`each`].

use std::ops::ControlFlow;
use std::path::Path;

use wardbell::domain::digest::Digest;
use wardbell::journal::error::{JournalError, Leftover};
use wardbell::journal::file::FileJournal;
use wardbell::journal::folder_upkeep::FolderUpkeep;
use wardbell::journal::memory::MemoryJournal;
use wardbell::journal::port::{Epoch, Head, Journal, Reader, Start, Written};
use wardbell::journal::record::Entry;
use wardbell::journal::restore::restore;
use wardbell::journal::upkeep::Upkeep;
use wardbell::journal::verify::verify;

use crate::fixture::House;

type Made = (Box<dyn Journal>, Box<dyn Upkeep>);

/// Runs a check with an empty journal of each kind.
fn each(check: fn(&str, Made)) {
    let folder = tempfile::tempdir().unwrap();
    let (file, _) = FileJournal::open(folder.path()).unwrap();
    let file = file.with_segment_bytes(20_000);
    check("files", (Box::new(file), Box::new(FolderUpkeep::new(folder.path()))));
    let memory = MemoryJournal::default();
    check("memory", (Box::new(memory.clone()), Box::new(memory)));
}

fn append(journal: &mut dyn Journal, house: &mut House, batches: usize) -> (Vec<Written>, Vec<Entry>) {
    let (mut all, mut all_entries) = (Vec::new(), Vec::new());
    for count in 1..=batches {
        let entries = house.entries(count % 7 + 1);
        all.extend(journal.append(Epoch::FIRST, &entries).unwrap());
        all_entries.extend(entries);
    }
    (all, all_entries)
}

fn read_after(reader: &dyn Reader, seq: u64) -> Vec<(u64, Digest, String, Entry)> {
    let mut found = Vec::new();
    let visit = &mut |one: wardbell::journal::port::Found<'_>| {
        found.push((one.record.seq, one.hash, one.line.to_owned(), one.record.entry.clone()));
        ControlFlow::Continue(())
    };
    reader.read_after(seq, visit).unwrap();
    found
}

#[test]
fn what_was_appended_is_read_back_in_order_and_letter_by_letter() {
    each(|kind, (mut journal, _)| {
        let reader = journal.reader();
        assert_eq!(journal.head(), Head::START, "{kind}");
        assert!(read_after(reader.as_ref(), 0).is_empty(), "{kind}");
        let (written, entries) = append(journal.as_mut(), &mut House::new(3), 40);
        for after in [0, 1, 17, written.len() as u64 - 1, written.len() as u64] {
            let found = read_after(reader.as_ref(), after);
            let rest = written.iter().zip(&entries).skip(usize::try_from(after).unwrap());
            let expected = rest.map(|(one, entry)| (one.seq, one.hash, one.line.to_string(), entry.clone()));
            assert_eq!(found, expected.collect::<Vec<_>>(), "{kind} after {after}");
        }
        let last = written.last().unwrap();
        let head = Head { seq: last.seq, at: entries.last().map(|entry| entry.at), hash: last.hash };
        assert_eq!(journal.head(), head, "{kind}");
        assert_eq!(reader.start().unwrap(), Start::WHOLE, "{kind}");
        assert_eq!(reader.hash_at(0).unwrap(), Some(Digest::ZERO), "{kind}");
        assert!(written.iter().all(|one| reader.hash_at(one.seq).unwrap() == Some(one.hash)), "{kind}");
        assert_eq!(reader.hash_at(last.seq + 1).unwrap(), None, "{kind}");
    });
}

#[test]
fn a_reading_ends_where_its_reader_says_so_and_an_empty_batch_changes_nothing() {
    each(|kind, (mut journal, _)| {
        append(journal.as_mut(), &mut House::new(4), 12);
        let (before, mut seen) = (journal.head(), Vec::new());
        let visit = &mut |one: wardbell::journal::port::Found<'_>| {
            seen.push(one.record.seq);
            if one.record.seq == 9 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        journal.reader().read_after(5, visit).unwrap();
        assert_eq!(seen, [6, 7, 8, 9], "{kind}");
        assert_eq!(journal.append(Epoch::FIRST, &[]), Ok(Vec::new()), "{kind}");
        assert_eq!(journal.head(), before, "{kind}");
    });
}

#[test]
fn a_batch_under_another_epoch_is_refused_and_leaves_nothing() {
    each(|kind, (mut journal, upkeep)| {
        let mut house = House::new(5);
        append(journal.as_mut(), &mut house, 3);
        let before = (journal.head(), upkeep.verify(&|| false).unwrap());
        let refused = journal.append(Epoch::FIRST.next(), &house.entries(3)).unwrap_err();
        assert_eq!((refused.reason, refused.leftover), (JournalError::Fenced, Leftover::None), "{kind}");
        assert_eq!((journal.head(), upkeep.verify(&|| false).unwrap()), before, "{kind}");
        append(journal.as_mut(), &mut house, 2);
    });
}

#[test]
fn the_same_entries_make_the_same_lines_everywhere() {
    let mut lines = Vec::new();
    let mut other = MemoryJournal::default();
    append(&mut other, &mut House::new(6), 20);
    other
        .export(&mut |_, text| {
            lines.push(text.to_owned());
            Ok(ControlFlow::Continue(()))
        })
        .unwrap();
    assert!(lines.len() > 50);
    thread_local! {
        static LINES: std::cell::RefCell<Vec<String>> = const { std::cell::RefCell::new(Vec::new()) };
    }
    LINES.set(lines);
    each(|kind, (mut journal, upkeep)| {
        append(journal.as_mut(), &mut House::new(6), 20);
        let mut exported = Vec::new();
        upkeep
            .export(&mut |_, text| {
                exported.push(text.to_owned());
                Ok(ControlFlow::Continue(()))
            })
            .unwrap();
        LINES.with_borrow(|lines| assert_eq!(exported, *lines, "{kind}"));
    });
}

#[test]
fn what_is_looked_after_stays_the_same_record() {
    each(|kind, (mut journal, upkeep)| {
        append(journal.as_mut(), &mut House::new(7), 60);
        let (head, before) = (journal.head(), read_after(journal.reader().as_ref(), 0));
        let verified = upkeep.verify(&|| false).unwrap();
        assert_eq!((verified.records, verified.head, verified.torn_bytes), (head.seq, head.hash, 0), "{kind}");
        assert_eq!(verified.pruned, None, "{kind}");
        let asked = std::cell::Cell::new(0);
        let stop = || asked.replace(asked.get() + 1) == 9;
        assert_eq!(upkeep.verify(&stop).unwrap().records, 10, "{kind}");
        upkeep.compress(head.seq, &|| false).unwrap();
        assert_eq!(read_after(journal.reader().as_ref(), 0), before, "{kind}");
        assert_eq!(upkeep.verify(&|| false).unwrap().head, head.hash, "{kind}");
        assert_eq!((upkeep.sweep().unwrap(), upkeep.pruned_through().unwrap()), (0, 0), "{kind}");
        let long_ago = "2026-12-25T00:00:00Z".parse().unwrap();
        assert_eq!(upkeep.find_old("2192d".parse().unwrap(), long_ago).unwrap(), None, "{kind}");
        let (more, _) = append(journal.as_mut(), &mut House::new(8), 1);
        assert_eq!(more[0].seq, head.seq + 1, "{kind}");
    });
}

#[test]
fn the_plan_of_an_instant_and_the_last_one_are_found() {
    each(|kind, (mut journal, upkeep)| {
        assert_eq!(upkeep.last_plan(), None, "{kind}");
        let (_, entries) = append(journal.as_mut(), &mut House::new(9), 80);
        let mut reference = MemoryJournal::default();
        append(&mut reference, &mut House::new(9), 80);
        let last = upkeep.plan_at(entries.last().unwrap().at).unwrap();
        assert!(last.as_ref().is_some_and(|plan| plan.until.is_none()), "{kind}");
        for entry in entries.iter().step_by(13) {
            assert_eq!(upkeep.plan_at(entry.at).unwrap(), reference.plan_at(entry.at).unwrap(), "{kind}");
        }
        assert_eq!(upkeep.last_plan(), reference.last_plan(), "{kind}");
    });
}

#[test]
fn a_backup_of_any_of_them_is_put_back_as_files() {
    fn check(kind: &str, (mut journal, upkeep): Made) {
        append(journal.as_mut(), &mut House::new(10), 50);
        let (mut backup, now) = (Vec::new(), "2026-12-25T00:00:00Z".parse().unwrap());
        upkeep.back_up(now, &mut backup).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let [record, store] = ["journal", "store"].map(|name| folder.path().join(name));
        restore(backup.as_slice(), &record, &store).unwrap();
        assert_eq!(head_of(&record), journal.head().hash, "{kind}");
    }
    fn head_of(folder: &Path) -> Digest {
        verify(folder).unwrap().head
    }
    each(check);
}
