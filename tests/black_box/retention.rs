//! A record with a past: what is older than six years goes, under a daemon that accepts and pages.

use std::fs;
use std::time::Duration;

use chrono::{DateTime, Utc};
use wardbell::domain::digest::Digest;
use wardbell::domain::escalation::event::Event;
use wardbell::domain::plan::PlanFile;
use wardbell::journal::file::FileJournal;
use wardbell::journal::port::{Epoch, Journal};
use wardbell::journal::record::{Entry, Fact, SystemEvent};
use wardbell::journal::segment::Segment;

use crate::daemon::run;
use crate::hospital::Hospital;
use crate::judge::Reason::Opened;
use crate::plan::{PRIVACY, RIVERA};
use crate::story::BOTH;

/// An incident of 2019.
const OLD_INCIDENT: &str = "7Q2K9MXD";

fn at(text: &str, event: SystemEvent) -> Entry {
    let at: DateTime<Utc> = text.parse().unwrap();
    Entry { at, fact: Fact::System(event) }
}

/// Starts of 2019, a plan of then that was in force for long, starts of 2022, and one at an instant if it was used lately.
fn old_record(hospital: &Hospital, last: Option<String>) -> u64 {
    let (journal, _) = FileJournal::open(&hospital.store().join("journal")).unwrap();
    let mut journal = journal.with_segment_bytes(4_000);
    let started = || SystemEvent::Started { version: "0.0.1".into() };
    let sha256 = Digest::of(b"# of 2019");
    let kept = SystemEvent::FileKept { sha256, text: "# of 2019".into() };
    let loaded = SystemEvent::PlanLoaded { files: vec![PlanFile { path: "rosters/old.toml".into(), sha256 }] };
    journal.append(Epoch::FIRST, &[at("2019-01-01T00:00:00Z", kept), at("2019-01-01T00:00:00Z", loaded)]).unwrap();
    let link = Event::LinkIssued { page: 1, link: Digest::of(b"link") };
    let fact = Fact::Incident(OLD_INCIDENT.parse().unwrap(), link);
    journal.append(Epoch::FIRST, &[Entry { fact, ..at("2019-02-01T00:00:00Z", started()) }]).unwrap();
    for _ in 0..100 {
        journal.append(Epoch::FIRST, &[at("2019-02-01T00:00:00Z", started())]).unwrap();
    }
    let seq = journal.head().seq;
    for _ in 0..30 {
        journal.append(Epoch::FIRST, &[at("2022-02-01T00:00:00Z", started())]).unwrap();
    }
    if let Some(day) = last {
        journal.append(Epoch::FIRST, &[at(&day, started())]).unwrap();
    }
    seq
}

pub async fn what_is_older_than_six_years_goes_while_people_are_paged_and_the_rest_proves_itself() {
    let hospital = Hospital::new().await;
    let the_day_before_yesterday = Utc::now() - chrono::TimeDelta::days(2);
    let last_old = old_record(&hospital, Some(the_day_before_yesterday.to_rfc3339()));
    // Its words were sealed, as are those of an incident whose records are kept.
    let key = |incident: &str| format!("{incident}.0001 {} {}\n", "0".repeat(16), "A".repeat(96));
    let config = fs::read_to_string(hospital.config()).unwrap();
    hospital.write("wardbell.toml", config + "\n[encryption]\nmaster_key_file = \"secrets/master\"\n");
    hospital.write("secrets/master", "8r1HoHvk7S0cObnkE1RwNnaNoONmmLr3kcLXSxHl76E=");
    let keys = hospital.store().join("keys");
    fs::create_dir_all(&keys).unwrap();
    fs::write(keys.join("data-keys"), key(OLD_INCIDENT) + &key("7Q2K9MXE")).unwrap();
    let journal = hospital.store().join("journal");
    let text = |folder: &std::path::Path| {
        let segments = Segment::list(folder).unwrap();
        segments
            .iter()
            .map(|one| String::from_utf8(wardbell::journal::lines::readable(&one.path).unwrap()).unwrap())
            .collect::<String>()
    };
    assert!(text(&journal).contains("2019-02-01"));
    hospital.serve().await;
    let story = hospital.incident("rumor").await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    for _ in 0..200 {
        if Segment::list(&journal).unwrap()[0].first > 1 && hospital.logs().contains("the store was rebuilt") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let first = Segment::list(&journal).unwrap()[0].first;
    assert!(first > 50 && first <= last_old + 1, "{first}\n{}", hospital.logs());
    assert!(hospital.logs().contains("records past their retention period were removed"), "{}", hospital.logs());
    let left = fs::read_to_string(keys.join("data-keys")).unwrap();
    assert!(
        left.starts_with(&format!("{OLD_INCIDENT}.0001 purged----------")),
        "its key went with its records: {left}"
    );
    assert!(left.contains(&key("7Q2K9MXE")), "no other key: {left}");
    let verified = run(hospital.command(&["audit", "verify"])).await;
    let told = String::from_utf8(verified.stdout).unwrap();
    assert!(told.starts_with(&format!("records 1–{} were pruned on ", first - 1)), "{told}");
    assert!(told.contains(" (retention: 2192d)\n") && told.contains("; last hash: "), "{told}");
    // What was in force since is told letter by letter, although the record of it is gone.
    let plan = run(hospital.command(&["audit", "plan", "--at", "2022-03-01T00:00:00Z"])).await;
    let plan = String::from_utf8(plan.stdout).unwrap();
    assert!(plan.contains("in force from 2019-01-01") && plan.contains("rosters/old.toml\n"), "{plan}");
    // What is kept and full is compressed by then, or soon.
    let compressed = || Segment::list(&journal).unwrap().iter().filter(|one| one.is_compressed()).count();
    for _ in 0..100 {
        if compressed() > 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(compressed() > 0, "{}", hospital.logs());
    assert_eq!(run(hospital.command(&["audit", "verify"])).await.status.code(), Some(0));
    let again = story.show().await;
    hospital.terminate(Duration::from_secs(6)).await;
    // The old incident has no opening, which is told while its records are there, and not after.
    let orphans = hospital.logs().matches("never opened").count();
    fs::remove_dir_all(hospital.store().join("store")).unwrap();
    hospital.serve().await;
    let shown = story.show().await;
    let kept = again["timeline"].as_array().unwrap();
    assert_eq!(&shown["timeline"].as_array().unwrap()[..kept.len()], &kept[..]);
    assert_eq!(hospital.logs().matches("never opened").count(), orphans, "{}", hospital.logs());
    hospital.judge().await;
}

pub async fn a_clock_that_is_far_ahead_of_the_record_removes_nothing() {
    let hospital = Hospital::new().await;
    // By the record this is 2022: whoever says it is years later may be wrong.
    old_record(&hospital, None);
    hospital.serve().await;
    for _ in 0..100 {
        if hospital.logs().contains("correct it, or wait a day") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let logs = hospital.logs();
    assert!(logs.contains("may be far ahead: correct it, or wait a day"), "{logs}");
    assert_eq!(Segment::list(&hospital.store().join("journal")).unwrap()[0].first, 1);
    hospital.judge().await;
}
