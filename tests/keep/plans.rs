//! What the record tells of past plans.

use chrono::{DateTime, TimeDelta, Utc};

use wardbell::domain::digest::Digest;
use wardbell::journal::file::FileJournal;
use wardbell::journal::folder_reader::FolderReader;
use wardbell::journal::plans::{last, last_of, plan_at};
use wardbell::journal::port::{Epoch, Journal};
use wardbell::journal::record::{Entry, Fact, SystemEvent};
use wardbell::journal::verify::verify;

use crate::fixture::{House, kept, plan};

fn second(number: i64) -> DateTime<Utc> {
    "2026-12-24T23:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::seconds(number)
}

fn append(journal: &mut FileJournal, at: i64, events: impl IntoIterator<Item = SystemEvent>) {
    let entry = |event| Entry { at: second(at), fact: Fact::System(event) };
    let entries: Vec<Entry> = events.into_iter().map(entry).collect();
    journal.append(Epoch::FIRST, &entries).unwrap();
}

#[test]
fn at_each_instant_the_plan_that_was_in_force_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let (journal, _) = FileJournal::open(folder.path()).unwrap();
    // Small segments, so that versions and the plans that name them stand in different ones.
    let mut journal = journal.with_segment_bytes(1);
    let (one, two) = ("# one\r\n\t\u{1f514}\u{0}\"\\", "# two");
    let of = |text| plan(&[("rosters/a.toml", text), ("rosters/b.toml", text), ("wardbell.toml", "secret")]);
    append(&mut journal, 10, [kept(one), of(one)]);
    append(&mut journal, 20, [kept(two), of(two)]);
    journal
        .append(
            Epoch::FIRST,
            &House::new(5).entries(20).into_iter().map(|entry| Entry { at: second(25), ..entry }).collect::<Vec<_>>(),
        )
        .unwrap();
    append(&mut journal, 30, [of(one)]);
    assert!(plan_at(folder.path(), second(9)).unwrap().is_none());
    for (at, from, until, text) in
        [(10, 10, Some(20), one), (19, 10, Some(20), one), (20, 20, None, two), (30, 30, None, one)]
    {
        let found = plan_at(folder.path(), second(at)).unwrap().unwrap();
        assert_eq!(found.from, second(from), "at {at}");
        if let Some(until) = until {
            assert_eq!(found.until, Some(second(until)), "at {at}");
        }
        assert_eq!(found.files.len(), 3);
        let texts: Vec<_> = found.texts.iter().map(|(hash, text)| (*hash, &**text)).collect();
        assert_eq!(texts, [(Digest::of(text.as_bytes()), text)], "at {at}");
    }
    assert!(verify(folder.path()).is_ok());
}

#[test]
fn a_record_of_an_earlier_version_names_the_files_and_has_no_texts() {
    let folder = tempfile::tempdir().unwrap();
    let (mut journal, _) = FileJournal::open(folder.path()).unwrap();
    append(&mut journal, 10, [SystemEvent::Started { version: "0.1.0".into() }, plan(&[("rosters/a.toml", "a")])]);
    let found = plan_at(folder.path(), second(99)).unwrap().unwrap();
    assert_eq!((found.seq, found.until, found.files[0].path.as_str()), (2, None, "rosters/a.toml"));
    assert!(found.texts.is_empty());
    // The version after it keeps the text without naming the plan again.
    append(&mut journal, 20, [kept("a")]);
    assert_eq!(plan_at(folder.path(), second(10)).unwrap().unwrap().texts.len(), 1);
}

#[test]
fn the_last_plan_comes_back_whole_also_where_the_record_s_past_is_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let (journal, _) = FileJournal::open(folder.path()).unwrap();
    let mut journal = journal.with_segment_bytes(1);
    assert!(last(folder.path()).is_none());
    let of = |text| plan(&[("rosters/a.toml", text), ("wardbell.toml", "secret")]);
    append(&mut journal, 10, [kept("# one"), of("# one")]);
    append(&mut journal, 20, [kept("# two"), of("# two")]);
    append(&mut journal, 30, [kept("# never in force")]);
    let found = last(folder.path()).unwrap();
    assert_eq!((found.from, found.texts.len()), (second(20), 1));
    assert_eq!(found.texts.values().next().map(AsRef::as_ref), Some("# two"));
    assert_eq!(last_of(&FolderReader::new(folder.path())).unwrap(), Some(found.clone()));
    // The first segment is damaged, and what it held is not needed.
    let first = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).min().unwrap();
    std::fs::write(first, "#").unwrap();
    assert_eq!(last(folder.path()), Some(found));
    // A plan whose texts are not all there is none.
    append(&mut journal, 40, [of("# not kept")]);
    assert_eq!(last(folder.path()), None);
}
