//! What is resolved says how it ended, and is paged anew when it is opened again, also after a crash.

use std::time::SystemTime;

use serde_json::json;

use crate::command_line::ask;
use crate::hospital::Hospital;
use crate::judge::Reason::{Opened, Reopened};
use crate::plan::{PRIVACY, RIVERA};
use crate::story::BOTH;

pub async fn what_is_reopened_is_paged_anew_and_its_earlier_link_says_so() {
    let hospital = Hospital::serving().await;
    let story = hospital.open(json!({ "class": "photo", "dedup_key": "post-1", "summary": "MARKER" })).await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    let link = story.link(&RIVERA).await;
    story.pressed(&RIVERA, "acknowledge").await;
    let wrong = story.act(json!({ "action": "note", "note": "done", "outcome": "handled" })).await;
    assert!(
        wrong.status == 400 && wrong.text.contains("`outcome` goes with the action `resolve` alone"),
        "{}",
        wrong.text
    );
    let early = story.act(json!({ "action": "reopen" })).await;
    assert!(early.status == 409 && early.text.contains("not-resolved"), "{}", early.text);
    let (out, err) = ask(&hospital, &["act", &story.id, "resolve", "--outcome", "false-alarm"]).await;
    assert!(out.ends_with("is resolved"), "{out}{err}");
    assert_eq!(story.show().await["outcome"], "false-alarm");
    let (shown, _) = ask(&hospital, &["show", &story.id]).await;
    assert!(shown.contains("outcome: false-alarm") && shown.contains("resolved it (false alarm)"), "{shown}");

    // The next start knows it from the store, and a repeat meanwhile opens another one.
    hospital.kill();
    hospital.serve().await;
    let other = hospital.open(json!({ "class": "photo", "dedup_key": "post-1" })).await;
    other.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    assert_ne!(other.id, story.id);
    other.pressed(&RIVERA, "acknowledge").await;
    let before = SystemTime::now();
    let (out, err) = ask(&hospital, &["act", &story.id, "reopen", "--note", "it is back"]).await;
    assert!(out.contains("Reopened: for privacy, Maria Rivera (primary) is paged now"), "{out}{err}");
    story.after((before, SystemTime::now()), 0.0).page(&RIVERA, &PRIVACY, BOTH, Reopened);
    assert!(story.show().await.get("outcome").is_none(), "what came of it is open again");
    for (status, is_listed) in [("open", true), ("resolved", false)] {
        let (listed, _) = ask(&hospital, &["list", "--status", status]).await;
        assert_eq!(listed.contains(&story.id), is_listed, "{status}: {listed}");
    }
    let page = hospital.get(&link, None).await;
    assert!(page.text.contains("It was resolved after you were paged. social-desk reopened it at "), "{}", page.text);
    let repeat = hospital.send(&json!({ "class": "photo", "dedup_key": "post-1" })).await.json();
    assert_eq!(repeat["id"], other.id.as_str(), "repeats stay with the incident that has the key");

    hospital.kill();
    hospital.serve().await;
    let pressed = hospital.form(&link, &[("action", "acknowledge")]).await;
    assert!(pressed.status == 200 && pressed.text.contains("You have it"), "{}", pressed.text);
    let again = story.act(json!({ "action": "resolve", "outcome": "handled", "note": "MARKER gone" })).await;
    assert_eq!((again.status, &again.json()["outcome"]), (200, &json!("handled")));
    let unknown = story.act(json!({ "action": "resolve", "outcome": "fine" })).await;
    assert!(unknown.status == 400 && unknown.text.contains("`handled`, `handed-to-others`"), "{}", unknown.text);
    let log = hospital.logs();
    assert!(log.contains("resolved by social-desk as false-alarm") && log.contains("reopened by social-desk"), "{log}");
    hospital.judge().await;
}
