//! A start that begins a new record although there was another one: it serves, and says so to everybody who can help.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use serde_json::json;

use crate::broken_files::{change, faults};
use crate::hospital::Hospital;
use crate::judge::Reason::{NotAcknowledged, Opened};
use crate::plan::{CHEN, HOUSE, PRIVACY, RIVERA, STONE};
use crate::story::{BOTH, Story};

/// The daemon has begun a new record; all that it says of that has these words.
async fn says(hospital: &Hospital, started: (SystemTime, SystemTime), words: &[&str]) {
    let found = faults(hospital).await;
    assert_eq!(found.len(), 1, "{found:?}\n{}", hospital.logs());
    let id = found[0]["id"].as_str().unwrap();
    let about = Story::known(hospital, id, "configuration-broken", started).of_severity("high");
    about.between(0.0, 2.0).page(&STONE, &HOUSE, BOTH, Opened);
    about.message(&STONE).await;
    let taken = hospital.post_as_chief(id, json!({ "action": "acknowledge" })).await;
    assert_eq!(taken.status, 200, "{}", taken.text);
    let ready = hospital.get("/readyz", None).await;
    assert_eq!(ready.status, 200, "it accepts and pages: {}", ready.text);
    let (warnings, timeline) = (ready.json()["warnings"].to_string(), hospital.show(id).await["timeline"].to_string());
    let logs = hospital.logs();
    for words in words {
        for (told, by) in [(&warnings, "readiness"), (&timeline, "the incident"), (&logs, "the log")] {
            assert!(told.contains(words), "{by} says `{words}`: {told}");
        }
    }
}

fn path_in_settings(hospital: &Hospital, from: &Path, to: &Path) {
    let line = |path: &Path| format!("path = \"{}\"", path.display());
    change(hospital, "wardbell.toml", &line(from), &line(to));
}

pub async fn another_path_of_the_store_begins_a_new_record_and_everybody_is_told_of_the_one_before() {
    let hospital = Hospital::serving().await;
    // The very first one has nothing to warn of.
    assert!(hospital.logs().contains("starting a new record in"), "{}", hospital.logs());
    assert!(is_quiet(&hospital).await);
    let story = hospital.incident("photo").await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    story.until(1.2).await;
    hospital.kill();
    let (before, other) = (hospital.store().to_owned(), hospital.store().with_file_name("other").join("data"));
    for (new, next) in [(hospital.store().with_file_name("data-2"), &CHEN), (other, &STONE)] {
        // Beside the one before, or farther away: there the copy in the folder that systemd gives knows of it.
        hospital.env("STATE_DIRECTORY", hospital.store().with_file_name("state"));
        path_in_settings(&hospital, &before, &new);
        let started = hospital.serve().await;
        let place = format!("another one in {}, last written 20", before.display());
        says(&hospital, started, &[&place, "correct `path` under `[store]`"]).await;
        hospital.kill();
        // A second start goes on with it, and pages nobody anew.
        hospital.serve().await;
        assert_eq!(faults(&hospital).await.len(), 1);
        hospital.kill();
        path_in_settings(&hospital, &new, &before);
        fs::remove_dir_all(&new).unwrap();
        // What is open in the one before is paged on.
        hospital.serve().await;
        assert!(is_quiet(&hospital).await);
        story.between(2.0, story.now() + 4.0).page(next, &PRIVACY, BOTH, NotAcknowledged);
        story.message(next).await;
        story.until(story.now() + 0.5).await;
        hospital.kill();
    }
    hospital.judge().await;
}

async fn is_quiet(hospital: &Hospital) -> bool {
    let ready = hospital.get("/readyz", None).await;
    ready.status == 200 && !ready.text.contains("record") && faults(hospital).await.is_empty()
}

pub async fn a_record_that_is_gone_at_a_start_is_missed() {
    let hospital = Hospital::new().await;
    hospital.env("STATE_DIRECTORY", hospital.store().with_file_name("state"));
    hospital.serve().await;
    hospital.kill();
    // As where its disk is not mounted.
    let away = hospital.store().with_file_name("far").join("away");
    fs::create_dir_all(&away).unwrap();
    fs::rename(hospital.store(), away.join("data")).unwrap();
    let started = hospital.serve().await;
    says(&hospital, started, &["where the previous one is missing", "mount its disk"]).await;
    hospital.judge().await;
}

pub async fn a_record_that_another_daemon_serves_is_not_taken_for_ones_own() {
    let hospital = Hospital::serving().await;
    let beside = hospital.house().join("beside.toml");
    let settings = fs::read_to_string(hospital.config()).unwrap();
    let (path, new) = (hospital.store(), hospital.store().with_file_name("data-2"));
    fs::write(&beside, settings.replace(path.to_str().unwrap(), new.to_str().unwrap())).unwrap();
    let mut second = crate::daemon::Daemon::try_start(&beside, hospital.house().join("log"), &[], None).await.unwrap();
    assert!(second.log().contains("starting a new record in"), "{}", second.log());
    second.kill();
    hospital.judge_now();
}
