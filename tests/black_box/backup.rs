//! Backups of a daemon under load, and hospitals that go on from one.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use crate::daemon::run;
use crate::hospital::{Hospital, lock};

pub async fn under_load_a_backup_holds_every_incident_answered_before_and_another_house_goes_on_from_it() {
    let hospital = Hospital::serving().await;
    let (answered, ended) = (Mutex::new(Vec::<String>::new()), AtomicBool::new(false));
    let file = hospital.house().join("backup.tar.gz");
    let load = async {
        while !ended.load(Ordering::SeqCst) {
            let sent: Vec<Value> = (0..8).map(|_| json!({ "class": "photo", "summary": "words" })).collect();
            let replies = futures_util::future::join_all(sent.iter().map(|one| hospital.send(one))).await;
            let ids = replies.iter().filter(|reply| reply.status == 202);
            lock(&answered).extend(ids.map(|reply| reply.json()["id"].as_str().unwrap().to_owned()));
        }
    };
    let copy = async {
        while lock(&answered).len() < 100 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        let before = lock(&answered).clone();
        let made = run(hospital.command(&["backup", file.to_str().unwrap(), "--format", "json"])).await;
        assert_eq!(made.status.code(), Some(0), "{}", String::from_utf8_lossy(&made.stderr));
        let after = lock(&answered).len();
        ended.store(true, Ordering::SeqCst);
        (before, after, serde_json::from_slice::<Value>(&made.stdout).unwrap())
    };
    let ((), (before, _after, told)) = tokio::join!(load, copy);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(told["records"].as_u64().unwrap() > before.len() as u64, "{told:#}");
    let timelines: Vec<(String, Value)> = {
        let mut all = Vec::new();
        for id in &before {
            all.push((id.clone(), hospital.show(id).await["timeline"].clone()));
        }
        all
    };
    refused(&hospital, &["backup", file.to_str().unwrap()], 2, "--force").await;
    refused(&hospital, &["restore", file.to_str().unwrap()], 64, "another wardbell is running").await;
    hospital.forget();
    hospital.held_up();
    hospital.kill();

    let other = Hospital::new().await;
    let restored = run(other.command(&["restore", file.to_str().unwrap()])).await;
    assert_eq!(restored.status.code(), Some(0), "{}", String::from_utf8_lossy(&restored.stderr));
    refused(&other, &["restore", file.to_str().unwrap()], 1, "holds a record already").await;
    let verified = run(other.command(&["audit", "verify"])).await;
    let verified = String::from_utf8(verified.stdout).unwrap();
    assert!(verified.contains(told["head"].as_str().unwrap()), "{verified}");
    other.serve().await;
    let mut climbing = 0;
    for (id, timeline) in &timelines {
        let shown = other.show(id).await;
        let (then, now) = (timeline.as_array().unwrap(), shown["timeline"].as_array().unwrap());
        let kept = now.iter().zip(then).take_while(|(one, other)| one == other).count();
        // What came after the backup's last record happened in the other house alone.
        let last = told["last"].as_u64().unwrap();
        let of_backup = then.iter().filter(|event| event["seq"].as_u64().unwrap() <= last).count();
        assert!(kept >= of_backup && of_backup > 0, "{id}: {kept} of {of_backup}\n{shown:#}");
        climbing += u32::from(!shown["tracks"][0]["next_step_at"].is_null());
    }
    assert!(climbing > 0, "what was open goes on climbing");
    let before = other.shared().inbox().messages().len();
    for _ in 0..100 {
        if other.shared().inbox().messages().len() > before.max(10) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert!(other.shared().inbox().messages().len() > 10, "and people are paged");
    other.held_up();
}

pub async fn a_backup_goes_through_a_pipe_and_a_bad_one_is_refused() {
    let hospital = Hospital::serving().await;
    hospital.incident("rumor").await;
    let piped = run(hospital.command(&["backup", "-"])).await;
    assert_eq!(piped.status.code(), Some(0));
    let told = String::from_utf8(piped.stderr).unwrap();
    assert!(told.contains("records, ") && told.contains("the last hash is "), "{told}");
    let file = hospital.house().join("piped");
    fs::write(&file, &piped.stdout).unwrap();
    let listed = std::process::Command::new("tar").args(["tzf", file.to_str().unwrap()]).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert_eq!(listed, "manifest.json\njournal/00000000000000000001.jsonl\n");
    let mut verify = hospital.command(&["restore", "--verify", file.to_str().unwrap()]);
    verify.stdin(Stdio::null());
    assert_eq!(run(verify).await.status.code(), Some(0));
    fs::write(&file, &piped.stdout[..piped.stdout.len() / 2]).unwrap();
    refused(&hospital, &["restore", "--verify", file.to_str().unwrap()], 1, "the backup is not whole").await;
    hospital.held_up();
}

pub async fn two_backups_to_one_file_at_once_leave_a_whole_one_for_its_owner_alone() {
    let hospital = Hospital::serving().await;
    hospital.incident("rumor").await;
    let folder = hospital.house().join("backups");
    fs::create_dir(&folder).unwrap();
    let file = folder.join("backup.tar.gz");
    // Whatever stands beside it, such as an earlier one that anybody may read.
    let beside = folder.join("backup.tar.gz.part");
    fs::write(&beside, "kept").unwrap();
    fs::set_permissions(&beside, fs::Permissions::from_mode(0o644)).unwrap();
    for _ in 0..10 {
        let backup = || run(hospital.command(&["backup", "--force", file.to_str().unwrap()]));
        let (one, other) = tokio::join!(backup(), backup());
        for made in [one, other] {
            assert_eq!(made.status.code(), Some(0), "{}", String::from_utf8_lossy(&made.stderr));
        }
        let whole = run(hospital.command(&["restore", "--verify", file.to_str().unwrap()])).await;
        assert_eq!(whole.status.code(), Some(0), "{}", String::from_utf8_lossy(&whole.stderr));
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(fs::read(&beside).unwrap(), b"kept");
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 2, "nothing is left behind");
    hospital.held_up();
}

async fn refused(hospital: &Hospital, args: &[&str], code: i32, words: &str) {
    let ended = run(hospital.command(args)).await;
    let told = String::from_utf8(ended.stderr).unwrap();
    assert!(ended.status.code() == Some(code) && told.contains(words), "{:?}: {told}", ended.status);
}
