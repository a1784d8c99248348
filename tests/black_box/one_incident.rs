//! One incident: who is paged, when, and what stops it.

use std::time::Duration;

use serde_json::json;

use crate::hospital::Hospital;
use crate::judge::Reason::{Declined, NobodyFound, NotAcknowledged, NotActedOn, Opened, Repeated};
use crate::plan::{ADVOCACY, CHEN, COMPLIANCE, DIAZ, HOUSE, KIM, OKAFOR, PRIVACY, RIVERA, Roster, STONE, playbook};
use crate::story::{BOTH, MAIL, SMS};

pub async fn the_primary_of_each_department_is_paged_at_once_and_nobody_else() {
    let hospital = Hospital::new().await;
    let okafor = "notify = [{ by = \"sms\", after = \"0s\" }, { by = \"email\", after = \"1s\" }]";
    let advocacy = Roster::new(&ADVOCACY, None).person_with(&OKAFOR, okafor).person(&DIAZ);
    hospital.write("rosters/advocacy.toml", advocacy.always("primary", &OKAFOR).always("backup", &DIAZ).text());
    let privacy = Roster::new(&PRIVACY, None).mail_person(&RIVERA, "").person(&CHEN);
    hospital.write("rosters/privacy.toml", privacy.always("primary", &RIVERA).always("backup", &CHEN).text());
    hospital.serve().await;

    let story = hospital.open(json!({ "class": "leak", "drill": true })).await;
    story.at_once().page(&RIVERA, &PRIVACY, MAIL, Opened).page(&OKAFOR, &ADVOCACY, SMS, Opened);
    story.between(1.0, 2.0).page(&OKAFOR, &ADVOCACY, MAIL, Opened);
    story.until(1.5).await;
    story.pressed(&RIVERA, "acknowledge").await;
    story.pressed(&OKAFOR, "acknowledge").await;
    story.until(3.2).await;
    hospital.judge().await;
}

pub async fn steps_come_on_time_and_once() {
    let hospital = Hospital::serving().await;
    let story = hospital.incident("photo").await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    story.between(2.0, 3.0).page(&CHEN, &PRIVACY, BOTH, NotAcknowledged);
    story.between(4.0, 5.0).page(&STONE, &PRIVACY, BOTH, NotAcknowledged);
    story.until(6.5).await;
    hospital.judge().await;
}

pub async fn a_ladder_that_begins_later_pages_nobody_before() {
    let hospital = Hospital::new().await;
    let ladder = r#"
        [ladder.late]
        steps = [{ at = "2s", page = "primary" }, { at = "4s", page = "backup" }]
    "#;
    let ladders = std::fs::read_to_string(hospital.house().join("playbooks/ladders.toml")).unwrap();
    hospital.write("playbooks/ladders.toml", ladders + ladder);
    hospital.write("playbooks/photo.toml", playbook("photo", "high", &[&PRIVACY], "ladder = \"late\""));
    hospital.serve().await;
    let story = hospital.incident("photo").await;
    story.between(2.0, 3.0).page(&RIVERA, &PRIVACY, BOTH, Opened);
    story.between(4.0, 5.0).page(&CHEN, &PRIVACY, BOTH, NotAcknowledged);
    let checked = hospital.command(&["check", "--format", "json"]).output().unwrap();
    assert!(String::from_utf8_lossy(&checked.stdout).contains("late-first-step"), "{checked:?}");
    let route = ["route", "--class", "photo", "--at", "2026-11-24T08:00:00Z", "--format", "json"];
    let routed = hospital.command(&route).output().unwrap();
    let routed: serde_json::Value = serde_json::from_slice(&routed.stdout).unwrap();
    assert_eq!(routed[0]["at"], "2026-11-24T08:00:02.000Z");
    story.until(5.5).await;
    let shown = story.show().await;
    let at = |value: &serde_json::Value| value.as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>().unwrap();
    let fired = shown["timeline"].as_array().unwrap().iter().find(|moment| moment["type"] == "step-fired").unwrap();
    let wait = (at(&fired["due_at"]) - at(&shown["received_at"])).num_milliseconds();
    assert!((1_900..=2_100).contains(&wait), "{wait} ms");
    hospital.judge().await;
}

pub async fn a_ladder_is_climbed_again_as_often_as_it_says() {
    let hospital = Hospital::new().await;
    let ladder = r#"
        [ladder.again]
        steps = [{ at = "0s", page = "primary" }, { at = "1s", page = "escalation" }]
        repeat_every = "2s"
        repeat_times = 2
    "#;
    let ladders = std::fs::read_to_string(hospital.house().join("playbooks/ladders.toml")).unwrap();
    hospital.write("playbooks/ladders.toml", ladders + ladder);
    hospital.write("playbooks/photo.toml", playbook("photo", "high", &[&PRIVACY], "ladder = \"again\""));
    hospital.serve().await;
    let story = hospital.incident("photo").await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    story.between(1.0, 2.0).page(&KIM, &PRIVACY, BOTH, NotAcknowledged);
    for seconds in [3.0, 5.0] {
        let window = story.between(seconds, seconds + 1.0);
        window.page(&RIVERA, &PRIVACY, BOTH, Repeated).page(&KIM, &PRIVACY, BOTH, Repeated);
    }
    story.until(8.2).await;
    hospital.judge().await;
}

pub async fn an_acknowledgement_one_second_before_a_step_leaves_nothing_more() {
    let hospital = Hospital::serving().await;
    let story = hospital.incident("photo").await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    story.between(2.0, 3.0).page(&CHEN, &PRIVACY, BOTH, NotAcknowledged);
    story.until(3.0).await;
    story.pressed(&CHEN, "acknowledge").await;
    story.until(5.5).await;
    hospital.judge().await;
    assert_eq!(story.show().await["status"], "acknowledged");
}

pub async fn an_acknowledgement_stops_its_own_track_alone() {
    let hospital = Hospital::serving().await;
    let story = hospital.incident("leak").await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened).page(&OKAFOR, &ADVOCACY, BOTH, Opened);
    story.between(2.0, 3.0).page(&DIAZ, &ADVOCACY, BOTH, NotAcknowledged);
    story.until(1.0).await;
    story.pressed(&RIVERA, "acknowledge").await;
    let again = story.press(&RIVERA, "acknowledge").await;
    assert!(again.text.contains("You have it"), "{}", again.text);
    story.until(3.1).await;
    story.pressed(&OKAFOR, "acknowledge").await;
    let late = story.press(&DIAZ, "acknowledge").await;
    assert_eq!(late.status, 409, "{}", late.text);
    assert!(late.text.contains("Already acknowledged by Ada Okafor at "), "{}", late.text);
    let by_api = hospital.act(&story.id, json!({ "action": "acknowledge", "department": "privacy" })).await;
    assert_eq!((by_api.status, by_api.content_type.as_str()), (409, "application/problem+json"), "{}", by_api.text);
    story.until(5.5).await;
    hospital.judge().await;
}

pub async fn a_decline_pages_the_next_person_at_once() {
    let hospital = Hospital::serving().await;
    let story = hospital.incident("photo").await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    story.until(0.6).await;
    let declined = story.pressed(&RIVERA, "decline").await;
    story.after(declined, 0.0).page(&CHEN, &PRIVACY, BOTH, Declined);
    story.between(4.0, 5.0).page(&STONE, &PRIVACY, BOTH, NotAcknowledged);
    story.until(6.0).await;
    hospital.judge().await;
}

pub async fn acknowledged_and_forgotten_is_paged_again() {
    let hospital = Hospital::new().await;
    hospital.write("playbooks/photo.toml", playbook("photo", "high", &[&PRIVACY], "act_within = \"2s\""));
    hospital.serve().await;
    let story = hospital.incident("photo").await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    story.between(2.0, 3.0).page(&CHEN, &PRIVACY, BOTH, NotAcknowledged);
    story.until(2.6).await;
    // The backup takes it: both they and the primary hear of it when nothing is done.
    let acknowledged = story.pressed(&CHEN, "acknowledge").await;
    let reminded = story.after(acknowledged, 2.0);
    reminded.page(&CHEN, &PRIVACY, BOTH, NotActedOn).page(&RIVERA, &PRIVACY, BOTH, NotActedOn);
    let at = story.now();
    story.until(at + 3.2).await;
    let link = story.link(&CHEN).await;
    let noted = hospital.form(&link, &[("action", "note"), ("note", "Captured the post")]).await;
    assert!(noted.text.contains("Note saved at"), "{}", noted.text);
    story.until(at + 6.0).await;
    hospital.judge().await;
}

pub async fn who_has_it_and_is_primary_is_reminded_by_one_page_until_it_is_resolved() {
    let hospital = Hospital::new().await;
    hospital.write("playbooks/photo.toml", playbook("photo", "high", &[&PRIVACY], "act_within = \"2s\""));
    hospital.serve().await;
    let story = hospital.incident("photo").await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    story.until(0.5).await;
    let acknowledged = story.pressed(&RIVERA, "acknowledge").await;
    story.after(acknowledged, 2.0).page(&RIVERA, &PRIVACY, BOTH, NotActedOn);
    let (from, to) = (acknowledged.0 + Duration::from_secs(4), acknowledged.1 + Duration::from_secs(6));
    story.during(from, to).page(&RIVERA, &PRIVACY, BOTH, NotActedOn);
    story.until(5.9).await;
    assert_eq!(hospital.act(&story.id, json!({ "action": "resolve", "note": "Taken down" })).await.status, 200);
    story.until(8.0).await;
    hospital.judge().await;
}

pub async fn a_step_that_finds_nobody_is_followed_at_once() {
    let hospital = Hospital::new().await;
    let away = "away = [{ from = \"2020-01-01 00:00\", to = \"2099-01-01 00:00\" }]";
    let privacy = Roster::new(&PRIVACY, Some(&COMPLIANCE)).person_with(&RIVERA, away).person(&CHEN);
    hospital.write("rosters/privacy.toml", privacy.always("primary", &RIVERA).always("backup", &CHEN).text());
    hospital.serve().await;
    let story = hospital.incident("photo").await;
    story.at_once().page(&CHEN, &PRIVACY, BOTH, NobodyFound);
    story.between(4.0, 5.0).page(&STONE, &PRIVACY, BOTH, NotAcknowledged);
    story.until(6.0).await;
    hospital.judge().await;
    let timeline = story.timeline().await;
    let step = timeline.iter().find(|moment| moment["type"] == "step-fired").unwrap();
    assert_eq!(step["pages"], json!([]), "{step}");
    assert_eq!(step["passed_over"][0]["because"], "nobody-on-call", "{step}");
}

pub async fn an_empty_roster_pages_those_it_escalates_to() {
    let hospital = Hospital::new().await;
    hospital.write("rosters/privacy.toml", Roster::new(&PRIVACY, Some(&COMPLIANCE)).person(&RIVERA).text());
    hospital.serve().await;
    let story = hospital.incident("rumor").await;
    story.at_once().page(&KIM, &PRIVACY, BOTH, Opened);
    story.until(2.0).await;
    hospital.judge().await;
}

pub async fn at_last_the_fallback_department_is_paged() {
    let hospital = Hospital::new().await;
    hospital.write("rosters/privacy.toml", Roster::new(&PRIVACY, Some(&COMPLIANCE)).person(&RIVERA).text());
    hospital.write("rosters/compliance.toml", Roster::new(&COMPLIANCE, None).person(&KIM).text());
    hospital.serve().await;
    let story = hospital.incident("rumor").await;
    story.at_once().page(&STONE, &PRIVACY, BOTH, Opened);
    let other = hospital.incident("no class of ours").await;
    other.at_once().page(&STONE, &HOUSE, BOTH, Opened);
    story.until(2.0).await;
    hospital.judge().await;
}

pub async fn an_involved_liaison_and_a_shared_contact_are_passed_over() {
    let hospital = Hospital::new().await;
    // The backup has the phone of somebody in another department.
    let chen = format!("sms = \"{}\"\nsms_consent = 2026-01-01", OKAFOR.sms);
    let privacy = Roster::new(&PRIVACY, Some(&COMPLIANCE)).person(&RIVERA).mail_person(&CHEN, &chen).person(&DIAZ);
    let backup = "\n[[rotation]]\nrole = \"backup\"\nduring = \"always\"\nliaisons = [\"chen\", \"diaz\"]\n";
    hospital.write("rosters/privacy.toml", privacy.always("primary", &RIVERA).with(backup).text());
    hospital.serve().await;
    let story = hospital.open(json!({ "class": "photo", "involved": ["rivera", "okafor"] })).await;
    story.at_once().page(&DIAZ, &PRIVACY, BOTH, NobodyFound);
    story.between(4.0, 5.0).page(&STONE, &PRIVACY, BOTH, NotAcknowledged);
    // By mail address, in another spelling.
    let other = hospital
        .open(json!({ "class": "photo", "involved": ["M.Rivera@Mercy.example", "A.Okafor@mercy.example"] }))
        .await;
    other.at_once().page(&DIAZ, &PRIVACY, BOTH, NobodyFound);
    other.between(4.0, 5.0).page(&STONE, &PRIVACY, BOTH, NotAcknowledged);
    story.until(6.0).await;
    hospital.judge().await;
    for story in [story, other] {
        let timeline = story.timeline().await;
        let passed: Vec<_> = timeline.iter().filter_map(|moment| moment["passed_over"].as_array()).flatten().collect();
        let says = |who: &str| passed.iter().any(|one| one["liaison"] == who && one["because"] == "involved");
        assert!(says("rivera") && says("chen"), "{passed:?}");
    }
}
