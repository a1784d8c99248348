//! Repeats and storms.

use std::time::{Duration, SystemTime};

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::hospital::{Hospital, Reply, SOURCE};
use crate::judge::Reason::{Escalated, NotAcknowledged, NotActedOn, Opened, Reclassified, SeverityRose};
use crate::plan::{ADVOCACY, CHEN, DIAZ, KIM, OKAFOR, PRIVACY, Person, RIVERA, STONE, playbook};
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

pub async fn a_graver_repeat_pages_its_playbooks_departments() {
    let hospital = Hospital::serving().await;
    let first = json!({ "class": "complaint", "dedup_key": "k", "event_id": "e-1" });
    let mut story = hospital.open(first.clone()).await;
    story.at_once().page(&OKAFOR, &ADVOCACY, BOTH, Opened);
    story.until(1.0).await;
    let answered = hospital.send(&first).await;
    let before = SystemTime::now();
    let graver = json!({ "class": "leak", "dedup_key": "k", "event_id": "e-2" });
    let answer = hospital.send(&graver).await;
    let repeated = (before, SystemTime::now());
    assert_eq!((&answer.json()["playbook"], &answer.json()["duplicate_of_open"]), (&json!("leak"), &json!(true)));
    story.becomes("leak", "high");
    for (person, department) in [(&OKAFOR, &ADVOCACY), (&RIVERA, &PRIVACY)] {
        story.after(repeated, 0.0).page(person, department, BOTH, Reclassified);
    }
    for (person, department) in [(&DIAZ, &ADVOCACY), (&CHEN, &PRIVACY)] {
        story.after(repeated, 2.0).page(person, department, BOTH, NotAcknowledged);
    }
    story.after(repeated, 4.0).page(&STONE, &ADVOCACY, BOTH, NotAcknowledged);
    // What is no graver pages nobody, and each event is answered like the first time, also after a crash.
    for class in ["complaint", "photo", "slow", "unheard-of", "leak"] {
        assert_eq!(hospital.send(&json!({ "class": class, "dedup_key": "k" })).await.json()["playbook"], "leak");
    }
    story.until(2.2).await;
    hospital.kill();
    hospital.serve().await;
    assert_eq!(hospital.send(&first).await.text, answered.text);
    assert_eq!(hospital.send(&graver).await.text, answer.text);
    story.until(4.0).await;
    story.pressed(&CHEN, "acknowledge").await;
    story.until(7.5).await;
    hospital.judge().await;
    let shown = story.show().await;
    assert_eq!(
        (&shown["playbook"], &shown["class"], &shown["severity"]),
        (&json!("leak"), &json!("leak"), &json!("high"))
    );
    let timeline = story.timeline().await;
    let told = timeline.iter().find(|moment| moment["type"] == "reclassified").unwrap();
    let why =
        ["because", "from_playbook", "from_severity", "playbook", "severity"].map(|key| told[key].as_str().unwrap());
    assert_eq!(why, ["more-serious-repeat", "complaint", "moderate", "leak", "high"]);
    assert_eq!(told["added"], json!(["privacy"]));
}

pub async fn a_graver_repeat_pages_anew_after_an_acknowledgement() {
    let hospital = Hospital::new().await;
    let acts = "act_within = \"2s\"";
    hospital.write("playbooks/leak.toml", playbook("leak", "high", &[&PRIVACY, &ADVOCACY], acts));
    hospital.serve().await;
    let mut story = hospital.open(json!({ "class": "complaint", "dedup_key": "k" })).await;
    story.at_once().page(&OKAFOR, &ADVOCACY, BOTH, Opened);
    story.until(0.8).await;
    story.pressed(&OKAFOR, "acknowledge").await;
    assert_eq!(story.show().await["status"], "acknowledged");
    let before = SystemTime::now();
    let graver = json!({ "class": "leak", "dedup_key": "k" });
    assert_eq!(hospital.send(&graver).await.json()["status"], "open");
    let repeated = (before, SystemTime::now());
    story.becomes("leak", "high");
    story.after(repeated, 0.0).page(&OKAFOR, &ADVOCACY, BOTH, Reclassified);
    story.after(repeated, 0.0).page(&RIVERA, &PRIVACY, BOTH, Reclassified);
    story.until(story.now() + 1.0).await;
    story.pressed(&OKAFOR, "acknowledge").await;
    let taken = story.pressed(&RIVERA, "acknowledge").await;
    // The playbook that the incident has now wants a note of whoever has it.
    note(&story, &OKAFOR).await;
    story.after(taken, 2.0).page(&RIVERA, &PRIVACY, BOTH, NotActedOn);
    story.until(story.now() + 2.6).await;
    note(&story, &RIVERA).await;
    story.until(story.now() + 2.5).await;
    hospital.judge().await;
}

async fn note(story: &Story<'_>, person: &Person) {
    let reply = story.press_note(person, "Called the unit").await;
    assert!(reply.text.contains("Note saved at"), "{}", reply.text);
}

pub async fn a_storm_for_one_department_delays_no_other() {
    let hospital = Hospital::new().await;
    hospital.write("playbooks/grievance.toml", playbook("grievance", "high", &[&ADVOCACY], ""));
    hospital.serve().await;
    let incident = |number| json!({ "class": "rumor", "event_id": format!("s-{number}"), "summary": "x".repeat(500) });
    let lines: String = (0..250).map(|number| format!("{}\n", incident(number))).collect();
    let before = SystemTime::now();
    let many = hospital.post("/api/v1/incidents", SOURCE, "application/x-ndjson", lines);
    let singly = join_all((250..500).map(|number| {
        let (hospital, incident) = (&hospital, incident(number));
        async move { hospital.send(&incident).await }
    }));
    let other = async {
        // In the midst of the storm.
        tokio::time::sleep(Duration::from_millis(100)).await;
        hospital.incident("grievance").await
    };
    let (many, singly, other) = tokio::join!(many, singly, other);
    let after = SystemTime::now();
    other.at_once().page(&OKAFOR, &ADVOCACY, BOTH, Opened);
    other.between(2.0, 3.0).page(&DIAZ, &ADVOCACY, BOTH, NotAcknowledged);
    other.between(4.0, 5.0).page(&STONE, &ADVOCACY, BOTH, NotAcknowledged);
    assert_eq!(many.status, 200);
    let mut answers: Vec<Value> = many.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(answers.iter().all(|answer| answer["status"] == 202));
    assert!(singly.iter().all(|reply| reply.status == 202));
    answers.extend(singly.iter().map(Reply::json));
    assert_eq!(answers.len(), 500);
    // How soon the storm's own pages come is no promise.
    for answer in &answers {
        let story = Story::known(&hospital, answer["id"].as_str().unwrap(), "rumor", (before, after));
        story.taken_over(1).await;
        story.between(0.0, story.now() + 0.1).bundled().page(&RIVERA, &PRIVACY, BOTH, Opened);
    }
    other.until(6.0).await;
    hospital.judge_now();
}

pub async fn ever_new_names_of_the_involved_delay_no_step_of_others() {
    let hospital = Hospital::new().await;
    let ladder = r#"
        [ladder.patient]
        steps = [
          { at = "0s", page = "primary" },
          { at = "5m", page = "backup" },
          { at = "10m", page = "compliance:primary" },
        ]
    "#;
    let ladders = std::fs::read_to_string(hospital.house().join("playbooks/ladders.toml")).unwrap();
    hospital.write("playbooks/ladders.toml", ladders + ladder);
    hospital.write("playbooks/rumor.toml", playbook("rumor", "moderate", &[&PRIVACY], "ladder = \"patient\""));
    hospital.write("playbooks/grievance.toml", playbook("grievance", "high", &[&ADVOCACY], ""));
    hospital.serve().await;
    let flooded = hospital.open(json!({ "class": "rumor", "dedup_key": "k" })).await;
    flooded.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    let line = |repeat: u32| {
        let involved: Vec<_> = (0..32).map(|number| format!("nobody-{repeat}-{number}@elsewhere.example")).collect();
        format!("{}\n", json!({ "class": "rumor", "dedup_key": "k", "involved": involved }))
    };
    let lines: String = (0..1_800).map(line).collect();
    let many = hospital.post("/api/v1/incidents", SOURCE, "application/x-ndjson", lines);
    let other = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        hospital.incident("grievance").await
    };
    let (many, other) = tokio::join!(many, other);
    other.at_once().page(&OKAFOR, &ADVOCACY, BOTH, Opened);
    other.between(2.0, 3.0).page(&DIAZ, &ADVOCACY, BOTH, NotAcknowledged);
    other.between(4.0, 5.0).page(&STONE, &ADVOCACY, BOTH, NotAcknowledged);
    let answers: Vec<Value> = many.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(answers.len() == 1_800 && answers.iter().all(|answer| answer["status"] == 202));
    // Whoever is in a roster is passed over, however many names came before.
    let chen = json!({ "class": "rumor", "dedup_key": "k", "involved": ["J.Chen@mercy.example"] });
    assert_eq!(hospital.send(&chen).await.status, 202);
    let before = SystemTime::now();
    assert_eq!(flooded.act(json!({ "action": "escalate" })).await.status, 200);
    flooded.after((before, SystemTime::now()), 0.0).page(&KIM, &PRIVACY, BOTH, Escalated);
    let ready = hospital.get("/readyz", None).await;
    let wanted = format!("{}: 56600 names of involved people were not kept", flooded.id);
    assert!(ready.status == 200 && ready.text.contains(&wanted), "{}", ready.text);
    assert_eq!(flooded.show().await["occurrences"], 1_802);
    other.until(5.5).await;
    hospital.judge().await;
}

pub async fn a_storm_that_climbs_delays_no_step_of_others() {
    let hospital = Hospital::new().await;
    hospital.write("playbooks/grievance.toml", playbook("grievance", "high", &[&ADVOCACY], ""));
    hospital.serve().await;
    let lines: String = (0..500).map(|number| format!("{}\n", json!({ "class": "photo", "reach": number }))).collect();
    let before = SystemTime::now();
    let many = hospital.post("/api/v1/incidents", SOURCE, "application/x-ndjson", lines);
    let other = async {
        // Their steps come while those of the storm do.
        tokio::time::sleep(Duration::from_millis(100)).await;
        hospital.incident("grievance").await
    };
    let (many, other) = tokio::join!(many, other);
    let after = SystemTime::now();
    other.at_once().page(&OKAFOR, &ADVOCACY, BOTH, Opened);
    other.between(2.0, 3.0).page(&DIAZ, &ADVOCACY, BOTH, NotAcknowledged);
    // The last step pages the one whom the whole storm pages; how soon the storm's own pages come is no promise.
    other.taken_over(3).await;
    let now = other.now() + 0.1;
    other.between(4.0, now).bundled().page(&STONE, &ADVOCACY, BOTH, NotAcknowledged);
    for answer in many.text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        let story = Story::known(&hospital, answer["id"].as_str().unwrap(), "photo", (before, after));
        let story = story.of_severity("high");
        story.taken_over(3).await;
        let now = story.now() + 0.1;
        story.between(0.0, now).bundled().page(&RIVERA, &PRIVACY, BOTH, Opened);
        story.between(2.0, now).bundled().page(&CHEN, &PRIVACY, BOTH, NotAcknowledged);
        story.between(4.0, now).bundled().page(&STONE, &PRIVACY, BOTH, NotAcknowledged);
    }
    other.until(other.now() + 1.0).await;
    hospital.judge_now();
}
