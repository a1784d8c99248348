//! What a command says of a record, a file or a configuration that is not there, or not whole.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;

use serde_json::Value;

use crate::command_line::{fine, refused, say};
use crate::hospital::Hospital;
use crate::judge::Reason::Opened;
use crate::plan::{PRIVACY, RIVERA};
use crate::story::BOTH;

pub async fn a_configuration_that_is_not_there_is_said_to_be_missing() {
    let hospital = Hospital::new().await;
    fs::remove_file(hospital.config()).unwrap();
    for command in [
        &["backup", "x"][..],
        &["restore", "/dev/null"],
        &["compact"],
        &["keys", "status"],
        &["audit", "plan"],
        &["audit", "export"],
        &["list"],
    ] {
        let told = refused(&hospital, command, 64).await;
        let missing = format!("no configuration at {}", hospital.config().display());
        assert!(told.contains(&missing), "{command:?}: {told}");
    }
    hospital.judge_now();
}

pub async fn a_record_that_is_torn_or_empty_is_not_told_as_whole_and_no_more() {
    let hospital = Hospital::serving().await;
    let story = hospital.incident("rumor").await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    hospital.judge().await;
    hospital.kill();
    let told = fine(&hospital, &["audit", "verify"]).await;
    assert!(told.ends_with('\n') && told.lines().count() == 1, "{told}");
    let segment = hospital.store().join("journal/00000000000000000001.jsonl");
    let whole = fs::read(&segment).unwrap();
    let last = whole.trim_ascii_end().rsplit(|byte| *byte == b'\n').next().unwrap();
    for torn in [&[0; 60][..], &last[..60]] {
        fs::write(&segment, [&whole, torn].concat()).unwrap();
        let said = say(&hospital, &["audit", "verify"]).await;
        assert_eq!(said.code, 0, "a daemon may be writing: {}", said.err);
        assert!(said.out.contains("\n60 bytes after the last record do not form a whole record"), "{}", said.out);
        let json: Value =
            serde_json::from_str(&fine(&hospital, &["audit", "verify", "--format", "json"]).await).unwrap();
        assert_eq!((&json["torn_bytes"], &json["segments"]), (&60.into(), &1.into()), "{json:#}");
        assert!(told.contains(json["head"].as_str().unwrap()) && json["records"] == json["last"], "{json:#}");
    }
    for emptied in [true, false] {
        if emptied {
            fs::write(&segment, "").unwrap()
        } else {
            fs::remove_file(&segment).unwrap()
        }
        let told = refused(&hospital, &["audit", "verify"], 1).await;
        assert!(told.contains("contains no record\nhint: to restore a backup"), "{told}");
        refused(&hospital, &["audit", "export"], 1).await;
    }
}

pub async fn a_bad_backup_is_named_and_an_interrupted_restore_is_done_again() {
    let hospital = Hospital::serving().await;
    hospital.judge().await;
    hospital.kill();
    let backup = hospital.house().join("backup.tar.gz");
    let backup = backup.to_str().unwrap();
    fine(&hospital, &["backup", backup]).await;
    let bad = hospital.house().join("bad.tar.gz");
    let bytes = fs::read(backup).unwrap();
    fs::write(&bad, &bytes[..bytes.len() / 2]).unwrap();
    let bad = bad.to_str().unwrap();
    let told = refused(&hospital, &["restore", "--verify", bad], 1).await;
    assert!(told.contains(&format!("{bad}: the backup is incomplete or damaged")), "{told}");

    for folder in ["journal", "store"] {
        fs::remove_dir_all(hospital.store().join(folder)).unwrap();
    }
    fs::create_dir(hospital.store().join("journal.restoring")).unwrap();
    let half = hospital.store().join("journal.restoring/00000000000000000001.jsonl");
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(half).unwrap().write_all(b"half").unwrap();
    let (ended, log) = hospital.try_serve().await.unwrap_err();
    assert!(ended.code() == Some(64) && log.contains("was interrupted, and nothing is there yet"), "{log}");
    assert!(log.contains("hint: run `wardbell restore FILE` again"), "{log}");
    fine(&hospital, &["restore", backup]).await;
    hospital.serve().await;
    hospital.judge().await;
}
