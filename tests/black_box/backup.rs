//! Backups of a daemon under load, and hospitals that go on from one.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use flate2::{Compress, Compression, FlushCompress};

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
    refused(&other, &["restore", file.to_str().unwrap()], 1, "already contains a record").await;
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
    // Their pages may be in a few messages, the first of which came right after the start.
    let paged = || (!other.shared().inbox().messages().is_empty()).then_some(());
    other.shared().inbox().wait_until(paged, crate::pace::PATIENCE).await.expect("and people are paged");
    other.held_up();
}

pub async fn a_backup_goes_through_a_pipe_and_a_bad_one_is_refused() {
    let hospital = Hospital::serving().await;
    hospital.incident("rumor").await;
    let piped = run(hospital.command(&["backup", "-"])).await;
    assert_eq!(piped.status.code(), Some(0));
    let told = String::from_utf8(piped.stderr).unwrap();
    assert!(told.contains(" records (") && told.contains("last hash: "), "{told}");
    let file = hospital.house().join("piped");
    fs::write(&file, &piped.stdout).unwrap();
    let listed = std::process::Command::new("tar").args(["tzf", file.to_str().unwrap()]).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert_eq!(listed, "manifest.json\njournal/00000000000000000001.jsonl\n");
    let mut verify = hospital.command(&["restore", "--verify", file.to_str().unwrap()]);
    verify.stdin(Stdio::null());
    assert_eq!(run(verify).await.status.code(), Some(0));
    fs::write(&file, &piped.stdout[..piped.stdout.len() / 2]).unwrap();
    refused(&hospital, &["restore", "--verify", file.to_str().unwrap()], 1, "the backup is incomplete or damaged")
        .await;
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

/// Unpacked, each of these archives has this much of one byte: more than a backup's reader may hold in memory at once.
const UNPACKED: u64 = 192 << 20;

/// What a reader of backups needs in all, in a debug build.
const RESIDENT_MAX_KB: u64 = 100 << 10;

/// A packed archive whose first member claims to be this, with so much of one byte. It has no end, as nobody gets there.
fn bloated(name: &str, kind: tar::EntryType, byte: u8) -> Vec<u8> {
    let mut header = tar::Header::new_ustar();
    header.set_path(name).unwrap();
    header.set_entry_type(kind);
    header.set_size(UNPACKED);
    header.set_mode(0o600);
    header.set_cksum();
    let mut deflate = Compress::new(Compression::fast(), false);
    let mut packed = |bytes: &[u8]| {
        let mut out = Vec::with_capacity(bytes.len() + 1_024);
        deflate.compress_vec(bytes, &mut out, FlushCompress::Full).unwrap();
        out
    };
    let gzip = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    // After a full flush the same mebibyte is the same bytes, again and again.
    let (head, part) = (packed(header.as_bytes()), packed(&vec![byte; 1 << 20]));
    [&gzip[..], &head, &part.repeat((UNPACKED >> 20) as usize)].concat()
}

pub async fn a_small_archive_that_unpacks_to_much_is_refused_in_little_memory() {
    let hospital = Hospital::new().await;
    for (archive, words) in [
        (bloated("manifest.json", tar::EntryType::GNULongName, b'x'), "cannot be read"),
        (bloated("manifest.json", tar::EntryType::Regular, b' '), "cannot be read"),
        (bloated("manifest.json", tar::EntryType::Regular, b'['), "cannot be read"),
    ] {
        assert!(archive.len() < 3 << 20, "{}", archive.len());
        let mut command = hospital.command(&["restore", "--verify", "-"]);
        let mut child = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        let (mut most, started) = (0, SystemTime::now());
        let fed = std::thread::spawn(move || drop(input.write_all(&archive)));
        while child.try_wait().unwrap().is_none() {
            let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
            let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0 kB");
            most = most.max(peak.trim().trim_end_matches(" kB").parse().unwrap_or(0));
            assert!(started.elapsed().unwrap() < Duration::from_secs(60), "it ends");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        fed.join().unwrap();
        let output = child.wait_with_output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(1) && told.contains(words), "{told}");
        assert!((1..RESIDENT_MAX_KB).contains(&most), "{most} KB");
    }
    hospital.judge_now();
}
