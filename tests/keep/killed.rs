//! Work on the files that the daemon does beside its loop, killed at every single call by which it changes a file: whatever
//! was done of it, nothing is lost, and what was left undone is done afterwards.
//!
//! `strace` counts the calls and kills; where it is not there, or may not trace, a line says so and nothing is tried.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::TimeDelta;
use tempfile::TempDir;
use wardbell::clock::{Clock, SystemClock};
use wardbell::journal::compress::compress;
use wardbell::journal::file::FileJournal;
use wardbell::journal::folder_reader::FolderReader;
use wardbell::journal::port::Journal;
use wardbell::journal::prune::{finish, look, sweep};
use wardbell::journal::record::{Checkpoint, Fact, SystemEvent};
use wardbell::journal::segment::Segment;
use wardbell::journal::verify::verify;
use wardbell::store::Store;
use wardbell::store::sled::compact::compact;
use wardbell::vault::Vault;

use crate::compress::{names, recorded};
use crate::fixture::{House, Model, record as record_all, wait};
use crate::journal::read;
use crate::prune::{lived, month, record};
use crate::vault::{at, id, keys, read as open_note, seal};

/// What the child is to do, and where.
const WORK: &str = "WARDBELL_KILLED_AT";

/// Every call that changes a file or makes a change durable.
const CALLS: &str = "openat,write,pwrite64,fsync,fdatasync,ftruncate,rename,unlink,unlinkat,mkdir,rmdir";

/// sled writes from threads of its own, and proves itself; of a rebuilding, what is done with whole folders counts.
const CALLS_ON_FOLDERS: &str = "rename,mkdir,rmdir,unlinkat,fsync";

/// The work begins behind this call, which changes nothing.
const BEGIN: &str = "/wardbell-begins-here";

/// So many at once: each waits for its child most of the time.
const AT_ONCE: usize = 4;

/// What the child does, in a process of its own; nothing in a plain run of the tests.
#[test]
fn the_work_itself() {
    let Ok(work) = std::env::var(WORK) else { return };
    let (work, folder) = work.split_once(' ').unwrap();
    let folder = Path::new(folder);
    let journal = folder.join("journal");
    let begin = || assert!(fs::remove_dir(BEGIN).is_err());
    match work {
        "compress" => {
            begin();
            compress(&journal, u64::MAX, &|| false).unwrap();
        }
        "prune" => {
            let (checkpoint, number) = last_checkpoint(&journal);
            begin();
            finish(&journal, &checkpoint, number).unwrap();
        }
        "compact" => {
            begin();
            compact(&journal, &folder.join("store")).unwrap();
        }
        "rotate" => {
            let vault = Vault::open(&folder.join("keys"), keys(&[1])).unwrap();
            begin();
            vault.rotate(keys(&[2])).unwrap().unwrap();
        }
        "purge" => {
            let vault = Vault::open(&folder.join("keys"), keys(&[1])).unwrap();
            begin();
            vault.purge(&[id(1), id(3), id(5)], at()).unwrap();
        }
        other => panic!("nobody knows how to {other}"),
    }
}

fn last_checkpoint(journal: &Path) -> (Checkpoint, u64) {
    let (record, ..) = read(&FolderReader::new(journal), 0).pop().unwrap();
    match record.entry.fact {
        Fact::System(SystemEvent::Checkpoint(checkpoint)) => (*checkpoint, record.seq),
        other => panic!("{other:?} is no checkpoint"),
    }
}

/// Does the work under `strace`.
fn child(work: &str, folder: &Path, more: &[String]) -> Command {
    let mut command = Command::new("strace");
    command.args(["-f", "-qq"]).args(more).arg(std::env::current_exe().unwrap());
    command.args(["--exact", "killed::the_work_itself", "--test-threads=1"]);
    command.env(WORK, format!("{work} {}", folder.display()));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// For each of the calls, which ones of its kind belong to the work; none where nothing can be traced here.
fn calls_of(work: &str, folder: &Path, calls: &str) -> Option<Vec<(String, usize)>> {
    let log = folder.join("calls");
    let trace = ["-o".to_owned(), log.display().to_string(), "-e".to_owned(), format!("trace={calls},rmdir")];
    let ended = child(work, folder, &trace).status();
    let log = fs::read_to_string(log).unwrap_or_default();
    if !ended.is_ok_and(|ended| ended.success()) || !log.contains(BEGIN) {
        return None;
    }
    // Each thread and each kind of call is counted for itself.
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let (mut worker, mut found) = (None, Vec::new());
    for line in log.lines() {
        let (thread, call) = line.split_once(' ').unwrap_or_default();
        let Some((name, _)) = call.trim_start().split_once('(') else { continue };
        let count = counts.entry((thread, name)).or_default();
        *count += 1;
        if line.contains(BEGIN) {
            worker = Some(thread);
        } else if worker == Some(thread) {
            found.push((name.to_owned(), *count));
        }
    }
    Some(found)
}

/// Kills the work at each of its calls, on a copy of the folder each time, and has `judge` look at what is left.
fn killed_at_every_call(work: &str, calls: &str, folder: &Path, judge: &(dyn Fn(&Path, &str) + Sync)) {
    let whole = copy_all(folder);
    let Some(found) = calls_of(work, whole.path(), calls) else {
        return println!("{work} is not killed at every call: `strace` is not there, or may not trace");
    };
    judge(whole.path(), "undisturbed");
    assert!(found.len() > 3, "{work} has {} calls", found.len());
    let (next, killed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some((call, number)) = found.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let left = copy_all(folder);
                    let inject = format!("inject={call}:signal=KILL:when={number}");
                    let kill = ["-o", "/dev/null", "-e", &format!("trace={call}"), "-e", &inject].map(str::to_owned);
                    let ended = child(work, left.path(), &kill).status().unwrap();
                    killed.fetch_add(usize::from(!ended.success()), Ordering::Relaxed);
                    judge(left.path(), &format!("killed at {call} {number}"));
                }
            });
        }
    });
    let (killed, found) = (killed.into_inner(), found.len());
    println!("{work}: killed at {killed} of {found} calls");
    assert!(killed * 10 >= found * 9, "{work} was killed at {killed} of {found} calls alone");
}

fn copy_all(from: &Path) -> TempDir {
    let to = tempfile::tempdir().unwrap();
    copy_into(from, to.path());
    to
}

fn copy_into(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let (from, to) = (entry.as_ref().unwrap().path(), to.join(entry.as_ref().unwrap().file_name()));
        if from.is_dir() {
            fs::create_dir(&to).unwrap();
            copy_into(&from, &to);
        } else {
            fs::copy(&from, &to).unwrap();
        }
    }
}

fn lines(journal: &Path) -> Vec<String> {
    read(&FolderReader::new(journal), 0).into_iter().map(|(_, _, line)| line).collect()
}

#[test]
fn compressing_killed_at_every_call_loses_no_record() {
    let (folder, journal, _) = recorded(91);
    drop(journal);
    let base = tempfile::tempdir().unwrap();
    fs::create_dir(base.path().join("journal")).unwrap();
    // The last few segments are enough: each goes the same way.
    let all = Segment::list(folder.path()).unwrap();
    let (goes, stays) = all.split_at(3);
    goes.iter().for_each(|segment| copy_one(&segment.path, &base.path().join("journal")));
    assert!(!stays.is_empty());
    let (before, head) = (lines(&base.path().join("journal")), verify(&base.path().join("journal")).unwrap().head);
    killed_at_every_call("compress", CALLS, base.path(), &|left, when| {
        let journal = left.join("journal");
        assert_eq!(verify(&journal).unwrap().head, head, "{when}");
        assert!(lines(&journal) == before, "{when}");
        compress(&journal, u64::MAX, &|| false).unwrap();
        assert!(lines(&journal) == before, "{when}");
        let plain = names(&journal).into_iter().filter(|name| name.ends_with(".jsonl")).count();
        assert_eq!((plain, names(&journal).len()), (1, 3), "{when}");
    });
}

fn copy_one(file: &Path, to: &Path) {
    fs::copy(file, to.join(file.file_name().unwrap())).unwrap();
}

#[test]
fn pruning_killed_at_every_call_loses_nothing_that_is_kept() {
    let (folder, mut journal, _, late) = lived(92);
    let path = folder.path().join("journal");
    compress(&path, 100, &|| false).unwrap();
    let now = late + TimeDelta::days(25);
    let found = look(&path, month(), now).unwrap().unwrap();
    let number = record(&mut journal, &found, now);
    let head = journal.head();
    drop(journal);
    let all = lines(&path);
    let (through, kept) = (found.checkpoint.through, &all[usize::try_from(found.checkpoint.through).unwrap()..]);
    killed_at_every_call("prune", CALLS, folder.path(), &|left, when| {
        let journal = left.join("journal");
        let verified = verify(&journal).unwrap();
        assert_eq!(verified.head, head.hash, "{when}");
        let left = lines(&journal);
        assert!(left == all || left == kept, "{when}: {} lines", left.len());
        let (opened, _) = FileJournal::open(&journal).unwrap();
        assert_eq!(opened.head(), head, "{when}");
        sweep(&journal).unwrap();
        finish(&journal, &found.checkpoint, number).unwrap();
        assert!(lines(&journal) == kept, "{when}");
        assert_eq!(Segment::list(&journal).unwrap()[0].first, through + 1, "{when}");
    });
}

#[test]
fn rebuilding_the_store_killed_at_every_call_loses_no_answer() {
    let base = tempfile::tempdir().unwrap();
    let (path, folder) = (base.path().join("journal"), base.path().join("store"));
    let (mut journal, _) = FileJournal::open(&path).unwrap();
    let (store, _) = Store::open(&folder, &journal, SystemClock.wall()).unwrap();
    let (mut house, mut model) = (House::new(93), Model::default());
    (0..4).for_each(|_| record_all(&mut journal, &store, &mut model, &house.entries(20)));
    wait(&store, journal.head().seq);
    drop((store, journal));
    killed_at_every_call("compact", CALLS_ON_FOLDERS, base.path(), &|left, when| {
        let _log = fs::remove_file(left.join("calls"));
        let (journal, _) = FileJournal::open(&left.join("journal")).unwrap();
        let (store, recovered) = Store::open(&left.join("store"), &journal, SystemClock.wall()).unwrap();
        assert!(!recovered.rebuilt, "{when}");
        model.compare(&store);
        assert_eq!(names(left), ["journal", "store"], "{when}");
    });
}

#[test]
fn rotating_the_master_key_killed_at_every_call_loses_no_words() {
    let (base, sealed) = with_keys();
    killed_at_every_call("rotate", CALLS, base.path(), &|left, when| {
        let folder = left.join("keys");
        let vault = Vault::open(&folder, keys(&[2, 1])).unwrap();
        for (number, sealed) in (1..).zip(&sealed) {
            assert_eq!(open_note(&vault, number, sealed).unwrap(), format!("note {number}"), "{when}");
        }
        assert!(!folder.join("data-keys.new").exists(), "{when}");
        // The reload that was cut short comes again.
        vault.rotate(keys(&[2])).unwrap();
        drop(vault);
        let vault = Vault::open(&folder, keys(&[2])).unwrap();
        assert_eq!(open_note(&vault, 6, &sealed[5]).unwrap(), "note 6", "{when}");
    });
}

#[test]
fn purging_killed_at_every_call_is_completed_and_hurts_nobody_else() {
    let (base, sealed) = with_keys();
    killed_at_every_call("purge", CALLS, base.path(), &|left, when| {
        let vault = Vault::open(&left.join("keys"), keys(&[1])).unwrap();
        vault.purge(&[id(1), id(3), id(5)], at()).unwrap();
        for (number, sealed) in (1..).zip(&sealed) {
            let opened = open_note(&vault, number, sealed);
            let is_gone = [1, 3, 5].contains(&number);
            assert_eq!(opened.ok(), (!is_gone).then(|| format!("note {number}")), "{when}");
        }
    });
}

/// Six incidents with a key each.
fn with_keys() -> (TempDir, Vec<wardbell::domain::sealed::Sealed>) {
    let base = tempfile::tempdir().unwrap();
    let vault = Vault::open(&base.path().join("keys"), keys(&[1])).unwrap();
    let sealed = seal(&vault, &[1, 2, 3, 4, 5, 6]);
    (base, sealed)
}
