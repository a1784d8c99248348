//! Backups: made while the record grows, refused when they are not whole, put back as they were.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use chrono::{DateTime, Utc};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use tempfile::TempDir;
use wardbell::journal::backup::{BackupError, backup};
use wardbell::journal::compress::compress;
use wardbell::journal::error::OpenError;
use wardbell::journal::file::FileJournal;
use wardbell::journal::manifest::Manifest;
use wardbell::journal::place::lock;
use wardbell::journal::port::{Epoch, Journal};
use wardbell::journal::restore::{RestoreError, examine, restore};
use wardbell::journal::verify::verify;

use crate::fixture::{House, segments};
use crate::journal::read;

fn now() -> DateTime<Utc> {
    "2026-12-24T23:00:00Z".parse().unwrap()
}

fn recorded(batches: usize) -> (TempDir, FileJournal, House) {
    let folder = tempfile::tempdir().unwrap();
    let (journal, _) = FileJournal::open(folder.path()).unwrap();
    let (mut journal, mut house) = (journal.with_segment_bytes(20_000), House::new(41));
    (0..batches).for_each(|_| drop(journal.append(Epoch::FIRST, &house.entries(7)).unwrap()));
    (folder, journal, house)
}

fn made(folder: &Path) -> (Vec<u8>, Manifest) {
    let mut bytes = Vec::new();
    let manifest = backup(folder, now(), &mut bytes).unwrap();
    (bytes, manifest)
}

/// Restores into a folder of its own, which holds nothing afterwards where that is refused.
fn restored(bytes: &[u8]) -> Result<TempDir, RestoreError> {
    let base = tempfile::tempdir().unwrap();
    match restore(bytes, &base.path().join("journal"), &base.path().join("store")) {
        Ok(_) => Ok(base),
        Err(error) => {
            let left: Vec<_> = fs::read_dir(base.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
            assert_eq!(left, ["journal"]);
            assert_eq!(segments(&base.path().join("journal")), Vec::<std::path::PathBuf>::new());
            Err(error)
        }
    }
}

#[test]
fn what_was_backed_up_is_restored_and_goes_on() {
    for is_compressed in [false, true] {
        let (folder, journal, mut house) = recorded(40);
        if is_compressed {
            compress(folder.path(), u64::MAX, &|| false).unwrap();
        }
        let (bytes, manifest) = made(folder.path());
        assert_eq!((manifest.last, manifest.head), (journal.head().seq, journal.head().hash));
        let recorded = format!("{:?}", read(journal.reader().as_ref(), 0));
        let has_plan = recorded.contains("PlanLoaded") || recorded.contains("plan-loaded");
        assert_eq!(!manifest.plan.is_empty(), has_plan, "it tells which files were in force");
        assert_eq!(examine(&bytes[..]).unwrap(), manifest);
        let base = restored(&bytes).unwrap();
        let path = base.path().join("journal");
        assert_eq!(verify(&path).unwrap().head, manifest.head);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        assert!(segments(&path).iter().all(|path| fs::metadata(path).unwrap().permissions().mode() & 0o777 == 0o600));
        let (mut again, opened) = FileJournal::open(&path).unwrap();
        assert_eq!((again.head(), opened.cut_bytes), (journal.head(), 0));
        again.append(Epoch::FIRST, &house.entries(3)).unwrap();
        assert_eq!(read(again.reader().as_ref(), 0)[..280], read(journal.reader().as_ref(), 0)[..]);
        assert_eq!(read(again.reader().as_ref(), 0).len(), 283);
    }
}

#[test]
fn an_empty_record_is_backed_up_too() {
    let folder = tempfile::tempdir().unwrap();
    let (bytes, manifest) = made(folder.path());
    assert_eq!(manifest.records(), 0);
    assert_eq!(verify(&restored(&bytes).unwrap().path().join("journal")).unwrap().records, 0);
}

#[test]
fn while_the_record_grows_and_is_compressed_a_backup_holds_all_that_was_answered_before_it_began() {
    let (folder, mut journal, mut house) = recorded(1);
    let (path, ended) = (folder.path().to_owned(), AtomicBool::new(false));
    let answered = AtomicU64::new(0);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !ended.load(Ordering::SeqCst) {
                journal.append(Epoch::FIRST, &house.entries(5)).unwrap();
                answered.store(journal.head().seq, Ordering::SeqCst);
                thread::sleep(Duration::from_millis(3));
            }
        });
        scope.spawn(|| {
            while !ended.load(Ordering::SeqCst) {
                compress(&path, u64::MAX, &|| false).unwrap();
                thread::sleep(Duration::from_millis(50));
            }
        });
        for _ in 0..6 {
            let before = answered.load(Ordering::SeqCst);
            let (bytes, manifest) = made(&path);
            assert!(manifest.last >= before, "{before} {manifest:?}");
            assert_eq!(examine(&bytes[..]).unwrap(), manifest);
        }
        ended.store(true, Ordering::SeqCst);
    });
    let (bytes, manifest) = made(&path);
    assert_eq!(manifest.last, answered.load(Ordering::SeqCst));
    assert_eq!(verify(&restored(&bytes).unwrap().path().join("journal")).unwrap().head, manifest.head);
}

#[test]
fn a_damaged_record_is_never_backed_up() {
    let (folder, _journal, _) = recorded(20);
    let victim = segments(folder.path()).remove(1);
    let mut bytes = fs::read(&victim).unwrap();
    bytes[500] ^= 4;
    fs::write(&victim, bytes).unwrap();
    match backup(folder.path(), now(), &mut Vec::new()) {
        Err(BackupError::Read(error)) => assert!(error.to_string().contains(victim.to_str().unwrap()), "{error}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_cut_or_flipped_backup_is_refused_and_leaves_nothing() {
    let (folder, _journal, _) = recorded(6);
    let (bytes, manifest) = made(folder.path());
    for length in (0..bytes.len()).step_by(bytes.len() / 20).chain([bytes.len() - 1]) {
        assert!(matches!(restored(&bytes[..length]), Err(RestoreError::Bad(_))), "cut at {length}");
    }
    let mut refused = 0;
    for at in (0..bytes.len()).step_by(bytes.len() / 60).chain(bytes.len() - 8..bytes.len()) {
        let mut bent = bytes.clone();
        bent[at] ^= 1 << (at % 8);
        match examine(&bent[..]) {
            // The date in the packed file's head means nothing.
            Ok(same) => assert_eq!(same, manifest),
            Err(error) => {
                assert!(error.to_string().contains("incomplete or damaged"), "{error}");
                refused += 1;
            }
        }
    }
    assert!(refused > 50, "{refused}");
    assert!(matches!(restored(&[&bytes[..], b"more"].concat()), Err(RestoreError::Bad(_))));
}

#[test]
fn a_backup_made_by_somebody_else_leads_nowhere() {
    let (folder, _journal, _) = recorded(2);
    let (bytes, manifest) = made(folder.path());
    let text = serde_json::to_string(&manifest).unwrap();
    let name = &manifest.members[0].path;
    let mut segment = String::new();
    let mut archive = tar::Archive::new(GzDecoder::new(&bytes[..]));
    archive.entries().unwrap().nth(1).unwrap().unwrap().read_to_string(&mut segment).unwrap();
    let up = text.replace(name.as_str(), "journal/../../00000000000000000001.jsonl");
    let absolute = text.replace(name.as_str(), "/etc/cron.d/00000000000000000001.jsonl");
    let newer = text.replace(r#""format":1"#, r#""format":2"#);
    let usual = tar::EntryType::Regular;
    let cases: [(&str, &[Packed<'_>], &str); 9] = [
        ("sound", &[("manifest.json", &text, usual), (name, &segment, usual)], ""),
        (
            "up",
            &[("manifest.json", &up, usual), ("journal/../../00000000000000000001.jsonl", &segment, usual)],
            "belong",
        ),
        (
            "root",
            &[("manifest.json", &absolute, usual), ("/etc/cron.d/00000000000000000001.jsonl", &segment, usual)],
            "belong",
        ),
        ("more", &[("manifest.json", &text, usual), (name, &segment, usual), ("x", "x", usual)], "not in the manifest"),
        ("less", &[("manifest.json", &text, usual)], "is missing"),
        ("link", &[("manifest.json", &text, usual), (name, "", tar::EntryType::Symlink)], "is not a regular file"),
        ("other", &[("manifest.json", &text, usual), ("journal/x", &segment, usual)], "should be"),
        ("headless", &[(name, &segment, usual)], "does not begin with a manifest"),
        ("newer", &[("manifest.json", &newer, usual)], "a later version"),
    ];
    for (case, members, words) in cases {
        let packed = packed(members);
        match restored(&packed) {
            Ok(base) if words.is_empty() => drop(base),
            Err(error) if !words.is_empty() => assert!(error.to_string().contains(words), "{case}: {error}"),
            other => panic!("{case}: {other:?}"),
        }
    }
}

/// A packed file that goes on with one byte for ever, and how much of it was read.
struct Endless<'a> {
    packer: GzEncoder<Vec<u8>>,
    byte: u8,
    read: &'a AtomicU64,
}

impl<'a> Endless<'a> {
    fn new(begins_with: &[u8], byte: u8, read: &'a AtomicU64) -> Self {
        let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
        packer.write_all(begins_with).unwrap();
        Self { packer, byte, read }
    }
}

impl Read for Endless<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        while self.packer.get_ref().is_empty() {
            self.packer.write_all(&[self.byte; 65_536])?;
            self.read.fetch_add(65_536, Ordering::SeqCst);
        }
        let ready = self.packer.get_mut();
        let length = ready.len().min(buffer.len());
        buffer[..length].copy_from_slice(&ready[..length]);
        ready.drain(..length);
        // A reader without an end of its own would read this until the machine is turned off.
        let read = self.read.load(Ordering::SeqCst);
        assert!(read < 256 << 20, "{read} bytes were read of what has no end");
        Ok(length)
    }
}

#[test]
fn what_has_no_end_behind_a_backup_or_in_it_is_refused_soon() {
    let (folder, _journal, _) = recorded(3);
    let (bytes, manifest) = made(folder.path());
    let mut whole = Vec::new();
    GzDecoder::new(&bytes[..]).read_to_end(&mut whole).unwrap();
    // As `tar` fills its files up, and as a tape does.
    for zeros in [0, 10_240, 512 << 10] {
        let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
        packer.write_all(&[&whole[..], &vec![0; zeros]].concat()).unwrap();
        assert_eq!(examine(&packer.finish().unwrap()[..]).unwrap(), manifest);
    }
    let text = serde_json::to_string(&manifest).unwrap();
    let mut first = tar::Header::new_gnu();
    first.set_path("manifest.json").unwrap();
    first.set_size(1 << 40);
    first.set_mode(0o600);
    first.set_cksum();
    let long_manifest = [first.as_bytes(), text.as_bytes()].concat();
    let mut segment = whole.clone();
    let at = 512 + text.len().next_multiple_of(512);
    let mut second = tar::Header::from_byte_slice(&segment[at..at + 512]).clone();
    second.set_size(1 << 40);
    second.set_cksum();
    segment[at..at + 512].copy_from_slice(second.as_bytes());
    for (begins_with, byte, why) in [
        (&whole, 0, "it has extra data at the end"),
        (&whole, b'x', "it has extra data at the end"),
        (&long_manifest, b' ', "its manifest cannot be read: it is too long"),
        (&segment, b'\n', "does not match the manifest"),
    ] {
        let read = AtomicU64::new(0);
        let error = examine(Endless::new(begins_with, byte, &read)).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
        let base = tempfile::tempdir().unwrap();
        let endless = Endless::new(begins_with, byte, &read);
        let (journal, store) = (base.path().join("journal"), base.path().join("store"));
        assert!(matches!(restore(endless, &journal, &store), Err(RestoreError::Bad(_))));
        assert_eq!(segments(&journal), Vec::<std::path::PathBuf>::new());
    }
    // Behind the packed file itself, as with `cat backup /dev/zero`.
    let behind = (&bytes[..]).chain(std::io::repeat(0));
    let error = examine(behind).unwrap_err().to_string();
    assert!(error.contains("it has extra data at the end"), "{error}");
}

/// Name, text and kind of one thing in a tar file.
type Packed<'a> = (&'a str, &'a str, tar::EntryType);

fn packed(members: &[Packed<'_>]) -> Vec<u8> {
    let mut tarred = Vec::new();
    for (name, text, kind) in members {
        let mut header = tar::Header::new_gnu();
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(text.len() as u64);
        header.set_entry_type(*kind);
        if *kind == tar::EntryType::Symlink {
            header.set_link_name("/etc/passwd").unwrap();
        }
        header.set_mode(0o600);
        header.set_cksum();
        tarred.extend_from_slice(header.as_bytes());
        tarred.extend_from_slice(text.as_bytes());
        tarred.resize(tarred.len().next_multiple_of(512), 0);
    }
    tarred.resize(tarred.len() + 1_024, 0);
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(&tarred).unwrap();
    packer.finish().unwrap()
}

#[test]
fn nothing_is_restored_over_a_record_a_store_or_under_a_daemon() {
    let (folder, journal, _) = recorded(3);
    let (bytes, _) = made(folder.path());
    let base = tempfile::tempdir().unwrap();
    let store = base.path().join("store");
    assert!(matches!(restore(&bytes[..], folder.path(), &store), Err(RestoreError::Open(_))), "a daemon runs");
    drop(journal);
    assert!(matches!(restore(&bytes[..], folder.path(), &store), Err(RestoreError::Occupied(_))));
    fs::create_dir(&store).unwrap();
    fs::write(store.join("db"), "x").unwrap();
    let empty = base.path().join("journal");
    assert!(matches!(restore(&bytes[..], &empty, &store), Err(RestoreError::Store(_))));
    fs::remove_dir_all(&store).unwrap();
    fs::create_dir(base.path().join("journal.restoring")).unwrap();
    restore(&bytes[..], &empty, &store).unwrap();
    assert!(!base.path().join("journal.restoring").exists(), "what an earlier try left is gone");
}

#[test]
fn an_interrupted_restore_is_no_empty_record_and_is_done_again() {
    let (folder, _journal, _) = recorded(3);
    let (bytes, manifest) = made(folder.path());
    let base = tempfile::tempdir().unwrap();
    let (journal, store) = (base.path().join("journal"), base.path().join("store"));
    // As a restore leaves it that is killed while it unpacks.
    let unfinished = base.path().join("journal.restoring");
    fs::create_dir(&journal).unwrap();
    fs::write(journal.join("lock"), "").unwrap();
    fs::create_dir(&unfinished).unwrap();
    fs::write(unfinished.join("00000000000000000001.jsonl"), "half").unwrap();
    let refused = FileJournal::open(&journal).unwrap_err();
    assert!(matches!(refused, OpenError::Unfinished(_)), "{refused}");
    let told = refused.to_string();
    let has = |word: &str| assert!(told.contains(word), "{told}");
    ["was interrupted", "`wardbell restore FILE` again", unfinished.to_str().unwrap()].into_iter().for_each(has);

    // While it is in progress, whoever else comes is told so.
    let held = lock(&journal).unwrap();
    for refused in [FileJournal::open(&journal).unwrap_err(), lock(&journal).unwrap_err()] {
        assert!(matches!(refused, OpenError::Restoring(_)), "{refused}");
    }
    let second = restore(&bytes[..], &journal, &store).unwrap_err().to_string();
    assert!(second.contains("is in progress") && !second.contains("systemctl"), "{second}");
    drop(held);

    restore(&bytes[..], &journal, &store).unwrap();
    assert_eq!(FileJournal::open(&journal).unwrap().0.head().seq, manifest.last);
    // What is left beside a record that is there says nothing about it.
    fs::create_dir(&unfinished).unwrap();
    assert_eq!(FileJournal::open(&journal).unwrap().0.head().seq, manifest.last);
}
