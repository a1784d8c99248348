//! A store that is rebuilt under a daemon: it goes on answering and paging.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use serde_json::{Value, json};

use crate::daemon::run;
use crate::hospital::{CHIEF, Hospital, OPERATOR, READER, SOURCE};
use crate::pace;
use crate::plan::{CHEN, RIVERA};

/// Repeats of one matter: a record each.
const RECORDS: usize = 20_000;

pub async fn while_the_store_is_rebuilt_it_answers_within_a_second_and_steps_come_on_time() {
    let hospital = Hospital::serving().await;
    let matter = hospital.open(json!({ "class": "rumor", "dedup_key": "k" })).await;
    let repeat = json!({ "class": "rumor", "dedup_key": "k", "summary": "the same words again and again" }).to_string();
    for _ in 0..RECORDS / 5_000 {
        let lines = vec![repeat.clone(); 5_000].join("\n");
        let reply = hospital.post("/api/v1/incidents", SOURCE, "application/x-ndjson", lines).await;
        assert_eq!(reply.status, 200);
    }
    let story = hospital.incident("photo").await;
    let ended = AtomicBool::new(false);
    let asking = async {
        let (mut longest, mut late) = (Duration::ZERO, Vec::new());
        while !ended.load(Ordering::SeqCst) {
            let (at, asked) = (SystemTime::now(), Instant::now());
            let reply = hospital.get("/api/v1/incidents?limit=1", Some(READER)).await;
            assert_eq!(reply.status, 200, "{}", reply.text);
            let took = asked.elapsed();
            longest = longest.max(took);
            late.extend((!pace::is_within(Duration::from_secs(1), at, took)).then_some(took));
        }
        (longest, late)
    };
    let compacting = async {
        let mut command = hospital.command(&["compact", "--format", "json", "--server", &hospital.base()]);
        command.env("WARDBELL_TOKEN_FILE", hospital.house().join("secrets/chief"));
        let done = run(command).await;
        ended.store(true, Ordering::SeqCst);
        done
    };
    let ((longest, late), done) = tokio::join!(asking, compacting);
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
    let told: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert!(told["records"].as_u64().unwrap() > RECORDS as u64, "{told:#}");
    println!("rebuilt from {told}: no question waited longer than {longest:?}");
    assert!(late.is_empty(), "{late:?} for an answer");
    assert_eq!(matter.show().await["occurrences"], RECORDS as u64 + 1);
    story.until(3.5).await;
    assert_eq!(
        (story.messages(&RIVERA).len(), story.messages(&CHEN).len()),
        (2, 2),
        "its steps came, by mail and text"
    );
    story.pressed(&RIVERA, "acknowledge").await;
    for token in [OPERATOR, READER, SOURCE] {
        assert_eq!(hospital.post("/api/v1/compact", token, "application/json", "").await.status, 403);
    }
    assert_eq!(hospital.post("/api/v1/compact", CHIEF, "application/json", "").await.status, 200);
    hospital.terminate(Duration::from_secs(6)).await;
    let offline = run(hospital.command(&["compact"])).await;
    let told = String::from_utf8(offline.stdout).unwrap();
    assert!(offline.status.code() == Some(0) && told.contains("no daemon was running"), "{told}");
    hospital.serve().await;
    assert_eq!(matter.show().await["occurrences"], RECORDS as u64 + 1);
    hospital.held_up();
}
