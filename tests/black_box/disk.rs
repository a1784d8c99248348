//! The disk is full.

use std::fs;
use std::time::{Duration, SystemTime};

use serde_json::json;

use crate::daemon::run;
use crate::encryption;
use crate::hospital::{CHIEF, Hospital, READER, SOURCE};
use crate::judge::Reason::{NotAcknowledged, Opened};
use crate::mounts::{Disk, SmallDisk};
use crate::pace;
use crate::plan::{ADVOCACY, CHEN, DIAZ, OKAFOR, PRIVACY, RIVERA, STONE};
use crate::reload;
use crate::story::{BOTH, Story};
use crate::tools::skip;
use crate::watcher::watched;

pub async fn a_full_disk_refuses_what_is_new_and_pages_what_is_open() {
    let story = "a_full_disk_refuses_what_is_new_and_pages_what_is_open";
    let hospital = Hospital::new().await;
    let disk = SmallDisk::mount(hospital.store(), 6);
    let Some(disk) = disk else {
        skip(story, "only root may mount a small disk");
        return hospital.judge_now();
    };
    hospital.serve().await;
    let story = hospital.incident("photo").await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    story.between(2.0, 3.0).page(&CHEN, &PRIVACY, BOTH, NotAcknowledged);
    story.between(4.0, 5.0).page(&STONE, &PRIVACY, BOTH, NotAcknowledged);
    story.until(1.0).await;
    assert_eq!(hospital.get("/readyz", None).await.status, 200);
    disk.fill();
    // Larger than what may be left of the file's last block.
    let large = json!({ "class": "complaint", "event_id": "refused", "summary": "x".repeat(9_000) });
    let refused = hospital.send(&large).await;
    assert_eq!((refused.status, refused.content_type.as_str()), (503, "application/problem+json"), "{}", refused.text);
    let small = json!({ "class": "complaint", "event_id": "refused, too" });
    let again = hospital.send(&small).await;
    assert_eq!(again.status, 503, "{}", again.text);
    let lines = format!("{small}\n{small}\n");
    let lines = hospital.post("/api/v1/incidents", SOURCE, "application/x-ndjson", lines).await;
    assert_eq!(lines.text.matches("\"status\":503").count(), 2, "{}", lines.text);
    let ready = hospital.get("/readyz", None).await;
    assert_eq!((ready.status, &ready.json()["ready"]), (503, &json!(false)));
    assert!(ready.json()["reasons"][0].as_str().unwrap().contains("cannot record anything"), "{}", ready.text);
    assert_eq!(hospital.get("/healthz", None).await.status, 200);
    // An answer that cannot be kept does not count, and says so.
    let pressed = story.press(&RIVERA, "acknowledge").await;
    assert!(pressed.status == 503 && pressed.text.contains("could not record"), "{} {}", pressed.status, pressed.text);
    let asked = ["act", &story.id, "note", "--note", "x", "--server", &hospital.base()];
    let said = run(hospital.command(&asked)).await;
    let told = String::from_utf8_lossy(&said.stderr);
    assert_eq!(said.status.code(), Some(1), "the daemon was reached: {told}");
    assert!(told.contains("cannot record right now"), "{told}");
    story.until(4.7).await;
    disk.free();
    let ready = async {
        while hospital.get("/readyz", None).await.status != 200 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    pace::within(Duration::from_secs(3), ready).await.expect("ready again");

    // As if it had never happened, with nothing lost.
    let later = hospital.open(small).await;
    later.at_once().page(&OKAFOR, &ADVOCACY, BOTH, Opened);
    story.pressed(&CHEN, "acknowledge").await;
    later.until(1.5).await;
    hospital.judge().await;
    let shown = story.show().await;
    let pages = shown["pages"].as_array().unwrap();
    let paged: Vec<&str> = pages.iter().map(|page| page["liaison"].as_str().unwrap()).collect();
    assert_eq!(paged, ["rivera", "chen", "stone"], "the record has what happened while it could not be written");
    assert!(pages.iter().all(|page| page["attempts"].as_array().unwrap().len() == 2), "{shown:#}");
    let verified = run(hospital.command(&["audit", "verify"])).await;
    assert_eq!(verified.status.code(), Some(0), "{verified:?}");
    hospital.terminate(Duration::from_secs(5)).await;
    hospital.serve().await;
    assert_eq!(story.show().await["pages"], shown["pages"]);
    hospital.judge().await;
    hospital.kill();
    drop(disk);
}

pub async fn started_again_on_a_full_disk_it_goes_on_paging() {
    let hospital = Hospital::new().await;
    let disk = SmallDisk::mount(hospital.store(), 6);
    let Some(disk) = disk else {
        skip("started_again_on_a_full_disk_it_goes_on_paging", "only root may mount a small disk");
        return hospital.judge_now();
    };
    hospital.serve().await;
    let story = hospital.incident("photo").await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    story.until(1.0).await;
    disk.fill();
    hospital.kill();
    hospital.serve().await;
    story.between(2.0, 3.0).page(&CHEN, &PRIVACY, BOTH, NotAcknowledged);
    story.between(4.0, 5.0).page(&STONE, &PRIVACY, BOTH, NotAcknowledged);
    // Larger than what may be left of the file's last block.
    let large = json!({ "class": "complaint", "summary": "x".repeat(9_000) });
    assert_eq!(hospital.send(&large).await.status, 503);
    assert_eq!(hospital.get("/readyz", None).await.status, 503);
    story.until(5.0).await;
    disk.free();
    story.until(6.5).await;
    assert_eq!(hospital.get("/readyz", None).await.status, 200);
    story.pressed(&CHEN, "acknowledge").await;
    assert_eq!(story.show().await["pages"].as_array().unwrap().len(), 3);
    hospital.judge().await;
    hospital.kill();
    drop(disk);
}

pub async fn started_again_on_a_read_only_disk_it_goes_on_paging() {
    let hospital = Hospital::new().await;
    let Some(disk) = SmallDisk::mount(hospital.store(), 6) else {
        skip("started_again_on_a_read_only_disk_it_goes_on_paging", "only root may mount a small disk");
        return hospital.judge_now();
    };
    // The data keys are on that disk, too.
    encryption::set_up(&hospital);
    hospital.serve().await;
    let story = hospital.incident("photo").await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    story.until(1.0).await;
    hospital.kill();
    disk.remount("ro");
    hospital.serve().await;
    story.between(2.0, 3.0).page(&CHEN, &PRIVACY, BOTH, NotAcknowledged);
    story.between(4.0, 5.0).page(&STONE, &PRIVACY, BOTH, NotAcknowledged);
    assert_eq!(hospital.send(&json!({ "class": "complaint" })).await.status, 503);
    let ready = hospital.get("/readyz", None).await;
    assert!(ready.status == 503 && ready.text.contains("the disk is read-only"), "{}", ready.text);
    story.until(5.0).await;
    disk.remount("rw");
    story.until(6.5).await;
    assert_eq!(hospital.get("/readyz", None).await.status, 200);
    story.pressed(&CHEN, "acknowledge").await;
    assert_eq!(story.show().await["pages"].as_array().unwrap().len(), 3);
    hospital.judge().await;
    let verified = run(hospital.command(&["audit", "verify"])).await;
    assert_eq!(verified.status.code(), Some(0), "{verified:?}");
    hospital.kill();
    drop(disk);
}

pub async fn on_a_full_disk_a_new_roster_holds_at_once_and_is_recorded_when_there_is_room() {
    let hospital = Hospital::new().await;
    let disk = SmallDisk::mount(hospital.store(), 6);
    let Some(disk) = disk else {
        skip("on_a_full_disk_a_new_roster_holds_at_once", "only root may mount a small disk");
        return hospital.judge_now();
    };
    hospital.serve().await;
    let story = hospital.incident("photo").await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    story.between(2.0, 3.0).page(&DIAZ, &PRIVACY, BOTH, NotAcknowledged);
    story.between(4.0, 5.0).page(&STONE, &PRIVACY, BOTH, NotAcknowledged);
    story.until(0.6).await;
    disk.fill();
    // Larger than what may be left of the file's last block.
    let roster = reload::privacy(&RIVERA, &DIAZ) + "# a comment of some length\n".repeat(400).as_str();
    hospital.write("rosters/privacy.toml", &roster);
    let reply = hospital.post("/api/v1/reload", CHIEF, "application/json", "").await;
    assert_eq!(reply.status, 503, "{}", reply.text);
    assert!(reply.text.contains("The new version is in use"), "{}", reply.text);
    story.until(5.0).await;
    assert_eq!(reload::recorded(&hospital, "plan-loaded"), 1);
    disk.free();
    story.until(6.5).await;
    assert_eq!(["plan-loaded", "file-kept"].map(|kind| reload::recorded(&hospital, kind)), [2, 13]);
    let out = hospital.house().join("out");
    let said = run(hospital.command(&["audit", "plan", "--out", out.to_str().unwrap()])).await;
    assert_eq!(said.status.code(), Some(0), "{said:?}");
    assert_eq!(fs::read_to_string(out.join("rosters/privacy.toml")).unwrap(), roster);
    hospital.judge().await;
    hospital.kill();
    drop(disk);
}

/// A disk that can fail, or why there is none.
fn failing_disk(hospital: &Hospital, story: &str) -> Option<Disk> {
    let made = Disk::new(&hospital.house().join("../disk"), hospital.store());
    // Containers on CI have no loop devices either: nothing can be installed against that.
    let disk = made.map_err(|why| eprintln!("SKIPPED {story}: {why}")).ok()?;
    disk.mount();
    Some(disk)
}

pub async fn a_disk_that_turns_read_only_refuses_what_is_new_and_pages_what_is_open() {
    let hospital = Hospital::new().await;
    let story = "a_disk_that_turns_read_only_refuses_what_is_new_and_pages_what_is_open";
    let Some(disk) = failing_disk(&hospital, story) else { return hospital.judge_now() };
    hospital.serve().await;
    let story = hospital.incident("photo").await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    story.between(2.0, 3.0).page(&CHEN, &PRIVACY, BOTH, NotAcknowledged);
    story.between(4.0, 5.0).page(&STONE, &PRIVACY, BOTH, NotAcknowledged);
    story.until(1.0).await;
    let before = story.show().await;
    disk.fail();
    // Before anybody is refused.
    let ready = hospital.get("/readyz", None).await;
    assert!(ready.status == 503 && ready.text.contains("the disk is read-only"), "{}", ready.text);
    let new = json!({ "class": "complaint", "event_id": "refused" });
    let refused = hospital.send(&new).await;
    assert_eq!((refused.status, refused.content_type.as_str()), (503, "application/problem+json"), "{}", refused.text);
    let ready = hospital.get("/readyz", None).await;
    assert_eq!((ready.status, &ready.json()["ready"]), (503, &json!(false)));
    assert!(ready.text.contains("cannot record anything: the disk is read-only"), "{}", ready.text);
    let pressed = story.press(&RIVERA, "acknowledge").await;
    assert!(pressed.status == 503 && pressed.text.contains("could not record"), "{} {}", pressed.status, pressed.text);
    story.until(5.0).await;
    hospital.judge().await;
    // What a person does: end it, mend the disk, start it.
    let ended = hospital.terminate(Duration::from_secs(10)).await;
    assert!(ended < Duration::from_secs(5), "{ended:?}");
    disk.unmount();
    disk.mend();
    disk.mount();
    let restart = hospital.serve().await;
    // What happened meanwhile could not be recorded, so that it comes again: never zero pages.
    story.after(restart, 0.0).page(&CHEN, &PRIVACY, BOTH, NotAcknowledged);
    story.after(restart, 2.0).page(&STONE, &PRIVACY, BOTH, NotAcknowledged);
    let shown = story.show().await;
    assert_eq!(shown["pages"][0]["attempts"], before["pages"][0]["attempts"]);
    let later = hospital.open(new).await;
    later.at_once().page(&OKAFOR, &ADVOCACY, BOTH, Opened);
    later.until(3.5).await;
    hospital.judge().await;
    let verified = run(hospital.command(&["audit", "verify"])).await;
    assert_eq!(verified.status.code(), Some(0), "{verified:?}");
    hospital.kill();
    disk.unmount();
}

pub async fn a_disk_that_hangs_stops_the_heartbeat_and_what_is_known_goes_on_being_paged() {
    let hospital = Hospital::new().await;
    let story = "a_disk_that_hangs_stops_the_heartbeat_and_what_is_known_goes_on_being_paged";
    let Some(disk) = failing_disk(&hospital, story) else { return hospital.judge_now() };
    let calls = watched(&hospital).await;
    hospital.serve().await;
    let story = hospital.incident("photo").await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    // The loop waits for the disk for two seconds, once.
    story.between(2.0, 5.0).page(&CHEN, &PRIVACY, BOTH, NotAcknowledged);
    story.between(4.0, 7.0).page(&STONE, &PRIVACY, BOTH, NotAcknowledged);
    story.until(1.0).await;
    assert_eq!(calls.lock().unwrap().len(), 1);
    disk.freeze();
    let (new, posted) = (json!({ "class": "complaint", "event_id": "held up" }), SystemTime::now());
    let answer = hospital.send(&new).await;
    assert_eq!(answer.status, 504, "{}", answer.text);
    assert!(answer.text.contains("urn:wardbell:problem:not-known-yet"), "{}", answer.text);
    let ready = hospital.get("/readyz", None).await;
    assert!(ready.status == 503 && ready.text.contains("the disk is not responding"), "{}", ready.text);
    assert_eq!(hospital.get("/healthz", None).await.status, 200);
    let metrics = hospital.get("/metrics", None).await;
    assert!(metrics.text.contains("wardbell_engine_up 1\n"), "{}", metrics.text);
    // The next call would have come by now.
    story.until(13.0).await;
    assert_eq!(calls.lock().unwrap().len(), 1, "{:?}", calls.lock().unwrap());
    let thawing = SystemTime::now();
    disk.thaw();
    let thawed = (thawing, SystemTime::now());
    ready_again(&hospital).await;
    let again = hospital.send(&new).await;
    assert_eq!(again.status, 202, "{}", again.text);
    let later = Story::known(&hospital, again.json()["id"].as_str().unwrap(), "complaint", (posted, thawed.1));
    later.after(thawed, 0.0).page(&OKAFOR, &ADVOCACY, BOTH, Opened);
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    hospital.judge().await;
    let called = async {
        while calls.lock().unwrap().len() < 2 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    pace::within(Duration::from_secs(20), called).await.expect("the watcher is called again");
    hospital.kill();
    disk.unmount();
}

async fn ready_again(hospital: &Hospital) {
    let ready = async {
        while hospital.get("/readyz", None).await.status != 200 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), ready).await.expect("ready again");
}

/// Started again, everything is as it was, and nobody is paged anew.
async fn is_kept(hospital: &Hospital, story: &Story<'_>, people: &[&str]) {
    let shown = story.show().await;
    let paged: Vec<&str> =
        shown["pages"].as_array().unwrap().iter().map(|page| page["liaison"].as_str().unwrap()).collect();
    assert_eq!(paged, people, "the record has what happened while it could not be written: {shown:#}");
    hospital.kill();
    hospital.serve().await;
    let again = story.show().await;
    assert_eq!((&again["pages"], &again["tracks"]), (&shown["pages"], &shown["tracks"]));
    let verified = run(hospital.command(&["audit", "verify"])).await;
    assert_eq!(verified.status.code(), Some(0), "{verified:?}");
}

pub async fn a_press_while_the_disk_hangs_for_18_seconds_is_what_its_page_said() {
    let hospital = Hospital::new().await;
    let story = "a_press_while_the_disk_hangs_for_18_seconds_is_what_its_page_said";
    let Some(disk) = failing_disk(&hospital, story) else { return hospital.judge_now() };
    hospital.serve().await;
    let story = hospital.incident("photo").await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    story.between(2.0, 5.0).page(&CHEN, &PRIVACY, BOTH, NotAcknowledged);
    story.between(4.0, 7.0).page(&STONE, &PRIVACY, BOTH, NotAcknowledged);
    let link = story.link(&RIVERA).await;
    story.until(1.0).await;
    disk.freeze();
    let frozen = SystemTime::now();
    // Whether it counts is not known, and the page says so and offers another look.
    let pressed = hospital.form(&link, &[("action", "acknowledge"), ("note", "")]).await;
    assert_eq!(pressed.status, 504, "{}", pressed.text);
    assert!(pressed.text.contains("We do not know yet whether this was recorded"), "{}", pressed.text);
    assert!(pressed.text.contains("we keep paging the next person"), "{}", pressed.text);
    assert!(pressed.text.contains("<a href=\"\">Refresh</a>") && !pressed.text.contains("<script"));
    assert!(!pressed.text.contains("was not saved"), "{}", pressed.text);
    // Nor is it known when pressed again, or acted by an operator.
    let asked = SystemTime::now();
    let again = hospital.form(&link, &[("action", "acknowledge"), ("note", "")]).await;
    assert_eq!(again.status, 504, "{}", again.text);
    let acted = story.act(json!({ "action": "acknowledge" })).await;
    assert_eq!(acted.status, 504, "{}", acted.text);
    assert!(acted.text.contains("not-known-yet"), "{}", acted.text);
    // What has nothing to do with it is not recorded, and never will be.
    let refused = hospital.send(&json!({ "class": "complaint", "event_id": "refused" })).await;
    assert!(refused.status == 503 && refused.text.contains("cannot-record"), "{}", refused.text);
    assert!(asked.elapsed().unwrap() < Duration::from_secs(2), "at once, as a batch is late already");
    let looked = hospital.get(&link, None).await;
    assert!(looked.status == 200 && looked.text.contains("I have it"), "what is not durable does not show");
    let ready = hospital.get("/readyz", None).await;
    assert!(ready.status == 503 && ready.text.contains("the disk is not responding"), "{}", ready.text);
    let until = frozen + Duration::from_secs(18);
    tokio::time::sleep(until.duration_since(SystemTime::now()).unwrap_or_default()).await;
    assert_eq!(story.messages(&STONE).len(), 2, "the ladder went on");
    disk.thaw();
    ready_again(&hospital).await;
    let looked = hospital.get(&link, None).await;
    assert!(looked.text.contains("You have it"), "{}", looked.text);
    let shown = story.show().await;
    assert_eq!(shown["tracks"][0]["acknowledged_by"], json!("rivera"), "{shown:#}");
    assert_eq!(shown["tracks"][0]["next_step_at"], json!(null), "{shown:#}");
    is_kept(&hospital, &story, &["rivera", "chen", "stone"]).await;
    let listed = hospital.get("/api/v1/incidents", Some(READER)).await.json();
    assert_eq!(listed["incidents"].as_array().unwrap().len(), 1, "what was refused never came: {listed:#}");
    story.until(24.0).await;
    hospital.judge().await;
    hospital.kill();
    disk.unmount();
}

pub async fn what_was_refused_while_the_disk_hung_for_35_seconds_is_never_done() {
    let hospital = Hospital::new().await;
    let story = "what_was_refused_while_the_disk_hung_for_35_seconds_is_never_done";
    let Some(disk) = failing_disk(&hospital, story) else { return hospital.judge_now() };
    hospital.serve().await;
    let story = hospital.incident("photo").await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    // It hangs with the first of them, and the loop waits for two seconds.
    story.between(2.0, 5.0).page(&CHEN, &PRIVACY, BOTH, NotAcknowledged);
    story.between(4.0, 7.0).page(&STONE, &PRIVACY, BOTH, NotAcknowledged);
    let link = story.link(&RIVERA).await;
    story.until(1.0).await;
    disk.freeze();
    let frozen = SystemTime::now();
    // The daemon's own step is what hangs.
    story.until(6.0).await;
    let asked = SystemTime::now();
    let pressed = hospital.form(&link, &[("action", "acknowledge"), ("note", "")]).await;
    assert!(
        pressed.status == 503 && pressed.text.contains("your answer was not saved"),
        "{} {}",
        pressed.status,
        pressed.text
    );
    for action in ["acknowledge", "decline", "escalate", "resolve"] {
        let acted = story.act(json!({ "action": action })).await;
        assert!(acted.status == 503 && acted.text.contains("cannot-record"), "{action}: {}", acted.text);
    }
    let new = json!({ "class": "complaint", "event_id": "refused" });
    let lines = format!("{new}\n{new}\n");
    let lines = hospital.post("/api/v1/incidents", SOURCE, "application/x-ndjson", lines).await;
    assert_eq!(lines.text.matches("\"status\":503").count(), 2, "{}", lines.text);
    let command = ["act", &story.id, "acknowledge", "--server", &hospital.base()];
    let said = run(hospital.command(&command)).await;
    assert_eq!(said.status.code(), Some(1), "{said:?}");
    assert!(asked.elapsed().unwrap() < Duration::from_secs(5), "at once");
    let until = frozen + Duration::from_secs(35);
    tokio::time::sleep(until.duration_since(SystemTime::now()).unwrap_or_default()).await;
    disk.thaw();
    ready_again(&hospital).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let shown = story.show().await;
    assert_eq!((&shown["status"], &shown["tracks"][0]["acknowledged_by"]), (&json!("open"), &json!(null)), "{shown:#}");
    let kinds: Vec<&str> =
        shown["timeline"].as_array().unwrap().iter().map(|event| event["type"].as_str().unwrap()).collect();
    let asked_for = ["acknowledged", "declined", "escalated", "resolved"];
    assert!(kinds.iter().all(|kind| !asked_for.contains(kind)), "{kinds:?}");
    story.pressed(&CHEN, "acknowledge").await;
    is_kept(&hospital, &story, &["rivera", "chen", "stone"]).await;
    hospital.judge().await;
    hospital.kill();
    disk.unmount();
}
