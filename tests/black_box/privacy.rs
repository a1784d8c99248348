//! What a source wrote stays in the record.

use std::time::SystemTime;

use serde_json::json;

use crate::hospital::{Hospital, SOURCE};
use crate::judge::Reason::{Declined, Opened};
use crate::plan::{CHEN, PRIVACY, RIVERA};
use crate::story::{BOTH, Story};

const MARKER: &str = "Zanzibar";

pub async fn what_a_source_wrote_is_in_no_page_log_metric_or_error() {
    let hospital = Hospital::serving().await;
    let mut told = Vec::new();
    let wrong = [
        json!({ "class": "photo", "summary": [MARKER] }).to_string(),
        json!({ "class": "photo", "author": { MARKER: MARKER } }).to_string(),
        json!({ "class": "photo", "url": 7, "labels": { MARKER: [MARKER] } }).to_string(),
        json!({ "class": "photo", "labels": { MARKER: 5 } }).to_string(),
        json!({ "class": "photo", "labels": MARKER }).to_string(),
        json!({ "class": "photo", "labels": { MARKER.repeat(100): "x" } }).to_string(),
        json!({ "class": "photo", "summary": MARKER.repeat(100_000) }).to_string(),
        json!({ "class": "photo", "summary": format!("{MARKER}\u{7}"), "severity": "nonsense" }).to_string(),
        format!("{{\"class\": \"photo\", \"summary\": \"{MARKER}\", \"summary\": \"{MARKER}\"}}"),
        format!("{{\"class\": \"photo\", \"summary\": \"{MARKER}"),
        format!("{{\"class\": \"photo\", \"summary\": {MARKER}}}"),
    ];
    // What routes nothing is cleaned, and warned of in the answer: such an incident is paged like any other.
    let mut accepted = Vec::new();
    for body in &wrong {
        let before = SystemTime::now();
        let reply = hospital.post("/api/v1/incidents", SOURCE, "application/json", body.clone()).await;
        assert!(reply.status == 202 || (400..500).contains(&reply.status), "{}: {}", reply.status, reply.text);
        accepted.extend(id_of(&reply.text).map(|id| (id, before)));
        told.push(reply.text);
    }
    let (lines, before) = (wrong.join("\n"), SystemTime::now());
    let answers = hospital.post("/api/v1/incidents", SOURCE, "application/x-ndjson", lines).await.text;
    accepted.extend(answers.lines().filter_map(id_of).map(|id| (id, before)));
    told.push(answers);
    assert!(accepted.len() > 2, "{accepted:?}");
    for (id, before) in &accepted {
        let opened = (*before, SystemTime::now());
        let cleaned = Story::known(&hospital, id, "photo", opened).of_severity("high");
        cleaned.at_once().bundled().page(&RIVERA, &PRIVACY, BOTH, Opened);
        cleaned.taken_over(1).await;
        assert_eq!(cleaned.act(json!({ "action": "resolve" })).await.status, 200);
    }
    let story = hospital
        .open(json!({
            "class": "photo",
            "event_id": "e-1",
            "dedup_key": "k-1",
            "summary": format!("{MARKER} said"),
            "author": format!("@{MARKER}"),
            "url": format!("https://social.example/{MARKER}/status/1"),
            "labels": { "team": MARKER, MARKER: "x" },
            "involved": [format!("{MARKER} Nobody")],
        }))
        .await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    told.push(hospital.post("/api/v1/incidents", SOURCE, "text/plain", MARKER).await.text);
    told.push(hospital.post("/api/v1/incidents", MARKER, "application/json", wrong[0].clone()).await.text);
    let link = story.link(&RIVERA).await;
    for path in [&link, "/readyz", "/metrics", "/healthz", &format!("/a/{MARKER}"), &format!("/{MARKER}")] {
        told.push(hospital.get(path, None).await.text);
    }
    told.push(hospital.form(&link, &[("action", MARKER)]).await.text);
    let before = SystemTime::now();
    told.push(story.press(&RIVERA, "decline").await.text);
    story.after((before, SystemTime::now()), 0.0).page(&CHEN, &PRIVACY, BOTH, Declined);
    told.push(story.press(&CHEN, "acknowledge").await.text);
    let note = "Quagga was told";
    hospital.form(&story.link(&CHEN).await, &[("action", "note"), ("note", note)]).await;
    story.until(3.0).await;
    hospital.judge().await;
    told.push(hospital.get(&link, None).await.text);
    told.push(hospital.get("/metrics", None).await.text);
    told.push(hospital.logs());
    let messages = hospital.shared().inbox().messages();
    told.extend(messages.iter().filter_map(|message| Some(message.mail()?.raw.clone())));
    told.extend(messages.iter().map(|message| format!("{}{}", message.text(), message.links().concat())));
    told.extend(messages.iter().filter_map(|message| message.mail()?.html.clone()));
    for text in told {
        // Nor does what people write about it go anywhere.
        assert!(!text.contains("Quagga"), "{text}");
        let text = text.to_ascii_lowercase();
        assert!(!text.contains(&MARKER.to_ascii_lowercase()), "{text}");
    }
    // Operators who may read see it.
    assert!(story.show().await.to_string().contains(MARKER));
}

/// The incident that an answer names.
fn id_of(answer: &str) -> Option<String> {
    Some(serde_json::from_str::<serde_json::Value>(answer).ok()?["id"].as_str()?.to_owned())
}
