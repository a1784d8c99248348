//! A person who has it asks a colleague to take it over.

use std::time::SystemTime;

use serde_json::json;

use crate::command_line::ask;
use crate::hospital::Hospital;
use crate::judge::Reason::{HandedOver, NotTakenOver, Opened};
use crate::plan::{CHEN, PRIVACY, RIVERA};
use crate::story::{BOTH, Story};

pub async fn whoever_has_it_hands_it_over_and_has_it_until_it_is_taken() {
    let hospital = Hospital::serving().await;
    let story = hospital.open(json!({ "class": "photo", "summary": "MARKER" })).await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    let link = story.link(&RIVERA).await;
    story.pressed(&RIVERA, "acknowledge").await;
    let page = hospital.get(&link, None).await;
    assert!(page.text.contains("Ask them to take it over"), "{}", page.text);
    assert!(page.text.contains("privacy/chen") && !page.text.contains("privacy/rivera"), "{}", page.text);

    asked(&hospital, &story, "privacy/chen").await;
    let hers = hospital.get(&story.link(&CHEN).await, None).await;
    assert!(hers.text.contains("Maria Rivera asks you to take this over"), "{}", hers.text);
    assert_eq!(story.show().await["tracks"][0]["acknowledged_by"], "rivera", "until it is taken");
    let declined = story.pressed(&CHEN, "decline").await;
    story.after(declined, 0.0).page(&RIVERA, &PRIVACY, BOTH, NotTakenOver);
    assert_eq!(story.show().await["tracks"][0]["acknowledged_by"], "rivera");

    // Whoever is asked again so soon is not paged again, and an operator cannot take it for them.
    let again = hospital.form(&link, &[("action", "hand-over"), ("to", "chen")]).await;
    assert!(again.status == 409 && again.text.contains("has been paged already"), "{} {}", again.status, again.text);
    let stranger = story.act(json!({ "action": "hand-over", "to": "stone" })).await;
    assert_eq!((stranger.status, stranger.json()["type"].as_str().unwrap().ends_with("not-in-the-list")), (422, true));
    let accepted = story.act(json!({ "action": "hand-over-accept" })).await;
    assert_eq!(accepted.status, 409, "{}", accepted.text);
    hospital.judge().await;
}

pub async fn an_operator_hands_it_over_and_whoever_takes_it_has_it() {
    let hospital = Hospital::serving().await;
    let story = hospital.open(json!({ "class": "photo" })).await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    story.link(&RIVERA).await;
    let (_, early) = ask(&hospital, &["act", &story.id, "hand-over", "--to", "chen"]).await;
    assert!(early.contains("no one has acknowledged it, so there is nothing to hand over"), "{early}");
    story.pressed(&RIVERA, "acknowledge").await;
    let before = SystemTime::now();
    let (out, err) = ask(&hospital, &["act", &story.id, "hand-over", "--to", "chen"]).await;
    assert!(out.contains("Jin Chen (primary) is paged now by email and SMS"), "{out}{err}");
    story.after((before, SystemTime::now()), 0.0).page(&CHEN, &PRIVACY, BOTH, HandedOver);
    story.pressed(&CHEN, "acknowledge").await;
    let shown = story.show().await;
    assert_eq!(shown["tracks"][0]["acknowledged_by"], "chen");
    let taken = shown["timeline"].as_array().unwrap().iter().rfind(|one| one["type"] == "acknowledged").unwrap();
    assert_eq!(taken["taken_from"]["liaison"]["liaison"], "rivera");
    let (out, _) = ask(&hospital, &["show", &story.id]).await;
    assert!(out.contains("took privacy over from Maria Rivera"), "{out}");
    let log = hospital.logs();
    assert!(log.contains("asked chen to take privacy over from rivera"), "{log}");
    assert!(log.contains("chen took privacy over from rivera"), "{log}");
    hospital.judge().await;
}

async fn asked(hospital: &Hospital, story: &Story<'_>, to: &str) {
    let link = story.link(&RIVERA).await;
    let before = SystemTime::now();
    let handed = hospital.form(&link, &[("action", "hand-over"), ("to", to)]).await;
    let says = "They are paged now. Until they take it, you have it.";
    assert!(handed.status == 200 && handed.text.contains(says), "{} {}", handed.status, handed.text);
    story.after((before, SystemTime::now()), 0.0).page(&CHEN, &PRIVACY, BOTH, HandedOver);
}
