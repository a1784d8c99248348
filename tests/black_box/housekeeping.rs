//! The daemon in its house: starting, ending, reloading, and who may ask it what.

use std::fs;
use std::process::Stdio;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::daemon::run;
use crate::hospital::{Hospital, OPERATOR, READER, Reply, SOURCE};
use crate::judge::Reason::{NotAcknowledged, Opened};
use crate::pace;
use crate::plan::{ADVOCACY, CHEN, DIAZ, OKAFOR, PRIVACY, RIVERA, Roster, STONE};
use crate::story::{BOTH, MAIL, SMS, Story};
use crate::support::Behaviour;

pub async fn a_second_daemon_on_the_same_folder_is_told_so() {
    let hospital = Hospital::serving().await;
    let mut second = hospital.command(&["serve"]);
    second.stdin(Stdio::null());
    let second = run(second).await;
    let told = String::from_utf8(second.stderr).unwrap();
    assert_eq!(second.status.code(), Some(64), "{told}");
    assert!(told.contains("error: ") && told.contains("another"), "{told}");
    // The first one goes on.
    let story = hospital.incident("rumor").await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    // An address that is taken is told, too.
    hospital.configure(hospital.base().strip_prefix("http://").unwrap());
    let third = run(hospital.command(&["serve"])).await;
    let told = String::from_utf8(third.stderr).unwrap();
    assert!(third.status.code() == Some(64) && told.contains("cannot listen on 127.0.0.1:"), "{told}");
    assert!(told.contains("hint: another Wardbell may be running (`systemctl status wardbell`)"), "{told}");
    story.until(1.5).await;
    hospital.judge().await;
}

pub async fn told_to_end_it_finishes_what_is_on_its_way_and_goes_on_later() {
    let hospital = Hospital::serving().await;
    hospital.shared().behave(RIVERA.sms, Behaviour::Slow(Duration::from_millis(1_500)));
    let story = hospital.incident("photo").await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    story.message(&RIVERA).await;
    story.until(0.3).await;
    let took = hospital.terminate(Duration::from_secs(4)).await;
    assert!(took > Duration::from_millis(800), "it waits for the slow answer: {took:?}");
    // What was on its way is on record: it is not sent again. The step of its time meanwhile is caught up.
    story.until(2.5).await;
    let restart = hospital.serve().await;
    let shown = story.show().await;
    assert_eq!(shown["pages"][0]["attempts"].as_array().unwrap().len(), 2, "{shown:#}");
    story.after(restart, 0.0).page(&CHEN, &PRIVACY, BOTH, NotAcknowledged);
    story.during(restart.0 + Duration::from_secs(1), restart.1 + Duration::from_secs(3)).page(
        &STONE,
        &PRIVACY,
        BOTH,
        NotAcknowledged,
    );
    story.until(7.0).await;
    hospital.judge().await;
    hospital.terminate(Duration::from_secs(2)).await;
}

pub async fn told_to_end_it_does_not_wait_for_a_gateway_that_hangs() {
    let hospital = Hospital::serving().await;
    hospital.shared().behave(RIVERA.sms, Behaviour::Hang);
    let story = hospital.incident("rumor").await;
    story.at_once().page(&RIVERA, &PRIVACY, MAIL, Opened);
    story.until(0.3).await;
    // No longer than the gateway's own time, which is two seconds here.
    hospital.terminate(Duration::from_secs(3)).await;
    hospital.shared().behave_well();
    let restart = hospital.serve().await;
    story.during(restart.0, restart.1 + Duration::from_millis(2_250)).page(&RIVERA, &PRIVACY, SMS, Opened);
    story.until(story.now() + 2.5).await;
    hospital.judge().await;
}

/// The unit file's limit, after which the daemon would be killed in the middle of it.
fn systemds_patience() -> Duration {
    let unit = include_str!("../../deploy/wardbell.service");
    let seconds = unit.lines().find_map(|line| line.strip_prefix("TimeoutStopSec=")?.strip_suffix('s')).unwrap();
    Duration::from_secs(seconds.parse().unwrap())
}

pub async fn told_to_end_while_callers_and_providers_hang_it_ends_before_systemd_kills_it() {
    let hospital = Hospital::new().await;
    let config = fs::read_to_string(hospital.config()).unwrap();
    hospital.write("wardbell.toml", config.replace("timeout = \"2s\"", "timeout = \"2m\""));
    hospital.serve().await;
    hospital.shared().behave(RIVERA.sms, Behaviour::Hang);
    let story = hospital.incident("rumor").await;
    story.at_once().page(&RIVERA, &PRIVACY, MAIL, Opened);
    story.until(0.5).await;
    // A caller whose many lines come a letter at a time, and who has a minute for that.
    let mut caller = TcpStream::connect(hospital.base().strip_prefix("http://").unwrap()).await.unwrap();
    let head = format!(
        "POST /api/v1/incidents HTTP/1.1\r\nhost: w\r\nauthorization: Bearer {SOURCE}\r\n\
         content-type: application/x-ndjson\r\ncontent-length: 200000\r\n\r\n{{"
    );
    caller.write_all(head.as_bytes()).await.unwrap();
    story.until(2.0).await;
    let drips = async {
        while caller.write_all(b" ").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        std::future::pending::<()>().await;
    };
    let took = tokio::select! {
        took = hospital.terminate(systemds_patience()) => took,
        () = drips => unreachable!("it waits for ever"),
    };
    assert!(took + Duration::from_secs(3) < systemds_patience(), "nothing is left for closing a large store: {took:?}");
    assert!(took > Duration::from_secs(24), "both were waited for, ten seconds and fifteen: {took:?}");
    hospital.judge().await;
}

pub async fn many_lines_are_answered_each_and_a_bad_one_stops_none() {
    let hospital = Hospital::serving().await;
    let lines = [
        json!({ "class": "rumor", "event_id": "l-1" }).to_string(),
        "{\"class\": \"rumor\"".to_owned(),
        String::new(),
        json!({ "class": "rumor", "severity": "nonsense" }).to_string(),
        json!({ "class": "complaint", "event_id": "l-2" }).to_string(),
        json!({ "class": "rumor", "event_id": "l-1" }).to_string(),
    ];
    let before = SystemTime::now();
    let reply = hospital.post("/api/v1/incidents", SOURCE, "application/x-ndjson", lines.join("\n")).await;
    let opened = (before, SystemTime::now());
    assert_eq!((reply.status, reply.content_type.as_str()), (200, "application/x-ndjson"));
    let answers: Vec<Value> = reply.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let statuses: Vec<u64> = answers.iter().map(|answer| answer["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [202, 400, 400, 202, 202], "{}", reply.text);
    assert_eq!(answers[4]["id"], answers[0]["id"]);
    let first = Story::known(&hospital, answers[0]["id"].as_str().unwrap(), "rumor", opened);
    first.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    let second = Story::known(&hospital, answers[3]["id"].as_str().unwrap(), "complaint", opened);
    second.at_once().page(&OKAFOR, &ADVOCACY, BOTH, Opened);
    let large = format!("{{\"class\": \"rumor\", \"summary\": \"{}\"}}", "x".repeat(257 * 1_024));
    let reply = hospital.post("/api/v1/incidents", SOURCE, "application/json", large).await;
    is_problem(&reply, 413);
    hospital.judge().await;
}

pub async fn without_the_right_token_nothing_is_told_and_nothing_is_done() {
    let hospital = Hospital::serving().await;
    let story = hospital.incident("rumor").await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    let body = json!({ "class": "rumor" }).to_string();
    // Who is not known is told so; who is known and may not, that.
    for (token, status) in [("", 401), ("wrong", 401), (OPERATOR, 403), (READER, 403)] {
        let reply = hospital.post("/api/v1/incidents", token, "application/json", body.clone()).await;
        is_problem(&reply, status);
    }
    let one = format!("/api/v1/incidents/{}", story.id);
    for path in ["/api/v1/incidents", &one, "/api/v1/oncall"] {
        for (token, status) in [(None, 401), (Some("wrong"), 401), (Some(SOURCE), 403)] {
            is_problem(&hospital.get(path, token).await, status);
        }
        assert_eq!(hospital.get(path, Some(READER)).await.status, 200);
    }
    let act = json!({ "action": "acknowledge" }).to_string();
    let actions = format!("{one}/actions");
    is_problem(&hospital.post(&actions, READER, "application/json", act.clone()).await, 403);
    is_problem(&hospital.post(&actions, SOURCE, "application/json", act.clone()).await, 403);
    is_problem(&hospital.post(&actions, "wrong", "application/json", act).await, 401);
    for path in ["/healthz", "/readyz", "/metrics"] {
        assert_eq!(hospital.get(path, None).await.status, 200, "{path}");
    }
    assert_eq!(story.show().await["status"], "open");
    hospital.judge().await;
}

pub async fn an_incident_comes_out_as_the_contract_says() {
    let hospital = Hospital::serving().await;
    let sent = json!({ "class": "leak", "dedup_key": "d", "summary": "s", "network": "n", "flags": ["on-site-now"],
        "confidence": 0.5, "reach": 10, "occurred_at": "2026-01-05T08:00:00Z", "labels": { "a": "b" } });
    let before = SystemTime::now();
    let reply = hospital.send(&sent).await;
    let answer = reply.json();
    let keys: Vec<&String> = answer.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["duplicate_of_open", "id", "playbook", "received_at", "status"]);
    assert_eq!((reply.status, &answer["status"]), (202, &json!("open")));
    let received = answer["received_at"].as_str().unwrap();
    assert!(received.len() == "2026-01-05T08:00:00.000Z".len() && received.ends_with('Z'), "{received}");
    let story = Story::known(&hospital, answer["id"].as_str().unwrap(), "leak", (before, SystemTime::now()));
    let story = story.of_severity("high");
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened).page(&OKAFOR, &ADVOCACY, BOTH, Opened);
    let sms = || (hospital.shared().inbox().messages().len() == 4).then_some(());
    hospital.shared().inbox().wait_until(sms, pace::PATIENCE).await.unwrap();
    story.until(1.0).await;
    let shown = hospital.show(&story.id).await;
    let wanted = ["id", "class", "playbook", "severity", "status", "received_at", "source", "occurrences", "drill"];
    assert!(wanted.iter().all(|key| !shown[key].is_null()), "{shown:#}");
    for key in ["department", "status", "acknowledged_by", "acknowledged_at", "next_step_at"] {
        assert!(shown["tracks"][0].get(key).is_some(), "{key}: {shown:#}");
    }
    let page = &shown["pages"][0];
    for key in ["id", "department", "role", "liaison", "reason", "created_at"] {
        assert!(page[key].is_string(), "{key}: {page:#}");
    }
    let texts = hospital.shared().inbox().messages();
    let sids: Vec<&str> = texts.iter().filter_map(|message| Some(message.sms()?.sid.as_str())).collect();
    let attempts = page["attempts"].as_array().unwrap();
    let by_sms = attempts.iter().find(|attempt| attempt["channel"] == "sms").unwrap();
    assert_eq!(by_sms["outcome"], "accepted");
    assert!(sids.contains(&by_sms["provider_id"].as_str().unwrap()), "{by_sms}");
    assert!(page["why"]["file"].as_str().unwrap().ends_with("rosters/privacy.toml"), "{page:#}");
    assert!(page["why"]["line"].as_u64().unwrap() > 1 && page["why"]["rule"] == "turn", "{page:#}");
    let sequence: Vec<u64> =
        shown["timeline"].as_array().unwrap().iter().map(|one| one["seq"].as_u64().unwrap()).collect();
    assert!(sequence.is_sorted_by(|one, other| one < other), "{sequence:?}");
    story.between(2.0, 3.0).page(&CHEN, &PRIVACY, BOTH, NotAcknowledged);
    story.between(2.0, 3.0).page(&DIAZ, &ADVOCACY, BOTH, NotAcknowledged);
    story.until(3.1).await;
    assert_eq!(hospital.act(&story.id, json!({ "action": "acknowledge" })).await.json()["status"], "acknowledged");
    story.until(5.0).await;
    hospital.judge().await;
}

pub async fn an_edited_roster_holds_from_the_next_step_and_a_broken_one_changes_nothing() {
    let hospital = Hospital::serving().await;
    let roster = |backup| {
        let privacy = Roster::new(&PRIVACY, None).person(&RIVERA).person(&CHEN).person(&DIAZ);
        privacy.always("primary", &RIVERA).always("backup", backup).text()
    };
    let story = hospital.incident("photo").await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    story.between(2.0, 3.0).page(&DIAZ, &PRIVACY, BOTH, NotAcknowledged);
    story.between(4.0, 5.0).page(&STONE, &PRIVACY, BOTH, NotAcknowledged);
    hospital.write("rosters/privacy.toml", roster(&DIAZ));
    logged(&hospital, "new rosters and playbooks loaded").await;
    assert!(story.now() < 1.9, "too slow a machine for this story");

    let broken = roster(&CHEN).replace("name = \"Jin Chen\"", "name = \"Jin Chen\"\nemial = \"x\"");
    let line = 1 + broken.lines().position(|line| line.starts_with("emial")).unwrap();
    hospital.write("rosters/privacy.toml", broken);
    hospital.signal("-HUP");
    logged(&hospital, "errors in rosters or playbooks").await;
    let ready = hospital.get("/readyz", None).await;
    assert_eq!(ready.status, 200, "{}", ready.text);
    let warning = ready.json()["warnings"][0].as_str().unwrap_or_default().to_owned();
    let place = format!("rosters/privacy.toml:{line}:1");
    assert!(warning.contains(&place) && warning.contains("unknown-key"), "{warning} should name {place}");
    assert!(hospital.logs().contains(&place));
    let metrics = hospital.get("/metrics", None).await.text;
    let failures = metrics.lines().find(|line| line.starts_with("wardbell_plan_reload_failures_total")).unwrap();
    assert_ne!(failures.split(' ').nth(1), Some("0"), "{failures}");
    story.until(5.2).await;

    hospital.write("rosters/privacy.toml", roster(&CHEN));
    let mended = async {
        while hospital.get("/readyz", None).await.text.contains("unknown-key") {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    pace::within(Duration::from_secs(3), mended).await.expect("a mended file takes the warning away");
    let fixed = "INFO `rosters/privacy.toml` is no longer broken, after ";
    // The log has a thread of its own.
    logged(&hospital, fixed).await;
    let told = hospital.logs();
    let lines: Vec<&str> = told.lines().filter(|line| line.contains(fixed)).collect();
    assert!(matches!(lines[..], [one] if one.ends_with(" s: all files are valid and in use")), "{told}");
    hospital.judge().await;
}

async fn logged(hospital: &Hospital, words: &str) {
    let wait = async {
        while !hospital.logs().contains(words) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    assert!(pace::within(Duration::from_secs(3), wait).await.is_ok(), "not logged: {words}");
}

fn is_problem(reply: &Reply, status: u16) {
    assert_eq!((reply.status, reply.content_type.as_str()), (status, "application/problem+json"), "{}", reply.text);
    assert_eq!(reply.json()["status"], status);
}
