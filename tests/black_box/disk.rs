//! The disk is full.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::json;

use crate::daemon::run;
use crate::hospital::Hospital;
use crate::judge::Reason::{NotAcknowledged, Opened};
use crate::plan::{ADVOCACY, CHEN, OKAFOR, PRIVACY, RIVERA, STONE};
use crate::story::BOTH;
use crate::tools::{is_root, skip};

/// A small disk of its own; gone with its guard.
struct Disk(PathBuf);

impl Disk {
    fn mount(at: &Path) -> Option<Self> {
        fs::create_dir_all(at).unwrap();
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=6m", "tmpfs"]).arg(at).output();
        mounted.is_ok_and(|output| output.status.success()).then(|| Self(at.to_owned()))
    }

    fn filler(&self) -> PathBuf {
        self.0.join("filler")
    }

    fn fill(&self) {
        let mut file = File::create(self.filler()).unwrap();
        for size in [65_536, 4_096, 1] {
            while file.write_all(&vec![0; size]).is_ok() {}
        }
    }

    fn free(&self) {
        fs::remove_file(self.filler()).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // The daemon has ended or will: a lazy unmount waits for neither.
        let _gone = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

pub async fn a_full_disk_refuses_what_is_new_and_pages_what_is_open() {
    let story = "a_full_disk_refuses_what_is_new_and_pages_what_is_open";
    let hospital = Hospital::new().await;
    let disk = is_root().then(|| Disk::mount(hospital.store())).flatten();
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
    let again = hospital.send(&json!({ "class": "complaint", "event_id": "also refused" })).await;
    assert_eq!(again.status, 503, "{}", again.text);
    let ready = hospital.get("/readyz", None).await;
    assert_eq!((ready.status, &ready.json()["ready"]), (503, &json!(false)));
    assert!(ready.json()["reasons"][0].as_str().unwrap().contains("cannot record anything"), "{}", ready.text);
    assert_eq!(hospital.get("/healthz", None).await.status, 200);
    // An answer that cannot be kept does not count, and says so.
    let pressed = story.press(&RIVERA, "acknowledge").await;
    assert!(pressed.status == 503 && pressed.text.contains("could not record"), "{} {}", pressed.status, pressed.text);
    story.until(4.7).await;
    disk.free();
    let ready = async {
        while hospital.get("/readyz", None).await.status != 200 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(3), ready).await.expect("ready again");

    // As if it had never happened, with nothing lost.
    let later = hospital.incident("complaint").await;
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
