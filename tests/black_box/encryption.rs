//! What is protected is sealed on the disk, for as long as its keys are there and no longer.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::daemon::run;
use crate::hospital::{CHIEF, Hospital, OPERATOR, READER, Reply};
use crate::judge::Reason::{NotAcknowledged, Opened};
use crate::mounts::SmallDisk;
use crate::pace;
use crate::plan::{CHEN, HOUSE, PRIVACY, RIVERA, STONE};
use crate::story::{BOTH, Story};
use crate::tools::{is_root, skip};

const MARKER: &str = "Zanzibar";

const OLD: &str = "8r1HoHvk7S0cObnkE1RwNnaNoONmmLr3kcLXSxHl76E=";

const NEW: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

/// The usual hospital with `[encryption]` and that master key.
async fn hospital() -> Hospital {
    let hospital = Hospital::new().await;
    set_up(&hospital);
    hospital
}

pub fn set_up(hospital: &Hospital) {
    let config = fs::read_to_string(hospital.config()).unwrap();
    hospital.write("wardbell.toml", config + "\n[encryption]\nmaster_key_file = \"secrets/master\"\n");
    hospital.write("secrets/master", OLD);
}

fn incident(class: &str) -> Value {
    json!({
        "class": class, "event_id": "e-1", "dedup_key": "k-1", "summary": format!("{MARKER} said"),
        "author": format!("@{MARKER}"), "url": format!("https://social.example/{MARKER}"),
        "labels": { "team": MARKER, MARKER: "x" }, "involved": [format!("{MARKER} Nobody")],
    })
}

/// Every file below a folder that holds the word.
fn told_by(folder: &Path, word: &str) -> Vec<String> {
    let mut told = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            told.extend(told_by(&path, word));
        } else if fs::read(&path).is_ok_and(|bytes| bytes.windows(word.len()).any(|part| part == word.as_bytes())) {
            told.push(path.display().to_string());
        }
    }
    told
}

async fn noted(story: &Story<'_>, note: &str) {
    let reply = story.act(json!({ "action": "note", "note": note })).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
}

async fn resolved(story: &Story<'_>, note: &str) {
    let reply = story.act(json!({ "action": "resolve", "note": note })).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
}

async fn purge(hospital: &Hospital, id: &str, token: &str) -> Reply {
    hospital.post(&format!("/api/v1/incidents/{id}/purge"), token, "application/json", "").await
}

fn words(shown: &Value) -> Vec<Value> {
    let timeline = shown["timeline"].as_array().unwrap().iter();
    timeline.flat_map(|moment| [&moment["incident"]["summary"], &moment["text"], &moment["note"]]).cloned().collect()
}

fn reads(shown: &Value, count: usize) {
    let found = words(shown).iter().filter(|word| word.as_str().is_some_and(|text| text.contains(MARKER))).count();
    assert_eq!(found, count, "{shown:#}");
}

/// The reason that every unreadable word gives.
fn unreadable(shown: &Value) -> Vec<String> {
    let timeline = shown["timeline"].as_array().unwrap().iter();
    let reasons = timeline.flat_map(|moment| [&moment["incident"]["unreadable"], &moment["unreadable"]]);
    reasons.filter_map(|why| Some(why["reason"].as_str()?.to_owned())).collect()
}

async fn verifies(hospital: &Hospital) {
    let verified = run(hospital.command(&["audit", "verify"])).await;
    assert_eq!(verified.status.code(), Some(0), "{verified:?}");
}

pub async fn what_is_protected_is_in_no_byte_of_the_disk_and_in_no_log() {
    let hospital = hospital().await;
    hospital.serve().await;
    let story = hospital.open(incident("rumor")).await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    assert_eq!(hospital.send(&json!({ "class": "rumor", "dedup_key": "k-1", "summary": MARKER })).await.status, 202);
    story.pressed(&RIVERA, "acknowledge").await;
    let link = story.link(&RIVERA).await;
    hospital.form(&link, &[("action", "note"), ("note", &format!("{MARKER} was told"))]).await;
    resolved(&story, &format!("{MARKER} is content")).await;
    reads(&story.show().await, 4);
    // Until the store has written it too.
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(told_by(hospital.store(), MARKER), [""; 0]);
    hospital.terminate(Duration::from_secs(5)).await;
    assert_eq!(told_by(hospital.store(), MARKER), [""; 0]);
    assert!(!told_by(hospital.store(), &story.id).is_empty(), "it looks where the record is");
    // The store is built anew from sealed lines.
    fs::remove_dir_all(hospital.store().join("store")).unwrap();
    hospital.serve().await;
    reads(&story.show().await, 4);
    assert_eq!(hospital.send(&incident("rumor")).await.json()["id"], story.id, "answered like the first time");
    assert_eq!(told_by(hospital.store(), MARKER), [""; 0]);
    assert!(!hospital.logs().contains(MARKER) && !hospital.logs().contains(&OLD[..20]));
    let show = run(hospital.command(&["show", &story.id, "--server", &hospital.base()])).await;
    assert!(String::from_utf8_lossy(&show.stdout).contains(&format!("{MARKER} was told")), "{show:?}");
    let told = String::from_utf8_lossy(&show.stdout);
    assert!(told.contains(&format!("involved but not in any roster: {MARKER} Nobody\n")), "{told}");
    verifies(&hospital).await;
    hospital.judge().await;
}

pub async fn a_purge_destroys_the_words_in_every_copy_and_nothing_else() {
    let hospital = hospital().await;
    hospital.serve().await;
    let story = hospital.open(incident("rumor")).await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    let other = hospital.open(json!({ "class": "unclassified", "summary": MARKER })).await;
    other.at_once().page(&STONE, &HOUSE, BOTH, Opened);
    let empty = hospital.open(json!({ "class": "unclassified" })).await;
    empty.at_once().page(&STONE, &HOUSE, BOTH, Opened);
    story.pressed(&RIVERA, "acknowledge").await;
    noted(&story, MARKER).await;
    let open = purge(&hospital, &story.id, CHIEF).await;
    assert_eq!((open.status, open.json()["type"].as_str()), (409, Some("urn:wardbell:problem:still-open")));
    resolved(&story, MARKER).await;
    for (token, status) in [(OPERATOR, 403), (READER, 403), ("nobody", 401)] {
        assert_eq!(purge(&hospital, &story.id, token).await.status, status);
    }
    assert_eq!(purge(&hospital, "00000000", CHIEF).await.status, 404);
    assert_eq!(empty.act(json!({ "action": "resolve" })).await.status, 200);
    assert_eq!(purge(&hospital, &empty.id, CHIEF).await.json()["type"], "urn:wardbell:problem:not-sealed");
    let mut command = hospital.command(&["purge", &story.id]);
    command.env("WARDBELL_TOKEN_FILE", hospital.house().join("secrets/chief"));
    assert_eq!(run(command).await.status.code(), Some(2), "nobody can be asked");
    let keys = hospital.house().join("old-keys");
    let exported = run(hospital.command(&["keys", "export", keys.to_str().unwrap()])).await;
    assert_eq!(exported.status.code(), Some(0), "{exported:?}");
    let mut command = hospital.command(&["purge", &story.id, "--yes", "--server", &hospital.base()]);
    command.env("WARDBELL_TOKEN_FILE", hospital.house().join("secrets/chief"));
    let done = run(command).await;
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    let again = purge(&hospital, &story.id, CHIEF).await;
    assert_eq!((again.status, again.json()["type"].as_str()), (409, Some("urn:wardbell:problem:already-purged")));
    let late = story.act(json!({ "action": "note", "note": "late" })).await;
    assert_eq!((late.status, late.json()["type"].as_str()), (409, Some("urn:wardbell:problem:already-resolved")));
    let gone = |shown: &Value| {
        reads(shown, 0);
        assert_eq!(unreadable(shown), ["purged"; 3], "{shown:#}");
        assert_eq!(shown["pages"].as_array().unwrap().len(), 1);
        assert_eq!(shown["timeline"].as_array().unwrap().last().unwrap()["type"], "purged");
    };
    gone(&story.show().await);
    reads(&other.show().await, 1);
    let show = run(hospital.command(&["show", &story.id, "--server", &hospital.base()])).await;
    assert!(String::from_utf8_lossy(&show.stdout).contains("(purged on "), "{show:?}");
    verifies(&hospital).await;
    hospital.judge().await;
    hospital.kill();
    // Keys of before come back, by the command and by hand: the record knows better.
    let import = run(hospital.command(&["keys", "import", keys.to_str().unwrap()])).await;
    assert!(String::from_utf8_lossy(&import.stdout).contains("1 skipped because they were purged"), "{import:?}");
    fs::copy(&keys, hospital.store().join("keys/data-keys")).unwrap();
    hospital.serve().await;
    gone(&story.show().await);
    assert!(hospital.logs().contains("leftover data keys of purged incidents were destroyed"));
    reads(&other.show().await, 1);
    hospital.judge().await;
}

pub async fn what_was_recorded_in_plain_words_is_not_called_purged() {
    let hospital = Hospital::serving().await;
    let story = hospital.open(incident("rumor")).await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    story.until(1.0).await;
    hospital.terminate(Duration::from_secs(5)).await;
    set_up(&hospital);
    hospital.serve().await;
    assert_eq!(story.act(json!({ "action": "resolve" })).await.status, 200);
    let refused = purge(&hospital, &story.id, CHIEF).await;
    assert_eq!((refused.status, refused.json()["type"].as_str()), (409, Some("urn:wardbell:problem:not-sealed")));
    assert!(refused.text.contains("Only retention removes it"), "{}", refused.text);
    reads(&story.show().await, 1);
    // What was sealed since can be destroyed, and what cannot is told.
    let other = hospital.open(json!({ "class": "unclassified", "summary": MARKER })).await;
    other.at_once().page(&STONE, &HOUSE, BOTH, Opened);
    other.until(1.0).await;
    hospital.terminate(Duration::from_secs(5)).await;
    hospital.configure("127.0.0.1:0");
    hospital.serve().await;
    noted(&other, MARKER).await;
    hospital.terminate(Duration::from_secs(5)).await;
    set_up(&hospital);
    hospital.serve().await;
    resolved(&other, MARKER).await;
    let mut command = hospital.command(&["purge", "--yes", &other.id, "--server", &hospital.base()]);
    command.env("WARDBELL_TOKEN_FILE", hospital.house().join("secrets/chief"));
    let done = run(command).await;
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success() && said.contains("1 record of this incident is not encrypted"), "{done:?}");
    let shown = other.show().await;
    reads(&shown, 1);
    assert_eq!(unreadable(&shown), ["purged", "purged"]);
    let third = hospital.open(json!({ "class": "unclassified", "summary": MARKER })).await;
    third.at_once().page(&STONE, &HOUSE, BOTH, Opened);
    third.until(1.0).await;
    hospital.terminate(Duration::from_secs(5)).await;
    // Turned off again: what was sealed cannot be read, and `check` says so.
    hospital.configure("127.0.0.1:0");
    let check = run(hospital.command(&["check"])).await;
    assert!(String::from_utf8_lossy(&check.stdout).contains("encryption-off"), "{check:?}");
    hospital.serve().await;
    assert_eq!(unreadable(&third.show().await), ["key-missing"]);
    hospital.judge().await;
}

pub async fn the_master_key_changes_under_load() {
    let hospital = hospital().await;
    hospital.serve().await;
    let first = hospital.open(incident("rumor")).await;
    first.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    first.pressed(&RIVERA, "acknowledge").await;
    let load = async {
        for number in 0..60 {
            noted(&first, &format!("{MARKER} {number}")).await;
        }
    };
    let rotation = async {
        for keys in [format!("{NEW}\n{OLD}\n"), format!("{NEW}\n")] {
            tokio::time::sleep(Duration::from_millis(100)).await;
            hospital.write("secrets/master", keys);
            let reply = hospital.post("/api/v1/reload", CHIEF, "application/json", "").await;
            assert_eq!(reply.status, 200, "{}", reply.text);
        }
    };
    tokio::join!(load, rotation);
    reads(&first.show().await, 61);
    let status = run(hospital.command(&["keys", "status", "--format", "json"])).await;
    let status: Value = serde_json::from_slice(&status.stdout).unwrap();
    assert_eq!(status["data_keys"].as_object().unwrap().len(), 1, "{status:#}");
    assert_eq!(status["data_keys"][status["current"].as_str().unwrap()], 1, "{status:#}");
    let exported = run(hospital.command(&["audit", "export"])).await;
    let exported = String::from_utf8(exported.stdout).unwrap();
    assert_eq!(exported.matches(r#""type":"master-key-rotated""#).count(), 1);
    hospital.kill();
    hospital.serve().await;
    reads(&first.show().await, 61);
    assert!(!hospital.get("/readyz", None).await.text.contains("data keys"), "nothing is lost");
    hospital.judge().await;
}

pub async fn without_its_master_key_everything_else_goes_on() {
    let hospital = hospital().await;
    hospital.serve().await;
    let story = hospital.open(incident("photo")).await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    story.until(1.0).await;
    hospital.kill();
    fs::remove_file(hospital.house().join("secrets/master")).unwrap();
    let refused = run(hospital.command(&["check"])).await;
    assert!(String::from_utf8_lossy(&refused.stdout).contains("no master key for `master_key_file`"), "{refused:?}");
    hospital.write("secrets/master", NEW);
    hospital.serve().await;
    story.between(2.0, 3.5).page(&CHEN, &PRIVACY, BOTH, NotAcknowledged);
    story.until(3.0).await;
    story.pressed(&CHEN, "acknowledge").await;
    noted(&story, MARKER).await;
    let shown = story.show().await;
    reads(&shown, 1);
    assert_eq!(unreadable(&shown), ["key-missing"]);
    let warnings = hospital.get("/readyz", None).await.json()["warnings"].to_string();
    assert!(warnings.contains("1 data key cannot be opened"), "{warnings}");
    assert!(hospital.get("/metrics", None).await.text.contains("wardbell_data_keys_unreadable 1"));
    assert!(hospital.logs().contains("1 data key cannot be opened"));
    // Found again.
    hospital.write("secrets/master", format!("{NEW}\n{OLD}"));
    assert_eq!(hospital.post("/api/v1/reload", CHIEF, "application/json", "").await.status, 200);
    reads(&story.show().await, 2);
    hospital.judge().await;
}

pub async fn whatever_is_wrong_with_the_master_keys_file_it_pages_and_keeps_what_comes_in() {
    let whole = format!("{OLD}\n");
    let (cut, twice) = (&whole[..30], whole.repeat(2));
    for spoilt in [None, Some(""), Some(cut), Some(&twice), Some("\u{fffd}lost")] {
        let hospital = hospital().await;
        hospital.serve().await;
        let before = hospital.open(incident("photo")).await;
        before.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
        before.until(1.0).await;
        hospital.kill();
        let file = hospital.house().join("secrets/master");
        spoilt.map_or_else(|| fs::remove_file(&file), |text| fs::write(&file, text)).unwrap();
        hospital.serve().await;
        before.pressed(&RIVERA, "acknowledge").await;
        let story = hospital.open(json!({ "class": "unclassified", "summary": MARKER })).await;
        story.at_once().page(&STONE, &HOUSE, BOTH, Opened);
        noted(&story, MARKER).await;
        reads(&story.show().await, 2);
        assert_eq!(unreadable(&before.show().await), ["key-missing"]);
        told(&hospital, "there was no master key at startup").await;
        assert!(hospital.get("/metrics", None).await.text.contains("wardbell_master_key_missing 1"));
        assert!(hospital.logs().contains("ERROR there is no master key"), "{}", hospital.logs());
        assert_eq!(told_by(hospital.store(), MARKER), [""; 0], "it is sealed all the same");
        // The key is put back.
        hospital.write("secrets/master", &whole);
        let mut command = hospital.command(&["reload", "--server", &hospital.base()]);
        command.env("WARDBELL_TOKEN_FILE", hospital.house().join("secrets/chief"));
        let reload = run(command).await;
        let said = String::from_utf8_lossy(&reload.stdout).into_owned();
        assert!(reload.status.success() && said.contains("re-wrapped 1 data key"), "{reload:?}");
        let ready = hospital.get("/readyz", None).await;
        assert!(ready.status == 200 && !ready.text.contains("master key"), "{}", ready.text);
        assert!(hospital.get("/metrics", None).await.text.contains("wardbell_master_key_missing 0"));
        story.until(1.0).await;
        hospital.kill();
        hospital.serve().await;
        reads(&story.show().await, 2);
        reads(&before.show().await, 1);
        verifies(&hospital).await;
        hospital.judge().await;
    }
}

pub async fn lost_data_keys_are_told_of_and_come_back_with_their_copy() {
    let hospital = hospital().await;
    hospital.serve().await;
    let closed = hospital.open(json!({ "class": "unclassified", "summary": MARKER })).await;
    closed.at_once().page(&STONE, &HOUSE, BOTH, Opened);
    resolved(&closed, MARKER).await;
    let purged = hospital.open(json!({ "class": "unclassified", "summary": MARKER })).await;
    purged.at_once().page(&STONE, &HOUSE, BOTH, Opened);
    resolved(&purged, MARKER).await;
    assert_eq!(purge(&hospital, &purged.id, CHIEF).await.status, 200);
    let story = hospital.open(incident("rumor")).await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    story.pressed(&RIVERA, "acknowledge").await;
    let copy = hospital.house().join("keys-copy");
    let exported = run(hospital.command(&["keys", "export", copy.to_str().unwrap()])).await;
    assert_eq!(exported.status.code(), Some(0), "{exported:?}");
    hospital.terminate(Duration::from_secs(5)).await;
    // Another machine, and the record alone put back.
    fs::remove_dir_all(hospital.store().join("keys")).unwrap();
    hospital.serve().await;
    told(&hospital, "2 data keys missing").await;
    assert!(hospital.get("/metrics", None).await.text.contains("wardbell_data_keys_unreadable 2"));
    assert!(hospital.logs().contains("2 data keys missing"));
    assert_eq!(
        unreadable(&purged.show().await),
        ["purged", "purged"],
        "as the record says, whatever became of its key"
    );
    noted(&story, MARKER).await;
    let shown = story.show().await;
    reads(&shown, 1);
    assert_eq!(unreadable(&shown), ["key-missing"]);
    let sealed = fs::read_to_string(hospital.store().join("keys/data-keys")).unwrap();
    assert!(sealed.starts_with(&format!("{}.0002 ", story.id)), "{sealed}");
    hospital.terminate(Duration::from_secs(5)).await;
    let import = run(hospital.command(&["keys", "import", copy.to_str().unwrap()])).await;
    assert!(String::from_utf8_lossy(&import.stdout).contains("2 data keys imported"), "{import:?}");
    hospital.serve().await;
    reads(&story.show().await, 2);
    reads(&closed.show().await, 2);
    reads(&purged.show().await, 0);
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(!hospital.get("/readyz", None).await.text.contains("data keys"), "nothing is lost");
    hospital.judge().await;
}

pub async fn what_root_makes_in_the_daemons_folder_belongs_to_the_daemon() {
    let (hospital, other) = (hospital().await, hospital().await);
    if !is_root() {
        skip("what_root_makes_in_the_daemons_folder", "only root gives files away");
        hospital.judge_now();
        return other.judge_now();
    }
    hospital.serve().await;
    let story = hospital.open(incident("rumor")).await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    story.until(1.0).await;
    let (copy, backup) = (hospital.house().join("keys-copy"), hospital.house().join("backup"));
    let (copy, backup) = (copy.to_str().unwrap(), backup.to_str().unwrap());
    for args in [["keys", "export", copy].as_slice(), &["backup", backup]] {
        assert_eq!(run(hospital.command(args)).await.status.code(), Some(0), "{args:?}");
    }
    hospital.terminate(Duration::from_secs(5)).await;
    fs::remove_dir_all(hospital.store().join("keys")).unwrap();
    fs::remove_file(hospital.store().join("journal/lock")).unwrap();
    // The daemon's own user has all that is there, and a folder on another machine.
    given(hospital.store());
    fs::create_dir_all(other.store()).unwrap();
    given(other.store());
    for (house, args) in [
        (&hospital, ["keys", "import", copy].as_slice()),
        (&hospital, &["compact"]),
        (&other, &["restore", backup]),
        (&other, &["keys", "import", copy]),
        (&other, &["compact"]),
    ] {
        let done = run(house.command(args)).await;
        assert_eq!(done.status.code(), Some(0), "{args:?}: {done:?}");
    }
    for house in [&hospital, &other] {
        let owners = owners(house.store());
        for file in ["journal/lock", "journal/00000000000000000001.jsonl", "keys/lock", "keys/data-keys", "store/db"] {
            assert!(owners.iter().any(|(path, _)| *path == house.store().join(file)), "{file}: {owners:?}");
        }
        assert!(owners.iter().all(|(_, owner)| *owner == DAEMON), "{owners:?}");
    }
    hospital.judge().await;
    other.judge().await;
}

/// Some user and group that are not this one's.
const DAEMON: (u32, u32) = (54_321, 54_322);

fn given(folder: &Path) {
    for (path, _) in owners(folder) {
        std::os::unix::fs::lchown(path, Some(DAEMON.0), Some(DAEMON.1)).unwrap();
    }
}

/// Whose a folder is, and all that is in it.
fn owners(folder: &Path) -> Vec<(PathBuf, (u32, u32))> {
    let of = |path: &Path| fs::symlink_metadata(path).map(|metadata| (metadata.uid(), metadata.gid())).unwrap();
    let mut owners = vec![(folder.to_owned(), of(folder))];
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            owners.extend(self::owners(&path));
        } else {
            owners.push((path.clone(), of(&path)));
        }
    }
    owners
}

/// Waits until `/readyz` warns so.
async fn told(hospital: &Hospital, words: &str) {
    let told = async {
        while !hospital.get("/readyz", None).await.text.contains(words) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    pace::within(Duration::from_secs(10), told).await.expect("a warning");
}

/// A small disk that the data keys are on, and its place.
fn disk_of_keys(hospital: &Hospital, story: &str) -> Option<(PathBuf, SmallDisk)> {
    let keys = hospital.house().join("keys-disk");
    let Some(disk) = SmallDisk::mount(&keys, 6) else {
        skip(story, "only root may mount a small disk");
        return None;
    };
    let config = fs::read_to_string(hospital.config()).unwrap();
    hospital.write("wardbell.toml", format!("{config}keys = \"{}\"\n", keys.display()));
    Some((keys, disk))
}

pub async fn without_the_disk_of_its_keys_it_pages_what_is_open_and_seals_once_that_is_there() {
    let hospital = hospital().await;
    let Some((keys, disk)) =
        disk_of_keys(&hospital, "without_the_disk_of_its_keys_it_pages_what_is_open_and_seals_once_that_is_there")
    else {
        return hospital.judge_now();
    };
    hospital.serve().await;
    let story = hospital.open(incident("photo")).await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    story.until(1.0).await;
    hospital.kill();
    // What is left of a mount that did not come up.
    let copy = fs::read(keys.join("data-keys")).unwrap();
    ["data-keys", "lock"].iter().for_each(|name| fs::remove_file(keys.join(name)).unwrap());
    disk.remount("ro");
    hospital.serve().await;
    story.between(2.0, 3.0).page(&CHEN, &PRIVACY, BOTH, NotAcknowledged);
    story.between(4.0, 5.0).page(&STONE, &PRIVACY, BOTH, NotAcknowledged);
    assert_eq!(hospital.send(&incident("complaint")).await.status, 503);
    let ready = hospital.get("/readyz", None).await;
    assert!(ready.status == 503 && ready.text.contains("the disk is read-only"), "{}", ready.text);
    assert!(hospital.logs().contains("the data keys cannot be used"), "{}", hospital.logs());
    assert_eq!(unreadable(&story.show().await), ["key-missing"]);
    story.until(5.0).await;
    disk.remount("rw");
    fs::write(keys.join("data-keys"), copy).unwrap();
    story.until(6.5).await;
    assert_eq!(hospital.get("/readyz", None).await.status, 200);
    noted(&story, MARKER).await;
    reads(&story.show().await, 2);
    story.pressed(&CHEN, "acknowledge").await;
    hospital.judge().await;
    hospital.kill();
    verifies(&hospital).await;
    drop(disk);
}

pub async fn a_disk_without_room_for_keys_refuses_what_is_new_and_pages_what_is_open() {
    let hospital = hospital().await;
    let Some((_, disk)) =
        disk_of_keys(&hospital, "a_disk_without_room_for_keys_refuses_what_is_new_and_pages_what_is_open")
    else {
        return hospital.judge_now();
    };
    hospital.serve().await;
    let story = hospital.open(incident("photo")).await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    story.between(2.0, 3.0).page(&CHEN, &PRIVACY, BOTH, NotAcknowledged);
    story.between(4.0, 5.0).page(&STONE, &PRIVACY, BOTH, NotAcknowledged);
    disk.fill();
    // The file's last block has room for thirty-two keys.
    let mut refused = 0;
    for number in 0..64 {
        let before = SystemTime::now();
        let sent = json!({ "class": "rumor", "summary": MARKER, "labels": { "n": number.to_string() } });
        let reply = hospital.send(&sent).await;
        refused += usize::from(reply.status == 503);
        if refused > 0 {
            break;
        }
        let id = reply.json()["id"].as_str().unwrap().to_owned();
        let accepted = Story::known(&hospital, &id, "rumor", (before, SystemTime::now()));
        accepted.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    }
    assert_eq!(refused, 1);
    assert_eq!(hospital.get("/readyz", None).await.status, 503);
    story.until(4.8).await;
    disk.free();
    let ready = async {
        while hospital.get("/readyz", None).await.status != 200 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    pace::within(Duration::from_secs(5), ready).await.expect("ready again");
    noted(&story, MARKER).await;
    reads(&story.show().await, 2);
    verifies(&hospital).await;
    hospital.judge().await;
    hospital.kill();
    drop(disk);
}

pub async fn killed_between_a_key_and_its_record_it_starts_and_nothing_is_lost() {
    let hospital = hospital().await;
    hospital.serve().await;
    let story = hospital.open(incident("rumor")).await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    story.until(1.0).await;
    hospital.kill();
    // A key that no record needs, and half of another one.
    let path = hospital.store().join("keys/data-keys");
    let mut keys = fs::read(&path).unwrap();
    let orphan = String::from_utf8(keys.clone()).unwrap().replace(&story.id, "00000000");
    keys.extend_from_slice(orphan.as_bytes());
    keys.extend_from_slice(&orphan.as_bytes()[..70]);
    fs::write(&path, keys).unwrap();
    hospital.serve().await;
    reads(&story.show().await, 1);
    noted(&story, MARKER).await;
    reads(&story.show().await, 2);
    assert_eq!(fs::metadata(&path).unwrap().len(), 256);
    verifies(&hospital).await;
    hospital.judge().await;
}

pub async fn an_export_is_verified_by_anybody_and_opened_by_the_holder_of_the_key() {
    let hospital = hospital().await;
    let none_yet = run(hospital.command(&["keys", "status"])).await;
    let told = String::from_utf8_lossy(&none_yet.stderr);
    assert!(none_yet.status.code() == Some(0) && told.contains("there are no data keys in "), "{none_yet:?}");
    hospital.serve().await;
    let lacking = run(hospital.command(&["keys", "import", "no-such-copy"])).await;
    let told = String::from_utf8_lossy(&lacking.stderr);
    assert!(lacking.status.code() == Some(1) && told.contains("no-such-copy: No such file"), "{told}");
    let story = hospital.open(incident("rumor")).await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    story.pressed(&RIVERA, "acknowledge").await;
    noted(&story, &format!("{MARKER} \"was\" told ☂")).await;
    let file = hospital.house().join("export.jsonl");
    let export = ["audit", "export", "--out", file.to_str().unwrap()];
    let done = run(hospital.command(&export)).await;
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    assert_eq!(run(hospital.command(&export)).await.status.code(), Some(2), "nothing is overwritten");
    let whole = fs::read_to_string(&file).unwrap();
    assert!(!whole.contains(MARKER) && whole.contains(r#""sealed":""#));
    let journal = fs::read_to_string(hospital.store().join("journal/00000000000000000001.jsonl")).unwrap();
    assert!(journal.starts_with(&whole), "letter by letter");
    recipes(&hospital, &file, &whole);

    let one = run(hospital.command(&["audit", "export", "--incident", &story.id, "--opened"])).await;
    let one = String::from_utf8(one.stdout).unwrap();
    let lines: Vec<Value> = one.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.iter().all(|line| line["record"]["id"] == story.id));
    assert_eq!(lines[0]["opened"]["summary"], format!("{MARKER} said"));
    assert_eq!(lines.last().unwrap()["opened"]["note"], format!("{MARKER} \"was\" told ☂"));
    assert!(whole.contains(&one.lines().next().unwrap()[r#"{"record":"#.len()..][..500]));
    for (args, code, words) in [
        (&["--from", "2100-01-01"][..], 1, "no records in that period"),
        (&["--incident", "ZZZZZZZZ"], 1, "no records of ZZZZZZZZ"),
        (&["--from", "2026-02-01", "--to", "2026-01-01"], 2, "`--from` must be before `--to`"),
    ] {
        let file = hospital.house().join("nothing.jsonl");
        for out in [&[][..], &["--out", file.to_str().unwrap()]] {
            let nothing = run(hospital.command(&[&["audit", "export"], args, out].concat())).await;
            assert_eq!((nothing.status.code(), nothing.stdout.len()), (Some(code), 0), "{nothing:?}");
            assert!(String::from_utf8_lossy(&nothing.stderr).contains(words), "{nothing:?}");
        }
        assert!(!file.exists());
    }
    hospital.judge().await;
}

/// The recipes of `deploy/README.md`, on the export and on those that somebody has changed.
fn recipes(hospital: &Hospital, file: &Path, whole: &str) {
    let guide = fs::read_to_string("deploy/README.md").unwrap();
    let block = |language: &str, word: &str| {
        let start = format!("```{language}\n");
        let mut blocks = guide.split(&start).skip(1).map(|block| block.split("```").next().unwrap());
        blocks.find(|block| block.contains(word)).unwrap().to_owned()
    };
    let shell = block("sh", "export.jsonl |");
    hospital.write("verify.py", block("python", "hashlib"));
    let run = |program: &str, args: &[&str]| {
        let mut command = Command::new(program);
        command.args(args).current_dir(file.parent().unwrap()).stdin(Stdio::null());
        let output = command.output().ok()?;
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        Some((output.status.success(), format!("{out}{err}")))
    };
    let has_python = run("python3", &["--version"]).is_some();
    if !has_python {
        skip("an_export_is_verified_by_anybody", "there is no python3");
    }
    // What both say of a text, taken for the whole record or for an extract.
    let judged = |case: &str, text: &str, is_extract: bool| {
        fs::write(file, text).unwrap();
        let shell = if is_extract { shell.replace("extract=0", "extract=1") } else { shell.clone() };
        let by_shell = run("sh", &["-c", &shell]).unwrap();
        let args: &[&str] =
            if is_extract { &["verify.py", "--extract", "export.jsonl"] } else { &["verify.py", "export.jsonl"] };
        let by_python = if has_python { run("python3", args).unwrap() } else { by_shell.clone() };
        assert_eq!(by_shell.0, by_python.0, "{case}: {by_shell:?} {by_python:?}");
        assert!(!by_python.1.contains("Traceback"), "{case}: {by_python:?}");
        (by_python.0, by_shell.1, by_python.1)
    };
    let lines: Vec<&str> = whole.split_inclusive('\n').collect();
    let (sound, by_shell, by_python) = judged("whole", whole, false);
    assert!(sound, "{by_shell} {by_python}");
    let hash = &lines[lines.len() - 1][lines[lines.len() - 1].len() - 67..][..64];
    let summary = format!("{0} records, from 1 to {0}, with 0 gaps; the last hash is {hash}\n", lines.len());
    assert!(by_shell == summary && by_python == summary, "{by_shell}{by_python}{summary}");
    let without = |missing: usize| [&lines[..missing], &lines[missing + 1..]].concat().concat();
    let swapped = [&lines[..2], &[lines[3], lines[2]], &lines[4..]].concat().concat();
    let appended = |more: &str| {
        let longer = format!("{},{more}}}\n", lines[4].strip_suffix("}\n").unwrap());
        [&lines[..4], &[&longer], &lines[5..]].concat().concat()
    };
    let attacks = [
        ("a word changed", whole.replacen("listening-desk", "listening-dask", 1)),
        ("a line away", without(3)),
        ("two lines swapped", swapped),
        ("a line twice", [&lines[..3], &lines[2..]].concat().concat()),
        ("keys behind the hash", appended(r#""at":"2020-01-01T00:00:00.000Z","liaison":"somebody-else""#)),
        ("another hash behind it", appended(&format!(r#""hash":"{}""#, &lines[4][lines[4].len() - 67..][..64]))),
        ("cut in a line", whole[..whole.len() - 40].to_owned()),
        ("nothing", String::new()),
    ];
    for (case, text) in &attacks {
        assert!(!judged(case, text, false).0, "{case}");
        assert!(case == &"a line away" || !judged(case, text, true).0, "{case} in an extract");
    }
    let (sound, by_shell, by_python) = judged("an extract", &without(3), true);
    assert!(sound && by_shell == by_python && by_shell.contains("with 1 gaps"), "{by_shell}{by_python}");
}
