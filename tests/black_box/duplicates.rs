//! Repeats and storms.

use std::time::{Duration, SystemTime};

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::hospital::{Hospital, SOURCE};
use crate::judge::Reason::{NotAcknowledged, Opened, SeverityRose};
use crate::plan::{ADVOCACY, CHEN, OKAFOR, PRIVACY, RIVERA};
use crate::story::{BOTH, Story};

pub async fn the_same_event_twice_is_one_incident_and_one_answer() {
    let hospital = Hospital::serving().await;
    let event = json!({ "class": "rumor", "event_id": "e-1", "summary": "first" });
    let story = hospital.open(event.clone()).await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    let first = hospital.send(&event).await;
    let changed = hospital.send(&json!({ "class": "leak", "event_id": "e-1", "severity": "critical" })).await;
    assert_eq!((first.status, first.json()["id"].as_str()), (202, Some(story.id.as_str())));
    assert_eq!(changed.text, first.text);
    let many = join_all((0..50).map(|_| hospital.send(&event))).await;
    assert!(many.iter().all(|reply| reply.text == first.text));
    // The answer is the same after a crash.
    story.until(1.0).await;
    hospital.kill();
    hospital.serve().await;
    assert_eq!(hospital.send(&event).await.text, first.text);
    let shown = story.show().await;
    assert_eq!((&shown["occurrences"], &shown["severity"]), (&json!(1), &json!("moderate")));
    story.until(2.5).await;
    hospital.judge().await;
}

pub async fn five_hundred_posts_of_one_matter_are_one_incident_and_one_round_of_pages() {
    let hospital = Hospital::serving().await;
    let matter = json!({ "class": "rumor", "dedup_key": "post-1" });
    let story = hospital.open(matter.clone()).await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    let posts = 499;
    for _ in 0..posts / 50 + 1 {
        let left = posts - (story.show().await["occurrences"].as_u64().unwrap() - 1);
        let replies = join_all((0..left.min(50)).map(|_| hospital.send(&matter))).await;
        for reply in replies {
            let answer = reply.json();
            assert_eq!(reply.status, 202, "{}", reply.text);
            assert_eq!((&answer["id"], &answer["duplicate_of_open"]), (&json!(story.id), &json!(true)));
        }
    }
    assert_eq!(story.show().await["occurrences"], 500);
    // Once it is resolved, the next one is a new matter.
    assert_eq!(hospital.act(&story.id, json!({ "action": "resolve" })).await.status, 200);
    let next = hospital.open(matter).await;
    assert_ne!(next.id, story.id);
    next.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    next.until(1.5).await;
    hospital.judge().await;
}

pub async fn a_repeat_that_lifts_the_severity_climbs_the_new_ladder_once() {
    let hospital = Hospital::serving().await;
    let mut story = hospital.open(json!({ "class": "photo", "dedup_key": "k" })).await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    story.until(1.0).await;
    story.pressed(&RIVERA, "acknowledge").await;
    let before = SystemTime::now();
    let graver = json!({ "class": "photo", "dedup_key": "k", "severity": "critical" });
    assert_eq!(hospital.send(&graver).await.json()["duplicate_of_open"], true);
    let rose = (before, SystemTime::now());
    story.rises_to("critical");
    story.after(rose, 0.0).page(&RIVERA, &PRIVACY, BOTH, SeverityRose);
    story.after(rose, 2.0).page(&CHEN, &PRIVACY, BOTH, NotAcknowledged);
    for severity in ["critical", "low", "high"] {
        let repeat = json!({ "class": "photo", "dedup_key": "k", "severity": severity });
        assert_eq!(hospital.send(&repeat).await.status, 202);
    }
    story.until(6.0).await;
    hospital.judge().await;
    let shown = story.show().await;
    assert_eq!((&shown["severity"], &shown["occurrences"]), (&json!("critical"), &json!(5)));
}

pub async fn a_storm_for_one_department_delays_no_other() {
    let hospital = Hospital::serving().await;
    let lines: String = (0..500)
        .map(|number| format!("{}\n", json!({ "class": "rumor", "event_id": format!("s-{number}") })))
        .collect();
    let before = SystemTime::now();
    let storm = hospital.post("/api/v1/incidents", SOURCE, "application/x-ndjson", lines);
    let other = async {
        // In the midst of the storm.
        tokio::time::sleep(Duration::from_millis(100)).await;
        let story = hospital.incident("complaint").await;
        story.at_once().page(&OKAFOR, &ADVOCACY, BOTH, Opened);
        story
    };
    let (storm, other) = tokio::join!(storm, other);
    let after = SystemTime::now();
    assert_eq!(storm.status, 200);
    let answers: Vec<Value> = storm.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), 500);
    for answer in &answers {
        assert_eq!(answer["status"], 202, "{answer}");
        let story = Story::known(&hospital, answer["id"].as_str().unwrap(), "rumor", (before, after));
        story.between(0.0, 20.0).page(&RIVERA, &PRIVACY, BOTH, Opened);
    }
    let all = || (hospital.shared().inbox().messages().len() >= 1_002).then_some(());
    hospital.shared().inbox().wait_until(all, Duration::from_secs(20)).await.unwrap();
    other.until(other.now() + 0.5).await;
    hospital.judge_now();
}
