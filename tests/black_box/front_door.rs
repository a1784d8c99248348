//! Incidents as other systems really send them: what routes nothing loses none of them.

use std::time::SystemTime;

use serde_json::json;

use crate::command_line::Said;
use crate::hospital::{Hospital, SOURCE};
use crate::judge::Reason::{NobodyFound, Opened};
use crate::plan::{ADVOCACY, CHEN, OKAFOR, PRIVACY, RIVERA};
use crate::story::{BOTH, Story};

/// Bodies with the codes of the warnings that come with their 202.
const ODD: [(&[u8], &[&str]); 9] = [
    (
        b"{\"class\":\"rumor\",\"event_id\":\"e13\",\"summary\":\"our nurse posted this \\ud83d\"}",
        &["replaced-characters"],
    ),
    (b"\xEF\xBB\xBF{\"class\":\"rumor\",\"event_id\":\"e14\"}", &[]),
    (b"{\"class\":\"rumor\",\"event_id\":1846203391175,\"confidence\":\"0.93\"}", &["wrong-kind"]),
    (b"{\"class\":\"rumor\",\"event_id\":\"e16\",\"reach\":1.2e6,\"occurred_at\":\"2026-11-29T02:00:00+0000\"}", &[]),
    (
        b"{\"class\":\" RUMOR \",\"event_id\":\"e17\",\"reach\":-4,\"occurred_at\":\"yesterday\"}",
        &["out-of-range", "bad-instant"],
    ),
    (b"{\"class\":\"rumor\",\"event_id\":\"e18\",\"sentiment\":-0.8,\"labels\":{\"queue\":7}}", &["unknown-key"]),
    (
        b"{\"class\":\"rumor\",\"event_id\":\"e19\",\"summary\":\"one\ntwo\",\"confidence\":NaN}",
        &["replaced-characters"],
    ),
    (
        b"{\"class\":\"rumor\",\"event_id\":\"e20\",\"author\":\"Ren\xE9\",\"url\":\"https://x.example/\\u0007\"}",
        &["replaced-characters", "control-character"],
    ),
    (b"{\"class\":\"rumor\",\"event_id\":\"e21\",\"summary\":null,\"labels\":[\"a\"]}", &["wrong-kind"]),
];

pub async fn an_incident_with_something_odd_that_routes_nothing_is_accepted_and_paged() {
    let hospital = Hospital::serving().await;
    for (body, codes) in ODD {
        let before = SystemTime::now();
        let reply = hospital.post("/api/v1/incidents", SOURCE, "application/json", body).await;
        let story = answered(&hospital, &reply.text, before, codes);
        story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
        // Sent again, it is answered like the first time.
        let again = hospital.post("/api/v1/incidents", SOURCE, "application/json", body).await;
        assert_eq!((again.status, &again.text), (202, &reply.text));
    }
    let before = SystemTime::now();
    let long = json!({ "class": "rumor", "event_id": "e15", "summary": "a".repeat(20_000) });
    let reply = hospital.send(&long).await;
    let story = answered(&hospital, &reply.text, before, &["too-long"]);
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    let shown = story.show().await;
    assert_eq!(shown["timeline"][0]["incident"]["summary"].as_str().map(str::len), Some(10_000));
    story.until(1.5).await;
    hospital.judge().await;
}

pub async fn a_source_that_is_strict_is_told_of_what_would_be_cleaned() {
    let hospital = Hospital::new().await;
    let settings = std::fs::read_to_string(hospital.config()).unwrap();
    hospital.write("wardbell.toml", settings.replacen("[[source]]\n", "[[source]]\nstrict = true\n", 1));
    hospital.serve().await;
    let reply = hospital.send(&json!({ "class": "rumor", "sumary": "x" })).await;
    assert_eq!((reply.status, reply.json()["field"].as_str()), (400, Some("/sumary")), "{}", reply.text);
    let story = hospital.open(json!({ "class": "rumor", "summary": "x" })).await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    story.until(1.5).await;
    hospital.judge().await;
}

pub async fn a_full_name_names_somebody_as_involved_and_a_name_of_nobody_is_a_warning() {
    let hospital = Hospital::serving().await;
    let before = SystemTime::now();
    let incident = json!({ "class": "leak", "involved": ["maria  RIVERA", "Ann Nobody"] });
    let reply = hospital.send(&incident).await;
    let story = answered(&hospital, &reply.text, before, &["names-nobody"]).of_severity("high");
    assert_eq!(reply.json()["warnings"][0]["field"], "/involved");
    story.at_once().page(&CHEN, &PRIVACY, BOTH, NobodyFound);
    story.at_once().page(&OKAFOR, &ADVOCACY, BOTH, Opened);
    for department in ["privacy", "advocacy"] {
        let reply = hospital.act(&story.id, json!({ "action": "acknowledge", "department": department })).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
    }
    story.until(3.0).await;
    hospital.judge().await;
}

/// The story of an incident that was accepted with these warnings, none of which tells what was sent.
fn answered<'h>(hospital: &'h Hospital, text: &str, before: SystemTime, codes: &[&str]) -> Story<'h> {
    let answer: serde_json::Value = serde_json::from_str(text).unwrap();
    let warnings = answer["warnings"].as_array().cloned().unwrap_or_default();
    let told: Vec<_> = warnings.iter().map(|warning| warning["code"].as_str().unwrap()).collect();
    assert_eq!(told, codes, "{text}");
    let (id, playbook) = (answer["id"].as_str().unwrap(), answer["playbook"].as_str().unwrap());
    Story::known(hospital, id, playbook, (before, SystemTime::now()))
}

pub async fn an_operator_hands_in_incidents_in_their_own_name() {
    let hospital = Hospital::new().await;
    let config = std::fs::read_to_string(hospital.config()).unwrap();
    let may = "may = [\"read\", \"act\"]";
    hospital.write("wardbell.toml", config.replace(may, "may = [\"read\", \"act\", \"open\"]"));
    hospital.serve().await;
    let (server, tokens) = (hospital.base(), hospital.house().join("secrets"));
    let open = async |token: &str, more: &[&str]| {
        let token = tokens.join(token);
        let args = ["open", "--server", &server, "--token-file", token.to_str().unwrap(), "--format", "json"];
        crate::command_line::say(&hospital, &[&args, more].concat()).await
    };
    let id = |said: &Said| {
        let receipt: serde_json::Value = serde_json::from_str(&said.out).unwrap_or_else(|_| panic!("{}", said.err));
        (receipt["id"].as_str().unwrap().to_owned(), receipt["duplicate_of_open"] == true)
    };
    let rumor = ["--class", "rumor", "--event-id", "1", "--dedup-key", "one"];
    let before = SystemTime::now();
    let (of_operator, _) = id(&open("operator", &rumor).await);
    let story = Story::known(&hospital, &of_operator, "rumor", (before, SystemTime::now()));
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    // The same event again is the same incident, and another event of the matter folds in.
    assert_eq!(id(&open("operator", &rumor).await).0, of_operator);
    let (folded, is_duplicate) =
        id(&open("operator", &["--class", "rumor", "--event-id", "2", "--dedup-key", "one"]).await);
    assert!(folded == of_operator && is_duplicate);
    // A source's events and matters are its own.
    let before = SystemTime::now();
    let (of_source, is_duplicate) = id(&open("desk", &rumor).await);
    assert!(of_source != of_operator && !is_duplicate);
    let other = Story::known(&hospital, &of_source, "rumor", (before, SystemTime::now()));
    other.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    let told = hospital.show(&of_operator).await;
    assert_eq!((&told["source"], &told["reporter"]), (&json!("operator/social-desk"), &json!("social-desk")));
    let args = ["show", &of_operator, "--server", &server];
    let shown = crate::command_line::fine(&hospital, &args).await;
    assert!(shown.contains(" from social-desk (operator), 2 times\n"), "{shown}");
    // Who may not is told what is missing.
    let refused = open("reader", &rumor).await;
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("error: Use a source token to open incidents"), "{}", refused.err);
    other.until(1.0).await;
    // The record knows it after a restart.
    hospital.kill();
    hospital.serve().await;
    assert_eq!(hospital.show(&of_operator).await["reporter"], "social-desk");
    let server = hospital.base();
    let token = tokens.join("operator");
    let args = ["open", "--server", &server, "--token-file", token.to_str().unwrap(), "--format", "json"];
    let again = crate::command_line::say(&hospital, &[&args[..], &rumor].concat()).await;
    assert_eq!(id(&again).0, of_operator);
    hospital.judge().await;
}
