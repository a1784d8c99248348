//! What is owed: a task is asked for when it is overdue and after the resolution, in a department without a track, and is
//! done behind the link.

use std::time::SystemTime;

use chrono::{Timelike, Utc};
use serde_json::json;

use crate::command_line::ask;
use crate::hospital::Hospital;
use crate::judge::Reason::{Opened, Overdue, Owed};
use crate::plan::{ADVOCACY, COMPLIANCE, DIAZ, OKAFOR, PRIVACY, RIVERA, Roster, playbook};
use crate::story::BOTH;

/// A zone in which it is noon now: people are told by day.
fn zone_at_noon() -> String {
    match i64::from(Utc::now().hour()) - 12 {
        0 => "Etc/GMT".to_owned(),
        west => format!("Etc/GMT{west:+}"),
    }
}

pub async fn what_is_owed_is_asked_for_until_it_is_done_also_after_the_resolution_and_a_crash() {
    let hospital = Hospital::new().await;
    let action = "[[action]]\ndepartment = \"advocacy\"\nwithin = \"3s\"\ndo = \"Call the family\"";
    hospital.write("playbooks/photo.toml", playbook("photo", "high", &[&PRIVACY], action));
    let advocacy = Roster::new(&ADVOCACY, Some(&COMPLIANCE)).person(&OKAFOR).person(&DIAZ);
    let advocacy = advocacy.always("primary", &OKAFOR).always("backup", &DIAZ).text();
    hospital.write("rosters/advocacy.toml", advocacy.replace("America/Chicago", &zone_at_noon()));
    hospital.serve().await;
    let story = hospital.open(json!({ "class": "photo" })).await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    story.pressed(&RIVERA, "acknowledge").await;
    story.between(3.0, 4.0).page(&OKAFOR, &ADVOCACY, BOTH, Overdue);
    let overdue = story.link(&OKAFOR).await;
    let page = hospital.get(&overdue, None).await;
    assert!(page.text.contains("1 task is overdue") && page.text.contains("Call the family"), "{}", page.text);

    let before = SystemTime::now();
    let resolved = story.act(json!({ "action": "resolve", "note": "taken down" })).await;
    assert_eq!((resolved.status, &resolved.json()["follow_up"]), (200, &json!(1)), "{}", resolved.text);
    story.after((before, SystemTime::now()), 0.0).page(&OKAFOR, &ADVOCACY, BOTH, Owed);
    let told = || (story.messages(&OKAFOR).len() >= 4).then_some(());
    hospital.shared().inbox().wait_until(told, crate::pace::PATIENCE).await.unwrap();
    // What is not on the record when the daemon is killed may come twice.
    story.taken_over(3).await;
    hospital.kill();
    hospital.serve().await;
    let (listed, _) = ask(&hospital, &["list", "--status", "resolved"]).await;
    assert!(listed.contains(&story.id), "{listed}");
    let (tasks, err) = ask(&hospital, &["tasks", "--department", "advocacy", "--overdue"]).await;
    assert!(tasks.contains(&story.id) && tasks.ends_with(": Call the family"), "{tasks}{err}");

    let link = story.link(&OKAFOR).await;
    assert_ne!(link, overdue);
    let page = hospital.get(&link, None).await;
    assert!(page.text.contains("1 task is still yours"), "{}", page.text);
    let done = hospital.form(&link, &[("action", "task-done"), ("task", "1")]).await;
    assert!(done.status == 200 && done.text.contains("Nothing is owed anymore"), "{}", done.text);
    let shown = story.show().await;
    assert_eq!((&shown["follow_up"], &shown["tasks"][0]["status"]), (&json!(0), &json!("done")), "{shown}");
    assert_eq!(shown["tasks"][0]["by"], OKAFOR.id);
    let again = story.act(json!({ "action": "task-reopen", "task": 1 })).await;
    assert!(again.status == 409 && again.text.contains("nothing is owed anymore"), "{}", again.text);
    let (tasks, _) = ask(&hospital, &["tasks", "--department", "advocacy"]).await;
    assert_eq!(tasks, "no tasks");
    hospital.judge().await;
}
