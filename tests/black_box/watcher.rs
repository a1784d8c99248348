//! The watcher is watched: heartbeats, silent sources, and alerts that name what is measured.

use std::collections::BTreeSet;
use std::fs;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::hospital::{Hospital, READER, SOURCE};
use crate::pace;
use crate::plan::STONE;
use crate::support::{Behaviour, Message};

/// A watcher elsewhere: it takes every call, and remembers the first line of each.
async fn watcher() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, calls) = (listener.local_addr().unwrap(), Arc::new(Mutex::new(Vec::new())));
    let heard = Arc::clone(&calls);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut bytes = [0; 2_048];
            let count = stream.read(&mut bytes).await.unwrap_or_default();
            let line = String::from_utf8_lossy(&bytes[..count]).lines().next().unwrap_or_default().to_owned();
            heard.lock().unwrap().push(line);
            let _gone = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nOK").await;
        }
    });
    (format!("http://{address}/ping/SECRET-1234?status=up"), calls)
}

/// Has the daemon call a watcher elsewhere from its next start on; the calls.
pub async fn watched(hospital: &Hospital) -> Arc<Mutex<Vec<String>>> {
    let (url, calls) = watcher().await;
    hospital.write("secrets/beat", &url);
    configure(hospital, "[store]", "[heartbeat]\nurl_file = \"secrets/beat\"\nevery = \"10s\"\n[store]");
    calls
}

/// Adds to `wardbell.toml`.
fn configure(hospital: &Hospital, old: &str, new: &str) {
    let text = fs::read_to_string(hospital.config()).unwrap();
    assert!(text.contains(old));
    hospital.write("wardbell.toml", text.replacen(old, new, 1));
}

/// A metric's value.
pub async fn value(hospital: &Hospital, line: &str) -> Option<f64> {
    let text = hospital.get("/metrics", None).await.text;
    text.lines().find_map(|one| one.strip_prefix(line)?.strip_prefix(' ')?.parse().ok())
}

pub async fn while_it_pages_it_calls_its_watcher_and_stops_when_every_channel_fails() {
    let hospital = Hospital::new().await;
    let calls = watched(&hospital).await;
    hospital.serve().await;
    let started = SystemTime::now();
    let called = || calls.lock().unwrap().len();
    let calls_twice = async {
        while called() < 2 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    pace::within(Duration::from_secs(25), calls_twice).await.expect("two calls in time");
    assert!(started.elapsed().unwrap() > Duration::from_secs(8), "no more often than it should");
    assert_eq!(calls.lock().unwrap()[0], "GET /ping/SECRET-1234?status=up HTTP/1.1");
    assert!(value(&hospital, "wardbell_heartbeat_last_success_timestamp_seconds").await.unwrap() > 1e9);
    // Nobody can be paged any more: the calls stop.
    hospital.stop_mail().await;
    hospital.stop_sms().await;
    let story = hospital.incident("rumor").await;
    story.until(1.0).await;
    let before = called();
    tokio::time::sleep(Duration::from_secs(13)).await;
    // One may have been on its way just then.
    assert!(called() <= before + 1, "{:?}", calls.lock().unwrap());
    assert_eq!(value(&hospital, "wardbell_heartbeat_withheld").await, Some(1.0));
    assert_eq!(value(&hospital, "wardbell_channel_failing{channel=\"sms\"}").await, Some(1.0));
    let logs = hospital.logs();
    assert!(logs.contains("the heartbeat is withheld") && !logs.contains("SECRET-1234"), "{logs}");
    hospital.judge_now();
}

pub async fn a_silent_source_pages_the_fallback_department_once_and_says_when_it_is_heard_again() {
    let hospital = Hospital::new().await;
    configure(&hospital, "token_file = \"secrets/desk\"", "token_file = \"secrets/desk\"\nheard_within = \"1m\"");
    hospital.serve().await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    let before = SystemTime::now();
    let beat = hospital.post("/api/v1/heartbeat", SOURCE, "text/plain", "").await;
    assert_eq!((beat.status, beat.text.as_str()), (204, ""));
    let after = SystemTime::now();
    assert_eq!(hospital.post("/api/v1/heartbeat", READER, "text/plain", "").await.status, 403);
    let minute = Duration::from_secs(60);
    tokio::time::sleep(Duration::from_secs(58)).await;
    assert!(hospital.shared().inbox().messages().is_empty(), "not before its time");
    let listed = loop {
        let listed = hospital.get("/api/v1/incidents?status=open", Some(READER)).await.json();
        if let Some(one) = listed["incidents"].as_array().unwrap().first() {
            break one.clone();
        }
        assert!(after.elapsed().unwrap() < minute + pace::PATIENCE, "it is told of");
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    assert_eq!((&listed["class"], &listed["source"]), (&json!("source-silent"), &json!("wardbell")));
    let id = listed["id"].as_str().unwrap();
    let pages = listed_pages(&hospital, id, 2).await;
    assert!(pages.iter().all(|text| text.contains("Source silent") && !text.contains("listening-desk")), "{pages:?}");
    let shown = hospital.show(id).await;
    let received: chrono::DateTime<chrono::Utc> = shown["received_at"].as_str().unwrap().parse().unwrap();
    let last = after + minute + Duration::from_secs(1);
    let (first, last) = (before + minute, last + pace::allowance(after + minute, SystemTime::now()));
    assert!((first - Duration::from_millis(2)..=last).contains(&SystemTime::from(received)), "{received}");
    assert_eq!(hospital.post("/api/v1/heartbeat", SOURCE, "text/plain", "").await.status, 204);
    let types = |shown: &serde_json::Value| -> Vec<String> {
        let timeline = shown["timeline"].as_array().unwrap().iter();
        timeline.map(|moment| moment["type"].as_str().unwrap().to_owned()).collect()
    };
    let until = SystemTime::now() + pace::PATIENCE;
    loop {
        let shown = hospital.show(id).await;
        if types(&shown).contains(&"heard-again".to_owned()) {
            assert_eq!(shown["status"], "open", "only people acknowledge");
            break;
        }
        assert!(SystemTime::now() < until, "{:?}", types(&shown));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let inbox = hospital.shared().inbox().messages();
    let strangers = inbox.iter().filter(|one| !one.is_to(STONE.email) && !one.is_to(STONE.sms)).count();
    assert_eq!(
        (strangers, inbox.iter().filter(|one| !one.text().contains(id)).count()),
        (0, 0),
        "nobody else is paged"
    );
    // Each page was judged here: its title is no class's of the usual files.
    let _judged = hospital.held_up();
}

async fn listed_pages(hospital: &Hospital, id: &str, at_least: usize) -> Vec<String> {
    let until = SystemTime::now() + pace::PATIENCE;
    loop {
        let messages = hospital.shared().inbox().messages();
        let texts: Vec<String> =
            messages.iter().map(|one| one.text().to_owned()).filter(|one| one.contains(id)).collect();
        if texts.len() >= at_least {
            return texts;
        }
        assert!(SystemTime::now() < until, "{texts:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

pub async fn every_metric_of_the_alerts_is_exported() {
    let hospital = Hospital::serving().await;
    let rules = fs::read_to_string("deploy/prometheus/wardbell.rules.yml").unwrap();
    let expressions = rules.lines().filter_map(|line| line.trim().strip_prefix("expr: "));
    let words = expressions.flat_map(|one| one.split(|sign: char| !sign.is_ascii_alphanumeric() && sign != '_'));
    let named: BTreeSet<&str> = words.filter(|word| word.starts_with("wardbell_")).collect();
    assert!(named.len() > 15, "{named:?}");
    let text = hospital.get("/metrics", None).await.text;
    let exported: BTreeSet<&str> =
        text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split(['{', ' ']).next()).collect();
    let missing: Vec<_> = named.difference(&exported).collect();
    assert!(missing.is_empty(), "{missing:?} are not in\n{text}");
    // Each alert says what it is, and what to do.
    let alerts = rules.matches("- alert: ").count();
    for key in ["expr: ", "for: ", "severity: ", "summary: ", "description: ", "runbook: "] {
        assert_eq!(rules.lines().filter(|line| line.trim_start().starts_with(key)).count(), alerts, "{key}");
    }
    hospital.judge().await;
}

const TEST_MAIL: &str = "pager-test@mercy.example";
const TEST_PHONE: &str = "+13125550199";

/// Asks for daily tests whose time came within this minute.
fn test_daily(hospital: &Hospital) {
    let at = chrono::Utc::now().format("%H:%M");
    let section = format!(
        "[daily_test]\nat = \"{at}\"\ntimezone = \"UTC\"\nemail = \"{TEST_MAIL}\"\nsms = \"{TEST_PHONE}\"\n[store]"
    );
    configure(hospital, "[store]", &section);
}

/// Waits until so many messages have come that `choose` wants, and tells their texts.
async fn texts_of(hospital: &Hospital, count: usize, choose: impl Fn(&Message) -> bool) -> Vec<String> {
    let until = SystemTime::now() + pace::PATIENCE;
    loop {
        let messages = hospital.shared().inbox().messages();
        let texts: Vec<String> = messages.iter().filter(|one| choose(one)).map(|one| one.text().to_owned()).collect();
        if texts.len() >= count {
            return texts;
        }
        assert!(SystemTime::now() < until, "{messages:?}\n{}", hospital.logs());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

pub async fn every_day_each_channel_is_tested_once_and_again_when_somebody_asks() {
    let hospital = Hospital::new().await;
    test_daily(&hospital);
    hospital.serve().await;
    let is_test = |one: &Message| one.is_to(TEST_MAIL) || one.is_to(TEST_PHONE);
    let texts = texts_of(&hospital, 2, is_test).await;
    let says = |words: &str| texts.iter().filter(|text| text.contains(words)).count();
    assert_eq!((says("MERCY Wardbell daily test 20"), says(": e-mail works. Nothing to do.")), (2, 1), "{texts:?}");
    assert_eq!(says(": text messages work. Nothing to do."), 1, "{texts:?}");
    // Once they are recorded.
    let taken =
        |channel: &str| format!("wardbell_channel_test_last_success_timestamp_seconds{{channel=\"{channel}\"}}");
    let until = SystemTime::now() + pace::PATIENCE;
    while !(value(&hospital, &taken("email")).await > Some(1e9) && value(&hospital, &taken("sms")).await > Some(1e9)) {
        assert!(SystemTime::now() < until);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    hospital.terminate(Duration::from_secs(30)).await;
    hospital.serve().await;
    assert!(value(&hospital, &taken("sms")).await > Some(1e9), "the record knows it");
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(hospital.shared().inbox().messages().len(), 2, "a restart does not send them again");

    let ask = |token: &'static str| {
        let mut command = hospital.command(&["test-channels", "--server", &hospital.base()]);
        command.env("WARDBELL_TOKEN_FILE", hospital.house().join("secrets").join(token));
        tokio::task::spawn_blocking(move || command.output().unwrap())
    };
    let output = ask("operator").await.unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let output = ask("chief").await.unwrap();
    let taken = "email: accepted by the provider; check that the message arrives\nsms: accepted by the provider; check that the message arrives\n";
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stdout).as_ref()), (Some(0), taken));
    assert_eq!(texts_of(&hospital, 4, is_test).await.len(), 4);
    hospital.stop_mail().await;
    let output = ask("chief").await.unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.code() == Some(1) && told.starts_with("email: failed with `"), "{told}");
    assert_eq!(value(&hospital, "wardbell_channel_test_failed{channel=\"email\"}").await, Some(1.0));
    let listed = hospital.get("/api/v1/incidents", Some(READER)).await.json();
    assert_eq!(listed["incidents"], json!([]), "whoever asked sees it: nobody is paged");
    let logs = hospital.logs();
    assert!(!logs.contains("pager-test") && !logs.contains("5550199"), "{logs}");
    // Each message was judged here: no test is a page.
    let _judged = hospital.held_up();
}

pub async fn a_daily_test_that_fails_pages_the_fallback_department() {
    let hospital = Hospital::new().await;
    test_daily(&hospital);
    hospital.shared().behave(TEST_PHONE, Behaviour::reject_sms(400, 21610, "opted out"));
    hospital.serve().await;
    let texts = texts_of(&hospital, 2, |one| one.is_to(STONE.email) || one.is_to(STONE.sms)).await;
    assert!(texts.iter().all(|text| text.contains("Channel failing")), "{texts:?}");
    let listed = hospital.get("/api/v1/incidents?status=open", Some(READER)).await.json();
    let incidents = listed["incidents"].as_array().unwrap();
    assert_eq!(incidents.len(), 1, "mail works: {listed}");
    let shown = hospital.show(incidents[0]["id"].as_str().unwrap()).await;
    assert_eq!((&shown["class"], &shown["source"]), (&json!("channel-failing"), &json!("wardbell")));
    assert!(shown.to_string().contains("the daily test of the channel `sms` failed: twilio-21610"), "{shown}");
    assert_eq!(value(&hospital, "wardbell_channel_test_failed{channel=\"sms\"}").await, Some(1.0));
    // Each page was judged here: its title is no class's of the usual files.
    let _judged = hospital.held_up();
}
