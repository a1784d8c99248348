//! Retention: what is old goes, what is left proves itself, and a crash in between costs nothing.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use tempfile::TempDir;
use wardbell::clock::{Clock, SystemClock};
use wardbell::domain::digest::Digest;
use wardbell::domain::escalation::event::{Event, Reopened};
use wardbell::domain::id::{IncidentId, SourceName};
use wardbell::domain::principal::Principal;
use wardbell::domain::retention::Retention;
use wardbell::domain::source_watch::SourceWatchEvent;
use wardbell::journal::base::{BASE, Base};
use wardbell::journal::compress::compress;
use wardbell::journal::error::{Fault, ReadError};
use wardbell::journal::file::FileJournal;
use wardbell::journal::plans::plan_at;
use wardbell::journal::port::{Epoch, Journal};
use wardbell::journal::prune::{Prunable, finish, is_still_right, look, remove_quarantined, sweep};
use wardbell::journal::record::{Entry, Fact, Record, SystemEvent};
use wardbell::journal::restore::restore;
use wardbell::journal::segment::Segment;
use wardbell::journal::verify::verify;
use wardbell::store::Store;
use wardbell::store::query::Filter;
use wardbell::store::repair::repair;

use crate::compress::copy;
use crate::fixture::{House, Model, kept, plan, playbook, segments};
use crate::journal::read;

pub fn month() -> Retention {
    "30d".parse().unwrap()
}

/// Appends, and keeps the model up to date.
fn append(journal: &mut FileJournal, model: &mut Model, entries: &[Entry]) {
    for batch in entries.chunks(7) {
        let written = journal.append(Epoch::FIRST, batch).unwrap();
        model.add_all(&written, batch);
    }
}

fn incident_of(record: &Record) -> Option<IncidentId> {
    match record.entry.fact {
        Fact::Incident(id, _) => Some(id),
        _ => None,
    }
}

fn house_entries(at: DateTime<Utc>, events: impl IntoIterator<Item = SystemEvent>) -> Vec<Entry> {
    events.into_iter().map(|event| Entry { at, fact: Fact::System(event) }).collect()
}

/// Two stretches of a hospital's life with forty days between, the first one over; and when the second one began.
pub fn lived(seed: u64) -> (TempDir, FileJournal, Model, DateTime<Utc>) {
    let folder = tempfile::tempdir().unwrap();
    let (journal, _) = FileJournal::open(&folder.path().join("journal")).unwrap();
    let (mut journal, mut model) = (journal.with_segment_bytes(20_000), Model::default());
    let mut house = House::new(seed);
    let whole = Box::new(playbook("title"));
    let pinned = SystemEvent::PlaybookPinned { hash: whole.hash(), playbook: whole };
    let mut early = house.entries(300);
    let first = early[0].at;
    early.splice(0..0, house_entries(first, [kept("# old"), kept("# now"), pinned]));
    let silent = SourceWatchEvent::Silent { incident: IncidentId::from_random(1) };
    early.push(Entry { at: early[0].at, fact: Fact::SourceWatch("silent-early".parse().unwrap(), silent) });
    early.sort_by_key(|entry| entry.at);
    append(&mut journal, &mut model, &early);
    let open: Vec<_> = model.open().iter().map(|incident| incident.id).collect();
    let last = early[early.len() - 1].at;
    let closing = open.into_iter().flat_map(|id| house.closing(id)).map(|entry| Entry { at: last, ..entry });
    append(&mut journal, &mut model, &closing.collect::<Vec<_>>());
    let (before, now) = (plan(&[("rosters/a.toml", "# old")]), plan(&[("rosters/a.toml", "# now")]));
    append(
        &mut journal,
        &mut model,
        &house_entries(last, [before, now, SystemEvent::ClockSetBack { ahead_ms: 7_000 }]),
    );
    let filler = (0..120).map(|_| SystemEvent::Started { version: "1".repeat(40) });
    append(&mut journal, &mut model, &house_entries(last, filler));
    let late = House::new(seed + 1_000).entries(300).into_iter();
    let late: Vec<_> = late.map(|entry| Entry { at: entry.at + TimeDelta::days(40), ..entry }).collect();
    append(&mut journal, &mut model, &late);
    (folder, journal, model, late[0].at)
}

/// Records what was found, as the engine does.
pub fn record(journal: &mut FileJournal, found: &Prunable, at: DateTime<Utc>) -> u64 {
    journal.append(Epoch::FIRST, &house_entries(at, found.events.clone())).unwrap();
    journal.head().seq
}

fn prune(journal: &mut FileJournal, folder: &Path, now: DateTime<Utc>) -> Option<Prunable> {
    let found = look(folder, month(), now).unwrap()?;
    let number = record(journal, &found, now);
    assert!(is_still_right(folder, &found, number).unwrap());
    assert!(finish(folder, &found.checkpoint, number).unwrap() > 0);
    Some(found)
}

#[test]
fn what_is_old_goes_with_all_that_nothing_else_needs_and_the_rest_proves_itself() {
    let (folder, mut journal, _, late) = lived(71);
    let path = folder.path().join("journal");
    compress(&path, 200, &|| false).unwrap();
    // An old incident of which something is recorded still.
    let spoken_of = read(journal.reader().as_ref(), 0).iter().find_map(|(record, _, _)| incident_of(record)).unwrap();
    let link = Event::LinkIssued { page: 1, link: Digest::of(b"link") };
    let at = journal.head().at.unwrap();
    journal.append(Epoch::FIRST, &[Entry { at, fact: Fact::Incident(spoken_of, link) }]).unwrap();
    let before = read(journal.reader().as_ref(), 0);
    assert!(look(&path, month(), late - TimeDelta::days(15)).unwrap().is_none(), "nothing is a month old");
    let now = late + TimeDelta::days(25);
    let plans: Vec<_> = (0..40).map(|hours| late + TimeDelta::minutes(hours)).collect();
    let plans_before: Vec<_> = plans.iter().map(|at| plan_at(&path, *at).unwrap()).collect();
    let found = prune(&mut journal, &path, now).unwrap();
    let through = found.checkpoint.through;
    assert!(through > 100 && before[usize::try_from(through).unwrap() - 1].0.entry.at < now - month().delta());
    assert_eq!(found.checkpoint.ahead_ms, 7_000);
    let (old, kept_on) = before.split_at(usize::try_from(through).unwrap());
    let of = |records: &[(Record, Digest, String)]| -> BTreeSet<IncidentId> {
        records.iter().filter_map(|(record, _, _)| incident_of(record)).collect()
    };
    assert!(found.incidents.len() > 10 && !found.incidents.contains(&spoken_of) && of(old).contains(&spoken_of));
    assert_eq!(found.incidents, of(old).difference(&of(kept_on)).copied().collect(), "of these no record is left");
    let verified = verify(&path).unwrap();
    assert_eq!(verified.pruned.map(|pruned| (pruned.through, pruned.on)), Some((through, now)));
    assert_eq!(verified.records, journal.head().seq);
    let reader = journal.reader();
    let after = read(reader.as_ref(), 0);
    assert_eq!(after[..before.len() - usize::try_from(through).unwrap()], before[usize::try_from(through).unwrap()..]);
    assert_eq!(reader.hash_at(through).unwrap(), Some(found.checkpoint.hash));
    assert_eq!(reader.hash_at(through - 1).unwrap(), None);
    let plans_after: Vec<_> = plans.iter().map(|at| plan_at(&path, *at).unwrap()).collect();
    assert_eq!(plans_after, plans_before, "every plan that the rest tells of is there, letter by letter");
    assert!(plan_at(&path, found.checkpoint.at - TimeDelta::days(1)).unwrap().is_none());
    let holds = |text: &str| after.iter().any(|(record, _, _)| record.entry.fact == Fact::System(kept(text)));
    assert!(holds("# now") && !holds("# old"));
    assert!(found.forgotten.files.contains(&Digest::of(b"# old")));
    assert!(look(&path, month(), now).unwrap().is_none(), "and there is no more to prune that day");
    drop(journal);
    let (journal, opened) = FileJournal::open(&path).unwrap();
    assert_eq!((journal.head().seq, opened.cut_bytes), (verified.records, 0));
}

#[test]
fn a_store_built_from_what_is_left_answers_for_what_is_left_alone() {
    for seed in [72, 73, 74] {
        let (folder, mut journal, mut model, late) = lived(seed);
        let (path, store_path) = (folder.path().join("journal"), folder.path().join("store"));
        let (store, _) = Store::open(&store_path, &journal, SystemClock.wall()).unwrap();
        let found = prune(&mut journal, &path, late + TimeDelta::days(25)).unwrap();
        let through = found.checkpoint.through;
        assert_eq!(store.built_from().unwrap(), 0);
        drop(store);
        // A start before the store was rebuilt: it knows of what is gone, and does not count on it.
        let (store, recovered) = Store::open(&store_path, &journal, SystemClock.wall()).unwrap();
        assert!(!recovered.rebuilt && recovered.plan.kept.is_empty());
        let done = store.compact().unwrap();
        assert!(done.records > through && done.after < done.before, "{done:?}");
        assert_eq!(store.built_from().unwrap(), through);
        drop(store);
        let (store, recovered) = Store::open(&store_path, &journal, SystemClock.wall()).unwrap();
        let replayed = wardbell::store::replay::replay(journal.reader().as_ref()).unwrap();
        let open = |incidents: &[wardbell::domain::escalation::incident::Incident]| {
            incidents.iter().map(|incident| incident.id).collect::<BTreeSet<_>>()
        };
        assert_eq!(open(&recovered.incidents), model.open().iter().map(|one| one.id).collect());
        assert_eq!(open(&replayed.incidents), open(&recovered.incidents));
        assert_eq!((&recovered.plan, recovered.ahead), (&replayed.plan, replayed.ahead));
        assert_eq!(recovered.plan.files, model.plan.files);
        let snapshots = model.aggregates.snapshots();
        assert!(snapshots.len() > 1 && !found.checkpoint.snapshots.is_empty(), "{snapshots:?}");
        assert_eq!(recovered.aggregates.snapshots(), snapshots, "pruning loses none of them");
        assert_eq!(replayed.aggregates.snapshots(), snapshots);
        let gone = |model: &Model, id: &IncidentId| model.records[id][0].seq <= through;
        let source: SourceName = "listening-desk".parse().unwrap();
        let ids: Vec<_> = model.incidents.keys().copied().collect();
        let pruned: BTreeSet<_> = ids.iter().copied().filter(|id| gone(&model, id)).collect();
        assert!(pruned.len() > 10 && pruned.len() < ids.len());
        for (event, receipt) in &model.receipts {
            let answered = store.receipt(&source, event).unwrap();
            assert_eq!(answered.as_ref(), (!pruned.contains(&receipt.id)).then_some(receipt), "{event}");
        }
        for (link, (id, _)) in &model.links {
            assert_eq!(store.link(link).unwrap().is_some(), !pruned.contains(id));
        }
        pruned.iter().for_each(|id| assert!(store.history(*id).unwrap().is_none()));
        for id in &pruned {
            model.incidents.remove(id);
            model.records.remove(id);
        }
        model.receipts.retain(|_, receipt| !pruned.contains(&receipt.id));
        model.links.retain(|_, (id, _)| !pruned.contains(id));
        model.playbooks.retain(|hash| !found.forgotten.playbooks.contains(hash));
        found.forgotten.playbooks.iter().for_each(|hash| assert_eq!(store.playbook(hash).unwrap(), None));
        model.compare(&store);
        assert_eq!(
            store.list(&Filter { limit: 10_000, ..Filter::default() }).unwrap().incidents.len(),
            model.incidents.len()
        );
    }
}

#[test]
fn what_was_purged_is_known_as_purged_after_its_opening_was_pruned() {
    let (folder, mut journal, model, late) = lived(81);
    let (path, store_path) = (folder.path().join("journal"), folder.path().join("store"));
    let old = model.incidents.keys().copied().find(|id| model.records[id].last().unwrap().entry.at < late).unwrap();
    let at = journal.head().at.unwrap();
    let by = Principal::Operator { operator: "desk".parse().unwrap() };
    journal.append(Epoch::FIRST, &[Entry { at, fact: Fact::Incident(old, Event::Purged { by }) }]).unwrap();
    let found = prune(&mut journal, &path, late + TimeDelta::days(25)).unwrap();
    assert!(model.records[&old][0].seq <= found.checkpoint.through && !found.incidents.contains(&old));
    let (store, recovered) = Store::open(&store_path, &journal, SystemClock.wall()).unwrap();
    assert_eq!(recovered.purged, [old]);
    assert_eq!(store.incident(old).unwrap(), None);
    let replayed = wardbell::store::replay::replay(journal.reader().as_ref()).unwrap();
    assert_eq!(replayed.purged, recovered.purged);
}

#[test]
fn a_store_that_ends_before_the_record_begins_is_built_anew() {
    let (folder, mut journal, mut model, late) = lived(80);
    let (path, store_path) = (folder.path().join("journal"), folder.path().join("store"));
    // A store of long ago, of the first segment alone.
    let early = tempfile::tempdir().unwrap();
    let first = Segment::list(&path).unwrap()[0].path.clone();
    fs::copy(&first, early.path().join(first.file_name().unwrap())).unwrap();
    let (early, _) = FileJournal::open(early.path()).unwrap();
    drop(Store::open(&store_path, &early, SystemClock.wall()).unwrap());
    let found = prune(&mut journal, &path, late + TimeDelta::days(25)).unwrap();
    assert!(early.head().seq < found.checkpoint.through);
    let (store, recovered) = Store::open(&store_path, &journal, SystemClock.wall()).unwrap();
    assert!(recovered.rebuilt);
    model.incidents.retain(|id, _| model.records[id][0].seq > found.checkpoint.through);
    assert_eq!(
        store.list(&Filter { limit: 10_000, ..Filter::default() }).unwrap().incidents.len(),
        model.incidents.len()
    );
}

#[test]
fn no_segment_goes_from_the_opening_of_an_open_incident_on() {
    let folder = tempfile::tempdir().unwrap();
    let (journal, _) = FileJournal::open(folder.path()).unwrap();
    let (mut journal, mut model) = (journal.with_segment_bytes(5_000), Model::default());
    append(&mut journal, &mut model, &House::new(75).entries(300));
    let now = journal.head().at.unwrap() + TimeDelta::days(400);
    let oldest = model.open().iter().map(|one| model.records[&one.id][0].seq).min().unwrap();
    let found = look(folder.path(), month(), now).unwrap();
    let ends: Vec<u64> = Segment::list(folder.path()).unwrap().iter().skip(1).map(|next| next.first - 1).collect();
    let expected = ends.into_iter().take_while(|end| *end < oldest).last();
    assert_eq!(found.map(|found| found.checkpoint.through), expected);
}

#[test]
fn a_crash_between_any_two_steps_costs_nothing() {
    let (folder, mut journal, _, late) = lived(76);
    let path = folder.path().join("journal");
    compress(&path, 150, &|| false).unwrap();
    let now = late + TimeDelta::days(25);
    let found = look(&path, month(), now).unwrap().unwrap();
    let number = record(&mut journal, &found, now);
    let head = journal.head();
    drop(journal);
    let recorded = copy(&path);
    let half = copy(&path);
    fs::write(half.path().join("base.new"), "{\"thr").unwrap();
    let base = Base { through: found.checkpoint.through, hash: found.checkpoint.hash, checkpoint: number };
    let mut states = vec![recorded, half];
    base.write(&path).unwrap();
    states.push(copy(&path));
    for segment in Segment::list(&path).unwrap().iter().take_while(|segment| segment.first <= base.through) {
        fs::remove_file(&segment.path).unwrap();
        states.push(copy(&path));
    }
    let rest = |path: &Path| {
        let lines = read(&wardbell::journal::folder_reader::FolderReader::new(path), 0);
        lines.into_iter().filter(|(record, _, _)| record.seq > base.through && record.seq <= number).collect::<Vec<_>>()
    };
    let expected = rest(&path);
    for (step, state) in states.iter().enumerate() {
        assert_eq!(verify(state.path()).unwrap().head, head.hash, "step {step}");
        assert!(rest(state.path()) == expected, "step {step}");
        let (mut journal, _) = FileJournal::open(state.path()).unwrap();
        assert_eq!(journal.head(), head);
        sweep(state.path()).unwrap();
        // What was not done is done another day, and what was recorded in vain is in nobody's way.
        let again = prune(&mut journal, state.path(), now + TimeDelta::days(1));
        assert_eq!(again.is_some(), step < 2, "step {step}");
        assert!(rest(state.path()) == expected);
        let oldest = Segment::list(state.path()).unwrap()[0].first;
        assert_eq!((oldest, verify(state.path()).unwrap().pruned.unwrap().through), (base.through + 1, base.through));
    }
}

#[test]
fn it_is_pruned_again_and_again() {
    let (folder, mut journal, mut model, late) = lived(77);
    let path = folder.path().join("journal");
    let mut through = 0;
    for days in [10, 25, 26] {
        // Within the first stretch first, then all of it.
        let now = if days == 10 {
            late - TimeDelta::days(40) + TimeDelta::days(30) + TimeDelta::minutes(60)
        } else {
            late + TimeDelta::days(days)
        };
        let Some(found) = prune(&mut journal, &path, now.max(late)).or_else(|| prune(&mut journal, &path, now)) else {
            continue;
        };
        assert!(found.checkpoint.through > through);
        through = found.checkpoint.through;
        assert_eq!(verify(&path).unwrap().pruned.unwrap().through, through);
    }
    assert!(through > 0);
    // However old it is, what is open stays, with all that came after it.
    let years_later = late + TimeDelta::days(500);
    let found = prune(&mut journal, &path, years_later).map_or(through, |found| found.checkpoint.through);
    let opening = model.open().iter().map(|incident| model.records[&incident.id][0].seq).min().unwrap();
    assert!(found < opening && Segment::list(&path).unwrap().len() > 2, "{opening} is open, and {found} is gone");
    // Once everything is closed, all but the last segment goes.
    let by = Principal::Operator { operator: "watch".parse().unwrap() };
    let closed = |id| Fact::Incident(id, Event::Resolved { by: by.clone(), note: None, outcome: None });
    let closings: Vec<_> =
        model.open().iter().map(|incident| Entry { at: years_later, fact: closed(incident.id) }).collect();
    let reopened = model.open()[0].id;
    append(&mut journal, &mut model, &closings);
    // What is opened again needs its record from the beginning.
    let opening = model.records[&reopened][0].seq;
    let before = Box::new(model.incidents[&reopened].clone());
    let again = Reopened { by: by.clone(), note: None, tracks: Vec::new(), before };
    let again = Fact::Incident(reopened, Event::Reopened(Box::new(again)));
    append(&mut journal, &mut model, &[Entry { at: years_later, fact: again }]);
    let kept =
        prune(&mut journal, &path, years_later + TimeDelta::days(31)).map_or(0, |found| found.checkpoint.through);
    assert!(kept < opening, "{opening} is open again, and {kept} is gone");
    append(&mut journal, &mut model, &[Entry { at: years_later + TimeDelta::days(31), fact: closed(reopened) }]);
    let last = Segment::list(&path).unwrap().last().unwrap().first;
    let found = prune(&mut journal, &path, years_later + TimeDelta::days(90)).unwrap();
    assert_eq!(found.checkpoint.through, last - 1);
    assert_eq!(Segment::list(&path).unwrap()[0].first, last, "the last segment stays");
}

#[test]
fn a_base_that_is_wrong_or_gone_is_told_and_written_anew_from_its_checkpoint() {
    let (folder, mut journal, _, late) = lived(78);
    let (path, store_path) = (folder.path().join("journal"), folder.path().join("store"));
    drop(Store::open(&store_path, &journal, SystemClock.wall()).unwrap());
    prune(&mut journal, &path, late + TimeDelta::days(25)).unwrap();
    drop(journal);
    let base = Base::read(&path).unwrap().unwrap();
    let fault = |text: Option<String>| {
        match text {
            Some(text) => fs::write(path.join(BASE), text).unwrap(),
            None => fs::remove_file(path.join(BASE)).unwrap(),
        }
        match verify(&path) {
            Err(ReadError::Damage(damage)) => damage.fault,
            other => panic!("{other:?}"),
        }
    };
    let first = Segment::list(&path).unwrap()[0].clone();
    assert_eq!(fault(Some(Base { hash: Digest::of(b"other"), ..base }.to_text())), Fault::NotABase);
    assert_eq!(fault(Some(Base { checkpoint: base.checkpoint - 1, ..base }.to_text())), Fault::NotABase);
    assert_eq!(fault(Some(Base { checkpoint: base.checkpoint + 500, ..base }.to_text())), Fault::NotABase);
    assert_eq!(fault(Some(Base { through: base.through - 1, ..base }.to_text())), Fault::Missing);
    assert_eq!(fault(Some("{}".into())), Fault::NotABase);
    assert_eq!(fault(None), Fault::Missing);
    assert!(FileJournal::open(&path).is_err());
    // The record's own checkpoint tells all that the file should.
    for spoilt in [None, Some("{}".to_owned()), Some(Base { through: base.through - 1, ..base }.to_text())] {
        match &spoilt {
            Some(text) => fs::write(path.join(BASE), text).unwrap(),
            None => drop(fs::remove_file(path.join(BASE))),
        }
        assert_eq!(repair(&path, &store_path).unwrap(), 1, "{spoilt:?}");
        assert_eq!(Base::read(&path).unwrap(), Some(base));
        assert_eq!(path.join("base.json.damaged").exists(), spoilt.is_some());
        let _kept = fs::remove_file(path.join("base.json.damaged"));
    }
    // But not where the record does not begin as a checkpoint says: then a segment is missing, which a store may have.
    let whole = fs::read(&first.path).unwrap();
    fs::remove_file(&first.path).unwrap();
    assert!(repair(&path, &folder.path().join("no-store")).is_err());
    assert_eq!(Base::read(&path).unwrap(), Some(base));
    assert_eq!(repair(&path, &store_path).unwrap(), 1);
    assert_eq!(fs::read(&first.path).unwrap(), whole);
    fs::write(path.join(BASE), base.to_text()).unwrap();
    assert!(verify(&path).is_ok());
    fs::remove_file(first.path).unwrap();
    assert!(matches!(verify(&path), Err(ReadError::Damage(damage)) if damage.fault == Fault::Missing));
}

#[test]
fn a_pruned_record_is_backed_up_restored_and_mended_as_any_other() {
    let (folder, mut journal, _, late) = lived(79);
    let (path, store_path) = (folder.path().join("journal"), folder.path().join("store"));
    prune(&mut journal, &path, late + TimeDelta::days(25)).unwrap();
    let verified = verify(&path).unwrap();
    let mut bytes = Vec::new();
    let manifest = wardbell::journal::backup::backup(&path, late, &mut bytes).unwrap();
    assert_eq!((manifest.first, manifest.last), (verified.pruned.unwrap().through + 1, verified.records));
    let other = tempfile::tempdir().unwrap();
    restore(&bytes[..], &other.path().join("journal"), &other.path().join("store")).unwrap();
    assert_eq!(verify(&other.path().join("journal")).unwrap(), verified);
    let (store, _) = Store::open(&store_path, &journal, SystemClock.wall()).unwrap();
    drop((store, journal));
    let first = segments(&path).remove(0);
    let mut bent = fs::read(&first).unwrap();
    bent[40] ^= 1;
    fs::write(&first, bent).unwrap();
    assert_eq!(repair(&path, &store_path).unwrap(), 1);
    assert_eq!(verify(&path).unwrap(), verified);
    let later = SystemClock.wall() + TimeDelta::days(1);
    fs::create_dir(folder.path().join("store.set-aside-20200101T000000Z")).unwrap();
    assert_eq!(remove_quarantined(&path, &store_path, later - TimeDelta::days(30)).unwrap(), 0, "they are not old");
    assert_eq!(remove_quarantined(&path, &store_path, later).unwrap(), 2, "a damaged segment and a store");
    assert_eq!(verify(&path).unwrap(), verified);
}
