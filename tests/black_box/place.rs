//! The record is moved, deleted or unmounted under the daemon, or another daemon wants it.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::json;

use crate::daemon::run;
use crate::hospital::Hospital;
use crate::judge::Reason::{NotAcknowledged, Opened};
use crate::plan::{ADVOCACY, CHEN, OKAFOR, PRIVACY, RIVERA, STONE};
use crate::story::{BOTH, Story};
use crate::tools::{is_root, skip};

/// The photo's pages: they come whatever becomes of the record.
fn expect_all(story: &Story<'_>) {
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    story.between(2.0, 3.0).page(&CHEN, &PRIVACY, BOTH, NotAcknowledged);
    story.between(4.0, 5.0).page(&STONE, &PRIVACY, BOTH, NotAcknowledged);
}

/// Nothing is accepted, and readiness says why.
async fn is_refused(hospital: &Hospital, story: &Story<'_>, why: &str) {
    let refused = hospital.send(&json!({ "class": "complaint", "event_id": "later" })).await;
    assert!(refused.status == 503 && refused.text.contains("cannot-record"), "{} {}", refused.status, refused.text);
    let pressed = story.press(&RIVERA, "acknowledge").await;
    assert!(
        pressed.status == 503 && pressed.text.contains("your answer was not saved"),
        "{} {}",
        pressed.status,
        pressed.text
    );
    let ready = hospital.get("/readyz", None).await;
    assert!(ready.status == 503 && ready.text.contains(why), "{}", ready.text);
}

/// All that was answered is there, and the record is whole.
async fn is_whole(hospital: &Hospital, story: &Story<'_>) {
    let shown = story.show().await;
    let pages = shown["pages"].as_array().unwrap();
    let paged: Vec<&str> = pages.iter().map(|page| page["liaison"].as_str().unwrap()).collect();
    assert_eq!(paged, ["rivera", "chen", "stone"], "{shown:#}");
    let verified = run(hospital.command(&["audit", "verify"])).await;
    assert_eq!(verified.status.code(), Some(0), "{verified:?}");
}

async fn goes_on(hospital: &Hospital, story: &Story<'_>) {
    story.until(6.5).await;
    assert_eq!(hospital.get("/readyz", None).await.status, 200);
    let later = hospital.open(json!({ "class": "complaint", "event_id": "later" })).await;
    later.at_once().page(&OKAFOR, &ADVOCACY, BOTH, Opened);
    story.pressed(&CHEN, "acknowledge").await;
    is_whole(hospital, story).await;
    later.until(1.5).await;
    hospital.kill();
    hospital.serve().await;
    is_whole(hospital, story).await;
    later.show().await;
    hospital.judge().await;
    hospital.kill();
}

pub async fn a_record_that_is_moved_away_accepts_nothing_until_it_is_back() {
    let hospital = Hospital::serving().await;
    let (journal, away) = (hospital.store().join("journal"), hospital.store().join("away"));
    let story = hospital.incident("photo").await;
    expect_all(&story);
    story.until(1.0).await;
    fs::rename(&journal, &away).unwrap();
    is_refused(&hospital, &story, "was moved, deleted or unmounted. Mount it or put it back").await;
    // A new folder in its place is not taken for it.
    fs::create_dir(&journal).unwrap();
    is_refused(&hospital, &story, "was moved, deleted or unmounted. Mount it or put it back").await;
    story.until(5.0).await;
    assert_eq!(fs::read_dir(&journal).unwrap().count(), 0, "no second history is begun");
    fs::remove_dir(&journal).unwrap();
    fs::rename(&away, &journal).unwrap();
    goes_on(&hospital, &story).await;
}

pub async fn a_disk_that_is_unmounted_under_the_record_accepts_nothing_until_it_is_mounted() {
    let hospital = Hospital::new().await;
    let name = "a_disk_that_is_unmounted_under_the_record_accepts_nothing_until_it_is_mounted";
    let real = hospital.house().join("../real");
    fs::create_dir_all(&real).unwrap();
    fs::create_dir_all(hospital.store()).unwrap();
    if !is_root() || !mount(&real, hospital.store()) {
        skip(name, "only root may mount");
        return hospital.judge_now();
    }
    hospital.serve().await;
    let story = hospital.incident("photo").await;
    expect_all(&story);
    story.until(1.0).await;
    unmount(hospital.store());
    is_refused(&hospital, &story, "was moved, deleted or unmounted. Mount it or put it back").await;
    story.until(5.0).await;
    assert!(mount(&real, hospital.store()));
    goes_on(&hospital, &story).await;
    unmount(hospital.store());
}

pub async fn a_record_that_is_deleted_accepts_nothing_and_comes_back_from_its_store() {
    let hospital = Hospital::serving().await;
    let story = hospital.incident("rumor").await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    story.until(1.5).await;
    let shown = story.show().await;
    fs::remove_dir_all(hospital.store().join("journal")).unwrap();
    is_refused(&hospital, &story, "was moved, deleted or unmounted. Mount it or put it back").await;
    // A second daemon begins no other history beside its store.
    let second = run(hospital.command(&["serve"])).await;
    let told = String::from_utf8_lossy(&second.stderr);
    assert!(second.status.code() == Some(64) && told.contains("another wardbell is running"), "{told}");
    hospital.kill();
    hospital.serve().await;
    assert_eq!(hospital.get("/readyz", None).await.status, 200);
    assert_eq!(story.show().await["pages"], shown["pages"], "what was answered is kept");
    let verified = run(hospital.command(&["audit", "verify"])).await;
    assert_eq!(verified.status.code(), Some(0), "{verified:?}");
    story.pressed(&RIVERA, "acknowledge").await;
    hospital.judge().await;
    hospital.kill();
}

pub async fn a_lock_that_is_deleted_lets_no_second_daemon_in() {
    let hospital = Hospital::serving().await;
    let story = hospital.incident("photo").await;
    expect_all(&story);
    let journal = hospital.store().join("journal");
    fs::remove_file(journal.join("lock")).unwrap();
    let mut second = hospital.command(&["serve"]);
    second.stdin(Stdio::null());
    let second = run(second).await;
    let told = String::from_utf8_lossy(&second.stderr);
    assert!(second.status.code() == Some(64) && told.contains("another wardbell is running"), "{told}");
    // Neither does anything else that would write there.
    let backup = hospital.house().join("backup.tar.gz");
    let taken = run(hospital.command(&["backup", backup.to_str().unwrap()])).await;
    assert_eq!(taken.status.code(), Some(0), "{taken:?}");
    let restored = run(hospital.command(&["restore", backup.to_str().unwrap()])).await;
    assert_eq!(restored.status.code(), Some(64), "{restored:?}");
    story.until(5.0).await;
    is_whole(&hospital, &story).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    hospital.judge().await;
    hospital.kill();
}

pub async fn a_folder_where_the_lock_should_be_keeps_no_daemon_from_its_record() {
    let hospital = Hospital::serving().await;
    let story = hospital.incident("photo").await;
    // A start on a busy machine takes a moment.
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    story.between(2.0, 20.0).page(&CHEN, &PRIVACY, BOTH, NotAcknowledged);
    story.between(4.0, 22.0).page(&STONE, &PRIVACY, BOTH, NotAcknowledged);
    story.until(1.2).await;
    hospital.kill();
    let lock = hospital.store().join("journal/lock");
    fs::remove_file(&lock).unwrap();
    fs::create_dir(&lock).unwrap();
    hospital.serve().await;
    let logs = hospital.logs();
    let words = format!(
        "its folder is locked instead: if it is not an empty file, remove it while Wardbell is stopped path={}",
        lock.display()
    );
    assert!(logs.contains(&words), "{logs}");
    let second = run(hospital.command(&["serve"])).await;
    let told = String::from_utf8_lossy(&second.stderr);
    assert!(second.status.code() == Some(64) && told.contains("another wardbell is running"), "{told}");
    story.message(&STONE).await;
    tokio::time::sleep(Duration::from_millis(700)).await;
    is_whole(&hospital, &story).await;
    hospital.judge_now();
    hospital.kill();
}

fn mount(from: &Path, to: &Path) -> bool {
    Command::new("mount").arg("--bind").args([from, to]).status().unwrap().success()
}

fn unmount(at: &Path) {
    assert!(Command::new("umount").arg("-l").arg(at).status().unwrap().success());
}
